"""XML files of the agency: a stream of records, and nothing that a document can make a reader do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.decode import read_outgoing, read_sent
from scld_core.agency.encode import write_file
from scld_core.errors import FileRefused
from scld_core.kernel.money import Money
from support.agency_files import CREATED, DIALECTS, put, row, taken

SYMPHONY = DIALECTS["symphony-xml"]
EVERGREEN = DIALECTS["evergreen-balance-summary"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("xml")


def users(*bodies, mode="SYNCHRONIZE", before=""):
    """A Symphony document with these users."""
    inner = "".join(f"<user>{body}</user>\n" for body in bodies)
    return f"{before}<collections>\n<mode>{mode}</mode>\n<created>6/2/2008, 10:45</created>\n{inner}</collections>\n"


CARDS = "<id>XX1</id><previous_id>222</previous_id><previous_id>111</previous_id>"
USER = f"<key>37</key>{CARDS}<amount_owed>5.00</amount_owed>"


def test_the_file_of_symphony_carries_every_earlier_card(folder):
    """previous_id repeats; what has no field, such as an alternate id, is passed over."""
    content = users(USER + "<alt_id>DL12345</alt_id><birthdate>03/30/1957</birthdate>")
    (found,), lost = taken(read_outgoing(put(folder, content), SYMPHONY))
    assert (found.patron_id, found.cardnumber, found.previous_cards) == ("37", "XX1", ("222", "111"))
    assert (found.total_due, str(found.birth_date), lost) == (Money(500), "1957-03-30", [])


def test_a_document_is_written_as_it_is_documented(folder):
    """Mode and time stand before the users, the time as 6/2/2008, 10:45 stands in the vendor's page."""
    rows = [row(cardnumber="7", previous_cards=("5", "6"), total_due=Money(0), surname="<&>")]
    content = write_file(rows, SYMPHONY, created=CREATED.replace(year=2008))
    assert content.decode() == (
        '<?xml version="1.0" encoding="utf-8"?>\r\n'
        "<collections>\r\n<mode>SYNCHRONIZE</mode>\r\n<created>6/2/2008, 10:45</created>\r\n"
        "<user><key>100</key><full_name>&lt;&amp;&gt;</full_name><last_name>&lt;&amp;&gt;</last_name><id>7</id>"
        "<previous_id>5</previous_id><previous_id>6</previous_id><amount_owed>0.00</amount_owed></user>\r\n"
        "</collections>\r\n"
    )
    assert len(taken(read_sent(put(folder, content), SYMPHONY))[0]) == 1


def test_the_file_of_evergreen_is_read_below_its_elements(folder):
    """The present card lies three elements down; transactions and other cards are passed over."""
    content = (
        "<Collections>\n<User><au><id>12</id><card><ac><barcode>290</barcode></ac></card>"
        "<cards><ac><barcode>280</barcode></ac></cards><family_name>Doe</family_name></au>"
        "<Transactions><BalanceOwed>12.5</BalanceOwed><mbts><balance_owed>3</balance_owed></mbts></Transactions></User>\n"
        "\n</Collections>"
    )
    (found,), lost = taken(read_sent(put(folder, content), EVERGREEN))
    assert (found.patron, found.card, found.balance, found.line, lost) == ("12", "290", 1_250, 2, [])
    written = write_file([row(cardnumber="290", surname="Doe")], EVERGREEN).decode()
    assert "<au><id>100</id><family_name>Doe</family_name><card><ac><barcode>290</barcode></ac></card></au>" in written


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (USER.replace("<key>37</key>", ""), "key: is not there"),
        (USER.replace("<key>37</key>", "<key/>").replace("XX1", ""), "key or id: must be there"),
        (USER + "<amount_owed>6.00</amount_owed>", "amount_owed: is there 2 times"),
        (USER.replace("5.00", "$5.00"), "amount_owed: has a currency sign"),
        (USER.replace("5.00", "5" * 140_000), "has an element that is too long"),
        (USER.replace("37", "3.7E+13"), "key: spreadsheet damage"),
    ],
)
def test_a_bad_record_is_quarantined_with_its_line(folder, body, reason):
    """Only that record is lost; those around it are used."""
    content = users(USER.replace("37", "1"), body, USER.replace("37", "2"))
    rows, lost = taken(read_sent(put(folder, content), SYMPHONY))
    assert [found.patron for found in rows] == ["1", "2"]
    assert [(at, text[: len(reason)]) for at, text in lost] == [(5, reason)]


