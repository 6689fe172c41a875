"""Fields are taken away from an object that a controller writes at the same time; the real API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from transom.errors import ClusterRefused, PermanentError
from transom.live.cluster import MERGE_PATCH, ClusterApi
from transom.live.objects import Kind
from transom.live.removal import Field, take_away

pytestmark = pytest.mark.sandbox

_MAPS = Kind("v1", "ConfigMap", "configmaps", namespaced=True)


class Busy(ClusterApi):
    """Somebody else writes the object between each look and the patch, as often as told."""

    def __init__(self, kubeconfig: Path, writes: int, key: str = "status") -> None:
        super().__init__("dev", kubeconfig=kubeconfig.read_text(encoding="utf-8"))
        self.writes, self.key = writes, key

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = "application/json") -> Any:
        """What is there, which is written right after."""
        found = super().get(path, query, accept)
        if self.writes:
            self.writes -= 1
            self.patch(path, {"data": {self.key: str(self.writes)}}, form=MERGE_PATCH)
        return found


@pytest.fixture(name="name")
def _name(cluster: Path, request: pytest.FixtureRequest) -> str:
    """A ConfigMap with a field too many."""
    name = str(request.node.name).replace("_", "-")
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"kept": "yes", "extra": "x"}}
    api = ClusterApi("dev", kubeconfig=cluster.read_text(encoding="utf-8"))
    query = {"fieldManager": "tests", "force": "true"}
    api.patch(_MAPS.item("default", name), made, query, form="application/apply-patch+yaml")
    return name


def extra() -> list[Field]:
    """The field, as it was seen."""
    return [Field(("data", "extra"), "data.extra", lambda live: bool(live == "x"))]


def test_looks_again_where_it_was_written(cluster: Path, name: str) -> None:
    """A controller's write between look and patch is no failure, and is kept."""
    api = Busy(cluster, writes=3)
    assert take_away(api, _MAPS, ("default", name), extra()) == ("data.extra",)
    assert api.get(_MAPS.item("default", name))["data"] == {"kept": "yes", "status": "0"}


def test_never_takes_what_changed_meanwhile(cluster: Path, name: str) -> None:
    """The field itself got another value between look and patch: it stays."""
    api = Busy(cluster, writes=1, key="extra")
    with pytest.raises(PermanentError, match=r"data\.extra is not what it was"):
        take_away(api, _MAPS, ("default", name), extra())
    assert api.get(_MAPS.item("default", name))["data"]["extra"] == "0"


def test_gives_up_at_some_point(cluster: Path, name: str) -> None:
    """An object that is written all the time is told as refused."""
    api = Busy(cluster, writes=1000)
    with pytest.raises(ClusterRefused):
        take_away(api, _MAPS, ("default", name), extra())
    api.writes = 0
    assert json.dumps(api.get(_MAPS.item("default", name))["data"]).count("extra") == 1
