"""Range labels: what the end panel of each shelf or bay says, as short as tells it from its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from attrs import field, frozen

from scld_core.catalog.call_number import sort_key
from scld_core.catalog.call_number_shelving import Shelving
from scld_core.kernel.validate import instance, optional

__all__ = ["RangeLabel", "range_labels"]


@frozen
class RangeLabel:
    """From the place of `first` through everything that begins with `last`; `str` joins them with a dash.

    With `exact` the range ends at `last` itself: the next shelf begins with a number that goes on from there.
    """

    first: str = field(validator=instance(str))
    last: str = field(validator=instance(str))
    shelving: Shelving | None = field(default=None, repr=False, validator=optional(instance(Shelving)))
    exact: bool = field(default=False, validator=instance(bool))

    def covers(self, text: str) -> bool:
        """Whether the call number `text` belongs here."""
        key, end = sort_key(text, self.shelving), sort_key(self.last, self.shelving)
        return sort_key(self.first, self.shelving) <= key and (key <= end or (key.startswith(end) and not self.exact))

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first} \N{EN DASH} {self.last}"


def range_labels(shelves: Iterable[Sequence[str]], shelving: Shelving | None = None) -> tuple[RangeLabel | None, ...]:
    """One label for each of `shelves`, given in order with the call numbers on them; None for an empty one.

    Each side is cut to the fewest signs that no neighbouring shelf shares: ``641.5 COR`` beside ``641.5 BET``, plain
    ``796`` where the next shelf begins with 797. Where two shelves share a place, that call number stays whole.
    """
    rows = [sorted(shelf, key=lambda text: sort_key(text, shelving)) for shelf in shelves]
    full = [row for row in rows if row]
    befores = [None, *(row[-1] for row in full)]
    behinds = [*(row[0] for row in full[1:]), None]
    labels = map(partial(_label, shelving), full, befores, behinds)
    return tuple(next(labels) if row else None for row in rows)


def _label(shelving: Shelving | None, row: Sequence[str], before: str | None, behind: str | None) -> RangeLabel:
    below = "" if before is None else sort_key(before, shelving)
    above = None if behind is None else sort_key(behind, shelving)
    first, low = next((cut for cut in _cuts(row[0], shelving) if cut[1] > below), (row[0], sort_key(row[0], shelving)))
    ends = (cut for cut, key in _cuts(row[-1], shelving) if key >= low and not (above and above.startswith(key)))
    last = next(ends, None)
    return RangeLabel(first, row[-1] if last is None else last, shelving, exact=last is None)


def _cuts(text: str, shelving: Shelving | None) -> Iterable[tuple[str, str]]:
    """Beginnings of `text` that begin its key as well, shortest first: 641.5 has 641 and not 64."""
    whole = sort_key(text, shelving)
    for end in range(1, len(text) + 1):
        if text[end - 1].isalnum():
            cut = text[:end].strip()
            key = sort_key(cut, shelving)
            if key and whole.startswith(key):
                yield cut, key
