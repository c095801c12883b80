"""Where tests keep their files, and what the processes that they start are told."""

import os
import shutil
import tempfile
from pathlib import Path

_ENOUGH = 2**30  # bytes; a container may give less than one PostgreSQL takes


def _in_memory() -> Path | None:
    place = Path("/dev/shm")
    return place if os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ENOUGH else None


IN_MEMORY = _in_memory()
"""A folder that is no disk, where there is one with room."""

ROOM = IN_MEMORY or Path(tempfile.gettempdir())
"""Where much is written."""


def unmeasured(**more: str) -> dict[str, str]:
    """The environment without what starts coverage in a process: one that is killed has nothing to add to it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")} | more
