"""ILSs that place, suspend, move and cancel holds wrongly."""

from __future__ import annotations

from datetime import date, timedelta

from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.holds.model import Hold, HoldManner, HoldRequest, OnTrapped, Place
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LocationId
from scld_core.testing.planted import shells
from scld_core.testing.planted.holds_base import Spoilt, bug, shell
from scld_core.testing.planted.model import Planted

__all__ = ["BUGS"]


class SuspensionNotStored(Spoilt):
    """Answers a suspension with what it would have stored."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """As if."""
        before = self._known(hold, "suspend")
        answer = super().suspend(hold, until, key=key)
        self._holds[hold] = before
        return answer


class PickupIgnored(Spoilt):
    """Answers a change of the pickup library as done and leaves it out."""

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """With the new one in the answer only."""
        before = self._known(hold, "change_pickup")
        answer = super().change_pickup(hold, pickup, key=key)
        self._holds[hold] = before
        return answer


class CancelsTheTitle(Spoilt):
    """Cancels every hold on the title."""

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """All of them."""
        answer = super().cancel(hold, key=key)
        for number, known in tuple(self._holds.items()):
            if known.title == answer.title and known.state is HoldState.WAITING:
                self._holds[number] = evolve(known, state=HoldState.CANCELLED)
        return answer


class SuspendedHoldsMoveHome(Spoilt):
    """Writes the whole record when it suspends, with the default library in it."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """And to be picked up somewhere."""
        super().suspend(hold, until, key=key)
        self._holds[hold] = evolve(self._holds[hold], pickup=LocationId("headquarters"))
        return self.get(hold)


class PlacesTwice(Spoilt):
    """Keeps no keys: a repetition is a second hold, where the first one does not stand in the way."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Once more."""
        for number, known in tuple(self._holds.items()):
            if key in self._keys and self._keys[key][0] == number:
                self._keys.pop(key)
                twin = evolve(known, id=HoldId(number.backend, f"{number.local}-again"))
                self._holds[twin.id] = twin
                return self.get(twin.id)
        return super().place(request, key=key, answers=answers)


class ForgetsKeys(Spoilt):
    """Keeps no keys, whatever it says."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """As if it were new."""
        self._keys.pop(key, None)
        return super().suspend(hold, until, key=key)


class FirstBodyWins(Spoilt):
    """Answers a known key with what was done then, whatever is asked now."""

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Done already."""
        try:
            return super().change_pickup(hold, pickup, key=key)
        except Conflict:
            return self.get(hold)


class NobodyIsCancelled(Spoilt):
    """Answers the cancelling of an unknown hold with some other one."""

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """Gone in any case."""
        try:
            return super().cancel(hold, key=key)
        except NotFound:
            return self.get(min(self._holds))


class Revives(Spoilt):
    """Brings a hold back that has ended, by suspending it."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Whatever it was."""
        known = self._known(hold, "suspend")
        if not known.is_open:
            self._holds[hold] = evolve(known, state=HoldState.WAITING, trapped=None)
        return super().suspend(hold, until, key=key)


class SecondAfterSuspension(Spoilt):
    """Looks for a patron's other hold on the title among those that wait."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """A second one beside a suspended one."""
        asleep = {n: known for n, known in self._holds.items() if known.state is HoldState.SUSPENDED}
        for number in asleep:
            self._holds[number] = evolve(self._holds[number], state=HoldState.CANCELLED, suspended_until=None)
        try:
            return super().place(request, key=key, answers=answers)
        finally:
            self._holds.update(asleep)


class ReusesIds(Spoilt):
    """Numbers its holds by how many are open."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """With the number of one that was cancelled."""
        for number, known in tuple(self._holds.items()):
            if not known.is_open and known.patron == request.patron and known.title == request.title:
                self._holds[number] = evolve(known, state=HoldState.WAITING, placed_at=self._clock.now())
                return self.get(number)
        return super().place(request, key=key, answers=answers)


class AtMostIgnored(Spoilt):
    """Does not look at how many holds are permitted."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """One more."""
        return super().place(evolve(request, at_most=None), key=key, answers=answers)


class OneTooFew(Spoilt):
    """Counts the new hold twice."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Refused one too soon."""
        most = request.at_most
        return super().place(evolve(request, at_most=most and most - 1), key=key, answers=answers)


