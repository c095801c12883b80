"""Grading by name: which harnesses a backend has, what is said of one that has none, and the command."""

import json
from contextlib import closing

import pytest
from attrs import evolve, field, fields, frozen

from scld_adapters.carriers.simulated.plugin import SIMULATED
from scld_core.errors import BadInput, MissingExtra, SettingsError
from scld_core.kernel.capability import Full
from scld_core.memory.loans import MemoryLoans
from scld_core.plugins import BackendSpec, OpenBackend, Registry
from scld_core.testing.case import Case
from scld_core.testing.checks import checks_of
from scld_core.testing.conformance import MEMORY, examine, find_harnesses
from scld_core.testing.grading import grade
from scld_core.testing.reference_list import MEMORY as REFERENCES
from scld_core.testing.report import Grade, Verdict


class Plugins:
    """A registry of just these backends."""

    def __init__(self, *specs):
        self.specs = specs

    def backends(self):
        return self.specs


@frozen
class Config:
    """`size` has a default, `url` has none."""

    url: str
    size: int = field(default=2)


@frozen
class Nothing:
    """No settings at all."""


READS = {name: Full() for name in ("loans.get", "loans.iter_items", "loans.iter_overdue")}


def opened(config, context):
    """A memory ILS that the seed has filled."""
    return OpenBackend(loans=context.store.ils)


def filled(config, context, seed):
    """Keep the records where `opened` finds them."""
    context.store.ils = ils = MemoryLoans(context.clock, backend=context.instance)
    for seen in seed.items:
        ils.put(seen)


SEEDED = BackendSpec("seeded", "ils", Nothing, opened, READS, summary="An ILS with a seed", seed=filled)
BARE = BackendSpec("bare", "ils", Nothing, opened, READS, summary="An ILS that nobody can fill")


def gives(value):
    """A harness function that gives `value`, under a name that a spec can say."""

    def function(config):
        return value(config) if callable(value) else value

    globals()["given"] = function
    return f"{__name__}:given"


def test_every_port_has_a_reference():
    """`memory` is graded on each port, and passes."""
    found = find_harnesses(MEMORY, Plugins())
    assert found == REFERENCES
    assert len({harness.port for harness in found}) == len(found)


def test_the_plugins_own_harness_is_taken():
    """An installed backend names its harness, which the kit finds by it; only the asked ports are kept."""
    registry = Registry.load()
    (harness,) = find_harnesses("simulated", registry, ports=["lines"])
    assert (harness.name, harness.port) == ("simulated", "lines")
    with pytest.raises(BadInput, match=r"not graded on holds; it is on: lines"):
        find_harnesses("simulated", registry, ports=["holds"])


def test_a_package_names_all_its_backends():
    """Backends whose harnesses lie in one package are graded together by its name, but not with settings."""
    pair = [evolve(SIMULATED, name=name, harness="scld_adapters.carriers.simulated.harness:harnesses") for name in "ab"]
    assert len(find_harnesses("simulated", Plugins(*pair))) == len(pair)
    with pytest.raises(BadInput, match="a, b: settings are for one of them"):
        find_harnesses("simulated", Plugins(*pair), {})


def test_the_store_and_every_port_of_the_ils_inside_it_are_graded_with_levers():
    """By the package's name: nothing but a list that breaks off is out of reach, since each is read at once."""
    found = find_harnesses("sql", Registry.load())
    ports = {name for harness in found for name in harness.capabilities if harness.name == "embedded"}
    assert {harness.port for harness in found} == {"store", *(name.partition(".")[0] for name in ports)}
    for harness in found:
        with Case(harness, harness.operations[0]) as case:
            bench = case.open()
            missing = {lever.name for lever in fields(type(bench)) if getattr(bench, lever.name) is None}
            assert missing <= {"cut", "texts", *({"outage"} if harness.port == "store" else ())}
    (moved,) = find_harnesses("sqlite", Registry.load(), {"file": "deep/own.sqlite"})
    with Case(moved, "transaction") as case:
        bench = case.open()
        with bench.store.transaction() as unit:
            unit.records("kind").put("key", "body")
        with closing(bench.reopen()) as again, again.transaction() as unit:
            assert unit.records("kind").get("key") == "body"


