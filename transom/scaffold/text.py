"""The text of a new document: what must be said, filled in, and what may be said, as comments with what holds otherwise."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from transom.specs import schema
from transom.specs.base import API_VERSION

_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a document is.

    Attributes:
        tenant: its name; empty where an application beside the document says it.
        namespace: where the tenant's applications go.
        size: a size class of the environments.
        folder: where the repository lies, as seen from the project.
    """

    tenant: str = ""
    namespace: str = ""
    size: str = "small"
    folder: str = "."

    def field(self) -> dict[str, Any]:
        """The tenant as a field, where the document says it itself."""
        return {"tenant": self.tenant} if self.tenant else {}


LEAST: Mapping[str, Callable[[str, Owner], dict[str, Any]]] = MappingProxyType(
    {
        "Environment": lambda name, owner: {
            "sources": [{"name": "platform", "path": owner.folder}],
            "clusters": {"matchLabels": {"environment": name}},
            "aws": {"region": "eu-central-1"},
        },
        "Cluster": lambda name, _: {"existing": {"context": name}},
        "Network": lambda _, __: {"cidr": "10.0.0.0/16"},
        "Tenant": lambda name, _: {"namespaces": [name]},
        "Application": lambda _, owner: {"tenant": owner.tenant, "destination": {"namespace": owner.namespace}},
        "ApplicationSet": lambda name, owner: {
            "generators": [{"list": {"elements": [{"name": "one"}, {"name": "two"}]}}],
            "template": {
                "metadata": {"name": f"{name}-{{{{name}}}}"},
                "spec": {
                    "tenant": owner.tenant,
                    "destination": {"namespace": owner.namespace},
                    "source": {"path": f"applications/{name}/{{{{name}}}}"},
                },
            },
        },
        "Database": lambda _, owner: {**owner.field(), "version": "16", "size": owner.size},
        "Bucket": lambda _, owner: owner.field(),
        "Queue": lambda _, owner: owner.field(),
        "Topic": lambda _, owner: owner.field(),
        "Cache": lambda _, owner: {**owner.field(), "version": "8.0", "size": owner.size},
        "Table": lambda _, owner: {**owner.field(), "partitionKey": {"name": "id", "type": "string"}},
        "CompositeDefinition": lambda name, owner: {
            "group": "platform.example.com",
            "version": "v1alpha1",
            "kind": "".join(part.capitalize() for part in name.split("-")),
            "schema": {
                "type": "object",
                "properties": {"size": {"type": "string", "description": "One of the environment's size classes.", "default": owner.size}},
            },
            "resources": [
                {
                    "id": "db",
                    "template": {"apiVersion": API_VERSION, "kind": "Database", "spec": {"version": "16", "size": "${claim.spec.size}"}},
                }
            ],
        },
    }
)
"""What must be said, by kind."""


def of(kind: str, name: str, owner: Owner, schema_path: str) -> str:
    """The document as a file's text, for editors named after its schema at `schema_path`."""
    body = schema.of(kind)
    spec = LEAST[kind](name, owner)
    labels = f"  labels:\n    environment: {name}\n" if kind == "Cluster" else ""
    lines = [
        f"# yaml-language-server: $schema={schema_path}",
        *_comment(body.get("description", ""), ""),
        f"apiVersion: {API_VERSION}",
        f"kind: {kind}",
        "metadata:",
        f"  name: {name}",
        *labels.splitlines(),
    ]
    properties = body["$defs"][f"{kind}Spec"]["properties"]
    lines.append("spec:" if spec else "spec: {}")
    for field, value in spec.items():
        lines += [*_comment(_described(properties[field], body["$defs"]), "  "), *_written({field: value}, "  ")]
    rest = {field: inner for field, inner in properties.items() if field not in spec}
    if rest:
        lines += ["", *_comment("What else may be said. Shown is what holds when it is left out, or else an example.", "  ")]
    for field, inner in rest.items():
        lines.append("")
        lines += [*_comment(_described(inner, body["$defs"]), "  "), *(f"  # {line}" for line in _example(field, inner, body["$defs"]))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _described(field: Mapping[str, Any], models: Mapping[str, Any]) -> str:
    return str(field.get("description") or models.get(str(field.get("$ref", "")).rpartition("/")[2], {}).get("description", ""))


def _comment(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ", break_long_words=False)


def _written(value: Any, indent: str) -> Iterator[str]:
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, allow_unicode=True, width=_WIDTH)
    yield from (f"{indent}{line}" for line in text.splitlines())


def _example(field: str, inner: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """A field with its default, else with an example of it, else with nothing, which asks for nothing."""
    value = _value(inner, models)
    if value is None:
        yield f"{field}:"
        return
    flow = yaml.safe_dump(value, sort_keys=False, default_flow_style=True, allow_unicode=True, width=10**6)
    line = f"{field}: {flow.removesuffix('...' + chr(10)).strip()}"
    yield from [line] if len(line) < _WIDTH else _written({field: value}, "")


def _value(inner: Mapping[str, Any], models: Mapping[str, Any]) -> Any:
    default = _without_nothing(inner.get("default"))
    if default is not None:
        return default
    examples = [one for way in (inner, *inner.get("anyOf", ())) for one in way.get("examples", ())]
    if examples:
        return examples[0]
    below = next((way for way in (inner, *inner.get("anyOf", ())) if "$ref" in way), None)
    model = models.get(str(below["$ref"]).rpartition("/")[2], {}) if below else {}
    found = {key: value for key, one in model.get("properties", {}).items() if (value := _value(one, models)) is not None}
    return found if found and all(key in found for key in model.get("required", ())) else None


def _without_nothing(value: Any) -> Any:
    """A default without what asks for nothing; None when nothing is left."""
    if isinstance(value, dict):
        return {key: inner for key, one in value.items() if (inner := _without_nothing(one)) is not None} or None
    return None if value in ([], "") else value
