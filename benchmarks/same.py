"""Holds that contestants declared the same: otherwise their times say nothing about each other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_DIGEST = re.compile(r'("transom\.dev/configuration": ")[0-9a-f]+')
"""The digest of what pods read, which has the names in it."""


class DifferentError(Exception):
    """The programs declared different objects."""


def check(objects: Mapping[str, Mapping[str, Any]]) -> None:
    """All contestants' objects, by the prefix of their names, are equal but for that prefix before `team-`, and digests of such names.

    Raises:
        DifferentError: naming the first differences.
    """
    plain = {
        prefix: json.loads(_DIGEST.sub(r"\1", json.dumps(found, sort_keys=True).replace(f"{prefix}team-", "team-")))
        for prefix, found in objects.items()
    }
    (first, reference), *others = plain.items()
    for prefix, found in others:
        keys = sorted(key for key in reference.keys() | found.keys() if reference.get(key) != found.get(key))
        if keys:
            told = "\n".join(f"{key}\n  {first} {reference.get(key)}\n  {prefix} {found.get(key)}" for key in keys[:3])
            raise DifferentError(f"{len(keys)} objects differ:\n{told}")
