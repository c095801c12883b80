"""Accounts out of an extract of charges: what it tells, what it cannot tell, and what it must not be trusted with."""

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.files.charges import CHARGE_COLUMNS, read_charges
from scld_adapters.files.plugin import CAPABILITIES, FILES
from scld_adapters.files.settings import FilesConfig
from scld_core.codecs import structure
from scld_core.codecs.tables import Row, Table, write_csv
from scld_core.errors import ConfigurationError, FileRefused, SettingsError, UnsupportedOperation
from scld_core.fees import ChargeId, ChargeKind, LegalClass
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import FixedClock
from scld_core.plugins.guard import open_backend
from scld_core.plugins.spec import BackendContext
from scld_core.testing.grading import grade
from scld_core.testing.harness import FeesBench, Harness
from scld_core.testing.report import Grade, Verdict
from support.accounts import FEE

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
AS_OF = "2026-03-10T07:55:00-07:00"
ONE, TWO = PatronId("main", "p1"), PatronId("main", "p2")


@pytest.fixture
def folder(tmp_path):
    """A district's folder with an extract of loans in it, which the backend needs."""
    (tmp_path / "loans.csv").write_text("item,status,due\n", encoding="utf-8")
    return tmp_path


def row(charge, patron="p1", amount="30.00", outstanding="20.00", **more):
    """One row of the canonical extract."""
    given_row = {"kind": "lost_item", "legal_class": "replacement", "assessed_at": "2026-01-05", "as_of": AS_OF}
    numbers = {"charge": charge, "patron_id": patron, "amount": amount, "outstanding": outstanding}
    return given_row | numbers | more


def put(folder, *rows, name="charges.csv", written=None, columns=CHARGE_COLUMNS):
    """The extract."""
    path = folder / name
    path.write_bytes(write_csv(rows, columns))
    if written is not None:
        os.utime(path, (written, written))
    return path


def opened(folder, **table):
    """The guarded port of a configured backend."""
    config = structure(FILES.config, {"path": "loans.csv", "charges": "charges*.csv", **table}, where="backends.main")
    context = BackendContext("main", FixedClock(NOW), folder, lambda ref: "", timezone="America/Los_Angeles")
    return open_backend(FILES, config, context).fees


def test_an_account_is_read(folder):
    """What is left is exact; what is gone was paid or waived, and is called neither."""
    put(
        folder,
        row("c2", amount="10.00", outstanding="10.00", kind="agency_fee", legal_class="collection_cost"),
        row("c1", item="i7", branch="cheney", assessed_at="2026-01-05T09:00:00-08:00"),
        row("c3", "p2", "0.29", "0.29", kind="legacy_fine", legal_class="fine", assessed_at="2019-02-28"),
        row("c4", amount="1234567.89", outstanding="0", assessed_at="2026-02-01"),
    )
    port = opened(folder)
    assert port.live is False
    account = port.account(ONE)
    assert account.balance == Money(3000)
    assert account.as_of == datetime(2026, 3, 10, 14, 55, tzinfo=UTC)
    lost = account.standing(ChargeId("main", "c1"))
    assert (lost.outstanding, lost.reduced, lost.paid, lost.waived) == (Money(2000), Money(1000), Money(0), Money(0))
    assert (lost.charge.item.local, lost.charge.branch.name) == ("i7", "cheney")
    fee = account.standing(ChargeId("main", "c2"))
    assert (fee.charge.kind, fee.charge.legal_class) == (ChargeKind.AGENCY_FEE, LegalClass.COLLECTION_COST)
    assert fee.untouched
    assert fee.charge.assessed_at == datetime(2026, 1, 5, 8, tzinfo=UTC)  # the beginning of that day in Spokane
    assert account.standing(ChargeId("main", "c4")).outstanding == Money(0)
    assert port.account(TWO).balance == Money(29)


