"""From a file whose columns vary to a dialect: proposed, never guessed, confirmed by a person."""

import tomllib

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.decode import read_accounts, read_sent
from scld_core.agency.dialect import Direction, Empty, Layout
from scld_core.agency.encode import write_file
from scld_core.agency.forms import MoneyForm
from scld_core.agency.mapping import find_dialect, load_dialect, propose, save
from scld_core.agency.model import AccountStatus
from scld_core.agency.propose import Sureness
from scld_core.errors import BadInput, FileRefused
from support.agency_files import CREATED, DIALECTS, put, row, taken

HEADER = "Acct #;Client Ref;Card No;Consumer Name;Acct Status;List Date;Original Balance;Current Balance;Last Worked"
ROWS = (
    "U1;100;29082000123450;Doe;Active;03/14/2026;1,250.00;1,250.00;2026-04-01",
    "U2;101;29082000123468;Roe;PAID in full;03/04/2026;25.00;0.00;2026-04-02",
)


def export(folder, header=HEADER, rows=ROWS, name="client export.csv"):
    """An agency's own export."""
    return put(folder, "\n".join((header, *rows)) + "\n", name)


def guesses(proposal):
    """Header and sureness of each column."""
    return {one.column: (one.header, one.sureness) for one in proposal.guesses}


def mended(path, **words):
    """The saved file as a person would leave it: question marks answered, confirmed."""
    text = path.read_text(encoding="utf-8").replace("confirmed = false", "confirmed = true")
    for old, new in words.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


# Proposing.


def test_common_headers_are_found_with_the_form_of_their_values(tmp_path):
    """Names in other words, delimiter, date order, thousands and card length are all seen, and how sure that is."""
    found = propose(export(tmp_path))
    sure = Sureness.SURE
    assert guesses(found) == {
        "account": ("Acct #", sure),
        "patron_id": ("Client Ref", sure),
        "cardnumber": ("Card No", sure),
        "name": ("Consumer Name", sure),
        "status": ("Acct Status", sure),
        "listed_on": ("List Date", sure),
        "balance": ("Current Balance", sure),
        "last_activity": ("Last Worked", sure),
    }
    held = {one.column: one for one in found.guesses}
    assert (held["listed_on"].date, held["last_activity"].date) == ("%m/%d/%Y", "%Y-%m-%d")
    assert (held["balance"].money, held["cardnumber"].digits) == (MoneyForm.GROUPED, 14)
    assert found.statuses == (("active", AccountStatus.OPEN), ("paid in full", AccountStatus.PAID))
    assert (found.delimiter, found.encoding, found.unused) == (";", "utf-8", ("Original Balance",))
    assert (found.questions, found.undecided, found.rows) == ((), (), 2)


def test_a_proposal_reads_the_file_it_was_made_of(tmp_path):
    """Saved, confirmed and loaded, the dialect reads every row, and the TOML holds no value but status words."""
    source, saved = export(tmp_path), tmp_path / "Our Agency.toml"
    save(propose(source), saved, confirmed=True)
    dialect = load_dialect(saved)
    rows, lost = taken(read_accounts(source, dialect))
    assert [(one.account, one.balance, one.status) for one in rows] == [
        ("U1", 125_000, AccountStatus.OPEN),
        ("U2", 0, AccountStatus.PAID),
    ]
    assert (lost, dialect.name, dialect.direction) == ([], "our-agency", Direction.INBOUND)
    text = saved.read_text(encoding="utf-8")
    assert not any(value in text for value in ("Doe", "29082", "U1", "1,250"))


def test_the_proposal_is_shown_as_lines(tmp_path):
    """One line for each column with its reason, each word, what stays out and each question."""
    rows = (*ROWS, "U3;102;29082000123476;Poe;Legal;03/05/2026;1.00;1.00;2026-04-02")
    lines = propose(export(tmp_path, rows=rows)).lines()
    assert lines[0] == "client export.csv: 3 rows looked at"
    assert "  balance       Current Balance  sure: its name; its values are amounts" in lines
    assert "  status 'legal' means ?" in lines
    assert "  not used: Original Balance" in lines
    assert lines[-1] == "  question: status: what does 'legal' mean?"
    assert propose(put(tmp_path, "x\n1\n")).lines()[0] == "file.csv: 1 rows looked at"


