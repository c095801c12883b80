"""State machines of Hypothesis: a backend lives one life beside the reference, and they must not part.

`machine(harness)` gives the class for a harness's port, to be run as a test or by `run_machine`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from scld_core.testing._hypothesis import (
    HealthCheck,
    Phase,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType]
    settings,
    st,
)
from scld_core.testing.duel import Call, agree
from scld_core.testing.duel_channel import ChannelDuel
from scld_core.testing.duel_fees import FeesDuel
from scld_core.testing.duel_holds import HoldsDuel
from scld_core.testing.duel_lines import LinesDuel
from scld_core.testing.duel_loans import LoansDuel
from scld_core.testing.duel_patrons import PatronsDuel
from scld_core.testing.duel_store import StoreDuel
from scld_core.testing.harness import Harness
from scld_core.testing.loans_tools import WRITES as LOAN_WRITES
from scld_core.testing.machines_read import CalendarsMachine, CatalogMachine, NoticesMachine
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE
from scld_core.testing.references_accounts import MEMORY_FEES, MEMORY_PATRONS
from scld_core.testing.references_agency import MEMORY_CHANNEL
from scld_core.testing.references_holds import MEMORY_HOLDS

__all__ = [
    "CalendarsMachine",
    "CatalogMachine",
    "ChannelMachine",
    "FeesMachine",
    "HoldsMachine",
    "LinesMachine",
    "LoansMachine",
    "NoticesMachine",
    "PatronsMachine",
    "StepMachine",
    "StoreMachine",
    "machine",
    "run_machine",
]

_MACHINE_STEPS = 12

_lines = st.integers(0, 4)
_items = st.integers(0, 3)
_choices = st.integers(0, 1)


class LinesMachine(RuleBasedStateMachine):
    """The life of lines: suspended, restored, resumed by the carrier, terminated."""

    harness: ClassVar[Harness[Any]] = MEMORY_LINES

    def __init__(self) -> None:
        super().__init__()
        self.duel = LinesDuel(MEMORY_LINES, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(line=_lines, repeat=_choices)
    def suspend(self, line: int, repeat: int) -> None:
        """Stop service, perhaps with the key of the last time."""
        self._do(Call("suspend", line, repeat))

    @rule(line=_lines, repeat=_choices)
    def restore(self, line: int, repeat: int) -> None:
        """Give service again, perhaps with the key of the last time."""
        self._do(Call("restore", line, repeat))

    @rule()
    def terminate(self) -> None:
        """End the last line for good."""
        self._do(Call("terminate", 3))

    @rule(line=st.integers(0, 3))
    def resume(self, line: int) -> None:
        """The carrier ends a suspension by itself."""
        self._do(Call("resume", line))

    @rule(line=_lines)
    def get(self, line: int) -> None:
        """Look at one line, or at one that nobody has."""
        self._do(Call("get", line))

    @invariant()
    def same_account(self) -> None:
        """Both show the same account."""
        self._do(Call("iter_lines"))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class LoansMachine(RuleBasedStateMachine):
    """The life of items: lent, returned, declared lost."""

    harness: ClassVar[Harness[Any]] = MEMORY_LOANS

    def __init__(self) -> None:
        super().__init__()
        self.duel = LoansDuel(MEMORY_LOANS, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(item=_items, choice=_choices)
    def lend(self, item: int, choice: int) -> None:
        """Lend an item, due later or already overdue."""
        self._do(Call("lend", item, choice))

    @rule(item=_items, choice=_choices)
    def take_back(self, item: int, choice: int) -> None:
        """Check an item in, to the shelf or into transit."""
        self._do(Call("return", item, choice))

    @rule(item=_items, choice=_choices)
    def declare(self, item: int, choice: int) -> None:
        """Mark an item at the desk as lost or claimed as returned."""
        self._do(Call("mark", item, choice))

    @rule(verb=st.sampled_from(LOAN_WRITES), item=st.sampled_from((1, 2, 6, 11)), choice=st.integers(0, 3))
    def write(self, verb: str, item: int, choice: int) -> None:
        """Lend, take back, renew or declare, perhaps with the key of the last time."""
        self._do(Call(verb, item, choice))

    @rule(patron=st.sampled_from((0, 1, 999)))
    def of_patron(self, patron: int) -> None:
        """List what a patron, or nobody, has."""
        self._do(Call("of_patron", patron))

    @rule(days=st.sampled_from((-10, -1, 0, 1, 10)))
    def overdue(self, days: int) -> None:
        """List what was due by some day."""
        self._do(Call("iter_overdue", 0, days))

    @invariant()
    def same_items(self) -> None:
        """Both show the same items."""
        self._do(Call("iter_items", 0))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class FeesMachine(RuleBasedStateMachine):
    """The life of accounts: charged, paid, waived, cancelled, taken back."""

    harness: ClassVar[Harness[Any]] = MEMORY_FEES

    def __init__(self) -> None:
        super().__init__()
        self.duel = FeesDuel(MEMORY_FEES, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(patron=st.integers(1, 6), choice=st.integers(0, 2))
    def charge(self, patron: int, choice: int) -> None:
        """Charge a patron, or nobody, perhaps with the key of the last time."""
        self._do(Call("charge", patron, choice))

    @rule(patron=st.integers(1, 3), choice=st.integers(0, 2))
    def cancel(self, patron: int, choice: int) -> None:
        """Cancel a charge, touched or not, perhaps once more."""
        self._do(Call("cancel", patron, choice))

    @rule(verb=st.sampled_from(("pay", "waive", "take_back")), patron=st.integers(1, 3), choice=_choices)
    def at_the_desk(self, verb: str, patron: int, choice: int) -> None:
        """Staff take a payment, waive, or take back one of the last entries."""
        self._do(Call(verb, patron, choice))

    @rule(patron=st.integers(0, 6))
    def account(self, patron: int) -> None:
        """Look at an account."""
        self._do(Call("account", patron))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class PatronsMachine(RuleBasedStateMachine):
    """The life of patrons: registered, flagged, blocked, cleared, moved, merged."""

    harness: ClassVar[Harness[Any]] = MEMORY_PATRONS

    def __init__(self) -> None:
        super().__init__()
        self.duel = PatronsDuel(MEMORY_PATRONS, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(
        verb=st.sampled_from(("set_flag", "clear_flag", "set_block", "clear_block")),
        patron=st.sampled_from((0, 1, 2, 90, 999)),
        choice=st.integers(0, 3),
    )
    def write(self, verb: str, patron: int, choice: int) -> None:
        """Set or clear a flag or a block, perhaps with the key of the last time."""
        self._do(Call(verb, patron, choice))

    @rule(
        verb=st.sampled_from(("register", "update", "put_card", "merge")),
        patron=st.integers(0, 2),
        choice=st.integers(0, 3),
    )
    def of_person(self, verb: str, patron: int, choice: int) -> None:
        """Register, change, give a card or merge, perhaps with the key of the last time."""
        self._do(Call(verb, patron, choice))

    @rule(patron=st.integers(0, 4), choice=st.integers(0, 2))
    def search(self, patron: int, choice: int) -> None:
        """Look for a name, a telephone or a mailbox."""
        self._do(Call("search", patron, choice))

    @rule(patron=st.integers(0, 2))
    def move(self, patron: int) -> None:
        """Staff change something of a patron."""
        self._do(Call("move", patron))

    @rule(patron=st.integers(0, 4), age=st.sampled_from((0, 1, 7)))
    def find(self, patron: int, age: int) -> None:
        """Look for a card, present, replaced, or nobody's."""
        self._do(Call("find", patron, age))

    @rule(patron=st.sampled_from((0, 1, 2, 3, 4, 90, 91, 999)))
    def get(self, patron: int) -> None:
        """Look at a patron, a merged record, or nobody."""
        self._do(Call("get", patron))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class ChannelMachine(RuleBasedStateMachine):
    """The life of an agency's incoming folder: files sent once, again, and others under their names."""

    harness: ClassVar[Harness[Any]] = MEMORY_CHANNEL

    def __init__(self) -> None:
        super().__init__()
        self.duel = ChannelDuel(MEMORY_CHANNEL, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(number=st.integers(1, 3), choice=st.integers(0, 2))
    def deliver(self, number: int, choice: int) -> None:
        """Send a file, perhaps with the key of the last time, perhaps with other bytes."""
        self._do(Call("deliver", number, choice))

    @rule(number=st.integers(1, 3), version=_choices)
    def put(self, number: int, version: int) -> None:
        """Somebody else lays a file there."""
        self._do(Call("put", number, version))

    @rule(number=st.integers(1, 3), version=_choices)
    def delivered(self, number: int, version: int) -> None:
        """Ask whether a file is there."""
        self._do(Call("delivered", number, version))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class HoldsMachine(RuleBasedStateMachine):
    """The life of holds: placed, suspended, moved, filled from the shelf, ended by people and by the days."""

    harness: ClassVar[Harness[Any]] = MEMORY_HOLDS

    def __init__(self) -> None:
        super().__init__()
        self.duel = HoldsDuel(MEMORY_HOLDS, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(patron=st.sampled_from((1, 3, 4)), title=st.sampled_from((1, 3, 4, 5)), choice=st.integers(0, 3))
    def place(self, patron: int, title: int, choice: int) -> None:
        """Place a hold, perhaps with the key of the last time."""
        self._do(Call("place", 10 * patron + title, choice))

    @rule(
        verb=st.sampled_from(("cancel", "suspend", "reactivate", "change_pickup")),
        hold=st.integers(0, 11),
        choice=st.integers(0, 3),
    )
    def change(self, verb: str, hold: int, choice: int) -> None:
        """Change a hold of the beginning or a new one, perhaps with the key of the last time."""
        self._do(Call(verb, hold, choice))

    @rule(item=st.sampled_from((0, 1, 2, 3, 4, 5, 7, 8)), library=_choices)
    def come_in(self, item: int, library: int) -> None:
        """Check an item in."""
        self._do(Call("come_in", item, library))

    @rule(days=st.sampled_from((1, 4)))
    def days(self, days: int) -> None:
        """Let days go by."""
        self._do(Call("days", days))

    @rule(patron=st.sampled_from((0, 1, 2, 3, 4, 90, 999)))
    def of_patron(self, patron: int) -> None:
        """List the holds of a patron, of a merged record, or of nobody."""
        self._do(Call("of_patron", patron))

    @rule(library=_choices)
    def pulls(self, library: int) -> None:
        """Print a pick list."""
        self._do(Call("iter_pulls", 0, library))

    @rule(library=_choices)
    def shelf(self, library: int) -> None:
        """Look along a hold shelf."""
        self._do(Call("iter_shelf", 0, library))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class StoreMachine(RuleBasedStateMachine):
    """The life of a store: transactions, committed and broken off, holds and reopening."""

    harness: ClassVar[Harness[Any]] = MEMORY_STORE
    work = ("put_step", "get_step", "append", "put_record", "get_record", "delete_record", "list")

    def __init__(self) -> None:
        super().__init__()
        self.duel = StoreDuel(MEMORY_STORE, self.harness)

    @rule(
        work=st.lists(
            st.builds(Call, st.sampled_from(work), st.integers(0, 3), st.integers(0, 7)), min_size=1, max_size=5
        ),
        broken=st.booleans(),
    )
    def transaction(self, work: list[Call], *, broken: bool) -> None:
        """Several calls in one transaction, committed or broken off."""
        agree(work[0], self.duel.transaction(work, broken=broken))

    @rule(verb=st.sampled_from(("hold", "reopen")))
    def special(self, verb: str) -> None:
        """Hold the district, or open the store anew."""
        agree(Call(verb), self.duel.do(Call(verb)))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class StepMachine(RuleBasedStateMachine):
    """The life of steps in the outbox, as their state table permits."""

    harness: ClassVar[Harness[Any]] = MEMORY_STORE

    def __init__(self) -> None:
        super().__init__()
        self.duel = StoreDuel(MEMORY_STORE, self.harness)

    @rule(number=st.integers(0, 2), choice=st.integers(0, 5))
    def move(self, number: int, choice: int) -> None:
        """A step is prepared, or meets one of the events that its state permits."""
        agree(Call("move", number, choice), self.duel.move(number, choice))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


_MACHINES: dict[str, tuple[type[Any], ...]] = {
    "lines": (LinesMachine,),
    "loans": (LoansMachine,),
    "channel": (ChannelMachine,),
    "fees": (FeesMachine,),
    "patrons": (PatronsMachine,),
    "notices": (NoticesMachine,),
    "holds": (HoldsMachine,),
    "catalog": (CatalogMachine,),
    "calendars": (CalendarsMachine,),
    "store": (StoreMachine, StepMachine),
}


def machine(harness: Harness[Any]) -> tuple[type[Any], ...]:
    """The state machine classes of a harness's port, each one life cycle."""
    return tuple(type(kind.__name__, (kind,), {"harness": harness}) for kind in _MACHINES[harness.port])


def run_machine(harness: Harness[Any], *, examples: int | None = None, shrink: bool = True) -> None:
    """Run the machines of a port; raises CheckFailed at the first life in which the two part.

    `examples` defaults to the number of the active Hypothesis profile. Without `shrink` the life is
    told as it was found, and sooner.
    """
    phases = [phase for phase in Phase if shrink or phase not in (Phase.shrink, Phase.explain)]
    for kind in machine(harness):
        profile: Any = settings()
        number: int = profile.max_examples if examples is None else examples
        chosen = settings(
            max_examples=number,
            stateful_step_count=_MACHINE_STEPS,
            phases=phases,
            deadline=None,  # a slow machine is no fault of the backend
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
        )
        run_state_machine_as_test(kind, settings=chosen)
