"""Logging of typed records: one JSON line each, personal data masked.

What scld logs is a frozen attrs value, never a sentence, so that a field tagged as personal can be
masked wherever the record goes, even to a handler that is not ours. Text from other libraries is
withheld unless a redactor has seen it, and an exception is told by its class and place alone.
"""

from __future__ import annotations

import json
import logging
import math
import traceback
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import IO, Any, cast

import attrs
from attrs import frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import masked
from scld_core.kernel.redact import Redact
from scld_core.kernel.redact import redact as known

__all__ = ["WITHHELD", "JsonFormatter", "configure", "log", "whereabouts"]

WITHHELD = "(withheld)"
"""Stands where text was left out because nothing vouched for it."""

_ROOTS = ("scld_core", "scld_adapters")
_FRAMES = 4


def log(logger: logging.Logger, level: int, record: attrs.AttrsInstance) -> None:
    """Log one attrs value at `level`; its class name is the event. Free text is refused."""
    if not attrs.has(type(record)):
        raise InvalidValue("log", "record", "must be an attrs value: free text could carry personal data")
    if logger.isEnabledFor(level):
        logger.log(level, _Line(record))


def whereabouts(error: BaseException) -> str:
    """The class of an exception and the last places it passed, without its text.

    Such as ``ValueError at backend.py:20 > mapping.py:42``.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


@frozen
class _Line:
    """A record on its way through stdlib logging; as text it is already masked."""

    record: attrs.AttrsInstance

    @property
    def event(self) -> str:
        return type(self.record).__name__

    def data(self, redact: Redact | None = None) -> Any:
        shown = masked(self.record)
        if not isinstance(shown, dict):
            return _plain(shown, redact)
        fields = cast("dict[str, object]", shown)
        return {name: _plain(value, redact) for name, value in fields.items()}

    def __str__(self) -> str:
        return f"{self.event} {json.dumps(self.data())}"


class JsonFormatter(logging.Formatter):
    """One line of JSON per record: ``at``, ``level``, ``logger``, ``event`` and ``data``.

    `redact` sees every text of a record, and then the built-in redactor does. Without it the text of
    typed records stays (their personal fields are masked) and free text of other libraries is
    withheld. A redactor that fails withholds.
    """

    def __init__(self, redact: Redact | None = None) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
        }
        if isinstance(record.msg, _Line):
            line |= {"event": record.msg.event, "data": record.msg.data(self._redact)}
        else:
            line |= {"event": "text", "data": self._free(record)}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = whereabouts(record.exc_info[1])
        return json.dumps(line)

    def _free(self, record: logging.LogRecord) -> dict[str, str]:
        place = f"{record.filename}:{record.lineno}"
        if self._redact is None:
            return {"place": place, "text": WITHHELD}
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong format string of another library must not stop a run
            text = WITHHELD
        return {"place": place, "text": _redacted(text, self._redact)}


def configure(stream: IO[str], *, level: int = logging.INFO, redact: Redact | None = None) -> logging.Handler:
    """Write scld's records to `stream` as JSON lines; a second call replaces the first one's handler."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(redact))
    for name in _ROOTS:
        logger = logging.getLogger(name)
        for old in [h for h in logger.handlers if isinstance(h.formatter, JsonFormatter)]:
            logger.removeHandler(old)
        logger.addHandler(handler)
        logger.setLevel(level)
    return handler


def _redacted(text: str, redact: Redact | None) -> str:
    try:
        seen = cast("object", redact(text)) if redact else text
    except Exception:  # noqa: BLE001 - whatever it is: the text was not vouched for
        return WITHHELD
    return known(seen) if isinstance(seen, str) else WITHHELD


def _plain(value: Any, redact: Redact | None) -> Any:
    """JSON's own kinds out of what `masked` gives; an object of unknown kind shows its class alone."""
    if isinstance(value, dict):
        return {_text(k, redact): _plain(v, redact) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_plain(member, redact) for member in value]  # pyright: ignore[reportUnknownVariableType]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _text(value, redact)


def _text(value: Any, redact: Redact | None) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, str | int | float | timedelta | PurePath) or attrs.has(value.__class__):
        return _redacted(str(value), redact)
    return f"<{type(value).__name__}>"
