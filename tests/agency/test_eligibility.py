"""Who may be referred: the laws of the decision, and its boundaries."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from scld_core.agency.eligibility import (
    REASONS,
    AccountFacts,
    ChargeFact,
    HoldCause,
    Outcome,
    assess,
)
from scld_core.agency.policy import Minors, UnknownAge
from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.kernel.money import Money
from support.collection import BORN, POLICY, TODAY, account, accounts, charge, debtors, policies


def outcome(facts, policy=POLICY, as_of=TODAY):
    return assess(facts, policy, as_of).outcome


def codes(facts, policy=POLICY, as_of=TODAY):
    return [reason.code for reason in assess(facts, policy, as_of).decision.reasons]


def test_an_adult_who_was_told_and_owes_enough_is_eligible():
    """The plain case, with what it rests on."""
    found = assess(account(), POLICY, TODAY, version="v7")
    assert found.eligible
    assert found.decision.permitted
    assert (found.counted, found.reported, found.withheld) == (Money(6000), Money(6000), Money(0))
    assert found.evidence == (TODAY - timedelta(days=40),)
    assert found.debtor == "N1001"
    assert {reason.version for reason in found.decision.reasons} == {"v7"}


@given(accounts, policies)
def test_no_account_is_eligible_without_the_lawful_notice(facts, policy):
    """RCW 19.16.500(2): whatever the history, a notice that names the assignment, 30 days before, after the charge."""
    found = assess(facts, policy, TODAY)
    if found.eligible:
        assert found.evidence
        assert all(day in facts.notices and (TODAY - day).days >= 30 for day in found.evidence)
        told_of = [
            c
            for c in facts.charges
            if c.outstanding.cents > 0 and any(c.assessed_on <= day for day in found.evidence if TODAY - day)
        ]
        assert sum(c.outstanding.cents for c in told_of) >= policy.threshold_cents


def test_what_was_announced_before_a_referral_came_back_announces_no_other():
    """The day itself belongs to the one that came back; the reason says what is wanted."""
    for days, found in ((41, Outcome.ELIGIBLE), (40, Outcome.NOTICE_MISSING), (0, Outcome.NOTICE_MISSING)):
        back = account(back_on=TODAY - timedelta(days=days))
        assert outcome(back) is found
        assert "came-back" in codes(back)


def test_an_eligible_assessment_without_evidence_cannot_be_built():
    """Not even by code that goes round the rule."""
    found = assess(account(), POLICY, TODAY)
    for evidence in ((), (TODAY - timedelta(days=29),), (TODAY,)):
        with pytest.raises(InvalidValue, match=r"RCW 19\.16\.500\(2\)"):
            evolve(found, evidence=evidence)


@given(accounts, policies, st.integers(0, 5000), st.integers(0, 60))
def test_a_higher_threshold_or_age_never_enlarges_the_set(facts, policy, cents, days):
    """Monotone in the threshold, in strictness, in age and in the notice's length."""
    base = assess(facts, policy, TODAY).eligible
    open_window = evolve(policy, max_age_days=None)
    for harder, easier in (
        (evolve(policy, threshold_cents=policy.threshold_cents + cents), base),
        (evolve(policy, threshold_inclusive=False), base),
        (evolve(policy, referral_notice_days=policy.referral_notice_days + days), base),
        (
            evolve(open_window, min_age_days=policy.min_age_days + days),
            assess(facts, open_window, TODAY).eligible,
        ),
    ):
        assert assess(facts, harder, TODAY).eligible <= easier


@given(accounts, policies)
def test_an_exemption_a_hold_or_a_lost_notice_never_enlarges_the_set(facts, policy):
    """Each can only take an account out."""
    base = assess(facts, policy, TODAY).eligible
    for less in (
        evolve(facts, exempt=True),
        evolve(facts, holds=(HoldCause.DISPUTE,)),
        evolve(facts, back_on=TODAY - timedelta(days=50)),
        evolve(facts, open_referral=True),
        evolve(facts, notices=facts.notices[1:]),
        evolve(facts, charges=facts.charges[1:]) if not _credit_first(facts) else facts,
    ):
        assert assess(less, policy, TODAY).eligible <= base
    every = evolve(policy, exempt_categories=("adult", "staff"))
    assert not assess(facts, every, TODAY).eligible


def _credit_first(facts):
    return bool(facts.charges) and facts.charges[0].outstanding.cents < 0


