"""Recordings of the real engine (`tests/acceptance/engine/record.py` makes them), fed to the recorder as it was fed then."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi.automation import events

from transom.changes import ChangeSet
from transom.engine.events import Purpose, Recorder

FOLDER = Path(__file__).parents[2] / "testdata" / "events"

PURPOSES: dict[str, Purpose] = {
    "create-plan": "plan",
    "create": "apply",
    "change-plan": "plan",
    "change-refused": "apply",
    "unchanged": "plan",
    "drift": "drift",
    "heal-refused": "apply",
    "drift-after-refused-heal": "drift",
    "delete-protected-plan": "plan",
    "invalid-plan": "plan",
    "program-invalid": "plan",
    "destroy-protected": "destroy",
    "destroy": "destroy",
}


def raw(name: str) -> list[dict]:
    """The events as JSON."""
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]


def recorder(name: str, told: list[dict] | None = None, **options) -> Recorder:
    """A recorder that has heard the recording, or the given events of it."""
    listening = Recorder(purpose=PURPOSES[name], environment="dev", stack="dev", **options)
    for event in raw(name) if told is None else told:
        listening.feed(events.EngineEvent.from_json(event))
    return listening


def changeset(name: str) -> ChangeSet:
    """The change set of a recording; how it ended is in its summary."""
    told = raw(name)
    succeeded = all(event.get("summaryEvent", {}).get("result") != "failed" for event in told)
    whole = recorder(name).changeset(succeeded=succeeded, error="the command's own words")
    return whole.model_copy(update={"duration": 0.0})
