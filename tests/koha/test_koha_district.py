"""A district whose ILS is a Koha: the desk enforces what Koha lets through, and a crash after a write finds it done."""

from datetime import UTC, datetime, timedelta

import pytest
from koha_system import SECRET, filled

from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_core import Options, open_desk
from scld_core.kernel.time import FixedClock
from scld_core.sample.files import SAMPLE_DAY
from scld_core.sample.template import district_toml
from scld_core.wiring.founding import init_district
from support.districts import plugins

NOW = datetime(SAMPLE_DAY.year, SAMPLE_DAY.month, SAMPLE_DAY.day, 16, tzinfo=UTC)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The sample's settings over a Koha on the loopback."""
    monkeypatch.setenv("SCLD_TEST_KOHA", SECRET)
    clock = FixedClock(NOW)
    fake = filled(clock)
    fake.tables.checkouts[1]["due_date"] = fake.tables.local(NOW + timedelta(days=3))
    with FakeServer(fake) as server:
        folder = tmp_path / "district"
        init_district(folder, actor="jdoe", sample=True)
        ils = f'use = "koha"\nurl = "{server.url}"\nuser = "{fake.user}"\npassword = "env:SCLD_TEST_KOHA"\n'
        ils += 'libraries = { cheney = "CH", "north-spokane" = "NS" }\n'
        text = district_toml("Synthetic", sample_day=SAMPLE_DAY).replace('use = "embedded"\n', ils)
        (folder / "district.toml").write_text(text, encoding="utf-8")
        yield folder, fake, server


def opened(folder):
    """The district's desk."""
    return open_desk(folder, actor="sample-associate", options=Options(clock=FixedClock(NOW), registry=plugins()))


def test_the_desk_denies_what_koha_would_take(served):
    """A restricted patron, a card that was reported lost, one that has ended, a title without items: each reason."""
    folder, fake, server = served
    fake.tables.patrons[1].update(restricted=True, patron_card_lost=True, expiry_date="2020-01-01")
    with opened(folder) as desk:
        patron = desk.patrons.get("29082000123450")
        denied = desk.holds.place(patron.id, title="main:3", pickup="cheney")
        codes = {reason.code for reason in denied.decision.reasons}
        assert not denied.done
        assert {"blocked", "title_withdrawn"} <= codes
        assert any("expired" in code for code in codes)
        assert fake.tables.holds == {}
        posted = [r for r in server.requests if r.method == "POST"]
        assert posted == []


def test_a_hold_goes_through_the_outbox_and_comes_back_as_koha_has_it(served):
    """The journal says what was done, and no patron's number is in it."""
    folder, fake, _ = served
    with opened(folder) as desk:
        placed = desk.holds.place(desk.patrons.get("main:1").id, title="main:1", pickup="north-spokane")
        assert placed.done
        assert fake.tables.holds[1]["pickup_library_id"] == "NS"
        moved = desk.holds.change_pickup(placed.value.id, placed.value.pickup.__class__("cheney"))
        assert str(moved.value.pickup) == "cheney"
        with desk.store.transaction() as unit:
            journal = str(list(unit.journal.entries()))
        assert "29082000123450" not in journal


def test_a_lost_answer_is_read_back_and_never_sent_again(served):
    """500 after the hold was placed: done, once."""
    folder, fake, server = served
    server.script(Fault.FAIL_AFTER, only=lambda r: r.method == "POST")
    with opened(folder) as desk:
        placed = desk.holds.place(desk.patrons.get("main:1").id, title="main:1", pickup="cheney")
        assert placed.done
        assert len(fake.tables.holds) == 1
        assert len([r for r in server.requests if r.method == "POST"]) == 1


def test_what_koha_cannot_do_is_told_with_what_to_do(served):
    """A block is refused by name and stays undone."""
    folder, fake, _ = served
    with opened(folder) as desk:
        outcome = desk.patrons.block(desk.patrons.get("main:1").id, "staff")
        assert not outcome.done
        assert not fake.tables.patrons[1]["restricted"]
