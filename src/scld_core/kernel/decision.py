"""Decisions and their reasons: codes and typed parameters; text is made at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, nonempty

__all__ = ["Answers", "Decision", "Question", "Reason", "Unanswered", "Verdict", "ask", "deny", "permit", "refer"]


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
        """The sentence for this code out of `templates` (code -> format string).

        A code or parameter that these do not know, as one of another version, is shown as it is.
        """
        if self.fits(templates):
            return templates[self.code].format(**dict(self.params))
        params = ", ".join(f"{name} {value}" for name, value in self.params)
        return f"{self.code} ({params})" if params else self.code

    def fits(self, templates: Mapping[str, str]) -> bool:
        """Whether `templates` have a sentence for this code and its parameters."""
        try:
            templates[self.code].format(**dict(self.params))
        except (LookupError, ValueError):
            return False
        return True


class Verdict(Enum):
    """Yes; no; another actor decides; or something has to be answered first."""

    PERMIT = "permit"
    DENY = "deny"
    REFER = "refer"
    ASK = "ask"


@frozen
class Question:
    """One question: its code, the asking system's words, and the answers it takes.

    `choices` are (answer, words for people) pairs; a question that is answered yes or no has these two.
    """

    code: str = field(validator=nonempty)
    words: str = field(validator=nonempty)
    choices: tuple[tuple[str, str], ...] = (("yes", "Yes"), ("no", "No"))

    def __attrs_post_init__(self) -> None:
        if len(dict(self.choices)) != len(self.choices) or not self.choices:
            raise InvalidValue("Question", "choices", "must be there, each once")

    def takes(self, answer: str) -> bool:
        """Whether an answer is one of the choices."""
        return answer in dict(self.choices)


@frozen
class Answers:
    """What was answered, by code of the question, and the token under which it was asked."""

    given: tuple[tuple[str, str], ...]
    token: str = field(default="", repr=False)

    def to(self, question: Question) -> str | None:
        """The answer to a question; None where there is none."""
        return dict(self.given).get(question.code)


@frozen
class Unanswered:
    """A system's answer to a request that it will not carry out before something is answered."""

    questions: tuple[Question, ...] = field(validator=each(instance(Question)))
    token: str = field(default="", repr=False, validator=instance(str))


@frozen
class Decision:
    """A verdict with all its reasons; a denial or referral always has at least one.

    Only an ask has questions, and always has. `token` resumes it and is opaque.
    """

    verdict: Verdict = field(validator=instance(Verdict))
    reasons: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))
    questions: tuple[Question, ...] = field(default=(), validator=each(instance(Question)))
    token: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        asks = self.verdict is Verdict.ASK
        if asks != bool(self.questions):
            raise InvalidValue("Decision", "questions", "are for an ask, which needs one")
        if self.verdict in (Verdict.DENY, Verdict.REFER) and not self.reasons:
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


def ask(*questions: Question, token: str = "", reasons: tuple[Reason, ...] = ()) -> Decision:
    """Not before these are answered."""
    return Decision(Verdict.ASK, reasons, questions, token)
