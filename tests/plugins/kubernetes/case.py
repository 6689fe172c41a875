"""Runs one recorded case through the real engine and prints what it showed, as JSON: `case.py NAME NAMESPACE FOLDER`.

A process of its own, because the SDK leaves coroutines, sockets and event loops behind when a program fails.
KUBECONFIG, PATH and the engine's variables come from the environment.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi import automation as auto

CASES = Path(__file__).parents[2] / "testdata" / "fidelity" / "cases.yaml"
UNTOLD = {"pulumi:pulumi:Stack", "pulumi:providers:kubernetes"}

# Here a replacement meets the old object while it is being deleted, because skipAwait does not wait for that. How long the garbage
# collector takes is a matter of the machine's load, so the old object is held until the step is over.
HELD = {"deployment-selector-changed", "job-template", "statefulset-volume"}


def _kubectl(*args: str, stdin: Any = None, check: bool = True) -> None:
    text = None if stdin is None else json.dumps(stdin)
    done = subprocess.run(["kubectl", *args], input=text, capture_output=True, text=True, timeout=120, check=False)
    if check and done.returncode != 0:
        sys.exit(f"kubectl {' '.join(args)} ended with {done.returncode}: {done.stderr}")


def _run(case: dict[str, Any], room: str, folder: Path) -> dict[str, Any]:
    for document in case.get("before", []):
        _kubectl("apply", "-n", room, "-f", "-", stdin=document)
    names = [f"{each['kind']}/{each['metadata'].get('name', 'auto')}" for each in case["objects"]]
    backend = {"PULUMI_BACKEND_URL": f"file://{folder}", "PULUMI_CONFIG_PASSPHRASE": "test"}
    options = auto.LocalWorkspaceOptions(env_vars={**os.environ, **backend})
    stack = auto.create_or_select_stack("s", "test", _program(case, room, case["objects"], names), opts=options)
    out = {"plan_create": _step(lambda tell: stack.preview(on_event=tell)), "create": _step(lambda tell: stack.up(on_event=tell))}
    if out["create"]["ok"]:
        out["again"] = _step(lambda tell: stack.preview(on_event=tell))
        out["refresh_clean"] = _drift(stack)
        if case.get("by_hand"):
            for act in case["by_hand"]:
                _by_hand(room, act)
            out["drift"] = _drift(stack)
            out["plan_without_refresh"] = _step(lambda tell: stack.preview(on_event=tell))
            out["heal"] = _step(lambda tell: stack.up(on_event=tell, refresh=True))
            out["drift_after_heal"] = _drift(stack)
        if case.get("change"):
            changed = [_merged(each, case["change"].get(name, {})) for each, name in zip(case["objects"], names, strict=True)]
            stack.workspace.program = _program(case, room, changed, names)
            out["plan_change"] = _step(lambda tell: stack.preview(on_event=tell))
            with _held(room, names if case["name"] in HELD else []):
                out["change"] = _step(lambda tell: stack.up(on_event=tell))
    out["destroy"] = _step(lambda tell: stack.destroy(on_event=tell))
    return out


@contextlib.contextmanager
def _held(room: str, names: list[str]) -> Iterator[None]:
    def finalizers(value: list[str]) -> None:
        for name in names:
            patch = json.dumps({"metadata": {"finalizers": value}})
            _kubectl("patch", name.lower(), "-n", room, "--type", "merge", "-p", patch, check=bool(value))

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


def _by_hand(room: str, act: dict[str, Any]) -> None:
    verb = next(each for each in ("patch", "scale", "delete") if each in act)
    kind, name = act[verb].split("/")
    match verb:
        case "patch":
            form = "strategic" if kind == "Deployment" else "merge"
            _kubectl("patch", kind.lower(), name, "-n", room, "--type", form, "-p", json.dumps(act["with"]))
        case "scale":
            _kubectl("scale", kind.lower(), name, "-n", room, f"--replicas={act['to']}")
        case _:
            _kubectl("delete", kind.lower(), name, "-n", room, "--wait=true")


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


def main() -> None:
    """Run the case of that name in the namespace, with a backend in the folder."""
    name, room, folder = sys.argv[1:]
    (case,) = (each for each in yaml.safe_load(CASES.read_text(encoding="utf-8")) if each["name"] == name)
    json.dump(_run(case, room, Path(folder)), sys.stdout)


if __name__ == "__main__":
    main()
