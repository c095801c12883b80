"""The port Patrons over Koha's REST interface. What it shows of restrictions is read; none can be set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from scld_adapters._shared.faults import Call, undecodable
from scld_adapters._shared.keys import Keys
from scld_adapters.koha.capabilities import NO_BLOCKS, NO_MERGE
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.mapping import from_contact
from scld_adapters.koha.transport import FEW
from scld_adapters.koha.wire import WirePatron, decode_patron, decode_problem, decode_validation
from scld_core.errors import BackendError, NotFound, Rejected, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery, answers_to
from scld_core.runs.model import Answer

__all__ = ["KohaPatrons"]

_WRONG = "Validation failed"  # what Koha says of a password that is not the user's
_ADULT = "Koha's REST interface takes no guarantor"


class KohaPatrons:
    """Patrons as Koha has them now. Former card numbers it does not keep, nor what was merged."""

    live = True

    def __init__(self, desk: KohaDesk) -> None:
        """Over one Koha."""
        self._desk = desk
        self._keys = Keys(desk.name)

    def get(self, patron: PatronId) -> Patron:
        """The patron now."""
        call = self._desk.call("get")
        return self._shown(self._row(self._desk.number(patron, call), call), call)

    def find(self, number: Barcode) -> Patron | None:
        """The patron whose card this is."""
        call = self._desk.call("find")
        row = self._with_card(str(number), call)
        return None if row is None else self._shown(row, call)

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Everybody whose fields have what is looked for, in the order of their numbers."""
        desk, call = self._desk, self._desk.call("search")
        pages = desk.koha.pages(
            call, "/patrons", decode_patron, key=lambda row: row.number, order="patron_id", where=_asked(query)
        )
        for batch in pages:
            found = desk.each(call, desk.map.patron, batch.rows)
            yield Page(tuple(one for one in found if answers_to(one, query)), desk.clock.now(), batch.last)

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's password in Koha, which asks for the user's name and not the card."""
        desk = self._desk
        call = desk.call("check_pin")
        return self._takes(self._row(desk.number(patron, call), call), pin, call)

    def _takes(self, row: WirePatron, pin: str, call: Call) -> bool:
        """Whether Koha says that the password is right, and of this patron: no other answer is a yes or a no."""
        if row.user is None:
            return False
        koha = self._desk.koha
        answer = koha.ask(call, "POST", "/auth/password/validation", {"userid": row.user, "password": pin})
        if answer.status == 400 and decode_problem(answer.body)[0] == _WRONG:
            return False
        if koha.decoded(call, koha.checked(call, answer), decode_validation) != row.number:
            raise undecodable(call, "Koha answered with another patron")
        if answer.status != 201:
            raise undecodable(call, f"HTTP {answer.status} is not what Koha answers to a PIN")
        return True

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """Register somebody with a first card, which is the user's name as well: names that Koha makes up clash."""
        desk, call = self._desk, self._desk.call("register", key)
        card = str(new.number)  # at most 32 signs, as many as Koha keeps of one
        if new.responsible_adult is not None:
            raise call.error(Rejected, _ADULT)
        with desk.locks.of(f"card {card}"):
            known = self._keys.done(Patron, key, "register", new)
            if known is not None:
                return self.get(known.id)
            if self._with_card(card, desk.call("register")) is not None:
                raise call.error(Rejected, "the number is a card already")
            body = {**self._fields(call, new), "cardnumber": card, "userid": card}
            _, lost = desk.attempt(lambda: desk.koha.write(call, "POST", "/patrons", body))
            row = desk.since(call, lambda read: self._with_card(card, read))
            if row is None:  # of what Koha fails to register nothing stays
                raise lost or call.lost("Koha answered that the patron was registered; no patron has the card")
            if new.pin is not None:
                self._set_pin(row.number, new.pin, call)
            return self._keys.keep(key, "register", new, result=self._shown(row, call))

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Change what the change names; Koha keeps what it is not told."""
        desk, call = self._desk, self._desk.call("update", key)
        number = desk.number(patron, call)
        if change.responsible_adult is not None:
            raise call.error(Rejected, _ADULT)
        with desk.locks.of(str(number)):
            known = self._keys.done(Patron, key, "update", patron, change)
            if known is not None:
                return self.get(patron)
            before = self._row(number, desk.call("update"))
            body = {**_required(before), **self._fields(call, change)}
            if change.endless:
                body["expiry_date"] = None
            now = self._put(number, body, call)
            if not change.shows(now):
                raise call.lost("Koha answered that the record was changed; what was read since does not show it")
            if change.pin is not None:
                self._set_pin(number, change.pin, call)
            return self._keys.keep(key, "update", patron, change, result=now)

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Give the patron a new card. The former number is known to nobody afterwards: scld keeps it, Koha does not."""
        desk, call = self._desk, self._desk.call("put_card", key)
        own, card = desk.number(patron, call), str(number)
        with desk.locks.of(str(own)):
            known = self._keys.done(Patron, key, "put_card", patron, number)
            if known is not None:
                return self.get(patron)
            before = self._row(own, desk.call("put_card"))
            if self._with_card(card, desk.call("put_card")) is not None:
                raise call.error(Rejected, "the number is a card already")
            now = self._put(own, {**_required(before), "cardnumber": card}, call)
            if now.card != number:
                raise call.lost("Koha answered that the card was changed; what was read since does not show it")
            return self._keys.keep(key, "put_card", patron, number, result=now)

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, flag, key
        self._refuse("set_flag", NO_BLOCKS)

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, referral, key
        self._refuse("clear_flag", NO_BLOCKS)

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Raises UnsupportedOperation: a block that Koha does not store must not be told as done."""
        del patron, block, key
        self._refuse("set_block", NO_BLOCKS)

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, reason, key
        self._refuse("clear_block", NO_BLOCKS)

    def merge(self, gone: PatronId, kept: PatronId, *, key: str) -> Patron:
        """Raises UnsupportedOperation."""
        del gone, kept, key
        self._refuse("merge", NO_MERGE)

    def _row(self, number: int, call: Call) -> WirePatron:
        return self._desk.koha.one(call, "patrons", number, decode_patron)

    def _with_card(self, card: str, call: Call) -> WirePatron | None:
        rows = self._desk.koha.listed(call, "/patrons", decode_patron, {"cardnumber": card}, FEW)
        if any((row.card or "").casefold() != card.casefold() for row in rows):  # its database ignores case
            raise undecodable(call, "Koha answered with patrons of other cards")
        return next((row for row in rows if row.card == card), None)

    def _shown(self, row: WirePatron, call: Call) -> Patron:
        return self._desk.mapped(call, self._desk.map.patron, row)

    def _fields(self, call: Call, told: NewPatron | PatronChange) -> dict[str, Any]:
        """Koha's fields of what is told."""
        desk = self._desk
        fields: dict[str, Any] = {}
        if told.contact is not None:
            contact = told.contact
            fields |= desk.reading(call, lambda: from_contact(contact))
        if told.birth_date is not None:
            fields["date_of_birth"] = told.birth_date.isoformat()
        if told.category:
            fields["category_id"] = told.category
        if told.home is not None:
            fields["library_id"] = desk.map.settings.code(told.home)
        if told.expires_on is not None:
            fields["expiry_date"] = told.expires_on.isoformat()
        return fields

    def _put(self, number: int, body: dict[str, Any], call: Call) -> Patron:
        desk = self._desk
        _, lost = desk.attempt(lambda: desk.koha.write(call, "PUT", f"/patrons/{number}", body))
        now = self._shown(desk.since(call, lambda read: self._row(number, read)), call)
        if lost is not None and "cardnumber" in body and (now.card is None or str(now.card) != body["cardnumber"]):
            raise lost
        return now

    def _set_pin(self, number: int, pin: str, call: Call) -> None:
        body, desk = {"password": pin, "password_2": pin}, self._desk
        try:
            _, lost = desk.attempt(lambda: desk.koha.write(call, "POST", f"/patrons/{number}/password", body))
        except (Rejected, NotFound):
            raise call.lost("the record is as was asked for; the PIN was refused: set another one") from None
        except BackendError as refused:
            raise call.lost(f"the record is as was asked for; the PIN was not set: {refused.problem}") from None
        if not desk.since(call, lambda read: self._takes(self._row(number, read), pin, read)):
            raise lost or call.lost("Koha answered that the PIN was set, and does not take it: set it again")

    def _refuse(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self._desk.name, operation, why)


def _required(row: WirePatron) -> dict[str, Any]:
    """What Koha wants in every change, as it is."""
    return {"surname": row.surname or "", "library_id": row.library, "category_id": row.category}


def _asked(query: PatronQuery) -> dict[str, Any]:
    """Koha's filter, which finds more than is asked for and nothing less."""
    wanted: list[dict[str, Any]] = []
    for word in query.words:
        like = {"-like": f"%{'%'.join(sign if sign.isalnum() else '_' for sign in word)}%"}
        wanted.append({"-or": [{"surname": like}, {"firstname": like}]})
    if query.email is not None:
        like = {"-like": query.email.text.replace("%", "_")}
        wanted.append({"-or": [{"email": like}, {"secondary_email": like}]})
    if query.phone is not None:
        like = {"-like": f"%{'%'.join(query.phone.key[-7:])}%"}
        wanted.append({"-or": [{"phone": like}, {"mobile": like}, {"secondary_phone": like}]})
    if query.birth_date is not None:
        wanted.append({"date_of_birth": query.birth_date.isoformat()})
    return {"-and": wanted}
