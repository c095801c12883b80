"""Every kind by its own example, and what goes with it: evidence, age, side."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from scld_core.agency.classify import Case, Scene, Terms, classify, kinds_of
from scld_core.agency.kinds import Kind, Side
from scld_core.agency.model import AccountStatus, Basis, Booked
from scld_core.kernel.money import Money
from support.agency import FEE, ILS_AT, LISTED_AT, NAMES, SENT_AT, TERMS, account, patron, told

K = Kind
SCENE = Scene(Basis.RECONCILED, ILS_AT, LISTED_AT, SENT_AT, NAMES)
ALONE = evolve(SCENE, sent_at=None, has_sent=False)
DRIFT = evolve(SCENE, basis=Basis.DRIFT, agency_at=None)


def kinds(ils=None, there=None, sent=None, *, terms=TERMS, scene=ALONE, **more):
    """The kinds of a case; with a sent row the sent file is there."""
    return kinds_of(Case(ils, there, sent, **more), terms, SCENE if sent and scene is ALONE else scene)


CLOSED = {"status": AccountStatus.CLOSED}
PAID = {"status": AccountStatus.PAID}
QUIET = {"flagged": False, "fee": 0}

CASES = [
    ("the same on both sides", patron(), account(), None, (K.MATCH,)),
    ("a credit and a closed account", patron(balance=-300, **QUIET), account(**CLOSED), None, (K.MATCH,)),
    ("closed and owing, not in collection", patron(**QUIET), account(**CLOSED), None, (K.MATCH,)),
    ("paid there, owing here, not in collection", patron(**QUIET), account(**PAID), None, (K.MATCH,)),
    ("closed and unknown to the ILS", None, account(**CLOSED), None, (K.MATCH,)),
    ("told zero, unknown elsewhere", None, None, told(0), (K.MATCH,)),
    ("a fee that is paid, no flag, unknown there", patron(balance=0, flagged=False), None, None, (K.MATCH,)),
    ("nobody in collection", patron(**QUIET), None, None, (K.NOT_REFERRED,)),
    ("deceased", patron(), account(status=AccountStatus.DECEASED), None, (K.DECEASED,)),
    ("bankrupt", patron(), account(status=AccountStatus.BANKRUPT), None, (K.BANKRUPT,)),
    ("disputed", patron(), account(status=AccountStatus.DISPUTED), None, (K.DISPUTED,)),
    ("disputed, amounts differ", patron(), account(balance=1, status=AccountStatus.DISPUTED), None,
     (K.DISPUTED, K.BALANCE_HIGHER_ILS)),
    ("disputed, no fee: none is added", patron(fee=0), account(status=AccountStatus.DISPUTED), None, (K.DISPUTED,)),
    ("bankrupt and unknown to the ILS", None, account(status=AccountStatus.BANKRUPT), None,
     (K.BANKRUPT, K.AGENCY_ONLY)),
    ("exempt and open there", patron(exempt=True), account(), None, (K.EXEMPT_BUT_SENT,)),
    ("exempt and closed there", patron(exempt=True, **QUIET), account(**CLOSED), None, (K.MATCH,)),
    ("paid there", patron(), account(0, **PAID), None, (K.PAID_AGENCY_OPEN_ILS,)),
    ("open there with nothing owed", patron(), account(balance=0), None, (K.PAID_AGENCY_OPEN_ILS,)),
    ("open there with a credit", patron(), account(balance=-5), None, (K.PAID_AGENCY_OPEN_ILS,)),
    ("flagged, nothing owed, unknown there", patron(balance=0), None, None, (K.FLAG_ONLY,)),
    ("flagged with a credit, told zero", patron(balance=-1), None, told(0), (K.FLAG_ONLY,)),
    ("closed there, flagged here, nothing owed", patron(balance=0), account(**CLOSED), None, (K.BLOCK_STALE,)),
    ("sent and not listed", patron(), None, told(), (K.SENT_NOT_LISTED,)),
    ("in collection, unknown there", patron(), None, None, (K.ILS_ONLY,)),
    ("in collection, told zero before", patron(), None, told(0), (K.ILS_ONLY,)),
    ("in collection, closed there", patron(), account(**CLOSED), None, (K.ILS_ONLY,)),
    ("fee and no flag, unknown there", patron(flagged=False), None, None, (K.ILS_ONLY, K.REFERRAL_WITHOUT_FLAG)),
    ("unknown to the ILS", None, account(), None, (K.AGENCY_ONLY,)),
    ("neither flag nor fee", patron(**QUIET), account(), None, (K.AGENCY_ONLY,)),
    ("sent, unknown to both", None, None, told(), (K.AGENCY_ONLY,)),
    ("the flag is lost", patron(flagged=False), account(), None, (K.REFERRAL_WITHOUT_FLAG,)),
    ("flag and fee are lost, but sent", patron(**QUIET), account(), told(),
     (K.REFERRAL_WITHOUT_FLAG, K.FEE_MISSING)),
    ("nothing owed, open there", patron(balance=0), account(), None, (K.PAID_ILS_OPEN_AGENCY,)),
    ("a credit, open there with nothing owed", patron(balance=-300), account(balance=0), None,
     (K.PAID_ILS_OPEN_AGENCY,)),
    ("nothing owed, sent, not listed", patron(balance=0, **QUIET), None, told(), (K.PAID_ILS_OPEN_AGENCY,)),
    ("nothing owed and told so", patron(balance=0), account(), told(0), (K.IN_FLIGHT,)),
    ("withdrawn by our last file", patron(**QUIET), account(), told(0), (K.IN_FLIGHT,)),
    ("unknown to the ILS and told zero", None, account(), told(0), (K.IN_FLIGHT,)),
    ("exempt and withdrawn", patron(exempt=True), account(), told(0), (K.EXEMPT_BUT_SENT, K.IN_FLIGHT)),
    ("our last file has this balance", patron(balance=3500), account(), told(3500), (K.IN_FLIGHT,)),
    ("more here", patron(balance=2501), account(), None, (K.BALANCE_HIGHER_ILS,)),
    ("more there", patron(balance=2499), account(), told(2600), (K.BALANCE_HIGHER_AGENCY,)),
    ("no fee", patron(fee=0), account(), None, (K.FEE_MISSING,)),
    ("two fees", patron(fee=2 * FEE), account(), None, (K.FEE_DUPLICATE,)),
    ("almost two fees", patron(fee=2 * FEE - 1), account(), None, (K.MATCH,)),
    ("listed and not sent", patron(), account(), None, (K.MATCH,)),
    ("long quiet", patron(), account(last_activity=date(2025, 12, 2)), None, (K.STALE,)),
    ("just not long quiet", patron(), account(last_activity=date(2025, 12, 3)), None, (K.MATCH,)),
    ("never active, listed long ago", patron(), account(last_activity=None, listed_on=date(2025, 12, 2)), None,
     (K.STALE,)),
    ("of unknown age", patron(), account(last_activity=None, listed_on=None), None, (K.MATCH,)),
]  # fmt: skip


@pytest.mark.parametrize(("ils", "there", "sent", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_case_has_its_kinds(ils, there, sent, expected):
    """The first is the row's own kind, the others go with it."""
    assert kinds(ils, there, sent) == expected


