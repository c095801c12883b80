"""What holds for every registered backend before it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scld_core import codecs
from scld_core.errors import SettingsError
from scld_core.kernel.capability import Unsupported
from scld_core.plugins.guard import PORTS
from scld_core.plugins.inspection import spec_problem
from scld_core.plugins.spec import BackendSpec
from scld_core.testing.case import Case, Check, Unseen, check, fail, require

__all__ = ["CHECKS"]

_TYPO = "scld_kit_no_such_key"


def _spec(case: Case[Any]) -> BackendSpec[Any]:
    if case.harness.spec is None:
        raise Unseen("the harness names no BackendSpec")
    return case.harness.spec


def sound_spec(case: Case[Any]) -> None:
    """What is registered fits the contract, and declares only operations that exist."""
    spec = _spec(case)
    problem = spec_problem(spec)
    require(not problem, problem)
    require(spec.summary.strip(), "the spec has no summary to show to people")
    for where, capability in {**spec.capabilities, **case.harness.capabilities}.items():
        vague = isinstance(capability, Unsupported) and not capability.reason.strip()
        require(not vague, f"{where} is unsupported without a reason")


def unknown_setting(case: Case[Any]) -> None:
    """A key in district.toml that the backend does not know is refused by its name."""
    try:
        codecs.structure(_spec(case).config, {_TYPO: 1}, where="backends.kit")
    except SettingsError as refusal:
        require(_TYPO in str(refusal), "the refusal of an unknown key does not name it")
    else:
        fail("a key that means nothing was taken")


def _checks(port: str) -> tuple[Check[Any], ...]:
    make = check(port, "open")
    return make(sound_spec), make(unknown_setting)


CHECKS: Mapping[str, tuple[Check[Any], ...]] = {port: _checks(port) for port in (*PORTS, "store")}
"""By port."""
