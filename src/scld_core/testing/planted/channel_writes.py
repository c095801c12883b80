"""Ways to the agency that bring other files than they were given, or the right ones at the wrong time."""

from __future__ import annotations

import re

from attrs import evolve

from scld_core.agency.ports import Parcel
from scld_core.errors import Conflict, OutcomeUnknown, Rejected, Unavailable
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.harness import ChannelBench
from scld_core.testing.planted import shells
from scld_core.testing.planted.channel_base import DROP, PROTOCOL, STUDY, UMS, Spoilt, bug, shell
from scld_core.testing.planted.model import Planted

__all__ = ["BUGS"]


class TextMode(Spoilt):
    """Writes a file as text: every line ends as this machine's lines do."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """With one line end for another."""
        return super().deliver(evolve(parcel, content=parcel.content.replace(b"\r\n", b"\n")), key=key)


class DotStuffed(Spoilt):
    """Doubles the dot at the beginning of a line, and nobody takes it back."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """As it was on the wire."""
        content = re.sub(rb"(?m)^\.", b"..", parcel.content)
        return super().deliver(evolve(parcel, content=content), key=key)


class FirstPacketOnly(Spoilt):
    """Writes what one packet holds, and gives the file its name."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """The first 32 KiB."""
        return super().deliver(evolve(parcel, content=parcel.content[: 32 * 1024]), key=key)


class LeavesTheRest(Spoilt):
    """Leaves its temporary file beside the one that has the name."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Two files."""
        answer = super().deliver(parcel, key=key)
        self._parts[f"{parcel.name}.tmp"] = parcel.content
        return answer


class NumberLost(Spoilt):
    """Names a file after its day, so that the second one of a day takes the place of the first."""

    def _write(self, parcel: Parcel) -> None:
        super()._write(evolve(parcel, name=re.sub(r"-\d{4}(?=\.csv$)", "", parcel.name)))


class CutsNames(Spoilt):
    """Has room for 64 letters of a name."""

    def _write(self, parcel: Parcel) -> None:
        super()._write(evolve(parcel, name=parcel.name[:64].rstrip(" .")))


class QuotesNames(Spoilt):
    """Quotes a name as an address is quoted."""

    def _write(self, parcel: Parcel) -> None:
        super()._write(evolve(parcel, name=parcel.name.replace("%", "%25").replace(" ", "%20")))


class NewNameEachTime(Spoilt):
    """Gives a repeated file a new name, so that the agency has it twice."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Once more."""
        if key not in self._receipts:
            return super().deliver(parcel, key=key)
        name = f"{len(self._files)}-{parcel.name}"
        self._files[name] = parcel.content
        return Answer(AnswerKind.DONE, parcel.name)


class AppendsTheSecond(Spoilt):
    """Opens a file that is there for appending."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """All of it, behind what there is."""
        there = self._files.get(parcel.name)
        if there is None or key in self._receipts:
            return super().deliver(parcel, key=key)
        self._files[parcel.name] = there + parcel.content
        return Answer(AnswerKind.DONE, parcel.name)


class SecondOverwrites(Spoilt):
    """Renames over whatever has the name: several files of one day overwrite one another."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """The last one is left."""
        if self.content(parcel.name) not in (None, parcel.content) and key not in self._receipts:
            self._files.pop(parcel.name)
        return super().deliver(parcel, key=key)


class OverwritesStrangers(Spoilt):
    """Refuses to overwrite its own files, and knows no others."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Over what somebody else laid there."""
        ours = {receipt.parcel.name for receipt in self.receipts}
        if parcel.name not in ours:
            self._files.pop(parcel.name, None)
        return super().deliver(parcel, key=key)


