"""The port Loans over Koha's REST interface; what it has no route for goes by Koha's SIP2, where that is set up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from attrs import evolve

from scld_adapters._shared.bulk import walk
from scld_adapters._shared.faults import Call, undecodable
from scld_adapters._shared.keys import Keys
from scld_adapters.koha.capabilities import NO_LENDING, NO_STAFF
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.wire import (
    WireCheckout,
    WireHold,
    WireItem,
    decode_checkout,
    decode_claim,
    decode_hold,
    decode_item,
    decode_patron,
    decode_problem,
)
from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.ports import DECLARED, KEEPS_LOAN, Loans
from scld_core.errors import NotFound, Rejected, UnsupportedOperation
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId
from scld_core.kernel.page import Page

__all__ = ["KohaLoans"]

_AT_ONCE = 50  # items of one question: the filter travels in the address
_CLAIMED = "Bad request - claim exists"  # what Koha says of a second claim of one loan
_NOT_SHOWN = "; what was read since does not show it"


class KohaLoans:
    """Loans as Koha has them now. `lending` is Koha's own SIP2 port, whose ids are barcodes and card numbers."""

    live = True

    def __init__(self, desk: KohaDesk, lending: Loans | None = None) -> None:
        """Over one Koha."""
        self._desk = desk
        self._lending = lending
        self._keys = Keys(desk.name)

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now."""
        call = self._desk.call("get")
        return self._seen(self._desk.number(item, call), call)

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Each of the items that Koha knows: fifty to a question, a few questions at once."""
        desk, call = self._desk, self._desk.call("iter_items")
        asked = sorted({desk.number(item, call) for item in items if _is_number(item)})
        starts = range(0, max(len(asked), 1), _AT_ONCE)

        def some(start: int) -> Page[Circulation]:
            rows = self._some(asked[start : start + _AT_ONCE], call)
            return Page(rows, desk.clock.now(), last=start + _AT_ONCE >= len(asked))

        yield from walk(starts, some, at_once=desk.map.settings.at_once)

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Every open loan that was due at or before `at`."""
        desk, call = self._desk, self._desk.call("iter_overdue")
        due = {"due_date": {"<=": at.isoformat()}}
        pages = desk.koha.pages(
            call, "/checkouts", decode_checkout, key=lambda row: row.number, order="checkout_id", where=due
        )
        for batch in pages:
            if any(row.due > at for row in batch.rows):
                raise undecodable(call, "Koha lists loans that are not due yet")
            found = desk.each(call, lambda told, _: desk.map.loan(told), batch.rows)
            yield Page(found, desk.clock.now(), batch.last, batch.total)

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """The patron's open loans, the first due first."""
        desk, call = self._desk, self._desk.call("of_patron")
        number = desk.number(patron, call)
        rows = desk.koha.all(
            call,
            "/checkouts",
            decode_checkout,
            key=lambda row: row.number,
            order="checkout_id",
            where={"patron_id": number},
        )
        if any(row.patron != number for row in rows):
            raise undecodable(call, "a loan is another patron's")
        if not rows:
            desk.koha.one(call, "patrons", number, decode_patron)
        found = desk.each(
            call, lambda told, _: desk.map.loan(told), sorted(rows, key=lambda row: (row.due, row.number))
        )
        yield Page(found, desk.clock.now(), last=True, total=len(found))

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Lend an item by SIP2 until the date of Koha's own rules, and read the loan."""
        lending = self._by_sip2("check_out")
        desk, call = self._desk, self._desk.call("check_out")
        item, patron = desk.number(request.item, call), desk.number(request.patron, call)
        card = desk.koha.one(call, "patrons", patron, decode_patron).card
        if card is None:
            raise call.error(Rejected, "the patron has no card, by which alone Koha's SIP2 lends")
        asked = evolve(
            request, patron=PatronId(desk.name, card), item=ItemId(desk.name, self._barcode(item, call)), due_at=None
        )
        with desk.locks.of(str(patron)):
            done = lending.check_out(asked, key=key, answers=answers)
            if isinstance(done, Unanswered):
                return done
            loan = desk.since(desk.call("check_out", key), lambda read: self._open(item, read))
            if loan is None or loan.patron != patron:
                raise desk.call("check_out", key).lost("Koha's SIP2 answered that the item was lent" + _NOT_SHOWN)
            return desk.reading(call, lambda: desk.map.loan(loan))

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back by SIP2, and read how it stands; Koha counts the days on the hold shelf itself."""
        lending = self._by_sip2("check_in")
        desk, call = self._desk, self._desk.call("check_in")
        number = desk.number(item, call)
        before = self._open(number, call)
        told = lending.check_in(ItemId(desk.name, self._barcode(number, call)), at, key=key, shelf_until=shelf_until)
        write = desk.call("check_in", key)
        if desk.since(write, lambda read: self._open(number, read)) is not None:
            raise write.lost("Koha's SIP2 answered that the item is back" + _NOT_SHOWN)
        hold = desk.since(write, lambda read: self._set_aside([number], read)).get(number)
        ended = None if before is None else evolve(desk.map.loan(before), returned_at=desk.clock.now())
        return CheckIn(
            desk.since(write, lambda read: self._seen(number, read)),
            ended,
            None if hold is None else HoldId(desk.name, str(hold.number)),
            told.route_to,
            hold.expires if hold is not None and hold.status == "W" else None,
        )

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Renew until the date of Koha's own rules, which may leave an overdue item overdue."""
        del answers
        desk, call = self._desk, self._desk.call("renew", key)
        number = desk.number(item, call)
        with desk.locks.of(f"item {number}"):
            known = self._keys.done(Loan, key, "renew", item, due_at)
            before = self._open(number, desk.call("renew"))
            if known is not None:
                return known if before is None else desk.map.loan(before)
            if before is None or self._seen(number, desk.call("renew")).state is not ItemState.ON_LOAN:
                raise call.error(Rejected, "the item is not on loan")
            _, lost = desk.attempt(lambda: desk.koha.write(call, "POST", f"/checkouts/{before.number}/renewal"))
            now = desk.since(call, lambda read: self._open(number, read))
            if now is None or now.number != before.number or (now.renewals or 0) <= (before.renewals or 0):
                raise lost or call.lost("Koha answered that the loan was renewed" + _NOT_SHOWN)
            renewed = desk.reading(call, lambda: desk.map.loan(now))
            return self._keys.keep(key, "renew", item, due_at, result=renewed)

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Record that the patron says it was brought back. Koha shows the claim to nobody who asks by REST."""
        desk, call = self._desk, self._desk.call("claim_returned", key)
        staff = desk.map.settings.staff
        if staff is None:
            raise UnsupportedOperation(desk.name, "claim_returned", NO_STAFF)
        number = desk.number(item, call)
        with desk.locks.of(f"item {number}"):
            known = self._keys.done(Circulation, key, "claim_returned", item)
            if known is not None:
                return known
            before = self._seen(number, desk.call("claim_returned"))
            if before.open_loan is None:
                raise call.error(Rejected, "the item is not on loan")
            self._claim(number, staff, call)
            now = evolve(before, state=ItemState.CLAIMS_RETURNED, as_of=desk.clock.now(), word="")
            return self._keys.keep(key, "claim_returned", item, result=now)

    def _claim(self, number: int, staff: int, call: Call) -> None:
        """Record a claim, or find that there is one; the record in the answer is all that can be seen of it."""
        koha = self._desk.koha
        answer = koha.ask(call, "POST", "/return_claims", {"item_id": number, "created_by": staff})
        if answer.status == 409 and decode_problem(answer.body)[0] == _CLAIMED:
            return
        if koha.decoded(call, koha.checked(call, answer), decode_claim) != number:
            raise call.lost("Koha answered with a claim of another item")

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Say what became of an item, as Koha's lost status or as withdrawn."""
        desk, call = self._desk, self._desk.call("declare", key)
        number = desk.number(item, call)
        with desk.locks.of(f"item {number}"):
            known = self._keys.done(Circulation, key, "declare", item, state)
            if known is not None:
                return self._seen(number, desk.call("declare"))
            before = self._seen(number, desk.call("declare"))
            if state not in DECLARED or (state in KEEPS_LOAN and before.open_loan is None):
                raise call.error(Rejected, f"the item cannot be declared {state.value}")
            row = self._item(number, desk.call("declare"))
            body = {**_required(row), **self._declared(state, call)}
            _, lost = desk.attempt(lambda: desk.koha.write(call, "PUT", f"/biblios/{row.biblio}/items/{number}", body))
            now = desk.since(call, lambda read: self._seen(number, read))
            if now.state is not state:
                raise lost or call.lost("Koha answered that the item was changed" + _NOT_SHOWN)
            return self._keys.keep(key, "declare", item, state, result=now)

    def _declared(self, state: ItemState, call: Call) -> dict[str, Any]:
        if state is ItemState.WITHDRAWN:
            return {"withdrawn": 1}
        if state is ItemState.CHECKED_IN:
            return {"withdrawn": 0, "lost_status": 0}
        codes = [int(code) for code, word in self._desk.map.settings.lost.items() if word == state.value]
        if not codes:
            raise call.error(Rejected, f"the setting lost names no status of Koha's for {state.value}")
        return {"withdrawn": 0, "lost_status": min(codes)}

    def _seen(self, number: int, call: Call) -> Circulation:
        for found in self._some([number], call):
            return found
        raise call.error(NotFound, "Koha has no item of this number")

    def _some(self, numbers: Sequence[int], call: Call) -> tuple[Circulation, ...]:
        if not numbers:
            return ()
        desk = self._desk
        of_these = {"item_id": {"-in": list(numbers)}}
        items = desk.koha.listed(call, "/items", decode_item, of_these)
        if not {row.number for row in items} <= set(numbers):
            raise undecodable(call, "Koha answered with items that were not asked for")
        ended = desk.koha.listed(call, "/checkouts", decode_checkout, of_these, {"checked_in": "true"})
        opened = desk.koha.listed(call, "/checkouts", decode_checkout, of_these)
        if not {row.item for row in (*ended, *opened)} <= set(numbers):
            raise undecodable(call, "Koha answered with loans of items that were not asked for")
        loans = {row.item: row for row in (*sorted(ended, key=lambda row: row.number), *opened)}
        holds = self._set_aside(numbers, call)

        def shown(row: WireItem, at: datetime) -> Circulation:
            return desk.map.circulation(row, loans.get(row.number), holds.get(row.number), at)

        return desk.each(call, shown, sorted(items, key=lambda row: row.number))

    def _set_aside(self, numbers: Sequence[int], call: Call) -> dict[int, WireHold]:
        of_these = {"item_id": {"-in": list(numbers)}}
        rows = self._desk.koha.listed(call, "/holds", decode_hold, of_these)
        if not {row.item for row in rows} <= set(numbers):
            raise undecodable(call, "Koha answered with holds of items that were not asked for")
        return {row.item: row for row in rows if row.item is not None and row.status is not None}

    def _open(self, item: int, call: Call) -> WireCheckout | None:
        rows = self._desk.koha.listed(call, "/checkouts", decode_checkout, {"item_id": {"-in": [item]}})
        if any(row.item != item for row in rows):
            raise undecodable(call, "Koha answered with another item's loan")
        return rows[0] if rows else None

    def _item(self, number: int, call: Call) -> WireItem:
        return self._desk.koha.one(call, "items", number, decode_item)

    def _barcode(self, number: int, call: Call) -> str:
        barcode = self._item(number, call).barcode
        if barcode is None:
            raise call.error(Rejected, "the item has no barcode, by which alone Koha's SIP2 knows it")
        return barcode

    def _by_sip2(self, operation: str) -> Loans:
        if self._lending is None:
            self._refuse(operation)
        return self._lending

    def _refuse(self, operation: str) -> NoReturn:
        raise UnsupportedOperation(self._desk.name, operation, NO_LENDING)


def _is_number(item: ItemId) -> bool:
    return item.local.isascii() and item.local.isdecimal() and item.local[0] != "0"


def _required(row: WireItem) -> dict[str, Any]:
    """What Koha wants in every change of an item, as it is."""
    return {
        "external_id": row.barcode,
        "home_library_id": row.home,
        "holding_library_id": row.holding,
        "item_type_id": row.own_kind,
    }
