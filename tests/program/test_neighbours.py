"""The program on repositories of Argo CD and Flux: what they ask for is registered, in their order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from stacks import environment
from tests import repository
from tests.recording import Recorder, Registered, run
from transom.catalog import load, shards
from transom.catalog.model import Catalog
from transom.source.directory import DirectorySource

_ENVIRONMENT = """\
apiVersion: transom.dev/v1
kind: Environment
metadata: {{name: {environment}}}
spec:
  sources:
    - {{name: fleet, path: {folder}, alsoKnownAs: [https://git.example.com/acme/{folder}], entries: [{{path: {entry}}}]}}
  clusters: {{matchLabels: {{environment: {environment}}}}}
  aws: {{region: eu-central-1}}
  shards: {cut}
"""


def _catalog(folder: Path, name: str, entry: str, repository_: str, cut: str) -> Catalog:
    text = _ENVIRONMENT.format(environment=name, folder=repository_, entry=entry, cut=cut)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    files = repository.CHECKOUT / "tests" / "testdata" / "neighbours" / repository_
    return load.load(load.environment(folder, name), [DirectorySource("fleet", files).snapshot()], repository.renderer())


def _registered(catalog: Catalog) -> dict[str, Registered]:
    """Everything that the environment's stacks register, by the name in state."""
    found: dict[str, Registered] = {}
    for shard in shards.cut(catalog):
        outputs = {catalog.name: {"layout": "foundation"}} if shard.tenant else {}
        recorder = run(_build(catalog, shard), Recorder(outputs=outputs), stack=shard.stack)
        found |= {one.name: one for one in recorder.registered if one.type.startswith("kubernetes:")}
    return found


def _build(catalog: Catalog, shard: shards.Shard) -> Callable[[], None]:
    return lambda: environment.build(catalog, shard, today=date(2026, 11, 23))


@pytest.mark.parametrize("cut", ["none", "tenant"])
def test_an_argo_repository_is_registered_in_its_order(cut: str, tmp_path: Path) -> None:
    """Namespaces before what goes into them, PreSync before waves in their order before PostSync, applications of later waves last."""
    found = _registered(_catalog(tmp_path, "dev", "platform", "argo", cut))
    prepare = next(one for name, one in found.items() if "/waves/prepare-" in name)
    needs = {name: {urn.rpartition("::")[2] for urn in one.depends_on} for name, one in found.items()}
    assert needs["main/waves/first"] == {prepare.name}
    assert needs["main/waves/greeter"] == {"main/waves/first"}
    assert needs["main/waves/last"] == {"main/waves/greeter"}
    assert needs["main/waves/tell"] == {"main/waves/last"}
    assert found["main/waves"].kept
    if cut == "none":
        assert "main/waves" in needs[prepare.name]
        assert "main/waves/tell" in needs["main/greet-plain/settings"]


def test_a_flux_repository_is_registered_in_its_order(tmp_path: Path) -> None:
    """Dependencies of Kustomizations hold between their objects; cluster-wide ones are among them."""
    found = _registered(_catalog(tmp_path, "staging", "clusters/staging", "flux", "none"))
    assert "staging/issuers.letters.example.com" in found
    issuer = next(one for name, one in found.items() if one.type.endswith(":Issuer"))
    assert {"staging/letters/controller", "staging/issuers.letters.example.com"} <= {urn.rpartition("::")[2] for urn in issuer.depends_on}
