"""The plugin's methods against a real API server: the ways of an object's life that the recorded cases do not go."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.plugins.values import UNKNOWN, Secret

pytestmark = pytest.mark.sandbox

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def _config_map(namespace: str, name: str = "a", **body: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, **body}


def _deployment(namespace: str, selector: dict[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"nodeSelector": selector or {}, "containers": [{"name": "c", "image": "nginx:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "annotations": {f"pulumi.com/{key}": value for key, value in annotations.items()},
        },
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }


def test_import_by_id_takes_all_inputs(plugin: Any, ground: Any, namespace: str) -> None:
    """A Read with an id alone gives the whole object as inputs, without what only the server sets."""
    ground.kubectl("create", "configmap", "a", "-n", namespace, "--from-literal=k=v")
    found, state, inputs = plugin.read(CONFIG_MAP, f"{namespace}/a")
    assert found == f"{namespace}/a"
    assert inputs == _config_map(namespace, data={"k": "v"})
    assert state["__fieldManager"].startswith("pulumi-kubernetes-")
    assert len(state["__fieldManager"]) == len("pulumi-kubernetes-") + 8


def test_what_is_gone_reads_as_nothing(plugin: Any, namespace: str) -> None:
    """A missing object, namespace or kind is gone; none is an error."""
    assert plugin.read(CONFIG_MAP, f"{namespace}/none")[0] == ""
    assert plugin.read(CONFIG_MAP, "no-such-namespace/none")[0] == ""
    assert plugin.read("kubernetes:example.invalid/v1:Nothing", "none")[0] == ""


def test_deleting_what_is_gone_is_fine(plugin: Any, ground: Any, namespace: str) -> None:
    """A delete after a delete by hand succeeds."""
    made = plugin.make(CONFIG_MAP, _config_map(namespace))
    ground.kubectl("delete", "configmap", "a", "-n", namespace)
    plugin.delete(made)


def test_a_preview_changes_nothing(plugin: Any, ground: Any, namespace: str) -> None:
    """Previews of create and update are tried on the server and leave no trace."""
    given = _config_map(namespace, data={"k": "1"})
    tried = plugin.create(plugin.check(CONFIG_MAP, given), preview=True)
    assert tried.id == ""
    assert tried.state["metadata"]["uid"]
    assert "configmap/a" not in ground.kubectl("get", "configmap", "-n", namespace, "-o", "name")
    made = plugin.make(CONFIG_MAP, given)
    plugin.update(made, plugin.check(CONFIG_MAP, _config_map(namespace, data={"k": "2"}), made.inputs), preview=True)
    assert ground.kubectl("get", "configmap", "a", "-n", namespace, "-o", "jsonpath={.data.k}") == "1"


def test_unknown_values_pass_a_preview(plugin: Any, namespace: str) -> None:
    """What an apply alone can tell is not tried on the server, and shows as a change."""
    given = _config_map(namespace, data={"k": UNKNOWN})
    assert plugin.create(plugin.check(CONFIG_MAP, given), preview=True).state == plugin.check(CONFIG_MAP, given).inputs
    made = plugin.make(CONFIG_MAP, _config_map(namespace, data={"k": "1"}))
    assert dict(plugin.diff(made, plugin.check(CONFIG_MAP, given, made.inputs)).detailedDiff).keys() == {"data.k"}


def test_default_namespace_and_autonaming(connect: Callable[..., Any], namespace: str) -> None:
    """Without a namespace the provider's is taken; a generated name stays the same with the next inputs."""
    plugin = connect(namespace=namespace)
    first = plugin.check(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap"}, name="web")
    metadata = first.inputs["metadata"]
    assert metadata["namespace"] == namespace
    assert metadata["name"].startswith("web-")
    assert metadata["annotations"] == {"pulumi.com/autonamed": "true"}
    assert plugin.check(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap"}, first.inputs).inputs == first.inputs
    cluster_wide = plugin.check("kubernetes:core/v1:Namespace", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
    assert "namespace" not in cluster_wide.inputs["metadata"]


def test_secrets_are_marked(plugin: Any, namespace: str) -> None:
    """A Secret's data is secret in inputs and state even where the program did not say so."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}, "stringData": {"p": "hush"}}
    made = plugin.make("kubernetes:core/v1:Secret", secret)
    assert made.inputs["data"] == Secret({"p": "aHVzaA=="})
    assert made.state["data"] == made.state["__inputs"]["data"] == Secret({"p": "aHVzaA=="})
    _, state, inputs = plugin.read("kubernetes:core/v1:Secret", made.id, made)
    assert state["data"] == inputs["data"] == Secret({"p": "aHVzaA=="})


def test_a_deployment_that_cannot_start_says_which_pod_waits(plugin: Any, refused: Any, namespace: str) -> None:
    """Time is up: the resource is recorded, and the error names the Pod and what it waits for."""
    wanted = plugin.check(DEPLOYMENT, _deployment(namespace, {"no": "such-node"}))
    with pytest.raises(refused, match="timed out waiting to be Ready") as caught:
        plugin.create(wanted, timeout=4)
    detail = caught.value.detail
    assert detail.id == f"{namespace}/web"
    assert any(f"[Pod {namespace}/web-" in reason and "Unschedulable" in reason for reason in detail.reasons)
    assert "Minimum number of live Pods was not attained" in list(detail.reasons)


def test_cancel_ends_a_wait(plugin: Any, refused: Any, namespace: str) -> None:
    """The user's cancel ends the wait at once, and the resource is recorded."""
    wanted = plugin.check(DEPLOYMENT, _deployment(namespace, {"no": "such-node"}))
    threading.Timer(2, plugin.servicer.cancelled.set).start()
    with pytest.raises(refused, match="Resource operation was cancelled") as caught:
        plugin.create(wanted)
    assert caught.value.detail.id == f"{namespace}/web"


def test_a_refresh_tells_what_is_not_ready(plugin: Any, refused: Any, namespace: str) -> None:
    """An awaited Deployment that is not ready fails its Read with its state; one with skipAwait does not."""
    quiet = plugin.make(DEPLOYMENT, _deployment(namespace, {"no": "such-node"}, skipAwait="true"))
    assert plugin.read(DEPLOYMENT, quiet.id, quiet)[0] == quiet.id
    loud = plugin.check(DEPLOYMENT, _deployment(namespace, {"no": "such-node"}))
    loud.state = quiet.state
    with pytest.raises(refused, match="was created but failed to initialize") as caught:
        plugin.read(DEPLOYMENT, quiet.id, loud)
    assert caught.value.detail.inputs["kind"] == "Deployment"


def test_deletion_waits_for_finalizers(plugin: Any, ground: Any, refused: Any, namespace: str) -> None:
    """An object held by a finalizer is still there when time is up, and the error names what holds it."""
    made = plugin.make(CONFIG_MAP, _config_map(namespace))
    ground.kubectl("patch", "configmap", "a", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    with pytest.raises(refused, match=r"finalizers might be preventing deletion \(.*example.com/hold"):
        plugin.delete(made, timeout=2)
    ground.kubectl("patch", "configmap", "a", "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":[]}}')
    plugin.delete(made)
    assert plugin.read(CONFIG_MAP, made.id, made)[0] == ""


def test_a_foreign_field_manager_is_a_conflict_unless_forced(plugin: Any, ground: Any, refused: Any, namespace: str) -> None:
    """A field that another manager applied is not taken without patchForce, and the conflict names the manager."""
    given = _config_map(namespace, data={"k": "1"})
    made = plugin.make(CONFIG_MAP, given)
    theirs = {**given, "data": {"k": "theirs"}}
    ground.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=robot", "-f", "-", stdin=theirs)
    changed = _config_map(namespace, data={"k": "2"})
    with pytest.raises(refused, match='conflict with "robot"') as caught:
        plugin.update(made, plugin.check(CONFIG_MAP, changed, made.inputs))
    assert caught.value.detail.properties["data"]["k"] == "theirs"
    changed["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
    assert plugin.update(made, plugin.check(CONFIG_MAP, changed, made.inputs)).state["data"] == {"k": "2"}


def test_the_field_managers_name_may_be_chosen(plugin: Any, namespace: str) -> None:
    """An annotation names the manager; a change of it gives the old one's fields up."""
    made = plugin.make(CONFIG_MAP, _config_map(namespace, data={"k": "1"}))
    chosen = _config_map(namespace, data={"k": "2"})
    chosen["metadata"]["annotations"] = {"pulumi.com/patchFieldManager": "chosen"}
    updated = plugin.update(made, plugin.check(CONFIG_MAP, chosen, made.inputs))
    assert updated.state["__fieldManager"] == "chosen"
    _, state, _ = plugin.read(CONFIG_MAP, made.id, updated)
    assert {entry["manager"] for entry in state["metadata"]["managedFields"]} == {"chosen"}


def test_a_patch_resource_manages_some_fields_of_a_foreign_object(plugin: Any, ground: Any, refused: Any, namespace: str) -> None:
    """It adds and removes its own fields only, needs a name, and its deletion leaves the object."""
    token = "kubernetes:core/v1:ConfigMapPatch"
    ground.kubectl("create", "configmap", "a", "-n", namespace, "--from-literal=theirs=1")
    with pytest.raises(refused, match=r"patch resources require the `.metadata.name` field"):
        plugin.check(token, {"apiVersion": "v1", "kind": "ConfigMap"})
    made = plugin.make(token, _config_map(namespace, data={"ours": "1"}))
    assert made.state["data"] == {"theirs": "1", "ours": "1"}
    plugin.delete(made)
    _, state, _ = plugin.read(CONFIG_MAP, f"{namespace}/a")
    assert state["data"] == {"theirs": "1"}


def test_existing_objects_are_updated_only_when_asked_for(connect: Callable[..., Any], refused: Any, namespace: str, ground: Any) -> None:
    """`upsertExistingObjects` turns the refusal of an existing object into an update of it."""
    ground.kubectl("create", "configmap", "a", "-n", namespace, "--from-literal=theirs=1")
    with pytest.raises(refused, match="already exists"):
        connect().make(CONFIG_MAP, _config_map(namespace, data={"ours": "1"}))
    assert connect(upsertExistingObjects="true").make(CONFIG_MAP, _config_map(namespace, data={"ours": "1"})).state["data"] == {
        "theirs": "1",
        "ours": "1",
    }


def test_a_definition_and_its_objects_in_one_run(plugin: Any, ground: Any, namespace: str) -> None:
    """A custom resource may be created before its definition is there; a changed definition is put as a whole."""
    group = f"g{uuid.uuid4().hex[:8]}.example"
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"}, "versions": [version]},
    }
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "t", "namespace": namespace}, "a": "x"}
    results: list[Any] = []
    early = threading.Thread(target=lambda: results.append(plugin.make(f"kubernetes:{group}/v1:Thing", thing)))
    early.start()
    made = plugin.make("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", definition)
    early.join()
    assert results[0].state["a"] == "x"
    definition["spec"]["names"]["shortNames"] = ["th"]
    changed = plugin.check("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", definition, made.inputs)
    plugin.update(made, changed)
    assert "th" in ground.kubectl("get", "crd", f"things.{group}", "-o", "jsonpath={.spec.names.shortNames}")
    plugin.delete(results[0])
    plugin.delete(made)
    assert plugin.read(f"kubernetes:{group}/v1:Thing", f"{namespace}/t")[0] == ""


@pytest.mark.parametrize(
    "token, said",
    [
        ("kubernetes:core/v1:ConfigMapList", "list resources exist for compatibility"),
        ("kubernetes:helm.sh/v3:Release", "beyond the sandbox's stand-in"),
        ("kubernetes:yaml:ConfigFile", "beyond the sandbox's stand-in"),
        ("kubernetes:nonsense:Kind", "unrecognized resource type"),
    ],
)
def test_refused_types(plugin: Any, refused: Any, token: str, said: str) -> None:
    """What is no single object, or beyond the stand-in, is refused by name."""
    with pytest.raises(refused, match=said):
        plugin.check(token, {})


def test_a_service_waits_for_its_pods(plugin: Any, namespace: str) -> None:
    """A Service that selects Pods is ready once they have addresses."""
    plugin.make(DEPLOYMENT, _deployment(namespace))
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    assert plugin.make("kubernetes:core/v1:Service", service).id == f"{namespace}/s"
