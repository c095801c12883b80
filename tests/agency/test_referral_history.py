"""A referral as the fold of its history: the table, the holds, identity, merges, the way into the store."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.agency.eligibility import HoldCause, Outcome, assess
from scld_core.agency.merge import Referred, merge, replace_card
from scld_core.agency.referral import (
    Duty,
    EffectKind,
    Episode,
    Shown,
    fee_key,
    obligations,
    open_episode,
    open_referrals,
    owed_effects,
)
from scld_core.agency.states import OPEN, ReferralEvent, ReferralState, Resolution, referral_states
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from support.collection import NOON, POLICY, TODAY, account, active, happening, opened, then

E, S = ReferralEvent, ReferralState
OWED = Money(6000)


def duties(*episodes, **balances):
    found = obligations(episodes, {f"N{k[1:]}": Money(v) for k, v in balances.items()}, POLICY)
    return [(o.duty, o.referral, o.amount) for o in found]


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (S.NOT_ELIGIBLE, E.ASSESSED, S.ELIGIBLE),
        (S.ELIGIBLE, E.SELECTED, S.QUEUED),
        (S.QUEUED, E.DELIVERED, S.SENT),
        (S.QUEUED, E.DELIVERY_FAILED, S.QUEUED),
        (S.SENT, E.ACCEPTED, S.ACTIVE),
        (S.SENT, E.REJECTED, S.REJECTED),
        (S.ACTIVE, E.BALANCE_CHANGED, S.ACTIVE),
        (S.ACTIVE, E.SETTLED, S.PAID_PENDING_REPORT),
        (S.PAID_PENDING_REPORT, E.ZERO_ACKNOWLEDGED, S.CLOSED),
        (S.CLOSED, E.NEW_CHARGE, S.NOT_ELIGIBLE),
        *((state, E.REMOVED, S.REMOVED_PENDING_ACK) for state in S if state in OPEN - {S.REMOVED_PENDING_ACK}),
        (S.ACTIVE, E.HELD, S.ON_HOLD),
        (S.ON_HOLD, E.RELEASED, S.ACTIVE),
        (S.ON_HOLD, E.CLOSED_BY_AGENCY, S.CLOSED),
    ],
)
def test_the_table_has_every_row_of_the_life_cycle(before, event, after):
    """The rows that the field study lists."""
    assert referral_states.after(before, event) is after


def test_an_ended_referral_is_left_by_a_new_charge_alone():
    """And by nothing at all within the same episode."""
    for state in (S.CLOSED, S.REJECTED):
        assert [event for event in E if referral_states.permits(state, event)] == [E.NEW_CHARGE]
    assert referral_states.mermaid().count("-->") == len(referral_states.transitions)


def test_no_way_leads_out_but_by_word_of_the_agency():
    """What the agency may hold ends by its acknowledgement, its own closing or its rejection."""
    into = {(row.before, row.event) for row in referral_states.transitions if row.after in (S.CLOSED, S.REJECTED)}
    assert {event for _, event in into} == {
        E.ZERO_ACKNOWLEDGED,
        E.REMOVAL_ACKNOWLEDGED,
        E.CLOSED_BY_AGENCY,
        E.REJECTED,
    }
    assert S.QUEUED not in {before for before, _ in into}


def test_a_referral_opens_with_the_evidence_of_the_notice():
    """Its first event names the notices; it is queued, and the agency has been told nothing."""
    episode = opened()
    assert episode.state is S.QUEUED
    assert episode.history[0].evidence == f"notice of {TODAY - timedelta(days=40)}"
    assert (episode.amount, episode.fee) == (OWED, Money(1000))
    assert not episode.delivered
    assert (episode.told_amount, episode.lowest_told) == (None, None)


def test_a_child_s_referral_is_about_the_child_s_account():
    """The responsible adult is the debtor; the balance is that of the child's record."""
    child = account(birth_date=TODAY.replace(year=2015), responsible_adult="N2002")
    episode = open_episode(
        assess(child, POLICY, TODAY),
        POLICY,
        id="r1",
        agency="gentle",
        identifiers=("29000000000011",),
        at=NOON,
        by="jdoe",
    )
    assert (episode.patron, episode.debtor) == ("N1001", "N2002")
    assert "N2002" not in repr(episode)


