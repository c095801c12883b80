"""The dialects that come with scld: what is written is read back, to the byte and the cent."""

import csv
import io
import tomllib
from importlib.resources import files as package_files

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from scld_adapters import plugin
from scld_core.agency.columns import AS_OF, INBOUND, Shape
from scld_core.agency.decode import read_accounts, read_file, read_outgoing, read_sent
from scld_core.agency.dialect import Dialect, Direction, Empty, Holds, Layout
from scld_core.agency.encode import file_name, seal, write_file
from scld_core.agency.manifest import Manifest
from scld_core.agency.outgoing import carried
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.money import Money
from scld_core.plugins import Registry
from support.agency_files import CREATED, DIALECTS, EXPORT, OUTBOUND, files, put, refusal, row, taken

fewer = settings(max_examples=settings().max_examples // 3)  # each example is written in every dialect
every_outbound = pytest.mark.parametrize("dialect", OUTBOUND, ids=lambda one: one.name)
DELIMITED = [one for one in OUTBOUND if one.layout is Layout.DELIMITED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("dialects")


def again(folder, rows, dialect, **more):
    """Written and read back."""
    return read_outgoing(put(folder, write_file(rows, dialect, created=CREATED)), dialect, **more)


@fewer
@given(files)
def test_what_is_written_is_read_back(folder, rows):
    """decode(encode(x)) == x in every dialect, for every field that it has a column for, in the file's order."""
    for dialect in OUTBOUND:
        assert taken(again(folder, rows, dialect)) == ([carried(one, dialect) for one in rows], [])


@fewer
@given(files)
def test_a_file_proves_itself_and_names_nobody(folder, rows):
    """The same rows give the same bytes; with its manifest a file gives patron, card and balance, and no name."""
    for dialect in OUTBOUND:
        content = write_file(rows, dialect, created=CREATED)
        assert write_file(iter(rows), dialect, created=CREATED) == content
        manifest = seal(rows, content, dialect, sequence=7)
        assert (manifest.rows, manifest.total) == (len(rows), Money(sum(one.total_due.cents for one in rows)))
        path = put(folder, content)
        found, lost = taken(read_file(path, dialect, manifest=manifest))
        assert [(one.patron, one.card, one.balance) for one in found] == [
            (one.patron_id, one.cardnumber, one.total_due.cents) for one in rows
        ]
        assert lost == []
        assert [one.line for one in found] == sorted({one.line for one in found})
        assert len(taken(read_outgoing(path, dialect, manifest=manifest))[0]) == len(rows)


written = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "line_end": st.sampled_from(["\n", "\r\n"]),
        "encoding": st.sampled_from(["utf-8", "utf-16"]),
        "empty": st.sampled_from(Empty),
    }
)


@given(files, st.sampled_from(DELIMITED), written)
def test_a_round_trip_needs_no_certain_delimiter_line_end_or_encoding(folder, rows, dialect, how):
    """A dialect that a library declares with another delimiter, line end, encoding and empty rule reads back too."""
    own = evolve(dialect, **how, sentence="Nothing today" if how["empty"] is Empty.SENTENCE else "")
    assert taken(again(folder, rows, own)) == ([carried(one, own) for one in rows], [])


@every_outbound
def test_a_file_that_is_not_its_manifests_is_refused_whole(folder, dialect):
    """Another byte, another count, another total, another dialect: nothing of the file is given away."""
    rows = [row(cardnumber="1"), row(patron_id="101", total_due=Money(-1))]
    content = write_file(rows, dialect, created=CREATED)
    good = seal(rows, content, dialect, sequence=3)
    for wrong, reason in (
        (evolve(good, sha256="0" * 64), "not the file of batch 3"),
        (evolve(good, rows=3), "has 2 as its rows where its manifest has 3"),
        (evolve(good, total=Money(1)), "has 24.99 as its control total where its manifest has 0.01"),
        (evolve(good, dialect="other"), "its manifest is for the dialect other"),
    ):
        with pytest.raises(FileRefused, match=reason):
            read_sent(put(folder, content), dialect, manifest=wrong)
    with pytest.raises(FileRefused, match="fingerprint differs"):
        read_outgoing(put(folder, content.replace(b"101", b"102")), dialect, manifest=good)


