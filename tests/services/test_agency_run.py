"""From files to a folder one can work from: nothing lost, nothing invented, nothing half-written."""

import json
import re
from collections import Counter

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from scld_core.agency.fast import Engine
from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.codecs.beside import manifest_of
from scld_core.codecs.tables import read_table
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.cells import from_cell
from scld_core.runs.action import Stage
from scld_core.sample.agency import agency_files
from scld_core.services.agency.rows import ACTION_COLUMNS, ACTION_FILES, ROWS_COLUMNS
from scld_core.services.agency.sources import Request
from support.agency_case import FILES, MORNING, PROFILE, CaseFolder

DRIFT = {"agency": False, "notices": False}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The sample compared once, with everything there is to compare; nobody changes it."""
    case = CaseFolder(tmp_path_factory.mktemp("done"))
    case.text = case.json(profile=PROFILE)
    case.told = json.loads(case.text)
    return case


@pytest.fixture
def case(tmp_path):
    """The sample's files, to be changed."""
    return CaseFolder(tmp_path)


# What is in the files.


def test_the_folder_has_the_page_the_lists_all_rows_and_the_quarantine(done):
    """And nothing else: no temporary file, whatever was written."""
    assert sorted(path.name for path in done.out.iterdir()) == sorted(FILES)


def test_every_row_is_in_the_file_of_all_rows_and_in_the_json_alike(done):
    """The same rows in the same order; the counts add up to them and to those who are not referred."""
    rows = done.read("rows.csv")
    assert [row["kind"] for row in rows] == [row["kind"] for row in done.told["rows"]]
    for row, told in zip(rows, done.told["rows"], strict=True):
        assert from_cell(row["patron_id"]) == (told["patron_id"] or "")
        assert from_cell(row["account"]) == (told["agency_key"] or "")
        assert {name: row[name] for name in ("ils", "agency", "sent", "delta")} == {
            name: told[name] or "" for name in ("ils", "agency", "sent", "delta")
        }
        assert (row["also"].split(), row["action"]) == (told["also"], told["action"])
    counts = Counter(done.told["counts"])
    assert counts["NOT_REFERRED"] > 0
    assert Counter(row["kind"] for row in rows) == counts - Counter(NOT_REFERRED=counts["NOT_REFERRED"])


def test_every_row_that_differs_is_in_a_list_or_waits(done):
    """The lists are what is left of all rows without those that wait or agree; each has an account once."""
    listed = [[(row["account"], row["patron_id"]) for row in done.read(name)] for name in ACTION_FILES.values()]
    assert all(len(set(rows)) == len(rows) for rows in listed)
    quiet = {kind.value for kind, told in MEANINGS.items() if told.side is Side.NONE}
    wanted = {
        (row["account"], row["patron_id"])
        for row in done.read("rows.csv")
        if row["kind"] not in quiet and row["action"] != "wait"
    }
    assert {row for rows in listed for row in rows} == wanted


def test_the_json_has_what_was_promised(done):
    """The promised keys, upper-case kinds, amounts as decimal text or null."""
    assert {"basis", "rows", "counts", "quarantine"} <= set(done.told)
    assert done.told["basis"] == "reconciled"
    for row in done.told["rows"]:
        assert set(row) == {
            "patron_id", "agency_key", "kind", "also", "ils", "agency", "sent", "delta", "action",
        }  # fmt: skip
        assert {row["kind"], *row["also"]} <= {kind.value for kind in Kind}
        for side in ("ils", "agency", "sent", "delta"):
            assert row[side] is None or re.fullmatch(r"-?\d+\.\d\d", row[side])
    assert all(set(bad) == {"file", "line", "reason"} for bad in done.told["quarantine"])
    assert done.told["unexplained"] == sum(
        count for kind, count in done.told["counts"].items() if not MEANINGS[Kind(kind)].explained
    )
    assert {one["role"] for one in done.told["ages"]} == {"ils", "agency", "sent", "notices"}


