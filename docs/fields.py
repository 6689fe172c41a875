"""Tables of a kind's fields, made from the same JSON Schema that editors get, so that they cannot say anything else than the models do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.specs import arn, scalars, schedule, schema
from transom.specs.kinds import KINDS

_WORDS: Mapping[str, str] = {
    f"^{scalar.pattern}$": word
    for scalar, word in (
        (scalars.Duration, "duration, e.g. `90s`, `7d`"),
        (scalars.Quantity, "quantity, e.g. `500m`, `4Gi`"),
        (scalars.Storage, "size, e.g. `20Gi`, `2Ti`"),
        (scalars.Region, "AWS region"),
        (scalars.MaintenanceWindow, "weekly window, e.g. `sun:03:00-sun:04:00`"),
        (scalars.DailyWindow, "daily window, e.g. `02:00-02:45`"),
        (schedule.Cron, "cron expression, e.g. `0 3 * * mon-fri`, `@daily`"),
        (schedule.TimeZone, "time zone, e.g. `Europe/Berlin`"),
        (arn.PrincipalArn, "ARN of an IAM role or user"),
        (arn.KeyArn, "ARN of a KMS key"),
    )
} | {
    r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$": "name",
    r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$": "label value",
    r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$": "label key",
    r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$": "EC2 instance type, e.g. `m7g.large`",
    r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$": "add-on version, e.g. `v1.20.4-eksbuild.2`",
    r"^sha256:[0-9a-f]{64}$": "digest, `sha256:…`",
    r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$": "image tag",
    r"^(/([^/~]|~[01])+)+$": "JSON pointer, e.g. `/spec/replicas`",
    r"^[A-Z][A-Za-z0-9]*$": "kind, e.g. `Deployment`",
}
_PLAIN = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_WRITTEN_IN_TWO_WAYS: Mapping[str, str] = {"DependencySpec": "name, or `Kind/name`, or `{kind, name}`"}
"""Models that may be written as text, in words."""
_UNSAID = frozenset({"apiVersion", "kind", "metadata"})
"""Fields that every kind has; docs/kinds/README.md tells them once."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row: dotted path below `spec`, type in words, default as YAML (empty: none), what it means."""

    path: str
    type: str
    default: str
    meaning: str


def of(kind: str) -> tuple[Field, ...]:
    """The fields of a kind's spec, depth first, in the order of the model."""
    return tuple(_fields(schema.of(kind)["$defs"], f"{kind}Spec", ""))


def metadata() -> tuple[Field, ...]:
    """The fields of `metadata`, the same for every kind."""
    return tuple(_fields(schema.of("Bucket")["$defs"], "Metadata", ""))


def table(rows: tuple[Field, ...]) -> str:
    """The rows as a Markdown table."""
    lines = ["| field | type | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{row.path}` | {row.type} | {row.default} | {row.meaning} |" for row in rows]
    return "\n".join(lines) + "\n"


def kinds_table() -> str:
    """Every kind with what its model says it is."""
    lines = ["| kind | what it is |", "|---|---|"]
    lines += [f"| [{kind}]({kind.lower()}.md) | {model.__doc__} |" for kind, model in KINDS.items()]
    return "\n".join(lines) + "\n"


def _fields(models: Mapping[str, Any], model: str, above: str, around: tuple[str, ...] = ()) -> Iterator[Field]:
    """Rows of a model; one that holds itself is told once, where it first stands."""
    required = models[model].get("required", ())
    for name, field in models[model]["properties"].items():
        path = f"{above}{name}"
        inner, suffix = _inner(field)
        default = "**required**" if name in required else _default(field, inner)
        yield Field(path, _type(field), default, str(field.get("description", "")).replace("|", "\\|"))
        if inner and inner not in around:
            yield from _fields(models, inner, f"{path}{suffix}.", (*around, model))


def _inner(field: Mapping[str, Any]) -> tuple[str, str]:
    """Name of the model inside a field, and what stands between: nothing, `[]` of a list, `.NAME` of a mapping."""
    if "$ref" in field:
        model = str(field["$ref"]).rpartition("/")[2]
        return ("" if model in _WRITTEN_IN_TWO_WAYS else model), ""
    if "anyOf" in field:
        return _inner(next(one for one in field["anyOf"] if one.get("type") != "null"))
    if "items" in field:
        return _inner(field["items"])[0], "[]"
    for value in (*field.get("patternProperties", {}).values(), field.get("additionalProperties")):
        if isinstance(value, dict):
            return _inner(value)[0], ".NAME"
    return "", ""


def _default(field: Mapping[str, Any], inner: str) -> str:
    if inner or "default" not in field or field["default"] in (None, [], {}):
        return ""
    return f"`{json.dumps(field['default']) if not isinstance(field['default'], str) else field['default']}`"


def _type(field: Mapping[str, Any]) -> str:  # noqa: PLR0911 - a table of schema shapes, one way out each
    if "anyOf" in field:
        return _type(next(one for one in field["anyOf"] if one.get("type") != "null"))
    if "$ref" in field:
        return _WRITTEN_IN_TWO_WAYS.get(str(field["$ref"]).rpartition("/")[2], "mapping")
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_plural(field['items'])}"
    if field.get("type") == "object":
        value = next(iter(field.get("patternProperties", {}).values()), field.get("additionalProperties"))
        return f"mapping of text to {_type(value)}" if isinstance(value, dict) else "mapping"
    if field.get("format") == "date":
        return "date, e.g. `2027-01-31`"
    pattern = field.get("pattern")
    if pattern in _WORDS:
        return _WORDS[pattern]
    bounds = f", {field['minimum']} to {field['maximum']}" if "minimum" in field and "maximum" in field else ""
    return _PLAIN[str(field["type"])] + (f" that matches `{_escaped(pattern)}`" if pattern else bounds)


def _plural(item: Mapping[str, Any]) -> str:
    word = _type(item)
    return {"mapping": "mappings", "name": "names", "text": "texts"}.get(word, word)


def _escaped(pattern: object) -> str:
    return str(pattern).replace("|", "\\|")
