"""Polaris's two records of notices as layouts of `notices.read_notices`.

Column names follow public descriptions of the two tables; the numbers of kinds are those of the
vendor's PAPI page on NotificationUpdate, and the results those of the lookup table that public
queries of Polaris libraries show. The vendor names 7 to 11 as failures; another public page gives
3, 4, 6, 7 and 9 other meanings. So both layouts are unverified: compare a few rows with Leap first.
"""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.notices.files import CANONICAL, NoticeLayout
from scld_core.notices.model import Channel, NoticeKind, NoticeResult

__all__ = ["POLARIS_HISTORY", "POLARIS_LOG", "layout_named", "layouts"]

_KINDS: Mapping[str, NoticeKind] = {
    "0": NoticeKind.COMBINED,
    "1": NoticeKind.OVERDUE,
    "2": NoticeKind.HOLD,
    "3": NoticeKind.HOLD_CANCELLED,
    "4": NoticeKind.RECALL,
    "5": NoticeKind.COMBINED,
    "7": NoticeKind.ALMOST_DUE,
    "8": NoticeKind.FINE,
    "10": NoticeKind.CARD_EXPIRY,
    "11": NoticeKind.BILL,
    "12": NoticeKind.OVERDUE_2,
    "13": NoticeKind.OVERDUE_3,
    "18": NoticeKind.HOLD_2,
    "20": NoticeKind.MANUAL_BILL,
}
_CHANNELS: Mapping[str, Channel] = {
    "1": Channel.MAIL,
    "2": Channel.EMAIL,
    "3": Channel.PHONE,
    "4": Channel.PHONE,
    "5": Channel.PHONE,
    "8": Channel.TEXT,
    "9": Channel.APP,
}
_RESULTS: Mapping[str, NoticeResult] = {
    "1": NoticeResult.DELIVERED,  # call completed, voice
    "2": NoticeResult.DELIVERED,  # call completed, answering machine
    **{str(number): NoticeResult.FAILED for number in range(3, 12)},  # call not completed, or failed
    "12": NoticeResult.SENT,  # e-mail completed: it left, which is all an e-mail server knows
    "13": NoticeResult.FAILED,  # invalid address
    "14": NoticeResult.FAILED,
    "15": NoticeResult.SENT,  # mail printed
    "16": NoticeResult.SENT,
}
_PATTERN = "%Y-%m-%d %H:%M:%S"

POLARIS_HISTORY = NoticeLayout(
    name="polaris-history",
    title="Polaris: Results.Polaris.NotificationHistory, one row for each item",
    source="unverified; table and columns as public descriptions give them",
    columns={
        "patron_id": "PatronId",
        "item": "ItemRecordId",
        "kind": "NotificationTypeId",
        "sent_at": "NoticeDate",
        "channel": "DeliveryOptionId",
        "result": "NotificationStatusId",
        "amount": "Amount",
    },
    kinds=_KINDS,
    channels=_CHANNELS,
    results=_RESULTS,
    local=_PATTERN,
)
"""The table to prefer: it names the item."""

POLARIS_LOG = NoticeLayout(
    name="polaris-log",
    title="Polaris: PolarisTransactions.Polaris.NotificationLog, one row for each contact",
    source="unverified; table and columns as public descriptions give them",
    columns={
        "patron_id": "PatronID",
        "kind": "NotificationTypeID",
        "sent_at": "NotificationDateTime",
        "channel": "DeliveryOptionID",
        "result": "NotificationStatusID",
    },
    kinds=_KINDS,
    channels=_CHANNELS,
    results=_RESULTS,
    local=_PATTERN,
)
"""Counts of items in place of the items, so that its rows name none."""


def layouts() -> tuple[NoticeLayout, ...]:
    """Every layout that ``notices_layout`` may name: the canonical one, and Polaris's."""
    return CANONICAL, POLARIS_HISTORY, POLARIS_LOG


def layout_named(name: str) -> NoticeLayout:
    """The layout of that name; KeyError for one that there is not."""
    return {layout.name: layout for layout in layouts()}[name]
