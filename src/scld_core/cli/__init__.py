"""The thin command line over the Python API."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run ``scld``; without its extra, say which one to install."""
    try:
        from scld_core.cli._typer import app
    except ModuleNotFoundError as missing:
        from scld_core.errors import MissingExtra

        if missing.name not in ("typer", "rich", "click"):
            raise
        sys.exit(str(MissingExtra("cli", missing.name or "typer")))
    app()
