"""The policy of a day: a profile's values under the district's own."""

from collections.abc import Mapping
from datetime import date

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue, PolicyMissing, ProfileRefused, SettingsError
from scld_core.kernel.validate import at_least, instance
from scld_core.policies import check_overrides, load_profile, parse_profile, resolve

ON = date(2026, 1, 15)


@attrs.frozen
class LoanPolicy:
    """A small area."""

    lost_after_days: int = attrs.field(validator=[instance(int), at_least(1)])
    max_renewals: int
    loan_days: Mapping[str, int]
    grace_days: int
    note: str = "none"


COUNTY = load_profile("spokane-county")


def found(overrides, on=ON, profile=COUNTY):
    return resolve(LoanPolicy, "circulation", profile=profile, overrides=overrides, on=on)


def test_values_come_from_the_profile_and_the_district():
    """A field is taken from the district where it says something and from the profile where not."""
    got = found({"circulation": {"grace_days": 2, "max_renewals": 4, "loan_days": {"dvds": 7}}})
    assert got.value == LoanPolicy(28, 4, {"dvds": 7, "new_books": 14, "standard": 28}, 2)
    assert got.version == "spokane-county@2023-01-01+district"


def test_each_field_says_where_it_comes_from():
    """The source of a field names the document, the place in it and who may change it."""
    got = found({"circulation": {"grace_days": [{"value": 2, "source": "memo 7", "changed_by": "the director"}]}})
    assert got.source_of("lost_after_days").startswith("spokane-county: SCLD post of January 2023: lost at four weeks")
    assert "(changed by SCLD Board of Trustees)" in got.source_of("lost_after_days")
    assert got.source_of("grace_days") == "district.toml: memo 7 (changed by the director)"
    assert got.source_of("note") == "default of LoanPolicy"
    assert "two weeks" in got.source_of("loan_days")
    assert "two weeks" in got.source_of("loan_days.dvds")
    assert found({"circulation": {"grace_days": 2}}).source_of("grace_days") == (
        "district.toml: policy.circulation.grace_days"
    )
    with pytest.raises(InvalidValue, match="not a field"):
        got.source_of("grace")


def test_dated_overrides_hold_on_their_days_only():
    """Between the district's own versions the profile's value is back."""
    table = {
        "grace_days": 2,
        "lost_after_days": [{"value": 60, "valid_from": date(2026, 1, 1), "valid_to": date(2026, 2, 1)}],
    }
    inside, after = found({"circulation": table}), found({"circulation": table}, on=date(2026, 2, 1))
    assert (inside.value.lost_after_days, after.value.lost_after_days) == (60, 28)
    assert inside.version == "spokane-county@2023-01-01+district@2026-01-01"
    assert after.version == "spokane-county@2023-01-01+district"


def test_all_missing_values_are_named_with_their_dotted_keys():
    """What has no source and is not set is listed completely; on an earlier day that is more."""
    with pytest.raises(PolicyMissing) as caught:
        found({})
    assert caught.value.keys == ("circulation.grace_days",)
    with pytest.raises(PolicyMissing) as caught:
        found({}, on=date(2022, 12, 31))
    assert caught.value.keys == tuple(
        f"circulation.{name}" for name in ("lost_after_days", "max_renewals", "loan_days", "grace_days")
    )


def test_a_version_without_dates_or_own_values_is_the_profiles_name():
    """Values that have always held have no date in the version."""
    entry = [{"value": 1, "source": "s", "changed_by": "c"}]
    table = {"lost_after_days": entry, "max_renewals": entry, "loan_days": {"dvds": entry}, "grace_days": entry}
    profile = parse_profile({"name": "own", "title": "Own", "policy": {"circulation": table}}, where="own")
    assert found({}, profile=profile).version == "own"


def test_values_of_the_wrong_kind_are_reported_together_at_their_paths():
    """The class of the area decides what a value must be."""
    with pytest.raises(SettingsError) as caught:
        found({"circulation": {"grace_days": "2", "lost_after_days": 0}})
    assert "policy.circulation.grace_days: must be a whole number" in str(caught.value)
    assert "policy.circulation.lost_after_days: must be a number of at least 1" in str(caught.value)


def test_a_typing_mistake_is_answered_with_the_nearest_key():
    """An unknown key of the area is refused before anything is missed."""
    with pytest.raises(SettingsError, match=r"policy\.circulation\.grace_day: unknown key\. Did you mean 'circulation"):
        found({"circulation": {"grace_day": 2}})


def test_a_wrong_form_of_an_override_is_named():
    """Overlapping versions in district.toml are refused with both."""
    with pytest.raises(SettingsError, match=r"policy\.circulation\.grace_days: \[0\] .* hold on the same days"):
        found({"circulation": {"grace_days": [{"value": 1}, {"value": 2}]}})


def test_a_value_cannot_be_one_number_and_a_table():
    """A plain value over a profile's table of values is refused by name."""
    with pytest.raises(SettingsError, match=r"policy\.circulation\.loan_days\.dvds: is set both"):
        found({"circulation": {"grace_days": 1, "loan_days": 7}})


def test_what_the_law_forbids_is_refused_in_an_override():
    """A district cannot shorten the notice before a referral, in whatever area is asked for."""
    with pytest.raises(ProfileRefused, match=r"policy\.agency\.referral_notice_days: .*RCW 19\.16\.500\(2\)"):
        found({"circulation": {"grace_days": 1}, "agency": {"referral_notice_days": 10}})


def test_a_class_ignores_keys_of_the_profile_that_it_does_not_have():
    """A profile may know more of an area than its policy class."""

    @attrs.frozen
    class Lost:
        lost_after_days: int

    got = resolve(Lost, "circulation", profile=COUNTY, overrides={}, on=ON)
    assert got.value == Lost(28)


def test_the_whole_table_is_checked_once_against_all_areas():
    """Keys of an area, of the profile and below a field are known; all others are named together."""
    kinds = {"circulation": LoanPolicy}
    known = {"circulation": {"grace_days": 1, "loan_days": {"kits": 7}}, "holds": {"max_holds": 30}}
    check_overrides(known, profile=COUNTY, kinds=kinds)
    with pytest.raises(SettingsError) as caught:
        check_overrides({"circulatoin": {"grace_days": 1}, "hold": {"max": 1}}, profile=COUNTY, kinds=kinds)
    assert "policy.circulatoin.grace_days: unknown key. Did you mean 'circulation.grace_days'?" in str(caught.value)
    assert "policy.hold.max: unknown key" in str(caught.value)
    with pytest.raises(ProfileRefused, match="rental fee"):
        check_overrides({"fees": {"rental_fee_cents": 100}}, profile=COUNTY, kinds=kinds)


@given(
    st.dictionaries(st.sampled_from(["lost_after_days", "max_renewals", "grace_days"]), st.integers(1, 99)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_resolving_agrees_with_looking_in_one_place_after_the_other(own, on):
    """District before profile before default, or missing: the rule a person would follow by hand."""
    base = {"lost_after_days": 28, "max_renewals": 5} if on >= date(2023, 1, 1) else {}
    expected = {**base, **own}
    overrides = {"circulation": {**own, "loan_days": {"dvds": 1}}}
    if {"lost_after_days", "max_renewals", "grace_days"} <= set(expected):
        value = found(overrides, on).value
        assert {name: getattr(value, name) for name in expected} == expected
    else:
        with pytest.raises(PolicyMissing) as caught:
            found(overrides, on)
        assert set(caught.value.keys) == {
            f"circulation.{name}" for name in {"lost_after_days", "max_renewals", "grace_days"} - set(expected)
        }
