"""A user's mistake is one sentence and an exit code, whatever they typed; and no library is needed to say so."""

import contextlib
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape

from scld_adapters.carriers.simulated.backend import SimulatedLines
from scld_core.cli import _rich, codes
from scld_core.cli.logs import logged
from scld_core.errors import BackendError, BadInput, GuardStopped, InvalidValue, PluginError, StaleFacts, Unavailable
from scld_core.kernel.log import configure, log
from scld_core.kernel.privacy import personal
from scld_core.kernel.time import FixedClock
from scld_core.runs.action import Stage
from support.hotspots import NOW, device

BERT = ("--actor", "sample-supervisor")

texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", ".", "/", "~", "[bold]", "[/]", "[/red]", "\\", "a\\[b]", ":x:", "-", "\u202e", "\udcff", "é\u0301", "\n"]
    ),
    st.integers(200, 5000).map("x".__mul__),
    st.integers(2, 20).map("x/".__mul__),
).map(lambda text: text.replace("\0", "0"))
"""Anything a person, or their keyboard, can put on a command line."""


COMMANDS = (
    (("day", "--dry-run"), ("{text}",)),
    (("doctor",), ("{text}",)),
    (("approve", "--reason", "r", *BERT), ("{ran}", "{text}")),
    (("undo", *BERT), ("{ran}", "{text}")),
    (("service-test", "--passed", *BERT), ("{ran}", "{text}")),
    (("apply", *BERT), ("{ran}", "{text}")),
    (("confirm", *BERT), ("{ran}", "{text}")),
    (("probe",), ("{ran}", "{text}")),
    (("extract",), ("{text}", "{text}")),
    (("backup",), ("{ran}", "{tmp}/b{text}")),
    (("init",), ("{tmp}/i{text}",)),
    (("day", "--sample", "--dry-run"), ("{tmp}/{long}{text}",)),
)
"""Commands with their options, and their arguments; what writes stays below a folder of the test."""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=texts, command=st.sampled_from(COMMANDS))
def test_whatever_is_typed_ends_in_a_sentence(scld, ran, tmp_path, text, command):
    """Any text for a folder, step, run, barcode, file or name gives exit 0, 2, 4 or 5 and no exception."""
    options, arguments = command
    below = text.replace("..", "__")
    with contextlib.chdir(tmp_path):
        told = scld(
            *options,
            "--",
            *(a.format(text=below, ran=ran, tmp=tmp_path, long="x" * 300) for a in arguments),
        )
    assert told.code in {0, 2, 4, 5}
    if told.code and told.err:
        assert told.err.startswith(("Stopped: ", "Usage: "))
        assert "Traceback" not in told.err


def test_bytes_that_are_no_text_are_no_crash(scld, ran, tmp_path):
    """An argument that is no UTF-8, as the system hands it over, ends in a sentence with every command."""
    for options, arguments in COMMANDS[:-2]:
        told = scld(*options, "--", *(a.format(text="\udcff", ran=ran, tmp=tmp_path) for a in arguments))
        assert told.code in {0, 2, 4, 5}, options


def test_a_report_that_cannot_be_written_is_named(scld, eight):
    """A report that cannot be written ends in one sentence with its place, not in a traceback."""
    (eight / "reports").write_text("a file where the folder belongs")
    told = scld("day", eight, "--actor", "sample-associate")
    assert told.code in {codes.BAD_INPUT, codes.TROUBLE}
    assert told.err.startswith(f"Stopped: {eight / 'reports'}: ")


def test_a_name_that_is_too_long_is_refused(scld, tmp_path):
    """A folder's name beyond what the system takes is a mistake like any other, also for a new district."""
    for command in (("day",), ("init",), ("day", "--sample"), ("doctor",)):
        assert scld(*command, tmp_path / ("x" * 300)).code in {2, 5}


def test_a_file_of_the_system_that_fails_is_named(scld, ran, monkeypatch):
    """An error of the system that names a file is told with that name and is trouble: exit 5."""

    def full(*_, **__):
        raise OSError(28, "No space left on device", "a[b].sqlite")

    monkeypatch.setattr("scld_core.cli._typer.common.open_desk", full)
    told = scld("day", ran)
    assert (told.code, told.err) == (5, "Stopped: a[b].sqlite: No space left on device\n")


