"""Values to text and back: JSON in a versioned envelope, TOML, CSV. Knows no area."""

from scld_core.codecs.api import VERSION, attempt, dump, load, structure, unstructure
from scld_core.codecs.problems import Problem, dotted, raise_all, unknown_key
from scld_core.codecs.toml import parse_toml, read_toml

__all__ = [
    "VERSION",
    "Problem",
    "attempt",
    "dotted",
    "dump",
    "load",
    "parse_toml",
    "raise_all",
    "read_toml",
    "structure",
    "unknown_key",
    "unstructure",
]
