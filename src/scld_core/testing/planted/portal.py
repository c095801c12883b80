"""Portals whose file of requests is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve

from scld_core.hotspots.model import BulkFile, BulkRow
from scld_core.testing.harness import CarrierBench, Harness, World
from scld_core.testing.planted.carrier_base import Spoilt, bug
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import lines_harness

__all__ = ["BUGS", "MEMORY_BULK"]


class Portal(Spoilt):
    """The reference carrier with a right file of requests."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """Device, SIM and action of each row."""
        text = "".join(f'="{row.line.imei}",="{row.line.iccid}",{row.action}\n' for row in rows)
        return BulkFile("requests.csv", text.encode(), now + timedelta(days=1))


def _portal(world: World) -> CarrierBench:
    return Portal(world).bench()


MEMORY_BULK: Harness[CarrierBench] = lines_harness(_portal, "memory with bulk files")
"""The reference of bulk files."""


class DropsRows(Portal):
    """Stops after so many rows as the portal can show."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """The first rows."""
        return super().bulk_file(rows[:25], now)


class DamagedNumbers(Portal):
    """Writes numbers as a spreadsheet writes them."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """With an exponent."""
        text = "".join(f"{float(row.line.imei.digits):.5E},{float(row.line.iccid.digits):.5E}\n" for row in rows)
        return evolve(super().bulk_file(rows, now), content=text.encode())


class ExpiredAtOnce(Portal):
    """Makes files that may not be used any more."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """Until now."""
        return evolve(super().bulk_file(rows, now), expires=now)


class NamedElsewhere(Portal):
    """Gives its file a name that leads out of the folder."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """Up and away."""
        return evolve(super().bulk_file(rows, now), name="../requests.csv")


class NeverTheSame(Portal):
    """Puts a number that counts up into every file."""

    made = 0

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """Another file each time."""
        NeverTheSame.made += 1
        found = super().bulk_file(rows, now)
        return evolve(found, content=found.content + f"# file {self.made}\n".encode())


_DAMAGE = "spreadsheet damage and e-mailed IMEI lists (hotspots study C1, C2)"
_STALE = "carrier's list is stale, no daily reconcile (hotspots study C6)"

BUGS: tuple[Planted, ...] = (
    bug(DropsRows, "bulk file cut after what the portal shows", source=_DAMAGE, caught_by="names-every-line"),
    bug(DamagedNumbers, "bulk file with damaged numbers", source=_DAMAGE, caught_by="names-every-line"),
    bug(ExpiredAtOnce, "bulk file that has expired", source=_STALE, caught_by="expires"),
    bug(NamedElsewhere, "bulk file outside its folder", source=_STALE, caught_by="plain-name"),
    bug(NeverTheSame, "bulk file that is never the same", source=_STALE, caught_by="again-equal"),
)
"""In the order of the checks."""
