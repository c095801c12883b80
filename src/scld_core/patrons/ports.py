"""What patrons needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.runs.model import Answer

__all__ = ["Patrons"]


def _of_patron(instance: str, patron: PatronId) -> Callable[[Patron], bool]:
    return lambda answer: _ours(instance, answer) and patron in (answer.id, *answer.merged_from)


def _with_card(instance: str, number: Barcode) -> Callable[[Patron | None], bool]:
    return lambda answer: answer is None or (_ours(instance, answer) and answer.has_card(number))


def _listed(instance: str, query: PatronQuery) -> Callable[[Patron], bool]:
    del query
    return lambda row: _ours(instance, row)


def _ours(instance: str, patron: Patron) -> bool:
    ids = (patron.id, patron.responsible_adult or patron.id, *patron.merged_from)
    return all(record.backend == instance for record in ids)


class Patrons(Protocol):
    """The patrons of one ILS.

    A write of flags or blocks answers DONE, ACCEPTED or FOR_OPERATOR; what is so already is left as it
    is and answers DONE. A write of the patron answers with the patron as it is now, and has happened
    then. The same key with the same arguments, however late, does nothing more; with other arguments
    it raises Conflict. A write raises NotFound for an unknown patron, and Rejected for a record that
    was merged away.
    """

    @property
    def live(self) -> bool:
        """Whether `get` and `find` ask the ILS at the moment of the call; false for a file."""
        ...

    @reads(about=_of_patron)
    def get(self, patron: PatronId) -> Patron:
        """The patron now; for a record that was merged away, the one it was merged into at last.

        Raises NotFound for a patron whom the ILS does not know.
        """
        ...

    @reads(about=_with_card)
    def find(self, number: Barcode) -> Patron | None:
        """The patron whose card this is, or was before it was replaced or its record merged; None for nobody."""
        ...

    @writes()
    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Show that the patron is in collection. Rejected while the flag of another referral is shown."""
        ...

    @writes()
    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """End the flag of one referral; that of another referral stays, and so does every block."""
        ...

    @writes()
    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Block the patron; where there is a block for that reason already, that one stays as it is."""
        ...

    @writes()
    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """End the block for one reason; others stay, and so does the flag."""
        ...

    @reads(about=_listed)
    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Every patron who answers to the query, each once and after all merges, in pages.

        Which words of a name are found, and whether parts of words are, may be a convention of the ILS;
        whoever has all of the words is among those found.
        """
        ...

    @reads()
    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's PIN; false for a patron who has none. The PIN is in no log and no fault."""
        ...

    @writes()
    def register(self, new: NewPatron, *, key: str) -> Patron:
        """Register somebody with a first card.

        Rejected for a number that is anybody's card, or was, and NotFound for a responsible adult whom
        the ILS does not know.
        """
        ...

    @writes()
    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Change what the change names and nothing else. A repeated key leaves what was changed since."""
        ...

    @writes()
    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Give the patron a new card; every former number stays known as an alias for ever.

        Rejected for a number that is anybody's card, or was, this patron's own included.
        """
        ...

    @writes()
    def merge(self, gone: PatronId, kept: PatronId, *, key: str) -> Patron:
        """Merge `gone` into `kept` and answer with the record that is left.

        Its cards and ids stay known, blocks are united, what is open goes over, and what is known of one
        only is known. Rejected for one record, and where both are flagged.
        """
        ...
