"""The referral run: killed between file, delivery, receipt, fee, flag and block; and between zero, file and receipt."""

import itertools
import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from scenes import HOUR, DayScene

from scld_adapters.agencies.drop.backend import DropChannel
from scld_adapters.sql.fees import EmbeddedFees
from scld_core.kernel.time import FixedClock
from scld_core.runs.model import Answer, AnswerKind
from support.districts import told
from support.failpoints import Points
from support.hotspots import NOW
from support.referral_district import ReferralDistrict

DAY = timedelta(days=1)


class ReferralScene(DayScene):
    """One patron is referred by a drop folder, and the ILS is the district's own."""

    @property
    def district(self) -> ReferralDistrict:
        """The one being worked on."""
        return ReferralDistrict(self.work, numbers=(1,))

    def found(self, folder: Path) -> None:
        ReferralDistrict.make(folder, numbers=(1,))

    def watch(self, points: Points, desk) -> None:
        del desk
        points.watch_store()
        for name in ("fsync", "link"):  # the file, its name, and the folder that holds the name
            setattr(os, name, points.around(f"channel {name}", getattr(os, name)))

    def facts(self, desk) -> dict[str, object]:
        """How all stands."""
        return {**self.district.facts(desk), "sent": self.sent()}

    def morning(self, number: int) -> dict[str, object]:
        with self.opened(FixedClock(self.start + self.mornings[number])) as desk:
            then = self.facts(desk)
            ran = told(desk, self.again(desk, number))
            return {**ran, "then": then, "now": self.facts(desk)}

    def sent(self) -> dict[str, object]:
        """The fingerprint and the rows of each file that is at the agency."""
        files = self.district.sent().items()
        return {name: [sha256(content).hexdigest(), content.decode().splitlines()[1:]] for name, content in files}

    def ledger(self) -> dict[str, object]:
        return {}


class ZeroScene(ReferralScene):
    """The patron has paid: the block is lifted, an update tells the zero, its receipt ends the referral."""

    start = NOW + DAY

    def found(self, folder: Path) -> None:
        district = ReferralDistrict.make(folder, numbers=(1,))
        with district.at(NOW) as desk:
            desk.day.run()
        district.pay(1, NOW + HOUR)
        district.morning(self.start)


BETWEEN = ("stage sent", "stage settled", "channel link before", "channel link after")
"""After each effect and before its receipt, after that; and around the instant at which a file is there."""


class Between:
    """Killed there alone; every other moment is for the night."""

    def chosen(self, names: list[str]) -> Iterator[int]:
        """Their numbers."""
        return (n for n, name in enumerate(names, 1) if name in BETWEEN)


class ReferralBetweenScene(Between, ReferralScene):
    """A patron is referred."""


class ZeroBetweenScene(Between, ZeroScene):
    """A zero is told."""


class ManyKeysScene(ReferralScene):
    """A control: each attempt at a fee has a key of its own."""

    def careless(self) -> None:
        real, number = EmbeddedFees.charge, itertools.count()
        EmbeddedFees.charge = lambda ledger, patron, terms, *, key: real(
            ledger, patron, terms, key=f"{key}-{next(number)}-{self.start}"
        )

    def chosen(self, names: list[str]) -> Iterator[int]:
        """After the ILS had the fee, and before its receipt."""
        yield [n for n, name in enumerate(names, 1) if name == "stage sent"][1]


class SwallowedScene(ManyKeysScene):
    """A control: a channel that says done whatever becomes of the file, as one that only logs its failures."""

    def careless(self) -> None:
        DropChannel.deliver = lambda channel, parcel, *, key: Answer(AnswerKind.DONE)
