"""Two ways to the agency by which the same files are sent."""

from __future__ import annotations

from typing import Any

from scld_core.runs.model import AnswerKind, ReadBack
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import ChannelBench, Harness
from scld_core.testing.synthetic_agency import parcel

__all__ = ["ChannelDuel"]

_NUMBERS = (1, 2, 3)


class ChannelDuel(Sides[ChannelBench]):
    """Two ways, at the beginning empty, and what the agency finds at their ends.

    `number` is the file. `deliver` with a choice of 0 sends it, with 1 once more under the key of the
    last time, with 2 other bytes under its name; a way that cannot look at what is there is not
    offered the last. `delivered` asks for a version of it, `put` has somebody else lay it there,
    unless something lies there. A way may not know of what is not there. What a person has to carry
    is compared no further.
    """

    def __init__(self, reference: Harness[ChannelBench], subject: Harness[ChannelBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open())
        self._keys: dict[int, str] = {}
        self._behind = False
        looks = self.offers("delivered")
        self.shows = all(side.bench.files for side in self.sides)
        lays = looks and self.shows and all(side.bench.put for side in self.sides)
        choices = (0, 1, 2) if looks else (0, 1)
        found = [Call("deliver", number, choice) for number in _NUMBERS for choice in choices]
        found += [Call("delivered", number, choice) for number in _NUMBERS for choice in (0, 1)]
        offered = [call for call in found if self.offers(call.verb)]
        self.calls = (*offered, *(Call("put", number, n) for number in _NUMBERS for n in (0, 1) if lays))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and what lies there afterwards."""
        if self._behind:
            return None, None
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        if call.verb == "delivered":
            expected, found = self.both(lambda side: side.bench.channel.delivered(parcel(call.number, call.choice)))
            unsure = (expected, found) == (ReadBack.NOT_DONE, ReadBack.UNKNOWN)
            return expected, expected if unsure else found
        return self._put(call) if call.verb == "put" else self._deliver(call)

    def _deliver(self, call: Call) -> tuple[Any, Any]:
        again = self._keys.get(call.number) if call.choice == 1 else None
        key = again or self.sides[0].case.key()
        if call.choice < 2:
            self._keys[call.number] = key
        one = parcel(call.number, 1 if call.choice == 2 else 0)
        told = self.both(lambda side: side.bench.channel.deliver(one, key=key).kind)
        self._behind = AnswerKind.FOR_OPERATOR in told
        return (None, None) if self._behind else (self._with(told[0], 0), self._with(told[1], 1))

    def _with(self, answer: object, place: int) -> object:
        return answer, self._there(self.sides[place])

    def _put(self, call: Call) -> tuple[Any, Any]:
        one = parcel(call.number, call.choice)
        for side in self.sides:
            assert side.bench.files is not None
            assert side.bench.put is not None  # `lays` says so
            if one.name not in dict(side.bench.files()):
                side.bench.put(one.name, one.content)
        return self.both(self._there)

    def _there(self, side: Side[ChannelBench]) -> object:
        return sorted(set(side.bench.files())) if self.shows and side.bench.files else None
