"""Two patron records that turn out to be one person: what becomes of their referrals."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from scld_core.agency.referral import Episode, Happening
from scld_core.agency.states import ReferralEvent, Resolution
from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty

__all__ = ["Merge", "Referred", "merge", "replace_card"]


@frozen
class Referred:
    """A patron's referrals, with the numbers the patron is and was known by, present ones first."""

    exempt: bool = field(validator=instance(bool))
    episodes: tuple[Episode, ...] = field(default=(), validator=each(instance(Episode)))
    patron: str = personal(default="", validator=nonempty)
    identifiers: tuple[str, ...] = personal(default=(), validator=each(nonempty))

    @property
    def never_again(self) -> bool:
        """Whether the patron is exempt, by a note or because a referral was taken back for it."""
        return self.exempt or any(episode.resolution is Resolution.EXEMPTED for episode in self.episodes)


@frozen
class Merge:
    """The merged patron, or None and the agencies with which both records have an open referral."""

    merged: Referred | None
    by_hand: tuple[str, ...] = ()


def merge(gone: Referred, kept: Referred, *, at: datetime, by: str) -> Merge:
    """`gone` merged into `kept`, whichever of them is in collection.

    Identifiers are united, an exemption of either holds, the open referral of either goes on and
    owes the agency the new numbers. Where both have one with the same agency nothing is merged: a
    person has to end one of them first.
    """
    if gone.patron == kept.patron:
        raise InvalidValue("merge", "gone", "must be another record than the one kept")
    mine = {episode.agency for episode in kept.episodes if episode.is_open}
    both = sorted({episode.agency for episode in gone.episodes if episode.is_open} & mine)
    if both:
        return Merge(None, tuple(both))
    numbers = _united(kept.identifiers, gone.identifiers, (gone.patron,))
    evidence = f"merge recorded {at.isoformat()}"
    episodes = tuple(
        _renamed(episode, Happening(_RENAMED, at, by, evidence, "merged", patron=kept.patron, identifiers=numbers))
        for episode in (*kept.episodes, *gone.episodes)
    )
    exempt = kept.exempt or gone.exempt
    return Merge(Referred(exempt, episodes, kept.patron, numbers))


def replace_card(known: Referred, card: str, *, at: datetime, by: str) -> Referred:
    """With a new present card; the old ones stay known, and open referrals owe the agency the new one."""
    numbers = _united((card,), known.identifiers)
    evidence = f"card replaced {at.isoformat()}"
    happening = Happening(_RENAMED, at, by, evidence, "card replaced", patron=known.patron, identifiers=numbers)
    episodes = tuple(_renamed(episode, happening) for episode in known.episodes)
    return evolve(known, episodes=episodes, identifiers=numbers)


_RENAMED = ReferralEvent.IDENTITY_CHANGED


def _united(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _renamed(episode: Episode, happening: Happening) -> Episode:
    """An ended referral stays under the number it ended under."""
    return episode.after(happening) if episode.is_open else episode
