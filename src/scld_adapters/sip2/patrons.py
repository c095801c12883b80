"""The port Patrons over SIP2: 63 reads and checks a PIN, 01 blocks; no message does anything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from attrs import frozen

from scld_adapters._shared.faults import Call
from scld_adapters._shared.keys import Keys
from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.facts import Flag
from scld_adapters.sip2.fields import Validated
from scld_adapters.sip2.mapping import reason_of, to_patron
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.terminal import Terminal
from scld_core.errors import NotFound, OutcomeUnknown, Rejected, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.runs.model import Answer, AnswerKind

__all__ = ["Sip2Patrons"]


@frozen
class Sip2Patrons:
    """The patrons of one system; a patron's record id is the card number."""

    terminal: Terminal
    keys: Keys

    @property
    def live(self) -> bool:
        """Yes: each call asks the system."""
        return True

    def get(self, patron: PatronId) -> Patron:
        """The patron now."""
        call = self.terminal.call("get")
        found = self._read(self.terminal.ours(patron, call), call)
        if found is None:
            raise call.error(NotFound, "the system does not know this patron")
        return found

    def find(self, number: Barcode) -> Patron | None:
        """The patron whose card this is; a former card is nobody's, since SIP2 tells of none."""
        return self._read(str(number), self.terminal.call("find"))

    def _read(self, card: str, call: Call) -> Patron | None:
        terminal, at = self.terminal, self.terminal.moment()
        answer = terminal.find_patron(card, call)
        if answer is None:
            return None
        with terminal.reading(call):
            return to_patron(answer, PatronId(terminal.name, card), terminal.settings, at=at)

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's PIN.

        Rejected where the system did not look (a blank `CQ`): that is neither yes nor no.
        """
        call = self.terminal.call("check_pin")
        answer = self.terminal.find_patron(self.terminal.ours(patron, call), call, pin=pin)
        if answer is None:
            raise call.error(NotFound, "the system does not know this patron")
        said = self.terminal.facts(answer, call).pin
        if said is Validated.NOT_VALIDATED:
            raise call.error(Rejected, "the system did not look at the PIN (CQ is blank)")
        return said is Validated.YES and bool(pin)

    # --- the one block that SIP2 has ---

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Block the patron (01); done only once the patron, read again, may not borrow.

        SIP2 knows one block and no reasons: Rejected for any reason but that of the settings, and where the
        system takes the request and stores nothing, as systems do.
        """
        call, terminal = self.terminal.call("set_block", key), self.terminal
        card = terminal.ours(patron, call)
        with terminal.writing:
            before = self.keys.done(Answer, key, "set_block", patron, block)
            if before is not None:
                return before
            blocked = self._is_blocked(card)
            known = reason_of(Flag.CHARGE_DENIED, terminal.settings)
            if block.reason != known:
                raise call.error(Rejected, f"SIP2 has one block, for '{known}'; the setting block_reason names it")
            answer = Answer(AnswerKind.DONE, detail="was so already") if blocked else self._block(card, block, call)
            return self.keys.keep(key, "set_block", patron, block, result=answer)

    def _block(self, card: str, block: Block, call: Call) -> Answer:
        terminal = self.terminal
        request = make(
            "01",
            card_retained="N",
            transaction_date=terminal.now,
            institution_id=terminal.settings.institution,
            blocked_card_message=block.reason,
            patron_identifier=card,
            terminal_password=terminal.password,
        )
        try:
            terminal.same(terminal.client.ask(request, operation=call.operation, key=call.key or ""), call, AA=card)
        except OutcomeUnknown as lost:
            if terminal.quietly(lambda: self._is_blocked(card)):
                return Answer(AnswerKind.DONE, detail="no answer came; the patron may not borrow now")
            raise lost from None
        shown = terminal.quietly(lambda: self._is_blocked(card))
        if shown is None:
            raise call.lost("the system answered, and the patron could not be read again")
        if not shown:
            raise call.error(Rejected, "the system answered and blocked nobody: it does not carry out 01")
        return Answer(AnswerKind.DONE)

    def _is_blocked(self, card: str) -> bool:
        call = self.terminal.call("get")
        return Flag.CHARGE_DENIED in self.terminal.facts(self.terminal.patron(card, call), call).flags

    # --- what SIP2 has no message for ---

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, reason, key
        self._unsupported("clear_block", "unblock")

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, flag, key
        self._unsupported("set_flag", "flag")

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """Raises UnsupportedOperation."""
        del patron, referral, key
        self._unsupported("clear_flag", "flag")

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Raises UnsupportedOperation."""
        del query
        self._unsupported("search", "search")

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """Raises UnsupportedOperation."""
        del new, key
        self._unsupported("register", "register")

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Raises UnsupportedOperation."""
        del patron, change, key
        self._unsupported("update", "update")

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Raises UnsupportedOperation."""
        del patron, number, key
        self._unsupported("put_card", "card")

    def merge(self, gone: PatronId, kept: PatronId, *, key: str) -> Patron:
        """Raises UnsupportedOperation."""
        del gone, kept, key
        self._unsupported("merge", "merge")

    def _unsupported(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self.terminal.name, operation, NOT_IN_SIP2[why])
