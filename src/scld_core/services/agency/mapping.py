"""From an agency's export to a dialect of it: proposed, looked at, saved once and never over another."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from scld_core.agency import mapping
from scld_core.errors import BadInput

__all__ = ["Mapped", "map_columns"]


@frozen
class Mapped:
    """A proposal, and where it is going to be saved."""

    proposal: mapping.Proposal
    path: Path

    @property
    def decided(self) -> bool:
        """Whether nothing is left that only a person can know."""
        return not self.proposal.undecided

    def save(self, *, confirmed: bool) -> Path:
        """Write it; unconfirmed it is there to be edited, and no comparison takes it."""
        mapping.save(self.proposal, self.path, confirmed=confirmed)
        return self.path


def map_columns(source: Path, target: Path) -> Mapped:
    """Look at the export; raises BadInput where `target` exists, since somebody may have worked on it."""
    if target.exists():
        raise BadInput(str(target), "exists already, and may have been edited", "Give another name, or remove it first")
    if target.suffix != ".toml":
        raise BadInput(str(target), "is no name for a dialect file", "Let it end in .toml, so that --dialect finds it")
    return Mapped(mapping.propose(source), target)
