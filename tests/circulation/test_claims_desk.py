"""Claims returned at the desk: from the patron's word to the end, in the ILS, the ledger and the agency's basis."""

from datetime import timedelta

import pytest

from scld_core.circulation.model import ItemState
from scld_core.circulation.overdue import Standing
from scld_core.circulation.records import claimed_items
from scld_core.circulation.states import ClaimState
from scld_core.circulation.text import REASONS
from scld_core.errors import NotFound, OutcomeUnknown, Rejected, Unavailable, UnsupportedOperation
from scld_core.fees.model import EntryKind, Part
from scld_core.kernel.decision import Verdict
from scld_core.kernel.money import Money
from scld_core.services.claims import CANCELLED_FOR, never_owed
from support.lending import CHENEY, NORTH, NOW, World, codes, item, patron


@pytest.fixture
def world():
    """A district with item 1 ten days overdue at patron 1's."""
    made = World()
    made.lend(1, days=-10)
    return made


def balance(world, who=1):
    """What a patron owes, in cents."""
    return world.fees.account(patron(who)).balance.cents


def test_a_claim_is_recorded_with_its_searches(world):
    """The item is shown as claimed, its loan stays open, and the searches are dated."""
    found = world.desk().claim_returned(item(1))
    assert found.done
    assert (found.value.state, found.value.number, found.value.patron) == (ClaimState.OPEN, 1, patron(1))
    assert [str(day) for day in found.value.planned] == ["2026-03-11", "2026-03-17", "2026-04-09"]
    seen = world.loans.get(item(1))
    assert (seen.state, seen.open_loan is not None) == (ItemState.CLAIMS_RETURNED, True)
    assert codes(world.desk().claim_returned(item(1)).decision) == ["claimed_already"]
    assert codes(world.desk().claim_returned(item(2)).decision) == ["not_on_loan"]
    assert world.desk().claims(patron(1)) == (found.value,)
    assert world.desk().claims(patron(2)) == ()


def test_while_a_claim_is_open_nothing_is_counted_or_asked(world):
    """Its days stand still, it is not declared lost, not renewed, not lent, and no debt of it goes to the agency."""
    desk = world.desk()
    desk.claim_returned(item(1))
    world.clock.tick(days=60)
    (row,) = desk.overdue().rows
    assert (row.days, row.standing, row.billed) == (10, Standing.CLAIMED, False)
    assert desk.to_declare() == ()
    assert codes(desk.may_renew(item(1))) == ["is_claimed", "overdue_too_long"]
    assert "is_claimed" in codes(desk.may_check_out(patron(2), item(1)))
    assert claimed_items(world.store) == {item(1)}


def test_searches_are_done_on_their_days_and_each_once(world):
    """The list of the day, the search that was done, and the next one's day."""
    desk = world.desk()
    desk.claim_returned(item(1))
    early = desk.search_done(item(1))
    assert (codes(early.decision), early.receipt) == (["no_search_due"], None)
    assert desk.searches() == ()
    world.clock.tick(days=1)
    assert [claim.item for claim in desk.searches()] == [item(1)]
    done = desk.search_done(item(1))
    assert (done.done, len(done.value.searches)) == (True, 1)
    assert desk.searches() == ()
    assert codes(desk.search_done(item(1)).decision) == ["no_search_due"]
    world.clock.tick(days=60)
    for _ in range(2):
        assert desk.search_done(item(1)).done
    over = desk.search_done(item(1))
    assert (over.decision.verdict, codes(over.decision)) == (Verdict.REFER, ["searches_over"])
    assert codes(desk.search_done(item(2)).decision) == ["no_claim"]


def test_of_two_who_did_the_same_search_one_is_told(world):
    """The first one's is kept: what counts is decided in the transaction that writes it."""
    desk = world.desk()
    desk.claim_returned(item(1))
    world.clock.tick(days=1)

    class Between(type(world.store)):
        """A store in which somebody else writes before the next transaction but two."""

        turns = 2

        def transaction(self):
            Between.turns -= 1
            if Between.turns == 0:
                assert desk.search_done(item(1)).done
            return world.store.transaction()

    told = world.desk(store=Between()).search_done(item(1))
    assert (told.done, codes(told.decision)) == (False, ["no_search_due"])
    assert len(desk.claim_of(item(1)).searches) == 1


def test_an_item_found_on_the_shelf_was_never_owed(world):
    """Its loan ends, its charges and the referral's fee are cancelled, another item's charge stays."""
    lost = world.charge(2500, 1)
    fee = world.charge(1000, fee=True)
    desk = world.desk()
    desk.claim_returned(item(1))
    world.clock.tick(days=1)
    other = world.charge(700, 2)
    found = desk.found(item(1), NORTH)
    assert found.done
    assert (found.value.cancelled, found.value.left) == ((lost.id, fee.id), ())
    assert found.value.check_in.ended.patron == patron(1)
    assert balance(world) == 700
    assert world.fees.account(patron(1)).outstanding(other.id) == Money(700)
    cancelled = [e for e in world.fees.account(patron(1)).entries if e.kind is EntryKind.CANCELLATION]
    assert {entry.reason for entry in cancelled} == {CANCELLED_FOR}
    assert desk.claim_of(item(1)).state is ClaimState.FOUND
    assert world.loans.get(item(1)).state is ItemState.CHECKED_IN
    assert claimed_items(world.store) == frozenset()
    assert codes(desk.found(item(1), NORTH).decision) == ["claim_ended"]


