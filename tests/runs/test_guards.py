"""The guards that stop a run before it changes anything."""

from datetime import timedelta
from math import ceil

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import BlastRadius, SnapshotRefused, StaleFacts
from scld_core.kernel.page import Page, Quarantined
from scld_core.runs.guards import check_age, check_blast, check_present, take_snapshot
from scld_core.runs.model import AreaPlan, BlastLimit, Facts, Plan, Risk, Step
from scld_core.runs.verify import verify
from support.hotspots import NOW


def pages(rows, size, *, bad=0, total=True, last=True):
    chunks = [tuple(rows[i : i + size]) for i in range(0, len(rows), size)] or [()]
    count = len(rows) + bad if total else None
    made = [Page(chunk, NOW + timedelta(seconds=n), total=count) for n, chunk in enumerate(chunks)]
    made[-1] = evolve(
        made[-1], last=last, quarantined=tuple(Quarantined("file", n, "damaged") for n in range(1, bad + 1))
    )
    return made


def take(found):
    return take_snapshot("ils", found, lambda row: row, live=True)


@given(st.lists(st.integers(), unique=True), st.integers(1, 5), st.integers(0, 3), st.booleans())
def test_a_whole_list_is_taken_whole(rows, size, bad, total):
    """Every row once, whatever the page size; the age is that of the oldest page; nothing is dropped."""
    found = take(pages(rows, size, bad=bad, total=total))
    assert found.rows == tuple(rows)
    assert found.as_of == NOW
    assert len(found.quarantined) == bad
    assert found.facts == Facts("ils", NOW, len(rows), True, found.quarantined)


@given(st.lists(st.integers(), unique=True, min_size=1), st.integers(1, 5), st.data())
def test_a_partial_list_is_refused(rows, size, data):
    """No end, a wrong count, a row twice, no page at all: the run stops."""
    with pytest.raises(SnapshotRefused, match="stopped in the middle"):
        take(pages(rows, size, last=False))
    short = [evolve(page, total=len(rows) + data.draw(st.integers(1, 9))) for page in pages(rows, size)]
    with pytest.raises(SnapshotRefused, match="announced"):
        take(short)
    with pytest.raises(SnapshotRefused, match="one record twice"):
        take(pages([*rows, rows[0]], size))
    with pytest.raises(SnapshotRefused, match="no answer at all"):
        take([])


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 1))
def test_an_empty_or_shrunken_list_is_refused(expected, present, fraction):
    """Refused exactly when something is expected and nothing or too little is there; monotone in `present`."""
    present = min(present, expected)

    def refused(count):
        try:
            check_present("ils", "items", expected=expected, present=count, max_missing=fraction)
        except SnapshotRefused:
            return True
        return False

    assert refused(present) == (expected > 0 and (present == 0 or expected - present > fraction * expected))
    if not refused(present):
        assert all(not refused(more) for more in range(present, expected + 1, 50))


def test_facts_too_old_or_from_the_future_stop_the_run():
    """By name, with the age and what to do."""
    limit = timedelta(hours=4)
    for age in (timedelta(0), limit, -timedelta(minutes=10)):
        check_age(Facts("main", NOW - age, 1, live=False), NOW, limit)
    with pytest.raises(StaleFacts, match="main is 4 h 01 min old and the limit is 4 h 00 min; make a new extract"):
        check_age(Facts("main", NOW - limit - timedelta(minutes=1), 1, live=False), NOW, limit)
    with pytest.raises(StaleFacts, match="main says it was made 0 h 11 min from now"):
        check_age(Facts("main", NOW + timedelta(minutes=11), 1, live=False), NOW, limit)


def plan(risky, *, population=100, count=10, fraction=0.5, routine=0, asked=0):
    def step(n, risk, ask=False):
        return Step("a.b", f"s{n}{risk}{ask}", "c", "a", NOW.date(), "{}", risk=risk, needs_approval=ask)

    steps = (
        *(step(n, Risk.RISKY) for n in range(risky)),
        *(step(n, Risk.ROUTINE) for n in range(routine)),
        *(step(n, Risk.IRREVERSIBLE, True) for n in range(asked)),
    )
    return Plan(
        "d", NOW.date(), NOW, (AreaPlan("a", steps, limit=BlastLimit(population, count, fraction)), AreaPlan("b"))
    )


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60), st.floats(0, 1))
def test_more_risky_steps_than_allowed_need_exactly_their_number_confirmed(risky, count, population, fraction):
    """Routine steps and steps with an approval of their own do not count."""
    made = plan(risky, population=population, count=count, fraction=fraction, routine=5, asked=5)
    if risky <= count and risky <= ceil(fraction * population):
        check_blast(made, confirmed=None)
    else:
        for wrong in (None, risky - 1, risky + 1):
            with pytest.raises(BlastRadius, match=f"--confirm-blast-radius {risky}"):
                check_blast(made, confirmed=wrong)
        check_blast(made, confirmed=risky)


def test_two_areas_over_their_limits_are_confirmed_together():
    """One number for both, or a bad morning in two areas could never be run."""
    both = Plan("d", NOW.date(), NOW, (*plan(12).areas, *plan(11).areas))
    for number in (None, 11, 12):
        with pytest.raises(BlastRadius, match=r"12 risky steps .* 11 risky steps .* --confirm-blast-radius 23"):
            check_blast(both, confirmed=number)
    check_blast(both, confirmed=23)


def test_what_is_held_for_a_person_is_not_unexplained():
    """The residual counts what is neither applied, waiting nor held."""
    made = plan(3)
    held = [made.steps[0].id]
    assert verify(made, waiting=held).residual == 2
    assert verify(made, waiting=[s.id for s in made.steps]).residual == 0
    assert made.exceptions == made.waiting == ()
