"""Districts with self-checks: the sample over its embedded ILS, and over a SIP2 port. All data is synthetic."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from sip2_ils import Breaking, put
from sip2_line import CARD

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.client import Account, Client
from scld_adapters.sip2.desk_handlers import DeskHandlers
from scld_adapters.sip2.desk_offer import unsupported
from scld_adapters.sip2.desk_protocol import Memory, Station
from scld_adapters.sip2.fake import FakeItem, FakeLibrary
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.self_checks import SelfCheck, SelfChecks
from scld_adapters.sip2.serve import serve_desks
from scld_adapters.sip2.server import Server
from scld_adapters.sip2.settings import Sip2Settings, Timing
from scld_adapters.sip2.transport import connect
from scld_core import open_desk
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.time import FixedClock
from scld_core.patrons.contact import Contact, PersonName
from scld_core.patrons.requests import NewPatron
from scld_core.plugins import SecretRef
from scld_core.plugins.serving import ServeOrder

NAME = "Canaryname"
PIN = "canary-pin-2209"
ITEM, HELD = "39999010000089", "39999010000139"
SECRET = "canary-password-8814"
MACHINES = """
[[terminal]]
user = "kiosk-cheney"
password = "env:SCLD_TEST_SELF_CHECK"
library = "cheney"

[[terminal]]
user = "kiosk-argonne"
password = "env:SCLD_TEST_SELF_CHECK"
library = "argonne"
"""


def make_district(sample, folder):
    """A copy of the sample district with two machines and one patron who has a PIN."""
    copied(sample, folder)
    (folder / "self-checks.toml").write_text(MACHINES, encoding="utf-8")
    with open_desk(folder, actor="maker") as desk:
        someone = Contact(name=PersonName(NAME, "Greta"))
        new = NewPatron(number=Barcode(CARD), contact=someone, category="adult", pin=PIN)
        desk.backends["main"].patrons.register(new, key="someone")
    return folder


def over_sip2(folder, port):
    """The same district, whose ILS is a SIP2 port."""
    text = (folder / "district.toml").read_text(encoding="utf-8")
    ils = (
        '[backends.main]\nuse = "sip2"\nhost = "127.0.0.1"\nport = '
        f'{port}\nuser = "terminal"\npassword = "env:SCLD_TEST_ILS"\ninstitution = "MAIN"\n'
        'dialect = { item_lines = "barcode", fine_lines = "koha" }\n'
    )
    assert text.count('[backends.main]\nuse = "embedded"\n') == 1
    (folder / "district.toml").write_text(text.replace('[backends.main]\nuse = "embedded"\n', ils), encoding="utf-8")
    return folder


@contextmanager
def serving(folder, **order):
    """The port of a running server over the district."""
    running = serve_desks(ServeOrder(folder=folder, open_desk=lambda who: open_desk(folder, actor=who), **order))
    try:
        yield running.port
    finally:
        running.close()
        running.close()


def terminal(port, user="kiosk-cheney", password=SECRET, **settings):
    """A machine as our own client plays it."""
    there = Sip2Settings("127.0.0.1", port, **settings)
    return Client(
        lambda: connect(there, Path()), Account(user, password), timing=Timing(answer=10.0), dialect=there.dialect
    )


class Ils:
    """A library behind a SIP2 port, whose line a test breaks at a request; with `hides` it lists nobody's loans.

    Requests of the codes `without` it does not know.
    """

    def __init__(self, today, without=()):
        clock = FixedClock(today)
        self.library, self.breaks, self.hides = FakeLibrary.sample(clock), None, False
        for item in self.library.items.values():
            item.medium = "001"
        self.library.items[HELD] = FakeItem(HELD, "Synthetic", medium="001")
        settings, handlers = AcsSettings("MAIN"), dict(self.library.handlers())
        tell = handlers["63"]
        handlers["63"] = lambda request: put(AU=None)(tell(request)) if self.hides else tell(request)
        handlers = {code: run for code, run in handlers.items() if code not in without}
        self.server = Server(lambda: Breaking(Acs(handlers, settings, clock), self), ("127.0.0.1", 0))


def copied(source, folder):
    """A district of a test's own."""
    return Path(shutil.copytree(source, folder, dirs_exist_ok=True))


_AT = "20260310    0800{:02}"


class Table(dict):
    """The handlers of a machine, and its station."""

    def __init__(self, handlers, station):
        super().__init__(handlers)
        self.station = station


@contextmanager
def at_desk(folder, memory=None, **settings):
    """What answers one machine's requests at an open desk, with no line between; as a table, by the code."""
    machine = SelfCheck("kiosk-cheney", SecretRef("env:SCLD_TEST_SELF_CHECK"), "cheney")
    with open_desk(folder, actor=machine.user) as desk:
        checks, zone = SelfChecks((machine,), **settings), ZoneInfo("America/Los_Angeles")
        lacking = unsupported(desk)
        station = Station(desk, machine, checks, zone, Seal("x"), memory or Memory(), "SCLD", lacking)
        yield Table(DeskHandlers.of(station).table(), station)


def tell(table, code, **named):
    """The answer of a table to one request."""
    return table[code](asking(code, **named))


def ask(client, code, **named):
    """One request over a line."""
    return client.ask(asking(code, **named), operation="test", key="test")


def asking(code, *, second=0, card=CARD, pin=PIN, **named):
    """One request, at a second of its own."""
    request = {"transaction_date": _AT.format(second), "institution_id": "", "terminal_password": "", **named}
    if code != "99" and code not in ("17", "09"):
        request |= {"patron_identifier": card}
    if code in ("11", "15", "23", "29", "63") and pin is not None:
        request |= {"patron_password": pin}
    return make(code, request)


def borrow(client, item=ITEM, **named):
    """A check-out."""
    return ask(client, "11", **{**BORROW, "item_identifier": item, **named})


BORROW = {"sc_renewal_policy": "N", "no_block": "N", "nb_due_date": " " * 18}
RENEW = {"third_party_allowed": "N", "no_block": "N", "nb_due_date": " " * 18}
BACK = {"no_block": "N", "return_date": _AT.format(0), "current_location": ""}
