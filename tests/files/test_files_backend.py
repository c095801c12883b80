"""The backend `files`: the newest extract of a pattern, and the port over it."""

import os
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from attrs import evolve
from extracts import AS_OF, put, row

from scld_adapters.files.backend import loans_from_extract
from scld_adapters.files.plugin import FILES
from scld_adapters.files.settings import FilesConfig
from scld_core.circulation.model import ItemState
from scld_core.codecs import structure
from scld_core.errors import BadInput, ConfigurationError, FileRefused, NotFound, SettingsError
from scld_core.kernel.ids import ItemId
from scld_core.plugins.guard import open_backend
from scld_core.runs.guards import take_snapshot

LATER = "2026-03-10T08:00:00-07:00"


def opened(context, **table):
    """The guarded port of a configured backend."""
    config = structure(FILES.config, {"path": "hotspot-loans*.csv", **table}, where="backends.main")
    backend = open_backend(FILES, config, context)
    backend.close()
    assert backend.lines is None
    return backend.loans


def items(*names):
    """Item ids of the ILS."""
    return [ItemId("main", name) for name in names]


def states(port):
    """State by item, as the port lists i1 to i3."""
    (page,) = port.iter_items(items("i1", "i2", "i3"))
    return {shown.item.local: shown.state.value for shown in page.rows}


def test_the_port_lists_what_was_asked_and_all_that_is_unusable(context):
    """The total counts both, so that a guard sees that nothing fell out between them."""
    put(context.folder, [row("i1"), row("i2", "lost", ""), row("i9"), row("i3", due="soon"), row("i2x", "", "")])
    port = opened(context)
    assert port.live is False
    (page,) = port.iter_items(items("i1", "i2", "i3", "i4"))
    assert [shown.item.local for shown in page.rows] == ["i1", "i2"]
    assert [unusable.line for unusable in page.quarantined] == [5, 6]
    assert (page.total, page.last) == (4, True)
    snapshot = take_snapshot("main", port.iter_items(items("i1", "i2")), lambda shown: shown.item, live=port.live)
    assert snapshot.as_of == datetime(2026, 3, 10, 14, 55, tzinfo=UTC)


def test_one_item_is_found_or_not_known(context):
    """An item in an unusable row is not known either, since nothing can be said of it."""
    put(context.folder, [row("i1"), row("i3", due="soon")])
    port = opened(context)
    assert port.get(*items("i1")).state is ItemState.ON_LOAN
    for name in ("i2", "i3"):
        with pytest.raises(NotFound, match=f"hotspot-loans.csv has no usable row for main:{name}"):
            port.get(*items(name))


def test_overdue_are_the_open_loans_due_by_then(context):
    """Lost and claimed items are still lent; a returned one is not, nor one whose word is unknown."""
    put(
        context.folder,
        [
            row("out", due="2026-03-09T20:00:00Z"),
            row("later", due="2026-03-09T20:00:01Z"),
            row("lost", "lost", due="2026-03-01"),
            row("claimed", "claims_returned", due="2026-03-01"),
            row("in", "checked_in", due="2026-03-01"),
            row("back", "lost", due="2026-03-01", returned="2026-03-05T10:00:00Z"),
            row("bare", "lost", due=""),
            row("odd", "elsewhere", due="2026-03-01"),
            row("bad", due="2026-03-01T10:00"),
        ],
    )
    (page,) = opened(context).iter_overdue(datetime(2026, 3, 9, 20, tzinfo=UTC))
    assert {loan.item.local for loan in page.rows} == {"out", "lost", "claimed"}
    assert (page.total, page.last, len(page.quarantined)) == (4, True, 1)


def test_the_newest_extract_is_the_one_that_says_so(context):
    """By as_of and not by the file's own time; of two of one time the one written last."""
    put(context.folder, [row("i1", as_of=LATER)], "hotspot-loans-a.csv", written=1_000)
    put(context.folder, [row("i2")], "hotspot-loans-b.csv", written=2_000)
    assert states(opened(context)) == {"i1": "on_loan"}
    put(context.folder, [row("i3", as_of=LATER)], "hotspot-loans-c.csv", written=1_500)
    assert states(opened(context)) == {"i3": "on_loan"}


def test_a_refused_file_is_passed_over_only_when_it_is_older(context):
    """A broken file that was written later may be today's; what an older one says is then no answer."""
    put(context.folder, [row("i1")], "hotspot-loans-b.csv", written=2_000)
    broken = context.folder / "hotspot-loans-a.csv"
    broken.write_text("item,stat")
    os.utime(broken, (1_000, 1_000))
    assert states(opened(context)) == {"i1": "on_loan"}
    os.utime(broken, (3_000, 3_000))
    with pytest.raises(FileRefused, match=r"hotspot-loans-a\.csv: lacks the column"):
        states(opened(context))
    (context.folder / "hotspot-loans-b.csv").unlink()
    os.utime(broken, (1_000, 1_000))
    with pytest.raises(FileRefused, match="lacks the column"):
        states(opened(context))


