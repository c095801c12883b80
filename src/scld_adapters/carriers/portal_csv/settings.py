"""What ``[backends.NAME] use = "portal-csv"`` may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.hotspots.account import Verb
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.time import parse_instant
from scld_core.kernel.validate import at_least, each, instance, matching, optional

__all__ = ["BULK_COLUMNS", "EXPORT_COLUMNS", "RULES", "PortalCsvConfig"]

EXPORT_COLUMNS = ("imei", "iccid", "status", "as_of", "resumes_at")
"""What an export may hold, by our own names."""

BULK_COLUMNS = ("imei", "iccid", "msisdn", "action", "use_before", "step", "why")
"""What a bulk file may hold, by our own names."""


RULES = ("column", "manifest", "name")
"""Where the instant of an export may be found, besides the configuration itself."""


def _is_instant(text: str) -> bool:
    try:
        parse_instant(text)
    except InvalidValue:
        return False
    return True


def _pattern(text: object) -> bool:
    if not isinstance(text, str) or not text.strip():
        return False
    path = PurePath(text)
    whole = all(part == "**" or "**" not in part for part in path.parts)
    return whole and not path.is_absolute() and ".." not in path.parts


def _columns() -> Mapping[str, str]:
    return {"imei": "imei", "iccid": "iccid", "status": "status"}


@frozen
class PortalCsvConfig:
    """How one portal's files look.

    `export` is a pattern inside the district's folder such as ``exports/*.csv``; left out when the
    portal has no export. `columns` gives the portal's header for each of our names (EXPORT_COLUMNS)
    that the export holds; `words` what each of the portal's status words means. `extracted_at` says
    where the instant of an export is found: ``column`` (the column as_of), ``manifest``
    (NAME.meta.toml beside it), ``name`` (local time in the file's name, such as
    ``lines-2026-10-05T0730.csv``), or that instant itself, for one file. `delimiter`, `encoding` and
    `sheet` are the export's, where they do not show by themselves.

    `expires_hours`, which has no default, makes bulk files: until then a file may be uploaded.
    `bulk_columns` are theirs, in the portal's order, `bulk_headers` the portal's names of them,
    `action_words` its words for what to do. `text_safe` writes numbers so that a spreadsheet leaves
    them whole; set it to false for a portal that does not read that form.
    """

    export: str | None = field(default=None, validator=optional(matching(_pattern, "must be a pattern in the folder")))
    columns: Mapping[str, str] = field(factory=_columns)
    words: Mapping[str, ServiceState] = field(factory=dict[str, ServiceState])
    extracted_at: str = ""
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    expires_hours: int | None = field(default=None, validator=optional(at_least(1)))
    bulk_columns: tuple[str, ...] = field(default=BULK_COLUMNS[:5], validator=each(instance(str)))
    bulk_headers: Mapping[str, str] = field(factory=dict[str, str])
    action_words: Mapping[Verb, str] = field(factory=dict[Verb, str])
    text_safe: bool = field(default=True, validator=instance(bool))

    def __attrs_post_init__(self) -> None:
        self._check_export()
        self._check_bulk()

    def _check_export(self) -> None:
        _known("columns", self.columns, EXPORT_COLUMNS)
        if "status" not in self.columns or not {"imei", "iccid"} & set(self.columns):
            raise InvalidValue("PortalCsvConfig", "columns", "must name status, and imei or iccid")
        _distinct("columns", self.columns.values())
        _distinct("words", self.words)
        if ServiceState.UNKNOWN_WORD in self.words.values():
            raise InvalidValue("PortalCsvConfig", "words", "leave out a word that has no meaning here")
        wanted = self.export is not None or self.extracted_at
        if wanted and not (self.extracted_at in RULES or _is_instant(self.extracted_at)):
            rule = "must be column, manifest, name, or an instant such as 2026-01-31T07:30:00-08:00"
            raise InvalidValue("PortalCsvConfig", "extracted_at", rule)
        if self.extracted_at == "column" and "as_of" not in self.columns:
            raise InvalidValue("PortalCsvConfig", "columns", "must name as_of when extracted_at is column")

    def _check_bulk(self) -> None:
        _known("bulk_columns", self.bulk_columns, BULK_COLUMNS)
        _known("bulk_headers", self.bulk_headers, BULK_COLUMNS)
        if "action" not in self.bulk_columns or not {"imei", "iccid"} & set(self.bulk_columns):
            raise InvalidValue("PortalCsvConfig", "bulk_columns", "must name action, and imei or iccid")
        _distinct("bulk_columns", map(self.header_of, self.bulk_columns))
        _distinct("action_words", map(self.word_of, Verb))

    def header_of(self, column: str) -> str:
        """The portal's header for a column of the bulk file."""
        return self.bulk_headers.get(column, column)

    def word_of(self, verb: Verb) -> str:
        """The portal's word for what to do; ours where none is set."""
        return self.action_words.get(verb, verb.value)

    def state_of(self, word: str) -> ServiceState:
        """What a status word of the portal means; compared without regard to case and outer spaces."""
        folded = word.strip().casefold()
        found = (state for own, state in self.words.items() if own.strip().casefold() == folded)
        return next(found, ServiceState.UNKNOWN_WORD)


def _known(where: str, names: Iterable[str], valid: tuple[str, ...]) -> None:
    if not set(names) <= set(valid):
        raise InvalidValue("PortalCsvConfig", where, "may name " + ", ".join(valid))


def _distinct(where: str, words: Iterable[str]) -> None:
    folded = [word.strip().casefold() for word in words]
    if len(set(folded)) < len(folded) or "" in folded:
        raise InvalidValue("PortalCsvConfig", where, "must be different words, none of them blank")
