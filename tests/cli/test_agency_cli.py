"""`scld agency` on the command line: what it prints, where, and with which exit code."""

import json

import pytest
from rich.text import Text
from typer.testing import CliRunner

from scld_core.cli._typer import app
from scld_core.codecs.beside import manifest_of
from support.agency_case import FILES, CaseFolder


@pytest.fixture
def case(tmp_path):
    """The sample's files, to be changed."""
    return CaseFolder(tmp_path)


@pytest.fixture
def reconcile(scld, case):
    """The command over the sample's files; more arguments may follow."""

    def run(*more, agency=True, sent=True, env=None):
        given = ["--ils", case.path("ils.csv"), "--out", case.out]
        given += ["--agency", case.path("inbound.csv")] if agency else []
        given += ["--sent", case.path("last-sync.csv"), "--sent-dialect", "koha-ums-sync"] if sent else []
        return scld("agency", "reconcile", *given, *more, env=env)

    return run


def test_differences_and_bad_rows_are_a_result_and_no_failure(reconcile, case):
    """Exit 0 with the counts, the unusable rows, the checks not made, the files and the headline last."""
    told = reconcile("--notices", case.path("notices.csv"))
    assert (told.code, told.err) == (0, "")
    assert told.lines[-1] == "Unexplained differences: 32"
    assert "not used  inbound.csv:52: cardnumber: spreadsheet damage" in told.out
    assert "not made  STALE: " in told.out
    files = [line.split()[0] for line in told.lines if line.startswith("  /")]
    assert files == [str(case.out / name) for name in FILES]
    assert any(line.endswith("by-hand.csv  23 to do") for line in told.lines)
    counted = {words[1]: int(words[0]) for line in told.lines if (words := line.split()) and words[0].isdigit()}
    assert counted["MATCH"] + sum(counted.values()) > 60
    assert counted["PAID_ILS_OPEN_AGENCY"] == 5


def test_json_is_one_object_and_nothing_else(reconcile, case):
    """The same result on stdout, and the folder all the same."""
    told = reconcile("--json")
    assert (told.code, told.err) == (0, "")
    assert told.json["basis"] == "reconciled"
    assert told.json["unexplained"] == 32
    assert sorted(path.name for path in case.out.iterdir()) == sorted(FILES)


def test_an_outbound_file_alone_is_drift(reconcile, case):
    """The screen says so beside the number, and never the other word."""
    told = reconcile(agency=False)
    assert told.code == 0
    assert "(drift since the last sync; the agency's own list was not given)" in told.lines[-1]
    assert "reconciled" not in told.out.lower()
    assert "reconciled" not in reconcile("--json", agency=False).out.lower()
    assert case.out.is_dir()


def test_many_bad_rows_are_counted_and_not_all_printed(reconcile, case):
    """A screen is a screen; the file has them all."""
    case.edit("inbound.csv", lambda text: text.replace(",Open,", ",Unheard of,"))
    told = reconcile()
    assert sum(line.startswith("not used") for line in told.lines) == 11
    assert "more rows" in told.out


def test_nothing_to_compare_with_is_a_mistake(reconcile):
    """Exit 2, and the two options that are missing."""
    told = reconcile(agency=False, sent=False)
    assert told.code == 2
    assert "--agency" in told.err
    assert "--sent" in told.err
    assert told.out == ""


