"""What loaded plugins offer: each value filed under its plugin, a second one of a name refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from scld_core.plugins import inspection
from scld_core.plugins.hookspecs import Redactor
from scld_core.plugins.spec import BackendSpec

__all__ = ["COLLECTED", "Offers"]

COLLECTED = ("scld_backends", "scld_declarations", "scld_redactors")
"""The hooks that are called once, when a plugin is loaded."""


@frozen
class Offers:
    """Everything registered so far, by its key, with the words that blame or name its plugin.

    `refused` keeps why a backend is not there, for whoever asks for it by name.
    """

    specs: dict[tuple[str, str], BackendSpec[Any]] = field(factory=dict)
    refused: dict[tuple[str, str], str] = field(factory=dict)
    declared: dict[type, list[object]] = field(factory=dict)
    redactors: dict[str, Redactor] = field(factory=dict)
    _origins: dict[tuple[object, ...], str] = field(factory=dict)

    def take(self, origin: str, offered: Mapping[str, list[object]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """File what a plugin offers, by hook; gives the names of what was taken, and the problems."""
        taken: list[str] = []
        problems: list[str] = []
        for hook, values in offered.items():
            for value in values:
                problem = self._problem(origin, hook, value)
                if problem:
                    problems.append(problem)
                else:
                    taken.append(self._file(value))
        return tuple(taken), tuple(problems)

    def _problem(self, origin: str, hook: str, value: object) -> str:
        problem = _CHECKS[hook](value)
        if not problem:
            name = getattr(value, "name", None)
            if name is None:
                return ""
            key = (type(value), getattr(value, "kind", ""), name)
            first = self._origins.setdefault(key, origin)
            taken = key in self._taken_keys()
            return f"{_label(value)} is offered by {first} already" if taken else ""
        if isinstance(value, BackendSpec):
            self.refused[value.kind, value.name] = f"{origin}: {problem}"
        return problem
