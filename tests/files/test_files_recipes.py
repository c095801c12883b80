"""Recipes read only, name no patron, and yield a file that `files` reads."""

import csv
import io
import re
import sqlite3
import tomllib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from schemas import EVERGREEN, EXPECTED, KOHA, SIERRA

from scld_adapters.files import plugin
from scld_adapters.files.backend import read_extract
from scld_adapters.files.extract import COLUMNS
from scld_adapters.files.recipe import KINDS, recipe, recipes
from scld_adapters.files.settings import FilesConfig
from scld_core.codecs import structure
from scld_core.errors import BadInput
from scld_core.plugins.offers import Offers

ZONE = ZoneInfo("America/Los_Angeles")
ALL = {one.ils: one for one in recipes() if one.name == "hotspot-loans"}
EVERY_SQL = [one for one in recipes() if one.kind != "steps"]
SQL = [one for one in EVERY_SQL if one.name == "hotspot-loans"]
STEPS = [one for one in ALL.values() if one.kind == "steps"]
CHANGES = re.compile(
    r"(?<![.\w])(INSERT|UPDATE|DELETE|DROP|ALTER|CREATE|TRUNCATE|MERGE|REPLACE|GRANT|REVOKE|EXEC|EXECUTE|CALL|INTO|COPY|LOCK|SET|SHOW)\b",
    re.IGNORECASE,
)
PERSONAL = re.compile(
    r"patron|borrower|cardnumber|surname|firstname|\busr\b|e?mail|phone|address|birth|\bdob\b|name_?(first|last)|passw",
    re.IGNORECASE,
)
ids = {"ids": lambda one: one.full_name}


def query(one):
    """The statement without the comments that tell people what to do."""
    return "".join(line for line in one.text.splitlines(keepends=True) if not line.lstrip().startswith("--")).strip()


def test_there_is_a_recipe_for_each_ils():
    """Six of them, each with what it was checked on; none claims a live system."""
    assert set(ALL) == {"carlx", "evergreen", "koha", "polaris", "sierra", "symphony"}
    for one in ALL.values():
        assert one.kind in KINDS
        assert "unverified" in one.checked_on
        assert f"Checked on: {one.checked_on}\n" in one.text
        assert "Steps:" in one.text


def test_a_recipe_is_found_by_name():
    """Or the nearest one is told."""
    assert recipe("koha", "hotspot-loans") is not None
    with pytest.raises(BadInput, match="Did you mean 'koha hotspot-loans'"):
        recipe("kohaa", "hotspot-loan")


def test_every_recipe_is_declared_and_none_shuts_out_another():
    """The registry files all of them, though six ILSs have a recipe of one name."""
    taken, problems = Offers().take("scld_adapters", {"scld_declarations": plugin.declarations()})
    assert problems == []
    assert len(taken) == len(recipes())


@pytest.mark.parametrize("one", EVERY_SQL, **ids)
def test_a_query_changes_nothing(one):
    """No statement in it writes, and there is one statement besides a declaration of a variable."""
    assert not CHANGES.search(query(one))
    unquoted = re.sub(r"'[^']*'", "''", query(one))
    statements = [part.split()[0].upper() for part in unquoted.split(";") if part.strip()]
    assert statements[-1] in ("SELECT", "WITH")
    assert statements[:-1] in ([], ["DECLARE"])


def test_the_checks_would_find_a_change_and_a_person():
    """A control: each of these is refused."""
    for bad in ("DELETE FROM items", "SELECT 1 INTO copy", "update x set y = 1", "EXEC sp", "(DROP TABLE x)"):
        assert CHANGES.search(bad)
    for bad in ("loan.usr AS household", "issues.borrowernumber", "p.NameLast", "patron_record_id"):
        assert PERSONAL.search(bad)


@pytest.mark.parametrize("one", SQL, **ids)
def test_a_query_selects_the_canonical_columns_and_no_person(one):
    """The last SELECT list names all ten in order; no table or column of a patron is read at all."""
    assert not PERSONAL.search(query(one))
    found = [a or b for a, b in re.findall(r"(?:\bAS (\w+)|^    (\w+)),?$", last_list(one), re.MULTILINE)]
    assert tuple(name for name in found if name in COLUMNS) == COLUMNS
    assert "'' AS household" in query(one)


def last_list(one):
    """What stands between the outermost SELECT and its FROM."""
    return re.split(r"^FROM\b", re.split(r"^SELECT$", query(one), flags=re.MULTILINE)[-1], flags=re.MULTILINE)[0]


def test_kohas_reports_accept_the_query():
    """They refuse what does not begin with SELECT, and certain words wherever they stand."""
    text = query(ALL["koha"])
    assert text.startswith("SELECT")
    assert ";" not in text
    assert not re.search(r";?\W?(UPDATE|DELETE|DROP|INSERT|SHOW|CREATE)\W", text, re.IGNORECASE)


