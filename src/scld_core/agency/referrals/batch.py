"""One file for the agency: what it tells of whom, and the bytes that are made once and kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.agency.dialect import Dialect
from scld_core.agency.encode import file_name, seal, write_file
from scld_core.agency.manifest import Manifest
from scld_core.agency.outgoing import Outgoing
from scld_core.agency.ports import Parcel
from scld_core.agency.referral import Duty
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, each, instance, instant, nonempty
from scld_core.runs.model import step_id

__all__ = ["AREA", "SEND", "Batch", "Lane", "Line", "SendOrder", "encode"]

AREA = "referrals"
SEND = "referrals.send"


class Lane(Enum):
    """The kinds of file; of each, one is under way at a time."""

    NEW = "new"
    UPDATE = "update"


@frozen
class Line:
    """What one row tells: of which referral, the amount that is owed, and which duties it meets.

    `amount` is what the agency then has as the balance, `due` the amount without the referral fee, `fee`
    what is told of that fee, and `counted` what of it counted towards the threshold. `duties` is empty for
    a new submission. `identifiers` are the numbers that the agency then knows the patron by.
    """

    referral: str = field(validator=nonempty)
    amount: Money = field(validator=instance(Money))
    due: Money = field(validator=instance(Money))
    fee: Money = field(validator=instance(Money))
    counted: Money = field(validator=instance(Money))
    duties: tuple[Duty, ...] = field(default=(), validator=each(instance(Duty)))
    notices: tuple[date, ...] = field(default=(), validator=each(instance(date)))
    patron: str = personal(default="", validator=nonempty)
    debtor: str = personal(default="", validator=nonempty)
    identifiers: tuple[str, ...] = personal(default=(), validator=each(nonempty))


@frozen
class SendOrder:
    """The payload of the step that sends a file.

    `after` is the number of the lane's file before, 0 for the first one: it tells this file from every
    other, also before the file has a number of its own.
    """

    agency: str = field(validator=nonempty)
    lane: Lane = field(validator=instance(Lane))
    day: date = field(validator=instance(date))
    after: int = field(validator=[instance(int), at_least(0)])
    lines: tuple[Line, ...] = field(default=(), validator=each(instance(Line)))

    @property
    def subject(self) -> str:
        """What the step is about."""
        return f"{self.agency} {self.lane.value}"

    @property
    def cause(self) -> str:
        """The occurrence that asks for the file."""
        return f"after file {self.after}"

    @property
    def step(self) -> str:
        """The id of the step."""
        return step_id(SEND, self.subject, self.cause)

    @property
    def total(self) -> Money:
        """What the rows sum up to."""
        return sum((line.due for line in self.lines), Money(0))


@frozen
class Batch:
    """A file that is kept: its order, its name, and what proves its bytes.

    `taken` is set once its receipt is in the history of every referral in it. `acknowledged` is set
    when the agency's own word came, for districts that do not take the receipt for one.
    """

    order: SendOrder = field(validator=instance(SendOrder))
    manifest: Manifest = field(validator=instance(Manifest))
    name: str = field(validator=nonempty)
    made_at: datetime = field(validator=instant)
    by: str = field(validator=nonempty)
    taken: bool = False
    acknowledged: bool = False

    @property
    def number(self) -> int:
        """Its place among all files to this agency, from 1 and without gaps."""
        return self.manifest.sequence

    @property
    def key(self) -> str:
        """The key it is kept under."""
        return f"{self.order.agency}:{self.number:08d}"

    @property
    def evidence(self) -> str:
        """How histories name it."""
        return f"file {self.number} {self.name}"

    def parcel(self, content: bytes) -> Parcel:
        """What the channel delivers; InvalidValue for other bytes than the ones that were kept."""
        parcel = Parcel(self.name, content, f"File {self.number}: {self.manifest.rows} rows")
        if parcel.sha256 != self.manifest.sha256:
            raise InvalidValue("Batch", "content", "must be the bytes that the manifest was made of")
        return parcel


def encode(
    order: SendOrder, rows: Iterable[Outgoing], dialect: Dialect, *, number: int, code: str, at: datetime, by: str
) -> tuple[Batch, bytes]:
    """The file of an order under a number, with its bytes; BadInput for what the dialect cannot carry.

    A dialect that states when a file was written is given the start of the order's day, so that the
    same order always gives the same bytes.
    """
    listed = tuple(rows)
    created = datetime(order.day.year, order.day.month, order.day.day)  # noqa: DTZ001 - a file states local time
    content = write_file(listed, dialect, created=created)
    manifest = seal(listed, content, dialect, sequence=number)
    name = file_name(dialect, order.day, sequence=number, code=code)
    return Batch(order, manifest, name, at, by), content
