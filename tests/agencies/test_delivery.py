"""Every way to the agency, over the real protocol on loopback: whole or not at all, once, never overwriting."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.agencies.drop.plugin import AGENCY_DROP, AgencyDropSettings
from scld_adapters.agencies.portal.plugin import AGENCY_PORTAL, AgencyPortalSettings
from scld_adapters.agencies.sftp.plugin import AGENCY_SFTP, AgencySftpSettings
from scld_adapters.agencies.smtp.plugin import AGENCY_MAIL, AgencyMailSettings
from scld_adapters.mail.settings import RelaySettings
from scld_core.agency.ports import AgencyChannel, Parcel
from scld_core.errors import (
    BackendError,
    BadInput,
    ConfigurationError,
    InvalidValue,
    OutcomeUnknown,
    PermissionDenied,
    Rejected,
    ServiceAuthError,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.kernel.time import FixedClock, parse_instant
from scld_core.plugins import BackendContext, BackendSpec, SecretRef, open_backend
from scld_core.runs.model import AnswerKind, ReadBack
from support.sftp_server import Sftp, sftp_server
from support.smtp_server import Relay, smtp_relay

PARCEL = Parcel("ums-sync-2026-10-05.csv", b"borrowernumber,Due\r\n1,12.50\r\n", note="Synthetic: 1 row.")
SECRETS = {"env:PASSWORD": "synthetic-password", "env:WRONG": "not-the-password"}


def _secret(ref: SecretRef) -> str:
    try:
        return SECRETS[ref.ref]
    except KeyError:
        raise BadInput(ref.ref, "is not set") from None


def _open(spec: BackendSpec[Any], config: Any, folder: Path) -> AgencyChannel:
    clock = FixedClock(parse_instant("2026-10-05T15:00:00Z"))
    opened = open_backend(spec, config, BackendContext("ums", clock, folder, _secret, deadline=5.0))
    assert opened.channel is not None
    return opened.channel


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    """One SFTP server for the module."""
    folder = tmp_path_factory.mktemp("sftp")
    with sftp_server(folder) as server:
        yield server


@pytest.fixture
def server(served: Sftp) -> Sftp:
    """The server with an empty incoming directory and no faults."""
    incoming = served.folder / "incoming"
    incoming.mkdir(exist_ok=True)
    for old in incoming.iterdir():
        old.unlink()
    served.drop_after = served.drop_before = served.refuse = ""
    served.done.clear()
    return served


def _sftp(server: Sftp, **over: Any) -> AgencyChannel:
    table: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "username": server.username,
        "host_key": server.host_key,
        "directory": "/incoming",
        "password": SecretRef("env:PASSWORD"),
        "taken_away": False,
    }
    return _open(AGENCY_SFTP, AgencySftpSettings(**{**table, **over}), server.folder)


def _drop(folder: Path, **over: Any) -> AgencyChannel:
    (folder / "outgoing").mkdir(exist_ok=True)
    return _open(AGENCY_DROP, AgencyDropSettings(**{"folder": "outgoing", "taken_away": False, **over}), folder)


@pytest.fixture(params=["drop", "sftp"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, server: Sftp) -> tuple[AgencyChannel, Path]:
    """Each channel whose files can be looked at, and where they lie."""
    if request.param == "drop":
        return _drop(tmp_path), tmp_path / "outgoing"
    return _sftp(server), server.folder / "incoming"


def test_a_file_arrives_whole_and_under_its_name_only(kept: tuple[AgencyChannel, Path]) -> None:
    """What lies there afterwards is the parcel and nothing besides."""
    channel, there = kept
    assert channel.delivered(PARCEL) is ReadBack.NOT_DONE
    answer = channel.deliver(PARCEL, key="scld-1")
    assert answer.kind is AnswerKind.DONE
    assert [p.name for p in there.iterdir()] == [PARCEL.name]
    assert (there / PARCEL.name).read_bytes() == PARCEL.content
    assert channel.delivered(PARCEL) is ReadBack.DONE


def test_a_second_delivery_adds_nothing(kept: tuple[AgencyChannel, Path]) -> None:
    """The same parcel again, with the same key or another, is done and leaves one file."""
    channel, there = kept
    for key in ("scld-1", "scld-1", "scld-2"):
        assert channel.deliver(PARCEL, key=key).kind is AnswerKind.DONE
    assert len(list(there.iterdir())) == 1


def test_nothing_is_overwritten(kept: tuple[AgencyChannel, Path]) -> None:
    """Another file of that name stays as it is, and the delivery says so."""
    channel, there = kept
    (there / PARCEL.name).write_bytes(b"somebody else's")
    with pytest.raises(Rejected, match="other content"):
        channel.deliver(PARCEL, key="scld-1")
    assert (there / PARCEL.name).read_bytes() == b"somebody else's"
    assert channel.delivered(PARCEL) is ReadBack.NOT_DONE


@given(content=st.binary(max_size=200_000))
def test_any_bytes_arrive_as_they_are(served: Sftp, tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Neither line ends nor zero bytes nor size change on the way into a folder."""
    folder = tmp_path_factory.mktemp("drop")
    _drop(folder).deliver(Parcel("any.bin", content), key="scld-1")
    assert (folder / "outgoing" / "any.bin").read_bytes() == content


