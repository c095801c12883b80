"""What the patron desk has carried out: blocks, changes of a record, and merges."""

from __future__ import annotations

from typing import Self

from attrs import evolve, field, frozen

from scld_core.errors import Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.patrons.merge import MergePreview, merge_preview
from scld_core.patrons.person import Block, Patron, block_reason
from scld_core.patrons.requests import PatronChange
from scld_core.patrons.systems import PatronSystems
from scld_core.runs.action import Action, Area
from scld_core.runs.model import Answer, AnswerKind, ReadBack, Step, StepRecord
from scld_core.runs.one_step import answered, desk_area

__all__ = [
    "AREA",
    "BLOCK",
    "MERGE",
    "REASONS",
    "UNBLOCK",
    "UPDATE",
    "BlockOrder",
    "MergeOrder",
    "UpdateOrder",
    "decide_merge",
    "may_block",
    "patrons_area",
    "still_there",
]

AREA = "patrons"
BLOCK = "patrons.block"
UNBLOCK = "patrons.unblock"
UPDATE = "patrons.update"
MERGE = "patrons.merge"

REASONS = {
    "record_stands": "It is the patron's own record, and can be changed.",
    "merged_away": "This record was merged into another one; work with that one.",
    "no_such_block": "There is no block for {block} on the account.",
    "draft_gone": "What was to be written is no longer kept. Enter it again.",
}
"""The sentences of this module's codes."""


@frozen(kw_only=True)
class BlockOrder:
    """A block to be set, or a reason for which one ends."""

    patron: PatronId = personal(validator=instance(PatronId))
    reason: str = field(validator=block_reason)
    block: Block | None = field(default=None, validator=optional(instance(Block)))


@frozen(kw_only=True)
class UpdateOrder:
    """A change of a record; what it says is kept as the draft of that name."""

    patron: PatronId = personal(validator=instance(PatronId))
    draft: str = field(validator=nonempty)


@frozen
class MergeOrder:
    """One record to be merged into another one, and what of both has to be there afterwards."""

    gone: PatronId = personal(validator=instance(PatronId))
    kept: PatronId = personal(validator=instance(PatronId))
    cards: tuple[Barcode, ...] = personal(default=(), validator=each(instance(Barcode)))
    blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))

    @classmethod
    def of(cls, gone: Patron, kept: Patron) -> Self:
        """The order for two records as they are now."""
        both = (kept, gone)
        cards = tuple(card.number for one in both for card in one.cards)
        return cls(gone.id, kept.id, cards, tuple(sorted({block.reason for one in both for block in one.blocks})))

    def kept_by(self, left: Patron) -> bool:
        """Whether the record that is left has all of it."""
        reasons = {block.reason for block in left.blocks}
        return {self.gone, self.kept} <= {left.id, *left.merged_from} and (
            all(left.has_card(number) for number in self.cards) and reasons >= set(self.blocks)
        )


def still_there(systems: PatronSystems, patron: PatronId) -> Decision:
    """Whether a record is one that can be written to."""
    version = systems.ruling().version
    if systems.patrons.get(patron).id == patron:
        return permit(Reason("record_stands", (), "patrons.merge", version))
    return deny(Reason("merged_away", (), "patrons.merge", version))


def may_block(systems: PatronSystems, action: str, order: BlockOrder) -> Decision:
    """Whether a block can be set, or one for the reason is there to end."""
    found = still_there(systems, order.patron)
    if action != UNBLOCK or not found.permitted:
        return found
    if systems.patrons.get(order.patron).blocked_for(order.reason) is None:
        block = (("block", order.reason),)
        return deny(Reason("no_such_block", block, "patrons.blocks", systems.ruling().version))
    return found


def decide_merge(systems: PatronSystems, order: MergeOrder) -> MergePreview:
    """What a merge would leave, on the facts as they are now."""
    ruling = systems.ruling()
    gone, kept = systems.patrons.get(order.gone), systems.patrons.get(order.kept)
    return merge_preview(
        systems.dossier(gone), systems.dossier(kept), ruling.policy, at=systems.clock.now(), version=ruling.version
    )


