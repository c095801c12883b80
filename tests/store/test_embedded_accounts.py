"""The embedded ILS's patrons and ledger: against the reference, when merged, in races, and after a migration."""

import itertools
import threading
from datetime import date

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from worker import open_store

from scld_adapters.sql import ils
from scld_adapters.sql._alembic import scripts
from scld_adapters.sql._sqlalchemy import IntegrityError, sa
from scld_adapters.sql.fees import EmbeddedFees, FeeDesk
from scld_adapters.sql.patrons import EmbeddedPatrons, PatronDesk
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_adapters.sql.postgres import PostgresPeer
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_adapters.sql.tables import ils_entries, ils_patrons
from scld_core.errors import Conflict, NotFound, ProtocolViolation, Rejected, ScldError
from scld_core.fees import ChargeId, EntryId, EntryKind, Part
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import FixedClock
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons import Block, Card, CollectionFlag, Contact, Household, NewPatron, Patron, PatronChange
from scld_core.plugins.guard import open_backend
from scld_core.plugins.spec import BackendContext
from scld_core.testing.patrons_tools import facts
from support.accounts import FEE, START, day, terms
from support.clock import Ticking

P = [PatronId("main", f"p{number}") for number in range(4)]
FLAGS = [CollectionFlag("gentle", START, f"r{number}") for number in range(2)]
BLOCKS = [Block("collection", START, "scld"), Block("lost", None, "jdoe")]
NOBODY = PatronId("main", "p9")


def people():
    """Four patrons; the last is a child of the first."""
    first = Patron(id=P[0], as_of=START, birth_date=date(1980, 1, 2), category="adult", home=LocationId("cheney"))
    rest = [Patron(id=one, as_of=START) for one in P[1:3]]
    cards = (Card(number=Barcode("29000"), present=True),)
    return [evolve(first, cards=cards), *rest, Patron(id=P[3], as_of=START, responsible_adult=P[0])]


@pytest.fixture
def accounts(sql_store):
    """A store of each kind with the four patrons in it, and its two ports."""
    with sql_store.transaction() as unit:
        for patron in people():
            PatronDesk(unit.connection, "main").register(patron)
    clock = FixedClock(START)
    return (
        sql_store,
        EmbeddedPatrons(sql_store, clock, backend="main"),
        EmbeddedFees(sql_store, clock, backend="main"),
    )


def told(act):
    """What an act answers, or the class of its refusal."""
    try:
        return act()
    except ScldError as refusal:
        return type(refusal)


