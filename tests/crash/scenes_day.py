"""The simulated carrier and the portal: the run across midnight and killed twice, undo, confirmation."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from scenes import HOUR, DayScene, Walking, at_clock

from scld_core.runs.action import Stage
from scld_core.runs.people import Confirmation
from support.districts import (
    DONE,
    PORTAL,
    WISHED,
    at,
    export,
    found,
)
from support.forks import Child, die
from support.hotspots import NOW

RUN = "2026-03-10-1"


class MidnightScene(DayScene):
    """A run that begins before midnight and ends after it; it is taken up on the next date."""

    start = NOW.replace(hour=6, minute=59) + timedelta(days=1)  # 23:59 in Spokane
    step = timedelta(seconds=2)
    mornings = (timedelta(minutes=20),)

    def chosen(self, names: list[str]) -> Iterator[int]:
        """Those around each step's effect."""
        return (n for n, name in enumerate(names, 1) if name in ("stage prepared", "stage sent", "stage settled"))


class TwiceScene(DayScene):
    """A run that takes up a killed one, whose second request was out, is killed itself."""

    start = NOW + HOUR

    def found(self, folder: Path) -> None:
        super().found(folder)
        sent: list[str] = []

        def dying(stage: Stage) -> None:
            sent.extend([stage.what] * (stage.what == "sent"))
            if len(sent) == 2:
                die()

        def job() -> None:
            with at_clock(folder, Walking(NOW, self.step), progress=dying) as desk:
                desk.day.run()

        assert Child(job).wait().killed


class UndoScene(DayScene):
    """Taking a run back; a day's run comes before it is taken up again."""

    start = NOW + HOUR
    mornings = (HOUR, 2 * HOUR)

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


class ConfirmScene(DayScene):
    """A worklist comes back from a portal: its rows are confirmed, and killed between confirmation and receipt."""

    start = NOW + HOUR
    mornings = (HOUR, 2 * HOUR)
    again_by_hand = True

    def found(self, folder: Path) -> None:
        export(folder, NOW - 3 * HOUR)
        found(folder, carrier=PORTAL)
        export(folder, NOW)
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

    def morning(self, number: int) -> dict[str, object]:
        if number or not self.again_by_hand:
            export(self.work, self.start + self.mornings[number], DONE)
        return super().morning(number)

    def again(self, desk, number: int):
        if number == 0 and self.again_by_hand:
            confirmed = desk.runs.confirm(self._rows(desk), source="worklist.csv")
            assert len(confirmed.receipts) == len(WISHED)
            assert confirmed.refused == ()
        return desk.day.run()

    def ledger(self) -> dict[str, object]:
        return {}


class ConfirmByExportScene(ConfirmScene):
    """The same, but the worklist is not read again: the portal's next export is what shows the effects."""

    again_by_hand = False
