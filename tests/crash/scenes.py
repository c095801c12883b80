"""What is killed, how it is taken up again, and what is asked afterwards. Run by driver.py in a process of its own."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from scld_core.runs.people import Confirmation
from support import peers
from support.districts import ANNE, CASES, at, damage, effects, found, told
from support.failpoints import Points
from support.forks import Ended, run, survive
from support.hotspots import NOW, line

HOUR = timedelta(hours=1)
RUN = "2026-03-10-1"


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
    mornings = (HOUR, 2 * HOUR)
    """When the run is taken up again after its start, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template"
        self.work = folder / "work"
        survive(lambda: self.found(self.template))

    def found(self, folder: Path) -> None:
        """Make the district that every case begins with."""
        found(folder)

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
            points = Points(deadly)
            with at_clock(self.work, Walking(self.start, self.step), progress=points.stage) as desk:
                self.watch(points, desk)
                self.act(desk)
            return points.names

        return run(job)

    def morning(self, number: int) -> dict[str, object]:
        """Take it up again."""

        def job() -> dict[str, object]:
            with at(self.work, self.start + self.mornings[number]) as desk:
                return told(desk, self.again(desk, number))

        return survive(job)

    def ledger(self) -> dict[str, object]:
        """What the carrier knows."""
        rows = effects(self.work)
        return {"effects": [(verb, _number(iccid)) for _, verb, iccid in rows], "keys": [key for key, _, _ in rows]}

    def between(self, number: int) -> None:
        """What happens before morning `number`."""

    def case(self, deadly: int) -> dict[str, object]:
        """Die at one moment, take it up again, and tell how everything stands in the end."""
        self.fresh()
        ended = self.first(deadly)
        facts: dict[str, object] = {}
        for number in range(len(self.mornings)):
            self.between(number)
            facts = self.morning(number)
        return {"killed": ended.killed, **facts, **self.ledger(), "damage": damage(self.work)}

    def names(self) -> list[str]:
        """All moments of a run that nothing kills."""
        self.fresh()
        return survive_answer(self.first(0))

    def chosen(self, names: list[str]) -> Iterator[int]:
        """The moments to die at."""
        yield from range(1, len(names) + 1)


def at_clock(folder: Path, clock, **more: object):
    """The district with a clock of its own."""
    from scld_core import Options, open_desk

    return open_desk(folder, actor=ANNE, options=Options(clock=clock, **more))


def survive_answer(ended: Ended) -> list[str]:
    """The moments of a run that was not killed."""
    if ended.killed:
        raise RuntimeError("killed without being asked to")
    return ended.answer


def _number(iccid: str) -> int:
    return next(n for n in range(len(CASES)) if str(line(n).iccid) == iccid)


class MidnightScene(DayScene):
    """A run that begins before midnight and ends after it; it is taken up on the next date."""

    start = NOW.replace(hour=6, minute=59) + timedelta(days=1)  # 23:59 in Spokane
    step = timedelta(milliseconds=600)
    mornings = (timedelta(minutes=20), timedelta(hours=9))

    def chosen(self, names: list[str]) -> Iterator[int]:
        """Those around each step's effect."""
        near = ("stage prepared", "stage sent", "stage settled", "stage rechecked")
        return (n for n, name in enumerate(names, 1) if name in near)


class UndoScene(DayScene):
    """Taking a run back; a day's run comes before it is taken up again."""

    start = NOW + HOUR
    mornings = (HOUR, 2 * HOUR, 3 * HOUR)

    def found(self, folder: Path) -> None:
        super().found(folder)
        with at(folder, NOW) as desk:
            desk.day.run()

    def act(self, desk) -> None:
        desk.runs.undo(RUN)

    def again(self, desk, number: int):
        if number == 1:
            desk.runs.undo(RUN)
        return desk.day.run()


PORTAL = """[backends.carrier]
use = "portal-csv"
export = "exports/*.csv"
extracted_at = "name"
words = { "active" = "active", "suspended" = "suspended", "terminated" = "terminated" }
"""