def test_a_new_file_is_read_by_a_port_that_is_open_already(context):
    """And an unchanged one is not read twice."""
    path = put(context.folder, [row("i1")], written=1_000)
    port = opened(context)
    assert states(port) == {"i1": "on_loan"}
    same = path.read_bytes().replace(b"on_loan", b"missing")
    path.write_bytes(same)
    os.utime(path, (1_000, 1_000))
    assert states(port) == {"i1": "on_loan"}
    os.utime(path, (1_001, 1_001))
    assert states(port) == {"i1": "missing"}


def test_without_a_file_the_first_call_says_where_it_should_be(context):
    """Opening alone asks for nothing, so that other commands work; a manifest alone is no extract."""
    (context.folder / "hotspot-loans.csv.meta.toml").touch()
    port = opened(context, path="hotspot-loans*")
    with pytest.raises(FileRefused, match="there is no such file"):
        states(port)
    (context.folder / "folder.csv").mkdir()
    with pytest.raises(FileRefused, match="there is no such file"):
        states(opened(context, path="folder.csv"))


def test_a_name_that_looks_like_a_pattern_is_a_name_first(context):
    """Brackets are legal in file names."""
    put(context.folder, [row("i1")], "loans[1].csv")
    assert states(opened(context, path="loans[1].csv")) == {"i1": "on_loan"}
    with pytest.raises(BadInput, match=r"is no pattern of file names|there is no such file"):  # before, from 3.13 on
        states(opened(context, path="a**.csv"))


def test_an_absolute_path_and_a_single_file_need_no_folder(context, tmp_path_factory):
    """What `--extract FILE` opens."""
    path = put(tmp_path_factory.mktemp("elsewhere"), [row("i1", "OUT")])
    assert states(opened(context, path=str(path), words={"out": "on_loan"})) == {"i1": "on_loan"}
    assert states(loans_from_extract(path, context)) == {"i1": "unknown_word"}
    config = FilesConfig(path="ignored.csv", words={"OUT": "on_loan"})
    assert states(loans_from_extract(path, context, config)) == {"i1": "on_loan"}
    for port in (loans_from_extract(path.with_name("absent.csv"), context), opened(context, path="/absent/x.csv")):
        with pytest.raises(FileRefused, match=r"cannot be read|no such file"):
            states(port)


def test_the_declared_form_of_a_file_is_used(context):
    """Headers, delimiter, encoding; and a workbook with its worksheet."""
    columns = {"item": "Item ID", "barcode": "Item ID", "status": "Standort", "due": "Fällig"}
    text = f"Item ID;Standort;Fällig;as_of\n31;zurück;;{AS_OF}\n"
    (context.folder / "x.csv").write_bytes(text.encode("cp1252"))
    words = {"Zurück": "checked_in"}
    port = opened(context, path="x.csv", columns=columns, words=words, encoding="cp1252", delimiter=";")
    assert port.get(*items("31")).state is ItemState.CHECKED_IN
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Loans")
    sheet.append(("item", "status", "due", "as_of"))
    sheet.append((31, "on_loan", date(2026, 3, 9), AS_OF))
    book.save(context.folder / "x.xlsx")
    book.close()
    found = opened(context, path="x.xlsx", sheet="Loans").get(*items("31"))
    assert found.loan.due_at == datetime(2026, 3, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"path": ""}, "backends.main.path: must be a file name or pattern"),
        ({"path": "../x.csv"}, "backends.main.path: must be a file name or pattern, without .."),
        ({"words": {"OUT": "onloan"}}, "backends.main.words: must translate each to one of on_loan, checked_in"),
        ({"words": {"OUT": "unknown_word"}}, "backends.main.words: must translate"),
        ({"columns": {"item": " "}}, "backends.main.columns: must name a header for each"),
        ({"extracted_at": "mtime"}, 'backends.main.extracted_at: must be "column" or "manifest"'),
        ({"encodng": "cp1252"}, "Did you mean 'encoding'"),
    ],
)
def test_a_wrong_setting_is_told_with_its_path(context, table, said):
    """When the district is opened, before any file is."""
    with pytest.raises(SettingsError) as problem:
        opened(context, **table)
    assert said in str(problem.value)


def test_a_column_that_does_not_exist_is_told_with_the_nearest(context):
    """A typing mistake in the mapping would else leave a column unmapped."""
    put(context.folder, [row("i1")])
    with pytest.raises(SettingsError, match=r"columns\.statsu: unknown key\. Did you mean 'status'"):
        states(opened(context, columns={"statsu": "Status"}))


def test_a_zone_that_does_not_exist_is_a_wrong_configuration(context):
    """Bare due dates would have no end of day."""
    for zone in ("Amerika/Los_Angeles", "/etc/passwd", ""):
        with pytest.raises(ConfigurationError, match="is no time zone"):
            open_backend(FILES, FilesConfig(path="x.csv"), evolve(context, timezone=zone))


def test_an_extract_keeps_its_age(context):
    """Reading it later makes it no younger: freshness is judged by what the file says."""
    put(context.folder, [row("i1")])
    (page,) = opened(evolve(context, clock=context.clock)).iter_items(items("i1"))
    assert context.clock.now() - page.as_of == timedelta(minutes=5)
