"""What the store keeps of referrals and of the files to every agency, with each receipt in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from scld_core import codecs
from scld_core.agency.referral import Episode
from scld_core.agency.referrals.batch import Batch, Lane
from scld_core.agency.referrals.records import Receipt, Witness, enter, witnessed
from scld_core.runs.model import StepRecord, StepState
from scld_core.runs.ports import Unit

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["Kept", "KeptFile", "read_kept"]

_EPISODES = "agency.referral"
_FILES = "agency.file"


@frozen
class KeptFile:
    """One file: what it is, the step that sends it, its receipt, and what a person found out about it."""

    batch: Batch
    record: StepRecord | None
    receipt: Receipt | None
    witness: Witness | None


@frozen
class Kept:
    """Every referral as it stands, by its id, and every file in the order of agency and number."""

    episodes: Mapping[str, Episode] = field(factory=dict[str, Episode])
    files: tuple[KeptFile, ...] = ()

    @property
    def submitted(self) -> Mapping[str, tuple[KeptFile, int]]:
        """The file that submitted each referral, and in which of its rows, from 1."""
        return {
            line.referral: (one, place)
            for one in self.files
            if one.batch.order.lane is Lane.NEW
            for place, line in enumerate(one.batch.order.lines, 1)
        }


def read_kept(desk: Desk) -> Kept:
    """What is kept now. A receipt of an update counts as the agency's word where the district takes it for that."""
    settles = desk.referrals is None or desk.referrals.office.receipt_settles
    with desk.store.transaction() as unit:
        episodes = {key: codecs.load(Episode, body) for key, body in unit.records(_EPISODES).items()}
        files = tuple(_file(unit, codecs.load(Batch, body)) for _, body in unit.records(_FILES).items())
    for one in files:
        if one.receipt is not None and not one.batch.taken:
            enter(episodes, one.batch.order, one.receipt, settles=settles or one.batch.acknowledged)
    return Kept(episodes, files)


def _file(unit: Unit, batch: Batch) -> KeptFile:
    record = unit.steps.get(batch.order.step)
    receipt = None
    if record is not None and record.state is StepState.APPLIED:
        receipt = Receipt(record.updated_at, record.actor or batch.by, batch.evidence)
    return KeptFile(batch, record, receipt, witnessed(unit, batch))
