"""The timeline that answers "I never got a notice", and the dates that eligibility rests on."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import MASK, masked
from scld_core.kernel.time import FixedClock
from scld_core.memory.notices import MemoryNotices
from scld_core.notices import Channel, Gap, NoticeKind, NoticeResult, assignment_notices, explain_notices
from scld_core.notices import report as wording
from scld_core.notices.report import timeline_section
from scld_core.reporting.model import Personal
from support.notices import ANN, BOB, BOOK, DAY, DISC, ZONE, notice, notices

records = st.lists(notices, max_size=8)


@given(records, st.randoms(use_true_random=False))
def test_a_timeline_has_every_notice_of_the_patron_once_in_any_order(record, random):
    """Nothing is lost, nothing is somebody else's, and shuffling or doubling the record changes nothing."""
    timeline = explain_notices(record, ANN)
    assert {entry.notice for entry in timeline.entries} == {n for n in record if n.patron == ANN}
    shuffled = record * 2
    random.shuffle(shuffled)
    assert explain_notices(shuffled, ANN) == timeline
    times = [entry.notice.sent_at for entry in timeline.entries]
    assert times == sorted(times)


@given(records)
def test_asking_for_an_item_keeps_what_names_no_item(record):
    """A combined notice may have covered the item, so it stays and is marked."""
    timeline = explain_notices(record, ANN, BOOK)
    assert {e.notice for e in timeline.entries} == {n for n in record if n.patron == ANN and n.item in (BOOK, None)}
    assert all((e.about_item is None) == (e.notice.item is None) for e in timeline.entries)


@given(records)
def test_every_notice_that_did_not_surely_arrive_has_a_gap_or_a_successor(record):
    """A failed notice is closed only by a later one of the same kind and item that left."""
    for entry in explain_notices(record, ANN).entries:
        failed = entry.notice
        later = [
            n
            for n in record
            if n.patron == ANN and n.sent_at >= failed.sent_at and (n.kind, n.item) == (failed.kind, failed.item)
            if n.result.left and (n.names_assignment or not failed.names_assignment)
        ]
        expected = {
            NoticeResult.SENT: None,
            NoticeResult.DELIVERED: None,
            NoticeResult.PENDING: Gap.UNCONFIRMED,
            NoticeResult.UNKNOWN: Gap.UNCONFIRMED,
            NoticeResult.FAILED: None if later else Gap.UNDELIVERED,
            NoticeResult.NO_ADDRESS: None if later else Gap.NO_ADDRESS,
        }
        assert entry.gap is expected[failed.result]


def test_silence_is_said_and_dated():
    """No notice at all is a gap of its own, and the record's own beginning is given."""
    timeline = explain_notices([notice(3, patron=BOB)], ANN, DISC)
    assert timeline.gaps == (Gap.NOTHING_KNOWN, Gap.NO_ASSIGNMENT_NOTICE)
    assert timeline.record_begins == DAY + timedelta(days=3)
    assert explain_notices([], ANN).record_begins is None


def test_a_bounced_letter_that_names_the_agency_is_no_notice_of_it():
    """Only one that left closes the gap; a plain bill does not make good for it."""
    bounced = notice(0, NoticeResult.FAILED, assigning=True)
    assert explain_notices([bounced, notice(1)], ANN).gaps == (Gap.NO_ASSIGNMENT_NOTICE,)
    assert [e.gap for e in explain_notices([bounced, notice(1)], ANN).entries] == [Gap.UNDELIVERED, None]
    mended = explain_notices([bounced, notice(1, assigning=True)], ANN)
    assert mended.gaps == ()
    assert [e.gap for e in mended.entries] == [None, None]
    assert len(mended.left) == 1


def test_the_section_has_a_word_for_everything():
    """Each kind, channel, result and gap can be printed."""
    assert set(wording.KINDS) == set(NoticeKind)
    assert set(wording.CHANNELS) == set(Channel)
    assert set(wording.RESULTS) == set(NoticeResult)
    assert set(wording.GAPS) == set(Gap)


@given(records)
def test_the_section_shows_every_entry_and_names_nobody(record):
    """One row for each notice, every item masked, no patron's number."""
    timeline = explain_notices(record, ANN, BOOK)
    section = timeline_section(timeline, zone=ZONE)
    assert len(section.tables[0].rows) == len(timeline.entries)
    assert all(row[2] is None or isinstance(row[2], Personal) for row in section.tables[0].rows)
    assert ANN.local not in repr(section)
    assert BOOK.local not in repr(section)


