"""Defects of real systems, planted in the comparison: each is caught by the law that names it.

Every test puts one defect in the place where it would be here, shows that the law fails, and that it
holds without it. Where a defect was met stands in the name of its case.
"""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from scld_adapters.agencies.export.dialects import AGENCY_EXPORT
from scld_adapters.agencies.koha_ums.dialects import KOHA_UMS_SYNC
from scld_core.agency import classify as classify_module
from scld_core.agency import decode, group, held, match, model, plan, reading
from scld_core.agency.decode import read_accounts, read_sent
from scld_core.agency.kinds import Kind, Side
from scld_core.agency.model import AccountStatus, Booked
from scld_core.agency.plan import Do, steps_of
from scld_core.agency.raw import open_raw
from scld_core.agency.reconcile import reconcile
from scld_core.errors import FileRefused
from scld_core.kernel.money import Money
from support.agency import FEE, ILS_AT, LISTED_AT, TERMS, TwoSystems, World, account, patron

K = Kind


def compared(world, terms=TERMS):
    """The rows of a world."""
    (ils,), others = world.sides()
    return list(reconcile(ils, terms=terms, **others).findings())


def kinds(world, terms=TERMS):
    """The kinds of the rows, counted."""
    return Counter(one.kind for one in compared(world, terms))


# The laws.


def balances_are_read_to_the_cent(folder):
    """A balance of a million and more comes back as it was written."""
    path = folder / "sync.csv"
    path.write_text('borrowernumber,surname,firstname,cardnumber,Due\np1,X,Y,c1,"1,234,567.89"\n')
    found = read_sent(path, KOHA_UMS_SYNC)
    assert [row.balance for row in found.rows] == [123_456_789]


def a_zero_is_owed_until_the_agency_has_it(folder):
    """Who was paid here and is open there is to be told, and again while the agency has not followed."""
    del folder
    world = World((patron(balance=0),), (account(),), ())
    (found,) = compared(world)
    assert [step.do for step in steps_of(found, TERMS)][:1] == [Do.REMOVE]
    later = World((patron(balance=0, flagged=False),), (account(),), ())
    assert kinds(later)[K.PAID_ILS_OPEN_AGENCY] == 1


def one_payment_explains_itself_once(folder):
    """Two payments after the list are the sum of the two."""
    del folder
    booked = tuple(Booked(LISTED_AT.replace(hour=hour), -500, "p1") for hour in (9, 10))
    world = World((patron(balance=2000),), (account(balance=3000),), booked=booked)
    assert kinds(world) == {K.IN_FLIGHT: 1}


def a_removal_takes_the_flag_with_it(folder):
    """After both lists were worked nothing is left of a paid account on either side."""
    del folder
    world = World((patron(balance=0),), (account(),))
    after = TwoSystems(world).apply(plan.plan(compared(world), TERMS))
    assert kinds(after) == {K.MATCH: 1}


def a_fee_is_charged_once(folder):
    """A second plan over the same facts, once they are posted, charges nothing."""
    del folder
    world = World((patron(fee=0),), (account(),))
    after = TwoSystems(world).apply(plan.plan(compared(world), TERMS))
    assert after.ils[0].referral_fee == FEE
    assert plan.plan(compared(after), TERMS).ils == ()


def two_fees_are_a_difference(folder):
    """Whoever has been charged twice is listed."""
    del folder
    assert kinds(World((patron(fee=2 * FEE),), (account(),))) == {K.FEE_DUPLICATE: 1}


def the_fee_is_in_the_balance_that_is_told(folder):
    """What the agency is told is what is owed once the fee is on the account."""
    del folder
    world = World((patron(fee=0),), ())
    after = TwoSystems(world).apply(plan.plan(compared(world), TERMS))
    assert after.agency[0].balance == after.ils[0].balance == 2500 + FEE


def no_patron_is_silently_left_out(folder):
    """Whoever is in collection here and unknown there is in a row, however old the charges are."""
    del folder
    world = World((patron(), patron("p2", cards=("c2",), line=3)), (account(),))
    assert kinds(world) == {K.MATCH: 1, K.ILS_ONLY: 1}


def an_exempt_patron_is_withdrawn(folder):
    """Wherever else the patron agrees."""
    del folder
    (found,) = compared(World((patron(exempt=True),), (account(),)))
    assert (found.kind, found.side) == (K.EXEMPT_BUT_SENT, Side.AGENCY)


