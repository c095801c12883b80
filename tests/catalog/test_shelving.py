"""A district's shelf order: what it refuses, and what its options do."""

import pytest

from scld_core.catalog import STANDARD, Shelving, sort_key
from scld_core.errors import InvalidValue


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"prefixes": ("J",)}, "exactly once"),
        ({"prefixes": ("", "J", "")}, "exactly once"),
        ({"prefixes": ("", "J", "j.")}, "different collections"),
        ({"prefixes": ("", "...")}, "different collections"),
        ({"prefixes": ("", *(f"P{number}" for number in range(601)))}, "different collections"),
        ({"prefixes": ("", 5)}, "must be str"),
        ({"prefixes": ["", "J"]}, "tuple"),
        ({"spellings": (("JUV",),)}, "pairs"),
        ({"spellings": (("JUV", 5),)}, "pairs"),
        ({"spellings": (("...", "J"),)}, "pairs"),
        ({"spellings": (("JUV", "JX"),)}, "among the prefixes"),
        ({"spellings": (("JUV", "J JX"),)}, "among the prefixes"),
        ({"spellings": (("NONE", ""),)}, "among the prefixes"),
        ({"before_names": ("XYZ",)}, "among the prefixes"),
        ({"articles": ("THE BIG",)}, "one word"),
        ({"articles": ("...",)}, "one word"),
        ({"mac": 1}, "bool"),
    ],
)
def test_settings_that_contradict_are_refused(settings, rule):
    """The error names the class, the field and the rule."""
    with pytest.raises(InvalidValue, match=rule) as caught:
        Shelving(**settings)
    assert str(caught.value).startswith(f"Shelving.{next(iter(settings))}: ")


def test_collections_keep_their_ranks_however_many_there_are():
    """Hundreds of collections before and after what has no prefix sort in the order of the list."""
    names = [f"P{chr(97 + number // 26)}{chr(97 + number % 26)}x" for number in range(600)]
    order = Shelving(prefixes=(*names[:290], "", *names[290:599]), spellings=(), before_names=())
    keys = [sort_key(f"{name} 500 ABC".strip(), order) for name in order.prefixes]
    assert keys == sorted(set(keys))


def test_the_order_to_begin_with_is_whole():
    """Every spelling stands for collections that are listed, and equal orders are one value."""
    assert Shelving() == STANDARD
    assert hash(Shelving()) == hash(STANDARD)
    assert sort_key("JFIC ADAMS") == sort_key("J FIC ADAMS") == sort_key("J-Fiction Adams")


def test_a_spelling_may_be_longer_than_another():
    """The longest spelling wins, and words that only begin one are read again."""
    order = Shelving(prefixes=("", "J", "PICTURE", "PB"), spellings=(("PICTURE BOOK BIG", "PB"),), before_names=())
    assert sort_key("PICTURE BOOK BIG 5", order) == sort_key("PB 5", order)
    assert sort_key("PICTURE BOOK ADA", order) == sort_key("PICTURE  book ada", order) != sort_key("PB ADA", order)
    assert sort_key("J PICTURE", order) < sort_key("J PB", order)


def test_letters_and_digits_after_a_collection():
    """A cutter by default; with `lc` a class of the Library of Congress, whose number is an integer."""
    assert sort_key("REF Z1035") < sort_key("REF Z699")
    assert sort_key("REF Z699", Shelving(lc=True)) < sort_key("REF Z1035", Shelving(lc=True))
    assert sort_key("J523") == sort_key("J 523")
    assert sort_key("J523", Shelving(lc=True)) != sort_key("J 523", Shelving(lc=True))
