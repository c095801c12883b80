"""The policy of the patron desk: what profiles say, what must be set, and how it is written."""

from datetime import date

import pytest
from patron_desk import TODAY, with_policy

from scld_core.errors import InvalidValue, PolicyMissing, SettingsError
from scld_core.patrons import Belonging, Channel, Evidence, Facts, JurisdictionPolicy, PatronPolicy, Signal
from scld_core.patrons.address import AddressKind
from scld_core.policies import check_overrides, load_profile, resolve

COUNTY, CITY = load_profile("spokane-county"), load_profile("spokane-public")

OWN = {
    "guardian_access": {"titles": ["child_present"], "holds": []},
    "guardian_must_be_liable": True,
    "verification": {"web": ["card_number+password"]},
    "verification_failures": 5,
    "verification_locks": ["phone", "web"],
    "household_kinds": ["street", "rural_route"],
    "duplicate_weights": {"same_card": 60, "other_name": -60},
    "duplicate_same": 80,
    "duplicate_possible": 40,
    "duplicate_block": 200,
    "placeholder_birth_dates": [date(1900, 1, 1)],
}


def settled(profile=COUNTY, **more):
    """The policy under a profile."""
    return resolve(PatronPolicy, "patrons", profile=profile, overrides={"patrons": OWN | more}, on=TODAY)


def test_every_value_without_a_source_has_to_be_set():
    """The county's pages say from which age on somebody is of age, and what proves who calls."""
    with pytest.raises(PolicyMissing) as caught:
        resolve(PatronPolicy, "patrons", profile=COUNTY, overrides={}, on=TODAY)
    assert set(caught.value.keys) == {f"patrons.{name}" for name in OWN} - {"patrons.verification"}


def test_the_profile_and_the_district_are_read_together():
    """A channel of the district's own stands beside the one that the profile cites."""
    found = settled()
    policy = found.value
    assert policy.adult_age == 18
    assert policy.verification[Channel.PHONE] == (
        Facts.parse("card_number+birth_date"),
        Facts.parse("card_number+password"),
    )
    assert Channel.WEB in policy.verification
    assert policy.household_kinds == (AddressKind.STREET, AddressKind.RURAL_ROUTE)
    assert policy.duplicate_weights[Signal.OTHER_NAME] == -60
    assert policy.birth_date(date(1900, 1, 1)) is None
    assert policy.birth_date(date(1900, 1, 2)) == date(1900, 1, 2)
    assert "SCLD FAQ" in found.source_of("adult_age")
    check_overrides(
        {"patrons": OWN}, profile=COUNTY, kinds={"patrons": PatronPolicy, "jurisdiction": JurisdictionPolicy}
    )


def areas(profile, on=TODAY, **own):
    """What the areas are to a district."""
    found = resolve(JurisdictionPolicy, "jurisdiction", profile=profile, overrides={"jurisdiction": own}, on=on)
    return found.value.areas


def test_the_two_profiles_see_each_other_s_places_as_neighbours():
    """What is the county's own is the city's by agreement; a town that left is in neither profile."""
    county, city = areas(COUNTY), areas(CITY)
    assert county["cheney"] is Belonging.DISTRICT
    assert county["spokane"] is Belonging.RECIPROCAL
    assert city["cheney"] is Belonging.RECIPROCAL
    assert "liberty-lake" not in {**county, **city}


def test_an_area_may_come_and_go_with_its_dates():
    """A town that leaves is another thing from its last day on."""
    own = [
        {"value": "district", "valid_to": date(2026, 6, 1)},
        {"value": "outside", "valid_from": date(2026, 6, 1)},
    ]
    days = (date(2026, 5, 31), date(2026, 6, 1))
    found = [areas(COUNTY, day, areas={"smalltown": own})["smalltown"] for day in days]
    assert found == [Belonging.DISTRICT, Belonging.OUTSIDE]


@pytest.mark.parametrize(
    ("value", "text"),
    [("unsure", "must give district, reciprocal or outside"), ("inside", "must be one of district")],
)
def test_an_area_is_one_of_three_things(value, text):
    """Unsure is an answer and no policy."""
    with pytest.raises(SettingsError, match=text):
        areas(COUNTY, areas={"smalltown": value})


@pytest.mark.parametrize("value", [(), {"x": "district"}, {1: Belonging.DISTRICT}])
def test_what_are_no_areas(value):
    """A value built in code is held to the same form."""
    with pytest.raises(InvalidValue, match=r"JurisdictionPolicy\.areas"):
        JurisdictionPolicy(value)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("verification", {"phone": ["card_number+shoe_size"]}, "must be facts joined by"),
        ("verification", {"fax": ["card_number"]}, "must be one of in_person"),
        ("guardian_access", {"titles": ["a_letter"]}, "must be one of childs_card"),
        ("duplicate_weights", {"same_card": "many"}, "must be a whole number"),
        ("verification_failures", 0, "verification_failures"),
        ("duplicate_possible", 81, "must not be above duplicate_same"),
        ("duplicate_block", 1, "duplicate_block"),
    ],
)
def test_a_wrong_value_is_named(key, value, text):
    """With its key and what it may be."""
    with pytest.raises(SettingsError, match=text):
        settled(**{key: value})


@pytest.mark.parametrize(
    "values",
    [
        {"guardian_access": ()},
        {"guardian_access": {"titles": (Evidence.CHILDS_CARD,)}},
        {"verification": {Channel.PHONE: Facts.parse("name")}},
        {"verification": {Channel.PHONE: ("name",)}},
        {"duplicate_weights": {Signal.SAME_CARD: 1.5}},
    ],
)
def test_what_is_no_policy(values):
    """A value built in code is held to the same form."""
    with pytest.raises(InvalidValue, match="PatronPolicy"):
        with_policy(**values)
