"""A scene: what is killed, how it is taken up again, and what is asked afterwards. The day's run first."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from scld_core import Options, open_desk
from scld_core.kernel.time import FixedClock
from support.districts import (
    ANNE,
    damage,
    effects,
    found,
    number_of,
    plugins,
    told,
)
from support.failpoints import Points
from support.forks import Child, Ended, survive
from support.hotspots import NOW

HOUR = timedelta(hours=1)


class Walking:
    """A clock that moves on by `step` whenever it is asked, so that no two instants of a run are equal."""

    def __init__(self, at: datetime, step: timedelta) -> None:
        self._at = at
        self._step = step

    def now(self) -> datetime:
        """The present."""
        self._at += self._step
        return self._at


class DayScene:
    """The morning run against the simulated carrier."""

    start = NOW
    step = timedelta(seconds=1)
    mornings: tuple[timedelta, ...] = (HOUR,)
    """When the run is taken up again after its start, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template"
        self.work = folder / "work"
        survive(lambda: self.found(self.template))

    def warm(self) -> None:
        """Do it once without a fork, so that every child finds its modules loaded."""
        self.fresh()
        with self.opened(FixedClock(self.start)) as desk:
            self.act(desk)

    def close(self) -> None:
        """End what runs beside."""

    def found(self, folder: Path) -> None:
        """Make the district that every case begins with."""
        found(folder)

    def opened(self, clock, **more: object):
        """The district being worked on."""
        return at_clock(self.work, clock, **more)

    def act(self, desk) -> None:
        """What is killed."""
        desk.day.run()

    def again(self, desk, number: int):
        """What is done at morning `number`; gives the day's result."""
        del number
        return desk.day.run()

    def watch(self, points: Points, desk) -> None:
        """Which moments count, besides the stages."""
        points.watch_store()
        points.watch_carrier(desk)

    # one case, step by step, each in a process of its own

    def fresh(self) -> None:
        """A copy of the template."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.template, self.work)

    def first(self, deadly: int) -> Ended:
        """Act, and die at moment `deadly`; the answer of a survivor is the names of all moments."""

        def job() -> list[str]:
            self.careless()
            points = Points(deadly)
            with self.opened(Walking(self.start, self.step), progress=points.stage) as desk:
                self.watch(points, desk)
                self.act(desk)
            return points.names

        return Child(job).wait()

    def careless(self) -> None:
        """What a control leaves out; called in the child that is to die."""

    def morning(self, number: int) -> dict[str, object]:
        """Take it up again."""
        with self.opened(FixedClock(self.start + self.mornings[number])) as desk:
            return told(desk, self.again(desk, number))

    def later(self) -> dict[str, object]:
        """Take it up again, morning after morning; tells how the last one ended."""
        return survive(lambda: [self.morning(number) for number in range(len(self.mornings))][-1])

    def ledger(self) -> dict[str, object]:
        """What the carrier knows."""
        rows = effects(self.work)
        return {"effects": [(verb, number_of(iccid)) for _, verb, iccid in rows], "keys": [key for key, _, _ in rows]}

    def case(self, deadly: int) -> dict[str, object]:
        """Die at one moment, take it up again, and tell how everything stands in the end."""
        self.fresh()
        ended = self.first(deadly)
        return {"killed": ended.killed, **self.later(), **self.ledger(), "damage": damage(self.work)}

    def names(self) -> list[str]:
        """All moments of a run that nothing kills."""
        self.fresh()
        ended = self.first(0)
        assert isinstance(ended.answer, list)
        return ended.answer

    def chosen(self, names: list[str]) -> Iterator[int]:
        """The moments to die at."""
        yield from range(1, len(names) + 1)


def at_clock(folder: Path, clock, **more: object):
    """The district with a clock of its own."""
    return open_desk(folder, actor=ANNE, options=Options(clock=clock, registry=plugins(), **more))
