"""The registry: every plugin is loaded in isolation, and what is wrong with one is said of that one."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from inspect import cleandoc
from textwrap import dedent
from types import ModuleType, SimpleNamespace

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import BadInput, PluginError, SettingsError
from scld_core.kernel.actor import Actor
from scld_core.kernel.capability import Full
from scld_core.kernel.log import WITHHELD
from scld_core.plugins import (
    BackendSpec,
    LoadState,
    OpenBackend,
    OperationEvent,
    Redactor,
    Registry,
    ScldHooks,
    SecretRef,
    Veto,
    WriteNotice,
    hookimpl,
)

NOTICE = WriteNotice("hotspots", "hotspots.suspend", "main:i1", Actor("anne"))
EVENT = OperationEvent(
    "hotspots",
    "hotspots.suspend",
    "main:i1",
    "applied",
    datetime(2026, 3, 10, tzinfo=UTC),
    Actor("anne"),
)
CANARY = "canary-secret-7"
CARD_NUMBER = "29082000123450"
GOOD = """
@hookimpl
def scld_backends():
    yield backend("{name}")
"""


@frozen
class Config:
    """A backend's table."""

    account: str = ""


@frozen
class Recipe:
    """A declared value with a name."""

    name: str


@frozen
class Note:
    """A declared value without one."""

    text: str


def backend(name="one", **more):
    """A carrier that opens nothing."""
    given_ = {"kind": "carrier", "config": Config, "open": lambda c, x: OpenBackend(), "capabilities": {}, **more}
    return BackendSpec(name, **given_)


def plugin(name="test", **hooks):
    """A plugin object whose hooks are these functions, marked."""
    return SimpleNamespace(__name__=name, **{hook: hookimpl(function) for hook, function in hooks.items()})


def offers(*backends, name="test"):
    """A plugin object that offers backends."""
    return plugin(name, scld_backends=lambda: list(backends))


def lines(registry):
    """The report's lines by plugin, but for what scld itself brings."""
    return {line.plugin: line for line in registry.report.lines if line.plugin != "built-in"}


def only(registry):
    """The report's one line."""
    (line,) = lines(registry).values()
    return line