DRIFTING = [
    ("as it was sent", patron(), told(), (K.MATCH,)),
    ("never sent", patron(), None, (K.ILS_ONLY,)),
    ("told zero, owing again", patron(), told(0), (K.ILS_ONLY,)),
    ("sent, nothing owed", patron(balance=0), told(), (K.PAID_ILS_OPEN_AGENCY,)),
    ("sent, gone from the ILS", None, told(), (K.AGENCY_ONLY,)),
    ("told zero, flag left", patron(balance=0), told(0), (K.FLAG_ONLY,)),
    ("sent, exempt", patron(exempt=True), told(), (K.EXEMPT_BUT_SENT,)),
    ("sent, flag lost", patron(**QUIET), told(), (K.REFERRAL_WITHOUT_FLAG, K.FEE_MISSING)),
    ("more here", patron(balance=2600), told(), (K.BALANCE_HIGHER_ILS,)),
    ("more there", patron(balance=2400), told(), (K.BALANCE_HIGHER_AGENCY,)),
    ("told zero, not in collection", patron(**QUIET), told(0), (K.MATCH,)),
    ("told zero, gone from the ILS", None, told(0), (K.MATCH,)),
]


@pytest.mark.parametrize(("ils", "sent", "expected"), [c[1:] for c in DRIFTING], ids=[c[0] for c in DRIFTING])
def test_without_a_list_the_last_file_stands_for_it(ils, sent, expected):
    """The same kinds; nothing that only an agency can know."""
    assert kinds(ils, None, sent, scene=DRIFT) == expected


