"""The one-page day report: nothing lost, nothing twice, and in the words of the desk."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.kernel.decision import Reason
from scld_core.reporting import Kind, Prose, Report, Tone, write_html
from scld_core.runs.model import AreaPlan, ExceptionItem, Facts, Plan, StepRecord, StepState, Waiting
from scld_core.runs.verify import Verification
from scld_core.services.day.report import TROUBLE, day_report
from support.day_pages import DAY, NOW, OVERDUE, TEXTS, ZONE, SampleDay, days, messy, quiet, receipt, step


def page(day: SampleDay, *, sample: bool = True, texts=TEXTS) -> Report:
    return day_report(
        day.plan,
        day.receipts,
        day.verification,
        zone=ZONE,
        actor="jdoe",
        sample=sample,
        texts=texts,
        settled=day.settled,
    )


def words(cell) -> str:
    return " ".join((*cell.lines, *cell.code, *cell.small)) if isinstance(cell, Prose) else str(cell)


def rows(report: Report, section: str) -> list[str]:
    """Each row of a section as one text."""
    return [
        " | ".join(words(getattr(cell, "text", cell)) for cell in row)
        for part in report.sections
        if part.key == section
        for table in part.tables
        for row in table.rows
    ]


def figure(report: Report, label: str):
    return next(f.value for f in report.figures if f.label.startswith(label))


@given(days())
def test_every_planned_step_is_on_the_page_exactly_once(day):
    """Done or not, waiting, or unexplained: a step is in one of the three and in no second one."""
    report = page(day)
    shown = [row for key in ("unexplained", "done", "waiting") for row in rows(report, key)]
    assert len(shown) == len(day.plan.steps)
    for one in day.plan.steps:
        assert sum(one.label in row for row in shown) == 1


@given(days())
def test_the_headline_is_the_residual_and_the_figures_count_rows(day):
    """The big number is the verification's; the others are what one can count below."""
    report = page(day)
    assert report.figures[0].value == day.verification.residual == len(rows(report, "unexplained"))
    assert (report.figures[0].tone is Tone.GOOD) == (day.verification.residual == 0)
    assert figure(report, "Waiting") == len(rows(report, "waiting"))
    assert figure(report, "For a person") == len(day.plan.exceptions)
    assert figure(report, "Done") == sum(r.result == "applied" for r in day.receipts)
    trouble = [c for c in report.callouts if c.tone is Tone.BAD]
    assert bool(trouble) == any(r.result in TROUBLE for r in day.receipts)


@given(days())
def test_every_unusable_row_is_shown_once(day):
    """A quarantined row is on the exception list or among the facts, with file, line and reason."""
    report = page(day)
    for area in day.plan.areas:
        for bad in (bad for source in area.facts for bad in source.quarantined):
            listed = [row for row in rows(report, "person") if f"{bad.source}:{bad.line} | {bad.reason}" in row]
            unusable = [
                row for row in rows(report, "facts") if row.startswith(f"{bad.source} | {bad.line} | {bad.reason}")
            ]
            assert len(listed) + len(unusable) == 1


@given(days(), st.randoms(use_true_random=False))
def test_the_order_of_receipts_does_not_matter(day, random):
    """Receipts are found by their step, so the page is the same however they arrive."""
    shuffled = list(day.receipts)
    random.shuffle(shuffled)
    assert page(evolve(day, receipts=tuple(shuffled))) == page(day)


@given(days())
def test_the_page_writes_and_names_no_unknown_thing(day):
    """Every day becomes a page; its strict template knows everything it asks for."""
    assert "Synthetic sample data" in write_html(page(day))
    assert "Synthetic sample data" not in write_html(page(day, sample=False))


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from("ab"), st.sampled_from("pq")), max_size=12, unique=True))
def test_exceptions_with_one_trouble_and_one_remedy_share_a_row(found):
    """Each item is named once, beside its own trouble; lines of a file come in their order; no remedy is repeated."""
    items = tuple(
        ExceptionItem("hotspots", code, f"f.csv:{line}", detail, f"do {code}") for line, detail, code in found
    )
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", exceptions=items),))
    table = next(s.tables[0] for s in page(SampleDay(plan, (), Verification(NOW))).sections if s.key == "person")
    told = [(name, detail, todo) for names, detail, todo in table.rows for name in names.lines]
    assert sorted(told) == sorted((i.subject, i.detail, i.todo) for i in items)
    assert len({row[1:] for row in table.rows}) == len(table.rows)
    for names, _, _ in table.rows:
        numbers = [int(name.removeprefix("f.csv:")) for name in names.lines]
        assert numbers == sorted(numbers)


