"""What is registered; imported whenever a district is opened, so it imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from scld_core.errors import ConfigurationError
from scld_core.kernel.capability import Full, Unsupported
from scld_core.plugins import BackendContext, BackendSpec, OpenBackend, SecretRef, hookimpl

__all__ = ["ACME", "AcmeSettings", "scld_backends"]


@frozen
class AcmeSettings:
    """``[backends.NAME] use = "acme"``: the account and where its token lies."""

    account: str
    token: SecretRef
    page_size: int = 50


def _open(settings: AcmeSettings, context: BackendContext) -> OpenBackend:
    from acme_carrier.backend import AcmeLines

    if context.transport is None:
        raise ConfigurationError(context.instance, "open", "Acme does not exist; only its fake can be reached")
    return OpenBackend(lines=AcmeLines(settings, context))


ACME = BackendSpec(
    name="acme",
    kind="carrier",
    config=AcmeSettings,
    open=_open,
    capabilities={
        "lines.iter_lines": Full(),
        "lines.get": Full(),
        "lines.suspend": Full(),
        "lines.restore": Full(),
        "lines.terminate": Unsupported("Acme ends a line by telephone only"),
        "lines.request_state": Unsupported("Acme carries every request out before it answers"),
    },
    summary="Acme Wireless",
)


@hookimpl
def scld_backends() -> Iterable[BackendSpec[Any]]:
    """One carrier."""
    return [ACME]
