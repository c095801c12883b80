"""Carriers behind real HTTP, killed at socket calls or at random moments."""

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from signal import SIGKILL

from scenes import HOUR, DayScene, Walking

from scld_adapters._shared._httpx import HttpxSend
from support import peers
from support.districts import (
    FEW,
    damage,
    found,
)
from support.failpoints import Points
from support.forks import Child, survive

AUTHORITIES = ssl.create_default_context()  # reading them takes longer than a case; every child has its parent's
LATE = (HOUR, 50 * HOUR, 51 * HOUR)  # a lost request is given up after the pending limit of 48 hours


class KajeetScene(DayScene):
    """The morning run against Kajeet behind real HTTP, killed at its socket calls."""

    def __init__(self, folder: Path) -> None:
        os.environ.update(peers.SECRETS)
        self.peer = peers.Peer(self.account)
        super().__init__(folder)

    def close(self) -> None:
        self.peer.close()

    def account(self):
        """A new account at the carrier."""
        return peers.KajeetAccount(instant=True)

    def found(self, folder: Path) -> None:
        found(folder, carrier=self.account().table.format(url=self.peer.url), numbers=FEW, approved=False)

    @contextmanager
    def opened(self, clock, **more: object):
        with HttpxSend(verify=AUTHORITIES) as send, super().opened(clock, transports={"carrier": send}, **more) as desk:
            yield desk

    def watch(self, points: Points, desk) -> None:
        del desk
        points.watch_sockets()

    def fresh(self) -> None:
        super().fresh()
        self.peer.ask("reset")

    def later(self) -> dict[str, object]:
        facts: dict[str, object] = {}
        for number in range(len(self.mornings)):
            self.peer.ask("drain")
            self.peer.ask("pass_time", (self.start + self.mornings[number]).isoformat())
            facts = survive(lambda: self.morning(number))  # noqa: B023 - called at once
        return facts

    def ledger(self) -> dict[str, object]:
        return self.peer.ask("facts")

    def chosen(self, names: list[str]) -> Iterator[int]:
        return (n for n, name in enumerate(names, 1) if name.startswith("socket"))


class KajeetLaterScene(KajeetScene):
    """The same where a change shows only some time after it was taken."""

    mornings = LATE

    def account(self):
        return peers.KajeetAccount(instant=False)


class ThingSpaceScene(KajeetScene):
    """The same at ThingSpace, where a request is carried out after it was accepted."""

    mornings = LATE

    def account(self):
        return peers.ThingSpaceAccount(shows_pending=True)


class ThingSpaceSilentScene(ThingSpaceScene):
    """The same where the list of lines does not name what is under way."""

    def account(self):
        return peers.ThingSpaceAccount(shows_pending=False)


class RandomScene(KajeetLaterScene):
    """Killed at random moments, up to three times in a row; the seeds are the cases' numbers."""

    longest = 0.25  # seconds, about as long as a run that nothing kills

    def names(self) -> list[str]:
        return [f"seed {n + 1}" for n in range(int(os.environ.get("SCLD_KILLS", "400")))]

    def chosen(self, names: list[str]) -> Iterator[int]:
        yield from range(1, len(names) + 1)

    def case(self, deadly: int) -> dict[str, object]:
        dice = Random(deadly)
        self.fresh()
        for _ in range(dice.randint(1, 3)):
            child = Child(self._whole)
            time.sleep(dice.uniform(0, self.longest))
            os.kill(child.pid, SIGKILL)
            child.wait()
            self.peer.ask("drain")
        return {"killed": True, **self.later(), **self.ledger(), "damage": damage(self.work)}

    def _whole(self) -> None:
        with self.opened(Walking(self.start, self.step)) as desk:
            self.act(desk)
