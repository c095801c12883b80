"""Every record survives its own JSON, and arbitrary bytes give a record or a WireProblem."""

import contextlib
import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters.carriers.thingspace import wire, wire_access, wire_callbacks
from scld_adapters.carriers.thingspace.mapping import outcome, state_of, to_view
from scld_core.errors import InvalidValue
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import ReadBack

_words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)
_refs = st.from_regex(r"[A-Za-z0-9-]{1,64}", fullmatch=True)
_tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
_numbers = st.none() | st.integers(0, 10**18 - 1)
_flags = st.none() | st.booleans()
_ids = st.builds(wire.DeviceId, _words, _words)
_carriers = st.builds(wire.CarrierInformation, _words, st.just("") | _words)
_rows = st.builds(
    wire.DeviceRow, st.lists(_ids, max_size=3).map(tuple), st.lists(_carriers, max_size=2).map(tuple), _numbers
)
_pages = st.builds(wire.DevicePage, st.lists(_rows, max_size=4).map(tuple), st.booleans())
_codes = st.sampled_from(["UnifiedWebService.REQUEST_FAILED.SessionToken.Expired", "REQUEST_ONHOLD", "A_1.B", "x"])

ROUND_TRIPS = [
    (_pages, wire.encode_page, wire.decode_page),
    (
        st.builds(wire.ListRequest, _words, st.none() | _ids, _numbers, st.none() | st.integers(1, 2000)),
        wire.encode_list_request,
        wire.decode_list_request,
    ),
    (
        st.builds(wire.ActionRequest, _words, _ids, _flags, st.none() | _words, _flags),
        wire.encode_action,
        wire.decode_action,
    ),
    (st.builds(wire.Accepted, _refs), wire.encode_accepted, wire.decode_accepted),
    (st.builds(wire.RequestStatus, _refs, _words), wire.encode_status, wire.decode_status),
    (
        st.builds(wire_access.TokenGrant, _tokens, st.none() | st.integers(0, 10**9)),
        wire_access.encode_token,
        wire_access.decode_token,
    ),
    (st.builds(wire_access.Login, _words, _words), wire_access.encode_login, wire_access.decode_login),
    (st.builds(wire_access.SessionGrant, _tokens), wire_access.encode_session, wire_access.decode_session),
    (
        st.builds(wire_access.Problem, _codes) | st.builds(wire_access.Problem, st.just("900901"), st.just(value=True)),
        wire_access.encode_problem,
        wire_access.decode_problem,
    ),
    (
        st.builds(
            wire_callbacks.Callback,
            _refs,
            st.lists(_ids, max_size=2).map(tuple),
            _words,
            st.just("") | _words,
            _words,
            _words,
        ),
        wire_callbacks.encode_callback,
        wire_callbacks.decode_callback,
    ),
    (
        st.builds(wire_callbacks.Registration, _words, _words, _words, _words),
        wire_callbacks.encode_registration,
        wire_callbacks.decode_registration,
    ),
]
DECODERS = [decode for _, _, decode in ROUND_TRIPS]


@pytest.mark.parametrize(("records", "encode", "decode"), ROUND_TRIPS, ids=[d.__name__ for d in DECODERS])
@given(data=st.data())
def test_a_record_survives_its_json(records, encode, decode, data):
    """Decoding what was encoded gives the same record."""
    record = data.draw(records)
    assert decode(encode(record)) == record


_FIELDS = ["devices", "deviceIds", "hasMoreData", "id", "kind", "requestId", "status", "fault", "errorCode", "code"]
_FIELDS += ["accountName", "deviceId", "sessionToken", "access_token", "expires_in", "username", "faultResponse"]
_FIELDS += ["carrierInformations", "state", "extendedAttributes"]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_bodies = st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 100_000)


@given(body=_bodies)
def test_any_body_gives_a_record_or_a_wire_problem(body):
    """No decoder raises anything else, whatever arrives."""
    for decode in DECODERS:
        with contextlib.suppress(WireProblem):
            decode(body)


@given(page=_pages, cut=st.integers(0, 300))
def test_a_cut_page_is_never_a_shorter_page(page, cut):
    """A truncated body is refused; it never passes for a list with fewer lines."""
    body = wire.encode_page(page)
    if cut < len(body):
        with pytest.raises(WireProblem):
            wire.decode_page(body[:cut])


@given(header=st.text(max_size=40) | _tokens.map(lambda token: "Basic " + token))
def test_any_authorization_header_gives_a_pair_or_a_wire_problem(header):
    """The platform's side of Basic is total too."""
    try:
        key, secret = wire_access.decode_basic(header)
    except WireProblem:
        return
    assert wire_access.decode_basic(wire_access.basic(key, secret)) == (key, secret)


