"""The commands of the agency area: ``scld agency``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from scld_core.cli import codes
from scld_core.cli._rich import console, progress_bar, say
from scld_core.cli._typer.common import app, explained, out

if TYPE_CHECKING:
    from scld_core.services.agency.run import Done

__all__ = ["agency", "map_file", "reconcile"]

agency = typer.Typer(no_args_is_help=True, help="Compare the ILS with the collection agency, from files.")
app.add_typer(agency, name="agency")

_SHOWN = 10  # unusable rows on the screen; the files have them all


@agency.command()
def reconcile(
    *,
    ils: Annotated[Path, typer.Option(help="The ILS snapshot (scld extract ILS agency-snapshot).", show_default=False)],
    folder: Annotated[Path, typer.Option("--out", help="The folder for the results.", show_default=False)],
    inbound: Annotated[
        Path | None, typer.Option("--agency", help="What the agency holds: its own list.", show_default=False)
    ] = None,
    dialect: Annotated[
        str, typer.Option(help="How that list is written: a name or a TOML file; default agency-export.")
    ] = "",
    sent: Annotated[Path | None, typer.Option(help="The last file that was sent.", show_default=False)] = None,
    sent_dialect: Annotated[str, typer.Option(help="How that file is written: a name or a TOML file.")] = "",
    notices: Annotated[
        Path | None, typer.Option(help="The notices sent, to look for the lawful one.", show_default=False)
    ] = None,
    profile: Annotated[str, typer.Option(help="A policy profile: a name or a TOML file.")] = "",
    in_flight_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days for which what was sent or booked explains a difference.", show_default=False),
    ] = None,
    stale_days: Annotated[
        int | None, typer.Option(min=0, help="Days without activity after which to ask.", show_default=False)
    ] = None,
    referral_fee: Annotated[
        str, typer.Option(metavar="AMOUNT", help="What a referral adds to the account, such as 10.00.")
    ] = "",
    engine: Annotated[
        str,
        typer.Option(
            help="python; fast (the extra of that name), which helps where only --ils and --agency are given; or auto."
        ),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Compare what the ILS and the agency say of each patron, and write who has to do what; changes nothing."""
    from scld_core.agency.dialect import Dialect
    from scld_core.agency.fast import engine_named
    from scld_core.kernel.money import Money
    from scld_core.kernel.time import SystemClock
    from scld_core.plugins import Registry
    from scld_core.policies import load_profile
    from scld_core.services.agency.run import Surroundings, reconcile_files
    from scld_core.services.agency.sources import Request
    from scld_core.services.agency.terms import Given
    from scld_core.services.agency.zone import machine_zone

    with explained(), progress_bar(console(stderr=True), quiet=as_json) as progress:
        request = Request(ils, inbound, sent, notices, dialect=dialect, sent_dialect=sent_dialect)
        around = Surroundings(
            Registry.load().declarations(Dialect),
            SystemClock(),
            machine_zone(),
            load_profile(profile) if profile else None,
            progress,
            engine_named(engine),
            Given(in_flight_days, stale_days, Money.parse(referral_fee) if referral_fee else None),
        )
        done = reconcile_files(request, folder, around, to_json=sys.stdout if as_json else None)
    if not as_json:
        _show(done)


def _show(done: Done) -> None:
    """The result on one screen, the headline last."""
    from scld_core.services.agency.partial import warnings
    from scld_core.services.agency.rows import ACTION_FILES

    screen, summary = out(), done.compared.summary
    for doubt in warnings(summary):
        say(screen, f"[bold red]Look at the files first.[/] {escape(doubt)}")
    screen.print(_kinds(done))
    _show_asides(done)
    screen.print()
    rows = {name: done.compared.sides[side] for side, name in ACTION_FILES.items()}
    for path in done.paths:
        to_do = f"  {rows[path.name]:,} to do" if path.name in rows else ""
        say(screen, escape(f"  {path}{to_do}"))
    tone = "red" if summary.unexplained else "green"
    basis = " (drift since the last sync; the agency's own list was not given)" if done.compared.drift else ""
    say(screen, f"[bold {tone}]Unexplained differences: {summary.unexplained:,}[/]{basis}")


def _kinds(done: Done) -> Table:
    from scld_core.agency.kinds import MEANINGS, Kind, Side

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Rows", justify="right")
    table.add_column("Kind", no_wrap=True)
    table.add_column("Where it is mended", no_wrap=True)
    for kind in Kind:
        if count := done.compared.summary.counts.get(kind):
            side = MEANINGS[kind].side
            style = "dim" if MEANINGS[kind].explained else ""
            table.add_row(f"{count:,}", kind.value, side.value if side is not Side.NONE else "", style=style)
    return table


def _show_asides(done: Done) -> None:
    """What was not used, not made, or is old."""
    screen, summary = out(), done.compared.summary
    for bad in summary.quarantined[:_SHOWN]:
        say(screen, f"[yellow]not used[/]  {escape(str(bad))}", hang=10)
    if (more := len(summary.quarantined) - _SHOWN) > 0:
        say(screen, f"[yellow]not used[/]  and {more:,} more {'row' if more == 1 else 'rows'}", hang=10)
    for check, reason in summary.not_made:
        say(screen, f"[dim]not made[/]  {escape(check)}: {escape(reason)}", hang=10)
    if (engine := done.compared.engine).why:
        say(screen, f"[yellow]engine[/]    {engine.used}, and not {engine.asked}: {escape(engine.why)}", hang=10)
    for one in done.compared.inputs:
        if one.old:
            say(screen, f"[yellow]old facts[/] {escape(one.age)}", hang=10)


def on_terminal() -> bool:
    """Whether somebody is there who can be asked."""
    return sys.stdin.isatty()


@agency.command("map")
def map_file(
    file: Annotated[Path, typer.Argument(help="An export of the agency's list, CSV or XLSX.", show_default=False)],
    *,
    save: Annotated[Path, typer.Option(help="Where the mapping goes, such as map.toml.", show_default=False)],
    yes: Annotated[
        bool, typer.Option("--yes", help="Confirm the proposal without asking, if its letters are sure.")
    ] = False,
) -> None:
    """Propose which column of an agency's list is which, and save it as a dialect for ``--dialect``."""
    from scld_core.services.agency.mapping import map_columns

    with explained():
        mapped = map_columns(file, save)
        for line in mapped.proposal.lines():
            say(out(), escape(line))
        sure = yes and mapped.proposal.encoding.startswith("utf")  # else somebody has to look at the letters
        confirmed = mapped.decided and (sure or (on_terminal() and typer.confirm("Is this right?")))
        mapped.save(confirmed=confirmed)
    if confirmed:
        say(out(), f"Saved. Use it with: --dialect {escape(str(save))}")
        return
    say(out(), f"Saved, but not confirmed: look at {escape(str(save))}, mend it, and write confirmed = true")
    raise typer.Exit(codes.WAITING)
