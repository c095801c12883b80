"""Kajeet's JSON: what is written is read back, what is foreign is refused row by row and by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import WireProblem, dump_json
from scld_adapters.carriers.kajeet import wire
from scld_adapters.carriers.kajeet.errors import explanation
from scld_adapters.carriers.kajeet.wire import BadRow, DevicePage, MediaAction, StatusChange, WireDevice

WORD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
DEVICE = st.builds(WireDevice, WORD, WORD, imei=st.none() | WORD, iccid=st.none() | WORD, media_status=st.none() | WORD)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["totalCount", "devices", "mdn", "status", "imei", "mdns", "reason", "actionType", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
DECODERS = [wire.decode_page, wire.decode_status_change, wire.decode_media]


@given(st.builds(DevicePage, st.integers(0, 10**6), st.lists(DEVICE, max_size=5).map(tuple)))
def test_a_page_round_trip(page):
    """A device list is read back as it was written."""
    assert wire.decode_page(wire.encode_page(page)) == page


@given(st.builds(StatusChange, st.lists(WORD, max_size=4).map(tuple), WORD, WORD))
def test_a_status_change_round_trip(change):
    """A status change is read back as it was written."""
    assert wire.decode_status_change(wire.encode_status_change(change)) == change


@given(st.builds(MediaAction, st.sampled_from(["checkout", "checkin"]), WORD))
def test_a_media_action_round_trip(action):
    """A Media Center action is read back as it was written."""
    assert wire.decode_media(wire.encode_media(action)) == action


@pytest.mark.parametrize("decode", DECODERS)
@given(body=JSON.map(dump_json) | st.binary(max_size=40))
def test_any_body_decodes_or_raises_the_declared_error(decode, body):
    """Decoding is total: arbitrary JSON and arbitrary bytes give a record or a WireProblem."""
    try:
        record = decode(body)
    except WireProblem:
        return
    assert isinstance(record, DevicePage | StatusChange | MediaAction)


def test_the_published_example_is_read():
    """A row as the vendor prints it, with more fields than we use, and one without an IMEI."""
    row = {"key": "5212671508", "mdn": "521-267-1508", "status": "active", "network": "Verizon", "onlineStatus": True}
    body = dump_json(
        {"totalCount": 230, "devices": [{**row, "imei": "355737360073462", "last30DaysUsed": 31245.43}, row]}
    )
    page = wire.decode_page(body)
    assert page.total == 230
    assert page.rows == (
        WireDevice("521-267-1508", "active", "355737360073462"),
        WireDevice("521-267-1508", "active"),
    )


@given(good=st.lists(DEVICE, max_size=4), bad=st.lists(JSON, max_size=4))
def test_a_bad_row_spoils_only_itself(good, bad):
    """Whatever stands beside them, the good rows of a page are all there, and no row is lost."""
    rows = json.loads(wire.encode_page(DevicePage(0, tuple(good))))["devices"]
    page = wire.decode_page(dump_json({"totalCount": 0, "devices": [*bad, *rows]}))
    assert page.rows[len(bad) :] == tuple(good)
    assert len(page.rows) == len(good) + len(bad)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"mdn": "521-267-1508"}, "status is missing"),
        ({"mdn": "521-267-1508", "status": "active", "imei": 355737360073462}, "imei is not text"),
        ({"mdn": "521-267-1508", "status": 1}, "status is not text"),
        ({"status": "active"}, "mdn is missing"),
        ("active", "the row is not an object"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row, problem):
    """Its place, its problem and, where readable, its telephone number."""
    (found,) = wire.decode_page(dump_json({"totalCount": 1, "devices": [row]})).rows
    assert found == BadRow(0, problem, row.get("mdn", "") if isinstance(row, dict) else "")
    again = wire.decode_page(wire.encode_page(DevicePage(1, (found,)))).rows[0]
    assert isinstance(again, BadRow)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"totalCount":1}',
        b'{"totalCount":"1","devices":[]}',
        b'{"totalCount":-1,"devices":[]}',
        b'{"devices":[]}',
    ],
)
def test_a_list_without_its_frame_is_refused(body):
    """Without a whole total and a list there is no page."""
    with pytest.raises(WireProblem):
        wire.decode_page(body)


@pytest.mark.parametrize(
    "body",
    [
        {"actionType": "checkout", "imei": "1", "borrowerId": "7"},
        {"actionType": "checkout", "imei": "1", "dueDate": "11/30/2026"},
        {"actionType": "renew", "imei": "1"},
        {"actionType": "checkout"},
    ],
)
def test_an_action_with_a_borrower_is_not_ours(body):
    """The record has no place for a borrower, a due date or another action."""
    with pytest.raises(WireProblem):
        wire.decode_media(dump_json(body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message":"bad mdn"}', "bad mdn"),
        (b'{"error":"token-1 is\\nold"}', "••• is old"),
        (b'{"error":5}', ""),
        (b"<html>", ""),
        (b"[]", ""),
        (b"{}", ""),
    ],
)
def test_an_explanation_is_quoted_without_our_secret(body, words):
    """The message of an error body, if it has one."""
    answer = Response(400, Headers(), body)
    assert explanation(answer, secrets=("token-1",)) == words