@given(key=_words.filter(lambda w: ":" not in w), secret=_words)
def test_key_and_secret_survive_their_header(key, secret):
    """What the application sends is what the platform reads."""
    assert wire_access.decode_basic(wire_access.basic(key, secret)) == (key, secret)


def test_one_bad_row_spoils_no_other():
    """A row that cannot be read is kept as such, in its place."""
    row = wire.DeviceRow((wire.DeviceId("iccid", "8914800000000000001"),))
    body = wire.encode_page(wire.DevicePage((row, wire.BadRow(1, "spoilt"), row), more=False))
    first, second, third = wire.decode_page(body).rows
    assert (first, third) == (row, row)
    assert isinstance(second, wire.BadRow)


@pytest.mark.parametrize(
    "attributes",
    [None, "x", [1], [{"key": "DeviceId"}], [{"key": "DeviceId", "value": "1e9"}], [{"key": "DeviceId", "value": 7}]],
)
def test_an_odd_device_number_leaves_the_row_usable(attributes):
    """Only paging needs the number; without it the line can still be read."""
    raw = {"deviceIds": [{"id": "1", "kind": "mdn"}], "extendedAttributes": attributes}
    [row] = wire.decode_page(json.dumps({"hasMoreData": False, "devices": [raw]}).encode()).rows
    assert (row.ids, row.carriers, row.number) == ((wire.DeviceId("mdn", "1"),), (), None)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"devices":[]}', b'{"devices":[],"hasMoreData":"no"}', b'{"hasMoreData":true}']
)
def test_a_page_without_its_end_is_refused(body):
    """Nobody can tell whether such a list is whole."""
    with pytest.raises(WireProblem):
        wire.decode_page(body)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("UnifiedWebService.REQUEST_FAILED.DeviceNotFound", "REQUEST_FAILED.DeviceNotFound"),
        ("REQUEST_FAILED.DeviceNotFound", "REQUEST_FAILED.DeviceNotFound"),
        ("DeserializationFailed", "DeserializationFailed"),
        ("900901", "900901"),
    ],
)
def test_a_code_means_the_same_whichever_service_gives_it(code, meaning):
    """The name of the service in front of a code is not part of its meaning."""
    assert wire_access.Problem(code).meaning == meaning


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("active", ServiceState.ACTIVE),
        ("ACTIVE", ServiceState.ACTIVE),
        ("Suspend", ServiceState.SUSPENDED),
        ("suspended", ServiceState.SUSPENDED),
        ("deactive", ServiceState.TERMINATED),
        ("pending_suspend", ServiceState.PENDING_SUSPEND),
        ("Pending Resume", ServiceState.PENDING_RESTORE),
        ("pre-active", ServiceState.UNKNOWN_WORD),
        ("pending activation", ServiceState.UNKNOWN_WORD),
        ("pending deactivation", ServiceState.UNKNOWN_WORD),
        ("asleep", ServiceState.UNKNOWN_WORD),
    ],
)
def test_words_are_translated_or_kept(word, state):
    """Each known word has one meaning in any letter case; every other word is kept as it is."""
    row = wire.DeviceRow((), (wire.CarrierInformation(word),))
    assert state_of(row) == (state, word)


@given(row=_rows)
def test_any_row_is_a_line_or_is_set_aside(world_at, row):
    """Mapping is total, and a view names at least one of the two numbers."""
    view = to_view(row, at=world_at, source="verizon")
    assert isinstance(view, Quarantined) or view.imei or view.iccid


@pytest.fixture(scope="module")
def world_at():
    """An instant."""
    from datetime import UTC, datetime

    return datetime(2026, 11, 2, 16, 0, tzinfo=UTC)


def test_a_line_with_two_sims_is_set_aside(world_at):
    """Two different values of one kind are nobody's to choose from; the same value twice is one."""
    sims = tuple(wire.DeviceId("iccid", f"891480000000000000{n}") for n in (1, 2))
    assert isinstance(to_view(wire.DeviceRow(sims), at=world_at, source="v"), Quarantined)
    same = wire.DeviceRow((sims[0], evolve(sims[0], kind="ICCID")))
    assert isinstance(to_view(same, at=world_at, source="v"), LineView)


@given(word=_words)
def test_only_published_words_prove_something_of_a_request(word):
    """Success, Failure and Pending count; every other word is unknown."""
    known = {"success": ReadBack.DONE, "failure": ReadBack.NOT_DONE, "pending": ReadBack.PENDING}
    assert outcome(wire.RequestStatus("r", word)) is known.get(word.casefold(), ReadBack.UNKNOWN)


@pytest.mark.parametrize(
    "make", [lambda: wire.Accepted("a/b"), lambda: wire_access.SessionGrant("a b"), lambda: wire.DeviceId("", "1")]
)
def test_a_record_refuses_what_it_could_not_send(make):
    """What is no id, token or word cannot be put into a record."""
    with pytest.raises(InvalidValue):
        make()
