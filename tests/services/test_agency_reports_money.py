"""Finance's page: it ties out on every axis or names what does not, says over which days, and names nobody."""

import io
import zipfile
from datetime import date, timedelta

import nanoarrow
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nanoarrow import ipc

from scld_core.agency.posting import Ils
from scld_core.errors import BadInput, FileRefused, InvalidValue, NotFound, Unavailable
from scld_core.fees import ChargeKind, EntryKind, LegalClass, tie_out, tieout
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import Interval
from scld_core.reporting.audience import Days
from scld_core.reporting.files import FORMS, render
from scld_core.reporting.grid import grids
from scld_core.services.day.publish import publish
from scld_core.services.reports import make_report
from support.accounts import Book, terms
from support.hotspots import NOW
from support.referral_district import ReferralDistrict, card, patron_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COLUMNS = ("opening", "new", "paid", "waived", "cancelled", "reduced", "reversed", "closing")
AXES = ("total", "branch", "legal-class", "kind")
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
LATER = NOW + 3 * DAY
ALL = (1, 2, 3, 8, 9)


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    """Patrons 1 and 2 were referred and have their fee, 1 has paid a part; 8 and 9 were referred by hand."""
    made = ReferralDistrict.make(tmp_path_factory.mktemp("money") / "d")
    with made.at(NOW + HOUR) as desk:
        publish(desk.day.run(), desk)
    made.pay(1, NOW + 2 * HOUR, 1500)
    made.morning(NOW + DAY)
    with made.at(NOW + DAY + HOUR) as desk:
        publish(desk.day.run(), desk)
    made.morning(NOW + 2 * DAY)
    return made


@pytest.fixture
def desk(district):
    """That district, opened some days later."""
    with district.at(LATER) as opened:
        yield opened


def rows(report, key):
    """The rows of a section."""
    return next(grid.rows for grid in grids(report) if grid.key == key)


def money(row):
    """The amounts of a row, in cents."""
    return [Money.parse(text).cents for text in row[1:]]


def ledger(desk, numbers=ALL):
    """The accounts as the ILS has them."""
    return [desk.backends["main"].fees.account(patron_id(number)) for number in numbers]


def with_fees(desk, fees, **more):
    """The desk over another ledger."""
    main = evolve(desk.backends["main"], fees=fees, **more)
    return evolve(desk, backends={**desk.backends, "main": main})


def ties_out(report):
    """Every row and every column, by arithmetic alone; gives the total."""
    totals = []
    for key in AXES:
        found = rows(report, key)
        amounts = [money(row) for row in found]
        for row in amounts:
            assert row[0] + row[1] - sum(row[2:7]) == row[7]
        if found:
            assert found[-1][0] == "Total"
            assert [sum(column) for column in zip(*amounts[:-1], strict=True)] == amounts[-1]
            totals.append(amounts[-1])
    assert all(total == totals[0] for total in totals)
    return dict(zip(COLUMNS, totals[0], strict=True))


def test_every_axis_comes_to_the_sums_of_the_ledger(desk):
    """Collection cost stands apart, and the total is that of the accounts in collection."""
    report = make_report(desk, "agency-money", days=Days(date(2026, 3, 1), date(2026, 3, 31)))
    total = ties_out(report)
    expected = sum(account.balance.cents for account in ledger(desk, (1, 2, 8, 9)))
    assert total["closing"] == expected == 26500
    assert total["paid"] == 1500
    apart = {row[0]: money(row) for row in rows(report, "total")}
    assert apart["Collection cost"][1] == 2000
    assert apart["Collection cost"][7] == 4000
    assert apart["Collection cost"] == {row[0]: money(row) for row in rows(report, "legal-class")}["Collection cost"]
    assert apart["Collection cost"] == {row[0]: money(row) for row in rows(report, "kind")}["Agency fee"]
    assert {row[0] for row in rows(report, "branch")} == {"No library named", "Cheney", "Total"}
    assert (report.figures[0].label, report.figures[0].value) == ("Unexplained differences", 0)
    assert [figure.value for figure in report.figures if figure.label == "Closing"] == ["265.00"]


def test_the_month_so_far_is_what_nobody_asks_for(desk):
    """Without days it is this month to today, which is the same as asking for them."""
    asked = make_report(desk, "agency-money", days=Days(date(2026, 3, 1), date(2026, 3, 13)))
    assert make_report(desk, "agency-money") == asked
    assert "March 1, 2026" in asked.subtitle


@given(cut=st.integers(0, (LAST - FIRST).days - 1), shift=st.integers(0, 40))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_cut_in_two_add_up(desk, cut, shift):
    """What one period closes with the next one opens with, and what was posted adds up, wherever the cut is."""
    first = FIRST + timedelta(days=min(shift, cut))
    middle = FIRST + timedelta(days=cut)
    one = ties_out(make_report(desk, "agency-money", days=Days(first, middle)))
    two = ties_out(make_report(desk, "agency-money", days=Days(middle + DAY, LAST)))
    whole = ties_out(make_report(desk, "agency-money", days=Days(first, LAST)))
    assert one["closing"] == two["opening"]
    assert (whole["opening"], whole["closing"]) == (one["opening"], two["closing"])
    for name in COLUMNS[1:-1]:
        assert whole[name] == one[name] + two[name]