class WritesUnderItsName(Spoilt):
    """Writes under the final name, where the agency's job finds half a file."""

    def _write(self, parcel: Parcel) -> None:
        for end in (len(parcel.content) // 2, len(parcel.content)):
            self._files[parcel.name] = parcel.content[:end]
            try:
                self.pause()
            except Unavailable:
                del self._files[parcel.name]  # it tidies up after itself, too late for whoever looked
                raise


class TruncatedUnderItsName(Spoilt):
    """Gives a file its name although the connection broke."""

    def _write(self, parcel: Parcel) -> None:
        try:
            super()._write(parcel)
        except Unavailable:
            self._files[parcel.name] = self._parts.pop(f".{parcel.name}.part")
            raise


class ReceiptBeforeTheBytes(Spoilt):
    """Answers as soon as it has begun; a connection that breaks later is nobody's to hear."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Done, whatever became of it."""
        try:
            return super().deliver(parcel, key=key)
        except Unavailable:
            return Answer(AnswerKind.DONE, parcel.name)


class RefusedForGood(Spoilt):
    """Tells a broken connection as a refusal, which nobody may repeat."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """As if the agency had said no."""
        try:
            return super().deliver(parcel, key=key)
        except Unavailable as fault:
            raise Rejected(fault.backend, fault.operation, fault.problem) from None


class LosesTheLastRow(Spoilt):
    """Ends a file at its last row's beginning, where that has no line end of its own."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Without the last row of a synthetic file."""
        rows = parcel.content.splitlines(keepends=True)
        whole = b"".join(rows[:-1]) if parcel.note == "Synthetic." else parcel.content
        return super().deliver(evolve(parcel, content=whole), key=key)


class KeyGoesWithTheFile(Spoilt):
    """Knows a key only as long as its file lies there."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Again, once it was collected."""
        if parcel.name not in self._files:
            self._receipts.pop(key, None)
            self._taken.pop(parcel.name, None)
        return super().deliver(parcel, key=key)


class FirstFileWins(Spoilt):
    """Answers a known key with its receipt, whatever file comes with it."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Done, for another file."""
        try:
            return super().deliver(parcel, key=key)
        except Conflict:
            return self._receipts[key].answer


class ForgetsAfterFour(Spoilt):
    """Keeps the last four receipts: after four other files a refusal is a refusal no more."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Over the oldest of them."""
        recent = {receipt.parcel.name for receipt in self.receipts[-4:]}
        if len(self._receipts) > 4 and parcel.name in self._files and parcel.name not in recent:
            self._files.pop(parcel.name)
        return super().deliver(parcel, key=key)


class ReceiptOfAnother(Spoilt):
    """Numbers its receipts anew with each answer, so that two of them stand for one file."""

    def prepare(self) -> None:
        """How many were given."""
        self.given = 0

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Under a new number."""
        self.given += 1
        return evolve(super().deliver(parcel, key=key), reference=f"receipt-{self.given}")


class DoneIsAccepted(Spoilt):
    """Answers that it will see to it, and has no way to say when it has."""

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Accepted."""
        return evolve(super().deliver(parcel, key=key), kind=AnswerKind.ACCEPTED)


def unknown_without_its_key(bench: ChannelBench) -> ChannelBench:
    """Tells a lost answer under a key of its own, so that nobody can repeat it."""

    class Renamed:
        def __getattr__(self, name: str) -> object:
            return getattr(bench.channel, name)

        def deliver(self, parcel: Parcel, *, key: str) -> Answer:
            try:
                return bench.channel.deliver(parcel, key=key)
            except OutcomeUnknown as lost:
                raise OutcomeUnknown(lost.backend, lost.operation, lost.problem, "none") from None

    made: object = Renamed()
    changed: dict[str, object] = {"channel": made}
    return evolve(bench, **changed)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


BUGS: tuple[Planted, ...] = (
    bug(TextMode, "line ends changed", PROTOCOL, "to-the-byte"),
    bug(DotStuffed, "dots doubled", PROTOCOL, "to-the-byte"),
    bug(FirstPacketOnly, "truncated file under its final name", PROTOCOL, "to-the-byte"),
    bug(LeavesTheRest, "temporary file left beside it", DROP, "to-the-byte"),
    bug(DoneIsAccepted, "answered as accepted", STUDY, "to-the-byte"),
    bug(NumberLost, "sequence number lost from the name", f"{UMS} 8", "under-its-name"),
    bug(CutsNames, "long name cut", PROTOCOL, "under-its-name"),
    bug(QuotesNames, "name quoted", PROTOCOL, "under-its-name"),
    bug(NewNameEachTime, "repeated file under a new name", f"{UMS} 12", "same-key"),
    bug(ReceiptOfAnother, "new receipt with each answer", STUDY, "same-key"),
    bug(AppendsTheSecond, "second delivery appended", DROP, "other-key"),
    bug(SecondOverwrites, "second file overwrites the first", f"{UMS} 8", "not-overwritten"),
    bug(OverwritesStrangers, "somebody else's file overwritten", DROP, "somebody-elses"),
    bug(WritesUnderItsName, "file visible under its name while it is written", DROP, "named-when-whole"),
    bug(LosesTheLastRow, "last row lost", "truncated last line (fees study A8)", "control-totals"),
    bug(KeyGoesWithTheFile, "late key brings a collected file again", f"{UMS} 12", "late-key"),
    bug(FirstFileWins, "key of another file answered", f"{UMS} 12", "other-body"),
    bug(TruncatedUnderItsName, "half a file named when the connection breaks", DROP, "broken-off"),
    bug(ReceiptBeforeTheBytes, "receipt before the bytes are there", f"{UMS} 1", "broken-off"),
    bug(RefusedForGood, "broken connection told as a refusal", f"{UMS} 1", "broken-off"),
    shell(shells.denies_the_effect, "lost receipt told as no effect", f"{UMS} 12", "lost-answer"),
    shell(unknown_without_its_key, "unknown outcome without its key", STUDY, "lost-answer"),
    bug(ForgetsAfterFour, "fifth file forgets the first", f"{UMS} 8", "like-the-reference"),
)
"""In the order of the checks."""
