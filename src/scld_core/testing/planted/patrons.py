"""ILSs that answer wrongly about patrons, or flag and block whom nobody meant."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta

from attrs import evolve

from scld_core.errors import Conflict, NotFound, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import PatronId
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.harness import Harness, PatronsBench, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_accounts import patrons_bench, patrons_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)
_DONE = Answer(AnswerKind.DONE)


class Spoilt(MemoryPatrons):
    """The reference patrons of one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, backend=world.context.instance, page_size=world.page_size)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> PatronsBench:
        """The bench of these patrons."""
        return patrons_bench(self.world, self)

    def keep(self, patron: Patron) -> Answer:
        """Store a patron as it is given."""
        self._patrons[patron.id] = patron
        return _DONE


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """Not yet written."""
        raise UnsupportedOperation(patron.backend, "clear_flag", f"not implemented for {referral}, {key}")


class PatronInLog(Spoilt):
    """Logs the card that was scanned."""

    def find(self, number: Barcode) -> Patron | None:
        """As the reference does, and aloud."""
        _logger.info("scanned %s", number)
        return super().find(number)


class Shared(Spoilt):
    """Keeps flags where every instance of its class finds them, under the patron's bare number."""

    common: dict[str, CollectionFlag] = {}  # noqa: RUF012 - the planted bug

    def get(self, patron: PatronId) -> Patron:
        """With the flag of whichever instance."""
        found = super().get(patron)
        return evolve(found, flag=found.flag or self.common.get(found.id.local))

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """For everybody."""
        self.common[patron.local] = flag
        return super().set_flag(patron, flag, key=key)


class FirstBlockOnly(Spoilt):
    """Reads the first row of a list of blocks."""

    def get(self, patron: PatronId) -> Patron:
        """With one block at most."""
        found = super().get(patron)
        return evolve(found, blocks=found.blocks[:1])


class DayAndMonthSwapped(Spoilt):
    """Reads 11 February as 2 November."""

    def get(self, patron: PatronId) -> Patron:
        """Born on another day, where there is one."""
        found = super().get(patron)
        born = found.birth_date
        if born is None or born.day > 12:
            return found
        return evolve(found, birth_date=date(born.year, born.day, born.month))


class NoResponsibleAdult(Spoilt):
    """Does not read who answers for a minor."""

    def get(self, patron: PatronId) -> Patron:
        """On their own."""
        return evolve(super().get(patron), responsible_adult=None)


class FlagWithoutReferral(Spoilt):
    """Keeps of a flag only that it is there."""

    def get(self, patron: PatronId) -> Patron:
        """Flagged for something."""
        found = super().get(patron)
        return evolve(found, flag=found.flag and CollectionFlag())


class BornIn1900(Spoilt):
    """Puts a date in the place of an unknown one, so that everybody is an adult."""

    def get(self, patron: PatronId) -> Patron:
        """More than a hundred years old."""
        found = super().get(patron)
        return evolve(found, birth_date=found.birth_date or date(1900, 1, 1))


class PresentCardsOnly(Spoilt):
    """Looks for present cards."""

    def find(self, number: Barcode) -> Patron | None:
        """Nobody had it before."""
        found = super().find(number)
        return found if found is not None and found.card == number else None


class AliasForgottenOnMerge(Spoilt):
    """Forgets the cards of a record when it is merged."""

    def find(self, number: Barcode) -> Patron | None:
        """Of one record only."""
        found = super().find(number)
        return None if found is not None and found.merged_from and found.card != number else found


class MergedStillThere(Spoilt):
    """Answers for a merged record as if it were still there."""

    def get(self, patron: PatronId) -> Patron:
        """The old record."""
        found = super().get(patron)
        return found if found.id == patron else Patron(id=patron, as_of=found.as_of)


class ReplacedToday(Spoilt):
    """Dates an older card with the day of the question."""

    def get(self, patron: PatronId) -> Patron:
        """Replaced just now."""
        found = super().get(patron)
        cards = tuple(one if one.present else evolve(one, replaced_at=found.as_of) for one in found.cards)
        return evolve(found, cards=cards)


class MatchesPrefix(Spoilt):
    """Finds by how an id or a number begins, as a search does."""

    def get(self, patron: PatronId) -> Patron:
        """The first that begins so."""
        known = [one for one in sorted(self._patrons) if str(one).startswith(str(patron))]
        return super().get(patron if patron in self._into or not known else known[0])