def test_a_listed_account_that_the_last_file_lacks_is_told():
    """Where a sent file was given at all; of one whom we never sent, that the file lacks it is no news."""
    assert kinds(patron(), account(), scene=SCENE) == (K.LISTED_NOT_SENT,)
    assert kinds(patron(balance=0, **QUIET), account(), scene=SCENE) == (K.PAID_ILS_OPEN_AGENCY, K.LISTED_NOT_SENT)
    assert kinds(None, account(), scene=SCENE) == (K.AGENCY_ONLY,)
    assert kinds(patron(**QUIET), account(), scene=SCENE) == (K.AGENCY_ONLY,)
    assert kinds(patron(), account(**CLOSED), scene=SCENE) == (K.ILS_ONLY,)


# What explains a difference, and for how long.


@pytest.mark.parametrize(("days", "expected"), [(4, K.BALANCE_HIGHER_ILS), (5, K.IN_FLIGHT), (None, K.IN_FLIGHT)])
def test_what_was_sent_explains_a_difference_for_so_many_days(days, expected):
    """Exactly as many are still in time; without a limit it waits, and the result says so elsewhere."""
    case = Case(patron(balance=3500), account(), told(3500))
    found = classify(case, evolve(TERMS, in_flight_days=days), SCENE)
    assert found.kind is expected
    if expected is K.IN_FLIGHT:
        assert found.age_days == 5
        assert "told this balance by sent.csv of 2026-06-05" in found.evidence
    else:
        assert "told this balance by sent.csv of 2026-06-05: 5 days ago, too long to explain it" in found.evidence


@pytest.mark.parametrize("days", [None, 0, 3, 10_000])
@pytest.mark.parametrize("ils", [patron(balance=3500), patron(balance=0)], ids=["a balance", "a zero"])
def test_what_the_agency_knew_already_explains_nothing_without_a_limit(days, ils):
    """A sent file older than the agency's list explains for so many days, not for ever; without an age, nothing."""
    sent = told(ils.balance)
    older = evolve(SCENE, sent_at=SCENE.agency_at - timedelta(days=690), ils_at=SCENE.ils_at)
    within = days is not None and (SCENE.ils_at - older.sent_at).days <= days
    assert (K.IN_FLIGHT in kinds(ils, account(), sent, scene=older, terms=evolve(TERMS, in_flight_days=days))) is within
    ageless = evolve(SCENE, sent_at=None)
    found = classify(Case(ils, account(), sent), evolve(TERMS, in_flight_days=days), ageless)
    assert found.kind is not K.IN_FLIGHT
    assert any("nobody knows when" in text for text in found.evidence)


