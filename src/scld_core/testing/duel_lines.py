"""Two carriers doing the same things."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import NotFound, Rejected
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.capability import Full
from scld_core.kernel.devices import Line
from scld_core.runs.model import AnswerKind
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import CarrierBench, Harness
from scld_core.testing.lines_tools import CHANGES, WRITES, finish, send, standing, states
from scld_core.testing.synthetic import account, line, stranger, view

__all__ = ["LinesDuel"]

_SIZE = 4
_LAST = _SIZE - 1  # the only line that is ever terminated
_NOBODY = _SIZE  # the number that stands for a line which the account does not have


class LinesDuel(Sides[CarrierBench]):
    """Two carriers with equal accounts.

    A write is compared when the carrier has carried it out, and by its meaning: done, or which
    refusal; a carrier that finishes later, with a harness that cannot let it, is only read. A
    `choice` of 1 repeats the last key of that verb and line; it counts only right after it, unless
    both systems remember keys. A line that was ended may be shown as terminated or not at all. A
    source that is not live and says nothing new is compared no further.
    """

    def __init__(self, reference: Harness[CarrierBench], subject: Harness[CarrierBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(account(_SIZE)))
        self._keys: dict[tuple[str, int], str] = {}
        self._last: tuple[str, int] | None = None
        self._ended = False
        self._behind = False
        finishes = all(side.bench.settle or not side.bench.lines.asynchronous for side in self.sides)
        full = [finishes and isinstance(subject.capability(verb), Full) and self.offers(verb) for verb in WRITES]
        self.writes = tuple(verb for verb, whole in zip(WRITES, full, strict=True) if whole)
        self.shows = all(side.bench.show for side in self.sides)
        self.remembers = reference.remembers_keys and subject.remembers_keys
        self.calls = self._calls()

    def _calls(self) -> tuple[Call, ...]:
        numbers = range(_SIZE + 1)
        changes = [verb for verb in self.writes if verb in CHANGES]
        found = [Call(verb, number, repeat) for verb in changes for number in numbers for repeat in (0, 1)]
        found += [Call("get", number) for number in numbers] + [Call("iter_lines"), Call("request_state")]
        found += [Call("terminate", _LAST)] if "terminate" in self.writes else []
        found += [Call("resume", number) for number in range(_SIZE)] if self.shows else []
        return tuple(call for call in found if call.verb == "resume" or self.offers(call.verb))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and the whole account afterwards."""
        if self._behind:
            return None, None
        if call.verb in WRITES:
            return self._write(call)
        self._last = None
        if call.verb == "resume":
            return self._resume(call.number)
        if self._ended and call == Call("get", _LAST):
            return self.both(lambda side: standing(side.bench, line(_LAST)) or ServiceState.TERMINATED)
        return self.both(lambda side: _read(side, call))

    def _write(self, call: Call) -> tuple[Any, Any]:
        asked = (call.verb, call.number)
        known = call.choice and (asked == self._last or self.remembers)
        key = self._keys.get(asked, "") if known else ""
        key = key or self.sides[0].case.key()
        self._keys[asked] = key
        self._last = asked
        work = _after_end if self._ended and call.number == _LAST else _written
        found = self.both(lambda side: work(side, call, key))
        self._ended = self._ended or call.verb == "terminate"
        for side in self.sides:
            side.case.clock.tick(days=1)  # carriers allow a line a few changes a day
        return found

    def _resume(self, number: int) -> tuple[Any, Any]:
        if standing(self.sides[0].bench, line(number)) is ServiceState.SUSPENDED:
            for side in self.sides:
                assert side.bench.show is not None  # `shows` says so
                now = side.case.clock.tick()
                side.bench.show(evolve(view(number, ServiceState.ACTIVE), observed_at=now))
                seen = side.bench.lines.get(line(number))
                self._behind = not side.bench.lines.live and seen.observed_at < now
        return (None, None) if self._behind else self.both(_account)


def _read(side: Side[CarrierBench], call: Call) -> object:
    if call.verb == "get":
        seen = side.bench.lines.get(_line(call.number))
        return seen.iccid, seen.state
    if call.verb == "request_state":
        return side.bench.lines.request_state("kit-no-such-request")
    return _account(side)


def _account(side: Side[CarrierBench]) -> object:
    """Every line that has not ended; a line that has may be gone."""
    return {sim: state for sim, state in states(side.bench).items() if state is not ServiceState.TERMINATED}


def _after_end(side: Side[CarrierBench], call: Call, key: str) -> object:
    """Ending once more may be answered or refused; nothing else may be done."""
    try:
        send(side.bench, call.verb, line(_LAST), key)
    except (NotFound, Rejected):
        return "ended", _account(side)
    return "ended" if call.verb == "terminate" else "changed after its end", _account(side)


def _written(side: Side[CarrierBench], call: Call, key: str) -> object:
    answer = send(side.bench, call.verb, _line(call.number), key)
    finish(side.bench, answer)
    told = "by a person" if answer.kind is AnswerKind.FOR_OPERATOR else "done"
    return told, _account(side)


def _line(number: int) -> Line:
    return stranger() if number == _NOBODY else line(number)
