"""Lists that come in pages by offset: whole, or visibly not whole, never silently wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from attrs import frozen

from scld_adapters._shared.faults import Call, undecodable

__all__ = ["Batch", "offset_batches"]

W = TypeVar("W")


@frozen
class Batch(Generic[W]):
    """Some rows and the length that the system announces for the whole list, None when it announces none.

    `last` is set by `offset_batches` when nothing follows.
    """

    rows: tuple[W, ...]
    total: int | None = None
    last: bool = False


def offset_batches(
    fetch: Callable[[int], Batch[W]], *, size: int, key: Callable[[W], Hashable], call: Call
) -> Iterator[Batch[W]]:
    """Every batch of the list that `fetch(offset)` reads in pages of at most `size` rows.

    A row seen before, a total that changes on the way, more rows than announced, or a page longer
    than asked for raise ProtocolViolation: such a list has gaps that cannot be seen. An empty page
    before the announced total ends the list without `last`. Where nothing is announced, a page
    shorter than `size` is the end.
    """
    seen: set[Hashable] = set()
    announced: int | None = None
    while True:
        batch = fetch(len(seen))
        if seen and batch.total != announced:
            raise undecodable(call, f"the list changed its length from {announced} to {batch.total} while it was read")
        announced = batch.total
        _grow(seen, batch, size=size, key=key, call=call)
        ended = len(batch.rows) < size if announced is None else len(seen) >= announced
        yield Batch(batch.rows, announced, last=ended)
        if ended or not batch.rows:
            return


def _grow(seen: set[Hashable], batch: Batch[W], *, size: int, key: Callable[[W], Hashable], call: Call) -> None:
    before = len(seen)
    seen.update(key(row) for row in batch.rows)
    if len(batch.rows) > size:
        raise undecodable(call, f"a page has {len(batch.rows)} rows where at most {size} were asked for")
    if len(seen) - before != len(batch.rows):
        raise undecodable(call, "a page repeats rows that were listed before")
    if batch.total is not None and len(seen) > batch.total:
        raise undecodable(call, f"the list has more rows than the {batch.total} it announces")