@pytest.mark.parametrize(("days", "expected"), [(4, K.PAID_ILS_OPEN_AGENCY), (5, K.IN_FLIGHT)])
def test_a_zero_that_was_told_is_waited_for_so_many_days(days, expected):
    """Then it has to be told again, and the row says that it was."""
    found = classify(Case(patron(balance=0), account(), told(0)), evolve(TERMS, in_flight_days=days), SCENE)
    assert found.kind is expected
    assert any("told that nothing is owed by sent.csv of 2026-06-05" in text for text in found.evidence)


def booked(*changes):
    """The scene with these bookings of the patron."""
    return evolve(ALONE, booked={"p1": [Booked(at, cents, "p1") for at, cents in changes]})


AFTER = LISTED_AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([(AFTER, 1000)], K.IN_FLIGHT),
        ([(AFTER, 1500), (ILS_AT, -500)], K.IN_FLIGHT),
        ([(LISTED_AT, 1000)], K.BALANCE_HIGHER_ILS),
        ([(ILS_AT + timedelta(seconds=1), 1000)], K.BALANCE_HIGHER_ILS),
        ([(AFTER, 999)], K.BALANCE_HIGHER_ILS),
        ([(AFTER, 1000), (AFTER, 1)], K.BALANCE_HIGHER_ILS),
        ([], K.BALANCE_HIGHER_ILS),
    ],
)
def test_what_was_booked_explains_a_difference_when_it_is_all_of_it(changes, expected):
    """From after the agency's list up to the snapshot; what was booked in the list's own second is in the list."""
    assert kinds(patron(balance=3500), account(), scene=booked(*changes)) == (expected,)


def test_a_charge_after_the_agency_was_paid_off_is_under_way_and_no_payment():
    """Nothing was owed there, and what is owed here came later."""
    assert kinds(patron(balance=1000), account(balance=0), scene=booked((AFTER, 1000))) == (K.IN_FLIGHT,)
    assert kinds(patron(balance=1000), account(balance=0), told(1000)) == (K.PAID_AGENCY_OPEN_ILS,)


def test_an_explanation_that_is_too_old_is_told_and_not_used():
    """Both the sent file and a booking; the younger booking would do."""
    terms = evolve(TERMS, in_flight_days=8)
    scene = booked((AFTER, 600), (ILS_AT, 400))
    assert kinds(patron(balance=3500), account(), scene=scene, terms=terms) == (K.IN_FLIGHT,)
    scene = evolve(scene, ils_at=ILS_AT + timedelta(days=1))
    found = classify(Case(patron(balance=3500), account()), terms, scene)
    assert found.kind is K.BALANCE_HIGHER_ILS
    assert found.evidence[-1] == "2 booked since, the first on 2026-06-01: 9 days ago, too long to explain it"


# The law's notice.


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ((date(2026, 1, 30),), False),
        ((date(2026, 1, 31),), True),
        ((), True),
        ((date(2026, 3, 2), date(2025, 1, 1)), False),
    ],
)
def test_a_notice_must_have_been_sent_thirty_days_before_the_listing(sent, missing):
    """Exactly thirty days are enough: listed on 1 March 2026."""
    scene = evolve(ALONE, notices={"p1": sent}.get)
    assert (K.NOTICE_MISSING in kinds(patron(), account(), scene=scene)) is missing


def test_without_a_date_of_listing_the_day_of_the_list_counts():
    """Nor of anything else: an unknown day is no reason to be silent, and 2 May is thirty days before 1 June."""
    unlisted = account(listed_on=None, last_activity=None)
    for day, missing in ((date(2026, 5, 2), False), (date(2026, 5, 3), True)):
        scene = evolve(ALONE, notices=lambda _, day=day: (day,))
        assert (K.NOTICE_MISSING in kinds(patron(), unlisted, scene=scene)) is missing


