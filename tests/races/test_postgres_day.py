"""The sample district with its store in PostgreSQL, through the command line."""

import json

import pytest
from typer.testing import CliRunner

from scld_core.cli._typer import app
from scld_core.wiring.founding import make_sample
from support.districts import POSTGRES, SECRET, sample


def scld(*arguments, address):
    """What ``scld`` prints and its exit code."""
    done = CliRunner().invoke(app, [str(one) for one in arguments], env={SECRET: address})
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


def test_a_sample_day_on_postgresql_is_that_of_sqlite_and_the_second_plans_nothing(postgres, tmp_path, monkeypatch):
    """The same steps with the same results as in a file; then zero steps, residual zero; no word of the address."""
    address = postgres.database()
    monkeypatch.setenv(SECRET, address)
    sample(tmp_path / "server", store=POSTGRES)
    make_sample(tmp_path / "file", actor="anne")
    first, again = (scld("day", tmp_path / "server", "--json", address=address) for _ in range(2))
    file = scld("day", tmp_path / "file", "--json", address="")
    assert (first[0], again[0], file[0]) == (0, 0, 0)
    told, later, on_file = (json.loads(text) for _, text in (first, again, file))
    assert told == on_file
    assert len(told["plan"]["steps"]) > 10
    assert {receipt["result"] for receipt in told["receipts"]} == {"applied", "needs_approval", "waiting"}
    assert (later["plan"]["steps"], later["receipts"], later["verify"]) == ([], [], {"residual": 0})
    report = scld("doctor", tmp_path / "server", address=address)
    assert report[0] == 0
    for text in (first[1], again[1], report[1]):
        assert address not in text
        assert postgres.name(address) not in text


@pytest.mark.parametrize("address", ["", "postgresql://127.0.0.1:1/none"])
def test_a_secret_that_is_missing_or_wrong_is_named_and_not_shown(postgres, tmp_path, monkeypatch, address):
    """Exit code 2 and one sentence; the secret's name, never its text."""
    monkeypatch.setenv(SECRET, postgres.database())
    sample(tmp_path / "server", store=POSTGRES)
    code, text = scld("day", tmp_path / "server", address=address)
    assert code == 2
    assert "Traceback" not in text
    assert "127.0.0.1:1" not in text
