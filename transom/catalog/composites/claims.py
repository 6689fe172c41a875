"""Holds claims to their definitions: model, tenant, revision, rules; with the words and at the lines of Transom's own kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from transom.catalog import validate
from transom.catalog.composites import rules
from transom.catalog.composites.definitions import Kind
from transom.catalog.composites.parts import Definition
from transom.catalog.model import Identity
from transom.errors import Problem
from transom.rendering import yamltext
from transom.rendering.render import Rendered


@dataclass(frozen=True, slots=True)
class Valid:
    """A claim that its definition allows.

    Attributes:
        data: the document with all defaults, its tenant filled in, as expressions see it.
        rendered: as it was written.
    """

    definition: Definition
    data: Mapping[str, Any]
    rendered: Rendered

    @property
    def identity(self) -> Identity:
        """E.g. `PostgreSQLInstance/orders`."""
        return f"{self.data['kind']}/{self.name}"

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return str(self.data["metadata"]["name"])

    @property
    def tenant(self) -> str:
        """The tenant that owns it."""
        return str(self.data["spec"]["tenant"])


def identity_of(rendered: Rendered) -> Identity:
    """Kind and name of a claim, as far as they are there."""
    metadata = rendered.data.get("metadata")
    return f"{rendered.data.get('kind')}/{metadata.get('name') if isinstance(metadata, dict) else None}"


def valid(rendered: Rendered, kind: Kind, tenant: str | None) -> tuple[Valid | None, tuple[Problem, ...]]:
    """The claim, or all that is wrong with it; `tenant` is that of the application beside it."""
    definition, problems = _revision(rendered, kind)
    if definition is None:
        return None, problems
    data, problems = _modelled(rendered, definition.model)
    if data is None:
        return None, problems
    owner, problems = _tenant(rendered, definition, data, tenant)
    data["spec"] = {**data.get("spec", {}), "tenant": owner}
    own = {key: value for key, value in data["spec"].items() if key in definition.spec}
    broken = [_refused(rendered, definition, one) for one in rules.broken(definition.rules, own)]
    if problems or broken:
        return None, (*problems, *broken)
    return Valid(definition, data, rendered), ()


def _revision(rendered: Rendered, kind: Kind) -> tuple[Definition | None, tuple[Problem, ...]]:
    spec = rendered.data.get("spec")
    wanted = spec.get("revision") if isinstance(spec, dict) else None
    if wanted is None or not isinstance(wanted, int) or isinstance(wanted, bool):  # of another type: the model says so
        return kind.revisions.get(kind.default) or next(iter(kind.revisions.values())), ()
    if wanted in kind.revisions:
        return kind.revisions[wanted], ()
    where = rendered.trace.locate(rendered.data, ("spec", "revision"))
    hint = f"it has {', '.join(map(str, sorted(kind.revisions)))}; leave it out for {kind.default}"
    return None, (Problem(where, "DefinitionRevisionMissing", f"{kind.kind} has no revision {wanted}", hint),)


def _modelled(rendered: Rendered, model: type[BaseModel]) -> tuple[dict[str, Any] | None, tuple[Problem, ...]]:
    try:
        parsed = model.model_validate(rendered.data)
    except ValidationError as error:
        details: Sequence[Any] = error.errors(include_url=False)
        return None, tuple(validate.problem(detail, rendered.data, rendered.trace, model) for detail in details)
    return parsed.model_dump(by_alias=True, exclude_none=True, warnings=False), ()


def _tenant(rendered: Rendered, definition: Definition, data: Mapping[str, Any], beside: str | None) -> tuple[str, tuple[Problem, ...]]:
    own = data.get("spec", {}).get("tenant")

    def wrong(path: tuple[str, ...], reason: str, message: str, hint: str) -> tuple[Problem, ...]:
        return (Problem(rendered.trace.locate(rendered.data, path), reason, message, hint),)

    if own and beside and own != beside:
        message = f"tenant {own} is not that of the application beside it ({beside})"
        return own, wrong(("spec", "tenant"), "TenantMismatch", message, "leave spec.tenant out, or move the document to resources/")
    owner = own or beside
    if owner is None:
        return "", wrong(("spec",), "MissingTenant", "spec.tenant is missing", "outside an application's folder a claim names its tenant")
    allowed = definition.entry.document.spec.tenants
    if allowed and owner not in allowed:
        message = f"tenant {owner} may not claim {data['kind']}"
        return owner, wrong(
            ("kind",), "ForbiddenKind", message, f"it is for {', '.join(allowed)}: see {definition.entry.at('spec', 'tenants')}"
        )
    return owner, ()


def _refused(rendered: Rendered, definition: Definition, one: rules.Broken) -> Problem:
    path = ("spec", *one.path)
    hint = f"a rule of {definition.entry.document.spec.kind}: {definition.entry.at(*one.rule)}"
    return Problem(rendered.trace.locate(rendered.data, path), "ClaimRefused", f"{yamltext.dotted(path)}: {one.message}", hint)
