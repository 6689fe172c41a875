"""How far a Rollout is, from its own status; the cases are what the real controller wrote, cut to what is read."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from typing import Any

import pytest

from transom.errors import PermanentError
from transom.rollouts import acts, progress
from transom.rollouts.acts import Act, Patch

STEPS = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {"duration": "10m"}}]


def rollout(status: dict[str, Any], *, spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """A canary of five pods with this status."""
    strategy = {"canary": {"steps": STEPS}}
    return {
        "metadata": {"name": "web", "namespace": "shop", "generation": 3, **metadata},
        "spec": {"replicas": 5, "strategy": strategy, **(spec or {})},
        "status": {"observedGeneration": "3", "stableRS": "old", "currentPodHash": "new", **status},
    }


PAUSED = {
    "phase": "Paused",
    "message": "CanaryPauseStep",
    "currentStepIndex": 1,
    "pauseConditions": [{"reason": "CanaryPauseStep"}],
    "controllerPause": True,
    "availableReplicas": 5,
    "updatedReplicas": 1,
}
HEALTHY = {"phase": "Healthy", "currentStepIndex": 4, "currentPodHash": "old", "availableReplicas": 5, "updatedReplicas": 5}
ABORTED = {
    "phase": "Degraded",
    "message": "RolloutAborted: Rollout aborted update to revision 2",
    "abort": True,
    "currentStepIndex": 0,
    "availableReplicas": 5,
}
CASES = [
    ("paused at its first weight", rollout(PAUSED), "step 1/4, weight 20, Paused: CanaryPauseStep"),
    ("between two weights", rollout({"phase": "Progressing", "message": "more replicas need to be updated", "currentStepIndex": 2, "availableReplicas": 4, "updatedReplicas": 2}), "step 2/4, weight 50, Progressing: more replicas need to be updated"),
    ("all of it", rollout(HEALTHY), "step 4/4, weight 100, Healthy"),
    ("taken back", rollout(ABORTED), "step 0/4, weight 0, aborted, Degraded: RolloutAborted: Rollout aborted update to revision 2"),
    ("not seen yet", rollout({**HEALTHY, "observedGeneration": "2"}), "step 4/4, weight 100, Progressing: waiting for rollout spec update to be observed"),
    ("the Deployment's change not seen yet", rollout({**HEALTHY, "workloadObservedGeneration": "4"}, annotations={"rollout.argoproj.io/workload-generation": "5"}), "step 4/4, weight 100, Progressing: waiting for rollout spec update to be observed for the reference workload"),
    ("a pause that was ended just now", rollout({**PAUSED, "pauseConditions": None}), "step 1/4, weight 20, Progressing: waiting for rollout to unpause"),
    ("nobody looks at it", {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"strategy": {"blueGreen": {}}}}, "Unknown: no controller has looked at it yet: is Argo Rollouts on this cluster?"),
    ("traffic that is routed", rollout({**PAUSED, "canary": {"weights": {"canary": {"weight": 25}}}}, spec={"strategy": {"canary": {"steps": STEPS, "trafficRouting": {"nginx": {}}}}}), "step 1/4, weight 25, Paused: CanaryPauseStep"),
    ("a word that is not known", rollout({"phase": "Dreaming"}), "step 0/4, weight 0, Unknown"),
]  # fmt: skip


@pytest.mark.parametrize("given, line", [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_lines(given: dict[str, Any], line: str) -> None:
    """Step, weight, and why it stands where it stands, in one line."""
    assert progress.of(given).line == line


def test_the_weight_that_is_asked_for() -> None:
    """That of the newest step that sets one; none while aborted, all behind the last."""
    asked = [progress.of(rollout({**PAUSED, "currentStepIndex": index})).set_weight for index in range(5)]
    assert asked == [20, 20, 60, 60, 100]
    assert progress.of(rollout(ABORTED)).set_weight == 0


INCONCLUSIVE = {**PAUSED, "currentStepIndex": 2, "canary": {"currentStepAnalysisRunStatus": {"status": "Inconclusive"}}}
ACTS = [
    ("a pause is ended", rollout(PAUSED), Act.PROMOTE, Patch(status={"pauseConditions": None})),
    ("what was held by hand goes on", rollout(PAUSED, spec={"paused": True}), Act.PROMOTE, Patch(status={"pauseConditions": None}, spec={"paused": False})),
    ("a measurement is passed over", rollout({"phase": "Progressing", "currentStepIndex": 2}), Act.PROMOTE, Patch(status={"pauseConditions": None, "currentStepIndex": 3})),
    ("one that decided nothing, too", rollout(INCONCLUSIVE), Act.PROMOTE, Patch(status={"pauseConditions": None, "controllerPause": False, "currentStepIndex": 3})),
    ("all steps are left out", rollout(PAUSED), Act.PROMOTE_FULL, Patch(status={"promoteFull": True})),
    ("it is taken back", rollout(PAUSED), Act.ABORT, Patch(status={"abort": True})),
    ("it is held", rollout(PAUSED), Act.PAUSE, Patch(spec={"paused": True})),
    ("it is tried again", rollout(ABORTED), Act.RETRY, Patch(status={"abort": False})),
]  # fmt: skip


@pytest.mark.parametrize("given, act, written", [one[1:] for one in ACTS], ids=[one[0] for one in ACTS])
def test_acts(given: dict[str, Any], act: Act, written: Patch) -> None:
    """Each act writes what kubectl's plugin writes, and no more."""
    assert acts.patch(given, act) == written


IDLE = [
    ("nothing to promote", rollout(HEALTHY), Act.PROMOTE, "every pod is of its newest version"),
    ("nothing to promote in full", rollout(HEALTHY), Act.PROMOTE_FULL, "every pod is of its newest version"),
    ("nothing to take back", rollout(HEALTHY), Act.ABORT, "transom rollback"),
    ("nothing to try again", rollout(PAUSED), Act.RETRY, "was not aborted"),
    ("aborted ones are not promoted", rollout(ABORTED), Act.PROMOTE, "transom rollout retry"),
]  # fmt: skip


@pytest.mark.parametrize("given, act, said", [one[1:] for one in IDLE], ids=[one[0] for one in IDLE])
def test_what_would_do_nothing_is_refused(given: dict[str, Any], act: Act, said: str) -> None:
    """An act that has no effect is told, with where the Rollout stands, instead of being taken for done."""
    with pytest.raises(PermanentError) as caught:
        acts.patch(given, act)
    assert caught.value.reason == "NothingToDo"
    assert said in str(caught.value)
    assert "now: step" in caught.value.hint
