"""A Koha that holds state behind real HTTP, and the backend opened on it. All data is synthetic."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters._shared.http import Headers, Response
from scld_adapters.koha.backend import open_ports
from scld_adapters.koha.fake import FakeKoha
from scld_adapters.koha.plugin import KOHA
from scld_adapters.koha.settings import KohaSettings
from scld_core.circulation.model import CheckIn, Loan
from scld_core.kernel.ids import HoldId, ItemId, LoanId, PatronId, TitleId
from scld_core.plugins import SecretRef, open_backend
from scld_core.plugins.spec import BackendContext
from scld_core.testing.clock import TickingClock

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
SECRET = "synthetic-secret"
ZONE = "America/Los_Angeles"
READS = ("/oauth/token", "/validation")
ANN, BOB = PatronId("koha", "1"), PatronId("koha", "2")
RIVERS, CLOCKS, GONE = TitleId("koha", "1"), TitleId("koha", "2"), TitleId("koha", "3")


def item(number):
    """An item's id."""
    return ItemId("koha", str(number))


def hold(number):
    """A hold's id."""
    return HoldId("koha", str(number))


def filled(clock):
    """Two patrons, three titles, four items, two libraries; one item is lent, one withdrawn."""
    fake = FakeKoha(clock, zone=ZONE, secret=SECRET)
    tables = fake.tables
    for code, name in (("CH", "Cheney"), ("NS", "North Spokane")):
        tables.add_library(code, name)
    tables.add_library("SC", "Service Centre", pickup=False)
    tables.add_patron(1, surname="Sample", firstname="Ann", cardnumber="29082000123450", userid="ann", library_id="CH")
    tables.add_patron(2, surname="Sample", firstname="Bob", cardnumber="29082000123468", userid="bob", library_id="NS")
    for number, title in ((1, "Imaginary Rivers"), (2, "Clocks of Nowhere"), (3, "Nothing Left")):
        tables.add_biblio(number, title=title, author="Invented, Nora", isbn="978-0-306-40615-7 (paper)")
    for number, biblio in ((1, 1), (2, 1), (3, 2), (4, 3)):
        home = {"home_library_id": "CH", "holding_library_id": "CH"}
        tables.add_item(number, biblio_id=biblio, external_id=f"3909999000000{number}", callnumber="508 INV", **home)
    tables.items[4]["withdrawn"] = 1
    tables.add_checkout(1, 3, NOW + timedelta(days=5))
    return fake


class Front:
    """What stands before a Koha: `instead` are the answers that it gives in Koha's place, by the end of a path.

    `afterwards` is what it gives to everything that comes after the first change.
    """

    def __init__(self, fake):
        self.fake, self.instead, self.afterwards, self.changed = fake, {}, None, False

    def __call__(self, request):
        if self.afterwards is not None and self.changed:
            return self.afterwards
        given = (answer for path, answer in self.instead.items() if request.url.endswith(path))
        self.changed = self.changed or (request.method != "GET" and not request.url.endswith(READS))
        return next(given, None) or self.fake(request)


class System:
    """What a test needs of a Koha: its tables, its server, what stands before it, the ports."""

    def __init__(self, front, server, opened, clock):
        self.fake, self.front, self.server, self.opened, self.clock = front.fake, front, server, opened, clock
        self.tables = front.fake.tables

    def __getattr__(self, name):
        return getattr(self.opened, name)

    def written(self):
        """The changes that were asked for."""
        return [(r.method, r.url) for r in self.server.requests if r.method != "GET" and not r.url.endswith(READS)]


@contextmanager
def koha(**more):
    """An opened Koha."""
    clock = TickingClock(NOW)
    fake = filled(clock)
    front = Front(fake)
    with FakeServer(front, expire=fake.expire) as server:
        told = {"user": fake.user, "password": SecretRef("env:KOHA")} if "client_id" not in more else {}
        own = {"cheney": "CH", "north-spokane": "NS"}
        settings = KohaSettings(server.url, **{"libraries": own, "page_size": 2, "staff": 1, **told, **more})
        context = BackendContext("koha", clock, Path(), lambda ref: SECRET, timezone=ZONE, sleep=clock.sleep)
        opened = open_backend(KOHA, settings, context)
        try:
            system = System(front, server, opened, clock)
            system.bare = open_ports(settings, context)
            yield system
            system.bare.close()
        finally:
            opened.close()


def rows(pages):
    """All rows of a list."""
    return [row for page in pages for row in page.rows]


def told(status, body):
    """An answer of whatever stands before Koha, or of Koha itself."""
    return Response(status, Headers([("Content-Type", "application/json")]), body)


class Sip2Beside:
    """The lending half of a Koha: by barcode and card number, over the same tables."""

    def __init__(self, system, then=lambda: None):
        self.system, self.lies, self.then = system, False, then

    def check_out(self, request, *, key, answers=None):
        del key, answers
        tables = self.system.tables
        number = self._item(request.item.local)
        patron = next(n for n, row in tables.patrons.items() if row["cardnumber"] == request.patron.local)
        if not self.lies:
            tables.add_checkout(patron, number, NOW)
        self.then()
        return Loan(LoanId(request.item.backend, request.item.local), request.item, NOW)

    def check_in(self, item, at, *, key, shelf_until=None):
        del key, shelf_until
        number = self._item(item.local)
        for lent in [row for row in self.system.tables.checkouts.values() if row["item_id"] == number]:
            if not self.lies:
                del self.system.tables.checkouts[lent["checkout_id"]]
        back = CheckIn(self.system.loans.get(ItemId("koha", str(number))), None, None, at)
        self.then()
        return back

    def _item(self, barcode):
        return next(n for n, row in self.system.tables.items.items() if row["external_id"] == barcode)