def test_a_manifest_is_what_it_says():
    """A manifest has a number from 1 on, no negative count and a whole fingerprint."""
    fine = {"dialect": "x", "sequence": 1, "rows": 0, "total": Money(0), "sha256": "0" * 64}
    assert Manifest(**fine).rows == 0
    assert refusal(Manifest, **{**fine, "sequence": 0})[0] == "sequence"
    assert refusal(Manifest, **{**fine, "rows": -1})[0] == "rows"
    assert refusal(Manifest, **{**fine, "sha256": "0" * 63})[0] == "sha256"
    assert refusal(Manifest, **{**fine, "sha256": None})[0] == "sha256"


@fewer
@given(files)
def test_no_cell_of_text_is_run_by_a_spreadsheet(rows):
    """Whatever a name is, its cell begins with no sign that makes a formula; an amount may begin with a minus."""
    for dialect in DELIMITED:
        text = write_file(rows, dialect).decode()
        header, *lines = csv.reader(io.StringIO(text, newline="")) if rows else [[]]
        amounts = {one.header for one in dialect.fields if dialect.columns[one.name].shape is Shape.AMOUNT}
        for cells in lines:
            for name, cell in zip(header, cells, strict=True):
                assert not cell.startswith(("=", "+", "@", "\t", "\r"))
                assert not cell.startswith("-") or name in amounts


def test_an_agency_file_has_no_place_for_a_title():
    """WALS's rule for everyone: the company is told amounts, never what was borrowed."""
    names = " ".join(one.header.lower() for dialect in OUTBOUND for one in dialect.fields)
    assert not any(word in names for word in ("title", "isbn", "author", "call number"))


def test_every_dialect_is_declared_and_says_where_its_layout_is_known_from():
    """The registry has all of them; each folder's quality.toml says that no foreign file was seen."""
    declared = {one.name: one for one in Registry.isolated([plugin]).declarations(Dialect)}
    assert declared == DIALECTS
    assert all(one.source for one in declared.values())
    for name in ("export", "koha_ums", "sierra", "symphony", "evergreen"):
        quality = tomllib.loads((package_files("scld_adapters.agencies") / name / "quality.toml").read_text("utf-8"))
        assert quality["foreign_evidence"] == "none"
        assert quality["unverified"]


def test_the_columns_of_koha_stand_in_the_order_of_its_plugin():
    """21 columns of a new submission, five of an update, with the two ways of writing amounts in one file."""
    one = row(
        surname="Doe",
        firstname="Ann",
        total_due=Money(123_456_789),
        amount_in_range=Money(123_456_789),
        total_plus_fee=Money(123_457_789),
    )
    header, cells = write_file([one], DIALECTS["koha-ums-new"]).decode().splitlines()
    assert header == (
        "borrowernumber,surname,firstname,cardnumber,address,address2,city,zipcode,state,phone,mobile,Alt Ph 1,"
        "Alt Ph 2,branchcode,Adult or Child,dateofbirth,Most recent charge,Amt_In_Range,Total_Due,Total_Plus_Fee,email"
    )
    assert cells == '100,Doe,Ann,,,,,,,,,,,,,,,"1,234,567.89",1234567.89,1234577.89,'
    for name in ("koha-ums-update", "koha-ums-sync"):
        assert write_file([one], DIALECTS[name]).decode() == (
            'borrowernumber,surname,firstname,cardnumber,Due\r\n100,Doe,Ann,,"1,234,567.89"\r\n'
        )


