"""The same district by its commands, as a person types them, on a practice day that stands still."""

from datetime import timedelta

import pytest
from e2e_district import MONDAY, Portal, tick, tick_all
from typer.testing import CliRunner

from scld_core.cli._typer import app

DEVICES = dict.fromkeys(range(6), "carrier")


def scld(*words):
    """Type a command: the exit code, and all that is printed."""
    ended = CliRunner().invoke(app, [str(word) for word in words])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.output


@pytest.fixture
def town(found):
    """A practice district: 0 overdue, 1 came back suspended."""
    town = found({"carrier": Portal.TABLE}, DEVICES)
    practice = f"[district]\nsample = true\ntoday = {MONDAY.isoformat()}\n"
    town.edit(lambda text: text.replace("[district]\n", practice))
    town.lend(0, MONDAY - timedelta(days=6))
    town.extract()
    portal = Portal(town, DEVICES)
    portal.words[1] = "Suspended"
    portal.export()
    return town


def test_a_day_its_ticks_and_its_undo_from_the_keyboard(town):
    """day, confirm, undo: each prints what was done and names every file that a person needs next."""
    where = town.folder
    assert scld("day", where, "--dry-run", "--actor", "anne")[0] == 0
    code, printed = scld("day", where, "--strict", "--actor", "anne")
    assert code == 3
    lists = sorted(path.name for path in (where / "worklists").iterdir())
    assert all(name in printed.replace("\n", "") for name in lists)
    csv = next((where / "worklists").glob("worklist-*.csv"))
    code, printed = scld("confirm", where, tick(csv, {}, other=("x", "")), "--actor", "anne")
    assert (code, "tick 'rechecked'" in printed) == (2, True)
    assert scld("confirm", where, tick_all(csv), "--actor", "anne")[0] == 0
    code, printed = scld("undo", where, "2026-10-05-1", "--actor", "bert")
    assert code == 0
    (new,) = {path.name for path in (where / "worklists").glob("worklist-*.csv")} - {csv.name}
    assert new in printed
    assert new.startswith("worklist-2026-10-05-2-")
    assert scld("doctor", where)[0] == 0


def test_undoing_what_still_waits_is_refused_with_what_to_do(town):
    """Exit 2, and the sentence says that the rows of the worklist are to be left."""
    scld("day", town.folder, "--actor", "anne")
    code, printed = scld("undo", town.folder, "2026-10-05-1", "--actor", "anne")
    assert code == 2
    assert "2 of its steps still wait" in printed
    assert "Leave their rows of the worklist" in printed


def test_what_was_taken_back_is_printed(town):
    """The row whose reason has gone is named on the screen, since yesterday's paper still has it."""
    scld("day", town.folder, "--actor", "anne")
    town.put(0)
    town.extract(town.clock.now() - timedelta(minutes=5))
    code, printed = scld("day", town.folder, "--actor", "anne")
    assert code == 0
    assert "Suspend 39999000000008 (cheney): the item is now returned" in printed.replace("\n", " ")


def test_an_undo_names_what_it_did_not_take_back(town):
    """One of two rows was ticked: it is undone, and the other is named as still waiting."""
    scld("day", town.folder, "--actor", "anne")
    csv = next((town.folder / "worklists").glob("worklist-*.csv"))
    scld("confirm", town.folder, tick(csv, {town.record("suspend", 0).step.id: ("x", "x")}), "--actor", "anne")
    code, printed = scld("undo", town.folder, "2026-10-05-1", "--actor", "anne")
    told = printed.replace("\n", " ")
    assert code == 0
    assert "Restore 39999000000008 (cheney)" in told
    assert "hotspots.restore 39999000000016 (cheney): it still waits and was not done" in told
