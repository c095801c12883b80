"""What a district decides about its shelves: which collections stand where, and how names and titles file."""

from __future__ import annotations

from typing import Any, Final

from attrs import field, frozen

from scld_core.catalog.call_number_fold import atoms
from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance

__all__ = ["ENGLISH_ARTICLES", "PREFIXES", "SPELLINGS", "STANDARD", "Shelving", "meaning", "words"]

PREFIXES: Final = (
    *("", "B", "FIC", "MYS", "SF", "GN", "LP", "YA", "J", "E", "ER", "BB"),
    *("REF", "MAGAZINE", "CD", "MP3", "BLURAY", "DVD", "GAME"),
)
"""Collections in the order of their shelves; the empty one is what has no prefix."""

SPELLINGS: Final = (
    *(("BIO", "B"), ("BIOGRAPHY", "B"), ("92", "B"), ("FICTION", "FIC"), ("MYSTERY", "MYS"), ("SCI FI", "SF")),
    *(("GRAPHIC NOVEL", "GN"), ("LARGE PRINT", "LP"), ("LARGE TYPE", "LP"), ("TEEN", "YA"), ("JUV", "J")),
    *(
        ("JFIC", "J FIC"),
        ("EASY", "E"),
        ("EASY READER", "ER"),
        ("BOARD BOOK", "BB"),
        ("REFERENCE", "REF"),
    ),
    *(("PERIODICAL", "MAGAZINE"), ("BLU RAY", "BLURAY"), ("VIDEO GAME", "GAME")),
)
"""Other spellings of collections, and what each stands for."""

BEFORE_NAMES: Final = ("B", "FIC", "MYS", "SF", "GN", "E", "ER", "BB")
"""Collections whose next word is an author's or a person's: B is an initial there, and REF is Reford."""

ENGLISH_ARTICLES: Final = ("A", "AN", "THE")
"""What `Shelving.articles` is where English titles file under their second word."""

_MOST = 600
"""As many ranks as two letters of a key hold, with room to spare."""


def words(text: str) -> tuple[str, ...]:
    """The folded words of a prefix or of one of its spellings."""
    return tuple(atom.text for atom in atoms(text))


def _ranking(owner: object, attribute: Any, value: tuple[str, ...]) -> None:
    if value.count("") != 1:
        raise InvalidValue(type(owner).__name__, attribute.name, 'must have "", what has no prefix, exactly once')
    folded = [words(name) for name in value if name]
    if len(set(folded)) != len(folded) or () in folded or len(folded) > _MOST:
        raise InvalidValue(
            type(owner).__name__,
            attribute.name,
            f"must be at most {_MOST} different collections with letters or digits",
        )


def _resolving(owner: Any, attribute: Any, value: tuple[tuple[Any, ...], ...]) -> None:
    for pair in value:
        if len(pair) != 2 or not all(isinstance(text, str) for text in pair) or not words(pair[0]):
            raise InvalidValue(
                type(owner).__name__, attribute.name, "must be pairs of a spelling and what it stands for"
            )
        if not set(meaning(pair[1], owner.prefixes)) <= set(owner.prefixes) - {""}:
            raise InvalidValue(type(owner).__name__, attribute.name, "must stand for collections among the prefixes")


def _listed(owner: Any, attribute: Any, value: tuple[str, ...]) -> None:
    if not set(value) <= set(owner.prefixes):
        raise InvalidValue(type(owner).__name__, attribute.name, "must be collections among the prefixes")


def _single(owner: object, attribute: Any, value: tuple[str, ...]) -> None:
    if any(len(words(article)) != 1 for article in value):
        raise InvalidValue(type(owner).__name__, attribute.name, "must be one word each")


def meaning(text: str, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """The collections that `text` names: itself, or else its words one by one."""
    return (text,) if text in prefixes else tuple(text.split())


@frozen(cache_hash=True)
class Shelving:
    """A district's shelf order. Raises `InvalidValue` where two settings contradict each other.

    `prefixes` are the collections in shelf order, with ``""`` where what has no prefix stands. `spellings` pairs
    another spelling with the prefixes it stands for. After a prefix in `before_names` comes a name,
    and no further prefix is read. `mac` files Mc as Mac. `articles` are the words that do not count at the
    beginning of a title, in capitals or not. With `lc`, letters and digits after a prefix are a Library of
    Congress class; without it they are a cutter.
    """

    prefixes: tuple[str, ...] = field(default=PREFIXES, validator=[each(instance(str)), _ranking])
    spellings: tuple[tuple[str, str], ...] = field(default=SPELLINGS, validator=[each(instance(tuple)), _resolving])
    before_names: tuple[str, ...] = field(default=BEFORE_NAMES, validator=[each(instance(str)), _listed])
    mac: bool = field(default=False, validator=instance(bool))
    articles: tuple[str, ...] = field(default=(), validator=[each(instance(str)), _single])
    lc: bool = field(default=False, validator=instance(bool))


STANDARD: Final = Shelving()
"""An order to begin with; every district has its own."""
