"""Delivering: every byte, under the right name, once, seen only when whole, and nothing is ever overwritten."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.agency.decode import read_sent
from scld_core.agency.ports import Parcel
from scld_core.errors import BadInput, Conflict, Rejected
from scld_core.testing.case import Check, Excused, Unseen, check, fail, refused, require
from scld_core.testing.channel_tools import Way, found, lies, only, send
from scld_core.testing.synthetic_agency import BODIES, DIALECT, NAMES, parcel, sealed

__all__ = ["CHECKS"]


def to_the_byte(case: Way) -> None:
    """A delivered file has all its bytes and no other, whatever they are, and nothing lies beside it."""
    bench = case.open()
    sent = [Parcel(f"kit-body-{place}.bin", content) for place, content in enumerate(BODIES)]
    for count, one in enumerate(sent, 1):
        send(case, bench, one)
        only(case, bench, *sent[:count])


def under_its_name(case: Way) -> None:
    """Every file has its own name to the letter, its number included, so that none is lost or taken for another."""
    bench = case.open()
    sent = [*map(parcel, (8, 9, 10, 100)), *(Parcel(name, name.encode()) for name in NAMES)]
    for one in sent:
        send(case, bench, one)
    only(case, bench, *sent)


def same_key(case: Way) -> None:
    """The same file under the same key a second time adds nothing, and the receipt is the same."""
    bench, key = case.open(), case.key()
    first, second = (send(case, bench, parcel(1), key) for _ in range(2))
    require(first.reference == second.reference, "one key was answered with two receipts")
    only(case, bench, parcel(1))


def other_key(case: Way) -> None:
    """The same file under another key is done already or refused, and the file stays as it is."""
    bench = case.open()
    send(case, bench, parcel(1))
    try:
        send(case, bench, parcel(1))
    except (Rejected, Conflict) as refusal:
        require(parcel(1).name in str(refusal), "a refusal does not name the file")
    require(
        set(lies(case, bench)) == {(parcel(1).name, parcel(1).content)}, "a second delivery changed what lies there"
    )


def not_overwritten(case: Way) -> None:
    """A file whose name was used for other bytes is refused by its name, and the first one stays as it is."""
    bench = case.open()
    first = parcel(1)
    send(case, bench, first)
    for content in (parcel(1, 1).content, first.content[:-2], first.content + b"1,1\r\n", b""):
        other = evolve(first, content=content)
        if case.declares("delivered"):
            refusal = refused(lambda other=other: send(case, bench, other), "other bytes under a used name", Rejected)  # type: ignore[misc]
            require(first.name in str(refusal), "a refusal does not name the file")
            only(case, bench, first)
        else:  # what cannot look there cannot know; it may add, and must not replace
            send(case, bench, other)
    require(first.content in found(case, bench, first.name), "a later file of the same name replaced the first one")


def somebody_elses(case: Way) -> None:
    """What somebody else laid there under that name is not overwritten; the delivery is refused."""
    if not case.declares("delivered"):
        raise Excused("it cannot look at what is there")
    bench = case.open()
    put = case.lever(bench.put, "put")
    put(parcel(1).name, parcel(1, 1).content)
    refused(lambda: send(case, bench, parcel(1)), "delivering over somebody else's file", Rejected)
    only(case, bench, parcel(1, 1))


def named_when_whole(case: Way) -> None:
    """At no moment does a file lie under its name before all of it is there."""
    bench = case.open()
    watch = case.lever(bench.watch, "watch")
    large = Parcel(parcel(1).name, parcel(1).content * 900)
    looks: list[int] = []
    halves: list[int] = []

    def look() -> None:
        looks.append(1)
        halves.extend(len(content) for content in found(case, bench, large.name) if content != large.content)

    watch(look)
    send(case, bench, large)
    if not looks:
        raise Unseen("the harness lets nobody look while a file is on its way")
    require(not halves, f"a file lay under its name with {min(halves, default=0)} of {len(large.content)} bytes")


def control_totals(case: Way) -> None:
    """What arrives is what its manifest says: the rows, the total and the fingerprint, under its number."""
    bench = case.open()
    for number in (7, 8):
        one, manifest = sealed(number)
        send(case, bench, one)
        arrived = found(case, bench, one.name)
        require(arrived, f"file {number} did not arrive under its name")
        try:
            rows = list(read_sent(case.file(one.name, arrived[0]), DIALECT, manifest=manifest).rows)
        except BadInput as refusal:
            fail(f"file {number}: {refusal.problem}")
        require(len(rows) == manifest.rows, f"file {number} has {len(rows)} rows, not {manifest.rows}")


def _keeps_keys(case: Way) -> None:
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")


def late_key(case: Way) -> None:
    """A key that comes back late, after the agency took its file, brings nothing a second time."""
    _keeps_keys(case)
    bench, key = case.open(), case.key()
    collect = case.lever(bench.collect, "collect")
    send(case, bench, parcel(1), key)
    collect()
    case.clock.tick(days=30)
    send(case, bench, parcel(1), key)
    require(not lies(case, bench), "a key that was used before brought its file again")


def other_body(case: Way) -> None:
    """A key that was used for another file raises Conflict, and nothing is added."""
    _keeps_keys(case)
    bench, key = case.open(), case.key()
    send(case, bench, parcel(1), key)
    for other in (parcel(2), parcel(1, 1)):
        what = "a key that was used for another file"
        refused(lambda other=other: bench.channel.deliver(other, key=key), what, Conflict)  # type: ignore[misc]
    only(case, bench, parcel(1))


def _write(run: Any) -> Check[Any]:
    return check("channel", "deliver", writes=True)(run)


CHECKS: tuple[Check[Any], ...] = (
    _write(to_the_byte),
    _write(under_its_name),
    _write(same_key),
    _write(other_key),
    _write(not_overwritten),
    _write(somebody_elses),
    _write(named_when_whole),
    _write(control_totals),
    _write(late_key),
    _write(other_body),
)
"""In the order of the report."""
