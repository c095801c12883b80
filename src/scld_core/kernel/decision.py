"""Decisions and their reasons: codes and typed parameters; text is made at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, nonempty

__all__ = ["Decision", "Reason", "Verdict", "deny", "permit", "refer"]


@frozen
class Reason:
    """Why: a code of its area, the parameters of its sentence, the policy section and version.

    `params` are (name, text) pairs; they never carry personal data, since reasons are printed.
    """

    code: str = field(validator=nonempty)
    params: tuple[tuple[str, str], ...] = ()
    section: str = ""
    version: str = ""

    def text(self, templates: Mapping[str, str]) -> str:
        """The sentence for this code out of `templates` (code -> format string)."""
        return templates[self.code].format(**dict(self.params))


class Verdict(Enum):
    """The three answers a rule of this house gives so far."""

    PERMIT = "permit"
    DENY = "deny"
    REFER = "refer"


@frozen
class Decision:
    """A verdict with all its reasons; a denial or referral always has at least one."""

    verdict: Verdict = field(validator=instance(Verdict))
    reasons: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))

    def __attrs_post_init__(self) -> None:
        if self.verdict is not Verdict.PERMIT and not self.reasons:
            raise InvalidValue("Decision", "reasons", f"a {self.verdict.value} needs a reason")

    @property
    def permitted(self) -> bool:
        """Whether the verdict is permit."""
        return self.verdict is Verdict.PERMIT


def permit(*reasons: Reason) -> Decision:
    """Yes."""
    return Decision(Verdict.PERMIT, reasons)


def deny(*reasons: Reason) -> Decision:
    """No, for all of `reasons`."""
    return Decision(Verdict.DENY, reasons)


def refer(*reasons: Reason) -> Decision:
    """Somebody else decides."""
    return Decision(Verdict.REFER, reasons)
