"""A definition that uses everything, and a claim of it: what the scenarios of this folder begin with."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from tests.repository import BASIC

DEFINITION = """\
apiVersion: transom.dev/v1
kind: CompositeDefinition
metadata: {name: postgresql-instance}
spec:
  group: database.example.com
  version: v1alpha1
  kind: PostgreSQLInstance
  schema:
    type: object
    required: [version]
    properties:
      size: {type: string, enum: [small, medium], default: small}
      version: {type: string, pattern: "^[0-9]+$"}
      storage: {type: string, pattern: "^[0-9]+Gi$"}
      backups: {type: boolean, default: true}
      queues: {type: array, items: {type: string}, default: []}
      days: {type: integer, minimum: 1, maximum: 40, default: 7}
    x-kubernetes-validations:
      - rule: "!has(self.storage) || self.size != 'small' || self.storage != '500Gi'"
        message: a small one has less storage
  resources:
    - id: db
      template:
        apiVersion: transom.dev/v1
        kind: Database
        spec:
          version: ${claim.spec.version}
          size: ${claim.spec.size}
          storage: ${claim.spec.?storage}
          backups: {retention: "${claim.spec.days}d"}
    - id: dumps
      includeWhen: ["${claim.spec.backups}"]
      template:
        apiVersion: transom.dev/v1
        kind: Bucket
    - id: queues
      forEach: [{queue: "${claim.spec.queues}"}]
      template:
        apiVersion: transom.dev/v1
        kind: Queue
        metadata: {name: "${claim.metadata.name}-${queue}"}
    - id: settings
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "${claim.metadata.name}-settings"}
        data:
          host: ${resources.db.outputs.host}
          bucket: '${has(resources.dumps) ? resources.dumps.name : "none"}'
          queues: ${resources.queues.map(q, q.name).join(",")}
          url: postgres://${resources.db.outputs.host}:${resources.db.outputs.port}/x
          region: ${environment.region}
          class: ${environment.sizes[claim.spec.size].database.instanceClass}
  connection:
    HOST: ${resources.db.outputs.host}
    PASSWORD: ${resources.db.outputs.password}
  status:
    host: ${resources.db.outputs.host}
    size: ${claim.spec.size}
"""

CLAIM = """\
apiVersion: database.example.com/v1alpha1
kind: PostgreSQLInstance
metadata: {name: orders}
spec:
  size: small
  version: "15"
  storage: 20Gi
  queues: [a, b]
"""

COMPOSITIONS = "infrastructure/compositions/"
PLACE = f"{COMPOSITIONS}instance.yaml"
CLAIMED = "applications/shop/orders.yaml"


def files(definition: str = DEFINITION, claim: str = CLAIM, **others: str) -> Mapping[str, str]:
    """BASIC with the definition and a claim beside the application; `__` in a keyword stands for `/`."""
    out = {**BASIC, PLACE: definition, CLAIMED: claim}
    out |= {name.replace("__", "/") + ".yaml": dedent(text) for name, text in others.items()}
    return {name: text for name, text in out.items() if text}


def replaced(text: str, old: str, new: str) -> str:
    """`text` with one piece changed; the piece must be there."""
    assert old in text, old
    return text.replace(old, new, 1)
