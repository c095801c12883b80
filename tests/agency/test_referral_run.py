"""The referral run from selection to the agency's word: files, receipts, and what follows at the patron."""

import hashlib
from datetime import timedelta

import pytest
from attrs import evolve, fields

from scld_core import codecs
from scld_core.agency.eligibility import HoldCause
from scld_core.agency.manifest import Manifest
from scld_core.agency.referrals.batch import SendOrder
from scld_core.agency.referrals.desk import referrals_area
from scld_core.agency.referrals.facts import Reader
from scld_core.agency.referrals.office import Candidate, Office
from scld_core.agency.referrals.records import content_of
from scld_core.agency.states import ReferralState, Resolution
from scld_core.errors import BadInput, Conflict, InvalidValue, NotFound, StaleFacts, UnsupportedOperation
from scld_core.fees.model import EntryKind
from scld_core.kernel.money import Money
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.person import CollectionFlag
from scld_core.runs.people import ApprovalRule, Confirmation, approve, confirm
from support.collection import POLICY
from support.referrals import (
    ANNE,
    DIALECTS,
    LIMITS,
    TODAY,
    Agency,
    Extract,
    Keyless,
    ReadOnly,
    Shaky,
    World,
    actions,
    card,
    patron_id,
)


def test_a_patron_is_referred_in_one_morning():
    """The file goes, its receipt comes, and fee, flag and block follow in the same run with nothing left over."""
    world = World()
    world.enter(1)
    result = world.morning()
    assert [receipt.result for receipt in result.receipts] == ["applied"] * 4
    assert result.residual == 0
    assert world.touched(1) == (True, True, True)
    assert world.agency.balances == {"p1": 7000}
    assert world.account(1).balance.cents == 7000
    assert actions(world.plan()) == []
    world.next_day()
    assert world.morning().receipts == ()


def test_nothing_happens_on_another_day_than_a_send_day():
    """New referrals wait for the policy's weekday; the next one finds them, however many were missed."""
    world = World()
    world.enter(1)
    world.next_day()
    assert actions(world.plan()) == []
    world.next_day(21 * 7 - 1)
    assert world.morning().residual == 0
    assert world.agency.submitted == {"p1": 1}


def test_delivery_that_fails_changes_nothing_at_the_patron_and_the_same_bytes_go_next():
    """The file is kept before it is sent, and is sent again as it was though a charge came in between."""
    world = World(agency=Agency(faults=["before"]))
    world.enter(1)
    first = world.morning()
    assert [r.result for r in first.receipts] == ["failed", "skipped", "skipped", "skipped"]
    assert "no_receipt" in first.receipts[1].detail
    assert world.touched(1) == (False, False, False)
    assert world.referral_of(1).state is ReferralState.QUEUED
    (kept,) = world.desk.book().batches
    content = content_of(world.store, kept)
    world.owe(1, 500)
    world.next_day()
    assert world.morning().residual == 0
    assert world.agency.files == {kept.name: content}
    assert world.agency.came == {kept.name: 1}
    assert kept.manifest == Manifest("koha-ums-new", 1, 1, Money(6000), hashlib.sha256(content).hexdigest())


def test_a_lost_answer_is_settled_by_reading_back():
    """The file arrived and nobody said so: reading back is the receipt, and the effects follow in the same run."""
    world = World(agency=Agency(faults=["after"]))
    world.enter(1)
    assert [r.result for r in world.morning().receipts] == ["applied"] * 4
    assert world.touched(1) == (True, True, True)
    assert set(world.agency.came.values()) == {1}


@pytest.mark.parametrize(("fault", "arrived"), [("after", True), ("lost", False)])
def test_where_nobody_can_tell_the_file_waits_for_a_person(fault, arrived):
    """Nothing is sent again and nothing is done to the patron before somebody has asked the agency."""
    world = World(agency=Agency(faults=[fault, "lost"], tells=False))
    world.enter(1)
    result = world.morning()
    assert result.receipts[0].result == "unknown"
    assert world.touched(1) == (False, False, False)
    world.next_day()
    (waiting,) = world.morning().plan.waiting
    assert (waiting.action, waiting.on) == ("referrals.send", "read-back")
    world.desk.saw(1, arrived=arrived, evidence="call of Tuesday")
    world.agency.faults.clear()
    assert world.morning().residual == 0
    assert world.touched(1) == (True, True, True)
    assert world.agency.submitted == {"p1": 1}
    assert set(world.agency.came.values()) == {1}


