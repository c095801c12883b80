"""What all commands share: the application, the options they have in common, and how a mistake is told."""

from __future__ import annotations

import getpass
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from scld_core.cli import codes
from scld_core.cli._rich import console, say
from scld_core.cli.logs import logged
from scld_core.errors import ScldError
from scld_core.wiring import Desk, Options, open_desk

if TYPE_CHECKING:
    from scld_core.services.day.hotspots import Delivery

__all__ = [
    "SAMPLE_ACTOR",
    "Actor",
    "Blast",
    "DayOption",
    "Dir",
    "SampleDay",
    "app",
    "explained",
    "login",
    "opened",
    "out",
    "show_worklists",
]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
"""The command ``scld``; each module of this package registers its commands here."""

Dir = Annotated[Path, typer.Argument(help="The district's folder, or its district.toml.", show_default=False)]
Actor = Annotated[str, typer.Option("--actor", help="Who acts; default: the login name.", show_default=False)]
DayOption = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Stand at 08:00 of this day: a sample, or --dry-run."),
]
SampleDay = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Stand at 08:00 of this day: only in a sample."),
]
SAMPLE_ACTOR = "sample-associate"
"""Who acts in a sample where nobody is named."""

Blast = Annotated[int | None, typer.Option(help="Confirm exactly this many risky steps.")]


def login() -> str:
    """The login name, or ``unknown``."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"


def out() -> Console:
    """Where a command tells what it did."""
    return console()


@contextmanager
def explained() -> Generator[None]:
    """Turn what a person can mend into a sentence and an exit code; everything else is our bug."""
    try:
        yield
    except ScldError as error:
        _stopped(str(error), codes.code_of(error))
    except UnicodeEncodeError:  # the system hands bytes that are no text over as lone surrogates
        _stopped("an argument or a file's name is no text: its bytes are not UTF-8", codes.BAD_INPUT)
    except OSError as fault:
        if fault.filename is None:  # a closed pipe, which Typer minds
            raise
        _stopped(f"{fault.filename}: {fault.strerror}", codes.TROUBLE)


def _stopped(why: str, code: int) -> NoReturn:
    say(console(stderr=True), f"[bold red]Stopped:[/] {escape(why)}")
    raise typer.Exit(code) from None


@contextmanager
def opened(folder: Path, actor: str, options: Options | None = None, *, verbose: bool = False) -> Generator[Desk]:
    """The district's desk for `actor`, else the login name, with its log on stderr."""
    with (
        open_desk(folder, actor=actor or login(), options=options) as desk,
        logged(desk.registry.redact, verbose=verbose),
    ):
        yield desk


def show_worklists(deliveries: Iterable[Delivery]) -> None:
    """The files that a person needs next, one on each line."""
    for delivery in deliveries:
        for path in delivery.paths:
            say(out(), escape(str(path)))
