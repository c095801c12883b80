"""One key for the many ways in which people write one address.

The key is for telling whether two records are of one place, and for finding a street in a file: never for
a letter. It leans towards keeping places apart; a household that is missed is the milder error. Any text
has a key, in any script, and the text of a key has that key again.

Every word is shortened wherever it stands (see `address_words`), not only the last as on mail; the old
order of Spokane, ``N 4322 Argonne Rd``, is turned round. Where a place has a street address and a PO box,
the street address counts (Publication 28, section 215).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.fold import fold, words
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance
from scld_core.patrons.address_words import ANY_UNIT, DIRECTIONS, NUMBERED, ORDINALS, SUFFIXES, TENS, UNITS
from scld_core.patrons.contact import Address

__all__ = ["AddressKey", "AddressKind", "address_key", "line_key", "street_key"]


class AddressKind(Enum):
    """What sort of place an address names."""

    STREET = "street"
    PRIVATE_BOX = "private_box"  # a numbered box at a firm's street address: nobody lives in it
    RURAL_ROUTE = "rural_route"
    PO_BOX = "po_box"
    GENERAL_DELIVERY = "general_delivery"
    OTHER = "other"  # something is written, and it is none of these
    NONE = "none"


@frozen(kw_only=True)
class AddressKey:
    """What spellings of one address share: the place, the unit in it, and the postcode or else the city."""

    kind: AddressKind = field(validator=instance(AddressKind))
    place: str = personal(default="", validator=instance(str))
    unit: str = personal(default="", validator=instance(str))
    zone: str = personal(default="", validator=instance(str))

    @property
    def text(self) -> str:
        """Place and unit as one line, which has this key again."""
        return ", ".join(filter(None, (self.place, self.unit)))

    @property
    def number(self) -> int | None:
        """The house number without letter and fraction; None for no street, and for a number in two parts."""
        found = re.fullmatch(r"([0-9]{1,9})[a-z]?", self.place.partition(" ")[0])
        return int(found[1]) if found and self.kind is AddressKind.STREET else None

    @property
    def street(self) -> str:
        """The street as `street_key` gives it; blank for what has none."""
        rest = self.place.partition(" ")[2] if self.kind is AddressKind.STREET else ""
        return re.sub(r"^[0-9]+/[0-9]+ ", "", rest)


def address_key(address: Address) -> AddressKey:
    """The key of an address; total."""
    parts = _settled(address.lines, _last_line(address))
    return AddressKey(kind=parts.kind, place=parts.place, unit=parts.unit, zone=_zone(address))


def line_key(text: str) -> str:
    """The text of the key of an address that is written in one piece; total, blank for what says nothing."""
    return _settled((text,), frozenset()).text


def street_key(text: str) -> str:
    """The key of a street's name without a number; total, and a street's key is its own."""
    return " ".join(_short(_tokens(text)))


_FRACTION = re.compile("([\u00bc-\u00be\u2150-\u215e\u2189])")
_CARE_OF = re.compile(r"\s*(?:c\s*/\s*o\b|care\s+of\b|attn\b|attention\b)", re.IGNORECASE)
_INITIALS = re.compile(r"(?<!\w)([^\W\d_])\.(?=[^\W\d_](?!\w))")
_GLUED = re.compile(rf"({'|'.join(sorted(set(NUMBERED) - {ANY_UNIT}))})([0-9]\w*)")
_SIGN = re.compile(r"(?<![0-9])[./-]|[./-](?![0-9])|[^\w./#-]|_")  # 39.2, 1/2 and 112-10 are numbers
_NUMBER = re.compile(r"[0-9]+(?:[./-][0-9]+|[a-z])?")
_BOX = re.compile(
    r"(?:^|(?<= ))(?:(?:(?:p o|po|post office|postal) )?(?:box|bx|caller|lockbox|drawer|bin)|pob) (?:# )?(\w+)$"
)
_RURAL = re.compile(
    r"(rr|rural rte|rfd|rd|r r|hc|hcr|star rte|hwy contract rte) (?:# )?([0-9]+[a-z]?) (?:box|bx) (?:# )?(\w+)$"
)
_HIGHWAYS = frozenset({"hwy", "rte", "expy", "fwy", "loop", "spur"})
_ROAD_OWNERS = frozenset({"county", "co", "state", "frst", "service", "fs", "nf"})


@frozen
class _Parts:
    kind: AddressKind
    place: str
    unit: str

    @property
    def text(self) -> str:
        return ", ".join(filter(None, (self.place, self.unit)))


def _settled(lines: Iterable[str], known: frozenset[str], rounds: int = 8) -> _Parts:
    """Read again until nothing changes: words may only touch after others were taken away between them."""
    parts = _parts(lines, known)
    again = _parts((parts.text,), known)
    return again if again == parts or not rounds else _settled((again.text,), known, rounds - 1)


def _zone(address: Address) -> str:
    postcode = words(address.postcode)
    first = re.match(r"[0-9]{5}(?![0-9])", postcode[0]) if postcode else None
    return first[0] if first else " ".join(postcode) or " ".join(words(address.city))


def _last_line(address: Address) -> frozenset[str]:
    """What a line may repeat of the city, the region and the postcode."""
    city, region, postcode = (" ".join(words(part)) for part in (address.city, address.region, address.postcode))
    both = [f"{city} {region}".strip(), f"{region} {postcode}".strip()]
    return frozenset({city, region, postcode, *both, f"{both[0]} {postcode}".strip()})


def _parts(lines: Iterable[str], known: frozenset[str]) -> _Parts:
    places: dict[AddressKind, str] = {}
    units: list[str] = []
    for line in lines:
        for segment in re.split(r"[,;\n]", line):
            if not _CARE_OF.match(segment) and " ".join(words(segment)) not in known:
                _segment(_tokens(segment), places, units)
    kind = next((kind for kind in AddressKind if kind in places), AddressKind.OTHER if units else AddressKind.NONE)
    place = places.get(kind, "")
    if kind is AddressKind.STREET and any(unit.startswith("pmb ") for unit in units):
        kind = AddressKind.PRIVATE_BOX
    return _Parts(kind, place, ", ".join(sorted(set(units))))


def _segment(tokens: list[str], places: dict[AddressKind, str], units: list[str]) -> None:
    text = " ".join(_short(tokens))
    if rural := _RURAL.match(text):
        route = "hc" if rural[1].startswith(("h", "star")) else "rr"
        places.setdefault(AddressKind.RURAL_ROUTE, f"{route} {rural[2]} box {rural[3]}")
        return
    if box := _BOX.search(text):
        places.setdefault(AddressKind.PO_BOX, f"po box {box[1]}")
        tokens = text[: box.start()].split()
    elif text == "general delivery":
        places.setdefault(AddressKind.GENERAL_DELIVERY, text)
        return
    rest, found = _without_units(tokens)
    units += found
    name = " ".join(_turned(_short(rest)))
    if _is_street(name) and AddressKind.STREET not in places:
        places[AddressKind.STREET] = name
    elif name:
        units.append(name)


def _is_street(name: str) -> bool:
    first, _, rest = name.partition(" ")
    return bool(_NUMBER.fullmatch(first)) and bool(rest)


def _tokens(segment: str) -> list[str]:
    """The words of a piece of an address: folded, initials joined, unit signs apart."""
    text = fold(_FRACTION.sub(r" \1", segment)).replace("\u2044", "/")
    text = re.sub("['\u2019`]", "", _INITIALS.sub(r"\1", text)).replace("#", " # ").replace("&", " and ")
    plain = _SIGN.sub(lambda sign: sign[0] if unicodedata.category(sign[0]).startswith("M") else " ", text)
    return [part for word in plain.split() for part in _apart(word)]


def _apart(word: str) -> tuple[str, ...]:
    glued = _GLUED.fullmatch(word)
    return (glued[1], glued[2]) if glued else (word,)


def _short(tokens: Sequence[str]) -> list[str]:
    """The short form of every word, ordinals in figures, and two directions as one."""
    out: list[str] = []
    for word in tokens:
        if out and out[-1] in TENS and ORDINALS.get(word, "10th") in _UNDER_TEN:
            out[-1] = f"{TENS[out[-1]] + int(ORDINALS[word][0])}{ORDINALS[word][1:]}"
        elif out and word.isdigit() and out[-1] in _ROUTES:
            out[-1:] = [*_ROUTES[out[-1]], word]
        else:
            out.append(word)
    short = [DIRECTIONS.get(word) or SUFFIXES.get(word) or ORDINALS.get(word, word) for word in out]
    return _joined(short)


_UNDER_TEN = frozenset(figure for figure in ORDINALS.values() if len(figure) == 3)
_ROUTES = {"sr": ("state", "rte"), "us": ("us", "hwy")}


def _joined(tokens: list[str]) -> list[str]:
    out: list[str] = []
    for place, word in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if out and out[-1] in ("n", "s") and word in ("e", "w") and after not in SUFFIXES:
            out[-1] += word
        else:
            out.append(word)
    return out


def _turned(tokens: list[str]) -> list[str]:
    """``N 4322 Argonne`` as ``4322 N Argonne``."""
    if len(tokens) > 2 and tokens[0] in DIRECTIONS and _NUMBER.fullmatch(tokens[1]):
        return [tokens[1], tokens[0], *tokens[2:]]
    return tokens


def _without_units(tokens: list[str]) -> tuple[list[str], list[str]]:
    """The words before the first unit, and the units; a unit may also stand before the house number."""
    tokens = [word for place, word in enumerate(tokens) if not (word == ANY_UNIT and _follows_unit(tokens, place))]
    if len(tokens) > 3 and tokens[0] in NUMBERED and _NUMBER.fullmatch(tokens[2]):
        return tokens[2:], [_unit(tokens[:2])]
    first = 0 if tokens and tokens[0] in UNITS else 2 if tokens and _NUMBER.fullmatch(tokens[0]) else 1
    starts: list[int] = []
    for place in range(first, len(tokens)):
        if _begins_unit(tokens, place) and not (starts and place == starts[-1] + 1 and tokens[starts[-1]] in NUMBERED):
            starts.append(place)
    if not starts:
        return _trailing_number(tokens)
    ends = [*starts[1:], len(tokens)]
    return tokens[: starts[0]], [_unit(tokens[start:end]) for start, end in zip(starts, ends, strict=True)]


def _follows_unit(tokens: Sequence[str], place: int) -> bool:
    return place > 0 and tokens[place - 1] in NUMBERED


def _begins_unit(tokens: Sequence[str], place: int) -> bool:
    word, after = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
    if word not in NUMBERED:
        return word in UNITS and (not after or after in UNITS)
    return bool(after) and (len(after) == 1 or after not in SUFFIXES) and (word == ANY_UNIT or _names_a_unit(after))


def _names_a_unit(word: str) -> bool:
    return len(word) == 1 or any(char.isdigit() for char in word) or word in UNITS


def _unit(tokens: Sequence[str]) -> str:
    return f"{UNITS[tokens[0]]} {''.join(tokens[1:])}".strip()


def _trailing_number(tokens: list[str]) -> tuple[list[str], list[str]]:
    """``123 Main St 3`` has a unit, ``123 Highway 2`` and ``123 County Road 5`` have none."""
    if len(tokens) > 3 and _NUMBER.fullmatch(tokens[0]) and re.fullmatch(r"[0-9]+[a-z]?", tokens[-1]):
        *_, whose, before = _short(tokens[:-1])
        numbered = before in _HIGHWAYS or (before == "rd" and (whose in DIRECTIONS or whose in _ROAD_OWNERS))
        if before in SUFFIXES.values() and not numbered:
            return tokens[:-1], [f"{ANY_UNIT} {tokens[-1]}"]
    return tokens, []