@frozen
class _Doer:
    """Sends each action, and says afterwards whether it shows."""

    systems: PatronSystems

    def recheck_block(self, order: BlockOrder, step: Step) -> Decision:
        del step
        return still_there(self.systems, order.patron)

    def block(self, order: BlockOrder, key: str) -> Answer:
        answer = self.systems.patrons.set_block(order.patron, order.block or Block(order.reason), key=key)
        return self._seen(answer, order, "set_block", there=True)

    def unblock(self, order: BlockOrder, key: str) -> Answer:
        answer = self.systems.patrons.clear_block(order.patron, order.reason, key=key)
        return self._seen(answer, order, "clear_block", there=False)

    def read_block(self, order: BlockOrder, record: StepRecord) -> ReadBack:
        there = self.systems.patrons.get(order.patron).blocked_for(order.reason) is not None
        return ReadBack.DONE if there is (record.step.action == BLOCK) else ReadBack.NOT_DONE

    def _seen(self, answer: Answer, order: BlockOrder, operation: str, *, there: bool) -> Answer:
        """A block that was answered and is not stored is not told as done."""
        if answer.kind is not AnswerKind.DONE or not self.systems.patrons.live:
            return answer
        seen = self.systems.patrons.get(order.patron)
        holds = (seen.blocked_for(order.reason) is not None) is there
        return evolve(answer, value=self.systems.shown(seen, operation, holds=holds))

    def recheck_update(self, order: UpdateOrder, step: Step) -> Decision:
        del step
        if self.systems.drafts.read(order.draft, PatronChange) is None:
            return deny(Reason("draft_gone"))
        return still_there(self.systems, order.patron)

    def update(self, order: UpdateOrder, key: str) -> Answer:
        change = self.systems.drafts.read(order.draft, PatronChange)
        if change is None:
            raise Rejected(order.patron.backend, "update", "what was to be written is no longer kept")
        whole = evolve(change, pin=self.systems.drafts.pin(order.draft))
        seen = self.systems.patrons.update(order.patron, whole, key=key)
        return answered(self.systems.shown(seen, "update", holds=change.shows(seen)))

    def read_update(self, order: UpdateOrder, record: StepRecord) -> ReadBack:
        del record
        change = self.systems.drafts.read(order.draft, PatronChange)
        if change is None or not change.shows(self.systems.patrons.get(order.patron)):
            return ReadBack.NOT_DONE
        pin = self.systems.drafts.pin(order.draft)
        if pin is None and change == PatronChange():
            return ReadBack.UNKNOWN  # it was a PIN alone, and the process that had it has ended
        if pin is not None and not self.systems.patrons.check_pin(order.patron, pin):
            return ReadBack.NOT_DONE
        self.systems.drafts.drop((order.draft,))
        return ReadBack.DONE

    def recheck_merge(self, order: MergeOrder, step: Step) -> Decision:
        del step
        return decide_merge(self.systems, order).decision

    def merge(self, order: MergeOrder, key: str) -> Answer:
        seen = self.systems.patrons.merge(order.gone, order.kept, key=key)
        return answered(self.systems.shown(seen, "merge", holds=order.kept_by(seen)))

    def read_merge(self, order: MergeOrder, record: StepRecord) -> ReadBack:
        del record
        gone, kept = self.systems.patrons.get(order.gone), self.systems.patrons.get(order.kept)
        if gone.id != kept.id:
            return ReadBack.NOT_DONE
        return ReadBack.DONE if order.kept_by(kept) else ReadBack.UNKNOWN


def patrons_area(systems: PatronSystems) -> Area:
    """The area of the patron desk: what it left open is read back and listed by the day's run."""
    doer = _Doer(systems)
    return desk_area(
        AREA,
        Action(BLOCK, BlockOrder, doer.recheck_block, doer.block, doer.read_block, inverse=UNBLOCK),
        Action(UNBLOCK, BlockOrder, doer.recheck_block, doer.unblock, doer.read_block),
        Action(UPDATE, UpdateOrder, doer.recheck_update, doer.update, doer.read_update),
        Action(MERGE, MergeOrder, doer.recheck_merge, doer.merge, doer.read_merge),
    )
