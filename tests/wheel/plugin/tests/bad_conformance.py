"""A careless Acme: a failed request is only a warning. The kit must say so."""

from __future__ import annotations

import logging

import pytest
from acme_bench import make
from acme_carrier.backend import AcmeLines
from acme_carrier.plugin import ACME, AcmeSettings
from attrs import evolve

from scld_core.errors import BackendError, NotFound
from scld_core.kernel.devices import Line
from scld_core.plugins import BackendContext, OpenBackend
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.harness import CarrierBench, Harness, World
from scld_core.testing.suite import CarrierSuite, expected_failure


class Careless(AcmeLines):
    """Goes on as if nothing had happened."""

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Done, whatever came of it."""
        try:
            return super().suspend(line, key=key)
        except NotFound:
            raise
        except BackendError as fault:
            logging.getLogger(__name__).warning("Acme: %s", fault)
            return Answer(AnswerKind.DONE)


def _open(settings: AcmeSettings, context: BackendContext) -> OpenBackend:
    return OpenBackend(lines=Careless(settings, context))


def make_careless(world: World, monkeypatch: pytest.MonkeyPatch) -> CarrierBench:
    """The same bench with the careless adapter."""
    with monkeypatch.context() as patch:
        patch.setattr("acme_bench.ACME", evolve(ACME, open=_open))
        return make(world)


class TestCareless(CarrierSuite):
    """Every check of the port, one of them known to fail."""

    @pytest.fixture
    def backend(self, monkeypatch: pytest.MonkeyPatch) -> Harness[CarrierBench]:
        """The careless adapter over the same fake."""
        spec = evolve(ACME, name="acme-careless")
        return Harness.of(spec, "lines", lambda world: make_careless(world, monkeypatch), remembers_keys=True)

    @expected_failure(reason="known since 2026-02-01: a busy Acme is taken for a willing one")
    def test_too_many(self, backend: Harness[CarrierBench]) -> None:
        """As the standard test."""
        self.prove("lines.too-many", backend)
