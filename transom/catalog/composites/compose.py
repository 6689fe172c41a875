"""A valid claim becomes its documents, each with a trace; claims among them become theirs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transom.catalog import references
from transom.catalog.composites import claims, places, templates
from transom.catalog.composites.claims import Valid
from transom.catalog.composites.definitions import Definitions
from transom.catalog.composites.notes import FOR
from transom.catalog.composites.parts import Resource
from transom.catalog.composites.templates import LEFT_OUT, Leaf, Unfilled
from transom.catalog.composites.traces import Composed, Origin
from transom.catalog.model import Identity
from transom.catalog.references import OUTPUTS
from transom.errors import Problem
from transom.expressions.engine import Activation
from transom.rendering.render import Rendered
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION

MOST = 200
"""Documents that one claim may become, those of claims inside it included."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a claim became.

    Attributes:
        claims: its own document with what it has become beside it; before it those of claims inside it.
        documents: all that it is made of.
        connection: what it gives to those who bind it.
    """

    claims: tuple[Rendered, ...]
    documents: tuple[Rendered, ...]
    connection: Mapping[str, str]


@dataclass(slots=True)
class _Work:
    """One claim while it is composed."""

    claim: Valid
    environment: Mapping[str, Any]
    definitions: Definitions
    resources: Mapping[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def activation(self, loops: Mapping[str, Any]) -> Activation:
        """Values of all variables, those of `resources` as far as they are known by now."""
        values = {"claim": self.claim.data, "environment": self.environment, "resources": self.resources, **loops}
        return self.claim.definition.scopes.plain({}).activation(values)

    def wrong(self, path: Path_, reason: str, message: str, hint: str) -> None:
        """A mistake of the claim."""
        rendered = self.claim.rendered
        self.problems.append(Problem(rendered.trace.locate(rendered.data, path), reason, message, hint))

    def failed(self, error: Unfilled) -> None:
        """A failure of the definition, with this claim as its note."""
        where = replace(places.inside(self.claim.definition.entry, error.path, error.offset), note=f"{FOR}{self.claim.identity}")
        hint = "guard it, or let the schema ask for what it needs"
        self.problems.append(Problem(where, "ExpressionFailed", f"the expression failed: {error.message}", hint))


@dataclass(frozen=True, slots=True)
class _Piece:
    """One document to be: its resource, its name, where the loops stand, and at which item of their lists."""

    resource: Resource
    name: str
    loops: Mapping[str, Any]
    items: Mapping[str, int]

    @property
    def kind(self) -> tuple[str, str]:
        """ApiVersion and kind."""
        return self.resource.api_version, self.resource.kind

    @property
    def identity(self) -> Identity:
        """Kind and name."""
        return f"{self.resource.kind}/{self.name}"


def composed(claim: Valid, environment: Mapping[str, Any], definitions: Definitions) -> tuple[Made | None, tuple[Problem, ...]]:
    """What the claim becomes in an environment, or what is wrong with that."""
    work = _Work(claim, environment, definitions)
    pieces = _all_pieces(work)
    if pieces is None or work.problems:
        return None, tuple(work.problems)
    work.resources = _resources(work, pieces, {})
    plain = work.activation({})
    inner: dict[Identity, Made] = {}
    for piece in pieces:
        if piece.kind in definitions.kinds and (below := _inner(piece, plain, work)) is not None:
            inner[piece.identity] = below
    if work.problems:
        return None, tuple(work.problems)
    work.resources = _resources(work, pieces, {identity: made.connection for identity, made in inner.items()}) if inner else work.resources
    known = work.activation({}) if inner else plain
    documents = [document for made in inner.values() for document in made.documents]
    rest = (_document(piece, known, work) for piece in pieces if piece.kind not in definitions.kinds)
    documents += [document for document in rest if document is not None]
    if len(documents) > MOST:
        work.wrong(("spec",), "TooLarge", f"becomes {len(documents)} documents, and {MOST} are the most", "cut the claim in two")
    connection = _connection(work, known)
    if work.problems:
        return None, tuple(work.problems)
    own = {
        "definition": claim.definition.entry.name,
        "revision": claim.definition.revision,
        "documents": [claims.identity_of(one) for one in documents if one.data["apiVersion"] == API_VERSION],
        "manifests": sum(one.data["apiVersion"] != API_VERSION for one in documents),
        "connection": connection,
        **_telling(work, pieces),
    }
    rendered = Rendered({**claim.data, "composed": own}, claim.rendered.trace, claim.rendered.unit)
    return Made((*(one for made in inner.values() for one in made.claims), rendered), tuple(documents), connection), ()


def _all_pieces(work: _Work) -> list[_Piece] | None:
    pieces: list[_Piece] = []
    activation = work.activation({})
    for resource in work.claim.definition.resources:
        try:
            pieces += _pieces(resource, activation, work)
        except Unfilled as error:
            work.failed(error)
    if len(pieces) > MOST:
        work.wrong(("spec",), "TooLarge", f"becomes {len(pieces)} documents, and {MOST} are the most", "cut the claim in two")
    _distinct(pieces, work)
    return pieces


def _distinct(pieces: Sequence[_Piece], work: _Work) -> None:
    """Two documents of one name are a mistake of the claim where lists made them, of the definition otherwise."""
    seen: dict[tuple[str, str], _Piece] = {}
    for piece in pieces:
        first = seen.setdefault((piece.resource.api_version.partition("/")[0], piece.identity), piece)
        if first is piece:
            continue
        trace = _trace(piece, work)
        where = trace.locate({}, ("metadata", "name"))
        message = f"becomes {piece.resource.kind} {piece.name} twice"
        work.problems.append(Problem(where, "DuplicateDocument", message, "each document needs a name of its own"))


def _pieces(resource: Resource, activation: Activation, work: _Work) -> Iterator[_Piece]:
    """The documents of one resource, none when its conditions are not true."""
    if not all(templates.value(condition, activation) is True for condition in resource.include_when):
        return
    lists: list[Sequence[Any]] = []
    total = 1
    for loop in resource.loops:
        found = templates.value(loop.items, activation)
        if not isinstance(found, list) and found is not LEFT_OUT:
            raise Unfilled(loop.items.path, loop.items.expressions[0][1], "is not a list")
        lists.append(found if isinstance(found, list) else ())
        total *= len(lists[-1])
    if total > MOST:
        read: Path_ = next((one[1:] for loop in resource.loops for one in loop.items.reads() if one[0] == "claim"), ("spec",))
        work.wrong(read, "TooLarge", f"becomes {total} documents, and {MOST} are the most", "cut the claim in two")
        return
    names = [loop.name for loop in resource.loops]
    for items in itertools.product(*(enumerate(found) for found in lists)):
        loops = {name: value for name, (_, value) in zip(names, items, strict=True)}
        indices = {name: index for name, (index, _) in zip(names, items, strict=True)}
        yield _Piece(resource, _name(resource, loops, activation, work), loops, indices)


def _name(resource: Resource, loops: Mapping[str, Any], activation: Activation, work: _Work) -> str:
    if resource.name is None:
        return f"{work.claim.name}-{_hyphened(resource.id)}"
    if isinstance(resource.name, str):
        return resource.name
    return str(templates.value(resource.name, work.activation(loops) if loops else activation))


def _hyphened(word: str) -> str:
    """`deadLetters` as a name can have it: `dead-letters`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in word)


