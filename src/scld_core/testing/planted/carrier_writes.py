"""Carriers that write wrongly: nothing, too much, twice, on another line, or without saying so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, NotFound, OutcomeUnknown, RateLimited, Rejected, Unavailable
from scld_core.hotspots.account import Fate, Terms
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.capability import Convention
from scld_core.kernel.devices import Line
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from scld_core.testing.harness import CarrierBench, Harness
from scld_core.testing.planted.carrier_base import STUDY, Spoilt, bug
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL, lines_harness

__all__ = ["BUGS"]

_DONE = Answer(AnswerKind.DONE, "request-000001")


class WarningOnly(Spoilt):
    """Writes a failed request into a log as a warning and goes on: the patron leaves with a dead device."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Done, whatever came of it."""
        try:
            return super().suspend(line, key=key)
        except NotFound:
            raise
        except BackendError:
            return _DONE


class SaysDone(Spoilt):
    """Answers as done without having asked."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Done, surely."""
        self.get(line)
        return evolve(_DONE, detail=key)


class AnswersYes(Spoilt):
    """Answers a write with True."""

    def suspend(self, line: Line, *, key: str) -> Any:
        """Yes."""
        return super().suspend(line, key=key).kind is AnswerKind.DONE


class LeavesItToAPerson(Spoilt):
    """Leaves to a person what it declares to do by itself."""

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Please do it."""
        self.get(line)
        return Answer(AnswerKind.FOR_OPERATOR, key)


class DoesItAsWell(Spoilt):
    """Asks a person to do it, and does it as well."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """Please do it; it is done."""
        return evolve(super().restore(line, key=key), kind=AnswerKind.FOR_OPERATOR)


class NoRenewal(Spoilt):
    """Knows of no restore, as a plugin without a renewal event: what was suspended stays so."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """Taken note of."""
        self.get(line)
        return evolve(_DONE, detail=key)


class Toggles(Spoilt):
    """Switches a line over instead of setting it, so that a repetition undoes what it repeats."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """The other state."""
        if self.get(line).state is ServiceState.SUSPENDED:
            return super().restore(line, key=key + "-again")
        return super().suspend(line, key=key)


class ForgetsKeys(Spoilt):
    """Takes a repeated key for a new request, though the system is said to keep keys."""

    def prepare(self) -> None:
        """Other terms."""
        self._terms = Terms(honour_keys=False)


class KeyPerCall(Spoilt):
    """Sends a key of its own making with every call, so that the system cannot know a repetition."""

    def prepare(self) -> None:
        """How many calls there were."""
        self.calls = 0

    def restore(self, line: Line, *, key: str) -> Answer:
        """Under another key each time."""
        self.calls += 1
        return super().restore(line, key=f"{key}-{self.calls}")


class WholeAccount(Spoilt):
    """Sends the request with the account's filter instead of the line's number."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Everybody's service."""
        for number, other in enumerate(list(self.book.lines())):
            if other.iccid != line.iccid and other.state is ServiceState.ACTIVE:
                self.book.put_line(evolve(other, state=ServiceState.SUSPENDED))
            del number
        return super().suspend(line, key=key)


class MatchesTheEnd(Spoilt):
    """Finds the line to be changed by the last digits of a number that nobody checked."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Whichever line ends so."""
        for other in self.book.lines():
            if str(other.iccid)[-8:] == str(line.iccid)[-8:] and other.imei and other.iccid:
                return super().suspend(Line(other.imei, other.iccid), key=key)
        return super().suspend(line, key=key)


class UnknownIsDone(Spoilt):
    """Answers as done for a line that the carrier does not have."""

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Gone is gone."""
        try:
            return super().terminate(line, key=key)
        except NotFound:
            return _DONE


class Revives(Spoilt):
    """Activates a terminated line anew when it is asked to restore it."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """From whatever state."""
        found = self.book.line(str(line.iccid))
        if found is not None and found.state is ServiceState.TERMINATED:
            self.book.put_line(evolve(found, state=ServiceState.ACTIVE))
            return _DONE
        return super().restore(line, key=key)


class RefusesWhatIsSo(Spoilt):
    """Refuses to suspend a suspended line, so that a repetition looks like a failure."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Once only."""
        if self.get(line).state is ServiceState.SUSPENDED:
            raise Rejected(self.world.context.instance, "suspend", "the line is suspended")
        return super().suspend(line, key=key)


