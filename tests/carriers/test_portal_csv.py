"""A portal by files: what comes in is used or named, what goes out comes back whole."""

import csv
import hashlib
import io
import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.carriers.portal_csv.backend import PortalLines, PortalLinesWithBulk
from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV
from scld_adapters.carriers.portal_csv.settings import BULK_COLUMNS, PortalCsvConfig
from scld_core.codecs import structure
from scld_core.codecs.tables import read_table
from scld_core.errors import FileRefused, NotFound, Rejected, SettingsError, UnsupportedOperation
from scld_core.hotspots.account import Verb
from scld_core.hotspots.model import BulkRow, ServiceState
from scld_core.hotspots.ports import BulkDelivery
from scld_core.kernel.capability import Convention, Full, Unsupported
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.plugins.guard import open_backend
from scld_core.plugins.spec import BackendContext
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from support.clock import Ticking
from support.hotspots import line

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Los_Angeles")
A, B, C = line(1), line(2), line(3)
COLUMNS = {"imei": "IMEI", "iccid": "SIM Number", "status": "Status", "as_of": "Exported"}
WORDS = {"In Service": ServiceState.ACTIVE, "Hot-lined": ServiceState.SUSPENDED}
CONFIG = PortalCsvConfig(export="exports/*.csv", columns=COLUMNS, words=WORDS, extracted_at="column")
HEADER = ["IMEI", "Nickname", "SIM Number", "Status", "Exported"]
STAMP = "2026-03-10T07:30:00-07:00"
AS_OF = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A district's folder with a place for exports."""
    (tmp_path / "exports").mkdir()
    return tmp_path


def row(of, status="In Service", stamp=STAMP, **other):
    """A row of the portal's export."""
    cells = {"IMEI": str(of.imei), "Nickname": "cart 1", "SIM Number": str(of.iccid), "Status": status}
    return cells | {"Exported": stamp} | other


def text_of(*rows, header=HEADER):
    """The export's text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def save(folder, *rows, name="lines.csv", encoding="utf-8", header=HEADER):
    """Write an export."""
    path = folder / "exports" / name
    path.write_bytes(text_of(*rows, header=header).encode(encoding))
    return path


def portal(folder, config=CONFIG):
    """The port, unguarded."""
    kind = PortalLines if config.expires_hours is None else PortalLinesWithBulk
    return kind("carrier", config, folder=folder, clock=Ticking(NOW), zone=ZONE)


def page_of(folder, config=CONFIG):
    """The one page of the newest export."""
    (page,) = portal(folder, config).iter_lines()
    assert page.last
    return page


def test_an_export_becomes_lines_as_of_its_own_instant(folder):
    """The portal's headers and words are translated; the age is what the export declares."""
    save(folder, row(B, "HOT-LINED "), row(A))
    page = page_of(folder)
    assert [(v.iccid, v.imei, v.state, v.word) for v in page.rows] == [
        (A.iccid, A.imei, ServiceState.ACTIVE, "In Service"),
        (B.iccid, B.imei, ServiceState.SUSPENDED, "HOT-LINED"),
    ]
    assert (page.as_of, page.total, page.quarantined) == (AS_OF, 2, ())
    assert {v.observed_at for v in page.rows} == {AS_OF}


def test_an_unknown_word_is_kept_and_means_nothing(folder):
    """A status nobody translated is shown as the portal wrote it."""
    save(folder, row(A, "Zombie"))
    (view,) = page_of(folder).rows
    assert (view.state, view.word) == (ServiceState.UNKNOWN_WORD, "Zombie")


DAMAGED = [
    ({"IMEI": "3.5E+14"}, "IMEI: spreadsheet damage"),
    ({"IMEI": str(A.imei)[1:]}, "IMEI: has 14 digits"),
    ({"IMEI": "350000000000001"}, "IMEI: must be 15 digits"),
    ({"SIM Number": "8.91E+19"}, "SIM Number: spreadsheet damage"),
    ({"SIM Number": "123"}, "SIM Number: must be 18 to 20"),
    ({"IMEI": "", "SIM Number": ""}, "has no number"),
    ({"Status": " "}, "Status: is blank"),
    ({"IMEI": "x", "SIM Number": "y", "Status": ""}, "IMEI: .*; SIM Number: .*; Status: "),
]


