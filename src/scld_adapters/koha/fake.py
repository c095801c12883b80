"""A Koha 23.05 that holds state and does what the real one was seen to do, its lies included.

It answers 500 after it has committed, checks no block before a hold, takes a pickup library for a hold that is
set aside and leaves it, shifts a suspension that is sent with a time by a day, keeps 32 signs of a card number
and answers with all of them, and refuses in three shapes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from scld_adapters._shared.http import Request, Response
from scld_adapters._shared.jsonwire import Table, WireProblem, as_table, read_json
from scld_adapters.koha.fake_query import Listing, refuse, told
from scld_adapters.koha.fake_records import FakeTables
from scld_core.kernel.time import Clock

__all__ = ["FakeKoha"]

_Route = Callable[["FakeKoha", Request, Mapping[str, str]], Response]
_TERM = timedelta(days=21)


def _every(row: Table) -> bool:
    del row
    return True


class FakeKoha:
    """The REST interface over `tables`; `secret` is the password and the client's secret of its one account.

    `most_holds` and `per_title` are its circulation rules, which it does not keep where two ask at once:
    `race` lets the next hold pass them. `fail_next` answers the next change with 500 after it was made.
    `forget_next` answers the next change as done and makes none.
    """

    def __init__(self, clock: Clock, *, zone: str = "UTC", secret: str, per_page: int = 20) -> None:
        """Hold nothing yet."""
        self.tables = FakeTables(clock, ZoneInfo(zone))
        self.secret = secret
        self.user = "synthetic-staff"
        self.per_page = per_page
        self.most_holds = 50
        self.per_title = 1
        self.renewals = 3
        self.race = False
        self.fail_next = False
        self.forget_next = False
        self.token = "token-1"  # noqa: S105 - of a fake
        self._tokens = 1

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.removeprefix("/api/v1")
        if path == "/oauth/token":
            return self._oauth(request)
        refused = self._unknown(request)
        if refused is not None:
            return refused
        for method, pattern, route in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                return self._done(request, partial(route, self, request, found.groupdict()))
        return told({"errors": [{"message": "Not Found.", "path": "/"}], "status": 404}, 404)

    def expire(self) -> None:
        """End every token."""
        self._tokens += 1
        self.token = f"token-{self._tokens}"

    def _done(self, request: Request, work: Callable[[], Response]) -> Response:
        if request.method == "GET":
            return work()
        if self.forget_next:
            self.forget_next = False
            before = _copied(self.tables)
            answer = work()
            _restore(self.tables, before)
            return answer
        answer = work()
        if self.fail_next and answer.status < 300:
            self.fail_next = False
            return told({"errors": [{"message": "Something went wrong", "path": "/"}], "status": 500}, 500)
        return answer

    def _oauth(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return refuse(400, "Unimplemented grant type")
        if (form.get("client_id"), form.get("client_secret")) != (self.user, self.secret):
            return told({"error": "access_denied"}, 403)
        return told({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"})

    def _unknown(self, request: Request) -> Response | None:
        scheme, _, value = (request.header("authorization") or "").partition(" ")
        if scheme == "Bearer":
            return None if value == self.token else refuse(401, "Authentication failure.")
        if scheme != "Basic":
            return refuse(401, "Authentication failure.")
        user, _, password = base64.b64decode(value).decode().partition(":")
        if (user, password) != (self.user, self.secret):
            return refuse(403, "Invalid password", required_permissions=None)
        return None

    # Lists and records

    def _list(self, table: str, request: Request, where: Callable[[Table], bool] = _every) -> Response:
        rows = [row for row in getattr(self.tables, table).values() if where(row)]
        wanted = request.header("x-koha-query") or ""
        return Listing(rows, request.query, request.url, self.per_page, wanted).answer()

    def list_of(self, request: Request, given: Mapping[str, str]) -> Response:
        """A whole table."""
        if request.header("content-type") and not request.body and given["table"] == "items":
            return told({"errors": [{"message": "Internal error", "path": "/"}], "status": 500}, 500)
        table = given["table"]
        if table == "checkouts" and ("checked_in", "true") in request.query:
            table = "old_checkouts"
        return self._list(table, request)

    def record(self, request: Request, given: Mapping[str, str]) -> Response:
        """One record."""
        del request
        row = getattr(self.tables, given["table"]).get(int(given["number"]))
        return refuse(404, f"{given['table'][:-1].title()} not found") if row is None else told(row)

    def items_of(self, request: Request, given: Mapping[str, str]) -> Response:
        """The items of a title."""
        biblio = int(given["number"])
        if biblio not in self.tables.biblios:
            return refuse(404, "Biblio not found")
        return self._list("items", request, lambda row: row["biblio_id"] == biblio)

    def holds_of(self, request: Request, given: Mapping[str, str]) -> Response:
        """The holds of a patron."""
        patron = int(given["number"])
        if patron not in self.tables.patrons:
            return refuse(404, "Patron not found")
        return self._list("holds", request, lambda row: row["patron_id"] == patron)

    def debits_of(self, request: Request, given: Mapping[str, str]) -> Response:
        """The charges of a patron."""
        patron = int(given["number"])
        if patron not in self.tables.patrons:
            return refuse(404, "Patron not found.")
        return self._list("debits", request, lambda row: row["patron_id"] == patron)

    # Patrons

    def add_patron(self, request: Request, given: Mapping[str, str]) -> Response:
        """Register a patron. The answer has the whole card number, the table 32 signs of it."""
        del given
        body = _body(request)
        lacking = [name for name in ("surname", "library_id", "category_id") if not body.get(name)]
        if lacking:
            errors = [{"message": "Missing property.", "path": f"/body/{name}"} for name in lacking]
            return told({"errors": errors, "status": 400}, 400)
        return self._conflict(body, 0) or self._added(body)

    def _added(self, body: Table) -> Response:
        row = self.tables.add_patron(**body)
        shown = {name: value for name, value in row.items() if value is not None}
        if row["expiry_date"] is not None:
            shown["expiry_date"] = f"{row['expiry_date']}T10:35:54"
        return told({**shown, "cardnumber": body.get("cardnumber")}, 201)

    def put_patron(self, request: Request, given: Mapping[str, str]) -> Response:
        """Change a patron: what is left out stays."""
        number, body = int(given["number"]), _body(request)
        row = self.tables.patrons.get(number)
        if row is None:
            return refuse(404, "Patron not found")
        wrong = [name for name in body if name not in row or name == "restricted"]
        if wrong:
            error = {"message": "Properties not allowed: " + wrong[0], "path": "/body"}
            return told({"errors": [error], "status": 400}, 400)
        refused = self._conflict(body, number)
        if refused is not None:
            return refused
        row.update(body)
        if row["cardnumber"] is not None:
            row["cardnumber"] = row["cardnumber"][:32]
        return told(row)

    def _conflict(self, body: Table, number: int) -> Response | None:
        if body.get("library_id") not in self.tables.libraries:
            return refuse(400, "Given library_id does not exist")
        for name in ("cardnumber", "userid"):
            value = None if body.get(name) is None else str(body[name])[:32]
            rows = (row for row in self.tables.patrons.values() if row["patron_id"] != number)
            if value is not None and any(row[name] == value for row in rows):
                return refuse(409, "Duplicate ID", conflict=name)
        return None

    def set_password(self, request: Request, given: Mapping[str, str]) -> Response:
        """Set a password of at least three signs."""
        body = _body(request)
        if body.get("password") != body.get("password_2"):
            return refuse(400, "Passwords don't match")
        if len(body["password"]) < 3:
            return refuse(400, f"Password length ({len(body['password'])}) is shorter than required (3)")
        self.tables.passwords[int(given["number"])] = body["password"]
        return told("")

    def check_password(self, request: Request, given: Mapping[str, str]) -> Response:
        """Check the password of a user; the card is no user's name."""
        del given
        body = _body(request)
        rows = [row for row in self.tables.patrons.values() if row["userid"] == body.get("userid")]
        if not rows or self.tables.passwords.get(rows[0]["patron_id"]) != body.get("password"):
            return refuse(400, "Validation failed")
        return told({name: rows[0][name] for name in ("cardnumber", "patron_id", "userid")}, 201)

    # Holds

    def add_hold(self, request: Request, given: Mapping[str, str]) -> Response:
        """Place a hold. No block, debt, lost card or end of a card stops it."""
        del given
        body, tables = _body(request), self.tables
        item = tables.items.get(body.get("item_id") or 0)
        biblio = int(body.get("biblio_id") or (item or {}).get("biblio_id") or 0)
        refused = self._unheld(body, item, biblio)
        if refused is not None:
            return refused
        self.race = False
        number = body.get("item_id")
        row = tables.add_hold(
            body["patron_id"],
            biblio,
            body["pickup_library_id"],
            item_id=None if number is None else str(number),
            item_level=number is not None,
            expiration_date=body.get("expiration_date"),
        )
        return told(row, 201)

    def _unheld(self, body: Table, item: Table | None, biblio: int) -> Response | None:
        """Why a hold is not placed."""
        tables = self.tables
        if body.get("item_id") and item is None:
            return refuse(404, "item_id not found.")
        if body.get("patron_id") not in tables.patrons:
            return refuse(400, "patron_id not found")
        if biblio not in tables.biblios:
            return told({"errors": [{"message": "Expected object - got string.", "path": "/body"}], "status": 500}, 500)
        if item is not None and item["biblio_id"] != biblio:
            return refuse(400, "Item does not belong to the biblio")
        if not tables.libraries.get(body["pickup_library_id"], {}).get("pickup_location"):
            return refuse(400, "The supplied pickup location is not valid")
        copies = [row for row in tables.items.values() if row["biblio_id"] == biblio]
        if not any(map(_reservable, copies if item is None else [item])):
            return refuse(403, "Hold cannot be placed. Reason: noReservesAllowed")
        own = [row for row in tables.holds.values() if row["patron_id"] == body["patron_id"]]
        if self.race:
            return None
        if sum(row["biblio_id"] == biblio for row in own) >= self.per_title:
            return refuse(403, "Hold cannot be placed. Reason: tooManyHoldsForThisRecord")
        full = len(own) >= self.most_holds
        return refuse(403, "Hold cannot be placed. Reason: tooManyReserves") if full else None

    def end_hold(self, request: Request, given: Mapping[str, str]) -> Response:
        """Cancel a hold, also one that is set aside."""
        del request
        if int(given["number"]) not in self.tables.holds:
            return refuse(404, "Hold not found.")
        self.tables.end_hold(int(given["number"]))
        return Response(204)

    def suspend(self, request: Request, given: Mapping[str, str]) -> Response:
        """Suspend a hold until a day, a past one too; sent with a time, until the day before."""
        row = self.tables.holds.get(int(given["number"]))
        if row is None:
            return refuse(404, "Hold not found.")
        if row["status"] is not None:
            return refuse(400, f"Found hold cannot be suspended. Status={row['status']}")
        until = _body(request).get("end_date") if request.body else None
        row["suspended"] = True
        row["suspended_until"] = None if until is None else self._midnight(until)
        return told({"end_date": until}, 201)

    def _midnight(self, told_: str) -> str:
        if len(told_) == 10:
            return datetime.fromisoformat(told_).replace(tzinfo=self.tables.zone).isoformat()
        moment = datetime.fromisoformat(told_).astimezone(self.tables.zone) - timedelta(days=1)
        return moment.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()

    def resume(self, request: Request, given: Mapping[str, str]) -> Response:
        """End a suspension, also one that is none."""
        del request
        row = self.tables.holds.get(int(given["number"]))
        if row is None:
            return refuse(404, "Hold not found.")
        row.update(suspended=False, suspended_until=None)
        return Response(204)

    def move_hold(self, request: Request, given: Mapping[str, str]) -> Response:
        """Change the pickup library; of a hold that is set aside nothing changes, and the answer is 200."""
        row = self.tables.holds.get(int(given["number"]))
        if row is None:
            return refuse(404, "Hold not found.")
        code = _body(request)["pickup_library_id"]
        if not self.tables.libraries.get(code, {}).get("pickup_location"):
            return refuse(400, "The supplied pickup location is not valid")
        if row["status"] is None:
            row["pickup_library_id"] = code
        return told({"pickup_library_id": code})

    # Loans and items

    def renew(self, request: Request, given: Mapping[str, str]) -> Response:
        """Renew up to the limit, counted from the old due date."""
        del request
        row = self.tables.checkouts.get(int(given["number"]))
        if row is None:
            return refuse(404, "Checkout doesn't exist")
        if row["renewals_count"] >= self.renewals:
            return refuse(403, "Renewal not authorized (too_many)")
        row["renewals_count"] += 1
        row["due_date"] = self.tables.local(datetime.fromisoformat(row["due_date"]) + _TERM)
        return told(row, 201)

    def claim(self, request: Request, given: Mapping[str, str]) -> Response:
        """Record a claim of an item returned; nobody can read it by REST."""
        del given
        body, tables = _body(request), self.tables
        if not any(row["item_id"] == body["item_id"] for row in tables.checkouts.values()):
            return refuse(404, "Checkout not found")
        if any(row["item_id"] == body["item_id"] for row in tables.claims.values()):
            return refuse(409, "Bad request - claim exists")
        number = tables.number("claims")
        tables.claims[number] = {"claim_id": number, "item_id": body["item_id"], "created_by": body["created_by"]}
        return told(tables.claims[number], 201)

    def put_item(self, request: Request, given: Mapping[str, str]) -> Response:
        """Change an item."""
        row = self.tables.items.get(int(given["item"]))
        if row is None or row["biblio_id"] != int(given["number"]):
            return refuse(404, "Item not found")
        row.update({**_body(request), "timestamp": self.tables.now()})
        return told(row)


