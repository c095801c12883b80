"""The matrix and the grade that follows from it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.testing.report import Cell, Grade, Report, Verdict

cells = st.builds(
    Cell,
    st.sampled_from(["lines.a", "lines.b", "lines.c"]),
    st.sampled_from(["get", "suspend"]),
    st.sampled_from(Verdict),
    st.text(max_size=5),
    st.text(max_size=5),
    st.booleans(),
)
reports = st.builds(
    Report,
    st.just("acme"),
    st.just("lines"),
    st.sampled_from(["none", "recorded", "live"]),
    st.lists(cells, max_size=6).map(tuple),
)
RANK = list(Grade)


def cell(verdict, *, writes=False):
    """One cell."""
    return Cell("lines.x", "get", verdict, "A sentence.", "why", writes)


@given(reports)
def test_json_round_trip(report):
    """What is written as JSON reads back as the same cells, grade and verdict."""
    again = Report.from_dict(json.loads(report.json()))
    assert again.as_dict() == report.as_dict()
    assert again.grade is report.grade
    assert again.passed is report.passed


@given(reports, cells)
def test_a_failure_never_raises_the_grade(report, extra):
    """Monotone: one more cell that did not pass leaves the grade where it was, or lower."""
    worse = Report(report.backend, report.port, report.evidence, (*report.cells, extra))
    if report.cells and extra.verdict is not Verdict.PASSED and extra.verdict is not Verdict.EXCUSED:
        assert RANK.index(worse.grade) <= RANK.index(report.grade)


@given(st.lists(cells, max_size=6), st.sampled_from(["none", "recorded", "live"]))
def test_the_evidence_caps_the_grade(found, evidence):
    """Without recordings no grade is above writes, without the real system none is proven."""
    caps = {"none": Grade.WRITES, "recorded": Grade.RECORDED, "live": Grade.PROVEN}
    graded = Report("acme", "lines", evidence, tuple(found)).grade
    assert RANK.index(graded) <= RANK.index(caps[evidence])


@pytest.mark.parametrize(
    ("found", "evidence", "expected"),
    [
        ([], "live", Grade.UNFIT),
        ([cell(Verdict.PASSED)], "none", Grade.READS),
        ([cell(Verdict.PASSED)], "recorded", Grade.RECORDED),
        ([cell(Verdict.FAILED)], "live", Grade.UNFIT),
        ([cell(Verdict.EXPECTED)], "live", Grade.UNFIT),
        ([cell(Verdict.UNSEEN)], "none", Grade.READS),
        ([cell(Verdict.PASSED), cell(Verdict.PASSED, writes=True)], "none", Grade.WRITES),
        ([cell(Verdict.PASSED), cell(Verdict.PASSED, writes=True)], "live", Grade.PROVEN),
        ([cell(Verdict.PASSED), cell(Verdict.UNSEEN, writes=True)], "live", Grade.READS),
        ([cell(Verdict.PASSED), cell(Verdict.FAILED, writes=True)], "live", Grade.READS),
        ([cell(Verdict.PASSED), cell(Verdict.EXCUSED, writes=True)], "none", Grade.READS),
    ],
)
def test_the_grade_is_computed(found, evidence, expected):
    """The grade follows from the cells and the evidence, and from nothing that anybody claims."""
    assert Report("acme", "lines", evidence, tuple(found)).grade is expected


def test_markdown_shows_the_matrix_and_names_what_is_wrong():
    """One row for each check, one column for each operation; failures and unseen cells in words."""
    report = Report(
        "acme",
        "lines",
        "none",
        (
            Cell("lines.a", "get", Verdict.PASSED),
            Cell("lines.a", "suspend", Verdict.EXCUSED),
            Cell("lines.b", "suspend", Verdict.FAILED, detail="two\nlines"),
            Cell("lines.c", "get", Verdict.UNSEEN, detail="no lever"),
        ),
    )
    text = report.markdown()
    assert "| check | get | suspend |" in text
    assert "| lines.a | ok | - |" in text
    assert "| lines.b |  | **FAIL** |" in text
    assert "- `lines.b` on `suspend`: two lines" in text
    assert "- `lines.c` on `get`: no lever" in text
    assert "Grade **unfit**" in text
