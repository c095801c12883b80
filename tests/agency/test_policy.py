"""The policy of collection: what must be set, what the law fixes, what the two predicates say."""

from datetime import date, timedelta

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.policy import AgencyPolicy, Minors
from scld_core.errors import InvalidValue, PolicyMissing, ProfileRefused, SettingsError
from scld_core.kernel.money import Money
from scld_core.policies import check_overrides, load_profile, resolve
from support.collection import POLICY, TODAY, VALUES

COUNTY, CITY = load_profile("spokane-county"), load_profile("spokane-public")


def settled(profile=COUNTY, **values):
    return resolve(AgencyPolicy, "agency", profile=profile, overrides={"agency": VALUES | values}, on=TODAY)


def test_every_value_without_a_source_has_to_be_set():
    """The county's profile has the law's values only; the run names each key that is missing."""
    with pytest.raises(PolicyMissing) as caught:
        resolve(AgencyPolicy, "agency", profile=COUNTY, overrides={}, on=TODAY)
    assert set(caught.value.keys) == {f"agency.{name}" for name in VALUES}


def test_the_city_s_threshold_is_sourced():
    """Seventy-five dollars at the city library; whether exactly that is enough nobody says."""
    with pytest.raises(PolicyMissing) as caught:
        resolve(AgencyPolicy, "agency", profile=CITY, overrides={}, on=TODAY)
    assert set(caught.value.keys) == {f"agency.{name}" for name in VALUES if name != "threshold_cents"}
    values = {key: value for key, value in VALUES.items() if key != "threshold_cents"}
    found = resolve(AgencyPolicy, "agency", profile=CITY, overrides={"agency": values}, on=TODAY)
    assert found.value.threshold_cents == 7500
    assert "Spokane Public Library" in found.source_of("threshold_cents")


def test_a_set_policy_records_its_version_and_its_sources():
    """Law from the profile, the rest from district.toml."""
    found = settled()
    assert found.value.minors is Minors.NEVER
    assert found.version == "spokane-county+district"
    assert "RCW 19.16.500(2)" in found.source_of("referral_notice_days")
    check_overrides({"agency": VALUES}, profile=COUNTY, kinds={"agency": AgencyPolicy})


@pytest.mark.parametrize(
    ("key", "value", "error", "text"),
    [
        ("referral_notice_days", 29, ProfileRefused, r"RCW 19\.16\.500\(2\)"),
        ("referral_notice_required", False, ProfileRefused, r"RCW 19\.16\.500\(2\)"),
        ("referral_fee_legal_class", "fine", ProfileRefused, r"RCW 19\.16\.500\(1\)\(b\)"),
        ("threshold_inclusive", "yes", SettingsError, "threshold_inclusive"),
        ("threshold_inclusive", 1, SettingsError, "threshold_inclusive"),
        ("threshold_cents", 0, SettingsError, "threshold_cents"),
        ("threshold_cents", 25.5, SettingsError, "threshold_cents"),
        ("removal_cents", -1, SettingsError, "removal_cents"),
        ("minors", "sometimes", SettingsError, "minors"),
        ("send_weekdays", ["mon"], SettingsError, "must be days such as monday"),
        ("max_age_days", 10, SettingsError, "must not be below min_age_days"),
        ("reported_kinds", ["damaged"], SettingsError, "must have every threshold kind"),
        ("thresold_cents", 1, SettingsError, "threshold_cents"),
    ],
)
def test_a_wrong_or_unlawful_value_is_refused_by_name(key, value, error, text):
    """The law goes before the format, and no word is taken for a yes."""
    with pytest.raises(error, match=text):
        settled(**{key: value})


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("referral_notice_required", False, "must be true"),
        ("referral_notice_days", 29, "from 30"),
        ("referral_fee_legal_class", "rental", "must be collection_cost"),
    ],
)
def test_no_unlawful_policy_can_be_built_at_all(key, value, text):
    """Code that skips the profiles meets the same rules."""
    with pytest.raises(InvalidValue, match=text):
        evolve(POLICY, **{key: value})


def test_every_key_is_documented():
    """The docstring has a line for each field."""
    documented = AgencyPolicy.__doc__ or ""
    assert [a.name for a in fields(AgencyPolicy) if a.name not in documented] == []


@given(st.integers(1, 10_000), st.integers(-10_000, 20_000))
def test_inclusive_and_strict_differ_at_the_threshold_alone(threshold, cents):
    """Reaches or exceeds, and exceeds."""
    inclusive = evolve(POLICY, threshold_cents=threshold)
    strict = evolve(inclusive, threshold_inclusive=False)
    assert inclusive.reaches(Money(cents)) is (cents >= threshold)
    assert strict.reaches(Money(cents)) is (cents > threshold)


def test_what_counts_and_what_is_told_are_two_predicates():
    """Item charges count, and everything is told."""
    assert (POLICY.counts("lost_item"), POLICY.counts("printing")) == (True, False)
    assert (POLICY.reports("lost_item"), POLICY.reports("printing")) == (True, True)
    assert evolve(POLICY, threshold_kinds=("all",)).counts("printing")


@given(st.integers(0, 100_000), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 100_000))
def test_the_fee_is_the_basic_one_and_above_the_limit_the_second_too(reported, basic, more, limit):
    """Adding cents to cents: no decimals, no rounding, never a fee in place of a number of digits."""
    policy = evolve(
        POLICY,
        referral_fee_cents=basic,
        referral_fee_excess_over_cents=limit,
        referral_fee_excess_cents=more,
    )
    assert policy.fee(Money(reported)) == Money(basic + (more if reported > limit else 0))
    assert evolve(policy, referral_fee_excess_over_cents=None).fee(Money(reported)) == Money(basic)


def test_a_balance_at_the_removal_rule_or_a_credit_is_settled():
    """A credit is valid and means nothing owed."""
    policy = evolve(POLICY, removal_cents=500)
    assert [policy.settled(Money(cents)) for cents in (-100, 0, 500, 501)] == [True, True, True, False]


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_referrals_leave_on_the_days_set(day):
    """By the name of the weekday."""
    assert POLICY.sends_on(day) is (day.strftime("%A") == "Monday")
    assert day - POLICY.lawful_until(day) == timedelta(days=30)
