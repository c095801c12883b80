"""What holds for every comparison: a partition, one order, sound matches, explained differences, merges, privacy."""

from collections import Counter
from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import MEANINGS, Kind
from scld_core.agency.model import AccountStatus, Basis, Booked
from scld_core.agency.reconcile import reconcile
from scld_core.kernel.money import Money
from scld_core.runs.action import Stage
from support.agency import (
    BARE,
    FEE,
    ILS_AT,
    LISTED_AT,
    TERM,
    TERMS,
    World,
    account,
    patron,
    patrons,
    told,
    worlds,
)

K = Kind


def compared(world, terms=TERMS, **more):
    """The comparison of a world."""
    (ils,), others = world.sides()
    return reconcile(ils, terms=terms, **others, **more)


def kinds(world, terms=TERMS):
    """The kinds of the rows, counted."""
    return Counter(one.kind for one in compared(world, terms).findings())


# The partition.


@given(worlds(), TERM)
def test_every_key_is_in_exactly_one_row(world, terms):
    """Each patron once, or counted, or in quarantine; each account once; and the counts add up."""
    comparison = compared(world, terms)
    found = list(comparison.findings())
    summary = comparison.summary()
    here = Counter(one.patron for one in found if one.patron is not None)
    assert set(here.values()) <= {1}
    lost = {one.key.split(";")[0] for one in summary.quarantined if one.source == "ils.csv"}
    quiet = summary.counts.get(K.NOT_REFERRED, 0)
    assert len(here) + quiet == len([one for one in world.ils if one.patron not in lost])
    if world.agency is not None:
        there = Counter(one.account for one in found if one.agency is not None)
        assert there == Counter(one.account for one in world.agency)
    assert summary.counts == {
        k: n for k, n in (*Counter(one.kind for one in found).items(), (K.NOT_REFERRED, quiet)) if n
    }
    assert summary.unexplained == sum(not MEANINGS[one.kind].explained for one in found)


