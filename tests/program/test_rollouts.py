"""Rollouts and secrets in the program: what is registered of a Deployment that a Rollout runs, and how a password reaches its pods."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from stacks import environment
from tests import repository
from tests.recording import PASSWORD, Recorder, Registered, run
from tests.repository import ENVIRONMENT
from tests.unit.catalog.test_deliveries import BOUND, PAY
from tests.unit.catalog.test_rollouts import CANARY, HPA, files
from transom.catalog import shards

BINDING = "  bindings: [{database: shop}]\n"
DELIVERED = ENVIRONMENT + "  secrets: {delivery: externalSecret}\n"


def registered(folder: Path, documents: dict[str, str], declared: str = ENVIRONMENT) -> dict[str, Registered]:
    """The Kubernetes objects of the one application's stack, by kind and name."""
    catalog = repository.catalog(folder, documents, declared)
    (shard,) = shards.cut(catalog)
    recorder = run(lambda: environment.build(catalog, shard, today=date(2026, 11, 27)), Recorder(), stack=shard.stack)
    return {
        f"{one.inputs['kind']}/{one.inputs['metadata']['name']}": one for one in recorder.registered if one.type.startswith("kubernetes:")
    }


def test_a_deployment_that_a_rollout_runs(tmp_path: Path) -> None:
    """New, it has no pods of its own; there already, its number is left to the controller. The mark makes an update of giving it back."""
    found = registered(tmp_path, files(CANARY))
    deployment, rollout = found["Deployment/web"], found["Rollout/web"]
    assert (deployment.inputs["spec"]["replicas"], deployment.ignored) == (0, ("spec.replicas",))
    assert deployment.inputs["metadata"]["annotations"]["transom.dev/rollout"] == "web"
    assert (rollout.inputs["spec"]["replicas"], rollout.ignored) == (5, ())
    assert found["Service/web-canary"].inputs["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_a_deployment_of_its_own(tmp_path: Path) -> None:
    """Without a rollout it has the number that was written, nothing is ignored, and there is no mark."""
    deployment = registered(tmp_path, files(""))["Deployment/web"]
    assert (deployment.inputs["spec"]["replicas"], deployment.ignored) == (5, ())
    assert "transom.dev/rollout" not in deployment.inputs["metadata"]["annotations"]


def test_what_an_autoscaler_scales(tmp_path: Path) -> None:
    """The Rollout's number is then the autoscaler's."""
    assert registered(tmp_path, files(CANARY, hpa=HPA))["Rollout/web"].ignored == ("spec.replicas",)


def test_a_password_is_read_from_the_store(tmp_path: Path) -> None:
    """The binding is an ExternalSecret with a place for the password and without it; its containers get the Secret that comes of it."""
    documents = {**files(BINDING), **BOUND}
    found = registered(tmp_path, documents, DELIVERED)
    assert "Secret/shop-database-shop" not in found
    external = found["ExternalSecret/shop-database-shop"].inputs["spec"]
    template = external["target"]["template"]["data"]
    assert template["DATABASE_PASSWORD"] == "{{ .password }}"
    assert "{{ .password }}@" in template["DATABASE_URL"]
    assert external["data"][0]["remoteRef"]["property"] == "password"
    assert PASSWORD not in str(external)
    (container,) = found["Deployment/web"].inputs["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": "shop-database-shop"}} in container["envFrom"]
    written = registered(tmp_path / "b", documents)
    assert PASSWORD in str(written["Secret/shop-database-shop"].inputs), "without the environment's word it is written as before"


def test_a_secret_of_the_applications_own(tmp_path: Path) -> None:
    """With `env` each container gets it; no Secret is written for it."""
    found = registered(tmp_path, files(PAY + "      env: true\n"), DELIVERED)
    (container,) = found["Deployment/web"].inputs["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "pay"}}]
    assert [name for name in found if name.endswith("/pay")] == ["ExternalSecret/pay"]
