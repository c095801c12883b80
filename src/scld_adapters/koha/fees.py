"""The port Fees over Koha's REST interface: accounts are read, and nothing is posted."""

from __future__ import annotations

from typing import NoReturn

from scld_adapters._shared.faults import undecodable
from scld_adapters.koha.capabilities import NO_MONEY
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.wire import decode_debit
from scld_core.errors import UnsupportedOperation
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeTerms, Entry
from scld_core.kernel.ids import PatronId

__all__ = ["KohaFees"]


class KohaFees:
    """What patrons owe, as Koha shows it now."""

    live = True

    def __init__(self, desk: KohaDesk) -> None:
        """Over one Koha."""
        self._desk = desk

    def account(self, patron: PatronId) -> Account:
        """The charges of a patron, and what is not owed of them any more."""
        desk, call = self._desk, self._desk.call("account")
        number = desk.number(patron, call)
        rows = desk.koha.all(
            call,
            f"/patrons/{number}/account/debits",
            decode_debit,
            key=lambda row: row.number,
            order="account_line_id",
        )
        if any(row.patron != number for row in rows):
            raise undecodable(call, "a charge is another patron's")
        return desk.reading(call, lambda: desk.map.account(patron, rows, desk.clock.now()))

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Raises UnsupportedOperation."""
        del patron, terms, key
        self._refuse("charge")

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Raises UnsupportedOperation."""
        del charge, key, reason
        self._refuse("cancel")

    def _refuse(self, operation: str) -> NoReturn:
        raise UnsupportedOperation(self._desk.name, operation, NO_MONEY)
