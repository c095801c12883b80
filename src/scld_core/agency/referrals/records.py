"""What the district's store keeps of referrals: histories, files, bytes; and how a receipt enters a history.

A receipt is a step of the run that was applied, whoever confirmed it. It is taken into the histories
whenever they are read, and written down with the next thing that is: nobody has to listen for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from attrs import evolve, frozen

from scld_core import codecs
from scld_core.agency.referral import Duty, Episode, Happening
from scld_core.agency.referrals.batch import Batch, Lane, Line, SendOrder
from scld_core.agency.referrals.office import Office
from scld_core.agency.states import ReferralEvent, referral_states
from scld_core.runs.model import StepState
from scld_core.runs.ports import Store, Unit

__all__ = [
    "Book",
    "Receipt",
    "Witness",
    "after",
    "bear_witness",
    "content_of",
    "enter",
    "keep_batch",
    "read_book",
    "witnessed",
    "write_down",
]

_EPISODES = "agency.referral"
_FILES = "agency.file"
_BYTES = "agency.file.bytes"
_WITNESS = "agency.file.witness"
_EVENTS = {Duty.ZERO: ReferralEvent.ZERO_ACKNOWLEDGED, Duty.REMOVE: ReferralEvent.REMOVAL_ACKNOWLEDGED}


@frozen
class Receipt:
    """When a file was known to be with the agency, and who or what said so."""

    at: datetime
    by: str
    evidence: str


@frozen
class Book:
    """Every referral with all receipts in its history, this agency's files, and which of them have a receipt."""

    episodes: Mapping[str, Episode]
    batches: tuple[Batch, ...]
    receipts: Mapping[str, Receipt]

    def last(self, lane: Lane) -> Batch | None:
        """The latest file of a lane."""
        return next((batch for batch in reversed(self.batches) if batch.order.lane is lane), None)

    def find(self, order: SendOrder) -> Batch | None:
        """The file that was made for an order's occasion, whatever stands in it."""
        return next((batch for batch in self.batches if batch.order.step == order.step), None)

    @property
    def next_number(self) -> int:
        """The number of the next file."""
        return self.batches[-1].number + 1 if self.batches else 1

    def having(self, episodes: Iterable[Episode]) -> Book:
        """With histories that have grown, or are new."""
        return evolve(self, episodes={**self.episodes, **{one.id: one for one in episodes}})

    def told(self, order: SendOrder, receipt: Receipt, *, settles: bool) -> Book:
        """As it will be once the file of an order has its receipt."""
        known = dict(self.episodes)
        enter(known, order, receipt, settles=settles)
        return evolve(self, episodes=known)


def after(episode: Episode, happening: Happening) -> Episode:
    """With one more event, where the table of states has a row for it; else as it was."""
    return episode.after(happening) if referral_states.permits(episode.state, happening.event) else episode


def enter(episodes: dict[str, Episode], order: SendOrder, receipt: Receipt, *, settles: bool) -> None:
    """Take the receipt of a file into the histories of its referrals.

    `settles` says whether it acknowledges an update; that of a new submission always counts.
    """
    for line in order.lines:
        for happening in _told(order.lane, line, receipt, settles=settles):
            episodes[line.referral] = after(episodes[line.referral], happening)


def _told(lane: Lane, line: Line, receipt: Receipt, *, settles: bool) -> Iterable[Happening]:
    events = [ReferralEvent.DELIVERED]
    if lane is Lane.UPDATE:
        events = [_EVENTS.get(duty, ReferralEvent.BALANCE_ACKNOWLEDGED) for duty in line.duties if settles]
    for event in dict.fromkeys(events):
        yield Happening(
            event, receipt.at, receipt.by, receipt.evidence, amount=line.amount, identifiers=line.identifiers
        )


@lru_cache(maxsize=20_000)
def _episode(body: str) -> Episode:
    """The same text is the same history: each step of a run reads them all again."""
    return codecs.load(Episode, body)


@lru_cache(maxsize=2_000)
def _batch(body: str) -> Batch:
    return codecs.load(Batch, body)


def read_book(unit: Unit, office: Office) -> Book:
    """What is kept, with every receipt that the outbox has by now."""
    episodes = {key: _episode(body) for key, body in unit.records(_EPISODES).items()}
    batches = [_batch(body) for _, body in unit.records(_FILES).items()]
    mine = tuple(batch for batch in batches if batch.order.agency == office.agency)
    receipts: dict[str, Receipt] = {}
    for batch in mine:
        record = unit.steps.get(batch.order.step)
        if record is not None and record.state is StepState.APPLIED:
            receipt = Receipt(record.updated_at, record.actor or office.actor.id, batch.evidence)
            receipts[batch.key] = receipt
            if not batch.taken:
                enter(episodes, batch.order, receipt, settles=_settles(office, batch))
    return Book(episodes, mine, receipts)


def _settles(office: Office, batch: Batch) -> bool:
    return office.receipt_settles or batch.acknowledged


def write_down(unit: Unit, office: Office, book: Book, episodes: Iterable[Episode] = ()) -> None:
    """Keep histories, with all the receipts that are in the book."""
    for one in {**book.episodes, **{one.id: one for one in episodes}}.values():
        body = codecs.dump(one)
        if unit.records(_EPISODES).get(one.id) != body:
            unit.records(_EPISODES).put(one.id, body)
    for batch in book.batches:
        told = batch.order.lane is Lane.NEW or _settles(office, batch)
        if batch.key in book.receipts and not batch.taken and told:
            unit.records(_FILES).put(batch.key, codecs.dump(evolve(batch, taken=True)))


def keep_batch(unit: Unit, batch: Batch, content: bytes | None = None) -> None:
    """Keep a file, and its bytes the first time."""
    unit.records(_FILES).put(batch.key, codecs.dump(batch))
    if content is not None:
        unit.records(_BYTES).put(batch.key, codecs.dump(content))


def content_of(store: Store, batch: Batch) -> bytes:
    """The bytes of a file that is kept."""
    with store.transaction() as unit:
        return codecs.load(bytes, unit.records(_BYTES).get(batch.key) or '""')


@frozen
class Witness:
    """What a person found out about a file: whether it arrived, as of when, and what shows it."""

    arrived: bool
    at: datetime
    by: str
    evidence: str


def bear_witness(unit: Unit, batch: Batch, witness: Witness) -> None:
    """Keep what a person found out."""
    unit.records(_WITNESS).put(batch.key, codecs.dump(witness))


def witnessed(unit: Unit, batch: Batch) -> Witness | None:
    """What a person found out about a file."""
    body = unit.records(_WITNESS).get(batch.key)
    return None if body is None else codecs.load(Witness, body)
