"""For IT: every file that was sent, what proves it, and the rows that somebody could not use. No names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from scld_core.agency.referral import Episode, Happening
from scld_core.agency.referrals.batch import Batch
from scld_core.agency.referrals.records import content_of
from scld_core.agency.states import ReferralEvent
from scld_core.reporting.audience import Asked
from scld_core.reporting.model import Badge, Column, Figure, Kind, Report, Row, Section, Table, Tone
from scld_core.runs.model import StepState
from scld_core.services.agency_reports.kept import Kept, KeptFile, read_kept
from scld_core.services.agency_reports.morning import Morning, look
from scld_core.services.agency_reports.page import page

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["agency_batches"]

_CODE = re.compile(r"[a-z][a-z0-9_.:-]*")
_IN_WORDS = "in words, in the referral's history"
_NO_FILE = (
    "No file to an agency is kept here. What another program sent is not known; of it there is only the last file "
    "named under [agency] sent, below."
)
_STATES = {
    StepState.AWAITING_APPROVAL: Badge("waits for approval", Tone.ATTENTION),
    StepState.PREPARED: Badge("being sent", Tone.ATTENTION),
    StepState.WAITING_SYSTEM: Badge("accepted", Tone.ATTENTION),
    StepState.WAITING_OPERATOR: Badge("on a worklist", Tone.ATTENTION),
    StepState.UNKNOWN: Badge("no sure answer", Tone.BAD),
    StepState.APPLIED: Badge("receipt", Tone.GOOD),
    StepState.FAILED: Badge("failed", Tone.BAD),
    StepState.WITHDRAWN: Badge("withdrawn"),
}
_NOT_SENT = Badge("kept, not sent", Tone.ATTENTION)


def agency_batches(desk: Desk, asked: Asked) -> Report:
    """Files, rejects, rows that could not be used, and the files they stood in."""
    del asked
    morning, kept = look(desk), read_kept(desk)
    damaged = {one.batch.key for one in kept.files if not _as_kept(desk, one.batch)}
    rejects = tuple(_rejects(kept))
    unusable = tuple(_unusable(morning))
    return page(
        desk,
        "Collection agency: files",
        "what was sent, what was refused, what could not be read",
        figures=_figures(kept, len(damaged), len(rejects), len(unusable)),
        callouts=morning.callouts,
        sections=(
            _files(kept),
            _delivery(kept),
            _proof(kept, damaged),
            _rejected(rejects, kept),
            _quarantine(unusable, morning),
            _inputs(morning),
        ),
        footer=("No patron's name or number is on this page.",),
    )


def _as_kept(desk: Desk, batch: Batch) -> bool:
    return hashlib.sha256(content_of(desk.store, batch)).hexdigest() == batch.manifest.sha256


def _hint(open_: int, files: int) -> str:
    if open_:
        return "Of these nobody knows for sure that they arrived."
    return "Every file has its receipt." if files else "No file is kept."


def _figures(kept: Kept, damaged: int, rejects: int, unusable: int) -> tuple[Figure, ...]:
    open_ = sum(one.receipt is None for one in kept.files)
    return (
        Figure(
            "Unexplained differences",
            open_,
            Tone.ATTENTION if open_ else Tone.GOOD,
            _hint(open_, len(kept.files)),
            "files",
        ),
        Figure("Files", len(kept.files), section="files"),
        Figure("Rows sent", sum(one.batch.manifest.rows for one in kept.files), section="files"),
        Figure(
            "Files changed since", damaged, Tone.BAD if damaged else Tone.GOOD, "other bytes than were sent", "proof"
        ),
        Figure("Rows refused by the agency", rejects, Tone.ATTENTION if rejects else Tone.NEUTRAL, section="rejects"),
        Figure("Rows not usable", unusable, Tone.ATTENTION if unusable else Tone.NEUTRAL, section="quarantine"),
    )


_WHICH = (Column("No.", Kind.NUMBER), Column("Agency"))


def _files(kept: Kept) -> Section:
    columns = (
        *_WHICH,
        Column("Lane"),
        Column("File", Kind.ID, names_row=True),
        Column("Rows", Kind.NUMBER),
        Column("Control total", Kind.MONEY),
        Column("Stands", Kind.BADGE),
    )
    table = Table("Files to the agency", columns, tuple(map(_file, kept.files)))
    return Section("files", "Files", tables=(table,), empty=_NO_FILE)


def _file(one: KeptFile) -> Row:
    batch, record = one.batch, one.record
    stands = _NOT_SENT if record is None else _STATES[record.state]
    manifest = batch.manifest
    return (*_which(batch), batch.order.lane.value, batch.name, manifest.rows, manifest.total, stands)


def _which(batch: Batch) -> tuple[int, str]:
    return batch.number, batch.order.agency


def _delivery(kept: Kept) -> Section:
    """When each was made, sent for the last time, and known to have arrived, and who or what said so."""
    columns = (
        *_WHICH,
        Column("Made", Kind.INSTANT),
        Column("Sent", Kind.INSTANT),
        Column("Receipt", Kind.INSTANT),
        Column("Receipt entered by"),
    )
    rows: list[Row] = []
    for one in kept.files:
        sent = one.record.attempts[-1] if one.record is not None and one.record.attempts else None
        receipt = (None, None) if one.receipt is None else (one.receipt.at, one.receipt.by)
        rows.append((*_which(one.batch), one.batch.made_at, sent, *receipt))
    table = Table("Delivery", columns, tuple(rows))
    return Section("delivery", "Delivery", tables=(table,), empty="Nothing to deliver.")


def _proof(kept: Kept, damaged: set[str]) -> Section:
    """What anybody can compare with the bytes that the agency has."""
    columns = (*_WHICH, Column("SHA-256", Kind.ID), Column("Bytes here", Kind.BADGE))
    changed, same = Badge("changed", Tone.BAD), Badge("as sent", Tone.GOOD)
    batches = tuple(one.batch for one in kept.files)
    rows = tuple((*_which(b), b.manifest.sha256, changed if b.key in damaged else same) for b in batches)
    return Section("proof", "What proves them", tables=(Table("Hashes", columns, rows),), empty="Nothing to prove.")


def _rejects(kept: Kept) -> Iterator[tuple[Episode, Happening]]:
    for episode in kept.episodes.values():
        for happening in episode.history:
            if happening.event is ReferralEvent.REJECTED:
                yield episode, happening


def _rejected(rejects: tuple[tuple[Episode, Happening], ...], kept: Kept) -> Section:
    files = kept.submitted
    columns = (
        Column("File"),
        Column("Row", Kind.NUMBER),
        Column("Referral", Kind.ID, names_row=True),
        Column("Amount", Kind.MONEY),
        Column("Refused", Kind.INSTANT),
        Column("Reason"),
    )
    rows: list[Row] = []
    for episode, happening in rejects:
        one, place = files.get(episode.id, (None, None))
        reason = happening.reason if _CODE.fullmatch(happening.reason) else _IN_WORDS if happening.reason else ""
        name = "" if one is None else one.batch.name
        rows.append((name, place, episode.id, episode.amount, happening.at, reason))
    table = Table("Rows that the agency refused", columns, tuple(rows))
    return Section("rejects", "Refused by the agency", tables=(table,), empty="The agency has refused no row.")


def _unusable(morning: Morning) -> Iterator[Row]:
    for source in () if morning.facts is None else morning.facts.sources:
        for row in source.quarantined:
            yield row.source, row.line, row.reason


def _quarantine(unusable: tuple[Row, ...], morning: Morning) -> Section:
    columns = (Column("File"), Column("Line", Kind.NUMBER), Column("Why it could not be used", names_row=True))
    table = Table("Rows that could not be used", columns, unusable)
    empty = "Every row could be used." if morning.facts else "No file was read."
    return Section("quarantine", "Rows that could not be used", tables=(table,), empty=empty)


def _inputs(morning: Morning) -> Section:
    columns = (
        Column("File", names_row=True),
        Column("As of", Kind.INSTANT),
        Column("Rows used", Kind.NUMBER),
        Column("Rows not usable", Kind.NUMBER),
    )
    sources = () if morning.facts is None else morning.facts.sources
    rows = tuple((one.source, one.as_of, one.rows, len(one.quarantined)) for one in sources)
    table = Table("Files that were read", columns, rows)
    return Section("inputs", "Files that were read", tables=(table,), empty="No file was read.")
