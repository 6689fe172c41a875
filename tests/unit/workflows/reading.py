"""A workflow's file, read as its host reads it."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """YAML as CI reads it: `on` is a word, and GitLab has tags of its own."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


def read(text: str) -> dict[str, Any]:
    """A workflow."""
    found = yaml.load(text, _Loader)  # noqa: S506 - a safe loader, see above
    assert isinstance(found, dict)
    return found
