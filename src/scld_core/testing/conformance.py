"""Which harnesses a backend is graded with: its plugin's, the references', or one made of its own seed.

A plugin says in `BackendSpec.harness` where its function is: it takes the backend's configuration, or
None for the plugin's own choice, and gives a `Harness` for each port.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from scld_core import codecs
from scld_core.errors import BadInput, ScldError, SettingsError
from scld_core.kernel.log import whereabouts
from scld_core.plugins import BackendSpec, Registry, open_backend
from scld_core.plugins.guard import PORTS, port_operations
from scld_core.plugins.inspection import nearest
from scld_core.testing.case import CheckFailed
from scld_core.testing.checks import checks_of
from scld_core.testing.grading import grade
from scld_core.testing.harness import BENCHES, Harness, World
from scld_core.testing.report import Cell, Report, Verdict

__all__ = ["MEMORY", "OnCell", "examine", "find_harnesses"]

MEMORY = "memory"
"""The name of the references in memory, which are no plugin's."""

OnCell = Callable[[Harness[Any], int, int], None]
"""Is told of each cell: the harness, how many of its cells are done, and of how many."""


def find_harnesses(
    name: str, registry: Registry, table: Mapping[str, Any] | None = None, *, ports: Iterable[str] = ()
) -> tuple[Harness[Any], ...]:
    """The harnesses of the backend `name`, of all backends of a plugin's package of that name, or of ``memory``.

    `table` are the backend's settings as in district.toml; `ports` leaves out the others. Raises
    BadInput where there is no such backend or port, or nothing to grade it over; SettingsError at the
    path of a setting.
    """
    if name == MEMORY and table is not None:
        raise BadInput(MEMORY, "has no settings", "Leave --settings out")
    found = _memory() if name == MEMORY else _registered(name, registry, table)
    wanted = frozenset(ports)
    unknown = sorted(wanted - {harness.port for harness in found})
    if unknown:
        offered = ", ".join(harness.port for harness in found)
        raise BadInput("port", f"{name} is not graded on {', '.join(unknown)}; it is on: {offered}")
    return tuple(harness for harness in found if not wanted or harness.port in wanted)


def _memory() -> tuple[Harness[Any], ...]:
    from scld_core.testing import reference_list  # noqa: PLC0415 - every reference, which no plugin's grading needs

    return reference_list.MEMORY


def _registered(name: str, registry: Registry, table: Mapping[str, Any] | None) -> tuple[Harness[Any], ...]:
    specs = registry.backends()
    chosen = [spec for spec in specs if spec.name == name] or [
        spec for spec in specs if name and _package(spec) == name
    ]
    if not chosen:
        known = sorted({MEMORY, *(spec.name for spec in specs)})
        raise BadInput(name, f"is no installed backend{nearest(name, known)}; there are: {', '.join(known)}")
    if table is not None and len(chosen) > 1:
        raise BadInput(name, f"is {', '.join(spec.name for spec in chosen)}: settings are for one of them")
    return tuple(harness for spec in chosen for harness in _of_spec(spec, table))


def _package(spec: BackendSpec[Any]) -> str:
    """The folder in which a plugin's harness lies; blank without one."""
    return spec.harness.partition(":")[0].rpartition(".")[0].rpartition(".")[2]


def _of_spec(spec: BackendSpec[Any], table: Mapping[str, Any] | None) -> tuple[Harness[Any], ...]:
    config = None if table is None else codecs.structure(spec.config, table, where=f"backends.{spec.name}")
    if spec.harness:
        return _plugins_own(spec, config)
    if spec.seed is None:
        problem = "gives the kit no system to grade it over: its BackendSpec has neither a harness nor a seed"
        raise BadInput(spec.name, f"{problem}; see 'Grade a backend' in the documentation")
    return _seeded(spec, _default(spec) if config is None else config)


def _plugins_own(spec: BackendSpec[Any], config: Any) -> tuple[Harness[Any], ...]:
    module, _, function = spec.harness.partition(":")
    try:
        found = tuple(getattr(importlib.import_module(module), function)(config))
    except ScldError:
        raise
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - foreign code; its text may hold anything
        raise BadInput(spec.name, f"has a harness, {spec.harness}, that raised {whereabouts(fault)}") from None
    if not found or not all(isinstance(each, Harness) for each in found):
        raise BadInput(spec.name, f"has a harness, {spec.harness}, that gave no Harness")
    return found


def _default(spec: BackendSpec[Any]) -> Any:
    try:
        return codecs.structure(spec.config, {}, where=f"backends.{spec.name}")
    except SettingsError as missing:
        raise BadInput(spec.name, f"needs settings: {missing}; give them in a file with --settings") from None


def _seeded(spec: BackendSpec[Any], config: Any) -> tuple[Harness[Any], ...]:
    """A harness for each port that is declared; what only a lever of the author's would show stays unseen."""
    declared = spec.capabilities if spec.negotiate is None else spec.negotiate(config)
    ports = [port for port in PORTS if any(name in declared for name in port_operations(port))]
    if not ports:
        raise BadInput(spec.name, "declares no operation of a port that the kit grades")
    return tuple(Harness.of(spec, port, _Filled(spec, config, port), capabilities=declared) for port in ports)


@frozen
class _Filled:
    """Makes a bench without levers: the backend over a system that its own `seed` has filled."""

    spec: BackendSpec[Any]
    config: Any
    port: str

    def __call__(self, world: World) -> Any:
        if self.spec.seed is not None:
            self.spec.seed(self.config, world.context, world.seed)
        opened = open_backend(self.spec, self.config, world.context)
        return BENCHES[self.port](**{self.port: getattr(opened, self.port)}, close=opened.close)


def _unheard(harness: Harness[Any], done: int, total: int) -> None:
    del harness, done, total


def examine(harness: Harness[Any], *, lives: int = 0, progress: OnCell = _unheard) -> Report:
    """Grade one port: every check, and `lives` random lives beside the reference, which need the extra ``testing``."""
    total = sum(len(check.covers) for check in checks_of(harness.port)) + bool(lives)
    done = 0

    def heard(cell: Cell) -> None:
        nonlocal done
        del cell
        done += 1
        progress(harness, done, total)

    report = grade(harness, progress=heard)
    if not lives:
        return report
    lived = _lives(harness, lives)
    heard(lived)
    return Report(report.backend, report.port, report.evidence, (*report.cells, lived))


def _lives(harness: Harness[Any], lives: int) -> Cell:
    from scld_core.testing.machines import run_machine  # noqa: PLC0415 - Hypothesis, which the checks do not need

    verdict, detail = Verdict.PASSED, ""
    try:
        run_machine(harness, examples=lives, shrink=False)
    except CheckFailed as found:
        verdict, detail = Verdict.FAILED, str(found)
    except Exception as fault:  # noqa: BLE001 - foreign code is being judged
        verdict, detail = Verdict.FAILED, f"raised {whereabouts(fault)}"
    if verdict is Verdict.FAILED and (why := harness.departure(f"{harness.port}.machine")):
        verdict, detail = Verdict.EXCUSED, why
    sentence = "A life of random calls goes as it does for the reference."
    return Cell(f"{harness.port}.machine", "life", verdict, sentence, detail)