@pytest.mark.parametrize(
    ("dates", "pattern"),
    [
        (("03/14/2026", "03/04/2026"), "%m/%d/%Y"),
        (("14/03/2026", "03/04/2026"), "%d/%m/%Y"),
        (("3-14-2026 09:30", "3-4-2026 10:00"), "%m-%d-%Y %H:%M"),
        (("2026-03-04", "2026-03-05"), "%Y-%m-%d"),
        (("2026-03-04T09:00:00", "2026-03-05T09:00:00"), "%Y-%m-%dT%H:%M:%S"),
        (("04-Mar-2026", "05-Apr-2026"), "%d-%b-%Y"),
        (("4.3.2026", "5.3.2026"), "%d.%m.%Y"),
        (("20260304", "20260305"), "%Y%m%d"),
    ],
)
def test_a_date_pattern_is_proven_by_the_values(tmp_path, dates, pattern):
    """Only a pattern that some value proves is proposed."""
    rows = [f"U{place};1;open;{day};1.00" for place, day in enumerate(dates)]
    found = propose(export(tmp_path, "Account;Patron ID;Status;List Date;Balance", rows))
    assert [one.date for one in found.guesses if one.column == "listed_on"] == [pattern]


@pytest.mark.parametrize(
    ("dates", "why"),
    [
        (("03/04/2026", "12/12/2026"), "no date has a day after the 12th"),
        (("03/14/2026", "14/03/2026", *["03/04/2026"] * 8), "dates are written in two ways"),
    ],
)
def test_a_date_that_can_be_read_two_ways_is_asked_for(tmp_path, dates, why):
    """03/04/2026 is never guessed: it is a question, and the file is incomplete until it is answered."""
    rows = [f"U{place};1;open;{day};1.00" for place, day in enumerate(dates)]
    found = propose(export(tmp_path, "Account;Patron ID;Status;List Date;Balance", rows))
    (question,) = found.undecided
    assert why in question
    assert "%m/%d/%Y" in question
    assert "%d/%m/%Y" in question
    path = tmp_path / "map.toml"
    with pytest.raises(BadInput, match="1 questions are open"):
        save(found, path, confirmed=True)
    assert not path.exists()
    save(found, path)
    with pytest.raises(BadInput, match=r"columns\.listed_on\.date: is not decided yet"):
        load_dialect(path)
    answered = mended(path, **{'date = "?"': 'date = "%m/%d/%Y"'})
    assert load_dialect(answered).find("listed_on").date == "%m/%d/%Y"


@given(st.dates(min_value=CREATED.date().replace(year=1990)), st.booleans())
def test_an_order_is_proposed_only_when_it_is_proven(tmp_path_factory, day, american):
    """For any one date: the pattern it was written by, or a question, and never the other order."""
    text = f"{day:%m/%d/%Y}" if american else f"{day:%d/%m/%Y}"
    path = put(
        tmp_path_factory.getbasetemp(), f"account,card,status,list date,balance\n1,2,open,{text},1.00\n", "one.csv"
    )
    (found,) = [one.date for one in propose(path).guesses if one.column == "listed_on"]
    assert found == ("?" if day.day <= 12 else "%m/%d/%Y" if american else "%d/%m/%Y")


def test_what_nothing_says_is_asked_for(tmp_path):
    """Without account, balance, status or number there is a question for each, and the file says so."""
    found = propose(put(tmp_path, "Surname,Town\nDoe,Spokane\n"))
    assert [text.partition(":")[0] for text in found.undecided] == [
        "account",
        "balance",
        "status",
        "patron_id, cardnumber",
    ]
    path = tmp_path / "map.toml"
    save(found, path)
    with pytest.raises(BadInput, match="5 mistakes") as refusal:
        load_dialect(path)
    for key in ("columns.account", "columns.balance", "columns.cardnumber", "columns.status", "statuses.a word"):
        assert f"{key}" in str(refusal.value)


def test_values_speak_where_names_do_not(tmp_path):
    """Amounts, status words, cards and dates are proposed by their values alone, as unsure."""
    header = "Acct;A;B;C;D"
    rows = [f"U{place};{place}.50;closed;2908200012345{place};2026-03-{14 + place}" for place in range(3)]
    found = guesses(propose(export(tmp_path, header, rows)))
    unsure = Sureness.UNSURE
    assert found == {
        "account": ("Acct", Sureness.SURE),
        "balance": ("A", unsure),
        "status": ("B", unsure),
        "cardnumber": ("C", unsure),
        "listed_on": ("D", unsure),
    }