def test_an_ils_that_asks_nothing_is_excused_from_its_question():
    """What an ILS never does is no gap in what was seen of it: its holds are graded as a writer's."""
    (holds,) = find_harnesses("embedded", Registry.load(), ports=["holds"])
    (asked,) = [check for check in checks_of("holds") if check.id == "holds.asks-first"]
    (cell,) = grade(holds, checks=[asked]).cells
    assert (cell.verdict, cell.detail) == (
        Verdict.EXCUSED,
        "the embedded ILS does a thing or refuses it; it asks nothing",
    )


def test_a_backend_with_a_seed_needs_no_harness():
    """The kit fills it, opens it, and grades what can be seen without levers."""
    (harness,) = find_harnesses("seeded", Plugins(SEEDED))
    report = examine(harness)
    assert not report.failures, report.markdown()
    assert report.grade is Grade.READS
    assert Verdict.UNSEEN in {cell.verdict for cell in report.cells}


@pytest.mark.parametrize(
    ("name", "spec", "said"),
    [
        ("seed", SEEDED, r"no installed backend \(did you mean 'seeded'\?\); there are: memory, seeded"),
        ("bare", BARE, "no system to grade it over"),
        ("seeded", evolve(SEEDED, capabilities={}), "no operation of a port that the kit grades"),
        ("seeded", evolve(SEEDED, config=Config), "needs settings: .*url.*--settings"),
        ("bare", evolve(BARE, harness="no.such.module:function"), "raised ModuleNotFoundError"),
        ("bare", evolve(BARE, harness=gives(())), "gave no Harness"),
    ],
)
def test_what_cannot_be_graded_says_why(name, spec, said):
    """A name that is unknown, a backend without a system, settings that are missing, a harness that breaks."""
    with pytest.raises(BadInput, match=said):
        find_harnesses(name, Plugins(spec))


def test_a_harness_that_gives_something_else_is_told(monkeypatch):
    """What is no Harness is not graded."""
    with pytest.raises(BadInput, match="gave no Harness"):
        find_harnesses("bare", Plugins(evolve(BARE, harness=gives(("not one",)))))


def test_settings_reach_the_backend_or_are_refused():
    """A key that means nothing is an error at its path; a refusal of the harness's own comes through."""
    with pytest.raises(SettingsError, match=r"backends\.seeded\.sise"):
        find_harnesses("seeded", Plugins(evolve(SEEDED, config=Config)), {"url": "x", "sise": 3})
    (harness,) = find_harnesses("seeded", Plugins(evolve(SEEDED, config=Config)), {"url": "x", "size": 3})
    assert harness.port == "loans"
    with pytest.raises(BadInput, match="leave --settings out"):
        find_harnesses("portal-csv", Registry.load(), {"export": "*.csv", "extracted_at": "manifest"})


def test_what_negotiates_is_asked_for_its_capabilities():
    """The operations are those of the configuration that is graded."""
    spec = evolve(SEEDED, capabilities={}, negotiate=lambda config: READS)
    (harness,) = find_harnesses("seeded", Plugins(spec))
    assert harness.capabilities == READS


def test_lives_are_a_cell_of_their_own():
    """Random lives beside the reference count like a check: passed, failed, or broken."""
    (harness,) = find_harnesses("seeded", Plugins(SEEDED))
    heard = []
    report = examine(harness, lives=2, progress=lambda *told: heard.append(told[1:]))
    assert (report.cells[-1].check, report.cells[-1].verdict) == ("loans.machine", Verdict.PASSED)
    assert heard[-1] == (len(report.cells), len(report.cells))

    class Forgetful(MemoryLoans):
        def get(self, item):
            return evolve(super().get(item), loan=None)

    def lossy(config, context, seed):
        context.store.ils = ils = Forgetful(context.clock, backend=context.instance)
        for seen in seed.items:
            ils.put(seen)

    def broken(config, context):
        raise ValueError("not opened")

    for spec in (evolve(SEEDED, seed=lossy), evolve(SEEDED, open=broken)):
        (harness,) = find_harnesses("seeded", Plugins(spec))
        assert examine(harness, lives=20).cells[-1].verdict is Verdict.FAILED


@pytest.fixture
def command():
    """The command, run in this process."""
    from typer.testing import CliRunner

    from scld_core.cli._typer import app

    return lambda *arguments: CliRunner().invoke(app, ["conformance", *arguments])


