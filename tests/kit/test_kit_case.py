"""A case: worlds of its own, levers, and verdicts that never become exceptions."""

import pytest
from attrs import evolve

from scld_core.errors import InvalidValue, NotFound
from scld_core.kernel.capability import Convention, Full, Unsupported
from scld_core.testing.case import Case, CheckFailed, Excused, Unseen, check, refused, require
from scld_core.testing.checks import CHECKS, checks_of
from scld_core.testing.clock import TickingClock
from scld_core.testing.grading import run_check
from scld_core.testing.loans_tools import OPERATIONS
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE
from scld_core.testing.report import Verdict
from scld_core.testing.synthetic import NOW, account, line, stranger, twin


def judged(run, harness=MEMORY_LINES, operation="get"):
    """The cell of a check made of `run`."""
    return run_check(check("lines", operation)(run), operation, harness)


def probe(case):
    """A sentence."""
    case.open(account())


def test_a_check_is_named_after_its_function():
    """Id from the name, sentence from the docstring, operations from the decorator."""
    made = check("lines", "get", "suspend", also=("iter_lines",), writes=True)(probe)
    assert (made.id, made.sentence, made.covers) == ("lines.probe", "A sentence.", ("get", "suspend"))
    assert (made.also, made.writes, made.always) == (("iter_lines",), True, False)


@pytest.mark.parametrize(
    ("raised", "verdict", "words"),
    [
        (CheckFailed("seen"), Verdict.FAILED, "seen"),
        (Unseen("no lever"), Verdict.UNSEEN, "no lever"),
        (Excused("by hand"), Verdict.EXCUSED, "by hand"),
        (NotFound("kit", "get", "nobody"), Verdict.FAILED, "raised NotFound"),
        (ZeroDivisionError("x"), Verdict.FAILED, "raised ZeroDivisionError at"),
    ],
)
def test_whatever_is_raised_becomes_a_verdict(raised, verdict, words):
    """A check's own words, a fault of the tree, or the class and place of anything else."""

    def run(case):
        raise raised

    cell = judged(run)
    assert cell.verdict is verdict
    assert words in cell.detail


def test_what_is_not_offered_is_excused_with_its_reason():
    """By the declared reason; undeclared operations and those that a check needs besides as well."""
    none = evolve(MEMORY_LINES, capabilities={"lines.get": Unsupported("a file has no lines")})
    assert judged(probe, none).detail == "a file has no lines"
    assert judged(probe, none, "suspend").verdict is Verdict.EXCUSED
    needy = check("lines", "close", also=("get",))(probe)
    assert run_check(needy, "close", none).verdict is Verdict.EXCUSED


def test_capabilities_are_looked_up_by_port():
    """A convention counts as offered; what is no operation of the port's table is full; a store has no table."""
    harness = evolve(MEMORY_LINES, capabilities={"lines.suspend": Convention("by hand")})
    with Case(harness, "get") as case:
        assert case.declares("suspend")
        assert not case.declares("get")
    assert harness.capability("bulk_file") == harness.capability("close") == Full()
    assert MEMORY_STORE.capability("transaction") == Full()
    assert set(MEMORY_STORE.operations) == {"transaction", "exclusive", "close"}
    assert set(MEMORY_LOANS.operations) == set(OPERATIONS)


def test_each_world_is_its_own():
    """Two benches of one case share clock and nothing else; their folder is gone afterwards."""
    with Case(MEMORY_LINES, "get") as case:
        first, second = case.open(account(1)), case.open(account(2))
        assert len(next(second.lines.iter_lines()).rows) == 2
        assert len(next(first.lines.iter_lines()).rows) == 1
        folder = case._folder()
        assert sorted(path.name for path in folder.iterdir()) == ["1", "2"]
        assert case.key() != case.key()
        with pytest.raises(Unseen, match="no 'settle'"):
            case.lever(None, "settle")
    assert not folder.exists()


def test_refused_judges_what_is_raised():
    """The right class passes; another one, an adapter's bug and an answer do not."""

    def nobody():
        raise NotFound("kit", "get", "nobody")

    assert isinstance(refused(nobody, "get", NotFound), NotFound)
    assert isinstance(refused(nobody, "get"), NotFound)
    with pytest.raises(CheckFailed, match="not InvalidValue"):
        refused(nobody, "get", InvalidValue)
    with pytest.raises(CheckFailed, match="raised KeyError"):
        refused(lambda: {}["x"], "get")
    with pytest.raises(CheckFailed, match="answered int"):
        refused(lambda: 1, "get")
    with pytest.raises(CheckFailed, match="so it is"):
        require([], "so it is")


def test_synthetic_lines_differ_and_twins_end_alike():
    """A twin's numbers end as the line's and are nobody's; a stranger resembles none."""
    known = {line(number) for number in range(50)}
    assert len(known) == 50
    assert {stranger(), *map(twin, known)}.isdisjoint(known)
    assert str(twin(line(3)).iccid)[-8:] == str(line(3).iccid)[-8:]


def test_the_clock_only_goes_forward():
    """It stands still until told, sleeps without waiting, and refuses to go back."""
    clock = TickingClock(NOW)
    assert clock.now() == clock.now() == NOW
    assert (clock.tick(seconds=2, days=1) - NOW).total_seconds() == 86402
    clock.sleep(3)
    assert (clock.now() - NOW).total_seconds() == 86405
    with pytest.raises(InvalidValue, match="go back"):
        clock.tick(seconds=-1)


def test_every_check_is_listed_once():
    """Ids are unique and begin with the port; every check has a sentence and an operation."""
    for port, checks in CHECKS.items():
        assert checks_of(port) == checks
        ids = [one.id for one in checks]
        assert len(set(ids)) == len(ids)
        assert all(one.id.startswith(f"{port}.") and one.sentence.endswith(".") and one.covers for one in checks)
