"""Opening a district: what is joined, what is refused and how, and that nothing stays open after a failure."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import frozen

import scld_adapters.plugin
from scld_core import Options, open_desk
from scld_core.circulation.model import ItemState
from scld_core.errors import AdapterBug, BadInput, InvalidValue, PolicyMissing, SettingsError, Unavailable
from scld_core.kernel.time import EPOCH, FixedClock, SystemClock
from scld_core.memory.carrier import MemoryCarrier
from scld_core.plugins import BackendSpec, OpenBackend, Registry, SecretRef, Veto, hookimpl
from scld_core.runs.people import Confirmation
from scld_core.runs.read_only import ReadOnlyStore
from scld_core.sample.files import SAMPLE_DAY, STALE_EXTRACT
from scld_core.sample.template import district_toml
from scld_core.wiring.founding import make_sample
from scld_core.wiring.opening import Opening, district_clock
from support.clock import Ticking
from support.districts import plugins
from support.hotspots import NOW, device, item_id, line
from support.parts import MAIN, OUR_CARRIER, OUR_MAIN, OUR_STORE, Parts, district, full, install


class Listener:
    """A plugin that hears of everything and forbids what touches one subject."""

    def __init__(self, forbidden=""):
        self.forbidden = forbidden
        self.noticed = []
        self.done = []

    @hookimpl
    def scld_before_write(self, notice):
        """Forbid one subject."""
        self.noticed.append(notice)
        return Veto("the line is being moved") if notice.subject == self.forbidden else None

    @hookimpl
    def scld_operation_done(self, event):
        """Note it."""
        self.done.append(event)


@pytest.fixture(scope="module")
def sample(made_sample, tmp_path_factory):
    """A sample district in a folder, which no test changes."""
    return Path(shutil.copytree(made_sample, tmp_path_factory.mktemp("opening") / "sample"))


def opened(folder, parts, **more):
    """The district over these parts."""
    return open_desk(folder, actor="anne", options=Options(registry=Registry.isolated([parts]), **more))


def test_the_sample_opens_in_memory_and_its_folder_goes_with_it():
    """`sample=True` needs no folder and no plugin; after closing, which may be done twice, nothing is left."""
    with open_desk(sample=True, actor="sample-supervisor") as desk:
        folder = desk.folder
        assert (folder / "hotspots.csv").exists()
        assert desk.actor.roles == ("supervisor",)
        assert [line.plugin for line in desk.registry.report.lines] == ["built-in"]
        assert desk.day.run().residual == 0
        assert desk.day.run().plan.steps == ()
    assert not folder.exists()
    desk.close()


def test_no_folder_and_no_sample_is_refused():
    """There is no default district."""
    with pytest.raises(BadInput, match="needs the district's folder, or sample=True"):
        open_desk(actor="anne")


@pytest.mark.parametrize("as_toml", [False, True])
def test_a_folder_and_its_settings_file_open_the_same_district(sample, as_toml):
    """A district is named by its folder or by its district.toml, as a path or as text."""
    with open_desk(str(sample / "district.toml") if as_toml else sample, actor="anne") as desk:
        assert desk.folder == sample
        assert desk.day.business_day == SAMPLE_DAY
        assert set(desk.backends) == {"main", "carrier"}
        assert desk.actor.roles == ()
        assert len(desk.hotspots.devices()) == 36


def test_a_closed_desk_may_be_closed_again(sample):
    """Closing twice does nothing the second time; the parts are closed once."""
    desk = open_desk(sample, actor="anne", options=Options(registry=plugins()))
    desk.close()
    desk.close()


def test_the_clock_is_the_callers_or_a_fixed_morning_or_the_machines(sample):
    """`clock` goes before `day`, `day` before the settings' own date; without any it is the machine's."""
    settings = Opening.of(sample, Options(registry=plugins())).settings
    clock = Ticking(NOW)
    assert district_clock(settings, Options(clock=clock, day=date(2026, 3, 12))) is clock
    morning = datetime(2026, 3, 12, 15, tzinfo=UTC)
    assert district_clock(settings, Options(day=date(2026, 3, 12))) == FixedClock(morning)
    assert district_clock(settings, Options()) == FixedClock(NOW)


def test_a_district_without_a_date_of_its_own_stands_at_the_machines_time(tmp_path):
    """No `today`, no `day`, no clock: the desk lives in the present."""
    folder = district(tmp_path / "d", ("sample = true\ntoday = 2026-03-10", ""))
    assert isinstance(Opening.of(folder, Options(registry=Registry.isolated())).clock, SystemClock)


REAL = ("sample = true\ntoday = 2026-03-10", "")
"""What makes the district no sample."""


def _acts(desk):
    """Everything that acts, by name."""
    plan = desk.day.plan()
    asked = next(row.step for row in plan.waiting if row.on == "approval")
    rows = [Confirmation(asked, done=True, rechecked=True)]
    return {
        "day": desk.day.run,
        "apply": lambda: desk.runs.apply(plan),
        "apply only": lambda: desk.runs.apply(plan, only=[plan.steps[0].id]),
        "undo": lambda: desk.runs.undo("2026-03-10-1"),
        "confirm": lambda: desk.runs.confirm(rows, source="list.csv"),
        "approve": lambda: desk.runs.approve([asked], reason="seen"),
        "read back": lambda: desk.runs.read_back("r1"),
        "service test": lambda: desk.hotspots.record_test(str(device(0).barcode), passed=True),
        "one step": lambda: desk.day.engine.execute(plan.steps[0], "run"),
    }


STANDS = {
    "--date": ((REAL,), {"day": SAMPLE_DAY}),
    "district.today": ((("sample = true\n", ""),), {}),
    "clock": ((REAL,), {"clock": FixedClock(NOW)}),
}
"""How a clock may come to stand still: where it was said, the cuts of district.toml, the options."""


def remembered(store):
    """All that a store knows."""
    with store.transaction() as unit:
        return unit.steps.history("hotspots", EPOCH), unit.journal.entries(), list(unit.records("runs").items())


def stocked(folder, parts, *cuts):
    """A district of three devices, the last of them withdrawn, with its step that waits for approval."""
    inventory = parts.stock(3)
    parts.loans.lend(item_id(0), due_at=NOW - timedelta(days=9))
    parts.loans.say(item_id(2), ItemState.WITHDRAWN)
    made = district(folder, *cuts, ("_fraction = 0.5", "_fraction = 1.0"), inventory=inventory)
    with opened(made, parts, clock=parts.clock) as desk:
        step = next(step for step in desk.day.plan().steps if step.needs_approval)
        desk.day.engine.execute(step, "asked")
    return made


@pytest.mark.parametrize("where", list(STANDS))
def test_where_the_clock_stands_still_a_real_district_may_only_be_looked_at(tmp_path, where):
    """Today's date or another one: facts would look younger than they are, so each act is refused; a look is not."""
    cuts, options = STANDS[where]
    parts = Parts()
    folder = stocked(tmp_path / "d", parts, *cuts)
    before = (parts.lines.effects, remembered(parts.store))
    options = Options(registry=Registry.isolated([parts]), **options)
    with open_desk(folder, actor="sample-supervisor", options=options) as desk:
        assert desk.day.run(dry_run=True).plan.steps
        for name, act in _acts(desk).items():
            with pytest.raises(BadInput, match=rf"^{where}: stops the clock.*--dry-run"):
                pytest.fail(f"{name}: {act()}")
    assert (parts.lines.effects, remembered(parts.store)) == before