def test_nobody_is_referred_who_was_not_found_eligible():
    """The assessment itself is asked for, and its outcome is named."""
    found = assess(account(notices=()), POLICY, TODAY)
    assert found.outcome is Outcome.NOTICE_MISSING
    with pytest.raises(InvalidValue, match="notice_missing"):
        open_episode(found, POLICY, id="r1", agency="gentle", identifiers=(), at=NOON, by="jdoe")


@given(st.lists(st.sampled_from(list(E)), max_size=12))
def test_a_history_holds_what_the_table_allows_and_nothing_else(events):
    """Any order of events either follows the table or is refused, and refusing changes nothing."""
    episode = Episode("r1", "gentle", OWED, Money(1000))
    for number, event in enumerate(events):
        more = {
            "amount": OWED,
            "identifiers": ("29000000000011",),
            "resolution": Resolution.PAID,
            "cause": HoldCause.DISPUTE,
        }
        possible = referral_states.permits(episode.state, event) and event is not E.NEW_CHARGE
        try:
            grown = episode.after(happening(event, evidence=str(number), **more))
        except InvalidValue:
            assert not possible
        else:
            assert possible
            assert grown.state is referral_states.after(episode.state, event)
            assert grown.history[:-1] == episode.history
            episode = grown
    assert episode.is_open is (episode.state in OPEN)


def test_a_new_charge_asks_for_an_episode_of_its_own():
    """The id of an ended one is never used again."""
    ended = then(active(), E.CLOSED_BY_AGENCY, resolution=Resolution.UNCOLLECTABLE)
    assert ended.resolution is Resolution.UNCOLLECTABLE
    with pytest.raises(InvalidValue, match="an id of its own"):
        then(ended, E.NEW_CHARGE)


def test_the_same_receipt_twice_is_one_event():
    """Evidence tells events apart, so that a report may be repeated."""
    episode = opened().after(happening(E.DELIVERED))
    assert episode.after(happening(E.DELIVERED, at=NOON + timedelta(days=1))) is episode
    again = episode.after(happening(E.DELIVERED, evidence="receipt 2", amount=Money(1)))
    assert (again.state, again.told_amount) == (S.SENT, OWED)


@pytest.mark.parametrize(
    ("event", "needs"),
    [
        (E.SETTLED, "resolution"),
        (E.REMOVED, "resolution"),
        (E.CLOSED_BY_AGENCY, "resolution"),
        (E.HELD, "cause"),
        (E.RELEASED, "cause"),
        (E.BALANCE_REPORTED, "amount"),
        (E.BALANCE_ACKNOWLEDGED, "amount"),
        (E.IDENTITY_CHANGED, "identifiers"),
    ],
)
def test_an_event_carries_what_it_is_about(event, needs):
    """A hold without its cause, or an end without its reason, cannot be written down."""
    with pytest.raises(InvalidValue, match=f"{needs}: is needed for {event.value}"):
        happening(event)


def test_a_hold_ends_when_its_last_cause_does():
    """Two causes, released one by one."""
    episode = then(active(), E.HELD, cause=HoldCause.DISPUTE)
    episode = then(episode, E.HELD, cause=HoldCause.DECEASED)
    assert episode.causes == {HoldCause.DISPUTE, HoldCause.DECEASED}
    episode = then(episode, E.RELEASED, cause=HoldCause.DISPUTE)
    assert episode.state is S.ON_HOLD
    assert then(episode, E.RELEASED, cause=HoldCause.DECEASED).state is S.ACTIVE