@given(accounts, policies, st.integers(1, 7))
def test_splitting_a_charge_into_smaller_lines_changes_nothing(facts, policy, parts):
    """The amounts and the outcome are those of the sum."""
    pieces = tuple(
        ChargeFact(c.kind, share, c.assessed_on) for c in facts.charges for share in c.outstanding.split(parts)
    )
    whole, split = assess(facts, policy, TODAY), assess(evolve(facts, charges=pieces), policy, TODAY)
    assert (split.outcome, split.counted, split.reported, split.withheld) == (
        whole.outcome,
        whole.counted,
        whole.reported,
        whole.withheld,
    )


@given(accounts, policies, st.randoms(use_true_random=False))
def test_the_same_facts_give_the_same_decision_in_any_order(facts, policy, random):
    """Deterministic in ledger, policy and date."""
    charges, notices = list(facts.charges), list(facts.notices) * 2
    random.shuffle(charges)
    random.shuffle(notices)
    other = evolve(facts, charges=tuple(charges), notices=tuple(notices))
    assert assess(other, policy, TODAY) == assess(facts, policy, TODAY)


@given(debtors, policies, st.integers(0, 2000))
def test_missing_any_number_of_runs_never_drops_an_account_in_silence(facts, policy, days):
    """What was eligible stays so while nothing changes; a window of age turns it over to a person, no more."""
    policy = evolve(policy, unknown_age=UnknownAge.ADULT)
    assume(assess(facts, policy, TODAY).eligible)
    later = assess(facts, policy, TODAY + timedelta(days=days))
    assert later.outcome in ({Outcome.ELIGIBLE} if policy.max_age_days is None else {*_LATER})
    if not later.eligible:
        assert later.decision.verdict is Verdict.REFER


_LATER = (Outcome.ELIGIBLE, Outcome.PAST_WINDOW)


@given(policies)
def test_two_charges_that_no_window_holds_together_are_added_up(policy):
    """Twenty and twenty dollars, years apart, are forty."""
    policy = evolve(policy, threshold_cents=4000, threshold_inclusive=True, max_age_days=None, minors=Minors.NEVER)
    facts = account(charge(2000, 1000), charge(2000, 100), notices=(99,))
    assert outcome(facts, policy) is Outcome.ELIGIBLE


@given(accounts, policies)
def test_every_outcome_says_why_and_no_reason_names_anybody(facts, policy):
    """Each reason has a sentence; refusals have at least one; neither patron nor birth date is in them."""
    found = assess(facts, policy, TODAY)
    texts = [reason.text(REASONS) for reason in found.decision.reasons]
    assert texts
    assert not any("N1001" in text or "N2002" in text or str(BORN) in text for text in texts)
    assert "N1001" not in repr(facts) + repr(found)
    for_a_person = (Outcome.NOTICE_MISSING, Outcome.UNRESOLVED, Outcome.UNKNOWN_AGE, Outcome.PAST_WINDOW)
    assert (found.decision.verdict is Verdict.REFER) is (found.outcome in for_a_person)
    assert found.decision.permitted is found.eligible


@given(st.integers(0, 100))
def test_a_charge_counts_from_exactly_the_age_set(age):
    """One day younger does not, and the reason says from when it will."""
    facts = account(charge(6000, age), notices=(age,))
    policy = evolve(POLICY, min_age_days=40)
    assert outcome(facts, policy) is (Outcome.ELIGIBLE if age >= 40 else Outcome.NOT_ELIGIBLE)
    if age < 40:
        first = TODAY + timedelta(days=40 - age)
        assert f"from {first} on" in assess(facts, policy, TODAY).decision.reasons[1].text(REASONS)
        assert outcome(facts, policy, first) is Outcome.ELIGIBLE


@given(st.integers(0, 100))
def test_a_notice_counts_from_exactly_the_thirtieth_day(days):
    """Until then the account waits, and the reason says until when."""
    facts = account(charge(6000, 100), notices=(days,))
    assert outcome(facts) is (Outcome.ELIGIBLE if days >= 30 else Outcome.NOT_ELIGIBLE)
    if days < 30:
        assert codes(facts) == ["below-threshold", "notice-waits"]
        assert outcome(facts, as_of=TODAY + timedelta(days=30 - days)) is Outcome.ELIGIBLE


def test_a_notice_tells_of_no_charge_that_came_after_it():
    """An old letter about another debt is no evidence, and one dated tomorrow is none either."""
    assert outcome(account(charge(age=60), notices=(400,))) is Outcome.NOTICE_MISSING
    assert outcome(account(charge(age=60), notices=(-1,))) is Outcome.NOTICE_MISSING
    assert outcome(account(charge(age=60), notices=())) is Outcome.NOTICE_MISSING
    assert codes(account(notices=())) == ["below-threshold", "notice-missing"]


