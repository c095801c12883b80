"""Serving a district's desks to self-checks."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scld_core.cli._rich import say
from scld_core.cli._typer.common import Dir, app, explained, out
from scld_core.cli.logs import logged
from scld_core.wiring import Desk, open_desk

if TYPE_CHECKING:
    from scld_core.plugins.serving import Serving

__all__ = ["serve"]

sip2 = typer.Typer(no_args_is_help=True, help="SIP2, the protocol of self-checks.")
app.add_typer(sip2, name="sip2")


@sip2.callback()
def _group() -> None:
    """SIP2, the protocol of self-checks."""


@sip2.command()
def serve(
    folder: Dir,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free one.")] = 6001,
    host: Annotated[
        str, typer.Option(help="The address to listen on; any but this machine's needs TLS.")
    ] = "127.0.0.1",
    tls_cert: Annotated[Path | None, typer.Option(help="Our certificate, as PEM.", show_default=False)] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Its key, where that is another file.", show_default=False)
    ] = None,
    institution: Annotated[str, typer.Option(help="What the machines call the district (AO).")] = "",
    verbose: Annotated[bool, typer.Option("--verbose", help="Also what is of no consequence.")] = False,
) -> None:
    """Let self-checks lend and take back through the district's desks, until you stop it with Ctrl-C."""
    from scld_core.plugins import Registry
    from scld_core.plugins.serving import ServeOrder, find_server
    from scld_core.settings import load_settings

    with explained():
        settings = load_settings(folder)
        registry = Registry.load(settings.plugins.allow, settings.plugins.deny)

        def opener(machine: str) -> Desk:
            return open_desk(folder, actor=machine)

        order = ServeOrder(
            folder=settings.folder,
            open_desk=opener,
            host=host,
            port=port,
            certificate=tls_cert,
            key=tls_key,
            institution=institution,
        )
        with logged(registry.redact, verbose=verbose):
            serving = find_server(registry, "sip2").start(order)
            where = f"{settings.district.name}: SIP2 on {host} port {serving.port}"
            _wait(serving, f"{where}{' with TLS' if tls_cert else ''}. Stop it with Ctrl-C.")


def _wait(serving: Serving, said: str) -> None:
    """Serve until somebody stops it: by Ctrl-C, or as a service manager does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        say(out(), escape(said))
        threading.Event().wait()
    except KeyboardInterrupt:
        say(out(), "Stopped.")
    finally:
        signal.signal(signal.SIGTERM, before)
        serving.close()
