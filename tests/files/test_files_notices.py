"""The port `Notices` over files: the layout that is set, the newest file, and the age that it tells."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scld_adapters.files.plugin import FILES
from scld_adapters.files.settings import LAYOUTS, FilesConfig
from scld_core import codecs
from scld_core.errors import FileRefused, InvalidValue, SettingsError, SnapshotRefused
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.time import EPOCH, FixedClock
from scld_core.notices import NoticeKind, assignment_notices, explain_notices, recorded
from scld_core.plugins import BackendContext, open_backend
from support.told import tell

AT = datetime(2026, 3, 10, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
HEADER = "patron_id,item,kind,sent_at,channel,result,names_assignment"
POLARIS = "PatronId,ItemRecordId,NotificationTypeId,DeliveryOptionId,NoticeDate,Amount,NotificationStatusId"
LOG = "PatronID,NotificationTypeID,NotificationDateTime,DeliveryOptionID,NotificationStatusID"


def save(path, *lines, at=AT):
    """An export that was made at an instant; the disk says that it is of 1970."""
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    os.utime(path, (1, 1))
    if at:
        tell(path, at)


def port(folder, **config):
    """The opened port."""
    context = BackendContext("letters", FixedClock(AT), folder, lambda ref: "", timezone=ZONE.key)
    return open_backend(FILES, FilesConfig(notices="notices*.csv", **config), context).notices


def local(text):
    """A notice in words."""
    return [(n.kind.value, n.channel.value, n.names_assignment, n.sent_at.isoformat()) for n in text]


@pytest.mark.parametrize(
    ("layout", "lines", "assigns"),
    [
        ("notices", (HEADER, "7,41,bill,2026-02-04T08:00:00-08:00,mail,sent,yes"), ()),
        ("polaris-history", (POLARIS, "7,41,11,1,2026-02-04 08:00:00,18.9500,15"), (NoticeKind.BILL,)),
        ("polaris-log", (LOG, "7,11,2026-02-04 08:00:00,1,15"), (NoticeKind.BILL,)),
    ],
)
def test_each_layout_is_read_as_it_is_set(tmp_path, layout, lines, assigns):
    """The same letter in each of them is the same evidence, and the same timeline."""
    save(tmp_path / "notices.csv", *lines)
    notices = port(tmp_path, notices_layout=layout, notices_assigning=assigns)
    (page,) = notices.iter_notices(PatronId("letters", "7"))
    assert (local(page.rows), page.as_of) == ([("bill", "mail", True, "2026-02-04T16:00:00+00:00")], AT)
    sent = list(recorded(notices.iter_sent(EPOCH), "letters"))
    assert [str(day) for day in assignment_notices(sent, zone=ZONE)("7")] == ["2026-02-04"]
    timeline = explain_notices(sent, PatronId("letters", "7"), ItemId("letters", "41"))
    assert (len(timeline.left), timeline.gaps) == (1, ())


def test_every_layout_that_may_be_set_is_there():
    """The setting names the layouts of the package, and no other."""
    from scld_adapters.files.polaris_notices import layouts

    assert tuple(layout.name for layout in layouts()) == LAYOUTS
    with pytest.raises(InvalidValue, match="must be one of notices, polaris-history, polaris-log"):
        FilesConfig(notices="n.csv", notices_layout="polaris")


def test_the_newest_counts_and_is_read_again_when_it_changes(tmp_path):
    """By what tells its time; unusable rows come with every page."""
    save(tmp_path / "notices-b.csv", HEADER, "7,,bill,2026-02-04,mail,sent,yes")
    save(tmp_path / "notices-a.csv", HEADER, "7,,hold,2026-02-05,mail,sent,no", at=AT + timedelta(hours=1))
    notices = port(tmp_path)
    assert [n.kind.value for page in notices.iter_sent(EPOCH) for n in page.rows] == ["hold"]
    save(tmp_path / "notices-b.csv", HEADER, "7,,fine,2026-02-04,mail,sent,yes", ",,x,,,,", at=AT + timedelta(hours=2))
    (page,) = notices.iter_sent(EPOCH)
    assert ([n.kind.value for n in page.rows], page.total, page.quarantined[0].line) == (["fine"], 2, 3)
    (nobody,) = notices.iter_notices(PatronId("letters", "8"))
    assert (nobody.rows, nobody.last) == ((), True)


def test_a_record_that_tells_no_time_is_of_its_last_notice(tmp_path):
    """It was true then at the least; with no notice at all it has no age and is refused."""
    save(tmp_path / "notices.csv", HEADER, "7,,bill,2026-02-04T08:00:00-08:00,mail,sent,yes", at=None)
    (page,) = port(tmp_path).iter_sent(EPOCH)
    assert page.as_of.isoformat() == "2026-02-04T16:00:00+00:00"
    save(tmp_path / "notices.csv", HEADER, at=None)
    with pytest.raises(FileRefused, match="does not say when it was made"):
        list(port(tmp_path).iter_sent(EPOCH))


def test_a_file_that_goes_or_changes_while_it_is_read_is_refused(tmp_path):
    """Half of one export and half of the next is none."""
    from scld_adapters.files.notices import FileNotices
    from scld_core.notices import read_notices

    path = tmp_path / "notices.csv"
    save(path, HEADER)

    def read(path: Path):
        found = read_notices(path, backend="letters", zone=ZONE)
        save(path, HEADER, "7,,bill,2026-02-04,mail,sent,yes")
        return found

    with pytest.raises(FileRefused, match="has changed while it was read"):
        next(FileNotices(lambda: (path,), read, ZONE).iter_sent(EPOCH))
    with pytest.raises(FileRefused, match="cannot be read"):
        next(FileNotices(lambda: (tmp_path / "gone.csv",), read, ZONE).iter_sent(EPOCH))


def test_a_port_is_there_when_its_file_is_named(tmp_path):
    """Notices alone need no extract of loans; nothing named at all is a mistake."""
    context = BackendContext("letters", FixedClock(AT), tmp_path, lambda ref: "", timezone=ZONE.key)
    opened = open_backend(FILES, FilesConfig(notices="n.csv"), context)
    assert (opened.loans, opened.fees, opened.notices is None) == (None, None, False)
    assert open_backend(FILES, FilesConfig("loans.csv"), context).notices is None
    with pytest.raises(SettingsError, match="must name the extract"):
        codecs.structure(FilesConfig, {}, where="backends.letters")


def test_a_list_that_breaks_off_is_no_record():
    """What is missing may be anything."""
    with pytest.raises(SnapshotRefused, match="notices of letters stopped in the middle"):
        list(recorded((), "letters"))
