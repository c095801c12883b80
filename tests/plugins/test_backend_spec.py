"""What a plugin registers: references to secrets, and backends."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.time import SystemClock
from scld_core.plugins import CONTRACT, KINDS, BackendContext, BackendSpec, OpenBackend, SecretRef


@frozen
class Config:
    """A backend's table."""


def spec(**changes):
    """A backend of our own contract version."""
    return BackendSpec(**{"name": "x", "kind": "ils", "config": Config, "open": print, "capabilities": {}, **changes})


@given(st.from_regex(r"\A[a-z]{1,6}:[!-~]{1,12}\Z"))
def test_a_reference_and_its_text_are_each_other_s_inverse(text):
    """It is read as it stands in district.toml."""
    assert str(SecretRef.parse(text)) == text


@pytest.mark.parametrize("text", ["", "hunter2", "env:", ":NAME", "Env:NAME", None])
def test_a_secret_itself_is_no_reference(text):
    """Text without a scheme is refused, and not repeated: it may be the secret."""
    with pytest.raises(InvalidValue, match="scheme:name") as caught:
        SecretRef(text)
    assert "hunter2" not in str(caught.value)


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_range_of_contract_versions_has_its_low_end_first(low, high):
    """A reversed range would fit nothing."""
    if low <= high:
        assert spec(contract=(low, high)).contract == (low, high)
    else:
        with pytest.raises(InvalidValue, match="low first"):
            spec(contract=(low, high))


@pytest.mark.parametrize(
    "wrong", [{"name": "My Portal"}, {"name": "9x"}, {"name": None}, {"kind": "cloud"}, {"foreign_evidence": "yes"}]
)
def test_a_backend_is_named_and_filed_in_known_words(wrong):
    """Names are lower case, kinds and evidence are of the lists."""
    with pytest.raises(InvalidValue, match="BackendSpec"):
        spec(**wrong)


def test_a_backend_is_for_this_contract_unless_it_says_more():
    """Every kind may be registered; nothing is negotiated by default."""
    assert [spec(kind=kind).contract for kind in KINDS] == [(CONTRACT, CONTRACT)] * len(KINDS)
    assert spec().negotiate is None


def test_an_opened_backend_that_holds_nothing_can_be_closed_twice():
    """The default `close` does nothing."""
    opened = OpenBackend()
    opened.close()
    opened.close()
    assert (opened.loans, opened.lines, opened.store) == (None, None, None)


def test_a_context_does_not_show_its_secrets(tmp_path):
    """Its repr holds no function that could be called for one."""
    context = BackendContext("main", SystemClock(), tmp_path, lambda ref: "hunter2")
    assert "lambda" not in repr(context)
    assert context.secret(SecretRef("env:X")) == "hunter2"
