"""How a call number is read: at each place the rule that takes the next parts, left to right."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Final, NamedTuple

from scld_core.catalog import call_number_parts as parts
from scld_core.catalog.call_number_fold import Atom
from scld_core.catalog.call_number_labels import MAY_LABEL, label_of
from scld_core.catalog.call_number_parts import Part
from scld_core.catalog.call_number_shelving import Shelving, meaning, words

__all__ = ["HEAD", "Place", "Reader", "Run", "Spot"]

Run = tuple[Atom, ...]


class Place(Enum):
    """Where in a call number the reader stands."""

    HEAD = "nothing but collections so far"
    CLASS = "behind the three digits of a Dewey class"
    BODY = "behind a whole class, with its decimals or another number"
    OPEN = "behind words without a class before them"
    TAIL = "behind words"
    LC_LETTERS = "behind the letters of a Library of Congress class"
    LC_NUMBER = "behind its number"
    LC = "behind its decimals"


class Spot(NamedTuple):
    """A place, the last collection, and whether an initial article has been dropped."""

    place: Place
    prefix: str = ""
    dropped: bool = False


HEAD: Final = Spot(Place.HEAD)
_CLASS, _BODY, _OPEN, _TAIL = Spot(Place.CLASS), Spot(Place.BODY), Spot(Place.OPEN), Spot(Place.TAIL)
_LC_LETTERS, _LC_NUMBER, _LC = Spot(Place.LC_LETTERS), Spot(Place.LC_NUMBER), Spot(Place.LC)
_TAILS: Final = (Place.OPEN, Place.TAIL)
_LCS: Final = (Place.LC_LETTERS, Place.LC_NUMBER, Place.LC)

_NEVER: Final = sys.maxsize

_Read = tuple[tuple[Part, ...], Spot, int]
"""Parts, the spot behind them, and how many atoms they used up."""


class Reader:
    """Reads atoms into parts as one district shelves."""

    def __init__(self, shelving: Shelving) -> None:
        names = shelving.prefixes
        zero = names.index("")
        self.mac = shelving.mac
        self._lc = shelving.lc
        self._articles = frozenset(" ".join(words(article)) for article in shelving.articles)
        self._before_names = frozenset(shelving.before_names)
        self._prefixes = {name: parts.prefix(name, rank - zero) for rank, name in enumerate(names)}
        self._spelled = {words(spelling): meaning(name, names) for spelling, name in shelving.spellings}
        self._spelled |= {words(name): (name,) for name in names if name}
        self._begun = {spelled[:length] for spelled in self._spelled for length in range(1, len(spelled))}
        reserved = MAY_LABEL | {word for spelled in self._spelled for word in spelled}
        self.slow = frozenset(word for word in reserved if len(word) > 1) | self._articles
        self._longest = max(map(len, self._spelled), default=0)

    def read(self, spot: Spot, run: Run, *, final: bool) -> tuple[tuple[Part, ...], Spot, Run]:
        """The parts of `run` from `spot` on, the spot behind them, and the atoms that wait for what follows.

        With `final` nothing follows and nothing waits.
        """
        found: list[Part] = []
        while run:
            step = self._step(spot, run, final)
            if step is None:
                break
            more, spot, used = step
            found += more
            run = run[used:]
        return tuple(found), spot, run

    def shortest(self, spot: Spot) -> int:
        """More letters than this, and a word that is not in `slow` is a name at this head."""
        if self._lc or not spot.prefix:
            return _NEVER
        return 0 if spot.prefix in self._before_names else 1

    def _step(self, spot: Spot, run: Run, final: bool) -> _Read | None:  # noqa: FBT001 - one of three ways on
        if spot.place is Place.HEAD:
            return self._head(spot, run, final)
        if run[0].digits:
            return _digits(spot.place, run)
        return self._letters(spot, run, final)

    def _head(self, spot: Spot, run: Run, final: bool) -> _Read | None:  # noqa: FBT001
        taken = self._collection(spot, run, final)
        if taken is None or taken[2]:
            return taken
        return _class(run) if run[0].digits else self._letters(spot, run, final)

    def _collection(self, spot: Spot, run: Run, final: bool) -> _Read | None:  # noqa: FBT001
        """The longest spelling of a collection that `run` begins with; nothing used when there is none."""
        ahead = tuple(atom.text for atom in run[: self._longest])
        if not final and len(ahead) == len(run) and ahead in self._begun:
            return None
        for length in range(len(ahead), 0, -1):
            names = self._spelled.get(ahead[:length])
            if names and self._follows(spot, run[0], names) and self._stands_alone(spot, run, length):
                fresh = [name for at, name in enumerate(names) if name != (spot.prefix, *names)[at]]
                return tuple(self._prefixes[name] for name in fresh), Spot(Place.HEAD, names[-1]), length
        return (), spot, 0

    def _follows(self, spot: Spot, word: Atom, names: tuple[str, ...]) -> bool:
        """FIC REF is by Reford; B/92 is one collection said twice."""
        return spot.prefix not in self._before_names or (not word.first and names == (spot.prefix,))

    def _stands_alone(self, spot: Spot, run: Run, length: int) -> bool:
        """Whether a listed word is a collection here, and no part of something else."""
        word = run[0]
        if length == len(run) or run[length].first:
            return True
        if word.digits:  # 92/B is two collections, 92.5 is a class
            return run[length].before in ("/", "-")
        return not run[length].glued or not (self._lc or (spot.prefix and len(word.text) == 1))

    def _letters(self, spot: Spot, run: Run, final: bool) -> _Read | None:  # noqa: FBT001
        place, atom = spot.place, run[0]
        label = label_of(run, head=place is Place.HEAD, tail=place in _TAILS, final=final)
        if label is None:
            return None
        if label:
            taken, used = _numbers(run[1:], label)
            return taken, _after_number(spot), used + 1
        if place not in _TAILS and place not in _LCS and not spot.dropped and atom.text in self._articles:
            if len(run) == 1 and not final:
                return None
            if _counts_without(run):
                return (), Spot(place if place is Place.HEAD else Place.BODY, spot.prefix, dropped=True), 1
        return (self._word(atom.text),), self._after_word(spot, run), 1

    def _word(self, letters: str) -> Part:
        folded = self.mac and len(letters) > 2 and letters.startswith("mc")
        return parts.word("mac" + letters[2:] if folded else letters)

    def _after_word(self, spot: Spot, run: Run) -> Spot:
        if spot.place is Place.HEAD:
            short = len(run[0].text) <= 3
            lc = (not spot.prefix or self._lc) and (short or (len(run) > 1 and run[1].glued))
            return _LC_LETTERS if lc else _OPEN
        if spot.place in _LCS:
            return _OPEN if spot.place is Place.LC_LETTERS else _LC
        return _OPEN if spot.place is Place.OPEN else _TAIL


def _counts_without(run: Run) -> bool:
    """An article does not count before a word; ``A`` before a number is somebody's initial."""
    return len(run) > 1 and (not run[1].digits or (len(run[0].text) > 1 and not run[1].glued))


