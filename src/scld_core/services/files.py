"""Files that people and other programs read: whole or not there at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from scld_core.errors import BadInput

__all__ = ["check_writable", "replace_file"]


def check_writable(folder: Path) -> None:
    """Make the folder and try it out, before there is anything to lose; BadInput when it takes no file."""
    probe = folder / f".{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as fault:
        problem = f"cannot be written to ({fault.strerror}), and what is done today would be told nowhere"
        raise BadInput(str(folder), problem, "Mend the folder and run again; nothing was changed") from None


def replace_file(path: Path, content: str | bytes) -> Path:
    """Write beside `path` and rename, so that nobody ever reads half a file; text is stored as UTF-8.

    Makes the folder where there is none. Raises OSError, and then leaves what was there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
