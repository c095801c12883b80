"""Logging: one JSON line per typed record, and no personal data in any of them."""

import io
import json
import logging
from datetime import UTC, date, datetime, timedelta
from enum import Enum, IntEnum
from pathlib import PurePosixPath

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.log import WITHHELD, JsonFormatter, configure, log, whereabouts
from scld_core.kernel.privacy import MASK, personal
from scld_core.kernel.redact import CARD

CANARY = "canary-Zoe-29082000123450"


class Word(Enum):
    """A word."""

    YES = "yes"


class Number(IntEnum):
    """A number."""

    ONE = 1


class Odd:
    """An object of a kind the log does not know."""

    def __str__(self):
        return CANARY


@frozen
class Noted:
    """A log record."""

    what: object
    who: str = personal(default=CANARY)


@pytest.fixture
def lines():
    """Our loggers write into a list of decoded lines; everything is put back afterwards."""
    stream = io.StringIO()

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.stream = stream
    yield read
    for name in ("scld_core", "scld_adapters"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.NOTSET)
        for handler in list(logger.handlers):
            if isinstance(handler.formatter, JsonFormatter):
                logger.removeHandler(handler)


def _one(record, redact=None):
    """A record's JSON line, by way of a logger of its own."""
    stream = io.StringIO()
    logger = logging.Logger("scld_core.test")  # noqa: LOG001 - one that nobody else has handlers on
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(redact))
    logger.addHandler(handler)
    log(logger, logging.INFO, record)
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


def _raises(text):
    raise RuntimeError(text)


scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats()
values = st.recursive(
    scalars | st.builds(PatronId, st.just("main"), st.just(CANARY)) | st.builds(Noted, st.integers()) | st.builds(Odd),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_any_record_is_one_line_of_json_without_its_personal_data(what):
    """Whatever a record holds, its line can be read back and the canary is not in it."""
    line = _one(Noted(what))
    assert line["event"] == "Noted"
    assert line["data"]["who"] == MASK
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        (ItemId("main", "7"), "main:7"),
        (Word.YES, "yes"),
        (Number.ONE, 1),
        (date(2026, 3, 8), "2026-03-08"),
        (datetime(2026, 3, 8, tzinfo=UTC), "2026-03-08T00:00:00+00:00"),
        (timedelta(hours=1), "1:00:00"),
        (float("nan"), "nan"),
        (Odd(), "<Odd>"),
        (ValueError(CANARY), "<ValueError>"),
        (PurePosixPath("a/b"), "a/b"),
        ({ItemId("main", "7"): [Word.YES]}, {"main:7": ["yes"]}),
    ],
)
def test_values_are_shown_in_their_text_form(what, shown):
    """Known kinds are written as people write them; of unknown ones only the class is shown."""
    assert _one(Noted(what))["data"]["what"] == shown


def test_a_line_says_when_how_serious_and_where_from():
    """Every line has the same first fields."""
    line = _one(Noted("x"))
    assert set(line) == {"at", "level", "logger", "event", "data"}
    assert (line["level"], line["logger"]) == ("INFO", "scld_core.test")
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


@pytest.mark.parametrize("text", ["free text", b"bytes", None, {"a": 1}, Exception(CANARY), Odd()])
def test_free_text_is_refused(text):
    """Nobody can log a sentence by mistake."""
    with pytest.raises(InvalidValue, match="free text"):
        log(logging.getLogger("scld_core.test"), logging.INFO, text)


def test_a_handler_that_is_not_ours_sees_masked_text(caplog):
    """An application's own handlers get the same masked record as text."""
    with caplog.at_level(logging.INFO):
        log(logging.getLogger("elsewhere"), logging.INFO, Noted(PatronId("main", CANARY)))
        log(logging.getLogger("elsewhere"), logging.DEBUG, Noted("too quiet"))
    assert [r.getMessage() for r in caplog.records] == [
        'Noted {"what": "\\u2022\\u2022\\u2022", "who": "\\u2022\\u2022\\u2022"}'
    ]


