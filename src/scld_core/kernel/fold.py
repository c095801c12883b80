"""One form for text that people write in many: any script, with or without accents, in either case.

Folded text is for comparing and never for showing. Marks that only colour a letter are dropped (Latin,
Greek and Cyrillic accents, Hebrew and Arabic points); marks that make it another letter stay (the voicing
marks of Japanese, the vowel signs and the virama of the scripts of India, the vowels of Thai).
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["fold", "words"]

_SPLIT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
"""Letters that Unicode does not take apart and that are commonly written with others."""

_PLAIN = re.compile("[a-z0-9]+")
_QUOTES = re.compile("['\u2019\u2018\u02bc\u02bb`\u00b4\u2032\u055a\u05f3]")


def _colours(char: str) -> bool:
    """Whether a combining mark is dropped; by Unicode's canonical combining class."""
    kind = unicodedata.combining(char)
    return kind >= 200 or 10 <= kind <= 35


def fold(text: str) -> str:
    """`text` in one case, taken apart, without the marks that only colour. Total; folding twice changes nothing."""
    if text.isascii():
        return text.lower()
    while (seen := _once(text)) != text:
        text = seen
    return text


def _once(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in apart if not _colours(char)).translate(_SPLIT)


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text in its order; apostrophes join, everything else that is no letter or digit parts."""
    joined = _QUOTES.sub("", fold(text))
    if joined.isascii():
        return tuple(_PLAIN.findall(joined))
    return tuple("".join(char if _of_word(char) else " " for char in joined).split())


def _of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")