MISTAKES = {
    "no such ILS file": (("--ils", "nowhere.csv"), "nowhere.csv: cannot be read"),
    "no such dialect": (("--dialect", "agency-exprot"), "Did you mean 'agency-export'?"),
    "a dialect of the other direction": (("--dialect", "koha-ums-new"), "outbound"),
    "no such profile": (("--profile", "spokane-conty"), "Did you mean 'spokane-county'?"),
    "no such dialect file": (("--dialect", "none.toml"), "none.toml"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_remedy_and_leaves_nothing(reconcile, case, arguments, said):
    """Exit 2, one sentence on stderr, no folder."""
    told = reconcile(*arguments)
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert not case.out.exists()


def test_a_sent_file_needs_its_dialect(scld, case):
    """The names that there are come with it."""
    told = scld("agency", "reconcile", "--ils", case.path("ils.csv"), "--sent", case.path("last-sync.csv"),
                "--out", case.out)  # fmt: skip
    assert told.code == 2
    assert "koha-ums-sync" in told.err


def test_a_broken_file_is_refused_and_json_prints_nothing(reconcile, case):
    """Not even the beginning of an object."""
    case.edit("inbound.csv", lambda _: "a,b\r\n1,2\r\n")
    told = reconcile("--json")
    assert (told.code, told.out) == (2, "")
    assert "inbound.csv: lacks the column" in told.err


def test_a_profile_makes_its_checks(reconcile):
    """The law's days come from the profile, and its title is on the page."""
    told = reconcile("--profile", "spokane-county")
    assert told.code == 0


def test_the_screen_fits_eighty_columns(reconcile, tmp_path):
    """Every line but the names of files, on a terminal."""
    told = reconcile(env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm"})
    lines = [Text.from_ansi(line).plain for line in told.lines]
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []


# Mapping.

OWN = "Acct No,Client Ref,Card,Status,Assigned,Balance Due\r\n1,70001,29999000000018,Open,2026-01-13,45.50\r\n"


@pytest.fixture
def export(tmp_path):
    """An export with an agency's own headers."""
    path = tmp_path / "client-site.csv"
    path.write_text(OWN, encoding="utf-8", newline="")
    return path


def test_a_proposal_is_saved_confirmed_with_yes_and_then_used(scld, export, case, tmp_path):
    """From an agency's own columns to a comparison by them."""
    saved = tmp_path / "ours.toml"
    told = scld("agency", "map", export, "--save", saved, "--yes")
    assert told.code == 0, told.out
    assert "Acct No" in told.out
    assert f"--dialect {saved}" in told.out
    compared = scld("agency", "reconcile", "--ils", case.path("ils.csv"), "--agency", export, "--dialect", saved,
                    "--out", case.out, "--json")  # fmt: skip
    assert compared.code == 0, compared.err
    assert compared.json["counts"]["MATCH"] == 1
    assert "45.50" in {row["agency"] for row in compared.json["rows"]}


def test_without_a_yes_it_is_saved_unconfirmed_and_not_taken(scld, export, case, tmp_path):
    """Where nobody can be asked, nothing is confirmed: exit 3, and a comparison refuses it."""
    saved = tmp_path / "ours.toml"
    told = scld("agency", "map", export, "--save", saved)
    assert told.code == 3
    assert "confirmed = false" in saved.read_text(encoding="utf-8")
    assert "confirmed = true" in told.out
    refused = scld("agency", "reconcile", "--ils", case.path("ils.csv"), "--agency", export, "--dialect", saved,
                   "--out", case.out)  # fmt: skip
    assert refused.code == 2
    assert "confirmed" in refused.err


def test_a_yes_in_advance_answers_no_question(tmp_path):
    """A file in another encoding may have wrong letters: somebody has to look before it counts as confirmed."""
    lines = [
        "account,patron_id,cardnumber,name,status,listed_on,balance,last_activity,close_reason",
        "U1,1,29999000000018,Mu\xf1oz,Open,2026-07-13,45.00,2026-09-20,",
    ]
    (tmp_path / "l1.csv").write_bytes("\n".join([*lines, ""]).encode("latin-1"))
    files = (str(tmp_path / "l1.csv"), "--save", str(tmp_path / "m.toml"))
    told = CliRunner().invoke(app, ["agency", "map", *files, "--yes"])
    assert "look whether names have the right letters" in told.output
    assert "Saved, but not confirmed" in told.output
    assert "confirmed = false" in (tmp_path / "m.toml").read_text(encoding="utf-8")


def test_open_questions_are_never_confirmed(scld, export, tmp_path):
    """Not even with --yes: what only a person can know is asked in the file."""
    more = "2,70002,29999000000026,Skip trace,2026-01-14,45.75\r\n"
    export.write_text(OWN + more, encoding="utf-8", newline="")
    saved = tmp_path / "ours.toml"
    told = scld("agency", "map", export, "--save", saved, "--yes")
    assert told.code == 3
    assert "question: " in told.out
    assert '"skip trace" = "?"' in saved.read_text(encoding="utf-8")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3)])
def test_on_a_terminal_one_is_asked(export, tmp_path, monkeypatch, answer, code):
    """A yes confirms; a no leaves it to be edited."""
    monkeypatch.setattr("scld_core.cli._typer.agency.on_terminal", lambda: True)
    saved = tmp_path / "ours.toml"
    result = CliRunner().invoke(app, ["agency", "map", str(export), "--save", str(saved)], input=answer)
    assert result.exit_code == code
    assert "Is this right?" in result.output
    assert f"confirmed = {str(not code).lower()}" in saved.read_text(encoding="utf-8")


def test_a_mapping_is_never_written_over(scld, export, tmp_path):
    """Somebody may have edited it."""
    saved = tmp_path / "ours.toml"
    saved.write_text("mine", encoding="utf-8")
    told = scld("agency", "map", export, "--save", saved, "--yes")
    assert told.code == 2
    assert "exists already" in told.err
    assert saved.read_text(encoding="utf-8") == "mine"


def test_a_mapping_ends_in_toml(scld, export, tmp_path):
    """Else --dialect would take its name for a dialect's."""
    told = scld("agency", "map", export, "--save", tmp_path / "ours.txt")
    assert told.code == 2
    assert ".toml" in told.err


def test_json_keeps_to_ascii_and_to_its_order(reconcile):
    """Keys in the order that is documented, on any terminal's encoding."""
    told = reconcile("--json")
    assert told.out.isascii()
    assert list(json.loads(told.out)) == [
        "basis",
        "rows",
        "counts",
        "quarantine",
        "unexplained",
        "not_made",
        "ages",
        "engine",
        "warnings",
    ]


@pytest.mark.parametrize("engine", ["python", "fast", "auto"])
def test_the_engine_may_be_chosen(reconcile, engine):
    """The result is the same."""
    told = reconcile("--engine", engine, sent=False)
    assert (told.code, told.err) == (0, "")
    assert told.lines[-1].startswith("Unexplained differences: ")


def test_an_engine_that_did_not_do_the_work_is_named(reconcile, case):
    """Whoever asked for the fast one learns why it was not, on the screen and in the JSON."""
    told = reconcile("--engine", "fast")
    assert told.code == 0
    assert "engine    python, and not fast: it compares --ils with --agency alone" in told.out
    assert reconcile("--engine", "fast", "--json").json["engine"]["used"] == "python"
    assert "engine  " not in reconcile("--engine", "auto").out


def test_a_file_that_tells_no_time_is_labelled(reconcile, case):
    """Read-only, so it is taken; the screen says that its age is not told."""
    manifest_of(case.path("inbound.csv")).unlink()
    told = reconcile()
    assert told.code == 0
    assert "the agency's list does not say when it was made: age not told" in told.out


def test_an_engine_that_there_is_not_is_refused(reconcile):
    """With those that there are."""
    told = reconcile("--engine", "quick", sent=False)
    assert told.code == 2
    assert "Choose one of auto, python, fast" in told.err
