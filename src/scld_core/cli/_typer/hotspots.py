"""The commands of the hotspots area."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from scld_core.cli._rich import say
from scld_core.cli._typer.common import Actor, Dir, app, explained, opened, out

__all__ = ["service_test"]


@app.command("service-test")
def service_test(
    folder: Dir,
    barcode: Annotated[str, typer.Argument(help="The hotspot's barcode.", show_default=False)],
    *,
    passed: Annotated[bool, typer.Option("--passed/--failed", help="Whether it gave service.", show_default=False)],
    note: Annotated[str, typer.Option(help="What was seen.", show_default=False)] = "",
    actor: Actor = "",
) -> None:
    """Record that a hotspot was switched on, joined and loaded a page; until then it may not leave."""
    from scld_core.hotspots.text import REASONS

    with explained(), opened(folder, actor) as desk:
        device, _ = desk.hotspots.record_test(barcode, passed=passed, note=note)
        decision = desk.hotspots.may_leave(device)
    why = " ".join(reason.text(REASONS) for reason in decision.reasons)
    say(out(), f"{escape(device.label)}: {'may leave' if decision.permitted else 'may not leave. ' + escape(why)}")