@pytest.mark.parametrize(("cells", "reason"), DAMAGED)
def test_a_damaged_row_is_quarantined_with_file_line_and_reason(folder, cells, reason):
    """The other rows are used; the reason never repeats what the cell held."""
    save(folder, row(B), row(A, **cells), row(C))
    page = page_of(folder)
    (bad,) = page.quarantined
    assert (bad.source, bad.line, len(page.rows), page.total) == ("lines.csv", 3, 2, 3)
    assert re.match(reason, bad.reason)
    assert bad.key in ("", str(A.iccid), str(A.imei))


def test_two_rows_with_one_sim_are_both_quarantined(folder):
    """Nobody can tell which is right, even when one of them is damaged besides."""
    save(folder, row(A), row(B, **{"SIM Number": str(A.iccid), "IMEI": "x"}), row(C))
    page = page_of(folder)
    assert [view.iccid for view in page.rows] == [C.iccid]
    assert [bad.line for bad in page.quarantined] == [2, 3]
    assert all("the same SIM is on the lines 2, 3" in bad.reason for bad in page.quarantined)


def test_a_portal_that_shows_devices_only_is_read_by_device(folder):
    """Without SIMs the device is the line, and one device twice is no line."""
    config = PortalCsvConfig(
        export="exports/*.csv", columns={"imei": "IMEI", "status": "Status"}, words=WORDS, extracted_at=STAMP
    )
    save(folder, row(A), row(B), row(B))
    page = page_of(folder, config)
    assert [(view.imei, view.iccid) for view in page.rows] == [(A.imei, None)]
    assert [bad.reason for bad in page.quarantined] == ["the same device is on the lines 3, 4"] * 2
    assert portal(folder, config).get(A).imei == A.imei


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from([line(n) for n in range(6)]),
        st.sampled_from(["In Service", "Hot-lined", "Zombie", ""]),
        IMEI=st.sampled_from(["", "x", *(str(line(n).imei) for n in range(6))]),
    ),
    min_size=1,
    max_size=12,
)


def read_rows(rows, **options):
    """The page of an export with these rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "exports").mkdir()
        save(folder, *rows, **options)
        return page_of(folder)


@given(ROWS)
def test_every_row_is_a_line_or_quarantined(rows):
    """Conservation: nothing is lost, nothing is both, and no SIM is on two lines."""
    page = read_rows(rows)
    assert len(page.rows) + len(page.quarantined) == page.total == len(rows)
    assert len({view.iccid for view in page.rows}) == len(page.rows)
    assert len({bad.line for bad in page.quarantined}) == len(page.quarantined)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, random):
    """A shuffled export gives the same lines and the same number of unusable rows for each SIM."""
    shuffled = random.sample(rows, len(rows))
    one, two = read_rows(rows), read_rows(shuffled)
    assert one.rows == two.rows
    assert sorted(bad.key for bad in one.quarantined) == sorted(bad.key for bad in two.quarantined)


def test_bom_and_declared_encodings_are_read_alike(folder):
    """A byte order mark is no part of the first header; Latin-1 is read where it is declared."""
    header = ["IMEI", "SIM Number", "État", "Exported"]
    columns = COLUMNS | {"status": "État"}
    latin = PortalCsvConfig(
        export="exports/*.csv", columns=columns, words=WORDS, extracted_at="column", encoding="latin-1"
    )
    plain = PortalCsvConfig(export="exports/*.csv", columns=columns, words=WORDS, extracted_at="column")
    save(folder, row(A, État="In Service"), header=header, encoding="utf-8-sig")
    first = page_of(folder, plain)
    save(folder, row(A, État="In Service"), header=header, encoding="latin-1")
    assert page_of(folder, latin).rows == first.rows
    with pytest.raises(FileRefused, match="encoding"):
        page_of(folder, plain)


def test_a_nul_and_a_cut_last_line_cost_only_their_rows(folder):
    """They are quarantined by line; the rest is used and the total still counts them."""
    path = save(folder, row(A), row(B), row(C))
    data = path.read_bytes().replace(b"cart 1", b"cart\0 1", 1)
    path.write_bytes(data[:-40])
    page = page_of(folder)
    assert [view.iccid for view in page.rows] == [B.iccid]
    assert [(bad.line, bad.reason) for bad in page.quarantined] == [
        (2, "contains a NUL byte"),
        (4, "truncated last line"),
    ]
    assert page.total == 3


def test_a_renamed_column_refuses_the_file_and_names_the_nearest(folder):
    """The reader says which header it misses and which one is like it."""
    save(folder, header=["IMEI", "SIM Nr.", "Status", "Exported"])
    with pytest.raises(
        FileRefused, match=r"(?i)lacks the column 'SIM Number' for iccid \(nearest header: 'SIM Nr\.'\)"
    ):
        page_of(folder)


def test_the_newest_export_is_the_one_made_last(folder):
    """By its own account: the file system's times do not matter."""
    old = save(folder, row(A), row(B), name="b.csv")
    new = save(folder, row(A, stamp="2026-03-10T07:31:00-07:00"), name="a.csv")
    os.utime(new, (1, 1))
    os.utime(old, (2, 2))
    assert (page_of(folder).total, page_of(folder).as_of) == (1, AS_OF + timedelta(minutes=1))


