"""What a finding asks of a person, in words: for its own side, not only for its kind."""

from __future__ import annotations

from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Finding

__all__ = ["action_of", "do_of", "says_of", "sentence"]


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


def says_of(found: Finding) -> str:
    """What the kinds of the row say, its own first."""
    also = [MEANINGS[kind].says for kind in found.also if kind is not Kind.MALFORMED]
    return sentence(MEANINGS[found.kind].says) + (f" Also: {'; '.join(also)}." if also else "")


def sentence(text: str) -> str:
    """With a capital and a full stop; blank text stays blank."""
    return f"{text[0].upper()}{text[1:]}." if text else ""
