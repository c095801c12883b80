"""Write the generated parts of the reference pages, out of the code they describe.

``python docs/generate.py`` rewrites them; with ``--check`` it only says which are out of date. A part
stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; the prose around it is written by hand.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import inspect
import pkgutil
import re
import sys
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import attrs
from markup import code, entries, keys, paragraphs, table, type_words
from typer.models import ArgumentInfo, OptionInfo

from scld_adapters import agencies
from scld_adapters import plugin as adapters
from scld_adapters.files.extract import COLUMNS as EXTRACT_COLUMNS
from scld_adapters.files.extract import OPTIONAL as EXTRACT_OPTIONAL
from scld_adapters.files.settings import STATE_WORDS
from scld_core import errors, settings
from scld_core.agency.columns import INBOUND, OUTBOUND, Column
from scld_core.agency.dialect import Dialect, Layout
from scld_core.agency.dialect import Field as DialectField
from scld_core.agency.files import COLUMNS as SNAPSHOT_COLUMNS
from scld_core.agency.kinds import MEANINGS
from scld_core.agency.kinds import Kind as RowKind
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.ports import AgencyChannel
from scld_core.calendars import Calendars, Closure, WeeklyHours
from scld_core.cards.policy import CardPolicy
from scld_core.cards.rules import REASONS as CARD_REASONS
from scld_core.cards.states import renewal_states
from scld_core.catalog import Catalog, Shelving
from scld_core.circulation.policy import CirculationPolicy
from scld_core.circulation.ports import Loans
from scld_core.circulation.states import claim_states
from scld_core.cli import codes
from scld_core.cli._typer import app
from scld_core.fees import Fees
from scld_core.holds.policy import HoldPolicy
from scld_core.holds.ports import Holds
from scld_core.holds.rules import REASONS as HOLD_REASONS
from scld_core.holds.states import hold_states
from scld_core.hotspots.inventory import COLUMNS as INVENTORY_COLUMNS
from scld_core.hotspots.inventory import OPTIONAL as INVENTORY_OPTIONAL
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.ports import BulkDelivery, CarrierLines
from scld_core.hotspots.rules import DESIRED, Situation
from scld_core.hotspots.states import service_states
from scld_core.hotspots.text import REASONS
from scld_core.kernel.capability import Capability, Convention, Full, operations
from scld_core.kernel.states import StateTable
from scld_core.notices import Notices
from scld_core.patrons import JurisdictionPolicy, PatronPolicy, Patrons
from scld_core.plugins import Registry, ScldHooks
from scld_core.plugins.recipes import Recipe
from scld_core.policies import Profile, load_profile, profile_names
from scld_core.runs.model import step_states
from scld_core.runs.one_step import REASONS as WRITE_REASONS

DOCS = Path(__file__).parent
_PART = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


# --- the command line ---------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, Callable[..., object]]]:
    """Each command's name and function, in the order of ``scld --help``; groups come last, with their own groups."""
    yield from _commands_of("", app)


def _commands_of(prefix: str, group: Any) -> Iterator[tuple[str, Callable[..., object]]]:
    for command in group.registered_commands:
        if command.callback is not None:
            yield f"{prefix} {command.name or command.callback.__name__}".strip(), command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands_of(f"{prefix} {inner.name or ''}".strip(), inner.typer_instance)


def parameters(function: Callable[..., object]) -> Iterator[tuple[str, ArgumentInfo | OptionInfo, Any, object]]:
    """Name, typer's description, type and default of each parameter of a command."""
    hints = typing.get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        kind, info = get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, None)
        keyword = parameter.kind is parameter.KEYWORD_ONLY
        if info is None:
            info = OptionInfo(default=...) if keyword else ArgumentInfo(default=...)
        yield parameter.name, info, kind, parameter.default


def flags(name: str, info: OptionInfo) -> str:
    """How an option is written."""
    # typer keeps the first name of Annotated[..., Option("--name")] as the default
    first = (info.default,) if isinstance(info.default, str) else ()
    return " ".join((*first, *(info.param_decls or ()))) or f"--{name.replace('_', '-')}"