def test_the_command_prints_a_matrix_and_a_grade(command):
    """Markdown for people, the grade at the end."""
    done = command("memory", "--port", "notices", "--lives", "0")
    assert done.exit_code == 0, done.output
    assert "# memory: port notices" in done.output
    assert "reads  memory, port notices" in done.output


def test_the_command_grades_the_store_and_the_ils_inside_it(command, tmp_path):
    """A package's backends together: each port asked for has its matrix."""
    done = command("sql", "--port", "store", "--port", "fees", "--lives", "0", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert [" ".join(line.split()[:4]) for line in done.output.splitlines()[:2]] == [
        "writes embedded, port fees",
        "writes sqlite, port store",
    ]
    assert (tmp_path / "embedded.fees.md").read_text(encoding="utf-8").startswith("# embedded: port fees")


def test_the_command_writes_and_prints_json(command, tmp_path):
    """With --out the matrices are files; with --json one list is all that is printed."""
    done = command("memory", "--port", "notices", "--lives", "1", "--out", str(tmp_path / "new"), "--json")
    assert done.exit_code == 0, done.output
    (printed,) = json.loads(done.stdout)
    assert printed == json.loads((tmp_path / "new" / "memory.notices.json").read_text(encoding="utf-8"))
    assert (tmp_path / "new" / "memory.notices.md").read_text(encoding="utf-8").startswith("# memory")
    assert "notices.machine" in {cell["check"] for cell in printed["cells"]}


def test_the_command_writes_and_says_only_the_grades(command, tmp_path):
    """With --out the matrix is in its file, and the screen has one line for each port."""
    done = command("memory", "--port", "notices", "--lives", "0", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].split()[:2] == ["reads", "memory,"]
    assert (tmp_path / "memory.notices.json").exists()


def test_the_command_fails_with_what_failed(command, monkeypatch):
    """A backend that breaks its contract ends with 5 and the failed checks in words."""
    broken = evolve(SEEDED, open=lambda config, context: 1 / 0)
    monkeypatch.setattr(Registry, "load", lambda: Plugins(broken))
    done = command("seeded", "--lives", "0")
    assert done.exit_code == 5
    assert "failed" in done.output
    assert "unfit  seeded, port loans" in done.output


def test_the_command_takes_settings_from_a_file(command, tmp_path, monkeypatch):
    """The backend's table; a mistake in it, or a file that is none, is told and ends with 2."""
    monkeypatch.setattr(Registry, "load", lambda: Plugins(evolve(SEEDED, config=Config)))
    path = tmp_path / "seeded.toml"
    path.write_text('url = "x"\n', encoding="utf-8")
    assert command("seeded", "--settings", str(path), "--lives", "0").exit_code == 0
    path.write_text('ulr = "x"\n', encoding="utf-8")
    wrong = command("seeded", "--settings", str(path), "--lives", "0")
    assert (wrong.exit_code, "ulr" in wrong.output) == (2, True)
    assert command("seeded", "--settings", str(tmp_path / "none.toml")).exit_code == 2


def test_without_hypothesis_there_are_no_lives(command, monkeypatch):
    """That is said, and the checks are run all the same."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = command("memory", "--port", "notices")
    assert done.exit_code == 0
    assert "No random lives" in done.output


def test_a_library_that_is_not_installed_is_named_and_judges_nobody():
    """The command that installs it is told; no check is marked as failed."""
    lacking = MissingExtra("http", "httpx")

    def make(world):
        del world
        raise lacking

    with pytest.raises(MissingExtra, match="pip install"):
        examine(evolve(REFERENCES[0], make=make))


def test_what_cannot_be_graded_is_said_before_anything_is(command, tmp_path):
    """A name that is none, settings for what has none, and a folder that cannot be written to: each by name, with 2."""
    table = tmp_path / "a.toml"
    table.write_text("x = 1\n", encoding="utf-8")
    cases = (
        ([""], "is no installed backend"),
        (["memory", "--settings", str(table)], "has no settings"),
        (["memory", "--port", "notices", "--out", str(table)], "cannot be written to"),
    )
    for words, said in cases:
        result = command(*words)
        assert result.exit_code == 2, words
        assert said in " ".join((result.output + result.stderr).split()), words
