"""The thin command line over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]

_INTERRUPTED = 130  # 128 and the number of the signal, as shells count


def main() -> None:
    """Run ``scld``; without its extra, say which one to install."""
    try:
        _run()
    except KeyboardInterrupt:  # also while the libraries are loaded, before anything was begun
        sys.stderr.write("Stopped by you. What was begun is read back by the next run.\n")
        sys.exit(_INTERRUPTED)


def _run() -> None:
    try:
        from scld_core.cli._typer import app
    except ModuleNotFoundError as missing:
        from scld_core.errors import MissingExtra

        if missing.name not in ("typer", "rich", "click"):
            raise
        sys.exit(str(MissingExtra("cli", missing.name or "typer")))
    app()