def test_a_large_file_arrives_over_sftp(server: Sftp) -> None:
    """More than one packet's worth is written and read back whole."""
    parcel = Parcel("large.csv", bytes(range(256)) * 4000)
    channel = _sftp(server)
    channel.deliver(parcel, key="scld-1")
    assert channel.delivered(parcel) is ReadBack.DONE


def test_files_that_are_taken_away_prove_nothing(tmp_path: Path, server: Sftp) -> None:
    """Where the agency removes what it read, an absent file is no evidence that it was not delivered."""
    for channel in (_drop(tmp_path, taken_away=True), _sftp(server, taken_away=True)):
        assert channel.delivered(PARCEL) is ReadBack.UNKNOWN


@pytest.mark.parametrize("operation", ["create", "write"])
@pytest.mark.parametrize("when", ["drop_before", "drop_after"])
def test_a_connection_lost_before_the_naming_leaves_no_file(server: Sftp, operation: str, when: str) -> None:
    """Up to the rename nothing lies under the final name, and the fault says that it is safe to repeat."""
    setattr(server, when, operation)
    with pytest.raises(Unavailable):
        _sftp(server).deliver(PARCEL, key="scld-1")
    assert not (server.folder / "incoming" / PARCEL.name).exists()
    setattr(server, when, "")
    assert _sftp(server).deliver(PARCEL, key="scld-1").kind is AnswerKind.DONE
    assert [p.name for p in (server.folder / "incoming").iterdir()] == [PARCEL.name]


@pytest.mark.parametrize("when", ["drop_before", "drop_after"])
def test_a_connection_lost_at_the_naming_is_an_unknown_outcome(server: Sftp, when: str) -> None:
    """The rename may have happened; reading back tells, and repeating adds nothing."""
    setattr(server, when, "rename")
    with pytest.raises(OutcomeUnknown) as caught:
        _sftp(server).deliver(PARCEL, key="scld-1")
    assert caught.value.key == "scld-1"
    setattr(server, when, "")
    happened = when == "drop_after"
    assert _sftp(server).delivered(PARCEL) is (ReadBack.DONE if happened else ReadBack.NOT_DONE)
    _sftp(server).deliver(PARCEL, key="scld-1")
    assert (server.folder / "incoming" / PARCEL.name).read_bytes() == PARCEL.content


@pytest.mark.parametrize(
    ("over", "fault"),
    [
        ({"password": SecretRef("env:WRONG")}, ServiceAuthError),
        ({"directory": "/elsewhere"}, ConfigurationError),
        ({"port": 1}, Unavailable),
    ],
)
def test_what_is_wrong_with_the_server_is_named(server: Sftp, over: dict[str, Any], fault: type[BackendError]) -> None:
    """Login, directory and address are three faults, and no text repeats a secret."""
    with pytest.raises(fault) as caught:
        _sftp(server, **over).deliver(PARCEL, key="scld-1")
    assert not any(secret in str(caught.value) for secret in SECRETS.values())


