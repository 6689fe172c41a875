"""After a run that was killed: what it had begun is resolved by looking at what lives, before anything else is done.

The engine writes down an operation before it asks for it, and takes the note away when it has heard how it went. A note that is still
there is of a run that died in between (or of a backend that did not take the second writing). What the engine does with it by itself is
not enough: a create is forgotten and made a second time, an update and a delete are believed not to have happened.

- *creating*: the id that the resource has if it is there follows from its inputs (`identities`). It is put into the state under that id,
  and read: if it is there, and has our marks, it stays in the state as made; if not, it is taken out again, and the next run makes it.
- *updating*, *deleting*, *reading*: the resource is read; the state then says what lives, or that it is gone.

The recovery itself may be killed, or the cloud be away when it looks. So what was not looked at yet carries a mark in the state, in the
place where the engine keeps that a resource was made and did not come up (`initErrors`): a later recovery finds it there, a read takes it
away, and even an engine without us would not take such a resource for finished. (Unfinished operations themselves cannot be written back:
`pulumi stack import` leaves them out.)

Nothing is changed but the state. A create whose id cannot be told stops the run: the message says how a person who has looked tells what
is there (`transom recover`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transom.engine import identities, urns, values
from transom.engine.identities import Identify
from transom.engine.seam import Request, Told
from transom.errors import EngineError, StackLocked

if TYPE_CHECKING:
    from transom.engine.real import PulumiEngine

Deployment = Mapping[str, Any]
"""`pulumi stack export`."""

MARK = "transom: a run was killed while this was being changed, and nobody has looked at it since"
"""Among a resource's `initErrors`: it has to be read."""

_CREATES = frozenset({"creating", "importing"})


