"""Synthetic records for backends that can be filled from nothing: the embedded ILS, the simulated carrier."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from scld_core.calendars.model import Closure
from scld_core.catalog.model import Library, Title
from scld_core.circulation.model import Circulation
from scld_core.fees.ledger import Account
from scld_core.holds.model import Copy, Hold
from scld_core.hotspots.model import LineView
from scld_core.notices.model import Notice
from scld_core.patrons.model import Household
from scld_core.patrons.person import Patron

__all__ = ["Seed"]


@frozen
class Seed:
    """What a sample district starts with. Every value is synthetic.

    `barcodes` maps an item's local id to its barcode, `households` a patron's local id to a
    household, `merged` a merged patron's local id to the survivor's. `patrons` tell of their own
    merged records themselves; each of `accounts` and of `notices` is of one of `patrons`. `copies` maps an
    item's local id to what it is a copy of, `kinds` to what sort of item it is; `holds` are in the order of
    the queue.
    """

    items: tuple[Circulation, ...] = ()
    lines: tuple[LineView, ...] = ()
    barcodes: Mapping[str, str] = field(factory=dict[str, str])
    homes: Mapping[str, str] = field(factory=dict[str, str])
    households: Mapping[str, Household] = field(factory=dict[str, Household])
    merged: Mapping[str, str] = field(factory=dict[str, str])
    patrons: tuple[Patron, ...] = ()
    accounts: tuple[Account, ...] = ()
    notices: tuple[Notice, ...] = ()
    copies: Mapping[str, Copy] = field(factory=dict[str, Copy])
    holds: tuple[Hold, ...] = ()
    titles: tuple[Title, ...] = ()
    libraries: tuple[Library, ...] = ()
    closures: tuple[Closure, ...] = ()
    kinds: Mapping[str, str] = field(factory=dict[str, str])
