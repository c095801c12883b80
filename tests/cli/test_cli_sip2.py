"""`scld sip2 serve`: it says where it listens, serves, and ends when it is told to."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scld_adapters.sip2.client import Account, Client
from scld_adapters.sip2.settings import Sip2Settings
from scld_adapters.sip2.transport import connect

SECRET = "canary-password-8814"
MACHINE = '[[terminal]]\nuser = "kiosk"\npassword = "env:SCLD_TEST_SELF_CHECK"\nlibrary = "cheney"\n'


@pytest.fixture
def hears():
    """This process hears SIGINT, which one that was started in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def district(made_sample, tmp_path, monkeypatch):
    """The sample district with one machine."""
    monkeypatch.setenv("SCLD_TEST_SELF_CHECK", SECRET)
    folder = Path(shutil.copytree(made_sample, tmp_path / "district"))
    (folder / "self-checks.toml").write_text(MACHINE, encoding="utf-8")
    return folder


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _meanwhile(port, heard):
    """Log in as a machine as soon as somebody listens, then interrupt this process."""
    try:
        for _ in range(3000):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                threading.Event().wait(0.02)
        with Client(lambda: connect(Sip2Settings("127.0.0.1", port), Path()), Account("kiosk", SECRET)) as kiosk:
            heard.append(kiosk.status().text("AO"))
    finally:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("hears")
def test_it_serves_until_it_is_interrupted(scld, district):
    """A machine logs in meanwhile; Ctrl-C is the ordinary end."""
    port, heard = _free_port(), []
    thread = threading.Thread(target=_meanwhile, args=(port, heard))
    thread.start()
    told = scld("sip2", "serve", district, "--port", port, "--institution", "SCLD")
    thread.join()
    assert (told.code, heard) == (0, ["SCLD"])
    said = " ".join(told.out.split())
    assert f"SIP2 on 127.0.0.1 port {port}. Stop it with Ctrl-C. Stopped." in said


def test_as_a_process_it_ends_with_the_signal_of_a_service_manager(district):
    """With no traceback, and at once."""
    run = "from scld_core.cli import main; main()"
    command = [sys.executable, "-c", run, "sip2", "serve", str(district), "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        assert "SIP2 on" in said
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest.split()[-1], errors) == (0, "Stopped.", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "plain text"),
        (["--tls-key", "key.pem"], "goes with --tls-cert"),
        (["--tls-cert", "missing.pem"], "cannot be used for TLS"),
    ],
)
def test_what_a_person_must_mend_is_a_sentence(scld, district, arguments, said):
    """Exit code 2, and nothing is served."""
    told = scld("sip2", "serve", district, "--port", 0, *arguments)
    assert told.code == 2
    assert said in " ".join(told.err.split())


def test_a_port_that_is_taken_is_a_sentence(scld, district):
    """And no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = scld("sip2", "serve", district, "--port", taken.getsockname()[1])
    assert told.code == 5
    assert "cannot listen" in " ".join(told.err.split())
