"""Ways to the agency that tell of files what is not so."""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import evolve

from scld_core.agency.ports import Parcel
from scld_core.errors import Conflict, Rejected, Unavailable, UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from scld_core.testing.harness import ChannelBench, Harness
from scld_core.testing.planted import channel_writes, shells
from scld_core.testing.planted.channel_base import DROP, STUDY, UMS, Spoilt, bug, planted, shell
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_agency import channel_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Not yet written."""
        raise UnsupportedOperation("kit", "delivered", f"cannot tell of {parcel.name}")


class NamesPatrons(Spoilt):
    """Tells in its refusal which rows differ."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """With the rows of the file that was not taken."""
        try:
            return super().deliver(parcel, key=key)
        except Rejected as refusal:
            rows = parcel.content.decode(errors="replace")
            raise Rejected(refusal.backend, refusal.operation, f"{parcel.name} differs: {rows}") from None


class LogsTheFile(Spoilt):
    """Logs what it sends."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """As the reference does, and aloud."""
        _logger.debug("sending %r", parcel.content)
        return super().deliver(parcel, key=key)


class Shared(Spoilt):
    """Keeps files where every instance of its class finds them."""

    common: dict[str, bytes] = {}  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """Begin anew with every world of one name."""
        if self.world.context.instance != "kit-b":
            self.common.clear()
        self._files = self.common


class RemembersTheName(Spoilt):
    """Takes a file's name for the file, and so another file for the one that is there."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether anything has that name."""
        return ReadBack.NOT_DONE if self.content(parcel.name) is None else ReadBack.DONE


class ComparesTheSize(Spoilt):
    """Compares the number of bytes, as a directory listing shows it."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether a file of that length has the name."""
        there = self.content(parcel.name)
        same = there is not None and len(there) == len(parcel.content)
        return ReadBack.DONE if same else ReadBack.NOT_DONE


class MatchesPrefix(Spoilt):
    """Finds a file by how its content begins, and so half a file whole."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether what is there is right as far as it goes."""
        there = self.content(parcel.name)
        right = there is not None and parcel.content.startswith(there)
        return ReadBack.DONE if right else ReadBack.NOT_DONE


class TakesItsOwnWord(Spoilt):
    """Answers from what it has heard and not from what is there, and without having heard with yes."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whatever was not refused is there."""
        there = self.content(parcel.name)
        return ReadBack.DONE if there in (None, parcel.content) else ReadBack.NOT_DONE


class AlwaysPending(Spoilt):
    """Waits for an acknowledgement that nobody sends."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """On its way for ever."""
        del parcel
        return ReadBack.PENDING


class NeverSure(Spoilt):
    """Declares that it can tell, and cannot."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Unknown, whatever is there."""
        del parcel
        return ReadBack.UNKNOWN


class AskingTakesAway(Spoilt):
    """Fetches a file to compare it, and removes what it has fetched."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Right once."""
        seen = super().delivered(parcel)
        self._files.pop(parcel.name, None)
        return seen


class GoneIsNotDone(Spoilt):
    """Takes a file that the agency collected for one that was never there."""

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Whether it lies there now."""
        return ReadBack.DONE if self._files.get(parcel.name) == parcel.content else ReadBack.NOT_DONE


def password_in_the_error(bench: ChannelBench, secret: str) -> ChannelBench:
    """Repeats in its fault the address it could not reach, login and all."""

    class Talking:
        def deliver(self, parcel: Parcel, *, key: str) -> Answer:
            return _told(lambda: bench.channel.deliver(parcel, key=key), secret)

        def delivered(self, parcel: Parcel) -> ReadBack:
            return bench.channel.delivered(parcel)

    return evolve(bench, channel=Talking())


def _told(call: Callable[[], Answer], secret: str) -> Answer:
    try:
        return call()
    except Unavailable as fault:
        problem = f"cannot reach sftp://library:{secret}@agency.example.com"
        raise Unavailable(fault.backend, fault.operation, problem) from None


def failure_in_a_log(bench: ChannelBench) -> ChannelBench:
    """Writes a failed upload into its log and goes on."""

    class Silent:
        def deliver(self, parcel: Parcel, *, key: str) -> Answer:
            try:
                return bench.channel.deliver(parcel, key=key)
            except (Conflict, Rejected):
                raise
            except Exception:  # noqa: BLE001 - the planted bug
                _logger.warning("upload failed")
                return Answer(AnswerKind.DONE, parcel.name)

        def delivered(self, parcel: Parcel) -> ReadBack:
            return bench.channel.delivered(parcel)

    return evolve(bench, channel=Silent())


def _undeclared() -> Harness[ChannelBench]:
    whole = channel_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "channel.delivered": Unsupported("nobody can look there")})


BUGS: tuple[Planted, ...] = (
    bug(DeclaredInVain, "declared but unsupported", STUDY, "declared"),
    Planted("channel: undeclared but answered", STUDY, "channel.declared", "channel", _undeclared),
    planted(
        lambda world: password_in_the_error(Spoilt(world).bench(), world.secret),
        "password in an exception",
        STUDY,
        "keeps-secrets",
    ),
    bug(NamesPatrons, "rows of a file in a refusal", STUDY, "keeps-secrets"),
    bug(LogsTheFile, "file in a log", STUDY, "keeps-secrets"),
    shell(shells.cannot_close_twice, "second close breaks", STUDY, "closes-twice"),
    shell(shells.breaks_after_close, "use after close breaks", STUDY, "after-close"),
    bug(Shared, "instances share their files", STUDY, "files-of-its-own"),
    bug(TakesItsOwnWord, "told as delivered unless refused", UMS, "nothing-yet"),
    bug(AlwaysPending, "acknowledgement that never comes", UMS, "is-there"),
    bug(NeverSure, "declares that it can tell, and cannot", STUDY, "is-there"),
    bug(AskingTakesAway, "asking takes the file away", DROP, "is-there"),
    bug(RemembersTheName, "another file acknowledged, of the same name", UMS, "not-another"),
    bug(ComparesTheSize, "another file acknowledged, of the same length", DROP, "not-another"),
    bug(MatchesPrefix, "half a file acknowledged", DROP, "not-a-half"),
    bug(GoneIsNotDone, "collected file told as not delivered", DROP, "taken-away"),
    shell(shells.foreign_on_outage, "foreign exception while the system is down", STUDY, "unreachable"),
    shell(failure_in_a_log, "failed upload only logged", f"{UMS} 1", "unreachable"),
    *channel_writes.BUGS,
    *loose_settings("channel", "agency", channel_harness(lambda world: Spoilt(world).bench()), "channel"),
)
"""In the order of the checks."""