def _option_row(name: str, info: OptionInfo, kind: Any, default: object) -> tuple[str, str, str]:
    value = "" if kind is bool else f" {info.metavar or _value_word(name, kind)}"
    notes = "required" if default is inspect.Parameter.empty else ""
    if isinstance(default, int) and not isinstance(default, bool):
        notes = f"default {default}"
    return code(flags(name, info) + value), info.help or "", notes


def _value_word(name: str, kind: Any) -> str:
    if name == "folder":
        return "DIR"
    kinds = [arg for arg in get_args(kind) if arg is not types.NoneType] or [kind]
    return {int: "N", Path: "FILE", datetime: "YYYY-MM-DD", list[str]: "STEP"}.get(kinds[0], name.upper())


def cli() -> str:
    """A section for each command."""
    sections: list[str] = []
    for name, function in commands():
        known = list(parameters(function))
        arguments = [(n, i, d) for n, i, _, d in known if isinstance(i, ArgumentInfo)]
        options = [_option_row(n, i, k, d) for n, i, k, d in known if isinstance(i, OptionInfo)]
        shown = [_argument(n, required=d is inspect.Parameter.empty) for n, _, d in arguments]
        parts = [f"## scld {name}", paragraphs(function.__doc__), f"`{' '.join(['scld', name, *shown, '[OPTIONS]'])}`"]
        if arguments:
            rows = ((code(_argument(n, required=True)), i.help or "") for n, i, _ in arguments)
            parts.append(table(("Argument", "Meaning"), rows))
        if options:
            width = 3 if any(row[2] for row in options) else 2
            parts.append(table(("Option", "Meaning", "")[:width], (row[:width] for row in options)))
        else:
            parts[2] = f"`{' '.join(['scld', name, *shown])}`"
        sections.append("\n\n".join(parts))
    return "\n\n".join(sections)


def _argument(name: str, *, required: bool) -> str:
    word = {"folder": "DIR", "steps": "STEP...", "number": "BATCH", "rows": "ROW..."}.get(name, name.upper())
    return word if required else f"[{word}]"


_CODES = {
    "DONE": "Done. What waits for a person, or is on the exception list, is printed and does not change this.",
    "BAD_INPUT": "Something you gave cannot be used: a setting, a file, an argument. The text says what, where and "
    "what to do. The command line's own parser uses the same code.",
    "WAITING": "Somebody is waited for: with `--strict`, an approval, an operator, the carrier or `scld apply`; of "
    "`scld agency map`, a person who answers what is open and confirms the mapping.",
    "GUARD": "A guard stopped the run, or an area of it, before it changed anything there: facts too old, a list not "
    "whole, too many risky steps, another run under way.",
    "TROUBLE": "A step failed, was vetoed or has no sure answer, a system could not be reached, or after the run "
    "a difference is left that nothing explains.",
}


def exit_codes() -> str:
    """The numbers of `scld_core.cli.codes`."""
    found = {name: getattr(codes, name) for name in codes.__all__ if name.isupper()}
    rows = ((str(value), _CODES[name]) for name, value in sorted(found.items(), key=lambda row: row[1]))
    return table(("Code", "Meaning"), rows)


# --- settings and policy ------------------------------------------------------------------------


def district_toml() -> str:
    """Every table of district.toml that is ours."""
    own: tuple[tuple[str, type[Any]], ...] = (
        ("[district]", settings.DistrictSettings),
        ("[hotspots]", settings.HotspotSettings),
        ("[agency]", settings.AgencySettings),
        ("[agency.referrals]", settings.ReferralSettings),
        ("[jurisdiction]", settings.JurisdictionSettings),
        ("[shelving]", Shelving),
        ("[calendar]", settings.CalendarSettings),
        ("[[calendar.hours]]", WeeklyHours),
        ("[[calendar.closures]]", Closure),
        ("[plugins]", settings.PluginSettings),
        ("[approval]", settings.ApprovalSettings),
    )
    return "\n\n".join(f"## `{name}`\n\n{paragraphs(kind.__doc__)}\n\n{keys(kind)}" for name, kind in own)


def top_level() -> str:
    """The keys and tables at the top of district.toml."""
    tables = [a.name for a in attrs.fields(settings.Settings) if a.name != "folder"]
    return table(("Key or table", "What it is"), ((code(name), _TOP[name]) for name in tables))


