"""A file for the agency: a name that every system takes, and the fingerprint of its bytes."""

import hashlib

import pytest

from scld_core.agency.ports import Parcel
from scld_core.errors import InvalidValue


@pytest.mark.parametrize("name", ["new-2026-06-01.csv", "a", "update 7.txt"])
def test_a_plain_name_is_taken(name):
    """The bytes are not in its repr."""
    parcel = Parcel(name, b"synthetic")
    assert parcel.sha256 == hashlib.sha256(b"synthetic").hexdigest()
    assert "synthetic" not in repr(parcel)


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "a/b", "a\\b", "c:d", "two\nlines", "é", "end.", "end ", 7])
def test_a_name_that_some_system_would_bend_is_refused(name):
    """A folder, an option, a control character or a script that the other side may not know."""
    with pytest.raises(InvalidValue, match="plain ASCII file name"):
        Parcel(name, b"")
