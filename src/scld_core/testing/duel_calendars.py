"""Two calendars into which the same closures are entered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from scld_core.testing.checks.calendars_read import facts
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import CalendarsBench, Harness
from scld_core.testing.synthetic_calendars import MORE, closed

__all__ = ["CalendarsDuel"]

_BEGINS = (date(2026, 10, 1), date(2026, 11, 2), date(2026, 11, 12), date(2027, 1, 1))
_DAYS = (0, 9, 60, 400)


class CalendarsDuel(Sides[CalendarsBench]):
    """Two equal calendars.

    `closures` asks from a day on, for so many days. `show` enters one of three closures, `take_out` takes it out
    again. What both keep is compared, without the order of closures that begin on one day.
    """

    def __init__(self, reference: Harness[CalendarsBench], subject: Harness[CalendarsBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(closed()))
        self._there: set[int] = set()
        benches = [side.bench for side in self.sides]
        found = [Call("closures", since, days) for since in range(len(_BEGINS)) for days in range(len(_DAYS))]
        offered = [call for call in found if self.offers(call.verb)]
        if all(bench.show for bench in benches):
            offered += [Call("show", number) for number in range(len(MORE))]
        if all(bench.show and bench.take_out for bench in benches):
            offered += [Call("take_out", number) for number in range(len(MORE))]
        self.calls = tuple(offered)

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both; a closure is entered once only, and taken out only while it is there."""
        if call.verb != "closures":
            if (call.number in self._there) == (call.verb == "show"):
                return None, None
            self._there ^= {call.number}
        return self.both(lambda side: self._done(side, call))

    def _done(self, side: Side[CalendarsBench], call: Call) -> object:
        bench = side.bench
        side.case.clock.tick(seconds=60)
        if call.verb == "show":
            assert bench.show is not None  # the calls say so
            return bench.show(MORE[call.number])
        if call.verb == "take_out":
            assert bench.take_out is not None  # the calls say so
            return bench.take_out(MORE[call.number])
        since = _BEGINS[call.number]
        pages = list(bench.calendars.closures(since, since + timedelta(days=_DAYS[call.choice])))
        keeps = [self.sides[0].bench.tells, self.sides[1].bench.tells]
        told = min(self.sides, key=lambda one: len(one.bench.tells)).bench
        assert set(told.tells) == set(keeps[0]) & set(keeps[1])  # one of two keeps what both do
        return sorted(facts(row, told) for page in pages for row in page.rows), pages[-1].last