def test_other_libraries_text_is_withheld_without_a_redactor(lines):
    """Nothing vouches for it, so only its place is shown, and of an exception only class and place."""
    configure(lines.stream)
    try:
        _raises(CANARY)
    except RuntimeError:
        logging.getLogger("scld_adapters.x").exception("GET /patron?name=%s", CANARY)
    (line,) = lines()
    assert line["data"]["text"] == WITHHELD
    assert line["data"]["place"].startswith("test_kernel_log.py:")
    assert line["exception"].startswith("RuntimeError at test_kernel_log.py:")
    assert CANARY not in lines.stream.getvalue()


def test_a_redactor_sees_every_text(lines):
    """Text of typed records, of keys and of other libraries goes through it."""
    configure(lines.stream, redact=lambda text: text.replace("secret", "(gone)"))
    log(logging.getLogger("scld_core.x"), logging.INFO, Noted({"secret": ["a secret"]}))
    logging.getLogger("scld_core.x").warning("the %s", "secret")
    typed, free = lines()
    assert typed["data"]["what"] == {"(gone)": ["a (gone)"]}
    assert free["data"]["text"] == "the (gone)"


@pytest.mark.parametrize("redact", [None, lambda text: text])
def test_no_card_number_is_logged_whatever_the_handler(redact, lines, caplog):
    """The built-in redactor sees every text of a record, before our handler and before anybody else's."""
    configure(lines.stream, redact=redact)
    log(logging.getLogger("scld_core.x"), logging.INFO, Noted({"29082000123450": ["card 29082000123450"]}))
    for text in (lines.stream.getvalue(), caplog.text):
        assert text.count(CARD) == 2
        assert "29082000123450" not in text


@pytest.mark.parametrize("redact", [_raises, lambda text: None])
def test_a_redactor_that_fails_withholds(redact, lines):
    """The line is still written, without the text."""
    configure(lines.stream, redact=redact)
    log(logging.getLogger("scld_core.x"), logging.INFO, Noted(CANARY))
    logging.getLogger("scld_core.x").warning(CANARY)
    typed, free = lines()
    assert typed["data"]["what"] == free["data"]["text"] == WITHHELD


def test_a_wrong_format_string_does_not_stop_anything():
    """Another library's mistake costs its text and nothing else."""
    record = logging.LogRecord("scld_core.x", logging.INFO, "x.py", 1, "%d", (CANARY,), None)
    assert json.loads(JsonFormatter(str).format(record))["data"]["text"] == WITHHELD


def test_an_id_alone_is_a_record_too():
    """A leaf value is logged as its text, a patron's as the mask."""
    assert _one(ItemId("main", "7"))["data"] == "main:7"
    assert _one(PatronId("main", CANARY))["data"] == MASK


def test_an_exception_that_is_over_is_no_exception(lines):
    """`exc_info` outside of a handler adds no field."""
    configure(lines.stream)
    logging.getLogger("scld_core.x").warning("x", exc_info=True)  # noqa: LOG014 - some libraries do
    assert "exception" not in lines()[0]


def test_configuring_again_replaces(lines):
    """Two calls do not write every line twice, and the level is the last one's."""
    configure(io.StringIO(), level=logging.DEBUG)
    configure(lines.stream, level=logging.WARNING)
    log(logging.getLogger("scld_core.x"), logging.WARNING, Noted(1))
    log(logging.getLogger("scld_core.x"), logging.INFO, Noted(2))
    assert [line["data"]["what"] for line in lines()] == [1]


def test_whereabouts_tell_the_way_without_the_text():
    """The last places, outermost first; a fault that was never raised has none."""

    def deep(n):
        if n == 0:
            raise KeyError(CANARY)
        deep(n - 1)

    try:
        deep(9)
    except KeyError as error:
        told = whereabouts(error)
    assert told.count(" > ") == 3
    assert CANARY not in told
    assert whereabouts(KeyError(CANARY)) == "KeyError"
