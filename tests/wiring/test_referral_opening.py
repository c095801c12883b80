"""`[agency.referrals]` in district.toml: what it needs, each thing that lacks named at its path, and what it opens."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from scld_adapters.agencies.declarations import dialects
from scld_adapters.files.plugin import FILES
from scld_core import Options, codecs, open_desk
from scld_core.errors import PolicyMissing, SettingsError, UnsupportedOperation
from scld_core.fees.model import ChargeKind, ChargeTerms, LegalClass
from scld_core.kernel.capability import Convention, Unsupported
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.memory.notices import MemoryNotices
from scld_core.memory.patrons import MemoryPatrons
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.patrons.person import Patron
from scld_core.plugins import BackendSpec, OpenBackend, Registry, hookimpl
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from scld_core.services.day.publish import publish
from scld_core.settings import read_settings
from support.hotspots import NOW
from support.parts import Nothing, Parts, district, full
from support.referral_district import SETTINGS
from support.told import tell

BACKENDS = '[backends.people]\nuse = "people"\n[backends.gentle]\nuse = "tray"\n'
WHOLE = SETTINGS.replace('ils = "main"', 'ils = "people"').replace('notices = "agency/notices.csv"\n', "")
WHOLE = WHOLE.replace('people = "agency/people.csv"\n', "")
FILED = WHOLE.replace('ils = "people"', 'ils = "people"\nnotices = "agency/notices.csv"')
HEADER = "patron_id,barcodes,balance,flagged,referral_fee,exempt,as_of"
LETTERS = """[backends.letters]
use = "files"
notices = "agency/history-*.csv"
notices_layout = "polaris-history"
notices_assigning = ["bill"]
"""
LIST = "account,patron_id,cardnumber,name,status,listed_on,balance,last_activity,close_reason"


class Tray:
    """A way to the agency that keeps what it is given."""

    def __init__(self):
        self.files = {}

    def deliver(self, parcel, *, key):
        """Keep it."""
        del key
        self.files[parcel.name] = parcel.content
        return Answer(AnswerKind.DONE)

    def delivered(self, parcel):
        """Whether it is kept."""
        return ReadBack.DONE if parcel.name in self.files else ReadBack.NOT_DONE


class ByHand(MemoryPatrons):
    """Patrons that a program may only read."""

    def set_flag(self, patron, flag, *, key):
        """Not here."""
        raise UnsupportedOperation("people", "set_flag", "read only")


class Plugin:
    """An ILS of patrons, accounts and, if it `tells`, notices; and a way to the agency."""

    def __init__(self, clock, *, tells=True, reads=True, by_hand=False):
        self.patrons = ByHand(clock, backend="people") if by_hand else MemoryPatrons(clock, backend="people")
        self.fees = MemoryFees(clock, self.patrons, backend="people")
        self.notices = MemoryNotices(clock, backend="people") if tells else None
        self.tray = Tray()
        self.reads = reads

    @hookimpl
    def scld_declarations(self):
        """All dialects."""
        return dialects()

    @hookimpl
    def scld_backends(self):
        """Two more backends, and a portal whose declaration depends on its settings."""
        ports = full("fees") | (full("patrons") if self.reads else {}) | (full("notices") if self.notices else {})
        opened = OpenBackend(fees=self.fees, patrons=self.patrons if self.reads else None, notices=self.notices)
        told = {"channel.deliver": Convention("worklist"), "channel.delivered": Unsupported("nobody knows")}
        tray = OpenBackend(channel=self.tray)
        return (
            BackendSpec("people", "ils", Nothing, lambda *_: opened, ports),
            FILES,
            BackendSpec("tray", "agency", Nothing, lambda *_: tray, full("channel")),
            BackendSpec("portal", "agency", Nothing, lambda *_: tray, full("channel"), negotiate=lambda _: told),
        )


@pytest.fixture
def opened(tmp_path):
    """Open a district with these lines in district.toml; one patron is due."""
    desks = []

    def make(*lines, **more):
        parts = Parts()
        plugin = Plugin(parts.clock, **more)
        folder = district(tmp_path / "d", inventory=parts.stock(2))
        (folder / "agency").mkdir()
        fill(folder, plugin)
        toml = folder / "district.toml"
        text = toml.read_text(encoding="utf-8")
        auto = text.replace('auto_apply = ["hotspots"]', 'auto_apply = ["hotspots", "agency", "referrals"]')
        toml.write_text("\n".join([auto, BACKENDS, *lines]), encoding="utf-8")
        options = Options(registry=Registry.isolated([parts, plugin]), clock=parts.clock)
        desks.append(open_desk(folder, actor="sample-associate", options=options))
        return desks[-1], plugin

    yield make
    for desk in desks:
        desk.close()


def fill(folder, plugin):
    """Patron 1 owes enough, and was told of it."""
    patron = PatronId("people", "70001")
    plugin.patrons.put(Patron(id=patron, as_of=NOW, birth_date=date(1980, 5, 17), category="adult"))
    at = NOW - timedelta(days=60)
    lost = ChargeTerms(
        kind=ChargeKind.LOST_ITEM, legal_class=LegalClass.REPLACEMENT, amount=Money(6000), assessed_at=at
    )
    plugin.fees.charge(patron, lost, key="desk")
    sent = NOW - timedelta(days=40)
    if plugin.notices is not None:
        told = Notice(NoticeKind.BILL, sent, Channel.MAIL, NoticeResult.SENT, patron, names_assignment=True)
        plugin.notices.record(told)
    (folder / "agency/notices.csv").write_text(
        "patron_id,kind,sent_at,channel,result,names_assignment\n"
        f"{patron.local},bill,{sent.isoformat()},mail,sent,yes\n",
        encoding="utf-8",
    )
    row = f"{patron.local},,60.00,no,0.00,no,{NOW.isoformat()}"
    (folder / "agency/ils-1.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    listed = folder / "agency/list-1.csv"
    listed.write_text(f"{LIST}\n", encoding="utf-8")
    tell(listed, NOW)


def problems(text):
    """What is wrong with these settings."""
    base = '[district]\nname = "d"\ntimezone = "UTC"\nprofile = "spokane-county"\n[backends.main]\nuse = "x"\n'
    with pytest.raises(SettingsError) as caught:
        read_settings(codecs.parse_toml(base + text, where="t"), folder=Path())
    return str(caught.value)


TABLE = '[agency]\nsnapshot = "a.csv"\ninbound = "b.csv"\nils = "main"\nchannel = "main"\n[agency.referrals]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE.replace('ils = "main"\n', "") + 'new = "x"\nupdate = "y"\n', "agency.ils"),
        (TABLE.replace('channel = "main"\n', "") + 'new = "x"\nupdate = "y"\n', "agency.channel"),
        (TABLE + 'update = "y"\n', "agency.referrals.new"),
        (TABLE + 'new = "x"\n', "agency.referrals.update"),
        (TABLE + 'new = "x"\nupdate = "y"\nname = "a b"\n', "agency.referrals.name"),
        (TABLE + 'new = "x"\nupdate = "y"\npeople = "/etc/p.csv"\n', "in the district's folder"),
    ],
)
def test_a_mistake_is_told_at_its_path(text, told):
    """Each thing that the run cannot do without."""
    assert told in problems(text)


def test_without_the_table_there_is_no_such_area(opened):
    """The comparison alone is the agency's part of the day."""
    desk, _ = opened(SETTINGS.split("[agency.referrals]")[0].replace('"main"', '"people"') + policy())
    assert desk.referrals is None
    assert [area.name for area in desk.day.areas if not area.desk] == ["hotspots", "agency"]


