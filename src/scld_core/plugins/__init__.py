"""How backends and declarations are found, checked and called."""

from scld_core.plugins.guard import guard, open_backend
from scld_core.plugins.hookspecs import (
    OperationEvent,
    Redactor,
    ScldHooks,
    Veto,
    WriteNotice,
    hookimpl,
    hookspec,
)
from scld_core.plugins.registry import Registry, RegistrySettings
from scld_core.plugins.report import LoadLine, LoadReport, LoadState
from scld_core.plugins.spec import CONTRACT, KINDS, BackendContext, BackendSpec, OpenBackend, SecretRef

__all__ = [
    "CONTRACT",
    "KINDS",
    "BackendContext",
    "BackendSpec",
    "LoadLine",
    "LoadReport",
    "LoadState",
    "OpenBackend",
    "OperationEvent",
    "Redactor",
    "Registry",
    "RegistrySettings",
    "ScldHooks",
    "SecretRef",
    "Veto",
    "WriteNotice",
    "guard",
    "hookimpl",
    "hookspec",
    "open_backend",
]
