"""Whether a plugin and what it offers are what the contract asks for; problems are sentences."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from scld_core.plugins.guard import PORTS, port_operations
from scld_core.plugins.hookspecs import PROJECT, Redactor, ScldHooks
from scld_core.plugins.spec import CONTRACT, BackendSpec

__all__ = ["HOOKS", "declaration_problem", "hook_problems", "nearest", "redactor_problem", "spec_problem"]

_PREFIX = f"{PROJECT}_"
_MARK = f"{PROJECT}_impl"  # where pluggy's marker leaves its options

HOOKS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(getattr(ScldHooks, name)).parameters)[1:]
    for name in dir(ScldHooks)
    if name.startswith(_PREFIX)
}
"""The hooks by name, each with the names of its arguments."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` with the nearest of `known`, or nothing when none is near."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def hook_problems(plugin: object) -> tuple[str, ...]:
    """Everything wrong with a plugin's hook implementations; its properties are not evaluated."""
    if inspect.isclass(plugin):
        return (f"{plugin.__name__} is a class; a plugin is a module or an object",)
    found = ((name, inspect.getattr_static(plugin, name)) for name in dir(plugin))
    return tuple(problem for name, member in found for problem in _problems_of(name, member))


def _problems_of(name: str, member: object) -> Iterator[str]:
    function = getattr(member, "__func__", member)
    if not inspect.isfunction(function):
        if name in HOOKS:
            yield f"{name} is no function"
        return
    options: dict[str, Any] | None = getattr(member, _MARK, None) or getattr(function, _MARK, None)
    if options is None and not name.startswith(_PREFIX):
        return
    hook: str = (options or {}).get("specname") or name
    if hook not in HOOKS:
        yield f"{hook} is not a hook of scld{nearest(hook, HOOKS)}"
    elif options is None:
        yield f"{hook} is not marked with @hookimpl, so it would never be called"
    else:
        yield from _signature_problems(hook, function, options)


def _signature_problems(hook: str, function: Any, options: Mapping[str, Any]) -> Iterator[str]:
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"{hook} is a wrapper; scld's hooks have none"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield f"{hook} is async; scld's hooks are plain functions"
    for name, parameter in inspect.signature(function).parameters.items():
        if name in {"self", "cls"}:
            continue
        if name not in HOOKS[hook]:
            known = ", ".join(HOOKS[hook]) or "none"
            yield f"{hook} takes an argument '{name}' that the hook does not have (it has: {known})"
        elif parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            yield f"{hook} must take '{name}' as a plain argument, not keyword-only or positional-only"
        elif parameter.default is not parameter.empty:
            yield f"{hook} must take '{name}' without a default, or it would never be given"


def spec_problem(spec: object) -> str:
    """What is wrong with an offered backend, or nothing."""
    if not isinstance(spec, BackendSpec):
        return f"scld_backends offers a {type(spec).__name__}, not a BackendSpec"
    return _backend_problem(spec)  # pyright: ignore[reportUnknownArgumentType]


def _backend_problem(spec: BackendSpec[Any]) -> str:
    low, high = spec.contract
    if not low <= CONTRACT <= high:
        return (
            f"{spec.kind} '{spec.name}' is for contract versions {low} to {high}, and this scld has version {CONTRACT}"
        )
    if not attrs.has(spec.config):
        return f"{spec.kind} '{spec.name}': its config is not an attrs class"
    known = [operation for port in PORTS for operation in port_operations(port)]
    for operation in spec.capabilities:
        if operation not in known:
            return f"{spec.kind} '{spec.name}' declares '{operation}', which no port has{nearest(operation, known)}"
    return ""


def declaration_problem(value: object) -> str:
    """What is wrong with a declared value, or nothing: it must be an attrs value that nobody can change."""
    kind = type(value)
    if isinstance(value, BackendSpec | Redactor):
        return f"scld_declarations offers a {kind.__name__}, which has a hook of its own"
    if not attrs.has(kind) or kind.__setattr__ is object.__setattr__:
        return f"scld_declarations offers a {kind.__name__}, which is not a frozen attrs value"
    return ""


def redactor_problem(value: object) -> str:
    """What is wrong with an offered redactor, or nothing."""
    return "" if isinstance(value, Redactor) else f"scld_redactors offers a {type(value).__name__}, not a Redactor"
