"""A convention that departs from a check: it is excused where it fails, and nowhere else."""

from attrs import evolve

from scld_core.kernel.capability import Convention, Full
from scld_core.testing.conformance import examine
from scld_core.testing.grading import grade
from scld_core.testing.references import MEMORY_LOANS
from scld_core.testing.report import Grade, Verdict

WHY = "it tells of no overdue loan at all"


class Silent:
    """The reference's loans, of which none is ever overdue."""

    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        return getattr(self._port, name)

    def iter_overdue(self, at):
        """No row, whatever there is."""
        for page in self._port.iter_overdue(at):
            yield evolve(page, rows=())


def _harness(declared, **departs):
    def make(world):
        bench = MEMORY_LOANS.make(world)
        return evolve(bench, loans=Silent(bench.loans))

    capabilities = {**MEMORY_LOANS.capabilities, "loans.iter_overdue": declared}
    return evolve(MEMORY_LOANS, make=make, capabilities=capabilities, departs=departs)


def _excused(report):
    return {(cell.check, cell.detail) for cell in report.cells if cell.verdict is Verdict.EXCUSED}


def test_a_convention_is_excused_where_it_fails():
    """With its reason; a check that passes all the same counts as passed, and every other one still fails."""
    harness = _harness(Convention("silent"), **{"loans.whole-list": WHY, "loans.declared": WHY})
    report = grade(harness)
    assert ("loans.whole-list", WHY) in _excused(report)
    assert ("loans.declared", WHY) not in _excused(report)
    assert any(cell.check == "loans.due-to-the-second" for cell in report.failures)


def test_what_is_declared_as_full_is_never_excused():
    """The same departures, and an operation that says to be whole."""
    report = grade(_harness(Full(), **{"loans.whole-list": WHY}))
    assert any(cell.check == "loans.whole-list" for cell in report.failures)
    assert report.grade is Grade.UNFIT


def test_a_life_is_excused_where_any_operation_is_a_convention():
    """A life calls them all; without a departure it fails."""
    for departs, verdict in (({"loans.machine": WHY}, Verdict.EXCUSED), ({}, Verdict.FAILED)):
        report = examine(_harness(Convention("silent"), **departs), lives=25)
        (life,) = (cell for cell in report.cells if cell.check == "loans.machine")
        assert life.verdict is verdict