def test_another_host_key_is_refused(server: Sftp, tmp_path: Path) -> None:
    """A server that shows another key than the one set gets no login and no file."""
    (tmp_path / "other").mkdir()
    with sftp_server(tmp_path / "other") as other, pytest.raises(ConfigurationError, match="another host key"):
        _sftp(server, host_key=other.host_key).deliver(PARCEL, key="scld-1")
    assert server.done == []


def test_a_host_key_that_is_none_is_refused(server: Sftp) -> None:
    """A key that cannot be read is a configuration error."""
    with pytest.raises(ConfigurationError, match="key cannot be used"):
        _sftp(server, host_key="ssh-ed25519 AAAA").deliver(PARCEL, key="scld-1")


def test_a_denied_directory_is_a_permission(server: Sftp) -> None:
    """The server's denial keeps its class."""
    server.refuse = "create"
    with pytest.raises(PermissionDenied):
        _sftp(server).deliver(PARCEL, key="scld-1")


def test_a_denied_naming_is_no_unknown_outcome(server: Sftp) -> None:
    """A refusal that arrives is an answer."""
    server.refuse = "rename"
    with pytest.raises(PermissionDenied):
        _sftp(server).deliver(PARCEL, key="scld-1")


def test_a_private_key_that_is_none_is_refused(server: Sftp) -> None:
    """What the secret holds is not repeated in the error."""
    with pytest.raises(ConfigurationError, match="key cannot be used"):
        _sftp(server, private_key=SecretRef("env:WRONG")).deliver(PARCEL, key="scld-1")


@pytest.fixture
def relay(tmp_path: Path):
    """A relay with STARTTLS."""
    with smtp_relay(tmp_path) as running:
        yield running


def _mail(relay: Relay, folder: Path, **over: Any) -> AgencyChannel:
    table: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": relay.port,
        "sender": "library@example.org",
        "security": relay.security,
        "username": "scld",
        "password": SecretRef("env:PASSWORD"),
        "authorities": relay.authority.name,
    }
    settings = RelaySettings(**{**table, **over})
    config = AgencyMailSettings(settings, to="agency@example.com", copy=("copy@example.org",))
    return _open(AGENCY_MAIL, config, folder)


def test_a_mail_carries_the_bytes_and_a_stable_number(relay: Relay, tmp_path: Path) -> None:
    """The attachment is the parcel, both addresses get it, and one key gives one Message-ID."""
    channel = _mail(relay, tmp_path)
    first = channel.deliver(PARCEL, key="scld-1")
    again = channel.deliver(PARCEL, key="scld-1")
    other = channel.deliver(PARCEL, key="scld-2")
    assert first.reference == again.reference != other.reference
    message = relay.taken[0]
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == (PARCEL.name, PARCEL.content)
    assert relay.recipients[:2] == ["agency@example.com", "copy@example.org"]
    assert PARCEL.sha256 in message.get_body().get_content()
    assert message["Message-ID"] == first.reference


def test_mail_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    """The second way of a private connection works as the first."""
    with smtp_relay(tmp_path, security="tls") as relay:
        _mail(relay, tmp_path).deliver(PARCEL, key="scld-1")
    assert len(relay.taken) == 1


def test_a_mailbox_cannot_be_asked(relay: Relay, tmp_path: Path) -> None:
    """Whether a mail arrived is declared unsupported and refused."""
    with pytest.raises(UnsupportedOperation):
        _mail(relay, tmp_path).delivered(PARCEL)


