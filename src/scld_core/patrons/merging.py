"""Which records are one person's, and merging them: shown first, then carried out with everything kept."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from scld_core.kernel.decision import Decision
from scld_core.kernel.ids import PatronId
from scld_core.patrons.actions import MERGE, MergeOrder, decide_merge
from scld_core.patrons.alike import alike
from scld_core.patrons.duplicates import Duplicates
from scld_core.patrons.merge import MergePreview
from scld_core.patrons.person import Patron
from scld_core.patrons.systems import PatronSystems
from scld_core.runs.model import Receipt
from scld_core.runs.one_step import Outcome, Write, Writer

__all__ = ["Merging", "carried", "settled"]


@frozen
class Merging:
    """Records of one ILS that are, or may be, one person's; each is given by its id or the id's text."""

    systems: PatronSystems
    writer: Writer

    def duplicates(self, patron: PatronId | str) -> Duplicates:
        """The records that may be the same person as this patron, with what speaks for it and against it."""
        return alike(self.systems, self.systems.patrons.get(PatronId.of(patron)))

    def preview(self, gone: PatronId | str, kept: PatronId | str) -> MergePreview:
        """What merging one record into another one would leave; nothing is changed."""
        return decide_merge(self.systems, MergeOrder(PatronId.of(gone), PatronId.of(kept)))

    def merge(self, gone: PatronId | str, kept: PatronId | str, *, cause: str = "") -> Outcome[Patron]:
        """Merge one record into another one: every number stays an alias, and every obligation goes over."""
        gone, kept = PatronId.of(gone), PatronId.of(kept)
        order = MergeOrder.of(self.systems.patrons.get(gone), self.systems.patrons.get(kept))
        write = Write(MERGE, order, self.writer.name("merge", gone, kept), "merge of two records", cause)
        decision = decide_merge(self.systems, order).decision
        return carried(self.systems, self.writer, write, kept, decision=decision)


def carried(
    systems: PatronSystems, writer: Writer, write: Write[Any], patron: PatronId, *, decision: Decision
) -> Outcome[Patron]:
    """Carry out a write that is about a patron; its value is the patron afterwards."""

    def read(receipt: Receipt) -> Patron:
        del receipt
        return systems.patrons.get(patron)

    return writer.carry_out(write, gives=Patron, read=read, decision=decision)


def settled(outcome: Outcome[Any]) -> bool:
    """Whether nothing of a request is under way any more."""
    return outcome.receipt is None or outcome.receipt.result not in ("unknown", "waiting")
