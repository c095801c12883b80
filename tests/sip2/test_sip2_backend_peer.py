"""SIP2 as an ILS over another implementation of the library system: pysip2, on a real socket."""

import logging
from pathlib import Path
from threading import Event, Thread

import anyio
import pysip2
import pytest
from attrs import evolve
from sip2_ils import ITEM, NORTH, PATRON, SETTINGS, loan
from sip2_line import CARD, CLOCK

from scld_adapters.sip2.plugin import SIP2
from scld_core.circulation.model import ItemState
from scld_core.errors import NotFound, Rejected, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Block
from scld_core.plugins import BackendContext, open_backend

DUE = "20261213    235900"
_COUNTS = ("overdue", "fine", "recall")


class Library:
    """One item and one patron behind pysip2's server, in a thread of its own."""

    def __init__(self):
        self.lent = False
        self.port = 0
        self._ready, self._stop = Event(), None
        self._thread = Thread(target=lambda: anyio.run(self._run))

    def _app(self):
        app = pysip2.SIP2Server(institution_id="MAIN", login_required=True, logger=logging.getLogger("quiet"))
        app._logger.setLevel(logging.CRITICAL)

        @app.route(pysip2.LOGIN)
        async def login(request, context):
            return pysip2.LoginResponse(ok="1" if request.login_password == "secret" else "0")

        @app.route(pysip2.PATRON_INFORMATION)
        async def information(request, context):
            known, charged = request.patron_identifier == CARD, request.summary == "  Y       "
            return pysip2.PatronInformationResponse(
                patron_status=" " * 14,
                language="001",
                transaction_date=context.now_18(),
                **{f"{name}_items_count": "0000" for name in (*_COUNTS, "hold")},
                unavailable_holds_count="0000",
                charged_items_count="0001" if self.lent else "0000",
                charged_items=(ITEM.local,) if self.lent and charged else (),
                institution_id="MAIN",
                patron_identifier=request.patron_identifier,
                personal_name="Fake Müller" if known else "",
                valid_patron="Y" if known else "N",
                valid_patron_password="Y" if request.patron_password == "1234" else "N",
                fee_amount="2.50",
            )

        @app.route(pysip2.ITEM_INFORMATION)
        async def item(request, context):
            known = request.item_identifier == ITEM.local
            return pysip2.ItemInformationResponse(
                circulation_status=("04" if self.lent else "03") if known else "01",
                security_marker="02",
                fee_type="01",
                transaction_date=context.now_18(),
                item_identifier=request.item_identifier,
                title_identifier="Synthetic title" if known else "",
                due_date=DUE if known and self.lent else None,
            )

        self._lend(app)
        return app

    def _lend(self, app):
        @app.route(pysip2.CHECKOUT)
        async def out(request, context):
            self.lent = True
            return pysip2.CheckoutResponse(
                ok="1",
                renewal_ok="N",
                magnetic_media="N",
                desensitize="Y",
                transaction_date=context.now_18(),
                institution_id="MAIN",
                patron_identifier=request.patron_identifier,
                item_identifier=request.item_identifier,
                title_identifier="Synthetic title",
                due_date=DUE,
            )

        @app.route(pysip2.CHECKIN)
        async def back(request, context):
            self.lent = False
            return pysip2.CheckinResponse(
                ok="1",
                resensitize="Y",
                magnetic_media="N",
                alert="N",
                transaction_date=context.now_18(),
                institution_id="MAIN",
                item_identifier=request.item_identifier,
                permanent_location="NS",
            )

    async def _run(self):
        self._stop = anyio.Event()
        app = self._app()
        # the package's own `start` leaves its listening socket open
        async with await app.listen(port=0) as listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, app._handle_connection)
            self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
            self._token = anyio.lowlevel.current_token()
            self._ready.set()
            await self._stop.wait()
            tasks.cancel_scope.cancel()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc):
        anyio.from_thread.run_sync(self._stop.set, token=self._token)
        self._thread.join()


@pytest.fixture
def ils():
    """The ports, opened over pysip2 by a socket of the loopback."""
    with Library() as library:
        settings = evolve(SETTINGS, host="127.0.0.1", port=library.port)
        made = BackendContext("main", CLOCK, Path(), lambda ref: "secret", "America/Los_Angeles", sleep=lambda _: None)
        opened = open_backend(SIP2, settings, made)
        yield opened
        opened.close()


def test_reading(ils):
    """The patron, the PIN, what is owed and the item, as another implementation tells them."""
    seen = ils.patrons.find(Barcode(CARD))
    assert (seen.id, seen.contact.name.family) == (PATRON, "Fake Müller")
    assert [ils.patrons.check_pin(PATRON, pin) for pin in ("1234", "0000")] == [True, False]
    assert ils.fees.account(PATRON).balance == Money(250)
    assert ils.loans.get(ITEM).state is ItemState.CHECKED_IN
    assert ils.catalog.find_item(Barcode(ITEM.local)).title.local == "Synthetic title"
    assert ils.patrons.find(Barcode("29999000000099")) is None
    with pytest.raises(NotFound):
        ils.loans.get(ItemId("main", "0000"))


def test_lending_and_taking_back(ils):
    """Lent, listed and taken back; the item is lent to nobody else meanwhile."""
    lent = ils.loans.check_out(loan(), key="k1")
    assert lent.due_at.isoformat() == "2026-12-14T07:59:00+00:00"
    assert [row for page in ils.loans.of_patron(PATRON) for row in page.rows] == [lent]
    with pytest.raises(Rejected, match="on loan"):
        ils.loans.check_out(loan(), key="k2")
    back = ils.loans.check_in(ITEM, NORTH, key="k3")
    assert (back.ended.id, back.circulation.loan) == (lent.id, None)


def test_what_it_has_no_handler_for_is_not_sent(ils):
    """Its BX leaves out 01 and 29: refused at the call, each by its name."""
    with pytest.raises(UnsupportedOperation, match="01"):
        ils.patrons.set_block(PATRON, Block("charge-denied"), key="k1")
    ils.loans.check_out(loan(), key="k2")
    with pytest.raises(UnsupportedOperation, match="29"):
        ils.loans.renew(ITEM, None, key="k3")
