"""The synthetic files for an agency, and the notices, that the checks of those ports begin with. They are nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from scld_core.agency.dialect import Dialect, Direction, Field, Holds
from scld_core.agency.encode import file_name, seal, write_file
from scld_core.agency.manifest import Manifest
from scld_core.agency.outgoing import Outgoing
from scld_core.agency.ports import Parcel
from scld_core.kernel.money import Money
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.plugins.seed import Seed
from scld_core.testing.synthetic import CARD, INSTANCE, NOW, PATRON, item
from scld_core.testing.synthetic_accounts import patron

__all__ = ["BODIES", "DIALECT", "NAMES", "notices", "parcel", "record", "sealed", "sent"]

_DAY = timedelta(days=1)

NAMES = (
    "kit-sync-1.csv",
    "kit-sync-10.csv",
    "kit-sync-1.csv.old",
    "kit sync 1%20#1;a='b'&c+d(e).csv",
    "kit-" + "long" * 25 + ".csv",
)
"""Names that resemble each other, and names that a path, an address or a header would have to quote."""

BODIES = (
    b"",
    b"id,due\r\n1,12.50\r\n",
    b"id,due\n1,12.50",
    b".\r\n..\r\nFrom somebody\r\n\r\n.\r\n",
    b"\xef\xbb\xbfname\r\nJos\xc3\xa9\r\n\xff\xfe\x00\x1a\x80\r",
    bytes(range(256)) * 512,
)
"""Bytes that a text mode, a code page, a mail's own marks or one packet's length would change."""

DIALECT = Dialect(
    name="kit-sync",
    title="Synthetic: who owes what",
    direction=Direction.OUTBOUND,
    holds=Holds.SYNC,
    fields=(Field("patron_id", "id"), Field("total_due", "due")),
    source="synthetic",
    file_name="kit-sync-{date}-{sequence}.csv",
)
"""A layout of two columns."""


def parcel(number: int, version: int = 0) -> Parcel:
    """The synthetic file `number`; its versions have the same name and length, and differ in one byte."""
    rows = f"id,due\r\n{PATRON},{number}.50\r\n{CARD},{version}.25\r\n"
    return Parcel(f"kit-sync-2026-11-02-{number:04d}.csv", rows.encode(), note=f"Synthetic: file {number}.")


def sealed(number: int) -> tuple[Parcel, Manifest]:
    """A file as a run makes it, with the manifest that proves it."""
    rows = [
        Outgoing(total_due=Money(cents), patron_id=f"k{place}") for place, cents in enumerate((2500, 1, 999_999, 1010))
    ]
    content = write_file(rows, DIALECT)
    name = file_name(DIALECT, date(2026, 11, 2), sequence=number)
    return Parcel(name, content, note="Synthetic."), seal(rows, content, DIALECT, sequence=number)


Told = tuple[NoticeKind, Channel, NoticeResult]


def sent(number: int, days: float, told: Told, *, amount: int = 0, instance: str = INSTANCE) -> Notice:
    """A notice to the patron `number` so many days before a check begins.

    One with an amount in cents names the item of that number as well, and a bill the assignment.
    """
    kind, channel, result = told
    return Notice(
        kind,
        NOW - days * _DAY,
        channel,
        result,
        patron(number, instance),
        item=item(number, instance) if amount else None,
        names_assignment=kind is NoticeKind.BILL,
        amount=Money(amount) if amount else None,
        template=f"{kind.value}-{channel.value}",
    )


def record(instance: str = INSTANCE) -> tuple[Notice, ...]:
    """What was sent, not in the order of sending: three notices of one instant, none to the patron number 4."""
    k, c, r = NoticeKind, Channel, NoticeResult
    rows: tuple[tuple[int, float, Told, int], ...] = (
        (0, 20, (k.BILL, c.EMAIL, r.FAILED), 1895),
        (0, 90, (k.OVERDUE, c.EMAIL, r.SENT), 1895),
        (0, 40, (k.OVERDUE_2, c.TEXT, r.FAILED), 0),
        (0, 19, (k.BILL, c.MAIL, r.SENT), 1895),
        (1, 40, (k.HOLD, c.PHONE, r.DELIVERED), 0),
        (2, 400, (k.FINE, c.MAIL, r.SENT), 50),
        (2, 40, (k.OVERDUE, c.MAIL, r.SENT), 123_456_789),
        (3, 1 / 86400, (k.ALMOST_DUE, c.EMAIL, r.SENT), 0),
        (3, 0, (k.HOLD_2, c.TEXT, r.FAILED), 0),
    )
    return tuple(sent(number, days, told, amount=cents, instance=instance) for number, days, told, cents in rows)


def notices(instance: str = INSTANCE, rows: Sequence[Notice] | None = None) -> Seed:
    """An ILS that has sent `rows`, `record` when none are given."""
    return Seed(notices=record(instance) if rows is None else tuple(rows))