def test_a_closed_pipe_is_not_ours_to_explain(scld, ran, monkeypatch):
    """An error of the system that names no file comes through to Typer, which minds closed pipes."""

    def closed(*_, **__):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("scld_core.cli._typer.common.open_desk", closed)
    told = scld("day", ran)
    assert told.code == 1
    assert told.err == ""


@pytest.mark.parametrize("name", ["[red]x[/]", "[/]", "a[b]c", "x\\", ":x:", ":red_heart:", "[link=file:///]"])
def test_a_name_is_said_back_as_it_was_typed(scld, tmp_path, name):
    """Brackets, backslashes and colons of a name survive in the sentence."""
    told = scld("day", tmp_path / name)
    assert told.code == 2
    assert told.err == f"Stopped: {tmp_path / name}: does not exist. Make a district with: scld init DIR\n"


def test_without_a_folder_the_sample_is_suggested(scld):
    """`scld day` alone names the two ways on."""
    told = scld("day")
    assert told.code == 2
    assert told.err.startswith("Stopped: DIR: is missing")
    assert "--sample" in told.err


def test_without_a_command_the_help_is_shown(scld):
    """`scld` alone lists the commands."""
    told = scld()
    assert "service-test" in told.out + told.err


def test_a_bug_of_ours_is_not_dressed_up(scld, ran, monkeypatch):
    """An exception outside the tree comes through: it is no user's mistake."""

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("scld_core.cli._typer.common.open_desk", broken)
    with pytest.raises(ZeroDivisionError):
        scld("day", ran)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("a", "b"), 2),
        (InvalidValue("A", "b", "c"), 2),
        (PluginError("x"), 2),
        (GuardStopped("x"), 4),
        (StaleFacts("x"), 4),
        (BackendError("a", "b", "c"), 5),
        (Unavailable("a", "b", "c"), 5),
    ],
)
def test_each_branch_of_the_tree_has_its_exit_code(error, code):
    """What a person gave is 2, a guard 4, a foreign system 5."""
    assert codes.code_of(error) == code


def test_a_failed_step_exits_5_and_is_told_with_its_reason(scld, eight, edit):
    """A step that the carrier refuses is listed under 'Not applied' with the reason, and the run exits 5."""
    carrier = SimulatedLines(eight / "carrier.sqlite", "carrier", FixedClock(NOW))
    carrier.suspend(device(0).line, key="by-hand")
    carrier.resume(device(0).line)
    edit(eight, 'use = "simulated"\n', 'use = "simulated"\nactions_per_day = 1\n')
    told = scld("day", eight, "--actor", "sample-associate")
    assert told.code == 5
    refused = told.lines[told.lines.index("Not applied") + 1]
    assert refused.split()[0] == "failed"
    assert "1 actions of the day" in refused


def test_a_folder_with_brackets_is_shown_as_it_is(scld, eight):
    """The paths of report, plan, and backup come out whole, whatever the folder is called."""
    folder = eight.rename(eight.parent / "[red]a:x:b[bold]")
    for command in (("day", "--dry-run"), ("day",), ("backup",)):
        assert str(folder) in scld(*command, folder).out, command


_BLOCK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name={name!r})

sys.meta_path.insert(0, Blocker())
sys.argv = ["scld", "plugins"]
from scld_core.cli import main
main()
"""


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_without_its_extra_the_command_says_which_to_install(name):
    """In a new process without typer or rich, `scld` says what to install and shows no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", _BLOCK.format(name=name)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr == f"{name}: needs the extra 'cli'. Install it with: pip install 'scld[cli]'\n"


class _Blocker:
    """Lets a module be missing in this process, for imports that are still to come."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def without(monkeypatch):
    """Make the command line's module import anew, with one module missing."""

    def block(name: str) -> None:
        for module in [name for name in sys.modules if name.startswith("scld_core.cli._typer")]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.delattr("scld_core.cli._typer")
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setattr(sys, "meta_path", [_Blocker(name), *sys.meta_path])

    return block


def test_main_names_the_missing_extra(without):
    """`main` exits with the sentence of MissingExtra as its only output."""
    from scld_core.cli import main

    without("typer")
    with pytest.raises(SystemExit, match=r"pip install 'scld\[cli\]'"):
        main()


def test_a_missing_module_of_our_own_is_no_missing_extra(without):
    """A module that is missing for another reason comes through as what it is."""
    from scld_core.cli import main

    without("scld_core.cli._rich")
    with pytest.raises(ModuleNotFoundError, match="_rich"):
        main()