def test_a_step_is_told_in_the_words_of_the_desk():
    """What was done, to which hotspot of which library, and why; then what the sources said, and when."""
    row = next(row for row in rows(page(messy()), "done") if "000016" in row)
    assert row == (
        "Done | Suspended: hotspot 39999000000016 (Cheney) | Due Tue Nov 17, 3 open days overdue, grace is 2. "
        "main: item is overdue, 7:55 AM PST · carrier: line is active, 7:59 AM PST"
    )


def test_what_did_not_work_comes_first_with_what_the_system_said():
    """A refused step leads the list, still in the imperative, with the refusal and its id."""
    first, second = rows(page(messy()), "done")[:2]
    assert first.startswith("Failed | Suspend hotspot 39999000000107 (Cheney)")
    assert "the account does not allow it" in first
    assert f"step\N{NO-BREAK SPACE}{step(10, 'suspend').id}" in first
    assert second.startswith("Left alone | Suspend hotspot")


def test_an_unexplained_difference_is_the_first_section_and_not_repeated():
    """When something remains, it is at the top, with what was tried."""
    report = page(messy(residual=True))
    assert report.sections[0].key == "unexplained"
    assert report.figures[0].value == 1
    assert report.figures[0].label == "Unexplained difference"
    assert not [row for row in rows(report, "done") if row.startswith("Failed")]
    assert rows(report, "unexplained")[0].startswith("Failed | Suspend hotspot 39999000000107 (Cheney)")


def test_waiting_rows_say_on_whom_since_when_and_what_to_do():
    """Approvals come first, then the operator's, then what only needs time."""
    approval, operator, carrier = rows(page(messy()), "waiting")[:3]
    lost = step(7, "terminate").id
    assert f"A manager's approval. Look at it. If it is right: scld approve DIR {lost} --reason TEXT" in approval
    assert "A person with the worklist." in operator
    assert "The carrier. Nothing now: the next run looks again." in carrier
    assert "accepted as request-000017" in carrier
    since = [t.columns[1].kind for s in page(messy()).sections if s.key == "waiting" for t in s.tables[:1]]
    assert since == [Kind.INSTANT]


def test_a_step_that_nobody_applied_waits_for_somebody_to_do_it():
    """Areas that are not applied by themselves hand their steps to a person, who finds the command."""
    one = step(1, "suspend", OVERDUE)
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", (one,)),))
    report = page(SampleDay(plan, (), Verification(NOW)))
    (row,) = rows(report, "waiting")
    assert "Somebody to confirm the plan. Look at the plan. If it is right: scld apply DIR PLAN" in row
    assert rows(report, "done") == []


def test_waiting_on_an_unnamed_or_foreign_system_is_still_a_sentence():
    """A row that names no one, or a backend of the district, says so."""
    rows_ = tuple(Waiting("", "hotspots", "pending_suspend", "main:i1", "", NOW, on) for on in ("", "sentinel"))
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", waiting=rows_),))
    shown = rows(page(SampleDay(plan, (), Verification(NOW))), "waiting")
    assert any("The other system. Nothing now" in row for row in shown)
    assert any("sentinel. Nothing now" in row for row in shown)
    assert all(row.startswith("pending_suspend hotspot main:i1") for row in shown)


def test_a_plan_without_a_run_says_that_nothing_was_changed():
    """A dry run's page counts what would be done and shows it as planned."""
    day = messy()
    report = day_report(day.plan, (), None, zone=ZONE, actor="jdoe", sample=False, texts=TEXTS)
    assert report.title == "Plan for the day"
    assert (report.figures[0].label, report.figures[0].value) == ("Changes planned", 10)
    assert "Done" not in [f.label for f in report.figures]
    assert [c.title for c in report.callouts] == ["A plan only"]
    shown = [*rows(report, "done"), *rows(report, "waiting")]
    assert all(sum(s.label in row for row in shown) == 1 for s in day.plan.steps)


def test_a_run_that_was_not_verified_claims_no_zero():
    """Receipts without a second look give a question mark, not a good number."""
    one = step(1, "suspend", OVERDUE)
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", (one,)),))
    report = day_report(plan, (receipt(one, "applied"),), None, zone=ZONE, actor="jdoe", sample=False, texts=TEXTS)
    assert (report.figures[0].value, report.figures[0].tone) == ("?", Tone.ATTENTION)
    assert report.title == "Day report"