def policy():
    """The policy tables of the settings."""
    return "[policy.agency]" + SETTINGS.partition("[policy.agency]")[2]


def test_every_policy_value_must_be_set(opened):
    """What has no source is the district's to decide, and is named before anything is opened."""
    with pytest.raises(PolicyMissing, match=r"agency\.threshold_cents"):
        opened(WHOLE.replace("threshold_cents = 5000\n", ""))


@pytest.mark.parametrize(
    ("change", "more", "told"),
    [
        (('channel = "gentle"', 'channel = "people"'), {}, "agency.channel: people brings no files"),
        (('ils = "people"', 'ils = "people"'), {"reads": False}, "agency.ils: people does not tell"),
        (('ils = "people"', 'ils = "people"'), {"tells": False}, "agency.notices: is not set, and nobody may be"),
        (('"koha-ums-new"', '"koha-ums-gnu"'), {}, "Did you mean 'koha-ums-new'"),
        (('"koha-ums-new"', '"agency-export"'), {}, "agency.referrals.new: agency-export is for files that come"),
        (('"koha-ums-new"', '"koha-ums-update"'), {}, "agency.referrals.update: names its files as new does"),
        (('"koha-ums-new"', '"koha-ums-new"\ncode = "a b"'), {}, "agency.referrals.new"),
        (('"koha-ums-new"', '"mine.toml"'), {}, "mine.toml"),
    ],
    ids=["channel", "ils", "notices", "near", "direction", "one-name", "code", "absent"],
)
def test_what_is_missing_is_named(opened, change, more, told):
    """Before anything is planned, with what to do."""
    assert change[0] in WHOLE
    with pytest.raises(SettingsError) as caught:
        opened(WHOLE.replace(*change), **more)
    assert told in str(caught.value)