def test_a_payment_that_is_reversed_reopens_the_account():
    """It is no new referral and has no new fee; how it ends is open again."""
    episode = then(active(), E.SETTLED, resolution=Resolution.PAID)
    assert (episode.state, episode.resolution) == (S.PAID_PENDING_REPORT, Resolution.PAID)
    episode = then(episode, E.OWES_AGAIN)
    assert (episode.state, episode.resolution) == (S.ACTIVE, None)
    assert owed_effects([episode], Shown(True, True, frozenset({"r1"}))) == ()
    assert then(episode, E.ZERO_ACKNOWLEDGED).resolution is Resolution.PAID


def effects(shown, *episodes):
    return {effect.kind for effect in owed_effects(episodes, shown)}


K = EffectKind
NOTHING = Shown()
IN_FULL = Shown(flagged=True, blocked=True, charged=frozenset({"r1"}))


@pytest.mark.parametrize(
    ("episode", "from_nothing", "from_full"),
    [
        (opened(), set(), {K.CLEAR_FLAG, K.LIFT_BLOCK}),
        (then(opened(), E.DELIVERED), {K.CHARGE_FEE, K.SET_FLAG, K.SET_BLOCK}, set()),
        (active(), {K.CHARGE_FEE, K.SET_FLAG, K.SET_BLOCK}, set()),
        (then(active(), E.HELD, cause=HoldCause.DISPUTE), set(), set()),
        (then(active(), E.SETTLED, resolution=Resolution.PAID), {K.SET_FLAG}, {K.LIFT_BLOCK}),
        (then(active(), E.REMOVED, resolution=Resolution.WAIVED), {K.SET_FLAG}, {K.LIFT_BLOCK}),
        (then(active(), E.REMOVED, resolution=Resolution.ERROR), {K.SET_FLAG}, {K.LIFT_BLOCK, K.REVERSE_FEE}),
        (then(opened(), E.REMOVED, resolution=Resolution.ERROR), set(), {K.CLEAR_FLAG, K.LIFT_BLOCK, K.REVERSE_FEE}),
        (then(opened(), E.DELIVERED, E.REJECTED), set(), {K.CLEAR_FLAG, K.LIFT_BLOCK, K.REVERSE_FEE}),
        (then(active(), E.ZERO_ACKNOWLEDGED), set(), {K.CLEAR_FLAG, K.LIFT_BLOCK}),
    ],
)
def test_what_the_ils_owes_in_each_state(episode, from_nothing, from_full):
    """Fee, flag and block, seen from an untouched record and from one that has all three."""
    assert effects(NOTHING, episode) == from_nothing
    assert effects(IN_FULL, episode) == from_full


def test_a_waived_or_reversed_fee_is_not_charged_again():
    """Ever charged is charged; a reversal happens once."""
    done = Shown(True, True, frozenset({"r1"}), frozenset({"r1"}))
    assert owed_effects([active()], done) == ()
    assert K.REVERSE_FEE not in effects(done, then(opened(), E.DELIVERED, E.REJECTED))
    fee = next(effect for effect in owed_effects([active()], NOTHING) if effect.kind is K.CHARGE_FEE)
    assert (fee.key, fee.amount) == (fee_key("r1"), Money(1000))


def test_a_district_without_a_fee_charges_none():
    """Nothing of zero cents is posted."""
    assert K.CHARGE_FEE not in effects(NOTHING, active(policy=evolve(POLICY, referral_fee_cents=0)))


def test_one_open_referral_keeps_flag_and_block():
    """The end of one referral does not free a patron who has another; without any, nothing is touched."""
    ended = then(active("r0"), E.ZERO_ACKNOWLEDGED)
    assert effects(IN_FULL, ended, active("r1", agency="other")) == set()
    assert effects(IN_FULL, ended, then(active(), E.HELD, cause=HoldCause.MINOR)) == set()
    assert effects(IN_FULL) == set()


