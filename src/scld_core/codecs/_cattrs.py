"""The converter: how each kind of value becomes plain data, and how strictly it comes back."""

from __future__ import annotations

import base64
import binascii
import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from itertools import count
from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import StructureHandlerNotFoundError
from cattrs.gen import make_dict_structure_fn

from scld_core.codecs.problems import Path, Problem, Problems, unknown_key
from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import is_personal
from scld_core.kernel.time import parse_instant, to_instant

__all__ = ["attempt", "unstructure"]

Hook = Callable[[Any, Any], Any]

FORM = "does not have the form it must have"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
_LISTS = (tuple, list, frozenset, set, Sequence)
_TABLES = (dict, Mapping)


def unstructure(value: Any) -> Any:
    """Plain data."""
    return _converter().unstructure(value)


def attempt(kind: Any, data: Any) -> tuple[Any, tuple[Problem, ...]]:
    """The value, or None and every mistake. No exception that holds a part of `data` is let out."""
    try:
        return _build(data, kind, _converter()), ()
    except Problems as mistakes:
        return None, mistakes.found


def _build(raw: Any, kind: Any, converter: Converter) -> Any:
    """The value of `kind`, or Problems; what cattrs itself raises may hold the value and is replaced."""
    try:
        return converter.structure(raw, kind)
    except (Problems, StructureHandlerNotFoundError):
        raise  # the second: a class that no document can describe is the programmer's mistake
    except Exception:  # noqa: BLE001, S110 - replaced below, outside the handler, so that it is not chained
        pass
    raise _wrong(FORM)


# Out: text for leaves, lists for tuples, sorted lists for sets.


def _instant_out(moment: datetime) -> str:
    return to_instant(moment).isoformat().removesuffix("+00:00") + "Z"


def _set_out(members: Any) -> list[Any]:
    return sorted(unstructure(member) for member in members)


def _bytes_out(data: bytes) -> str:
    return base64.b64encode(data).decode()


# In: each hook accepts exactly one spelling (and TOML's own type) and names the rule it applies.


def _wrong(rule: str) -> Problems:
    return Problems(Problem((), rule))


def _exactly(kind: type, words: str) -> Hook:
    def check(value: Any, wanted: Any) -> Any:
        if wanted is not kind and _is_enum(wanted):  # class Word(str, Enum) arrives here by its base class
            return _enum(value, wanted)
        if type(value) is not kind:
            raise _wrong(f"must be {words}")
        return value

    return check


def _number(value: Any, _: Any) -> float:
    if type(value) in (int, float):
        with suppress(OverflowError):
            if math.isfinite(number := float(value)):
                return number
    raise _wrong("must be a number")


def _instant(value: Any, _: Any) -> datetime:
    try:
        return to_instant(value) if type(value) is datetime else parse_instant(_text(value))
    except InvalidValue as refusal:
        raise _wrong(refusal.rule) from None


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _wrong("must be text")
    return value


def _date(value: Any, _: Any) -> date:
    if type(value) is date:
        return value
    if type(value) is str and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _wrong("must be a date such as 2026-01-31")


def _time(value: Any, _: Any) -> time:
    if type(value) is time:
        return value
    if type(value) is str and _TIME.fullmatch(value):
        with suppress(ValueError):
            return time.fromisoformat(value)
    raise _wrong("must be a time such as 09:30")


def _bytes(value: Any, _: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise _wrong("must be base64 text") from None


def _path(value: Any, _: Any) -> FilePath:
    return FilePath(_text(value))


@cache
def _members_of(kind: type[Enum]) -> Mapping[tuple[type, Any], Enum]:
    return {(type(member.value), member.value): member for member in kind}


def _enum(value: Any, kind: type[Enum]) -> Enum:
    try:
        return _members_of(kind)[type(value), value]
    except (KeyError, TypeError):  # another word; what cannot be a key of a table
        words = [str(member.value) for member in kind]
    near = difflib.get_close_matches(value, words, n=1) if type(value) is str else []
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise _wrong("must be one of " + ", ".join(words) + hint)


def _leaf(value: Any, kind: Any) -> Any:
    try:
        return kind.parse(_text(value))
    except InvalidValue as refusal:
        raise _wrong(refusal.rule) from None


def _literal(value: Any, kind: Any) -> Any:
    for word in get_args(kind):
        if type(value) is type(word) and value == word:
            return value
    raise _wrong("must be one of " + ", ".join(str(word) for word in get_args(kind)))


# Containers gather the mistakes of all their members.


def _members(rows: Iterable[tuple[str | int, Any, Any]], converter: Converter) -> list[Any]:
    """Each (place, raw, kind) built; every mistake at its place."""
    built: list[Any] = []
    found: list[Problem] = []
    for place, raw, kind in rows:
        try:
            built.append(_build(raw, kind, converter))
        except Problems as inner:
            found += [p.under(place) for p in inner.found]
    if found:
        raise Problems(*found)
    return built


def _list_hook(kind: Any, converter: Converter) -> Hook:
    origin, args = get_origin(kind) or kind, get_args(kind)
    fixed = origin is tuple and bool(args) and args[-1] is not Ellipsis
    make = cast("Callable[[list[Any]], Any]", tuple if origin is Sequence else origin)

    def build(value: Any, _: Any) -> Any:
        if type(value) not in (list, tuple):
            raise _wrong("must be a list")
        if fixed and len(value) != len(args):
            raise _wrong(f"must be a list of {len(args)}")
        kinds = args if fixed else (args[0] if args else Any,) * len(value)
        return make(_members(zip(count(), value, kinds), converter))

    return build


def _table_hook(kind: Any, converter: Converter) -> Hook:
    key_kind, value_kind = get_args(kind) or (str, Any)

    def build(value: Any, _: Any) -> Any:
        table = _table(value)
        keys = _members(((str(k), k, key_kind) for k in table), converter)
        values = _members(((str(k), v, value_kind) for k, v in table.items()), converter)
        return dict(zip(keys, values, strict=True))

    return build


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong("must be a table of keys and values")
    return cast("Mapping[str, Any]", value)


# Classes: cattrs builds at full speed and stops at the first mistake; only then are all looked for.


def _class_hook(kind: Any, converter: Converter) -> Hook:
    inner = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=False)

    def build(value: Any, _: Any) -> Any:
        table = _table(value)
        try:
            return inner(table, kind)
        except Exception as fault:  # noqa: BLE001 - whatever it is, its text may hold the value
            found = _diagnose(kind, table, converter) or [_of_class(kind, fault)]
        raise Problems(*found)  # outside the handler, so that no exception holding a value is chained

    return build