def export(folder: Path, now: datetime, states: list[str]) -> None:
    """The portal's list of lines, as if it was saved at `now`."""
    from zoneinfo import ZoneInfo

    local = now.astimezone(ZoneInfo("America/Los_Angeles"))
    rows = [f"{line(n).imei},{line(n).iccid},{state}" for n, state in enumerate(states)]
    (folder / "exports").mkdir(exist_ok=True)
    path = folder / "exports" / f"lines-{local:%Y-%m-%dT%H%M}.csv"
    path.write_text("\n".join(["imei,iccid,status", *rows, ""]), encoding="utf-8")


class ConfirmScene(DayScene):
    """A worklist comes back from a portal: its rows are confirmed, and killed between confirmation and receipt."""

    start = NOW + HOUR
    mornings = (HOUR, 2 * HOUR)
    again_by_hand = True

    def found(self, folder: Path) -> None:
        found(folder, carrier=PORTAL)
        export(folder, NOW, [state.value for _, state in CASES])
        with at(folder, NOW) as desk:
            desk.day.run()

    def _rows(self, desk) -> list[Confirmation]:
        with desk.store.transaction() as unit:
            waiting = unit.steps.history("hotspots", NOW)
        return [
            Confirmation(r.step.id, done=True, rechecked=True)
            for r in waiting
            if r.state.value in ("waiting_operator", "applied")
        ]

    def act(self, desk) -> None:
        desk.runs.confirm(self._rows(desk), source="worklist.csv")

    def between(self, number: int) -> None:
        if number == 0 and self.again_by_hand:
            return
        states = ["suspended", "suspended", "active", "active", "terminated", "suspended", "active", "suspended"]
        export(self.work, self.start + self.mornings[number], states)

    def again(self, desk, number: int):
        if number == 0 and self.again_by_hand:
            confirmed = desk.runs.confirm(self._rows(desk), source="worklist.csv")
            assert len(confirmed.receipts) == 6
            assert confirmed.refused == ()
        return desk.day.run()

    def ledger(self) -> dict[str, object]:
        return {}


class ConfirmByExportScene(ConfirmScene):
    """The same, but the worklist is not read again: the portal's next export is what shows the effects."""

    again_by_hand = False


class WireScene(DayScene):
    """The morning run against a carrier behind real HTTP, killed at its socket calls."""

    mornings = (HOUR, 50 * HOUR, 51 * HOUR)  # a lost request is given up after the pending limit of 48 hours

    def __init__(self, folder: Path) -> None:
        os.environ.update(peers.SECRETS)
        self.peer = peers.Peer(self.account)
        super().__init__(folder)

    def account(self):
        """A new account at the carrier."""
        return peers.KajeetAccount(instant=True)

    def found(self, folder: Path) -> None:
        found(folder, carrier=self.account().table.format(url=self.peer.url), approved=False)

    def watch(self, points: Points, desk) -> None:
        del desk
        points.watch_sockets()

    def fresh(self) -> None:
        super().fresh()
        self.peer.ask("reset")

    def between(self, number: int) -> None:
        self.peer.ask("drain")
        self.peer.ask("pass_time", (self.start + self.mornings[number]).isoformat())

    def ledger(self) -> dict[str, object]:
        return self.peer.ask("facts")

    def chosen(self, names: list[str]) -> Iterator[int]:
        return (n for n, name in enumerate(names, 1) if not name.startswith("stage"))


class KajeetLaterScene(WireScene):
    """The same where a change shows only some time after it was taken."""

    def account(self):
        return peers.KajeetAccount(instant=False)


class ThingSpaceScene(WireScene):
    """The same at ThingSpace, where a request is carried out after it was accepted."""

    def account(self):
        return peers.ThingSpaceAccount(shows_pending=True)


class ThingSpaceSilentScene(WireScene):
    """The same where the list of lines does not name what is under way."""

    def account(self):
        return peers.ThingSpaceAccount(shows_pending=False)


SCENES = {
    scene.__name__: scene
    for scene in (
        DayScene, MidnightScene, UndoScene, ConfirmScene, ConfirmByExportScene,
        WireScene, KajeetLaterScene, ThingSpaceScene, ThingSpaceSilentScene,
    )
}
"""By name, as the driver is told."""

