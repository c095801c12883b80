"""What `import scld_core` costs: nothing that a program may not need."""

import subprocess
import sys

import pytest

import scld_core

HEAVY = (
    "alembic",
    "asyncio",
    "cattrs",
    "httpx",
    "hypothesis",
    "jinja2",
    "openpyxl",
    "psycopg",
    "pytest",
    "rich",
    "sqlalchemy",
    "typer",
)

LOOK = """
import sys
before = set(sys.modules)
import scld_core
{line}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def _loaded(line: str) -> set[str]:
    told = subprocess.run([sys.executable, "-c", LOOK.format(line=line)], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


def test_the_package_and_its_first_function_load_no_heavy_library():
    """`import scld_core; scld_core.open_desk` loads attrs at most, and no library of an extra."""
    loaded = _loaded("scld_core.open_desk")
    assert "attr" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded & set(HEAVY))


def test_the_package_alone_loads_nothing_but_itself():
    """Before a name is asked for, not even attrs is there."""
    assert "attr" not in _loaded("pass")


def test_every_public_name_is_there_and_no_other():
    """The names of `__all__` can be had from the package, and a wrong one is an AttributeError that names it."""
    assert [name for name in scld_core.__all__ if not callable(getattr(scld_core, name))] == []
    with pytest.raises(AttributeError, match="no attribute 'open_desc'"):
        _ = scld_core.open_desc
