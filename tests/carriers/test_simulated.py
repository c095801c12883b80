"""The simulated carrier against the reference, against crashes, and against other processes."""

import os
import shutil
import sqlite3
import tempfile
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scld_adapters.carriers.simulated import book
from scld_adapters.carriers.simulated.backend import SimulatedLines
from scld_adapters.carriers.simulated.book import create
from scld_adapters.carriers.simulated.plugin import SIMULATED, seed_simulated
from scld_adapters.carriers.simulated.settings import SimulatedConfig
from scld_core.codecs import structure
from scld_core.errors import BackendError, ConfigurationError, InvalidValue, SettingsError, Unavailable
from scld_core.hotspots.account import AccountLine, Fate, Terms
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line, Msisdn
from scld_core.memory.carrier import MemoryCarrier, scripted, seeded
from scld_core.plugins.guard import open_backend
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext
from scld_core.runs.model import AnswerKind
from support.clock import Ticking
from support.hotspots import line

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LINES = [line(n) for n in range(4)]
A, B = LINES[:2]
UNLISTED = line(9)
ACTIVE, SUSPENDED = ServiceState.ACTIVE, ServiceState.SUSPENDED


def account(of, state=ACTIVE, **more):
    """A line of the account."""
    return AccountLine(of.imei, of.iccid, state, NOW, **more)


def opening():
    """What both carriers of the comparison begin with: every kind of line."""
    return [
        account(LINES[0], msisdn=Msisdn("15095550100")),
        account(LINES[1], SUSPENDED, resumes_at=NOW + timedelta(days=2)),
        account(LINES[2], ServiceState.UNKNOWN_WORD, word="HOTLINED"),
        AccountLine(LINES[3].imei, None, ACTIVE, NOW),
    ]


@pytest.fixture
def path(tmp_path):
    """An account file with the lines A and B in service."""
    create(tmp_path / "carrier.sqlite", [account(A), account(B)])
    return tmp_path / "carrier.sqlite"


def lines(path, *fates, **options):
    """The port on an account file."""
    return SimulatedLines(path, "carrier", Ticking(NOW), fates=scripted(*fates), **options)


def said(call):
    """The value of a call, or the class, text and key of what it raised."""
    try:
        return call()
    except BackendError as fault:
        return type(fault), str(fault), getattr(fault, "key", "")


class Agreement(RuleBasedStateMachine):
    """Every call gives the reference and the file the same value, or the same fault."""

    @initialize(
        seed=st.integers(0, 10**6),
        size=st.integers(1, 5),
        terms=st.builds(
            Terms,
            suspended_days=st.sampled_from([None, 1, 90]),
            actions_per_day=st.sampled_from([None, 2]),
            honour_keys=st.booleans(),
            retry_after=st.sampled_from([None, 2.0]),
        ),
    )
    def begin(self, seed, size, terms):
        """Two carriers with the same lines, contract and fault plan."""
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Ticking(NOW)
        weights = dict.fromkeys(Fate, 1.0) | {Fate.DONE: 8.0}
        self.reference = MemoryCarrier(self.clock, fates=seeded(seed, weights, reads=True), terms=terms, page_size=size)
        for opened in opening():
            self.reference.put(opened)
        create(self.folder / "carrier.sqlite", opening())
        self.file = SimulatedLines(
            self.folder / "carrier.sqlite",
            "carrier",
            self.clock,
            terms=terms,
            page_size=size,
            fates=seeded(seed, weights, reads=True),
        )

    def both(self, name, *args, **kwargs):
        """The same call to both, with one answer."""
        wanted = said(lambda: getattr(self.reference, name)(*args, **kwargs))
        assert said(lambda: getattr(self.file, name)(*args, **kwargs)) == wanted
        return wanted

    @rule(
        verb=st.sampled_from(["suspend", "restore", "suspend", "restore", "terminate"]),
        which=st.sampled_from([*LINES, UNLISTED]),
        key=st.integers(0, 5),
    )
    def write(self, verb, which, key):
        """A request, often with a key that was used before."""
        self.both(verb, which, key=f"k{key}")

    @rule(which=st.sampled_from([*LINES, UNLISTED]))
    def get(self, which):
        """One line."""
        self.both("get", which)

    @rule(number=st.integers(0, 9))
    def request_state(self, number):
        """What became of a request."""
        self.both("request_state", f"request-{number:06d}")

    @rule()
    def iter_lines(self):
        """The list."""
        assert said(lambda: list(self.file.iter_lines())) == said(lambda: list(self.reference.iter_lines()))

    @rule(data=st.data())
    def settle(self, data):
        """The carrier finishes what is pending, in some order."""
        self.both("settle", *data.draw(st.permutations(self.reference.pending)))

    @rule(number=st.integers(0, 9))
    def fail(self, number):
        """The carrier gives a request up."""
        self.both("fail", f"request-{number:06d}")

    @rule(which=st.sampled_from([*LINES, UNLISTED]))
    def resume(self, which):
        """The carrier ends a suspension; the texts name the reference's own helper, so the class is compared."""
        one, two = said(lambda: self.reference.resume(which)), said(lambda: self.file.resume(which))
        assert (one and one[0]) == (two and two[0])

    @rule(hours=st.integers(1, 60))
    def tick(self, hours):
        """Time goes on."""
        self.clock.tick(hours=hours)

    @invariant()
    def ledgers_agree(self):
        """The effects are the same, one by one."""
        if hasattr(self, "file"):
            assert self.file.effects() == self.reference.effects

    def teardown(self):
        """Nothing is left behind."""
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