_TOP = {
    "district": "the district's name, time zone and policy profile",
    "store": "which store, and its own keys; see [](backends.md)",
    "backends": "one table for each system, `[backends.NAME]`, with `use` and the backend's own keys",
    "auto_apply": "list of areas whose steps `scld day` applies by itself; in other areas it writes a plan for "
    "`scld apply`",
    "roles": "table: login name to list of roles",
    "approval": "which roles may approve a step",
    "hotspots": "the inventory",
    "agency": "the files that are compared with the collection agency; without it the day has no such part",
    "jurisdiction": "the files that say which area an address is in; without it every address is unsure",
    "policy": "the district's own values, such as `[policy.hotspots]`; see [](policy.md)",
    "calendar": "opening hours, closures, the end of the business day",
    "shelving": "the order of the shelves; without it a usual one",
    "plugins": "which plugins may be loaded",
}


def _policy_meanings(kind: type[Any]) -> dict[str, str]:
    """What a policy's docstring says of each key."""
    body = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[2]
    return {key: text.removesuffix(".") for names, text in entries(body) for key in names}


def policy_keys(kind: type[Any], prefix: str) -> str:
    """The keys under [policy.PREFIX], and whether a profile has a sourced value."""
    meanings, profiles = _policy_meanings(kind), [load_profile(name) for name in profile_names()]
    hints = typing.get_type_hints(kind)

    def sourced(key: attrs.Attribute[Any]) -> str:
        found = {f"{v.value}: {v.source}" for p in profiles for v in _versions(p, f"{prefix}.{key.name}")}
        without = "**must be set**" if key.default is attrs.NOTHING else "may be left out"
        if any(name.startswith(f"{prefix}.{key.name}.") for p in profiles for name in p.values):
            without = "several; see the profiles below"
        return "; ".join(sorted(found)) or without

    keys = attrs.fields(kind)
    rows = ((code(key.name), type_words(hints[key.name]), meanings[key.name], sourced(key)) for key in keys)
    return table(("Key", "Value", "Meaning", "Value in the profiles"), rows)


def _versions(profile: Profile, key: str) -> tuple[Any, ...]:
    return profile.values[key].versions if key in profile.values else ()


def profile_values() -> str:
    """Every value of every profile with its source."""
    return "\n\n".join(_profile(load_profile(name)) for name in profile_names())


def _profile(profile: Profile) -> str:
    values = (
        (code(key), _shown(v.value), _span(v.valid_from, v.valid_to), v.source, v.changed_by)
        for key, effective in sorted(profile.values.items())
        for v in effective.versions
    )
    laws = ((law.cite, law.says) for law in profile.laws)
    return "\n\n".join(
        (
            f"### {profile.name}",
            f"{profile.title}.",
            table(("Key", "Value", "In force", "Source", "Changed by"), values),
            "Law that the profile rests on:",
            table(("Citation", "What it says"), laws),
        )
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value).lower()


def _span(first: object, last: object) -> str:
    return " ".join(filter(None, (f"from {first}" if first else "", f"until {last}" if last else ""))) or "always"


# --- the area -----------------------------------------------------------------------------------

_SERVICE = {"active": "in service", "suspended": "suspended", "terminated": "ended", None: "a person must look"}
_SAMPLE = {"due": "Tue Mar 3", "days": "6", "grace": "2", "since": "since Mon Mar 9, 2026", "word": "Display case"}


def desired_states() -> str:
    """One row for each situation of an item."""
    rows = (
        (code(situation.value), _SERVICE[wish.value if wish else None], REASONS[situation.value].format(**_SAMPLE))
        for situation in Situation
        for wish in (DESIRED[situation],)
    )
    return table(("The item is", "Its line should be", "The reason as people read it"), rows)


def life_cycle(states: StateTable[Any, Any]) -> str:
    """A table of states by event, and the same as a Mermaid diagram."""
    events = list(dict.fromkeys(row.event for row in states.transitions))
    before = list(dict.fromkeys(row.before for row in states.transitions))

    def cell(state: Enum, event: Enum) -> str:
        return _word(states.after(state, event)) if states.permits(state, event) else ""

    rows = [(_word(state), *(cell(state, event) for event in events)) for state in before]
    final = ", ".join(sorted(_word(state) for state in states.final()))
    return "\n\n".join(
        (
            table(("State", *map(_word, events)), rows),
            f"Nothing leaves: {final}.",
            "The same as Mermaid text:",
            f"```mermaid\n{states.mermaid()}\n```",
        )
    )