def test_values_that_do_not_fit_their_name_are_said_to(tmp_path):
    """A column called Balance that holds words, or called Status that holds numbers, is unsure, with the reason."""
    rows = ["03/14/2026;due;12;x;none", "03/15/2026;due;13;x;none"]
    found = {
        one.column: one for one in propose(export(tmp_path, "Account;Balance;Status;Patron ID;List Date", rows)).guesses
    }
    for column, kind in (
        ("account", "numbers"),
        ("balance", "amounts"),
        ("status", "status words"),
        ("listed_on", "dates"),
    ):
        assert (found[column].sureness, found[column].reason) == (
            Sureness.UNSURE,
            f"its name; but its values are not {kind}",
        )
    assert found["patron_id"].sureness is Sureness.SURE


def test_two_headers_that_fit_alike_are_asked_about(tmp_path):
    """Balance Due and Current Balance: one is proposed as unsure, the other named in a question."""
    found = propose(export(tmp_path, "Account;Barcode;Status;Balance Due;Current Balance", ["U1;2;open;1.00;2.00"]))
    assert guesses(found)["balance"] == ("Balance Due", Sureness.UNSURE)
    assert found.questions == ("balance: 'Balance Due' and 'Current Balance' both fit; 'Balance Due' is proposed",)


def test_a_name_in_other_words_is_likely(tmp_path):
    """A header that holds a name of the column among other words is proposed as likely."""
    header = "UMS Account Number;Library Patron Barcode;Status;Balance Owing Current Balance;Last Activity"
    found = propose(export(tmp_path, header, ["U1;2;open;1.00;"]))
    assert guesses(found)["account"] == ("UMS Account Number", Sureness.LIKELY)
    assert guesses(found)["last_activity"] == ("Last Activity", Sureness.LIKELY)
    assert [one.reason for one in found.guesses][-1] == "its name; every value in the sample is blank"


def test_damage_in_the_sample_is_told(tmp_path):
    """Currency signs, mixed thousands, rounded numbers and cut cards are remarked upon, with how many there are."""
    rows = [
        "1.2E+13;29082000123450;open;1,000.00",
        *[f"U{place};29082000{place:06};open;1000.00" for place in range(8)],
        "U9;908200012345;open;$5.00",
    ]
    questions = " ".join(propose(export(tmp_path, "Account;Barcode;Status;Balance", rows)).questions)
    for said in (
        "account: 1 numbers are in scientific notation",
        "cardnumber: 1 card numbers have fewer than 14 digits",
        "balance: 1 amounts have a currency sign",
        "balance: some amounts have thousands commas",
    ):
        assert said in questions
    assert (
        propose(export(tmp_path, "Account;Barcode;Status;Balance", ["U1;2;open;$1.00"])).guesses[2].column == "status"
    )


def test_a_status_column_of_too_many_words_is_not_listed(tmp_path):
    """Where the status looks like names or notes, no word of it is shown; the words are asked for."""
    rows = [f"U{place};2;Note of {'abcdefgh'[place]};1.00" for place in range(8)]
    found = propose(export(tmp_path, "Account;Barcode;Status;Balance", rows))
    assert (found.statuses, found.undecided) == (
        (),
        ("status: its words could not be listed; write each of them under [statuses]",),
    )


def test_status_words_that_nobody_knows_are_proposed_when_they_come_again(tmp_path):
    """A column of few repeated words may be the status even if every word is new."""
    rows = [f"U{place};2;legal;1.00" for place in range(4)]
    found = propose(export(tmp_path, "Account;Barcode;Status;Balance", rows))
    assert found.statuses == (("legal", None),)
    assert [one.reason for one in found.guesses if one.column == "status"] == ["its name"]


def test_a_file_in_another_encoding_is_read_and_asked_about(tmp_path):
    """An export that is not UTF-8 is tried as cp1252, with a question; a declared encoding is taken as it is."""
    path = put(tmp_path, "Account,Card,Status,Balance,Name\nU1,2,open,1.00,\xc5se\n".encode("cp1252"))
    found = propose(path)
    assert (found.encoding, found.questions[0][:24]) == ("cp1252", "the file is not UTF-8 an")
    assert propose(path, encoding="cp1252").questions == ()
    with pytest.raises(FileRefused, match="is not utf-8 text"):
        propose(path, encoding="utf-8")
    head = put(tmp_path, "Account,Card,Status,Balance,N\xe5me\nU1,2,open,1.00,x\n".encode("cp1252"))
    assert propose(head).unused == ("N\xe5me",)
    wide = put(tmp_path, "Account,Card,Status,Balance\nU1,2,open,1.00\n".encode("utf-16"))
    assert propose(wide).encoding == "utf-16"