def test_an_agency_is_told_what_it_has_not_acknowledged():
    """A new balance, a zero, a removal, an unknown balance; nothing before delivery and after the end."""
    assert duties(opened(), _1001=9000) == []
    assert duties(active(), _1001=6000) == []
    assert duties(active(), _1001=7000) == [(Duty.BALANCE, "r1", Money(7000))]
    assert duties(active(), _1001=0) == [(Duty.ZERO, "r1", Money(0))]
    assert duties(active(), _1001=-300) == [(Duty.ZERO, "r1", Money(-300))]
    assert duties(active()) == [(Duty.UNKNOWN, "r1", None)]
    assert duties(then(active(), E.REMOVED, resolution=Resolution.EXEMPTED), _1001=6000) == [(Duty.REMOVE, "r1", None)]
    assert duties(then(active(), E.ZERO_ACKNOWLEDGED), _1001=6000) == []
    told = then(active(), E.BALANCE_ACKNOWLEDGED, amount=Money(7000))
    assert duties(told, _1001=7000) == []


def test_a_file_without_a_receipt_may_have_arrived():
    """Until a receipt says what the agency has, the balance is owed again, even one that was told before."""
    episode = active().after(happening(E.BALANCE_REPORTED, evidence="file 1", amount=Money(7000)))
    assert episode.told_amount is None
    assert episode.lowest_told == OWED
    assert duties(episode, _1001=6000) == [(Duty.BALANCE, "r1", OWED)]
    episode = episode.after(happening(E.BALANCE_REPORTED, evidence="file 2", amount=Money(5000)))
    held = then(episode, E.HELD, cause=HoldCause.DISPUTE)
    assert duties(held, _1001=5500) == []
    assert duties(held, _1001=5000) == [(Duty.BALANCE, "r1", Money(5000))]
    first = episode.after(happening(E.BALANCE_ACKNOWLEDGED, evidence="file 1", amount=Money(7000)))
    assert first.told_amount is None
    second = first.after(happening(E.BALANCE_ACKNOWLEDGED, evidence="file 2", amount=Money(5000)))
    assert second.told_amount == Money(5000)
    late = episode.after(happening(E.BALANCE_ACKNOWLEDGED, evidence="file 2", amount=Money(5000)))
    late = late.after(happening(E.BALANCE_ACKNOWLEDGED, evidence="file 1", amount=Money(7000)))
    assert late.told_amount == Money(5000)


def test_on_hold_a_higher_amount_is_not_told():
    """No escalation; what is good for the patron is told all the same."""
    held = then(active(), E.HELD, cause=HoldCause.BANKRUPTCY)
    assert duties(held, _1001=7000) == []
    assert duties(held, _1001=5000) == [(Duty.BALANCE, "r1", Money(5000))]
    assert duties(held, _1001=0) == [(Duty.ZERO, "r1", Money(0))]


def referred(patron, *episodes, cards=("29000000000011",), exempt=False):
    return Referred(exempt, tuple(episodes), patron, cards)


def test_a_replaced_card_is_owed_to_the_agency_until_acknowledged():
    """Both numbers go out; what was told before the acknowledgement counts, not what is true at it."""
    known = replace_card(referred("N1001", active()), "29000000000029", at=NOON, by="jdoe")
    (episode,) = known.episodes
    assert known.identifiers == ("29000000000029", "29000000000011")
    assert episode.untold == ("29000000000029",)
    assert duties(episode, _1001=6000) == [(Duty.ALIAS, "r1", None)]
    assert duties(then(episode, E.BALANCE_ACKNOWLEDGED, amount=OWED), _1001=6000) == [(Duty.ALIAS, "r1", None)]
    told = then(episode, E.BALANCE_ACKNOWLEDGED, amount=OWED, identifiers=episode.identifiers)
    assert duties(told, _1001=6000) == []


exempts = st.booleans()


def zeroed(*args, **more):
    return then(active(*args, **more), E.ZERO_ACKNOWLEDGED)


