"""ILSs that lend, take back and renew wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve

from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.page import Page
from scld_core.testing.harness import LoansBench, World
from scld_core.testing.planted.ils import Spoilt
from scld_core.testing.planted.model import Planted
from scld_core.testing.planted.shells import denies_the_effect
from scld_core.testing.references import loans_harness

__all__ = ["BUGS"]


class RenewalNotStored(Spoilt):
    """Answers a renewal with the new date and stores nothing."""

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """The loan, as it would be."""
        kept = self._items[item]
        found = super().renew(item, due_at, key=key, answers=answers)
        self._items[item] = kept
        return found


class ClaimNotStored(Spoilt):
    """Answers a claim as recorded; the item stays on loan."""

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """The item, as it would be."""
        kept = self._items[item]
        found = super().claim_returned(item, key=key)
        self._items[item] = kept
        return found


class WrongItemLent(Spoilt):
    """Changes the item beside the one that was asked for as well."""

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Both."""
        known = sorted(self._items)
        beside = known[(known.index(item) + 1) % len(known)] if item in known else item
        found = super().declare(item, state, key=key)
        self.say(beside, state)
        return found


class DueADayLater(Spoilt):
    """Counts the last day of a loan as one more."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Due tomorrow."""
        found = super().check_out(request, key=key, answers=answers)
        if isinstance(found, Loan) and request.due_at is not None and found.due_at == request.due_at:
            found = evolve(found, due_at=found.due_at + timedelta(days=1))
            self._items[request.item] = evolve(self._items[request.item], loan=found)
        return found


class DueOnTheWall(Spoilt):
    """Takes the wall's hour of today for that of the due day, across the change of clocks."""

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """An hour beside it in summer."""
        far = due_at is not None and due_at > self.world.clock.now() + timedelta(days=120)
        return super().renew(item, due_at - timedelta(hours=1) if due_at and far else due_at, key=key, answers=answers)


class OwnDateIsNow(Spoilt):
    """Lends until now where no date is asked for."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Due at once."""
        found = super().check_out(request, key=key, answers=answers)
        if request.due_at is None and isinstance(found, Loan):
            found = evolve(found, due_at=self.world.clock.now())
            self._items[request.item] = evolve(self._items[request.item], loan=found)
        return found


class LendsTwice(Spoilt):
    """Lends an item that is on loan, and forgets the loan that there was."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """To whoever asks last."""
        known = self._items.get(request.item)
        if known is not None and known.open_loan is not None and key not in self._keys:
            self._items[request.item] = evolve(known, loan=None, state=ItemState.CHECKED_IN)
        return super().check_out(request, key=key, answers=answers)


class LendsWithdrawn(Spoilt):
    """Lends what was withdrawn."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """As if it stood on the shelf."""
        known = self._items.get(request.item)
        if known is not None and known.state is ItemState.WITHDRAWN:
            self._items[request.item] = evolve(known, state=ItemState.CHECKED_IN)
        return super().check_out(request, key=key, answers=answers)


class NoLimit(Spoilt):
    """Does not look at how many items the patron has."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """As many as they like."""
        return super().check_out(evolve(request, at_most=None), key=key, answers=answers)


class LimitOffByOne(Spoilt):
    """Permits one item more than is permitted."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """And one more."""
        more = request if request.at_most is None else evolve(request, at_most=request.at_most + 1)
        return super().check_out(more, key=key, answers=answers)


class LoanStaysOpen(Spoilt):
    """Puts a lost item on the shelf at check-in and leaves its loan open."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """The item is here; the patron has it still."""
        known = self._items.get(item)
        found = super().check_in(item, at, key=key, shelf_until=shelf_until)
        if known is not None and known.state is ItemState.LOST:
            self._items[item] = evolve(self._items[item], loan=known.loan)
            found = evolve(found, circulation=self.get(item))
        return found


class EndedNotTold(Spoilt):
    """Does not say which loan a check-in ended."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """The item alone."""
        return evolve(super().check_in(item, at, key=key, shelf_until=shelf_until), ended=None)


class RenewsShorter(Spoilt):
    """Takes any date for a renewal, earlier ones too."""

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Whenever."""
        known = self._items.get(item)
        lent = None if known is None else known.open_loan
        if due_at is None or lent is None or due_at > lent.due_at or known is None or known.state.value != "on_loan":
            return super().renew(item, due_at, key=key, answers=answers)
        found = self.extend(item, due_at).loan
        assert found is not None
        return found


