"""What the checks of a carrier share: how to call, to wait for the carrier, and to look at the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scld_core.errors import NotFound
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import BulkRow, LineView, ServiceState
from scld_core.hotspots.ports import BulkDelivery
from scld_core.kernel.capability import Convention
from scld_core.kernel.devices import Line
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.case import Case, Excused, Unseen, fail, require
from scld_core.testing.harness import CarrierBench
from scld_core.testing.lists import rows_of
from scld_core.testing.synthetic import account, line

__all__ = [
    "CHANGES",
    "OPERATIONS",
    "READS",
    "WISH",
    "WRITES",
    "Carrier",
    "bulk_rows",
    "by_operation",
    "effects_of",
    "finish",
    "has_bulk",
    "key_of",
    "order",
    "play",
    "send",
    "settled",
    "standing",
    "start",
    "states",
    "unchanged",
]

Carrier = Case[CarrierBench]

READS = ("iter_lines", "get", "request_state")
CHANGES = ("suspend", "restore")
WRITES = (*CHANGES, "terminate")
OPERATIONS = ("iter_lines", "get", *WRITES, "request_state", "bulk_file")

WISH: Mapping[str, ServiceState] = {
    "suspend": ServiceState.SUSPENDED,
    "restore": ServiceState.ACTIVE,
    "terminate": ServiceState.TERMINATED,
}
"""Where a write leads."""

_PENDING = {"suspend": ServiceState.PENDING_SUSPEND, "restore": ServiceState.PENDING_RESTORE}


def start(operation: str) -> Line:
    """A line of the account of five that the write would change: suspended for restore, else active."""
    return line(1 if operation == "restore" else 0)


def settled(operation: str) -> Line:
    """A line that is as the write wishes already."""
    return line(0 if operation == "restore" else 1)


def has_bulk(bench: CarrierBench) -> bool:
    """Whether the port offers files for a portal."""
    return isinstance(bench.lines, BulkDelivery)


def bulk_rows(count: int = 3) -> tuple[BulkRow, ...]:
    """Requests for a bulk file, one for each of the first `count` lines."""
    return tuple(BulkRow(f"step-{n:02d}", "suspend", line(n), "overdue") for n in range(count))


def by_operation(case: Carrier, bench: CarrierBench, subject: Line) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation, about `subject` where it takes a line."""
    lines = bench.lines
    calls: dict[str, Callable[[], Any]] = {
        "iter_lines": lambda: rows_of(lines.iter_lines()),
        "get": lambda: lines.get(subject),
        "request_state": lambda: lines.request_state("kit-no-such-request"),
    }
    calls |= {verb: _asked(case, bench, verb, subject) for verb in WRITES}
    if isinstance(lines, BulkDelivery):
        calls["bulk_file"] = lambda: lines.bulk_file(bulk_rows(), case.clock.now())
    return calls


def _asked(case: Carrier, bench: CarrierBench, verb: str, subject: Line) -> Callable[[], Answer]:
    return lambda: send(bench, verb, subject, case.key())


def send(bench: CarrierBench, verb: str, subject: Line, key: str) -> Answer:
    """Call a write by its name."""
    call: Callable[..., object] = getattr(bench.lines, verb)
    answer = call(subject, key=key)
    if not isinstance(answer, Answer):
        fail(f"{verb} answered a {type(answer).__name__}, not an Answer")
    return answer


def order(case: Carrier, bench: CarrierBench, verb: str, subject: Line, *, key: str = "") -> Answer:
    """Send a write whose answer is DONE or ACCEPTED; one that goes to a person excuses the check."""
    before = effects_of(bench, subject) if bench.effects else 0
    answer = send(bench, verb, subject, key or case.key())
    if answer.kind is AnswerKind.FOR_OPERATOR:
        declared = isinstance(case.harness.capability(verb), Convention)
        require(declared, f"{verb} is declared as full, and its answer leaves the work to a person")
        unmoved = bench.effects is None or effects_of(bench, subject) == before
        require(unmoved, f"{verb} says that a person has to do it, and did it as well")
        raise Excused("a person does it; nothing happens by itself")
    return answer


def finish(bench: CarrierBench, answer: Answer) -> None:
    """Let the carrier carry out what it accepted."""
    if answer.kind is AnswerKind.ACCEPTED:
        if bench.settle is None:
            raise Unseen("the harness gives no 'settle'")
        bench.settle()


def effects_of(bench: CarrierBench, subject: Line) -> int:
    """How often the carrier changed the line."""
    if bench.effects is None:
        raise Unseen("the harness gives no 'effects'")
    return bench.effects(subject)


def play(bench: CarrierBench, fate: Fate) -> None:
    """Prepare a fate for the next write."""
    if fate not in bench.fates:
        raise Unseen(f"the harness cannot play the fate '{fate.value}'")
    bench.fates[fate]()


def states(bench: CarrierBench) -> dict[object, ServiceState]:
    """Every line of the account and its state, by SIM."""
    return {view.iccid: view.state for view in rows_of(bench.lines.iter_lines())}


def standing(bench: CarrierBench, subject: Line) -> ServiceState | None:
    """The state of one line by `get`; None when the carrier does not know it (any more)."""
    try:
        return bench.lines.get(subject).state
    except NotFound:
        return None


def unchanged(bench: CarrierBench, *, but: Line | None = None) -> None:
    """Every line of the account of five is as it was, except one."""
    now = states(bench)
    for view in account().lines:
        if but is None or view.iccid != but.iccid:
            require(now.get(view.iccid) is view.state, "a line that nobody asked about has changed")


def key_of(view: LineView) -> tuple[object, object]:
    """What a line is known by."""
    if view.imei is None and view.iccid is None:
        fail("a line is shown without any number")
    return view.imei, view.iccid
