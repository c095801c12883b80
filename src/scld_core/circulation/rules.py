"""Decisions about loans, pure: facts, policy and calendar in; a verdict with every reason out.

What a neighbour knows comes as an argument: what the patron owes, how many wait for the title. Adding
a block never makes a decision milder, since no reason hides another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from attrs import field, frozen

from scld_core.calendars import Calendar
from scld_core.circulation.model import ItemState
from scld_core.circulation.policy import CirculationPolicy, RenewFrom
from scld_core.errors import InvalidValue, SettingsError
from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.ids import LocationId
from scld_core.kernel.money import Money
from scld_core.kernel.validate import at_least, each, instance, nonempty, optional

__all__ = [
    "REASONS",
    "Borrower",
    "CheckInFacts",
    "CheckOutFacts",
    "LostFacts",
    "RenewFacts",
    "days_overdue",
    "due_on",
    "lent_until",
    "may_check_in",
    "may_check_out",
    "may_declare_lost",
    "may_renew",
    "renewal_start",
]

REASONS = {
    "check_out_permitted": "It may be lent; it is due on {due}.",
    "renewal_permitted": "It may be renewed until {due}; that is renewal {number} of {most}.",
    "check_in_permitted": "It is taken back.",
    "lost_permitted": "It is declared lost, {days} days overdue.",
    "lost_reported": "The patron says that it is lost.",
    "blocked": "The account has a block: {block}.",
    "owes_too_much": "The patron owes {owed}; the limit is {limit}.",
    "debt_unknown": "What the patron owes is not known.",
    "card_expired": "The card expired on {day}.",
    "card_not_for_loans": "A card of this kind is not good for loans.",
    "item_limit": "The patron has {out} items; {most} are permitted.",
    "items_unknown": "How many items the patron has is not known.",
    "not_lent": "Items of the kind {kind} are not lent.",
    "not_loanable": "This item is not lent.",
    "no_term": "The policy does not say for how long items of the kind {kind} are lent.",
    "closed": "The calendar has no open day on which it could be due.",
    "is_lent": "It is on loan to somebody else.",
    "has_this_item": "The patron has it already.",
    "not_on_loan": "It is not on loan.",
    "set_aside": "It is set aside for somebody else's hold.",
    "is_on_its_way": "It is recorded as on its way; check it in first.",
    "is_lost": "It is recorded as lost; check it in first.",
    "is_missing": "It is recorded as missing; check it in first.",
    "is_claimed": "The patron says that it was brought back; the claim is open.",
    "is_withdrawn": "It was withdrawn from the collection.",
    "unknown_state": "The ILS has it in a state that has no translation: {word}.",
    "not_renewed": "Items of the kind {kind} are not renewed.",
    "renewals_used_up": "It was renewed {times} times; {most} are permitted.",
    "renewals_unknown": "How often it was renewed is not known.",
    "waiting_holds": "{count} wait for it.",
    "holds_unknown": "Whether somebody waits for it is not known.",
    "overdue_too_long": "It is {days} days overdue and counts as lost from {most} days on.",
    "no_gain": "It would not be due later than it is.",
    "not_yet_lost": "It is {days} days overdue and is declared lost after {most}.",
    "is_late": "It comes back {days} days late.",
    "ends_claim": "The patron's claim ends with it.",
    "was_lost": "It was recorded as lost; look at what was charged for it.",
    "was_missing": "It was recorded as missing.",
    "was_not_on_loan": "It was not on loan.",
}
"""The sentence of each code."""

_SECTION = "circulation"
_INSTANT = timedelta(microseconds=1)
_Found = tuple[str, dict[str, str]]


@frozen(kw_only=True)
class Borrower:
    """What is known of who borrows; no name, no number.

    `owed` is None where it is not known. `expires` is the last day of the card, None without one, and
    `entitled` whether its kind is good for loans. `out` is how many items the patron has, None where that is
    not told.
    """

    blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    owed: Money | None = field(default=None, validator=optional(instance(Money)))
    expires: date | None = None
    entitled: bool = True
    out: int | None = field(default=0, validator=optional(at_least(0)))


@frozen(kw_only=True)
class CheckOutFacts:
    """What is known when somebody wants to borrow an item.

    `kind` and `word` are the ILS's own words for the item's kind and its state. `on_loan` is true with
    anybody's open loan, `to_patron` with this patron's. `due` is the day `lent_until` gives, None for none.
    """

    today: date
    state: ItemState = field(validator=instance(ItemState))
    borrower: Borrower = field(factory=Borrower, validator=instance(Borrower))
    kind: str = ""
    word: str = ""
    loanable: bool = True
    on_loan: bool = False
    to_patron: bool = False
    for_other: bool = False
    due: date | None = None


@frozen(kw_only=True)
class RenewFacts:
    """What is known when somebody wants to keep an item longer.

    `renewals` and `waiting_holds` are None where that is not told. `due` is the day it is due, `renewed` the
    one `lent_until` gives from `renewal_start` on, None for none.
    """

    today: date
    due: date
    state: ItemState = field(validator=instance(ItemState))
    borrower: Borrower = field(factory=Borrower, validator=instance(Borrower))
    kind: str = ""
    on_loan: bool = True
    renewals: int | None = field(default=0, validator=optional(at_least(0)))
    waiting_holds: int | None = field(default=0, validator=optional(at_least(0)))
    renewed: date | None = None


@frozen(kw_only=True)
class CheckInFacts:
    """What is known of an item that comes back: `days` is how many it is overdue."""

    state: ItemState = field(validator=instance(ItemState))
    on_loan: bool = True
    days: int = field(default=0, validator=at_least(0))


@frozen(kw_only=True)
class LostFacts:
    """What is known of an item that nobody has brought back; `reported` when the patron says that it is lost."""

    state: ItemState = field(validator=instance(ItemState))
    on_loan: bool = True
    days: int = field(default=0, validator=at_least(0))
    reported: bool = False


def may_check_out(facts: CheckOutFacts, policy: CirculationPolicy, *, version: str = "") -> Decision:
    """Whether an item may be lent: no for all reasons together, and a person decides where a fact is missing."""
    against = [*_of_the_borrower(facts.borrower, facts.today, policy), *_of_the_item(facts, policy)]
    most = policy.max_items_out
    if most is not None and facts.borrower.out is not None and facts.borrower.out >= most:
        against.append(("item_limit", {"out": str(facts.borrower.out), "most": str(most)}))
    days = policy.days(facts.kind)
    if days is not None and facts.due is None:
        against.append(("closed", {}))
    doubts = list(_doubts(facts.borrower, policy))
    if most is not None and facts.borrower.out is None:
        doubts.append(("items_unknown", {}))
    if facts.state is ItemState.UNKNOWN_WORD:
        doubts.append(("unknown_state", {"word": facts.word}))
    if days is None:
        doubts.append(("no_term", {"kind": facts.kind}))
    return _verdict(against, doubts, ("check_out_permitted", {"due": str(facts.due)}), version)


def may_renew(facts: RenewFacts, policy: CirculationPolicy, *, version: str = "") -> Decision:
    """Whether a loan may be renewed: no for all reasons together, and a person decides where a fact is missing."""
    if not facts.on_loan:
        return deny(_said("not_on_loan", {}, version))  # there is nobody and nothing that more could be said of
    against = [*_of_the_borrower(facts.borrower, facts.today, policy), *_of_the_loan(facts, policy)]
    days = policy.days(facts.kind)
    if days is not None and facts.renewed is None:
        against.append(("closed", {}))
    elif facts.renewed is not None and facts.renewed <= facts.due:
        against.append(("no_gain", {}))
    doubts = list(_doubts(facts.borrower, policy))
    if days is None:
        doubts.append(("no_term", {"kind": facts.kind}))
    if facts.renewals is None:
        doubts.append(("renewals_unknown", {}))
    if facts.waiting_holds is None:
        doubts.append(("holds_unknown", {}))
    number = str((facts.renewals or 0) + 1)
    told = {"due": str(facts.renewed), "number": number, "most": str(policy.max_renewals)}
    return _verdict(against, doubts, ("renewal_permitted", told), version)


def may_check_in(facts: CheckInFacts, *, version: str = "") -> Decision:
    """Whether an item may be taken back; what a yes says besides is for the desk to look at."""
    if facts.state is ItemState.WITHDRAWN:
        return deny(_said("is_withdrawn", {}, version))
    notes: list[_Found] = [("check_in_permitted", {})]
    if not facts.on_loan:
        notes.append(("was_not_on_loan", {}))
    if facts.state is ItemState.CLAIMS_RETURNED:
        notes.append(("ends_claim", {}))
    elif facts.on_loan and facts.days:
        notes.append(("is_late", {"days": str(facts.days)}))
    if facts.state in (ItemState.LOST, ItemState.LOST_PAID):
        notes.append(("was_lost", {}))
    if facts.state is ItemState.MISSING:
        notes.append(("was_missing", {}))
    return permit(*(_said(code, params, version) for code, params in notes))


def may_declare_lost(facts: LostFacts, policy: CirculationPolicy, *, version: str = "") -> Decision:
    """Whether an item is declared lost now: once it is overdue long enough, or when the patron says so."""
    against: list[_Found] = []
    if not facts.on_loan:
        against.append(("not_on_loan", {}))
    if facts.state in (ItemState.LOST, ItemState.LOST_PAID):
        against.append(("is_lost", {}))
    if facts.state is ItemState.CLAIMS_RETURNED:
        against.append(("is_claimed", {}))
    if not facts.reported and facts.days < policy.lost_after_days:
        against.append(("not_yet_lost", {"days": str(facts.days), "most": str(policy.lost_after_days)}))
    yes: _Found = ("lost_reported", {}) if facts.reported else ("lost_permitted", {"days": str(facts.days)})
    return _verdict(against, [], yes, version)


def _verdict(against: Iterable[_Found], doubts: Iterable[_Found], yes: _Found, version: str) -> Decision:
    no = [_said(code, params, version) for code, params in against]
    unsure = [_said(code, params, version) for code, params in doubts]
    if no:
        return deny(*no, *unsure)
    return refer(*unsure) if unsure else permit(_said(*yes, version))


def _said(code: str, params: dict[str, str], version: str) -> Reason:
    return Reason(code, tuple(params.items()), _SECTION, version)


def _of_the_borrower(who: Borrower, today: date, policy: CirculationPolicy) -> Iterator[_Found]:
    for block in sorted(set(who.blocks) - set(policy.ignored_blocks)):
        yield "blocked", {"block": block}
    limit, owed = policy.max_owed_cents, who.owed
    if limit is not None and owed is not None and owed.cents > limit:
        yield "owes_too_much", {"owed": str(owed), "limit": str(Money(limit, owed.currency))}
    if who.expires is not None and who.expires < today:
        yield "card_expired", {"day": str(who.expires)}
    if not who.entitled:
        yield "card_not_for_loans", {}


def _doubts(who: Borrower, policy: CirculationPolicy) -> Iterator[_Found]:
    if policy.max_owed_cents is not None and who.owed is None:
        yield "debt_unknown", {}


_STATES = {
    ItemState.IN_TRANSIT: "is_on_its_way",
    ItemState.LOST: "is_lost",
    ItemState.LOST_PAID: "is_lost",
    ItemState.MISSING: "is_missing",
    ItemState.CLAIMS_RETURNED: "is_claimed",
    ItemState.WITHDRAWN: "is_withdrawn",
}


def _of_the_item(facts: CheckOutFacts, policy: CirculationPolicy) -> Iterator[_Found]:
    if {facts.kind, policy.kinds.get(facts.kind, facts.kind)} & set(policy.not_lent):
        yield "not_lent", {"kind": facts.kind}
    if not facts.loanable:
        yield "not_loanable", {}
    if facts.state in _STATES:
        yield _STATES[facts.state], {}
    if facts.on_loan:
        yield ("has_this_item" if facts.to_patron else "is_lent"), {}
    if facts.for_other:
        yield "set_aside", {}


def _of_the_loan(facts: RenewFacts, policy: CirculationPolicy) -> Iterator[_Found]:
    if facts.state in (ItemState.LOST, ItemState.LOST_PAID):
        yield "is_lost", {}
    if facts.state is ItemState.CLAIMS_RETURNED:
        yield "is_claimed", {}
    if {facts.kind, policy.kinds.get(facts.kind, facts.kind)} & set(policy.not_renewed):
        yield "not_renewed", {"kind": facts.kind}
    if facts.renewals is not None and facts.renewals >= policy.max_renewals:
        yield "renewals_used_up", {"times": str(facts.renewals), "most": str(policy.max_renewals)}
    if facts.waiting_holds:
        yield "waiting_holds", {"count": str(facts.waiting_holds)}
    late = (facts.today - facts.due).days
    if late >= policy.lost_after_days:
        yield "overdue_too_long", {"days": str(late), "most": str(policy.lost_after_days)}


# Days.


def lent_until(
    start: date, word: str, policy: CirculationPolicy, calendar: Calendar, at: LocationId | None = None
) -> date | None:
    """The day on which an item that is lent on `start` is due: an open day of that library, or later the next one.

    None where the policy has no term for its kind, or the calendar no open day.
    """
    days = policy.days(word)
    if days is None:
        return None
    try:
        day = start + timedelta(days=days)
        return day if calendar.open_on(day, at) else calendar.nth_open_day_after(day, 1, at)
    except (SettingsError, OverflowError):
        return None


def renewal_start(today: date, due: date, policy: CirculationPolicy) -> date:
    """The day from which the term of a renewal counts: give it to `lent_until`."""
    return due if policy.renew_from is RenewFrom.DUE else today


def due_on(due_at: datetime, calendar: Calendar) -> date:
    """The business day on which something is due: the one that ends at `due_at`, or has it in it."""
    try:
        return calendar.business_date(due_at - _INSTANT)
    except (InvalidValue, OverflowError):  # the first instant there is
        return date.min


def days_overdue(due_at: datetime, until: datetime, calendar: Calendar) -> int:
    """Days from the day on which something was due to that of `until`; 0 before it is overdue."""
    if until < due_at:
        return 0
    return max(0, (calendar.business_date(until) - due_on(due_at, calendar)).days)
