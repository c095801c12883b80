"""What a plugin registers: a frozen description of a backend and the function that opens it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from attrs import field, frozen

from scld_core.agency.ports import AgencyChannel
from scld_core.calendars.ports import Calendars
from scld_core.catalog.ports import Catalog
from scld_core.circulation.ports import Loans
from scld_core.errors import InvalidValue
from scld_core.fees.ports import Fees
from scld_core.holds.ports import Holds
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel import validate
from scld_core.kernel.capability import Capability
from scld_core.kernel.redact import Redact, redact
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import matching, nonempty
from scld_core.notices.ports import Notices
from scld_core.patrons.ports import Patrons
from scld_core.plugins.seed import Seed
from scld_core.runs.ports import Store

__all__ = ["CONTRACT", "KINDS", "BackendContext", "BackendSpec", "OpenBackend", "SecretRef"]

CONTRACT = 1
"""The version of the contract between scld and its backends."""

KINDS = ("ils", "agency", "carrier", "calendar", "rooms", "mail", "store")

C = TypeVar("C")


@frozen
class SecretRef:
    """Where a secret lies, such as ``env:NAME`` or ``file:NAME``; never the secret itself."""

    ref: str = field(
        validator=matching(
            lambda v: isinstance(v, str) and bool(re.fullmatch(r"[a-z]+:.+", v)), "must be written scheme:name"
        )
    )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``scheme:name``, as it stands in district.toml."""
        return cls(text)

    def __str__(self) -> str:
        return self.ref


@frozen
class BackendContext:
    """What a backend is given at open, so that it needs no globals.

    `folder` is the district's folder, where a backend that reads or writes files finds them.
    `secret` turns a reference into its text. `deadline` is seconds for one call to the system.
    `transport` replaces the adapter's own network client when it is not None. `sleep` waits between
    retries of reads. `store` is the district's opened store (an embedded ILS shares its engine).
    `redact` is what the guard takes personal data out of foreign text with.
    """

    instance: str = field(validator=nonempty)
    clock: Clock
    folder: Path = field(validator=validate.instance(Path))
    secret: Callable[[SecretRef], str] = field(repr=False)
    timezone: str = "UTC"
    deadline: float = 30.0
    transport: Any = None
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    store: Store | None = field(default=None, repr=False)
    redact: Redact = field(default=redact, repr=False)


def _nothing() -> None:
    """Nothing to release."""


@frozen
class OpenBackend:
    """An opened backend: its ports, None for a port whose operations are all unsupported.

    `close` releases what it holds and may be called twice.
    """

    loans: Loans | None = None
    lines: CarrierLines | None = None
    channel: AgencyChannel | None = None
    fees: Fees | None = None
    patrons: Patrons | None = None
    notices: Notices | None = None
    holds: Holds | None = None
    catalog: Catalog | None = None
    calendars: Calendars | None = None
    store: Store | None = None
    close: Callable[[], None] = _nothing


@frozen
class BackendSpec(Generic[C]):
    """A backend that a plugin offers.

    `config` is the attrs class of its table in district.toml. `capabilities` maps ``port.operation``
    to a capability; what is not named is unsupported. `open` makes it ready, or raises
    ConfigurationError. `contract` is the inclusive range of contract versions it was written for.
    `seed` fills an empty backend with synthetic records; None where that makes no sense.
    `negotiate` gives the capabilities of one configuration where they depend on it; None means that
    `capabilities` holds for all. `harness` says as ``module:function`` what gives the conformance kit a
    system to grade the backend over; where it is blank the kit fills one by `seed`.
    """

    name: str = field(
        validator=matching(
            lambda v: isinstance(v, str) and bool(re.fullmatch(r"[a-z][a-z0-9-]*", v)), "must be a lower-case name"
        )
    )
    kind: str = field(validator=matching(lambda v: v in KINDS, "must be one of " + ", ".join(KINDS)))
    config: type[C]
    open: Callable[[C, BackendContext], OpenBackend]
    capabilities: Mapping[str, Capability]
    summary: str = ""
    contract: tuple[int, int] = (CONTRACT, CONTRACT)
    negotiate: Callable[[C], Mapping[str, Capability]] | None = None
    seed: Callable[[C, BackendContext, Seed], None] | None = None
    harness: str = field(
        default="",
        validator=matching(
            lambda v: isinstance(v, str) and bool(re.fullmatch(r"([A-Za-z_][\w.]*:[A-Za-z_]\w*)?", v)),
            "must be written module:function",
        ),
    )
    foreign_evidence: str = field(
        default="none",
        validator=matching(lambda v: v in ("none", "recorded", "live"), "must be none, recorded or live"),
    )

    def __attrs_post_init__(self) -> None:
        low, high = self.contract
        if low > high:
            raise InvalidValue("BackendSpec", "contract", "must be a range, low first")