def two_open_accounts_are_for_a_person(folder):
    """None of the two is taken for the one that counts."""
    del folder
    agency = (account(), account("a2", patron="", card="c1", line=3))
    assert set(kinds(World((patron(),), agency))) == {K.IDENTITY_AMBIGUOUS}


def a_merged_record_keeps_its_account(folder):
    """The number of the record that is gone still finds it, and the agency is told."""
    del folder
    assert kinds(World((patron(cards=("c1", "p0")),), (account(patron="p0"),))) == {K.IDENTITY_CHANGED: 1}


def a_payment_is_posted_by_a_person_only(folder):
    """The agency's word alone changes nothing here."""
    del folder
    for status, balance in ((AccountStatus.PAID, 2500), (AccountStatus.OPEN, 0)):
        (found,) = compared(World((patron(),), (account(balance=balance, status=status),)))
        assert found.side is Side.HAND
        assert steps_of(found, TERMS) == ()


def a_sync_file_of_nobody_is_no_garbage(folder):
    """The sentence that stands for an empty set is no row and no fault."""
    path = folder / "none.csv"
    path.write_text(KOHA_UMS_SYNC.sentence or ",".join(one.header for one in KOHA_UMS_SYNC.fields) + "\n")
    found = read_sent(path, KOHA_UMS_SYNC)
    assert (list(found.rows), found.quarantined) == ([], [])


def a_file_that_was_overwritten_is_noticed(folder):
    """Of two rows with one key that contradict each other, none is believed."""
    path = folder / "twice.csv"
    out = io.StringIO()
    header = [one.header for one in AGENCY_EXPORT.fields]
    row = {"account": "a1", "patron_id": "p1", "status": "open", "balance": "25.00"}
    rows = [[row.get(name, "") for name in header], [(row | {"balance": "30.00"}).get(name, "") for name in header]]
    csv.writer(out).writerows([header, *rows])
    path.write_text(out.getvalue())
    found = read_accounts(path, AGENCY_EXPORT)
    assert ([one.account for one in found.rows], len(found.quarantined)) == ([], 2)


def an_old_account_beside_a_new_one_is_history(folder):
    """The first that is found is not the one that counts."""
    del folder
    agency = (account("a0", 900, status=AccountStatus.CLOSED, line=2), account(line=3))
    assert {one.account: one.kind for one in compared(World((patron(),), agency))} == {"a0": K.MATCH, "a1": K.MATCH}


def what_is_booked_before_the_list_explains_nothing(folder):
    """Only what came after the agency's time does."""
    del folder
    early = Booked(LISTED_AT.replace(month=5), -500, "p1")
    world = World((patron(balance=2000),), (account(),), booked=(early,))
    assert kinds(world, evolve(TERMS, in_flight_days=400)) == {K.BALANCE_HIGHER_AGENCY: 1}


# The defects.


def _first_comma(form, **more):
    """Takes one comma away, and what stands before the next is the amount."""
    del form, more

    def read(text):
        whole = text.replace(",", "", 1).partition(",")[0]
        return int(Money.parse(whole).cents)

    return read


def _doubled(look):
    """Each payment once for every bill that it is joined with."""
    return [one for one in _RIGHT["since"](look) for _ in range(2)]


def _ignores_time(look):
    return [one for one in look.scene.booked.get(look.case.ils.patron, ()) if one.at <= ILS_AT]


def _without(*kinds_left_out):
    """The steps without those."""

    def steps(found, terms):
        return (one for one in _RIGHT["steps"](found, terms) if one[0] not in kinds_left_out)

    return steps


def _fee_apart(found, kinds, terms, *, waiting):
    """The balance is told without the fee that is charged at the same time."""
    for do, cents in _RIGHT["owing"](found, kinds, terms, waiting=waiting):
        yield do, (found.ils.cents if do in (Do.SEND_AGAIN, Do.UPDATE) else cents)


def _any_first(grouping, place):
    """The first account that the table has, whatever its state."""
    return -grouping._held.lines[place], 0, ""


_RIGHT = {
    "since": classify_module._Look._since,
    "steps": plan._steps,
    "owing": plan._owing,
    "said": classify_module._Look.said,
    "look": classify_module._Look.__init__,
    "with_patron": held.Held.with_patron,
}


def _blind_to(*kinds_left_out):
    """The checks without those."""

    def said(look):
        return (one for one in _RIGHT["said"](look) if one[0] not in kinds_left_out)

    return said


