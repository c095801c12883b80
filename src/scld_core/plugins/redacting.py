"""Redacting what leaves a backend: the texts of its faults, and the foreign words in its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs

from scld_core.circulation.model import Circulation
from scld_core.hotspots.model import LineView
from scld_core.kernel.log import whereabouts
from scld_core.kernel.page import Page, Quarantined
from scld_core.kernel.redact import Redact, without_cards
from scld_core.runs.model import Answer

__all__ = ["clean_answer", "clean_error"]

T = TypeVar("T")

_TEXTS: Mapping[type, str] = {Answer: "detail", Circulation: "word", LineView: "word", Quarantined: "reason"}
"""The field of each class of answer that holds words of the other system."""

_NAMES = frozenset({"backend", "operation", "key"})  # ours, and they must be found again as they are


def clean_error(error: Exception, redact: Redact) -> None:
    """Redact every text of a fault in place, whatever its class adds to the tree's.

    What it was raised from is cut off, because its text is not ours to vouch for and would be
    printed with it; its class and place stay as a note.
    """
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for name, value in list(vars(error).items()):
        if name not in _NAMES:
            setattr(error, name, _clean(value, redact))
    error.args = tuple(_clean(value, redact) for value in error.args)
    error.__cause__ = error.__context__ = None
    if origin is not None:
        error.add_note(f"from {whereabouts(origin)}")


def _clean(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list | tuple):
        return [_clean(member, redact) for member in value]  # pyright: ignore[reportUnknownVariableType]
    if value is None or isinstance(value, int | float):  # such as the seconds of a Retry-After
        return value
    shown = repr(value)
    seen = redact(shown)
    return value if seen == shown else seen


def clean_answer(answer: T, redact: Redact) -> T:
    """The answer with the other system's words redacted; the same object when there was nothing to redact."""
    kept: dict[str, str] = {}  # a list has few words and many rows

    def clean(value: Any) -> Any:
        if isinstance(value, Quarantined) and (key := without_cards(value.key)) != value.key:
            value = attrs.evolve(value, key=key)
        name = _TEXTS.get(cast("type[object]", type(value)))
        if name is None:
            return value
        text: str = getattr(value, name)
        seen = kept[text] if text in kept else kept.setdefault(text, redact(text))
        return value if seen == text else attrs.evolve(value, **{name: seen})

    if not isinstance(answer, Page):
        return cast("T", clean(answer))
    page = cast("Page[Any]", answer)
    rows, quarantined = tuple(map(clean, page.rows)), tuple(map(clean, page.quarantined))
    if rows != page.rows or quarantined != page.quarantined:
        page = attrs.evolve(page, rows=rows, quarantined=quarantined)
    return cast("T", page)
