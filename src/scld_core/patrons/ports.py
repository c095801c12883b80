"""What patrons needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.ids import PatronId
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.runs.model import Answer

__all__ = ["Patrons"]


def _of_patron(instance: str, patron: PatronId) -> Callable[[Patron], bool]:
    return lambda answer: _ours(instance, answer) and patron in (answer.id, *answer.merged_from)


def _with_card(instance: str, number: Barcode) -> Callable[[Patron | None], bool]:
    return lambda answer: answer is None or (_ours(instance, answer) and answer.has_card(number))


def _ours(instance: str, patron: Patron) -> bool:
    ids = (patron.id, patron.responsible_adult or patron.id, *patron.merged_from)
    return all(record.backend == instance for record in ids)


class Patrons(Protocol):
    """The patrons of one ILS, as far as the agency's work needs them.

    A write answers DONE, ACCEPTED or FOR_OPERATOR. What is so already is left as it is and answers
    DONE. The same key with the same arguments, however late, does nothing more; with other arguments
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
