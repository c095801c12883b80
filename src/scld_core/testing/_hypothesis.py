"""The door to Hypothesis: every other module of the kit takes it from here."""

from __future__ import annotations

from scld_core.errors import MissingExtra

try:
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import strategies as st
    from hypothesis.stateful import (
        RuleBasedStateMachine,
        invariant,
        rule,
        run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType] - its parameter has no annotation
    )
except ImportError:
    raise MissingExtra("testing", "hypothesis") from None

__all__ = [
    "HealthCheck",
    "Phase",
    "RuleBasedStateMachine",
    "invariant",
    "rule",
    "run_state_machine_as_test",
    "settings",
    "st",
]