def test_the_export_has_the_canonical_columns():
    """The inbound dialect is the nine canonical columns under their own names."""
    assert tuple(one.header for one in EXPORT.fields) == (*INBOUND, AS_OF)
    assert (EXPORT.direction, EXPORT.holds) == (Direction.INBOUND, Holds.ACCOUNTS)


# The empty set.


@every_outbound
def test_nothing_to_say_is_said_as_the_dialect_says_it(folder, dialect):
    """An empty file is recognised, with its manifest too."""
    content = write_file([], dialect, created=CREATED)
    manifest = seal([], content, dialect, sequence=1)
    assert taken(read_outgoing(put(folder, content), dialect, manifest=manifest)) == ([], [])
    assert (content == b"No qualifying records\r\n") == dialect.name.startswith("koha")


def test_a_file_without_a_byte_is_empty_only_where_that_is_the_rule(folder):
    """Zero bytes are a truncated file unless the dialect declares them; a bare header always means nothing."""
    nothing = evolve(DIALECTS["sierra-new"], empty=Empty.NOTHING)
    assert write_file([], nothing) == b""
    assert taken(read_sent(put(folder, b""), nothing)) == ([], [])
    header = write_file([], DIALECTS["sierra-new"])
    for dialect in (nothing, DIALECTS["sierra-new"]):
        assert taken(read_sent(put(folder, header), dialect)) == ([], [])
    with pytest.raises(FileRefused, match="has its header"):
        read_sent(put(folder, b" \r\n"), DIALECTS["sierra-new"])
    with pytest.raises(FileRefused, match="has its sentence"):
        read_sent(put(folder, b""), DIALECTS["koha-ums-sync"])


@pytest.mark.parametrize("content", ["no QUALIFYING records", "\ufeffNo qualifying records\n\n"])
def test_the_sentence_is_recognised_however_it_is_cased(folder, content):
    """Case, white space around it and a byte order mark do not hide the sentence."""
    assert taken(read_sent(put(folder, content), DIALECTS["koha-ums-new"])) == ([], [])


def test_the_sentence_of_another_dialect_is_no_empty_file(folder):
    """Koha's sentence in a Sierra report is a wrong header, not an empty report."""
    with pytest.raises(FileRefused, match="lacks the column"):
        read_sent(put(folder, "No qualifying records\n"), DIALECTS["sierra-new"])


# Planted: what other tools do wrong with their files, each caught here.


def koha_older_plugin_empty_file(_):
    """Koha's older plugin: the sentence where a reader expects rows, given as one row of one cell."""
    return b"borrowernumber,surname,firstname,cardnumber,Due\r\nNo qualifying records\r\n"


def koha_first_comma_only(content):
    """Koha multi plugin: only the first thousands comma is taken away, so 1,234,567.89 becomes 1234,567.89."""
    return content.replace(b'"1,234,567.89"', b'"1234,567.89"')


def koha_no_comma_here(content):
    """Koha: the totals of a new submission have no commas; in an update's column that is another file's form."""
    return content.replace(b'"1,234,567.89"', b"1234567.89")


def perl_number(content):
    """Koha's cash-up takes whatever looks like a number to Perl, and so does a file written from it."""
    return content.replace(b'"1,234,567.89"', b"NaN")


def doubled_by_a_join(content):
    """Evergreen: a payment join that fans out gives a patron once for each payment, with another amount."""
    return content + b'100,Doe,Ann,,"1,234.50"\r\n'


def cut_off(content):
    """An upload that broke off in the middle of a row."""
    return content[:-8]


