"""Recipes of the agency's snapshot yield the file that a reconciliation reads, with every patron in it."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from agency_schemas import EVERGREEN, EXPECTED, KOHA, SIERRA
from test_files_recipes import last_list, of_postgres, query, with_mysql_functions

from scld_adapters.files.recipe import KINDS, recipes
from scld_core.agency.files import COLUMNS, read_ils

ALL = {one.ils: one for one in recipes() if one.name == "agency-snapshot"}
SQL = [one for one in ALL.values() if one.kind != "steps"]
STEPS = [one for one in ALL.values() if one.kind == "steps"]
NEEDLESS = re.compile(
    r"surname|firstname|family_name|e?mail|phone|address|birth|\bdob\b|name_?(first|last|full)|passw|title",
    re.IGNORECASE,
)
ids = {"ids": lambda one: one.ils}


def test_there_is_a_recipe_for_each_ils_and_none_claims_a_live_system():
    """The six of the other extract, each with what it was checked on and what of patrons is in the file."""
    assert set(ALL) == {"carlx", "evergreen", "koha", "polaris", "sierra", "symphony"}
    for one in ALL.values():
        assert one.kind in KINDS
        assert "unverified" in one.checked_on
        assert "It reads only: nothing in the ILS is changed, and the file has record numbers, card numbers" in one.text


@pytest.mark.parametrize("one", SQL, **ids)
def test_a_query_selects_the_canonical_columns_and_nothing_more_of_a_person(one):
    """The last SELECT list names all seven in order; no name, address, birth date or title is read."""
    assert not NEEDLESS.search(query(one))
    found = re.findall(r"\bAS (\w+),?$", last_list(one), re.MULTILINE)
    assert tuple(name for name in found if name in COLUMNS) == tuple(COLUMNS)


@pytest.mark.parametrize("one", SQL, **ids)
def test_a_query_leaves_no_patron_out_who_owes_nothing(one):
    """Who paid must be in the file: it is the difference between paid here and unknown here."""
    after = query(one).rpartition("\nFROM ")[2]
    assert not re.search(r"WHERE[^)]*(balance|owed|flagged|ChargesAmount)", after, re.IGNORECASE)


def shown(tmp_path, data):
    """The rows by patron, as in EXPECTED, and the time of the file."""
    path = tmp_path / "ils.csv"
    path.write_bytes(data)
    reading = read_ils(path)
    told = {row.patron: (row.barcodes, row.balance, row.flagged, row.referral_fee, row.exempt) for row in reading.rows}
    assert reading.quarantined == []
    return told, reading.as_of()


def test_sierras_query_yields_the_snapshot(postgres, tmp_path):
    """Run on PostgreSQL over a synthetic sierra_view; deleted and virtual records are left out."""
    data, now = of_postgres(postgres, SIERRA, ALL["sierra"])
    told, as_of = shown(tmp_path, data)
    assert told == {f"p{1024363 + int(number)}": row for number, row in EXPECTED.items()}
    assert as_of == now


def test_sierras_record_numbers_may_have_their_check_digit(postgres, tmp_path):
    """As the vendor's documents reckon it: 1024364 has 1."""
    text = ALL["sierra"].text.replace("false AS check_digit", "true AS check_digit")
    told, _ = shown(tmp_path, of_postgres(postgres, SIERRA, type(ALL["sierra"])(*"abcde", text))[0])
    assert min(told) == "p10243641"
    assert len(told) == len(EXPECTED)


def test_evergreens_query_yields_the_snapshot(postgres, tmp_path):
    """Run on PostgreSQL over a synthetic schema; the present card is first, whatever its number."""
    data, now = of_postgres(postgres, EVERGREEN, ALL["evergreen"])
    told, as_of = shown(tmp_path, data)
    assert told == EXPECTED
    assert as_of == now


def test_kohas_query_yields_the_snapshot(tmp_path):
    """Its logic, over a synthetic schema and with MySQL's functions supplied."""
    connection = with_mysql_functions()
    connection.create_function("CONCAT_WS", -1, lambda mark, *parts: mark.join(p for p in parts if p is not None))
    connection.executescript(KOHA)
    cursor = connection.execute(query(ALL["koha"]).replace(" SEPARATOR ", ", "))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows(cursor)
    connection.close()
    told, as_of = shown(tmp_path, out.getvalue().encode())
    assert told == EXPECTED
    assert as_of == datetime(2026, 3, 10, 14, 55, tzinfo=UTC)


def test_kohas_reports_accept_the_query():
    """They refuse what does not begin with SELECT, and certain words wherever they stand."""
    text = query(ALL["koha"])
    assert text.startswith("SELECT")
    assert not re.search(r";?\W?(UPDATE|DELETE|DROP|INSERT|SHOW|CREATE)\W", text, re.IGNORECASE)


@pytest.mark.parametrize("one", STEPS, **ids)
def test_steps_show_a_file_that_is_read(one, tmp_path):
    """The example in them is a snapshot without a fault."""
    (example,) = re.findall(r"```csv\n(.*?)```", one.text, re.DOTALL)
    told, as_of = shown(tmp_path, example.encode())
    assert set(told) == {"100001", "100002"}
    assert as_of == datetime(2026, 11, 22, 15, 55, tzinfo=UTC)
