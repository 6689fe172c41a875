"""How far a Rollout is: its phase, step and weight, from its own status.

The rules are Argo Rollouts' own (utils/rollout, GetRolloutPhase; pkg/kubectl-argo-rollouts/info).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_GENERATION = "rollout.argoproj.io/workload-generation"


class Phase(StrEnum):
    """Where it stands; the words of Argo Rollouts."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """A Rollout as it is now.

    Attributes:
        namespace: where it is.
        name: what it is called.
        strategy: `Canary` or `BlueGreen`.
        phase: where it stands.
        message: why, where it is not Healthy.
        step: how many steps of a canary are done; None of blue-green, and without steps.
        steps: how many steps there are.
        set_weight: share that the new version is to have, in percent; None of blue-green.
        weight: share that it has.
        aborted: whether somebody or an analysis has taken it back.
        promoted: whether every pod is of the version that is wanted.
        desired: number of pods that are wanted.
        updated: of these how many are of the new version.
        available: of these how many are ready.
    """

    namespace: str
    name: str
    strategy: str
    phase: Phase
    message: str
    step: int | None
    steps: int
    set_weight: int | None
    weight: int | None
    aborted: bool
    promoted: bool
    desired: int
    updated: int
    available: int

    @property
    def is_settled(self) -> bool:
        """Whether nothing more happens by itself, but at the end of a pause that has one."""
        return self.phase in (Phase.HEALTHY, Phase.PAUSED, Phase.DEGRADED)

    @property
    def line(self) -> str:
        """In one line: `step 1/4, weight 20, Paused: CanaryPauseStep`."""
        parts = [f"step {self.step}/{self.steps}"] if self.step is not None else []
        parts += [f"weight {self.weight}"] if self.weight is not None else []
        phase = self.phase + (f": {self.message}" if self.message else "")
        return ", ".join([*parts, *(["aborted"] if self.aborted else []), phase])


def of(rollout: Mapping[str, Any]) -> Progress:
    """The progress of a Rollout as its API server gives it."""
    spec, status, metadata = rollout.get("spec") or {}, rollout.get("status") or {}, rollout["metadata"]
    canary = (spec.get("strategy") or {}).get("canary")
    steps = (canary or {}).get("steps") or []
    phase, message = _phase(rollout)
    promoted = bool(status.get("stableRS")) and status.get("stableRS") == status.get("currentPodHash")
    index = int(status.get("currentStepIndex") or 0)
    set_weight = _set_weight(steps, index, status, promoted=promoted) if canary is not None else None
    return Progress(
        namespace=str(metadata.get("namespace", "")),
        name=str(metadata["name"]),
        strategy="Canary" if canary is not None else "BlueGreen",
        phase=phase,
        message=message,
        step=index if steps else None,
        steps=len(steps),
        set_weight=set_weight,
        weight=_weight(canary, status, set_weight, promoted=promoted) if set_weight is not None else None,
        aborted=bool(status.get("abort")),
        promoted=promoted,
        desired=int(spec.get("replicas", 1)),
        updated=int(status.get("updatedReplicas") or 0),
        available=int(status.get("availableReplicas") or 0),
    )


def _phase(rollout: Mapping[str, Any]) -> tuple[Phase, str]:
    status, metadata = rollout.get("status") or {}, rollout["metadata"]
    observed = str(status.get("observedGeneration", ""))
    if not observed:
        return Phase.UNKNOWN, "no controller has looked at it yet: is Argo Rollouts on this cluster?"
    if observed.isdecimal() and int(observed) < int(metadata.get("generation", 0)):
        return Phase.PROGRESSING, "waiting for rollout spec update to be observed"
    if status.get("controllerPause") and not status.get("pauseConditions"):
        return Phase.PROGRESSING, "waiting for rollout to unpause"
    wanted = str((metadata.get("annotations") or {}).get(_GENERATION, ""))
    seen = str(status.get("workloadObservedGeneration", ""))
    if wanted.isdecimal() and seen.isdecimal() and int(wanted) != int(seen):
        return Phase.PROGRESSING, "waiting for rollout spec update to be observed for the reference workload"
    word = status.get("phase")
    return (Phase(word) if word in list(Phase) else Phase.UNKNOWN), str(status.get("message") or "")


def _set_weight(steps: list[Mapping[str, Any]], index: int, status: Mapping[str, Any], *, promoted: bool) -> int:
    """The weight of the newest step that sets one; none while aborted, all behind the last step."""
    if status.get("abort"):
        return 0
    if promoted or not steps or index >= len(steps):
        return 100
    return next((int(step["setWeight"]) for step in reversed(steps[: index + 1]) if step.get("setWeight") is not None), 0)


def _weight(canary: Mapping[str, Any] | None, status: Mapping[str, Any], set_weight: int, *, promoted: bool) -> int:
    """What the new version has: of the requests where traffic is routed, else of the pods."""
    if promoted:
        return 100
    if (canary or {}).get("trafficRouting"):
        told = ((status.get("canary") or {}).get("weights") or {}).get("canary") or {}
        return int(told.get("weight", set_weight))
    available = int(status.get("availableReplicas") or 0)
    ready = min(int(status.get("updatedReplicas") or 0), available)
    return ready * 100 // available if available else 0