def test_what_a_person_saw_holds_for_the_attempt_it_was_about():
    """A file that was found lost, sent again and lost again waits once more."""
    world = World(agency=Agency(faults=["lost", "after"], tells=False))
    world.enter(1)
    world.morning()
    world.clock.tick(hours=1)
    world.desk.saw(1, arrived=False, evidence="call")
    world.clock.tick(hours=1)
    assert next(r.result for r in world.morning().receipts) == "unknown"
    world.clock.tick(hours=1)
    assert [row.on for row in world.morning().plan.waiting] == ["read-back"]


def test_by_hand_the_ticked_row_of_the_worklist_is_the_receipt():
    """Where a person works the agency's portal, nothing is done to the patron before that person has said so."""
    world = World(agency=Agency(by_hand=True)).vary(by_hand=True)
    world.enter(1)
    (receipt,) = world.morning().receipts
    assert receipt.result == "waiting"
    assert world.touched(1) == (False, False, False)
    world.next_day()
    result = world.morning()
    assert ([row.on for row in result.plan.waiting], result.receipts) == (["operator"], ())
    row = Confirmation(receipt.step, done=True, rechecked=True)
    assert not confirm(world.store, [row], source="list.csv", actor=ANNE, clock=world.clock).refused
    assert world.morning().residual == 0
    assert world.touched(1) == (True, True, True)


def test_by_hand_a_file_whose_handing_over_broke_off_is_handed_over_again():
    """It had not left the house, because only a person carries it out."""
    world = World(agency=Agency(by_hand=True, faults=["lost"])).vary(by_hand=True)
    world.enter(1)
    assert world.morning().receipts[0].result == "failed"
    world.next_day()
    assert world.morning().receipts[0].result == "waiting"


def test_a_way_that_has_no_reading_back_leaves_it_to_a_person():
    """A channel that declares that it cannot tell is taken at its word."""
    world = World(agency=Agency(faults=["after"]))

    def unsupported(parcel):
        raise UnsupportedOperation("agency", "delivered", "no way to ask")

    world.agency.delivered = unsupported
    world.enter(1)
    assert world.morning().receipts[0].result == "unknown"


def test_a_zero_is_told_until_it_is_acknowledged():
    """Paid in full, block and fee are settled at once; the flag stays until the agency has the zero."""
    world = World()
    world.enter(1)
    world.morning()
    world.settle(1)
    world.agency.faults = ["before", "before"]
    for _ in range(2):
        world.next_day()
        assert "failed" in [r.result for r in world.morning().receipts]
        assert world.touched(1) == (False, True, False)
    world.next_day()
    assert world.morning().residual == 0
    assert world.touched(1) == (False, False, False)
    assert world.agency.balances == {}
    referral = world.referral_of(1)
    assert (referral.state, referral.resolution) == (ReferralState.CLOSED, Resolution.PAID)


def test_where_a_receipt_is_no_answer_the_zero_goes_into_every_update():
    """A district may wait for the agency's own word; each day's file has the row until it comes."""
    world = World().vary(receipt_settles=False)
    world.enter(1)
    world.morning()
    world.settle(1, EntryKind.WAIVER)
    for _ in range(3):
        world.next_day()
        world.morning()
    assert [row["Due"] for _, row in world.agency.rows("update")] == ["0.00"] * 3
    assert world.referral_of(1).state is ReferralState.PAID_PENDING_REPORT
    world.desk.acknowledge(4, evidence="row of Friday's list")
    assert world.referral_of(1).resolution is Resolution.WAIVED
    world.next_day()
    assert world.morning().residual == 0
    assert world.touched(1) == (False, False, False)
    assert len(list(world.agency.rows("update"))) == 3