def _never_exempt(look, case, terms, scene):
    ils = case.ils and evolve(case.ils, exempt=False)
    _RIGHT["look"](look, evolve(case, ils=ils), terms, scene)


LOOK = classify_module._Look
PLANTED = {
    "Koha UMS: only the first comma is removed": (
        balances_are_read_to_the_cent, decode, "amount_reader", _first_comma,
    ),
    "Koha UMS: a patron who is paid up is dropped from the next update": (
        a_zero_is_owed_until_the_agency_has_it, plan, "_steps", _without(Do.REMOVE),
    ),
    "Koha UMS: the flag says who was sent, and whoever lost it is forgotten": (
        a_zero_is_owed_until_the_agency_has_it, LOOK, "said", _blind_to(K.PAID_ILS_OPEN_AGENCY),
    ),
    "Koha UMS: the fee is not in the total": (
        the_fee_is_in_the_balance_that_is_told, plan, "_owing", _fee_apart,
    ),
    "Koha UMS: restriction and removal are never true": (
        a_removal_takes_the_flag_with_it, plan, "_steps", _without(Do.CLEAR_FLAG),
    ),
    "Koha UMS: exempt patrons are sent": (
        an_exempt_patron_is_withdrawn, LOOK, "__init__", _never_exempt,
    ),
    "Koha UMS: whoever falls out of the window is never sent": (
        no_patron_is_silently_left_out, LOOK, "said", _blind_to(K.ILS_ONLY),
    ),
    "Koha UMS: no key of a batch, so a repeated run charges again": (
        a_fee_is_charged_once, plan, "_fee_change", lambda found, kinds, terms: terms.fee,
    ),
    "Koha UMS: a sentence in place of an empty file": (
        a_sync_file_of_nobody_is_no_garbage, decode, "open_raw",
        lambda path, dialect, columns, **more: evolve(open_raw(path, dialect, columns, **more), empty=False),
    ),
    "Koha UMS: one file overwrites another": (
        a_file_that_was_overwritten_is_noticed, reading, "repeats", lambda file, what: {},
    ),
    "Evergreen: a payment is counted once for each bill": (
        one_payment_explains_itself_once, LOOK, "_since", _doubled,
    ),
    "Evergreen: the start of the period is overwritten by its end": (
        what_is_booked_before_the_list_explains_nothing, LOOK, "_since", _ignores_time,
    ),
    "Evergreen: removal leaves the penalty": (
        a_removal_takes_the_flag_with_it, plan, "_SETTLED", set(),
    ),
    "Evergreen: removal takes the first tracker": (
        an_old_account_beside_a_new_one_is_history, group.Grouping, "_order", _any_first,
    ),
    "Sierra: merging records loses what was noted on one of them": (
        a_merged_record_keeps_its_account, match.Matcher, "settle", lambda matcher, *named: None,
    ),
    "Sierra: a removed patron comes back and two accounts are open": (
        two_open_accounts_are_for_a_person, group.Grouping, "_several", lambda grouping, places, sents: False,
    ),
    "Polaris: switching off and on charges again": (
        two_fees_are_a_difference, LOOK, "_fee", lambda look: iter(()),
    ),
    "Polaris: release depends on the agency's word": (
        a_payment_is_posted_by_a_person_only, model.Finding, "side", property(lambda found: Side.ILS),
    ),
    "PINES: the account must be in the record that leads": (
        a_merged_record_keeps_its_account, held.Held, "with_patron",
        lambda held, patron: [] if patron == "p0" else _RIGHT["with_patron"](held, patron),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("law", "place", "name", "fault"), PLANTED.values(), ids=PLANTED)
def test_a_planted_defect_is_caught(law, place, name, fault, tmp_path):
    """The law fails with the defect, and holds without it."""
    law(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, fault)
        with pytest.raises((AssertionError, FileRefused)):
            law(tmp_path)
    law(tmp_path)


def test_every_planted_defect_stands_in_the_explanation():
    """The page counts as many as there are here."""
    page = Path(__file__).parents[2] / "docs/explanation/agency.md"
    systems = Counter(line.split(" | ")[1] for line in page.read_text().splitlines() if "| planted: " in line)
    named = Counter(name.partition(":")[0] for name in PLANTED)
    assert systems == {("Koha UMS plugin" if one == "Koha UMS" else one): count for one, count in named.items()}