def _reservable(row: Table) -> bool:
    return row["effective_not_for_loan_status"] <= 0 and not row["withdrawn"] and not row["lost_status"]


def _body(request: Request) -> Table:
    try:
        return as_table(read_json(request.body), "the body")
    except WireProblem:
        return {}


_KEPT = ("patrons", "biblios", "items", "libraries", "holds", "checkouts", "old_checkouts", "claims", "debits")


def _copied(tables: FakeTables) -> dict[str, Any]:
    kept = {name: {key: dict(row) for key, row in getattr(tables, name).items()} for name in _KEPT}
    return {**kept, "passwords": dict(tables.passwords)}


def _restore(tables: FakeTables, before: dict[str, Any]) -> None:
    for name, rows in before.items():
        setattr(tables, name, rows)


_N = r"(?P<number>\d+)"
_ROUTES: tuple[tuple[str, str, _Route], ...] = (
    ("GET", r"/(?P<table>patrons|biblios|items|libraries|holds|checkouts)", FakeKoha.list_of),
    ("GET", rf"/(?P<table>patrons|biblios|items|checkouts)/{_N}", FakeKoha.record),
    ("GET", rf"/biblios/{_N}/items", FakeKoha.items_of),
    ("GET", rf"/patrons/{_N}/holds", FakeKoha.holds_of),
    ("GET", rf"/patrons/{_N}/account/debits", FakeKoha.debits_of),
    ("POST", "/patrons", FakeKoha.add_patron),
    ("PUT", rf"/patrons/{_N}", FakeKoha.put_patron),
    ("POST", rf"/patrons/{_N}/password", FakeKoha.set_password),
    ("POST", "/auth/password/validation", FakeKoha.check_password),
    ("POST", "/holds", FakeKoha.add_hold),
    ("DELETE", rf"/holds/{_N}", FakeKoha.end_hold),
    ("POST", rf"/holds/{_N}/suspension", FakeKoha.suspend),
    ("DELETE", rf"/holds/{_N}/suspension", FakeKoha.resume),
    ("PUT", rf"/holds/{_N}/pickup_location", FakeKoha.move_hold),
    ("POST", rf"/checkouts/{_N}/renewal", FakeKoha.renew),
    ("POST", "/return_claims", FakeKoha.claim),
    ("PUT", rf"/biblios/{_N}/items/(?P<item>\d+)", FakeKoha.put_item),
)