def test_a_sample_may_stand_still_and_a_moving_clock_may_act(tmp_path, sample):
    """Nothing of a sample is real; a caller's clock that moves is the present."""
    with open_desk(sample, actor="anne", options=Options(registry=plugins(), clock=FixedClock(NOW))) as desk:
        assert not isinstance(desk.store, ReadOnlyStore)
    parts = Parts()
    folder = stocked(tmp_path / "d", parts, REAL)
    with opened(folder, parts, clock=parts.clock) as desk:
        assert desk.store is parts.store
        assert {r.result for r in desk.day.run().receipts} == {"applied"}


def test_an_extract_is_read_in_place_of_the_ils_and_its_words_hold(tmp_path):
    """`extract` replaces any ILS; what a `files` backend says of its own words still counts."""
    folder = tmp_path / "d"
    make_sample(folder, actor="anne")
    extract = folder / STALE_EXTRACT
    options = Options(extract=extract, registry=plugins())
    with open_desk(folder, actor="anne", options=options) as desk:
        assert not desk.hotspots.systems.loans.live
        page = next(iter(desk.hotspots.systems.loans.iter_items([d.item for d in desk.hotspots.devices()])))
        assert page.as_of == NOW - timedelta(days=3)
    toml = folder / "district.toml"
    own = '[backends.main]\nuse = "files"\npath = "none.csv"\nwords = { "Display case" = "missing" }\n'
    toml.write_text(toml.read_text(encoding="utf-8").replace(MAIN, own), encoding="utf-8")
    with open_desk(folder, actor="anne", options=options) as desk:
        items = [device.item for device in desk.hotspots.devices()]
        states = [row.state.value for page in desk.hotspots.systems.loans.iter_items(items) for row in page.rows]
    assert "unknown_word" not in states