class HoldsTheUnholdable(Spoilt):
    """Takes a hold on anything that is catalogued."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Though nothing will ever come."""
        kept = dict(self._items)
        self._items = {number: evolve(one, holdable=True) for number, one in kept.items()}
        try:
            return super().place(request, key=key, answers=answers)
        finally:
            self._items = kept


class WrongPickup(Spoilt):
    """Sends every new hold to the library of the first one."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """To be picked up where the others are."""
        first = next(iter(self._holds.values()))
        return super().place(evolve(request, pickup=first.pickup), key=key, answers=answers)


class AnyItemWillDo(Spoilt):
    """Forgets which item was asked for."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """The first that comes in."""
        return super().place(evolve(request, item=None), key=key, answers=answers)


class RefusesWhereItIs(Spoilt):
    """Takes the library where a hold is picked up already for a mistake."""

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Refused."""
        if self._known(hold, "change_pickup").pickup == pickup:
            raise Rejected(self._backend, "change_pickup", "it is picked up there already")
        return super().change_pickup(hold, pickup, key=key)


class RanksStay(Spoilt):
    """Numbers the queue when a hold is placed, and leaves the gaps of those that were cancelled."""

    def _queue(self, title):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        found = super()._queue(title)
        known = [one for one in self._holds.values() if one.title == title and one.state is not HoldState.SUSPENDED]
        gone = sum(not one.is_open for one in known)
        return tuple(evolve(one, rank=one.rank and one.rank + gone) for one in found)


class TrapsTheSuspended(Spoilt):
    """Gives an item to the first hold in the queue, suspended or not."""

    def check_in(self, item: ItemId, at: LocationId, shelf_until: date | None = None) -> Hold | None:
        """Next, please."""
        asleep = {n: known for n, known in self._holds.items() if known.state is HoldState.SUSPENDED}
        for number, known in asleep.items():
            self._holds[number] = evolve(known, state=HoldState.WAITING, suspended_until=None)
        return super().check_in(item, at, shelf_until)


class CancelFreesNobody(Spoilt):
    """Keeps an item for a hold that was cancelled."""

    def check_in(self, item: ItemId, at: LocationId, shelf_until: date | None = None) -> Hold | None:
        """Still for the same."""
        kept = [one for one in self._holds.values() if one.state is HoldState.CANCELLED and one.trapped == item]
        return kept[0] if kept else super().check_in(item, at, shelf_until)

    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """With its item."""
        trapped = self._known(hold, "cancel").trapped
        super().cancel(hold, key=key)
        self._holds[hold] = evolve(self._holds[hold], trapped=trapped)
        return self.get(hold)


class SuspendsTheTrapped(Spoilt):
    """Declares to refuse suspending a hold with an item set aside, and does it."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """And the item is lost from sight."""
        known = self._known(hold, "suspend")
        if known.state in TRAPPED:
            self._holds[hold] = evolve(known, state=HoldState.WAITING, trapped=None, shelf_until=None)
        return super().suspend(hold, until, key=key)


class FreesNothing(Spoilt):
    """Declares to free the item of a suspended hold, and refuses."""

    way = HoldManner(on_trapped=OnTrapped.FREED)

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Not with an item."""
        if self._known(hold, "suspend").state in TRAPPED:
            raise Rejected(self._backend, "suspend", "an item is set aside")
        return super().suspend(hold, until, key=key)


class MovesTheTrapped(Spoilt):
    """Declares to refuse moving a hold with an item set aside, and moves it."""

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """And the item waits at another library."""
        known = self._known(hold, "change_pickup")
        if known.state not in TRAPPED:
            return super().change_pickup(hold, pickup, key=key)
        self._holds[hold] = evolve(known, pickup=pickup)
        return self.get(hold)


class DayShifted(Spoilt):
    """Turns a day into midnight of the wrong zone."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Until the day before."""
        super().suspend(hold, until, key=key)
        if until is not None:
            self._holds[hold] = evolve(self._holds[hold], suspended_until=until - timedelta(days=1))
        return self.get(hold)


