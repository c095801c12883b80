"""Who answers for a minor's loans, and who may be told of them."""

from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st
from patron_desk import PLACEHOLDER, POLICY, VERSION, pid, with_policy

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.patrons import Enquiry, Evidence, FactClass, GuardianLink, OlderLoans, age_on, liability, may_be_told
from scld_core.patrons.access import REASONS

CHILD, ADULT, OTHER = pid("child"), pid("adult"), pid("other")
DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))
BORN = st.none() | st.just(PLACEHOLDER) | st.dates(date(1850, 1, 1), date(2045, 1, 1))
RANK = {Verdict.DENY: 0, Verdict.REFER: 1, Verdict.PERMIT: 2}


def link(adult=ADULT, *, since=date(2010, 1, 1), **more):
    """A signed agreement of the child's adult."""
    return GuardianLink(minor=CHILD, adult=adult, since=since, agreement="form-7", **more)


LINKS = st.lists(
    st.builds(
        lambda minor, adult, since, lasts, liable, older: GuardianLink(
            minor=minor,
            adult=adult,
            since=since,
            until=since + timedelta(days=lasts) if lasts else None,
            agreement="form-7",
            liable=liable,
            older_loans=older,
        ),
        st.sampled_from([CHILD, CHILD, pid("else")]),
        st.sampled_from([ADULT, OTHER]),
        DAYS,
        st.none() | st.integers(1, 5000),
        st.booleans(),
        st.sampled_from(OlderLoans),
    ),
    max_size=3,
).map(tuple)

ENQUIRIES = st.builds(
    Enquiry,
    child=st.just(CHILD),
    adult=st.sampled_from([ADULT, OTHER]),
    birth_date=BORN,
    links=LINKS,
    evidence=st.frozensets(st.sampled_from(Evidence)),
    restrictions=st.lists(st.sampled_from(["protected", "court-order"]), max_size=2).map(tuple),
    identified=st.booleans(),
    on=DAYS,
)
FACTS = st.sampled_from(FactClass)


def answer(fact, enquiry, policy=POLICY):
    """The verdict's rank."""
    return RANK[may_be_told(fact, enquiry, policy).verdict]


@given(FACTS, ENQUIRIES)
def test_a_decision_is_total_deterministic_and_explained(fact, enquiry):
    """Every enquiry has one answer with reasons, each a sentence with its section and version."""
    found = may_be_told(fact, enquiry, POLICY, version=VERSION)
    assert found == may_be_told(fact, evolve(enquiry, links=tuple(reversed(enquiry.links))), POLICY, version=VERSION)
    assert found.reasons
    assert all(reason.text(REASONS) and reason.version == VERSION for reason in found.reasons)
    assert all(reason.section.startswith("patrons.") for reason in found.reasons)


@given(FACTS, ENQUIRIES, st.frozensets(st.sampled_from(Evidence)))
def test_more_evidence_never_gives_less(fact, enquiry, more):
    """Evidence that is added keeps open what was open."""
    assert answer(fact, evolve(enquiry, evidence=enquiry.evidence | more)) >= answer(fact, enquiry)


@given(FACTS, ENQUIRIES, st.sampled_from(["protected", "secret"]))
def test_a_restriction_never_opens(fact, enquiry, code):
    """With one more restriction the answer is a denial, whatever it was."""
    restricted = evolve(enquiry, restrictions=(*enquiry.restrictions, code))
    assert may_be_told(fact, restricted, POLICY).verdict is Verdict.DENY


@given(FACTS, ENQUIRIES, st.integers(0, 20_000))
def test_coming_of_age_never_gives_a_guardian_more(fact, enquiry, older):
    """Born earlier, the same child is of age sooner, and the adult learns no more."""
    assume(enquiry.birth_date not in (None, PLACEHOLDER) and enquiry.birth_date <= enquiry.on)
    try:
        before = enquiry.birth_date - timedelta(days=older)
    except OverflowError:
        assume(False)
    assume(before != PLACEHOLDER)
    assert answer(fact, evolve(enquiry, birth_date=before)) <= answer(fact, enquiry)
    if age_on(enquiry.birth_date, enquiry.on) >= POLICY.adult_age:
        assert answer(fact, enquiry) == 0


def enquiry(on=date(2020, 6, 1), **more):
    """A good enquiry of the responsible adult of a child of ten."""
    known = {"birth_date": date(2010, 2, 28), "links": (link(),), "identified": True}
    given_ = {"evidence": frozenset({Evidence.CHILD_PRESENT})}
    return Enquiry(child=CHILD, adult=ADULT, on=on, **(known | given_ | more))


