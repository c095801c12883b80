"""Making a district: its folder, district.toml and database; and the sample, filled with synthetic records."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from attrs import evolve

from scld_core.errors import BadInput
from scld_core.kernel.actor import Actor
from scld_core.runs.local import note
from scld_core.runs.ports import Store, Upkeep
from scld_core.sample.accounts import make_accounts
from scld_core.sample.agency import write_agency
from scld_core.sample.catalog import with_catalog
from scld_core.sample.files import SAMPLE_DAY, SEED, STALE_EXTRACT, extract_text, inventory_text, sample_now, stale
from scld_core.sample.hotspots import INVENTORY_HEADER, make_hotspots
from scld_core.sample.template import district_toml
from scld_core.settings import FILE_NAME
from scld_core.wiring.desk import Options
from scld_core.wiring.opening import Opening

__all__ = ["init_district", "make_sample"]


def _create_store(opening: Opening, stack: ExitStack, actor: str) -> tuple[Store, tuple[str, ...]]:
    """The district's store, made where it must be; its journal begins with who founded the district."""
    store = opening.store(stack)
    notes: tuple[str, ...] = ()
    if isinstance(store, Upkeep):
        store.create()
        notes = store.notes
    note(store, "district.made", opening.settings.district.name, actor=Actor(actor), clock=opening.clock)
    return store, notes


@contextmanager
def _founding(folder: Path, text: str) -> Generator[Opening]:
    """Work on a district whose settings get their name only when everything else is in place."""
    temporary = folder / (FILE_NAME + ".new")
    try:
        if (folder / FILE_NAME).exists():
            raise BadInput(str(folder), f"has a {FILE_NAME} already", "Name another folder, or edit that file")
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        yield Opening.of(temporary, Options())
        temporary.replace(folder / FILE_NAME)
    except OSError as fault:
        raise BadInput(str(folder), f"cannot be written: {fault.strerror}", "Name a folder of your own") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def init_district(folder: Path, *, actor: str, sample: bool = False, scale: int = 1) -> tuple[str, ...]:
    """Make a new district in `folder`; gives lines for a person. BadInput when there is one already."""
    if sample:
        return (*make_sample(folder, actor=actor, scale=scale), f"Next: scld day {folder}")
    inventory = folder / "hotspots.csv"
    with _founding(folder, district_toml(folder.resolve().name)) as opening, ExitStack() as stack:
        _, notes = _create_store(opening, stack, actor)
        if not inventory.exists():
            inventory.write_text(",".join(INVENTORY_HEADER) + "\n", encoding="utf-8")
    return (
        *notes,
        f"Made {folder / FILE_NAME}: set the values that are commented out.",
        f"The inventory is {inventory}: one row for each hotspot.",
        f"Next: scld doctor {folder}",
    )


def make_sample(folder: Path, *, actor: str, scale: int = 1) -> tuple[str, ...]:
    """Make the sample district: forty hotspots times `scale`, the same on every machine."""
    text = district_toml("Sample Library District (synthetic)", sample_day=SAMPLE_DAY, scale=scale, agency=True)
    with _founding(folder, text) as opening, ExitStack() as stack:
        now = sample_now(opening.settings.district.timezone)
        made = make_hotspots(ils="main", now=now, calendar=opening.settings.opening_hours(), scale=scale, seed=SEED)
        owing = make_accounts(ils="main", now=now)
        seed = with_catalog(made.seed, ils="main", now=now)
        seed = evolve(seed, patrons=owing.patrons, accounts=owing.accounts)
        store, notes = _create_store(opening, stack, actor)
        for name, settings in opening.settings.backends.items():
            spec = opening.spec(settings.use, f"backends.{name}")
            if spec.seed is not None:
                spec.seed(opening.config(spec, settings, f"backends.{name}"), opening.context(name, store), seed)
        (folder / "hotspots.csv").write_text(inventory_text(made.inventory), encoding="utf-8")
        (folder / STALE_EXTRACT).write_text(extract_text(made.seed.items, stale(now)), encoding="utf-8")
        write_agency(folder, now)
    return (*notes, f"Made the synthetic sample district in {folder}.")
