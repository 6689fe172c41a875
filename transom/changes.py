"""The change set: what a run would do, did, or found changed. The pivot between the engine and every outlet.

A ChangeSet is frozen, serialisable and versioned; secrets are masked before a value gets in. Nothing behind it reads Pulumi's text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Literal[1] = 1
"""Version of the serialised form; a reader refuses a newer one."""

SECRET_BEFORE = "*** (before)"  # noqa: S105 - what stands for a secret
SECRET_AFTER = "*** (after)"  # noqa: S105 - what stands for a secret

COMPUTED = "<computed>"
"""Stands for a value that is known only after the run."""


class Operation(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    FORGET = "forget"
    """Leaves the state, stays alive (`retainOnDelete`)."""
    READ = "read"
    SAME = "same"


class DiffKind(StrEnum):
    """What happens to one property."""

    ADD = "add"
    UPDATE = "update"
    DELETE = "delete"


class Frozen(BaseModel):
    """Base of the records of this module."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)


class PropertyChange(Frozen):
    """One property: its path as the engine writes it (`spec.ports[0].port`), what happens, both values with secrets masked."""

    path: str
    kind: DiffKind
    before: Any = None
    after: Any = None
    forces_replacement: bool = False


class Change(Frozen):
    """One resource's planned, made or found operation."""

    urn: str
    type: str
    """Type token, e.g. `aws:s3/bucket:Bucket`."""
    name: str
    """Name in the program: the last part of the URN."""
    operation: Operation
    id: str = ""
    """The provider's id; empty before the resource exists."""
    document: str = ""
    """Identity of the document that caused it, e.g. `Database/shop`; empty for what belongs to the stack itself."""
    location: str = ""
    """The line that a person wrote for it, `path:line:column`: of the Kubernetes object's own manifest where it has one, else of the
    document; for what was deleted the last that is known. Empty where none is."""
    application: str = ""
    """Name of the application that it is part of, or that is bound to it alone; empty where there is none."""
    properties: tuple[PropertyChange, ...] = ()
    """What changes; of a planned creation what it is created with."""
    failed: bool = False
    messages: tuple[str, ...] = ()
    """The engine's error messages about this resource."""
    protected: bool = False


class Diagnostic(Frozen):
    """A message of the engine or of the program that belongs to no operation.

    `urn` and `document` are set where it is about a resource: one that was refused before any operation on it was planned. `location` is
    the line that a person wrote for the document.
    """

    severity: Literal["error", "warning", "info"]
    message: str
    urn: str = ""
    document: str = ""
    location: str = ""


class Violation(Frozen):
    """What a policy says of a resource, or of the stack as a whole."""

    pack: str
    policy: str
    message: str
    mandatory: bool
    """Whether the engine refuses it; advice otherwise."""
    urn: str = ""
    document: str = ""
    location: str = ""


class Hold(Frozen):
    """A hand on one field of a live Kubernetes object that is not ours, as the API server keeps book of it.

    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """

    path: str
    """The field as the engine writes it, `spec.template.spec.containers[0].env[1]`; of what nobody declared the whole part, once."""
    manager: str
    """Name of the tool or controller, e.g. `kubectl-edit`."""
    operation: str = ""
    """`Apply` or `Update`."""
    subresource: str = ""
    """Through which it was set, e.g. `scale`; empty for the object itself."""
    time: str = ""
    """When this manager last set any field of the object, RFC 3339."""
    declared: bool = False
    """Whether the last applied inputs speak of the field."""
    live: Any = None
    """The live value of a field that nobody declared, secrets masked."""


class Sighting(Frozen):
    """One resource that a look for drift asked for: as it was, changed or gone."""

    urn: str
    type: str
    name: str
    id: str = ""
    called: tuple[str, ...] = ()
    """What the cloud calls it beside its id: a name, an ARN."""
    document: str = ""
    holds: tuple[Hold, ...] = ()
    """What others than the engine's plugin hold of it; Kubernetes objects only."""


class ChangeSet(Frozen):
    """All changes of one run of one stack.

    `purpose` says how to read it: `plan` would do it, `apply` did it, `drift` found live so against what was last applied, `destroy`
    removed it.
    """

    format: Literal[1] = FORMAT
    purpose: Literal["plan", "apply", "drift", "destroy"]
    environment: str
    stack: str
    changes: tuple[Change, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    violations: tuple[Violation, ...] = ()
    """What policies said."""
    documents: dict[str, str] = Field(default_factory=dict)
    """The line of each document that changes or messages are about, `path:line:column`, by identity."""
    sightings: tuple[Sighting, ...] = Field(default=(), exclude=True)
    """Every resource that was looked for; of purpose `drift` only. For the report on drift, and no part of the serialised form."""
    unchanged: int = 0
    """Resources that the run left or found as they were."""
    succeeded: bool = True
    error: str = ""
    """Why the run as a whole failed; empty where it did not, or where a failed change or an error about a resource says why."""
    duration: float = Field(default=0.0, ge=0)
    """Seconds."""

    @property
    def empty(self) -> bool:
        """Whether nothing would be, was, or is different."""
        return not self.changes

    @property
    def failures(self) -> tuple[Change, ...]:
        """The changes that failed."""
        return tuple(change for change in self.changes if change.failed)

    def count(self, operation: Operation) -> int:
        """How many resources undergo `operation`."""
        return sum(change.operation is operation for change in self.changes)
