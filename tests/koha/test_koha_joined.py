"""Koha by REST and its SIP2 port beside it, over one set of tables: what the one writes the other shows."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from koha_system import ANN, BOB, CLOCKS, NOW, RIVERS, SECRET, ZONE, filled, item, koha

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters._shared.http import Headers, Response
from scld_adapters.koha.plugin import KOHA
from scld_adapters.koha.settings import KohaSettings
from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.fake import FakeItem, FakeLibrary, FakePatron
from scld_adapters.sip2.faulty import MemoryLink
from scld_adapters.sip2.settings import Dialect, Sip2Settings
from scld_core.circulation.model import CheckOutRequest, ItemState
from scld_core.errors import Conflict, NotFound, OutcomeUnknown, ProtocolViolation, Rejected, UnsupportedOperation
from scld_core.holds.model import HoldRequest
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.plugins import SecretRef, open_backend
from scld_core.plugins.spec import BackendContext
from scld_core.testing.clock import TickingClock

CHENEY = LocationId("cheney")


class KohaSip2:
    """The SIP2 port of a Koha, whose loans REST shows. `mute` drops the next answer after its effect."""

    def __init__(self, fake, clock):
        self.tables, self.mute = fake.tables, False
        people = [row for row in self.tables.patrons.values() if row["cardnumber"]]
        self.library = FakeLibrary(
            clock,
            {row["cardnumber"]: FakePatron(row["cardnumber"], "Fake Testpatron") for row in people},
            {row["external_id"]: FakeItem(row["external_id"], "Synthetic") for row in self.tables.items.values()},
            login=("terminal", SECRET),
        )
        self.refresh()

    def refresh(self):
        """See the loans as they are in the tables."""
        for patron in self.library.patrons.values():
            patron.loans.clear()
        for row in self.tables.items.values():
            self.library.items[row["external_id"]].due = ""
        for lent in self.tables.checkouts.values():
            barcode = self.tables.items[lent["item_id"]]["external_id"]
            card = self.tables.patrons[lent["patron_id"]]["cardnumber"]
            self.library.items[barcode].due = "20261214    235900"
            self.library.patrons[card].loans.append(barcode)

    def handlers(self):
        """Those of the library, which look at the tables first and write what they did into them."""
        own = self.library.handlers()
        return {code: (lambda request, code=code: self._handled(own[code], code, request)) for code in own}

    def _handled(self, handler, code, request):
        self.refresh()
        answer = handler(request)
        if code in ("11", "09") and answer.text("ok") == "1":
            number = next(n for n, row in self.tables.items.items() if row["external_id"] == request.text("AB"))
            if code == "11":
                owner = next(n for n, row in self.tables.patrons.items() if row["cardnumber"] == request.text("AA"))
                self.tables.add_checkout(owner, number, NOW + timedelta(days=21))
            else:
                for lent in [one for one in self.tables.checkouts.values() if one["item_id"] == number]:
                    del self.tables.checkouts[lent["checkout_id"]]
            if self.mute:
                self.mute = False
                raise ConnectionError
        return answer


@contextmanager
def joined():
    """The opened backend, the fake, and its SIP2 port."""
    clock = TickingClock(NOW)
    fake = filled(clock)
    beside = KohaSip2(fake, clock)
    with FakeServer(fake) as server:
        sip2 = Sip2Settings(
            "127.0.0.1", user="terminal", password=SecretRef("env:X"), dialect=Dialect(item_lines="barcode")
        )
        settings = KohaSettings(
            server.url, user=fake.user, password=SecretRef("env:X"), libraries={"cheney": "CH"}, sip2=sip2
        )
        from scld_adapters._shared._httpx import HttpxSend

        send = HttpxSend()
        link = lambda: MemoryLink(Acs(beside.handlers(), AcsSettings(timezone=ZONE), clock))  # noqa: E731
        context = BackendContext("koha", clock, Path(), lambda ref: SECRET, timezone=ZONE, transport=(send, link))
        opened = open_backend(KOHA, settings, context)
        try:
            yield opened, fake, beside
        finally:
            opened.close()
            send.close()


def test_what_is_lent_by_sip2_shows_by_rest():
    """With Koha's own ids on our side, and barcodes and cards on the wire; and the other way round."""
    with joined() as (opened, fake, _):
        lent = opened.loans.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k1")
        assert (lent.patron, lent.item) == (BOB, item(1))
        assert opened.loans.get(item(1)).state is ItemState.ON_LOAN
        assert [row["patron_id"] for row in fake.tables.checkouts.values() if row["item_id"] == 1] == [2]
        again = opened.loans.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k1")
        assert again.id == lent.id
        back = opened.loans.check_in(item(1), CHENEY, key="k2")
        assert (back.circulation.state, back.ended.id) == (ItemState.CHECKED_IN, lent.id)
        with pytest.raises(Rejected):
            opened.loans.check_out(CheckOutRequest(patron=BOB, item=item(3)), key="k3")  # Ann has it


def test_a_sip2_answer_that_is_lost_is_looked_for_and_nothing_is_lent_twice():
    """11 without an answer: the item is with the patron, so it was lent; once."""
    with joined() as (opened, fake, beside):
        beside.mute = True
        lent = opened.loans.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k1")
        assert lent.patron == BOB
        assert len([row for row in fake.tables.checkouts.values() if row["item_id"] == 1]) == 1