def _word(member: Enum) -> str:
    return str(member.value).replace("_", " ")


# --- files and systems --------------------------------------------------------------------------

_EXTRACT = {
    "item": "the ILS's own number of the item, the same as in the inventory",
    "barcode": "the item's barcode",
    "status": "one of the words below, or a word of the ILS that `words` translates",
    "since": "when the state began; for a lost item, when it was declared lost",
    "loan": "the number of the loan, open or last",
    "due": "when it is due: an instant, or a date, which means the end of that day in the district's time zone",
    "checked_out": "when the loan began",
    "returned": "when it was checked in",
    "household": "an opaque key, equal for patrons of one household; never a name or a barcode",
    "as_of": "when the extract was made, equal on all rows",
}
_INVENTORY = {
    "item": "the ILS's own number of the item",
    "barcode": "the item's barcode: 14 digits with a right check digit",
    "imei": "the device: 15 digits with a right check digit",
    "iccid": "the SIM card: 18 to 20 digits",
    "msisdn": "the line's telephone number",
    "carrier": "the name of a carrier backend of district.toml; blank means `[hotspots] carrier`",
    "home": "the library it belongs to, shown beside the barcode",
    "model": "the device's model",
}


def _columns(names: Iterable[str], optional: Iterable[str], meanings: Mapping[str, str]) -> str:
    rows = ((code(n), "optional" if n in optional else "**needed**", meanings[n]) for n in names)
    return table(("Column", "", "Meaning"), rows)


def extract_columns() -> str:
    """The canonical hotspot-loans extract."""
    return _columns(EXTRACT_COLUMNS, EXTRACT_OPTIONAL, _EXTRACT)


_SNAPSHOT = {
    "patron_id": "the patron's record number, as the agency was given it",
    "barcodes": "all card numbers, separated by `;`, the present one first; a first place left blank says that there "
    "is no present one",
    "balance": "what is owed, such as `45.50`; a credit has a minus sign before it",
    "flagged": "`yes` or `no`: whether the ILS marks the patron as in collection",
    "referral_fee": "the sum of referral fees charged for the debt of now, paid or not; `0.00` for none",
    "exempt": "`yes` or `no`: whether the patron is never to be sent",
    "as_of": "when the export was made, with its offset",
}


def snapshot_columns() -> str:
    """The canonical ILS snapshot of the agency area."""
    return _columns(SNAPSHOT_COLUMNS, (), _SNAPSHOT)


def agency_kinds() -> str:
    """One row for each kind, by precedence."""
    rows = (
        (
            code(kind.value),
            told.says,
            told.side.value,
            told.do,
            told.audience.value.replace("-", " "),
            "yes" if told.explained else "",
        )
        for kind in RowKind
        for told in (MEANINGS[kind],)
    )
    return table(("Kind", "What it says", "Where it is mended", "What to do", "Whose work", "Explained"), rows)


def status_words() -> str:
    """The canonical status words."""
    return ", ".join(code(word) for word in STATE_WORDS)


def inventory_columns() -> str:
    """The inventory of hotspots."""
    return _columns(INVENTORY_COLUMNS, INVENTORY_OPTIONAL, _INVENTORY)


def registry() -> Registry:
    """What comes with scld, whatever else is installed."""
    return Registry.isolated([adapters])


def agency_columns(columns: Mapping[str, Column]) -> str:
    """The canonical columns of agency files of one direction."""
    rows = ((code(n), c.shape.value, ("" if c.blank else "never blank; ") + c.says) for n, c in columns.items())
    return table(("Name", "Holds", "Meaning"), rows)


def dialects() -> str:
    """Each dialect with its columns, and what nobody has verified of its layout."""
    return "\n\n".join(_dialect(one) for one in registry().declarations(Dialect))