def test_the_headers_of_the_lists_are_stable(done):
    """People build on them."""
    for name in ACTION_FILES.values():
        assert (done.out / name).read_text(encoding="utf-8").splitlines()[0] == ",".join(ACTION_COLUMNS)
    assert (done.out / "rows.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(ROWS_COLUMNS)


def test_long_numbers_survive_a_spreadsheet_and_amounts_stay_numbers(done):
    """Record and account numbers are text formulas; our own reader reads them plain."""
    for row in done.read("tell-the-agency.csv"):
        assert re.fullmatch(r'="\w+"|', row["patron_id"])
        assert re.fullmatch(r'="\w+"|', row["account"])
        assert re.fullmatch(r"-?\d+\.\d\d|", row["delta"])
    table = read_table(done.out / "tell-the-agency.csv", ACTION_COLUMNS)
    assert table.quarantined == ()
    assert {row["patron_id"] for row in table.rows} & {"70025"}


def test_no_name_is_in_any_result(done):
    """The agency's file has a name in every row; not one of them comes through."""
    assert "SAMPLE, Patron" in done.path("inbound.csv").read_text(encoding="utf-8")
    for path in done.out.iterdir():
        assert "SAMPLE" not in path.read_text(encoding="utf-8")
    assert "SAMPLE" not in done.text


def test_the_page_says_what_was_compared_and_that_it_is_confidential(done):
    """The headline, every file with its fingerprint, the law, and whose title it is."""
    page = (done.out / "summary.html").read_text(encoding="utf-8")
    for one in done.told["ages"]:
        assert one["file"] in page
        assert one["sha256"] in page
    assert "RCW 42.56.310" in page
    assert "Made-up District" in page
    assert f'<span class="value bad">{done.told["unexplained"]}</span>' in page


# Drift.


@pytest.mark.parametrize("profile", [None, PROFILE])
def test_without_the_agencys_own_list_nothing_is_ever_called_reconciled(case, profile):
    """Not in the page, the JSON, a file or a file's name: it is drift since the last sync."""
    text = case.json(case.request(**DRIFT), profile=profile)
    told = json.loads(text)
    assert told["basis"] == "drift since last sync"
    page = (case.out / "summary.html").read_text(encoding="utf-8")
    assert "Drift since the last sync" in page
    results = [path.name + path.read_text(encoding="utf-8") for path in case.out.iterdir()]
    assert not any("reconciled" in result.lower() for result in (text, *results))
    assert {one["check"] for one in told["not_made"]} > {"MINOR"}


def test_with_the_agencys_list_alone_the_word_is_right(case):
    """A control: the label follows what was compared."""
    told = json.loads(case.json(case.request(sent=False, notices=False)))
    assert told["basis"] == "reconciled"
    assert {"SENT_NOT_LISTED", "LISTED_NOT_SENT"} & set(told["counts"]) == set()


def test_what_could_not_be_checked_is_named_with_the_reason(case):
    """Without notices and policy their checks are listed as not made, in JSON and page alike."""
    told = json.loads(case.json(case.request(notices=False)))
    named = {one["check"] for one in told["not_made"]}
    assert {"NOTICE_MISSING", "FEE_MISSING", "FEE_DUPLICATE", "STALE"} <= named
    page = (case.out / "summary.html").read_text(encoding="utf-8")
    assert all(one["reason"][:20] in page for one in told["not_made"])


# Ages.


def test_old_files_are_labelled_and_never_refused(case):
    """Three days or ten years: the page says it above everything else, the JSON gives the days."""
    for days in (3, 3653):
        told = json.loads(case.json(days=days))
        assert {one["days"] for one in told["ages"]} == {days}
        assert f"The ILS file is {days} days old" in (case.out / "summary.html").read_text(encoding="utf-8")
    case.compare()
    assert "Old facts" not in (case.out / "summary.html").read_text(encoding="utf-8")


def test_a_file_from_the_future_is_labelled(case):
    """Its clock or its zone is wrong, and that is said."""
    case.compare(days=-1)
    assert "is from the future" in (case.out / "summary.html").read_text(encoding="utf-8")


# Again, and not at all.


def test_the_same_files_give_the_same_bytes(case, tmp_path):
    """A second run into the same folder changes nothing but what it wrote itself."""
    case.compare()
    first = {path.name: path.read_bytes() for path in case.out.iterdir()}
    (case.out / "notes.txt").write_text("mine", encoding="utf-8")
    case.compare()
    second = {path.name: path.read_bytes() for path in case.out.iterdir()}
    assert second == first | {"notes.txt": b"mine"}
    assert tmp_path.exists()


def _without_header(text):
    return text.partition("\r\n")[2]


def _renamed(text):
    return text.replace("balance", "owed", 1)


BREAK = {
    "no header": ("ils.csv", _without_header),
    "a column is missing": ("inbound.csv", _renamed),
    "empty": ("last-sync.csv", lambda _: ""),
    "notices without a header": ("notices.csv", _without_header),
}


@pytest.mark.parametrize(("name", "change"), BREAK.values(), ids=BREAK)
def test_a_file_that_cannot_be_trusted_is_refused_whole(case, name, change):
    """Where, what and what to do are said; an earlier result stays as it was, and nothing else is left."""
    case.compare()
    before = {path.name: path.read_bytes() for path in case.out.iterdir()}
    case.edit(name, change)
    with pytest.raises(FileRefused, match=re.escape(name)) as refusal:
        case.compare()
    assert refusal.value.remedy
    assert {path.name: path.read_bytes() for path in case.out.iterdir()} == before


def test_a_refusal_makes_no_folder(case):
    """Nothing is left of a first run that was refused."""
    case.edit("ils.csv", _without_header)
    with pytest.raises(FileRefused):
        case.compare()
    assert not case.out.exists()


def test_a_file_that_changes_while_it_is_read_is_refused(case):
    """A comparison of half an export with half of the next one would be of nothing."""

    def meddle(stage: Stage) -> None:
        if stage.what == "compare":
            case.edit("ils.csv", lambda text: text + "1,2,3\r\n")

    with pytest.raises(FileRefused, match="has changed while it was read"):
        case.compare(progress=meddle)
    assert not case.out.exists()


def test_a_result_never_replaces_an_input(case):
    """Even when the export lies in the very folder under one of our names."""
    case.out.mkdir()
    ours = case.out / "rows.csv"
    ours.write_bytes(case.path("ils.csv").read_bytes())
    with pytest.raises(BadInput, match="would be replaced"):
        case.compare(evolve(case.request(), ils=ours))
    assert ours.read_bytes() == case.path("ils.csv").read_bytes()


# The engine.


def test_the_engines_write_the_same_bytes(case):
    """Of the sample, and of the sample among many patrons who agree, of whom one was looked at earlier."""
    plain = range(300)
    ils = "".join(f"9{n:05d},9{n:05d}c,25.00,yes,10.00,no,2026-03-10T0{n % 2 + 6}:00:00-07:00\r\n" for n in plain)
    agency = "".join(f"Z{n:05d},9{n:05d},9{n:05d}c,,open,2026-01-05,25.00,2026-03-01,\r\n" for n in plain)
    for added in (False, True):
        if added:
            case.edit("ils.csv", lambda text: text + ils)
            case.edit("inbound.csv", lambda text: text + agency)
        found = {}
        for engine in (Engine.PYTHON, Engine.FAST):
            heard = []
            request = case.request(sent=False, notices=False)
            text = case.json(request, profile=PROFILE, engine=engine, progress=heard.append)
            told = json.loads(text)
            used = told.pop("engine")
            assert used == {"asked": engine.value, "used": engine.value, "why": ""}
            found[engine] = (told, {path.name: path.read_bytes() for path in case.out.iterdir()})
            assert ("sift" in {stage.what for stage in heard}) == (engine is Engine.FAST)
        assert found[Engine.PYTHON] == found[Engine.FAST]


@pytest.mark.parametrize("given", [{"sent": True, "notices": False}, {"sent": False}, {"agency": False}])
def test_an_engine_that_was_asked_for_and_not_used_is_said(case, given):
    """The fast one looks at the two lists alone; with another file the result is right, and says who made it."""
    told = json.loads(case.json(case.request(**given), engine=Engine.FAST))["engine"]
    assert told == {"asked": "fast", "used": "python", "why": "it compares --ils with --agency alone"}
    plain = json.loads(case.json(case.request(**given)))["engine"]
    assert plain == {"asked": "auto", "used": "python", "why": ""}


# What may be asked.


def test_something_to_compare_with_is_needed(tmp_path):
    """The ILS alone is no comparison."""
    with pytest.raises(BadInput, match=r"--agency.*--sent"):
        Request(tmp_path / "ils.csv")


@pytest.mark.parametrize("option", ["dialect", "sent_dialect"])
def test_a_dialect_without_its_file_is_a_mistake(tmp_path, option):
    """Somebody forgot the file, or took the wrong option."""
    other = {"dialect": {"sent": tmp_path / "s"}, "sent_dialect": {"agency": tmp_path / "a"}}[option]
    with pytest.raises(BadInput, match="is given without its file"):
        Request(tmp_path / "ils.csv", **other, **{option: "agency-export"})


def test_a_sent_file_is_not_read_by_guess(case):
    """Its dialect must be named; the names that there are come with the refusal, inbound ones not."""
    with pytest.raises(BadInput, match=r"--sent-dialect NAME.*koha-ums-sync") as refusal:
        case.compare(Request(case.path("ils.csv"), sent=case.path("last-sync.csv")))
    assert "agency-export" not in str(refusal.value)


def test_a_dialect_of_the_other_direction_is_refused(case):
    """What we sent is not what the agency holds, whatever option it is given under."""
    with pytest.raises(BadInput, match="outbound"):
        case.compare(evolve(case.request(sent=False), dialect="koha-ums-sync"))
    with pytest.raises(BadInput, match="inbound"):
        case.compare(evolve(case.request(), sent_dialect="agency-export"))


def test_a_dialect_may_be_a_file(case):
    """One that a library declares for itself, by its path."""
    declared = case.folder / "ours.toml"
    headers = agency_files(MORNING)["inbound.csv"].partition("\r\n")[0].split(",")
    columns = "".join(f'{name} = "{name}"\n' for name in headers)
    words = '[statuses]\nopen = "open"\n"paid in full" = "paid"\nclosed = "closed"\n'
    declared.write_text(f'[dialect]\nname = "ours"\n[columns]\n{columns}{words}', encoding="utf-8")
    told = json.loads(case.json(evolve(case.request(), dialect=str(declared))))
    assert {one["layout"] for one in told["ages"]} == {"", "ours", "koha-ums-sync"}
    assert len(told["quarantine"]) > 4  # the words of disputes are not declared there


def test_unread_notices_are_in_the_quarantine(case):
    """A notice that cannot be read is evidence that is missing, and nobody would know."""
    case.edit("notices.csv", lambda text: text + "70001,,bill,yesterday,mail,sent,yes\r\n")
    told = json.loads(case.json())
    assert ("notices.csv", 59) in {(bad["file"], bad["line"]) for bad in told["quarantine"]}
    assert {row["file"] for row in case.read("quarantine.csv")} == {"notices.csv", "inbound.csv"}


# Order.


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(tmp_path_factory, shuffle):
    """Shuffled files give the same counts, and the same rows but for their line numbers."""
    case = CaseFolder(tmp_path_factory.mktemp("shuffled"))
    straight = json.loads(case.json(profile=PROFILE))

    def shuffled(text):
        header, *rows = text.splitlines(keepends=True)
        shuffle.shuffle(rows)
        return header + "".join(rows)

    for name in ("ils.csv", "inbound.csv", "last-sync.csv", "notices.csv"):
        case.edit(name, shuffled)
    again = json.loads(case.json(profile=PROFILE))
    assert again["counts"] == straight["counts"]
    assert again["rows"] == straight["rows"]


def test_an_age_that_is_not_told_is_labelled_and_never_the_disks(case):
    """Read-only, so such a file is taken; the page and the JSON say so, and what rests on the age is not made."""
    for name in ("inbound.csv", "last-sync.csv"):
        manifest_of(case.path(name)).unlink()
    told = json.loads(case.json(profile=PROFILE))
    assert {one["file"]: one["as_of"] for one in told["ages"]}["inbound.csv"] is None
    assert [one["stated"] for one in told["ages"]] == [True, False, False, True]
    assert {one["check"] for one in told["not_made"]} >= {"STALE", "IN_FLIGHT age"}
    page = (case.out / "summary.html").read_text(encoding="utf-8")
    assert page.count("age not told") >= 2
    assert "Write as_of = " in page
