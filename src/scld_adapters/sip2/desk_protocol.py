"""What a self-check's desk is to this package: some desks of one district, and what the machine may ask of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from threading import Lock
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from scld_adapters.sip2.acs import refusal
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.messages import Message
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.self_checks import SelfCheck, SelfChecks
from scld_adapters.sip2.settings import Dialect
from scld_core.catalog.desk import CatalogDesk
from scld_core.circulation.desk import CirculationDesk
from scld_core.errors import InvalidValue
from scld_core.holds.desk import HoldDesk
from scld_core.kernel.barcode import Barcode, read_scan
from scld_core.kernel.time import Clock
from scld_core.patrons.desk import PatronDesk

__all__ = ["ANSWER_KEPT", "ASK_STAFF", "Asked", "Memory", "ServedDesk", "Station", "on_screen"]

ASK_STAFF = "Please ask staff."

ANSWER_KEPT = 300.0
"""Seconds for which a write is answered from memory.

A machine sends a frame again for as long as our 98 tells it to wait, which is less than a minute, and a person
taps again within a few. The same bytes later are another transaction, of a machine whose clock stands still.
"""

_MOST_ASKED = 4096
_Day = date  # a station has a method of that name


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
class Asked:
    """One write that a machine asks for, however often its frame arrives; `cause` is its name at the desk.

    `open` says that nobody knows whether it was done, `by_staff` that it was left to people. `answer` is what was
    answered once it was done, at the second `at`, and `shows` looks whether that is still so.
    """

    name: str
    cause: str
    open: bool = False
    by_staff: bool = False
    answer: Message | None = None
    shows: Callable[[], bool] | None = field(default=None, repr=False)
    at: float = 0.0

    def rename(self) -> str:
        """Another cause, since under the one before something was done that shows no more."""
        self.cause = f"{self.name}-{secrets.token_hex(8)}"
        return self.cause


@define
class Memory:
    """What all machines of a server share: wrong PINs by card and day, and the writes that they asked for.

    `wrong` has a name for each PIN that was wrong: the same one again is no further guess.
    """

    monotonic: Callable[[], float] = field(default=monotonic, repr=False)
    wrong: dict[tuple[str, object], frozenset[str]] = field(factory=dict[tuple[str, object], frozenset[str]])
    writes: dict[str, Asked] = field(factory=dict[str, Asked])
    _lock: Lock = field(factory=Lock, repr=False)

    def asked(self, name: str, day: date) -> Asked:
        """The write of that name: the one of before, unless that was answered so long ago that this is another."""
        with self._lock:
            found = self.writes.pop(name, None)
            if found is None:
                found = Asked(name, f"{name}-{day}")
            elif found.answer is not None and self.monotonic() - found.at > ANSWER_KEPT:
                found = self._another(name)
            return self._put(found)

    def anew(self, name: str) -> Asked:
        """Another write of that name, since what was done before shows no more."""
        with self._lock:
            return self._put(self._another(name))

    def keep(self, asked: Asked, answer: Message, shows: Callable[[], bool]) -> Message:
        """Remember that a write was carried out."""
        asked.answer, asked.shows, asked.at, asked.open = answer, shows, self.monotonic(), False
        return answer

    def _another(self, name: str) -> Asked:
        found = Asked(name, "")
        found.rename()
        return found

    def _put(self, asked: Asked) -> Asked:
        self.writes.pop(asked.name, None)
        self.writes[asked.name] = asked
        while len(self.writes) > _MOST_ASKED:
            del self.writes[next(iter(self.writes))]
        return asked


@frozen
class Station:
    """One machine that has logged in, at its desk; `lacking` are the operations that the ILS does not offer."""

    desk: ServedDesk = field(repr=False)
    machine: SelfCheck
    settings: SelfChecks
    zone: ZoneInfo
    seal: Seal = field(repr=False)
    memory: Memory = field(repr=False)
    institution: str = ""
    lacking: frozenset[str] = frozenset()

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

    @property
    def today(self) -> _Day:
        """The day of the district."""
        return self.desk.clock.now().astimezone(self.zone).date()

    def name(self, request: Message) -> str:
        """The request's own name: the same for a frame that is sent again, whatever its number, and no person's."""
        told = (self.machine.user, request.code, *request.fixed)
        return "sip2-" + self.seal.name(*told, *(part for pair in request.fields for part in pair))

    def number(self, request: Message, tag: str) -> Barcode | None:
        """A scanned number; None for what is none."""
        try:
            return read_scan(request.text(tag)).number
        except InvalidValue:
            return None

    def refuse(self, request: Message, text: str = ASK_STAFF, *, title: str = "") -> Message:
        """The answer that refuses a request, with a sentence for the screen."""
        return refusal(request, now=self.now, text=self.screen(text), institution=self.institution, title=title)

    def screen(self, text: str) -> str:
        """A sentence that every machine can show."""
        return on_screen(text, self.settings.dialect)


def on_screen(text: str, dialect: Dialect) -> str:
    """A text as every machine can show it: of the dialect's signs, without its delimiter, not too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    line = line.replace(dialect.delimiter, " ")
    data = line.encode(dialect.encoding, "replace")[: dialect.max_value]
    return data.decode(dialect.encoding, "ignore").strip()
