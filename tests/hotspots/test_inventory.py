"""The inventory: an item, its device and its SIM belong to each other alone, or the row is not used."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.codecs.tables import read_table, write_csv
from scld_core.errors import FileRefused
from scld_core.hotspots.inventory import COLUMNS, OPTIONAL, read_inventory
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Msisdn
from scld_core.kernel.ids import LocationId

CARRIERS = ("verizon", "kajeet")


def row(number, **other):
    """The row of synthetic device `number`."""
    imei, sim, bar = f"35{number:012d}", f"8914800000{number:08d}", f"3999900{number:06d}"
    return {
        "item": f"i{number}",
        "barcode": bar + luhn_digit(bar),
        "imei": imei + luhn_digit(imei),
        "iccid": sim + luhn_digit(sim),
        "msisdn": f"1509555{number:04d}",
        "carrier": "verizon",
        "home": "cheney",
        "model": "Synthetic M1",
    } | other


def put(folder, rows, name="hotspots.csv"):
    """The inventory file."""
    path = folder / name
    path.write_bytes(write_csv(rows, COLUMNS))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for all examples of this module."""
    return tmp_path_factory.mktemp("inventory")


def read(folder, rows, **options):
    """Write and read."""
    return read_inventory(put(folder, rows), backend="main", carriers=CARRIERS, **options)


def reasons(inventory):
    """Reason by line."""
    return {unusable.line: unusable.reason for unusable in inventory.quarantined}


def test_a_good_row_is_a_device(folder):
    """With every column, or with the optional ones blank and the district's default carrier."""
    bare = row(2) | dict.fromkeys(OPTIONAL, "")
    inventory = read(folder, [row(1), bare], default_carrier="kajeet")
    first, second = inventory.devices
    assert (str(first.item), first.carrier, first.home, first.model) == (
        "main:i1", "verizon", LocationId("cheney"), "Synthetic M1",
    )  # fmt: skip
    assert first.line.msisdn == Msisdn("15095550001")
    assert (second.carrier, second.home, second.line.msisdn, second.model) == ("kajeet", None, None, "")
    assert (inventory.source, inventory.quarantined, inventory.total) == ("hotspots.csv", (), 2)
    assert len(inventory.sha256) == 64


def test_the_files_own_headers_and_a_read_table_serve_too(folder):
    """A declared mapping, and a table that somebody read already."""
    path = folder / "own.csv"
    path.write_bytes(write_csv([{**row(1), "SIM": row(1)["iccid"]}], [*(c for c in COLUMNS if c != "iccid"), "SIM"]))
    options = {"backend": "main", "carriers": CARRIERS}
    assert len(read_inventory(path, mapping={"iccid": "SIM"}, **options).devices) == 1
    table = read_table(path, COLUMNS, mapping={"iccid": "SIM"}, optional=OPTIONAL)
    assert len(read_inventory(table, **options).devices) == 1
    with pytest.raises(FileRefused, match="lacks the column 'iccid'"):
        read_inventory(path, **options)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("item", "", "item: is blank"),
        ("item", "3.1E+07", "item: spreadsheet damage: written in scientific notation, digits are lost"),
        ("barcode", "3.9999E+13", "barcode: spreadsheet damage"),
        ("barcode", "3999 9", "barcode: must be 1 to 32 ASCII letters or digits"),
        ("imei", "3.5E+14", "imei: spreadsheet damage"),
        ("imei", "35000000000001", "imei: has 14 digits, not 15: a leading zero or the check digit may be lost"),
        ("imei", "350000000000011", "imei: must be 15 digits with a right check digit"),
        ("iccid", "8.91480000000012E+18", "iccid: spreadsheet damage"),
        ("iccid", "1234", "iccid: must be 18 to 20 digits that start with 89"),
        ("msisdn", "555", "msisdn: must be 1 and ten digits of the North American plan"),
        ("carrier", "verizn", "carrier: 'verizn' is no carrier backend of this district; did you mean 'verizon'?"),
        ("carrier", "zzz", "carrier: 'zzz' is no carrier backend of this district; there are kajeet, verizon"),
        ("carrier", "", "carrier: is blank, and the district has no default carrier"),
        ("home", "North Spokane", "home: must be letters, digits, - or _"),
    ],
)
def test_a_damaged_cell_costs_its_row_and_says_why(folder, column, cell, said):
    """The reason names column and rule; the other rows are used."""
    inventory = read(folder, [row(1), row(2, **{column: cell}), row(3)])
    assert [str(device.item) for device in inventory.devices] == ["main:i1", "main:i3"]
    assert reasons(inventory)[2 + 1].startswith(said)