def test_a_delimiter_under_which_the_header_is_broken_is_passed_over(tmp_path):
    """A quotation mark that makes sense under one delimiter only does not stop the others."""
    found = propose(put(tmp_path, 'Account,"Card;x"";",Status,Balance\n1,2,open,1.00\n'))
    assert found.delimiter == ","
    broken = put(tmp_path, '"Account,Card\n')
    with pytest.raises(FileRefused, match="its header"):
        propose(broken)


def test_a_workbook_is_proposed_from_one_of_its_worksheets(tmp_path):
    """The worksheet's name is kept, and real dates need no pattern."""
    from datetime import date

    made = openpyxl.Workbook()
    made.create_sheet("Accounts")
    for cells in (["Account", "Card", "Status", "List Date", "Balance"], ["U1", 2, "open", date(2026, 3, 4), 12.5]):
        made["Accounts"].append(cells)
    made.save(tmp_path / "book.xlsx")
    made.close()
    save(propose(tmp_path / "book.xlsx", sheet="Accounts"), tmp_path / "map.toml", confirmed=True)
    dialect = load_dialect(tmp_path / "map.toml")
    (found,), _ = taken(read_accounts(tmp_path / "book.xlsx", dialect))
    assert (dialect.sheet, found.balance, str(found.listed_on)) == ("Accounts", 1_250, "2026-03-04")


def test_awkward_names_survive_in_toml(tmp_path):
    """A header or file with quotation marks, comment signs and control characters is still one TOML file."""
    header = 'Account # "x";Card;Sta\x7ftus;Balance;\u2028'
    path = export(tmp_path, header, ["U1;2;open;1.00;"], name='a"b\n#.csv')
    saved = tmp_path / "---.toml"
    save(propose(path), saved)
    data = tomllib.loads(saved.read_text(encoding="utf-8"))
    assert data["columns"]["account"] == 'Account # "x"'
    assert data["dialect"]["name"] == "agency"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    """The path and the reason, not a traceback."""
    with pytest.raises(BadInput, match="cannot be written"):
        save(propose(export(tmp_path)), tmp_path / "none" / "map.toml")


# Loading.

DECLARED = """
[dialect]
name = "ours"
direction = "outbound"
holds = "sync"
delimiter = "\\t"
encoding = "cp1252"
line_end = "\\n"
empty = "a sentence in place of the header"
sentence = "Nothing today"
file_name = "sync-{date}-{sequence}.txt"
identity = ["cardnumber"]

[columns]
cardnumber = { header = "Card", digits = 14 }
full_name = "Patron"
previous_cards = { header = "Old cards", repeats = true, required = false }
birth_date = { header = "Born", date = "%m/%d/%Y" }
total_due = { header = "Owed", money = "1,234.50" }
"""


def declared(folder, text=DECLARED, **words):
    """A file that a library wrote by hand."""
    for old, new in words.items():
        assert old in text
        text = text.replace(old, new)
    return put(folder, text, "ours.toml")


def test_a_dialect_of_ones_own_is_declared_in_toml(tmp_path):
    """An outbound layout with its own columns, forms, identity, empty rule and name: written and read back."""
    dialect = load_dialect(declared(tmp_path))
    rows = [
        row(
            patron_id="",
            cardnumber="29082000123450",
            previous_cards=("1", "2"),
            full_name="Åse",
            birth_date=CREATED.date(),
        )
    ]
    content = write_file(rows, dialect)
    assert content == b"Card\tPatron\tOld cards\tBorn\tOwed\n29082000123450\t\xc5se\t1;2\t06/02/2026\t25.00\n"
    (found,), _ = taken(read_sent(put(tmp_path, content), dialect))
    assert (found.card, found.balance) == ("29082000123450", 2_500)
    assert write_file([], dialect) == b"Nothing today\n"
    assert (dialect.title, dialect.source, dialect.empty) == ("ours", "declared in ours.toml", Empty.SENTENCE)