TestAgreement = Agreement.TestCase


def test_the_account_outlives_the_process(path):
    """What one opened port did, another one sees, key included."""
    first = lines(path).suspend(A, key="k1")
    assert lines(path).get(A).state is SUSPENDED
    assert lines(path).suspend(A, key="k1") == first
    assert Counter(e.key for e in lines(path).effects()) == {"k1": 1}


def in_child(work):
    """Run `work` in a forked process and give its exit code; the child never comes back to pytest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a test runner may have threads; the child ends by _exit
        pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - whatever it is, it must not run the parent's cleanup
            os._exit(1)
        os._exit(0)
    return pid


def wait_for(pid):
    """The exit code of a child."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(path, statement, **options):
    """Send a request from a process that is killed before its n-th statement; whether it came to that."""

    def work():
        count = iter(range(statement + 1))
        connect = sqlite3.connect

        def connected(*args, **kwargs):
            made = connect(*args, **kwargs)
            made.set_trace_callback(lambda text: os._exit(9) if next(count, None) in (statement, None) else None)
            return made

        book.sqlite3.connect = connected
        lines(path, **options).suspend(A, key="k1")

    return wait_for(in_child(work)) == 9


def test_a_process_killed_at_any_statement_leaves_all_or_nothing(path):
    """Repeating the request after the crash gives exactly one effect, wherever the crash was."""
    fresh = path.read_bytes()
    for statement in range(100):
        path.write_bytes(fresh)
        path.with_name(path.name + "-journal").unlink(missing_ok=True)
        crashed = killed_at(path, statement)
        assert (lines(path).get(A).state is SUSPENDED) == (len(lines(path).effects()) == 1)
        lines(path).suspend(A, key="k1")
        assert Counter(e.key for e in lines(path).effects()) == {"k1": 1}
        if not crashed:
            break
    assert 5 < statement < 99


def test_without_keys_a_repeat_after_a_lost_answer_doubles(path):
    """The control of the crash test: an account that ignores keys carries the repeat out again."""
    made = lines(path, Fate.LOST_AFTER, terms=Terms(honour_keys=False))
    assert said(lambda: made.suspend(A, key="k1"))[2] == "k1"
    made.suspend(A, key="k1")
    assert Counter(e.key for e in made.effects()) == {"k1": 2}


def test_processes_that_race_with_one_key_have_one_effect(path):
    """Four processes send the same request and requests of their own: none is lost, none doubled."""

    def work(number):
        def send():
            made = lines(path)
            for turn in range(5):
                made.suspend(A, key=f"shared-{turn}")
                made.restore(B, key=f"own-{number}-{turn}")

        return send

    children = [in_child(work(number)) for number in range(4)]
    assert [wait_for(child) for child in children] == [0] * 4
    counts = Counter(e.key for e in lines(path).effects())
    assert (set(counts.values()), len(counts)) == ({1}, 25)
    assert lines(path).request_state("request-000025").value == "done"
    assert lines(path).request_state("request-000026").value == "unknown"