@pytest.mark.parametrize(
    ("command", "answer", "fault"),
    [
        ("MAIL", "451 later", Unavailable),
        ("MAIL", "553 no such sender", Rejected),
        ("RCPT", "450 later", Unavailable),
        ("RCPT", "550 no such agency@example.com", Rejected),
        ("DATA", "451 later", Unavailable),
        ("DATA", "554 refused", Rejected),
        ("DATA", "drop", OutcomeUnknown),
    ],
)
def test_a_fault_says_whether_the_mail_was_taken(
    relay: Relay, tmp_path: Path, command: str, answer: str, fault: type[BackendError]
) -> None:
    """Refusals leave nothing behind; a lost answer after the text is unknown, and the mail may be there."""
    relay.answers[command] = answer
    with pytest.raises(fault) as caught:
        _mail(relay, tmp_path).deliver(PARCEL, key="scld-1")
    assert bool(relay.taken) == (fault is OutcomeUnknown)
    assert "example.com" not in str(caught.value)


def test_a_relay_without_tls_gets_nothing(tmp_path: Path) -> None:
    """A relay that offers no STARTTLS is refused before a login or an address is said."""
    with smtp_relay(tmp_path, security="plain") as relay:
        relay.security = "starttls"
        with pytest.raises(ConfigurationError, match="offers no STARTTLS"):
            _mail(relay, tmp_path).deliver(PARCEL, key="scld-1")
    assert relay.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_does_not_fit_is_refused(tmp_path: Path, security: str) -> None:
    """Another host's certificate, or one of an unknown authority, ends the attempt."""
    with smtp_relay(tmp_path, security=security, name="somewhere.example.org") as relay:
        for over in ({}, {"authorities": ""}):
            with pytest.raises(ConfigurationError, match="certificate"):
                _mail(relay, tmp_path, **over).deliver(PARCEL, key="scld-1")
    assert relay.taken == []


def test_other_faults_of_a_relay(relay: Relay, tmp_path: Path) -> None:
    """A wrong password, a port without a relay and an unreadable authority are three faults."""
    with pytest.raises(ServiceAuthError):
        _mail(relay, tmp_path, password=SecretRef("env:WRONG")).deliver(PARCEL, key="scld-1")
    with pytest.raises(Unavailable):
        _mail(relay, tmp_path, port=1).deliver(PARCEL, key="scld-1")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        _mail(relay, tmp_path, authorities="absent.pem").deliver(PARCEL, key="scld-1")


def test_a_folder_that_is_not_there_or_not_ours(tmp_path: Path) -> None:
    """A missing folder is configuration; a folder that cannot be written is unavailable."""
    channel = _open(AGENCY_DROP, AgencyDropSettings("absent"), tmp_path)
    with pytest.raises(ConfigurationError, match="is not there"):
        channel.deliver(PARCEL, key="scld-1")
    channel = _drop(tmp_path)
    (tmp_path / "outgoing" / PARCEL.name).mkdir()
    with pytest.raises(Unavailable):
        channel.deliver(PARCEL, key="scld-1")
    with pytest.raises(Unavailable):
        channel.delivered(PARCEL)