def test_everything_wrong_with_a_row_is_said_at_once(folder):
    """With its line, and the item where that could be read."""
    inventory = read(folder, [row(1, imei="", iccid="7", carrier="at-t")])
    (unusable,) = inventory.quarantined
    assert (unusable.source, unusable.line, unusable.key) == ("hotspots.csv", 2, "main:i1")
    assert unusable.reason.startswith("imei: is blank; iccid: must be")
    assert "carrier: 'at-t' is no carrier" in unusable.reason


def test_a_district_without_carriers_says_so(folder):
    """There is nothing to propose."""
    inventory = read_inventory(put(folder, [row(1)]), backend="main", carriers=())
    assert reasons(inventory)[2].endswith("there are none")


def test_two_claims_to_one_number_cost_both_rows(folder):
    """Each names the other lines, also where the other row is unusable for another reason."""
    one, two, three, four = row(1), row(2), row(3), row(4)
    two["iccid"] = one["iccid"]
    three["item"] = one["item"]
    four |= {"imei": one["imei"], "home": "a b"}
    inventory = read(folder, [one, two, three, four, row(5)])
    assert [str(device.item) for device in inventory.devices] == ["main:i5"]
    assert reasons(inventory) == {
        2: "is the same item as line 4; has the same IMEI as line 5; has the same SIM as line 3",
        3: "has the same SIM as line 2",
        4: "is the same item as line 2",
        5: "home: must be letters, digits, - or _; write the library's short name, such as 'a-b'; "
        "has the same IMEI as line 2",
    }


def test_rows_that_do_not_fit_the_header_are_kept_in_their_place(folder):
    """What the table quarantined stands with the rest, by line."""
    path = put(folder, [row(1), row(2, imei="")])
    path.write_bytes(path.read_bytes() + b"i3,31\r\n")
    inventory = read_inventory(path, backend="main", carriers=CARRIERS)
    assert [unusable.line for unusable in inventory.quarantined] == [3, 4]


CELLS = st.fixed_dictionaries(
    {
        "item": st.sampled_from(["i1", "i2", "i3", "i4", "i5", ""]),
        "imei": st.integers(1, 5).map(lambda n: row(n)["imei"]) | st.just("3.5E+14"),
        "iccid": st.integers(1, 5).map(lambda n: row(n)["iccid"]),
        "msisdn": st.integers(1, 5).map(lambda n: row(n)["msisdn"]) | st.just(""),
        "barcode": st.integers(1, 5).map(lambda n: row(n)["barcode"]),
        "carrier": st.sampled_from(["verizon", "kajeet", ""]),
    }
)


def usable(rows):
    """The oracle: nothing wrong with the row itself, and none of its numbers in any other row."""
    return [
        one["item"]
        for place, one in enumerate(rows)
        if one["item"] and one["carrier"] and "E" not in one["imei"]
        if not any(
            one[name] and one[name] == two[name]
            for other, two in enumerate(rows)
            if other != place
            for name in ("item", "barcode", "imei", "iccid", "msisdn")
        )
    ]  # fmt: skip


@given(st.lists(CELLS, max_size=6))
def test_the_devices_are_a_bijection_and_no_row_is_lost(folder, rows):
    """Agreement with the oracle; each row is a device or quarantined; no number stands twice."""
    inventory = read(folder, rows)
    assert [device.item.local for device in inventory.devices] == usable(rows)
    assert inventory.total == len(rows)
    for numbers in zip(*((d.item, d.line.imei, d.line.iccid, d.barcode) for d in inventory.devices), strict=True):
        assert len(set(numbers)) == len(numbers)


@given(st.lists(CELLS, max_size=6).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_does_not_matter(folder, orders):
    """The same devices, and as many unusable rows for the same items."""
    found = [read(folder, rows) for rows in orders]
    devices = [set(inventory.devices) for inventory in found]
    keys = [Counter(unusable.key for unusable in inventory.quarantined) for inventory in found]
    assert devices[0] == devices[1]
    assert keys[0] == keys[1]
