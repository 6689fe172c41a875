"""Every recorded case, run through the real engine: the same operations, property diffs, refusals and drift as the real plugin's."""

from __future__ import annotations

import contextlib
import copy
import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi import automation as auto

DATA = Path(__file__).parents[2] / "testdata" / "fidelity"
CASES = {case["name"]: case for case in yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))}
RECORDED = json.loads((DATA / "recorded.json").read_text(encoding="utf-8"))
UNTOLD = {"pulumi:pulumi:Stack", "pulumi:providers:kubernetes"}

# Error texts are held by their meaning: each of these words that the real plugin said, the stand-in says too.
PHRASES = (
    "was not successfully created by the Kubernetes API server",
    "already exists",
    "The resource already exists in the cluster",
    "object is being deleted",
    "failed to fully initialize or become live",
    "server-side apply field conflict detected",
    "must be between 1 and 65535",
    "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas",
    'no matches for kind "Nothing" in version "fidelity.example/v1"',
    "Verify that any required CRDs have been created",
    "not found",
)
# Here a replacement meets the old object while it is being deleted, because skipAwait does not wait for that. How long the garbage
# collector takes is a matter of the machine's load, so the old object is held until the step is over.
HELD = {"deployment-selector-changed", "job-template", "statefulset-volume"}
WIDGET = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.fidelity.example"},
    "spec": {
        "group": "fidelity.example",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="session")
def widgets(ground: Any) -> None:
    """The custom resource that one of the cases is about."""
    ground.kubectl("apply", "--server-side", "-f", "-", stdin=WIDGET)
    ground.kubectl("wait", "--for=condition=Established", "crd/widgets.fidelity.example", "--timeout=60s")


@pytest.fixture
def room(ground: Any) -> Iterator[str]:
    """A namespace of the case's own, so that cases run side by side."""
    name = f"fidelity-{uuid.uuid4().hex[:8]}"
    ground.kubectl("create", "namespace", name)
    yield name
    ground.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.sandbox
# The SDK leaves a coroutine behind when a program fails, which Python tells where it can no longer be handled.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("name", sorted(RECORDED))
@pytest.mark.usefixtures("widgets")
def test_case(name: str, ground: Any, room: str, tmp_path: Path) -> None:
    """What the engine shows at each step of the case is what it showed with the real plugin."""
    seen = _run(CASES[name], ground, room, tmp_path)
    expected = copy.deepcopy(RECORDED[name])
    told, known = _without_errors(seen), _without_errors(expected)
    assert seen == expected
    assert told.keys() == known.keys()
    for step, errors in known.items():
        wanted = [phrase for phrase in PHRASES if phrase in errors]
        assert wanted, f"no phrase stands for {errors}"
        assert [phrase for phrase in wanted if phrase not in told[step]] == []


def _without_errors(outcome: dict[str, Any]) -> dict[str, str]:
    found = {step: " ".join(seen.pop("errors")) for step, seen in outcome.items() if "errors" in seen}
    return {step: re.sub(r"\s+", " ", text) for step, text in found.items()}


def _run(case: dict[str, Any], ground: Any, room: str, folder: Path) -> dict[str, Any]:
    for document in case.get("before", []):
        ground.kubectl("apply", "-n", room, "-f", "-", stdin=document)
    names = [f"{each['kind']}/{each['metadata'].get('name', 'auto')}" for each in case["objects"]]
    stack = ground.stack(folder, _program(case, room, case["objects"], names))
    out = {"plan_create": _step(lambda tell: stack.preview(on_event=tell)), "create": _step(lambda tell: stack.up(on_event=tell))}
    if out["create"]["ok"]:
        out["again"] = _step(lambda tell: stack.preview(on_event=tell))
        out["refresh_clean"] = _drift(stack)
        if case.get("by_hand"):
            for act in case["by_hand"]:
                _by_hand(ground, room, act)
            out["drift"] = _drift(stack)
            out["plan_without_refresh"] = _step(lambda tell: stack.preview(on_event=tell))
            out["heal"] = _step(lambda tell: stack.up(on_event=tell, refresh=True))
            out["drift_after_heal"] = _drift(stack)
        if case.get("change"):
            changed = [_merged(each, case["change"].get(name, {})) for each, name in zip(case["objects"], names, strict=True)]
            stack.workspace.program = _program(case, room, changed, names)
            out["plan_change"] = _step(lambda tell: stack.preview(on_event=tell))
            with _held(ground, room, names if case["name"] in HELD else []):
                out["change"] = _step(lambda tell: stack.up(on_event=tell))
    out["destroy"] = _step(lambda tell: stack.destroy(on_event=tell))
    return out


