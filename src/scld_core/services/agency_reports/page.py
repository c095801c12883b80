"""What the agency's reports have in common: the frame of the page, and words for amounts of things."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scld_core.reporting.model import Callout, Figure, Report, Section, Tone

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["counted", "page", "zone_of"]

_SAMPLE = Callout("No patron, account or amount on this page is real.", Tone.ATTENTION, "Synthetic sample data")


def zone_of(desk: Desk) -> ZoneInfo:
    """The district's zone."""
    return ZoneInfo(desk.settings.district.timezone)


def counted(number: int, one: str, many: str = "") -> str:
    """``1 file`` or ``1,200 files``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def page(
    desk: Desk,
    title: str,
    subtitle: str,
    *,
    figures: tuple[Figure, ...],
    callouts: tuple[Callout, ...],
    sections: tuple[Section, ...],
    footer: tuple[str, ...],
) -> Report:
    """The report of this district as of now."""
    return Report(
        title=title,
        district=desk.settings.district.name,
        business_day=desk.runs.business_day,
        made_at=desk.clock.now(),
        zone=zone_of(desk),
        subtitle=subtitle,
        figures=figures,
        callouts=(_SAMPLE, *callouts) if desk.settings.district.sample else callouts,
        sections=sections,
        footer=footer,
    )
