"""What the district keeps of its patrons beside the ILS: guardians, consents, standings, attempts, and drafts.

What was written under a record that was merged is read as the survivor's, by the stricter of two: so a
merge loses nothing of it, whoever made it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import InvalidValue
from scld_core.kernel.ids import PatronId
from scld_core.kernel.validate import each, instance
from scld_core.patrons.consent import Consents, narrower
from scld_core.patrons.guardians import GuardianLink
from scld_core.patrons.merge import Standing, united
from scld_core.patrons.person import Patron
from scld_core.patrons.verification import Attempt
from scld_core.runs.ports import Store, Unit

__all__ = ["ATTEMPTS", "DRAFTS", "FILES", "Drafts", "PatronFile", "change_file", "count_attempt", "stored_file"]

FILES = "patrons.file"
"""The kind of record of a patron's file, by id."""

ATTEMPTS = "patrons.attempts"
"""The kind of record of the attempts to be taken for a patron, by id; those of one day."""

DRAFTS = "patrons.draft"
"""The kind of record of what a form says while it is being carried out."""

T = TypeVar("T")


@frozen
class PatronFile:
    """What the district itself has written down of a patron."""

    guardians: tuple[GuardianLink, ...] = field(default=(), validator=each(instance(GuardianLink)))
    consents: Consents = field(factory=Consents, validator=instance(Consents))
    restrictions: tuple[Standing, ...] = field(default=(), validator=each(instance(Standing)))
    exemptions: tuple[Standing, ...] = field(default=(), validator=each(instance(Standing)))

    def joined(self, other: PatronFile) -> PatronFile:
        """Both files of one person: every link and standing, the stricter of two, and what both consent to."""
        return PatronFile(
            tuple(dict.fromkeys((*self.guardians, *other.guardians))),
            narrower(self.consents, other.consents),
            united(self.restrictions, other.restrictions),
            united(self.exemptions, other.exemptions),
        )


def _records(patron: Patron) -> tuple[PatronId, ...]:
    return (patron.id, *patron.merged_from)


def _read(unit: Unit, patron: Patron) -> PatronFile:
    bodies = [unit.records(FILES).get(str(record)) for record in _records(patron)]
    found = [codecs.load(PatronFile, body) for body in bodies if body is not None]
    if not found:
        return PatronFile()
    whole = found[0]
    for other in found[1:]:
        whole = whole.joined(other)
    own = set(_records(patron))
    moved = (
        evolve(
            link,
            minor=patron.id if link.minor in own else link.minor,
            adult=patron.id if link.adult in own else link.adult,
        )
        for link in whole.guardians
        if not {link.minor, link.adult} <= own
    )
    return evolve(whole, guardians=tuple(dict.fromkeys(moved)))


def stored_file(store: Store, patron: Patron) -> PatronFile:
    """The patron's file, with those of every record that was merged into this one."""
    with store.transaction() as unit:
        return _read(unit, patron)


def _anything(file: PatronFile) -> None:
    del file


def change_file(
    store: Store,
    patron: Patron,
    change: Callable[[PatronFile], PatronFile],
    check: Callable[[PatronFile], None] = _anything,
) -> PatronFile:
    """Change the patron's file in one transaction; from then on there is one, of all merged records.

    `check` raises for a file that cannot stand. `change` is asked again where another writer was faster.
    """
    while True:
        before = stored_file(store, patron)
        changed = change(before)
        if not isinstance(changed, PatronFile):  # pyright: ignore[reportUnnecessaryIsInstance] - a caller's function
            raise InvalidValue("write_down", "change", "must give back a PatronFile; nothing was changed")
        check(changed)
        with store.transaction() as unit:
            if _read(unit, patron) != before:
                continue
            for record in patron.merged_from:
                unit.records(FILES).delete(str(record))
            unit.records(FILES).put(str(patron.id), codecs.dump(changed))
        return changed


def count_attempt(
    store: Store, patron: Patron, day: date, judge: Callable[[tuple[Attempt, ...]], tuple[T, Attempt | None]]
) -> T:
    """Let `judge` see the day's attempts and keep the one that it counts, so that no two see the same number."""
    with store.transaction() as unit:
        bodies = (unit.records(ATTEMPTS).get(str(record)) for record in _records(patron))
        found = [one for body in bodies if body for one in codecs.load(tuple[Attempt, ...], body)]
        today = tuple(one for one in found if one.day == day)
        answer, attempt = judge(today)
        if attempt is not None:
            for record in patron.merged_from:
                unit.records(ATTEMPTS).delete(str(record))
            unit.records(ATTEMPTS).put(str(patron.id), codecs.dump((*today, attempt)))
    return answer


@frozen
class Drafts:
    """What is to be carried out and is of a person: kept beside the outbox and gone when it is settled.

    A PIN is never kept: it is in this process's hands alone. Where another process carries the draft out,
    the patron has no PIN and chooses one at the desk.
    """

    store: Store
    pins: dict[str, str] = field(factory=dict[str, str], repr=False)

    def keep(self, value: object, pin: str | None = None) -> str:
        """Keep a value without its PIN; gives the name under which it is found."""
        name = secrets.token_hex(8)
        with self.store.transaction() as unit:
            unit.records(DRAFTS).put(name, codecs.dump(value))
        if pin is not None:
            self.pins[name] = pin
        return name

    def read(self, name: str, kind: type[T]) -> T | None:
        """What is kept under a name; None once it is settled."""
        with self.store.transaction() as unit:
            body = unit.records(DRAFTS).get(name)
        return None if body is None else codecs.load(kind, body)

    def drop(self, names: Iterable[str]) -> None:
        """Forget what is settled."""
        with self.store.transaction() as unit:
            for name in names:
                unit.records(DRAFTS).delete(name)
                self.pins.pop(name, None)

    def pin(self, name: str) -> str | None:
        """The PIN that came with a draft, in the process that it came to."""
        return self.pins.get(name)