def _dialect(one: Dialect) -> str:
    form = "XML" if one.layout is Layout.XML else f"`{one.delimiter}` between cells"
    facts = [f"{one.direction.value}, {one.holds.value}", f"{form}, {one.encoding}"]
    facts += [f"nothing to say: {one.empty.value}" + (f", {code(one.sentence)}" if one.sentence else "")]
    facts += [f"known by {' and '.join(map(code, one.key))}", f"named {code(one.file_name)}"]
    facts += [f"has {code(f'<{name}>')} {code(text)}" for name, text in one.marks.items()]
    rows = ((code(held.header), code(held.name), _written(held, one)) for held in one.fields)
    parts = [
        f"### {one.name}",
        f"{one.title}. Layout: {one.source}.",
        "; ".join(facts) + ".",
        table(("Header", "Column", "Written"), rows),
    ]
    if one.statuses:
        parts.append("Status words: " + ", ".join(f"{code(w)} {s.value}" for w, s in one.statuses.items()) + ".")
    if unverified := _dialect_unverified(one):
        parts += [
            "Nobody has verified:",
            "\n".join(f"- {key.replace('-', ' ')}: {text}" for key, text in unverified.items()),
        ]
    return "\n\n".join(parts)


def _written(held: DialectField, one: Dialect) -> str:
    shape = one.columns[held.name].shape.value
    forms = {"date": held.date or "%Y-%m-%d", "amount": held.money.value}
    return ", ".join(
        filter(None, (code(forms.get(shape, "")), "" if held.required else "may be absent", "repeats" * held.repeats))
    )


def _dialect_unverified(one: Dialect) -> Mapping[str, str]:
    """What the folder that declares it says."""
    for folder in pkgutil.iter_modules(agencies.__path__, f"{agencies.__name__}."):
        declares = folder.ispkg and importlib.util.find_spec(f"{folder.name}.dialects")
        if declares and one in vars(importlib.import_module(declares.name)).values():
            return _unverified(folder.name)
    return {}


def recipes() -> str:
    """The extract recipes and where each was run."""
    found = sorted(registry().declarations(Recipe), key=lambda recipe: recipe.full_name)
    rows = ((code(f"scld extract {r.full_name}"), r.kind, r.checked_on) for r in found)
    return table(("Command", "Kind", "Checked on"), rows)


def backend_overview() -> str:
    """One line for each backend."""
    rows = ((code(s.name), s.kind, s.summary, s.foreign_evidence) for s in registry().backends())
    return table(("`use`", "Kind", "What it is", "Foreign evidence"), rows)


def backend_details() -> str:
    """Capabilities, settings and what is unverified, of each backend."""
    return "\n\n".join(_backend(spec) for spec in registry().backends())


def _backend(spec: Any) -> str:
    parts = [f"## {spec.name}", f"{spec.summary}.", paragraphs(spec.config.__doc__), keys(spec.config)]
    if spec.capabilities:
        rows = ((code(name), _capability(found)) for name, found in sorted(spec.capabilities.items()))
        parts.append(table(("Operation", "What it declares"), rows))
    unverified = _unverified(spec.open.__module__.rpartition(".")[0]).items()
    if unverified:
        parts += [
            "Nobody has verified:",
            "\n".join(f"- {key.replace('-', ' ') if '-' in key else code(key)}: {text}" for key, text in unverified),
        ]
    return "\n\n".join(parts)


def _capability(found: Capability) -> str:
    if isinstance(found, Full):
        return "full"
    if isinstance(found, Convention):
        return f"by convention `{found.name}`"
    return f"not supported: {found.reason}"


def _unverified(package: str) -> dict[str, str]:
    quality = importlib.resources.files(package) / "quality.toml"
    return tomllib.loads(quality.read_text(encoding="utf-8")).get("unverified", {}) if quality.is_file() else {}


def hold_reasons() -> str:
    """Every reason that a decision about a hold may have, with its sentence."""
    rows = [(f"`{code}`", words) for code, words in {**HOLD_REASONS, **WRITE_REASONS}.items()]
    return table(("Code", "Sentence"), rows)


def card_reasons() -> str:
    """Every reason that a decision about a card may have, with its sentence."""
    return table(("Code", "Sentence"), ((f"`{code}`", words) for code, words in CARD_REASONS.items()))


# --- contracts ----------------------------------------------------------------------------------


