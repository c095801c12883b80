"""The embedded ILS against the reference ILS, and what only it can do: merged cards."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from worker import open_store

from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.loans import EmbeddedLoans
from scld_adapters.sql.store import open_sqlite
from scld_adapters.sql.tables import ils_patrons
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import InvalidValue, NotFound, ProtocolViolation, Rejected, ScldError
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.time import FixedClock
from scld_core.memory.loans import MemoryLoans
from scld_core.patrons.model import Household
from scld_core.plugins.seed import Seed

START = datetime(2026, 3, 10, 15, tzinfo=UTC)
ITEMS = ["i1", "i2", "i3", "I1", "i10"]
PATRONS = ["p1", "p2", "p3", "p4"]
items = st.sampled_from(["i1", "i1", "i2", "i1", *ITEMS])  # mostly one item, so that its life is a long one
patrons = st.sampled_from(PATRONS)
HOME = (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF)
days = st.integers(-20, 20).map(lambda number: timedelta(days=number))


def item_id(local: str) -> ItemId:
    """An item of the ILS under test."""
    return ItemId("main", local)


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """The present."""
        return self.at


def outcome(act, *arguments, **named):
    """The class of a refusal, or None."""
    try:
        act(*arguments, **named)
    except ScldError as refusal:
        return type(refusal)
    return None


class IlsMachine(RuleBasedStateMachine):
    """Staff at work on both; every answer of the port is compared, pages and all."""

    open_database = None

    def __init__(self) -> None:
        super().__init__()
        self.clock = Ticking()
        self.model = MemoryLoans(self.clock, page_size=2)
        self.known: set[str] = set()
        self.merged: dict[str, str] = {}
        self.store = self.open_database()
        self.loans = EmbeddedLoans(self.store, self.clock, backend="main", page_size=2)
        for patron in PATRONS:
            self.act(ils.add_patron, patron, household=Household(f"h-{patron}") if patron != "p4" else None)
        for item in ("i1", "i2"):
            self.add(item)

    def act(self, function, *arguments, **named):
        """One act of staff in a transaction of its own."""
        try:
            with self.store.transaction() as unit:
                function(unit.connection, *arguments, **named)
        except ScldError as refusal:
            return type(refusal)
        return None

    def survivor(self, patron: str) -> str:
        """Follow the merges."""
        while patron in self.merged:
            patron = self.merged[patron]
        return patron

    def owned(self, loan: Loan | None) -> Loan | None:
        """The model's loan as the surviving patron's."""
        if loan is None or loan.patron is None:
            return loan
        local = self.survivor(loan.patron.local)
        return evolve(
            loan, patron=PatronId("main", local), household=None if local == "p4" else Household(f"h-{local}")
        )

    @rule(item=items)
    def add(self, item):
        """Catalogue an item."""
        expected = outcome(self.model.add, item_id(item))
        assert self.act(ils.add_item, item, at=self.clock.at, barcode=f"b-{item}") is expected
        self.known.add(item)

    @rule(item=items, patron=st.none() | patrons, due=days)
    def check_out(self, item, patron, due):
        """Lend; an unknown item or a merged card is refused."""
        done = self.act(ils.check_out, item, patron, at=self.clock.at, due_at=self.clock.at + due)
        if item not in self.known or patron in self.merged:
            assert done in (NotFound, Rejected)
            return
        owner = None if patron is None else PatronId("main", patron)
        assert done is outcome(self.model.lend, item_id(item), due_at=self.clock.at + due, patron=owner)

    @rule(item=items, state=st.sampled_from([*HOME, *HOME, *ItemState]))
    def check_in(self, item, state):
        """Take back, to one of three places."""
        expected = outcome(self.model.take_back, item_id(item), state)
        assert self.act(ils.check_in, item, state, at=self.clock.at) is expected
        self.clock.at += timedelta(days=1)

    @rule(item=items, due=days)
    def renew(self, item, due):
        """Move the due instant."""
        expected = outcome(self.model.extend, item_id(item), self.clock.at + due)
        assert self.act(ils.renew, item, self.clock.at + due) is expected
        self.clock.at += timedelta(hours=1)

    @rule(item=items, state=st.sampled_from(ItemState), word=st.sampled_from(["", "Display case"]), ago=days)
    def declare(self, item, state, word, ago):
        """Say what became of it."""
        expected = outcome(self.model.say, item_id(item), state, self.clock.at + ago, word=word)
        assert self.act(ils.declare, item, state, at=self.clock.at + ago, word=word) is expected

    @rule(patron=patrons, into=patrons)
    def merge(self, patron, into):
        """Merge two cards; a circle is refused, and so is a second merge of a card."""
        refused = patron in self.merged or self.survivor(into) == patron
        assert self.act(ils.merge_patron, patron, into) is (Rejected if refused else None)
        if not refused:
            self.merged[patron] = into
        self.clock.at += timedelta(hours=7)

    @rule(asked=st.lists(items), item=items)
    def ask(self, asked, item):
        """`get` and `iter_items` of any items; those of another ILS are unknown."""
        wanted = [item_id(each) for each in asked] + [ItemId("other", item)]
        assert list(self.loans.iter_items(wanted)) == self.expected(self.model.iter_items(wanted))
        with pytest.raises(NotFound):
            self.loans.get(ItemId("other", item))
        for each in asked:
            (seen,) = (row for page in self.loans.iter_items([item_id(each)]) for row in page.rows or (NotFound,))
            assert seen is NotFound if each not in self.known else seen == self.loans.get(item_id(each))

    @invariant()
    def same_answers(self):
        """All items and the whole overdue list agree, page by page."""
        every = [item_id(item) for item in ITEMS]
        assert list(self.loans.iter_items(every)) == self.expected(self.model.iter_items(every))
        at = self.clock.at + timedelta(days=1)
        assert list(self.loans.iter_overdue(at)) == self.expected(self.model.iter_overdue(at))

    def expected(self, pages):
        """The model's pages, with every loan the surviving patron's."""

        def owned(row):
            return self.owned(row) if isinstance(row, Loan) else evolve(row, loan=self.owned(row.loan))

        return [evolve(page, rows=tuple(owned(row) for row in page.rows)) for page in pages]

    def teardown(self):
        """Let go."""
        self.store.close()


def test_sqlite_answers_as_the_reference_ils_does(tmp_path):
    """Differential over the life of items, loans and cards, on SQLite."""
    numbers = itertools.count()

    class Sqlite(IlsMachine):
        def open_database(self):
            return open_sqlite(tmp_path / f"{next(numbers)}.sqlite", create=True)

    some = max(settings().max_examples // 2, 5)
    run_state_machine_as_test(Sqlite, settings=settings(max_examples=some, stateful_step_count=15))


def test_postgres_answers_as_the_reference_ils_does(postgres, empty_database):
    """The same on PostgreSQL, with few examples."""
    url = postgres.database(empty_database)

    class PostgreSQL(IlsMachine):
        def open_database(self):
            store = open_store(url)
            with store.transaction() as unit:
                unit.connection.execute(sa.text("TRUNCATE ils_loans, ils_items, ils_patrons CASCADE"))
            return store

    few = max(settings().max_examples // 8, 3)
    run_state_machine_as_test(PostgreSQL, settings=settings(max_examples=few, stateful_step_count=10))


@pytest.fixture
def ils_store(tmp_path):
    """A store with four patrons."""
    store = open_sqlite(tmp_path / "s.sqlite", create=True)
    with store.transaction() as unit:
        for patron in PATRONS:
            ils.add_patron(unit.connection, patron, household=Household(f"h-{patron}"))
    yield store
    store.close()


def test_what_is_refused_at_the_desk(ils_store):
    """Ids and barcodes are unique, strangers are unknown, and only three places take a returned item."""
    with ils_store.transaction() as unit:
        c = unit.connection
        ils.add_item(c, "i1", at=START, barcode="b1")
        ils.add_item(c, "i2", at=START)
        ils.add_item(c, "i3", at=START)
        assert ils.check_out(c, "i1", "p1", at=START, due_at=START, loan="l1") == "l1"
        for act, refusal in (
            (lambda: ils.add_patron(c, "p1"), Rejected),
            (lambda: ils.add_item(c, "i9", at=START, barcode="b1"), Rejected),
            (lambda: ils.check_out(c, "i2", "p1", at=START, due_at=START, loan="l1"), Rejected),
            (lambda: ils.check_out(c, "i2", "stranger", at=START, due_at=START), NotFound),
            (lambda: ils.check_out(c, "stranger", "p1", at=START, due_at=START), NotFound),
            (lambda: ils.merge_patron(c, "p1", "stranger"), NotFound),
            (lambda: ils.merge_patron(c, "stranger", "p1"), NotFound),
            (lambda: ils.merge_patron(c, "p1", "p1"), Rejected),
            (lambda: ils.check_in(c, "i1", ItemState.LOST, at=START), InvalidValue),
        ):
            with pytest.raises(refusal) as refused:
                act()
            assert "stranger" not in str(refused.value) or refusal is NotFound


def test_a_loan_on_a_card_merged_twice_counts_for_the_last_household(ils_store):
    """The chain is followed to its end, for one item and for lists."""
    with ils_store.transaction() as unit:
        ils.add_item(unit.connection, "i1", at=START)
        ils.check_out(unit.connection, "i1", "p1", at=START, due_at=START)
        ils.merge_patron(unit.connection, "p1", "p2")
        ils.merge_patron(unit.connection, "p2", "p3")
    loans = EmbeddedLoans(ils_store, FixedClock(START), backend="main")
    lent = loans.get(item_id("i1")).loan
    assert (lent.patron, lent.household) == (PatronId("main", "p3"), Household("h-p3"))
    assert [page.rows for page in loans.iter_overdue(START)] == [(lent,)]
    assert "p3" not in repr(lent)


def test_a_circle_of_merged_cards_in_the_tables_is_reported(ils_store):
    """What no desk act can make is not followed for ever."""
    with ils_store.transaction() as unit:
        ils.add_item(unit.connection, "i1", at=START)
        ils.check_out(unit.connection, "i1", "p1", at=START, due_at=START)
        for patron, into in (("p1", "p2"), ("p2", "p3"), ("p3", "p2")):
            unit.connection.execute(sa.update(ils_patrons).where(ils_patrons.c.id == patron).values(merged_into=into))
    with pytest.raises(ProtocolViolation, match="circle"):
        EmbeddedLoans(ils_store, FixedClock(START), backend="main").get(item_id("i1"))
    with pytest.raises(ProtocolViolation, match="circle"), ils_store.transaction() as unit:
        ils.merge_patron(unit.connection, "p4", "p1")


instants = st.integers(-40, 40).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def seeds(draw):
    """The records of a sample: items with or without a loan, some cards merged."""
    rows = []
    for number, local in enumerate(draw(st.lists(items, unique=True))):
        lent = draw(
            st.none()
            | st.builds(
                Loan,
                st.just(LoanId("main", f"l{number}")),
                st.just(item_id(local)),
                instants,
                st.none() | instants,
                st.none() | instants,
                st.none() | patrons.map(lambda p: PatronId("main", p)),
            )
        )
        word = draw(st.sampled_from(["", "Out", "Display case"]))
        since = draw(st.none() | instants)
        rows.append(Circulation(item_id(local), draw(st.sampled_from(ItemState)), START, lent, since, word))
    merged = {"p1": "p2", "p2": "p3"} if draw(st.booleans()) else {}
    households = {patron: Household(f"h-{patron}") for patron in draw(st.sets(patrons))}
    return Seed(tuple(rows), barcodes={"i1": "b1"}, homes={"i1": "argonne"}, households=households, merged=merged)


def test_a_filled_ils_answers_what_it_was_filled_with(tmp_path):
    """Round trip of a sample's seed, up to the surviving patron of merged cards."""
    numbers = itertools.count()

    @given(seeds())
    def round_trip(seed):
        store = open_sqlite(tmp_path / f"{next(numbers)}.sqlite", create=True)
        with store.transaction() as unit:
            ils.fill(unit.connection, seed)
        loans = EmbeddedLoans(store, FixedClock(START), backend="main", page_size=3)
        for seen in seed.items:
            loan = seen.loan
            if loan is not None and loan.patron is not None:
                owner = "p3" if seed.merged and loan.patron.local in ("p1", "p2") else loan.patron.local
                loan = evolve(loan, patron=PatronId("main", owner), household=seed.households.get(owner))
            assert loans.get(seen.item) == evolve(seen, loan=loan)
        store.close()

    round_trip()
