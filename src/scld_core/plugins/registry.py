"""The registry: loads every plugin in isolation, and calls their hooks with types.

It owns a private pluggy manager, so that two registries in one process never meet.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import pluggy
from attrs import evolve, field, frozen

from scld_core.errors import BadInput, PluginError, SettingsError
from scld_core.kernel.log import WITHHELD, log, whereabouts
from scld_core.plugins import discovery, inspection
from scld_core.plugins.discovery import Candidate
from scld_core.plugins.hookspecs import PROJECT, OperationEvent, Redactor, ScldHooks, Veto, WriteNotice
from scld_core.plugins.report import LoadLine, LoadReport, LoadState
from scld_core.plugins.spec import BackendSpec, SecretRef

__all__ = ["ListenerFailed", "Registry", "RegistrySettings"]

T = TypeVar("T")

_logger = logging.getLogger(__name__)


@frozen
class RegistrySettings:
    """What a registry can be made from again, in another process.

    `discover` says whether installed plugins are looked for, all or those of `allow`, but for those
    of `deny`; both may name a plugin or its distribution. `extra` are plugins handed over besides,
    as (name, module name or object); objects must pickle where the registry has to.
    """

    discover: bool = True
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    extra: tuple[tuple[str, object], ...] = ()


@frozen
class ListenerFailed:
    """Log record: a plugin's listener raised; the operation it heard of is not affected."""

    plugin: str
    failure: str


@frozen
class _Offers:
    """What loaded plugins registered; each value with the plugin it came from."""

    specs: dict[tuple[str, str], tuple[str, BackendSpec[Any]]] = field(factory=dict)
    refused: dict[tuple[str, str], str] = field(factory=dict)
    declared: dict[type, list[tuple[str, object]]] = field(factory=dict)
    redactors: dict[str, tuple[str, Redactor]] = field(factory=dict)