@pytest.mark.parametrize(
    ("planted", "reasons"),
    [
        (koha_older_plugin_empty_file, ["has 1 cells where the header has 5"]),
        (koha_first_comma_only, ["Due: is not written like 1,234.50"]),
        (koha_no_comma_here, ["Due: is not written like 1,234.50"]),
        (perl_number, ["Due: is not a number"]),
        (doubled_by_a_join, ["the same borrowernumber stands in lines 2, 3 with different content"] * 2),
        (cut_off, ["truncated last line"]),
    ],
)
def test_a_planted_defect_of_another_tool_is_caught_row_by_row(folder, planted, reasons):
    """No row is silently read as something else: each lands in quarantine with the reason; the control reads."""
    dialect = DIALECTS["koha-ums-update"]
    rows = [row(surname="Doe", firstname="Ann", total_due=Money(123_456_789))]
    content = write_file(rows, dialect)
    assert taken(read_sent(put(folder, content), dialect))[1] == []
    found, lost = taken(read_sent(put(folder, planted(content)), dialect))
    assert found == []
    assert [reason[: len(expected)] for (_, reason), expected in zip(lost, reasons, strict=True)] == reasons
    with pytest.raises(FileRefused, match="fingerprint"):
        path = put(folder, planted(content))
        read_sent(path, dialect, manifest=seal(rows, content, dialect, sequence=1))


def test_thousands_in_one_column_and_none_in_the_other(folder):
    """Koha's new submission: commas in Total_Due, or none in Amt_In_Range, are not read as other amounts."""
    dialect = DIALECTS["koha-ums-new"]
    one = row(amount_in_range=Money(200_000), total_due=Money(200_000))
    content = write_file([one], dialect).decode()
    assert taken(read_outgoing(put(folder, content), dialect))[1] == []
    swapped = content.replace('"2,000.00",2000.00', '2000.00,"2,000.00"')
    found, lost = taken(read_outgoing(put(folder, swapped), dialect))
    assert (found, lost) == ([], [(2, "Amt_In_Range: is not written like 1,234.50")])
    _, lost = taken(read_sent(put(folder, swapped), dialect))
    assert lost == [(2, "Total_Due: has a comma, and this column is declared as written like 1234.50")]


def test_two_configurations_of_one_day_have_two_names(folder):
    """Koha multi plugin: the update's name lacked the configuration's code, so one file overwrote the other."""
    for dialect in OUTBOUND:
        one, other = (file_name(dialect, CREATED.date(), sequence=1, code=code) for code in ("main", "branch2"))
        assert one != other
        assert "-main." in one
        assert "2026-06-02" in one
    assert file_name(DIALECTS["koha-ums-sync"], CREATED.date(), sequence=4) == "ums-sync-2026-06-02.csv"
    own = evolve(DIALECTS["koha-ums-sync"], file_name="sync-{date}-{sequence}.csv")
    assert file_name(own, CREATED.date(), sequence=4) == "sync-2026-06-02-4.csv"
    with pytest.raises(BadInput, match="same name"):
        file_name(own, CREATED.date(), sequence=4, code="main")
    with pytest.raises(BadInput, match="letters, digits and _ only"):
        file_name(DIALECTS["koha-ums-sync"], CREATED.date(), sequence=4, code="../x")
    with pytest.raises(BadInput, match="no pattern"):
        file_name(evolve(own, file_name=""), CREATED.date(), sequence=4)


# What cannot be written.


def test_what_a_dialect_cannot_carry_is_refused_before_a_byte_is_written():
    """A character that the encoding lacks, a number without all its digits, a patron twice, a wrong direction."""
    sync = DIALECTS["koha-ums-sync"]
    with pytest.raises(BadInput, match=r"row 2: surname: has a character that cp1252 lacks"):
        write_file([row(patron_id="1", surname="Åse"), row(surname="\u05d0")], evolve(sync, encoding="cp1252"))
    fields = tuple(evolve(one, digits=14) if one.name == "cardnumber" else one for one in sync.fields)
    with pytest.raises(BadInput, match="row 1: cardnumber: must have 14 digits"):
        write_file([row(cardnumber="2908200012345")], evolve(sync, fields=fields))
    with pytest.raises(BadInput, match="row 3: is of the same patron as row 1"):
        write_file([row(), row(patron_id="7"), row()], sync)
    with pytest.raises(BadInput, match="is for files that come from the agency"):
        write_file([], EXPORT)
    with pytest.raises(BadInput, match="states in <created> when the file was written"):
        write_file([], DIALECTS["symphony-xml"])