def test_main_runs_the_command(monkeypatch, capsys):
    """`main` reads the arguments and exits with the command's code."""
    from scld_core.cli import main

    monkeypatch.setattr(sys, "argv", ["scld", "extract", "koha", "hotspot-loans"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("-- Koha")


@frozen
class PatronSeen:
    """A record with a personal field, as a listener might log it."""

    patron: str = personal()
    note: str = ""


def test_the_log_masks_what_is_personal_and_is_redacted(capsys):
    """A patron in a personal field never shows; other text passes the redactor; INFO needs verbose."""
    logger = logging.getLogger("scld_core.listener")
    for verbose in (False, True):
        with logged(lambda text: text.replace("secret", "***"), verbose=verbose):
            log(logger, logging.WARNING, PatronSeen("canary-patron", "a secret"))
            log(logger, logging.INFO, PatronSeen("canary-patron", "more"))
            logger.warning("free text with a secret")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["WARNING", "WARNING", "WARNING", "INFO", "WARNING"]
    assert "canary" not in json.dumps(lines)
    assert "secret" not in json.dumps(lines)
    assert lines[0]["data"]["note"] == "a ***"


def test_the_loggers_are_left_as_they_were(scld, ran):
    """After a command, and after one that stopped, a handler of somebody else is in place and ours is gone."""
    loggers = [logging.getLogger(name) for name in ("scld_core", "scld_adapters")]
    before = [(logger, logger.handlers[:], logger.level) for logger in loggers]
    theirs = configure(io.StringIO(), level=logging.ERROR)
    try:
        scld("day", ran, "--verbose")
        assert scld("undo", ran, "none").code == 2
        for logger in loggers:
            assert logger.handlers == [theirs]
            assert logger.level == logging.ERROR
    finally:
        for logger, handlers, level in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)


def test_a_bar_shows_what_is_read_and_applied():
    """The bar tells stage, name and count on a terminal; a stage of unknown size is passed over."""
    stream = io.StringIO()
    terminal = Console(file=stream, force_terminal=True, width=80, emoji=False)
    with _rich.progress_bar(terminal, quiet=False) as show:
        show(Stage("Reading", 0, 0, "main"))
        show(Stage("Applying", 3, 4, "hotspots [x]"))
    assert "3/4" in stream.getvalue()
    assert "Reading" not in stream.getvalue()
    assert "hotspots [x]" in stream.getvalue()


def test_a_stream_that_is_no_text_wrapper_is_written_to_as_it_is(monkeypatch):
    """A stdout that somebody put in place of the real one, as a notebook does, is no obstacle."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    _rich.console().print("a :x: b")
    assert stream.getvalue() == "a :x: b\n"


def _said(text: str, *, width: int, terminal: bool = True, hang: int = 4) -> list[str]:
    stream = io.StringIO()
    shown = Console(file=stream, force_terminal=terminal, color_system=None, width=width, emoji=False)
    _rich.say(shown, text, hang=hang)
    return stream.getvalue().splitlines()


words = st.lists(st.text(alphabet="abc[]:x", min_size=1, max_size=9), min_size=1, max_size=40).map(" ".join)


@given(text=words, width=st.integers(30, 120))
def test_a_paragraph_fits_its_terminal_and_loses_no_word(text, width):
    """On a terminal no line is wider than it, further lines hang, and every word is there in order."""
    lines = _said(escape(text), width=width)
    assert all(len(line) <= width for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(text=words)
def test_a_paragraph_stays_one_line_where_no_terminal_is_or_none_is_wide_enough(text):
    """Into a file, and on a terminal of a few columns, a paragraph is one line as it was given."""
    assert _said(escape(text), width=80, terminal=False) == [text]
    assert _said(escape(text), width=20) == [text]


def test_a_day_that_could_not_be_verified_says_so(scld, eight, monkeypatch):
    """When the second look is stopped, the last line says so in place of a headline, and the run exits 5."""
    from scld_core.services.day.run import Day

    plan, calls = Day.plan, []

    def stopped_later(self):
        calls.append(1)
        if len(calls) > 1:
            raise StaleFacts("main: too old; nothing was changed")
        return plan(self)

    monkeypatch.setattr(Day, "plan", stopped_later)
    told = scld("day", eight, "--actor", "sample-associate")
    assert told.code == 5
    assert told.lines[-1] == "what was done could not be verified: main: too old"
    assert Path(eight / "reports").exists()
