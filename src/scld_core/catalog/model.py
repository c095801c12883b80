"""What the catalogue tells: titles, their items, the libraries; and what it is asked."""

from __future__ import annotations

from attrs import field, frozen

from scld_core.catalog.isbn import isbn13
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.fold import words
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.validate import between, each, instance, matching, nonempty, optional

__all__ = ["Item", "Library", "Query", "Title", "answers_to"]

_line = matching(lambda v: isinstance(v, str) and v.isprintable() and v == v.strip(), "must be one line of text")


@frozen
class Item:
    """An item of one ILS: `word` is the status in the ILS's own word, `barcode` None when not supplied.

    `kind` is the ILS's own word for what sort of item it is. `home` is the library it belongs to, `at`
    the one where it is shelved now. `holdable` says whether it can be held. What is None, or blank, is
    not told. What became of the item, and who has it, is the loans' to tell.
    """

    id: ItemId = field(validator=instance(ItemId))
    barcode: Barcode | None = field(default=None, validator=optional(instance(Barcode)))
    word: str = field(default="", validator=instance(str))
    title: TitleId | None = field(default=None, validator=optional(instance(TitleId)), kw_only=True)
    call_number: str = field(default="", validator=instance(str), kw_only=True)
    kind: str = field(default="", validator=instance(str), kw_only=True)
    home: LocationId | None = field(default=None, validator=optional(instance(LocationId)), kw_only=True)
    at: LocationId | None = field(default=None, validator=optional(instance(LocationId)), kw_only=True)
    holdable: bool | None = field(default=None, validator=optional(instance(bool)), kw_only=True)


@frozen
class Title:
    """A title of one ILS, of which it may have many items or none any more.

    `isbns` are as the record has them; `year` is that of publication, `kind` the ILS's own word for the
    sort of material, `call_number` the title's own where it has one. What is None, or blank, is not told.
    """

    id: TitleId = field(validator=instance(TitleId))
    title: str = field(validator=_line)
    author: str = field(default="", validator=_line, kw_only=True)
    isbns: tuple[str, ...] = field(default=(), validator=each(nonempty), kw_only=True)
    year: int | None = field(default=None, validator=optional(between(-9999, 9999)), kw_only=True)
    kind: str = field(default="", validator=instance(str), kw_only=True)
    call_number: str = field(default="", validator=instance(str), kw_only=True)


@frozen
class Library:
    """A library of the ILS; `pickup` says whether holds may be picked up there."""

    id: LocationId = field(validator=instance(LocationId))
    name: str = field(default="", validator=_line)
    pickup: bool = field(default=True, validator=instance(bool))


def _isbn(owner: object, attribute: object, value: object) -> None:
    del attribute
    if not isinstance(value, str) or (value and isbn13(value) is None):
        raise InvalidValue(type(owner).__name__, "isbn", "must be an ISBN of ten or thirteen digits")


@frozen(kw_only=True)
class Query:
    """What to look for. Everything that is given must fit, and something must be given.

    Each word of `title` begins a word of the title, and each of `author` one of the author's, in any
    order, without regard to case and accents. `isbn` fits in either length.
    """

    title: str = field(default="", validator=_line)
    author: str = field(default="", validator=_line)
    isbn: str = field(default="", validator=_isbn)

    def __attrs_post_init__(self) -> None:
        if not (words(self.title) or words(self.author) or self.isbn):
            raise InvalidValue("Query", "title", "or an author or an ISBN must be given")


def answers_to(title: Title, query: Query) -> bool:
    """Whether a title is what is looked for."""
    if not (_begin(query.title, title.title) and _begin(query.author, title.author)):
        return False
    wanted = isbn13(query.isbn)
    return wanted is None or wanted in map(isbn13, title.isbns)


def _begin(asked: str, told: str) -> bool:
    there = words(told)
    return all(any(word.startswith(start) for word in there) for start in words(asked))
