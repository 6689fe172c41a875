"""Secrets that stand in plain text where nobody calls them so: a private key in a ConfigMap, a token in an environment variable.

Only shapes that nothing else has are looked for, so that what is told is one. Values of a Secret, and of its generators, are refused
whatever they look like, elsewhere (`catalog.manifests`, `rendering.rules`). What was found is never repeated.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transom.catalog.model import Entry, Identity
from transom.errors import Problem
from transom.rendering.render import Rendered
from transom.rendering.yamltext import Path_
from transom.specs.base import Document

_SHAPES = re.compile(
    r"(?P<key>-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    r"|\b(?P<aws>(?:AKIA|ASIA)[A-Z2-7]{16})\b"
    # https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    r"|\b(?P<github>gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b"
    r"|\b(?P<gitlab>glpat-[A-Za-z0-9_-]{20,})"
    r"|\b(?P<slack>xox[abeoprs]-[0-9]+-[A-Za-z0-9-]{10,})"
    r"|\b(?P<stripe>[sr]k_live_[A-Za-z0-9]{20,})\b"
    r"|\b(?P<google>AIza[A-Za-z0-9_-]{35})(?![A-Za-z0-9_-])"
    r"|\b(?P<pulumi>pul-[0-9a-f]{40})\b"
)
_NAMES: Mapping[str, str] = {
    "key": "a private key", "aws": "an AWS access key", "github": "a GitHub token", "gitlab": "a GitLab token", "slack": "a Slack token",
    "stripe": "a Stripe key", "google": "a Google API key", "pulumi": "a Pulumi token",
}  # fmt: skip
_EXAMPLE = re.compile(r"EXAMPLE|example")
"""AWS's own documentation writes AKIAIOSFODNN7EXAMPLE; nothing that is in use says that it is an example."""
_SHORTEST = 20
_HINT = "remove it, make it void wherever it is in use, and give it as an ExternalSecret (secrets) or sealed (transom seal)"
_SEALED = "encrypt it: transom seal"
_LEAST_SEALED = 2 + 256 + 16
"""Bytes of the shortest sealed value: length, a key encrypted with RSA 2048, and the tag of AES-GCM."""


def problems(entries: Mapping[Identity, Entry[Document]], objects: Iterable[Rendered]) -> Iterator[Problem]:
    """Every secret in documents and objects that has the shape of one, at its line."""
    for entry in entries.values():
        for path, what in _found(entry.data, None):
            yield Problem(entry.at(*path), "PlaintextSecret", f"{what} must not stand in Git", _HINT)
    for one in objects:
        if str(one.data.get("kind")) == "Secret" and str(one.data.get("apiVersion")) == "v1":
            continue  # told whatever its values look like
        sealed = str(one.data.get("apiVersion", "")).startswith("bitnami.com/") and one.data.get("kind") == "SealedSecret"
        for path, what in _found(one.data, ("spec", "encryptedData") if sealed else None):
            yield Problem(one.trace.locate(one.data, path), "PlaintextSecret", f"{what} must not stand in Git", _HINT)
        if sealed:
            yield from _unsealed(one)


def _found(value: Any, passed: Path_ | None, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Places of texts with a secret's shape, and what it is; `passed` is a place that is not looked into."""
    match value:
        case str() if len(value) >= _SHORTEST:
            for match in _SHAPES.finditer(value):
                if not _EXAMPLE.search(match[0]):
                    yield path, _NAMES[str(match.lastgroup)]
                    return
        case dict():
            if path != passed:
                for key, below in value.items():
                    yield from _found(below, passed, (*path, key))
        case list():
            for index, below in enumerate(value):
                yield from _found(below, passed, (*path, index))


def _unsealed(one: Rendered) -> Iterator[Problem]:
    """Values of a SealedSecret that no key has sealed: it would tell them to everybody, and its controller could not open it."""
    spec = one.data.get("spec")
    data = spec.get("encryptedData") if isinstance(spec, dict) else None
    for key, value in data.items() if isinstance(data, dict) else ():
        if not isinstance(value, str) or not _is_sealed(value):
            where = one.trace.locate(one.data, ("spec", "encryptedData", key))
            yield Problem(where, "PlaintextSecret", f"spec.encryptedData.{key} is not sealed", _SEALED)


def _is_sealed(value: str) -> bool:
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(found) >= _LEAST_SEALED and int.from_bytes(found[:2], "big") in (256, 384, 512, 1024)
