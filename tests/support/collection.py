"""Synthetic accounts, policies and referrals. No number here belongs to anybody."""

from datetime import UTC, date, datetime, timedelta

from attrs import evolve
from hypothesis import strategies as st

from scld_core.agency.eligibility import AccountFacts, ChargeFact, assess
from scld_core.agency.policy import AgencyPolicy, Minors, UnknownAge
from scld_core.agency.referral import Episode, Happening, open_episode
from scld_core.agency.states import ReferralEvent
from scld_core.kernel.money import Money

TODAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 19, 0, tzinfo=UTC)

# The numbers are the test's own; no library is meant.
POLICY = AgencyPolicy(
    threshold_cents=5000,
    threshold_inclusive=True,
    threshold_kinds=("lost_item", "damaged"),
    reported_kinds=("all",),
    min_age_days=45,
    exempt_categories=("staff",),
    adult_age=18,
    minors=Minors.RESPONSIBLE_ADULT,
    unknown_age=UnknownAge.ASK,
    referral_notice_required=True,
    referral_notice_days=30,
    referral_fee_cents=1000,
    referral_fee_legal_class="collection_cost",
    removal_cents=0,
    send_weekdays=("monday",),
    in_flight_days=7,
    stale_days=180,
)
VALUES = {
    "threshold_cents": 5000,
    "threshold_inclusive": True,
    "threshold_kinds": ["lost_item"],
    "reported_kinds": ["all"],
    "min_age_days": 45,
    "exempt_categories": [],
    "adult_age": 18,
    "minors": "never",
    "unknown_age": "ask",
    "referral_fee_cents": 1000,
    "removal_cents": 0,
    "send_weekdays": ["monday"],
    "in_flight_days": 7,
    "stale_days": 180,
}
"""What a district that takes the county's profile has to set."""

BORN = date(1980, 5, 17)


def charge(cents=6000, age=60, kind="lost_item"):
    """A charge assessed so many days before TODAY."""
    return ChargeFact(kind, Money(cents), TODAY - timedelta(days=age))


def account(*charges, notices=(40,), **more):
    """An adult's account; `notices` in days before TODAY."""
    dates = tuple(TODAY - timedelta(days=days) for days in notices)
    return AccountFacts(charges or (charge(),), dates, **({"birth_date": BORN, "patron": "N1001"} | more))


charges = st.builds(
    charge,
    st.integers(-2000, 9000),
    st.integers(0, 200),
    st.sampled_from(["lost_item", "damaged", "printing", "agency_fee"]),
)
_days = st.integers(-5, 200).map(lambda days: TODAY - timedelta(days=days))
_anybody = st.builds(
    AccountFacts,
    st.lists(charges, max_size=5).map(tuple),
    st.lists(_days, max_size=3).map(tuple),
    category=st.sampled_from(["adult", "adult", "adult", "staff"]),
    exempt=st.sampled_from([False, False, False, True]),
    open_referral=st.sampled_from([False, False, False, True]),
    patron=st.just("N1001"),
    birth_date=st.sampled_from([BORN, BORN, BORN, None, date(2015, 1, 1), date(2030, 1, 1)]),
    responsible_adult=st.sampled_from([None, "N2002"]),
)
debtors = st.builds(
    AccountFacts,
    st.lists(
        st.builds(charge, st.integers(1000, 9000), st.integers(60, 120), st.sampled_from(["lost_item", "damaged"])),
        min_size=1,
        max_size=4,
    ).map(tuple),
    st.lists(st.integers(20, 60).map(lambda days: TODAY - timedelta(days=days)), min_size=1, max_size=2).map(tuple),
    category=st.just("adult"),
    patron=st.just("N1001"),
    birth_date=st.sampled_from([BORN, BORN, BORN, None]),
)
"""Adults who owe something for long and were told of it, most of them in good time."""

accounts = _anybody | debtors
policies = st.builds(
    lambda **values: evolve(POLICY, **values),
    threshold_cents=st.integers(1, 9000),
    threshold_inclusive=st.booleans(),
    min_age_days=st.integers(0, 90),
    max_age_days=st.sampled_from([None, 90, 120]),
    minors=st.sampled_from(Minors),
    unknown_age=st.sampled_from(UnknownAge),
    referral_notice_days=st.integers(30, 60),
)


def opened(id="r1", *, agency="gentle", patron="N1001", identifiers=("29000000000011",), policy=POLICY):  # noqa: A002
    """A referral that was just selected."""
    found = assess(account(patron=patron), policy, TODAY)
    return open_episode(found, policy, id=id, agency=agency, identifiers=identifiers, at=NOON, by="jdoe")


def then(episode, *events, **more):
    """After some events, each with evidence of its own."""
    for event in events:
        at = NOON + timedelta(hours=len(episode.history))
        episode = episode.after(happening(event, at=at, evidence=f"{episode.id}/{len(episode.history)}", **more))
    return episode


def happening(event, *, at=NOON, evidence="receipt 1", **more):
    """One event of a history."""
    return Happening(event, at, "jdoe", evidence, **more)


def active(*args, **more):
    """A referral that the agency works on."""
    return then(opened(*args, **more), ReferralEvent.DELIVERED, ReferralEvent.ACCEPTED)


__all__ = [
    "BORN",
    "NOON",
    "POLICY",
    "TODAY",
    "VALUES",
    "Episode",
    "account",
    "accounts",
    "active",
    "charge",
    "charges",
    "debtors",
    "happening",
    "opened",
    "policies",
    "then",
]
