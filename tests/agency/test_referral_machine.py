"""The life of referrals under crashes, retries and duplicates, and the defects of other systems planted in it.

Each planted bug is a fault that was read in another system's code or help pages; the name says whose.
Those of the same list that have no analogue here are named at the end, with the reason.
"""

import itertools

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scld_core.agency.eligibility import HoldCause, Outcome, assess
from scld_core.agency.merge import Merge, Referred, merge
from scld_core.agency.policy import UnknownAge
from scld_core.agency.referral import Duty, Effect, EffectKind, fee_key, obligations, open_referrals, owed_effects
from scld_core.agency.states import ReferralState, Resolution
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from support.collection import NOON, POLICY, TODAY, account, accounts, active, charge, debtors, policies
from support.collection_office import Rules, office_by, run_office
from support.stories import play

K = EffectKind
_calls = itertools.count()  # an object's address would come again, and with it its key


def test_both_sides_agree_after_any_night():
    """The laws of fee, receipt and zero hold in any order of crashes, lost files and second thoughts."""
    run_office(Rules(), examples=120, steps=15)


# Faults in what is done in the ILS.


def effects_before_the_file(episodes, shown, switched):
    """Flag, restriction and fee are written while the file is."""
    early = [
        Effect(kind, f"{kind.value}:{episode.id}", episode.fee)
        for episode in episodes
        if episode.state is ReferralState.QUEUED
        for kind, done in ((K.SET_FLAG, shown.flagged), (K.CHARGE_FEE, episode.id in shown.charged))
        if not done
    ]
    return (*early, *owed_effects(episodes, shown))


def flag_is_the_only_memory(episodes, shown, switched):
    """What was charged is known from the flag alone."""
    found = [effect for effect in owed_effects(episodes, shown) if effect.kind is not K.CHARGE_FEE]
    for episode in episodes:
        if episode.state in (ReferralState.SENT, ReferralState.ACTIVE) and not shown.flagged:
            key = f"{fee_key(episode.id)}:{next(_calls)}"
            found.insert(0, Effect(K.CHARGE_FEE, key, episode.fee))
    return tuple(found)


def second_call_is_forgotten(episodes, shown, switched):
    """The block is set in a second call, after the fee was committed, and only then."""
    found = owed_effects(episodes, shown)
    charging = any(effect.kind is K.CHARGE_FEE for effect in found)
    return tuple(effect for effect in found if effect.kind is not K.SET_BLOCK or charging)


def block_stays(episodes, shown, switched):
    """Taking somebody out of collection deletes the tracker and leaves the penalty."""
    return tuple(effect for effect in owed_effects(episodes, shown) if effect.kind is not K.LIFT_BLOCK)


def switching_on_charges_again(episodes, shown, switched):
    """Off and on again, and everybody in collection gets the fee once more."""
    forgotten = evolve(shown, charged=frozenset()) if switched else shown
    return tuple(
        evolve(effect, key=f"{effect.key}:{switched}") if effect.kind is K.CHARGE_FEE else effect
        for effect in owed_effects(episodes, forgotten)
    )


def rejected_keeps_the_fee(episodes, shown, switched):
    """The compensating entry is missing."""
    return tuple(effect for effect in owed_effects(episodes, shown) if effect.kind is not K.REVERSE_FEE)


# Faults in what the agency is told.


def zero_is_told_once(episodes, balances, filed, day):
    """A cleared patron is dropped after the first file, whether it arrived or not."""
    found = obligations(episodes, balances, POLICY)
    return tuple(o for o in found if (o.referral, o.duty) not in filed or o.duty is not Duty.ZERO)


def weekdays_only(episodes, balances, filed, day):
    """Updates leave on the day of the new submissions alone."""
    return obligations(episodes, balances, POLICY) if POLICY.sends_on(day) else ()


def holds_are_escalated(episodes, balances, filed, day):
    """A disputed debt grows at the agency."""
    owed = obligations(episodes, balances, POLICY)
    quiet = {episode.id for episode in episodes if episode.causes} - {o.referral for o in owed}
    working = [active(e.id, agency=e.agency) for e in episodes if e.id in quiet and e.is_open]
    return (*owed, *obligations(working, balances, POLICY))


def first_tracker_of_anybody(episodes, agency):
    """The first open one is taken, regardless of the collector."""
    return tuple(episode for episode in episodes if episode.is_open)


def week(crash_after=0):
    """A file arrives, no answer yet; the work in the ILS breaks off after so many effects."""
    return "submit", {"accepted": False, "agency": "gentle", "crash_after": crash_after}


def select(agency="gentle"):
    """The patron is chosen for an agency."""
    return "select", {"agency": agency}