@given(worlds(), TERM, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(world, terms, chance):
    """The same findings in the same order, evidence and all, however each file is shuffled."""
    mixed = evolve(
        world,
        ils=tuple(chance.sample(world.ils, len(world.ils))),
        agency=world.agency and tuple(chance.sample(world.agency, len(world.agency))),
        sent=world.sent and tuple(chance.sample(world.sent, len(world.sent))),
        booked=tuple(chance.sample(world.booked, len(world.booked))),
    )
    one, other = compared(world, terms), compared(mixed, terms)
    assert list(one.findings()) == list(other.findings())
    assert one.summary() == other.summary()


@given(worlds(), TERM)
def test_rows_come_in_the_order_of_patron_and_account_as_often_as_they_are_asked_for(world, terms):
    """And the differences are those of them that are no match."""
    comparison = compared(world, terms)
    counted = comparison.summary()
    found = list(comparison.findings())
    assert [(one.patron or "", one.account or "") for one in found] == sorted(
        (one.patron or "", one.account or "") for one in found
    )
    assert list(comparison.findings()) == found
    assert list(comparison.differences()) == [one for one in found if one.kind is not K.MATCH]
    assert comparison.summary() == counted


# Soundness.


def in_collection(several):
    """Patrons as they are in collection, with cards of their own."""
    return tuple(
        evolve(one, balance=abs(one.balance) + 100, flagged=True, referral_fee=FEE, exempt=False, barcodes=(f"c{n}",))
        for n, one in enumerate(several)
    )


def projected(several):
    """What an agency holds that has heard of everything."""
    return tuple(
        account(f"a{one.patron}", one.balance, patron=one.patron, card=one.barcodes[0], line=n)
        for n, one in enumerate(several, 2)
    )


@given(patrons())
def test_an_agency_that_has_heard_of_everything_matches(several):
    """Against a list and against our own last file, both with all checks."""
    several = in_collection(several)
    sent = tuple(told(one.balance, patron=one.patron, line=n) for n, one in enumerate(several, 2))
    notices = {one.patron: (date(2025, 1, 1),) for one in several}
    for world in (
        World(several, projected(several), None, notices=notices),
        World(several, projected(several), sent, notices=notices),
        World(several, None, sent, notices=notices),
    ):
        assert set(kinds(world)) <= {K.MATCH}


CHANGES = [
    ("ils", {"balance": 3500}, K.BALANCE_HIGHER_ILS),
    ("ils", {"balance": 1500}, K.BALANCE_HIGHER_AGENCY),
    ("ils", {"balance": 0}, K.PAID_ILS_OPEN_AGENCY),
    ("ils", {"balance": -100}, K.PAID_ILS_OPEN_AGENCY),
    ("ils", {"flagged": False}, K.REFERRAL_WITHOUT_FLAG),
    ("ils", {"referral_fee": 0}, K.FEE_MISSING),
    ("ils", {"referral_fee": 3 * FEE}, K.FEE_DUPLICATE),
    ("ils", {"exempt": True}, K.EXEMPT_BUT_SENT),
    ("agency", {"balance": 0}, K.PAID_AGENCY_OPEN_ILS),
    ("agency", {"status": AccountStatus.PAID}, K.PAID_AGENCY_OPEN_ILS),
    ("agency", {"status": AccountStatus.CLOSED}, K.ILS_ONLY),
    ("agency", {"status": AccountStatus.DISPUTED}, K.DISPUTED),
    ("agency", {"status": AccountStatus.BANKRUPT}, K.BANKRUPT),
    ("agency", {"status": AccountStatus.DECEASED}, K.DECEASED),
    ("agency", {"last_activity": date(2025, 1, 1)}, K.STALE),
    ("agency", {"patron": "p0"}, K.IDENTITY_CHANGED),
]


@pytest.mark.parametrize(("side", "change", "expected"), CHANGES)
@given(several=patrons().filter(bool), at=st.integers(0, 4))
def test_one_changed_field_is_exactly_that_kind(side, change, expected, several, at):
    """Everybody else still matches."""
    several = tuple(evolve(one, balance=2500) for one in in_collection(several))
    at %= len(several)
    world = World(several, projected(several))
    rows = list(getattr(world, side))
    rows[at] = evolve(rows[at], **change)
    if "patron" in change:
        world = evolve(
            world, ils=(*several[:at], evolve(several[at], barcodes=(*several[at].barcodes, "p0")), *several[at + 1 :])
        )
    found = kinds(evolve(world, **{side: tuple(rows)}))
    assert found == Counter({K.MATCH: len(several) - 1}) + Counter({expected: 1})


# Explained differences.


@given(
    st.lists(st.integers(-3000, 3000).filter(bool), min_size=1, max_size=5),
    st.lists(st.integers(1, 9 * 24 * 3600), min_size=5, max_size=5),
    st.integers(100, 9000),
)
def test_what_is_booked_since_the_list_explains_it_wholly_or_not_at_all(changes, seconds, there):
    """Applying the bookings to the agency's balance gives the balance here exactly, or it is a difference."""
    here = there + sum(changes)
    booked = tuple(
        Booked(LISTED_AT + timedelta(seconds=after), cents, "p1")
        for cents, after in zip(changes, seconds, strict=False)
    )
    for told_of, cents in ((booked, 0), (booked[1:], booked[0].cents)):
        world = World((patron(balance=here),), (account(balance=there),), booked=told_of)
        (found,) = compared(world).findings()
        rest = here - there - sum(one.cents for one in told_of)
        assert rest == cents
        if here <= 0:
            assert found.kind is K.PAID_ILS_OPEN_AGENCY
        elif here == there:
            assert found.kind is K.MATCH
        else:
            assert (found.kind is K.IN_FLIGHT) == (rest == 0)


# Merged records.


MERGED = st.tuples(
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, "gone", "kept")),
    st.sampled_from(("patron", "card")),
    st.sampled_from((0, 1000)),
)


@given(MERGED)
def test_records_that_are_merged_take_their_account_with_them(case):
    """The union of numbers finds it, the exemption of either holds, and who was merged into whom changes no kind."""
    exempt, also_exempt, holder, by, other = case
    gone = patron("gone", 2500 if holder == "gone" else other, cards=("cg",), exempt=exempt, flagged=holder == "gone")
    kept = patron(
        "kept", 2500 if holder == "kept" else other, cards=("ck",), exempt=also_exempt, flagged=holder == "kept"
    )
    there = []
    if holder:
        there = [account(patron=holder if by == "patron" else "", card=f"c{holder[0]}" if by == "card" else "")]
    found = []
    for one, into in ((gone, kept), (kept, gone)):
        merged = patron(
            into.patron,
            one.balance + into.balance,
            cards=(*into.barcodes, *one.barcodes, one.patron),
            exempt=one.exempt or into.exempt,
            flagged=one.flagged or into.flagged,
        )
        rows = list(compared(World((merged,), tuple(there)), BARE).findings())
        assert {row.patron for row in rows if row.patron} == {into.patron}
        assert [row.account for row in rows if row.account] == [row.account for row in there]
        if exempt or also_exempt:
            assert not holder or rows[0].kind is K.EXEMPT_BUT_SENT
        found.append({kind for row in rows for kind in (row.kind, *row.also)} - {K.IDENTITY_CHANGED, K.MATCH})
    assert found[0] == found[1]


