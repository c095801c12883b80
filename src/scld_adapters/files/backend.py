"""The port `Loans` over an extract: the newest file of a pattern, read whole and again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from scld_adapters.files.charges import CHARGE_COLUMNS, CHARGE_OPTIONAL, Charges, FileFees, read_charges
from scld_adapters.files.extract import COLUMNS, OPTIONAL, Extract, Reading, extract_time, read_rows
from scld_adapters.files.notices import FileNotices
from scld_adapters.files.polaris_notices import layout_named
from scld_adapters.files.settings import READ_ONLY, FilesConfig
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.circulation.read_only import ReadOnlyLoans
from scld_core.codecs.beside import SUFFIX, read_manifest
from scld_core.codecs.tables import Table, read_table
from scld_core.errors import BadInput, ConfigurationError, FileRefused, NotFound
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page
from scld_core.notices import read_notices
from scld_core.plugins.spec import BackendContext, OpenBackend

__all__ = ["FileLoans", "loans_from_extract", "open_files", "read_extract"]

X = TypeVar("X", Extract, Charges)

_OPEN = (ItemState.ON_LOAN, ItemState.LOST, ItemState.CLAIMS_RETURNED)


@frozen
class Found:
    """A file as it lies there; another time or size means that it must be read again."""

    path: Path
    written: int
    size: int


def read_extract(path: Path, config: FilesConfig, *, backend: str, zone: ZoneInfo) -> Extract:
    """Read one file; raises FileRefused when it cannot be used whole."""
    table = read_table(
        path,
        COLUMNS,
        mapping=config.columns,
        optional=OPTIONAL,
        delimiter=config.delimiter,
        encoding=config.encoding,
        sheet=config.sheet,
    )
    as_of, stated = _as_of(table, path, config)
    return read_rows(table, Reading.of(backend, zone, config.words, as_of), stated=stated)


def _charges(path: Path, config: FilesConfig, *, backend: str, zone: ZoneInfo) -> Charges:
    """Read one file of charges, whose columns have their canonical names."""
    table = read_table(
        path, CHARGE_COLUMNS, optional=CHARGE_OPTIONAL, delimiter=config.delimiter, encoding=config.encoding
    )
    as_of, stated = _as_of(table, path, config)
    return read_charges(table, backend=backend, zone=zone, as_of=as_of, stated=stated)


def _as_of(table: Table, path: Path, config: FilesConfig) -> tuple[datetime, bool]:
    """When the extract was made, and whether each row has to state it: by its column, its manifest, or both."""
    manifest = read_manifest(path)
    if manifest is None and config.extracted_at == "manifest":
        raise FileRefused(str(path), f"has no manifest {path.name}{SUFFIX}", "Export both, or declare as_of")
    if manifest is not None:
        manifest.check(table, path)
    stated = config.extracted_at == "column" or manifest is None or any(row["as_of"] for row in table.rows)
    as_of = extract_time(table, str(path)) if stated or manifest is None else manifest.as_of
    if manifest is not None and manifest.as_of != as_of:
        raise FileRefused(str(path), "states another time in as_of than its manifest does", "Export both again")
    return as_of, stated


@define
class FileLoans(ReadOnlyLoans):
    """Loans and check-in states as an extract shows them."""

    refused = READ_ONLY
    _instance: str
    _files: Callable[[], tuple[Found, ...]]
    _read: Callable[[Path], Extract]
    _kept: tuple[tuple[Found, ...], Extract] | None = field(default=None, repr=False)

    @property
    def live(self) -> bool:
        """False: a file says what was true when it was made."""
        return False

    def get(self, item: ItemId) -> Circulation:
        """The item as the extract shows it; raises NotFound when no usable row is about it."""
        extract = self._extract()
        if item not in extract.items:
            raise NotFound(self._instance, "get", f"{extract.source} has no usable row for {item}")
        return extract.items[item]

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """One page: the asked items that the extract shows, and every unusable row of the file."""
        extract = self._extract()
        asked = frozenset(items)
        rows = tuple(shown for item, shown in extract.items.items() if item in asked)
        total = len(rows) + len(extract.quarantined)
        yield Page(rows, extract.as_of, last=True, total=total, quarantined=extract.quarantined)

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """One page: every open loan due by `at`, and every unusable row of the file."""
        extract = self._extract()
        shown = (item.loan for item in extract.items.values() if item.state in _OPEN)
        rows = tuple(loan for loan in shown if loan and loan.returned_at is None and loan.due_at <= at)
        total = len(rows) + len(extract.quarantined)
        yield Page(rows, extract.as_of, last=True, total=total, quarantined=extract.quarantined)

    def _extract(self) -> Extract:
        files = self._files()
        if self._kept is None or self._kept[0] != files:
            self._kept = files, _newest(files, self._read)
        return self._kept[1]


def _newest(files: tuple[Found, ...], read: Callable[[Path], X]) -> X:
    """The extract with the latest as_of, out of at least one file.

    A refused file that was written after it is not passed over: it may be today's.
    """
    usable: list[tuple[Found, X]] = []
    refused: list[tuple[Found, FileRefused]] = []
    for found in files:
        try:
            usable.append((found, read(found.path)))
        except FileRefused as problem:
            refused.append((found, problem))
    usable.sort(key=lambda one: (one[1].as_of, one[0].written))
    refused.sort(key=lambda one: one[0].written)
    if refused and not (usable and usable[-1][0].written > refused[-1][0].written):
        raise refused[-1][1]
    return usable[-1][1]


def _look(path: Path) -> Found:
    try:
        status = path.stat()
    except OSError as fault:
        raise FileRefused(str(path), f"cannot be read ({fault.strerror})", "Check the path") from None
    return Found(path, status.st_mtime_ns, status.st_size)


def _matching(folder: Path, pattern: str) -> tuple[Found, ...]:
    """The file of that name, or all that match the pattern; manifests are none of them."""
    named = folder / pattern
    try:
        paths = [named] if Path(pattern).is_absolute() or named.is_file() else sorted(folder.glob(pattern))
    except ValueError as fault:
        raise BadInput("path", f"is no pattern of file names ({fault})", "Write ** only between slashes") from None
    found = tuple(_look(path) for path in paths if path.is_file() and not path.name.endswith(SUFFIX))
    if not found:
        raise FileRefused(str(named), "there is no such file", "Export the extract to this place, or correct path")
    return found


def _zone(context: BackendContext) -> ZoneInfo:
    try:
        return ZoneInfo(context.timezone)
    except (OSError, KeyError, ValueError):
        raise ConfigurationError(context.instance, "open", f"'{context.timezone}' is no time zone") from None


def loans_from_extract(path: Path, context: BackendContext, config: FilesConfig | None = None) -> FileLoans:
    """The port over one file, wherever it lies, with the mapping of `config` or none.

    Ids belong to ``context.instance``; bare due dates to ``context.timezone``. The file is opened
    at the first call. Raises ConfigurationError for a zone that does not exist.
    """
    return _loans(lambda: (_look(path),), config or FilesConfig(path=path.name), context)


def open_files(config: FilesConfig, context: BackendContext) -> OpenBackend:
    """Make the backend ready; the extracts are looked for at the first call."""
    path, charges, notices = config.path, config.charges, config.notices
    return OpenBackend(
        loans=None if path is None else _loans(lambda: _matching(context.folder, path), config, context),
        fees=None if charges is None else _fees(charges, config, context),
        notices=None if notices is None else _notices(notices, config, context),
    )


def _notices(pattern: str, config: FilesConfig, context: BackendContext) -> FileNotices:
    zone = _zone(context)
    read = partial(
        read_notices,
        backend=context.instance,
        zone=zone,
        layout=layout_named(config.notices_layout),
        assigning=config.notices_assigning,
        encoding=config.encoding,
    )
    return FileNotices(lambda: tuple(found.path for found in _matching(context.folder, pattern)), read, zone)


def _fees(pattern: str, config: FilesConfig, context: BackendContext) -> FileFees:
    zone = _zone(context)
    kept: dict[tuple[Found, ...], Charges] = {}  # one entry at most: an account is read out of every extract

    def extract() -> Charges:
        files = _matching(context.folder, pattern)
        if files not in kept:
            read = _newest(files, lambda path: _charges(path, config, backend=context.instance, zone=zone))
            kept.clear()
            kept[files] = read
        return kept[files]

    return FileFees(context.instance, extract)


def _loans(files: Callable[[], tuple[Found, ...]], config: FilesConfig, context: BackendContext) -> FileLoans:
    zone = _zone(context)
    return FileLoans(
        context.instance, files, lambda path: read_extract(path, config, backend=context.instance, zone=zone)
    )