def test_two_exports_of_one_instant_must_be_the_same(folder):
    """A copy does no harm; a contradiction stops the reading."""
    save(folder, row(A), name="a.csv")
    save(folder, row(A), name="copy of a.csv")
    assert page_of(folder).total == 1
    save(folder, row(B), name="c.csv")
    with pytest.raises(FileRefused, match="same instant"):
        page_of(folder)


def test_files_still_being_written_and_manifests_are_no_exports(folder):
    """Only what the pattern means is read, and without any file the message says where to put one."""
    config = PortalCsvConfig(export="exports/*", columns=COLUMNS, words=WORDS, extracted_at="column")
    for name in (".lines.csv", "~$lines.csv", "lines.csv.meta.toml"):
        (folder / "exports" / name).write_text("x")
    with pytest.raises(FileRefused, match=r"exports/\*: no file matches. Save the portal's export there"):
        page_of(folder, config)


def dated(rule):
    """The configuration with another rule for the export's instant."""
    columns = {key: header for key, header in COLUMNS.items() if key != "as_of"}
    return PortalCsvConfig(export="exports/*.csv", columns=columns, words=WORDS, extracted_at=rule)


def test_a_manifest_dates_an_export_and_may_count_its_rows(folder):
    """It is the same format that an extract's has; a cut export, or one that it was not written for, is refused."""
    path = save(folder, row(A))
    beside = path.with_name("lines.csv.meta.toml")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for more in ("", "rows = 1\n", f'rows = 1\nsha256 = "{digest}"\n'):
        beside.write_text(f"as_of = {STAMP}\n{more}")
        page = page_of(folder, dated("manifest"))
        assert (page.as_of, page.total, len(page.rows)) == (AS_OF, 1, 1)
    for text, problem in (
        (f"as_of = {STAMP}\nrows = 2\n", "has 1 rows and its manifest says 2"),
        (f'as_of = {STAMP}\nsha256 = "{"0" * 64}"\n', r"is not the file that lines\.csv\.meta\.toml was written for"),
        ("as_of = 2026-03-10T07:30:00", "time zone"),
        ("as = 1", "as_of"),
    ):
        beside.write_text(text)
        with pytest.raises(FileRefused, match=problem):
            page_of(folder, dated("manifest"))
    beside.unlink()
    with pytest.raises(FileRefused, match="age is unknown"):
        page_of(folder, dated("manifest"))


@pytest.mark.parametrize(
    ("name", "as_of"),
    [
        ("lines-2026-03-10T0730.csv", AS_OF),
        ("20260310-07.30 lines.csv", AS_OF),
        ("lines 2026-11-01_0130.csv", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),  # twice that night: the older
    ],
)
def test_a_name_dates_an_export_in_local_time(folder, name, as_of):
    """What is saved under the time it was made needs nothing else."""
    save(folder, row(A), name=name)
    assert page_of(folder, dated("name")).as_of == as_of