PAID = ("pay_all", {})
DEFECTS = [
    pytest.param(
        Rules(effects=effects_before_the_file),
        [select(), ("work", {"crash_after": 1})],
        id="Koha multi 0.9.12: effects before the file",
    ),
    pytest.param(Rules(effects=flag_is_the_only_memory), [week(0), week(1), week(1)], id="Koha: no idempotency key"),
    pytest.param(
        Rules(effects=second_call_is_forgotten), [week(0), week(0), week(1)], id="Evergreen: penalty in a second call"
    ),
    pytest.param(Rules(effects=block_stays), [week(3), PAID], id="Evergreen: penalty stays after removal"),
    pytest.param(
        Rules(effects=switching_on_charges_again),
        [("switch_off_and_on", {}), select()],
        id="Polaris: off and on duplicates fees",
    ),
    pytest.param(
        Rules(effects=rejected_keeps_the_fee),
        [week(0), week(1), ("remove", {"resolution": Resolution.ERROR})],
        id="own: no compensating entry",
    ),
    pytest.param(
        Rules(duties=zero_is_told_once),
        [select(), PAID, week(0), ("update", {"agency": "gentle", "fate": "lost"})],
        id="Koha older: zero dropped after a failed transfer",
    ),
    pytest.param(
        Rules(duties=weekdays_only), [week(0), PAID, ("sleep", {})], id="Koha multi 0.9.12: updates on one weekday"
    ),
    pytest.param(
        Rules(duties=holds_are_escalated),
        [week(0), ("book", {"cents": -1000}), ("hold", {"cause": HoldCause.DISPUTE})],
        id="own: a hold is escalated",
    ),
    pytest.param(
        Rules(find=first_tracker_of_anybody),
        [select(), select("other")],
        id="Evergreen: first tracker of any collector",
    ),
]
"""Each planted bug, and the shortest life in which it breaks a law."""


@pytest.mark.parametrize(("rules", "story"), DEFECTS)
def test_a_defect_of_the_life_cycle_is_caught(rules, story):
    """The laws hold over the same life without the bug, and not with it; or the history refuses what it does."""
    play(office_by(Rules()), *story)
    with pytest.raises((AssertionError, InvalidValue)):
        play(office_by(rules), *story)


# Faults in who is referred. A law takes the rule; the right one passes, the planted one does not.


def _found(examples):
    return settings(max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate])


def no_silent_drop(rule, examples):
    """A debtor who was eligible is eligible later, or a person hears of it."""

    @_found(examples)
    @given(debtors, policies, st.integers(0, 400))
    def law(facts, policy, days):
        policy = evolve(policy, unknown_age=UnknownAge.ADULT)
        if rule(facts, policy, TODAY).eligible:
            late = rule(facts, policy, TODAY.fromordinal(TODAY.toordinal() + days))
            assert late.outcome in (Outcome.ELIGIBLE, Outcome.PAST_WINDOW)

    law()


def unknown_is_explicit(rule, examples):
    """Whoever would be eligible with a birth date has, without one, an outcome or a reason that says so."""

    @_found(examples)
    @given(debtors, policies)
    def law(facts, policy):
        policy = evolve(policy, max_age_days=None)
        unknown = rule(evolve(facts, birth_date=None), policy, TODAY)
        assert "unknown-age" in {reason.code for reason in unknown.decision.reasons}

    law()


def exemption_holds(rule, examples):
    """Nobody exempt is ever eligible, by note or by category."""

    @_found(examples)
    @given(accounts, policies)
    def law(facts, policy):
        assert not rule(evolve(facts, exempt=True), policy, TODAY).eligible
        assert not rule(evolve(facts, category="staff"), policy, TODAY).eligible

    law()


def threshold_is_as_declared(rule, examples):
    """Exactly at the threshold the policy's own word decides."""

    @_found(examples)
    @given(st.integers(100, 9000), st.booleans())
    def law(cents, inclusive):
        policy = evolve(POLICY, threshold_cents=cents, threshold_inclusive=inclusive)
        assert rule(account(charge(cents)), policy, TODAY).eligible is inclusive

    law()


def notice_came_first(rule, examples):
    """Without a notice thirty days ago nobody is eligible."""

    @_found(examples)
    @given(debtors, policies)
    def law(facts, policy):
        assert not rule(evolve(facts, notices=()), policy, TODAY).eligible

    law()


def window_trap(facts, policy, as_of):
    """Only charges of an age between two limits are looked at."""
    inside = [c for c in facts.charges if policy.min_age_days <= (as_of - c.assessed_on).days <= 90]
    return assess(evolve(facts, charges=tuple(inside)), evolve(policy, max_age_days=None), as_of)


def null_birth_date(facts, policy, as_of):
    """A comparison with nothing is not true, so the row is not in the result."""
    if facts.birth_date is None:
        return assess(evolve(facts, charges=(), birth_date=TODAY.replace(year=1980)), policy, as_of)
    return assess(facts, policy, as_of)


