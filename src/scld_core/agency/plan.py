"""From differences to what is done about them: tell the agency, post to the ILS, or leave it to a person.

The steps of a row together bring both sides to the same state, so that a comparison made afterwards
finds nothing to do: a balance is told as it will be when the fee was put right, and a flag goes with
the debt. What waits for the agency's next list is left alone, and what a person must decide has no
step at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from attrs import field, frozen

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Finding
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance

__all__ = ["ActionPlan", "Do", "Step", "plan", "steps_of"]


class Do(Enum):
    """What a step does; the words are those of the kinds."""

    SEND_AGAIN = "send-again"
    UPDATE = "update-balance"
    REMOVE = "remove"
    WITHDRAW = "withdraw"
    SEND_ALIAS = "send-alias"
    CHARGE_FEE = "charge-fee"
    REVERSE_FEE = "reverse-fee"
    SET_FLAG = "restore-flag"
    CLEAR_FLAG = "clear-flag"

    @property
    def side(self) -> Side:
        """Where it is done."""
        return Side.AGENCY if self in _AT_THE_AGENCY else Side.ILS


_AT_THE_AGENCY = (Do.SEND_AGAIN, Do.UPDATE, Do.REMOVE, Do.WITHDRAW, Do.SEND_ALIAS)


@frozen
class Step:
    """One thing to do for one patron or account.

    `amount` is the balance that the agency is told, or what is charged or reversed; None for the
    others. `card` is the present card.
    """

    do: Do = field(validator=instance(Do))
    patron: str | None = personal()
    account: str | None = personal()
    card: str = personal(default="")
    amount: Money | None = None


@frozen
class ActionPlan:
    """The two lists, and the rows that a person must look at; a row may be in all three."""

    agency: tuple[Step, ...] = field(default=(), validator=each(instance(Step)))
    ils: tuple[Step, ...] = field(default=(), validator=each(instance(Step)))
    by_hand: tuple[Finding, ...] = ()


def plan(findings: Iterable[Finding], terms: Terms) -> ActionPlan:
    """The steps of all rows, in the rows' order."""
    agency: list[Step] = []
    ils: list[Step] = []
    by_hand: list[Finding] = []
    for found in findings:
        for step in steps_of(found, terms):
            (agency if step.do.side is Side.AGENCY else ils).append(step)
        if _needs_a_person(found):
            by_hand.append(found)
    return ActionPlan(tuple(agency), tuple(ils), tuple(by_hand))


def steps_of(found: Finding, terms: Terms) -> tuple[Step, ...]:
    """What is done about one row, nothing while a person has to decide or an answer is under way."""
    if found.side is Side.HAND:
        return ()
    return tuple(
        Step(do, found.patron, found.account, found.card, None if cents is None else Money(cents))
        for do, cents in _steps(found, terms)
    )


_Bare = tuple[Do, int | None]


def _needs_a_person(found: Finding) -> bool:
    return found.side is Side.HAND or any(MEANINGS[kind].side is Side.HAND for kind in found.also)


def _steps(found: Finding, terms: Terms) -> Iterator[_Bare]:
    kinds = {found.kind, *found.also}
    waiting = Kind.IN_FLIGHT in kinds
    if found.exempt and kinds & _IN_COLLECTION:
        yield from _exempted(found, waiting=waiting)
    elif Kind.AGENCY_ONLY in kinds:
        yield Do.WITHDRAW, 0
    elif kinds & _SETTLED:
        if Kind.PAID_ILS_OPEN_AGENCY in kinds:
            yield Do.REMOVE, 0
        if found.flagged:
            yield Do.CLEAR_FLAG, None
    else:
        yield from _owing(found, kinds, terms, waiting=waiting)


_IN_COLLECTION = {Kind.EXEMPT_BUT_SENT, Kind.ILS_ONLY, Kind.SENT_NOT_LISTED}
_SETTLED = {Kind.PAID_ILS_OPEN_AGENCY, Kind.FLAG_ONLY, Kind.BLOCK_STALE}
_TOLD_ANEW = {Kind.SENT_NOT_LISTED, Kind.ILS_ONLY}
_AMOUNTS = {Kind.BALANCE_HIGHER_ILS, Kind.BALANCE_HIGHER_AGENCY}


def _exempted(found: Finding, *, waiting: bool) -> Iterator[_Bare]:
    """An exempt patron is taken out of collection on both sides."""
    if found.kind is not Kind.ILS_ONLY and not waiting:
        yield Do.WITHDRAW, 0
    if found.flagged:
        yield Do.CLEAR_FLAG, None
    if found.fee and found.ils and found.ils.cents > 0:
        yield Do.REVERSE_FEE, found.fee.cents


def _owing(found: Finding, kinds: set[Kind], terms: Terms, *, waiting: bool) -> Iterator[_Bare]:
    """Both sides have the patron in collection, or will."""
    balance = found.ils.cents if found.ils else 0
    change = 0 if waiting else _fee_change(found, kinds, terms)
    if change > 0 and Kind.NOTICE_MISSING in kinds:
        change = 0  # no fee is charged on a referral that may have been unlawful; a person looks for the notice
    if change:
        yield (Do.CHARGE_FEE, change) if change > 0 else (Do.REVERSE_FEE, -change)
    if change and balance + change <= terms.removal:
        yield Do.REMOVE, 0
        if found.flagged:
            yield Do.CLEAR_FLAG, None
        return
    if Kind.REFERRAL_WITHOUT_FLAG in kinds:
        yield Do.SET_FLAG, None
    if kinds & _TOLD_ANEW:
        yield Do.SEND_AGAIN, balance + change
    elif not waiting and (change or kinds & _AMOUNTS):
        yield Do.UPDATE, balance + change
    if Kind.IDENTITY_CHANGED in kinds and not kinds & _TOLD_ANEW:
        yield Do.SEND_ALIAS, None


def _fee_change(found: Finding, kinds: set[Kind], terms: Terms) -> int:
    """By how many cents the balance changes when there is one referral fee."""
    if Kind.FEE_MISSING in kinds:
        return terms.fee
    if Kind.FEE_DUPLICATE in kinds and found.fee:
        return terms.fee - found.fee.cents
    return 0