# What the result rests on.


def test_the_result_says_which_checks_were_not_made():
    """For each kind that cannot appear, what is absent."""
    everything = World((), (), (), notices={})
    assert [check for check, _ in compared(everything).summary().not_made] == ["MINOR"]
    bare = dict(compared(World((), ()), BARE).summary().not_made)
    assert bare == {
        "SENT_NOT_LISTED": "no sent file was given",
        "LISTED_NOT_SENT": "no sent file was given",
        "MINOR": "the ILS snapshot has no birth dates; eligibility judges minors before a referral",
        "FEE_MISSING": "no referral fee is set",
        "FEE_DUPLICATE": "no referral fee is set",
        "NOTICE_MISSING": "no notices were given",
        "STALE": "stale_days is not set",
        "IN_FLIGHT age": "in_flight_days is not set, so only what came after the other side's state explains a "
        "difference",
    }
    drift = dict(compared(World((), None, ())).summary().not_made)
    assert {"DECEASED", "BANKRUPT", "DISPUTED", "PAID_AGENCY_OPEN_ILS", "BLOCK_STALE", "STALE"} <= set(drift)
    assert drift["STALE"] == "no list of the agency was given"


@given(worlds(), TERM)
def test_without_a_list_of_the_agency_nothing_is_called_reconciled(world, terms):
    """It is drift since what was sent, and says nothing that only an agency can know."""
    comparison = compared(world, terms)
    found = {kind for one in comparison.findings() for kind in (one.kind, *one.also)}
    basis = comparison.summary().basis
    assert basis is (Basis.DRIFT if world.agency is None else Basis.RECONCILED)
    if world.agency is None:
        assert not found & {K.PAID_AGENCY_OPEN_ILS, K.DECEASED, K.DISPUTED, K.BANKRUPT, K.STALE, K.BLOCK_STALE}


@given(worlds(), TERM)
def test_no_name_is_in_evidence_or_in_a_repr(world, terms):
    """Names stay in the field that is tagged as one."""
    agency = world.agency and tuple(evolve(one, name="CANARY, Name") for one in world.agency)
    for one in compared(evolve(world, agency=agency), terms).findings():
        assert "CANARY" not in repr(one)
        assert not any("CANARY" in text for text in one.evidence)


def test_progress_is_told_before_each_file():
    """And before the comparing."""
    heard = []
    compared(World((patron(),), (account(),), (told(),)), progress=heard.append)
    assert heard == [
        Stage("read", 0, 3, "agency.csv"),
        Stage("read", 1, 3, "sent.csv"),
        Stage("read", 2, 3, "ils.csv"),
        Stage("compare", 0, 1),
    ]


@given(patrons(), st.sampled_from(("p", "c", "both", "sent")))
def test_a_plain_match_is_the_same_row_with_and_without_a_closer_look(several, by):
    """What passes quickly is what the rules would have said; the notices make every match look twice."""
    several = in_collection(several)
    there = tuple(
        evolve(one, patron=one.patron if by != "c" else "", card=one.card if by != "p" else "")
        for one in projected(several)
    )
    sent = tuple(told(one.balance, patron=one.patron, line=n) for n, one in enumerate(several, 2))
    world = World(several, there, sent if by == "sent" else None)
    terms = Terms(Money(FEE), stale_days=30)
    slow = evolve(world, notices={one.patron: (date(2000, 1, 1),) for one in several})
    for first, second in ((world, slow), (evolve(world, agency=None, sent=sent), evolve(slow, agency=None, sent=sent))):
        assert list(compared(first, terms).findings()) == list(compared(second, terms).findings())


def test_who_is_not_in_collection_is_counted_and_not_listed_however_closely_one_looks():
    """Here since a card looks like the record number of somebody who is."""
    world = World((patron(), patron("p2", cards=("p1",), flagged=False, fee=0, line=3)), (account(),))
    assert [one.patron for one in compared(world).findings()] == ["p1"]
    assert compared(world).summary().counts == {K.MATCH: 1, K.NOT_REFERRED: 1}


def test_quiet_accounts_are_no_plain_matches():
    """Exactly as many days without activity still are."""
    day = LISTED_AT.date() - timedelta(days=30)
    for last, expected in ((day, K.MATCH), (day - timedelta(days=1), K.STALE)):
        world = World((patron(),), (account(last_activity=last),))
        assert kinds(world, Terms(stale_days=30)) == {expected: 1}
    assert ILS_AT > LISTED_AT
