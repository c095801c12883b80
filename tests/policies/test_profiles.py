"""Profiles: what comes with scld, what a wrong one is told, what the law refuses."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import ProfileRefused
from scld_core.policies import load_profile, offences, parse_profile, profile_names, read_layer

TODAY = date(2026, 1, 15)


def document(**policy):
    return {"name": "test", "title": "A test district", "policy": policy}


def entry(value, **more):
    return {"value": value, "source": "test page", "changed_by": "test board", **more}


def refused(data):
    with pytest.raises(ProfileRefused) as caught:
        parse_profile(data, where="profile test")
    return str(caught.value)


def test_both_profiles_load_and_differ():
    """The county and the city disagree about when an item is lost, as their pages say."""
    assert profile_names() == ("spokane-county", "spokane-public")
    county, public = map(load_profile, profile_names())
    assert county.at("circulation.lost_after_days", TODAY).value == 28
    assert public.at("circulation.lost_after_days", TODAY).value == 14
    assert county.at("circulation.no_such_key", TODAY) is None


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_value_cites_its_source(name):
    """Each value names where it is written and who may change it, and the profile bears its file's name."""
    profile = load_profile(name)
    versions = [v for value in profile.values.values() for v in value.versions]
    assert versions
    assert all(v.source and v.changed_by for v in versions)
    assert profile.name == name
    assert any("RCW 19.16.500(2)" in law.cite for law in profile.laws)


def test_a_rule_that_changed_has_a_version_for_each_time():
    """Overdue fines stopped in the county on the first of January 2023."""
    profile = load_profile("spokane-county")
    assert profile.at("fees.overdue_fines", date(2022, 12, 31)).value is True
    assert profile.at("fees.overdue_fines", date(2023, 1, 1)).value is False


@pytest.mark.parametrize(
    ("name", "hint"), [("spokane-county2", "Did you mean 'spokane-county'"), ("zzz", "Profiles: spokane-county, ")]
)
def test_an_unknown_profile_is_answered_with_the_nearest_or_all(name, hint):
    """A typing mistake in a profile's name is answered with the names there are."""
    with pytest.raises(ProfileRefused, match=hint):
        load_profile(name)


def test_a_profile_is_read_from_a_file(tmp_path):
    """A district's own profile is named by its path, as text or as a path."""
    path = tmp_path / "own.toml"
    path.write_text('name = "own"\ntitle = "Own"\n[[policy.a.b]]\nvalue = 1\nsource = "s"\nchanged_by = "c"\n')
    assert load_profile(path) == load_profile(str(path))
    assert load_profile(path).at("a.b", TODAY).value == 1


def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path):
    """A missing file, broken TOML and a broken profile are all refusals of a profile."""
    path = tmp_path / "own.toml"
    with pytest.raises(ProfileRefused, match="cannot be read"):
        load_profile(path)
    path.write_text("name = \n")
    with pytest.raises(ProfileRefused, match=r"own\.toml:1: is not TOML"):
        load_profile(path)
    path.write_text('name = "own"\n')
    with pytest.raises(ProfileRefused, match=r"own\.toml: title: is required"):
        load_profile(path)


def test_every_mistake_is_named_at_its_path_and_all_together():
    """Format, citations and overlaps are reported in one message."""
    data = document(
        a={
            "plain": 5,
            "uncited": [{"value": 1}],
            "typo": [entry(1, valid_form=date(2020, 1, 1))],
            "twice": [entry(1), entry(2, valid_from=date(2020, 1, 1))],
            "empty": [],
        }
    ) | {"titel": "x"}
    text = refused(data)
    for part in (
        "profile test: 7 mistakes",
        "titel: unknown key. Did you mean 'title'?",
        "policy.a.plain: cites no source. Write it as a list of tables",
        "policy.a.uncited[0].source: is missing",
        "policy.a.uncited[0].changed_by: is missing",
        "policy.a.typo[0].valid_form: unknown key. Did you mean 'valid_from'?",
        "policy.a.twice: [0] (ever to ever) and [1] (2020-01-01 to ever) hold on the same days",
        "policy.a.empty: cites no source",
    ):
        assert part in text


