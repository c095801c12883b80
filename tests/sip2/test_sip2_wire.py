"""The codec: what is sent is what was meant, and whatever arrives is a frame or a BadFrame."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sip2_frames import ILLEGAL, PLAIN, codecs, corpus, messages, mutants, recorded, sealed, survey, values

from scld_adapters.sip2.errors import BadFrame, Damaged, Rule, Unsendable, WireProblem
from scld_adapters.sip2.messages import MESSAGES, Message, make
from scld_adapters.sip2.settings import Detection, Dialect, Extensions
from scld_adapters.sip2.wire import Codec, Frame, Splitter, checksum

NOW = "20261122    183809"
ITEM = make("17", transaction_date=NOW, institution_id="MAIN", item_identifier="39999000004001")


@pytest.mark.parametrize("encoding", ["cp850", "utf-8", "latin-1"])
@given(data=st.data(), sequence=st.one_of(st.none(), st.integers(0, 9)), checked=st.booleans())
def test_every_message_comes_back_as_it_was_sent(encoding, data, sequence, checked):
    """Each of the 31 messages survives the way over the wire, in every encoding, with and without a checksum."""
    message = data.draw(messages(encoding))
    codec = Codec(Dialect(encoding=encoding, checksum=Detection.AUTO))
    number = sequence if checked else None
    raw = codec.encode(message, sequence=number, checked=checked)
    assert codec.decode(raw) == Frame(message, number, checked)
    assert codec.encode(codec.decode(raw).message, sequence=number, checked=checked) == raw


def test_every_recorded_frame_is_read_and_written_back_byte_for_byte():
    """What a real system and its client sent is legal and canonical, but for the frames that are known not to be."""
    codec, found, same = Codec(PLAIN), {}, 0
    for row in recorded():
        for side, raw in (("request", row.request), ("answer", row.answer)):
            if raw is None:
                continue
            try:
                frame = codec.decode(raw, demand=False)
            except BadFrame as problem:
                found[(row.label, side)] = problem.rule
                continue
            assert codec.encode(frame.message, sequence=frame.sequence, checked=frame.checked) == raw
            same += 1
    assert found == ILLEGAL
    assert same == 277


def test_a_dialect_reads_the_answer_that_a_system_leaves_open():
    """With `open_end` the counts of a 66 whose list is not closed can be read, and its unknown fields are kept."""
    raw = next(row.answer for row in recorded() if row.label == "renew.all")
    message = Codec(Dialect(encoding="utf-8", open_end=True)).decode(raw).message
    assert (message.value("renewed_count"), message.value("unrenewed_count")) == ("0000", "0001")
    assert len(message.values("C4")) == 2


@pytest.mark.parametrize("number", range(3))
def test_damaged_frames_give_only_the_declared_error(number):
    """Twenty thousand mutated frames decode to a frame that can be sent, or raise BadFrame: nothing else."""
    assert survey(7000, 20 + number, codecs()[number], BadFrame) > 100


def test_the_mutants_are_the_same_every_time():
    """The mutated frames depend on their seed alone, and half of them have a checksum that holds."""
    first = list(mutants(200, 1))
    assert first == list(mutants(200, 1)) != list(mutants(200, 2))
    assert sum(raw[-4:] == b"%04X" % checksum(raw[:-4]) for raw in first) >= 100


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_a_bad_frame(raw):
    """The codec is total, also for bytes whose checksum holds."""
    for codec in codecs():
        for attempt in (raw, sealed(raw)):
            try:
                frame = codec.decode(attempt)
            except BadFrame:
                continue
            assert frame.message.code in MESSAGES


@given(st.binary(max_size=2000))
def test_the_checksum_is_the_sum_of_the_bytes(data):
    """The checksum and the sum of all bytes add up to a multiple of 2 ** 16, at any length."""
    assert (checksum(data) + sum(data)) % 65536 == 0
    assert 0 <= checksum(data) < 65536


def test_the_constant_frames():
    """96 and 97 have the checksums that every implementation hard-codes."""
    assert Codec().encode(Message("97")) == b"97AZFEF5"
    assert Codec().encode(Message("96")) == b"96AZFEF6"
    assert Codec().decode(b"96") == Frame(Message("96"))


@pytest.mark.parametrize("sign", ["|", "\r", "\n", "\x00", "\x7f", "x|AA29999000000099"])
def test_a_value_with_a_delimiter_or_a_line_end_is_not_sent(sign):
    """No value can smuggle in another field or another message."""
    spoiled = Message("17", (NOW,), (("AO", "MAIN"), ("AB", f"3999{sign}")))
    with pytest.raises(Unsendable) as caught:
        Codec(PLAIN).encode(spoiled)
    assert caught.value.rule in (Rule.DELIMITER, Rule.CONTROL, Rule.UNCLOSED, Rule.TAG)


@given(st.text(max_size=30))
def test_whatever_is_sent_decodes_to_what_was_meant(text):
    """For any text at all, the frame either is refused or comes back with that text."""
    message = Message("17", (NOW,), (("AO", "MAIN"), ("AB", text)))
    codec = Codec(PLAIN)
    try:
        raw = codec.encode(message)
    except Unsendable:
        return
    assert b"\r" not in raw
    assert codec.decode(raw).message == message


def _with(*fields, fixed=(NOW,), code="17"):
    return Message(code, fixed, (("AO", "MAIN"), ("AB", "1"), *fields))


@pytest.mark.parametrize(
    ("message", "dialect", "rule"),
    [
        (_with(fixed=("20261322    183809",)), PLAIN, Rule.FIXED),
        (_with(fixed=(NOW, "x|")), PLAIN, Rule.TAG),
        (_with(code="55"), PLAIN, Rule.CODE),
        (_with(("AB", "2")), PLAIN, Rule.REPEATED),
        (_with(("a1", "2")), PLAIN, Rule.TAG),
        (_with(("A", "2")), PLAIN, Rule.DELIMITER),
        (_with(("PB", "2")), Dialect(extensions=Extensions.NONE), Rule.EXTRA),
        (_with(("Q7", "2")), Dialect(extensions=Extensions.KNOWN), Rule.EXTRA),
        (_with(("AF", "x" * 256)), PLAIN, Rule.VALUE),
        (_with(("AF", "測" * 86)), PLAIN, Rule.VALUE),
        (_with(("AF", "測試")), Dialect(), Rule.ENCODING),
        (_with(("AF", "x" * 80)), Dialect(max_frame=100), Rule.TOO_LONG),
        (Message("17", (NOW,), (("AO", "MAIN"),)), PLAIN, Rule.MISSING),
    ],
)
def test_each_rule_is_kept_when_sending(message, dialect, rule):
    """What breaks a rule is not sent, and the error says which rule and never repeats the value."""
    with pytest.raises(Unsendable) as caught:
        Codec(dialect).encode(message)
    assert caught.value.rule is rule
    assert "測" not in str(caught.value)
    assert isinstance(caught.value, WireProblem)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"17" + NOW.encode() + b"AOMAIN|AB\xff\xfe|", Rule.ENCODING),
        (b"x" * 65537, Rule.TOO_LONG),
        (b"", Rule.CODE),
        (b"17" + NOW.encode() + b"AOMAIN|AB" + b"y" * 256 + b"|", Rule.VALUE),
        (b"17" + NOW.encode() + b"AOMAIN|AB1|\x01|" + b"y" * 256 + b"|", Rule.TAG),
        (b"17" + NOW.encode() + b"AOMAIN|AB1\t|", Rule.CONTROL),
        (b"17" + NOW.encode() + b"AOMAIN|AB1|AY1", Rule.UNCLOSED),
        (b"17" + NOW.encode() + b"AOMAIN|AB1|AY1AZ12C|", Rule.TAG),
    ],
)
def test_each_rule_is_kept_when_receiving(raw, rule):
    """What breaks a rule is refused with that rule."""
    with pytest.raises(BadFrame) as caught:
        Codec(PLAIN).decode(raw)
    assert caught.value.rule is rule


def test_a_checksum_is_demanded_where_the_dialect_says_so():
    """Without a checksum a frame is damaged for a strict peer, and fine for a lenient one."""
    raw = Codec().encode(ITEM, checked=False)
    with pytest.raises(Damaged, match="missing"):
        Codec().decode(raw)
    assert not Codec(PLAIN).decode(raw).checked
    sent = Codec().encode(ITEM, sequence=3)
    assert Codec(Dialect(checksum=Detection.OFF)).decode(sent.replace(b"AZ", b"AZ")).sequence == 3
    assert Codec().decode(sent[:-4] + sent[-4:].lower()).message == ITEM


def test_a_value_may_look_like_a_checksum():
    """A title that ends like the end of a frame is a title, checksum or not."""
    message = _with(("AF", "Phoenix AZ123"), ("AG", "AZabc"))
    for checked in (True, False):
        assert Codec(PLAIN).decode(Codec(PLAIN).encode(message, checked=checked)).message == message


def test_known_omissions_of_a_peer_are_waived():
    """A required field may be missing where the dialect names it, in all messages or in one."""
    raw = b"23001" + NOW.encode() + b"AOMAIN|AA1|AC|"
    for optional in (("AD",), ("23.AD",), ("24.AE", "23.AD")):
        assert Codec(Dialect(checksum=Detection.OFF, optional=optional)).decode(raw).message.value("AD") is None
    with pytest.raises(BadFrame, match=r"23\.AD"):
        Codec(Dialect(checksum=Detection.OFF, optional=("24.AD",))).decode(raw)


@given(value=values("utf-8"))
def test_another_delimiter_separates_as_well(value):
    """With `^` between the fields a value may hold a bar."""
    codec = Codec(Dialect(encoding="utf-8", delimiter="^"))
    message = Message("17", (NOW,), (("AO", "a|b"), ("AB", value.replace("^", ""))))
    assert codec.decode(codec.encode(message)).message == message


@given(st.lists(st.sampled_from(corpus()), max_size=6), st.sampled_from([b"\r", b"\r\n", b"\r\n\r\n"]), st.data())
def test_a_stream_is_cut_into_the_same_frames_however_it_arrives(frames, end, data):
    """Split packets, several frames in one packet, CR and CR LF: the frames are the same."""
    stream = b"".join(frame + end for frame in frames)
    splitter, found = Splitter(65536), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        splitter.feed(stream[:size])
        stream = stream[size:]
        found += splitter.frames()
    assert found == frames


def test_a_stream_without_end_is_refused():
    """A peer that never ends its frame cannot fill the memory, and the next frame is read again."""
    splitter = Splitter(10)
    splitter.feed(b"x" * 11)
    with pytest.raises(BadFrame, match="longer"):
        splitter.next()
    splitter.feed(b"96\r")
    assert splitter.next() == b"96"


def test_a_message_is_built_and_read_by_names():
    """Names, tags and extensions lead to the same values; a list keeps its order."""
    message = make(
        "66",
        ok="1",
        renewed_count="0002",
        unrenewed_count="0000",
        transaction_date=NOW,
        institution_id="MAIN",
        renewed_items=("a", "b"),
        extra=[("XI", "9")],
    )
    assert message.values("renewed_items") == message.values("BM") == ("a", "b")
    assert message.value("ok") == "1"
    assert message.values("ok") == ("1",)
    assert message.value("patron_internal_id") == "9"
    assert message.value("AF") is None
    assert message.text("screen_message") == ""
    assert pickle.loads(pickle.dumps(message)) == message


@pytest.mark.parametrize(
    ("code", "named", "rule"),
    [
        ("94", {"okay": "1"}, Rule.NAME),
        ("94", {}, Rule.FIXED),
        ("94", {"ok": ("1",)}, Rule.FIXED),
        ("98", {"online_status": "Y"}, Rule.FIXED),
        ("17", {"transaction_date": NOW, "institution_id": "MAIN"}, Rule.MISSING),
    ],
)
def test_a_message_cannot_be_built_without_its_fields(code, named, rule):
    """A wrong name and a missing field are told when the message is made."""
    with pytest.raises(Unsendable) as caught:
        make(code, **named)
    assert caught.value.rule is rule


def test_an_unknown_name_is_no_field():
    """Asking a message for a field that does not exist is a mistake of ours, not an absent value."""
    with pytest.raises(Unsendable):
        ITEM.value("title_of_the_item")


def test_the_repr_shows_no_personal_value():
    """A message in a log or a traceback tells its kind and its tags, and nothing of the patron."""
    message = make(
        "63",
        language="001",
        transaction_date=NOW,
        summary=" " * 10,
        institution_id="MAIN",
        patron_identifier="29999000000015",
        patron_password="1234",
        extra=[("Q7", "canary")],
    )
    shown = repr(message)
    assert "PatronInformationRequest" in shown
    assert "AO='MAIN'" in shown
    for value in ("29999000000015", "1234", "canary"):
        assert value not in shown


def test_errors_travel_between_processes():
    """A wire error keeps its rule and place when pickled."""
    problem = pickle.loads(pickle.dumps(BadFrame(Rule.MISSING, "24.AE")))
    assert (type(problem), problem.rule, problem.where) == (BadFrame, Rule.MISSING, "24.AE")