class WastesActions(Spoilt):
    """Sends a request for a line that is so already; there are five a day."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """Off and on again."""
        if self.get(line).state is ServiceState.ACTIVE:
            super().suspend(line, key=key + "-off")
        return super().restore(line, key=key)


class ActsOnForeignWords(Spoilt):
    """Restores a line whose state it cannot translate, because it is not active."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Whatever the state."""
        found = self.book.line(str(line.iccid))
        if found is not None and found.state is ServiceState.UNKNOWN_WORD:
            self.book.put_line(evolve(found, state=ServiceState.ACTIVE, word=""))
        return super().suspend(line, key=key)


class PendingIsDone(Spoilt):
    """Answers an accepted request as done."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """202 is as good as 200."""
        return evolve(super().suspend(line, key=key), kind=AnswerKind.DONE)


class ShowsTheWish(Spoilt):
    """Shows a line as it was asked to be, before the carrier has done it."""

    def get(self, line: Line) -> LineView:
        """The end of what is on its way."""
        found = super().get(line)
        ends = {
            ServiceState.PENDING_SUSPEND: ServiceState.SUSPENDED,
            ServiceState.PENDING_RESTORE: ServiceState.ACTIVE,
        }
        return evolve(found, state=ends.get(found.state, found.state))


class NeverWaits(Spoilt):
    """Accepts for later, and says that it does not."""

    def prepare(self) -> None:
        """The false flag."""
        self.asynchronous = False


class NoReference(Spoilt):
    """Drops the number of an accepted request."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """An answer that leads nowhere."""
        return evolve(super().suspend(line, key=key), reference="")


class OpenIsDone(Spoilt):
    """Says of an open request that it is done."""

    def request_state(self, reference: str) -> ReadBack:
        """Done, surely."""
        found = super().request_state(reference)
        return ReadBack.DONE if found is ReadBack.PENDING else found


class NeverFinishes(Spoilt):
    """Says for ever that a request is pending."""

    def request_state(self, reference: str) -> ReadBack:
        """Soon."""
        found = super().request_state(reference)
        return ReadBack.PENDING if found is ReadBack.DONE else found


class UncertainIsSafe(Spoilt):
    """Tells a lost answer as a request that never left, so that somebody sends another."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Unavailable, whatever happened."""
        try:
            return super().suspend(line, key=key)
        except OutcomeUnknown as fault:
            raise Unavailable(fault.backend, fault.operation, fault.problem) from None


class UncertainIsRefused(Spoilt):
    """Tells a lost answer as a refusal."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """Rejected, though it happened."""
        try:
            return super().restore(line, key=key)
        except OutcomeUnknown as fault:
            raise Rejected(fault.backend, fault.operation, fault.problem) from None


class LosesTheKey(Spoilt):
    """Raises OutcomeUnknown without the key of its request."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Uncertain, of what nobody knows."""
        try:
            return super().suspend(line, key=key)
        except OutcomeUnknown as fault:
            raise OutcomeUnknown(fault.backend, fault.operation, fault.problem, "") from None


class RetriesBlindly(Spoilt):
    """Repeats a write whose answer was lost, under another key and as a toggle."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Twice, to be sure."""
        try:
            return super().suspend(line, key=key)
        except OutcomeUnknown:
            super().restore(line, key=key + "-undo")
            return super().suspend(line, key=key + "-2")


class TurnedAwayIsRefused(Spoilt):
    """Tells "come back later" as a refusal for good."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Never again."""
        try:
            return super().suspend(line, key=key)
        except RateLimited as fault:
            raise Rejected(fault.backend, fault.operation, fault.problem) from None


class RefusedIsLater(Spoilt):
    """Tells a refusal for good as "come back later", and is asked again every morning."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Perhaps tomorrow."""
        try:
            return super().suspend(line, key=key)
        except Rejected as fault:
            raise Unavailable(fault.backend, fault.operation, fault.problem) from None


