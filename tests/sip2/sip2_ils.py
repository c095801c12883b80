"""The ports of SIP2 over a fake library, on a line whose faults a test scripts. All data is synthetic."""

from pathlib import Path

from attrs import evolve
from sip2_line import CARD, CLOCK

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.fake import FakeLibrary
from scld_adapters.sip2.faulty import MemoryLink
from scld_adapters.sip2.plugin import SIP2
from scld_adapters.sip2.settings import Dialect, Sip2Settings
from scld_core.circulation.model import CheckOutRequest
from scld_core.holds.model import HoldRequest
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.plugins import BackendContext, SecretRef, open_backend

PATRON = PatronId("main", CARD)
DEBTOR = PatronId("main", "29999000000008")
ITEM = ItemId("main", "39999000004001")
OTHER = ItemId("main", "39999000004101")
TITLE = TitleId("main", "Synthetic title 4001")
NORTH, SOUTH = LocationId("north-spokane"), LocationId("cheney")
SETTINGS = Sip2Settings(
    "library.example",
    user="terminal",
    password=SecretRef("env:SIP2_PASSWORD"),
    institution="MAIN",
    dialect=Dialect(item_lines="barcode", fine_lines="koha"),
    libraries={"NS": "north-spokane"},
)


class Breaking:
    """A conversation that breaks off at the next request of a code, before its effect or after."""

    def __init__(self, inner, ils):
        self._inner, self._ils = inner, ils
        self._broken = False

    @property
    def closed(self):
        return self._broken or self._inner.closed

    @property
    def admitted(self):
        return self._inner.admitted

    def receive(self, data):
        code, effect = self._ils.breaks or ("", False)
        if not data.startswith(code.encode()) or not code:
            return self._inner.receive(data)
        self._ils.breaks, self._broken = None, True
        if effect:
            self._inner.receive(data)
        return b""


class Ils:
    """A library, its opened ports, and every request that reached it.

    `changed` puts a function in place of the library's answer to a kind of request. `breaks` is the code at
    which the line breaks next, and whether that request has its effect.
    """

    def __init__(self, settings=SETTINGS, without=(), secret="secret"):
        self.library = FakeLibrary.sample(CLOCK)
        self.breaks = None
        self.heard = []
        self.changed = {}
        handlers = self.library.handlers()
        self._handlers = {code: self._hearing(code, run) for code, run in handlers.items() if code not in without}
        self.opened = open_backend(SIP2, settings, context(self._dial, secret))
        self.patrons, self.loans, self.holds = self.opened.patrons, self.opened.loans, self.opened.holds
        self.catalog, self.fees = self.opened.catalog, self.opened.fees

    def _hearing(self, code, handler):
        def run(request):
            self.heard.append(request)
            answer = handler(request)
            return self.changed[code](answer) if code in self.changed else answer

        return run

    def _dial(self):
        return MemoryLink(Breaking(Acs(self._handlers, AcsSettings("MAIN"), CLOCK), self))

    def sent(self, code):
        """How many requests of that code the library has handled."""
        return sum(request.code == code for request in self.heard)


def put(**fields):
    """A function that puts these values in the place of an answer's; None takes a field out."""

    def change(answer):
        kept = [(tag, text) for tag, text in answer.fields if tag not in fields]
        return evolve(answer, fields=(*kept, *((tag, text) for tag, text in fields.items() if text is not None)))

    return change


def context(dial, secret="secret"):
    """What a backend is opened with."""
    return BackendContext(
        "main",
        CLOCK,
        Path("/nonexistent"),
        lambda ref: secret,
        timezone="America/Los_Angeles",
        transport=dial,
        sleep=lambda seconds: None,
    )


def loan(patron=PATRON, item=ITEM, **more):
    """A request to lend."""
    return CheckOutRequest(patron=patron, item=item, **more)


def wanted(**more):
    """A request for a hold."""
    return evolve(HoldRequest(patron=PATRON, title=TITLE, pickup=NORTH, item=ITEM), **more)


def due(moment):
    """A date as SIP2 writes it."""
    return format_date(moment, FakeLibrary.sample(CLOCK).zone)
