"""The time zone of the machine, for work that has no district to ask."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["machine_zone"]

_LOCALTIME = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


def machine_zone(environment: Mapping[str, str] = os.environ, link: Path = _LOCALTIME) -> ZoneInfo:
    """The zone named by TZ, else the one that the system's own link names, else UTC."""
    for name in (environment.get("TZ", "").lstrip(":"), _linked(link)):
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):  # a rule such as PST8PDT,M3.2.0, or a path
                continue
    return ZoneInfo("UTC")


def _linked(link: Path) -> str:
    try:
        target = link.readlink().as_posix()
    except OSError:
        return ""
    _, _, name = target.partition(_FOLDER)
    return name
