"""The morning's comparison beside the referral run: what the one does itself, the other does not ask for.

Both read the same ILS and the same agency. A fee that the run is about to post looks, in the files of
this morning, like a fee that is missing; a zero that it sends today looks like one that nobody told.
"""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from scld_core import codecs
from scld_core.agency.gather import AgencyFacts
from scld_core.agency.referral import Episode
from scld_core.agency.referrals.choose import choose_update
from scld_core.agency.referrals.office import Office
from scld_core.agency.referrals.records import Book
from scld_core.agency.referrals.steps import look
from scld_core.agency.steps import AREA, TELL, Order
from scld_core.runs.model import AreaPlan, ExceptionItem, Step

__all__ = ["leave_to_the_run"]

_WHAT = "The referral run does this itself, or has done it since the files were made."


def leave_to_the_run(office: Office, plan: AreaPlan, facts: AgencyFacts) -> AreaPlan:
    """The comparison's plan without what the referral run does; each such step becomes a note.

    What is posted to the ILS is the run's while a referral is open, and until a snapshot was made after the
    last that happened to it. What is told is the run's while it has something to tell, and until a list
    was made after the last that it told: then a list that still differs is a difference.
    """
    orders = {step.id: codecs.load(Order, step.payload) for step in plan.steps}
    patrons = {order.patron for order in orders.values() if order.patron}
    if not patrons:
        return plan
    book, reader = look(office, office.terms(), only=patrons)
    mine = {patron: _of_patron(book, office.agency, reader.names([patron])) for patron in patrons}
    known = [one.id for episodes in mine.values() for one in episodes]
    owed = {line.referral for line in choose_update(book, reader, only=known).order.lines}

    def ours(step: Step) -> bool:
        told = step.action == TELL
        at = facts.other_at if told else facts.ils_at
        return any(
            (one.id in owed if told else one.is_open) or one.history[-1].at >= at
            for one in mine.get(orders[step.id].patron, ())
        )

    left = tuple(ExceptionItem(AREA, "referral_run", s.subject, _WHAT, "Nothing to do.") for s in plan.steps if ours(s))
    return evolve(plan, steps=tuple(step for step in plan.steps if not ours(step)), notes=(*plan.notes, *left))


def _of_patron(book: Book, agency: str, names: Collection[str]) -> tuple[Episode, ...]:
    return tuple(one for one in book.episodes.values() if one.agency == agency and one.patron in names)
