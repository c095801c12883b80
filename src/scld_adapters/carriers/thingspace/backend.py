"""The port CarrierLines over ThingSpace.

ThingSpace knows no idempotency keys: a repeated request is a second request. A write is therefore:
read the line, stop when it is as wished or already on the way, send once, and hand back the request
id. What became of it is asked later, by `request_state` and by reading the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from attrs import evolve, frozen

from scld_adapters._shared.faults import Call
from scld_adapters.carriers.thingspace.mapping import (
    RESTORE,
    SUSPEND,
    TERMINATE,
    Change,
    Refusal,
    address,
    answer_before,
    outcome,
    to_page,
    to_view,
)
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_adapters.carriers.thingspace.transport import ThingSpaceTransport
from scld_adapters.carriers.thingspace.wire import ActionRequest, DevicePage, DeviceRow, ListRequest, is_reference
from scld_core.errors import BackendError, NotFound, ProtocolViolation, Rejected
from scld_core.hotspots.model import LineView
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page, Quarantined
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["ThingSpaceLines"]

_MAINTENANCE = "FF"
"""The only published reason of a deactivation: general administration."""


@frozen
class ThingSpaceLines:
    """The lines of one billing account; `name` is the backend instance in district.toml."""

    name: str
    transport: ThingSpaceTransport
    settings: ThingSpaceSettings
    clock: Clock

    @property
    def live(self) -> bool:
        """Yes: each call asks ThingSpace."""
        return True

    @property
    def asynchronous(self) -> bool:
        """Yes: a request is carried out some time after it was accepted."""
        return True

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line of the account, by rising device number; pages carry the instant the reading began."""
        at = self.clock.now()
        call = Call(self.name, "iter_lines")
        request = ListRequest(self.settings.account, None, 0, self.settings.page_size)
        while True:
            page = self.transport.devices(call, request)
            request = evolve(request, largest_seen=_largest(page, request.largest_seen or 0, call))
            yield to_page(page, at=at, source=self.name)
            if not page.more:
                return

    def get(self, line: Line) -> LineView:
        """One line now, by its SIM; raises NotFound, and ProtocolViolation for an answer about another line."""
        return self._read(line, Call(self.name, "get"))

    def _read(self, line: Line, call: Call) -> LineView:
        at = self.clock.now()
        rows = self.transport.devices(call, ListRequest(self.settings.account, address(line))).rows
        if len(rows) != 1:
            raise call.error(
                ProtocolViolation if rows else NotFound, f"{line} is listed {len(rows)} times in the account"
            )
        view = to_view(rows[0], at=at, source=self.name)
        if isinstance(view, Quarantined):
            raise call.error(ProtocolViolation, f"{line} is shown so that it cannot be used: {view.reason}")
        if view.iccid != line.iccid:
            raise call.error(ProtocolViolation, f"asked for {line}, and another line was answered")
        return view

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Ask for service to be stopped; the carrier ends a suspension by itself after a time."""
        wanted = ActionRequest(self.settings.account, address(line), with_billing=self.settings.with_billing)
        return self._change(line, SUSPEND, wanted, key)

    def restore(self, line: Line, *, key: str) -> Answer:
        """Ask for service to be given again."""
        return self._change(line, RESTORE, ActionRequest(self.settings.account, address(line)), key)

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Ask for the line to be deactivated; its number is kept by the carrier for 50 days."""
        waiver = self.settings.etf_waiver
        wanted = ActionRequest(self.settings.account, address(line), reason_code=_MAINTENANCE, etf_waiver=waiver)
        return self._change(line, TERMINATE, wanted, key)

    def _change(self, line: Line, change: Change, wanted: ActionRequest, key: str) -> Answer:
        looking = Call(self.name, change.operation)
        before = answer_before(change, self._read(line, looking), line)
        if isinstance(before, Refusal):
            raise looking.error(Rejected, before.reason)
        if before is not None:
            return before
        try:
            accepted = self.transport.act(Call(self.name, change.operation, key), change.action, wanted)
        except Rejected:
            if self._is_so_now(line, change, looking):
                return Answer(AnswerKind.DONE, detail="was so already")
            raise
        return Answer(AnswerKind.ACCEPTED, accepted.request_id)

    def _is_so_now(self, line: Line, change: Change, looking: Call) -> bool:
        """Whether a refused request was refused because somebody else was faster."""
        try:
            return self._read(line, looking).state is change.wish
        except BackendError:  # the refusal stands, whatever hinders us from looking again
            return False

    def request_state(self, reference: str) -> ReadBack:
        """Where an accepted request stands; UNKNOWN for a reference that is none or that nobody knows."""
        if not is_reference(reference):
            return ReadBack.UNKNOWN
        found = self.transport.status(Call(self.name, "request_state"), reference)
        return ReadBack.UNKNOWN if found is None else outcome(found)


def _largest(page: DevicePage, seen: int, call: Call) -> int:
    """The largest device number so far; raises ProtocolViolation where the list could not go on safely."""
    numbers = [row.number for row in page.rows if isinstance(row, DeviceRow) and row.number is not None]
    if any(later <= earlier for earlier, later in pairwise([seen, *numbers])):
        raise call.error(ProtocolViolation, "devices are not listed by rising number, each once")
    if page.more and not numbers:
        raise call.error(ProtocolViolation, "more devices are announced, but no device number to go on from")
    return max(numbers, default=seen)
