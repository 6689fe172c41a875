"""What an application says of its workloads beside their manifests: how they scale, are disrupted, and how long they may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Duration, Int

Percentage = Annotated[str, StringConstraints(pattern=r"^(100|[1-9]?[0-9])%$")]
Pods = Annotated[Int, Field(ge=0)] | Percentage
"""A number of pods, or a part of them."""


class DisruptionSpec(Spec):
    """How many pods of a workload may be away while nodes are drained (kubernetes.io: disruptions, PodDisruptionBudget)."""

    min_available: Pods | None = Field(default=None, examples=[1, "50%"])
    """So many stay up, e.g. `1` or `50%`."""
    max_unavailable: Pods | None = Field(default=None, examples=[1, "25%"])
    """So many may be away, e.g. `1` or `25%`."""

    @model_validator(mode="after")
    def _says_one(self) -> DisruptionSpec:
        if (self.min_available is None) == (self.max_unavailable is None):
            raise ValueError("write one of minAvailable and maxUnavailable")
        if self.min_available == "100%" or self.max_unavailable in (0, "0%"):
            raise ValueError("no pod could ever be moved, and a node with one of them never be drained; let one be away")
        return self


class AutoscalingSpec(Spec):
    """Between which numbers a workload scales, and by what (kubernetes.io: horizontal pod autoscaling)."""

    min: Annotated[Int, Field(ge=1)] = 1
    """Fewest pods."""
    max: Annotated[Int, Field(ge=1)]
    """Most pods."""
    cpu: Annotated[Int, Field(ge=1)] | None = Field(default=None, examples=[75])
    """Percent of the CPU that its pods request, on average; 80 when neither is said."""
    memory: Annotated[Int, Field(ge=1)] | None = Field(default=None, examples=[80])
    """Percent of the memory that its pods request, on average."""

    @model_validator(mode="after")
    def _max_is_not_less(self) -> AutoscalingSpec:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        return self

    @property
    def targets(self) -> dict[str, int]:
        """Percent by resource."""
        said = {"cpu": self.cpu, "memory": self.memory}
        return {name: percent for name, percent in said.items() if percent is not None} or {"cpu": 80}


class HealthSpec(Spec):
    """When the application counts as up."""

    timeout: Duration | None = None
    """How long each of its objects may take to become ready; as long as its kind usually gets (10 minutes) when left out."""

    @model_validator(mode="after")
    def _waits_at_all(self) -> HealthSpec:
        if self.timeout is not None and self.timeout.seconds < 1:
            raise ValueError("timeout is no time at all")
        return self
