"""The hotspots desk."""

import pytest

from scld_core.circulation.model import ItemState
from scld_core.errors import BadInput
from support.hotspots import item_id, line, loan
from support.world import World


def returned_and_restored():
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    world.clock.tick(hours=1)
    world.loans.take_back(item_id(0), ItemState.IN_TRANSIT)
    result = world.day().run()
    assert [r.result for r in result.receipts] == ["applied"]
    return world, result


def test_a_restored_device_leaves_only_after_a_passed_service_test():
    """Restored: noted and held; failed: held; passed: free to go, and the note is gone."""
    world, result = returned_and_restored()
    desk, device = world.desk(), world.devices[0]
    assert [n.code for area in result.plan.areas for n in area.notes] == ["service_test_due"]
    assert [r.code for r in desk.may_leave(device).reasons] == ["service_test_due"]
    world.clock.tick(minutes=5)
    desk.record_test(str(device.barcode), passed=False, note="no network")
    assert [r.code for r in desk.may_leave(device).reasons] == ["service_test_failed"]
    (note,) = (note for area in world.day().run(dry_run=True).plan.areas for note in area.notes)
    assert (note.code, "failed" in note.detail, "not tested" in note.detail) == ("service_test_failed", True, False)
    assert "test again" in note.todo
    world.clock.tick(minutes=5)
    desk.record_test(f" {device.barcode} ", passed=True)
    assert desk.may_leave(device).permitted
    assert [n for area in world.day().run().plan.areas for n in area.notes] == []
    kinds = [entry.kind for entry in world.runs().journal()]
    assert kinds.count("hotspots.service_test.kept") == 2


def test_a_device_that_was_never_touched_may_leave():
    """Only a restore calls for a test."""
    world = World(1)
    assert world.desk().may_leave(world.devices[0]).permitted


def test_a_barcode_nobody_has_is_refused_by_name():
    """The desk scans something else."""
    with pytest.raises(BadInput, match="39999000000999: is the barcode of no hotspot"):
        World(1).desk().record_test("39999000000999", passed=True)


def test_the_desk_decides_whether_a_household_may_borrow():
    """By the policy in force now."""
    world = World(1)
    assert not world.desk().may_borrow([loan(1, world.due(3))]).permitted
    assert world.desk().may_borrow([]).permitted


def test_news_from_outside_only_makes_us_read_back():
    """A forged callback names our request: the carrier is asked, and what it shows is what counts."""
    from scld_core.hotspots.account import Fate
    from scld_core.memory.carrier import scripted

    world = World(1)
    world.carrier.fates = scripted(Fate.ACCEPTED)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    reference = world.carrier.pending[0]
    runs = world.runs()
    assert runs.read_back("never heard of") == ()
    assert [r.result for r in runs.read_back(reference)] == ["waiting"]
    world.carrier.settle()
    assert [r.result for r in runs.read_back(reference)] == ["applied"]
    assert runs.read_back(reference) == ()
    assert world.carrier.get(line(0)).state.value == "suspended"


def test_a_plan_of_this_area_alone_can_be_applied():
    """The developer's two lines: plan, apply; a second plan is empty."""
    world = World(2)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    plan = world.desk().plan()
    assert [r.result for r in world.runs().apply(plan)] == ["applied"]
    assert world.desk().plan().steps == ()