@pytest.mark.parametrize(
    ("cuts", "said"),
    [
        ([(OUR_MAIN, ""), (OUR_CARRIER, "")], "needs exactly one ILS and has 0"),
        ([(OUR_MAIN, OUR_MAIN + OUR_MAIN.replace("main", "second"))], "needs exactly one ILS and has 2"),
    ],
)
def test_one_ils_it_must_be(tmp_path, cuts, said):
    """No ILS and two of them are refused, and what was opened before is closed."""
    parts = Parts()
    with pytest.raises(SettingsError, match=said):
        opened(district(tmp_path / "d", *cuts), parts)
    assert parts.opened["store"] == 1
    assert parts.left_open == set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (OUR_MAIN, OUR_MAIN.replace("shelf", "shelff"), "ils 'shelff': .*did you mean 'shelf'"),
        (OUR_CARRIER, OUR_CARRIER.replace("radio", "radioo"), "carrier 'radioo': .*did you mean 'radio'"),
        (OUR_STORE, OUR_STORE.replace("kept", "keptt"), "store 'keptt': .*did you mean 'kept'"),
    ],
)
def test_an_unknown_backend_is_refused_with_the_nearest_name(tmp_path, old, new, said):
    """A slip in `use` names the kind, the word and the nearest one that is installed."""
    parts = Parts()
    with pytest.raises(BadInput, match=said):
        opened(district(tmp_path / "d", (old, new)), parts)
    assert parts.left_open == set()


def test_an_unknown_instance_is_refused_with_those_there_are(tmp_path):
    """Asked for a backend that district.toml does not have, the opening names the ones it has."""
    opening = Opening.of(district(tmp_path / "d"), Options(registry=Registry.isolated([Parts()])))
    with pytest.raises(SettingsError, match=r"backends\.ils: is not set\. There are: main, carrier"):
        opening.backend("ils", None, None)


def test_an_unknown_key_of_a_backends_table_is_refused_at_its_path(tmp_path):
    """The backend's own table is checked by its own class, and the path is in the text."""
    with pytest.raises(SettingsError, match=r"backends\.carrier\.page_sise"):
        opened(district(tmp_path / "d", (OUR_CARRIER, OUR_CARRIER + "page_sise = 3\n")), Parts())


def test_an_ils_that_cannot_be_opened_leaves_nothing_open(tmp_path):
    """Whatever it raises at open, the store is closed again: without an ILS there is nothing to do."""
    parts = Parts(breaks=["main"])
    with pytest.raises(AdapterBug, match="main"):
        opened(district(tmp_path / "d"), parts)
    assert parts.opened["store"] == 1
    assert parts.left_open == set()


@frozen
class Token:
    """The table of a carrier that needs a secret."""

    token: SecretRef


class Secretive:
    """A plugin with a carrier that takes its secret at open, and lets a missing one through as it is."""

    @hookimpl
    def scld_backends(self):
        """One carrier, over a line account of its own."""

        def opens(config, context):
            context.secret(config.token)
            return OpenBackend(lines=MemoryCarrier(context.clock))

        return [BackendSpec("secretive", "carrier", Token, opens, full("lines"))]


SECRETIVE = '[backends.second]\nuse = "secretive"\ntoken = "env:SCLD_TEST_TOKEN"\n'


