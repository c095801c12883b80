"""Which files are compared, under which dialects, and opening them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from scld_core.agency._duckdb import Sieved
from scld_core.agency.decode import read_accounts, read_sent
from scld_core.agency.dialect import Dialect, Direction
from scld_core.agency.files import read_ils
from scld_core.agency.mapping import find_dialect, load_dialect
from scld_core.agency.model import AgencyAccount, IlsPatron, Reading, SentAccount
from scld_core.agency.told import dated, told_at, told_beside
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import instance, optional
from scld_core.notices import NoticeFile, assignment_notices, read_notices
from scld_core.services.agency.inputs import Input, Role, fingerprint, stamp

__all__ = ["DEFAULT_DIALECT", "Request", "Sift", "Sources", "open_sources"]

DEFAULT_DIALECT = "agency-export"
"""The dialect of the agency's list when none is named."""

_optional_path = optional(instance(Path))


@frozen
class Request:
    """The files of one comparison; at least one of `agency` and `sent` must be there.

    `dialect` and `sent_dialect` are names of dialects, or TOML files that declare one. Raises BadInput
    for a combination that cannot be compared.
    """

    ils: Path = field(validator=instance(Path))
    agency: Path | None = field(default=None, validator=_optional_path)
    sent: Path | None = field(default=None, validator=_optional_path)
    notices: Path | None = field(default=None, validator=_optional_path)
    dialect: str = field(default="", validator=instance(str))
    sent_dialect: str = field(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        if self.agency is None and self.sent is None:
            remedy = "Give the agency's own list with --agency, or the last file that you sent with --sent"
            raise BadInput("scld agency reconcile", "has nothing to compare the ILS with", remedy)
        if self.dialect and self.agency is None:
            raise BadInput(f"dialect {self.dialect}", "is given without its file", "Add --agency FILE")
        if self.sent_dialect and self.sent is None:
            raise BadInput(f"dialect {self.sent_dialect}", "is given without its file", "Add --sent FILE")

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is given."""
        return tuple(path for path in (self.ils, self.agency, self.sent, self.notices) if path is not None)


R = TypeVar("R", Reading[IlsPatron], Reading[AgencyAccount], Reading[SentAccount], NoticeFile)


@frozen
class _Opened:
    """One file, what it was when it was opened, and what is known of its time once it is read."""

    role: Role
    path: Path
    layout: str
    sha256: str
    stamped: tuple[int, int]
    as_of: Callable[[], datetime | None]

    def as_input(self, now: datetime) -> Input:
        """As it is shown; raises FileRefused when it has changed since."""
        if stamp(self.path) != self.stamped:
            raise FileRefused(str(self.path), "has changed while it was read", "Compare again once it is whole")
        stated = self.as_of()
        return Input(self.role, self.path.name, self.layout, self.sha256, stated, now)


@frozen
class _Opener:
    """Opens files one after the other and remembers what each was."""

    zone: ZoneInfo
    opened: list[_Opened] = field(factory=list[_Opened])
    stamps: dict[Path, tuple[int, int]] = field(factory=dict[Path, tuple[int, int]])

    def look(self, path: Path) -> tuple[int, int]:
        """What the file is from now on."""
        if path not in self.stamps:
            self.stamps[path] = stamp(path)
        return self.stamps[path]

    def read(self, role: Role, path: Path, reader: Callable[[Path], R], layout: str = "") -> R:
        """What `reader` makes of the file."""
        stamped, sha256 = self.look(path), fingerprint(path)
        found = reader(path)
        told = found.as_of if isinstance(found, Reading) else lambda: told_beside(path, self.zone)
        self.opened.append(_Opened(role, path, layout, sha256, stamped, told))
        return found


class Sift(Protocol):
    """What looks at the ILS file and the agency's list before they are read, and sets plain rows aside."""

    def __call__(self, ils: Path, agency: Path, dialect: Dialect, *, listed_at: datetime | None) -> Sieved | None:
        """The rows that are settled; None where every row is to be looked at."""
        ...


@frozen
class Sources:
    """The files, opened: their rows once, what was set aside of them, and the notices' dates by patron."""

    ils: Reading[IlsPatron]
    agency: Reading[AgencyAccount] | None
    sent: Reading[SentAccount] | None
    notices: Callable[[str], Sequence[date]] | None
    unread_notices: tuple[Quarantined, ...]
    aside: Sieved | None
    _opened: tuple[_Opened, ...]

    def inputs(self, now: datetime) -> tuple[Input, ...]:
        """Every file with its age, once all rows are read; raises FileRefused for one that has changed since."""
        return tuple(one.as_input(now) for one in self._opened)


def open_sources(request: Request, dialects: Iterable[Dialect], zone: ZoneInfo, *, sift: Sift) -> Sources:
    """Open every file of the request; bare dates of notices are days of `zone`.

    `sift` may set rows aside where nothing but the ILS and the agency's list is compared. Raises
    BadInput for a dialect that is not there or not of that direction, and FileRefused for a file that
    cannot be used whole.
    """
    known, opener = tuple(dialects), _Opener(zone)
    inbound = _dialect(request.dialect or DEFAULT_DIALECT, known) if request.agency else None
    outbound = _sent_dialect(request.sent_dialect, known) if request.sent else None
    aside = None
    if request.agency and inbound and not request.sent and not request.notices:
        opener.look(request.ils)
        opener.look(request.agency)
        listed_at = told_at(request.agency, inbound, zone) if request.agency.is_file() else None
        aside = sift(request.ils, request.agency, inbound, listed_at=listed_at)
    ils_lines, agency_lines = (aside.ils_lines, aside.agency_lines) if aside else (None, None)
    ils = opener.read(Role.ILS, request.ils, lambda path: _whole(read_ils(path, only=ils_lines), aside))
    agency = sent = notices = None
    if request.agency and inbound:
        read = partial(_accounts, dialect=inbound, zone=zone, only=agency_lines)
        agency = opener.read(Role.AGENCY, request.agency, read, inbound.name)
    if request.sent and outbound:
        told = partial(_sent, dialect=outbound, zone=zone)
        sent = opener.read(Role.SENT, request.sent, told, outbound.name)
    if request.notices:
        notices = opener.read(Role.NOTICES, request.notices, lambda p: read_notices(p, backend="main", zone=zone))
    return Sources(
        ils,
        agency,
        sent,
        assignment_notices(notices.rows, zone=zone) if notices else None,
        tuple(notices.quarantined) if notices else (),
        aside,
        tuple(opener.opened),
    )


def _accounts(path: Path, dialect: Dialect, zone: ZoneInfo, only: Sequence[int] | None) -> Reading[AgencyAccount]:
    return dated(read_accounts(path, dialect, only=only), path, dialect, zone)


def _sent(path: Path, dialect: Dialect, zone: ZoneInfo) -> Reading[SentAccount]:
    return dated(read_sent(path, dialect), path, dialect, zone)


def _whole(rest: Reading[IlsPatron], aside: Sieved | None) -> Reading[IlsPatron]:
    """The reading, true since the oldest time of all rows."""
    if aside is None:
        return rest
    return evolve(rest, as_of=lambda: min(filter(None, (rest.as_of(), aside.as_of)), default=None))


def _dialect(name: str, known: Sequence[Dialect]) -> Dialect:
    """By name, or from a file that declares one."""
    return load_dialect(Path(name)) if name.endswith(".toml") else find_dialect(known, name)


def _sent_dialect(name: str, known: Sequence[Dialect]) -> Dialect:
    if name:
        return _dialect(name, known)
    names = ", ".join(sorted(one.name for one in known if one.direction is Direction.OUTBOUND)) or "none"
    remedy = f"Add --sent-dialect NAME, where NAME is one of {names}; or a TOML file that declares one"
    raise BadInput("--sent", "is not read by guess: which layout the file has must be said", remedy)
