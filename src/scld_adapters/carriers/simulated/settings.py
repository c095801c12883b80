"""What ``[backends.NAME] use = "simulated"`` may say."""

from __future__ import annotations

from pathlib import PurePath

from attrs import field, frozen

from scld_core.hotspots.account import Terms
from scld_core.kernel.validate import at_least, instance, matching, optional

__all__ = ["SimulatedConfig"]


def _inside(text: object) -> bool:
    if not isinstance(text, str) or not text:
        return False
    path = PurePath(text)
    return not path.is_absolute() and ".." not in path.parts


@frozen
class SimulatedConfig:
    """The account file and the contract it plays.

    `file` lies in the district's folder. `suspended_days` after which a suspension ends by itself;
    0 for never. `actions_per_day` a line may have; any number when left out. `honour_keys = false`
    plays a carrier that takes a repeated request for a new one.
    """

    file: str = field(default="carrier.sqlite", validator=matching(_inside, "must be a path inside the folder"))
    suspended_days: int = field(default=90, validator=at_least(0))
    actions_per_day: int | None = field(default=None, validator=optional(at_least(1)))
    honour_keys: bool = field(default=True, validator=instance(bool))
    page_size: int = field(default=100, validator=at_least(1))

    @property
    def terms(self) -> Terms:
        """The contract in the words of the rules."""
        return Terms(self.suspended_days or None, self.actions_per_day, self.honour_keys)