def test_a_rejected_row_takes_fee_flag_and_block_back():
    """By entries that compensate: the charge stays in the ledger with its cancellation."""
    world = World()
    world.enter(1)
    world.morning()
    world.desk.reject(world.referral_of(1).id, evidence="rejects.csv line 2", reason="no address")
    world.next_day()
    assert world.morning().residual == 0
    assert world.touched(1) == (False, False, False)
    assert world.account(1).balance.cents == 6000
    charged, gone = world.fee_counts()
    assert (set(charged.values()), set(gone.values())) == ({1}, {1})
    assert world.morning().receipts == ()


def test_a_fee_that_was_paid_is_no_cancellation():
    """Once something of it was paid, a person asks Finance for a refund; flag and block go all the same."""
    world = World()
    world.enter(1)
    world.morning()
    world.settle(1)
    world.desk.take_back(world.referral_of(1).id, Resolution.ERROR, evidence="form 7")
    world.next_day()
    result = world.morning()
    assert [row.code for row in result.plan.exceptions] == ["fee_was_paid"]
    assert world.touched(1) == (False, False, False)
    assert result.residual == 0


def test_an_account_that_was_settled_while_its_file_waited_is_never_charged():
    """The zero follows in the next update."""
    world = World(agency=Agency(faults=["before"]))
    world.enter(1)
    world.morning()
    world.settle(1)
    world.next_day()
    world.morning()
    assert world.fee_counts()[0] == {}
    world.next_day()
    world.morning()
    assert world.agency.balances == {}
    assert world.referral_of(1).state is ReferralState.CLOSED


def test_a_new_debt_after_the_end_is_a_new_referral():
    """With an id and a fee of its own."""
    world = World()
    world.enter(1)
    world.morning()
    world.settle(1)
    world.next_day()
    world.morning()
    world.owe(1, 9000)
    world.next_day(6)
    assert world.morning().residual == 0
    assert world.fee_counts()[0] == {"referral-fee:gentle-000001-0001": 1, "referral-fee:gentle-000002-0001": 1}
    assert world.touched(1) == (True, True, True)


def taken_back(world):
    world.desk.take_back(world.referral_of(1).id, Resolution.ERROR, evidence="form 7")


def turned_down(world):
    world.desk.reject(world.referral_of(1).id, evidence="rejects.csv line 2", reason="no address")


def given_up(world):
    referral = world.referral_of(1).id
    world.desk.accept(referral, evidence="list line 2")
    world.desk.closed(referral, Resolution.UNCOLLECTABLE, evidence="list line 2")


@pytest.mark.parametrize("ending", [taken_back, turned_down, given_up])
def test_a_referral_that_came_back_is_no_reason_for_another(ending):
    """The debt is still there, and so is its old notice: it is a person's until a new notice was sent."""
    world = World()
    world.enter(1)
    world.morning()
    ending(world)
    for _ in range(8):
        world.next_day()
        assert world.morning().residual == 0
    assert world.agency.submitted == {"p1": 1}
    (row,) = world.next_day(6).plan().exceptions
    assert row.code == "notice_missing"
    assert "came back from the agency unpaid on 2026-06-0" in row.detail
    world.noticed["p1"] = (*world.noticed["p1"], world.today)
    world.next_day(35)
    assert world.morning().residual == 0
    assert world.agency.submitted == {"p1": 2}


def test_what_comes_up_after_the_days_file_goes_with_the_next():
    """One file of each kind a day; nobody has to do anything about the rest, and it is no difference."""
    world = World()
    world.enter(1)
    world.morning()
    world.owe(1, 500)
    world.enter(2)
    result = world.morning()
    assert (result.receipts, result.residual) == ((), 0)
    assert [row.code for row in result.plan.areas[0].notes] == ["next_file"]
    world.next_day()
    world.morning()
    assert world.agency.balances == {"p1": 7500}
    world.settle(1, cents=100)
    assert [row.code for row in world.plan().notes] == ["next_file"]


def test_nobody_without_a_lawful_notice_is_in_a_file():
    """Missing evidence is for a person; a notice of less than thirty days ago is for a later week."""
    world = World()
    world.enter(1, notice=None)
    world.enter(2, notice=TODAY - timedelta(days=29))
    world.enter(3, birth_date=None)
    result = world.morning()
    assert result.receipts == ()
    assert [row.code for row in result.plan.exceptions] == ["notice_missing", "unknown_age"]
    world.next_day(7)
    world.morning()
    assert world.agency.submitted == {"p2": 1}


