"""What the agency's answer, or a person, adds to a file of the referral run: ``scld agency batch``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scld_core.cli._rich import say
from scld_core.cli._typer.agency import agency
from scld_core.cli._typer.common import Actor, Dir, explained, opened, out

if TYPE_CHECKING:
    from scld_core.agency.referral import Episode
    from scld_core.agency.referrals.desk import ReferralDesk
    from scld_core.wiring import Desk

__all__ = ["ack", "batch", "closed", "reject", "saw", "take_back"]

batch = typer.Typer(no_args_is_help=True, help="Record what became of a file for the agency, and of its rows.")
agency.add_typer(batch, name="batch")

Number = Annotated[
    int, typer.Argument(metavar="BATCH", help="The file's number; scld report agency-batches.", show_default=False)
]
Rows = Annotated[
    list[int], typer.Argument(metavar="ROW", help="Rows of the file, 1 is the first below the header.", min=1)
]
Evidence = Annotated[
    str, typer.Option(help="The letter, call or form that shows it; kept, so name no patron.", show_default=False)
]

Ended = Annotated[str, typer.Option(help="How it ended: error, paid, uncollectable ...", show_default=False)]
Why = Annotated[str, typer.Option(help="Why.")]


@batch.command()
def ack(folder: Dir, number: Number, *, evidence: Evidence, actor: Actor = "") -> None:
    """The agency says that it has worked the file, where its receipt alone is not taken for that."""
    with explained(), opened(folder, actor) as desk:
        done = _desk(desk).acknowledge(number, evidence=evidence)
    say(out(), f"acknowledged  {done.number}  {escape(done.name)}")


@batch.command()
def saw(
    folder: Dir,
    number: Number,
    *,
    arrived: Annotated[bool, typer.Option("--arrived/--lost", help="Whether the agency has it.", show_default=False)],
    evidence: Evidence,
    actor: Actor = "",
) -> None:
    """Somebody asked the agency about a file of which nobody knows whether it arrived."""
    with explained(), opened(folder, actor) as desk:
        seen = _desk(desk).saw(number, arrived=arrived, evidence=evidence)
    say(out(), f"{'arrived' if arrived else 'lost'}  {seen.number}  {escape(seen.name)}; the next run goes by it")


@batch.command()
def reject(
    folder: Dir,
    number: Number,
    rows: Rows,
    *,
    reason: Annotated[str, typer.Option(help="Why the agency refused them.", show_default=False)],
    evidence: Evidence,
    actor: Actor = "",
) -> None:
    """The agency has refused these rows: the next run takes fee, flag and block back."""
    with explained(), opened(folder, actor) as desk:
        referrals = _desk(desk)
        found = referrals.rows(number, rows)
        _show(referrals.reject(one, evidence=evidence, reason=reason) for one in found)


@batch.command()
def closed(
    folder: Dir,
    number: Number,
    rows: Rows,
    *,
    ended: Ended,
    evidence: Evidence,
    reason: Why = "",
    actor: Actor = "",
) -> None:
    """The agency has ended the referrals of these rows by its own word: given up, paid to it, sent back."""
    from scld_core.agency.states import resolution_named

    with explained(), opened(folder, actor) as desk:
        referrals, resolution = _desk(desk), resolution_named(ended)
        found = referrals.rows(number, rows)
        _show(referrals.closed(one, resolution, evidence=evidence, reason=reason) for one in found)


@batch.command("take-back")
def take_back(
    folder: Dir,
    number: Number,
    rows: Rows,
    *,
    ended: Ended,
    evidence: Evidence,
    reason: Why = "",
    actor: Actor = "",
) -> None:
    """The library takes the referrals of these rows back; the agency is told until it has it."""
    from scld_core.agency.states import resolution_named

    with explained(), opened(folder, actor) as desk:
        referrals, resolution = _desk(desk), resolution_named(ended)
        found = referrals.rows(number, rows)
        _show(referrals.take_back(one, resolution, evidence=evidence, reason=reason) for one in found)


def _desk(desk: Desk) -> ReferralDesk:
    from scld_core.errors import BadInput

    if desk.referrals is None:
        problem = "sends no files to an agency"
        raise BadInput(str(desk.folder), problem, "Set [agency.referrals] in district.toml; see Send new referrals")
    return desk.referrals


def _show(episodes: Iterable[Episode]) -> None:
    for episode in episodes:
        say(out(), f"{episode.state.value}  {escape(episode.id)}")
