"""What is looked at before self-checks are served: the file of machines, TLS, names and libraries."""

from pathlib import Path

import pytest
import trustme
from attrs import evolve
from sip2_district import (
    serving,
    terminal,
)

from scld_adapters.sip2.self_checks import FILE, SelfCheck, read_self_checks
from scld_adapters.sip2.settings import TlsSettings
from scld_core.catalog.desk import CatalogDesk
from scld_core.errors import (
    BadInput,
    InvalidValue,
    ScldError,
    SettingsError,
    Unavailable,
)
from scld_core.plugins import Registry, SecretRef
from scld_core.plugins.serving import DeskServer, ServeOrder, find_server


def _change(folder, text):
    path = folder / FILE
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")


@pytest.mark.parametrize("name", ["Spokane \u2013 Valley Libraries", "Spokane | Valley", "S" * 300])
def test_the_name_of_a_district_is_shown_as_machines_can_show_it(district, name):
    """A dash outside the dialect, a delimiter or a long name: a machine starts all the same."""
    path = district / "district.toml"
    text, made = path.read_text(encoding="utf-8"), 'name = "Sample Library District (synthetic)"'
    assert made in text
    path.write_text(text.replace(made, f'name = "{name}"'), encoding="utf-8")
    with serving(district) as port, terminal(port) as kiosk:
        assert kiosk.status().text("AM")[:1] == "S"


def test_what_no_machine_could_start_with_is_said_at_the_start(district):
    """An institution that cannot be sent, and a library that the ILS does not have."""
    for said in ("A|B", "\u0141\u00f3d\u017a", "S" * 300):
        with pytest.raises(BadInput, match="--institution: the institution cannot be sent"):
            serve_now(district, institution=said)
    _change(district, 'institution = "A|B"\n')
    with pytest.raises(BadInput, match=r"self-checks.toml: the institution cannot be sent"):
        serve_now(district)
    path = district / FILE
    text = path.read_text(encoding="utf-8").replace('institution = "A|B"\n', "")
    path.write_text(text.replace('"argonne"', '"nowhere"'), encoding="utf-8")
    with pytest.raises(BadInput, match=r"nowhere: is no library of the ILS, and kiosk-argonne stands in it.*cheney"):
        serve_now(district)


def test_libraries_that_cannot_be_looked_up_stop_nobody(district, monkeypatch, caplog):
    """The ILS may be back before the first patron."""

    def away(desk):
        raise Unavailable("main", "catalog.libraries", "no connection")

    monkeypatch.setattr(CatalogDesk, "libraries", away)
    with serving(district) as port, terminal(port) as kiosk:
        assert kiosk.status().text("online_status") == "Y"
    assert "could not be looked up: Unavailable" in caplog.text


def serve_now(folder, **order):
    """Start and end at once."""
    with serving(folder, **order):
        pass


def test_tls(district, tmp_path):
    """With a certificate the port speaks TLS, and nothing else."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    pem = tmp_path / "server.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(pem)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    tls = TlsSettings(authorities=str(tmp_path / "authority.pem"))
    with serving(district, certificate=pem, host="127.0.0.1") as port:
        with terminal(port, tls=tls) as kiosk:
            assert kiosk.status().text("online_status") == "Y"
        with pytest.raises(Unavailable), terminal(port) as kiosk:
            kiosk.status()


def test_what_a_person_must_set_before_it_serves(district, monkeypatch, tmp_path):
    """No file of machines, two of one name, no password, another address without TLS, a certificate that is none."""
    cases = {
        "plain text": {"host": "0.0.0.0"},
        "goes with": {"key": tmp_path / "key.pem"},
        "cannot be used for TLS": {"certificate": district / FILE},
    }
    for problem, order in cases.items():
        with pytest.raises(BadInput, match=problem), serving(district, **order):
            pass
    with pytest.raises(BadInput, match="plain text"), serving(district, host="kiosk.example"):
        pass
    monkeypatch.setenv("SCLD_TEST_SELF_CHECK", " ")
    with pytest.raises(BadInput, match="blank"), serving(district):
        pass
    monkeypatch.delenv("SCLD_TEST_SELF_CHECK")
    with pytest.raises(ScldError), serving(district):
        pass
    path = district / FILE
    path.write_text('[[terminal]]\nuser = "a"\npassword = "env:A"\nlibrary = "no library"\n', encoding="utf-8")
    with pytest.raises((SettingsError, InvalidValue)), serving(district):
        pass
    path.unlink()
    with pytest.raises(BadInput, match="terminal"), serving(district):
        pass


def test_the_file_of_machines(district):
    """Is read whole; two machines of one name are none."""
    read = read_self_checks(district)
    assert [machine.at.name for machine in read.terminal] == ["cheney", "argonne"]
    assert read.require_pin
    machine = SelfCheck("a", SecretRef("env:A"), "cheney")
    with pytest.raises(InvalidValue, match="each user once"):
        evolve(read, terminal=(machine, machine))
    with pytest.raises(InvalidValue, match="one machine"):
        evolve(read, terminal=())


def test_a_port_that_is_taken(district):
    """Says so, and closes the desks."""
    with serving(district) as port, pytest.raises(Unavailable, match="in use"), serving(district, port=port):
        pass


def test_the_server_is_found_among_the_plugins():
    """By its name; another name is told which there are."""
    assert isinstance(find_server(Registry.load(), "sip2"), DeskServer)
    with pytest.raises(BadInput, match="sip2"):
        find_server(Registry.load(), "sip3")
    with pytest.raises(InvalidValue):
        ServeOrder(folder=Path(), open_desk=print, port=70000)
