"""Dialects: how one kind of file that goes to or comes from an agency is written, as a declaration."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from attrs import field, frozen

from scld_core.agency.columns import AS_OF, INBOUND, INBOUND_AS_OF, OUTBOUND, Column
from scld_core.agency.forms import MoneyForm, date_form
from scld_core.agency.model import AccountStatus
from scld_core.errors import InvalidValue
from scld_core.kernel.validate import each, instance, matching, nonempty, optional

__all__ = ["SEPARATOR", "Dialect", "Direction", "Empty", "Field", "Holds", "Layout", "MoneyForm"]


SEPARATOR = ";"
"""Between the values of a field that repeats, where it has one cell for them."""


class Direction(Enum):
    """Who wrote the file: we did (outbound), or the other side did (inbound)."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Holds(Enum):
    """What a file lists."""

    NEW = "new"  # outbound: patrons submitted for the first time
    UPDATE = "update"  # outbound: patrons submitted before whose balance changed
    SYNC = "sync"  # outbound: everybody in collection, with the balance
    ACCOUNTS = "accounts"  # inbound: the accounts that the agency holds


class Empty(Enum):
    """How a file says that there is nothing to say."""

    HEADER = "header only"
    SENTENCE = "a sentence in place of the header"
    NOTHING = "no bytes"


class Layout(Enum):
    """How records stand in the file."""

    DELIMITED = "delimited"
    XML = "xml"


@frozen
class Field:
    """One column or element: `name` is ours, `header` the file's; `date` and `money` say how it is written.

    `date` is a strptime pattern such as ``%m/%d/%Y``; blank for the ISO form. An amount is PLAIN unless
    `money` says otherwise. The column of a `required` field must be there. `repeats` holds for an
    element that may occur more than once; in a delimited file its values are joined with ``;``.
    `digits` is how many digits a number always has, 0 when that is not known: a shorter number has
    then lost its leading zeros.
    """

    name: str = field(validator=nonempty)
    header: str = field(validator=nonempty)
    date: str = field(default="", validator=instance(str))
    money: MoneyForm = field(default=MoneyForm.PLAIN, validator=instance(MoneyForm))
    required: bool = field(default=True, validator=instance(bool))
    repeats: bool = field(default=False, validator=instance(bool))
    digits: int = field(default=0, validator=instance(int))

    def __attrs_post_init__(self) -> None:
        date_form(self.date)


_DELIMITERS = (",", ";", "\t", "|")
_LINE_ENDS = ("\r\n", "\n")
_ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15")
_ELEMENT = re.compile(r"[A-Za-z_][\w.-]*(?:/[A-Za-z_][\w.-]*)*")
_PLACEHOLDER = re.compile(r"\{(.*?)\}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_.{}-]*")


def _encoding(text: object) -> bool:
    try:
        return codecs.lookup(str(text)).name in _ENCODINGS
    except (LookupError, ValueError):
        return False


@frozen
class Dialect:
    """One layout of one kind of file.

    `source` says where the layout is documented, or that the agency has to be asked for a sample.
    `identity` names the fields that together identify a row; blank means `account` of an inbound
    file, else `patron_id`, else `cardnumber`. `statuses` maps the agency's own words, in lower case, to
    a status; `every` is the status of all rows of a file without such a column, as a list of open
    accounts only is. `sentence` is the text of Empty.SENTENCE; a file that has its header and no row is
    always empty. `file_name` is a pattern with ``{date}``, ``{sequence}`` and ``{code}``; a code that is
    blank takes the hyphen before it with it. `sheet` names the worksheet of a workbook.

    For XML, `root` and `record` are element names, each header is a path below the record, `marks`
    are elements below the root with their fixed text, and `created` is the one that says when the
    file was written, by the pattern `created_as`.

    Text that a spreadsheet would run is always written behind an apostrophe, which is taken away
    when it is read.
    """

    name: str = field(validator=nonempty)
    title: str = field(validator=nonempty)
    direction: Direction = field(validator=instance(Direction))
    holds: Holds = field(validator=instance(Holds))
    fields: tuple[Field, ...] = field(validator=each(instance(Field)))
    source: str = field(validator=nonempty)
    layout: Layout = field(default=Layout.DELIMITED, validator=instance(Layout))
    delimiter: str = field(
        default=",", validator=matching(lambda d: d in (",", ";", "\t", "|"), "must be , ; | or TAB")
    )
    encoding: str = field(default="utf-8", validator=matching(_encoding, "must be one of " + ", ".join(_ENCODINGS)))
    line_end: str = field(default="\r\n", validator=matching(lambda e: e in _LINE_ENDS, "must be CR LF or LF"))
    empty: Empty = field(default=Empty.HEADER, validator=instance(Empty))
    sentence: str = field(default="", validator=instance(str))
    file_name: str = field(default="", validator=instance(str))
    identity: tuple[str, ...] = field(default=(), validator=each(nonempty))
    statuses: Mapping[str, AccountStatus] = field(factory=dict[str, AccountStatus])
    every: AccountStatus | None = field(default=None, validator=optional(instance(AccountStatus)))
    sheet: str = field(default="", validator=instance(str))
    root: str = field(default="", validator=instance(str))
    record: str = field(default="", validator=instance(str))
    marks: Mapping[str, str] = field(factory=dict[str, str])
    created: str = field(default="", validator=instance(str))
    created_as: str = field(default="", validator=instance(str))

    def __attrs_post_init__(self) -> None:
        for name, rule in _problems(self):
            raise InvalidValue("Dialect", name, rule)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The canonical columns of this direction."""
        return _columns(self.direction)

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that identify a row."""
        if self.identity:
            return self.identity
        names = {one.name for one in self.fields}
        return (next(name for name in ("account", "patron_id", "cardnumber") if name in names),)

    def find(self, name: str) -> Field | None:
        """The field of that canonical name, if the dialect has it."""
        return next((one for one in self.fields if one.name == name), None)


