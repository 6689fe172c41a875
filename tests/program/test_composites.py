"""Claims in the program: what they are made of is registered, outputs stand where the documents refer to them, and secrets stay secret."""

from __future__ import annotations

import importlib
import inspect
import re
from datetime import date
from pathlib import Path

import pytest

from stacks import environment
from tests import repository
from tests.recording import PASSWORD, Recorder, run
from tests.repository import APPLICATION
from tests.unit.composites.documents import DEFINITION, files
from transom.catalog import references, shards, stored
from transom.catalog.model import Catalog

SECRET = """\
    - id: credentials
      template:
        apiVersion: v1
        kind: Secret
        stringData: {url: "${resources.db.outputs.url}", user: "${resources.db.outputs.user}"}
  connection:
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, env: [{name: HOST, value: "${Database/orders-db.outputs.host}"}]}]}
"""


def registered(catalog: Catalog) -> Recorder:
    """The program of the environment's one stack."""
    (shard,) = shards.cut(catalog)
    return run(lambda: environment.build(catalog, shard, today=date(2026, 11, 23)), Recorder(), stack=shard.stack)


def opened(folder: Path) -> Catalog:
    """A claim with a Secret, bound by the application beside it, and a workload that refers to an output."""
    return repository.catalog(
        folder,
        files(
            DEFINITION.replace("  connection:\n", SECRET),
            applications__shop__application=APPLICATION + "  bindings: [{claim: {kind: PostgreSQLInstance, name: orders}, prefix: DB}]\n",
            applications__shop__web=WORKLOAD,
        ),
    )


def test_outputs_stand_in_the_place_of_references(tmp_path: Path) -> None:
    """Objects, the binding's Secret and workloads have the database's host, and not the text that stood for it."""
    recorder = registered(opened(tmp_path))
    objects = {one.name: one for one in recorder.registered if one.type.startswith("kubernetes:")}
    (instance,) = (one for one in recorder.registered if one.type == "aws:rds/instance:Instance")
    assert instance.name == "orders-db"
    host = objects["main/shop/shop-postgresqlinstance-orders"].inputs["stringData"]["DB_HOST"]
    assert host
    assert objects["main/shop/orders-settings"].inputs["data"]["host"] == host
    assert objects["main/shop/orders-settings"].inputs["data"]["url"].startswith(f"postgres://{host}:")
    (container,) = objects["main/shop/web"].inputs["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "HOST", "value": host}]
    assert container["envFrom"] == [{"secretRef": {"name": "shop-postgresqlinstance-orders"}}]
    assert not [one.name for one in recorder.registered if list(references.within(one.inputs))]


def test_secrets_stay_secret(tmp_path: Path) -> None:
    """A value with a password in it is marked as secret wherever it goes, so that no state holds it in clear."""
    recorder = registered(opened(tmp_path))
    objects = {one.name: one for one in recorder.registered if one.type.startswith("kubernetes:")}
    bound = objects["main/shop/shop-postgresqlinstance-orders"]
    assert bound.inputs["stringData"]["DB_PASSWORD"] == PASSWORD
    assert any(path.endswith("DB_PASSWORD") or path == "stringData" for path in bound.secrets)
    credentials = objects["main/shop/orders-credentials"]
    assert PASSWORD in credentials.inputs["stringData"]["url"]
    assert any(path.endswith("url") or path == "stringData" for path in credentials.secrets)


def test_a_stored_catalog_gives_the_same_program(tmp_path: Path) -> None:
    """Applied again from the history, claims become the same resources."""
    catalog = opened(tmp_path)
    again = stored.load(stored.dump(catalog))
    assert sorted(one.urn for one in registered(catalog).registered) == sorted(one.urn for one in registered(again).registered)


@pytest.mark.parametrize("kind", references.OUTPUTS)
def test_outputs_are_attributes_of_components(kind: str) -> None:
    """Every output that expressions know is an attribute that its component has; the state keeps those that `transom get` can show."""
    module = importlib.import_module(f"components.{kind.lower()}")
    names = {output: "".join(f"_{c.lower()}" if c.isupper() else c for c in output) for output in references.OUTPUTS[kind]}
    assert set(names.values()) <= set(getattr(module, kind).__annotations__)
    (kept,) = re.findall(r"self\.register_outputs\(\{(.*?)\}\)", inspect.getsource(module), re.DOTALL)
    assert {output for output, known in references.OUTPUTS[kind].items() if known.shown} <= set(re.findall(r'"(\w+)":', kept))