@pytest.mark.parametrize("settings", [WHOLE, FILED], ids=["ils", "file"])
def test_notices_of_the_ils_or_of_a_file_are_the_ground(opened, settings):
    """Either way the file goes, with fee, flag and block after its receipt, and nothing is left."""
    desk, plugin = opened(settings, tells=settings is WHOLE)
    result = desk.day.run()
    assert [receipt.result for receipt in result.receipts[-4:]] == ["applied"] * 4
    assert result.residual == 0
    assert b"70001" in plugin.tray.files["ums-new-submissions-2026-03-10.csv"]


def exported(folder, sent, at=NOW):
    """Polaris's record of one bill to patron 70001."""
    path = folder / "agency/history-1.csv"
    path.write_text(
        "PatronId,ItemRecordId,NotificationTypeId,DeliveryOptionId,NoticeDate,Amount,NotificationStatusId\n"
        f"70001,41,11,1,{sent:%Y-%m-%d} 08:00:00,18.9500,15\n",
        encoding="utf-8",
    )
    tell(path, at)


@pytest.mark.parametrize(("days", "goes"), [(40, True), (5, False)])
def test_the_export_of_another_system_is_the_ground(opened, days, goes):
    """A bill in Polaris's own record, 30 days before: the patron is referred; a younger one is none."""
    settings = WHOLE.replace('ils = "people"', 'ils = "people"\nnotices_from = "letters"')
    desk, plugin = opened(LETTERS + settings, tells=False)
    exported(desk.folder, NOW - timedelta(days=days))
    result = desk.day.run()
    files = plugin.tray.files
    assert any(b"70001" in content for content in files.values()) is goes
    assert result.residual == 0
    facts = desk.agency.facts()
    assert [one.rows for one in facts.sources if one.source == "notices of letters"] == [1]
    assert facts.sources[-1].as_of == NOW
    exported(desk.folder, NOW - timedelta(days=90), at=NOW - timedelta(hours=1))
    assert desk.agency.facts().sources[-1].as_of == NOW - timedelta(hours=1)
    assert "NOTICE_MISSING" not in dict(facts.summary.not_made)


def test_what_tells_of_notices_must_tell_of_them(opened):
    """A backend without that port, and a file beside it, are mistakes that are named."""
    with pytest.raises(SettingsError, match=r"agency\.notices_from: gentle does not tell of notices"):
        opened(WHOLE.replace('ils = "people"', 'ils = "people"\nnotices_from = "gentle"'))
    assert "is set beside notices" in problems(
        TABLE.replace("[agency.referrals]", 'notices = "n.csv"\nnotices_from = "main"\n')
    )


def test_a_channel_by_hand_is_known_by_its_declaration(opened):
    """Also where that depends on its settings."""
    desk, _ = opened(WHOLE.replace('channel = "gentle"', 'channel = "far"'), '[backends.far]\nuse = "portal"\n')
    assert desk.referrals.office.by_hand


def test_what_no_program_may_post_is_on_a_worklist(opened):
    """The ILS takes fees and no flag: a person sets it, by patron and referral."""
    desk, _ = opened(WHOLE, by_hand=True)
    result = desk.day.run()
    assert result.residual == 0
    (delivery,) = publish(result, desk).deliveries
    assert delivery.carrier == "the ILS, for referrals"
    text = delivery.files.html.read_text(encoding="utf-8")
    assert "Set the collection flag of referral" in text
    assert "70001" in text
