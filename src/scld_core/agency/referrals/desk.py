"""The referral desk: what a person or the agency's answer adds to a referral or a file, and the area."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from scld_core.agency.eligibility import HoldCause
from scld_core.agency.referral import Episode, Happening
from scld_core.agency.referrals.actions import referral_actions
from scld_core.agency.referrals.batch import AREA, Batch, SendOrder
from scld_core.agency.referrals.office import Office
from scld_core.agency.referrals.records import (
    Book,
    Witness,
    bear_witness,
    content_of,
    keep_batch,
    read_book,
    write_down,
)
from scld_core.agency.referrals.steps import plan_referrals
from scld_core.agency.states import ReferralEvent, Resolution
from scld_core.errors import BadInput, InvalidValue
from scld_core.kernel.redact import redact
from scld_core.runs.action import Area
from scld_core.runs.model import JournalEntry, Plan
from scld_core.runs.planning import plan_areas
from scld_core.runs.ports import Unit

__all__ = ["ReferralDesk", "referrals_area"]


def referrals_area(office: Office) -> Area:
    """The area as the day's run sees it."""
    return Area(AREA, referral_actions(office), lambda records: plan_referrals(office, records))


@frozen
class ReferralDesk:
    """The referrals to one agency and their files.

    Each method that changes something names its `evidence`: the form, letter or row that shows it. The same
    evidence a second time changes nothing. BadInput for an unknown referral or file, and for what
    cannot happen to it as it stands.
    """

    office: Office
    district: str = ""

    def book(self) -> Book:
        """Every referral and every file, with the receipts there are."""
        with self.office.store.transaction() as unit:
            return read_book(unit, self.office)

    def plan(self) -> Plan:
        """The files and postings of today, and why; `desk.runs.apply` carries them out."""
        office = self.office
        return plan_areas(
            office.store, (referrals_area(office),), office.clock, district=self.district, day=office.terms().day
        )

    def file(self, order: SendOrder) -> tuple[str, bytes]:
        """Name and bytes of the file that was made for an order; BadInput for one that was not made yet."""
        batch = self.book().find(order)
        if batch is None:
            raise BadInput(order.subject, "there is no file of it yet")
        return batch.name, content_of(self.office.store, batch)

    def rows(self, number: int, rows: Iterable[int]) -> tuple[str, ...]:
        """The referrals of these rows of a file, 1 being the first; BadInput before anything is recorded of any."""
        with self.office.store.transaction() as unit:
            lines = self._file(unit, number).order.lines
        wanted = tuple(rows)
        if unknown := [row for row in wanted if not 1 <= row <= len(lines)]:
            raise BadInput(f"file {number}", f"has no row {unknown[0]}; it has {len(lines)}")
        return tuple(lines[row - 1].referral for row in wanted)

    def accept(self, referral: str, *, evidence: str) -> Episode:
        """The agency has taken the account on."""
        return self._happens(referral, ReferralEvent.ACCEPTED, evidence)

    def reject(self, referral: str, *, evidence: str, reason: str) -> Episode:
        """The agency has refused the row: the next run takes fee, flag and block back."""
        return self._happens(referral, ReferralEvent.REJECTED, evidence, reason=reason)

    def take_back(self, referral: str, resolution: Resolution, *, evidence: str, reason: str = "") -> Episode:
        """The library takes the referral back, whatever the agency has done; the agency is told until it has it."""
        return self._happens(referral, ReferralEvent.REMOVED, evidence, reason=reason, resolution=resolution)

    def closed(self, referral: str, resolution: Resolution, *, evidence: str, reason: str = "") -> Episode:
        """The agency has ended the referral by its own word: given up, paid to it, or sent back."""
        return self._happens(referral, ReferralEvent.CLOSED_BY_AGENCY, evidence, reason=reason, resolution=resolution)

    def hold(self, referral: str, cause: HoldCause, *, evidence: str) -> Episode:
        """Nothing more is done against the debtor for the time being."""
        return self._happens(referral, ReferralEvent.HELD, evidence, cause=cause)

    def release(self, referral: str, cause: HoldCause, *, evidence: str) -> Episode:
        """One cause of a hold has gone."""
        return self._happens(referral, ReferralEvent.RELEASED, evidence, cause=cause)

    def acknowledge(self, number: int, *, evidence: str) -> Batch:
        """The agency's own word that it has worked an update, where its receipt is not taken for one."""
        with self.office.store.transaction() as unit:
            batch = self._file(unit, number)
            done = evolve(batch, acknowledged=True)
            keep_batch(unit, done)
            write_down(unit, self.office, read_book(unit, self.office))
            self._note(unit, "agency.file.acknowledged", batch.key, evidence)
        return done

    def saw(self, number: int, *, arrived: bool, evidence: str) -> Batch:
        """Somebody asked the agency about a file of which nobody knows whether it arrived; the next run goes by it."""
        with self.office.store.transaction() as unit:
            batch = self._file(unit, number)
            bear_witness(unit, batch, Witness(arrived, self.office.clock.now(), self.office.actor.id, redact(evidence)))
            self._note(unit, "agency.file.arrived" if arrived else "agency.file.lost", batch.key, evidence)
        return batch

    def _file(self, unit: Unit, number: int) -> Batch:
        found = next((one for one in read_book(unit, self.office).batches if one.number == number), None)
        if found is None:
            raise BadInput(f"file {number}", f"was never made for {self.office.agency}")
        return found

    def _note(self, unit: Unit, kind: str, subject: str, detail: str) -> None:
        office = self.office
        unit.journal.append(JournalEntry(office.clock.now(), office.actor.id, kind, subject, detail=redact(detail)))

    def _happens(
        self,
        referral: str,
        event: ReferralEvent,
        evidence: str,
        *,
        reason: str = "",
        resolution: Resolution | None = None,
        cause: HoldCause | None = None,
    ) -> Episode:
        office = self.office
        happening = Happening(
            event,
            office.clock.now(),
            office.actor.id,
            redact(evidence),
            redact(reason),
            resolution=resolution,
            cause=cause,
        )
        with office.store.transaction() as unit:
            book = read_book(unit, office)
            if referral not in book.episodes:
                raise BadInput(f"referral {referral}", "there is none of this name")
            try:
                episode = book.episodes[referral].after(happening)
            except InvalidValue as problem:
                raise BadInput(f"referral {referral}", problem.rule) from None
            write_down(unit, office, book, [episode])
            self._note(unit, f"agency.referral.{event.value}", referral, f"{evidence} {reason}".strip())
        return episode
