"""`[agency]` in district.toml: what it may say, which parts it names, and that without it nothing is different."""

from pathlib import Path

import pytest
from attrs import evolve

from scld_adapters.agencies.declarations import dialects
from scld_core import Options, codecs, open_desk
from scld_core.agency.model import Basis
from scld_core.errors import BadInput, PolicyMissing, SettingsError
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.plugins import BackendSpec, OpenBackend, Registry, hookimpl
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from scld_core.sample.agency import write_agency
from scld_core.sample.template import AGENCY_VALUES
from scld_core.services.day.publish import publish
from scld_core.settings import read_settings
from support.hotspots import NOW
from support.parts import Nothing, Parts, district, full

POLICY = "\n".join(
    f"[policy.{table}]\n" + "\n".join(f"{key} = {value}" for of, key, value, _ in AGENCY_VALUES if of == table)
    for table in ("agency", "agency_day")
)
TABLE = '[agency]\nsnapshot = "agency/ils*.csv"\ninbound = "agency/inbound*.csv"\n'


class Tray:
    """A way to the agency that keeps what it is given."""

    def deliver(self, parcel, *, key):
        """Keep it."""
        del parcel, key
        return Answer(AnswerKind.DONE)

    def delivered(self, parcel):
        """Nobody knows."""
        del parcel
        return ReadBack.UNKNOWN


class Plugin:
    """The canonical dialects, a second ILS that takes flags and fees, and a way to the agency."""

    def __init__(self, clock):
        self.patrons = MemoryPatrons(clock, backend="people")
        self.fees = MemoryFees(clock, self.patrons, backend="people")

    @hookimpl
    def scld_declarations(self):
        """All dialects."""
        return dialects()

    @hookimpl
    def scld_backends(self):
        """Two more backends."""
        people = full("patrons") | full("fees")
        return (
            BackendSpec("people", "ils", Nothing, lambda *_: OpenBackend(patrons=self.patrons, fees=self.fees), people),
            BackendSpec("tray", "agency", Nothing, lambda *_: OpenBackend(channel=Tray()), full("channel")),
        )


@pytest.fixture
def opened(tmp_path):
    """Open a district of no hotspots to speak of with these lines in district.toml."""
    desks = []

    def make(*lines, files=True):
        parts = Parts()
        folder = district(
            tmp_path / "d",
            ('auto_apply = ["hotspots"]', 'auto_apply = ["hotspots", "agency"]'),
            inventory=parts.stock(2),
        )
        if files:
            write_agency(folder, NOW)
        toml = folder / "district.toml"
        toml.write_text("\n".join([toml.read_text(encoding="utf-8"), *lines]), encoding="utf-8")
        options = Options(registry=Registry.isolated([parts, Plugin(parts.clock)]), clock=parts.clock)
        desks.append(open_desk(folder, actor="sample-associate", options=options))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


def problems(text):
    """What is wrong with these settings."""
    base = '[district]\nname = "d"\ntimezone = "UTC"\nprofile = "spokane-county"\n[backends.main]\nuse = "x"\n'
    with pytest.raises(SettingsError) as caught:
        read_settings(codecs.parse_toml(base + text, where="t"), folder=Path())
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[agency]\nsnapshot = "a.csv"\n', "nothing to compare"),
        ('[agency]\nsnapshot = "a.csv"\nsent = "b.csv"\n', "agency.sent_dialect"),
        ('[agency]\nsnapshot = "a.csv"\ninbond = "b.csv"\n', "inbound"),
        ('[agency]\ninbound = "b.csv"\n', "agency.snapshot"),
        ('[agency]\nsnapshot = "/etc/a.csv"\ninbound = "b.csv"\n', "agency.snapshot"),
        ('[agency]\nsnapshot = "../a.csv"\ninbound = "b.csv"\n', "in the district's folder"),
        ('[agency]\nsnapshot = "a.csv"\ninbound = "b.csv"\nils = "mian"\n', "Did you mean 'main'"),
        ('[agency]\nsnapshot = "a.csv"\ninbound = "b.csv"\nchannel = "zzz"\n', r"Name one of \[backends\]"),
    ],
)
def test_a_mistake_is_told_at_its_path(text, told):
    """Every key of the table that cannot be used, with what to do."""
    assert told.replace("\\", "") in problems(text)