def test_what_cannot_be_read_is_named_and_the_rest_still_ties_out(desk):
    """An unknown patron, a row of an extract, a broken account: one row for each reason with how many, and no sum."""
    real = desk.backends["main"].fees
    faults = {
        "70001": NotFound("main", "account", "no patron with this id"),
        "70002": FileRefused("charges.csv:7", "amount: is blank", "Correct the row"),
        "70008": InvalidValue("Account", "entries", "an entry is posted before the one that it follows"),
    }

    class Holes:
        live = True

        def account(self, patron):
            if patron.local in faults:
                raise faults[patron.local]
            return real.account(patron)

    report = make_report(with_fees(desk, Holes()), "agency-money", days=Days(FIRST, LAST))
    assert ties_out(report)["closing"] == 7000
    assert sorted((row[1], row[3]) for row in rows(report, "exceptions")) == [
        (1, "Account: an entry is posted before the one that it follows."),
        (1, "The ILS main does not know the patron."),
        (1, "charges.csv:7: amount: is blank."),
    ]
    assert report.figures[0].value == 3
    assert any(callout.title == "Does not tie out" for callout in report.callouts)
    assert not [word for word in faults if word in render(report, ".html").decode()]


def test_an_ils_that_does_not_answer_is_asked_once(desk):
    """Everybody who was not read is counted under that reason, and no sum stands on the page."""
    asked = []

    class Down:
        live = True

        def account(self, patron):
            asked.append(patron)
            raise Unavailable("main", "account", "no route")

    report = make_report(with_fees(desk, Down()), "agency-money")
    assert len(asked) == 1
    ((_, count, _, why, _),) = rows(report, "exceptions")
    assert (count, "no route" in why) == (4, True)
    assert report.figures[0].label == "Accounts read"
    assert not [section for section in report.sections if section.key in AXES]


def test_a_charge_that_does_not_close_is_a_row_and_never_a_plug(desk, monkeypatch):
    """A rule that loses payments is noticed by charge, with how much; the sums are of the others."""
    whole = ties_out(make_report(desk, "agency-money", days=Days(FIRST, LAST)))
    monkeypatch.setattr(tieout, "_POSTED", {**tieout._POSTED, EntryKind.PAYMENT: "nowhere"})
    report = make_report(desk, "agency-money", days=Days(FIRST, LAST))
    (row,) = rows(report, "exceptions")
    assert row[0].startswith("main:")
    assert (row[1], row[2]) == (1, "-15.00")
    paid_charge = next(c for c in ledger(desk, (1,))[0].standings if c.paid)
    assert ties_out(report)["closing"] == whole["closing"] - paid_charge.outstanding.cents


def test_another_currency_is_accounted_for_apart(desk):
    """Its charges are named with what is owed of them."""
    real = desk.backends["main"].fees
    book = Book(PatronId("main", "70001"))
    book.charge(evolve(terms(), amount=Money(700, "CAD")))

    class Mixed:
        live = True

        def account(self, patron):
            return book.account if patron.local == "70001" else real.account(patron)

    report = make_report(with_fees(desk, Mixed()), "agency-money", days=Days(FIRST, LAST))
    assert [(row[0], row[2], row[4]) for row in rows(report, "exceptions")] == [
        ("main:c0", "7.00 CAD", "Account for it apart.")
    ]
    ties_out(report)


def test_merged_records_are_one_account(desk):
    """The patron behind two numbers is read once, under the number of today."""

    class Merged:
        live = True

        def get(self, patron):
            return desk.backends["main"].patrons.get(patron_id(1))

    report = make_report(with_fees(desk, desk.backends["main"].fees, patrons=Merged()), "agency-money")
    assert ties_out(report)["closing"] == ledger(desk, (1,))[0].balance.cents
    alone = with_fees(desk, desk.backends["main"].fees, patrons=None)
    assert ties_out(make_report(alone, "agency-money"))["closing"] == 26500


def test_a_ledger_that_ends_before_the_days_do_says_so(desk):
    """An extract of some days ago knows nothing of what came after it."""
    real = desk.backends["main"].fees

    class Extract:
        live = False

        def account(self, patron):
            return evolve(real.account(patron), as_of=NOW + 2 * DAY)

    days = Days(date(2026, 3, 1), date(2026, 3, 13))
    report = make_report(with_fees(desk, Extract()), "agency-money", days=days)
    assert any("Thu Mar 12" in callout.text for callout in report.callouts if callout.title == "Not over yet")
    over = make_report(desk, "agency-money", days=Days(date(2026, 3, 1), date(2026, 3, 11)))
    assert not [callout for callout in over.callouts if callout.title == "Not over yet"]


