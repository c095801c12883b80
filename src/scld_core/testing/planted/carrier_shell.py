"""Carriers that break the rules around their operations: declarations, secrets, closing, instances."""

from __future__ import annotations

import logging
from collections.abc import Callable

from attrs import evolve

from scld_core.errors import UnsupportedOperation
from scld_core.hotspots.model import LineView
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.devices import Line
from scld_core.memory.carrier import MemoryBook
from scld_core.plugins.spec import SecretRef
from scld_core.runs.model import Answer, ReadBack
from scld_core.testing.harness import CarrierBench, Harness, World
from scld_core.testing.planted.carrier_base import STUDY, Spoilt, bug
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL, lines_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class SecretInFault(Spoilt):
    """Repeats the whole request, token included, in what it raises."""

    def get(self, line: Line) -> LineView:
        """The line, or a fault that says too much."""
        try:
            return super().get(line)
        except Exception as error:
            token = self.world.context.secret(SecretRef("env:TOKEN"))
            raise UnsupportedOperation("kit", "get", f"GET /lines Authorization: Bearer {token}") from error


class SecretInLog(Spoilt):
    """Logs what it sends, at a level that nobody looks at."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """As the reference does, and aloud."""
        _logger.debug("POST /suspend with token %s", self.world.context.secret(SecretRef("env:TOKEN")))
        return super().suspend(line, key=key)


class SecretInRepr(Spoilt):
    """Shows its password when it is printed."""

    def __repr__(self) -> str:
        """Everything."""
        return f"SecretInRepr(password={self.world.context.secret(SecretRef('env:PASSWORD'))})"


class DisclosesPatron(Spoilt):
    """Tells the carrier who has the device."""

    def prepare(self) -> None:
        """What was sent."""
        self.sent: list[str] = []

    def suspend(self, line: Line, *, key: str) -> Answer:
        """With the borrower's number beside the line's."""
        store = self.world.context.store
        if store is not None:
            with store.transaction() as unit:
                self.sent.extend(f"borrowerId={patron}" for patron, _ in unit.records("patrons").items())
        return super().suspend(line, key=key)

    def bench(self) -> CarrierBench:
        """With what was sent."""
        return evolve(super().bench(), texts=lambda: self.sent)


class CannotCloseTwice(Spoilt):
    """Releases what it has released already."""

    def prepare(self) -> None:
        """Open."""
        self.closed = False

    def close(self) -> None:
        """Once only."""
        if self.closed:
            raise RuntimeError("closed")
        self.closed = True

    def bench(self) -> CarrierBench:
        """With its own close; what the check leaves open is not closed again."""

        def release() -> None:
            self.close()

        return evolve(super().bench(), close=release)


class BreaksAfterClose(Spoilt):
    """Raises what its connection raises once it is closed."""

    def prepare(self) -> None:
        """Open."""
        self.closed = False

    def request_state(self, reference: str) -> ReadBack:
        """Through the connection."""
        if self.closed:
            raise AttributeError("'NoneType' object has no attribute 'send'")
        return super().request_state(reference)

    def bench(self) -> CarrierBench:
        """With a close that only forgets."""

        def forget() -> None:
            self.closed = True

        return evolve(super().bench(), close=forget)


class SharedAccount(Spoilt):
    """Keeps its account where every instance of its class finds it."""

    common = MemoryBook()

    def prepare(self) -> None:
        """The account of whoever came first."""
        self.book = self.common


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Not yet written."""
        raise UnsupportedOperation("kit", "terminate", f"not implemented ({line}, {key})")


class WorksUndeclared(Spoilt):
    """Carries out what it declares as not offered."""


def _undeclared() -> Harness[CarrierBench]:
    whole = lines_harness(lambda world: WorksUndeclared(world).bench(), "undeclared but carried out")
    return evolve(whole, capabilities={**FULL, "lines.terminate": Unsupported("no such request")})


def _of(source: str) -> Callable[..., Planted]:
    def made(kind: Callable[[World], Spoilt], name: str, caught_by: str) -> Planted:
        return bug(kind, name, source=source, caught_by=caught_by)

    return made


_privacy = _of("Koha plugin for Kajeet: patron number disclosed (hotspots study C6, property 12)")
_secrets = _of("PIN in an error, cards in debug logs (driver study, section 4, planted adapters)")
_study = _of(STUDY)

BUGS: tuple[Planted, ...] = (
    _study(DeclaredInVain, "declared but unsupported", "declared"),
    Planted("undeclared but carried out", STUDY, "lines.declared", "lines", _undeclared),
    *loose_settings("lines", "carrier", lines_harness(lambda world: Spoilt(world).bench())),
    _secrets(SecretInFault, "secret in an exception", "keeps-secrets"),
    _secrets(SecretInLog, "secret in a log", "keeps-secrets"),
    _secrets(SecretInRepr, "secret in a repr", "keeps-secrets"),
    _privacy(DisclosesPatron, "patron's number sent to the carrier", "tells-no-patron"),
    _study(CannotCloseTwice, "second close breaks", "closes-twice"),
    _study(BreaksAfterClose, "use after close breaks", "after-close"),
    _study(SharedAccount, "instances share their account", "answers-of-its-own"),
    _study(SharedAccount, "instances share their changes", "shares-nothing"),
)
"""In the order of the checks."""
