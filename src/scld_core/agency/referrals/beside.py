"""The morning's comparison beside the referral run: what the one does itself, the other does not ask for.

Both read the same ILS and the same agency. A fee that the run is about to post looks, in the files of
this morning, like a fee that is missing; a zero that it sends today looks like one that nobody told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from attrs import evolve

from scld_core import codecs
from scld_core.agency.gather import AgencyFacts
from scld_core.agency.referral import Episode
from scld_core.agency.referrals.choose import choose_update
from scld_core.agency.referrals.office import Office
from scld_core.agency.referrals.records import Book, read_book
from scld_core.agency.referrals.steps import look
from scld_core.agency.states import ReferralEvent
from scld_core.agency.steps import AREA, TELL, Order
from scld_core.runs.model import AreaPlan, ExceptionItem, Step

__all__ = ["handed_over", "leave_to_the_run"]

_WHAT = "The referral run does this itself, or has done it since the files were made"


def leave_to_the_run(office: Office, plan: AreaPlan, facts: AgencyFacts) -> AreaPlan:
    """The comparison's plan without what the referral run does; each such step becomes a note.

    What is posted to the ILS is the run's while a referral is open, and until a snapshot was made after the
    last that happened to it. What is told is the run's while it has something to tell, and until a list
    was made after the last that it told: then a list that still differs is a difference. A new referral
    has as long as the policy gives it to appear on the list.
    """
    orders = {step.id: codecs.load(Order, step.payload) for step in plan.steps}
    patrons = {order.patron for order in orders.values() if order.patron}
    if not patrons:
        return plan
    terms = office.terms()
    book, reader = look(office, terms, only=patrons)
    patience = facts.other_at - timedelta(days=terms.policy.in_flight_days)
    mine = {patron: _of_patron(book, office.agency, reader.names([patron])) for patron in patrons}
    known = [one.id for episodes in mine.values() for one in episodes]
    owed = {line.referral for line in choose_update(book, reader, only=known).order.lines}

    def ours(step: Step) -> bool:
        told, order = step.action == TELL, orders[step.id]
        at = facts.other_at if told else facts.ils_at
        return any(
            (one.id in owed if told else one.is_open)
            or one.history[-1].at >= at
            or (told and not order.account and _given(one, patience))
            for one in mine.get(order.patron, ())
        )

    left = tuple(ExceptionItem(AREA, "referral_run", s.subject, _WHAT, "Nothing to do.") for s in plan.steps if ours(s))
    return evolve(plan, steps=tuple(step for step in plan.steps if not ours(step)), notes=(*plan.notes, *left))


def handed_over(office: Office, since: datetime) -> frozenset[str]:
    """The patrons whose referral the agency was given at or after `since`, by every number they had then."""
    with office.store.transaction() as unit:
        book = read_book(unit, office)
    given = (one for one in book.episodes.values() if one.agency == office.agency and _given(one, since))
    return frozenset(name for one in given for name in (one.patron, *one.identifiers))


def _given(episode: Episode, since: datetime) -> bool:
    return any(past.event is ReferralEvent.DELIVERED and past.at >= since for past in episode.history)


def _of_patron(book: Book, agency: str, names: Collection[str]) -> tuple[Episode, ...]:
    return tuple(one for one in book.episodes.values() if one.agency == agency and one.patron in names)