def test_exempt_patrons_and_strangers_are_left_alone():
    """A note on the account exempts, and so does a referral that was taken back for it."""
    world = World()
    world.enter(1)
    world.enter(2)
    world.exempt = {1}
    world.vary(candidates=lambda: [Candidate(patron_id(n), n in world.exempt) for n in (1, 2, 9)])
    world.morning()
    assert world.agency.submitted == {"p2": 1}
    world.desk.take_back(world.referral_of(2).id, Resolution.EXEMPTED, evidence="form 1", reason="outreach")
    world.next_day()
    world.morning()
    assert world.agency.balances == {}
    world.next_day(6)
    world.morning()
    assert world.agency.submitted == {"p2": 1}


@pytest.mark.parametrize("says", [True, False])
def test_an_empty_file_goes_where_the_district_sends_them(says):
    """It says so in the dialect's own way, has a number, and shows that nothing was forgotten."""
    world = World().vary(send_empty=says)
    assert world.morning().residual == 0
    sentences = {"No qualifying records"} if says else set()
    assert {content.decode().strip() for content in world.agency.files.values()} == sentences
    assert [batch.manifest.rows for batch in world.desk.book().batches] == [0, 0] * says
    assert actions(world.plan()) == []


def test_a_large_file_waits_for_a_yes_to_exactly_its_rows():
    """More new referrals than the policy's limit need an approval, which ends when the accounts change."""
    world = World()
    world.limits = evolve(LIMITS, max_batch_count=1)
    world.enter(1)
    world.enter(2)
    (receipt,) = world.morning().receipts
    assert (receipt.result, world.agency.files) == ("needs_approval", {})
    world.next_day()
    assert [row.on for row in world.morning().plan.waiting] == ["approval"]
    rule = ApprovalRule(("lead",), other_actor=False)
    approve(world.store, [receipt.step], actor=ANNE, rule=rule, reason="seen", clock=world.clock)
    world.owe(2, 700)
    assert [r.result for r in world.morning().receipts] == ["needs_approval"]
    approve(world.store, [receipt.step], actor=ANNE, rule=rule, reason="seen", clock=world.clock)
    world.morning()
    assert world.agency.submitted == {"p1": 1, "p2": 1}
    world.next_day()
    assert world.morning().residual == 0
    assert world.touched(2) == (True, True, True)


def test_a_large_file_that_nobody_has_to_be_in_any_more_is_withdrawn():
    """Paid before anybody said yes."""
    world = World()
    world.limits = evolve(LIMITS, max_batch_count=0)
    world.enter(1)
    world.morning()
    world.settle(1)
    assert [row.reason for row in world.morning().plan.areas[0].withdrawals] == ["nobody is to be referred now"]
    assert actions(world.plan()) == []


def test_a_replaced_card_and_a_merged_record_go_with_the_next_update():
    """The agency learns the new numbers with the old ones; the referral stays one."""
    world = World()
    world.enter(1)
    world.enter(2, 100)
    world.morning()
    world.patrons.replace_card(patron_id(1), card(7))
    world.next_day()
    world.morning()
    assert [row["cardnumber"] for _, row in world.agency.rows("update")] == [str(card(7))]
    world.patrons.merge(patron_id(1), patron_id(2))
    world.numbers.remove(1)
    world.next_day()
    assert world.morning().residual == 0
    (referral,) = world.desk.book().episodes.values()
    assert referral.patron == "p2"
    assert {str(card(1)), str(card(7)), "p1"} <= set(referral.identifiers)
    assert world.touched(2) == (True, True, True)


def test_two_open_referrals_of_one_person_are_for_a_person():
    """Nothing is told or posted for them until one is taken back."""
    world = World()
    world.enter(1)
    world.enter(2)
    world.morning()
    for number in (1, 2):
        world.patrons.clear_flag(patron_id(number), world.referral_of(number).id, key=f"desk {number}")
    world.patrons.merge(patron_id(1), patron_id(2))
    world.numbers.remove(1)
    world.next_day()
    result = world.morning()
    assert [row.code for row in result.plan.exceptions] == ["two_referrals"]
    assert result.receipts == ()


