"""The sentences of the agency area: reasons, what is asked of each side, exceptions and what to do about them."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Finding
from scld_core.agency.plan import Do

__all__ = ["ASKS", "NOUNS", "REASONS", "TEXTS", "VERBS", "says", "todo"]

VERBS: Mapping[str, str] = {
    "agency.tell": "Tell the agency about",
    "agency.clear_flag": "Clear the collection flag of",
    "agency.restore_flag": "Set the collection flag again of",
    "agency.charge_fee": "Charge the referral fee to",
    "agency.reverse_fee": "Reverse the referral fee of",
    "agency.wait": "Under way:",
}
"""What a step does, before the name of its case."""

NOUNS: Mapping[str, str] = {
    "agency.tell": "A change of the agency's list",
    "agency.clear_flag": "Clearing a flag",
    "agency.restore_flag": "Setting a flag",
    "agency.charge_fee": "A referral fee",
    "agency.reverse_fee": "A reversal of a referral fee",
}

_DONE: Mapping[str, str] = {
    "agency.tell.done": "Told the agency about",
    "agency.clear_flag.done": "Cleared the collection flag of",
    "agency.restore_flag.done": "Set the collection flag again of",
    "agency.charge_fee.done": "Charged the referral fee to",
    "agency.reverse_fee.done": "Reversed the referral fee of",
}

ASKS: Mapping[Do, str] = {
    Do.SEND_AGAIN: "Enter as new, without a second fee, with a balance of {amount}",
    Do.UPDATE: "Enter a balance of {amount}",
    Do.REMOVE: "Enter that nothing is owed",
    Do.WITHDRAW: "Withdraw the account",
    Do.SEND_ALIAS: "Enter the present numbers beside the old ones",
    Do.CHARGE_FEE: "Charge the referral fee of {amount}",
    Do.REVERSE_FEE: "Reverse referral fees of {amount}",
    Do.SET_FLAG: "Set the collection flag",
    Do.CLEAR_FLAG: "Clear the collection flag and its block",
}
"""What a person enters on either side."""

_AMOUNTS = " ILS {ils}, agency {agency}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


REASONS: Mapping[str, str] = {
    **{kind.value.lower(): _sentence(meaning.says) + _AMOUNTS for kind, meaning in MEANINGS.items()},
    **{do.value: f"{text}." for do, text in ASKS.items()},
    "not_asked": "The files of today ask for something else: {now}.",
}
"""Reason codes: the kinds, what is asked, and why a step is left alone."""

TEXTS: Mapping[str, str] = {**REASONS, **VERBS, **_DONE, "agency.subject": "", "agency.duty": "collection agency"}
"""Everything a report needs to speak of this area."""


def says(found: Finding) -> str:
    """What the kinds of a row say, its own first; names nobody."""
    return "; also: ".join(MEANINGS[kind].says for kind in (found.kind, *found.also))


def todo(found: Finding, kind: Kind) -> str:
    """What a person does about one kind of a row, beginning with what has to come first."""
    do = MEANINGS[kind].do
    if MEANINGS[kind].side is Side.HAND or kind is not found.kind or found.side is not Side.HAND:
        return _sentence(do)
    unread = Kind.MALFORMED in found.also
    first = "mend the row that could not be read" if unread else MEANINGS[Kind.NOTICE_MISSING].do
    return _sentence(f"{first}; only then {do}")