def test_without_the_table_there_is_no_such_area(opened):
    """The day has hotspots alone, the desk no agency, and the report no section of it."""
    desk = opened(files=False)
    assert desk.agency is None
    result = desk.day.run()
    assert [area.area for area in result.plan.areas] == ["hotspots"]
    assert "Collection agency" not in publish(result, desk).report.read_text(encoding="utf-8")


def test_with_the_table_its_limits_must_be_set(opened):
    """A limit without a sourced value is the district's to decide, and is named."""
    with pytest.raises(PolicyMissing, match=r"agency_day\.max_fact_age_minutes"):
        opened(TABLE)


def test_the_own_list_is_compared_by_the_districts_terms(opened):
    """The fee of district.toml counts, before what a profile says; the report has a section."""
    desk = opened(TABLE, POLICY)
    facts = desk.agency.facts()
    assert facts.summary.basis is Basis.RECONCILED
    assert "FEE_MISSING" in {kind.value for kind in facts.counts}
    result = desk.day.run()
    assert result.residual == 0
    published = publish(result, desk)
    assert "Collection agency" in published.report.read_text(encoding="utf-8")
    assert [delivery.carrier for delivery in published.deliveries] == ["the collection agency", "the ILS"]


def test_a_sent_file_alone_is_drift(opened):
    """Without a list of the agency the section says so; a layout of one's own lies in the folder."""
    table = '[agency]\nsnapshot = "agency/ils.csv"\nsent = "agency/last-sync.csv"\nsent_dialect = "koha-ums-sync"\n'
    desk = opened(table, POLICY)
    result = desk.day.run()
    text = publish(result, desk).report.read_text(encoding="utf-8")
    assert "the drift since last-sync.csv" in text


def test_a_dialect_of_ones_own_is_a_file_in_the_folder(opened):
    """It is read when the files are: one that is not there stops the run and not the desk."""
    desk = opened(TABLE + 'dialect = "map.toml"\n', POLICY)
    with pytest.raises(BadInput, match=r"map\.toml"):
        desk.agency.facts()


def test_an_ils_that_can_be_written_is_posted_to(opened):
    """Named under ils, its ports do the ILS's side; one that takes neither flags nor fees is refused."""
    desk = opened('[backends.people]\nuse = "people"\n', TABLE + 'ils = "people"\n', POLICY)
    ils = desk.agency.systems.ils
    assert ils.name == "people"
    assert ils.patrons is not None
    assert ils.fees is not None


def test_an_ils_that_takes_nothing_is_refused(opened):
    """A carrier, or an ILS with loans alone."""
    with pytest.raises(SettingsError, match="takes neither flags nor fees"):
        opened(TABLE + 'ils = "main"\n', POLICY)


def test_a_channel_must_be_one(opened):
    """A way to the agency is accepted, and a backend that brings no files is not."""
    tray = '[backends.tray]\nuse = "tray"\n'
    assert opened(tray, TABLE + 'channel = "tray"\n', POLICY).agency is not None
    with pytest.raises(SettingsError, match="brings no files"):
        opened(tray, TABLE + 'channel = "main"\n', POLICY)


def test_a_run_whose_files_went_meanwhile_has_no_section(opened):
    """The report is written all the same."""
    desk = opened(TABLE, POLICY)
    result = desk.day.run()
    (desk.folder / "agency/inbound.csv").unlink()
    assert "Collection agency" not in publish(result, desk).report.read_text(encoding="utf-8")


def test_the_headline_of_a_run_that_was_not_verified_claims_nothing(opened):
    """Where the run could not look again, the section counts no difference."""
    desk = opened(TABLE, POLICY)
    result = evolve(desk.day.run(), verification=None)
    text = publish(result, desk).report.read_text(encoding="utf-8")
    assert "Collection agency" in text
    assert "Differences that nothing accounts for" not in text