def test_the_fee_of_a_referral_that_had_other_grounds_stays(world):
    """Another charge was there before the fee: the referral was right in part."""
    world.charge(900, 3)
    world.charge(2500, 1)
    fee = world.charge(1000, fee=True)
    desk = world.desk()
    desk.claim_returned(item(1))
    found = desk.found(item(1), NORTH)
    assert fee.id not in found.value.cancelled
    assert balance(world) == 1900


def test_what_was_paid_already_is_left_to_a_person(world):
    """A charge with a payment cannot be cancelled: it is named."""
    lost = world.charge(2500, 1)
    world.fees.settle(EntryKind.PAYMENT, Part(lost.id, Money(500)))
    desk = world.desk()
    desk.claim_returned(item(1))
    found = desk.found(item(1), NORTH)
    assert (found.done, found.value.cancelled, found.value.left) == (True, (), (lost.id,))


def test_an_ils_without_accounts_is_told_so(world):
    """The claim ends all the same; nobody could tell whether something was charged."""
    desk = world.desk(fees=False)
    desk.claim_returned(item(1))
    found = desk.found(item(1), NORTH)
    assert (found.done, found.value.account_read) == (True, False)


def test_an_ils_that_cancels_nothing_leaves_the_charges(world):
    """They are listed for a person."""
    lost = world.charge(2500, 1)

    def unsupported(charge, *, key, reason):
        raise UnsupportedOperation("main", "fees.cancel", "not offered")

    world.fees.cancel = unsupported
    desk = world.desk()
    desk.claim_returned(item(1))
    assert desk.found(item(1), NORTH).value.left == (lost.id,)


def test_a_record_that_was_merged_since_is_found(world):
    """The charges are the surviving patron's now."""
    lost = world.charge(2500, 1)
    desk = world.desk()
    desk.claim_returned(item(1))
    world.patrons.merge(patron(1), patron(2))
    assert desk.found(item(1), NORTH).value.cancelled == (lost.id,)
    assert balance(world, 2) == 0


@pytest.mark.parametrize("lost", ["check_in", "cancel", "second cancel"])
def test_finding_that_broke_off_is_finished_by_the_next_try(world, lost):
    """Wherever the line broke: one check-in, each charge cancelled once, and the claim ends."""
    world.charge(2500, 1)
    world.charge(1000, fee=True)
    desk = world.desk()
    desk.claim_returned(item(1))
    port, name = (world.loans, "check_in") if lost == "check_in" else (world.fees, "cancel")
    plain, calls = getattr(port, name), []

    def dying(*given, **more):
        calls.append(given)
        answer = plain(*given, **more)
        if len(calls) == (2 if lost == "second cancel" else 1):
            raise OutcomeUnknown("main", name, "the line broke", more["key"])
        return answer

    setattr(port, name, dying)
    first = desk.found(item(1), NORTH)
    assert (first.done, first.receipt.result) == (False, "unknown")
    assert desk.claim_of(item(1)).is_open
    setattr(port, name, plain)
    world.clock.tick(minutes=3)
    again = desk.found(item(1), NORTH)
    assert again.done
    assert (balance(world), desk.claim_of(item(1)).state) == (0, ClaimState.FOUND)
    kinds = [entry.kind for entry in world.fees.account(patron(1)).entries]
    assert kinds.count(EntryKind.CANCELLATION) == 2


def test_finding_while_the_ils_is_down_changes_nothing(world):
    """It can be done again."""
    desk = world.desk()
    desk.claim_returned(item(1))
    plain = world.loans.check_in

    def down(*given, **more):
        raise Unavailable("main", "check_in", "is down")

    world.loans.check_in = down
    assert desk.found(item(1), NORTH).receipt.result == "failed"
    world.loans.check_in = plain
    assert desk.found(item(1), NORTH).done


def test_a_patron_who_brings_it_back_after_all_ends_the_claim(world):
    """A check-in is enough; what was charged stays."""
    world.charge(2500, 1)
    desk = world.desk()
    desk.claim_returned(item(1))
    back = desk.check_in(item(1), CHENEY)
    assert codes(back.decision) == ["check_in_permitted", "ends_claim"]
    assert desk.claim_of(item(1)).state is ClaimState.RETURNED
    assert balance(world) == 2500


