"""What the ports ask through one client: requests made whole, and answers that are about what was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from datetime import datetime
from threading import RLock
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_adapters._shared.faults import Call, undecodable
from scld_adapters.sip2.client import Client
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.facts import PatronFacts, patron_facts
from scld_adapters.sip2.fields import Validated, validated
from scld_adapters.sip2.lines import ItemLine
from scld_adapters.sip2.mapping import is_known_item
from scld_adapters.sip2.messages import Message, make
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.settings import Sip2Settings
from scld_core.errors import BackendError, ConfigurationError, NotFound, ProtocolViolation
from scld_core.kernel.ids import RecordId
from scld_core.kernel.time import Clock

__all__ = ["CHARGED", "FINES", "HELD", "NOT_READY", "Terminal"]

T = TypeVar("T")

HELD, CHARGED, FINES, NOT_READY = 0, 2, 3, 5
"""Which list a 63 asks for, by its place in the summary."""


@frozen
class Terminal:
    """One district's terminal at one library system; `name` is the backend instance in district.toml.

    `writing` lets one write at a time through, from its first read to its last. `borrowers` says who was
    last seen with an item, which an 18 does not tell.
    """

    name: str
    client: Client = field(repr=False)
    settings: Sip2Settings
    clock: Clock = field(repr=False)
    zone: ZoneInfo
    seal: Seal = field(repr=False)
    password: str = field(default="", repr=False)
    writing: RLock = field(factory=RLock, repr=False)
    borrowers: dict[str, str] = field(factory=dict[str, str], repr=False)

    def call(self, operation: str, key: str | None = None) -> Call:
        """What a request is for; a write has its key."""
        return Call(self.name, operation, key)

    def ours(self, record: RecordId, call: Call) -> str:
        """The local id of a record of this system; an id of another one is never carried over."""
        if record.backend != self.name:
            raise call.error(ConfigurationError, f"was asked about a record of the backend '{record.backend}'")
        return record.local

    @property
    def now(self) -> str:
        """The date of a request."""
        return format_date(self.clock.now(), self.zone, self.settings.dialect.dates)

    # --- reads ---

    def find_item(self, barcode: str, call: Call) -> Message | None:
        """The 18 about an item; None for one that the system does not know."""
        request = make(
            "17",
            transaction_date=self.now,
            institution_id=self.settings.institution,
            item_identifier=barcode,
            terminal_password=self.password,
        )
        answer = self.client.ask(request, operation=call.operation)
        self.same(answer, call, AB=barcode)
        return answer if is_known_item(answer) else None

    def item(self, barcode: str, call: Call) -> Message:
        """The 18 about an item; NotFound for one that the system does not know."""
        answer = self.find_item(barcode, call)
        if answer is None:
            raise call.error(NotFound, "the system does not know this item")
        return answer

    def find_patron(
        self,
        card: str,
        call: Call,
        *,
        summary: int | None = None,
        pin: str | None = None,
        part: tuple[int, int] | None = None,
    ) -> Message | None:
        """The 64 about a patron; None for nobody. `summary` is the list to be given, `part` its first and last line.

        ProtocolViolation for another patron's record, and where the system did not look whether it knows
        the card (a blank `BL`): neither yes nor no follows from that.
        """
        asked = make(
            "63",
            language="001",
            transaction_date=self.now,
            summary="".join("Y" if place == summary else " " for place in range(10)),
            institution_id=self.settings.institution,
            patron_identifier=card,
            terminal_password=self.password,
            patron_password=pin,
            start_item=str(part[0]) if part else None,
            end_item=str(part[1]) if part else None,
        )
        answer = self.client.ask(asked, operation=call.operation)
        with self.reading(call):
            known = validated(answer.value("BL"))
        if known is Validated.NO:
            return None
        self.same(answer, call, AA=card)
        if known is Validated.NOT_VALIDATED:
            raise call.error(ProtocolViolation, "the system did not look whether it knows the card (BL is blank)")
        return answer

    def patron(self, card: str, call: Call, *, summary: int | None = None) -> Message:
        """The 64 about a patron; NotFound for nobody."""
        answer = self.find_patron(card, call, summary=summary)
        if answer is None:
            raise call.error(NotFound, "the system does not know this patron")
        return answer

    def facts(self, answer: Message, call: Call) -> PatronFacts:
        """The facts in a 24 or 64; ProtocolViolation for a value that cannot be what its field means."""
        with self.reading(call):
            return patron_facts(answer, self.settings.dialect)

    def listed(
        self,
        card: str,
        call: Call,
        *,
        summary: int,
        count: Callable[[PatronFacts], int | None],
        lines: Callable[[PatronFacts], tuple[ItemLine, ...]],
    ) -> tuple[str, ...]:
        """The barcodes of one of a patron's lists, whole; NotFound for nobody.

        What is missing of the number that the system counts is asked for by its place. A list that stays
        shorter, or a line without a barcode, is a ProtocolViolation: a part is never passed off as the whole.
        """
        first = self.facts(self.patron(card, call, summary=summary), call)
        found, wanted = list(lines(first)), count(first)
        while wanted is not None and len(found) < wanted:
            part = (len(found) + 1, wanted)
            answer = self.find_patron(card, call, summary=summary, part=part)
            more = () if answer is None else lines(self.facts(answer, call))
            if not more or more[0] in found:
                raise call.error(ProtocolViolation, f"counts {wanted} items and lists {len(found)}")
            found += more
        barcodes = tuple(line.item for line in found if line.item is not None)
        if len(barcodes) != len(found):
            raise call.error(ProtocolViolation, "lists a line without a barcode; check dialect.item_lines")
        return barcodes

    # --- what every answer must be ---

    def same(self, answer: Message, call: Call, **asked: str) -> None:
        """Find the system at fault where an answer is about another patron or item than was asked for.

        After a write that is OutcomeUnknown: nobody knows what was done, or to whom.
        """
        for tag, text in asked.items():
            said = answer.value(tag)
            if said is not None and said.strip() != text:
                what = {"AA": "patron", "AB": "item"}.get(tag, tag)
                raise undecodable(call, f"the answer is about another {what} than was asked for ({tag})")

    @contextlib.contextmanager
    def reading(self, call: Call) -> Generator[None]:
        """Turn a value that cannot be what its field means into the error of this call."""
        try:
            yield
        except BadValue as problem:
            raise undecodable(call, f"the answer holds a value that cannot be read: {problem}") from None

    def moment(self) -> datetime:
        """Now; taken before a request, so that an answer is never dated later than it was true."""
        return self.clock.now()

    def remember(self, item: str, card: str) -> None:
        """Who was last seen with an item."""
        if len(self.borrowers) > 4096:
            self.borrowers.clear()
        self.borrowers[item] = card

    def quietly(self, work: Callable[[], T]) -> T | None:
        """What a second look tells; None where it fails, since a failed look is no news of the write."""
        try:
            return work()
        except BackendError:
            return None
