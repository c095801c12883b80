"""How backends and declarations are found, checked and called."""

from scld_core.plugins.hookspecs import (
    OperationEvent,
    Redactor,
    ScldHooks,
    Veto,
    WriteNotice,
    hookimpl,
    hookspec,
)
from scld_core.plugins.spec import CONTRACT, KINDS, BackendContext, BackendSpec, OpenBackend, SecretRef

__all__ = [
    "CONTRACT",
    "KINDS",
    "BackendContext",
    "BackendSpec",
    "OpenBackend",
    "OperationEvent",
    "Redactor",
    "ScldHooks",
    "SecretRef",
    "Veto",
    "WriteNotice",
    "hookimpl",
    "hookspec",
]