def test_a_patron_without_a_row_owes_nothing_that_the_file_knows_of(folder):
    """An extract of charges does not list patrons; one of another system is never asked about."""
    put(folder, row("c1"))
    assert opened(folder).account(TWO).entries == ()
    with pytest.raises(ConfigurationError):
        opened(folder).account(PatronId("other", "p1"))


def test_nothing_is_written(folder):
    """Charging and cancelling are refused by name, with the way to do it instead."""
    put(folder, row("c1"))
    port = opened(folder)
    with pytest.raises(UnsupportedOperation, match="by hand"):
        port.charge(ONE, FEE, key="k1")
    with pytest.raises(UnsupportedOperation, match="by hand"):
        port.cancel(ChargeId("main", "c1"), key="k1", reason="error")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"kind": "book"}, "kind: must be one of lost_item, damaged"),
        ({"kind": ""}, "kind: is blank"),
        ({"legal_class": "Fines"}, "legal_class: must be one of replacement"),
        ({"kind": "agency_fee"}, "legal_class: must be collection_cost for an agency fee"),
        ({"amount": "1,234.50"}, "amount: must be an amount such as 12.50"),
        ({"amount": "$30"}, "amount: must be an amount"),
        ({"amount": "3E1"}, "amount: must be an amount"),
        ({"amount": "10.005"}, "amount: must be an amount"),
        ({"amount": "0.00", "outstanding": "0"}, "amount: must be above zero"),
        ({"amount": "-5.00"}, "amount: must be above zero"),
        ({"outstanding": ""}, "outstanding: is blank"),
        ({"outstanding": "-1.00"}, "outstanding: must be from zero to the amount"),
        ({"outstanding": "30.01"}, "outstanding: must be from zero to the amount"),
        ({"outstanding": "3.00 CAD"}, "outstanding: must be from zero to the amount"),
        ({"assessed_at": "05/01/2026"}, "assessed_at: must be ISO 8601"),
        ({"assessed_at": "2026-02-30"}, "assessed_at: is no day of the calendar"),
        ({"assessed_at": "2026-03-11"}, "assessed_at: is after the extract was made"),
        ({"as_of": ""}, "as_of: is blank"),
        ({"branch": "North Spokane"}, "branch: must be letters"),
        ({"charge": ""}, "charge: is blank"),
    ],
)
def test_an_account_with_an_unusable_row_is_refused(folder, more, problem):
    """A sum without it would be wrong and look right; other patrons' accounts are as good as before."""
    put(folder, row("c1", "p2"), row("c2", "p1", "5", "5"), row("c3", "p1") | more)
    port = opened(folder)
    assert port.account(TWO).balance == Money(2000)
    with pytest.raises(FileRefused, match=rf"charges\.csv:4: {problem}.*export again") as refusal:
        port.account(ONE)
    assert "book" not in str(refusal.value)


def test_a_charge_that_is_there_twice_is_neither(folder):
    """The same file pasted under itself doubles no debt."""
    put(folder, row("c1"), row("c1", "p2"), row("c2", "p3"))
    port = opened(folder)
    for patron in (ONE, TWO):
        with pytest.raises(FileRefused, match="charge: is there more than once"):
            port.account(patron)
    assert port.account(PatronId("main", "p3")).balance == Money(2000)


def test_a_row_of_nobody_makes_every_account_doubtful(folder):
    """So the whole file is refused, as is one with a row that could not be read at all."""
    put(folder, row("c1"), row("c2", ""))
    with pytest.raises(FileRefused, match=r"charges\.csv:3: patron_id"):
        opened(folder).account(ONE)
    path = put(folder, row("c1"))
    path.write_bytes(path.read_bytes() + b"c2,p1,lost_item\r\n")
    with pytest.raises(FileRefused, match="cannot be told"):
        opened(folder).account(ONE)


