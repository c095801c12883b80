"""Notices out of files: the canonical columns and the layouts of Polaris."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.files.polaris_notices import POLARIS_HISTORY, POLARIS_LOG, layouts
from scld_core.codecs.tables import write_csv
from scld_core.errors import FileRefused
from scld_core.kernel.money import Money
from scld_core.notices import CANONICAL, Channel, NoticeKind, NoticeResult, assignment_notices, read_notices
from scld_core.notices.files import COLUMNS
from support.notices import ZONE, notices

HEADER = "patron_id,item,kind,sent_at,channel,result,names_assignment"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("notices")


def read(folder, text, **more):
    path = folder / "notices.csv"
    path.write_text(text, encoding="utf-8")
    file = read_notices(path, backend="main", zone=ZONE, **more)
    return list(file.rows), file


def row_of(one):
    return {
        "patron_id": one.patron.local,
        "item": one.item.local if one.item else "",
        "kind": one.kind.value,
        "sent_at": one.sent_at.isoformat(),
        "channel": one.channel.value,
        "result": one.result.value,
        "names_assignment": "yes" if one.names_assignment else "no",
        "amount": str(one.amount or ""),
        "template": one.template,
    }


@given(st.lists(notices, max_size=6))
def test_what_is_written_in_the_canonical_columns_is_read_back(folder, record):
    """A round trip of any record, in the file's order."""
    path = folder / "round.csv"
    path.write_bytes(write_csv(map(row_of, record), COLUMNS))
    file = read_notices(path, backend="main", zone=ZONE)
    assert list(file.rows) == record
    assert file.quarantined == []


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",b7,bill,2026-03-02,mail,sent,yes", "patron_id: must be printable text"),
        ("1.0E+3,b7,bill,2026-03-02,mail,sent,yes", "patron_id: spreadsheet damage"),
        ("1001,2.1234E+13,bill,2026-03-02,mail,sent,yes", "item: spreadsheet damage"),
        ("1001,b7,bill,,mail,sent,yes", "sent_at: must be ISO 8601"),
        ("1001,b7,bill,2026-02-30,mail,sent,yes", "sent_at: must be ISO 8601"),
        ("1001,b7,bill,0001-01-01T00:00:00+14:00,mail,sent,yes", "sent_at: must be ISO 8601"),
        ("1001,b7,bill,2026-03-02T08:00:00,mail,sent,yes", "sent_at: must be ISO 8601"),
        ("1001,b7,bill,03/02/2026,mail,sent,yes", "sent_at: must be ISO 8601"),
        ("1001,b7,bill,2026-03-02,mail,sent,perhaps", "names_assignment: must be yes or no"),
        ("1001,b7,bill,2026-03-02,mail,sent", "has 6 cells where the header has 7"),
    ],
)
def test_a_row_without_whom_or_when_is_quarantined_with_its_line(folder, cells, reason):
    """The other rows are used, and every row is one or the other."""
    good = "1001,b7,bill,2026-03-02,mail,sent,yes"
    rows, file = read(folder, f"{HEADER}\n{good}\n{cells}\n{good}\n")
    assert len(rows) == 2
    (unusable,) = file.quarantined
    assert unusable.line == 3
    assert reason in unusable.reason
    assert "1001" not in str(unusable)


def test_a_word_that_nobody_translated_keeps_the_row(folder):
    """A timeline must not lose a notice because of a word; the word itself is kept."""
    (only,), file = read(folder, f"{HEADER}\n1001,,letter 4,2026-03-02,pigeon,,\n")
    assert (only.kind, only.channel, only.result) == (NoticeKind.OTHER, Channel.OTHER, NoticeResult.UNKNOWN)
    assert only.note == "kind 'letter 4'; channel 'pigeon'; no result"
    assert not only.is_evidence
    assert file.quarantined == []


def test_a_bare_date_is_a_day_of_the_district(folder):
    """The look-up gives that very day back."""
    rows, _ = read(folder, f"{HEADER}\n1001,,bill,2026-03-02,mail,sent,TRUE\n")
    assert assignment_notices(rows, zone=ZONE)("1001") == (date(2026, 3, 2),)