def test_a_carrier_without_its_secret_is_down_and_the_others_go_on(tmp_path, monkeypatch):
    """Its hotspots are left alone and the secret is named; the other carrier's are done, and nothing stays open."""
    monkeypatch.delenv("SCLD_TEST_TOKEN", raising=False)
    parts = Parts()
    inventory = parts.stock(2).replace(",,carrier,", ",,second,", 1)
    for number in range(2):
        parts.loans.lend(item_id(number), due_at=NOW - timedelta(days=9))
    folder = district(tmp_path / "d", (OUR_CARRIER, OUR_CARRIER + "\n" + SECRETIVE), inventory=inventory)
    options = Options(registry=Registry.isolated([parts, Secretive()]), clock=parts.clock)
    with open_desk(folder, actor="anne", options=options) as desk:
        result = desk.day.run()
        down = desk.backends["second"].lines
    assert [(r.subject, r.result) for r in result.receipts] == [("main:i1", "applied")]
    (row,) = [e for e in result.plan.exceptions if e.code == "carrier_down"]
    assert row.subject == "second"
    assert "could not be opened: env:SCLD_TEST_TOKEN: the secret is missing" in row.detail
    assert (result.trouble, result.residual) == (True, 0)
    assert parts.left_open == set()
    for call in (
        lambda: down.get(line(0)),
        lambda: down.suspend(line(0), key="k"),
        lambda: down.restore(line(0), key="k"),
        lambda: down.terminate(line(0), key="k"),
        lambda: down.request_state("r"),
        down.iter_lines,
    ):
        with pytest.raises(Unavailable, match=r"^second\.\w+: could not be opened: "):
            call()


def test_a_carrier_that_breaks_at_open_is_down(tmp_path):
    """Whatever it raises: the district opens, and the day says which carrier and why."""
    parts = Parts(breaks=["carrier"])
    inventory = parts.stock(1)
    with opened(district(tmp_path / "d", inventory=inventory), parts, clock=parts.clock) as desk:
        result = desk.day.run()
    assert [(e.code, e.subject) for e in result.plan.exceptions] == [("carrier_down", "carrier")]
    assert "OSError" in result.plan.exceptions[0].detail
    assert parts.left_open == set()


def test_a_slip_in_a_carriers_table_still_stops_the_opening(tmp_path):
    """What a person mistyped in district.toml is no outage: refused at its path."""
    folder = district(tmp_path / "d", (OUR_CARRIER, OUR_CARRIER + "\n" + SECRETIVE.replace("token", "tokken")))
    with pytest.raises(SettingsError, match=r"backends\.second\.tokken"):
        open_desk(folder, actor="anne", options=Options(registry=Registry.isolated([Parts(), Secretive()])))


def test_a_store_that_opens_nothing_is_the_adapters_bug(tmp_path):
    """A store backend without a store is named, and what it did open is closed."""
    parts = Parts(bare=True)
    with pytest.raises(AdapterBug, match="kept opened no store"):
        opened(district(tmp_path / "d"), parts)
    assert parts.left_open == set()


def test_a_failure_while_joining_closes_what_was_opened(tmp_path):
    """Even the last step, here an actor without a name, leaves nothing open."""
    parts = Parts()
    with pytest.raises(InvalidValue):
        open_desk(district(tmp_path / "d"), actor="", options=Options(registry=Registry.isolated([parts])))
    assert set(parts.opened) == {"store", "main", "carrier"}
    assert parts.left_open == set()


def test_a_missing_policy_value_stops_before_anything_is_opened(tmp_path):
    """PolicyMissing names every value that is not set; no backend has been touched."""
    parts = Parts()
    folder = district(tmp_path / "d", ("grace_days = 2", "# grace_days = 2"), ("per_household = 1", ""))
    with pytest.raises(PolicyMissing) as refusal:
        opened(folder, parts)
    assert set(refusal.value.keys) == {"hotspots.grace_days", "hotspots.per_household"}
    assert parts.opened == {}


def test_a_policy_key_nobody_knows_stops_the_opening(tmp_path):
    """A misspelt key under [policy] is an error with the nearest one, never ignored."""
    with pytest.raises(SettingsError, match=r"Did you mean 'hotspots\.grace_days'"):
        opened(district(tmp_path / "d", ("[policy.hotspots]", "[policy.hotspots]\ngrace_dayss = 3")), Parts())


