"""Whether one side's file looks cut or filtered: said first, since nothing is refused where nothing is changed."""

from __future__ import annotations

from scld_core.agency.kinds import Kind
from scld_core.agency.model import Basis, Reconciliation

__all__ = ["PARTIAL", "warnings"]

PARTIAL = 0.2
"""Above this fraction of rows that only one side has, a file is called doubtful; the day's run has its own limit."""

_FEW = 5  # rows: of fewer, one more or less says nothing
_NOT_THERE = (Kind.ILS_ONLY, Kind.SENT_NOT_LISTED)
_NOWHERE = (Kind.FLAG_ONLY, Kind.NOT_REFERRED)


def warnings(summary: Reconciliation) -> tuple[str, ...]:
    """A sentence for each side that lacks more of the other than is likely."""
    counts = summary.counts
    strangers = counts.get(Kind.AGENCY_ONLY, 0)
    lost = sum(counts.get(kind, 0) for kind in _NOT_THERE)
    both = sum(counts.values()) - strangers - lost - sum(counts.get(kind, 0) for kind in _NOWHERE)
    other = "what was sent" if summary.basis is Basis.DRIFT else "the agency's list"
    found: list[str] = []
    if _too_many(strangers, both):
        found.append(
            f"The ILS file knows {both:,} of {both + strangers:,} accounts in {other}. It is more likely cut or "
            "filtered than that so many patrons are gone: look at it before anybody withdraws an account."
        )
    if _too_many(lost, both):
        found.append(
            f"{other[0].upper()}{other[1:]} knows {both:,} of {both + lost:,} patrons in collection. It is more likely "
            "cut or filtered than that so many accounts are gone: look at it before anybody is sent again."
        )
    return tuple(found)


def _too_many(absent: int, both: int) -> bool:
    return absent >= _FEW and absent > PARTIAL * (absent + both)
