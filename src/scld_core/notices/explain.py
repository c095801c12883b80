"""The answer to "I never got a notice": what the record shows, and where it shows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, optional
from scld_core.notices.model import Notice, NoticeResult

__all__ = ["Entry", "Gap", "Timeline", "explain_notices"]


class Gap(Enum):
    """What is missing at a place of the record."""

    NOTHING_KNOWN = "nothing_known"  # the record has no notice about this at all
    UNDELIVERED = "undelivered"  # it came back, and no later one of its kind left
    NO_ADDRESS = "no_address"  # there was nowhere to send it, and no later one of its kind left
    UNCONFIRMED = "unconfirmed"  # the record does not say whether it left
    NO_ASSIGNMENT_NOTICE = "no_assignment_notice"  # none that left says that an agency may be used


@frozen
class Entry:
    """A notice at its place in the timeline.

    `about_item` is None where an item was asked for and the notice names none: it may have covered
    the item. `gap` says what the notice leaves open.
    """

    notice: Notice
    about_item: bool | None
    gap: Gap | None = field(default=None, validator=optional(instance(Gap)))


@frozen
class Timeline:
    """What the record shows for a patron, or for one item of that patron, oldest first.

    `gaps` are those of the whole; those of one notice stand at its entry. `record_begins` is the
    oldest notice to anybody in the record: before it, silence proves nothing.
    """

    patron: PatronId = personal(validator=instance(PatronId))
    item: ItemId | None = personal(default=None, validator=optional(instance(ItemId)))
    entries: tuple[Entry, ...] = field(default=(), validator=each(instance(Entry)))
    gaps: tuple[Gap, ...] = field(default=(), validator=each(instance(Gap)))
    record_begins: datetime | None = field(default=None, validator=optional(instant))

    @property
    def left(self) -> tuple[Notice, ...]:
        """The notices that went out and did not come back."""
        return tuple(entry.notice for entry in self.entries if entry.notice.result.left)


def explain_notices(notices: Iterable[Notice], patron: PatronId, item: ItemId | None = None) -> Timeline:
    """The timeline of `patron`, of one `item` when it is given, out of a record in any order.

    A notice that names no item stays in, marked, since it may have covered the item. One that two
    exports show in the same words is shown once.
    """
    found: set[Notice] = set()
    begins: datetime | None = None
    for notice in notices:
        begins = notice.sent_at if begins is None else min(begins, notice.sent_at)
        if notice.patron == patron and (item is None or notice.item in (None, item)):
            found.add(notice)
    ordered = sorted(found, key=_order)
    entries = tuple(Entry(notice, _about(notice, item), _gap(notice, ordered)) for notice in ordered)
    return Timeline(patron, item, entries, tuple(_gaps(ordered)), begins)


def _order(notice: Notice) -> tuple[datetime, tuple[str, ...]]:
    words = (notice.kind.value, notice.channel.value, notice.result.value, str(notice.item or ""))
    more = (str(notice.names_assignment), str(notice.amount or ""), notice.template, notice.note)
    return notice.sent_at, (*words, *more)


def _about(notice: Notice, item: ItemId | None) -> bool | None:
    return None if item is not None and notice.item is None else True


def _gap(notice: Notice, ordered: Sequence[Notice]) -> Gap | None:
    if notice.result.left:
        return None
    if not notice.result.undelivered:
        return Gap.UNCONFIRMED
    if any(_makes_good(later, notice) for later in ordered):
        return None
    return Gap.NO_ADDRESS if notice.result is NoticeResult.NO_ADDRESS else Gap.UNDELIVERED


def _makes_good(later: Notice, failed: Notice) -> bool:
    """Whether a later notice told what a failed one did not: same kind, same item, as plain of the agency."""
    return (
        later.sent_at >= failed.sent_at
        and later.result.left
        and (later.kind, later.item) == (failed.kind, failed.item)
        and later.names_assignment >= failed.names_assignment
    )


def _gaps(ordered: Sequence[Notice]) -> Iterator[Gap]:
    if not ordered:
        yield Gap.NOTHING_KNOWN
    if not any(notice.is_evidence for notice in ordered):
        yield Gap.NO_ASSIGNMENT_NOTICE