@pytest.mark.parametrize(
    ("fact", "more", "verdict", "codes"),
    [
        (FactClass.TITLES, {}, Verdict.PERMIT, ["evidence"]),
        (FactClass.HOLDS, {}, Verdict.DENY, ["never_told"]),
        (FactClass.TITLES, {"evidence": frozenset({Evidence.CHILDS_CARD})}, Verdict.DENY, ["evidence_missing"]),
        (FactClass.TITLES, {"identified": False}, Verdict.DENY, ["not_identified"]),
        (FactClass.TITLES, {"links": ()}, Verdict.DENY, ["no_link"]),
        (FactClass.TITLES, {"links": (link(OTHER),)}, Verdict.DENY, ["no_link"]),
        (FactClass.TITLES, {"links": (link(until=date(2020, 6, 1)),)}, Verdict.DENY, ["no_link"]),
        (FactClass.TITLES, {"links": (link(liable=False),)}, Verdict.DENY, ["not_liable"]),
        (FactClass.TITLES, {"birth_date": None}, Verdict.REFER, ["unknown_age"]),
        (FactClass.TITLES, {"birth_date": PLACEHOLDER}, Verdict.REFER, ["unknown_age"]),
        (FactClass.TITLES, {"birth_date": None, "links": ()}, Verdict.DENY, ["no_link", "unknown_age"]),
        (FactClass.TITLES, {"on": date(2028, 2, 27)}, Verdict.PERMIT, ["evidence"]),
        (FactClass.TITLES, {"on": date(2028, 2, 28)}, Verdict.DENY, ["of_age"]),
        (FactClass.TITLES, {"restrictions": ("b", "a", "a")}, Verdict.DENY, ["restricted", "restricted"]),
        (
            FactClass.AMOUNT_OWED,
            {"evidence": frozenset(), "identified": False, "links": (), "on": date(2030, 1, 1)},
            Verdict.DENY,
            ["no_link", "not_identified", "of_age", "evidence_missing"],
        ),
    ],
)
def test_each_reason_stands_for_itself(fact, more, verdict, codes):
    """Link, liability, identity, age, evidence and restriction each close the record, and all are named."""
    found = may_be_told(fact, enquiry(**more), POLICY)
    assert (found.verdict, [reason.code for reason in found.reasons]) == (verdict, codes)


def test_a_district_may_not_ask_who_pays():
    """Where the policy does not ask for liability, an adult without it may ask."""
    free = with_policy(guardian_must_be_liable=False)
    assert may_be_told(FactClass.TITLES, enquiry(links=(link(liable=False),)), free).permitted


@given(BORN, LINKS, DAYS, DAYS)
def test_liability_is_total_and_needs_no_order(born, links, made_on, on):
    """Somebody answers for a loan or a person decides, whatever the order of the links."""
    found = liability(CHILD, born, links, POLICY, made_on=made_on, on=on, version=VERSION)
    assert found == liability(CHILD, born, reversed(links), POLICY, made_on=made_on, on=on, version=VERSION)
    assert bool(found.by) is (found.decision.verdict is Verdict.PERMIT)
    assert set(found.by) <= {CHILD, ADULT, OTHER}
    assert [reason.version for reason in found.decision.reasons] == [VERSION]


@given(LINKS, DAYS, st.integers(0, 5000))
def test_nobody_else_answers_for_what_an_adult_borrows(links, made_on, later):
    """From the eighteenth birthday on new loans are the patron's alone."""
    born = made_on.replace(year=made_on.year - 18, day=min(made_on.day, 28))
    found = liability(CHILD, born, links, POLICY, made_on=made_on, on=made_on + timedelta(days=later))
    assert found.by == (CHILD,)


@given(LINKS, DAYS, st.integers(0, 3000))
def test_what_an_adult_signed_for_stays_as_long_as_the_patron_is_a_minor(links, made_on, later):
    """Until the birthday the day of asking does not matter; the link may have ended since."""
    born = made_on - timedelta(days=1000)
    first = liability(CHILD, born, links, POLICY, made_on=made_on, on=made_on)
    assert first == liability(CHILD, born, links, POLICY, made_on=made_on, on=made_on + timedelta(days=later))


@pytest.mark.parametrize(
    ("links", "by", "code"),
    [
        ((link(older_loans=OlderLoans.STAY),), (ADULT,), "stays"),
        ((link(older_loans=OlderLoans.PASS),), (CHILD,), "passed_on"),
        ((link(),), (), "agreement_silent"),
        ((link(older_loans=OlderLoans.STAY), link(OTHER, older_loans=OlderLoans.PASS)), (ADULT,), "stays"),
        ((link(older_loans=OlderLoans.STAY), link(OTHER)), (), "agreement_silent"),
        ((link(older_loans=OlderLoans.STAY), link(OTHER, older_loans=OlderLoans.STAY)), (ADULT, OTHER), "stays"),
        ((link(liable=False, older_loans=OlderLoans.STAY),), (), "nobody_signed"),
        ((link(since=date(2020, 1, 2)),), (), "nobody_signed"),
    ],
)
def test_older_loans_go_as_the_agreement_says(links, by, code):
    """After the birthday a minor's loan stays with the adult, passes to the patron, or a person decides."""
    found = liability(CHILD, date(2005, 1, 1), links, POLICY, made_on=date(2020, 1, 1), on=date(2023, 1, 1))
    assert found.by == by
    assert [reason.code for reason in found.decision.reasons] == [code]


def test_an_unknown_age_is_for_a_person():
    """A placeholder is no birth date."""
    found = liability(CHILD, PLACEHOLDER, [link()], POLICY, made_on=date(2020, 1, 1), on=date(2020, 1, 1))
    assert [reason.code for reason in found.decision.reasons] == ["unknown_age"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: link(CHILD),
        lambda: link(until=date(2010, 1, 1)),
        lambda: link(since=datetime(2010, 1, 1)),  # noqa: DTZ001
        lambda: link(until=datetime(2012, 1, 1)),  # noqa: DTZ001
    ],
)
def test_what_is_no_link(make):
    """Nobody is one's own guardian, and a link begins before it ends, on days."""
    with pytest.raises(InvalidValue, match="GuardianLink"):
        make()