def test_a_claim_is_given_up_by_a_manager_or_after_the_searches(world):
    """As lost the patron answers for it; as missing nobody does, and the loan ends."""
    desk, boss = world.desk(), world.manager()
    world.lend(2, 2, days=-10)
    for number in (1, 2):
        desk.claim_returned(item(number))
        assert codes(desk.lost(item(number)).decision) == ["search_left"]
    world.clock.tick(days=60)
    for number in (1, 2):
        for _ in range(3):
            desk.search_done(item(number))
    assert codes(desk.missing(item(1)).decision) == ["searches_over"]
    lost = boss.lost(item(1))
    assert (lost.done, lost.value.state, lost.value.open_loan is not None) == (True, ItemState.LOST, True)
    missing = boss.missing(item(2))
    assert (missing.done, missing.value.state, missing.value.open_loan) == (True, ItemState.MISSING, None)
    assert [desk.claim_of(item(n)).state for n in (1, 2)] == [ClaimState.LOST, ClaimState.MISSING]
    assert codes(boss.missing(item(2)).decision) == ["claim_ended"]
    assert codes(boss.missing(item(3)).decision) == ["no_claim"]
    (row,) = desk.overdue().rows
    assert (row.days, row.standing) == (70, Standing.LOST)
    assert desk.found(item(2), NORTH).done  # it turns up after all
    assert desk.claim_of(item(2)).state is ClaimState.FOUND


def test_from_so_many_claims_on_a_manager_decides(world):
    """Ended ones count, under every record of the patron; the manager's desk may."""
    desk = world.desk()
    desk.claim_returned(item(1))
    desk.found(item(1), NORTH)
    world.lend(2, 2)
    desk.claim_returned(item(2))
    world.patrons.merge(patron(2), patron(1))
    world.lend(3, 1)
    found = desk.claim_returned(item(3))
    assert (found.decision.verdict, codes(found.decision)) == (Verdict.REFER, ["claims_used_up"])
    assert found.decision.reasons[0].text(REASONS) == "The patron has claimed 2 items; from 2 on a manager decides."
    assert world.manager().claim_returned(item(3)).value.number == 3


def test_a_claim_about_nobody_known_is_kept_without_a_patron(world):
    """An ILS that does not tell whose loan it is: the claim counts for nobody, and charges cannot be found."""
    world.loans.lend(item(4), due_at=NOW + timedelta(days=3))
    desk = world.desk()
    made = desk.claim_returned(item(4))
    assert (made.value.patron, made.value.number) == (None, 1)
    assert desk.found(item(4), NORTH).value.account_read is False


def test_charges_of_other_items_are_none_of_its():
    """What goes is what was charged for that item and stands; a fee without any such charge stays."""
    world = World()
    world.charge(300, 2)
    world.charge(1000, fee=True)
    account = world.fees.account(patron(1))
    assert never_owed(account, item(1)) == ()
    first = world.charge(500, 1)
    world.fees.cancel(first.id, key="error", reason="error")
    assert never_owed(world.fees.account(patron(1)), item(1)) == ()


def test_an_end_that_the_ils_refuses_is_told_by_name(world):
    """Somebody ended the claim meanwhile; or nothing of ours speaks against it."""
    desk = world.desk()
    desk.claim_returned(item(1))
    plain = world.loans.check_in

    def refusing(of, at, *, key, shelf_until=None):
        world.loans.check_in = plain
        desk.check_in(of, at)
        raise Rejected("main", "check_in", "is in use")

    world.loans.check_in = refusing
    found = desk.found(item(1), NORTH)
    assert (found.done, codes(found.decision)) == (False, ["claim_ended"])


@pytest.mark.parametrize("fault", [NotFound, UnsupportedOperation])
def test_an_account_that_cannot_be_read_is_told_so(world, fault):
    """The claim ends, and a person looks for charges."""

    def gone(who):
        raise fault("main", "account", "is not there")

    world.fees.account = gone
    desk = world.desk()
    desk.claim_returned(item(1))
    assert desk.found(item(1), NORTH).value.account_read is False


@pytest.mark.parametrize("patron_told", [True, False])
def test_charges_are_looked_for_under_the_record_as_it_is(world, patron_told):
    """An ILS that tells of no patrons has accounts by the number that the loan had."""
    lost = world.charge(2500, 1)
    more = {} if patron_told else {"patron": lambda who: None}
    desk = world.desk(**more)
    desk.claim_returned(item(1))
    assert desk.found(item(1), NORTH).value.cancelled == (lost.id,)


def test_a_claim_that_was_given_up_while_nobody_answered_is_read_back(world):
    """The item is shown as lost: the claim ends with it."""
    boss = world.manager()
    boss.claim_returned(item(1))
    plain = world.loans.declare

    def losing(of, state, *, key):
        plain(of, state, key=key)
        raise OutcomeUnknown("main", "declare", "the line broke", key)

    world.loans.declare = losing
    found = boss.lost(item(1))
    assert (found.done, found.value.state) == (True, ItemState.LOST)
    assert boss.claim_of(item(1)).state is ClaimState.LOST
