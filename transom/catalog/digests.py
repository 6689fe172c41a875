"""Digests: one short word per document that changes when, and only when, what it asks for changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from transom.catalog.model import Catalog, Identity

_LENGTH = 16
"""Hexadecimal digits: enough to tell documents of one environment apart."""


def documents(catalog: Catalog, identities: Iterable[Identity]) -> Mapping[Identity, str]:
    """Digest of each document together with the Kubernetes objects that belong to it."""
    return {
        identity: _digest([catalog.entries[identity].data, sorted((m.key, m.data) for m in catalog.manifests.get(identity, ()))])
        for identity in identities
    }


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:_LENGTH]
