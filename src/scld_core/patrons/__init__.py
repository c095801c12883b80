"""Patrons: who they are, where they live, who may ask about them, and which records are one person's."""

from scld_core.patrons.access import Enquiry, may_be_told
from scld_core.patrons.address import AddressKey, AddressKind, address_key, street_key
from scld_core.patrons.consent import Consent, ConsentKind, Consents, narrower
from scld_core.patrons.contact import Address, Contact, Email, PersonName, Phone
from scld_core.patrons.duplicates import Duplicate, Duplicates, Likeness, Record, compare, find_duplicates
from scld_core.patrons.guardians import GuardianLink, Liability, OlderLoans, liability
from scld_core.patrons.household import Belongs, Sharing, household_of, same_household
from scld_core.patrons.jurisdiction import Areas, Ask, Finding, Place, Source, SourceRow, jurisdiction_of
from scld_core.patrons.merge import Dossier, MergePreview, Obligation, Standing, merge_preview
from scld_core.patrons.model import Household, PatronId
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.patrons.policy import (
    Belonging,
    Channel,
    Evidence,
    Fact,
    FactClass,
    Facts,
    JurisdictionPolicy,
    PatronPolicy,
    Signal,
)
from scld_core.patrons.ports import Patrons
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.patrons.rules import Minority, age_on, merged, minority
from scld_core.patrons.verification import Asked, Attempt, Claim, Verification, verify

__all__ = [
    "Address",
    "AddressKey",
    "AddressKind",
    "Areas",
    "Ask",
    "Asked",
    "Attempt",
    "Belonging",
    "Belongs",
    "Block",
    "Card",
    "Channel",
    "Claim",
    "CollectionFlag",
    "Consent",
    "ConsentKind",
    "Consents",
    "Contact",
    "Dossier",
    "Duplicate",
    "Duplicates",
    "Email",
    "Enquiry",
    "Evidence",
    "Fact",
    "FactClass",
    "Facts",
    "Finding",
    "GuardianLink",
    "Household",
    "JurisdictionPolicy",
    "Liability",
    "Likeness",
    "MergePreview",
    "Minority",
    "NewPatron",
    "Obligation",
    "OlderLoans",
    "Patron",
    "PatronChange",
    "PatronId",
    "PatronPolicy",
    "PatronQuery",
    "Patrons",
    "PersonName",
    "Phone",
    "Place",
    "Record",
    "Sharing",
    "Signal",
    "Source",
    "SourceRow",
    "Standing",
    "Verification",
    "address_key",
    "age_on",
    "compare",
    "find_duplicates",
    "household_of",
    "jurisdiction_of",
    "liability",
    "may_be_told",
    "merge_preview",
    "merged",
    "minority",
    "narrower",
    "same_household",
    "street_key",
    "verify",
]
