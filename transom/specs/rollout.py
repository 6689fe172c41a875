"""How a new version of an application's workload reaches its users: step by step, or beside the old one; as Argo Rollouts does it.

Fields and their meaning are those of a Rollout (https://argo-rollouts.readthedocs.io/en/stable/features/specification/).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Bool, Duration, Int, Name

Count = Annotated[Int, Field(ge=0)] | Annotated[str, StringConstraints(pattern=r"^(100|[1-9]?[0-9])%$")]
"""Pods: a number, or a share in percent."""

OBJECT_NAME = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
"""Names of Kubernetes objects (Kubernetes: object names, DNS subdomain names)."""

ObjectName = Annotated[str, StringConstraints(pattern=OBJECT_NAME)]


class TemplateSpec(Spec):
    """An AnalysisTemplate that says what is measured."""

    template_name: ObjectName
    """Its name."""
    cluster_scope: Bool = False
    """Whether it is a ClusterAnalysisTemplate, which is not looked for among the application's manifests."""


class ArgumentSpec(Spec):
    """A value that templates ask for."""

    name: str = Field(min_length=1)
    """Its name in the template."""
    value: str | None = None
    """The value."""
    value_from: dict[str, Any] | None = Field(default=None, examples=[{"podTemplateHashValue": "Latest"}])
    """Where it comes from instead: `podTemplateHashValue` or `fieldRef`, as Argo Rollouts has it."""

    @model_validator(mode="after")
    def _exactly_one(self) -> ArgumentSpec:
        if (self.value is None) == (self.value_from is None):
            raise ValueError(f"argument {self.name} has exactly one of value and valueFrom")
        return self


class AnalysisSpec(Spec):
    """Measurements that decide: when one fails, the rollout is aborted."""

    templates: tuple[TemplateSpec, ...] = Field(min_length=1)
    """What is measured."""
    args: tuple[ArgumentSpec, ...] = ()
    """Values that the templates ask for."""


class BackgroundSpec(AnalysisSpec):
    """Measurements for as long as the steps take."""

    starting_step: Int = Field(default=0, ge=0)
    """The step at which they begin; the first is 0."""


class PauseSpec(Spec):
    """A pause; without a duration until somebody promotes (`transom rollout promote`)."""

    duration: Duration | None = None
    """How long."""


class ScaleSpec(Spec):
    """How many pods the canary has, whatever its weight: needs `trafficRouting`."""

    replicas: Annotated[Int, Field(ge=0)] | None = None
    """A number of pods."""
    weight: Annotated[Int, Field(ge=0, le=100)] | None = None
    """A share of the pods, in percent."""
    match_traffic_weight: Bool | None = None
    """Back to as many as its weight asks for."""

    @model_validator(mode="after")
    def _exactly_one(self) -> ScaleSpec:
        if sum(value is not None for value in (self.replicas, self.weight, self.match_traffic_weight)) != 1:
            raise ValueError("setCanaryScale is exactly one of replicas, weight and matchTrafficWeight")
        return self


STEPS = ("setWeight", "pause", "analysis", "setCanaryScale")


class StepSpec(Spec):
    """One step of a canary: exactly one of these."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in STEPS]})

    set_weight: Annotated[Int, Field(ge=0, le=100)] | None = None
    """Share of the new version, in percent."""
    pause: PauseSpec | None = Field(default=None, examples=[{"duration": "10m"}, {}])
    """Wait."""
    analysis: AnalysisSpec | None = None
    """Measure, and go on only when all is well."""
    set_canary_scale: ScaleSpec | None = None
    """Set the number of the canary's pods apart from its weight."""

    @model_validator(mode="after")
    def _exactly_one(self) -> StepSpec:
        if sum(value is not None for value in (self.set_weight, self.pause, self.analysis, self.set_canary_scale)) != 1:
            raise ValueError(f"a step is exactly one of {', '.join(STEPS)}")
        return self