def ports() -> str:
    """The operations of each port of this version."""
    known = (
        ("loans", Loans),
        ("lines", CarrierLines),
        ("lines", BulkDelivery),
        ("patrons", Patrons),
        ("fees", Fees),
        ("channel", AgencyChannel),
        ("notices", Notices),
        ("holds", Holds),
        ("catalog", Catalog),
        ("calendars", Calendars),
    )
    return "\n\n".join(_port(name, port) for name, port in known)


def _port(name: str, port: type[Any]) -> str:
    rows = (
        (code(f"{name}.{operation}"), mark.effect.value, _first(getattr(port, operation).__doc__))
        for operation, mark in operations(port).items()
    )
    return f"### {port.__name__}\n\n{paragraphs(port.__doc__)}\n\n{table(('Operation', 'Effect', 'Meaning'), rows)}"


def _first(text: str | None) -> str:
    return paragraphs(text).partition("\n\n")[0]


def hooks() -> str:
    """Each hook with the whole plugin that its docstring shows."""
    sections: list[str] = []
    for name, hook in vars(ScldHooks).items():
        if name.startswith("scld_"):
            text, _, example = inspect.cleandoc(hook.__doc__).partition("\n::\n")
            # a directive, so that a formatter of Python leaves the docstring's own lines as they are
            block = f"```{{code-block}} python\n{inspect.cleandoc(example).strip()}\n```"
            sections.append("\n\n".join((f"### {name}", paragraphs(text), block)))
    return "\n\n".join(sections)


def error_tree() -> str:
    """The tree as errors.py draws it."""
    drawing = inspect.cleandoc(errors.__doc__ or "").partition("::\n\n")[2]
    return f"```text\n{inspect.cleandoc(drawing)}\n```"


PARTS: Mapping[str, Callable[[], str]] = {
    "cli": cli,
    "exit-codes": exit_codes,
    "top-level": top_level,
    "district-toml": district_toml,
    "hotspot-policy": lambda: policy_keys(HotspotPolicy, "hotspots"),
    "circulation-policy": lambda: policy_keys(CirculationPolicy, "circulation"),
    "hold-policy": lambda: policy_keys(HoldPolicy, "holds"),
    "patron-policy": lambda: policy_keys(PatronPolicy, "patrons"),
    "card-policy": lambda: policy_keys(CardPolicy, "cards"),
    "card-reasons": card_reasons,
    "renewal-states": lambda: life_cycle(renewal_states),
    "jurisdiction-policy": lambda: policy_keys(JurisdictionPolicy, "jurisdiction"),
    "agency-day-policy": lambda: policy_keys(AgencyLimits, "agency_day"),
    "profiles": profile_values,
    "desired-states": desired_states,
    "step-states": lambda: life_cycle(step_states),
    "hold-states": lambda: life_cycle(hold_states),
    "hold-reasons": hold_reasons,
    "service-states": lambda: life_cycle(service_states),
    "claim-states": lambda: life_cycle(claim_states),
    "extract-columns": extract_columns,
    "status-words": status_words,
    "inventory-columns": inventory_columns,
    "snapshot-columns": snapshot_columns,
    "agency-kinds": agency_kinds,
    "inbound-columns": lambda: agency_columns(INBOUND),
    "outbound-columns": lambda: agency_columns(OUTBOUND),
    "dialects": dialects,
    "recipes": recipes,
    "backends": backend_overview,
    "backend-details": backend_details,
    "ports": ports,
    "hooks": hooks,
    "errors": error_tree,
}


def rewritten(text: str) -> str:
    """A page with its generated parts as the code has them now."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part['name']]()}\n\n{part[3]}", text)


def outdated() -> Iterator[tuple[Path, str]]:
    """Pages whose generated parts differ from the code, with their new text."""
    for page in sorted(DOCS.rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        if (new := rewritten(old)) != old:
            yield page, new


def main() -> int:
    """Rewrite, or with ``--check`` only tell."""
    check = "--check" in sys.argv[1:]
    found = list(outdated())
    for page, new in found:
        sys.stdout.write(f"{page.relative_to(DOCS)} {'is out of date' if check else 'rewritten'}\n")
        if not check:
            page.write_text(new, encoding="utf-8")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
