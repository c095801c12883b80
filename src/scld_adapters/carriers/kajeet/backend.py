"""The port CarrierLines over Kajeet.

Kajeet knows no idempotency keys. A write is therefore: read the line, stop when it is as wished,
ask for the change, read again to say whether it happened. A line is switched by setting its state,
never by toggling, so that a request which arrives twice or late does nothing further.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from scld_adapters._shared.faults import Call
from scld_adapters._shared.paging import Batch, offset_batches
from scld_adapters.carriers.kajeet.capabilities import NO_REQUEST_NUMBERS, NO_TERMINATION
from scld_adapters.carriers.kajeet.mapping import belongs, contradicts, to_view
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.transport import KajeetTransport
from scld_adapters.carriers.kajeet.wire import BadRow, MediaAction, StatusChange, WireDevice
from scld_core.errors import BackendError, NotFound, Rejected, UnsupportedOperation
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page, Quarantined
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["KajeetLines"]


@frozen
class _Change:
    """One of the two changes: the state it leads to, the state of being under way, and what is sent for it."""

    wish: ServiceState
    pending: ServiceState
    reason: str
    media: str


_SUSPEND = _Change(ServiceState.SUSPENDED, ServiceState.PENDING_SUSPEND, "service stopped by the library", "checkin")
_RESTORE = _Change(ServiceState.ACTIVE, ServiceState.PENDING_RESTORE, "service restored by the library", "checkout")


@frozen
class KajeetLines:
    """The lines of one Kajeet account; `name` is the backend instance in district.toml."""

    name: str
    transport: KajeetTransport
    settings: KajeetSettings
    clock: Clock

    @property
    def live(self) -> bool:
        """Yes: each call asks Kajeet."""
        return True

    @property
    def asynchronous(self) -> bool:
        """What the setting `delayed` says."""
        return self.settings.delayed

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line of the account; pages are dated with the instant at which the reading began."""
        at = self.clock.now()
        call = Call(self.name, "iter_lines")
        for batch in offset_batches(
            lambda offset: self._batch(call, offset), size=self.settings.page_size, key=_row_key, call=call
        ):
            seen = [to_view(row, self.settings, at=at, source=self.name) for _, row in batch.rows]
            yield Page(
                tuple(view for view in seen if isinstance(view, LineView)),
                at,
                batch.last,
                batch.total,
                tuple(bad for bad in seen if isinstance(bad, Quarantined)),
            )

    def _batch(self, call: Call, offset: int) -> Batch[tuple[int, WireDevice | BadRow]]:
        page = self.transport.devices(call, offset=offset)
        return Batch(tuple(enumerate(page.rows, offset)), page.total)

    def get(self, line: Line) -> LineView:
        """One line now; raises NotFound, and Rejected when Kajeet lists it twice."""
        return self._find(line, "get")[1]

    def _find(self, line: Line, operation: str) -> tuple[WireDevice, LineView]:
        """The line's row by IMEI, else by ICCID: Kajeet's list does not show both for every line."""
        at = self.clock.now()
        call = Call(self.name, operation)
        for number in (str(line.imei), str(line.iccid)):
            found: list[tuple[WireDevice, LineView]] = []
            for row in self.transport.devices(call, offset=0, search=number).rows:
                view = to_view(row, self.settings, at=at, source=self.name)
                if isinstance(row, WireDevice) and isinstance(view, LineView) and belongs(view, line):
                    found.append((row, view))
            if len(found) > 1:
                raise call.error(Rejected, f"{line} is listed {len(found)} times; nothing was done")
            if found:
                return found[0]
        raise call.error(NotFound, f"{line} is not in the account {self.settings.corp_id}")

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Stop service: by status, or by a check-in at the Media Center."""
        return self._change(line, _SUSPEND, Call(self.name, "suspend", key))

    def restore(self, line: Line, *, key: str) -> Answer:
        """Restore service: by status, or by a check-out without a borrower at the Media Center."""
        return self._change(line, _RESTORE, Call(self.name, "restore", key))

    def _change(self, line: Line, change: _Change, call: Call) -> Answer:
        device, view = self._find(line, call.operation)
        settled = self._already(line, view, change, call)
        if settled is not None:
            return settled
        self._send(device, line, change, call)
        return self._seen_after(line, change, call)

    def _already(self, line: Line, view: LineView, change: _Change, call: Call) -> Answer | None:
        """The answer that needs no request; raises Rejected where a request would be a guess."""
        if contradicts(view, line):
            raise call.error(Rejected, f"Kajeet shows {line} with another number; nothing was done")
        if view.state is change.wish:
            return Answer(AnswerKind.DONE, detail="was so already")
        if view.state is change.pending:
            return Answer(AnswerKind.ACCEPTED, detail="was under way already")
        if view.state not in (ServiceState.ACTIVE, ServiceState.SUSPENDED):
            raise call.error(Rejected, f"the line's status is {view.word!r}, on which nothing is done")
        return None

    def _send(self, device: WireDevice, line: Line, change: _Change, call: Call) -> None:
        if self.settings.mode == "media":
            self.transport.media_action(call, MediaAction(change.media, str(line.imei)))
            return
        words = {ServiceState.SUSPENDED: self.settings.suspend_word, ServiceState.ACTIVE: self.settings.restore_word}
        self.transport.change_status(call, StatusChange((device.mdn,), words[change.wish], change.reason))

    def _seen_after(self, line: Line, change: _Change, call: Call) -> Answer:
        """Kajeet took the request; whether it is done is what the line shows."""
        try:
            _, view = self._find(line, call.operation)
        except BackendError as fault:  # a failed read must not look like a failed write
            return Answer(AnswerKind.ACCEPTED, detail=f"accepted; could not be read again: {fault.problem}")
        if view.state is change.wish:
            return Answer(AnswerKind.DONE)
        return Answer(AnswerKind.ACCEPTED, detail=f"accepted; the line still shows {view.word!r}")

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del line, key
        raise UnsupportedOperation(self.name, "terminate", NO_TERMINATION)

    def request_state(self, reference: str) -> ReadBack:
        """Raises UnsupportedOperation."""
        del reference
        raise UnsupportedOperation(self.name, "request_state", NO_REQUEST_NUMBERS)


def _row_key(row: tuple[int, WireDevice | BadRow]) -> str:
    """A line's number; a row without one is told apart by its place."""
    return row[1].mdn or f"row {row[0]}"
