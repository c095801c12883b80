"""What a person records of a file for the agency from the command line; it is what the desk records."""

import pytest

from scld_core.agency.states import ReferralState
from support.hotspots import NOW
from support.referral_district import ReferralDistrict

ANNE = ("--actor", "sample-associate")
TOLD = ("--evidence", "call of Tuesday")


@pytest.fixture
def district(tmp_path):
    """A district that has sent its first file."""
    made = ReferralDistrict.make(tmp_path / "d")
    with made.at(NOW) as desk:
        desk.day.run()
    return made


def book(district):
    """Its referrals and files."""
    with district.at(NOW) as desk:
        return desk.referrals.book()


def kinds(district):
    """What the journal has, the oldest first."""
    with district.at(NOW) as desk, desk.store.transaction() as unit:
        return [entry.kind for entry in unit.journal.entries()]


def test_an_acknowledgement_and_a_sighting_are_kept(scld, district):
    """By the number of the file; the journal has who said so, and the same again changes nothing."""
    (name,) = [batch.name for batch in book(district).batches]
    told = scld("agency", "batch", "ack", district.folder, 1, *TOLD, *ANNE)
    assert (told.code, told.lines) == (0, [f"acknowledged  1  {name}"])
    assert book(district).batches[0].acknowledged
    for word, said in (("--arrived", "arrived"), ("--lost", "lost")):
        told = scld("agency", "batch", "saw", district.folder, 1, word, *TOLD, *ANNE)
        assert told.code == 0, told.err
        assert told.out.startswith(f"{said}  1  {name}")
    assert kinds(district)[-3:] == ["agency.file.acknowledged", "agency.file.arrived", "agency.file.lost"]


def test_a_row_is_refused_or_taken_back_by_its_place(scld, district):
    """Each row is one referral; nothing on the screen says whose."""
    first, second = (line.referral for line in book(district).batches[0].order.lines)
    told = scld("agency", "batch", "reject", district.folder, 1, 2, "--reason", "no address", *TOLD, *ANNE)
    assert (told.code, told.lines) == (0, [f"rejected  {second}"])
    back = ("--ended", "error", "--reason", "it was on the shelf")
    told = scld("agency", "batch", "take-back", district.folder, 1, 1, *back, *TOLD, *ANNE)
    assert (told.code, told.lines) == (0, [f"removed_pending_ack  {first}"])
    again = scld("agency", "batch", "take-back", district.folder, 1, 1, *back, *TOLD, *ANNE)
    assert (again.code, again.lines) == (0, told.lines)
    states = {one.id: one.state for one in book(district).episodes.values()}
    assert states == {first: ReferralState.REMOVED_PENDING_ACK, second: ReferralState.REJECTED}


def test_the_agencys_own_end_of_a_row_is_written_down(scld, district):
    """It needs no answer of ours."""
    gone = ("--ended", "uncollectable", "--reason", "moved away")
    told = scld("agency", "batch", "closed", district.folder, 1, 2, *gone, *TOLD, *ANNE)
    assert told.code == 0, told.err
    second = book(district).batches[0].order.lines[1].referral
    assert told.lines == [f"closed  {second}"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ack", 7), "file 7: was never made for gentle"),
        (("reject", 1, 1, 3, "--reason", "x"), "file 1: has no row 3; it has 2"),
        (("take-back", 1, 1, "--ended", "gone"), "'gone' is none. Choose one of paid"),
        (("closed", 1, 1, "--ended", "gone"), "'gone' is none. Choose one of paid"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_is_recorded(scld, district, arguments, told):
    """Before the first of several rows is touched."""
    before = kinds(district)
    verb, *rest = arguments
    found = scld("agency", "batch", verb, district.folder, *rest, *TOLD, *ANNE)
    assert found.code == 2
    assert told in " ".join(found.err.split())
    assert kinds(district) == before


def test_a_district_without_a_referral_run_says_so(scld, sample):
    """With the key that would set it up."""
    told = scld("agency", "batch", "ack", sample, 1, *TOLD, *ANNE)
    assert told.code == 2
    assert "[agency.referrals]" in told.err