def _class(run: Run) -> _Read:
    digits = run[0].text
    made, place = (parts.class_, Place.CLASS) if len(digits) <= 3 else (parts.count, Place.OPEN)
    if len(run) > 1 and not run[1].first and run[1].before == "." and run[1].digits:
        rest, _, used = _decimals(run[1:])
        return (made(digits), *rest), _BODY if place is Place.CLASS else _OPEN, used + 1
    return (made(digits),), Spot(place), 1


def _decimals(run: Run) -> _Read:
    """Decimals of a class, through every prime mark: ``357/64``."""
    used = 1
    while used < len(run) and run[used].digits and not run[used].first and run[used].before in ("/", "'"):
        used += 1
    return (parts.decimals("".join(atom.text for atom in run[:used])),), _BODY, used


def _digits(place: Place, run: Run) -> _Read:
    atom = run[0]
    if place is Place.LC_LETTERS:
        return (parts.number(atom.text),), _LC_NUMBER, 1
    if atom.glued:
        return (parts.cutter(atom.text),), Spot(place), 1
    if place is Place.CLASS and atom.before == ".":
        return _decimals(run)
    if place is Place.LC_NUMBER and atom.before == ".":
        return (parts.decimals(atom.text),), _LC, 1
    if place is Place.OPEN and atom.first and len(atom.text) == 3:
        return _class(run)
    taken, used = _numbers(run, "" if atom.first else _joint(atom))
    return taken, _after_number(Spot(place)), used


def _after_number(spot: Spot) -> Spot:
    if spot.place in (Place.HEAD, Place.OPEN):
        return _OPEN
    if spot.place is Place.CLASS:
        return _BODY
    return _LC if spot.place in _LCS else Spot(spot.place)


def _numbers(run: Run, label: str) -> tuple[tuple[Part, ...], int]:
    """A number and those that hang on it: ``1-2``, ``3/4``, ``2019/2020``, ``1.10``."""
    first = run[0]
    found = [
        parts.year(first.text)
        if label in ("", "of", "to") and _is_year(first.text)
        else parts.number(first.text, label)
    ]
    for atom in run[1:]:
        if atom.first or not atom.before or not atom.digits:
            break
        dated = found[0].kind is parts.Kind.YEAR or not label
        found.append(parts.year(atom.text) if dated and _is_year(atom.text) else parts.number(atom.text, _joint(atom)))
    return tuple(found), len(found)


def _joint(atom: Atom) -> str:
    return {"-": "to", "": ""}.get(atom.before, "of")


def _is_year(digits: str) -> bool:
    """Four digits from the age of print: 1400 to 2099."""
    return len(digits) == 4 and "1400" <= digits <= "2099"
