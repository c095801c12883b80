"""Fee, flag and block of a referral as orders to the ILS, and how one is carried out and read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from attrs import field, frozen

from scld_core.agency.posting import BLOCK
from scld_core.agency.referral import EffectKind, Episode, fee_key, owed_effects
from scld_core.agency.referrals.choose import twice_open
from scld_core.agency.referrals.facts import Reader, Seen, happened, shown
from scld_core.agency.referrals.office import Office
from scld_core.agency.referrals.records import Book
from scld_core.agency.states import ReferralEvent
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeKind, ChargeTerms, LegalClass
from scld_core.kernel.ids import LocationId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance, nonempty, optional
from scld_core.patrons.person import Block, CollectionFlag
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["ACTIONS", "EffectOrder", "carry_out", "fee_of", "found_done", "observed", "owed_orders", "refundable"]

ACTIONS: Mapping[EffectKind, str] = {kind: f"referrals.{kind.value}" for kind in EffectKind}
"""The action of each effect, in the order in which the effects of one referral are carried out."""

_FEES = (EffectKind.CHARGE_FEE, EffectKind.REVERSE_FEE)
_FLAGS = (EffectKind.SET_FLAG, EffectKind.CLEAR_FLAG)
_BY = "scld"
_REASON = "referral_taken_back"


@frozen
class EffectOrder:
    """One thing to do in the ILS for one referral; `key` is the same for every attempt at it."""

    referral: str = field(validator=nonempty)
    kind: EffectKind = field(validator=instance(EffectKind))
    key: str = field(validator=nonempty)
    amount: Money | None = field(default=None, validator=optional(instance(Money)))
    branch: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    patron: str = personal(default="", validator=nonempty)


def observed(book: Book, reader: Reader, *, only: Collection[str] | None = None) -> Book:
    """The book with what the ILS shows to have happened since; a patron it does not know is left as it was.

    With `only`, the ILS is asked for these record numbers and nobody else.
    """
    now = dict(book.episodes)
    names = None if only is None else reader.names(only)
    for key, episode in book.episodes.items():
        if names is not None and episode.patron not in names:
            continue
        seen = reader.see(reader.office.patron(episode.patron))
        if seen is not None:
            now[key] = happened(episode, seen, reader.terms.policy, by=reader.office.actor.id)
    return book.having(now.values())


def owed_orders(book: Book, reader: Reader, charged: frozenset[str], *, only: str = "") -> tuple[EffectOrder, ...]:
    """What the ILS still has to show, of one patron or of all, given the book and what it shows now.

    `charged` are referrals whose fee a receipt is kept of, which holds where the ILS keeps no keys.
    """
    return tuple(_owed_orders(book, reader, charged, only))


def _owed_orders(book: Book, reader: Reader, charged: frozenset[str], only: str) -> Iterator[EffectOrder]:
    office = reader.office
    twice = twice_open(book, office.agency)
    for seen, episodes in _by_patron(book, reader, only):
        patron = seen.patron.id.local
        mine = [one for one in episodes if one.agency == office.agency]
        if not mine or patron in twice:
            continue
        for effect in owed_effects(episodes, shown(seen, episodes, charged)):
            about = [one for one in mine if effect.kind not in _FEES or effect.key in _keys(one)]
            if about:  # the fee of another agency's referral is that agency's
                branch = seen.patron.home if effect.kind is EffectKind.CHARGE_FEE else None
                yield EffectOrder(about[-1].id, effect.kind, effect.key, effect.amount, branch, patron)


def _by_patron(book: Book, reader: Reader, only: str) -> Iterator[tuple[Seen, list[Episode]]]:
    """All referrals of each patron whom the ILS knows, also those that ended under another number."""
    names = reader.names([only]) if only else None
    of_patron: dict[str, tuple[Seen, list[Episode]]] = {}
    for one in sorted(book.episodes.values(), key=lambda episode: episode.id):
        if names is None or one.patron in names:
            seen = reader.see(reader.office.patron(one.patron))
            if seen is not None:
                of_patron.setdefault(seen.patron.id.local, (seen, []))[1].append(one)
    yield from of_patron.values()


def _keys(episode: Episode) -> tuple[str, str]:
    return fee_key(episode.id), f"{fee_key(episode.id)}:reversed"


def fee_of(account: Account, referral: str) -> Charge | None:
    """The fee that was charged for a referral, where the ILS keeps keys."""
    entry = account.posted_with(fee_key(referral))
    return None if entry is None else entry.charge


def refundable(account: Account, referral: str) -> bool:
    """Whether a referral's fee may be cancelled: nothing of it was paid or waived. Also where nobody can tell."""
    fee = fee_of(account, referral)
    return fee is None or account.standing(fee.id).untouched


def carry_out(office: Office, order: EffectOrder, episode: Episode, key: str) -> Answer:
    """Do it: a fee under the referral's own key, anything else under the step's."""
    patron = office.patron(order.patron)
    if order.kind is EffectKind.CHARGE_FEE and order.amount is not None:
        made = office.fees.charge(patron, _terms(order, order.amount, episode), key=order.key)
        return Answer(AnswerKind.DONE, str(made.id))
    if order.kind is EffectKind.REVERSE_FEE:
        return _reverse(office, order)
    since = _delivered(episode)
    if order.kind is EffectKind.SET_FLAG:
        return office.patrons.set_flag(patron, CollectionFlag(episode.agency, since, episode.id), key=key)
    if order.kind is EffectKind.CLEAR_FLAG:
        flag = office.patrons.get(patron).flag
        return office.patrons.clear_flag(patron, "" if flag is None else flag.referral, key=key)
    if order.kind is EffectKind.SET_BLOCK:
        return office.patrons.set_block(patron, Block(BLOCK, since, _BY), key=key)
    return office.patrons.clear_block(patron, BLOCK, key=key)


def _terms(order: EffectOrder, amount: Money, episode: Episode) -> ChargeTerms:
    return ChargeTerms(
        kind=ChargeKind.AGENCY_FEE,
        legal_class=LegalClass.COLLECTION_COST,
        amount=amount,
        assessed_at=_delivered(episode),
        branch=order.branch,
    )


def _delivered(episode: Episode) -> datetime:
    """When the receipt came: nothing is done at the patron before it."""
    return next(one.at for one in episode.history if one.event is ReferralEvent.DELIVERED)


def _reverse(office: Office, order: EffectOrder) -> Answer:
    fee = fee_of(office.fees.account(office.patron(order.patron)), order.referral)
    if fee is None:
        return Answer(AnswerKind.FOR_OPERATOR, detail="the ILS does not say which charge is this referral's fee")
    entry = office.fees.cancel(fee.id, key=order.key, reason=_REASON)
    return Answer(AnswerKind.DONE, str(entry.id))


def found_done(office: Office, order: EffectOrder) -> ReadBack:
    """What the ILS shows of an order that was sent."""
    patron = office.patron(order.patron)
    if order.kind in _FEES:
        done = office.fees.account(patron).posted_with(order.key) is not None
    elif order.kind in _FLAGS:
        done = (office.patrons.get(patron).flag is not None) is (order.kind is EffectKind.SET_FLAG)
    else:
        done = (office.patrons.get(patron).blocked_for(BLOCK) is not None) is (order.kind is EffectKind.SET_BLOCK)
    return ReadBack.DONE if done else ReadBack.NOT_DONE
