"""What ``[backends.NAME] use = "files"`` may say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from attrs import field, frozen

from scld_core.circulation.model import ItemState
from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, matching, optional
from scld_core.notices.model import NoticeKind

__all__ = ["LAYOUTS", "READ_ONLY", "STATE_WORDS", "FilesConfig"]

STATE_WORDS = tuple(state.value for state in ItemState if state is not ItemState.UNKNOWN_WORD)
"""The canonical status words: what a recipe yields, and what `words` translates to."""

LAYOUTS = ("notices", "polaris-history", "polaris-log")
"""The layouts of a record of notices; the first has the canonical columns."""

READ_ONLY = "an extract is only read; what is to be posted goes to the ILS by hand"
"""Why nothing can be charged or cancelled."""


def _is_path(text: object) -> bool:
    if not isinstance(text, str) or not text.strip():
        return False
    return ".." not in PurePath(text).parts


def _table(test: Any, rule: str) -> Any:
    return matching(lambda table: isinstance(table, Mapping) and all(map(test, table.values())), rule)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]


def _is_text(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _is_state(word: object) -> bool:
    return word in STATE_WORDS


@frozen
class FilesConfig:
    """Extracts of any ILS; at least one of `path`, `charges` and `notices` must be there.

    path: the hotspot loans; file name or pattern such as ``extracts/hotspot-loans*.csv``, from the district's folder
    or absolute (a file's name only); of several files the newest by its own `as_of` is used.
    columns: the file's own header for a canonical column, where they differ.
    words: what the ILS's status words mean, such as ``CHECKEDOUT = "on_loan"``.
    extracted_at: "column" (`as_of`, equal on all rows), "manifest" (NAME.meta.toml beside the file),
    or "" for whichever the extract has.
    encoding, delimiter, sheet: declared where the file does not show them.
    charges: file name or pattern of an extract of charges, from which accounts are read; its columns
    have their canonical names. Left out, no account is known.
    notices: file name or pattern of an export of the notices that were sent. It tells when it was made by
    its manifest or its name; else it was true when its last notice was sent.
    notices_layout: how it is written: notices (the canonical columns), polaris-history or polaris-log.
    notices_assigning: the kinds of notices whose text says that a collection agency may be used, such as
    ["bill", "collection"]; it holds where a row itself says nothing.
    """

    path: str | None = field(
        default=None, validator=optional(matching(_is_path, "must be a file name or pattern, without .."))
    )
    columns: Mapping[str, str] = field(
        factory=dict[str, str], validator=_table(_is_text, "must name a header for each")
    )
    words: Mapping[str, str] = field(
        factory=dict[str, str],
        validator=_table(_is_state, "must translate each to one of " + ", ".join(STATE_WORDS)),
    )
    extracted_at: str = field(
        default="", validator=matching(lambda v: v in ("", "column", "manifest"), 'must be "column" or "manifest"')
    )
    encoding: str | None = field(default=None, validator=optional(instance(str)))
    delimiter: str | None = field(default=None, validator=optional(instance(str)))
    sheet: str | None = field(default=None, validator=optional(instance(str)))
    charges: str | None = field(
        default=None, validator=optional(matching(_is_path, "must be a file name or pattern, without .."))
    )
    notices: str | None = field(
        default=None, validator=optional(matching(_is_path, "must be a file name or pattern, without .."))
    )
    notices_layout: str = field(
        default=LAYOUTS[0], validator=matching(lambda v: v in LAYOUTS, "must be one of " + ", ".join(LAYOUTS))
    )
    notices_assigning: tuple[NoticeKind, ...] = field(default=(), validator=each(instance(NoticeKind)))

    def __attrs_post_init__(self) -> None:
        if self.path is None and self.charges is None and self.notices is None:
            raise InvalidValue("FilesConfig", "path", "must name the extract, unless charges or notices does")