def test_faults_of_the_file_are_faults_of_the_tree(path, tmp_path, monkeypatch):
    """A locked file is unavailable, a lost or damaged one a matter of configuration; nothing else leaks out."""
    monkeypatch.setattr(book, "_BUSY_SECONDS", 0.0)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            lines(path).suspend(A, key="k1")
        other.execute("ROLLBACK")
    other.close()
    with pytest.raises(ConfigurationError, match="gone"):
        lines(tmp_path / "other.sqlite").get(A)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        lines(path).get(A)


def test_a_full_disk_rolls_back_once(path, monkeypatch):
    """When SQLite has ended the transaction by itself, the fault is told as it was."""

    def full(self, effect):
        self._connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(book.SqliteBook, "add_effect", full)
    with pytest.raises(Unavailable, match="disk is full"):
        lines(path).suspend(A, key="k1")
    assert lines(path).get(A).state is ACTIVE


def test_an_account_is_made_once_and_whole(tmp_path):
    """An existing one is not overwritten, and two lines with one number leave no file."""
    target = tmp_path / "carrier.sqlite"
    with pytest.raises(InvalidValue, match="another line"):
        create(target, [account(A), account(A)])
    assert list(tmp_path.iterdir()) == []
    create(target, [account(A)])
    with pytest.raises(FileExistsError):
        create(target, [])
    assert [p.name for p in tmp_path.iterdir()] == ["carrier.sqlite"]


def context(folder):
    """What a backend is opened with."""
    return BackendContext("carrier", Ticking(NOW), folder, lambda ref: "", timezone="America/Los_Angeles")


def test_it_opens_behind_the_guard_from_a_districts_settings(tmp_path):
    """Seeded by the sample's lines, it is read and written through the guarded port."""
    config = structure(SimulatedConfig, {"file": "acc.sqlite", "actions_per_day": 1}, where="backends.carrier")
    word = LineView(B.imei, B.iccid, ServiceState.UNKNOWN_WORD, NOW, "HOTLINED")
    seed_simulated(config, context(tmp_path), Seed(lines=(LineView(A.imei, A.iccid, ACTIVE, NOW, "active"), word)))
    opened = open_backend(SIMULATED, config, context(tmp_path))
    assert {v.word for page in opened.lines.iter_lines() for v in page.rows} == {"active", "HOTLINED"}
    assert opened.lines.suspend(A, key="k1").kind is AnswerKind.DONE
    assert said(lambda: opened.lines.restore(A, key="k2"))[1].endswith("the line has had its 1 actions of the day")
    assert (opened.lines.live, opened.lines.asynchronous) == (True, False)
    opened.close()


def test_a_lost_sim_is_not_taken_for_the_devices_line(path):
    """A device whose SIM was changed at the carrier is not found by the old SIM."""
    assert said(lambda: lines(path).get(Line(A.imei, UNLISTED.iccid)))[1].startswith("carrier.get: no line")


def test_lines_may_be_opened_later(path):
    """The account can be added to, for training and tests."""
    lines(path).put(account(UNLISTED, ServiceState.UNKNOWN_WORD, word="HOTLINED"))
    assert lines(path).get(UNLISTED).word == "HOTLINED"


def test_a_missing_or_foreign_account_is_named_at_open(tmp_path):
    """No account is made up; a file of another kind or version is refused by name."""
    for content, problem in (
        (None, "no account file carrier.sqlite"),
        (b"", "format 0"),
        (b"text" * 50, "not a database"),
    ):
        if content is not None:
            (tmp_path / "carrier.sqlite").write_bytes(content)
        with pytest.raises(ConfigurationError, match=problem):
            open_backend(SIMULATED, SimulatedConfig(), context(tmp_path))


@pytest.mark.parametrize(
    ("table", "path"),
    [({"file": "../x.sqlite"}, "file"), ({"file": "/x"}, "file"), ({"file": ""}, "file"), ({"page_siz": 1}, "page_siz"),
     ({"suspended_days": -1}, "suspended_days"), ({"actions_per_day": 0}, "actions_per_day")],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_path(table, path):
    """A typo or an impossible value says where it stands."""
    with pytest.raises(SettingsError, match=f"backends.carrier.{path}"):
        structure(SimulatedConfig, table, where="backends.carrier")


def test_zero_days_is_no_auto_resume():
    """The terms follow the settings."""
    assert SimulatedConfig(suspended_days=0).terms == Terms(suspended_days=None)
    assert SimulatedConfig().terms == Terms()
    assert "no real line" in SIMULATED.summary
