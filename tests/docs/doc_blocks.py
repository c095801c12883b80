"""What every fenced block of the documentation is, and how the tests run it.

``python`` runs. ``console`` holds commands behind ``$ `` and what they print. An ``output`` block
is what the last of them printed. ``toml`` parses, and a whole district.toml is read as settings. A block
with a caption is a file that the page tells its reader to write. The rest is for reading only.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer
from typer.testing import CliRunner

from scld_adapters import plugin as adapters
from scld_core import codecs
from scld_core.cli._typer import app
from scld_core.plugins import Registry
from scld_core.policies import check_overrides, load_profile
from scld_core.settings import read_settings
from scld_core.wiring.opening import POLICIES

ROOT = Path(__file__).parents[2]
READ_ONLY = frozenset({"text", "ini", "xml", "sql", "mermaid", "bash"})
"""Languages of blocks that nothing runs: schedules, excerpts, transcripts of installations."""

DIRECTIVES = frozenset({"{eval-rst}", "{toctree}", "{note}", "{warning}", "{tip}", "{important}"})
_INSTALL = "python3 -m venv .venv && .venv/bin/pip install -q "
_FENCE = re.compile(r"(?P<info>[^\n]*)\n")
_OPTION = re.compile(r":(?P<name>[a-z-]+):[ ]*(?P<value>[^\n]*)\n")


def documents() -> list[Path]:
    """Every page, by its path from the repository's root."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in pages if "_build" not in page.parts)


class Block:
    """One fenced block: its language, the file it is when it has a caption, and its text."""

    def __init__(self, info: str, source: str) -> None:
        words = info.split()
        self.directive = words[0] if words and words[0].startswith("{") else ""
        self.language = words[1] if self.directive == "{code-block}" else (words[0] if words else "")
        self.caption = ""
        while self.directive == "{code-block}" and (option := _OPTION.match(source)):
            self.caption = option["value"].strip() if option["name"] == "caption" else self.caption
            source = source[option.end() :]
        self.source = source.removeprefix("\n") if self.directive else source


class Reader:
    """One reader who follows one page from top to bottom, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ran: list[str] = []
        self._status = 0
        self._printed: str | None = None
        self._python = PythonEvaluator()
        self._run: dict[str, Callable[[Block, Example], None]] = {
            "python": self._do_python,
            "output": self._do_output,
            "console": self._do_console,
            "toml": self._do_toml,
        }

    def examples(self, page: Path) -> Iterator[Example]:
        """The page's blocks in order, ready to be evaluated."""
        return iter(Sybil(parsers=[self._regions], path=str(ROOT)).parse(page).examples())

    def _regions(self, document: Document) -> Iterator[Region]:
        for region in RawFencedCodeBlockLexer(_FENCE)(document):
            block = Block(region.lexemes["info"], region.lexemes["source"])
            yield Region(region.start, region.end, (block, region.lexemes["source"]), self._evaluate)

    def _evaluate(self, example: Example) -> None:
        block, _ = example.parsed
        if block.directive and block.directive != "{code-block}":
            assert block.directive in DIRECTIVES, f"line {example.line}: unknown directive {block.directive}"
            return
        if block.caption:
            self._write(block)
        if block.language in self._run:
            self._run[block.language](block, example)
            self.ran.append(block.language)
        else:
            assert block.language in READ_ONLY, f"line {example.line}: nobody knows what {block.language!r} is"

    def _write(self, block: Block) -> None:
        path = self.folder / block.caption
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.source, encoding="utf-8")

    def _do_python(self, block: Block, example: Example) -> None:
        del block
        _, example.parsed = example.parsed
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self._python(example)
        self._printed = out.getvalue()

    def _do_output(self, block: Block, example: Example) -> None:
        assert self._printed is not None, f"line {example.line}: output with nothing printed before it"
        same(block.source, self._printed, f"{example.path}:{example.line}")
        self._printed = None

    def _do_toml(self, block: Block, example: Example) -> None:
        del example
        table = tomllib.loads(block.source)
        if "district" in table:
            read_settings(table, folder=self.folder)
        for name, backend in table.get("backends", {}).items():
            _check_backend(name, dict(backend))
        if "policy" in table:
            check_overrides(table["policy"], profile=load_profile("spokane-county"), kinds=POLICIES)

    def _do_console(self, block: Block, example: Example) -> None:
        commands = _commands(block.source)
        assert commands, f"line {example.line}: a console block needs a line that begins with '$ '"
        for number, (command, shown) in enumerate(commands):
            printed = self._command(command)
            where = f"{example.path}:{example.line}: $ {command}"
            if shown.strip():
                same(shown, printed, where)
            asked = number + 1 < len(commands) and commands[number + 1][0] == "echo $?"
            assert asked or self._status == 0, f"{where}\nexit status {self._status}\n{printed}"

    def _command(self, command: str) -> str:
        if command == "echo $?":
            status, self._status = self._status, 0
            return f"{status}\n"
        words = shlex.split(_without_installation(command))
        if words[0] == "scld":
            result = CliRunner().invoke(app, words[1:])
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            self._status, self._printed = result.exit_code, result.output
            return result.output
        done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self._status = done.returncode
        return done.stdout


def _check_backend(name: str, table: dict[str, Any]) -> None:
    use = table.pop("use")
    (spec,) = (spec for spec in Registry.isolated([adapters]).backends() if spec.name == use and spec.kind != "store")
    codecs.structure(spec.config, table, where=f"backends.{name}")


def _without_installation(command: str) -> str:
    """What is left of README's commands in an environment where everything is installed already."""
    if not command.startswith(_INSTALL):
        return command
    *_, last = command.split(" && ")
    program = last.removeprefix(".venv/bin/")
    assert program != last
    assert (ROOT / "tox.ini").is_file()
    return "true" if program == "tox" else program  # tox is what runs this test


def _commands(source: str) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    for line in source.splitlines():
        if line.startswith("$ "):
            commands.append((line.removeprefix("$ ").strip(), ""))
        elif commands:
            commands[-1] = (commands[-1][0], f"{commands[-1][1]}{line}\n")
    return commands


def same(shown: str, printed: str, where: str) -> None:
    """Fail unless what the page shows is what was printed; ``...`` stands for anything."""
    wanted, got = _plain(shown), _plain(printed)
    pattern = re.escape(wanted).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, got, re.DOTALL), f"{where}\n--- the page shows\n{wanted}\n--- printed was\n{got}"


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).rstrip()


def follow(page: Path, folder: Path) -> Reader:
    """Do everything that a page says, in `folder`; fails at the first block that does not hold."""
    reader = Reader(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        for example in reader.examples(page):
            example.evaluate()
    finally:
        os.chdir(before)
    return reader
