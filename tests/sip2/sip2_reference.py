"""The tables of the reference page, made from the declarations."""

from scld_adapters.sip2.capabilities import BX_ORDER, NOT_IN_SIP2
from scld_adapters.sip2.declarations import SPECS
from scld_adapters.sip2.errors import Rule
from scld_adapters.sip2.facts import Flag
from scld_adapters.sip2.fields import TAGS
from scld_adapters.sip2.lines import FINES, ITEMS
from scld_core.kernel.capability import Effect


def _table(head, rows):
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _tags(spec):
    return " ".join(
        part.tag + ("" if part.required else "?") + ("\\*" if part.repeatable else "") for part in spec.variable
    )


def messages():
    """The 31 messages."""
    rows = []
    for spec in SPECS:
        fixed = ", ".join(f"{part.name} {part.width}" for part in spec.fixed)
        effect = {Effect.READ: "reads", Effect.WRITE: "writes", None: ""}[spec.effect]
        rows.append((spec.code, spec.name, effect, spec.answer or "", fixed, _tags(spec)))
    return _table(("Code", "Message", "Effect", "Answer", "Fixed width", "Fields"), rows)


def fixed_fields():
    """Every field of fixed width, once."""
    found = {(part.name, part.width, part.meaning) for spec in SPECS for part in spec.fixed}
    return _table(
        ("Field", "Width", "Meaning"), [(f"`{name}`", str(width), text) for name, width, text in sorted(found)]
    )


def tagged_fields():
    """Every tagged field."""
    rows = [
        (f"`{tag.tag}`", f"`{tag.name}`", tag.meaning, "yes" if tag.personal else "", "yes" if tag.extension else "")
        for tag in sorted(TAGS.values(), key=lambda tag: tag.tag)
    ]
    return _table(("Tag", "Name", "Meaning", "Personal", "Extension"), rows)


def rules():
    """What a frame or a value can break."""
    return _table(("Rule", "Text"), [(f"`{rule.name}`", rule.value) for rule in Rule])


def impossible():
    """What no server can do."""
    return _table(("Operation", "Why"), [(f"`{name}`", text) for name, text in NOT_IN_SIP2.items()])


def flags():
    """The flags of a patron's status."""
    return _table(
        ("Place", "`Flag`", "Meaning"), [(str(n), f"`{flag.name}`", flag.value) for n, flag in enumerate(Flag, 1)]
    )


TABLES = (messages, fixed_fields, tagged_fields, flags, rules, impossible)
NAMES = {"bx": " ".join(BX_ORDER), "fines": sorted(FINES), "items": sorted(ITEMS)}
