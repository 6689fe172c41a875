"""A claim on the real engine: applied, bound, shown, changed through its definition, and guarded like any other document."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

APPLICATION = "examples/platform/applications/ledger/base/application.yaml"
DEFINITION = "examples/platform/infrastructure/compositions/letter-queue.yaml"
DEFINED = """\
apiVersion: transom.dev/v1
kind: CompositeDefinition
metadata: {name: letter-queue}
spec:
  group: letters.example.com
  version: v1
  kind: LetterQueue
  schema: {type: object, properties: {retention: {type: string, default: 4d}}}
  resources:
    - id: queue
      template:
        apiVersion: transom.dev/v1
        kind: Queue
        spec: {retention: "${claim.spec.retention}"}
    - id: settings
      template:
        apiVersion: v1
        kind: ConfigMap
        data: {where: "at ${resources.queue.outputs.url}"}
  connection: {URL: "${resources.queue.outputs.url}"}
  status: {url: "${resources.queue.outputs.url}"}
"""
CLAIM = "---\napiVersion: letters.example.com/v1\nkind: LetterQueue\nmetadata: {name: letters}\n"


def test_a_claim_from_first_apply_to_last(workplace: Make) -> None:
    """What a claim is made of is there, with the queue's address wherever it was asked for; a second run changes nothing."""
    place = workplace("dev")
    (place.root / DEFINITION).write_text(DEFINED, encoding="utf-8")
    written = (place.root / APPLICATION).read_text(encoding="utf-8")
    bound = f"{written.rstrip()}\n  bindings: [{{claim: {{kind: LetterQueue, name: letters}}, prefix: LETTERS}}]\n{CLAIM}"
    (place.root / APPLICATION).write_text(bound, encoding="utf-8")

    assert place.json("transom", "apply", "dev")["errors"] == []
    (url,) = [one for one in place.aws("sqs").list_queues(QueueNamePrefix="dev-team-b-letters-queue")["QueueUrls"] if "dead" not in one]
    settings = json.loads(place.kubectl("dev", "get", "configmap", "-n", "ledger", "letters-settings", "-o", "json"))
    assert settings["data"] == {"where": f"at {url}"}
    carried = json.loads(place.kubectl("dev", "get", "secret", "-n", "ledger", "ledger-letterqueue-letters", "-o", "json"))
    assert {key: base64.b64decode(value).decode() for key, value in carried["data"].items()} == {"LETTERS_URL": url}
    (shown,) = [one for one in place.json("transom", "get", "dev")["documents"] if one["identity"] == "LetterQueue/letters"]
    assert (shown["sync"], shown["health"]["word"], shown["status"]) == ("Synced", "Healthy", {"url": url})
    assert place.json("transom", "plan", "dev", "--detailed-exitcode")["changeSets"][0]["changes"] == []

    place.edit(DEFINITION, "default: 4d", "default: 7d")
    changes = place.json("transom", "plan", "dev")["changeSets"][0]["changes"]
    assert {(one["document"], one["operation"]) for one in changes} == {("Queue/letters-queue", "update")}

    (place.root / APPLICATION).write_text(written, encoding="utf-8")
    refused = place.json("transom", "apply", "dev", code=4)
    assert refused["error"]["reason"] == "StatefulDeletion"
    assert "of Queue/letters-queue holds data and would be deleted" in refused["error"]["message"]
    assert place.aws("sqs").list_queues(QueueNamePrefix="dev-team-b-letters-queue")["QueueUrls"]