def test_without_a_ledger_the_page_says_what_to_set_and_shows_the_differences(desk):
    """Nothing is made up for it."""
    for other in (
        with_fees(desk, None),
        evolve(desk, agency=evolve(desk.agency, systems=evolve(desk.agency.systems, ils=Ils("elsewhere")))),
    ):
        report = make_report(other, "agency-money")
        assert any("as ils under [agency]" in callout.text for callout in report.callouts)
        assert [section.key for section in report.sections] == ["differences", "finance"]
        assert report.figures[0].value == 0


def test_a_snapshot_that_is_gone_is_a_row_of_what_does_not_tie_out(tmp_path):
    """The accounts that are known otherwise are there; how many are missing, nobody knows."""
    district = ReferralDistrict.make(tmp_path / "d")
    with district.at(NOW + HOUR) as desk:
        desk.day.run()
    for path in (district.folder / "agency").glob("ils-*.csv"):
        path.unlink()
    with district.at(NOW + 2 * HOUR) as desk:
        report = make_report(desk, "agency-money")
        (row,) = rows(report, "exceptions")
        assert (row[1], "ils-*.csv" in row[3]) == (None, True)
        assert ties_out(report)["closing"] == sum(account.balance.cents for account in ledger(desk, (1, 2)))


def test_the_differences_are_summed_by_kind(tmp_path):
    """Each kind's sums and their total: ILS less agency is the difference, in every row."""
    district = ReferralDistrict.make(tmp_path / "d")
    district.write_list(NOW + HOUR, {8: 5000, 9: 9000})
    with district.at(NOW + 2 * HOUR) as desk:
        found = rows(make_report(desk, "agency-money"), "differences")
        page = make_report(desk, "agency-money")
    assert [row[:5] for row in found] == [
        ("BALANCE_HIGHER_ILS", 1, "70.00", "50.00", "20.00"),
        ("BALANCE_HIGHER_AGENCY", 1, "70.00", "90.00", "-20.00"),
        ("Total", 2, "140.00", "140.00", "0.00"),
    ]
    assert render(page, ".csv", table="differences").count(b"\r\n") == 4


def test_it_names_nobody_in_any_form(district, desk):
    """No number, name or note of a patron, in page, table, workbook or stream; and a spreadsheet runs nothing."""
    canaries = {text for n in ALL for text in (patron_id(n).local, str(card(n)), f"UM{n}", f"SAMPLE-{n}")}
    canaries |= {"SAMPLE", "Nowhere"}
    for name, audience in (("agency-money", "finance"), ("agency-batches", "it")):
        report = make_report(desk, name, audience=audience)
        for suffix, text in every_form(report):
            assert not [word for word in canaries if word in text], suffix
            if suffix == ".csv":
                assert_safe(text)


def every_form(report):
    """The report in each form, as text that can be searched."""
    yield ".html", render(report, ".html").decode()
    with zipfile.ZipFile(io.BytesIO(render(report, ".xlsx"))) as archive:
        yield ".xlsx", "".join(archive.read(name).decode() for name in archive.namelist())
    for grid in grids(report):
        yield ".csv", render(report, ".csv", table=grid.key).decode()
        data = render(report, ".arrow", table=grid.key)
        yield ".arrow", data.decode("latin-1")
        table = nanoarrow.Array(ipc.InputStream.from_readable(io.BytesIO(data)))
        assert len(table) == len(grid.rows)
    assert set(FORMS) == {".html", ".xlsx", ".csv", ".arrow"}


def assert_safe(text):
    """No cell is a formula, but for the one spelling that keeps digits whole; an amount may be below zero."""
    for line in text.splitlines():
        for cell in line.split(","):
            bare = cell.strip('"')
            if bare.startswith("-"):
                Money.parse(bare)
            assert not bare.startswith(("+", "@", "\t")), bare
            assert not bare.startswith("=") or cell.startswith(('"=""', "=")), bare


def test_days_are_for_a_report_over_days_alone(desk):
    """And the last comes after the first."""
    with pytest.raises(BadInput, match="is of now and not over days"):
        make_report(desk, "agency-work", days=Days(FIRST, LAST))
    with pytest.raises(BadInput, match="2026-01-01 is before 2026-03-31"):
        Days(LAST, FIRST)


def test_the_page_is_the_ledger_s_own_tie_out(desk):
    """The same sums as asking the ledger itself, by kind and class."""
    calendar = desk.settings.opening_hours()
    period = Interval(calendar.end_of_business_day(FIRST - DAY), calendar.end_of_business_day(LAST))
    found = tie_out(ledger(desk, (1, 2, 8, 9)), period)
    assert ties_out(make_report(desk, "agency-money", days=Days(FIRST, LAST))) == {
        name: getattr(found.total, name).cents for name in COLUMNS
    }
    assert ChargeKind.AGENCY_FEE.value in found.rows[tieout.Axis.KIND]
    assert LegalClass.COLLECTION_COST.value in found.rows[tieout.Axis.LEGAL_CLASS]
