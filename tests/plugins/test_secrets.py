"""The built-in secret schemes."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import SettingsError
from scld_core.plugins import Registry, SecretRef

CANARY = "canary-secret-7"
POSIX = os.name == "posix"


@pytest.fixture(scope="module")
def registry():
    """A registry with the built-in schemes alone."""
    return Registry.isolated()


@pytest.fixture
def write(tmp_path):
    """Write a file of the district's folder that only its owner may read."""

    def write(name, content, mode=0o600):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return SecretRef(f"file:{name}")

    return write


def test_a_secret_of_the_environment(registry, monkeypatch, tmp_path):
    """As it is, but for line ends around it."""
    monkeypatch.setenv("SCLD_TEST_SECRET", f" {CANARY} \n")
    assert registry.resolve_secret(SecretRef("env:SCLD_TEST_SECRET"), tmp_path) == f" {CANARY} "


@pytest.mark.parametrize("name", ["token", "secrets/token"])
def test_a_secret_of_a_file(name, registry, write, tmp_path):
    """The path is read from the district's folder, wherever the process stands."""
    assert registry.resolve_secret(write(name, CANARY.encode() + b"\r\n"), tmp_path) == CANARY


@pytest.mark.parametrize("blank", [None, "", " ", "\n"])
def test_a_missing_or_blank_secret_says_what_to_set(blank, registry, monkeypatch, write, tmp_path):
    """The name of the variable or file is in the text."""
    monkeypatch.delenv("SCLD_TEST_SECRET", raising=False)
    if blank is not None:
        monkeypatch.setenv("SCLD_TEST_SECRET", blank)
        write("token", blank.encode())
    for ref in ("env:SCLD_TEST_SECRET", "file:token"):
        with pytest.raises(SettingsError, match=rf"{ref}: the secret is missing or blank.*{ref.partition(':')[2]}"):
            registry.resolve_secret(SecretRef(ref), tmp_path)


@pytest.mark.parametrize(("mode", "accepted"), [(0o600, True), (0o640, True), (0o604, False), (0o602, False)])
def test_a_file_open_to_everybody_is_refused(mode, accepted, registry, write, tmp_path):
    """Others may neither read nor change it; the file's group may read it. Elsewhere than on POSIX nothing is known."""
    ref = write("token", CANARY.encode(), mode)
    if accepted or not POSIX:
        assert registry.resolve_secret(ref, tmp_path) == CANARY
        return
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        registry.resolve_secret(ref, tmp_path)
    assert CANARY not in str(caught.value)


def test_a_path_that_leads_out_of_the_folder_is_refused(registry, write, tmp_path):
    """By dots, from the root or through a link."""
    write("token", CANARY.encode())
    folder = tmp_path / "district"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "token")
    for path in ("../token", str(tmp_path / "token"), "link"):
        with pytest.raises(SettingsError, match="leads out"):
            registry.resolve_secret(SecretRef(f"file:{path}"), folder)


@pytest.mark.parametrize(("name", "content"), [("token", b"\xff\xfe"), (".", None)])
def test_a_file_that_cannot_be_read_is_refused(name, content, registry, write, tmp_path):
    """Bytes that are no UTF-8 and folders are told by the kind of their fault."""
    if content is not None:
        write(name, content)
    with pytest.raises(SettingsError, match="cannot be read"):
        registry.resolve_secret(SecretRef(f"file:{name}"), tmp_path)


@given(st.text("abc:/.", min_size=1, max_size=8))
def test_other_schemes_are_somebody_else_s(registry, tmp_path_factory, name):
    """A reference with an unknown scheme is refused by name."""
    with pytest.raises(SettingsError, match="no plugin knows"):
        registry.resolve_secret(SecretRef(f"other:{name}"), tmp_path_factory.getbasetemp())


def test_the_secret_of_a_path_with_a_nul_is_a_settings_error(registry, tmp_path):
    """Odd characters in a reference are no crash."""
    with pytest.raises(SettingsError):
        registry.resolve_secret(SecretRef("file:a\0b"), tmp_path)
