"""What a finding asks of a person, in words: for its own side, not only for its kind."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Finding

__all__ = ["action_of", "do_of", "meaning_of", "says_of", "sentence"]


def action_of(found: Finding) -> str:
    """The word of the action: that of the kind, unless something has to be looked at or waited for first."""
    meaning = MEANINGS[found.kind]
    if found.side is meaning.side:
        return meaning.action
    return "wait" if found.side is Side.WAIT else "look-first"


def do_of(found: Finding) -> str:
    """What to do, beginning with what has to come first."""
    meaning = MEANINGS[found.kind]
    if found.side is meaning.side:
        return meaning.do
    if found.side is Side.WAIT:
        return MEANINGS[Kind.IN_FLIGHT].do
    first = "mend the row that could not be read" if Kind.MALFORMED in found.also else MEANINGS[Kind.NOTICE_MISSING].do
    return f"{first}; only then {meaning.do}"


def says_of(found: Finding, *, drift: bool = False) -> str:
    """What the kinds of the row say, its own first."""
    also = [meaning_of(kind, drift=drift) for kind in found.also if kind is not Kind.MALFORMED]
    return sentence(meaning_of(found.kind, drift=drift)) + (f" Also: {'; '.join(also)}." if also else "")


def meaning_of(kind: Kind, *, drift: bool = False) -> str:
    """What the kind says; where only a sent file was compared, nothing is claimed of the agency."""
    return _OF_THE_FILE.get(kind, MEANINGS[kind].says) if drift else MEANINGS[kind].says


_OF_THE_FILE: Mapping[Kind, str] = {
    Kind.IDENTITY_AMBIGUOUS: "one row of the last file fits two patrons, or two rows fit one patron",
    Kind.MALFORMED: "the row of the last file is there and could not be read",
    Kind.EXEMPT_BUT_SENT: "the patron is exempt in the ILS and is in the last file",
    Kind.FLAG_ONLY: "flagged in the ILS with nothing owed, and not owing anything in the last file",
    Kind.ILS_ONLY: "in collection in the ILS, and not in the last file",
    Kind.AGENCY_ONLY: "in the last file; the ILS has no such patron, or neither flag nor referral fee",
    Kind.REFERRAL_WITHOUT_FLAG: "in the last file and referred from here, but the ILS has lost the flag",
    Kind.PAID_ILS_OPEN_AGENCY: "nothing is owed in the ILS; the last file said that something is",
    Kind.BALANCE_HIGHER_ILS: "the ILS shows more than the last file",
    Kind.BALANCE_HIGHER_AGENCY: "the last file showed more than the ILS",
    Kind.IDENTITY_CHANGED: "the last file has an older card number or record number of the patron",
}


def sentence(text: str) -> str:
    """With a capital and a full stop; blank text stays blank."""
    return f"{text[0].upper()}{text[1:]}." if text else ""
