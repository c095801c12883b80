"""A file that looks cut is said to be doubtful before anything else; what one decides for one comparison counts."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import Kind
from scld_core.agency.model import Basis, Reconciliation
from scld_core.cli._typer import app
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.services.agency.partial import warnings
from scld_core.services.agency.terms import Given
from support.hotspots import NOW

K = Kind
ILS = "patron_id,barcodes,balance,flagged,referral_fee,exempt,as_of"
AGENCY = "account,patron_id,cardnumber,name,status,listed_on,balance,last_activity,close_reason"


def result(**counts):
    """A comparison that came to these counts."""
    return Reconciliation(Basis.RECONCILED, {K[name]: count for name, count in counts.items()}, (), (), NOW)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"MATCH": 80, "AGENCY_ONLY": 20}, ()),
        ({"MATCH": 79, "AGENCY_ONLY": 21}, ("ILS file knows 79 of 100",)),
        ({"AGENCY_ONLY": 4}, ()),
        ({"AGENCY_ONLY": 100}, ("ILS file knows 0 of 100",)),
        ({"MATCH": 5, "ILS_ONLY": 3, "SENT_NOT_LISTED": 3}, ("agency's list knows 5 of 11",)),
        ({"MATCH": 5, "AGENCY_ONLY": 9, "ILS_ONLY": 9}, ("ILS file knows 5 of 14", "agency's list knows 5 of 14")),
        ({"NOT_REFERRED": 10_000, "FLAG_ONLY": 9, "MATCH": 3}, ()),
    ],
)
def test_a_side_that_lacks_too_much_of_the_other_is_doubtful(counts, said):
    """More than a fifth, and at least five; patrons whom nobody has in collection do not count."""
    found = warnings(result(**counts))
    assert len(found) == len(said)
    assert all(words in text for words, text in zip(said, found, strict=True))


def test_without_a_list_of_the_agency_it_is_what_was_sent():
    """The words fit what was compared."""
    (said,) = warnings(evolve(result(MATCH=1, ILS_ONLY=9), basis=Basis.DRIFT))
    assert said.startswith("What was sent knows 1 of 10")


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_one_more_that_both_have_never_raises_a_doubt(both, strangers, lost):
    """The more the two sides have in common, the fewer doubts there are."""
    counts = {"AGENCY_ONLY": strangers, "ILS_ONLY": lost}
    assert len(warnings(result(MATCH=both + 1, **counts))) <= len(warnings(result(MATCH=both, **counts)))


def test_what_is_given_stands_in_place_of_the_policy_and_the_rest_stays():
    """None leaves what the profile says."""
    terms = Terms(Money(1000), None, 90, 14)
    assert Given().over(terms) == terms
    assert Given(in_flight_days=3, referral_fee=Money(500)).over(terms) == Terms(Money(500), None, 90, 3)
    with pytest.raises(InvalidValue):
        Given(stale_days=-1)


@pytest.fixture
def compare(tmp_path):
    """Compare an ILS of one patron with twelve accounts."""

    def run(*more):
        (tmp_path / "i.csv").write_text(
            f"{ILS}\n1,29999000000018,20.00,yes,0.00,no,2026-03-10T08:00:00+00:00\n", encoding="utf-8"
        )
        rows = [f"U{n},{n},,x,active,2026-01-13,20.00,2026-02-20," for n in range(1, 13)]
        (tmp_path / "a.csv").write_text("\n".join([AGENCY, *rows]) + "\n", encoding="utf-8")
        files = ("--ils", tmp_path / "i.csv", "--agency", tmp_path / "a.csv", "--out", tmp_path / "out")
        return CliRunner().invoke(app, ["agency", "reconcile", *map(str, (*files, *more))])

    return run


def test_the_doubt_is_the_first_thing_that_one_reads(compare, tmp_path):
    """On the screen, at the top of the page, and in the JSON; the result is written all the same."""
    done = compare()
    assert done.exit_code == 0
    assert done.output.startswith("Look at the files first. The ILS file knows 1 of 12 accounts")
    page = (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
    assert page.index("Look at the files first") < page.index("What differs") if "What differs" in page else True
    assert "knows 1 of 12" in page
    assert json.loads(compare("--json").stdout)["warnings"][0].startswith("The ILS file knows 1 of 12")


def test_what_one_types_decides_the_checks(compare):
    """A fee that was given is looked for; one that is no amount is refused."""
    assert "FEE_MISSING: no referral fee is set" in compare().output
    given_fee = compare("--referral-fee", "10.00", "--stale-days", "1", "--in-flight-days", "5").output
    assert "FEE_MISSING" in given_fee
    assert "no referral fee is set" not in given_fee
    assert "in_flight_days is not set" not in given_fee
    refused = compare("--referral-fee", "ten")
    assert (refused.exit_code, "must be an amount such as 12.50" in refused.output) == (2, True)
