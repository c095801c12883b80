"""Telling when a file was made, as a library does that writes it into a file beside it."""

from datetime import datetime
from pathlib import Path

from scld_core.codecs.beside import manifest_of


def tell(path: Path, at: datetime) -> None:
    """Write the manifest of a file."""
    manifest_of(path).write_text(f"as_of = {at.isoformat()}\n", encoding="utf-8")