def _resources(work: _Work, pieces: Sequence[_Piece], connections: Mapping[Identity, Mapping[str, str]]) -> dict[str, Any]:
    """The value of `resources`: names, and references in the place of outputs."""
    out: dict[str, Any] = {resource.id: [] for resource in work.claim.definition.resources if resource.loops}
    for piece in pieces:
        seen: dict[str, Any] = {"name": piece.name}
        if piece.resource.api_version == API_VERSION and piece.resource.kind in OUTPUTS:
            seen["outputs"] = {name: references.text(piece.identity, name) for name in OUTPUTS[piece.resource.kind]}
        if piece.identity in connections:
            seen["connection"] = connections[piece.identity]
        if piece.resource.loops:
            out[piece.resource.id].append(seen)
        else:
            out[piece.resource.id] = seen
    return out


def _inner(piece: _Piece, activation: Activation, work: _Work) -> Made | None:
    """What a claim inside the claim becomes."""
    rendered = _document(piece, activation, work)
    if rendered is None:
        return None
    claim, problems = claims.valid(rendered, work.definitions.kinds[piece.kind], work.claim.tenant)
    work.problems += problems
    if claim is None:
        return None
    made, problems = composed(claim, work.environment, work.definitions)
    work.problems += problems
    return made


def _document(piece: _Piece, activation: Activation, work: _Work) -> Rendered | None:
    resource = piece.resource
    try:
        data = templates.filled(dict(resource.parts), work.activation(piece.loops) if piece.loops else activation)
    except Unfilled as error:
        work.failed(error)
        return None
    metadata: dict[str, Any] = data.get("metadata") or {}
    out: dict[str, Any] = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": piece.name, **metadata}}
    out |= {key: value for key, value in data.items() if key not in out}
    if resource.api_version == API_VERSION or piece.kind in work.definitions.kinds:
        out["spec"] = {"tenant": work.claim.tenant, **(out.get("spec") or {})}
    return Rendered(out, _trace(piece, work), work.claim.rendered.unit)


def _trace(piece: _Piece, work: _Work) -> Composed:
    rendered = work.claim.rendered
    origin = Origin(work.claim.identity, rendered.data, rendered.trace)
    snapshot, file = rendered.trace.snapshot, rendered.trace.origin
    return Composed(snapshot, file, None, (), origin, work.claim.definition, piece.resource, piece.items)


def _connection(work: _Work, activation: Activation) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, leaf in work.claim.definition.connection.items():
        try:
            found[name] = templates.as_text(templates.value(leaf, activation)) if isinstance(leaf, Leaf) else leaf
        except Unfilled as error:
            work.failed(error)
    return found


def _telling(work: _Work, pieces: Sequence[_Piece]) -> dict[str, Any]:
    """What `status` and `readyWhen` need once there are outputs: their texts, and what they read beside outputs."""
    spec = work.claim.definition.entry.document.spec
    there = {piece.resource.id for piece in pieces}
    ready = {resource.id: list(resource.ready_when) for resource in spec.resources if resource.ready_when and resource.id in there}
    if not spec.status and not ready:
        return {}
    texts = [*spec.status.values(), *itertools.chain.from_iterable(ready.values())]
    resources: dict[str, Any] = {resource.id: [] for resource in work.claim.definition.resources if resource.loops}
    for piece in pieces:
        seen = {"name": piece.name, "identity": piece.identity}
        if piece.resource.loops:
            resources[piece.resource.id].append(seen)
        else:
            resources[piece.resource.id] = seen
    facts: dict[str, Any] = {"resources": resources}
    if any("environment" in text for text in texts):
        facts["environment"] = dict(work.environment)
    return {"status": dict(spec.status), "ready": ready, "facts": facts}
