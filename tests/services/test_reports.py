"""Reports that can be printed at any time: they show what is stored, change nothing, and unmask nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attrs import evolve

from scld_core import open_desk
from scld_core.errors import BadInput
from scld_core.reporting.audience import Asked, Audience, ReportSpec
from scld_core.reporting.files import FORMS, render
from scld_core.reporting.grid import choose_grid
from scld_core.runs.model import UNRESOLVED
from scld_core.services.reports import catalogue, make_report
from scld_core.services.run_book import begin_run, run_book


@pytest.fixture
def desk(run_sample: Path, tmp_path: Path):
    """A sample district after its first morning."""
    shutil.copytree(run_sample, tmp_path / "sample")
    with open_desk(tmp_path / "sample", actor="anne") as opened:
        yield opened


def test_the_run_book_names_each_run_once_with_its_counts(desk) -> None:
    """Every run of the book is a row, the newest first, and its steps are counted where they stand."""
    begin_run(desk.day.engine, "day", desk.runs.business_day)  # one whose process died
    desk.day.run()
    report = make_report(desk, "runs")
    rows = choose_grid(report, "").rows
    assert [row[0] for row in rows] == [run.id for run in reversed(run_book(desk.store))]
    assert [row[5] for row in rows] == ["done", "crashed", "done"]
    applied, waiting, failed = (sum(row[place] for row in rows) for place in (6, 7, 8))
    with desk.store.transaction() as unit:
        states = [record.state for record in unit.steps.unresolved()]
    assert (applied > 0, waiting, failed) == (True, len(states), 0)
    assert report.figures[0].value == 1


def test_what_waits_is_the_store_s_unresolved_steps(desk) -> None:
    """A step is listed exactly while it is unresolved, the oldest first."""
    rows = choose_grid(make_report(desk, "waiting"), "").rows
    with desk.store.transaction() as unit:
        open_ = {record.step.id for record in unit.steps.unresolved() if record.state in UNRESOLVED}
    assert {row[0] for row in rows} == open_
    assert rows == tuple(sorted(rows, key=lambda row: (row[5], row[0])))


@pytest.mark.parametrize("name", ["runs", "waiting"])
def test_a_report_changes_nothing_and_is_the_same_twice(desk, name: str) -> None:
    """Making a report twice gives equal bytes in every form, and the journal has no line of it."""
    before = desk.runs.journal()
    for suffix in FORMS:
        assert render(make_report(desk, name), suffix) == render(make_report(desk, name), suffix)
    assert desk.runs.journal() == before


def test_a_plugin_s_report_stands_in_the_catalogue(desk) -> None:
    """What a plugin declares is found by its name and built for the audience asked for."""
    asked: list[Asked] = []

    def build(_: object, what: Asked):
        asked.append(what)
        return make_report(desk, "runs")

    spec = ReportSpec("acme-totals", "Totals", (Audience.FINANCE, Audience.IT), build)

    class Declaring:
        def __getattr__(self, name: str):
            return getattr(desk.registry, name)

        def declarations(self, kind: type):
            return (spec,) if kind is ReportSpec else desk.registry.declarations(kind)

    other = evolve(desk, registry=Declaring())
    assert spec in catalogue(other)
    make_report(other, "acme-totals")
    make_report(other, "acme-totals", audience="it")
    assert asked == [Asked(Audience.FINANCE), Asked(Audience.IT)]


def test_an_unknown_report_or_audience_is_a_mistake_with_a_remedy(desk) -> None:
    """The nearest name, and the audiences that there are."""
    with pytest.raises(BadInput, match="Did you mean 'waiting'"):
        make_report(desk, "wating")
    with pytest.raises(BadInput, match="Choose one of it"):
        make_report(desk, "runs", audience="finance")