class DeskMachine(RuleBasedStateMachine):
    """Staff replace cards and merge records, while charges, flags and blocks come and go on both."""

    open_database = None

    def __init__(self):
        super().__init__()
        self.clock = Ticking(START)
        self.model = MemoryPatrons(self.clock)
        self.ledger = MemoryFees(self.clock, self.model)
        self.store = self.open_database()
        self.patrons = EmbeddedPatrons(self.store, self.clock, backend="main")
        self.fees = EmbeddedFees(self.store, self.clock, backend="main")
        self.numbers = itertools.count(1)
        for patron in people():
            self.model.put(patron)
            self.desk(lambda desk, patron=patron: desk.register(patron))

    def desk(self, act):
        """One act of staff in a transaction."""
        with self.store.transaction() as unit:
            return act(PatronDesk(unit.connection, "main"))

    def money(self, act):
        """One act at the till in a transaction."""
        with self.store.transaction() as unit:
            return act(FeeDesk(unit.connection, "main", self.clock.now()))

    def same(self, one, other):
        """Both answer the same, or refuse with the same class; what they answer is compared by the invariant."""
        first, second = told(one), told(other)
        refused = isinstance(first, type) or isinstance(second, type)
        assert not refused or first is second
        self.clock.tick(hours=1)

    @rule(gone=st.sampled_from(P), kept=st.sampled_from(P))
    def merge(self, gone, kept):
        """Merge two records, or one with itself."""
        self.same(
            lambda: self.model.merge(gone, kept),
            lambda: self.desk(lambda desk: desk.merge(gone, kept, self.clock.now())),
        )

    @rule(patron=st.sampled_from([*P, NOBODY]))
    def replace(self, patron):
        """Give a new card."""
        number = Barcode(f"29{next(self.numbers):04d}")
        self.same(
            lambda: self.model.replace_card(patron, number) and None,
            lambda: self.desk(lambda desk: desk.replace_card(patron, number, self.clock.now())),
        )

    @rule(patron=st.sampled_from(P), which=st.integers(0, 1), on=st.booleans())
    def flag(self, patron, which, *, on):
        """Set or clear a flag."""
        key, flag = f"k{next(self.numbers)}", FLAGS[which]
        for_both = [
            (lambda port=port: port.set_flag(patron, flag, key=key))
            if on
            else (lambda port=port: port.clear_flag(patron, flag.referral, key=key))
            for port in (self.model, self.patrons)
        ]
        self.same(*for_both)

    @rule(patron=st.sampled_from(P), which=st.integers(0, 1), on=st.booleans())
    def block(self, patron, which, *, on):
        """Set or clear a block."""
        key, block = f"k{next(self.numbers)}", BLOCKS[which]
        for_both = [
            (lambda port=port: port.set_block(patron, block, key=key))
            if on
            else (lambda port=port: port.clear_block(patron, block.reason, key=key))
            for port in (self.model, self.patrons)
        ]
        self.same(*for_both)

    @rule(patron=st.sampled_from([*P, NOBODY]), cents=st.integers(1, 5000))
    def charge(self, patron, cents):
        """Charge somebody."""
        key = f"k{next(self.numbers)}"
        self.same(
            lambda: self.ledger.charge(patron, terms(cents), key=key),
            lambda: self.fees.charge(patron, terms(cents), key=key),
        )

    @rule(patron=st.sampled_from(P), place=st.integers(0, 3), cents=st.integers(1, 3000))
    def pay(self, patron, place, cents):
        """Pay a charge, or more than it."""

        def at(fees, act):
            charges = fees.account(patron).charges
            return act(Part(charges[place % len(charges)].id, Money(cents))) if charges else "nothing"

        self.same(
            lambda: at(self.ledger, lambda part: self.ledger.settle(EntryKind.PAYMENT, part)),
            lambda: at(
                self.fees, lambda part: self.money(lambda desk: desk.settle(EntryKind.PAYMENT, part, by="desk"))
            ),
        )

    @rule(patron=st.sampled_from(P), place=st.integers(0, 5), back=st.booleans())
    def undo(self, patron, place, *, back):
        """Take back an entry, or cancel its charge."""
        key = f"k{next(self.numbers)}"

        def at(fees, take_back):
            entries = fees.account(patron).entries
            if not entries:
                return "nothing"
            entry = entries[place % len(entries)]
            return take_back(entry.id) if back else fees.cancel(entry.parts[0].charge, key=key, reason="error")

        self.same(
            lambda: at(self.ledger, self.ledger.take_back),
            lambda: at(self.fees, lambda one: self.money(lambda desk: desk.take_back(one, by="desk"))),
        )

    @invariant()
    def same_records(self):
        """Every patron is the same by id and by card, and owes the same."""
        for patron in P:
            one, other = self.model.get(patron), self.patrons.get(patron)
            assert facts(one) == facts(other)
            known = {card.number: card.replaced_at for card in one.cards}
            assert {card.number: card.replaced_at for card in other.cards} == known
            for number in known:
                assert self.patrons.find(number) == other
            left, right = (
                told(lambda one=patron: self.ledger.account(one)),
                told(lambda one=patron: self.fees.account(one)),
            )
            assert left == right if isinstance(left, type) else books(left) == books(right)

    def teardown(self):
        """Let go."""
        self.store.close()