class NoticesNoDouble(Spoilt):
    """Fails when the network delivers a request twice, as if the first had not happened."""

    def prepare(self) -> None:
        """The fate that it cannot bear."""
        self.doubled = False

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Rejected by its own echo."""
        inner = self.fates

        def watched(operation: str) -> Fate:
            fate = inner(operation)
            self.doubled = fate is Fate.DUPLICATED
            return fate

        self.fates = watched
        try:
            answer = super().suspend(line, key=key)
        finally:
            self.fates = inner
        if self.doubled:
            raise Rejected(self.world.context.instance, "suspend", "the line is suspended already")
        return answer


class HiddenOutage(Spoilt):
    """Answers as done while the carrier cannot be reached."""

    def restore(self, line: Line, *, key: str) -> Answer:
        """Queued in memory, for later."""
        try:
            return super().restore(line, key=key)
        except Unavailable:
            return _DONE


class TerminatesSoftly(Spoilt):
    """Suspends a line that was to be ended for good."""

    def terminate(self, line: Line, *, key: str) -> Answer:
        """As good as ended."""
        return super().suspend(line, key=key)


class ForgetsToCommit(Spoilt):
    """Carries out every second change only, as a connection does that is not committed."""

    def prepare(self) -> None:
        """How many changes there were."""
        self.calls = 0

    def suspend(self, line: Line, *, key: str) -> Answer:
        """The first is lost after the second."""
        self.calls += 1
        if self.calls % 2 == 0 and self.get(line).state is ServiceState.ACTIVE:
            return _DONE
        return super().suspend(line, key=key)


class LosesEveryThird(Spoilt):
    """Loses every third request, as a queue does that is too short."""

    def prepare(self) -> None:
        """How many changes there were."""
        self.calls = 0

    def restore(self, line: Line, *, key: str) -> Answer:
        """Done, or lost."""
        self.calls += 1
        self.get(line)
        return _DONE if self.calls % 3 == 0 else super().restore(line, key=key)


def _by_both() -> Harness[CarrierBench]:
    whole = lines_harness(lambda world: DoesItAsWell(world).bench(), "done by a person and by itself")
    return evolve(whole, capabilities={**FULL, "lines.restore": Convention("operator")})


def _of(source: str) -> Callable[..., Planted]:
    def made(kind: Callable[[Any], Spoilt], name: str, caught_by: str, *, keys: bool = True) -> Planted:
        return bug(kind, name, source=source, caught_by=caught_by, keys=keys)

    return made


_kajeet = _of("Koha plugin for Kajeet (hotspots study C6)")
_async = _of("202 for ever pending; ThingSpace's asynchronous orders (hotspots study C2, C7)")
_keys = _of("retry duplicates, double payment after a timeout (driver study, section 4, planted adapters)")
_identity = _of("two identifiers or an inventory hit (hotspots study C2)")
_limits = _of("five provisioning actions a line and day; 429 and 503 (hotspots study C2, C7)")
_study = _of(STUDY)

BUGS: tuple[Planted, ...] = (
    _kajeet(WarningOnly, "lost write reported as done", "lost-request"),
    _kajeet(SaysDone, "suspend reported as done but not done", "does-it"),
    _kajeet(NoRenewal, "no restore on renewal", "does-it"),
    _study(AnswersYes, "answer that is none", "does-it"),
    _study(LeavesItToAPerson, "full by declaration, by a person in fact", "does-it"),
    Planted("done by a person and by itself", STUDY, "lines.does-it", "lines", _by_both),
    _kajeet(HiddenOutage, "outage hidden behind done", "unreachable-write"),
    _keys(Toggles, "repetition toggles", "same-key"),
    _keys(ForgetsKeys, "late key carried out again", "late-key"),
    _keys(KeyPerCall, "own key with every call", "late-key"),
    _keys(RetriesBlindly, "write repeated blindly", "lost-answer"),
    _keys(UncertainIsSafe, "uncertain effect told as none", "lost-answer"),
    _keys(UncertainIsRefused, "uncertain effect told as refused", "lost-answer"),
    _keys(LosesTheKey, "unknown outcome without its key", "lost-answer"),
    _keys(NoticesNoDouble, "doubled request told as failed", "doubled"),
    _identity(WholeAccount, "whole account changed", "does-it"),
    _identity(MatchesTheEnd, "line to change matched by its last digits", "unknown-subject"),
    _study(UnknownIsDone, "unknown line terminated as done", "unknown-subject"),
    _study(Revives, "terminated line revived", "final"),
    _study(TerminatesSoftly, "termination is only a suspension", "read-back"),
    _study(ForgetsToCommit, "every second change forgotten", "to-and-fro"),
    _limits(RefusesWhatIsSo, "what is so already refused", "twice"),
    _limits(WastesActions, "action wasted on a line that is so already", "twice"),
    _limits(TurnedAwayIsRefused, "come back later told as refused", "too-many"),
    _limits(RefusedIsLater, "refusal told as come back later", "refused-outright"),
    _study(ActsOnForeignWords, "line in an unknown state changed", "foreign-state"),
    _async(PendingIsDone, "pending answered as done", "not-yet-done"),
    _async(ShowsTheWish, "pending shown as done", "not-yet-done"),
    _async(NeverWaits, "accepts for later, says it does not", "says-it-waits"),
    _async(NoReference, "accepted request without reference", "found-again"),
    _async(OpenIsDone, "open request is done", "found-again"),
    _async(NeverFinishes, "finished request stays pending", "found-again"),
    _study(LosesEveryThird, "every third request lost", "like-the-reference"),
)
"""In the order of the checks."""
