"""Posting to an ILS that can be written: flag, block and referral fee, each at most once for a key."""

from __future__ import annotations

from attrs import frozen

from scld_core.agency.plan import Do
from scld_core.agency.steps import Order
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeKind, ChargeTerms, LegalClass
from scld_core.fees.ports import Fees
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.person import CollectionFlag
from scld_core.patrons.ports import Patrons
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["BLOCK", "Ils", "post", "posted"]

BLOCK = "collection"
"""The reason code of the block that goes with the flag."""

_REASON = "referral_fee_not_owed"
_FLAGS = (Do.SET_FLAG, Do.CLEAR_FLAG)


@frozen
class Ils:
    """The ILS that the snapshot is of; a port is None where a person does its work."""

    name: str
    patrons: Patrons | None = None
    fees: Fees | None = None


def post(ils: Ils, order: Order, key: str) -> Answer:
    """Carry out one order of the ILS's side; FOR_OPERATOR for what this ILS has no way for."""
    (ask,) = order.asks
    patron = PatronId(ils.name, order.patron)
    if ask.do in _FLAGS:
        return _for_a_person() if ils.patrons is None else _flag(ils.patrons, patron, order, key)
    if ils.fees is None or ask.amount is None:
        return _for_a_person()
    if ask.do is Do.CHARGE_FEE:
        ils.fees.charge(patron, _fee(order, ask.amount), key=key)
        return Answer(AnswerKind.DONE)
    return _reverse(ils.fees, patron, ask.amount, key)


def _for_a_person(detail: str = "") -> Answer:
    return Answer(AnswerKind.FOR_OPERATOR, detail=detail)


def _flag(patrons: Patrons, patron: PatronId, order: Order, key: str) -> Answer:
    if order.asks[0].do is Do.SET_FLAG:
        return patrons.set_flag(patron, CollectionFlag(referral=order.case), key=key)
    flag = patrons.get(patron).flag
    answer = Answer(AnswerKind.DONE) if flag is None else patrons.clear_flag(patron, flag.referral, key=key)
    if answer.kind is AnswerKind.DONE:
        return patrons.clear_block(patron, BLOCK, key=f"{key}-block")
    return answer


def _fee(order: Order, amount: Money) -> ChargeTerms:
    return ChargeTerms(
        kind=ChargeKind.AGENCY_FEE,
        legal_class=LegalClass.COLLECTION_COST,
        amount=amount,
        assessed_at=order.as_of,
    )


def _reverse(fees: Fees, patron: PatronId, amount: Money, key: str) -> Answer:
    """Cancel referral fees that nothing was paid of, the newest first, whose sum is the amount."""
    chosen, left = _chosen(fees.account(patron), amount, key)
    if left:
        return _for_a_person(f"no untouched referral fees come to {amount}")
    for charge in chosen:
        fees.cancel(charge.id, key=f"{key}-{charge.id.local}", reason=_REASON)
    return Answer(AnswerKind.DONE)


def _chosen(account: Account, amount: Money, key: str) -> tuple[list[Charge], Money]:
    """The fees to cancel, and what would still be missing; what an attempt with this key cancelled counts."""
    left = amount
    for entry in account.entries:
        if entry.key.startswith(f"{key}-"):
            left = left - entry.amount
    chosen: list[Charge] = []
    for standing in reversed(account.standings):
        charge = standing.charge
        if charge.kind is ChargeKind.AGENCY_FEE and standing.untouched and charge.amount <= left:
            chosen.append(charge)
            left = left - charge.amount
    return chosen, left


def posted(ils: Ils, order: Order, key: str) -> ReadBack:
    """What the ILS shows of an order that was sent; UNKNOWN where it cannot be asked."""
    (ask,) = order.asks
    patron = PatronId(ils.name, order.patron)
    if ask.do in _FLAGS:
        if ils.patrons is None:
            return ReadBack.UNKNOWN
        flagged = ils.patrons.get(patron).flag is not None
        return ReadBack.DONE if flagged is (ask.do is Do.SET_FLAG) else ReadBack.NOT_DONE
    if ils.fees is None or ask.amount is None:
        return ReadBack.UNKNOWN
    account = ils.fees.account(patron)
    mine = [entry for entry in account.entries if entry.key == key or entry.key.startswith(f"{key}-")]
    done = sum((entry.amount for entry in mine), Money(0, ask.amount.currency))
    return ReadBack.DONE if done == ask.amount else ReadBack.NOT_DONE