def test_a_patron_whom_the_ils_no_longer_knows_is_for_a_person():
    """Nobody can say what is owed; a referral that was taken back is told all the same."""
    world = World()
    world.enter(1)
    world.morning()
    referral = world.referral_of(1).id
    known = world.patrons
    world.vary(patrons=MemoryPatrons(world.clock))
    world.next_day()
    assert [row.code for row in world.plan().exceptions] == ["balance_unknown"]
    with pytest.raises(NotFound):
        Reader.of(world.office, world.terms()).owned("p1")
    world.desk.take_back(referral, Resolution.DECEASED, evidence="form 2")
    world.morning()
    assert world.agency.balances == {}
    world.vary(patrons=known)
    assert world.morning().residual == 0


def test_on_hold_nothing_is_raised_and_a_release_goes_on():
    """A dispute stops what is worse for the debtor, and nothing else."""
    world = World()
    world.enter(1)
    world.morning()
    referral = world.referral_of(1).id
    world.desk.accept(referral, evidence="list of Tuesday")
    world.desk.hold(referral, HoldCause.DISPUTE, evidence="letter")
    world.owe(1, 1500)
    world.patrons.replace_card(patron_id(1), card(8))
    world.next_day()
    world.morning()
    assert world.agency.balances == {"p1": 7000}
    world.desk.release(referral, HoldCause.DISPUTE, evidence="letter back")
    world.next_day()
    world.morning()
    assert world.agency.balances == {"p1": 8500}


def test_what_cannot_happen_is_refused_by_name():
    """Unknown referrals and files, and events that the table has no row for."""
    world = World(agency=Agency(faults=["before"]))
    world.enter(1)
    world.morning()
    with pytest.raises(BadInput, match="none of this name"):
        world.desk.accept("r9", evidence="x")
    with pytest.raises(BadInput, match="not possible"):
        world.desk.accept(world.referral_of(1).id, evidence="x")
    with pytest.raises(BadInput, match="never made"):
        world.desk.saw(9, arrived=True, evidence="x")


def test_old_facts_stop_the_run():
    """An account older than the limit is no ground for a referral."""
    world = World()
    world.enter(1)
    old = evolve(world.account(1), as_of=world.clock.now() - timedelta(hours=2))
    world.vary(fees=Extract(world.fees, {"p1": old}))
    with pytest.raises(StaleFacts):
        world.morning()


def test_a_file_is_rechecked_right_before_it_is_made():
    """A plan that somebody looked at overnight is not carried out on other accounts, nor after another file."""
    world = World()
    world.enter(1)
    world.enter(2)
    plan = world.day().plan()
    world.settle(2, cents=100)
    engine = world.engine()
    (send, *_) = plan.steps
    assert "accounts_changed" in engine.execute(send, "r").detail
    world.morning()
    changed = evolve(send, payload=send.payload.replace('"after":0', '"after":9'), cause="after file 9")
    assert "not_next" in engine.execute(changed, "r").detail
    other = evolve(send, cause="after file 0", payload=send.payload.replace(str(TODAY), "2026-06-02"))
    area = referrals_area(world.office)
    order = codecs.load(SendOrder, other.payload)
    assert "other_file" in str(area.actions[0].recheck(order, other).reasons)
    with pytest.raises(Conflict):
        area.actions[0].do(evolve(order, after=7), "key")


def test_the_outbox_remembers_a_fee_that_the_ils_keeps_no_key_of():
    """An ILS without keys shows a charge and not whose fee it is; the receipt is kept here."""
    world = World()
    world.vary(fees=Keyless(world.fees))
    world.enter(1)
    world.morning()
    world.next_day()
    assert world.morning().receipts == ()
    world.desk.reject(world.referral_of(1).id, evidence="rejects.csv line 2", reason="no address")
    world.next_day()
    assert [r.result for r in world.morning().receipts] == ["waiting", "applied", "applied"]
    assert world.fee_counts()[0].total() == 1