class AnyCase(Spoilt):
    """Compares card numbers without regard to case and length."""

    def find(self, number: Barcode) -> Patron | None:
        """The first that is like it."""
        cards = [one.number for known in self._patrons.values() for one in known.cards]
        alike = [one for one in cards if str(one).upper().startswith(str(number).upper())]
        return super().find(alike[0] if alike else number)


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own patron of that number."""

    def get(self, patron: PatronId) -> Patron:
        """Of whichever instance."""
        return super().get(evolve(patron, backend=self.world.context.instance))


class ForeignAdult(Spoilt):
    """Gives a responsible adult an id without its own instance."""

    def get(self, patron: PatronId) -> Patron:
        """With an adult of nowhere."""
        found = super().get(patron)
        adult = found.responsible_adult
        return evolve(found, responsible_adult=adult and evolve(adult, backend="ils"))


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def get(self, patron: PatronId) -> Patron:
        """An answer of tomorrow."""
        found = super().get(patron)
        return evolve(found, as_of=found.as_of + timedelta(days=1))


class TellsTwoStories(Spoilt):
    """Answers by id from one table and by card from another."""

    def find(self, number: Barcode) -> Patron | None:
        """Without blocks."""
        found = super().find(number)
        return found and evolve(found, blocks=())


class Cached(Spoilt):
    """Keeps answers and gives them out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[PatronId, Patron] = {}

    def get(self, patron: PatronId) -> Patron:
        """What was true at the first question."""
        return evolve(self.kept.setdefault(patron, super().get(patron)), as_of=self.world.clock.now())


class BlockNotStored(Spoilt):
    """Sets the flag in one call and the block in a second one, whose failure nobody looks at."""

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Answered as done."""
        self._own(patron, "set_block")
        return _DONE if block.by else super().set_block(patron, block, key=key)


class FlagsTheFamily(Spoilt):
    """Flags a minor's responsible adult as well."""

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Both."""
        answer = super().set_flag(patron, flag, key=key)
        adult = self._patrons[patron].responsible_adult
        if adult is not None:
            self.keep(evolve(self._patrons[adult], flag=flag))
        return answer


class FlagBlocks(Spoilt):
    """Blocks whom it flags, unasked."""

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Flag and block."""
        answer = super().set_flag(patron, flag, key=key)
        self.set_block(patron, Block("in-collection", flag.since, "ils"), key=f"{key}-block")
        return answer


class ClearLiftsEverything(Spoilt):
    """Takes every block away with the flag."""

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """Free of everything."""
        answer = super().clear_flag(patron, referral, key=key)
        self.keep(evolve(self._patrons[patron], blocks=()))
        return answer


class OneBlockAtATime(Spoilt):
    """Has one field for a block, and overwrites it."""

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """The last one counts."""
        answer = super().set_block(patron, block, key=key)
        found = self._patrons[patron]
        self.keep(evolve(found, blocks=found.blocks[-1:]))
        return answer


class ClearsEveryBlock(Spoilt):
    """Clears all blocks, whichever was named."""

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """All of them."""
        answer = super().clear_block(patron, reason, key=key)
        self.keep(evolve(self._patrons[patron], blocks=()))
        return answer


class BlockRenewed(Spoilt):
    """Writes a block anew that is there already, with another date."""

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Since today."""
        found = self._own(patron, "set_block")
        others = tuple(one for one in found.blocks if one.reason != block.reason)
        self.keep(evolve(found, blocks=others))
        return super().set_block(patron, block, key=key)


class Toggles(Spoilt):
    """Takes a repeated request for a change of mind."""

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """On, off, on."""
        if self._own(patron, "set_flag").flag == flag:
            return self.keep(evolve(self._patrons[patron], flag=None))
        return super().set_flag(patron, flag, key=key)


class ForgetsKeys(Spoilt):
    """Keeps no keys, whatever it says."""

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """As if it were new."""
        self._keys.pop(key, None)
        return super().set_flag(patron, flag, key=key)


class FirstBodyWins(Spoilt):
    """Answers a known key as done, whatever is asked now."""

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Done already."""
        try:
            return super().set_block(patron, block, key=key)
        except Conflict:
            return _DONE


class ReplacesTheFlag(Spoilt):
    """Overwrites the flag of another referral."""

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """The last one counts."""
        self.keep(evolve(self._own(patron, "set_flag"), flag=None))
        return super().set_flag(patron, flag, key=key)


class ClearsTheFirst(Spoilt):
    """Removes the first referral that it finds, whosever it is."""

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """Any."""
        shown = self._own(patron, "clear_flag").flag
        return super().clear_flag(patron, shown.referral if shown else referral, key=key)


class NobodyIsDone(Spoilt):
    """Answers as done for a patron who is not there."""

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """Not blocked in any case."""
        try:
            return super().clear_block(patron, reason, key=key)
        except NotFound:
            return _DONE