def test_nobody_is_sent_again_without_a_notice():
    """It counts to the day of the snapshot, and a person has to find it first."""
    scene = evolve(ALONE, notices=lambda _: (date(2026, 5, 12),))
    found = classify(Case(patron()), TERMS, scene)
    assert (found.kind, found.also, found.side) == (K.ILS_ONLY, (K.NOTICE_MISSING,), Side.HAND)
    assert "no lawful notice on or before 2026-05-11" in found.evidence
    assert kinds(patron(), scene=evolve(scene, notices=lambda _: (date(2026, 5, 11),))) == (K.ILS_ONLY,)
    assert kinds(None, account(), scene=scene) == (K.AGENCY_ONLY,)


# Terms, and what is doubtful.


def test_a_balance_at_the_removal_limit_is_settled():
    """Up to and with the limit; one cent more is owed."""
    terms = evolve(TERMS, removal_at_or_below=Money(500))
    assert kinds(patron(balance=500), account(balance=500), terms=terms) == (K.PAID_ILS_OPEN_AGENCY,)
    assert kinds(patron(balance=501), account(balance=501), terms=terms) == (K.MATCH,)
    assert kinds(patron(balance=500), None, told(500), terms=terms) == (K.FLAG_ONLY,)


def test_checks_without_their_terms_are_not_made():
    """No fee, no age, no end of waiting."""
    assert kinds(patron(fee=0), account(last_activity=date(2001, 1, 1)), terms=Terms()) == (K.MATCH,)
    assert kinds(patron(fee=9 * FEE), account(), terms=Terms(referral_fee=Money(0))) == (K.MATCH,)


@pytest.mark.parametrize(
    ("case", "unplaced", "scene", "expected"),
    [
        (Case(account=account()), (1, 0, 0), ALONE, (K.AGENCY_ONLY, K.MALFORMED)),
        (Case(account=account()), (0, 1, 1), ALONE, (K.AGENCY_ONLY,)),
        (Case(patron()), (0, 1, 0), ALONE, (K.ILS_ONLY, K.MALFORMED)),
        (Case(patron(balance=0)), (0, 2, 0), ALONE, (K.FLAG_ONLY, K.MALFORMED)),
        (Case(patron(), None, told()), (0, 1, 0), SCENE, (K.SENT_NOT_LISTED, K.MALFORMED)),
        (Case(patron(**QUIET), account()), (0, 0, 1), SCENE, (K.AGENCY_ONLY, K.MALFORMED)),
        (Case(patron()), (0, 0, 1), DRIFT, (K.ILS_ONLY, K.MALFORMED)),
        (Case(patron(), account()), (1, 1, 1), ALONE, (K.MATCH,)),
    ],
)
def test_what_is_missing_may_be_there_and_unreadable(case, unplaced, scene, expected):
    """Then a person looks first, and nothing is sent or withdrawn."""
    found = classify(case, TERMS, evolve(scene, unplaced=unplaced))
    assert (found.kind, set(found.also)) == (expected[0], set(expected[1:]))
    if K.MALFORMED in expected:
        assert found.side is Side.HAND
        rows, one = ("2 rows", "one of them") if 2 in unplaced else ("1 row", "it")
        assert found.evidence[-1].startswith(f"{rows} of ")
        assert found.evidence[-1].endswith(f" could not be read, and this may be {one}")


def test_an_unreadable_row_of_the_patron_ends_all_conclusions():
    """Whatever the rows that could be read say."""
    found = classify(Case(patron(), account(balance=1), unread=("agency.csv:9: damaged",)), TERMS, ALONE)
    assert (found.kind, found.also, found.side) == (K.MALFORMED, (), Side.HAND)
    assert found.evidence == ("ils.csv:2", "agency.csv:2", "agency.csv:9: damaged")


def test_a_number_of_old_is_told_only_while_the_account_is_open():
    """An ended account needs no present number."""
    assert kinds(patron(), account(), changed=True) == (K.IDENTITY_CHANGED,)
    assert kinds(patron(balance=0, **QUIET), account(**CLOSED), changed=True) == (K.MATCH,)


# The row.