@pytest.mark.parametrize("name", ["lines.csv", "2026-13-10T0730.csv", "2026-03-10T0730 to 2026-03-11T0730.csv"])
def test_a_name_that_tells_no_single_instant_is_refused(folder, name):
    """No time, an impossible one, or two of them."""
    save(folder, row(A), name=name)
    with pytest.raises(FileRefused, match="does not say when"):
        page_of(folder, dated("name"))


def test_a_declared_instant_dates_one_file_only(folder):
    """With a second file nobody could tell which is meant."""
    save(folder, row(A), name="a.csv")
    assert page_of(folder, dated(STAMP)).as_of == AS_OF
    save(folder, row(A), name="b.csv")
    with pytest.raises(FileRefused, match=r"matches a\.csv, b\.csv"):
        page_of(folder, dated(STAMP))


@pytest.mark.parametrize(
    ("stamps", "problem"),
    [([], "0 different"), ([STAMP, "2026-03-10T08:00:00-07:00"], "2 different"), (["2026-03-10T07:30"], "Exported"),
     (["03/10/2026 7:30 AM"], "Exported")],
)  # fmt: skip
def test_an_as_of_column_must_say_one_instant(folder, stamps, problem):
    """No rows, two instants, a naive one, or a form that could be read in two ways refuse the file."""
    save(folder, *(row(line(n), stamp=stamp) for n, stamp in enumerate(stamps)))
    with pytest.raises(FileRefused, match=problem):
        page_of(folder)


def test_the_end_of_a_suspension_is_an_instant_or_a_local_day(folder):
    """A day begins in the district's zone; anything else quarantines the row."""
    config = PortalCsvConfig(
        export="exports/*.csv", columns=COLUMNS | {"resumes_at": "Until"}, words=WORDS, extracted_at="column"
    )
    until = ["2026-06-01", "2026-06-01T00:00:00-07:00", "", "June 1"]
    save(folder, *(row(line(n), Until=text) for n, text in enumerate(until)), header=[*HEADER, "Until"])
    page = page_of(folder, config)
    end = datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert [view.resumes_at for view in page.rows] == [end, end, None]
    assert [bad.reason[:6] for bad in page.quarantined] == ["Until:"]


def test_get_follows_the_file(folder):
    """One line is found by its SIM; a file that is written again is read again, its manifest too."""
    config = dated("manifest")
    made = portal(folder, config)
    beside = save(folder, row(A)).with_name("lines.csv.meta.toml")
    beside.write_text(f"as_of = {STAMP}\n")
    assert made.get(A) == made.get(A)
    with pytest.raises(NotFound, match="newest export"):
        made.get(B)
    save(folder, row(A), row(B, "Hot-lined"))
    assert made.get(B).state is ServiceState.SUSPENDED
    beside.write_text("as_of = 2026-03-10T07:45:00-07:00\n")
    assert made.get(B).observed_at == AS_OF + timedelta(minutes=15)
    assert (made.live, made.asynchronous) == (False, True)


def test_requests_go_to_a_person_under_the_days_batch(folder):
    """All three verbs; the local day counts, and nothing is known of them afterwards."""
    made = portal(folder)
    answer = Answer(AnswerKind.FOR_OPERATOR, "carrier-2026-03-10", "to be done in the portal by a person")
    for verb in (made.suspend, made.restore, made.terminate):
        assert verb(A, key="k1") == answer
    assert made.request_state("carrier-2026-03-10") is ReadBack.UNKNOWN
    assert not isinstance(made, BulkDelivery)


def bulk(rows, **options):
    """The bulk file for `rows`."""
    return portal(Path(), PortalCsvConfig(expires_hours=24, **options)).bulk_file(rows, NOW)


WHY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(str.strip)
STEPS = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
LINES = st.builds(
    lambda n, number: Line(line(n).imei, line(n).iccid, number),
    st.integers(0, 99),
    st.none() | st.integers(0, 9999).map(lambda n: Msisdn(f"1509555{n:04d}")),
)
BULK_ROWS = st.lists(
    st.builds(BulkRow, STEPS, st.sampled_from([v.value for v in Verb]), LINES, WHY),
    max_size=8,
    unique_by=lambda r: r.line.iccid,
)  # fmt: skip


