"""A carrier whose file cannot be used is that carrier's trouble alone."""

import pytest
from attrs import evolve

from scld_core.errors import FileRefused
from scld_core.hotspots.model import ServiceState
from scld_core.memory.carrier import MemoryCarrier
from support.hotspots import item_id, line
from support.world import World


class Spoilt(MemoryCarrier):
    """A portal whose saved export has lost its header."""

    spoilt = True

    def iter_lines(self):
        """The refusal of the whole file, as long as nobody saves it anew."""
        if self.spoilt:
            raise FileRefused("exports/lines.csv", "has no column 'status'", "Save the portal's export again")
        return super().iter_lines()


def two_carriers():
    """Device 0 at a carrier in order, device 1 at a portal with a spoilt export; both overdue."""
    world = World(2)
    portal = Spoilt(world.clock)
    portal.add(line(1))
    world.devices = (world.devices[0], evolve(world.devices[1], carrier="portal"))
    world.systems = evolve(world.systems, carriers={"carrier": world.carrier, "portal": portal})
    for number in range(2):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    return world, portal


def test_a_refused_export_leaves_its_own_devices_alone_and_the_others_are_done():
    """The other carrier's line is suspended; the file is named with its remedy, and the run says trouble."""
    world, portal = two_carriers()
    result = world.day().run()
    assert [(r.subject, r.result) for r in result.receipts] == [("main:i0", "applied")]
    (down,) = [e for e in result.plan.exceptions if e.code == "carrier_down"]
    assert (down.subject, down.detail) == (
        "portal",
        "exports/lines.csv: has no column 'status'. Save the portal's export again",
    )
    assert (result.trouble, result.unverified, result.residual) == (True, "", 0)
    assert portal.get(line(1)).state is ServiceState.ACTIVE


def test_where_every_carrier_s_file_is_refused_nothing_is_planned():
    """With nothing to go on with, the file is the person's to mend first: refused by name."""
    world, _ = two_carriers()
    spoilt = Spoilt(world.clock)
    world.systems = evolve(world.systems, carriers={"carrier": spoilt, "portal": spoilt})
    with pytest.raises(FileRefused, match="has no column 'status'"):
        world.day().run()
    assert world.carrier.effects == ()


def test_once_the_file_is_mended_the_rest_is_done():
    """The next run does what was left."""
    world, portal = two_carriers()
    world.day().run()
    portal.spoilt = False
    world.clock.tick(minutes=5)
    result = world.day().run()
    assert [(r.subject, r.result) for r in result.receipts] == [("main:i1", "applied")]
    assert not result.trouble
