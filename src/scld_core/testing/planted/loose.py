"""Backends of every port whose registration lets anything through."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import InvalidValue
from scld_core.plugins.spec import BackendSpec
from scld_core.testing.harness import Harness
from scld_core.testing.planted.model import Planted

__all__ = ["loose_settings"]

_SOURCE = "configuration arrays that take any key (driver study, sections 3 and 5.6)"


class _Settings:
    """Settings that are no attrs class and take anything."""

    def __init__(self, **keys: object) -> None:
        self.keys = keys


def _never(config: object, context: object) -> Any:
    raise InvalidValue("open", "", f"is not called with {config} and {context}")


def loose_settings(port: str, kind: str, harness: Harness[Any], label: str = "") -> tuple[Planted, ...]:
    """Two findings about one backend: what it registers is not sound, and its settings check nothing.

    `label` tells them from those of another port of that kind.
    """
    spec: BackendSpec[Any] = BackendSpec("loose", kind, _Settings, _never, harness.capabilities)
    loose = evolve(harness, name="loose settings", spec=spec)
    return tuple(
        Planted(f"{label or kind}: {name}", _SOURCE, f"{port}.{caught_by}", port, lambda: loose)
        for name, caught_by in (("settings of no attrs class", "sound-spec"), ("unknown key taken", "unknown-setting"))
    )