@given(
    rows=BULK_ROWS,
    columns=st.permutations(BULK_COLUMNS),
    text_safe=st.booleans(),
    headers=st.booleans(),
)
def test_a_bulk_file_reads_back_as_exactly_its_rows(rows, columns, text_safe, headers):
    """Round trip in every order of the columns, with the portal's headers and words, in both forms of numbers."""
    own = {"imei": "Device", "action": "=Do"} if headers else {}
    words = {Verb.SUSPEND: "Hot-line", Verb.TERMINATE: "Cancel"}
    made = bulk(rows, bulk_columns=tuple(columns), bulk_headers=own, action_words=words, text_safe=text_safe)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / made.name
        path.write_bytes(made.content)
        table = read_table(path, BULK_COLUMNS, mapping=own)
    verbs = {words.get(verb, verb.value): verb.value for verb in Verb}
    back = [
        BulkRow(
            cells["step"],
            verbs[cells["action"]],
            Line(Imei(cells["imei"]), Iccid(cells["iccid"]), Msisdn(cells["msisdn"]) if cells["msisdn"] else None),
            cells["why"],
        )
        for cells in table.rows
    ]
    assert back == rows
    assert table.quarantined == ()
    assert {cells["use_before"] for cells in table.rows} <= {"2026-03-11T08:00-07:00"}


def test_numbers_leave_as_text_that_a_spreadsheet_keeps(folder):
    """Each number is a formula whose value is text, unless the portal cannot read that; zeros stay."""
    zero = Line(Imei("010000000000008"), A.iccid)
    rows = [BulkRow("s1", "suspend", zero, "overdue")]
    safe, plain = bulk(rows).content.decode(), bulk(rows, text_safe=False).content.decode()
    assert safe.splitlines()[0] == "imei,iccid,msisdn,action,use_before"
    assert next(csv.reader([safe.splitlines()[1]]))[:2] == ['="010000000000008"', f'="{A.iccid}"']
    assert plain.splitlines()[1] == f"010000000000008,{A.iccid},,suspend,2026-03-11T08:00-07:00"


def test_a_bulk_file_shows_its_day_content_and_expiry():
    """The name has the local day and a hash of the content, and the expiry too where no column has it."""
    rows = [BulkRow("s1", "suspend", A, "overdue"), BulkRow("s2", "restore", B, "returned")]
    one, two = bulk(rows), bulk(rows[:1])
    assert one.name.startswith("carrier-2026-03-10-")
    assert one.name.endswith(".csv")
    assert (one.name != two.name, one == bulk(rows), one.expires) == (True, True, NOW + timedelta(hours=24))
    short = bulk(rows, bulk_columns=("iccid", "action"))
    assert short.name.startswith("carrier-2026-03-10-before-2026-03-11T0800-")


def test_rows_that_contradict_each_other_make_no_file():
    """One line cannot be asked for two things at once, and only for things there are."""
    with pytest.raises(Rejected, match="two different things"):
        bulk([BulkRow("s1", "suspend", A, ""), BulkRow("s2", "restore", A, "")])
    with pytest.raises(Rejected, match="must be suspend, restore, terminate"):
        bulk([BulkRow("s1", "pause", A, "")])


def opened(folder, config):
    """The port as a district opens it."""
    context = BackendContext("carrier", Ticking(NOW), folder, lambda ref: "", timezone="America/Los_Angeles")
    return open_backend(PORTAL_CSV, config, context).lines


def test_what_can_be_read_depends_on_the_configuration(folder):
    """With an export everything is read; without one the capability says why not, and so does the call."""
    without = PortalCsvConfig()
    declared = PORTAL_CSV.negotiate(without)
    assert isinstance(declared["lines.get"], Unsupported)
    assert declared["lines.suspend"] == Convention("operator")
    assert PORTAL_CSV.negotiate(CONFIG) == PORTAL_CSV.capabilities
    assert PORTAL_CSV.capabilities["lines.iter_lines"] == Full()
    for made in (opened(folder, without), portal(folder, without)):
        for read in (lambda m=made: m.get(A), lambda m=made: list(m.iter_lines())):
            with pytest.raises(UnsupportedOperation, match="what operators confirm"):
                read()
    save(folder, row(A))
    assert opened(folder, CONFIG).get(A).state is ServiceState.ACTIVE


