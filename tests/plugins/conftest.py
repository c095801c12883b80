"""Real installed distributions: tiny dist-info folders in a site folder of the test's own."""

import sys
from textwrap import dedent

import pytest

HEAD = """
from attrs import frozen
from scld_core.kernel.capability import Full
from scld_core.plugins import BackendSpec, OpenBackend, Redactor, Veto, hookimpl

@frozen
class Config:
    account: str = ""

def backend(name, **more):
    more = {"capabilities": {}, **more}
    return BackendSpec(name, "carrier", Config, lambda config, context: OpenBackend(), **more)

"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with one plugin module, as pip would leave it; HEAD stands above its source."""
    site = tmp_path / "site"
    site.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(site)

    def add(distribution, source, *, version="1.0", entry=None):
        module = distribution.replace("-", "_")
        (site / f"{module}.py").write_text(HEAD + dedent(source), encoding="utf-8")
        info = site / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[scld]\n{entry or module} = {module}\n")

    yield add
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(site) in str(sys.modules[name].__file__):
            del sys.modules[name]
