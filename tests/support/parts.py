"""A plugin of memory parts that a district in a folder can name: their state is kept, their openings are counted."""

import sys
import types
from collections import Counter
from datetime import timedelta
from importlib import metadata
from textwrap import dedent

from attrs import frozen

from scld_core.hotspots.model import BulkFile, ServiceState
from scld_core.kernel.capability import Full, Unsupported
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.store import MemoryStore
from scld_core.plugins import BackendSpec, OpenBackend, hookimpl
from scld_core.plugins.guard import port_operations
from scld_core.runs.model import Answer, AnswerKind
from scld_core.sample.files import SAMPLE_DAY
from scld_core.sample.template import district_toml
from support.clock import Ticking
from support.hotspots import NOW, device, item_id, line

STORE = '[store]\nuse = "sqlite"\nfile = "district.sqlite"\n'
MAIN = '[backends.main]\nuse = "embedded"\n'
CARRIER = '[backends.carrier]\nuse = "simulated"\n'
OUR_STORE = '[store]\nuse = "kept"\n'
OUR_MAIN = '[backends.main]\nuse = "shelf"\n'
OUR_CARRIER = '[backends.carrier]\nuse = "radio"\n'
BULK = "lines.bulk_file"


@frozen
class Nothing:
    """A backend's table without keys."""


@frozen
class Kept:
    """The store's table; its file is not used."""

    file: str = ""


class KeptInOrder(MemoryStore):
    """A store with upkeep: what was asked of it is noted, and each copy is a line of text."""

    notes = ("kept on a shelf",)

    def __init__(self):
        super().__init__()
        self.asked = []

    def create(self):
        """Note it."""
        self.asked.append("create")

    def check(self):
        """Note it."""
        self.asked.append("check")

    def migrate(self):
        """Note it."""
        self.asked.append("migrate")
        return "nothing had to be done"

    def backup(self, target):
        """Leave a line."""
        target.write_text("a copy\n", encoding="utf-8")
        return target


class ByHand(MemoryCarrier):
    """A carrier with a portal only: every request waits for a person."""

    def _order(self, order):
        del order
        return Answer(AnswerKind.FOR_OPERATOR)


class ByFile(ByHand):
    """A portal that takes a file of requests, good for six hours."""

    def bulk_file(self, rows, now):
        """One line for each request."""
        text = "".join(f"{row.action},{row.line.iccid}\n" for row in rows)
        return BulkFile("bulk.csv", text.encode(), now + timedelta(hours=6))


def full(port):
    """Every operation of a port, fully; a bulk file is none of them."""
    return {name: Full() for name in port_operations(port) if name != BULK} | (
        {BULK: Unsupported("no bulk file")} if port == "lines" else {}
    )


class Parts:
    """Backends `kept`, `shelf` and `radio` by default under those names, over memory parts that outlive a desk."""

    def __init__(
        self, *, kept="kept", shelf="shelf", radio="radio", breaks=(), bare=False, store=None, lines=MemoryCarrier
    ):
        self.clock = Ticking(NOW)
        self.store = store or MemoryStore()
        self.loans = MemoryLoans(self.clock)
        self.lines = lines(self.clock)
        self.names = (kept, shelf, radio)
        self.breaks = frozenset(breaks)
        self.bare = bare
        self.opened = Counter()
        self.closed = Counter()

    def _of_lines(self):
        return full("lines") | ({BULK: Full()} if hasattr(self.lines, "bulk_file") else {})

    def stock(self, count):
        """Let there be devices 0 to `count` - 1, checked in and in service; gives their inventory."""
        rows = ["item,barcode,imei,iccid,msisdn,carrier,home,model"]
        for number in range(count):
            self.loans.add(item_id(number))
            self.lines.add(line(number), ServiceState.ACTIVE)
            one = device(number)
            rows.append(f"i{number},{one.barcode},{one.line.imei},{one.line.iccid},,carrier,cheney,Synthetic M1")
        return "\n".join([*rows, ""])

    @property
    def left_open(self):
        """What was opened and never closed."""
        return set(self.opened) - set(self.closed)

    def _open(self, what, **ports):
        def opener(config, context):
            del config, context
            if what in self.breaks:
                raise OSError(f"{what} is broken")
            self.opened[what] += 1
            return OpenBackend(**ports, close=lambda: self.closed.update([what]))

        return opener

    @hookimpl
    def scld_backends(self):
        """The three."""
        kept, shelf, radio = self.names
        store = {} if self.bare else {"store": self.store}
        return (
            BackendSpec(kept, "store", Kept, self._open("store", **store), {}),
            BackendSpec(shelf, "ils", Nothing, self._open("main", loans=self.loans), full("loans")),
            BackendSpec(radio, "carrier", Nothing, self._open("carrier", lines=self.lines), self._of_lines()),
        )


def ours(*cuts):
    """The sample's district.toml over the parts above, after (old, new) replacements."""
    text = district_toml("Synthetic", sample_day=SAMPLE_DAY)
    for old, new in ((STORE, OUR_STORE), (MAIN, OUR_MAIN), (CARRIER, OUR_CARRIER), *cuts):
        assert old in text, old
        text = text.replace(old, new)
    return text


def district(folder, *cuts, inventory="item,barcode,imei,iccid,msisdn,carrier,home,model\n"):
    """A district folder with that district.toml and an inventory."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "district.toml").write_text(ours(*cuts), encoding="utf-8")
    (folder / "hotspots.csv").write_text(inventory, encoding="utf-8")
    return folder


def install(site, distribution, source):
    """Lay a distribution with one plugin module into a site folder, as pip would."""
    site.mkdir(exist_ok=True)
    module = distribution.replace("-", "_")
    (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[scld]\n{module} = {module}\n", encoding="utf-8")


def instead(monkeypatch, parts):
    """Let these parts be all that is installed, under whatever names they bear."""
    module = types.ModuleType("other_parts")
    module.scld_backends = parts.scld_backends
    monkeypatch.setitem(sys.modules, "other_parts", module)
    point = metadata.EntryPoint("other", "other_parts", "scld")
    monkeypatch.setattr(metadata, "entry_points", lambda group: [point])
    return parts
