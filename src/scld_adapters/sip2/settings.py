"""How one peer speaks SIP2, how long it may take, and where it is: data, since no two systems agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from ipaddress import ip_address

from attrs import field, frozen

from scld_adapters.sip2.fields import is_tag
from scld_adapters.sip2.lines import FINES, ITEMS
from scld_core.errors import InvalidValue
from scld_core.kernel.ids import LocationId
from scld_core.kernel.validate import Validator, at_least, between, each, instance, matching, optional
from scld_core.plugins.spec import SecretRef

__all__ = [
    "ENCODINGS",
    "BirthDates",
    "DateForm",
    "Detection",
    "Dialect",
    "Extensions",
    "Sip2Settings",
    "Terminator",
    "Timing",
    "TlsSettings",
    "waived",
]

ENCODINGS = ("cp850", "utf-8", "ascii", "latin-1", "cp1252")
"""Encodings that keep ASCII: delimiter, tags and line end are the same bytes in each."""


class Terminator(Enum):
    """What ends a frame that we send. Of a received frame the CR counts, and an LF after it is skipped."""

    CR = "cr"
    CRLF = "crlf"

    @property
    def data(self) -> bytes:
        """The bytes."""
        return b"\r" if self is Terminator.CR else b"\r\n"


class Detection(Enum):
    """Sequence number and checksum (`AY`, `AZ`)."""

    REQUIRED = "required"  # sent, and demanded of every frame
    AUTO = "auto"  # sent by us when we ask, mirrored when we answer; demanded once the peer has sent one
    OFF = "off"  # never sent; checked where the peer sends one


class DateForm(Enum):
    """What stands between day and time of day. A peer's dates are read in every form."""

    LOCAL = "local"  # four blanks: local time
    ZEROS = "zeros"  # 0000: local time as well, for peers that want digits
    UTC = "utc"  # three blanks and Z


class BirthDates(Enum):
    """The order of `PB`."""

    YEAR_FIRST = "yyyymmdd"
    MONTH_FIRST = "mmddyyyy"


class Extensions(Enum):
    """Which fields are taken that the message does not declare."""

    ANY = "any"  # every well-formed tag
    KNOWN = "known"  # those of the table of fields
    NONE = "none"


