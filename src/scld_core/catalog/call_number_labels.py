"""Words and letters that make the number behind them a volume, a season, a part: always an integer."""

from __future__ import annotations

from typing import Final

from scld_core.catalog.call_number_fold import Atom

__all__ = ["MAY_LABEL", "label_of"]

_WORDS: Final = {
    **dict.fromkeys(("vol", "vols", "volume", "volumes", "bd"), "volume"),
    **dict.fromkeys(("tome",), "tome"),
    **dict.fromkeys(("series",), "series"),
    **dict.fromkeys(("bk", "book", "books"), "book"),
    **dict.fromkeys(("seas", "season", "seasons"), "season"),
    **dict.fromkeys(("no", "nr", "number", "issue"), "number"),
    **dict.fromkeys(("pt", "part", "parts"), "part"),
    **dict.fromkeys(("ep", "episode", "episodes"), "episode"),
    **dict.fromkeys(("disc", "discs", "disk", "disks"), "disc"),
    **dict.fromkeys(("ed", "edition"), "edition"),
    **dict.fromkeys(("supp", "suppl", "supplement"), "supplement"),
    **dict.fromkeys(("index",), "index"),
    **dict.fromkeys(("copy", "copies"), "copy"),
}
_POINTED: Final = _WORDS | {
    "v": "volume",
    "s": "season",
    "t": "tome",
    "p": "part",
    "n": "number",
    "d": "disc",
    "c": "copy",
    "tom": "tome",
    "ser": "series",
    "bks": "book",
    "nos": "number",
    "num": "number",
    "pts": "part",
}
"""Before a point a letter is enough; without one, three letters are more likely an author's (SER, TOM)."""

_GLUED: Final = _WORDS | {"v": "volume", "s": "season", "e": "episode", "c": "copy"}
"""Behind a word these letters with digits are no cutter: ``FRIENDS S2``."""

_LONG: Final = {name: label for name, label in _WORDS.items() if len(name) > 3}
"""At the head a short word may be a class of the Library of Congress (PT), so only these count there."""


MAY_LABEL: Final = frozenset(_POINTED)
"""Every word and letter that can be a label."""


def label_of(run: tuple[Atom, ...], *, head: bool, tail: bool, final: bool) -> str | None:
    """The label that the first atom of `run` is: empty for none, None when what follows is not known yet.

    At the `head` no class or word has been read; in the `tail` a word has. With `final` nothing follows `run`.
    """
    atom = run[0]
    names = _POINTED if atom.after else (_LONG if head else _WORDS)
    if len(run) == 1:
        return None if atom.text in names and not final else ""
    if not run[1].digits:
        return ""
    if run[1].glued:  # right behind a class it is a cutter: Ed24
        names = _GLUED if tail else _LONG
    return names.get(atom.text, "")
