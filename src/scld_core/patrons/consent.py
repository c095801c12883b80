"""What a patron has agreed to. Nothing is agreed to until somebody says so, and merging never widens it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, instant, nonempty

__all__ = ["Consent", "ConsentKind", "Consents", "narrower"]


class ConsentKind(Enum):
    """What can be agreed to, each by itself."""

    NOTICES_BY_TEXT = "notices_by_text"
    NOTICES_BY_EMAIL = "notices_by_email"
    READING_HISTORY = "reading_history"
    PHOTO = "photo"
    NEWS = "news"
    INTERNET_AS_MINOR = "internet_as_minor"  # a guardian's permission


@frozen(kw_only=True)
class Consent:
    """One consent that was given or withdrawn: since when, and by whom it was written down."""

    kind: ConsentKind = field(validator=instance(ConsentKind))
    given: bool = field(validator=instance(bool))
    since: datetime = field(validator=instant)
    by: str = field(validator=nonempty)


@frozen
class Consents:
    """The present word on each kind; a kind that is not there was never given."""

    words: tuple[Consent, ...] = field(default=(), validator=each(instance(Consent)))

    def __attrs_post_init__(self) -> None:
        if len(self.by_kind) != len(self.words):
            raise InvalidValue("Consents", "words", "must have each kind once")

    @property
    def by_kind(self) -> Mapping[ConsentKind, Consent]:
        """The word on each kind that has one."""
        return {word.kind: word for word in self.words}

    def given(self, kind: ConsentKind) -> bool:
        """Whether a kind is agreed to."""
        word = self.by_kind.get(kind)
        return word is not None and word.given

    def with_word(self, word: Consent) -> Consents:
        """These with a newer word on one kind; an older word than the present one changes nothing."""
        before = self.by_kind.get(word.kind)
        if before is not None and before.since > word.since:
            return self
        return _ordered({**self.by_kind, word.kind: word})


def narrower(one: Consents, other: Consents) -> Consents:
    """What both agree to. A withdrawal stays known; of two equal words the later one does.

    Commutative, associative and idempotent.
    """
    ours, theirs = one.by_kind, other.by_kind
    kept: dict[ConsentKind, Consent] = {}
    for kind in ConsentKind:
        said = [word for word in (ours.get(kind), theirs.get(kind)) if word is not None]
        withdrawn = [word for word in said if not word.given]
        if withdrawn or len(said) == 2:
            kept[kind] = max(withdrawn or said, key=lambda word: (word.since, word.by))
    return _ordered(kept)


def _ordered(words: Mapping[ConsentKind, Consent]) -> Consents:
    return Consents(tuple(words[kind] for kind in ConsentKind if kind in words))
