"""Money: exact or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money

CENTS = st.integers(-(10**15), 10**15)
MONEY = st.builds(Money, CENTS)


@given(CENTS, st.sampled_from(("USD", "CAD")))
def test_what_is_written_is_read_back(cents, currency):
    """Round trip of every amount, its sign and currency included."""
    assert Money.parse(str(Money(cents, currency))) == Money(cents, currency)


@given(MONEY, MONEY, MONEY)
def test_sums_do_not_depend_on_the_order(one, two, three):
    """Associative and commutative, with zero in the middle and a negative that undoes."""
    assert (one + two) + three == three + (two + one)
    assert one - two == one + -two
    assert one + Money(0) == one
    assert not one - one


@given(MONEY, MONEY)
def test_amounts_are_ordered_as_their_cents(one, two):
    """Every comparison agrees with that of the integers."""
    assert (one < two, one <= two, one > two, one >= two) == (
        one.cents < two.cents,
        one.cents <= two.cents,
        one.cents > two.cents,
        one.cents >= two.cents,
    )


@given(MONEY, st.integers(1, 50))
def test_a_split_is_exact_and_fair(whole, parts):
    """The shares make the whole and differ by a cent at most, the larger ones first."""
    shares = whole.split(parts)
    assert sum(share.cents for share in shares) == whole.cents
    assert len(shares) == parts
    assert shares[0].cents - shares[-1].cents in (0, 1)
    assert list(shares) == sorted(shares, key=lambda share: -share.cents)


def test_three_fees_can_always_be_paid_in_full():
    """The split that another system cannot make: 1.94 + 1.94 + 1.96 paid at once."""
    fees = [Money.parse(text) for text in ("1.94", "1.94", "1.96")]
    paid = sum(fees, Money(0))
    assert sum(paid.split(3), Money(0)) == Money(584)


@pytest.mark.parametrize(
    "text",
    ["", "12.345", "1,234.50", "$5", "(5.00)", "5-", "5.00-", "1e3", "1E+3", "NaN", "Infinity", "+5", ".5", "5.", " 5",
     "5 usd", "5  CAD", "१२", "9" * 16, "--5", "5.00 CAD x"],
)  # fmt: skip
def test_what_is_not_plainly_an_amount_is_refused(text):
    """No rounding, no guess."""
    with pytest.raises(InvalidValue, match="must be an amount such as"):
        Money.parse(text)


@pytest.mark.parametrize("cents", [1.0, True, "5", None, float("nan")])
def test_cents_are_integers(cents):
    """A float, a truth value or a text is no number of cents."""
    with pytest.raises(InvalidValue, match="must be int"):
        Money(cents)


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "", "ÜSD", 5])
def test_a_currency_is_three_capital_letters(currency):
    """Nothing else."""
    with pytest.raises(InvalidValue, match="three capital letters"):
        Money(1, currency)


def test_two_currencies_do_not_mix():
    """Neither sum nor comparison."""
    one, other = Money(1), Money(1, "CAD")
    for mix in (lambda: one + other, lambda: one - other, lambda: one < other, lambda: one >= other):
        with pytest.raises(InvalidValue, match="must be USD on both sides"):
            mix()
    assert one != other
    assert str(other) == "0.01 CAD"
    with pytest.raises(InvalidValue, match="must be at least 1"):
        one.split(0)
