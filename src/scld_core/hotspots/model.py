"""Hotspots: devices in the inventory, lines at a carrier, and the service each should have."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.ids import ItemId, LocationId
from scld_core.kernel.validate import instance, instant, nonempty, optional

__all__ = ["BulkFile", "BulkRow", "Device", "LineOrder", "LineView", "ServiceState", "ServiceTest", "Wish"]


class ServiceState(Enum):
    """A line's service as the carrier states it.

    UNKNOWN_WORD is a state the adapter has no translation for; it is shown and never acted on.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    PENDING_SUSPEND = "pending_suspend"
    PENDING_RESTORE = "pending_restore"
    TERMINATED = "terminated"
    UNKNOWN_WORD = "unknown_word"


class Wish(Enum):
    """The service a device should have."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


@frozen
class Device:
    """A hotspot in the inventory: which item it is, and which line it holds.

    `carrier` is the backend instance of its line in district.toml.
    """

    item: ItemId = field(validator=instance(ItemId))
    barcode: Barcode = field(validator=instance(Barcode))
    line: Line = field(validator=instance(Line))
    carrier: str = field(validator=nonempty)
    home: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    model: str = ""

    @property
    def label(self) -> str:
        """How staff know it: barcode and home library."""
        return f"{self.barcode} ({self.home})" if self.home else str(self.barcode)


@frozen
class LineOrder:
    """The payload of every step of this area: which line of which carrier, for which item."""

    item: ItemId = field(validator=instance(ItemId))
    line: Line = field(validator=instance(Line))
    carrier: str = field(validator=nonempty)


@frozen
class LineView:
    """One line as the carrier shows it: by device, by SIM or by both, its state, and since when.

    `observed_at` is the instant the carrier's statement is true of. `resumes_at` is when the carrier
    will end a suspension by itself. `word` is the carrier's own word.
    """

    imei: Imei | None = field(validator=optional(instance(Imei)))
    iccid: Iccid | None = field(validator=optional(instance(Iccid)))
    state: ServiceState = field(validator=instance(ServiceState))
    observed_at: datetime = field(validator=instant)
    word: str = ""
    resumes_at: datetime | None = field(default=None, validator=optional(instant))


@frozen
class ServiceTest:
    """A person switched the device on, joined its network and loaded a page; or it failed."""

    item: ItemId
    passed: bool
    at: datetime = field(validator=instant)
    actor: str = field(validator=nonempty)
    note: str = ""


@frozen
class BulkRow:
    """One line of a carrier's bulk file: what to do with which line, and the step it settles."""

    step: str
    action: str
    line: Line
    why: str


@frozen
class BulkFile:
    """A file for a portal, to be used before `expires`."""

    name: str
    content: bytes
    expires: datetime = field(validator=instant)