def test_bulk_files_are_offered_only_with_an_expiry(folder):
    """Behind the guard too."""
    assert isinstance(opened(folder, PortalCsvConfig(expires_hours=8)), BulkDelivery)
    assert not isinstance(opened(folder, PortalCsvConfig()), BulkDelivery)


def test_a_workbook_is_an_export_too(folder):
    """XLSX is told by its content; numbers a spreadsheet rounded are quarantined."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["IMEI", "SIM Number", "Status"])
    book.active.append([str(A.imei), str(A.iccid), "In Service"])
    book.active.append([str(B.imei), float(str(B.iccid)), "In Service"])
    book.save(folder / "exports" / "lines.xlsx")
    config = PortalCsvConfig(
        export="exports/*.xlsx",
        columns={"imei": "IMEI", "iccid": "SIM Number", "status": "Status"},
        words=WORDS,
        extracted_at=STAMP,
    )
    page = page_of(folder, config)
    assert ([view.iccid for view in page.rows], [bad.line for bad in page.quarantined]) == ([A.iccid], [3])


def test_settings_are_read_from_toml_tables():
    """The words of the portal, our states and verbs, and the order of the columns."""
    config = structure(
        PortalCsvConfig,
        {
            "export": "exports/*.csv", "extracted_at": "name", "words": {"Hot-lined": "suspended"},
            "expires_hours": 24, "bulk_columns": ["iccid", "action"], "action_words": {"suspend": "Hot-line"},
        },
        where="backends.carrier",
    )  # fmt: skip
    assert (config.words, config.word_of(Verb.SUSPEND)) == ({"Hot-lined": ServiceState.SUSPENDED}, "Hot-line")
    assert config.bulk_columns == ("iccid", "action")


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("export", {"export": "../*.csv", "extracted_at": "name"}),
        ("export", {"export": " ", "extracted_at": "name"}),
        ("export", {"export": "**x/*.csv", "extracted_at": "name"}),
        ("extracted_at", {"export": "*.csv"}),
        ("extracted_at", {"export": "*.csv", "extracted_at": "colum"}),
        ("extracted_at", {"extracted_at": "2026-03-10T07:30"}),
        ("columns", {"export": "*.csv", "extracted_at": "column"}),
        ("columns", {"columns": {"imei": "IMEI"}}),
        ("columns", {"columns": {"status": "Status"}}),
        ("columns", {"columns": {"imei": "X", "status": "x "}}),
        ("columns", {"columns": {"imei": "X", "status": "Y", "owner": "Z"}}),
        ("words", {"words": {"On": "active", "on ": "suspended"}}),
        ("words.On", {"words": {"On": "aktive"}}),
        ("words", {"words": {"On": "unknown_word"}}),
        ("expires_hours", {"expires_hours": 0}),
        ("bulk_columns", {"bulk_columns": ["imei"]}),
        ("bulk_columns", {"bulk_columns": ["action", "msisdn"]}),
        ("bulk_columns", {"bulk_columns": ["imei", "imei", "action"]}),
        ("bulk_columns", {"bulk_columns": ["imei", "action", "patron"]}),
        ("bulk_headers", {"bulk_headers": {"imie": "IMEI"}}),
        ("bulk_columns", {"bulk_headers": {"imei": "action"}}),
        ("action_words", {"action_words": {"suspend": "restore"}}),
        ("action_words", {"action_words": {"stop": "x"}}),
        ("text_safe", {"text_safe": "yes"}),
    ],
)
def test_a_wrong_setting_is_refused_by_name(path, table):
    """Typos and impossible combinations are named when the district is opened, not in the morning run."""
    with pytest.raises(SettingsError, match=rf"backends\.carrier\.{path}"):
        structure(PortalCsvConfig, table, where="backends.carrier")