def test_an_extract_that_does_not_show_it_yet_is_waited_for():
    """What was posted by hand is not asked for again before a newer extract; one that still lacks it asks again."""
    world = World()
    world.enter(1)
    world.morning()
    patron = evolve(world.patrons.get(patron_id(1)), flag=None)
    world.vary(fees=Extract(world.fees, {"p1": world.account(1)}), patrons=Extract(world.patrons, {"p1": patron}))
    assert [(row.action, row.on) for row in world.plan().waiting] == [("referrals.set_flag", "ils-snapshot")]
    world.clock.tick(minutes=5)
    world.vary(
        fees=Extract(world.fees, {"p1": world.account(1)}),
        patrons=Extract(world.patrons, {"p1": evolve(patron, as_of=world.clock.now())}),
    )
    assert [step.cause[-2:] for step in world.plan().steps] == ["~1"]


def test_where_no_program_can_post_a_person_does():
    """An ILS that declares a write as unsupported has its steps on the worklist, and they are not planned again."""
    world = World()
    world.enter(1)
    world.vary(patrons=ReadOnly(world.patrons))
    result = world.morning()
    assert [r.result for r in result.receipts] == ["applied", "applied", "waiting", "waiting"]
    assert result.residual == 0
    assert [row.on for row in result.plan.waiting] == ["operator", "operator"]
    again = world.next_day().morning()
    assert again.receipts == ()
    assert {row.action for row in again.plan.waiting} == {"referrals.set_flag", "referrals.set_block"}


def test_a_lost_answer_of_the_ils_is_read_back():
    """Fee, flag and block are each found done and done once."""
    world = World()
    world.enter(1)
    world.vary(patrons=Shaky(world.patrons, ["after"] * 2), fees=Shaky(world.fees, ["after"]))
    assert [r.result for r in world.morning().receipts] == ["applied"] * 4
    assert set(world.fee_counts()[0].values()) == {1}


def test_the_same_debt_at_two_agencies_has_two_fees_and_one_flag():
    """Each area posts the fees of its own referrals; the flag stays while either is open."""
    world = World()
    world.enter(1)
    world.morning()
    other = World(store=world.store, patrons=world.patrons, fees=world.fees, clock=world.clock, agency=Agency()).vary(
        agency="other", candidates=lambda: [Candidate(patron_id(1))]
    )
    other.noticed = world.noticed
    other.morning()
    charged, _ = world.fee_counts()
    assert charged == {"referral-fee:gentle-000001-0001": 1, "referral-fee:other-000001-0001": 1}
    world.next_day()
    assert all(r.result == "applied" for r in world.morning().receipts)
    assert world.touched(1) == (True, True, True)


def test_a_dialect_without_the_fee_tells_it_with_the_first_update():
    """Whoever gets no total with the fee learns of it as a balance."""
    plain = evolve(
        DIALECTS["koha-ums-new"], fields=tuple(f for f in DIALECTS["koha-ums-new"].fields if f.name != "total_plus_fee")
    )
    world = World().vary(new=plain)
    world.enter(1)
    world.morning()
    world.next_day()
    assert [r.result for r in world.morning().receipts] == ["applied"]
    assert world.agency.balances == {"p1": 7000}


def test_kept_bytes_are_what_the_manifest_says():
    """A store that was tampered with delivers nothing."""
    world = World(agency=Agency(faults=["before"]))
    world.enter(1)
    world.morning()
    (batch,) = world.desk.book().batches
    with pytest.raises(InvalidValue, match="manifest"):
        batch.parcel(b"other")


def test_pages_and_journal_hold_no_patron():
    """Steps, exceptions and the journal name referrals, files and cases; the row itself is in the payload only."""
    world = World()
    world.enter(1)
    world.enter(2, notice=None)
    result = world.morning()
    shown = [step.label + step.subject + str(step.reasons) + str(step.evidence) for step in result.plan.steps]
    shown += [str(row) for row in result.plan.exceptions]
    with world.store.transaction() as unit:
        shown += [str(entry) for entry in unit.journal.entries()]
    assert not [text for text in shown if "p1" in text or "p2" in text or str(card(1)) in text]


def test_an_exemption_outlives_a_merge():
    """A referral taken back for it ended under a record that is merged away since; the survivor is exempt too."""
    world = World()
    world.enter(1)
    world.enter(2, 100)
    world.morning()
    world.desk.take_back(world.referral_of(1).id, Resolution.EXEMPTED, evidence="form 1")
    world.next_day()
    world.morning()
    world.patrons.merge(patron_id(1), patron_id(2))
    world.numbers.remove(1)
    world.next_day(6)
    assert actions(world.plan()) == []
    assert world.account(2).balance.cents >= 6000