class RenewsTheLost(Spoilt):
    """Renews an item that is lost or claimed."""

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """For whomever."""
        known = self._items.get(item)
        if known is not None and known.state in (ItemState.LOST, ItemState.CLAIMS_RETURNED):
            self._items[item] = evolve(known, state=ItemState.ON_LOAN)
        return super().renew(item, due_at, key=key, answers=answers)


class RenewalsFromOne(Spoilt):
    """Counts the check-out as the first renewal."""

    def get(self, item: ItemId) -> Circulation:
        """With one renewal more."""
        found = super().get(item)
        lent = found.loan
        if lent is None or lent.renewals is None:
            return found
        return evolve(found, loan=evolve(lent, renewals=lent.renewals + 1))


class ClaimEndsTheLoan(Spoilt):
    """Takes a claim for a return."""

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Nobody has it any more."""
        found = super().claim_returned(item, key=key)
        if found.loan is not None:
            self._items[item] = evolve(found, loan=evolve(found.loan, returned_at=self.world.clock.now()))
        return self.get(item)


class MissingStaysOnLoan(Spoilt):
    """Leaves the loan of an item open that is declared missing, so that it goes on accruing."""

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Missing, and the patron's."""
        known = self._items.get(item)
        found = super().declare(item, state, key=key)
        if state is ItemState.MISSING and known is not None:
            self._items[item] = evolve(self._items[item], loan=known.loan)
        return found if state is not ItemState.MISSING else self.get(item)


class StaleLists(Spoilt):
    """Keeps the list of a patron's loans and what it listed of items from before a write."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[ItemId, Circulation] = {}

    def iter_items(self, items: Any) -> Iterator[Page[Circulation]]:
        """What was true at the first question."""
        for page in super().iter_items(items):
            rows = tuple(self.kept.setdefault(row.item, row) for row in page.rows)
            yield evolve(page, rows=rows)


class AnothersLoans(Spoilt):
    """Lists the loans of everybody under any patron."""

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """All that is out, as this patron's."""
        list(super().of_patron(patron))
        return self._pages([evolve(loan, patron=patron) for loan in self._open()])


class AsTheyCome(Spoilt):
    """Lists a patron's loans in the order of the items."""

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """As they come."""
        rows = [row for page in super().of_patron(patron) for row in page.rows]
        return self._pages(sorted(rows, key=lambda loan: loan.item))


class MergedForgotten(Spoilt):
    """Does not list what was lent to a record that was merged away."""

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """Of one record only."""
        own = {seen.item for seen in self._items.values() if seen.loan is not None and seen.loan.patron == patron}
        rows = [row for page in super().of_patron(patron) for row in page.rows]
        return self._pages([row for row in rows if row.item in own])


class HidesTheLost(Spoilt):
    """Leaves lost and claimed items out of a patron's list."""

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """Only what is plainly on loan."""
        for page in super().of_patron(patron):
            rows = [loan for loan in page.rows if self._items[loan.item].state is ItemState.ON_LOAN]
            yield evolve(page, rows=tuple(rows), total=None)


class StrangerHasNothing(Spoilt):
    """Answers for a patron whom nobody knows: no loans."""

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """An empty list for everybody."""
        try:
            yield from super().of_patron(patron)
        except NotFound:
            yield Page((), self.world.clock.now(), last=True)


class ForgetsKeys(Spoilt):
    """Carries out a key each time it comes."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Once more."""
        self._keys.pop(key, None)
        return super().check_in(item, at, key=key, shelf_until=shelf_until)

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Once more."""
        lent = self._items[item].open_loan if key in self._keys and item in self._items else None
        self._keys.pop(key, None)
        if lent is not None and due_at is not None and due_at <= lent.due_at:
            found = self.extend(item, due_at).loan
            assert found is not None
            return found
        return super().renew(item, due_at, key=key, answers=answers)


class KeysForADay(Spoilt):
    """Remembers a key as long as the item is as the write left it."""

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Claimed again, on loan or not."""
        if key in self._keys and self._items[item].state is not ItemState.CLAIMS_RETURNED:
            self.say(item, ItemState.CLAIMS_RETURNED)
        return super().claim_returned(item, key=key)


