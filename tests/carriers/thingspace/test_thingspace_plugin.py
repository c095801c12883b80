"""What is registered, how it is configured, and that it opens and closes properly."""

import tomllib
from pathlib import Path

import pytest

import scld_adapters.carriers.thingspace as package
from scld_adapters.carriers.thingspace.plugin import (
    THINGSPACE,
    callback_credentials,
    open_thingspace,
    register_listener,
)
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_core import codecs
from scld_core.errors import AdapterBug, BadInput, ConfigurationError, InvalidValue, OutcomeUnknown, SettingsError
from scld_core.hotspots.model import ServiceState
from scld_core.plugins import open_backend
from scld_core.plugins.guard import port_operations
from scld_core.plugins.spec import SecretRef

REF = SecretRef("env:x")
BASE = {"account": "0000123456-00001", "key": REF, "secret": REF, "username": REF, "password": REF}


def test_the_spec_declares_every_operation_of_the_port():
    """Nothing is left undeclared but the bulk file, which ThingSpace has no use for."""
    assert set(THINGSPACE.capabilities) == set(port_operations("lines")) - {"lines.bulk_file"}
    assert (THINGSPACE.name, THINGSPACE.kind, THINGSPACE.config) == ("thingspace", "carrier", ThingSpaceSettings)


def test_the_quality_file_claims_no_foreign_evidence():
    """What the adapter says of itself agrees with its spec, and every rule has its reason."""
    quality = tomllib.loads((Path(package.__file__).parent / "quality.toml").read_text("utf-8"))
    assert quality["foreign_evidence"] == THINGSPACE.foreign_evidence == "none"
    assert all(rule["state"] in ("done", "exempt") and rule["why"] for rule in quality["rules"].values())


def test_behind_the_guard_the_lines_work(world):
    """The real way in: opened by its spec, guarded, read and written over HTTP."""
    opened = open_backend(THINGSPACE, world.settings(), world.context())
    view = opened.lines.get(world.all[0])
    assert view.state is ServiceState.ACTIVE
    opened.lines.suspend(world.all[0], key="scld-1")
    world.fake.settle()
    [page] = opened.lines.iter_lines()
    assert [row.state for row in page.rows].count(ServiceState.SUSPENDED) == 1
    opened.close()
    opened.close()


def test_the_guard_passes_an_unknown_outcome_on(world):
    """An outcome that is not known stays that, and is no adapter's bug."""
    from scld_adapters._shared.fakehttp import Fault

    opened = open_backend(THINGSPACE, world.settings(), world.context())
    world.server.script(Fault.DROP_AFTER, only=lambda request: request.url.endswith("/suspend"))
    with pytest.raises(OutcomeUnknown) as caught:
        opened.lines.suspend(world.all[0], key="scld-1")
    assert not isinstance(caught.value, AdapterBug)


def test_without_a_given_transport_it_brings_its_own(world):
    """The backend's own client is closed with it, and may be closed twice."""
    opened = open_thingspace(world.settings(), world.context(transport=None))
    assert opened.lines.get(world.all[0]).state is ServiceState.ACTIVE
    opened.close()
    opened.close()


@pytest.mark.parametrize("text", ["", "  ", "a\nb"])
def test_a_secret_that_is_none_is_named_by_its_reference(world, text):
    """A blank secret stops the opening, before anything is sent."""
    world.secrets["password"] = text
    with pytest.raises(ConfigurationError, match="env:password"):
        world.open()
    assert world.server.requests == []


def test_a_secret_that_cannot_be_found_is_a_matter_of_settings(world):
    """What the resolver says reaches the user as a configuration error of this backend."""

    def missing(ref):
        raise BadInput(ref.ref, "is not set")

    with pytest.raises(ConfigurationError, match="env:key: is not set"):
        open_thingspace(world.settings(), world.context(secret=missing))


def test_a_listener_needs_its_credentials(world):
    """Without both references there is nothing to compare a callback with, and nothing is registered."""
    with pytest.raises(ConfigurationError, match="callback_username"):
        callback_credentials(world.settings(), world.context())
    with pytest.raises(ConfigurationError):
        register_listener(world.settings(), world.context(), "https://library.test/callbacks")
    assert world.fake.registered is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", ""),
        ("account", "0000/123"),
        ("account", 123456),
        ("base_url", "http://thingspace.verizon.com/api"),
        ("base_url", "https://user@thingspace.verizon.com/api"),
        ("base_url", "https://thingspace.verizon.com/api?x=1"),
        ("base_url", "https://[broken"),
        ("base_url", "https://host:port"),
        ("base_url", "ftp://thingspace.verizon.com"),
        ("base_url", 7),
        ("key", "plain text"),
        ("page_size", 0),
        ("page_size", 2001),
        ("page_size", True),
        ("with_billing", "yes"),
        ("service_name", " "),
        ("callback_password", REF),
        ("callback_username", REF),
    ],
)
def test_settings_that_cannot_work_are_refused(name, value):
    """Each wrong value is refused by the name of its field."""
    with pytest.raises(InvalidValue):
        ThingSpaceSettings(**{**BASE, name: value})


def test_the_table_in_district_toml_becomes_settings():
    """References are written as text, and a misspelt key is refused with its path."""
    table = {name: f"env:VZ_{name.upper()}" for name in ("key", "secret", "username", "password")}
    made = codecs.structure(ThingSpaceSettings, {**table, "account": "0000123456-00001"}, where="backends.verizon")
    assert made.key == SecretRef("env:VZ_KEY")
    with pytest.raises(SettingsError, match=r"backends\.verizon"):
        codecs.structure(ThingSpaceSettings, {**table, "acount": "0000123456-00001"}, where="backends.verizon")


def test_settings_have_the_vendors_address_and_keep_leading_zeros():
    """The defaults reach the real service, and an account's name is text."""
    made = ThingSpaceSettings(**BASE)
    assert made.base_url == "https://thingspace.verizon.com/api"
    assert made.account == "0000123456-00001"