def test_several_at_once_place_one_hold():
    """Of writes for one patron the second begins when the first was read back: Koha alone lets both through."""
    with koha() as system:
        system.fake.per_title = 99  # what its race amounts to
        done, refused = [], []

        def place(number):
            try:
                ask = HoldRequest(patron=ANN, title=RIVERS, pickup=CHENEY)
                done.append(system.holds.place(ask, key=f"k{number}"))
            except Rejected:
                refused.append(number)

        threads = [threading.Thread(target=place, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert (len(done), len(refused), len(system.tables.holds)) == (1, 3, 1)


def test_two_patrons_do_not_wait_for_each_other():
    """The lock is the patron's own, and is gone when nobody holds it."""
    with koha() as system:
        for patron in (ANN, BOB):
            assert system.holds.place(HoldRequest(patron=patron, title=RIVERS, pickup=CHENEY), key=str(patron)).rank
        with pytest.raises(Conflict):
            system.holds.place(HoldRequest(patron=ANN, title=CLOCKS, pickup=CHENEY), key=str(ANN))


RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("koha_rest_23_05.jsonl").read_text(encoding="utf-8").splitlines()[1:]
]


def replay(*labels):
    """A transport that answers as Koha did, by method and path, whatever else is asked; the first label that fits."""
    rows = [row for label in labels for row in RECORDED if row["label"] == label]

    def send(request):
        path = request.url.partition("/api/v1")[2]
        for row in rows:
            if (row["method"], row["path"].partition("?")[0]) == (request.method, path):
                headers = Headers([("X-Total-Count", row["headers"]["X-Total-Count"])] if _counted(row) else [])
                body = b"" if row["answer"] is None else json.dumps(row["answer"]).encode()
                return Response(row["status"], headers, body)
        return Response(404, Headers(), b'{"error":"Not found"}')

    return send


def _counted(row):
    total = row["headers"].get("X-Total-Count")
    return total is not None and isinstance(row["answer"], list) and int(total) == len(row["answer"])


@contextmanager
def replayed(*labels, **more):
    """The backend over recorded exchanges."""
    settings = KohaSettings("https://staff.example.org", user="u", password=SecretRef("env:X"), **more)
    clock = TickingClock(NOW)
    context = BackendContext(
        "koha", clock, Path(), lambda ref: SECRET, timezone=ZONE, transport=replay(*labels), sleep=clock.sleep
    )
    opened = open_backend(KOHA, settings, context)
    yield opened
    opened.close()


def number(kind, local):
    """An id of the recorded Koha."""
    return kind("koha", str(local))


def test_recorded_reads_are_replayed():
    """The exchanges with a real Koha, through the whole adapter."""
    with replayed(
        "patron.get",
        "patrons.by.cardnumber.exact",
        "holds.list.patron.nested",
        "item.get",
        "biblio.get",
        "items.by.barcode",
        "biblio.items",
    ) as opened:
        assert opened.patrons.get(number(PatronId, 124)).category == "PT"
        assert opened.patrons.find(Barcode("29999000000003")).id == number(PatronId, 6)
        with pytest.raises(ProtocolViolation, match="other cards"):  # the answer to another question
            opened.patrons.find(Barcode("29999000000004"))
        (page,) = opened.holds.of_patron(number(PatronId, 15))
        assert [str(row.id) for row in page.rows] == ["koha:3", "koha:8", "koha:7"]
        assert opened.catalog.item(number(ItemId, 61)).call_number == "TEST 021"
        assert opened.catalog.title(number(TitleId, 21)).title == "Synthetic title 021"
        assert opened.catalog.find_item(Barcode("39999000002101")).id == number(ItemId, 61)
        (page,) = opened.catalog.items_of(number(TitleId, 21))
        assert number(ItemId, 61) in {row.id for row in page.rows}
        with pytest.raises(NotFound):
            opened.patrons.get(number(PatronId, 5))


def test_recorded_writes_are_replayed():
    """A refusal is one; an answer that no read confirms is not done."""
    ask = HoldRequest(patron=number(PatronId, 15), title=number(TitleId, 99), pickup=LocationId("DP"))
    with replayed("holds.list.patron.nested", "hold.create.dup") as opened, pytest.raises(Rejected, match="tooMany"):
        opened.holds.place(ask, key="k1")
    with replayed("holds.list.patron.nested", "hold.create.biblio") as opened, pytest.raises(OutcomeUnknown):
        opened.holds.place(ask, key="k2")
    with (
        replayed("holds.list.patron.nested", "hold.create.badbiblio") as opened,
        pytest.raises(NotFound),  # 500 over a title that is not there
    ):
        opened.holds.place(ask, key="k3")
    waiting = number(HoldId, 1)
    with replayed("holds.waiting", "hold.suspend.waiting") as opened, pytest.raises(Rejected, match="set aside"):
        opened.holds.suspend(waiting, None, key="k4")
    with replayed("holds.waiting", "hold.put.pickup_location") as opened, pytest.raises(Rejected, match="set aside"):
        opened.holds.change_pickup(waiting, LocationId("MD"), key="k5")
    with replayed("auth.badpw") as opened, pytest.raises(UnsupportedOperation):
        opened.loans.check_in(number(ItemId, 61), LocationId("DP"), key="k6")


def test_the_due_date_is_kohas_own():
    """Whatever date the desk would have asked for."""
    with joined() as (opened, fake, _):
        request = CheckOutRequest(patron=BOB, item=item(2))
        lent = opened.loans.check_out(evolve(request, due_at=NOW + timedelta(days=9)), key="k1")
        assert lent.due_at == NOW + timedelta(days=21)  # Koha's own date
        assert fake.tables.checkouts
