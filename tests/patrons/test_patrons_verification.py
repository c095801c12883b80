"""Whether somebody is the patron: which facts suffice, what is counted, and what is never told."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import POLICY, TODAY, VERSION

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.patrons import Asked, Attempt, Channel, Claim, Fact, Facts, verify
from scld_core.patrons.verification import REASONS, failures_on, locked

CARD, BORN, NAME = Claim(Fact.CARD_NUMBER, "29082000123450"), Claim(Fact.BIRTH_DATE, "1980-05-17"), "Ana Example"
RECORD = (
    CARD,
    BORN,
    Claim(Fact.NAME, NAME),
    Claim(Fact.ADDRESS, "4322 N Argonne Rd Apt 3"),
    Claim(Fact.PHONE, "509-555-0123"),
    Claim(Fact.PHONE, "509-555-0199"),
    Claim(Fact.EMAIL, "ana@example.org"),
)
VALUED = [fact for fact in Fact if fact not in (Fact.PASSWORD, Fact.PHOTO_ID)]
CHECKED = [Fact.PASSWORD, Fact.PHOTO_ID]

claims = st.one_of(
    st.builds(Claim, st.just(Fact.BIRTH_DATE), st.sampled_from(["1980-05-17", "1980-05-18"])),
    st.builds(
        Claim,
        st.sampled_from([fact for fact in VALUED if fact is not Fact.BIRTH_DATE]),
        st.sampled_from([claim.value for claim in RECORD] + ["?", "x"]),
    ),
)
asked = st.builds(
    Asked,
    channel=st.sampled_from(Channel),
    day=st.just(TODAY),
    said=st.lists(claims, max_size=4).map(tuple),
    attested=st.frozensets(st.sampled_from(CHECKED)),
    refused=st.frozensets(st.sampled_from(CHECKED)),
)
attempts = st.lists(
    st.builds(
        Attempt,
        st.sampled_from([TODAY, TODAY - timedelta(days=1)]),
        st.sampled_from(Channel),
        st.booleans(),
    ),
    max_size=6,
)


def say(*said, channel=Channel.PHONE, **more):
    """What somebody says today."""
    return Asked(channel=channel, day=TODAY, said=said, **more)


def code(found):
    """The one reason's code."""
    (reason,) = found.decision.reasons
    assert reason.text(REASONS)
    return reason.code


@given(asked, attempts, st.permutations(RECORD))
def test_an_answer_is_total_deterministic_and_says_nothing_of_the_record(question, history, record):
    """In any order of the record the answer is the same, and its text has no fact of it."""
    found = verify(question, RECORD, history, POLICY, version=VERSION)
    assert found == verify(question, record, history, POLICY, version=VERSION)
    assert code(found) in REASONS
    assert not any(claim.value in f"{found!r}{found.decision.reasons[0].text(REASONS)}" for claim in RECORD)


@given(asked, st.sampled_from(RECORD))
def test_the_answer_to_a_failure_does_not_tell_what_was_wrong(question, changed):
    """Whatever differs in the record, a failure that stays one is answered in the same words."""
    other = tuple(claim for claim in RECORD if claim != changed)
    one, two = (verify(question, record, [], POLICY) for record in (RECORD, other))
    if not one.decision.permitted and not two.decision.permitted:
        assert one == two


@given(asked, claims, st.frozensets(st.sampled_from(CHECKED)))
def test_more_facts_never_verify_less(question, more, attested):
    """A further claim, right or wrong, takes no verification away."""
    richer = evolve(question, said=(*question.said, more), attested=question.attested | attested)
    before, after = (verify(one, RECORD, [], POLICY).decision.permitted for one in (question, richer))
    assert after >= before


