"""Where the referral run finds who owes, who was told, and names: the newest file, whole and young, or the ILS."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scld_core.agency.outgoing import Outgoing
from scld_core.agency.referrals import sources
from scld_core.agency.referrals.office import Terms
from scld_core.agency.referrals.sources import Debtors, People, noticed_in_file, noticed_in_ils
from scld_core.codecs.tables import read_table
from scld_core.errors import FileRefused, SnapshotRefused, StaleFacts
from scld_core.kernel.money import Money
from scld_core.kernel.time import FixedClock
from scld_core.memory.notices import MemoryNotices
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from support.collection import NOON, POLICY, TODAY
from support.referrals import LIMITS, ZONE, patron_id
from support.told import tell

TERMS = Terms(TODAY, NOON, POLICY, LIMITS)
HEADER = "patron_id,barcodes,balance,flagged,referral_fee,exempt,as_of"


def save(path, *lines, at=NOON):
    """A file of these lines, saved at an instant."""
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    tell(path, at)


def row(patron, balance, *, exempt="no", as_of=NOON):
    """One row of a snapshot."""
    return f"{patron},,{balance},no,0.00,{exempt},{as_of.isoformat()}"


def test_who_owes_enough_is_looked_at_with_what_the_note_says(tmp_path):
    """The threshold counts, a credit and a smaller balance do not; each is named with file and line."""
    save(tmp_path / "ils-1.csv", HEADER, row("p1", "50.00"), row("p2", "49.99"), row("p3", "-60.00"))
    debtors = Debtors(tmp_path, "ils-*.csv", "main")
    assert [one.patron.local for one in debtors.candidates(TERMS)] == ["p1"]
    save(tmp_path / "ils-2.csv", HEADER, row("p4", "90.00", exempt="yes", as_of=NOON + timedelta(seconds=1)))
    assert [(one.patron, one.exempt) for one in debtors.candidates(TERMS)] == [(patron_id(4), True)]
    assert debtors.where("p4") == "ils-2.csv line 2"
    assert debtors.where("p1") == ""


def test_an_old_snapshot_is_no_ground_and_an_empty_one_names_nobody(tmp_path):
    """Older than the limit stops the run; without a row there is nobody to look at."""
    debtors = Debtors(tmp_path, "ils.csv", "main")
    save(tmp_path / "ils.csv", HEADER, row("p1", "50.00", as_of=NOON - timedelta(hours=2)))
    with pytest.raises(StaleFacts, match=r"ils\.csv"):
        debtors.candidates(TERMS)
    save(tmp_path / "ils.csv", HEADER)
    assert debtors.candidates(TERMS) == ()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    """Half of the one and half of the other is neither."""
    save(tmp_path / "people.csv", "patron_id,city", "p1,Nowhere")
    people = People(tmp_path, "people.csv")

    def read_while_somebody_saves(path, *args, **more):
        save(path, "patron_id,city", "p1,Elsewhere", at=NOON + timedelta(seconds=1))
        return read_table(path, *args, **more)

    monkeypatch.setattr(sources, "read_table", read_while_somebody_saves)
    with pytest.raises(FileRefused, match="changed while it was read"):
        people.describe(Outgoing(total_due=Money(1), patron_id="p1"), "p1")


def test_names_are_added_for_whom_the_file_has(tmp_path):
    """The debtor's; one whom the file lacks goes with numbers alone, and a bad row is named by its line."""
    save(tmp_path / "people.csv", "patron_id,surname,city,state,zipcode", "p1,Sample,Nowhere,WA,99001", "p2,,,MA,1234")
    people = People(tmp_path, "people.csv")
    bare = Outgoing(total_due=Money(1), patron_id="p9")
    told = people.describe(bare, "p1")
    assert (told.patron_id, told.surname, told.city, told.firstname) == ("p9", "Sample", "Nowhere", "")
    assert people.describe(bare, "p7") is bare
    with pytest.raises(FileRefused, match=r"people\.csv:3: zipcode"):
        people.describe(bare, "p2")


def notice(number, day, *, names=True):
    """One notice by mail."""
    return Notice(
        NoticeKind.BILL,
        datetime(2026, 4, day, 19, tzinfo=UTC),
        Channel.MAIL,
        NoticeResult.SENT,
        patron_id(number),
        names_assignment=names,
    )


def test_notices_come_from_the_file_or_from_the_ils(tmp_path):
    """Both give the local dates of those that name the assignment; a newer file is read."""
    port = MemoryNotices(FixedClock(NOON), page_size=1)
    for one in (notice(1, 3), notice(1, 1), notice(1, 2, names=False), notice(2, 4)):
        port.record(one)
    look = noticed_in_ils(port, "main", ZONE)()
    assert (look("p1"), look("p3")) == ((date(2026, 4, 1), date(2026, 4, 3)), ())
    header = "patron_id,kind,sent_at,channel,result,names_assignment"
    save(tmp_path / "n.csv", header, "p1,bill,2026-04-01,mail,sent,yes", "p1,bill,2026-04-03,mail,sent,yes")
    from_file = noticed_in_file(tmp_path, "n.csv", "main", ZONE)
    assert from_file()("p1") == look("p1")
    save(tmp_path / "n.csv", header, at=NOON + timedelta(hours=1))
    assert from_file()("p1") == ()


def test_a_list_of_notices_that_breaks_off_stops_the_run():
    """What is missing may be the notice that makes all of it lawful, or the one that came back."""
    port = MemoryNotices(FixedClock(NOON), page_size=1)
    port.record(notice(1, 1))
    port.record(notice(1, 2))
    port.cut_after = 1
    with pytest.raises(SnapshotRefused, match="stopped in the middle"):
        noticed_in_ils(port, "main", ZONE)()("p1")


def test_a_row_has_the_snapshots_cards_where_the_ils_tells_none(tmp_path):
    """The present one first, older ones as such; what the ILS itself said stays, and a stranger gets none."""
    cards = "29999000000018;29999000000026"
    save(tmp_path / "ils.csv", HEADER, f"p1,{cards},50.00,no,0.00,no,{NOON.isoformat()}", row("p2", "50.00"))
    debtors = Debtors(tmp_path, "ils.csv", "main")
    bare = Outgoing(total_due=Money(5000), patron_id="p1", previous_cards=("29999000000018", "29999000000034"))
    told = debtors.carded(bare)
    assert told.cardnumber == "29999000000018"
    assert told.previous_cards == ("29999000000026", "29999000000034")
    known = Outgoing(total_due=Money(5000), patron_id="p1", cardnumber="29999000000042")
    for kept in (known, Outgoing(total_due=Money(5000), patron_id="p2"), Outgoing(total_due=Money(1), patron_id="p9")):
        assert debtors.carded(kept) == kept