def _columns(direction: Direction) -> Mapping[str, Column]:
    return {**INBOUND, AS_OF: INBOUND_AS_OF} if direction is Direction.INBOUND else OUTBOUND


def _problems(one: Dialect) -> Iterator[tuple[str, str]]:
    """Everything that makes a dialect unusable: the part, and the rule it breaks."""
    yield from _field_problems(one)
    yield from _holding_problems(one)
    if one.layout is Layout.XML:
        yield from _xml_problems(one)
    if (one.empty is Empty.SENTENCE) != bool(one.sentence.strip()):
        yield "sentence", "must be set when empty is 'a sentence in place of the header', and only then"
    held = _PLACEHOLDER.findall(one.file_name)
    if not _FILE_NAME.fullmatch(one.file_name) or set(held) - {"date", "sequence", "code"}:
        yield "file_name", "may have letters, digits, . _ - and the placeholders {date}, {sequence} and {code}"


def _field_problems(one: Dialect) -> Iterator[tuple[str, str]]:
    known = _columns(one.direction)
    names = [held.name for held in one.fields]
    for held in one.fields:
        if held.name not in known:
            near = difflib.get_close_matches(held.name, known, n=1)
            yield "fields", f"has '{held.name}', which is no {one.direction.value} column" + _or(near, known)
        elif held.repeats and held.name != "previous_cards":
            yield "fields", f"may not repeat '{held.name}'; only previous_cards repeats"
    for what, found in (("name", names), ("header", [held.header.casefold() for held in one.fields])):
        if twice := {word for word in found if found.count(word) > 1}:
            yield "fields", f"has the {what} '{min(twice)}' more than once"
    needed = [name for name, column in known.items() if not column.blank and (name != "status" or one.every is None)]
    if lacking := [name for name in needed if name not in names]:
        yield "fields", "lacks " + ", ".join(lacking)
    if not {"patron_id", "cardnumber"} & set(names):
        yield "fields", "needs patron_id or cardnumber, or nobody can be found by it"
    if strange := [name for name in one.identity if name not in names]:
        yield "identity", f"has '{strange[0]}', which is none of the fields"


def _or(near: list[str], known: Iterable[str]) -> str:
    return f" (did you mean '{near[0]}'?)" if near else "; they are " + ", ".join(known)


def _holding_problems(one: Dialect) -> Iterator[tuple[str, str]]:
    inbound = one.direction is Direction.INBOUND
    if inbound != (one.holds is Holds.ACCOUNTS):
        yield "holds", "must be accounts for an inbound file, and new, update or sync for an outbound one"
    worded = any(held.name == "status" for held in one.fields)
    if (inbound and worded) != bool(one.statuses):
        yield (
            "statuses",
            "must say what the agency's words mean, for an inbound file with the column status, and only then",
        )
    if one.every is not None and (worded or not inbound):
        yield "every", "is the status of an inbound file without the column status"
    if loud := [word for word in one.statuses if word != " ".join(word.casefold().split())]:
        yield "statuses", f"must be in lower case, with single spaces: '{loud[0]}'"


def _xml_problems(one: Dialect) -> Iterator[tuple[str, str]]:
    elements = {"root": one.root, "record": one.record, **{f"marks.{name}": name for name in one.marks}}
    if one.created:
        elements["created"] = one.created
    elements |= {f"fields ({held.name})": held.header for held in one.fields}
    for where, path in elements.items():
        simple = where.startswith("fields") or "/" not in path
        if not _ELEMENT.fullmatch(path) or not simple:
            yield where.partition(".")[0].partition(" ")[0], f"must be an element's name: '{path}'"
    if one.created:
        try:
            date_form(one.created_as)
        except InvalidValue as refusal:
            yield "created_as", refusal.rule
    paths = [held.header + "/" for held in one.fields]
    if inside := [path for path in paths if any(path != other and path.startswith(other) for other in paths)]:
        yield "fields", f"has the element {inside[0][:-1]} inside another field's"
    if one.empty is not Empty.HEADER:
        yield "empty", "must be 'header only' for XML: its root without a record"
