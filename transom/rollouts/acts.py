"""What is written to a Rollout for each act, as merge patches of its spec and of its status.

They are those of `kubectl argo rollouts` (pkg/kubectl-argo-rollouts/cmd: promote, abort, pause, retry).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from transom.errors import PermanentError
from transom.rollouts import progress


class Act(StrEnum):
    """What can be done to a Rollout."""

    PROMOTE = "promote"
    PROMOTE_FULL = "promote --full"
    ABORT = "abort"
    PAUSE = "pause"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Patch:
    """Merge patches (RFC 7396); an empty one is not sent. The status goes first."""

    status: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)


def patch(rollout: Mapping[str, Any], act: Act) -> Patch:
    """What an act writes to a Rollout as it is now.

    Raises:
        PermanentError: there is nothing that the act could do.
    """
    found = progress.of(rollout)
    match act:
        case Act.ABORT if found.promoted:
            raise _idle(found, "every pod is of its newest version: to go back, change the documents or use transom rollback")
        case Act.ABORT:
            return Patch(status={"abort": True})
        case Act.RETRY if not found.aborted:
            raise _idle(found, "it was not aborted")
        case Act.RETRY:
            return Patch(status={"abort": False})
        case Act.PAUSE:
            return Patch(spec={"paused": True})
        case Act.PROMOTE_FULL if not found.promoted:
            return Patch(status={"promoteFull": True}, spec=_unpaused(rollout))
        case Act.PROMOTE if found.aborted:
            raise _idle(found, "it was aborted: transom rollout retry begins anew")
        case Act.PROMOTE | Act.PROMOTE_FULL:
            return _promoted(rollout, found)


def _promoted(rollout: Mapping[str, Any], found: progress.Progress) -> Patch:
    """Ends the pause; while something is measured, goes on to the next step without its result."""
    status, spec = rollout.get("status") or {}, _unpaused(rollout)
    canary = ((rollout.get("spec") or {}).get("strategy") or {}).get("canary")
    following = min(int(status.get("currentStepIndex") or 0) + 1, found.steps)
    run = ((status.get("canary") or {}).get("currentStepAnalysisRunStatus") or {}).get("status")
    if status.get("pauseConditions"):
        if run == "Inconclusive" and status.get("controllerPause"):
            return Patch(status={"pauseConditions": None, "controllerPause": False, "currentStepIndex": following}, spec=spec)
        return Patch(status={"pauseConditions": None}, spec=spec)
    if found.promoted and not spec:
        raise _idle(found, "every pod is of its newest version")
    if spec or not canary or not found.steps:
        if not spec:
            raise _idle(found, "it is not paused")
        return Patch(spec=spec)
    return Patch(status={"pauseConditions": None, "currentStepIndex": following})


def _unpaused(rollout: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"paused": False} if (rollout.get("spec") or {}).get("paused") else {}


def _idle(found: progress.Progress, why: str) -> PermanentError:
    return PermanentError(f"{why}", subject=f"Rollout {found.namespace}/{found.name}", reason="NothingToDo", hint=f"now: {found.line}")
