"""Looking at personal data on purpose: the audit line of each reveal, in the district's journal."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.kernel.privacy import Revealed
from scld_core.kernel.time import Clock
from scld_core.runs.model import JournalEntry
from scld_core.runs.ports import Store

__all__ = ["REVEALED", "journalled"]

REVEALED = "privacy.revealed"
"""The kind of the journal's entries about what was looked at."""


def journalled(store: Store, clock: Clock) -> Callable[[Revealed], None]:
    """The `audit` for `kernel.privacy.reveal`: one committed entry before the value is given out.

    Its subject is the record, its detail the field and the purpose; the value is nowhere in it.
    """

    def audit(line: Revealed) -> None:
        entry = JournalEntry(
            clock.now(), line.actor, REVEALED, line.record, detail=f"{line.field} for {line.purpose.value}"
        )
        with store.transaction() as unit:
            unit.journal.append(entry)

    return audit
