"""Property values on their way out of the engine: secrets masked, unknowns marked, and the difference where a plugin names only keys. Pure.

The marks are the engine's own: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go and …/resource/plugin/rpc.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom import redaction
from transom.changes import COMPUTED, DiffKind
from transom.engine.paths import MISSING, Path

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark, not a secret
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
BLINDED = "[secret]"
"""What stands for a secret where the engine hides it, and in here until `clean` says of which side."""

UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # text and anything else
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)

PRIVATE = "__"
"""Opens the names of the plugins' own bookkeeping: `__defaults`, `__meta`, `__fieldManager`."""

_ALWAYS_SECRET = {
    "kubernetes:core/v1:Secret": frozenset({"data", "stringData"}),
    "kubernetes:core/v1:SecretPatch": frozenset({"data", "stringData"}),
}
"""Properties that hold secrets whether marked or not."""


def is_secret(value: Any) -> bool:
    """Whether the engine marked this very value as a secret."""
    if isinstance(value, dict):
        return value.get(SIGNATURE) == SECRET or (value.get(SIGNATURE) == OUTPUT and value.get("secret") is True)
    return isinstance(value, str) and value == BLINDED


def clean(value: Any, mask: str) -> Any:
    """`value` as JSON for people.

    Secrets at any depth become `mask`, unknowns `<computed>`, assets and references a short text; every other text is redacted.
    """
    match value:
        case dict() if SIGNATURE in value:
            return _marked(value, mask)
        case {"name": str(name), "value": str(text), **rest} if redaction.names_secret(name) and text:
            return {"name": name, "value": mask} | clean(rest, mask)  # a container's environment variable
        case dict():
            return {
                key: clean(BLINDED if _named_secret(key, inner) else inner, mask)
                for key, inner in value.items()
                if not key.startswith(PRIVATE)
            }
        case list():
            return [clean(inner, mask) for inner in value]
        case str():
            return _text(value, mask)
    return None if value is MISSING else value


def _text(value: str, mask: str) -> str:
    if value in UNKNOWNS:
        return COMPUTED
    return mask if value == BLINDED else redaction.redact(value)


def _named_secret(key: str, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value not in UNKNOWNS and redaction.names_secret(key)


def _marked(value: Mapping[str, Any], mask: str) -> Any:
    match value[SIGNATURE]:
        case sign if sign == RESOURCE:
            return str(value.get("urn", ""))
        case sign if sign == OUTPUT and value.get("secret") is not True:
            return clean(value["value"], mask) if "value" in value else COMPUTED
        case sign if sign in (ASSET, ARCHIVE):
            shown = value.get("path") or value.get("uri") or f"sha256:{str(value.get('hash', ''))[:12]}"
            return f"<{'asset' if sign == ASSET else 'archive'} {shown}>"
    return mask  # a secret, or a mark of a newer engine: hidden rather than shown


def covered(value: Any, other: Any) -> Any:
    """`value` with everything blinded that is a secret in `other`: what was in clear before it became one, or is after it was one.

    Elements of a list are told apart by their names; without names, what is a secret in one element is one in all of them, since the
    place says nothing of what moves about.
    """
    if is_secret(other) and value is not MISSING:
        return BLINDED
    match value, other:
        case dict(), dict() if SIGNATURE not in value and SIGNATURE not in other:
            return {key: covered(inner, other.get(key, MISSING)) for key, inner in value.items()}
        case list(), list() if _holds_secret(other):
            return [_covered_element(inner, other) for inner in value]
    return value


def _covered_element(value: Any, others: list[Any]) -> Any:
    name = _name(value)
    for other in others:
        if name is None or _name(other) in (None, name):
            value = covered(value, other)
    return value


def _holds_secret(tree: Any) -> bool:
    if isinstance(tree, dict):
        return is_secret(tree) or any(_holds_secret(inner) for inner in tree.values())
    return any(_holds_secret(inner) for inner in tree) if isinstance(tree, list) else is_secret(tree)


def _name(element: Any) -> str | None:
    name = element.get("name") if isinstance(element, dict) else None
    return name if isinstance(name, str) else None


def secret_at(type_token: str, path: Path, trees: Iterator[Any]) -> bool:
    """Whether the property at `path` is, holds back, or lies inside a secret in any of the resource's property trees."""
    if not path:
        return False
    if path[0] in _ALWAYS_SECRET.get(type_token, ()) or any(isinstance(step, str) and redaction.names_secret(step) for step in path):
        return True
    known = tuple(trees)
    named = {tuple(_by_name(tree, path)) for tree in known}
    return any(_secret_on_the_way(tree, one) for tree in known for one in named | {path})


@dataclass(frozen=True, slots=True)
class _Named:
    """A step into the element of a list that has this name, wherever it stands."""

    name: str


def _by_name(tree: Any, path: Path) -> Iterator[str | int | _Named]:
    """The path as it reads in this tree, with elements of lists by their names."""
    current = tree
    for step in path:
        current = _into(current, step)
        name = _name(current) if isinstance(step, int) else None
        yield _Named(name) if name is not None else step


def _secret_on_the_way(tree: Any, path: Iterable[str | int | _Named]) -> bool:
    current = tree
    for step in path:
        if is_secret(current):
            return True
        current = _into(current, step)
    return is_secret(current)


def _into(current: Any, step: str | int | _Named) -> Any:
    match current, step:
        case list(), _Named(name):
            return next((element for element in current if _name(element) == name), MISSING)
        case list(), int() if step < len(current):
            return current[step]
        case dict(), str() | int() if str(step) in current:
            return current[str(step)]
    return MISSING


def diff(before: Any, after: Any, at: Path = ()) -> Iterator[tuple[Path, DiffKind]]:
    """The paths at which two values differ, in the order of keys. Lists of one length go element by element, others as a whole."""
    match before, after:
        case (left, right) if is_secret(left) or is_secret(right):
            pass
        case dict(), dict():
            yield from _keys(before, after, at)
            return
        case list(), list() if len(before) == len(after):
            for index, (left, right) in enumerate(zip(before, after, strict=True)):
                yield from diff(left, right, (*at, index))
            return
    if before != after:
        yield at, DiffKind.UPDATE


def _keys(before: Mapping[str, Any], after: Mapping[str, Any], at: Path) -> Iterator[tuple[Path, DiffKind]]:
    for key in sorted(before.keys() | after.keys()):
        if key.startswith(PRIVATE):
            continue
        if key not in before:
            yield (*at, key), DiffKind.ADD
        elif key not in after:
            yield (*at, key), DiffKind.DELETE
        else:
            yield from diff(before[key], after[key], (*at, key))