def test_a_portal_hands_over_to_a_person(tmp_path: Path) -> None:
    """Where nothing can be sent, the answer says that a person has to, and reading back is refused."""
    channel = _open(AGENCY_PORTAL, AgencyPortalSettings(), tmp_path)
    assert channel.deliver(PARCEL, key="scld-1").kind is AnswerKind.FOR_OPERATOR
    with pytest.raises(UnsupportedOperation):
        channel.delivered(PARCEL)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Parcel("../escape.csv", b""),
        lambda: Parcel(".hidden", b""),
        lambda: Parcel("größe.csv", b""),
        lambda: Parcel("", b""),
        lambda: AgencySftpSettings("h", "u", "ssh-ed25519 AAAA", "/in"),
        lambda: AgencySftpSettings("h", "u", "no key\nat all", "/in", password=SecretRef("env:PASSWORD")),
        lambda: RelaySettings("h", "library@example.org", username="u"),
        lambda: RelaySettings("h", "Library <library@example.org>"),
        lambda: RelaySettings("h", "library@example.org", security="none"),
        lambda: AgencyMailSettings(RelaySettings("h", "library@example.org"), to="a@b\r\nBcc: c@d"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(make) -> None:
    """No path out of the folder, no half login, no second address in a first one."""
    with pytest.raises(InvalidValue):
        make()


@pytest.mark.parametrize(("spec", "config"), [(AGENCY_SFTP, "sftp"), (AGENCY_MAIL, "mail")])
def test_a_missing_secret_is_told_at_open(spec: BackendSpec[Any], config: str, tmp_path: Path) -> None:
    """What is missing is named by its reference before anything is sent."""
    ref = SecretRef("env:ABSENT")
    settings: Any = AgencySftpSettings("h", "u", "ssh-ed25519 AAAA", "/in", password=ref)
    if config == "mail":
        relay = RelaySettings("h", "library@example.org", username="u", password=ref)
        settings = AgencyMailSettings(relay, to="agency@example.com")
    with pytest.raises(ConfigurationError, match="env:ABSENT"):
        _open(spec, settings, tmp_path)


def test_no_event_loop_is_left_behind(server: Sftp) -> None:
    """A delivery ends with everything that it began."""
    _sftp(server).deliver(PARCEL, key="scld-1")
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


# A folder on a disk without links.


def _no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.fixture
def linkless(tmp_path, monkeypatch):
    """A drop folder on exFAT, or on a share that refuses links."""
    monkeypatch.setattr(os, "link", _no_links)
    return _drop(tmp_path), tmp_path / "outgoing"


def test_without_links_a_file_is_there_whole_and_once(linkless):
    """The same parcel again adds nothing, and nothing is left beside it."""
    channel, folder = linkless
    parcel = Parcel("new.csv", b"rows")
    for _ in range(2):
        assert channel.deliver(parcel, key="scld-1").kind is AnswerKind.DONE
        assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("new.csv", b"rows")]
    assert channel.delivered(parcel) is ReadBack.DONE


@pytest.mark.parametrize("there", [b"others", b""])
def test_without_links_nothing_is_overwritten(linkless, there):
    """What has the name already stays, an empty file too."""
    channel, folder = linkless
    (folder / "new.csv").write_bytes(there)
    with pytest.raises(Rejected):
        channel.deliver(Parcel("new.csv", b"rows"), key="scld-1")
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("new.csv", there)]


def test_without_links_a_name_that_is_taken_meanwhile_is_left_alone(linkless, monkeypatch):
    """Somebody else's file comes between looking and writing: it stays as it is."""
    channel, folder = linkless

    def taken(*_: object) -> None:
        (folder / "new.csv").write_bytes(b"others")
        _no_links()

    monkeypatch.setattr(os, "link", taken)
    with pytest.raises(Rejected):
        channel.deliver(Parcel("new.csv", b"rows"), key="scld-1")
    assert (folder / "new.csv").read_bytes() == b"others"


def test_without_links_a_write_into_the_taken_name_is_not_lost(linkless, monkeypatch):
    """A program that writes into whatever has the name does it right after we took it: its bytes stay."""
    channel, folder = linkless
    close = os.close

    def closed(handle: int) -> None:
        close(handle)
        if (folder / "new.csv").exists():
            (folder / "new.csv").write_bytes(b"others")

    monkeypatch.setattr(os, "close", closed)
    with pytest.raises(Rejected):
        channel.deliver(Parcel("new.csv", b"rows"), key="scld-1")
    assert (folder / "new.csv").read_bytes() == b"others"


def test_without_links_a_crash_after_the_name_was_taken_is_made_good(linkless):
    """The empty file is ours when the whole one lies beside it under the step's key: it is put there now."""
    channel, folder = linkless
    parcel = Parcel("new.csv", b"rows")
    (folder / "new.csv").write_bytes(b"")
    (folder / ".new.csv.scld-1.part").write_bytes(b"rows")
    assert channel.delivered(parcel) is ReadBack.NOT_DONE
    assert channel.deliver(parcel, key="scld-1").kind is AnswerKind.DONE
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("new.csv", b"rows")]


def test_without_links_a_failure_after_the_name_was_taken_gives_it_back(linkless, monkeypatch):
    """The disk refuses the last step: no empty file is left for the agency to take."""
    channel, folder = linkless

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unavailable, match="No space left"):
        channel.deliver(Parcel("new.csv", b"rows"), key="scld-1")
    assert list(folder.iterdir()) == []
