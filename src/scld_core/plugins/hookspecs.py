"""The six hooks of scld, and the frozen records that go through them.

A plugin is a module named by an entry point of the group ``scld``; it is imported whenever a
district is opened, so it should import nothing heavy. Hooks register and announce. None of them is
called per record, and none carries out an operation: that is what a backend's ports are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pluggy
from attrs import field, frozen

from scld_core.kernel.actor import Actor
from scld_core.kernel.validate import instance, instant, nonempty
from scld_core.plugins.spec import BackendSpec, SecretRef

__all__ = [
    "PROJECT",
    "OperationEvent",
    "Redactor",
    "ScldHooks",
    "Veto",
    "WriteNotice",
    "hookimpl",
    "hookspec",
]

PROJECT = "scld"
"""The name that hook markers and the entry-point group share."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of the hook of that name."""


@frozen
class WriteNotice:
    """A write that is about to be sent. Holds ids and names of actions, never a patron's data."""

    area: str = field(validator=nonempty)
    action: str = field(validator=nonempty)
    subject: str = field(validator=nonempty)
    actor: Actor = field(validator=instance(Actor))
    run: str = ""
    step: str = ""


@frozen
class Veto:
    """Why a write must not be sent; `plugin` is filled in by the registry."""

    reason: str = field(validator=nonempty)
    plugin: str = ""


@frozen
class OperationEvent:
    """What became of a write: `result` is the word of its receipt, such as applied or unknown."""

    area: str = field(validator=nonempty)
    action: str = field(validator=nonempty)
    subject: str = field(validator=nonempty)
    result: str = field(validator=nonempty)
    at: datetime = field(validator=instant)
    actor: Actor = field(validator=instance(Actor))
    run: str = ""
    step: str = ""


@frozen
class Redactor:
    """A named function that takes secrets and personal data out of a text."""

    name: str = field(validator=nonempty)
    redact: Callable[[str], str]


class ScldHooks(Protocol):
    """What a plugin may implement; every hook is optional, and each docstring is a whole plugin.

    An implementation takes the arguments it needs by these names, without defaults.
    """

    @hookspec
    def scld_backends(self) -> Iterable[BackendSpec[Any]]:
        """Offer backends; called once, when the plugin is loaded.

        ::

            from attrs import frozen
            from scld_core.kernel.capability import Full
            from scld_core.plugins import BackendSpec, OpenBackend, hookimpl

            @frozen
            class Settings:
                account: str

            def open_portal(settings, context):
                from my_portal.backend import Lines  # heavy imports belong here
                return OpenBackend(lines=Lines(settings, context))

            @hookimpl
            def scld_backends():
                yield BackendSpec(
                    "my-portal", "carrier", Settings, open_portal, {"lines.iter_lines": Full(), "lines.get": Full()}
                )
        """
        ...

    @hookspec
    def scld_declarations(self) -> Iterable[object]:
        """Offer policy profiles, dialects, recipes, reports: frozen values, filed by their class; called once.

        ::

            from attrs import frozen
            from scld_core.plugins import hookimpl

            @frozen
            class Shelf:  # in earnest: a class that scld or another plugin asks the registry for
                name: str

            @hookimpl
            def scld_declarations():
                return [Shelf("returns")]
        """
        ...

    @hookspec
    def scld_before_write(self, notice: WriteNotice) -> Veto | None:
        """Say why a write must not be sent, or None.

        All implementations are asked, in no promised order; one veto is enough, and an exception is
        a veto.

        ::

            from scld_core.plugins import Veto, hookimpl

            @hookimpl
            def scld_before_write(notice):
                if notice.action == "hotspots.terminate":
                    return Veto("terminations are done in the portal by two people")
                return None
        """
        ...

    @hookspec
    def scld_operation_done(self, event: OperationEvent) -> None:
        """Hear what became of an operation, after it is durable; an exception changes nothing.

        ::

            from scld_core.plugins import hookimpl

            counts = {}

            @hookimpl
            def scld_operation_done(event):
                counts[event.result] = counts.get(event.result, 0) + 1
        """
        ...

    @hookspec(firstresult=True)
    def scld_resolve_secret(self, ref: SecretRef, folder: Path) -> str | None:
        """Give the text behind a reference, or None when its scheme is not yours.

        `folder` is the district's folder. Raise SettingsError when the scheme is yours and the
        secret cannot be had; no message may contain the secret.

        ::

            import subprocess
            from scld_core.plugins import hookimpl

            @hookimpl
            def scld_resolve_secret(ref):
                scheme, _, name = ref.ref.partition(":")
                if scheme != "pass":
                    return None
                return subprocess.run(["pass", "show", name], capture_output=True, text=True, check=True).stdout.strip()
        """
        ...

    @hookspec
    def scld_redactors(self) -> Iterable[Redactor]:
        """Offer functions that take secrets and personal data out of texts; called once.

        They see every error, status word and detail that a backend gives, what operators type (notes,
        reasons), and every text that is logged. After them the built-in redactor takes out library
        card numbers, e-mail addresses and telephone numbers.

        ::

            import re
            from scld_core.plugins import Redactor, hookimpl

            @hookimpl
            def scld_redactors():
                return [Redactor("accounts", lambda text: re.sub(r"ACC-[0-9]+", "(account)", text))]
        """
        ...