class AnyBody(Spoilt):
    """Takes a key for done, whatever it is sent with."""

    def _again(self, key: str, *what: Any) -> Any:
        """What was done, if anything."""
        try:
            return super()._again(key, *what)
        except Conflict:
            return self._keys[key][1]


class LendsToNobody(Spoilt):
    """Lends to a card that was merged away, and to one that nobody has."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """To any number."""
        try:
            return super().check_out(request, key=key, answers=answers)
        except (NotFound, Rejected) as refusal:
            if "merged" not in str(refusal) and "patron with this id" not in str(refusal):
                raise
            found = self.lend(request.item, due_at=request.due_at or self.world.clock.now())
            assert found.loan is not None
            return found.loan


def _planted(make: Callable[[World], LoansBench], name: str, source: str, caught_by: str) -> Planted:
    return Planted(f"loans: {name}", source, f"loans.{caught_by}", "loans", lambda: loans_harness(make, name))


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


_ASPEN = "Aspen's Polaris renewal returns success on a refused renewal (wire facts, section 8)"
_KOHA = "Koha: what was answered is not what was done (Koha observed)"
_DUE = "due date without time, wrong date filter, DST nights (hotspots study C5, C7)"
_STATE = "claims returned, lost and in transit items (hotspots study C4)"
_RACE = "two desks and one barcode (issue 4)"
_KEYS = "writes without an idempotency key (fees study A5 12, B1 Polaris)"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"

BUGS: tuple[Planted, ...] = (
    _bug(AnothersLoans, "another patron's loan listed", _STRANGER, "own-loans"),
    _bug(AsTheyCome, "loans listed as they come", _DUE, "own-loans"),
    _bug(MergedForgotten, "loans of a merged record left out", _STRANGER, "loans-after-a-merge"),
    _bug(HidesTheLost, "lost items left out of a patron's list", _STATE, "own-loans"),
    _bug(StrangerHasNothing, "an unknown patron has no loans", _STRANGER, "own-loans"),
    _bug(RenewalNotStored, "renewal answered and not stored", _ASPEN, "does-it"),
    _bug(ClaimNotStored, "claim answered and not stored", _KOHA, "does-it"),
    _bug(WrongItemLent, "another item declared too", _STRANGER, "does-it"),
    _bug(StaleLists, "stale lists after a write", _KOHA, "everywhere-the-same"),
    _bug(DueADayLater, "due date off by one day", _DUE, "due-as-asked"),
    _bug(DueOnTheWall, "due an hour early in summer", _DUE, "due-as-asked"),
    _bug(OwnDateIsNow, "the ILS's own date is today", _DUE, "own-date"),
    _bug(LendsTwice, "item on loan lent again", _RACE, "one-loan-an-item"),
    _bug(LendsWithdrawn, "withdrawn item lent", _STATE, "not-lent"),
    _bug(NoLimit, "limit ignored", _KOHA, "limit"),
    _bug(LimitOffByOne, "limit off by one", _KOHA, "limit"),
    _bug(LoanStaysOpen, "check-in leaves the loan open", _STATE, "ends-the-loan"),
    _bug(EndedNotTold, "ended loan not told", _KOHA, "ends-the-loan"),
    _bug(RenewsShorter, "renewal shortens the loan", _KOHA, "never-earlier"),
    _bug(RenewsTheLost, "lost item renewed", _STATE, "never-earlier"),
    _bug(RenewalsFromOne, "check-out counted as a renewal", _KOHA, "counted"),
    _bug(ClaimEndsTheLoan, "claim ends the loan", _STATE, "keeps-the-loan"),
    _bug(MissingStaysOnLoan, "given-up claim keeps accruing", _STATE, "keeps-the-loan"),
    _bug(ForgetsKeys, "one key carried out twice", _KEYS, "same-key"),
    _bug(KeysForADay, "a late key carried out again", _KEYS, "late-key"),
    _bug(AnyBody, "a key taken for done with other arguments", _KEYS, "other-body"),
    _bug(LendsToNobody, "lent to nobody", _STRANGER, "nobody"),
    _planted(
        lambda world: denies_the_effect(Spoilt(world).bench()), "lost answer told as no effect", _KEYS, "lost-answer"
    ),
)
"""In the order of the checks."""