@given(attempts, attempts)
def test_failures_only_add_up(some, others):
    """Histories add up, in any order; yesterday's failures and today's successes do not count."""
    assert failures_on(TODAY, [*some, *others]) == failures_on(TODAY, some) + failures_on(TODAY, others)
    lately = [attempt for attempt in some if attempt.day == TODAY and not attempt.succeeded]
    assert failures_on(TODAY, reversed(some)) == len(lately)
    for channel in Channel:
        assert locked(channel, TODAY, [*some, *others], POLICY) >= locked(channel, TODAY, some, POLICY)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (say(CARD, BORN), "verified"),
        (say(CARD, attested=frozenset({Fact.PASSWORD})), "verified"),
        (say(CARD, refused=frozenset({Fact.PASSWORD})), "not_verified"),
        (say(CARD, BORN, refused=frozenset({Fact.PASSWORD})), "verified"),
        (say(CARD, Claim(Fact.BIRTH_DATE, "1980-05-18")), "not_verified"),
        (say(Claim(Fact.CARD_NUMBER, "1"), BORN), "not_verified"),
        (say(CARD), "too_little"),
        (say(Claim(Fact.CARD_NUMBER, "1"), Claim(Fact.NAME, NAME)), "too_little"),
        (say(CARD, BORN, channel=Channel.EMAIL), "too_little"),
        (say(CARD, BORN, channel=Channel.WEB), "too_little"),
        (say(channel=Channel.IN_PERSON, attested=frozenset({Fact.PHOTO_ID})), "verified"),
        (
            say(
                CARD,
                Claim(Fact.NAME, "EXAMPLE, ana"),
                Claim(Fact.ADDRESS, "4322 North Argonne Road #3"),
                channel=Channel.IN_PERSON,
            ),
            "verified",
        ),
    ],
)
def test_which_facts_suffice_depends_on_the_channel(question, expected):
    """The policy's sets decide; spelling and order do not."""
    found = verify(question, RECORD, [], POLICY)
    assert code(found) == expected
    assert (found.attempt is None) is (expected == "too_little")
    if found.attempt:
        assert found.attempt.succeeded is (expected == "verified")


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Fact.PHONE, "1 (509) 555-0199"),
        (Fact.EMAIL, "ANA@Example.org "),
        (Fact.CARD_NUMBER, "2 9082 00012 3450"),
        (Fact.CARD_NUMBER, "2-9082-00012-3450"),
        (Fact.NAME, "example ána"),
    ],
)
def test_a_fact_is_right_in_another_spelling(fact, said):
    """Signs, case, accents, a country's 1 and one of two telephones."""
    only = evolve(POLICY, verification={Channel.PHONE: (Facts(frozenset({fact})),)})
    assert verify(say(Claim(fact, said)), RECORD, [], only).decision.permitted
    assert not verify(say(Claim(fact, said + "9")), RECORD, [], only).decision.permitted


@pytest.mark.parametrize("fact", [fact for fact in VALUED if fact is not Fact.BIRTH_DATE])
def test_what_says_nothing_is_never_equal(fact):
    """A fact without a letter or a digit equals no other such fact."""
    only = evolve(POLICY, verification={Channel.PHONE: (Facts(frozenset({fact})),)})
    wrong = "?" if fact is not Fact.EMAIL else "@"
    assert not verify(say(Claim(fact, wrong)), [Claim(fact, "-")], [], only).decision.permitted


@pytest.mark.parametrize("said", ["5/17/1980", "1980-5-17", "19800517", "1980-02-30", "seventeenth of May"])
def test_a_birth_date_is_said_as_a_date_before_it_counts_as_an_answer(said):
    """What is no date is the desk's slip and never the patron's failure; it is not repeated."""
    with pytest.raises(InvalidValue, match="year, month, day") as found:
        Claim(Fact.BIRTH_DATE, said)
    assert said not in str(found.value)


def test_so_many_failures_lock_the_channel_until_tomorrow():
    """After the third failure right facts are of no use by telephone; at the desk and tomorrow they are."""
    history: list[Attempt] = []
    wrong = say(CARD, Claim(Fact.BIRTH_DATE, "2000-01-01"))
    for _ in range(POLICY.verification_failures):
        failed = verify(wrong, RECORD, history, POLICY)
        assert code(failed) == "not_verified"
        history.append(failed.attempt)
    right = say(CARD, BORN)
    assert code(verify(right, RECORD, history, POLICY)) == code(verify(wrong, RECORD, history, POLICY)) == "locked"
    assert verify(right, RECORD, history, POLICY).attempt is None
    desk = say(channel=Channel.IN_PERSON, attested=frozenset({Fact.PHOTO_ID}))
    assert code(verify(desk, RECORD, history, POLICY)) == "verified"
    assert code(verify(evolve(right, day=TODAY + timedelta(days=1)), RECORD, history, POLICY)) == "verified"
    assert verify(right, RECORD, history, POLICY).decision.verdict is Verdict.DENY


@given(st.frozensets(st.sampled_from(Fact), min_size=1))
def test_sets_of_facts_have_a_text_form(facts):
    """Round trip; the order in which they are written does not matter."""
    text = str(Facts(facts))
    assert Facts.parse(text) == Facts(facts) == Facts.parse(" + ".join(reversed(text.split("+"))))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Facts.parse("card_number+shoe_size"),
        lambda: Facts.parse(""),
        lambda: Facts(frozenset()),
        lambda: say(attested=frozenset({Fact.NAME})),
        lambda: say(refused={Fact.PASSWORD}),
    ],
)
def test_what_are_no_facts(make):
    """Unknown words and no word are refused, and only a password or a photo ID is checked elsewhere."""
    with pytest.raises(InvalidValue):
        make()