class SuspendedUntilYesterday(Spoilt):
    """Takes every day for the end of a suspension."""

    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Without an end, then."""
        past = until is not None and until <= self._today()
        return super().suspend(hold, None if past else until, key=key)


class LosesItsPlace(Spoilt):
    """Declares that a hold comes back to its place, and puts it last."""

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """Behind the others."""
        self._holds[hold] = self._holds.pop(hold)
        return super().reactivate(hold, key=key)


class KeepsItsPlace(Spoilt):
    """Declares that a hold comes back as the last, and lets it keep its place."""

    way = HoldManner(place=Place.LOST)

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """As if it had never been away."""
        before = list(self._holds)
        answer = super().reactivate(hold, key=key)
        self._holds = {number: self._holds[number] for number in before}
        return evolve(answer, rank=self.get(hold).rank)


class ReactivatesIntoWaiting(Spoilt):
    """Lets every hold wait that is reactivated, with its item forgotten."""

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """Waiting."""
        known = self._known(hold, "reactivate")
        if known.state in TRAPPED:
            self._holds[hold] = evolve(known, state=HoldState.WAITING, trapped=None, shelf_until=None)
        return super().reactivate(hold, key=key)


class PlacesBeforeItAsks(Spoilt):
    """Places a hold and asks afterwards."""

    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """There already."""
        questions = self._questions.pop(request.title, ())
        answer = super().place(request, key=key, answers=answers)
        return Unanswered(questions, "token") if questions else answer


_KOHA = "Koha as observed: a change ignored with 200, a day shifted, blocks not enforced"
_QUEUE = "queues with gaps and items for the wrong hold (driver study, section 4)"
_RETRY = "writes without an idempotency key (fees study A5 12)"
_DECLARED = "what is declared of suspension differs among ILSs (holds, district study section 5)"
_LIMIT = "limits that are only checked at the desk (driver study, section 4)"

BUGS: tuple[Planted, ...] = (
    bug(SuspensionNotStored, "suspension answered but not stored", _KOHA, "does-it"),
    bug(PickupIgnored, "pickup change answered but not stored", _KOHA, "does-it"),
    bug(CancelsTheTitle, "every hold of the title cancelled", _QUEUE, "does-it"),
    bug(SuspendedHoldsMoveHome, "pickup library overwritten by a suspension", _KOHA, "keeps-the-rest"),
    bug(PlacesTwice, "repetition places a second hold", _RETRY, "same-key"),
    bug(ForgetsKeys, "late key suspends again", _RETRY, "late-key"),
    bug(FirstBodyWins, "key of another library answered", _RETRY, "other-arguments"),
    bug(NobodyIsCancelled, "unknown hold answered as cancelled", _QUEUE, "nobody"),
    bug(Revives, "ended hold brought back", _QUEUE, "ended"),
    bug(SecondAfterSuspension, "duplicate after suspension", _QUEUE, "one-of-a-title"),
    bug(ReusesIds, "id used again after cancelling", _QUEUE, "never-an-old-id"),
    bug(AtMostIgnored, "limit ignored", _LIMIT, "at-most"),
    bug(OneTooFew, "last permitted hold refused", _LIMIT, "at-most"),
    bug(HoldsTheUnholdable, "title held that cannot be", _LIMIT, "what-can-be-held"),
    bug(WrongPickup, "wrong pickup library", _KOHA, "as-asked-for"),
    bug(AnyItemWillDo, "item-level hold placed on the title", _QUEUE, "as-asked-for"),
    shell(shells.denies_the_effect, "lost answer told as no effect", _RETRY, "lost-answer"),
    bug(RefusesWhereItIs, "same pickup library refused", _KOHA, "moved-to-where-it-is"),
    bug(RanksStay, "gap in the ranks after cancelling", _QUEUE, "ranks-close-up"),
    bug(TrapsTheSuspended, "item for a suspended hold", _QUEUE, "passed-over"),
    bug(CancelFreesNobody, "cancelled hold keeps its item", _QUEUE, "cancelling-frees"),
    bug(SuspendsTheTrapped, "trapped hold suspended though refusal is declared", _DECLARED, "trapped-suspension"),
    bug(FreesNothing, "trapped hold not freed though that is declared", _DECLARED, "trapped-suspension"),
    bug(MovesTheTrapped, "trapped hold moved though refusal is declared", _DECLARED, "trapped-pickup"),
    bug(DayShifted, "suspension ends a day early", _KOHA, "suspended-again"),
    bug(SuspendedUntilYesterday, "suspension until a day that has passed", _KOHA, "suspended-again"),
    bug(LosesItsPlace, "reactivated hold put last though it keeps its place", _DECLARED, "comes-back-to-its-place"),
    bug(KeepsItsPlace, "reactivated hold in its old place though it is lost", _DECLARED, "comes-back-to-its-place"),
    bug(ReactivatesIntoWaiting, "item lost by reactivating", _QUEUE, "active-already"),
    bug(PlacesBeforeItAsks, "hold placed before it is asked", _KOHA, "asks-first"),
)
"""In the order of the checks."""