def test_what_was_not_announced_is_withheld_and_said():
    """Five dollars after the notice wait for a notice of their own; what was announced is told."""
    found = assess(account(charge(6000, 60), charge(500, 10, "printing")), POLICY, TODAY)
    assert found.eligible
    assert (found.reported, found.withheld) == (Money(6000), Money(500))
    assert [r.code for r in found.decision.reasons] == ["owes", "withheld"]


def test_a_credit_always_counts_for_the_patron():
    """It lowers what counts and what is told, whatever its kind and age."""
    found = assess(account(charge(6000), charge(-2000, 0, "printing")), POLICY, TODAY)
    assert found.outcome is Outcome.NOT_ELIGIBLE
    assert (found.counted, found.reported) == (Money(4000), Money(4000))


@pytest.mark.parametrize(
    ("more", "policy", "expected"),
    [
        ({"open_referral": True, "exempt": True}, {}, Outcome.ALREADY_REFERRED),
        ({"holds": (HoldCause.BANKRUPTCY, HoldCause.DECEASED)}, {}, Outcome.ON_HOLD),
        ({"exempt": True}, {}, Outcome.EXEMPT),
        ({"category": "staff"}, {}, Outcome.EXEMPT),
        ({"birth_date": None}, {}, Outcome.UNKNOWN_AGE),
        ({"birth_date": date(2099, 1, 1)}, {}, Outcome.UNKNOWN_AGE),
        ({"birth_date": None}, {"unknown_age": UnknownAge.ADULT}, Outcome.ELIGIBLE),
        ({"birth_date": None}, {"unknown_age": UnknownAge.MINOR}, Outcome.UNRESOLVED),
        ({"birth_date": date(2015, 1, 1)}, {"minors": Minors.NEVER}, Outcome.MINOR),
        ({"birth_date": date(2015, 1, 1)}, {}, Outcome.UNRESOLVED),
        ({"birth_date": date(2015, 1, 1), "responsible_adult": "N2002"}, {}, Outcome.ELIGIBLE),
    ],
)
def test_each_fact_has_its_outcome(more, policy, expected):
    """One table of cases; what is unknown is an outcome or a reason, never silence."""
    facts = account(**more)
    found = assess(facts, evolve(POLICY, **policy), TODAY)
    assert found.outcome is expected
    if "birth_date" in more:
        assert {"unknown-age", "minor", "no-responsible-adult", "responsible-adult"} & {
            reason.code for reason in found.decision.reasons
        }


def test_every_hold_is_a_reason_of_its_own():
    """A decision keeps all of them."""
    facts = account(holds=(HoldCause.DECEASED, HoldCause.BANKRUPTCY), exempt=True)
    texts = [reason.text(REASONS) for reason in assess(facts, POLICY, TODAY).decision.reasons]
    assert texts[:3] == ["is on hold: bankruptcy", "is on hold: deceased", "is exempt by a note on the account"]


def test_a_child_s_debt_is_the_responsible_adult_s():
    """The debtor is the adult; a grown patron is the own debtor."""
    child = account(birth_date=date(2015, 1, 1), responsible_adult="N2002")
    assert assess(child, POLICY, TODAY).debtor == "N2002"
    assert assess(account(responsible_adult="N2002"), POLICY, TODAY).debtor == "N1001"


def test_what_only_a_window_keeps_out_goes_to_a_person():
    """A charge older than the window is neither sent unasked nor forgotten."""
    policy = evolve(POLICY, max_age_days=90)
    facts = account(charge(6000, 200), notices=(199,))
    assert assess(facts, policy, TODAY).decision.verdict is Verdict.REFER
    assert outcome(facts, policy) is Outcome.PAST_WINDOW
    assert outcome(account(charge(6000, 90), notices=(89,)), policy) is Outcome.ELIGIBLE
    assert outcome(account(charge(6000, 91), notices=(90,)), policy) is Outcome.PAST_WINDOW


def test_an_account_without_charges_owes_nothing():
    """Nothing counts, and that is the reason."""
    assert codes(AccountFacts((), birth_date=BORN)) == ["below-threshold"]


def test_two_currencies_in_one_account_are_refused():
    """They cannot be added."""
    with pytest.raises(InvalidValue, match="currency"):
        assess(account(charge(), ChargeFact("lost_item", Money(1, "CAD"), TODAY)), POLICY, TODAY)