class ClearedForGood(Spoilt):
    """Does not set again a block that was cleared once: the old row is there, marked as ended."""

    def prepare(self) -> None:
        """What was cleared."""
        self.ended: set[tuple[PatronId, str]] = set()

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """Marked as ended."""
        answer = super().clear_block(patron, reason, key=key)
        self.ended.add((patron, reason))
        return answer

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Unless it was ended."""
        answer = super().set_block(patron, block, key=key)
        if (patron, block.reason) in self.ended:
            found = self._patrons[patron]
            self.keep(evolve(found, blocks=tuple(one for one in found.blocks if one.reason != block.reason)))
        return answer


def _undeclared() -> Harness[PatronsBench]:
    whole = patrons_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "patrons.find": Unsupported("no such index")})


def _planted(make: Callable[[World], PatronsBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"patrons: {name}"
    return Planted(label, source, f"patrons.{caught_by}", "patrons", lambda: patrons_harness(make, label))


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


def _shell(spoil: Callable[[PatronsBench], PatronsBench], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)


_STUDY = "driver study, section 4: properties of every adapter"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_AGE = "minors with unknown birth date (fees study A5 11, A8)"
_MERGE = "merges that lose something (fees study A2 Symphony, A5 Sierra and PINES)"
_EVERGREEN = "Evergreen's referral and penalty (fees study A5"
_BLOCKS = "blocks that stay, go or are not stored (fees study A5, A6)"
_RETRY = "writes without an idempotency key (fees study A5 12)"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("patrons: undeclared but answered", _STUDY, "patrons.declared", "patrons", _undeclared),
    _bug(PatronInLog, "card in a log", _STUDY, "keeps-patrons"),
    _shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    _shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "instances share their flags", _STUDY, "patrons-of-its-own"),
    _bug(FirstBlockOnly, "first block only", _BLOCKS, "as-told"),
    _bug(DayAndMonthSwapped, "day and month of birth swapped", _AGE, "as-told"),
    _bug(NoResponsibleAdult, "responsible adult left out", _AGE, "as-told"),
    _bug(FlagWithoutReferral, "flag without its referral", f"{_EVERGREEN} e)", "as-told"),
    _bug(BornIn1900, "unknown birth date replaced by one", _AGE, "unknown-age"),
    _bug(PresentCardsOnly, "replaced card not found", _MERGE, "by-any-card"),
    _bug(AliasForgottenOnMerge, "alias forgotten on merge", _MERGE, "by-any-card"),
    _bug(MergedStillThere, "merged record answered as its own", _MERGE, "merged-record"),
    _bug(ReplacedToday, "older card dated today", _MERGE, "dates-of-cards"),
    _bug(MatchesPrefix, "patron matched by the beginning of an id", _STRANGER, "unknown-patron"),
    _bug(AnyCase, "card matched by its beginning", _STRANGER, "unknown-patron"),
    _bug(StripsPrefix, "instance stripped off an id", _STUDY, "foreign-patron"),
    _bug(ForeignAdult, "adult's id of another instance", _STUDY, "own-ids"),
    _bug(FromTheFuture, "answer dated in the future", _STUDY, "dated"),
    _bug(TellsTwoStories, "answers by id and by card differ", _STUDY, "again-the-same"),
    _bug(Cached, "change at the desk not seen", _STUDY, "sees-changes"),
    _shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(BlockNotStored, "flag set without its block", f"{_EVERGREEN} c)", "does-it"),
    _bug(FlagsTheFamily, "adult flagged with the minor", _STRANGER, "does-it"),
    _bug(FlagBlocks, "block set with the flag, unasked", _BLOCKS, "does-it"),
    _bug(ClearLiftsEverything, "blocks lifted with the flag", f"Polaris: {_BLOCKS}", "does-it"),
    _bug(OneBlockAtATime, "another block overwritten", _BLOCKS, "one-block-of-several"),
    _bug(ClearsEveryBlock, "every block cleared", _BLOCKS, "one-block-of-several"),
    _bug(BlockRenewed, "block dated anew", _BLOCKS, "twice"),
    _bug(Toggles, "repetition toggles the flag", _RETRY, "same-key"),
    _bug(ForgetsKeys, "late key flags again", _RETRY, "late-key"),
    _bug(FirstBodyWins, "key of another block answered", _RETRY, "other-body"),
    _bug(ReplacesTheFlag, "flag of another referral replaced", f"{_EVERGREEN} e)", "other-referral"),
    _bug(ClearsTheFirst, "first flag cleared, whosever it is", f"{_EVERGREEN} e)", "other-referral"),
    _bug(NobodyIsDone, "unknown patron answered as done", _STUDY, "nobody"),
    _shell(shells.denies_the_effect, "lost answer told as no effect", _RETRY, "lost-answer"),
    _bug(ClearedForGood, "cleared block never set again", _BLOCKS, "like-the-reference"),
    *loose_settings("patrons", "ils", patrons_harness(lambda world: Spoilt(world).bench()), "patrons"),
)
"""In the order of the checks."""