_OF_CANARY = ("steps", "analysis", "max_surge", "max_unavailable", "traffic_routing")
_OF_BLUE_GREEN = (
    "auto_promotion_enabled", "auto_promotion_seconds", "preview_replica_count", "pre_promotion_analysis", "post_promotion_analysis",
)  # fmt: skip


class RolloutSpec(Spec):
    """How a new version takes the old one's place: `canary` in steps, `blueGreen` at once, after it was looked at."""

    strategy: Literal["canary", "blueGreen"]
    """In steps, or beside the old version and then at once."""
    workload: ObjectName | None = None
    """Name of the Deployment; may be left out when the application has only one."""
    service: Name | None = None
    """Name of the Service in front of it; may be left out when only one Service chooses its pods."""
    steps: tuple[StepSpec, ...] = Field(default=(), examples=[[{"setWeight": 20}, {"pause": {"duration": "10m"}}, {"setWeight": 60}]])
    """Of a canary: what happens one after the other; behind the last one the new version has everything."""
    analysis: BackgroundSpec | None = None
    """Of a canary: what is measured while the steps are taken."""
    max_surge: Count | None = None
    """Of a canary: how many pods more than wanted there may be; 25% when left out."""
    max_unavailable: Count | None = None
    """Of a canary: how many pods may be missing; 25% when left out."""
    traffic_routing: dict[str, Any] | None = Field(default=None, examples=[{"nginx": {"stableIngress": "web"}}])
    """Of a canary: what divides the requests, as a Rollout's `trafficRouting`. Without it the number of pods does."""
    auto_promotion_enabled: Bool | None = None
    """Of blue-green: whether the new version takes over by itself once its pods are ready; true when left out."""
    auto_promotion_seconds: Annotated[Int, Field(ge=1)] | None = None
    """Of blue-green: after how many seconds it takes over, where it does not by itself."""
    preview_replica_count: Annotated[Int, Field(ge=0)] | None = None
    """Of blue-green: number of the new version's pods before it takes over; as many as wanted when left out."""
    pre_promotion_analysis: AnalysisSpec | None = None
    """Of blue-green: what is measured before it takes over."""
    post_promotion_analysis: AnalysisSpec | None = None
    """Of blue-green: what is measured afterwards; the old version takes over again when it fails."""
    scale_down_delay_seconds: Annotated[Int, Field(ge=0)] | None = None
    """How long the old version's pods stay after they get no more requests; 30 when left out."""
    scale_down: Literal["progressively", "onsuccess"] = "progressively"
    """When the pods go that the Deployment still has: while those of the Rollout come, or once all of them are there."""

    @model_validator(mode="after")
    def _fits_its_strategy(self) -> RolloutSpec:
        others = _OF_BLUE_GREEN if self.strategy == "canary" else _OF_CANARY
        for name in others:
            if getattr(self, name) not in (None, ()):
                field = type(self).model_fields[name].alias or name
                raise ValueError(f"{field} means nothing to strategy {self.strategy}; remove it, or change strategy")
        if self.strategy == "canary" and not self.steps:
            raise ValueError("steps is missing: without them a canary is a rolling update, which a Deployment does by itself")
        if self.traffic_routing is None and any(step.set_canary_scale for step in self.steps):
            raise ValueError("steps has setCanaryScale, which needs trafficRouting: without it the number of pods is the weight")
        if self.analysis and self.analysis.starting_step >= len(self.steps):
            raise ValueError(f"analysis begins at step {self.analysis.starting_step}, and the last one is {len(self.steps) - 1}")
        return self

    @property
    def analyses(self) -> tuple[tuple[tuple[str | int, ...], AnalysisSpec], ...]:
        """Every analysis with its place in the document."""
        found: list[tuple[tuple[str | int, ...], AnalysisSpec | None]] = [
            (("analysis",), self.analysis),
            (("prePromotionAnalysis",), self.pre_promotion_analysis),
            (("postPromotionAnalysis",), self.post_promotion_analysis),
            *((("steps", index, "analysis"), step.analysis) for index, step in enumerate(self.steps)),
        ]
        return tuple((path, one) for path, one in found if one is not None)
