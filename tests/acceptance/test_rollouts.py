"""A Deployment that becomes a canary, is stepped, promoted, aborted and given back, with the real Argo Rollouts controller."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

BASE = "examples/platform/applications/site/base"
BOUND = "  bindings:\n    - bucket: pictures\n      prefix: PICTURES\n"
NOTHING = "  dependsOn: []\n"
ROLLOUT = "  rollout:\n    strategy: canary\n    steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {}}]\n"
_LONGEST = 240.0
"""Seconds for anything to happen, on a slow and busy machine."""


def test_a_canary_goes_through_its_life(workplace: Make) -> None:
    """Taken over without a gap, stepped, promoted, aborted, undone, and given back; plans and drift are clean in between."""
    place = workplace("dev", having=["rollouts"])
    _only_the_site(place)
    place.run("transom", "apply", "dev")
    with _never_without_an_answer(place):
        place.edit(f"{BASE}/application.yaml", NOTHING, ROLLOUT)
        assert _changes(place) == {"Rollout", "Service", "Deployment"}
        place.run("transom", "apply", "dev")
        _reaches(place, phase="Healthy", weight=100)
        _until(lambda: _images(place) == {"2.0.1": 5}, "the Deployment's own pods are gone")
    _nothing_differs(place)

    _release(place, "2.0.1", "2.1.0")
    _reaches(place, phase="Paused", step=1, weight=20)
    assert _images(place) == {"2.0.1": 4, "2.1.0": 1}
    _nothing_differs(place)
    place.run("transom", "rollout", "promote", "dev", "site")
    _reaches(place, phase="Paused", step=3, weight=60)
    assert _images(place) == {"2.0.1": 2, "2.1.0": 3}
    place.run("transom", "rollout", "promote", "dev", "site")
    _reaches(place, phase="Healthy", weight=100, step=4)
    assert _images(place) == {"2.1.0": 5}
    refused = place.run("transom", "rollout", "promote", "dev", "site", code=1)
    assert "every pod is of its newest version" in refused.stderr

    _release(place, "2.1.0", "3.0.0")
    _reaches(place, phase="Paused", step=1, weight=20)
    place.run("transom", "abort", "dev", "site")
    _reaches(place, phase="Degraded", aborted=True, weight=0, code=1)
    _until(lambda: _images(place) == {"2.1.0": 5}, "only the stable version is left")
    place.run("transom", "rollout", "retry", "dev", "site")
    _reaches(place, phase="Paused", aborted=False, step=1)
    place.run("transom", "rollout", "promote", "dev", "site", "--full")
    _reaches(place, phase="Healthy", weight=100)
    assert _images(place) == {"3.0.0": 5}

    place.edit(f"{BASE}/application.yaml", ROLLOUT, NOTHING)
    place.run("transom", "apply", "dev")
    _until(lambda: _images(place) == {"3.0.0": 5}, "the Rollout's pods are gone")
    assert place.kubectl("dev", "get", "rollouts", "-A", "-o", "name") == ""
    service = json.loads(place.kubectl("dev", "get", "service", "-n", "site", "site", "-o", "json"))
    assert service["spec"]["selector"] == {"app": "site"}
    _nothing_differs(place)


def _only_the_site(place: Any) -> None:
    """The example without what takes time and is no part of this: one application with five pods."""
    platform = place.root / "examples/platform"
    for name in ("shop", "ledger"):
        shutil.rmtree(platform / "applications" / name)
    (platform / "applications/site/base/bucket.yaml").unlink()
    place.edit(f"{BASE}/kustomization.yaml", "  - bucket.yaml\n", "")
    place.edit(f"{BASE}/site.yaml", "  replicas: 1\n", "  replicas: 5\n")
    place.edit(f"{BASE}/application.yaml", BOUND, NOTHING)


def _release(place: Any, before: str, after: str) -> None:
    place.edit(f"{BASE}/site.yaml", f"site:{before}", f"site:{after}")
    place.run("transom", "apply", "dev")


def _reaches(place: Any, *, code: int = 0, **wanted: Any) -> None:
    """Waits until the Rollout is as wanted, by `transom rollout status`."""
    found: list[Any] = []

    def reached() -> bool:
        done = place.run("transom", "rollout", "status", "dev", "site", "-o", "json", code=None)
        assert done.stdout, done.stderr
        [one] = json.loads(done.stdout)
        found[:] = [one]
        return all(one[name] == value for name, value in wanted.items()) and done.returncode == code

    _until(reached, f"{wanted}", found)


def _until(holds: Callable[[], bool], what: str, seen: list[Any] | None = None) -> None:
    deadline = time.monotonic() + _LONGEST
    while not holds():
        assert time.monotonic() < deadline, f"{what} never came; last seen {seen}"
        time.sleep(0.5)


def _images(place: Any) -> dict[str, int]:
    """How many pods of each version there are."""
    pods = json.loads(place.kubectl("dev", "get", "pods", "-n", "site", "-o", "json"))["items"]
    out: dict[str, int] = {}
    for pod in pods:
        version = pod["spec"]["containers"][0]["image"].rpartition(":")[2]
        out[version] = out.get(version, 0) + 1
    return out


def _changes(place: Any) -> set[str]:
    """Kinds of what a plan would change."""
    return {change["type"].rpartition(":")[2] for one in place.json("transom", "plan", "dev")["changeSets"] for change in one["changes"]}


def _nothing_differs(place: Any) -> None:
    """Neither Git nor the cluster differ from what was applied: what the controller writes is nobody's mistake."""
    place.run("transom", "plan", "dev", "--detailed-exitcode")
    place.run("transom", "drift", "dev", "--detailed-exitcode")


@contextmanager
def _never_without_an_answer(place: Any) -> Iterator[None]:
    """Looks all the while how many pods are ready behind the Service; fails when there once were none."""
    ended = threading.Event()
    counts: list[int] = []

    def look() -> None:
        while not ended.is_set():
            slices = json.loads(
                place.kubectl("dev", "get", "endpointslices", "-n", "site", "-l", "kubernetes.io/service-name=site", "-o", "json")
            )
            ready = [point for one in slices["items"] for point in one.get("endpoints") or () if point["conditions"].get("ready")]
            counts.append(len(ready))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
    assert counts, "nobody looked"
    assert min(counts) > 0, f"there was a gap: {counts}"