def test_the_row_says_what_each_side_says():
    """Keys, amounts, the difference, where the rows stand and how long the agency has been quiet."""
    closed = account(balance=900, close_reason="uncollectable", last_activity=date(2026, 5, 20), **CLOSED)
    found = classify(Case(patron(), closed, told(100, line=7)), TERMS, SCENE)
    assert (found.patron, found.account, found.name) == ("p1", "a1", "SYNTHETIC, Name")
    assert (found.ils, found.agency, found.sent, found.delta) == (Money(2500), Money(900), Money(100), Money(1600))
    assert found.evidence == (
        "ils.csv:2",
        "agency.csv:2",
        "sent.csv:7",
        "closed at the agency on 2026-05-20 (uncollectable)",
    )
    assert (found.age_days, found.flagged, found.exempt, found.fee, found.card) == (12, True, False, Money(FEE), "c1")
    assert found.side is Side.AGENCY


def test_a_closed_account_without_date_and_reason_is_just_closed():
    """Nothing is made up."""
    found = classify(Case(patron(), account(last_activity=None, listed_on=None, **CLOSED)), TERMS, ALONE)
    assert found.evidence[-1] == "closed at the agency"
    assert found.age_days is None


def test_what_was_sent_is_the_key_where_there_is_no_other():
    """In drift always; beside a list only where the ILS does not know the patron."""
    assert classify(Case(patron(), None, told()), TERMS, DRIFT).account == "p1"
    assert classify(Case(None, None, told(patron="", card="c1")), TERMS, SCENE).account == "c1"
    found = classify(Case(patron(), None, told()), TERMS, SCENE)
    assert (found.patron, found.account) == ("p1", None)


def test_waiting_and_doubt_change_the_side():
    """An account that is to be told something is left alone while an answer is under way."""
    exempt = classify(Case(patron(exempt=True), account(), told(0)), TERMS, SCENE)
    assert exempt.side is Side.WAIT
    assert classify(Case(patron(flagged=False, balance=3500), account(), told(3500)), TERMS, SCENE).side is Side.ILS


def test_a_row_masks_the_patron():
    """In its repr, and that of everything it was made of."""
    for value in (
        patron("canary"),
        account("canary", name="canary"),
        told(patron="canary"),
        Booked(ILS_AT, 1, "canary"),
    ):
        assert "canary" not in repr(value)
    assert "canary" not in repr(classify(Case(patron("canary"), account(name="canary")), TERMS, ALONE))


def test_without_a_listing_day_the_last_activity_bounds_it():
    """A notice that went after the agency was at work cannot have been the one before the referral."""
    at_work = account(listed_on=None, last_activity=date(2026, 3, 20))
    for sent, missing in ((date(2026, 5, 1), True), (date(2026, 2, 18), False), (date(2026, 2, 19), True)):
        scene = evolve(ALONE, notices=lambda patron, sent=sent: (sent,))
        assert (K.NOTICE_MISSING in kinds(patron(), at_work, scene=scene)) is missing


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bankruptcy - Chapter 7 discharged", K.BANKRUPT),
        ("CHAPTER 13", K.BANKRUPT),
        ("Deceased debtor", K.DECEASED),
        ("in dispute", K.DISPUTED),
        ("Cease and desist", K.DISPUTED),
        ("identity theft claim", K.DISPUTED),
        ("Paid in full", K.PAID_AGENCY_OPEN_ILS),
        ("Returned - uncollectable", K.ILS_ONLY),
        ("", K.ILS_ONLY),
    ],
)
def test_an_account_that_was_closed_for_a_cause_is_looked_at_and_not_sent_again(reason, kind):
    """Bankrupt, deceased, disputed, paid: a person looks, with the agency's words; else it may be referred again."""
    found = classify(Case(patron(), account(close_reason=reason, **CLOSED)), TERMS, ALONE)
    assert found.kind is kind
    assert found.side is (Side.AGENCY if kind is K.ILS_ONLY else Side.HAND)
    assert not reason or any(reason in text for text in found.evidence)