def test_the_remarks_say_what_is_open_and_what_was_asked():
    """A person reads the gap, the missing item, the amount and the system's own word."""
    odd = notice(0, NoticeResult.UNKNOWN, item=None, amount=Money(1250), note="result '99'")
    row = timeline_section(explain_notices([odd], ANN, BOOK), zone=ZONE).tables[0].rows[0]
    assert row[6] == (
        "The record does not say whether it left. Names no item; it may have covered this one. "
        "It asked for 12.50. In the system's own words: result '99'."
    )
    assert timeline_section(explain_notices([], ANN), zone=ZONE).intro.startswith("The record is empty")


def test_a_notice_and_its_timeline_hide_the_person():
    """Neither the repr nor the masked copy shows a patron's number or an item."""
    timeline = explain_notices([notice()], ANN, BOOK)
    for text in (repr(timeline), str(masked(timeline))):
        assert ANN.local not in text
        assert BOOK.local not in text
        assert MASK in text


@given(records)
def test_evidence_is_what_names_the_assignment_and_left(record):
    """The look-up agrees with the record read by hand, for known and unknown patrons."""
    look_up = assignment_notices(iter(record), zone=ZONE)
    for patron in (ANN, BOB, PatronId("main", "nobody")):
        by_hand = {
            n.sent_at.astimezone(ZONE).date()
            for n in record
            if n.patron == patron
            if n.names_assignment and n.result in (NoticeResult.SENT, NoticeResult.DELIVERED)
        }
        assert look_up(patron.local) == tuple(sorted(by_hand))


def test_the_date_of_evidence_is_the_district_s():
    """A notice at eleven at night in Spokane is of that day, although it is the next one in UTC."""
    late = notice(assigning=True)
    late = type(late)(
        late.kind, datetime(2026, 3, 3, 7, 0, tzinfo=UTC), late.channel, late.result, ANN, names_assignment=True
    )
    assert assignment_notices([late], zone=ZONE)("1001") == (date(2026, 3, 2),)


def test_two_notices_of_one_day_are_one_date():
    """What eligibility asks for is the day."""
    look_up = assignment_notices([notice(assigning=True), notice(assigning=True, item=DISC)], zone=ZONE)
    assert look_up("1001") == (date(2026, 3, 2),)


@given(records, st.integers(0, 3), st.integers(1, 3))
def test_the_reference_record_gives_what_it_was_given(record, days, size):
    """Both reads page through exactly the notices asked for, oldest first."""
    port = MemoryNotices(FixedClock(DAY), page_size=size)
    for one in record:
        port.record(one)
    since = DAY + timedelta(days=days)
    for pages, wanted in (
        (port.iter_notices(ANN), [n for n in record if n.patron == ANN]),
        (port.iter_sent(since), [n for n in record if n.sent_at >= since]),
    ):
        read = list(pages)
        rows = [row for page in read for row in page.rows]
        assert sorted(map(repr, rows)) == sorted(map(repr, wanted))
        assert [row.sent_at for row in rows] == sorted(row.sent_at for row in rows)
        assert [page.last for page in read] == [False] * (len(read) - 1) + [True]
        assert {page.total for page in read} == {len(wanted)}


def test_the_reference_record_refuses_a_stranger_and_can_break_off():
    """A patron of another system is refused; a cut list lacks its last page."""
    port = MemoryNotices(FixedClock(DAY), page_size=1)
    with pytest.raises(InvalidValue, match="must belong to main"):
        port.record(notice(patron=PatronId("other", "1")))
    port.record(notice())
    port.record(notice(1))
    port.cut_after = 1
    assert [page.last for page in port.iter_notices(ANN)] == [False]


def test_what_a_backend_answers_can_be_checked_against_the_question():
    """The port's declarations recognise rows that nobody asked for."""
    from scld_core.kernel.capability import operations
    from scld_core.notices import Notices

    found = operations(Notices)
    assert list(found) == ["iter_notices", "iter_sent"]
    assert found["iter_notices"].about("main", ANN)(notice())
    assert not found["iter_notices"].about("main", BOB)(notice())
    assert found["iter_sent"].about("main", DAY)(notice())
    assert not found["iter_sent"].about("main", DAY + timedelta(days=1))(notice())
    assert not found["iter_sent"].about("other", DAY)(notice())
