"""The reference ILS for loans and check-in states: what `circulation.ports.Loans` means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from attrs import evolve

from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.ports import DECLARED, KEEPS_LOAN
from scld_core.errors import Conflict, InvalidValue, NotFound, Rejected
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Answers, Question, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.model import Household

__all__ = ["MemoryLoans"]

T = TypeVar("T")

_OWN_TERM = timedelta(days=21)  # what this ILS lends for when it is left to it
_GONE = (ItemState.LOST, ItemState.LOST_PAID, ItemState.CLAIMS_RETURNED)


class MemoryLoans:
    """Items and loans in memory; each answer is true at the clock's present.

    The writers below the port's methods stand for staff at the desk. An item has one open loan at
    most. What staff say of an item (lost, claimed, missing) leaves its loan open. Of `patrons` come
    merges and who is known; without them everybody is. Of `holds` come the holds for which an item is
    set aside when it comes back. `cut_after` makes a list break off after so many pages, as a failing
    connection would: the last page then lacks `last`.
    """

    live = True

    def __init__(
        self,
        clock: Clock,
        *,
        backend: str = "main",
        page_size: int = 100,
        patrons: MemoryPatrons | None = None,
        holds: MemoryHolds | None = None,
    ) -> None:
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._patrons = patrons
        self._holds = holds
        self._items: dict[ItemId, Circulation] = {}
        self._homes: dict[ItemId, LocationId] = {}
        self._ended: dict[LoanId, Loan] = {}
        self._keys: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self._questions: dict[ItemId, tuple[Question, ...]] = {}
        self._loans = 0
        self.cut_after: int | None = None

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now."""
        try:
            known = self._items[item]
        except KeyError:
            raise NotFound(self._backend, "get", f"no item {item}") from None
        return evolve(known, as_of=self._clock.now(), loan=self._shown(known.loan))

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each known item of `items`, in the order of their ids."""
        return self._pages([self.get(item) for item in sorted(self._items.keys() & set(items))])

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Open loans due at or before `at`, the longest overdue first."""
        return self._pages([loan for loan in self._open() if loan.due_at <= at])

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """The patron's open loans, the first due first."""
        if self._survivor(patron) != patron:
            raise NotFound(self._backend, "of_patron", "this record was merged into another one")
        return self._pages([loan for loan in self._open() if loan.patron == patron])

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Lend an item, for three weeks where no date is asked for."""
        if (again := self._again(key, "check_out", request)) is not None:
            return self._loan(again)
        self.get(request.item)
        due = request.due_at or self._clock.now() + _OWN_TERM
        self._may_lend(request, due)
        if (asked := self._unanswered(request.item, answers, "check_out")) is not None:
            return asked
        self._hand_over(request.item)
        self._loans += 1
        number = LoanId(self._backend, f"loan-{self._loans}")
        now = self._clock.now()
        lent = Loan(number, request.item, due, out_at=now, patron=request.patron, renewals=0)
        self._put(Circulation(request.item, ItemState.ON_LOAN, now, lent))
        return self._loan(self._done(number, key, "check_out", request))

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back at a library."""
        if (again := self._again(key, "check_in", item, at, shelf_until)) is not None:
            return self._back(item, *again)
        known = self.get(item)
        if known.state is ItemState.WITHDRAWN:
            raise Rejected(self._backend, "check_in", "the item was withdrawn")
        lent = known.open_loan
        hold, ready, route = self._trapped(item, at, shelf_until)
        home = self._homes.get(item, at)
        if hold is None and home != at:
            route = home
        waits = ItemState.ON_HOLD_SHELF if ready else ItemState.CHECKED_IN
        self.take_back(item, ItemState.IN_TRANSIT if route is not None else waits)
        number = None if lent is None else lent.id
        return self._back(item, *self._done((number, hold, route), key, "check_in", item, at, shelf_until))

    def _back(self, item: ItemId, ended: LoanId | None, hold: HoldId | None, route: LocationId | None) -> CheckIn:
        until = None if self._holds is None or hold is None else self._holds.get(hold).shelf_until
        return CheckIn(self.get(item), None if ended is None else self._loan(ended), hold, route, until)

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Move the due instant, by three weeks where no date is asked for."""
        if (again := self._again(key, "renew", item, due_at)) is not None:
            return self._loan(again)
        known = self.get(item)
        lent = known.open_loan
        if lent is None or known.state in _GONE:
            raise Rejected(self._backend, "renew", f"{item} is not on loan, or nobody has it at hand")
        due = due_at or max(lent.due_at, self._clock.now()) + _OWN_TERM
        if due <= lent.due_at:
            raise Rejected(self._backend, "renew", "the due date would not be later than it is")
        if (asked := self._unanswered(item, answers, "renew")) is not None:
            return asked
        self.extend(item, due)
        return self._loan(self._done(lent.id, key, "renew", item, due_at))

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Show that the patron says to have brought the item back."""
        if self._again(key, "claim_returned", item) is None:
            known = self.get(item)
            if known.open_loan is None:
                raise Rejected(self._backend, "claim_returned", f"{item} is not on loan")
            if known.state is not ItemState.CLAIMS_RETURNED:
                self.say(item, ItemState.CLAIMS_RETURNED)
            self._done(item, key, "claim_returned", item)
        return self.get(item)

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Say what became of an item."""
        if self._again(key, "declare", item, state) is None:
            known = self.get(item)
            if state not in DECLARED or (state in KEEPS_LOAN and known.open_loan is None):
                raise Rejected(self._backend, "declare", f"{item} cannot be declared {state.value}")
            if known.state is not state:
                if state not in KEEPS_LOAN:
                    self.take_back(item)
                self.say(item, state)
            self._done(item, key, "declare", item, state)
        return self.get(item)

    def _open(self) -> list[Loan]:
        """Every open loan, the first due first."""
        loans = [self._shown(seen.open_loan) for seen in self._items.values()]
        return sorted((loan for loan in loans if loan is not None), key=lambda loan: (loan.due_at, loan.item))

    def _shown(self, loan: Loan | None) -> Loan | None:
        """A loan on a merged record is the surviving patron's."""
        if loan is None or loan.patron is None or self._patrons is None:
            return loan
        return evolve(loan, patron=self._survivor(loan.patron))

    def _survivor(self, patron: PatronId) -> PatronId:
        return patron if self._patrons is None else self._patrons.survivor(patron)

    def _loan(self, number: LoanId) -> Loan:
        """A loan as it is now, open or ended."""
        lent = [seen.loan for seen in self._items.values() if seen.loan is not None and seen.loan.id == number]
        found = self._shown(lent[0] if lent else self._ended[number])
        assert found is not None  # noqa: S101 - there was a loan
        return found

    def _may_lend(self, request: CheckOutRequest, due: datetime) -> None:
        known, patron = self._items[request.item], request.patron
        if self._survivor(patron) != patron:
            raise Rejected(self._backend, "check_out", "this record was merged into another one")
        problem = ""
        hold = None if self._holds is None else self._holds.set_aside(request.item)
        count = len([loan for loan in self._open() if loan.patron == patron])
        if known.open_loan is not None:
            problem = f"{request.item} has an open loan"
        elif known.state is ItemState.WITHDRAWN:
            problem = f"{request.item} was withdrawn"
        elif hold is not None and hold.patron != patron:
            problem = f"{request.item} is set aside for somebody else"
        elif due <= self._clock.now():
            problem = "the due date is not to come"
        elif request.at_most is not None and count >= request.at_most:
            problem = f"the patron has {count} items; {request.at_most} are permitted"
        if problem:
            raise Rejected(self._backend, "check_out", problem)

    def _hand_over(self, item: ItemId) -> None:
        """Fill the hold for which an item is set aside, and take it off the shelf."""
        if self._holds is None:
            return
        hold = self._holds.set_aside(item)
        if hold is not None:
            ready = hold if hold.state is HoldState.READY else self._holds.arrive(hold.id)
            self._holds.pick_up(ready.id)
        self._holds.lent(item)

    def _trapped(
        self, item: ItemId, at: LocationId, shelf_until: date | None
    ) -> tuple[HoldId | None, bool, LocationId | None]:
        """The hold for which an item is set aside, whether it can be picked up here, and where it goes otherwise."""
        if self._holds is None or not self._holds.has(item):
            return None, False, None
        hold = self._holds.set_aside(item)
        if hold is not None and hold.pickup == at and hold.state is not HoldState.READY:
            hold = self._holds.arrive(hold.id, shelf_until)
        hold = hold or self._holds.check_in(item, at, shelf_until)
        if hold is None or hold.pickup == at:
            return None if hold is None else hold.id, hold is not None, None
        if hold.state is HoldState.TRAPPED:
            hold = self._holds.send(hold.id)
        return hold.id, False, hold.pickup

    def _unanswered(self, item: ItemId, answers: Answers | None, operation: str) -> Unanswered | None:
        questions, token = self._questions.get(item, ()), f"ask-{item.local}"
        mine = answers if answers is not None and answers.token == token else Answers(())
        open_ = tuple(question for question in questions if mine.to(question) is None)
        if open_:
            return Unanswered(open_, token)
        for question in questions:
            if mine.to(question) != question.choices[0][0]:
                raise Rejected(self._backend, operation, f"the answer to {question.code} does not permit it")
        return None

    def _again(self, key: str, *what: Any) -> Any:
        """What was done with the key before; None for a new one."""
        if key not in self._keys:
            return None
        done, found = self._keys[key]
        if done != what:
            raise Conflict(self._backend, str(what[0]), "the key was used for something else")
        return found

    def _done(self, found: T, key: str, *what: Any) -> T:
        self._keys[key] = (what, found)
        return found

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        now, size = self._clock.now(), self._page_size
        starts = range(0, max(len(rows), 1), size)  # an empty list is one empty page, not none
        for number, start in enumerate(starts):
            if number == self.cut_after:
                return
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))

    def put(self, seen: Circulation, home: LocationId | None = None) -> None:
        """File an item as a sample or a test describes it, replacing what was known."""
        before = self._items.get(seen.item)
        if before is not None and before.loan is not None:
            self._ended[before.loan.id] = before.loan
        self._items[seen.item] = seen
        if home is not None:
            self._homes[seen.item] = home

    def ask_before(self, item: ItemId, *questions: Question) -> None:
        """Let lending and renewing an item wait for answers; only the first choice of each lets it through."""
        self._questions[item] = questions

    def add(self, item: ItemId) -> Circulation:
        """Catalogue an item that is on the shelf; one that is known already is refused."""
        if item in self._items:
            raise Rejected(self._backend, "add", f"{item} exists already")
        return self._put(Circulation(item, ItemState.CHECKED_IN, self._clock.now()))

    def lend(
        self,
        item: ItemId,
        *,
        due_at: datetime,
        loan: LoanId | None = None,
        patron: PatronId | None = None,
        household: Household | None = None,
    ) -> Circulation:
        """Lend an item, cataloguing it when it is new; one with an open loan is refused."""
        known = self._items.get(item)
        if known is not None and known.open_loan is not None:
            raise Rejected(self._backend, "lend", f"{item} has an open loan")
        self._loans += 1
        number = loan or LoanId(item.backend, f"loan-{self._loans}")
        now = self._clock.now()
        lent = Loan(number, item, due_at, out_at=now, patron=patron, household=household, renewals=0)
        return self._put(Circulation(item, ItemState.ON_LOAN, now, lent))

    def extend(self, item: ItemId, due_at: datetime) -> Circulation:
        """Move the open loan's due instant; an item without one is refused."""
        known = self.get(item)
        lent = known.open_loan
        if lent is None:
            raise Rejected(self._backend, "extend", f"{item} is not on loan")
        times = None if lent.renewals is None else lent.renewals + 1
        self._items[item] = evolve(known, loan=evolve(lent, due_at=due_at, renewals=times))
        return self.get(item)

    def take_back(self, item: ItemId, state: ItemState = ItemState.CHECKED_IN) -> Circulation:
        """Take an item back: to the shelf, into transit or onto the hold shelf; ends its open loan."""
        if state not in (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF):
            raise InvalidValue("take_back", "state", "must be checked_in, in_transit or on_hold_shelf")
        known = self.get(item)
        lent = known.open_loan
        ended = known.loan if lent is None else evolve(lent, returned_at=self._clock.now())
        if ended is not None:
            self._ended[ended.id] = ended
        return self._put(Circulation(item, state, self._clock.now(), ended))

    def say(self, item: ItemId, state: ItemState, since: datetime | None = None, *, word: str = "") -> Circulation:
        """Say what became of an item, from `since` (now when left out); its loan stays as it is.

        With UNKNOWN_WORD, `word` is the ILS's own word that nobody translated.
        """
        return self._put(evolve(self.get(item), state=state, word=word), since)

    def _put(self, seen: Circulation, since: datetime | None = None) -> Circulation:
        self._items[seen.item] = evolve(seen, since=since or self._clock.now())
        return self.get(seen.item)
