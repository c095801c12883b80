"""The port Holds over Koha's REST interface: one writer for a patron at a time, and every write read back.

What Koha answers is not what it did: 500 after a hold was placed, 200 for a pickup library that stays, a
suspension until another day than was asked for (all observed in 23.05). So a write is answered by what a
read shows afterwards, and is never sent twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NoReturn

from attrs import evolve

from scld_adapters._shared.faults import Call, undecodable
from scld_adapters._shared.keys import Keys
from scld_adapters.koha.capabilities import NO_PULLS
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.wire import WireHold, decode_biblio, decode_hold
from scld_core.errors import NotFound, OutcomeUnknown, Rejected, UnsupportedOperation
from scld_core.holds.model import Hold, HoldManner, HoldRequest, OnTrapped, Place, Pull
from scld_core.holds.rules import in_shelf_order
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page

__all__ = ["MANNER", "KohaHolds"]

MANNER = HoldManner(place=Place.KEPT, on_trapped=OnTrapped.REFUSED, ranks=True, targets=False, moves_trapped=False)
"""How Koha treats holds: a suspended one keeps its priority; one that is set aside is neither suspended nor moved."""

_NOT_SHOWN = "; what was read since does not show it"


class KohaHolds:
    """Holds as Koha has them now. One that has ended is not shown by its REST interface."""

    live = True

    def __init__(self, desk: KohaDesk) -> None:
        """Over one Koha."""
        self._desk = desk
        self._keys = Keys(desk.name)

    @property
    def manner(self) -> HoldManner:
        """How Koha treats holds."""
        return MANNER

    def get(self, hold: HoldId) -> Hold:
        """The hold now; NotFound for one that has ended."""
        return self._get(hold, self._desk.call("get"))

    def of_patron(self, patron: PatronId) -> Iterator[Page[Hold]]:
        """The patron's open holds in the order in which they were placed."""
        call = self._desk.call("of_patron")
        rows = self._of_patron(self._desk.number(patron, call), call)
        found = self._desk.each(call, self._desk.map.hold, sorted(rows, key=lambda row: (row.placed, row.number)))
        yield Page(found, self._desk.clock.now(), last=True, total=len(found))

    def of_title(self, title: TitleId) -> Iterator[Page[Hold]]:
        """The title's open holds in the order in which they will be filled, those set aside first."""
        desk, call = self._desk, self._desk.call("of_title")
        number = desk.number(title, call)
        rows = desk.koha.all(
            call, "/holds", decode_hold, key=lambda row: row.number, order="hold_id", where={"biblio_id": number}
        )
        if any(row.biblio != number for row in rows):
            raise undecodable(call, "a hold is another title's")
        if not rows:
            desk.koha.one(call, "biblios", number, decode_biblio)
        ordered = sorted(rows, key=lambda row: (row.status is None, row.priority, row.number))
        found = desk.each(call, desk.map.hold, ordered)
        yield Page(found, desk.clock.now(), last=True, total=len(found))

    def iter_pulls(self, library: LocationId) -> Iterator[Page[Pull]]:
        """Raises UnsupportedOperation."""
        del library
        self._refuse("iter_pulls")

    def iter_shelf(self, library: LocationId) -> Iterator[Page[Hold]]:
        """The holds that wait at a library: also those past their last day, until Koha itself ends them."""
        desk, call = self._desk, self._desk.call("iter_shelf")
        code = desk.map.settings.code(library)
        where = {"pickup_library_id": code, "status": "W"}
        rows = desk.koha.all(call, "/holds", decode_hold, key=lambda row: row.number, order="hold_id", where=where)
        if any((row.pickup, row.status) != (code, "W") for row in rows):
            raise undecodable(call, "a hold is not on this library's shelf")
        found = in_shelf_order(desk.each(call, desk.map.hold, rows))
        yield Page(found, desk.clock.now(), last=True, total=len(found))

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Place a hold. Koha asks nothing first, and checks neither blocks nor debts: the desk does."""
        del answers
        desk, call = self._desk, self._desk.call("place", key)
        patron, biblio = desk.number(request.patron, call), desk.number(request.title, call)
        with desk.locks.of(str(patron)):
            known = self._keys.done(Hold, key, "place", request)
            if known is not None:
                return self._now(known)
            before = self._of_patron(patron, desk.call("place"))
            self._may_place(request, before, biblio, call)
            body = self._body(request, call)
            told, lost = desk.attempt(
                lambda: desk.koha.decoded(call, desk.koha.write(call, "POST", "/holds", body), decode_hold)
            )
            number = self._looked_for(before, patron, biblio, call, lost) if told is None else told.number
            placed = self._placed(request, number, patron, biblio, call)
            return self._keys.keep(key, "place", request, result=placed)

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """End a hold."""
        desk, call = self._desk, self._desk.call("cancel", key)
        known = self._keys.done(Hold, key, "cancel", hold)
        if known is not None:
            return known
        before = self._get(hold, desk.call("cancel"))
        with desk.locks.of(before.patron.local):
            _, lost = desk.attempt(lambda: desk.koha.write(call, "DELETE", f"/holds/{desk.number(hold, call)}"))
            if desk.since(call, lambda read: self._row(hold, read)) is not None:
                raise lost or call.lost("Koha answered that the hold was cancelled" + _NOT_SHOWN)
        ended = evolve(
            before,
            state=HoldState.CANCELLED,
            rank=None,
            trapped=None,
            suspended_until=None,
            shelf_until=None,
            as_of=desk.clock.now(),
        )
        return self._keys.keep(key, "cancel", hold, result=ended)

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Pass over a hold until a day, which Koha takes unshifted only where it is sent without a time."""
        desk, call = self._desk, self._desk.call("suspend", key)
        today = desk.clock.now().astimezone(desk.map.zone).date()
        if until is not None and until <= today:
            self._get(hold, desk.call("suspend"))
            raise call.error(Rejected, f"{until} is not after today")
        body = None if until is None else {"end_date": until.isoformat()}

        def shown(now: Hold) -> bool:
            return now.state is HoldState.SUSPENDED and now.suspended_until == until

        path = f"/holds/{desk.number(hold, call)}/suspension"
        return self._change(hold, call, ("suspend", until), ("POST", path, body), shown)

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """End a suspension now."""
        desk, call = self._desk, self._desk.call("reactivate", key)
        path = f"/holds/{desk.number(hold, call)}/suspension"

        def shown(now: Hold) -> bool:
            return now.state is not HoldState.SUSPENDED

        return self._change(hold, call, ("reactivate", None), ("DELETE", path, None), shown)

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Change the pickup library of a hold that waits."""
        desk, call = self._desk, self._desk.call("change_pickup", key)
        path = f"/holds/{desk.number(hold, call)}/pickup_location"
        body = {"pickup_library_id": desk.map.settings.code(pickup)}

        def shown(now: Hold) -> bool:
            return now.pickup == pickup

        return self._change(hold, call, ("change_pickup", pickup), ("PUT", path, body), shown)

    def _change(
        self, hold: HoldId, call: Call, asked: tuple[str, Any], request: tuple[str, str, Any], shown: Any
    ) -> Hold:
        """Ask for a change of a hold that waits, and give what a read shows, if it shows the change."""
        desk, key = self._desk, call.key or ""
        known = self._keys.done(Hold, key, asked[0], hold, asked[1])
        if known is not None:
            return self._now(known)
        before = self._get(hold, desk.call(call.operation))
        if shown(before):
            return self._keys.keep(key, asked[0], hold, asked[1], result=before)
        if before.state in TRAPPED:
            raise call.error(Rejected, "an item is set aside for this hold already")
        method, path, body = request
        with desk.locks.of(before.patron.local):
            _, lost = desk.attempt(lambda: desk.koha.write(call, method, path, body))
            now = desk.since(call, lambda read: self._get(hold, read))
            if not shown(now):
                raise lost or call.lost("Koha answered that it was done" + _NOT_SHOWN)
        return self._keys.keep(key, asked[0], hold, asked[1], result=now)

    def _may_place(self, request: HoldRequest, before: tuple[WireHold, ...], biblio: int, call: Call) -> None:
        today = self._desk.clock.now().astimezone(self._desk.map.zone).date()
        if request.not_needed_after is not None and request.not_needed_after < today:
            raise call.error(Rejected, f"{request.not_needed_after} has passed")
        if any(row.biblio == biblio for row in before):
            raise call.error(Rejected, "the patron has a hold on this title already")
        if request.at_most is not None and len(before) >= request.at_most:
            raise call.error(Rejected, f"the patron has {len(before)} holds already")

    def _body(self, request: HoldRequest, call: Call) -> dict[str, Any]:
        desk = self._desk
        body: dict[str, Any] = {
            "patron_id": desk.number(request.patron, call),
            "biblio_id": desk.number(request.title, call),
            "pickup_library_id": desk.map.settings.code(request.pickup),
        }
        if request.item is not None:
            body["item_id"] = desk.number(request.item, call)
        if request.not_needed_after is not None:
            body["expiration_date"] = request.not_needed_after.isoformat()
        return body

    def _looked_for(
        self, before: tuple[WireHold, ...], patron: int, biblio: int, call: Call, lost: OutcomeUnknown | None
    ) -> int:
        """The hold that a request without a whole answer made; NotFound for a title that Koha does not have."""
        desk = self._desk
        old = {row.number for row in before}
        now = desk.since(call, lambda read: self._of_patron(patron, read))
        new = [row for row in now if row.number not in old and row.biblio == biblio]
        if new:
            return min(row.number for row in new)
        if not desk.since(call, lambda read: self._is_title(biblio, read)):  # Koha fails with 500 over one it lacks
            raise call.error(NotFound, "Koha has no title of this number")
        raise lost or call.lost("nothing shows what became of it")

    def _is_title(self, biblio: int, call: Call) -> bool:
        try:
            self._desk.koha.one(call, "biblios", biblio, decode_biblio)
        except NotFound:
            return False
        return True

    def _placed(self, request: HoldRequest, number: int, patron: int, biblio: int, call: Call) -> Hold:
        """The hold as it stands; of two that two processes placed at once, the later one is taken back."""
        desk = self._desk
        now = desk.since(call, lambda read: self._of_patron(patron, read))
        own = [row for row in now if row.biblio == biblio]
        if number not in {row.number for row in own}:
            raise call.lost("Koha answered that the hold was placed" + _NOT_SHOWN)
        if number != min(row.number for row in own):
            desk.since(call, lambda _: desk.koha.write(call, "DELETE", f"/holds/{number}"))
            raise call.error(Rejected, "the patron has a hold on this title already")
        row = next(row for row in own if row.number == number)
        placed = desk.mapped(call, desk.map.hold, row)
        if placed.pickup != request.pickup or (request.item is not None and row.item != int(request.item.local)):
            raise call.lost("Koha placed another hold than was asked for: look at it in Koha")
        return placed

    def _get(self, hold: HoldId, call: Call) -> Hold:
        row = self._row(hold, call)
        if row is None:
            raise call.error(NotFound, "Koha has no open hold of this number")
        return self._desk.mapped(call, self._desk.map.hold, row)

    def _row(self, hold: HoldId, call: Call) -> WireHold | None:
        number = self._desk.number(hold, call)
        rows = self._desk.koha.listed(call, "/holds", decode_hold, {"hold_id": number})
        if any(row.number != number for row in rows):
            raise undecodable(call, "Koha answered with another hold")
        return rows[0] if rows else None

    def _now(self, known: Hold) -> Hold:
        """A hold that was written to before, as it is now; as it was then, where it has ended since."""
        row = self._row(known.id, self._desk.call("get"))
        return known if row is None else self._desk.mapped(self._desk.call("get"), self._desk.map.hold, row)

    def _of_patron(self, patron: int, call: Call) -> tuple[WireHold, ...]:
        rows = self._desk.koha.all(
            call, f"/patrons/{patron}/holds", decode_hold, key=lambda row: row.number, order="hold_id"
        )
        if any(row.patron != patron for row in rows):
            raise undecodable(call, "a hold is another patron's")
        return rows

    def _refuse(self, operation: str) -> NoReturn:
        raise UnsupportedOperation(self._desk.name, operation, NO_PULLS)