@pytest.mark.parametrize("one", STEPS, **ids)
def test_steps_hold_settings_that_work(one):
    """The TOML in them is what the backend takes, and its mapping names nobody."""
    settings, manifest = (tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", one.text, re.DOTALL))
    table = settings["backends"]["main"]
    assert table.pop("use") == "files"
    config = structure(FilesConfig, table, where="backends.main")
    assert set(config.columns) == {"item", "barcode", "status", "due"}
    assert not PERSONAL.search(" ".join(config.columns.values()))
    assert {"on_loan", "checked_in", "in_transit", "on_hold_shelf", "lost"} <= set(config.words.values())
    assert set(manifest) == {"as_of", "rows", "sha256"}


def shown(tmp_path, data, words=None):
    """Items of the extract by number, as in EXPECTED, and the extract."""
    path = tmp_path / "hotspot-loans.csv"
    path.write_bytes(data)
    extract = read_extract(path, FilesConfig(path=path.name, words=words or {}), backend="main", zone=ZONE)
    assert extract.quarantined == ()
    told = {}
    for item, found in extract.items.items():
        loan = (found.loan.id.local, found.loan.due_at.isoformat()) if found.loan else ("", "")
        told[item.local] = (found.state.value, *loan)
    return told, extract


def of_postgres(postgres, schema, one):
    """The file that psql --csv writes, out of a session that cannot write; and the server's time."""
    with psycopg.connect(postgres.database(), autocommit=True) as connection:
        connection.execute(schema)
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET TIME ZONE 'Asia/Tokyo'")
        with connection.transaction(), connection.cursor() as cursor:  # in one transaction now() stands still
            now = cursor.execute("SELECT now()").fetchone()[0]
            with cursor.copy(f"COPY ({query(one).rstrip(';')}) TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
                return b"".join(bytes(part) for part in copy), now.replace(microsecond=0)


def test_sierras_query_yields_the_extract(postgres, tmp_path):
    """Run on PostgreSQL over a synthetic sierra_view, whatever the session's zone."""
    data, now = of_postgres(postgres, SIERRA, ALL["sierra"])
    told, extract = shown(tmp_path, data)
    assert told == {f"i{1000 + int(number)}": row for number, row in EXPECTED.items()}
    by_number = {item.local: found for item, found in extract.items.items()}
    assert by_number["i1010"].word == "sierra:w"
    assert by_number["i1002"].since == datetime(2026, 3, 9, 18, tzinfo=UTC)
    assert by_number["i1005"].since is None
    assert by_number["i1001"].loan.out_at == datetime(2026, 3, 1, 18, tzinfo=UTC)
    assert extract.as_of == now


def test_evergreens_query_yields_the_extract(postgres, tmp_path):
    """Run on PostgreSQL over a synthetic schema; deleted and discarded items are withdrawn."""
    data, now = of_postgres(postgres, EVERGREEN, ALL["evergreen"])
    told, extract = shown(tmp_path, data)
    assert told == EXPECTED | {"12": ("withdrawn", "", ""), "13": ("withdrawn", "", "")}
    by_number = {item.local: found for item, found in extract.items.items()}
    assert extract.as_of == now
    assert by_number["10"].word == "evergreen:Cataloging"
    assert by_number["2"].since == datetime(2026, 3, 9, 18, tzinfo=UTC)
    assert by_number["7"].since == by_number["12"].since == datetime(2026, 2, 1, 8, tzinfo=UTC)


def local(text):
    """A wall time of the library, as MySQL stores it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def formatted(text, form):
    """DATE_FORMAT of MySQL, for the signs that are used."""
    form = form.replace("%i", "%M").replace("%s", "%S")
    return text and datetime.fromisoformat(text).strftime(form)


def with_mysql_functions():
    """SQLite, given those functions of MySQL that the query uses."""
    connection = sqlite3.connect(":memory:")
    connection.create_function("UNIX_TIMESTAMP", 1, lambda text: text and int(local(text).timestamp()))
    connection.create_function(
        "TIMESTAMPADD",
        3,
        lambda _, seconds, start: (
            None if seconds is None else str(datetime.fromisoformat(start) + timedelta(seconds=seconds))
        ),
    )
    connection.create_function("DATE_FORMAT", 2, formatted)
    connection.create_function("CONCAT", -1, lambda *parts: "".join(map(str, parts)))
    connection.create_function("UTC_TIMESTAMP", 0, lambda: "2026-03-10 14:55:00")
    return connection


def test_kohas_query_yields_the_extract(tmp_path):
    """Its logic, over a synthetic schema and with MySQL's functions supplied."""
    connection = with_mysql_functions()
    connection.executescript(KOHA)
    cursor = connection.execute(
        query(ALL["koha"]).replace("SECOND, ", "'SECOND', ").replace("SECOND,\n", "'SECOND',\n")
    )
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column[0] for column in cursor.description])
    writer.writerows(cursor)
    connection.close()
    told, extract = shown(tmp_path, out.getvalue().encode())
    expected = EXPECTED | {"12": ("withdrawn", "", ""), "13": ("on_loan", "83", "2100-01-01T08:00:00+00:00")}
    assert told == expected
    by_number = {item.local: found for item, found in extract.items.items()}
    assert by_number["10"].word == "koha:lost 6"
    assert by_number["2"].since == datetime(2026, 3, 9, 18, tzinfo=UTC)
    assert by_number["5"].since == datetime(2026, 3, 9, 18, tzinfo=UTC)
    assert by_number["7"].since == by_number["12"].since == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert extract.as_of == datetime(2026, 3, 10, 14, 55, tzinfo=UTC)