def test_who_is_in_collection_already_is_not_referred_again():
    """A flag that somebody set by hand, or that an ILS keeps without a name, stands for a referral that there is."""
    world = World()
    world.enter(1)
    world.patrons.set_flag(patron_id(1), CollectionFlag(), key="desk 1")
    world.enter(2)
    world.patrons.set_flag(patron_id(2), CollectionFlag(agency="gentle"), key="desk 2")
    assert actions(world.plan()) == []
    world.enter(3)
    world.patrons.set_flag(patron_id(3), CollectionFlag(agency="another"), key="desk 3")
    world.morning()
    assert world.agency.submitted == {"p3": 1}


def test_a_row_that_the_layout_cannot_carry_stops_its_file_and_no_other():
    """Nothing is kept, and the reason is in the receipt; once it is mended the file goes."""
    world = World()
    world.enter(1)
    world.vary(describe=lambda row, debtor: evolve(row, surname="\N{SNOWMAN}"))
    world.vary(new=evolve(DIALECTS["koha-ums-new"], encoding="cp1252"))
    result = world.morning()
    assert "cannot_be_written" in result.receipts[0].detail
    assert (world.agency.files, world.desk.book().batches) == ({}, ())
    assert world.touched(1) == (False, False, False)
    assert next(action for action, _ in actions(result.plan.areas[0])) == "send"
    world.vary(describe=lambda row, debtor: row)
    assert world.morning().residual == 0


def test_a_file_that_was_never_made_has_no_bytes():
    """Asked for by its order, it is named."""
    world = World()
    world.enter(1)
    order = codecs.load(SendOrder, world.desk.plan().steps[0].payload)
    with pytest.raises(BadInput, match="no file of it yet"):
        world.desk.file(order)


def test_without_another_word_rows_and_pages_are_as_they_are():
    """An office that knows no names sends numbers, and speaks of a patron."""
    world = World()
    plain = {a.name: getattr(world.office, a.name) for a in fields(Office) if a.name not in ("case", "describe")}
    world.office = Office(**plain)
    world.enter(1)
    world.enter(2, notice=None)
    result = world.morning()
    assert [row.subject for row in result.plan.exceptions] == ["a patron"]
    assert world.agency.submitted == {"p1": 1}


def test_a_fee_that_is_not_reported_is_in_no_file():
    """Where the district tells the agency nothing of its fee, the total is the debt, on every day alike."""
    world = World(policy=evolve(POLICY, reported_kinds=("lost_item", "damaged")))
    world.enter(1)
    world.morning()
    assert world.agency.balances == {"p1": 6000}
    assert world.touched(1) == (True, True, True)
    world.next_day()
    assert world.morning().receipts == ()


def test_the_fee_of_another_agencys_referral_is_left_to_its_run():
    """It is owed and was not charged yet; the first agency's run posts its own and no other."""
    world = World()
    world.enter(1)
    world.morning()
    other = World(store=world.store, patrons=world.patrons, fees=world.fees, clock=world.clock, agency=Agency()).vary(
        agency="other", candidates=lambda: [Candidate(patron_id(1))], fees=Shaky(world.fees, ["before"])
    )
    other.noticed = world.noticed
    other.morning()
    world.next_day()
    assert "charge_fee" not in [action for action, _ in actions(world.plan())]
    other.morning()
    assert world.fee_counts()[0].total() == 2


def test_a_process_that_died_before_it_kept_the_file_has_sent_nothing():
    """Until it is looked at, the step waits for that; then the file is made anew."""
    world = World()
    world.enter(1)
    area = referrals_area(world.office)
    engine = world.engine(area)

    def dying(stage):
        if stage.what == "prepared":
            raise KeyboardInterrupt

    (send, *_) = world.plan().steps
    with pytest.raises(KeyboardInterrupt):
        evolve(engine, progress=dying).execute(send, "r-1")
    assert world.desk.book().batches == ()
    assert [(row.action, row.on) for row in world.plan().waiting] == [("referrals.send", "read-back")]
    assert world.morning().residual == 0
    assert world.agency.submitted == {"p1": 1}
