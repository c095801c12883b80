"""Which plugins are installed: entry points of the group ``scld``, in an order that never varies."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from importlib import metadata

from attrs import frozen

from scld_core.plugins.hookspecs import PROJECT

__all__ = ["BUILT_IN", "Candidate", "given", "installed"]

BUILT_IN = "scld_core.plugins.secrets"
"""The module of what scld itself brings; it is registered like any other plugin."""


@frozen
class Candidate:
    """A plugin that may be loaded: its name, where it comes from, and the function that imports it."""

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""

    def named_in(self, names: Iterable[str]) -> bool:
        """Whether a list of settings means this plugin, by its name or by its distribution's."""
        wanted = {_normal(name) for name in names}
        return _normal(self.name) in wanted or _normal(self.distribution) in wanted


def installed() -> tuple[Candidate, ...]:
    """Every installed plugin; scld's own first, so that nobody can take a name of its own away."""
    found = [
        Candidate(point.name, point.load, *((point.dist.name, point.dist.version) if point.dist else ("", "")))
        for point in metadata.entry_points(group=PROJECT)
    ]
    return tuple(sorted(found, key=lambda c: (c.distribution != PROJECT, c.distribution, c.name)))


def given(plugin: object, name: str = "") -> Candidate:
    """A plugin handed over as an object or a module, or by a module's name."""
    if isinstance(plugin, str):
        return Candidate(name or plugin, lambda: importlib.import_module(plugin))
    return Candidate(name or getattr(plugin, "__name__", type(plugin).__name__), lambda: plugin)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
