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
    """A plugin that may be loaded: its name, where it comes from, and the function that imports it.

    `alias` is the entry point's name where `name` had to be lengthened to be unique.
    """

    name: str
    load: Callable[[], object]
    distribution: str = ""
    version: str = ""
    alias: str = ""

    @property
    def origin(self) -> str:
        """The plugin and its distribution, as people are told whose it is."""
        return f"{self.name} ({self.distribution} {self.version})" if self.distribution else self.name

    def named_in(self, names: Iterable[str]) -> bool:
        """Whether a list of settings means this plugin, by its name or by its distribution's."""
        mine = {_normal(name) for name in (self.name, self.alias, self.distribution) if name}
        return any(_normal(name) in mine for name in names)


def installed() -> tuple[Candidate, ...]:
    """Every installed plugin; scld's own first, so that nobody can take a name of its own away."""
    found = [(*_origin(point), point) for point in metadata.entry_points(group=PROJECT)]
    found.sort(key=lambda row: (row[0] != PROJECT, row[0], row[2].name))
    candidates: list[Candidate] = []
    for distribution, version, point in found:
        taken = any(other.name == point.name for other in candidates)
        name = f"{distribution}:{point.name}" if taken else point.name
        candidates.append(Candidate(name, point.load, distribution, version, point.name))
    return tuple(candidates)


def given(plugin: object, name: str = "") -> Candidate:
    """A plugin handed over as an object or a module, or by a module's name."""
    if isinstance(plugin, str):
        return Candidate(name or plugin, lambda: importlib.import_module(plugin))
    return Candidate(name or getattr(plugin, "__name__", type(plugin).__name__), lambda: plugin)


def _origin(point: metadata.EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("", "")


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")