@contextlib.contextmanager
def _held(ground: Any, room: str, names: list[str]) -> Iterator[None]:
    def finalizers(value: list[str]) -> None:
        for name in names:
            patch = json.dumps({"metadata": {"finalizers": value}})
            ground.kubectl("patch", name.lower(), "-n", room, "--type", "merge", "-p", patch, check=bool(value))

    finalizers(["fidelity.example/held"])
    yield
    finalizers([])


def _program(case: dict[str, Any], room: str, documents: list[dict[str, Any]], names: list[str]) -> Callable[[], None]:
    def run() -> None:
        import pulumi_kubernetes

        arguments = {re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", key): value for key, value in case.get("provider", {}).items()}
        provider = pulumi_kubernetes.Provider("k", **arguments)
        for each, name in zip(documents, names, strict=True):
            document = copy.deepcopy(each)
            document["metadata"].setdefault("namespace", room)
            version = document["apiVersion"]
            token = f"kubernetes:{'core/v1' if version == 'v1' else version}:{document['kind']}"
            options = pulumi.ResourceOptions(provider=provider, ignore_changes=case.get("ignore", {}).get(name))
            pulumi.CustomResource(token, name.replace("/", "-").lower(), document, options)

    return run


def _merged(base: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    out = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _merged(out.get(key), value)
    return out


def _by_hand(ground: Any, room: str, act: dict[str, Any]) -> None:
    verb = next(each for each in ("patch", "scale", "delete") if each in act)
    kind, name = act[verb].split("/")
    match verb:
        case "patch":
            form = "strategic" if kind == "Deployment" else "merge"
            ground.kubectl("patch", kind.lower(), name, "-n", room, "--type", form, "-p", json.dumps(act["with"]))
        case "scale":
            ground.kubectl("scale", kind.lower(), name, "-n", room, f"--replicas={act['to']}")
        case _:
            ground.kubectl("delete", kind.lower(), name, "-n", room, "--wait=true")


def _drift(stack: auto.Stack) -> dict[str, Any]:
    return _step(lambda tell: stack.preview_refresh(on_event=tell, show_secrets=False), refresh=True)


def _step(act: Callable[[Any], Any], *, refresh: bool = False) -> dict[str, Any]:
    """Operations and property diffs per resource, and what failed, as the recordings have them."""
    resources: dict[str, dict[str, Any]] = {}
    errors: list[str] = []
    good = True

    def tell(event: auto.EngineEvent) -> None:
        if event.res_op_failed_event and event.res_op_failed_event.metadata.type not in UNTOLD:
            resources.setdefault(event.res_op_failed_event.metadata.urn.split("::")[-1], {})["failed"] = True
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message)
        before, after = event.resource_pre_event, event.res_outputs_event
        meta = after.metadata if after else before.metadata if before and not refresh else None
        if meta is None or meta.type in UNTOLD or (meta.op == "refresh" and not after):
            return
        found = resources.setdefault(meta.urn.split("::")[-1], {})
        operation = str(getattr(meta.op, "value", meta.op))
        if operation != "same" or "ops" not in found:
            found["ops"] = sorted({*found.get("ops", []), operation})
        if meta.detailed_diff:
            found["diff"] = {path: str(getattr(each.diff_kind, "value", each.diff_kind)) for path, each in meta.detailed_diff.items()}

    try:
        act(tell)
    except auto.errors.CommandError as error:
        good = False
        errors = errors or [str(error)]
    for found in resources.values():
        if len(found.get("ops", [])) > 1 and "same" in found["ops"]:
            found["ops"].remove("same")
    # A step that succeeds may tell warnings of the engine as errors: they are no part of its outcome.
    return {"ok": good, "resources": resources, **({"errors": errors} if errors and not good else {})}
