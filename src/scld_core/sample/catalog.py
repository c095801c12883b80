"""The sample's books: a few titles with their items on the shelves of ten libraries. Every title is invented."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from scld_core.catalog.model import Library, Title
from scld_core.circulation.model import Circulation, ItemState
from scld_core.holds.model import Copy
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.plugins.seed import Seed
from scld_core.sample.hotspots import LIBRARIES

__all__ = ["with_catalog"]

_TITLES = (
    ("A Field Guide to Imaginary Rivers", "Sample, Alva", "book", "508.797 SAM", 2019),
    ("Another Field Guide to Imaginary Rivers", "Sample, Alva", "book", "508.797 SAM v.2", 2021),
    ("The Clock at Nowhere Falls", "Invented, Nora", "book", "FIC INV", 2016),
    ("The Clock Strikes Again", "Invented, Nora", "book", "FIC INV", 2018),
    ("Wheat and Weather", "Example, Jose", "book", "630.9797 EXA", 2008),
    ("Kettles of the Palouse", "O'Example, Pat", "book", "551.4 OEX", 1999),
    ("Mi primer libro de nada", "Ejemplo, Ana", "book", "E SPANISH EJE", 2020),
    ("The Bear That Was Not There", "Madeup, Finn", "book", "E MAD", 2022),
    ("Murder at the Bookdrop", "Invented, Ines", "book", "MYS INV", 2012),
    ("Large Print Crosswords of the Inland Northwest", "Sample, Various", "book", "LP 793.73 LAR", 2015),
    ("A Season of Smoke", "Fabricated, Lee", "dvd", "DVD SEA", 2023),
    ("Songs for a Closed Library", "The Synthetic Choir", "cd", "CD 782.5 SYN", 2011),
)
_COPIES = 4
_NAMES = {name: f"{name.replace('-', ' ').title()} Library" for name in LIBRARIES}


def with_catalog(seed: Seed, *, ils: str, now: datetime) -> Seed:
    """The seed with the books, their items and the libraries; the same arguments always give the same records."""
    items: list[Circulation] = []
    barcodes, homes, kinds = dict(seed.barcodes), dict(seed.homes), dict(seed.kinds)
    copies = dict(seed.copies)
    titles = [Title(TitleId(ils, "hotspot"), "Wi-Fi hotspot", kind="hotspot", call_number="HOTSPOT")]
    for place, (name, author, kind, call_number, year) in enumerate(_TITLES):
        title = TitleId(ils, f"t{1001 + place}")
        titles.append(Title(title, name, author=author, kind=kind, call_number=call_number, year=year))
        for copy in range(_COPIES):
            number = place * _COPIES + copy
            item = ItemId(ils, f"b{number + 1:04d}")
            items.append(Circulation(item, ItemState.CHECKED_IN, now, since=now))
            barcodes[item.local] = _barcode(number)
            homes[item.local] = LIBRARIES[(place + 3 * copy) % len(LIBRARIES)]
            kinds[item.local] = kind
            copies[item.local] = Copy(title, call_number)
    return evolve(
        seed,
        items=(*seed.items, *items),
        barcodes=barcodes,
        homes=homes,
        kinds=kinds,
        copies=copies,
        titles=tuple(titles),
        libraries=tuple(Library(LocationId(name), _NAMES[name]) for name in LIBRARIES),
    )


def _barcode(number: int) -> str:
    body = f"3999901{number:06d}"  # 9999: no institution's number
    return body + luhn_digit(body)