def books(account):
    """An account without the ids that each ledger gives by itself."""
    rows = [(s.charge.terms, s.paid, s.cancelled, s.reversed, s.outstanding) for s in account.standings]
    return rows, [(entry.kind, entry.at, entry.by, entry.key, entry.amount) for entry in account.entries]


def test_sqlite_keeps_records_as_the_reference_does(tmp_path):
    """Differential over the lives of patrons whose records are merged and charged, on SQLite."""
    numbers = itertools.count()

    class Sqlite(DeskMachine):
        def open_database(self):
            return open_sqlite(tmp_path / f"{next(numbers)}.sqlite", create=True)

    some = max(settings().max_examples // 2, 5)
    run_state_machine_as_test(Sqlite, settings=settings(max_examples=some, stateful_step_count=12))


def test_postgres_keeps_records_as_the_reference_does(postgres, empty_database):
    """The same on PostgreSQL, with few examples."""
    url = postgres.database(empty_database)
    tables = "ils_parts, ils_charges, ils_entries, ils_patron_writes, ils_blocks, ils_flags, ils_cards, ils_persons"

    class PostgreSQL(DeskMachine):
        def open_database(self):
            store = open_store(url)
            with store.transaction() as unit:
                unit.connection.execute(sa.text(f"TRUNCATE {tables}, ils_loans, ils_items, ils_patrons CASCADE"))
            return store

    few = max(settings().max_examples // 8, 3)
    run_state_machine_as_test(PostgreSQL, settings=settings(max_examples=few, stateful_step_count=10))


def test_two_writers_with_one_key_post_one_charge(address, accounts):
    """The second waits for the first, finds its entry, and gives the same answer; so with flags."""
    _, patrons, fees = accounts
    barrier, answers = threading.Barrier(4), []

    def race():
        store = open_store(address)
        mine, ours = (
            EmbeddedFees(store, FixedClock(START), backend="main"),
            EmbeddedPatrons(store, FixedClock(START), backend="main"),
        )
        barrier.wait()
        answers.append((mine.charge(P[0], FEE, key="fee:r1"), ours.set_flag(P[0], FLAGS[0], key="flag:r1")))
        store.close()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert len(fees.account(P[0]).entries) == 1
    assert patrons.get(P[0]).flag == FLAGS[0]


def test_two_cancellations_of_one_charge_are_one(address, accounts):
    """With keys of their own, one is done and one is refused; nothing is owed less than nothing."""
    _, _, fees = accounts
    charge = fees.charge(P[0], FEE, key="fee:r1")
    barrier, answers = threading.Barrier(2), []

    def race(key):
        store = open_store(address)
        mine = EmbeddedFees(store, FixedClock(START), backend="main")
        barrier.wait()
        answers.append(told(lambda: mine.cancel(charge.id, key=key, reason="error")))
        store.close()

    threads = [threading.Thread(target=race, args=(key,)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer is Rejected for answer in answers) == [False, True]
    assert fees.account(P[0]).balance == Money(0)


@pytest.mark.parametrize("same", [{"key": "fee:r1"}, {"id": "entry-1"}, {"reverses": "entry-1"}])
def test_the_tables_are_the_last_word(accounts, same):
    """Keys and ids are unique, and an entry is taken back once, whatever code wrote them."""
    store, _, fees = accounts
    fees.charge(P[0], FEE, key="fee:r1")
    row = {"patron": "p0", "kind": "payment", "at": "x", "posted_by": "x", "reason": "", "key": None, "reverses": None}
    with store.transaction() as unit:
        unit.connection.execute(sa.insert(ils_entries).values(**row | {"id": "e1", "reverses": "entry-1"}))
    with pytest.raises((Conflict, IntegrityError)), store.transaction() as unit:
        unit.connection.execute(sa.insert(ils_entries).values(**row | {"id": "e2"} | same))


def test_what_the_desk_refuses(accounts):
    """Strangers, other systems' ids, numbers that were used, and records that cannot be merged."""
    store, patrons, fees = accounts
    foreign = PatronId("other", "p0")
    fees.charge(P[0], FEE, key="k1")
    with store.transaction() as unit:
        desk, till = PatronDesk(unit.connection, "main"), FeeDesk(unit.connection, "main", START)
        for act, refusal in (
            (lambda: desk.register(Patron(id=P[1], as_of=START, cards=(Card(number=Barcode("29000")),))), Rejected),
            (lambda: desk.replace_card(P[1], Barcode("29000"), START), Rejected),
            (lambda: desk.replace_card(NOBODY, Barcode("1"), START), NotFound),
            (lambda: desk.merge(P[0], P[0], START), Rejected),
            (lambda: desk.merge(P[0], NOBODY, START), NotFound),
            (lambda: desk.set_block(foreign, BLOCKS[0], "k"), NotFound),
            (lambda: desk.get(foreign, START), NotFound),
            (lambda: till.account(foreign), NotFound),
            (lambda: till.charge(foreign, FEE, "k"), NotFound),
            (lambda: till.cancel(ChargeId("other", "charge-1"), "k", "error"), NotFound),
            (lambda: till.cancel(ChargeId("main", "c9"), "k", "error"), NotFound),
            (lambda: till.take_back(EntryId("main", "e9"), by="desk"), NotFound),
            (lambda: till.take_back(EntryId("other", "entry-1"), by="desk"), NotFound),
            (lambda: till.charge(P[0], evolve(FEE, item=ItemId("other", "i1")), "k"), Rejected),
        ):
            with pytest.raises(refusal):
                act()
    assert patrons.find(Barcode("1")) is None


def test_a_merge_made_before_there_were_cards_is_read_as_well(accounts):
    """A record that was merged without a date: its cards are aliases, since nobody knows when."""
    store, patrons, fees = accounts
    fees.charge(P[0], FEE, key="k1")
    with store.transaction() as unit:
        ils.merge_patron(unit.connection, "p0", "p1")
    seen = patrons.get(P[0])
    assert (seen.id, seen.merged_from, seen.birth_date) == (P[1], (P[0],), date(1980, 1, 2))
    assert seen.cards == (Card(number=Barcode("29000"), present=False),)
    assert fees.account(P[1]).balance == Money(1000)
    assert patrons.get(P[3]).responsible_adult == P[1]


def test_a_circle_of_merged_cards_in_the_tables_is_reported(accounts):
    """What no desk act can make is not followed for ever."""
    store, patrons, fees = accounts
    with store.transaction() as unit:
        for patron, into in (("p0", "p1"), ("p1", "p2"), ("p2", "p1")):
            unit.connection.execute(sa.update(ils_patrons).where(ils_patrons.c.id == patron).values(merged_into=into))
    for act in (lambda: patrons.get(P[0]), lambda: fees.account(P[0]), lambda: fees.charge(P[0], FEE, key="k")):
        with pytest.raises(ProtocolViolation, match="circle"):
            act()


def test_ids_that_are_taken_are_passed_over(accounts):
    """An account that was taken over may use the ledger's own words for its entries and charges."""
    store, _, fees = accounts
    for number in range(3):
        fees.charge(P[1], FEE, key=f"k{number}")
    taken = fees.account(P[1])
    with store.transaction() as unit:
        unit.connection.execute(sa.text("DELETE FROM ils_parts"))
        unit.connection.execute(sa.text("DELETE FROM ils_charges"))
        unit.connection.execute(sa.text("DELETE FROM ils_entries"))
        for entry in reversed(taken.entries):
            FeeDesk(unit.connection, "main", START).file(evolve(taken, entries=(entry,)))
    assert fees.charge(P[1], FEE, key="k9").id.local not in {charge.id.local for charge in taken.charges}
    assert len(fees.account(P[1]).entries) == 4


def test_several_acts_commit_together(accounts):
    """On the connection of one transaction; broken off, none of them has happened."""
    store, patrons, fees = accounts

    def both(*, broken):
        with store.transaction() as unit:
            FeeDesk(unit.connection, "main", day(1)).charge(P[0], FEE, "fee:r1")
            PatronDesk(unit.connection, "main").set_flag(P[0], FLAGS[0], "flag:r1")
            if broken:
                raise KeyError

    with pytest.raises(KeyError):
        both(broken=True)
    assert (fees.account(P[0]).entries, patrons.get(P[0]).flag) == ((), None)
    both(broken=False)
    assert fees.account(P[0]).posted_with("fee:r1").at == day(1)
    assert patrons.get(P[0]).flag == FLAGS[0]


def old_store(peer):
    """A database as the first revision of the schema made it, with a patron."""
    with peer.engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            scripts().get_revision("0001").module.upgrade()
            context.stamp(scripts(), "0001")
        ils.add_patron(connection, "p0", household=Household("h-1"))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_patrons_from_before_are_kept_and_of_unknown_age(kind, request, tmp_path):
    """A store of the first schema is migrated; its patrons can be read, charged and blocked."""
    if kind == "sqlite":
        peer = SqlitePeer(tmp_path / "old.sqlite")
        peer.prepare()
    else:
        peer = PostgresPeer(request.getfixturevalue("postgres").database())
    old_store(peer)
    store = SqlStore(peer)
    assert "(was 0001)" in store.migrate()
    patrons = EmbeddedPatrons(store, FixedClock(START), backend="main")
    fees = EmbeddedFees(store, FixedClock(START), backend="main")
    assert patrons.get(P[0]) == Patron(id=P[0], as_of=START)
    fees.charge(P[0], FEE, key="k1")
    patrons.set_block(P[0], BLOCKS[0], key="k2")
    assert fees.account(P[0]).balance == Money(1000)
    assert patrons.get(P[0]).blocks == (BLOCKS[0],)
    store.close()


def test_the_backend_opens_with_its_three_ports(sql_store, tmp_path):
    """Guarded, on the store's own tables, and closed with the store."""
    context = BackendContext("main", FixedClock(START), tmp_path, lambda ref: "", store=sql_store)
    opened = open_backend(EMBEDDED, EmbeddedConfig(), context)
    with pytest.raises(NotFound):
        opened.patrons.get(P[0])
    with pytest.raises(NotFound):
        opened.fees.account(P[0])
    assert opened.patrons.find(Barcode("29000")) is None
    assert next(iter(opened.loans.iter_overdue(START))).rows == ()


def test_a_new_record_has_an_id_of_its_own_and_a_pin_only_as_a_hash(accounts):
    """An id that is there already is passed over; the database has the PIN nowhere, and the right one is right."""
    store, patrons, _ = accounts
    with store.transaction() as unit:
        PatronDesk(unit.connection, "main").register(Patron(id=PatronId("main", "patron-6"), as_of=START))
    new = NewPatron(number=Barcode("29050"), contact=Contact(), pin="canary-pin-5518")
    made = patrons.register(new, key="k1")
    assert made.id == PatronId("main", "patron-7")
    assert patrons.register(new, key="k1") == made
    for other in (evolve(new, pin="other"), evolve(new, pin=None), evolve(new, category="x")):
        with pytest.raises(Conflict):
            patrons.register(other, key="k1")
    with pytest.raises(Rejected, match="own responsible adult"):
        patrons.update(made.id, PatronChange(responsible_adult=made.id), key="k2")
    assert (patrons.check_pin(made.id, "canary-pin-5518"), patrons.check_pin(made.id, "x")) == (True, False)
    with store.transaction() as unit:
        metadata = sa.MetaData()
        metadata.reflect(unit.connection)
        rows = [str(row) for table in metadata.sorted_tables for row in unit.connection.execute(sa.select(table))]
    assert "scrypt$" in "".join(rows)
    assert "canary-pin-5518" not in "".join(rows)
