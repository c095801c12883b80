"""What ``[backends.NAME] use = "agency-drop"`` may say."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.kernel.validate import instance, nonempty

__all__ = ["AgencyDropSettings"]


@frozen
class AgencyDropSettings:
    """The folder files are put into, absolute or inside the district's folder; it must exist.

    `taken_away` says that whoever collects the files removes them: then a file that is not there
    proves nothing. Set it to false where they stay.
    """

    folder: str = field(validator=nonempty)
    taken_away: bool = field(default=True, validator=instance(bool))