def exemption_not_asked(facts, policy, as_of):
    """The field that holds the exemption is not in the query."""
    return assess(evolve(facts, exempt=False, category="adult"), policy, as_of)


def greater_than(facts, policy, as_of):
    """The page says reaches or exceeds, the query says greater."""
    return assess(facts, evolve(policy, threshold_inclusive=False), as_of)


def notice_invented(facts, policy, as_of):
    """No system of the list asks for the notice."""
    told = tuple(c.assessed_on for c in facts.charges)
    return assess(evolve(facts, notices=told), policy, as_of)


@pytest.mark.parametrize(
    ("law", "planted"),
    [
        pytest.param(no_silent_drop, window_trap, id="Koha: window trap"),
        pytest.param(unknown_is_explicit, null_birth_date, id="Koha: no birth date, never sent"),
        pytest.param(exemption_holds, exemption_not_asked, id="Koha multi 0.9.12: exemption not tested"),
        pytest.param(threshold_is_as_declared, greater_than, id="Evergreen: greater in place of reaches"),
        pytest.param(notice_came_first, notice_invented, id="all: no lawful notice asked for"),
    ],
)
def test_a_defect_of_eligibility_is_caught(law, planted):
    """The law holds for the rule and fails for the planted bug."""
    law(assess, 80)
    with pytest.raises(AssertionError):
        law(planted, 400)


# Faults in merging.


def merge_is_whole(rule):
    """Exemption, referrals and numbers of both records survive, whichever is kept."""
    exempt = Referred(True, (), "N1001", ("29000000000011",))
    owing = Referred(False, (active(patron="N1002", identifiers=("29000000000029",)),), "N1002", ("29000000000029",))
    for gone, kept in ((exempt, owing), (owing, exempt)):
        merged = rule(gone, kept, at=NOON, by="jdoe").merged
        assert merged.exempt
        assert len(open_referrals(merged.episodes, "gentle")) == 1
        (duty,) = obligations(merged.episodes, {kept.patron: Money(6000)}, POLICY)
        assert duty.duty is Duty.ALIAS
        assert {"29000000000011", "29000000000029"} < set(duty.identifiers)


def exemption_of_the_destination(gone, kept, **more):
    """The note is lost unless it stands on the record that is kept."""
    return Merge(evolve(merge(gone, kept, **more).merged, exempt=kept.exempt))


def only_the_lead_is_in_collection(gone, kept, **more):
    """The account in collection must be the one that is kept, and somebody has to know."""
    merged = merge(gone, kept, **more).merged
    ours = {episode.id for episode in kept.episodes}
    return Merge(evolve(merged, episodes=tuple(e for e in merged.episodes if e.id in ours)))


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(exemption_of_the_destination, id="Sierra: exemption lost in a merge"),
        pytest.param(only_the_lead_is_in_collection, id="PINES: the lead account must be the one in collection"),
    ],
)
def test_a_defect_of_merging_is_caught(planted):
    """The law holds for the rule and fails for the planted bug."""
    merge_is_whole(merge)
    with pytest.raises((AssertionError, ValueError)):  # ValueError: not one duty but none
        merge_is_whole(planted)


# Faults in the fee.


def test_a_fee_in_the_place_of_decimals_is_caught():
    """Koha multi 0.9.12: the fee stands where the number of decimals belongs, so the total lacks it."""

    def law(total):
        assert total(Money(6000), POLICY.fee(Money(6000))) == Money(7000)

    law(lambda amount, fee: amount + fee)
    with pytest.raises(AssertionError):
        law(lambda amount, fee: Money(round(amount.cents, fee.cents)))


NOT_HERE = {
    "Koha multi 0.9.12: restriction compared with the word yes": "settings are typed; test_policy refuses the word",
    "Koha multi 0.9.12: SFTP setting under two keys": "an unknown key of district.toml is refused by name",
    "Koha multi 0.9.12: update file commented out": "a duty stands until acknowledged; the machine sees it",
    "Koha multi 0.9.12: update files overwrite one another": "file names and sequence belong to delivery",
    "Koha: first comma of a balance": "money patterns belong to the dialects",
    "Koha multi 0.9.12: require_lost unused": "charge kinds of the threshold are a predicate, test_eligibility",
    "Evergreen: payments joined twice": "sums of payments belong to fees",
    "Evergreen: start date overwritten by end date": "there is no such report here",
    "Sierra: removed patron with debt comes back": "Referred.never_again, test_referral_history",
    "Polaris: secured records, release on the agency's word": "no such record type here",
    "CCS: migration by hand comparison": "what reconciliation is for",
}
"""Defects of the same list that are not planted here, and why."""


def test_every_other_defect_has_a_reason():
    """Nothing of the list is left out without a word."""
    assert all(NOT_HERE.values())
