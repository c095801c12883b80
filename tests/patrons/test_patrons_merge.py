"""Merging two records, shown before it is done: nothing is lost, nothing becomes laxer."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import NOW, PLACEHOLDER, POLICY, VERSION, patron, pid

from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.patrons import (
    Block,
    CollectionFlag,
    Consent,
    ConsentKind,
    Consents,
    Dossier,
    GuardianLink,
    Obligation,
    Standing,
    merge_preview,
    merged,
    narrower,
)
from scld_core.patrons.merge import REASONS, stricter

DAYS = st.none() | st.dates(date(2020, 1, 1), date(2026, 1, 1))
WHEN = st.integers(-900, 0).map(lambda days: NOW + timedelta(days=days))


def standings(code):
    """A standing for a reason."""
    return st.builds(Standing, code=code, since=DAYS, until=DAYS)


CONSENTS = st.lists(
    st.builds(Consent, kind=st.sampled_from(ConsentKind), given=st.booleans(), since=WHEN, by=st.sampled_from("ab")),
    max_size=5,
    unique_by=lambda word: word.kind,
).map(lambda words: Consents(tuple(sorted(words, key=lambda word: list(ConsentKind).index(word.kind)))))


def dossiers(number, *cards):
    """Dossiers of one patron with some of these cards."""
    people = st.builds(
        lambda held, blocks, born, flag: patron(
            number,
            *held,
            blocks=tuple(blocks),
            birth_date=born,
            flag=CollectionFlag("agency", NOW, f"referral-{number}") if flag else None,
        ),
        st.lists(st.sampled_from(cards), unique=True, max_size=3),
        st.lists(
            st.builds(Block, st.sampled_from(["lost", "old"]), st.none() | WHEN, st.sampled_from("xy")),
            max_size=2,
            unique_by=lambda block: block.reason,
        ),
        st.sampled_from([None, PLACEHOLDER, date(1980, 1, 1)]),
        st.booleans() if number == 1 else st.just(value=False),
    )
    codes = st.lists(standings(st.sampled_from("ab")), max_size=2, unique_by=lambda standing: standing.code).map(tuple)
    links = st.lists(
        st.builds(
            lambda adult, since: GuardianLink(minor=pid(number), adult=adult, since=since, agreement="form"),
            st.sampled_from([pid("adult"), pid("other")]),
            st.dates(date(2020, 1, 1), date(2021, 1, 1)),
        ),
        max_size=2,
    ).map(tuple)
    owed = st.lists(st.builds(Obligation, st.sampled_from(["charge", "loan"]), st.sampled_from("123")), max_size=4)
    return st.builds(
        Dossier,
        patron=people,
        consents=CONSENTS,
        restrictions=codes,
        exemptions=codes,
        obligations=owed.map(lambda members: tuple(dict.fromkeys(members))),
        guardians=links,
    )


ONE, TWO, THREE = dossiers(1, "11", "12", "90"), dossiers(2, "21", "22", "90"), dossiers(3, "31", "90")


def left(gone, kept):
    """What merging leaves."""
    found = merge_preview(gone, kept, POLICY, at=NOW, version=VERSION)
    assert found.decision.permitted
    return found.result


def _as_strict(standing, than):
    earlier = standing.since is None or (than.since is not None and standing.since <= than.since)
    return earlier and (standing.until is None or (than.until is not None and standing.until >= than.until))


@given(ONE, TWO)
def test_nothing_is_lost(one, two):
    """Cards, ids, obligations, links, flag and birth date are all there; every standing is at least as strict."""
    found = merge_preview(one, two, POLICY, at=NOW, version=VERSION)
    assert found == merge_preview(one, two, POLICY, at=NOW, version=VERSION)
    after = found.result
    for before in (one, two):
        assert set(before.patron.known_as) <= set(after.patron.known_as)
        assert set(before.obligations) <= set(after.obligations)
        assert before.patron.flag in (None, after.patron.flag)
        assert {block.reason for block in before.patron.blocks} <= {block.reason for block in after.patron.blocks}
        assert {(link.adult, link.since) for link in before.guardians} <= {
            (link.adult, link.since) for link in after.guardians
        }
        for ours, theirs in ((before.restrictions, after.restrictions), (before.exemptions, after.exemptions)):
            by_code = {standing.code: standing for standing in theirs}
            assert all(_as_strict(by_code[standing.code], standing) for standing in ours)
        for kind in ConsentKind:
            assert before.consents.given(kind) or not after.consents.given(kind)
        for block in before.patron.blocks:
            kept = after.patron.blocked_for(block.reason)
            assert kept.since is None or (block.since is not None and kept.since <= block.since)
    assert all(link.minor == two.patron.id for link in after.guardians)
    assert one.patron.id in after.patron.merged_from
    born = {before.patron.birth_date for before in (one, two)} - {None, PLACEHOLDER}
    assert not born or after.patron.birth_date in born
    assert all(reason.text(REASONS) and reason.version == VERSION for reason in found.changes)


@given(ONE, TWO, THREE)
def test_merging_three_in_either_order_knows_the_same_names(one, two, three):
    """As to aliases, restrictions, exemptions, obligations and consents, merging is associative."""
    first = left(left(one, two), three)
    second = left(one, left(two, three))
    for found in (first, second):
        assert found.patron.id == three.patron.id
    assert set(first.patron.known_as) == set(second.patron.known_as)
    assert set(first.patron.merged_from) == set(second.patron.merged_from)
    assert first.patron.blocks == second.patron.blocks
    assert first.consents == second.consents
    assert first.obligations == second.obligations
    assert (first.restrictions, first.exemptions) == (second.restrictions, second.exemptions)
    assert set(first.guardians) == set(second.guardians)


@given(CONSENTS, CONSENTS, CONSENTS)
def test_the_narrower_consents_are_a_meet(one, two, three):
    """Commutative, associative, idempotent; and nothing is agreed to that one of them does not agree to."""
    assert narrower(one, two) == narrower(two, one)
    assert narrower(narrower(one, two), three) == narrower(one, narrower(two, three))
    assert narrower(one, one) == one
    for kind in ConsentKind:
        assert narrower(one, two).given(kind) == (one.given(kind) and two.given(kind))
        assert not Consents().given(kind)


@given(CONSENTS, st.sampled_from(ConsentKind), st.booleans(), WHEN)
def test_the_newest_word_counts(consents, kind, given_, since):
    """A newer word replaces an older one of its kind and no other; an older one changes nothing."""
    word = Consent(kind=kind, given=given_, since=since, by="jdoe")
    before = consents.by_kind.get(kind)
    after = consents.with_word(word)
    newest = word if before is None or before.since <= since else before
    assert after.by_kind == {**consents.by_kind, kind: newest}


def test_an_older_word_changes_nothing():
    """A form that is typed in late does not undo what was said since."""
    new = Consent(kind=ConsentKind.PHOTO, given=False, since=NOW, by="jdoe")
    old = evolve(new, given=True, since=NOW - timedelta(days=1))
    assert Consents((new,)).with_word(old) == Consents((new,)) == Consents((old,)).with_word(new)


def test_a_kind_has_one_word():
    """Two words on one kind are refused."""
    word = Consent(kind=ConsentKind.PHOTO, given=True, since=NOW, by="jdoe")
    with pytest.raises(InvalidValue, match="each kind once"):
        Consents((word, evolve(word, given=False)))


@given(standings(st.just("a")), standings(st.just("a")), standings(st.just("a")))
def test_the_stricter_is_a_join(one, two, three):
    """Commutative, associative, idempotent, and at least as strict as both."""
    assert stricter(one, two) == stricter(two, one)
    assert stricter(stricter(one, two), three) == stricter(one, stricter(two, three))
    assert stricter(one, one) == one
    assert _as_strict(stricter(one, two), one)


def test_two_reasons_are_not_compared():
    """A standing for another reason is neither stricter nor laxer."""
    with pytest.raises(InvalidValue, match="same for both"):
        stricter(Standing(code="a"), Standing(code="b"))


def dossier(number, *cards, **more):
    """A dossier of nothing but a patron."""
    return Dossier(patron=patron(number, *cards, **more))


FLAG = CollectionFlag("agency", NOW, "referral-1")


@pytest.mark.parametrize(
    ("gone", "kept", "verdict", "codes"),
    [
        (dossier(1), dossier(1), Verdict.DENY, ["same_record"]),
        (dossier(1), dossier(2, merged_from=(pid(1),)), Verdict.DENY, ["merged_before"]),
        (dossier(1, merged_from=(pid(9),)), dossier(2, merged_from=(pid(9),)), Verdict.DENY, ["merged_before"]),
        (dossier(1, flag=FLAG), dossier(2, flag=FLAG), Verdict.REFER, ["two_referrals"]),
        (
            dossier(1, birth_date=date(1980, 1, 1)),
            dossier(2, birth_date=date(1980, 1, 2)),
            Verdict.REFER,
            ["two_birth_dates"],
        ),
        (dossier(1, responsible_adult=pid(2)), dossier(2), Verdict.REFER, ["own_adult"]),
        (
            dossier(1, responsible_adult=pid(8), flag=FLAG),
            dossier(2, responsible_adult=pid(9), flag=FLAG),
            Verdict.REFER,
            ["two_referrals", "two_adults"],
        ),
        (dossier(1, birth_date=PLACEHOLDER), dossier(2, birth_date=date(1980, 1, 2)), Verdict.PERMIT, ["mergeable"]),
    ],
)
def test_what_only_a_person_can_decide_is_referred(gone, kept, verdict, codes):
    """One record, two referrals, two birth dates, two adults: each is named, and nothing is merged."""
    found = merge_preview(gone, kept, POLICY, at=NOW)
    assert (found.decision.verdict, [reason.code for reason in found.decision.reasons]) == (verdict, codes)
    assert (found.result is None) is (verdict is not Verdict.PERMIT)


def test_every_change_is_named():
    """Aliases, a shared card, what goes over, what holds on and what consent ends."""
    photo = Consents((Consent(kind=ConsentKind.PHOTO, given=True, since=NOW, by="jdoe"),))
    link = GuardianLink(minor=pid(1), adult=pid("adult"), since=date(2020, 1, 1), agreement="form")
    own = GuardianLink(minor=pid(1), adult=pid(2), since=date(2020, 1, 1), agreement="form")
    gone = Dossier(
        patron=patron(1, "11", "90", blocks=(Block("lost"),)),
        consents=photo,
        restrictions=(Standing(code="lost_card"),),
        exemptions=(Standing(code="bankrupt"),),
        obligations=(Obligation("loan", "7"),),
        guardians=(link, own),
    )
    found = merge_preview(gone, dossier(2, "90"), POLICY, at=NOW)
    assert [(reason.code, *dict(reason.params).values()) for reason in found.changes] == [
        ("alias", "2"),
        ("shared_card", "1"),
        ("obligations", "1"),
        ("guardians", "1"),
        ("restriction", "lost_card"),
        ("exemption", "bankrupt"),
        ("restriction", "lost"),
        ("consent_narrowed", "photo"),
    ]
    assert [card.present for card in found.result.patron.cards] == [True, False]


def test_a_guardian_s_own_links_follow_the_record():
    """Where an adult's record is merged, the children's links name the record that is kept."""
    link = GuardianLink(minor=pid("child"), adult=pid(1), since=date(2020, 1, 1), agreement="form")
    found = left(Dossier(patron=patron(1), guardians=(link,)), dossier(2))
    assert found.guardians == (evolve(link, adult=pid(2)),)


def test_a_record_that_knows_the_other_by_an_older_name_can_be_merged():
    """`merged` keeps each alias once, also where both records have one card or one older record."""
    one = patron(1, "90", merged_from=(pid(9), pid(2)))
    two = patron(2, "90", merged_from=(pid(9),))
    found = merged(one, two, NOW)
    assert found.merged_from == (pid(9), pid(1))
    assert found.known_as == ("90", "p9", "p1")