def test_a_kind_names_the_assignment_only_when_the_district_says_so(folder):
    """Where the file is silent the declaration holds, and without one there is no evidence."""
    text = f"{HEADER}\n1001,b7,bill,2026-03-02,mail,sent,\n1001,b7,bill,2026-03-03,mail,sent,no\n"
    assert [n.names_assignment for n in read(folder, text)[0]] == [False, False]
    assert [n.names_assignment for n in read(folder, text, assigning={NoticeKind.BILL})[0]] == [True, False]


def test_a_file_without_the_columns_is_refused(folder):
    """The refusal names the missing column and the nearest header."""
    with pytest.raises(FileRefused, match="patron_id"):
        read(folder, "patron,item,kind,sent_at,channel,result\n1,2,bill,2026-03-02,mail,sent\n")


HISTORY = """\
PatronId,ItemRecordId,TxnId,NotificationTypeId,ReportingOrgId,DeliveryOptionId,NoticeDate,Amount,NotificationStatusId,Title
1001,7001,1,13,3,1,2026-01-05 08:00:00.000,.0000,15,A made-up title
1001,7001,2,11,3,2,2026-02-05 08:00:00,18.9500,13,A made-up title
1001,7001,3,11,3,1,2026-02-06 08:00:00.123,18.9500,15,A made-up title
1001,7001,4,99,3,7,2026-02-07 08:00:00,18.9550,17,A made-up title
"""


def test_a_polaris_history_is_read_by_its_layout(folder):
    """Numbers become words, local times instants, titles are dropped; the odd rows are said."""
    rows, file = read(folder, HISTORY, layout=POLARIS_HISTORY, assigning={NoticeKind.BILL})
    assert [(n.kind, n.channel, n.result, n.amount) for n in rows] == [
        (NoticeKind.OVERDUE_3, Channel.MAIL, NoticeResult.SENT, Money(0)),
        (NoticeKind.BILL, Channel.EMAIL, NoticeResult.FAILED, Money(1895)),
        (NoticeKind.BILL, Channel.MAIL, NoticeResult.SENT, Money(1895)),
    ]
    assert rows[1].sent_at.astimezone(ZONE).isoformat() == "2026-02-05T08:00:00-08:00"
    assert [unusable.line for unusable in file.quarantined] == [5]
    assert "made-up" not in repr(rows) + repr(file.quarantined)
    assert assignment_notices(rows, zone=ZONE)("1001") == (date(2026, 2, 6),)


def test_a_polaris_log_names_no_item(folder):
    """A row of the log is a contact, whose items are only counted."""
    text = (
        "PatronID,NotificationDateTime,NotificationTypeID,DeliveryOptionID,DeliveryString,OverduesCount,"
        "NotificationStatusID\n1001,2026-02-05 08:00:00,1,3,555-0100,2,1\n1001,Feb 5,1,3,555-0100,2,1\n"
    )
    (only,), file = read(folder, text, layout=POLARIS_LOG)
    assert (only.item, only.kind, only.channel) == (None, NoticeKind.OVERDUE, Channel.PHONE)
    assert only.result is NoticeResult.DELIVERED
    assert "must be written as %Y-%m-%d" in file.quarantined[0].reason
    assert "555" not in repr(only)


def test_every_layout_says_how_far_it_was_checked():
    """Nobody takes an unverified layout for a tried one."""
    assert layouts() == (CANONICAL, POLARIS_HISTORY, POLARIS_LOG)
    assert all(layout.source.startswith("unverified") for layout in layouts()[1:])
    assert CANONICAL.columns == {}


def test_a_night_of_the_clock_change_keeps_its_date(folder):
    """Local times inside the autumn hour are read as the earlier one, on the same day."""
    text = HISTORY.splitlines()[0] + "\n1001,7001,1,13,3,1,2026-11-01 01:30:00,,15,x\n"
    (only,), _ = read(folder, text, layout=POLARIS_HISTORY)
    assert only.sent_at == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