@dataclass(frozen=True, slots=True)
class Pending:
    """An operation that was begun, and whose end nobody heard of.

    Attributes:
        kind: the engine's word: creating, updating, deleting, reading, importing.
        resource: the resource as the engine kept it, secrets encrypted.
    """

    kind: str
    resource: Mapping[str, Any]

    @property
    def urn(self) -> str:
        """Its URN."""
        return str(self.resource["urn"])

    @property
    def type(self) -> str:
        """Its type token."""
        return str(self.resource.get("type", ""))

    @property
    def name(self) -> str:
        """Its name in the state."""
        parsed = urns.parse(self.urn)
        return parsed.name if parsed else self.urn

    @property
    def creates(self) -> bool:
        """Whether there may be something that the state does not know."""
        return self.kind in _CREATES

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What was asked for; secrets hidden."""
        cleaned: Mapping[str, Any] = values.clean(self.resource.get("inputs") or {}, values.BLINDED)
        return cleaned


def pending(deployment: Deployment) -> tuple[Pending, ...]:
    """What a killed run has left unfinished, as the state has it."""
    operations = (deployment.get("deployment") or {}).get("pending_operations") or ()
    return tuple(Pending(str(one["type"]), one["resource"]) for one in operations)


def identified(found: Iterable[Pending], identify: Identify, told: Told) -> dict[str, str]:
    """By URN, the id of each create: what was told by a person, else what follows from its inputs; empty for what is not there.

    Raises:
        EngineError: one cannot be told. All of them are named.
    """
    creates = [one for one in found if one.creates]
    ids = {one.urn: told[one.urn] if one.urn in told else identify(one.type, one.inputs) for one in creates}
    unknown = [one for one in creates if ids[one.urn] is None]
    if unknown:
        parsed = urns.parse(unknown[0].urn)
        environment = (parsed.stack if parsed else "").partition(".")[0]
        listed = ", ".join(f"{one.type} {one.name}" for one in unknown)
        raise EngineError(
            f"a run was killed while it made {listed}; whether it is there cannot be told from here",
            reason="UnfinishedCreate",
            hint="look for it in the cloud, then say what you found: "
            f"transom recover {environment} --adopt {unknown[0].name}=ID, or --forget {unknown[0].name} where it is not there",
        )
    return {urn: identity or "" for urn, identity in ids.items()}


def resolved(deployment: Deployment, ids: Mapping[str, str]) -> dict[str, Any]:
    """The state without notes of unfinished operations, and with what was perhaps created under the id that it would have. Pure.

    Where a replacement was under way the state still has what is replaced under the same URN: what was deleted for it goes, what waits for
    its deletion stays behind the new one.

    Args:
        deployment: as exported; left as it is.
        ids: by URN, of every create; empty for one that is not there.
    """
    after = copy.deepcopy(dict(deployment))
    state: dict[str, Any] = after["deployment"]
    resources = list(state.get("resources") or ())
    for one in pending(deployment):
        if not one.creates:
            for old in resources:
                if old["urn"] == one.urn and not old.get("delete"):
                    old["initErrors"] = [MARK]
            continue
        if not (identity := ids.get(one.urn, "")):
            continue
        made = {**copy.deepcopy(dict(one.resource)), "id": identity, "custom": True, "initErrors": [MARK]}
        made.setdefault("outputs", copy.deepcopy(made.get("inputs") or {}))
        for key in ("delete", "pendingReplacement"):
            made.pop(key, None)
        resources = [old for old in resources if old["urn"] != one.urn or not old.get("pendingReplacement")]
        place = next((index for index, old in enumerate(resources) if old["urn"] == one.urn), len(resources))
        for old in resources[place:]:
            if old["urn"] == one.urn:
                old["delete"] = True
        known = {old["urn"] for old in resources[:place]}
        if place < len(resources) and not set(made.get("dependencies") or ()) <= known:
            waiting = [old for old in resources if old["urn"] == one.urn]
            resources = [*(old for old in resources if old["urn"] != one.urn), made, *waiting]
        else:
            resources.insert(place, made)
    state["resources"] = resources
    state.pop("pending_operations", None)
    return after


def unseen(deployment: Deployment) -> tuple[Mapping[str, Any], ...]:
    """Resources that an earlier recovery put into the state, or kept there, and could not look at."""
    return tuple(one for one in (deployment.get("deployment") or {}).get("resources") or () if MARK in (one.get("initErrors") or ()))


def without(deployment: Deployment, strangers: Mapping[str, str]) -> dict[str, Any]:
    """The state without resources of these URNs and ids. Pure."""
    after = copy.deepcopy(dict(deployment))
    state = after["deployment"]
    state["resources"] = [one for one in state.get("resources") or () if strangers.get(one["urn"]) != one.get("id", "")]
    return after


def recover(engine: PulumiEngine, request: Request, told: Told) -> tuple[str, ...]:
    """Resolve what a killed run has left in a stack; what was found, one sentence each. Nothing where nothing was left.

    A run at work has such notes in its state, too: it is noticed by the engine's lock, and by the state changing.

    Raises:
        StackLocked: another run is at work.
        EngineError: a create cannot be resolved from here, or the cloud could not be read. The next recovery goes on from there.
    """
    before = engine.export(request)
    found = pending(before)
    if not found and not unseen(before):
        return ()
    # What a run at work still writes must not be written over: the state has to be at rest, and loading one asks for the lock.
    if engine.export(request) != before:
        raise StackLocked(f"the state of {request.stack} changes while it is looked at: another run is at work")
    try:
        ids = identified(found, engine.identify, told)
    except EngineError:
        engine.look(request, (urns.root(request.stack, engine.project_name()),))  # of a run at work the lock tells, and it is waited for
        raise
    if found:
        engine.load(request, resolved(before, ids))
    marked = {one["urn"]: one for one in unseen(engine.export(request))}
    if marked:
        engine.look(request, sorted(marked))
    after = engine.export(request)
    strangers = {
        urn: str(one["id"])
        for urn, one in marked.items()
        if urn not in told and _was_made(one) and not _ours(one, _live(after, urn, str(one["id"])))
    }
    if strangers:
        after = without(after, strangers)
        engine.load(request, after)
    earlier = [_seen(one, after) for urn, one in marked.items() if urn not in {each.urn for each in found}]
    return (*(_sentence(one, ids.get(one.urn, ""), after) for one in found), *earlier)


def _was_made(resource: Mapping[str, Any]) -> bool:
    """Whether a resource stands in the state because it was perhaps created: it has not come out of a provider yet."""
    return resource.get("outputs") == resource.get("inputs")


def _seen(resource: Mapping[str, Any], after: Deployment) -> str:
    parsed = urns.parse(resource["urn"])
    what = f"{resource['type']} {parsed.name if parsed else resource['urn']}"
    there = any(old["urn"] == resource["urn"] for old in (after.get("deployment") or {}).get("resources") or ())
    return f"an earlier recovery had not looked at {what}: {'the state was brought to what lives' if there else 'it is not there'}"


def _live(deployment: Deployment, urn: str, identity: str) -> Mapping[str, Any] | None:
    resources = (deployment.get("deployment") or {}).get("resources") or ()
    return next((one for one in resources if one["urn"] == urn and one.get("id") == identity and not one.get("delete")), None)


def _ours(put_in: Mapping[str, Any], live: Mapping[str, Any] | None) -> bool:
    """True also for what is not there: nothing has to be taken out of the state."""
    if live is None:
        return True
    asked = values.clean(put_in.get("inputs") or {}, values.BLINDED)
    return any(identities.ours(asked, live.get(side) or {}) for side in ("inputs", "outputs"))


def _sentence(one: Pending, identity: str, after: Deployment) -> str:
    what = f"{one.type} {one.name}"
    if one.creates:
        if identity and _live(after, one.urn, identity):
            return f"a killed run had made {what}: taken into the state as {identity}"
        return f"a killed run had not made {what}: the next run makes it"
    there = any(old["urn"] == one.urn for old in (after.get("deployment") or {}).get("resources") or ())
    return f"a killed run was {one.kind} {what}: {'the state was brought to what lives' if there else 'it is gone'}"
