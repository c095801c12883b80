"""How the conformance kit grades a portal by file: over exports that are saved anew. All data is synthetic."""

from __future__ import annotations

from collections.abc import Iterable

from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV
from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.errors import AdapterBug, BadInput
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.plugins import open_backend
from scld_core.testing.harness import CarrierBench, Harness, World

__all__ = ["harnesses"]

_WORDS = {ServiceState.ACTIVE: "on", ServiceState.SUSPENDED: "off"}
_CONFIG = PortalCsvConfig(
    export="*.csv",
    extracted_at="manifest",
    words={word: state for state, word in _WORDS.items()},
    expires_hours=24,
)


def harnesses(settings: PortalCsvConfig | None = None) -> tuple[Harness[CarrierBench], ...]:
    """The port `lines` over an export of three columns and its manifest; another layout is not made up here."""
    if settings is not None:
        raise BadInput("portal-csv", "is graded over an export of the kit's own layout; leave --settings out")
    return (Harness.of(PORTAL_CSV, "lines", _bench),)


def _save(world: World, views: Iterable[LineView]) -> None:
    rows = [f"{view.imei},{view.iccid},{view.word or _WORDS[view.state]}" for view in views]
    path = world.context.folder / "lines.csv"
    path.write_text("\n".join(["imei,iccid,status", *rows]) + "\n", encoding="utf-8")
    manifest = path.with_name(path.name + ".meta.toml")
    manifest.write_text(f"as_of = {world.clock.now().isoformat()}\nrows = {len(rows)}\n", encoding="utf-8")


def _bench(world: World) -> CarrierBench:
    rows = {str(view.iccid): view for view in world.seed.lines}

    def show(view: LineView) -> None:
        rows[str(view.iccid)] = view
        _save(world, rows.values())

    def effects(line: Line) -> int:
        del line
        return 0  # the portal changes nothing by itself

    def vanish() -> None:
        for path in world.context.folder.iterdir():
            path.unlink()

    _save(world, rows.values())
    opened = open_backend(PORTAL_CSV, _CONFIG, world.context)
    if opened.lines is None:
        raise AdapterBug(world.context.instance, "open", "opened no port lines")
    return CarrierBench(
        lines=opened.lines,
        close=opened.close,
        effects=effects,
        show=show,
        texts=lambda: [path.read_text(encoding="utf-8") for path in world.context.folder.iterdir()],
        outage=vanish,
    )