def test_a_profile_without_tables_where_tables_belong_is_refused():
    """Text in place of the policy table, and a name with spaces, are named."""
    assert "policy: must be a table" in refused({"name": "x", "title": "X", "policy": "none"})
    assert "name: must be lower-case words" in refused({"name": "My Library", "title": "X"})


RENTAL = "AGO 2005 no. 5 and AGO 1992 no. 31"
REFERRAL = r"RCW 19.16.500(2)"
COST = "RCW 19.16.500(1)(b)"


@pytest.mark.parametrize(
    ("policy", "key", "cite"),
    [
        ({"hotspots": {"rental_fee_cents": [entry(500)]}}, "policy.hotspots.rental_fee_cents", RENTAL),
        ({"fees": {"rental": {"dvds": {"price": [entry("1.00")]}}}}, "policy.fees.rental.dvds.price", RENTAL),
        ({"fees": {"best": {"legal_class": [entry("rental")]}}}, "policy.fees.best.legal_class", RENTAL),
        (
            {"fees": {"best": {"legal_class": [entry("rental")], "residents": [entry(False, valid_to=TODAY)]}}},
            "policy.fees.best.legal_class",
            RENTAL,
        ),
        (
            {"agency": {"referral_fee_legal_class": [entry("fine")]}},
            "policy.agency.referral_fee_legal_class",
            COST,
        ),
        (
            {"agency": {"referral_fee": {"legal_class": [entry("fine")]}}},
            "policy.agency.referral_fee.legal_class",
            COST,
        ),
        ({"agency": {"referral_notice_days": [entry(29)]}}, "policy.agency.referral_notice_days", REFERRAL),
        ({"agency": {"referral_notice_days": [entry("30")]}}, "policy.agency.referral_notice_days", REFERRAL),
        ({"agency": {"referral_notice_days": [entry(True)]}}, "policy.agency.referral_notice_days", REFERRAL),
        ({"agency": {"referral_notice_required": [entry(False)]}}, "policy.agency.referral_notice_required", REFERRAL),
        (
            {
                "agency": {
                    "referral_notice_days": [
                        entry(30, valid_to=date(2030, 1, 1)),
                        entry(7, valid_from=date(2030, 1, 1)),
                    ]
                }
            },
            "policy.agency.referral_notice_days",
            REFERRAL,
        ),
    ],
)
def test_what_the_law_forbids_is_refused_with_its_citation(policy, key, cite):
    """A rental fee for residents and a referral without due notice are refused, whenever they would hold."""
    text = refused(document(**policy))
    assert key in text
    assert cite in text


@pytest.mark.parametrize(
    "policy",
    [
        {"hotspots": {"rental_fee_cents": [entry(0)]}},
        {"hotspots": {"rental_days": [entry(14)]}},
        {"fees": {"nonresident_rental_fee_cents": [entry(500)]}},
        {"fees": {"non_resident": {"rental_fee_cents": [entry(500)]}}},
        {"fees": {"best": {"legal_class": [entry("rental")], "residents": [entry(value=False)]}}},
        {"fees": {"best": {"legal_class": [entry("rental")], "amount_cents": [entry(0)]}}},
        {"fees": {"late": {"legal_class": [entry("fine")], "amount_cents": [entry(25)]}}},
        {"agency": {"referral_notice_days": [entry(45)], "referral_notice_required": [entry(value=True)]}},
        {"agency": {"referral_fee_legal_class": [entry("collection_cost")], "referral_fee_cents": [entry(1000)]}},
        {"agency": {"referral_notice_text": [entry("your debt may be assigned")]}},
    ],
)
def test_what_the_law_allows_is_accepted(policy):
    """Fees of non-residents, fines, free rentals and longer notices load."""
    assert parse_profile(document(**policy), where="profile test").values


@given(st.integers(-5, 60), st.integers(-5, 60))
def test_a_notice_is_lawful_exactly_from_thirty_days(county, own):
    """The district's own value is judged, whatever the profile below it says."""
    lower = read_layer({"agency": {"referral_notice_days": county}}, cited=False).values
    upper = read_layer({"agency": {"referral_notice_days": own}}, cited=False).values
    assert bool(offences(lower)) is (county < 30)
    assert bool(offences(upper, lower)) is (own < 30)