def test_an_xml_dialect_is_declared_in_toml_too(tmp_path):
    """Where a vendor's sample shows other element names, a library declares them without any code."""
    text = """
    [dialect]
    name = "symphony-ours"
    direction = "outbound"
    holds = "sync"
    layout = "xml"
    root = "debt"
    record = "patron"
    marks = { mode = "SYNCHRONIZE" }
    created = "created"
    created_as = "%-m/%-d/%Y, %H:%M"
    [columns]
    patron_id = "key"
    total_due = "owed/total"
    """
    dialect = load_dialect(declared(tmp_path, text))
    assert dialect.layout is Layout.XML
    content = write_file([row()], dialect, created=CREATED)
    assert b"<patron><key>100</key><owed><total>25.00</total></owed></patron>" in content
    assert len(taken(read_sent(put(tmp_path, content), dialect))[0]) == 1


def test_a_list_without_status_is_declared(tmp_path):
    """`every` gives the status of all rows, and words may be written in any case."""
    text = '[dialect]\nname = "x"\nevery = "open"\n[columns]\naccount = "A"\ncardnumber = "C"\nbalance = "B"\n'
    assert load_dialect(declared(tmp_path, text)).every is AccountStatus.OPEN
    text = text.replace('every = "open"\n', "").replace("[columns]", '[columns]\nstatus = "S"')
    assert load_dialect(declared(tmp_path, text + '[statuses]\n"In  Court" = "open"\n')).statuses == {
        "in court": AccountStatus.OPEN
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"encoding =": "encodng ="}, "dialect.encodng: unknown key. Did you mean 'encoding'?"),
        ({'"sync"': '"sink"'}, "dialect.holds: must be one of new, update, sync, accounts"),
        ({"total_due": "total_du"}, "columns.total_du: unknown key. Did you mean 'total_due'?"),
        ({"%m/%d/%Y": "%m/%d/%y"}, "columns.birth_date.date: must have the year with four digits"),
        ({'"1,234.50"': '"1.234,50"'}, "columns.total_due.money: must be one of 1234.50, 1,234.50"),
        ({'"Patron"': '""'}, "columns.full_name.header: must be text that is not blank"),
        ({'"Patron"': "3"}, "columns.full_name: must be a table"),
        ({'"Patron"': '"?"'}, "columns.full_name: is not decided yet"),
        ({"digits = 14": 'digits = "14"'}, "columns.cardnumber.digits: must be a whole number"),
        ({'total_due = { header = "Owed", money = "1,234.50" }\n': ""}, "columns: lacks total_due"),
        ({'identity = ["cardnumber"]': 'identity = ["account"]'}, "dialect.identity: has 'account'"),
        ({'"\\t"': '"#"'}, "dialect.delimiter: must be , ; | or TAB"),
        ({"[columns]": '[statuses]\nopen = "open"\n[columns]'}, "statuses: must say"),
        ({"[columns]": "[column]"}, "2 mistakes"),
        ({"[dialect]": "confirmed = false\n[dialect]"}, "nobody has confirmed it: confirmed is false"),
        ({"[dialect]": "[dialect"}, "is not TOML"),
        ({'name = "ours"': 'name = ""'}, "dialect.name: must be text that is not blank"),
        ({'name = "ours"': 'name = "ours"\nlayout = "xml"'}, "dialect.root: must be an element's name"),
    ],
)
def test_a_mistake_is_named_with_its_path(tmp_path, words, said):
    """The file, the path in it, the rule, and the nearest valid key where there is one."""
    with pytest.raises(BadInput) as refusal:
        load_dialect(declared(tmp_path, **words))
    assert str(refusal.value).startswith(str(tmp_path))
    assert said in str(refusal.value)


def test_a_pattern_of_an_xml_file_is_named_where_it_stands(tmp_path):
    """The time of a document has its pattern under [dialect]."""
    text = (
        '[dialect]\nname = "x"\ndirection = "outbound"\nholds = "new"\nlayout = "xml"\nroot = "a"\nrecord = "b"\n'
        'created = "c"\ncreated_as = "%y"\n[columns]\npatron_id = "p"\ntotal_due = "t"\n'
    )
    with pytest.raises(BadInput, match=r"dialect\.created_as: must have the year with four digits"):
        load_dialect(declared(tmp_path, text))


# Finding.


def test_a_dialect_is_found_by_its_name():
    """An unknown name is refused with the nearest and all the others, and with what else may be given."""
    assert find_dialect(DIALECTS.values(), "koha-ums-sync").name == "koha-ums-sync"
    with pytest.raises(BadInput, match=r"Did you mean 'koha-ums-sync'\? There are: agency-export, .*a TOML file"):
        find_dialect(DIALECTS.values(), "koha-sync")
    with pytest.raises(BadInput, match=r"there is no such dialect\. There are: none"):
        find_dialect((), "x")