BROKEN = {
    "broken-import": ("import no_such_module_anywhere", "ModuleNotFoundError"),
    "broken-syntax": ("def (:", "SyntaxError"),
    "broken-exit": ("raise SystemExit(3)", "SystemExit"),
    "broken-hook": ("@hookimpl\ndef scld_backends():\n    raise ValueError('no licence')", "no licence"),
    "broken-midway": ("@hookimpl\ndef scld_backends():\n    yield backend('early')\n    1 / 0", "ZeroDivisionError"),
    "broken-none": ("@hookimpl\ndef scld_backends():\n    pass", "TypeError"),
    "misspelt": ("@hookimpl\ndef scld_backend():\n    return []", "did you mean 'scld_backends'?"),
    "unmarked": ("def scld_backends():\n    return []", "not marked with @hookimpl"),
    "no-function": ("scld_backends = []", "no function"),
    "wrong-argument": ("@hookimpl\ndef scld_before_write(message):\n    return None", "has: notice"),
    "keyword-only": ("@hookimpl\ndef scld_before_write(*, notice):\n    return None", "not keyword-only"),
    "with-default": ("@hookimpl\ndef scld_before_write(notice=None):\n    return None", "without a default"),
    "too-many": ("@hookimpl\ndef scld_backends(kind):\n    return []", "has: none"),
    "async-hook": ("@hookimpl\nasync def scld_resolve_secret(ref):\n    return 'x'", "async"),
    "a-wrapper": ("@hookimpl(wrapper=True)\ndef scld_backends():\n    return (yield)", "wrapper"),
    "other-version": (
        "@hookimpl\ndef scld_backends():\n    yield backend('newer', contract=(2, 3))",
        "versions 2 to 3",
    ),
    "no-spec": ("@hookimpl\ndef scld_backends():\n    yield 'kajeet'", "a str, not a BackendSpec"),
    "no-attrs": (
        "@hookimpl\ndef scld_backends():\n    yield BackendSpec('x', 'carrier', dict, print, {})",
        "attrs class",
    ),
    "wrong-operation": (
        "@hookimpl\ndef scld_backends():\n    yield backend('x', capabilities={'lines.suspended': Full()})",
        "did you mean 'lines.suspend'?",
    ),
    "mutable-value": ("@hookimpl\ndef scld_declarations():\n    return [{}]", "a dict, which is not a frozen"),
    "wrong-hook": ("@hookimpl\ndef scld_declarations():\n    return [backend('x')]", "a hook of its own"),
    "no-redactor": ("@hookimpl\ndef scld_redactors():\n    return [str]", "a type, not a Redactor"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_a_line_of_the_report_and_stops_nothing(name, install):
    """The line names distribution, version and fault; another plugin, and scld itself, work as ever."""
    source, problem = BROKEN[name]
    install("a-good-one", GOOD.format(name="good"))
    install(name, source, version="2.1")
    install("z-good-one", GOOD.format(name="last"))
    registry = Registry.load(allow=["a-good-one", name, "z-good-one"])
    line = lines(registry)[name.replace("-", "_")]
    assert line in registry.report.faulty
    assert line.state in {LoadState.FAILED, LoadState.PARTLY}
    assert (line.distribution, line.version) == (name, "2.1")
    assert problem in str(line)
    assert problem in str(registry.report)
    assert {spec.name for spec in registry.backends()} == {"good", "last"}
    assert registry.backend("carrier", "good").name == "good"
    assert registry.before_write(NOTICE) == ()


def test_a_name_taken_twice_is_blamed_on_the_later_one(install):
    """The first distribution keeps it, whatever the order of the folders; the other's other offers stay."""
    install("zeta", GOOD.format(name="portal"))
    install("alpha", GOOD.format(name="portal"))
    install("omega", GOOD.format(name="portal") + '    yield backend("own")\n')
    registry = Registry.load(allow=["alpha", "omega", "zeta"])
    states = {line.distribution: line.state for line in registry.report.lines}
    assert states["alpha"] is LoadState.LOADED
    assert states["zeta"] is states["omega"] is LoadState.PARTLY
    assert "offered already, by alpha (alpha 1.0)" in str(lines(registry)["zeta"])
    assert [spec.name for spec in registry.backends()] == ["own", "portal"]


def test_two_distributions_may_call_their_plugins_alike(install):
    """The later one is known by its distribution's name too, and both work."""
    install("alpha", GOOD.format(name="a"), entry="carriers")
    install("beta", GOOD.format(name="b"), entry="carriers")
    registry = Registry.load(allow=["carriers"])
    states = {name: line.state for name, line in lines(registry).items() if line.state is not LoadState.DENIED}
    assert states == {"carriers": LoadState.LOADED, "beta:carriers": LoadState.LOADED}


def test_allow_and_deny_name_plugins_or_distributions(install):
    """What is not allowed is not even imported; what is allowed and missing is said."""
    install("first-one", GOOD.format(name="first"), entry="uno")
    install("second-one", "raise SystemExit('imported')")
    install("third-one", GOOD.format(name="third"))
    registry = Registry.load(allow=["UNO", "third_one", "fourth"], deny=["third-one"])
    assert [spec.name for spec in registry.backends()] == ["first"]
    found = lines(registry)
    assert found["second_one"].state is found["third_one"].state is LoadState.DENIED
    assert found["fourth"].state is LoadState.ABSENT
    assert registry.report.faulty == (found["fourth"],)
    assert "second_one" not in sys.modules


def test_every_installed_plugin_is_loaded_when_nothing_is_said(install):
    """Scld's own distribution comes first."""
    install("aaa", GOOD.format(name="third-party"))
    registry = Registry.load()
    assert registry.backend("carrier", "third-party").name == "third-party"
    assert [line.distribution for line in registry.report.lines][-1] == "aaa"


def test_asking_for_a_backend_that_is_not_there():
    """The nearest name is said, and why a plugin that might have had it is not loaded."""
    with pytest.raises(BadInput, match=r"did you mean 'kajeet'.*Known: kajeet, other"):
        Registry.isolated([offers(backend("kajeet"), backend("other"))]).backend("carrier", "kajet")
    with pytest.raises(BadInput, match=r"Known: none; not loaded: test: failed: .*licence"):
        Registry.isolated([plugin(scld_backends=lambda: _raise(OSError("no licence")))]).backend("carrier", "x")
    with pytest.raises(BadInput, match=r"may not be used. test: carrier 'newer' is for contract versions 5 to 6"):
        Registry.isolated([offers(backend("newer", contract=(5, 6)))]).backend("carrier", "newer")


def _raise(error):
    raise error


def test_backends_are_kept_by_kind_and_name():
    """An ILS and a carrier may share a name."""
    registry = Registry.isolated([offers(backend("x"), backend("x", kind="ils"))])
    assert [(spec.kind, spec.name) for spec in registry.backends()] == [("carrier", "x"), ("ils", "x")]
    assert only(registry).offers == ("carrier 'x'", "ils 'x'")
    assert str(only(registry)) == "test: loaded: carrier 'x', ils 'x'"
    assert str(only(Registry.isolated([plugin()]))) == "test: loaded: offers nothing"


def test_a_failed_plugin_leaves_nothing_behind():
    """Neither its veto nor its offers count once it is refused."""
    bad = plugin(scld_before_write=lambda notice: Veto("no"), scld_backends=lambda: _raise(OSError()))
    registry = Registry.isolated([bad])
    assert only(registry).state is LoadState.FAILED
    assert registry.before_write(NOTICE) == ()


def test_registries_do_not_meet():
    """What is registered with one is unknown to another, and a plugin may be in both."""
    shared = offers(backend("shared"))
    one, other, third = Registry.isolated([shared]), Registry.isolated([shared]), Registry.isolated()
    assert one.backends() == other.backends()
    assert third.backends() == ()


def test_declarations_are_filed_by_class():
    """Each class has its own list, in loading order; a second value of one name is refused."""
    one = plugin("one", scld_declarations=lambda: [Recipe("a"), Note("x"), Note("x")])
    two = plugin("two", scld_declarations=lambda: iter([Recipe("a"), Recipe("b")]))
    registry = Registry.isolated([one, two])
    assert registry.declarations(Recipe) == (Recipe("a"), Recipe("b"))
    assert registry.declarations(Note) == (Note("x"), Note("x"))
    assert registry.declarations(Config) == ()
    assert lines(registry)["two"].problems == ("Recipe 'a' is offered already, by one",)
    assert lines(registry)["two"].offers == ("Recipe 'b'",)
    assert lines(registry)["one"].offers == ("Recipe 'a'", "Note", "Note")


def test_registering_by_hand_raises():
    """A developer at the keyboard is told at once; partly usable plugins stay."""
    registry = Registry.isolated()
    assert registry.register(offers(backend("x")), "mine").plugin == "mine"
    with pytest.raises(PluginError, match="another plugin is called 'mine'"):
        registry.register(plugin(), "mine")
    with pytest.raises(PluginError, match="nowhere"):
        registry.register("a.module.that.is.nowhere")
    assert registry.register(offers(backend("x"), backend("y")), "partly").state is LoadState.PARTLY
    assert [spec.name for spec in registry.backends()] == ["x", "y"]


def test_the_same_plugin_twice_is_refused_by_name():
    """Its hooks would be called twice."""
    one = offers(backend("x"))
    registry = Registry.isolated([one])
    with pytest.raises(PluginError, match="is the same plugin as 'test'"):
        registry.register(one, "again")


class Methods:
    """A plugin object with methods of every kind."""

    @hookimpl
    def scld_before_write(self, notice):
        """A plain method."""
        return Veto(f"method {notice.subject}")

    @hookimpl
    @classmethod
    def scld_backends(cls):
        """A class method, marked from outside."""
        return [backend("of-class")]

    @staticmethod
    @hookimpl
    def scld_redactors():
        """A static method, marked from inside."""
        return [Redactor("vowels", lambda text: text.replace("a", "*"))]

    @hookimpl(specname="scld_operation_done")
    def hear(self, event):
        """A method of another name."""
        raise OSError(event.subject)

    @property
    def scld_danger(self):
        """Is never evaluated."""
        raise AssertionError


def test_a_plugin_may_be_an_object():
    """Methods of every kind are hooks; properties are left alone."""
    registry = Registry.isolated([Methods()])
    assert only(registry).problems == ()
    assert registry.before_write(NOTICE) == (Veto("method m*in:i1", "Methods"),)
    assert [spec.name for spec in registry.backends()] == ["of-class"]
    assert registry.redact("banana") == "b*n*n*"
    registry.operation_done(EVENT)
    assert registry.listener_failures == {"Methods": 1}


def test_a_class_is_no_plugin():
    """Its methods could not be called."""
    registry = Registry.isolated([Methods])
    assert "is a class" in str(only(registry))


def test_a_plugin_type_checks_against_the_protocol():
    """The hooks are those of the Protocol, and each docstring is a whole plugin."""
    names = [name for name in dir(ScldHooks) if name.startswith("scld_")]
    assert len(names) == 6
    for name in names:
        text = cleandoc(getattr(ScldHooks, name).__doc__)  # from Python 3.13 on it is without its indentation
        source = dedent(text.partition("::")[2])
        module = ModuleType(name)
        exec(compile(source, name, "exec"), vars(module))
        registry = Registry.isolated([module])
        assert only(registry).state is LoadState.LOADED, str(registry.report)


ANSWERS = st.sampled_from(
    [
        lambda notice: None,
        lambda notice: Veto("no"),
        lambda notice: _raise(ValueError(CANARY)),
        lambda notice: "no",
        lambda notice: False,
        lambda notice: (_ for _ in ()),
    ]
)


@given(st.lists(ANSWERS, max_size=5), st.randoms())
def test_a_write_is_let_through_only_when_every_plugin_agrees(answers, random):
    """Each that does not answer None is one veto, in the same order however they were loaded."""
    named = [plugin(f"p{n}", scld_before_write=answer) for n, answer in enumerate(answers)]
    vetoes = Registry.isolated(named).before_write(NOTICE)
    silent = sum(1 for answer in answers if _agrees(answer))
    assert len(vetoes) == len(answers) - silent
    random.shuffle(named)
    assert Registry.isolated(named).before_write(NOTICE) == vetoes
    assert CANARY not in str(vetoes)
    assert all(veto.plugin and veto.reason for veto in vetoes)


def _agrees(answer):
    try:
        return answer(NOTICE) is None
    except ValueError:
        return False


@given(st.lists(st.booleans(), max_size=5))
def test_every_listener_hears_and_none_can_change_anything(failing):
    """One that raises is counted; the others hear all the same; nothing comes back."""
    heard = []

    def listener(number, *, fails):
        def hear(event):
            heard.append((number, event))
            if fails:
                raise RuntimeError(CANARY)
            return "changed"

        return plugin(f"p{number}", scld_operation_done=hear)

    registry = Registry.isolated([listener(n, fails=fails) for n, fails in enumerate(failing)])
    assert registry.operation_done(EVENT) is None
    assert sorted(number for number, _ in heard) == list(range(len(failing)))
    assert all(event is EVENT for _, event in heard)
    assert registry.listener_failures == {f"p{n}": 1 for n, fails in enumerate(failing) if fails}


def test_a_listener_s_failure_is_logged_without_its_text(caplog):
    """With the plugin's name and the place."""
    registry = Registry.isolated([plugin("loud", scld_operation_done=lambda event: _raise(RuntimeError(CANARY)))])
    with caplog.at_level("WARNING", "scld_core"):
        registry.operation_done(EVENT)
    (record,) = caplog.records
    assert '"plugin": "loud", "failure": "RuntimeError at ' in record.getMessage()
    assert CANARY not in caplog.text


def test_redactors_work_one_after_another():
    """In the order of their names; a second one of a name is refused."""
    one = plugin("one", scld_redactors=lambda: [Redactor("b", lambda t: t + "b"), Redactor("a", lambda t: t + "a")])
    two = plugin("two", scld_redactors=lambda: [Redactor("a", lambda t: t + "!")])
    registry = Registry.isolated([one, two])
    assert registry.redact("x") == "xab"
    assert "Redactor 'a' is offered already, by one" in str(lines(registry)["two"])
    assert Registry.isolated().redact("x") == "x"


def test_a_card_number_is_redacted_without_any_plugin_and_after_all_of_them():
    """The built-in redactor is the last one, so that no plugin can bring a card number back."""
    assert Registry.isolated().redact(f"{CARD_NUMBER}, a@example.org") == "(card number), (e-mail address)"
    back = plugin(scld_redactors=lambda: [Redactor("a", lambda t: f"{t} {CARD_NUMBER}")])
    assert Registry.isolated([back]).redact("x") == "x (card number)"


def test_what_plugins_say_of_themselves_is_redacted():
    """A veto's reason and the text of a failed import are foreign texts like any other."""

    def loud():
        raise RuntimeError(CARD_NUMBER)

    registry = Registry.isolated(
        [
            plugin("asked", scld_before_write=lambda notice: Veto(f"for {CARD_NUMBER} ACC-7")),
            plugin("mine", scld_redactors=lambda: [Redactor("a", lambda t: t.replace("ACC-7", "(account)"))]),
            plugin("loud", scld_backends=loud),
        ]
    )
    assert registry.before_write(NOTICE) == (Veto("for (card number) (account)", "asked"),)
    assert "(card number)" in str(lines(registry)["loud"])
    assert CARD_NUMBER not in str(registry.report)


@pytest.mark.parametrize("redact", [lambda text: _raise(ValueError(text)), lambda text: None, lambda text: " "])
def test_a_redactor_that_fails_drops_the_text(redact):
    """Nothing vouches for it then, whatever the others did."""
    registry = Registry.isolated([plugin(scld_redactors=lambda: [Redactor("r", redact)])])
    assert registry.redact(CANARY) == WITHHELD


def test_a_third_party_s_secret_scheme(tmp_path):
    """The first plugin that knows the scheme answers."""
    vault = plugin(scld_resolve_secret=lambda ref: "s3" if ref.ref == "vault:x" else None)
    registry = Registry.isolated([vault])
    assert registry.resolve_secret(SecretRef("vault:x"), tmp_path) == "s3"
    with pytest.raises(SettingsError, match=r"vault:y.*no plugin knows"):
        registry.resolve_secret(SecretRef("vault:y"), tmp_path)


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        (lambda ref: _raise(ValueError(CANARY)), "a plugin failed: ValueError"),
        (lambda ref: CANARY.encode(), "a plugin gave a bytes"),
        (lambda ref: _raise(SettingsError("vault:x", "locked")), "locked"),
    ],
)
def test_a_secret_that_cannot_be_had_is_a_settings_error(hook, problem, tmp_path):
    """It names the reference and shows neither the secret nor another exception's text."""
    registry = Registry.isolated([plugin(scld_resolve_secret=hook)])
    with pytest.raises(SettingsError, match=problem) as caught:
        registry.resolve_secret(SecretRef("vault:x"), tmp_path)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_registry_travels_as_its_settings(install):
    """Another process makes it again from allow, deny and the names of modules."""
    install("alpha", GOOD.format(name="a"))
    install("beta", GOOD.format(name="b"))
    install("gamma", GOOD.format(name="c"))
    registry = Registry.load(allow=["alpha", "beta"], deny=["beta"])
    registry.register("gamma")
    module = sys.modules["gamma"]
    again = pickle.loads(pickle.dumps(registry))
    assert again.report == registry.report
    assert [spec.name for spec in again.backends()] == ["a", "c"]
    isolated = pickle.loads(pickle.dumps(Registry.isolated([module])))
    assert [spec.name for spec in isolated.backends()] == ["c"]


def test_importing_plugins_loads_nothing_heavy():
    """No optional library, no codec and no plugin comes with it."""
    code = "import sys, scld_core.plugins; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "cattrs",
        "sqlalchemy",
        "httpx",
        "openpyxl",
        "jinja2",
        "typer",
        "rich",
        "psycopg",
        "scld_adapters",
        "asyncio",
    }
    assert heavy.isdisjoint(loaded)
    assert "pluggy" in loaded


def test_the_capability_of_a_named_operation_is_accepted():
    """The control of the wrong one: every operation of every port may be declared."""
    full = {"lines.suspend": Full(), "lines.bulk_file": Full(), "loans.iter_overdue": Full()}
    assert only(Registry.isolated([offers(backend(capabilities=full))])).problems == ()
