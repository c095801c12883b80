"""What loaded plugins offer: each value filed once, a second one of its name refused by origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from scld_core.plugins.hookspecs import Redactor
from scld_core.plugins.inspection import declaration_problem, redactor_problem, spec_problem
from scld_core.plugins.spec import BackendSpec

__all__ = ["COLLECTED", "Offers"]

COLLECTED: Mapping[str, Callable[[object], str]] = {
    "scld_backends": spec_problem,
    "scld_declarations": declaration_problem,
    "scld_redactors": redactor_problem,
}
"""The hooks that are called once, when a plugin is loaded, each with the check of what it gives."""


@frozen
class Offers:
    """Everything registered so far.

    `refused` keeps, for a backend that may not be used, why; for whoever asks for it by name.
    """

    specs: dict[tuple[str, str], BackendSpec[Any]] = field(factory=dict[tuple[str, str], BackendSpec[Any]])
    refused: dict[tuple[str, str], str] = field(factory=dict[tuple[str, str], str])
    declared: dict[type, list[object]] = field(factory=dict[type, list[object]])
    redactors: dict[str, Redactor] = field(factory=dict[str, Redactor])
    _origins: dict[tuple[object, ...], str] = field(factory=dict[tuple[object, ...], str])

    def take(self, origin: str, offered: Mapping[str, Sequence[object]]) -> tuple[list[str], list[str]]:
        """File what the plugin `origin` offers, by hook; gives labels of what was taken, and the problems."""
        taken: list[str] = []
        problems: list[str] = []
        for hook, values in offered.items():
            for value in values:
                problem = COLLECTED[hook](value) or self._duplicate(origin, value)
                if problem:
                    problems.append(problem)
                    self._refuse(origin, value, problem)
                else:
                    taken.append(_label(value))
                    self._file(value)
        return taken, problems

    def _duplicate(self, origin: str, value: object) -> str:
        name = _name(value)
        if name is None:
            return ""
        key = (type(value), getattr(value, "kind", None), name)
        if key in self._origins:
            return f"{_label(value)} is offered already, by {self._origins[key]}"
        self._origins[key] = origin
        return ""

    def _refuse(self, origin: str, value: object, problem: str) -> None:
        if isinstance(value, BackendSpec):
            self.refused[value.kind, value.name] = f"{origin}: {problem}"

    def _file(self, value: object) -> None:
        if isinstance(value, BackendSpec):
            self.specs[value.kind, value.name] = value
        elif isinstance(value, Redactor):
            self.redactors[value.name] = value
        else:
            self.declared.setdefault(type(value), []).append(value)


def _name(value: object) -> object:
    """What a value is known by: its full name where its short one is not unique, as a recipe's is not."""
    return getattr(value, "full_name", None) or getattr(value, "name", None)


def _label(value: object) -> str:
    if isinstance(value, BackendSpec):
        return f"{value.kind} '{value.name}'"
    name = _name(value)
    return type(value).__name__ + (f" '{name}'" if name is not None else "")
