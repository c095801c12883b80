"""A timeline as a section of a report, in words for the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from scld_core.notices.explain import Entry, Gap, Timeline
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.reporting.model import Badge, Cell, Column, Kind, Personal, Section, Table, Tone

__all__ = ["CHANNELS", "GAPS", "KINDS", "RESULTS", "timeline_section"]

KINDS: Mapping[NoticeKind, str] = {
    NoticeKind.ALMOST_DUE: "Almost due",
    NoticeKind.OVERDUE: "Overdue",
    NoticeKind.OVERDUE_2: "Second overdue",
    NoticeKind.OVERDUE_3: "Third overdue",
    NoticeKind.FINE: "Fine",
    NoticeKind.BILL: "Bill",
    NoticeKind.MANUAL_BILL: "Bill by hand",
    NoticeKind.HOLD: "Hold ready",
    NoticeKind.HOLD_2: "Second hold notice",
    NoticeKind.HOLD_CANCELLED: "Hold cancelled",
    NoticeKind.RECALL: "Recall",
    NoticeKind.CARD_EXPIRY: "Card expires",
    NoticeKind.COLLECTION: "Notice of collection",
    NoticeKind.COMBINED: "Several matters",
    NoticeKind.OTHER: "Other",
}
"""Each kind as staff read it."""

CHANNELS: Mapping[Channel, str] = {
    Channel.MAIL: "mail",
    Channel.EMAIL: "e-mail",
    Channel.PHONE: "telephone",
    Channel.TEXT: "text message",
    Channel.APP: "app",
    Channel.OTHER: "another way",
}
"""Each channel as staff read it."""

RESULTS: Mapping[NoticeResult, tuple[str, Tone]] = {
    NoticeResult.SENT: ("Sent", Tone.GOOD),
    NoticeResult.DELIVERED: ("Delivered", Tone.GOOD),
    NoticeResult.FAILED: ("Failed", Tone.BAD),
    NoticeResult.NO_ADDRESS: ("No address", Tone.BAD),
    NoticeResult.PENDING: ("Waiting", Tone.ATTENTION),
    NoticeResult.UNKNOWN: ("Not known", Tone.ATTENTION),
}
"""Each result as staff read it."""

GAPS: Mapping[Gap, str] = {
    Gap.NOTHING_KNOWN: "The record shows no notice about this.",
    Gap.UNDELIVERED: "It came back, and no later one took its place.",
    Gap.NO_ADDRESS: "There was no address for it, and no later one took its place.",
    Gap.UNCONFIRMED: "The record does not say whether it left.",
    Gap.NO_ASSIGNMENT_NOTICE: "None that left says that the debt may go to a collection agency.",
}
"""Each gap as a sentence."""

_COLUMNS = (
    Column("When", Kind.INSTANT, names_row=True),
    Column("Notice"),
    Column("Item", Kind.ID),
    Column("By"),
    Column("Result", Kind.BADGE),
    Column("Names the agency"),
    Column("Remarks"),
)


def timeline_section(timeline: Timeline, *, zone: ZoneInfo) -> Section:
    """The timeline as a section; it does not name the patron, and masks each item."""
    intro = "The record is empty, so silence proves nothing."
    if timeline.record_begins is not None:
        begins = timeline.record_begins.astimezone(zone).date()
        intro = f"The record begins on {begins}; before that, silence proves nothing."
    return Section(
        key="notices",
        title="Notices sent",
        intro=intro,
        tables=(Table("Notices, oldest first", _COLUMNS, tuple(map(_row, timeline.entries))),),
        notes=tuple(GAPS[gap] for gap in timeline.gaps),
    )


def _row(entry: Entry) -> tuple[Cell, ...]:
    notice = entry.notice
    return (
        notice.sent_at,
        KINDS[notice.kind],
        None if notice.item is None else Personal(str(notice.item)),
        CHANNELS[notice.channel],
        Badge(*RESULTS[notice.result]),
        "yes" if notice.names_assignment else "no",
        " ".join(_remarks(entry, notice)),
    )


def _remarks(entry: Entry, notice: Notice) -> Iterator[str]:
    if entry.gap is not None:
        yield GAPS[entry.gap]
    if entry.about_item is None:
        yield "Names no item; it may have covered this one."
    if notice.amount is not None:
        yield f"It asked for {notice.amount}."
    if notice.note:
        yield f"In the system's own words: {notice.note}."
