"""Records what the real engine says, for the unit tests: `python tests/acceptance/engine/record.py` rewrites tests/testdata/events/*.jsonl.

Left out is what differs between machines and says nothing: debug messages, where plugins were found, moments.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from ground import ROOT, Ground

INTO = ROOT / "tests" / "testdata" / "events"
SHOP = "Database/shop"


def record(ground: Ground, name: str, *args: str) -> None:
    """Run a command on stack dev and keep its events."""
    log = ground.folder / f"{name}.json"
    done = ground.pulumi(*args, "--stack", "dev", "--event-log", str(log), check=False)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    kept = [event | {"timestamp": 0} for event in events if tells(event)]
    text = "".join(json.dumps(event) + "\n" for event in kept)
    assert str(ground.folder) not in text, name
    (INTO / f"{name}.jsonl").write_text(text)
    sys.stdout.write(f"{name}: code {done.returncode}, {len(kept)} events\n")


def tells(event: dict) -> bool:
    """Whether the event belongs into a recording."""
    message = event.get("diagnosticEvent") or {}
    return message.get("severity") != "debug" and not message.get("message", "").startswith("using pulumi-")


def thing(name: str, **inputs: object) -> dict:
    """A declared thing."""
    return {"name": name, **inputs}


def main() -> None:
    """One story: create, change everything at once, drift, a heal that fails, what is refused, destroy."""
    INTO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.lay(Path(folder))
        a = thing("a", size=1, token="hunter2", labels={"a.b/c": "x"})
        plain = thing("p", kind="Plain", size=1, list=[1, 2], token="hunter2")
        first = [a, thing("b", size=2, options={"after": "a"}), plain, thing("gone"), thing("kept", options={"retain": True})]
        ground.declare("dev", {SHOP: first}, outputs={"secretThing": "hunter2"})
        ground.pulumi("stack", "init", "dev")
        record(ground, "create-plan", "preview")
        record(ground, "create", "up", "--yes", "--skip-preview")
        changed = a | {"size": 2, "token": "hunter3", "labels": {"a.b/c": "y", "n": 1}}
        renamed = thing("b2", size=2, options={"after": "a", "urn": "b"})
        second = [changed, renamed, plain | {"list": [1, 3], "token": "hunter3"}, thing("c")]
        ground.declare("dev", {SHOP: second})
        record(ground, "change-plan", "preview")
        ground.refuse("c", "the cloud is full: password=hunter2")
        record(ground, "change-refused", "up", "--yes", "--skip-preview", "--continue-on-error")
        ground.refuse("c", None)
        ground.pulumi("up", "--yes", "--skip-preview", "--stack", "dev")
        record(ground, "unchanged", "preview")
        ground.by_hand("a", size=9, token="stolen", labels={"a.b/c": "hand", "n": 1})
        ground.by_hand("p", list=[7, 3])
        ground.file("c").unlink()
        ground.by_hand("b2", unreadable="access denied for AKIAIOSFODNN7EXAMPLE")
        record(ground, "drift", "refresh", "--preview-only")
        broken = json.loads(ground.file("b2").read_text())
        del broken["unreadable"]
        ground.file("b2").write_text(json.dumps(broken))
        ground.refuse("a", 'Apply failed with 1 conflict: conflict with "kubectl"')
        record(ground, "heal-refused", "up", "--refresh", "--yes", "--skip-preview")
        record(ground, "drift-after-refused-heal", "refresh", "--preview-only")
        ground.refuse("a", None)
        ground.declare("dev", {SHOP: [changed | {"options": {"protect": True}}]})
        ground.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack", "dev")
        ground.declare("dev", {SHOP: []})
        record(ground, "delete-protected-plan", "preview")
        ground.declare("dev", {SHOP: [{"kind": "Thing", "name": "a", "options": {"protect": True}}, thing("x") | {"invalid": True}]})
        record(ground, "invalid-plan", "preview")
        ground.declare("dev", {SHOP: []}, **{"raise": [["applications/shop/database.yaml", 14, 9, 'size "huge" is not a class']]})
        record(ground, "program-invalid", "preview")
        record(ground, "destroy-protected", "destroy", "--yes", "--skip-preview")
        ground.pulumi("state", "unprotect", "--all", "--yes", "--stack", "dev")
        record(ground, "destroy", "destroy", "--yes", "--skip-preview")


if __name__ == "__main__":
    main()
