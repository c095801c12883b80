"""The registry: loads every plugin in isolation, and calls their hooks with types.

It owns a private pluggy manager, so that two registries in one process never meet.
"""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TypeVar, cast

import pluggy
from attrs import evolve, frozen

from scld_core.errors import BadInput, PluginError, SettingsError
from scld_core.kernel.log import WITHHELD, log, whereabouts
from scld_core.kernel.redact import redact
from scld_core.plugins import discovery, inspection
from scld_core.plugins.discovery import Candidate
from scld_core.plugins.hookspecs import PROJECT, OperationEvent, ScldHooks, Veto, WriteNotice
from scld_core.plugins.offers import COLLECTED, Offers
from scld_core.plugins.report import LoadLine, LoadReport, LoadState
from scld_core.plugins.spec import BackendSpec, SecretRef

__all__ = ["ListenerFailed", "Registry", "RegistrySettings"]

T = TypeVar("T")

_logger = logging.getLogger(__name__)

_LONGEST = 200  # characters of a foreign exception's text in a report


@frozen
class RegistrySettings:
    """What a registry can be made from again, in another process.

    `discover` says whether installed plugins are looked for: all, or those that `allow` names, but
    for those that `deny` names; both may name a plugin or its distribution. `extra` are plugins
    handed over besides, as (name, module's name or object).
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


class Registry:
    """The plugins of one opened district; made by `load` or `isolated`, pickled as its settings."""

    def __init__(self, settings: RegistrySettings) -> None:
        self._settings = settings
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ScldHooks)
        self._offers = Offers()
        self._lines: list[LoadLine] = []
        self._failures: Counter[str] = Counter()
        self._add(discovery.given(discovery.BUILT_IN, "built-in"))
        if settings.discover:
            self._discover()
        for name, plugin in settings.extra:
            self._add(discovery.given(plugin, name))

    @classmethod
    def load(cls, allow: Iterable[str] | None = None, deny: Iterable[str] = ()) -> Self:
        """Every installed plugin that `allow` (None: all) and not `deny` names.

        Both take names of plugins or of distributions; scld's own adapters go by ``scld``. A
        plugin's fault is a line of the report and never raises.
        """
        return cls(RegistrySettings(allow=None if allow is None else tuple(allow), deny=tuple(deny)))

    @classmethod
    def isolated(cls, plugins: Iterable[object] = ()) -> Self:
        """Only the built-in secret schemes and `plugins`: modules, objects, or names of modules."""
        extra = tuple((discovery.given(plugin).name, plugin) for plugin in plugins)
        return cls(RegistrySettings(discover=False, extra=extra))

    def __reduce__(self) -> tuple[object, ...]:
        extra = tuple((name, p.__name__ if isinstance(p, ModuleType) else p) for name, p in self._settings.extra)
        return type(self), (evolve(self._settings, extra=extra),)

    @property
    def report(self) -> LoadReport:
        """What loading came to, plugin by plugin."""
        return LoadReport(tuple(self._lines))

    @property
    def listener_failures(self) -> Mapping[str, int]:
        """How often each plugin's listener raised."""
        return dict(self._failures)

    def register(self, plugin: object, name: str = "") -> LoadLine:
        """Add a plugin by hand, as a notebook does; raises PluginError when it cannot be used as a whole."""
        candidate = discovery.given(plugin, name)
        line = self._add(candidate)
        if line.state is LoadState.FAILED:
            raise PluginError(str(line))
        self._settings = evolve(self._settings, extra=(*self._settings.extra, (candidate.name, plugin)))
        return line

    def backend(self, kind: str, name: str) -> BackendSpec[Any]:
        """The backend of that kind and name; BadInput says why it is not there, and the nearest name."""
        where = f"{kind} '{name}'"
        if (kind, name) in self._offers.specs:
            return self._offers.specs[kind, name]
        if (kind, name) in self._offers.refused:
            raise BadInput(where, "its plugin may not be used", self._offers.refused[kind, name])
        names = sorted(known for of, known in self._offers.specs if of == kind)
        unloaded = [str(line) for line in self._lines if line.state not in (LoadState.LOADED, LoadState.PARTLY)]
        remedy = "; ".join([f"Known: {', '.join(names) or 'none'}", *(f"not loaded: {line}" for line in unloaded)])
        raise BadInput(where, f"no such backend{inspection.nearest(name, names)}", remedy)

    def backends(self) -> tuple[BackendSpec[Any], ...]:
        """All backends, by kind and name."""
        return tuple(self._offers.specs[key] for key in sorted(self._offers.specs))

    def declarations(self, kind: type[T]) -> tuple[T, ...]:
        """The values that plugins declared whose class is exactly `kind`, in loading order."""
        return tuple(value for value in self._offers.declared.get(kind, ()) if isinstance(value, kind))

    def resolve_secret(self, ref: SecretRef, folder: Path) -> str:
        """The text behind `ref`; SettingsError when nobody knows its scheme or it cannot be had."""
        found: object = None
        problem = "no plugin knows this scheme; built in are env: and file:"
        try:
            found = self._manager.hook.scld_resolve_secret(ref=ref, folder=folder)
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - its text could show the secret
            problem = f"a plugin failed: {whereabouts(error)}"
        if isinstance(found, str):
            return found
        raise SettingsError(ref.ref, problem if found is None else f"a plugin gave a {type(found).__name__}")

    def before_write(self, notice: WriteNotice) -> tuple[Veto, ...]:
        """Every plugin's veto, redacted, in an order that does not depend on loading. A failure is a veto."""
        vetoes = [self._veto(plugin, call) for plugin, call in self._calls("scld_before_write", notice=notice)]
        return tuple(sorted((veto for veto in vetoes if veto), key=lambda veto: (veto.plugin, veto.reason)))

    def operation_done(self, event: OperationEvent) -> None:
        """Tell every listener; one that raises is counted and logged and changes nothing."""
        for plugin, call in self._calls("scld_operation_done", event=event):
            try:
                call()
            except Exception as error:  # noqa: BLE001 - whatever it is, the operation is done
                self._failures[plugin] += 1
                log(_logger, logging.WARNING, ListenerFailed(plugin, whereabouts(error)))

    def redact(self, text: str) -> str:
        """`text` after every plugin's redactor, by name, and then our own; dropped when one of them fails."""
        for _, redactor in sorted(self._offers.redactors.items()):
            try:
                seen = cast("object", redactor.redact(text))
            except Exception:  # noqa: BLE001 - nothing vouches for the text then
                return WITHHELD
            if not isinstance(seen, str) or (text.strip() and not seen.strip()):
                return WITHHELD
            text = seen
        return redact(text)

    def _veto(self, plugin: str, call: Callable[[], object]) -> Veto | None:
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001 - who cannot answer has not agreed
            return Veto(f"the plugin failed: {whereabouts(error)}", plugin)
        if answer is None:
            return None
        reason = self.redact(answer.reason) if isinstance(answer, Veto) else "the plugin gave no valid answer"
        return Veto(reason, plugin)

    def _calls(self, hook: str, **arguments: object) -> list[tuple[str, Callable[[], object]]]:
        """A call for each implementation: pluggy would leave out those behind one that raises."""
        return [
            (impl.plugin_name, functools.partial(impl.function, *(arguments[name] for name in impl.argnames)))
            for impl in getattr(self._manager.hook, hook).get_hookimpls()
        ]

    def _discover(self) -> None:
        allow, deny = self._settings.allow, self._settings.deny
        candidates = discovery.installed()
        for candidate in candidates:
            if (allow is None or candidate.named_in(allow)) and not candidate.named_in(deny):
                self._add(candidate)
            else:
                self._note(candidate, LoadState.DENIED, ["the settings do not allow it"])
        for name in allow or ():
            if not any(candidate.named_in([name]) for candidate in candidates):
                self._note(discovery.given(name), LoadState.ABSENT, ["the settings allow it, but it is not installed"])

    def _add(self, candidate: Candidate) -> LoadLine:
        """Load one plugin: all of it, all but what is refused of its offers, or nothing."""
        try:
            problems = self._register(candidate)
            offered = {} if problems else {hook: self._collect(candidate.name, hook) for hook in COLLECTED}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's fault stops nothing
            problems = [f"{whereabouts(error)}: {redact(' '.join(str(error).split()))[:_LONGEST]}"]
            offered = {}
            if self._manager.has_plugin(candidate.name):
                self._manager.unregister(name=candidate.name)
        if problems:
            return self._note(candidate, LoadState.FAILED, problems)
        taken, problems = self._offers.take(candidate.origin, offered)
        return self._note(candidate, LoadState.PARTLY if problems else LoadState.LOADED, problems, taken)

    def _register(self, candidate: Candidate) -> list[str]:
        if self._manager.has_plugin(candidate.name):
            return [f"another plugin is called '{candidate.name}'"]
        plugin = candidate.load()
        if self._manager.is_registered(plugin):
            return [f"is the same plugin as '{self._manager.get_name(plugin)}'"]
        problems = list(inspection.hook_problems(plugin))
        if not problems:
            self._manager.register(plugin, candidate.name)
        return problems

    def _collect(self, plugin: str, hook: str) -> list[object]:
        """What one plugin gives for a collected hook; an iterable is read to its end here, where faults are caught."""
        values: list[object] = []
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            if impl.plugin_name == plugin:
                values.extend(impl.function())
        return values

    def _note(
        self, candidate: Candidate, state: LoadState, problems: Iterable[str], offers: Iterable[str] = ()
    ) -> LoadLine:
        line = LoadLine(
            candidate.name, state, candidate.distribution, candidate.version, tuple(problems), tuple(offers)
        )
        self._lines.append(line)
        return line