def test_an_xml_file_in_a_small_encoding_still_has_every_letter(folder):
    """What an encoding lacks stands in XML as a number, and is read back."""
    for encoding in ("cp1252", "iso8859-1", "iso8859-15", "utf-16"):
        own = evolve(DIALECTS["evergreen-balance-summary"], encoding=encoding)
        rows = [row(surname="Å\u05d0\u20ac")]
        assert taken(again(folder, rows, own))[0] == [carried(rows[0], own)]


def test_patrons_without_a_record_number_are_told_apart_by_card(folder):
    """A blank identity is no identity: two patrons known by card alone are both written and both read."""
    rows = [row(patron_id="", cardnumber=number) for number in ("1", "2")]
    found, lost = taken(read_sent(put(folder, write_file(rows, DIALECTS["koha-ums-sync"])), DIALECTS["koha-ums-sync"]))
    assert ([one.card for one in found], lost) == (["1", "2"], [])


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"patron_id": ""}, "patron_id"),
        ({"patron_id": "2.1234E+13"}, "patron_id"),
        ({"cardnumber": "1;2"}, "cardnumber"),
        ({"previous_cards": ("",)}, "previous_cards"),
        ({"previous_cards": ("1", "")}, "previous_cards"),
        ({"surname": " Doe"}, "surname"),
        ({"surname": "Do\0e"}, "surname"),
        ({"surname": None}, "surname"),
        ({"total_due": Money(1, "CAD")}, "total_due"),
        ({"total_due": Money(10**17)}, "total_due"),
        ({"birth_date": CREATED}, "birth_date"),
        ({"birth_date": CREATED.date().replace(year=26)}, "birth_date"),
        ({"state": "ct", "zipcode": "6101"}, "zipcode"),
        ({"change": "new"}, "change"),
    ],
)
def test_a_row_that_would_not_come_back_is_not_a_row(facts, field):
    """An outgoing row refuses what a file would change: each refusal names the field, and no value."""
    assert refusal(row, **facts)[0] == field


def test_personal_facts_are_masked():
    """Names and numbers do not show in the text of a row."""
    shown = repr(row(surname="Doe", address="1 Elm", birth_date=CREATED.date()))
    assert "Doe" not in shown
    assert "Elm" not in shown
    assert "2026" not in shown
    assert "100" not in shown.replace("total_due", "")


def test_the_whole_name_is_made_of_its_parts_where_it_has_one_column():
    """Sierra's Name is the full name, or surname and first name with a comma; what has no column is left out."""
    sierra = DIALECTS["sierra-new"]
    assert carried(row(surname="Doe", firstname="Ann", email="a@b.c"), sierra) == row(full_name="Doe, Ann")
    assert carried(row(surname="Doe", full_name="Ann Doe"), sierra) == row(full_name="Ann Doe")
    assert carried(row(surname="Doe"), sierra).full_name == "Doe"


def test_a_file_of_the_wrong_direction_is_not_read(folder):
    """An outbound dialect reads no list of accounts, and an inbound one nothing that we sent."""
    path = put(folder, write_file([], DIALECTS["sierra-new"]))
    with pytest.raises(BadInput, match="is for outbound files, and this file was to be inbound"):
        read_accounts(path, DIALECTS["sierra-new"])
    for reader in (read_sent, read_outgoing):
        with pytest.raises(BadInput, match="is for inbound files"):
            reader(path, EXPORT)
    manifest = Manifest("agency-export", 1, 0, Money(0), "0" * 64)
    with pytest.raises(BadInput, match="is for inbound files"):
        read_file(path, EXPORT, manifest=manifest)
