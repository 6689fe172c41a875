"""A stack's state as one short word: whether it is still what it was. Pure.

Secrets are left out: each write gives the same secret another ciphertext. So is what says only when, and by which version, it was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from transom.engine import values

_KEPT = ("urn", "type", "id", "parent", "inputs", "outputs", "protect", "retainOnDelete", "delete", "pendingReplacement", "external")
"""What makes a resource in state what it is."""


def digest(deployment: Mapping[str, Any]) -> str:
    """SHA-256 of what an exported deployment says of its resources, in any order, and of operations that were begun and not ended."""
    inner = deployment.get("deployment") or {}
    resources = [{key: one[key] for key in _KEPT if key in one} for one in inner.get("resources") or ()]
    pending = [one.get("resource", {}).get("urn", "") for one in inner.get("pending_operations") or ()]
    texts = sorted(json.dumps(values.clean(one, values.BLINDED), sort_keys=True, default=str) for one in resources)
    return hashlib.sha256(json.dumps([texts, sorted(pending)]).encode()).hexdigest()
