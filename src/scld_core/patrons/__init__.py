"""Patrons as far as a desk leans on them."""

from scld_core.patrons.model import Household, PatronId
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.patrons.ports import Patrons
from scld_core.patrons.rules import Minority, age_on, merged, minority

__all__ = [
    "Block",
    "Card",
    "CollectionFlag",
    "Household",
    "Minority",
    "Patron",
    "PatronId",
    "Patrons",
    "age_on",
    "merged",
    "minority",
]