def test_the_newest_extract_is_used_and_read_once(folder):
    """By its own as_of; an unchanged file is not read again, a changed one is."""
    put(folder, row("c1", as_of="2026-03-10T08:00:00-07:00"), name="charges-a.csv", written=1_000)
    put(folder, row("c1", outstanding="10"), name="charges-b.csv", written=2_000)
    port = opened(folder)
    assert port.account(ONE).balance == Money(2000)
    assert port.account(ONE).balance == Money(2000)
    put(folder, row("c1", outstanding="5", as_of="2026-03-10T08:01:00-07:00"), name="charges-a.csv", written=3_000)
    assert port.account(ONE).balance == Money(500)


def test_an_extract_may_state_its_time_in_a_manifest(folder):
    """So that a file without charges is one in which nobody owes anything."""
    put(folder, columns=CHARGE_COLUMNS[:-1])
    port = opened(folder)
    with pytest.raises(FileRefused, match="no row states in as_of"):
        port.account(ONE)
    (folder / "charges.csv.meta.toml").write_text(f"as_of = {AS_OF}\nrows = 0\n", encoding="utf-8")
    assert opened(folder).account(ONE).balance == Money(0)


def test_without_a_setting_there_are_no_fees(folder):
    """The port is not opened, and a path may not lead out of the folder."""
    context = BackendContext("main", FixedClock(NOW), folder, lambda ref: "")
    assert open_backend(FILES, FilesConfig("loans.csv"), context).fees is None
    with pytest.raises(SettingsError, match=r"backends\.main\.charges"):
        opened(folder, charges="../charges.csv")


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9)), max_size=6))
def test_what_is_left_is_exact(pairs):
    """Whatever the amounts, the balance is the sum of what the rows say is left, to the cent."""
    rows = [
        row(f"c{n}", amount=str(Money(amount)), outstanding=str(Money(min(left, amount))), branch="", item="")
        for n, (amount, left) in enumerate(pairs)
    ]
    table = Table("x.csv", CHARGE_COLUMNS, tuple(Row(n, one) for n, one in enumerate(rows, 2)), (), "utf-8", "", NOW)
    found = read_charges(table, backend="main", zone=ZoneInfo("UTC"), as_of=NOW, stated=True).account(ONE)
    assert found.balance.cents == sum(min(left, amount) for amount, left in pairs)


def files_bench(world):
    """An extract that somebody exports again whenever the ILS says something else."""
    told = {account.patron: account for account in world.seed.accounts}
    (world.context.folder / "loans.csv").write_text("item,status,due\n", encoding="utf-8")
    path = world.context.folder / "charges.csv"

    def save():
        now = world.clock.now().isoformat()
        rows = [
            {
                "charge": s.charge.id.local,
                "patron_id": s.charge.patron.local,
                "kind": s.charge.kind.value,
                "legal_class": s.charge.legal_class.value,
                "amount": str(s.charge.amount),
                "outstanding": str(s.outstanding),
                "assessed_at": s.charge.assessed_at.isoformat(),
                "branch": str(s.charge.branch or ""),
                "item": s.charge.item.local if s.charge.item else "",
                "as_of": now,
            }
            for account in told.values()
            for s in account.standings
        ]
        path.write_bytes(write_csv(rows, CHARGE_COLUMNS))

    def show(account):
        told[account.patron] = account
        save()

    save()
    config = FilesConfig("loans.csv", charges="charges.csv")
    opened_backend = open_backend(FILES, config, evolve(world.context, timezone="America/Los_Angeles"))
    return FeesBench(fees=opened_backend.fees, close=opened_backend.close, show=show, outage=path.unlink)


def test_the_kit_finds_no_fault_in_it():
    """Reads are proved, writes are excused with the reason."""
    report = grade(Harness.of(FILES, "fees", files_bench, capabilities=CAPABILITIES))
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is Grade.READS
    assert {cell.verdict for cell in report.cells} == {Verdict.PASSED, Verdict.EXCUSED}