class Registry:
    """The plugins of one opened district; make it with `load` or `isolated`."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ScldHooks)
        self._offers = _Offers()
        self._lines: dict[str, LoadLine] = {}
        self._deaf: Counter[str] = Counter()
        self._add(discovery.given(discovery.BUILT_IN, "built-in"))
        if settings.discover:
            self._discover()
        for name, plugin in settings.extra:
            self._add(_handed(plugin, name))

    @classmethod
    def load(cls, allow: Iterable[str] | None = None, deny: Iterable[str] = ()) -> Self:
        """Every installed plugin that `allow` (None: all) and not `deny` names. Never raises for a plugin's fault."""
        return cls(RegistrySettings(allow=None if allow is None else tuple(allow), deny=tuple(deny)))

    @classmethod
    def isolated(cls, plugins: Iterable[object] = ()) -> Self:
        """Only scld's own secret schemes and `plugins`: modules, objects, or names of modules."""
        extra = tuple((discovery.given(plugin).name, plugin) for plugin in plugins)
        return cls(RegistrySettings(discover=False, extra=extra))

    def __reduce__(self) -> tuple[object, ...]:
        extra = tuple((name, _portable(plugin)) for name, plugin in self._settings.extra)
        return type(self), (evolve(self._settings, extra=extra),)

    @property
    def report(self) -> LoadReport:
        """What loading came to, plugin by plugin."""
        return LoadReport(tuple(self._lines.values()))

    @property
    def listener_failures(self) -> Mapping[str, int]:
        """How often each plugin's listener raised."""
        return dict(self._deaf)

    def register(self, plugin: object, name: str = "") -> LoadLine:
        """Add a plugin by hand, as a notebook does; raises PluginError when anything about it is wrong."""
        candidate = _handed(plugin, name)
        line = self._add(candidate)
        if line.problems:
            raise PluginError(str(line))
        self._settings = evolve(self._settings, extra=(*self._settings.extra, (candidate.name, plugin)))
        return line

    def backend(self, kind: str, name: str) -> BackendSpec[Any]:
        """The backend of that kind and name; BadInput says the nearest name, or why it is not there."""
        found = self._offers.specs.get((kind, name))
        if found is not None:
            return found[1]
        refused = self._offers.refused.get((kind, name))
        if refused is not None:
            raise BadInput(f"{kind} '{name}'", "its plugin could not be used", str(self._lines[refused]))
        names = sorted(n for k, n in self._offers.specs if k == kind)
        remedy = f"Known: {', '.join(names) or 'none'}"
        failed = [str(line) for line in self._lines.values() if line.state in (LoadState.FAILED, LoadState.DENIED)]
        if failed:
            remedy += ". Not loaded: " + "; ".join(failed)
        raise BadInput(f"{kind} '{name}'", f"no such backend{inspection.nearest(name, names)}", remedy)

    def backends(self) -> tuple[BackendSpec[Any], ...]:
        """All backends, by kind and name."""
        return tuple(self._offers.specs[key][1] for key in sorted(self._offers.specs))

    def declarations(self, kind: type[T]) -> tuple[T, ...]:
        """All values that plugins declared whose class is exactly `kind`, in loading order."""
        return tuple(value for _, value in self._offers.declared.get(kind, ()) if isinstance(value, kind))

    def resolve_secret(self, ref: SecretRef, folder: Path) -> str:
        """The text behind `ref`; SettingsError when nobody knows its scheme or the secret cannot be had."""
        try:
            found: object = self._manager.hook.scld_resolve_secret(ref=ref, folder=folder)
            problem = "no plugin knows this scheme; built in are env: and file:"
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - its text could show the secret
            found, problem = None, f"a plugin failed: {whereabouts(error)}"
        if isinstance(found, str):
            return found
        raise SettingsError(ref.ref, problem if found is None else f"a plugin gave a {type(found).__name__}")

    def before_write(self, notice: WriteNotice) -> tuple[Veto, ...]:
        """Every plugin's veto, sorted, so that loading order is never seen. A failure is a veto."""
        vetoes = (_veto(name, call) for name, call in self._calls("scld_before_write", notice=notice))
        return tuple(sorted((veto for veto in vetoes if veto), key=lambda v: (v.plugin, v.reason)))

    def operation_done(self, event: OperationEvent) -> None:
        """Tell every listener; one that raises is counted and logged and changes nothing."""
        for name, call in self._calls("scld_operation_done", event=event):
            try:
                call()
            except Exception as error:  # noqa: BLE001 - whatever it is, the operation is done
                self._deaf[name] += 1
                log(_logger, logging.WARNING, ListenerFailed(name, whereabouts(error)))

    def redact(self, text: str) -> str:
        """`text` after every redactor, in the order of their names; dropped when one of them fails."""
        seen: object = text
        for _, (_, redactor) in sorted(self._offers.redactors.items()):
            try:
                seen = redactor.redact(text)
            except Exception:  # noqa: BLE001 - nothing vouches for the text then
                return WITHHELD
            if not isinstance(seen, str):
                return WITHHELD
            text = seen
        return text

    def _calls(self, hook: str, **arguments: object) -> list[tuple[str, Callable[[], object]]]:
        """One call per implementation, so that one that raises does not keep the others from being called."""
        return [
            (impl.plugin_name, _bound(impl.function, [arguments[name] for name in impl.argnames]))
            for impl in getattr(self._manager.hook, hook).get_hookimpls()
        ]

    def _discover(self) -> None:
        allow, deny = self._settings.allow, self._settings.deny
        candidates = discovery.installed()
        for candidate in candidates:
            if (allow is None or candidate.named_in(allow)) and not candidate.named_in(deny):
                self._add(candidate)
            else:
                self._note(candidate, LoadState.DENIED, ("the settings do not allow it",))
        for name in allow or ():
            if not any(candidate.named_in([name]) for candidate in candidates):
                self._note(Candidate(name, object), LoadState.ABSENT, ("the settings allow it, but it is not installed",))

    def _note(
        self, candidate: Candidate, state: LoadState, problems: tuple[str, ...], offers: tuple[str, ...] = ()
    ) -> LoadLine:
        name, number = candidate.name, 2
        while name in self._lines:
            name, number = f"{candidate.name}#{number}", number + 1
        line = LoadLine(name, state, candidate.distribution, candidate.version, problems, offers)
        self._lines[name] = line
        return line

    def _add(self, candidate: Candidate) -> LoadLine:
        """Load one plugin: all of it, or all but the offers that are refused, or nothing."""
        name = candidate.name
        if name in self._lines:
            return self._note(candidate, LoadState.FAILED, (f"another plugin is called '{name}': {self._lines[name]}",))
        try:
            plugin = candidate.load()
            problems = inspection.hook_problems(plugin)
            if not problems:
                self._manager.register(plugin, name)
                collected = {hook: _listed(self._calls_of(name, hook)) for hook in _COLLECTED}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's fault stops nothing
            problems = (f"{whereabouts(error)}: {_one_line(str(error))}",)
        if problems:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            return self._note(candidate, LoadState.FAILED, problems)
        offers = tuple(collected["scld_backends"]) 
        ...