def test_without_an_inventory_the_desk_opens_and_says_what_to_set(tmp_path):
    """A district that has not named its inventory can be opened; only who needs it is told."""
    cuts = ('[hotspots]\ninventory = "hotspots.csv"\n', "")
    with (
        opened(district(tmp_path / "d", cuts), Parts()) as desk,
        pytest.raises(SettingsError, match=r"hotspots\.inventory: is not set"),
    ):
        desk.hotspots.devices()


def test_a_transport_and_secrets_reach_the_backend_that_asked(tmp_path, monkeypatch):
    """A backend's context carries its own transport, the zone, and secrets by reference."""
    monkeypatch.setenv("SCLD_TEST_OPENING", "hush")
    client = object()
    options = Options(registry=Registry.isolated([Parts()]), transports={"carrier": client})
    opening = Opening.of(district(tmp_path / "d"), options)
    carrier, main = opening.context("carrier"), opening.context("main")
    assert (carrier.transport, main.transport) == (client, None)
    assert carrier.timezone == "America/Los_Angeles"
    assert carrier.secret(SecretRef("env:SCLD_TEST_OPENING")) == "hush"
    assert "hush" not in repr(carrier)


def test_plugins_hear_of_every_step_and_may_forbid_one():
    """A vetoed step is not sent and says who forbade it; a listener hears of all that were done."""
    listener = Listener("main:i1002")
    registry = Registry.isolated([scld_adapters.plugin, listener])
    with open_desk(sample=True, actor="anne", options=Options(registry=registry)) as desk:
        result = desk.day.run()
        stopped = [r for r in result.receipts if r.subject == "main:i1002"]
        assert [(r.result, r.detail) for r in stopped] == [("vetoed", "the line is being moved (Listener)")]
        applied = {r.step for r in result.receipts if r.result == "applied"}
        assert applied
        assert applied <= {event.step for event in listener.done} <= {r.step for r in result.receipts}
        assert {event.result for event in listener.done if event.step in applied} == {"applied"}
        assert {(n.actor.id, n.run, n.area) for n in listener.noticed} == {("anne", result.run, "hotspots")}
    assert result.trouble


def _allowing(folder, names):
    return district(folder, ("[roles]", f"[plugins]\nallow = [{names}]\n\n[roles]"))


def test_a_plugin_named_in_the_settings_that_is_absent_stops_the_opening(tmp_path):
    """A district that names a plugin does not run without it."""
    with pytest.raises(SettingsError, match=r"plugins\.allow: cannot be used: brake: absent"):
        Opening.of(_allowing(tmp_path / "d", '"scld", "brake"'), Options())


def test_a_veto_plugin_that_fails_to_load_is_not_ignored(tmp_path, monkeypatch):
    """Named in `allow` and broken, a plugin stops the opening with its own fault; unnamed, it is only reported."""
    install(tmp_path / "site", "broken-brake", 'raise RuntimeError("no licence")')
    monkeypatch.syspath_prepend(tmp_path / "site")
    with pytest.raises(SettingsError, match=r"broken_brake .*failed.*no licence"):
        Opening.of(_allowing(tmp_path / "d", '"scld", "broken-brake"'), Options())
    opening = Opening.of(_allowing(tmp_path / "e", '"scld"'), Options())
    assert [line.plugin for line in opening.registry.report.faulty] == []
    assert Opening.of(district(tmp_path / "f"), Options()).registry.report.faulty


def test_allowed_plugins_that_are_all_there_open_the_district(tmp_path):
    """With everything the settings name in place, opening goes on as usual."""
    (tmp_path / "d").mkdir()
    toml = district_toml("Synthetic", sample_day=SAMPLE_DAY)
    path = tmp_path / "d" / "district.toml"
    path.write_text(toml.replace("[roles]", '[plugins]\nallow = ["scld"]\n\n[roles]'), encoding="utf-8")
    opening = Opening.of(path, Options())
    assert opening.registry.backend("store", "sqlite").name == "sqlite"


def test_an_area_that_is_none_is_refused(tmp_path):
    """`auto_apply` names areas; a typo there would hold every step in silence."""
    from scld_core.errors import SettingsError
    from scld_core.wiring import open_desk
    from scld_core.wiring.founding import make_sample

    make_sample(tmp_path / "s", actor="anne")
    toml = tmp_path / "s" / "district.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('["hotspots"', '["hotspot"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="'hotspot' is no area"):
        open_desk(tmp_path / "s", actor="anne")
