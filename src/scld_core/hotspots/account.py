"""A carrier's account as a simulation keeps it: lines, requests, effects, and how calls go wrong.

A `Book` only keeps; every rule is in `account_rules`, once, so that the reference in memory and the
simulated carrier on disk cannot disagree about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.kernel.validate import at_least, instance, instant, nonempty, optional
from scld_core.runs.model import Answer, AnswerKind

__all__ = [
    "AccountLine",
    "Book",
    "Effect",
    "Fate",
    "Fates",
    "Order",
    "Request",
    "RequestState",
    "Terms",
    "Verb",
    "always_done",
]


class Verb(Enum):
    """What a request asks for."""

    SUSPEND = "suspend"
    RESTORE = "restore"
    TERMINATE = "terminate"


class Fate(Enum):
    """What becomes of one call on its way to the carrier and back.

    DONE arrives and is carried out at once. ACCEPTED is carried out later, STUCK is accepted and
    never finished. DUPLICATED arrives twice. LOST_BEFORE never arrives; LOST_AFTER arrives and its
    answer is lost, ACCEPTED_LOST is the same for a request that is carried out later. REJECTED and
    RATE_LIMITED are refused at the door.
    """

    DONE = "done"
    ACCEPTED = "accepted"
    STUCK = "stuck"
    DUPLICATED = "duplicated"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    ACCEPTED_LOST = "accepted_lost"
    REJECTED = "rejected"
    RATE_LIMITED = "rate_limited"


Fates = Callable[[str], Fate]
"""Gives the fate of the next call, by the name of its operation."""


def always_done(operation: str) -> Fate:
    """A carrier without faults."""
    del operation
    return Fate.DONE


@frozen
class Terms:
    """What the account's contract says.

    `suspended_days` after which the carrier ends a suspension by itself, None for never.
    `actions_per_day` is the number of orders it carries out on one line in one day (UTC), None for
    any. `honour_keys` is false for a carrier that takes a repeated key for a new request.
    `retry_after` (seconds) goes with every answer of fate RATE_LIMITED.
    """

    suspended_days: int | None = field(default=90, validator=optional(at_least(1)))
    actions_per_day: int | None = field(default=None, validator=optional(at_least(1)))
    honour_keys: bool = True
    retry_after: float | None = field(default=None, validator=optional(at_least(0)))


@frozen
class AccountLine:
    """One line of the account, by SIM where the carrier knows it, else by device."""

    imei: Imei | None = field(validator=optional(instance(Imei)))
    iccid: Iccid | None = field(validator=optional(instance(Iccid)))
    state: ServiceState = field(validator=instance(ServiceState))
    since: datetime = field(validator=instant)
    msisdn: Msisdn | None = field(default=None, validator=optional(instance(Msisdn)))
    word: str = ""
    resumes_at: datetime | None = field(default=None, validator=optional(instant))

    def __attrs_post_init__(self) -> None:
        if self.imei is None and self.iccid is None:
            raise InvalidValue("AccountLine", "", "needs an IMEI or an ICCID")

    @property
    def id(self) -> str:
        """The number the account files it under; an ICCID (18 to 20 digits) is never an IMEI (15)."""
        return str(self.iccid or self.imei)


@frozen
class Order:
    """A request as it arrives."""

    line: Line
    verb: Verb = field(validator=instance(Verb))
    key: str = field(validator=nonempty)


class RequestState(Enum):
    """Where a request stands at the carrier; STUCK is OPEN without an end of its own."""

    DONE = "done"
    OPEN = "open"
    STUCK = "stuck"
    FAILED = "failed"


@frozen
class Request:
    """A request the carrier took: `number` counts up, `answer` is what it said at first."""

    number: int
    key: str
    line: str
    verb: Verb = field(validator=instance(Verb))
    state: RequestState = field(validator=instance(RequestState))
    answered: AnswerKind = field(validator=instance(AnswerKind))

    @property
    def reference(self) -> str:
        """The carrier's own name for the request."""
        return f"request-{self.number:06d}"

    @staticmethod
    def number_of(reference: str) -> int:
        """The number in a reference; 0, which no request has, for text that is none of ours."""
        found = re.fullmatch(r"request-([0-9]{6,18})", reference)
        return int(found[1]) if found else 0

    @property
    def answer(self) -> Answer:
        """The first answer, given again to a repeated key."""
        return Answer(self.answered, self.reference)

    @property
    def pending(self) -> bool:
        """Whether it is neither carried out nor failed."""
        return self.state in (RequestState.OPEN, RequestState.STUCK)

    @property
    def stuck(self) -> bool:
        """Whether it stays pending until somebody settles it by name."""
        return self.state is RequestState.STUCK


@frozen
class Effect:
    """One order that the carrier carried out on a line, whether or not the line was so already."""

    key: str
    line: str
    verb: Verb
    at: datetime = field(validator=instant)


class Book(Protocol):
    """The account's lines, requests and effects, inside one transaction."""

    @property
    def size(self) -> int:
        """How many requests there are; they are numbered from 1 without gaps."""
        ...

    def line(self, number: str) -> AccountLine | None:
        """The line filed under an ICCID or IMEI."""
        ...

    def lines(self) -> Iterable[AccountLine]:
        """All lines, in the order of their id."""
        ...

    def put_line(self, line: AccountLine) -> None:
        """Insert or replace."""
        ...

    def put_request(self, request: Request) -> None:
        """Insert or replace by number."""
        ...

    def requests(
        self, *, key: str | None = None, number: int | None = None, pending: bool = False
    ) -> Sequence[Request]:
        """Requests in the order of their number, narrowed by every argument that is given."""
        ...

    def add_effect(self, effect: Effect) -> None:
        """Append to the ledger."""
        ...

    def effects(self, line: str | None = None) -> Sequence[Effect]:
        """The ledger of one line or all, in the order of the effects."""
        ...