def exempted(*args, **more):
    return then(active(*args, **more), E.REMOVED, resolution=Resolution.EXEMPTED)


lives = st.sampled_from([opened, active, zeroed, exempted])


@st.composite
def people(draw, patron, card):
    """A patron with a referral to each of some agencies."""
    agencies = draw(st.lists(st.sampled_from(["gentle", "other"]), unique=True))
    episodes = [
        draw(lives)(f"{patron}-{agency}", agency=agency, patron=patron, identifiers=(card,)) for agency in agencies
    ]
    return Referred(draw(exempts), tuple(episodes), patron, (card,))


@given(people("N1001", "29000000000011"), people("N1002", "29000000000029"))
def test_a_merge_loses_nothing_whichever_record_is_kept(a, b):
    """Exemption of either, every number, every referral; the same both ways but for the surviving id."""
    one, other = (merge(a, b, at=NOON, by="jdoe"), merge(b, a, at=NOON, by="jdoe"))
    assert one.by_hand == other.by_hand
    both = {e.agency for e in a.episodes if e.is_open} & {e.agency for e in b.episodes if e.is_open}
    assert set(one.by_hand) == both
    if both:
        assert one.merged is None
        return
    for merged in (one.merged, other.merged):
        assert merged.exempt is (a.exempt or b.exempt)
        assert merged.never_again is (a.never_again or b.never_again)
        assert {e.id for e in merged.episodes} == {e.id for e in (*a.episodes, *b.episodes)}
        assert set(merged.identifiers) > {"29000000000011", "29000000000029"}
        for agency in ("gentle", "other"):
            assert len(open_referrals(merged.episodes, agency)) <= 1
        assert all(e.patron == merged.patron for e in merged.episodes if e.is_open)
    states = [{e.id: e.state for e in merged.episodes} for merged in (one.merged, other.merged)]
    assert states[0] == states[1] == {e.id: e.state for e in (*a.episodes, *b.episodes)}


@given(people("N1001", "29000000000011"), people("N1002", "29000000000029"), st.integers(-100, 9000))
def test_merging_before_or_after_asking_what_is_owed_is_the_same(a, b, cents):
    """The duties are those of the two records, and the new numbers besides."""
    merged = merge(a, b, at=NOON, by="jdoe").merged
    if merged is None:
        return
    balances = {"N1001": Money(cents), "N1002": Money(cents)}

    def owed(episodes):
        return {(o.referral, o.duty) for o in obligations(episodes, balances, POLICY) if o.duty is not Duty.ALIAS}

    assert owed(merged.episodes) == owed((*a.episodes, *b.episodes))
    assert [e.id for e in merged.episodes if e.delivered and e.is_open and not e.untold] == []


def test_a_record_is_not_merged_into_itself():
    """That is a slip of the hand."""
    with pytest.raises(InvalidValue, match="another record"):
        merge(referred("N1001"), referred("N1001"), at=NOON, by="jdoe")


def test_who_is_never_referred_again():
    """A note, or a referral that was taken back as exempt."""
    taken_back = then(active(), E.REMOVED, resolution=Resolution.EXEMPTED)
    taken_back = then(taken_back, E.REMOVAL_ACKNOWLEDGED)
    assert taken_back.resolution is Resolution.EXEMPTED
    assert referred("N1001", taken_back).never_again
    assert referred("N1001", exempt=True).never_again
    assert not referred("N1001", active()).never_again


def test_a_referral_survives_the_store_and_hides_the_person():
    """The same after writing and reading; no number of a patron in its repr."""
    known = replace_card(referred("N1001", active()), "29000000000029", at=NOON, by="jdoe")
    (episode,) = known.episodes
    back = codecs.load(Episode, codecs.dump(episode))
    assert back == episode
    assert (back.state, back.untold) == (episode.state, episode.untold)
    assert "2900000" not in repr(known)
    assert "N1001" not in repr(known)
