"""Controls: districts and carriers that lack what keeps an effect from doubling."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from scenes import HOUR, DayScene
from scenes_wire import KajeetScene

from scld_core.runs.model import StepRecord
from scld_core.services.day.publish import read_plan, write_plan
from support import peers
from support.districts import (
    FEW,
    SIMULATED,
    at,
    found,
)
from support.forks import survive
from support.hotspots import NOW


class ReplayScene(DayScene):
    """A saved plan is applied, killed after a request was carried out, and applied again as it stands.

    `keys` says whether the carrier honours them, `outbox` whether the district still knows on the next
    day what it had sent, `stable` whether a step's key is the same on every date.
    """

    keys = True
    outbox = True
    stable = True
    start = NOW.replace(hour=23)  # its next morning is another date, in Spokane too
    mornings = (10 * HOUR,)

    def found(self, folder: Path) -> None:
        table = SIMULATED if self.keys else f"{SIMULATED}honour_keys = false\n"
        found(folder, carrier=table, numbers=FEW, approved=False)
        with at(folder, self.start) as desk:
            write_plan(desk.day.plan(), folder / "plan.json")

    def act(self, desk) -> None:
        desk.runs.apply(read_plan(self.work / "plan.json"))

    def again(self, desk, number: int):
        self.careless()
        self.act(desk)
        return desk.day.run()

    def later(self) -> dict[str, object]:
        if not self.outbox:
            with closing(sqlite3.connect(self.work / "district.sqlite")) as connection, connection:
                connection.execute("DELETE FROM steps")
        return super().later()

    def careless(self) -> None:
        if not self.stable:
            StepRecord.key = property(lambda record: f"{record.step.id}-{record.attempts[-1]:%Y-%m-%d}")

    def chosen(self, names: list[str]) -> Iterator[int]:
        return (n for n, name in enumerate(names, 1) if name == "stage sent")


class NoKeysScene(ReplayScene):
    keys = False


class NoOutboxScene(ReplayScene):
    outbox = False


class NoKeysNoOutboxScene(ReplayScene):
    keys = outbox = False


class DatedKeysNoOutboxScene(ReplayScene):
    outbox = stable = False


class ForgetfulScene(KajeetScene):
    """At a carrier whose changes show later, the district forgets what it sent before they do."""

    def account(self):
        return peers.KajeetAccount(instant=False)

    def later(self) -> dict[str, object]:
        self.peer.ask("drain")
        with closing(sqlite3.connect(self.work / "district.sqlite")) as connection, connection:
            connection.execute("DELETE FROM steps")
        return survive(lambda: self.morning(0))

    def chosen(self, names: list[str]) -> Iterator[int]:
        return (n for n, name in enumerate(names, 1) if name == "stage sent")