def test_a_patron_twice_is_found_in_xml_too(folder):
    """Equal records are duplicates, different ones are not used."""
    assert taken(read_sent(put(folder, users(USER, USER)), SYMPHONY))[1] == [(5, "repeats line 4")]
    rows, lost = taken(read_sent(put(folder, users(USER, USER.replace("5.00", "6.00"))), SYMPHONY))
    assert (rows, len(lost)) == ([], 2)


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (users(USER.replace("5.00", "&i;"), before=BOMB), "has a document type"),
        (users(USER, before='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "has a document type"),
        (users(USER)[:-20], "is not whole XML"),
        (users(USER).replace("</user>", "</usr>"), "is not XML: mismatched tag"),
        (users(USER.replace("5.00", "&x;")), "is not XML: undefined entity"),
        ("<other/>", "begins with another element than <collections>"),
        ("key,id\n1,2\n", "is not XML"),
        ("", "is empty"),
        (
            users(USER, mode="TEST-SYNCHRONIZE"),
            "has 'TEST-SYNCHRONIZE' in <mode>, where this dialect has 'SYNCHRONIZE'",
        ),
        (users(USER, mode="UPDATE"), "has 'UPDATE' in <mode>"),
        (users(USER, mode="x" * 41), "has another word in <mode>"),
        (users(USER).replace("mode>", "made>"), "lacks <mode>"),
        ("<a>" * 60, "begins with another element"),
        ("<collections>" * 60, "has elements inside elements without end"),
        (users(USER, before='<?xml version="1.0" encoding="klingon"?>'), "declares an encoding that is not known"),
        (b'<?xml version="1.0" encoding="utf-8"?><collections>\xe5</collections>', "is not XML: not well-formed"),
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused_whole(folder, content, reason):
    """Entities, other files, broken or foreign documents and rehearsals give nothing away, and cost nothing."""
    with pytest.raises(FileRefused, match=reason):
        read_sent(put(folder, content), SYMPHONY)


def test_a_summary_still_being_written_is_refused(folder):
    """Evergreen writes a .tmp until it is done: one cut after any byte gives no row."""
    whole = write_file([row(), row(patron_id="101")], EVERGREEN)
    for end in range(1, len(whole) - 2):
        with pytest.raises(FileRefused):
            read_sent(put(folder, whole[:end]), EVERGREEN)


def test_a_declared_encoding_goes_before_that_of_the_document(folder):
    """A document that says nothing of its encoding is read in the one that is given."""
    content = users(USER.replace("XX1", "\xc5")).encode("cp1252")
    with pytest.raises(FileRefused, match="is not XML"):
        read_sent(put(folder, content), SYMPHONY)
    (found,), _ = taken(read_sent(put(folder, content), SYMPHONY, encoding="windows-1252"))
    assert found.card == "\xc5"


@given(st.integers(1, 4000), st.integers(1, 40))
def test_records_across_the_pieces_that_are_read_lose_nothing(folder, length, count):
    """A document of any size is read in pieces, and every record of it arrives."""
    rows = [row(patron_id=str(100 + place), surname="x" * length) for place in range(count)]
    found, lost = taken(read_sent(put(folder, write_file(rows, SYMPHONY, created=CREATED)), SYMPHONY))
    assert ([one.patron for one in found], lost) == ([one.patron_id for one in rows], [])


def test_a_document_in_one_line_is_read(folder):
    """Line ends mean nothing in XML."""
    content = users(USER, USER.replace("37", "38")).replace("\n", "")
    rows, _ = taken(read_sent(put(folder, content), SYMPHONY))
    assert [found.patron for found in rows] == ["37", "38"]