def _waiver(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([0-9]{2}\.)?[A-Z][A-Z0-9]", value) is not None


def _delimiter(value: object) -> bool:
    # AY, AZ, tags and digits must stay distinguishable
    return (
        isinstance(value, str) and len(value) == 1 and value.isascii() and value.isprintable() and not value.isalnum()
    )


def _one_of(names: Iterable[str]) -> Validator:
    known = tuple(names)
    return matching(lambda v: v in known, "must be one of " + ", ".join(known))


@frozen
class Dialect:
    """How a peer writes.

    `optional` names required fields that the peer leaves out: ``AC`` in every message, ``66.AO`` in one.
    `open_end` takes a frame whose last field is not closed. `fine_lines` and `item_lines` say how the
    free text of `AV`, and of `AS`, `AT`, `AU`, `BU` and `CD`, is laid out: a name of `lines.FINES` or
    `lines.ITEMS`. `max_value` is in bytes of one value, `max_frame` of one frame.
    """

    encoding: str = field(default="cp850", validator=_one_of(ENCODINGS))
    delimiter: str = field(
        default="|", validator=matching(_delimiter, "must be one ASCII sign that is no letter or digit")
    )
    terminator: Terminator = field(default=Terminator.CR, validator=instance(Terminator))
    checksum: Detection = field(default=Detection.REQUIRED, validator=instance(Detection))
    dates: DateForm = field(default=DateForm.LOCAL, validator=instance(DateForm))
    birth_dates: BirthDates = field(default=BirthDates.YEAR_FIRST, validator=instance(BirthDates))
    extensions: Extensions = field(default=Extensions.ANY, validator=instance(Extensions))
    optional: tuple[str, ...] = field(default=(), validator=each(matching(_waiver, "must be tags such as AC or 66.AO")))
    open_end: bool = field(default=False, validator=instance(bool))
    fine_lines: str = field(default="text", validator=_one_of(FINES))
    item_lines: str = field(default="text", validator=_one_of(ITEMS))
    max_value: int = field(default=255, validator=[instance(int), at_least(1)])
    max_frame: int = field(default=65536, validator=[instance(int), at_least(64)])


@frozen
class Timing:
    """How long, in seconds, and how often.

    `answer` is for one try. `resends` is how often one request is sent again, byte for byte, because
    the peer asked for it or, of a read, because no answer came; and how often a damaged answer is
    asked for again. `reuse` is how long a silent connection is used again: the server may have closed
    an older one, and a write sent into it would be of unknown outcome. `idle` is how long our own server
    keeps a silent connection.
    """

    connect: float = field(default=5.0, validator=between(0.01, 600))
    answer: float = field(default=15.0, validator=between(0.01, 600))
    resends: int = field(default=2, validator=[instance(int), between(0, 9)])
    reuse: float = field(default=30.0, validator=between(0, 86400))
    idle: float = field(default=600.0, validator=between(0.01, 86400))


@frozen
class TlsSettings:
    """TLS 1.2 or newer. SIP2 itself has none: the server, or a tunnel before it, must offer it.

    The peer's certificate is always verified, by the system's authorities or by those of the PEM file
    `authorities`, for `server_name` or else the host. `certificate` and `key` are ours, where it is asked for.
    Paths are absolute or inside the district's folder.
    """

    authorities: str = field(default="", validator=instance(str))
    server_name: str = field(default="", validator=instance(str))
    certificate: str = field(default="", validator=instance(str))
    key: str = field(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        if self.key and not self.certificate:
            raise InvalidValue("TlsSettings", "key", "goes with certificate")


def _code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_.:-]{0,63}", value) is not None


def _host(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ip_address(value)
    except ValueError:
        return re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?", value) is not None
    return True


def _libraries(owner: object, attribute: object, value: Mapping[str, str]) -> None:
    del owner, attribute
    for name in value.values():
        LocationId(name)
    if len(set(value.values())) != len(value):
        raise InvalidValue("Sip2Settings", "libraries", "must name each library once")


@frozen
class Sip2Settings:
    """The library system's SIP2 port and our terminal's account on it.

    `user` empty means that the server wants no login. `institution` is sent as `AO`, `location` as `CP`.
    `libraries` are the district's short names by the system's codes; a code that is not named stands for
    itself. `block_reason` is what a patron is blocked for who may not borrow: SIP2 tells no reason.
    """

    host: str = field(validator=matching(_host, "must be a name or an address, without a scheme and a port"))
    port: int = field(default=6001, validator=[instance(int), between(1, 65535)])
    user: str = field(default="", validator=instance(str))
    password: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    institution: str = field(default="", validator=instance(str))
    location: str = field(default="", validator=instance(str))
    terminal_password: SecretRef | None = field(default=None, validator=optional(instance(SecretRef)))
    libraries: Mapping[str, str] = field(factory=dict[str, str], validator=_libraries)
    block_reason: str = field(default="charge-denied", validator=matching(_code, "must be a code such as lost-card"))
    dialect: Dialect = field(factory=Dialect, validator=instance(Dialect))
    timing: Timing = field(factory=Timing, validator=instance(Timing))
    tls: TlsSettings | None = field(default=None, validator=optional(instance(TlsSettings)))

    def __attrs_post_init__(self) -> None:
        if bool(self.user) != (self.password is not None):
            raise InvalidValue("Sip2Settings", "password", "goes with user: set both, or neither")


def waived(dialect: Dialect, code: str) -> frozenset[str]:
    """The tags that the peer may leave out of the message `code`."""
    rows = (row.rpartition(".") for row in dialect.optional)
    return frozenset(tag for of, _, tag in rows if of in ("", code) and is_tag(tag))