def _diagnose(kind: Any, table: Mapping[str, Any], converter: Converter) -> list[Problem]:
    owner: Any = get_origin(kind) or kind
    fields = {a.name: a for a in attrs.fields(attrs.resolve_types(owner)) if a.init}
    found = [unknown_key(str(key), fields) for key in table if key not in fields]
    for name, attribute in fields.items():
        if name in table:
            found += _in_field(kind, attribute, table[name], converter)
        elif attribute.default is attrs.NOTHING:
            found.append(Problem((name,), "is required"))
    return found


def _in_field(kind: Any, attribute: attrs.Attribute[Any], raw: Any, converter: Converter) -> list[Problem]:
    try:
        value = _build(raw, _field_kind(kind, attribute), converter)
    except Problems as inner:
        if is_personal(attribute):  # keys and rules of the inside could say something about the person
            return [Problem((attribute.name,), FORM)]
        return [p.under(attribute.name) for p in inner.found]
    if attribute.validator is None:
        return []
    owner: Any = get_origin(kind) or kind
    try:
        attribute.validator(owner.__new__(owner), attribute, value)
    except InvalidValue as refusal:
        return [Problem((attribute.name,), refusal.rule)]
    except Exception as fault:  # noqa: BLE001 - a validator of another house: its text may hold the value
        return [Problem((attribute.name,), f"is refused by its validator ({type(fault).__name__})")]
    return []


def _field_kind(kind: Any, attribute: attrs.Attribute[Any]) -> Any:
    """The declared type, with the type variables of a generic class filled in."""
    parameters: tuple[Any, ...] = getattr(get_origin(kind), "__parameters__", ())
    bound = dict(zip(parameters, get_args(kind), strict=False))
    declared: Any = attribute.type
    if isinstance(declared, TypeVar):
        return bound.get(declared, Any)
    free = getattr(declared, "__parameters__", ())
    return declared[tuple(bound.get(variable, Any) for variable in free)] if free else declared


def _of_class(kind: Any, fault: Exception) -> Problem:
    """A rule of the whole value; a rule of a part that the class builds itself keeps its owner's name."""
    owner: Any = get_origin(kind) or kind
    if not isinstance(fault, InvalidValue):
        return Problem((), f"is refused by {owner.__name__} ({type(fault).__name__})")
    at: Path = (fault.field,) if fault.owner == owner.__name__ and fault.field else ()
    return Problem(at, fault.rule if at else str(fault))


def _is_class(kind: Any) -> bool:
    return attrs.has(get_origin(kind) or kind)


def _is_leaf(kind: Any) -> bool:
    """A small value with one text form: an attrs class with a `parse`."""
    return _is_class(kind) and callable(getattr(kind, "parse", None))


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _same(wanted: Any) -> Callable[[Any], bool]:
    return lambda kind: kind is wanted


def _origin_in(*origins: Any) -> Callable[[Any], bool]:
    return lambda kind: (get_origin(kind) or kind) in origins


_EXACT: tuple[tuple[type, Hook], ...] = (
    (str, _exactly(str, "text")),
    (int, _exactly(int, "a whole number")),
    (bool, _exactly(bool, "true or false")),
    (float, _number),
    (bytes, _bytes),
    (FilePath, _path),
)
"""cattrs finds these by class and base class, before any predicate."""

_IN: tuple[tuple[Callable[[Any], bool], Hook], ...] = (
    (_same(datetime), _instant),
    (_same(date), _date),
    (_same(time), _time),
    (_is_leaf, _leaf),
    (_is_enum, _enum),
    (_origin_in(Literal), _literal),
)

_OUT: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (_same(datetime), _instant_out),
    (_same(date), date.isoformat),
    (_same(time), time.isoformat),
    (_is_leaf, str),
    (_origin_in(frozenset, set), _set_out),
)


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list})
    # Of the hooks with a predicate the one registered last is asked first, so the leaves follow the classes.
    converter.register_structure_hook_factory(_origin_in(*_LISTS), _list_hook)
    converter.register_structure_hook_factory(_origin_in(*_TABLES), _table_hook)
    converter.register_structure_hook_factory(_is_class, _class_hook)
    for wanted, hook in _IN:
        converter.register_structure_hook_func(wanted, hook)
    for plain, hook in _EXACT:
        converter.register_structure_hook(plain, hook)
    for wanted, out in _OUT:
        converter.register_unstructure_hook_func(wanted, out)
    converter.register_unstructure_hook(bytes, _bytes_out)
    return converter
