"""What a self-check's desk is to this package: some desks of one district, and what the machine may ask of them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from scld_adapters.sip2.acs import refusal
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.self_checks import SelfCheck, SelfChecks
from scld_core.catalog.desk import CatalogDesk
from scld_core.circulation.desk import CirculationDesk
from scld_core.errors import InvalidValue
from scld_core.holds.desk import HoldDesk
from scld_core.kernel.barcode import Barcode, read_scan
from scld_core.kernel.time import Clock
from scld_core.patrons.desk import PatronDesk

__all__ = ["ASK_STAFF", "Memory", "ServedDesk", "Station"]

ASK_STAFF = "Please ask staff."


class ServedDesk(Protocol):
    """The desks of one district, opened for one machine; None where its ILS has no such port."""

    @property
    def patrons(self) -> PatronDesk | None:
        """Who somebody is."""
        ...

    @property
    def loans(self) -> CirculationDesk | None:
        """Lending and taking back."""
        ...

    @property
    def catalog(self) -> CatalogDesk | None:
        """What an item is."""
        ...

    @property
    def holds(self) -> HoldDesk | None:
        """Holds."""
        ...

    @property
    def clock(self) -> Clock:
        """The desk's clock."""
        ...


@define
class Memory:
    """What all machines of a server share: wrong PINs by card and day, and answers by request.

    `done` has what was answered as done; `open` are the requests of which nobody knows whether they were.
    """

    wrong: dict[tuple[str, object], int] = field(factory=dict[tuple[str, object], int])
    done: dict[str, Message] = field(factory=dict[str, Message])
    open: set[str] = field(factory=set[str])

    def keep(self, cause: str, answer: Message) -> Message:
        """Remember that a request was carried out."""
        if len(self.done) > 4096:
            self.done.clear()
        self.done[cause] = answer
        self.open.discard(cause)
        return answer


@frozen
class Station:
    """One machine that has logged in, at its desk."""

    desk: ServedDesk = field(repr=False)
    machine: SelfCheck
    settings: SelfChecks
    zone: ZoneInfo
    seal: Seal = field(repr=False)
    memory: Memory = field(repr=False)
    institution: str = ""

    @property
    def now(self) -> str:
        """The date of an answer."""
        return self.date(self.desk.clock.now())

    def date(self, moment: datetime) -> str:
        """An instant as SIP2 writes it."""
        return format_date(moment, self.zone, self.settings.dialect.dates)

    def due(self, moment: datetime) -> str:
        """When an item is due; the midnight that ends a day is written as that day's last second."""
        midnight = moment.astimezone(self.zone).time() == time()
        return self.date(moment - timedelta(seconds=1) if midnight else moment)

    def cause(self, request: Message) -> str:
        """The request's own name: the same for a frame that is sent again, whatever its number, and no person's."""
        told = (self.machine.user, request.code, *request.fixed)
        return "sip2-" + self.seal.name(*told, *(part for pair in request.fields for part in pair))

    def number(self, request: Message, tag: str) -> Barcode | None:
        """A scanned number; None for what is none."""
        try:
            return read_scan(request.text(tag)).number
        except InvalidValue:
            return None

    def refuse(self, request: Message, text: str = ASK_STAFF) -> Message:
        """The answer that refuses a request, with a sentence for the screen."""
        return refusal(request, now=self.now, text=self.screen(text))

    def screen(self, text: str) -> str:
        """A sentence that every machine can show: of the dialect's signs, without its delimiter, not too long."""
        dialect = self.settings.dialect
        line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
        line = line.replace(dialect.delimiter, " ")
        data = line.encode(dialect.encoding, "replace")[: dialect.max_value]
        return data.decode(dialect.encoding, "ignore").strip()
