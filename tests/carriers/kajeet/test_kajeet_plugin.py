"""What Kajeet registers: settings that explain themselves, secrets asked for at open, honest capabilities."""

import tomllib
from importlib.resources import files

import pytest

from scld_adapters.carriers.kajeet import plugin
from scld_adapters.carriers.kajeet.capabilities import capabilities_of
from scld_adapters.carriers.kajeet.plugin import KAJEET, open_kajeet
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_core import codecs
from scld_core.errors import BadInput, ConfigurationError, InvalidValue, SettingsError
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.capability import Convention, Full, Unsupported
from scld_core.plugins.guard import port_operations
from scld_core.plugins.spec import SecretRef

TABLE = {"corp_id": "LIB", "token": "env:TOKEN"}


def test_a_table_of_district_toml_becomes_settings():
    """Two keys are enough; words are taught as a table."""
    made = codecs.structure(KajeetSettings, {**TABLE, "words": {"paused": "suspended"}}, where="backends.kajeet")
    assert made.token == SecretRef("env:TOKEN")
    assert made.words == {"paused": ServiceState.SUSPENDED}
    assert (made.mode, made.page_size, made.delayed) == ("status", 100, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"page_size": 101}, "page_size"),
        ({"page_size": 0}, "page_size"),
        ({"mode": "both"}, "mode"),
        ({"base_url": "http://sentinel.example"}, "base_url"),
        ({"base_url": "https://user@sentinel.example"}, "base_url"),
        ({"media_url": "https://"}, "media_url"),
        ({"corpid": "LIB"}, "corp_id"),
        ({"mode": "media"}, "media_key"),
        ({"mode": "media", "media_key": "env:KEY"}, "media_words"),
        ({"words": {"paused": "asleep"}}, "words"),
    ],
)
def test_a_wrong_setting_is_named(changes, words):
    """The error names the key, and for a typing mistake the nearest valid one."""
    with pytest.raises(SettingsError, match=words):
        codecs.structure(KajeetSettings, {**TABLE, **changes}, where="backends.kajeet")


def test_an_address_is_text():
    """Anything else is refused before it is parsed."""
    with pytest.raises(InvalidValue, match="base_url"):
        KajeetSettings("LIB", SecretRef("env:TOKEN"), base_url=5)


def test_secrets_are_asked_for_at_open(account):
    """A secret that is missing, empty or broken stops the opening, by its reference and not its text."""

    def missing(ref):
        raise BadInput(ref.ref, "is not set")

    for secret in (missing, lambda ref: " ", lambda ref: "a\nb", lambda ref: "tökn"):
        with pytest.raises(ConfigurationError, match="env:TOKEN") as caught:
            open_kajeet(account.settings(), account.context(secret=secret))
        assert "tökn" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="env:KEY"):
        open_kajeet(account.media_settings(), account.context(secret=lambda r: "x" if r.ref == "env:TOKEN" else ""))


def test_a_file_secret_may_end_with_a_line_break(account):
    """White space around a secret is no part of it."""
    line = account.add(1)
    opened = open_kajeet(account.settings(), account.context(secret=lambda ref: f" {account.fake.token}\n"))
    assert opened.lines.get(line).state is ServiceState.ACTIVE


def test_it_opens_with_a_client_of_its_own_and_closes_it(account):
    """Without a transport from outside the backend makes its own; closing twice is fine."""
    line = account.add(1)
    opened = open_kajeet(account.settings(), account.context(transport=None))
    assert opened.lines.get(line).state is ServiceState.ACTIVE
    opened.close()
    opened.close()


def test_a_transport_from_outside_stays_open(account):
    """What was handed in is closed by whoever made it."""
    line = account.add(1)
    opened = open_kajeet(account.settings(), account.context())
    opened.close()
    assert opened.lines.get(line).state is ServiceState.ACTIVE


def test_every_operation_is_declared(account):
    """Each operation of the port has a capability in each mode; what needs a convention says so."""
    lines = {op for op in port_operations("lines") if not op.endswith("bulk_file")}
    for settings in (account.settings(), account.media_settings()):
        declared = capabilities_of(settings)
        assert set(declared) == lines
        unsupported = {op for op, can in declared.items() if isinstance(can, Unsupported)}
        assert unsupported == {"lines.terminate", "lines.request_state"}
    assert isinstance(capabilities_of(account.settings())["lines.suspend"], Full)
    assert isinstance(capabilities_of(account.media_settings())["lines.suspend"], Convention)


def test_the_quality_file_agrees_with_the_spec():
    """Every rule is done or exempt with a reason, and the foreign evidence is the spec's."""
    quality = tomllib.loads(files(plugin.__package__).joinpath("quality.toml").read_text("utf-8"))
    assert quality["foreign_evidence"] == KAJEET.foreign_evidence == "none"
    assert quality["rules"]
    for rule in quality["rules"].values():
        assert rule["state"] in ("done", "exempt")
        assert rule["why"]
    assert quality["unverified"]
