"""Every exception scld raises, in one tree.

::

    ScldError
    ├── InvalidValue            a value breaks its own class's rule (the value is never in the text)
    ├── BadInput                what a person gave is wrong; says what, where, what to do  (exit 2)
    │   ├── SettingsError       district.toml or a backend's table, with the path
    │   ├── ProfileRefused      a policy profile breaks its format or the law
    │   ├── PolicyMissing       policy values without a sourced default are not set
    │   ├── FileRefused         a whole file cannot be used
    │   └── MissingExtra        an optional library is not installed
    ├── GuardStopped            nothing was changed, on purpose                            (exit 4)
    │   ├── StaleFacts          the facts are older than max_fact_age
    │   ├── SnapshotRefused     an empty, shrunken or partial answer of a system
    │   ├── BlastRadius         too many risky steps in one run
    │   └── RunInProgress       another run works on this district
    ├── PluginError             a plugin cannot be used; lands in the LoadReport
    └── BackendError            a foreign system failed; `retry` says what may be done
        ├── ConfigurationError  never     the adapter's configuration is wrong
        ├── ServiceAuthError    never     the system refuses our service account's login
        ├── PermissionDenied    never     our service account may not do this
        ├── NotFound            never     the system does not know that key
        ├── Conflict            never     somebody changed it meanwhile; never leaves a desk
        ├── UnsupportedOperation never    declared as unsupported
        ├── Rejected            never     the system understood and refused
        ├── RateLimited         after     asked us to come back later; nothing was done
        ├── Unavailable         safe      provably before any effect
        ├── DeadlineExceeded    safe      our own time ran out before sending
        ├── OutcomeUnknown      same_key  may or may not have happened
        ├── ProtocolViolation   never     the answer is not what the protocol allows
        └── AdapterBug          never     the adapter raised something else; fails conformance
"""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

__all__ = [
    "AdapterBug",
    "BackendError",
    "BadInput",
    "BlastRadius",
    "ConfigurationError",
    "Conflict",
    "DeadlineExceeded",
    "FileRefused",
    "GuardStopped",
    "InvalidValue",
    "MissingExtra",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "PluginError",
    "PolicyMissing",
    "ProfileRefused",
    "ProtocolViolation",
    "RateLimited",
    "Rejected",
    "Retry",
    "RunInProgress",
    "ScldError",
    "ServiceAuthError",
    "SettingsError",
    "SnapshotRefused",
    "StaleFacts",
    "Unavailable",
    "UnsupportedOperation",
]


class ScldError(Exception):
    """Root of everything scld raises on purpose."""


class InvalidValue(ScldError, ValueError):
    """A value breaks the rule of its class.

    The text names class, field and rule and never repeats the value, because the
    value may be somebody's personal data.
    """

    def __init__(self, owner: str, field: str, rule: str) -> None:
        super().__init__(f"{owner}.{field}: {rule}" if field else f"{owner}: {rule}")
        self.owner = owner
        self.field = field
        self.rule = rule


class BadInput(ScldError):
    """Something a person supplied cannot be used.

    `where` is a path, key or file; `problem` what is wrong; `remedy` what to do.
    """

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {problem}" + (f". {remedy}" if remedy else ""))
        self.where = where
        self.problem = problem
        self.remedy = remedy


class SettingsError(BadInput):
    """district.toml or a backend's table is wrong at a named path."""


class ProfileRefused(BadInput):
    """A policy profile breaks its format or a legal rule, which the text cites."""


class PolicyMissing(BadInput):
    """Policy values that have no sourced default are not set; `keys` names all of them."""

    def __init__(self, where: str, keys: tuple[str, ...]) -> None:
        super().__init__(
            where,
            "these values have no sourced default and are not set: " + ", ".join(keys),
            "Set each under [policy] in district.toml; `scld init` lists them commented out",
        )
        self.keys = keys


class FileRefused(BadInput):
    """A whole file is refused: its header, manifest or encoding cannot be trusted."""


class MissingExtra(BadInput):
    """An optional library is missing; the text carries the command that installs it."""

    def __init__(self, extra: str, library: str) -> None:
        super().__init__(library, f"needs the extra '{extra}'", f"Install it with: pip install 'scld[{extra}]'")
        self.extra = extra


class GuardStopped(ScldError):
    """A guard stopped the run before it changed anything."""


class StaleFacts(GuardStopped):
    """The facts of a source are older than the policy's max_fact_age, or of unknown age."""


class SnapshotRefused(GuardStopped):
    """A system answered with an empty, shrunken or partial list."""


class BlastRadius(GuardStopped):
    """One run would take more risky steps than the policy allows without confirmation."""

    def __init__(self, text: str, count: int) -> None:
        super().__init__(text)
        self.count = count


class RunInProgress(GuardStopped):
    """Another process is running on this district."""


class PluginError(ScldError):
    """A plugin cannot be used; the registry records it and goes on without it."""


class Retry(Enum):
    """What a caller may do after a fault."""

    NEVER = "never"
    SAFE = "safe"
    SAME_KEY = "same_key"
    AFTER = "after"


class BackendError(ScldError):
    """A foreign system failed in `operation` of the backend instance `backend`."""

    retry: ClassVar[Retry] = Retry.NEVER

    def __init__(self, backend: str, operation: str, problem: str) -> None:
        super().__init__(f"{backend}.{operation}: {problem}")
        self.backend = backend
        self.operation = operation
        self.problem = problem


class ConfigurationError(BackendError):
    """The backend's configuration is wrong; never a reason to fall back to another."""


class ServiceAuthError(BackendError):
    """The system refuses the login of our service account."""


class PermissionDenied(BackendError):
    """Our service account is not permitted to do this."""


class NotFound(BackendError):
    """The system does not know the key."""


class Conflict(BackendError):
    """The record changed between our read and our write."""


class UnsupportedOperation(BackendError):
    """The backend declares that it cannot do this."""


class Rejected(BackendError):
    """The system understood the request and refused it; nothing was changed."""


class RateLimited(BackendError):
    """The system asks us to come back later; `retry_after` is seconds, None when unsaid."""

    retry = Retry.AFTER

    def __init__(self, backend: str, operation: str, problem: str, retry_after: float | None = None) -> None:
        super().__init__(backend, operation, problem)
        self.retry_after = retry_after


class Unavailable(BackendError):
    """The system could not be reached, provably before any effect."""

    retry = Retry.SAFE


class DeadlineExceeded(BackendError):
    """The time given to the operation ran out before anything was sent."""

    retry = Retry.SAFE


class OutcomeUnknown(BackendError):
    """The request may or may not have had its effect; repeat only with the same key."""

    retry = Retry.SAME_KEY

    def __init__(self, backend: str, operation: str, problem: str, key: str) -> None:
        super().__init__(backend, operation, problem)
        self.key = key


class ProtocolViolation(BackendError):
    """The system's answer is not one that its protocol allows."""


class AdapterBug(BackendError):
    """The adapter raised an exception outside this tree, or broke its declaration."""
