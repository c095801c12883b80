"""How the conformance kit grades extracts: over files that are saved anew. All data is synthetic."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_adapters.files.extract import COLUMNS as COLUMNS_OF_LOANS
from scld_adapters.files.plugin import FILES
from scld_adapters.files.polaris_notices import layout_named
from scld_adapters.files.settings import LAYOUTS, FilesConfig
from scld_core.circulation.model import Circulation, ItemState
from scld_core.codecs.beside import manifest_of
from scld_core.codecs.tables import write_csv
from scld_core.errors import AdapterBug, BadInput
from scld_core.kernel.capability import Capability
from scld_core.notices import Notice, NoticeKind, NoticeLayout
from scld_core.notices.files import COLUMNS
from scld_core.plugins import open_backend
from scld_core.testing.harness import NOTICE_FACTS, Harness, LoansBench, NoticesBench, World

__all__ = ["KEPT", "harnesses", "loans_harness", "notices_harness"]

KEPT: Mapping[str, tuple[str, ...]] = {
    "notices": NOTICE_FACTS,
    "polaris-history": ("kind", "channel", "result", "item", "names_assignment", "amount"),
    "polaris-log": ("kind", "channel", "result", "names_assignment"),
}
"""What each layout has columns for."""

E = TypeVar("E", bound=Enum)


def harnesses(settings: FilesConfig | None = None) -> tuple[Harness[Any], ...]:
    """The port `loans` over an extract, and `notices` over an export in each layout; no other file is made up."""
    if settings is not None:
        raise BadInput("files", "is graded over extracts that the kit makes itself; leave --settings out")
    return (loans_harness(), *map(notices_harness, LAYOUTS))


# Loans.


def loans_harness() -> Harness[LoansBench]:
    """The port `loans` over the newest extract in the district's folder."""
    config = FilesConfig("hotspot-loans*.csv")
    return Harness.of(FILES, "loans", lambda world: _loans(world, config), capabilities=_offered(config))


def _offered(config: FilesConfig) -> Mapping[str, Capability]:
    negotiate = FILES.negotiate
    assert negotiate is not None  # noqa: S101 - it depends on what is configured
    return negotiate(config)


def _loans(world: World, config: FilesConfig) -> LoansBench:
    rows = {seen.item: seen for seen in world.seed.items}

    def save() -> None:
        texts = [_seen(seen, world) for seen in rows.values()]
        path = world.context.folder / "hotspot-loans.csv"
        path.write_bytes(write_csv(texts, COLUMNS_OF_LOANS))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        _tell(path, world, len(texts), f'sha256 = "{digest}"\n')

    def show(seen: Circulation) -> None:
        rows[seen.item] = seen
        save()

    def vanish() -> None:
        for path in world.context.folder.iterdir():
            path.unlink()

    save()
    opened = open_backend(FILES, config, world.context)
    if opened.loans is None:
        raise AdapterBug(world.context.instance, "open", "opened no port loans")
    return LoansBench(loans=opened.loans, close=opened.close, show=show, outage=vanish)


def _seen(seen: Circulation, world: World) -> dict[str, str]:
    """An item as an extract shows it now."""
    loan = seen.loan
    word = seen.word if seen.state is ItemState.UNKNOWN_WORD else seen.state.value
    texts = {
        "item": seen.item.local,
        "barcode": world.seed.barcodes.get(seen.item.local, ""),
        "status": word,
        "since": _when(seen.since),
        "as_of": _when(world.clock.now()),
    }
    if loan is not None:
        texts |= {"loan": loan.id.local, "household": str(loan.household or ""), "due": _when(loan.due_at)}
        texts |= {"checked_out": _when(loan.out_at), "returned": _when(loan.returned_at)}
    return {name: texts.get(name, "") for name in COLUMNS_OF_LOANS}


def _when(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()


def _tell(path: Path, world: World, rows: int, more: str = "") -> None:
    text = f"as_of = {world.clock.now().isoformat()}\nrows = {rows}\n{more}"
    manifest_of(path).write_text(text, encoding="utf-8")


# Notices.


def notices_harness(layout: str = LAYOUTS[0]) -> Harness[NoticesBench]:
    """The port `notices` over an export in that layout, made anew whenever the ILS sends something."""
    config = FilesConfig(notices="*.csv", notices_layout=layout, notices_assigning=(NoticeKind.BILL,))
    graded = Harness.of(FILES, "notices", _maker(config), capabilities=_offered(config))
    return evolve(graded, name=f"files, layout {layout}")


def _maker(config: FilesConfig) -> Callable[[World], NoticesBench]:
    layout = layout_named(config.notices_layout)

    def make(world: World) -> NoticesBench:
        sent = list(world.seed.notices)
        path = world.context.folder / "notices.csv"
        zone = ZoneInfo(world.context.timezone)
        headers = tuple(layout.columns.values()) or COLUMNS

        def save() -> None:
            path.write_bytes(write_csv([_row(one, layout, zone) for one in sent], headers))
            _tell(path, world, len(sent))

        def show(notice: Notice) -> None:
            sent.append(notice)
            save()

        save()
        opened = open_backend(FILES, config, world.context)
        if opened.notices is None:
            raise AdapterBug(world.context.instance, "open", "opened no port notices")
        kept = KEPT[layout.name]
        return NoticesBench(notices=opened.notices, close=opened.close, tells=kept, show=show, outage=path.unlink)

    return make


def _word(words: Mapping[str, E], value: E) -> str:
    """How a layout writes a value."""
    return next(text for text, known in words.items() if known is value)


def _row(one: Notice, layout: NoticeLayout, zone: ZoneInfo) -> dict[str, str]:
    """A notice as the layout's source would export it."""
    local = one.sent_at.astimezone(zone)
    cells = {
        "patron_id": one.patron.local,
        "item": one.item.local if one.item else "",
        "kind": _word(layout.kinds, one.kind),
        "sent_at": local.strftime(layout.local) if layout.local else local.isoformat(),
        "channel": _word(layout.channels, one.channel),
        "result": _word(layout.results, one.result),
        "names_assignment": "yes" if one.names_assignment else "no",
        "amount": str(one.amount or ""),
        "template": one.template,
    }
    own = layout.columns or {name: name for name in COLUMNS}
    return {header: cells[name] for name, header in own.items()}
