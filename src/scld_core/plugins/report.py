"""What loading plugins came to, one line for each."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from scld_core.kernel.validate import instance, nonempty

__all__ = ["LoadLine", "LoadReport", "LoadState"]


class LoadState(Enum):
    """Loaded; partly, where single offers were refused; failed as a whole; denied by settings; absent."""

    LOADED = "loaded"
    PARTLY = "partly"
    FAILED = "failed"
    DENIED = "denied"
    ABSENT = "absent"


@frozen
class LoadLine:
    """One plugin: its name, the distribution it came with, what it offers and what is wrong with it."""

    plugin: str = field(validator=nonempty)
    state: LoadState = field(validator=instance(LoadState))
    distribution: str = ""
    version: str = ""
    problems: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()

    def __str__(self) -> str:
        origin = f" ({self.distribution} {self.version})" if self.distribution else ""
        said = "; ".join(self.problems) or ", ".join(self.offers) or "offers nothing"
        return f"{self.plugin}{origin}: {self.state.value}: {said}"


@frozen
class LoadReport:
    """All plugins that were found, in loading order."""

    lines: tuple[LoadLine, ...] = ()

    @property
    def faulty(self) -> tuple[LoadLine, ...]:
        """The lines that say what is wrong; denied plugins are not wrong."""
        return tuple(line for line in self.lines if line.problems and line.state is not LoadState.DENIED)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))