def test_steps_of_earlier_runs_that_ended_are_shown_unless_tried_again():
    """What was under way yesterday and is finished today is news; what still waits is not told twice."""
    again = step(1, "suspend", OVERDUE)
    records = tuple(
        StepRecord(step(n, "restore"), "2026-11-19-1", state, NOW, detail=f"read back {n}")
        for n, state in enumerate((StepState.APPLIED, StepState.FAILED, StepState.WITHDRAWN, StepState.UNKNOWN), 2)
    )
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", (again,)),))
    tried = StepRecord(again, "2026-11-19-1", StepState.FAILED, NOW)
    shown = rows(page(SampleDay(plan, (receipt(again, "applied"),), Verification(NOW), (*records, tried))), "done")
    assert [row.split(" | ")[0] for row in shown] == ["Done", "Done", "Failed", "Withdrawn"]
    assert shown[1].startswith("Done | Restored: hotspot")
    assert "read back 3" in shown[2]


def test_a_receipt_of_a_step_outside_the_plan_is_not_dropped():
    """Whatever was done is on the page, also when the plan at hand does not hold it."""
    stray = receipt(step(9, "suspend"), "odd result")
    report = page(evolve(quiet(), receipts=(stray, receipt(step(8, "suspend"), "vetoed", "not on a holiday"))))
    assert rows(report, "done") == [
        "odd result | hotspots.suspend: main:i9 | None",
        "Stopped | hotspots.suspend: main:i8 | not on a holiday",
    ]


def test_facts_tell_source_age_and_form():
    """Each source with its age at the verification, and whether it was read live."""
    shown = rows(page(messy()), "facts")
    assert any(row.startswith("main | ") and "| 7 min | live | 140 | 0" in row for row in shown)
    assert any("| 3 days | from a file | 140 | 2" in row for row in shown)
    assert "hotspots.csv | 57 | two rows have this SIM | 31234000000111" in shown
    assert not [row for row in shown if "| 41 |" in row]  # it is on the exception list
    assert next(s.intro for s in page(messy()).sections if s.key == "facts").startswith(
        "Policy applied: hotspots (spokane"
    )


def test_facts_read_after_the_run_have_no_negative_age():
    """A clock that differs between machines never gives an age below zero."""
    later = Facts("main", NOW + timedelta(minutes=2), 1, live=True)
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", facts=(later,)),))
    assert "under a minute" in rows(page(SampleDay(plan, (), Verification(NOW))), "facts")[0]


def test_a_quiet_day_is_a_short_page():
    """Nothing done, nothing waiting, nothing to do: each is said in one sentence, and no empty table is drawn."""
    html = write_html(page(quiet(), sample=False))
    for text in ("Nothing had to be changed.", "Nothing waits for anybody.", "Nothing today."):
        assert text in html
    assert html.count("<table>") == 1


def test_notes_and_withdrawals_have_their_place():
    """What differs from nothing but must be known is on the page, and so is what nobody should do any more."""
    report = page(messy())
    assert "Before it leaves: switch it on" in rows(report, "notes")[0]
    assert "0123456789abcdef | the item is now returned" in rows(report, "waiting")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Reason("overdue", (("due", "Mon"), ("days", "1"), ("grace", "0"))),
            "Due Mon, 1 open days overdue, grace is 0.",
        ),
        (Reason("brand_new"), "brand_new"),
        (Reason("brand_new", (("a", "1"), ("b", "2"))), "brand_new (a 1, b 2)"),
        (Reason("overdue", (("due", "Mon"),)), "overdue (due Mon)"),
    ],
)
def test_a_code_without_a_fitting_text_is_shown_as_it_is(reason, text):
    """A newer plugin's reason is never an error on the page."""
    assert reason.text(TEXTS) == text


def test_actions_without_texts_are_shown_by_their_names():
    """A page of an area that brings no texts still says what was done."""
    bare = page(messy(), texts={})
    assert any(row.startswith("Done | hotspots.suspend: 39999000000016 (Cheney)") for row in rows(bare, "done"))
    unlabelled = evolve(step(1, "suspend", Reason("x", (), "rooms")), label="", evidence=())
    plan = Plan("Synthetic", DAY, NOW, (AreaPlan("hotspots", (unlabelled,)),))
    report = page(SampleDay(plan, (receipt(unlabelled, "applied"),), Verification(NOW)))
    assert rows(report, "done") == ["Done | Suspended: hotspot main:i1 | x"]
    assert next(s.intro for s in report.sections if s.key == "facts") == "Policy applied: rooms."
