"""An application's `rollout` becomes objects: a Rollout that takes a Deployment over by reference, and the Service of the new version.

The Deployment stays, as the template of the pods; Argo Rollouts brings its own pods down while those of the Rollout come up, so that a
workload moves over without a gap (https://argo-rollouts.readthedocs.io/en/stable/migrating/#reference-deployment-from-rollout).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transom.apischema.check import check, library
from transom.catalog import pods
from transom.catalog.made import made
from transom.catalog.model import Entry, Manifest
from transom.catalog.validate import near
from transom.errors import Problem
from transom.rendering import yamltext
from transom.specs.application import Application
from transom.specs.rollout import RolloutSpec, StepSpec
from transom.specs.scalars import Duration

GROUP, VERSION = "argoproj.io", "argoproj.io/v1alpha1"
ROLLED = "transom.dev/rollout"
"""Annotation of a Deployment that a Rollout has taken over. It makes an update of taking over and of giving back: only an update writes
the number of pods again, which somebody else has set meanwhile."""

_LONGEST_SERVICE = 63
_SUFFIXES = {"canary": "canary", "blueGreen": "preview"}


def rolled(entry: Entry[Application], manifests: Sequence[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Problem, ...]]:
    """The manifests with the objects of the application's rollout, and a problem for each thing in it that meets nothing."""
    spec = entry.document.spec.rollout
    if spec is None:
        return tuple(manifests), ()
    workload, problems = _workload(entry, spec, manifests)
    if workload is None:
        return tuple(manifests), problems
    service, wrong = _service(entry, spec, workload, manifests)
    if wrong:
        return tuple(manifests), wrong
    beside = _second(entry, spec, service) if service else None
    rollout = made(entry, ("rollout",), _rollout(spec, workload, service, beside), workload.namespace)
    added = [*([beside] if beside else []), rollout]
    told = [*_templates(entry, spec, manifests), *_taken(entry, added, manifests), *_unfit(entry, rollout)]
    if told:
        return tuple(manifests), tuple(told)
    return (*(_retargeted(one, workload) for one in manifests), *added), ()


def taken_over(manifests: Sequence[Manifest]) -> Mapping[tuple[str, str], str]:
    """Deployments whose number of pods is the Rollouts controller's, by namespace and name: those that a Rollout takes over."""
    found = {}
    for one in manifests:
        reference = pods.at(one.data, "spec", "workloadRef")
        if (one.group, one.kind) != (GROUP, "Rollout") or not isinstance(reference, dict):
            continue
        if reference.get("kind") == "Deployment" and reference.get("scaleDown", "never") != "never":
            found[one.namespace, str(reference.get("name"))] = one.name
    return found


def resting(data: Mapping[str, Any], rollout: str) -> dict[str, Any]:
    """A Deployment as it is made when a Rollout runs its pods: without pods of its own, and with the Rollout's name on it."""
    metadata = data["metadata"]
    annotations = {**(metadata.get("annotations") or {}), ROLLED: rollout}
    return {**data, "metadata": {**metadata, "annotations": annotations}, "spec": {**(data.get("spec") or {}), "replicas": 0}}


def scaled_by_others(manifest: Manifest, manifests: Sequence[Manifest]) -> bool:
    """Whether the number of pods of a workload is somebody else's: of a Deployment the Rollout's, of a Rollout an autoscaler's."""
    if (manifest.group, manifest.kind) == ("apps", "Deployment"):
        return (manifest.namespace, manifest.name) in taken_over(manifests)
    return (manifest.group, manifest.kind) == (GROUP, "Rollout") and (manifest.namespace, "Rollout", manifest.name) in pods.scaled(
        tuple(manifests)
    )


def _workload(entry: Entry[Application], spec: RolloutSpec, manifests: Sequence[Manifest]) -> tuple[Manifest | None, tuple[Problem, ...]]:
    found = {one.name: one for one in manifests if (one.group, one.kind) == ("apps", "Deployment")}
    if spec.workload is None and len(found) == 1:
        return next(iter(found.values())), ()
    if spec.workload in found:
        return found[spec.workload], ()
    if spec.workload is None:
        message = f"rollout: Application {entry.name} has {len(found) or 'no'} Deployment{'s' if found else ''}"
        hint = f"name one: workload: {' or '.join(sorted(found))}" if found else "a rollout takes a Deployment of its manifests over"
        return None, (Problem(entry.at("spec", "rollout"), "NothingMatched", message, hint),)
    message = f"rollout.workload: Application {entry.name} has no Deployment {spec.workload}"
    return None, (Problem(entry.at("spec", "rollout", "workload"), "NothingMatched", message, near(spec.workload, found) or "it has none"),)


def _service(
    entry: Entry[Application], spec: RolloutSpec, workload: Manifest, manifests: Sequence[Manifest]
) -> tuple[Manifest | None, tuple[Problem, ...]]:
    labels = pods.at(workload.data, "spec", "template", "metadata", "labels")
    services = {one.name: one for one in manifests if (one.group, one.kind, one.namespace) == ("", "Service", workload.namespace)}
    chosen = {name: one for name, one in services.items() if _selects(pods.at(one.data, "spec", "selector"), labels)}
    if spec.service is not None:
        if spec.service in chosen:
            return chosen[spec.service], ()
        wrong = f"does not choose the pods of Deployment {workload.name}" if spec.service in services else "is not there"
        message = f"rollout.service: Service {spec.service} of Application {entry.name} {wrong}"
        hint = near(spec.service, chosen) or "a Service whose selector the labels of the pods have"
        return None, (Problem(entry.at("spec", "rollout", "service"), "NothingMatched", message, hint),)
    if len(chosen) == 1:
        return next(iter(chosen.values())), ()
    if not chosen and spec.strategy == "canary" and spec.traffic_routing is None:
        return None, ()
    message = f"rollout: {len(chosen)} Services choose the pods of Deployment {workload.name}"
    hint = f"name one: service: {' or '.join(sorted(chosen))}" if chosen else "give it a Service, between whose versions can be switched"
    return None, (Problem(entry.at("spec", "rollout"), "NothingMatched", message, hint),)


def _selects(selector: Any, labels: Any) -> bool:
    return isinstance(selector, dict) and bool(selector) and isinstance(labels, dict) and selector.items() <= labels.items()


def _templates(entry: Entry[Application], spec: RolloutSpec, manifests: Sequence[Manifest]) -> Iterator[Problem]:
    there = [one.name for one in manifests if (one.group, one.kind) == (GROUP, "AnalysisTemplate")]
    for path, analysis in spec.analyses:
        for index, template in enumerate(analysis.templates):
            if template.cluster_scope or template.template_name in there:
                continue
            place = ("rollout", *path, "templates", index, "templateName")
            message = f"{yamltext.dotted(place)}: Application {entry.name} has no AnalysisTemplate {template.template_name}"
            hint = (
                near(template.template_name, there) or "put it beside its manifests; of a ClusterAnalysisTemplate write clusterScope: true"
            )
            yield Problem(entry.at("spec", *place), "NothingMatched", message, hint)


def _second(entry: Entry[Application], spec: RolloutSpec, service: Manifest) -> Manifest:
    """The Service of the new version: the ports and selector of the other one, inside the cluster only.

    It is not waited for: while there is no new version nothing need answer behind it.
    """
    written: Mapping[str, Any] = service.data["spec"]
    ports = [{key: value for key, value in port.items() if key != "nodePort"} for port in written.get("ports") or ()]
    metadata: dict[str, Any] = {"name": f"{service.name}-{_SUFFIXES[spec.strategy]}", "annotations": {"pulumi.com/skipAwait": "true"}}
    if labels := service.data["metadata"].get("labels"):
        metadata["labels"] = labels
    kept = {key: written[key] for key in ("ipFamilies", "ipFamilyPolicy", "sessionAffinity") if key in written}
    headless = {"clusterIP": "None"} if written.get("clusterIP") == "None" else {}
    data = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {**headless, **kept, "selector": written["selector"], "ports": ports},
    }
    return made(entry, ("rollout",), data, service.namespace)


def _rollout(spec: RolloutSpec, workload: Manifest, service: Manifest | None, beside: Manifest | None) -> dict[str, Any]:
    written: Mapping[str, Any] = workload.data.get("spec") or {}
    taken = {key: written[key] for key in ("minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit") if key in written}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name, "scaleDown": spec.scale_down}
    strategy = _canary(spec, service, beside) if spec.strategy == "canary" else _blue_green(spec, service, beside)
    metadata: dict[str, Any] = {"name": workload.name}
    if labels := workload.data["metadata"].get("labels"):
        metadata["labels"] = labels
    return {
        "apiVersion": VERSION,
        "kind": "Rollout",
        "metadata": metadata,
        "spec": {"replicas": written.get("replicas", 1), **taken, "workloadRef": reference, "strategy": {spec.strategy: strategy}},
    }


def _canary(spec: RolloutSpec, service: Manifest | None, beside: Manifest | None) -> dict[str, Any]:
    services = {"stableService": service.name, "canaryService": beside.name} if service and beside else {}
    out = _written(spec, "maxSurge", "maxUnavailable", "trafficRouting", "analysis")
    if spec.traffic_routing is not None:  # without it Argo Rollouts has nothing to delay
        out |= _written(spec, "scaleDownDelaySeconds")
    return {**services, "steps": [_step(step) for step in spec.steps], **out}


def _blue_green(spec: RolloutSpec, service: Manifest | None, beside: Manifest | None) -> dict[str, Any]:
    services = {"activeService": service.name, "previewService": beside.name} if service and beside else {}
    fields = ("autoPromotionEnabled", "autoPromotionSeconds", "previewReplicaCount", "prePromotionAnalysis", "postPromotionAnalysis")
    return {**services, **_written(spec, *fields, "scaleDownDelaySeconds")}


def _step(step: StepSpec) -> dict[str, Any]:
    if step.pause is not None:
        return {"pause": {"duration": as_go(step.pause.duration)} if step.pause.duration else {}}
    written: dict[str, Any] = step.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return written


def _written(spec: RolloutSpec, *fields: str) -> dict[str, Any]:
    """These fields as the document has them."""
    dumped = spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return {field: dumped[field] for field in fields if field in dumped}


def as_go(duration: Duration) -> str:
    """A duration as Go reads it, which knows no days and weeks."""
    return f"{duration.seconds}s" if re.search("[dw]", duration) else str(duration)


def _retargeted(manifest: Manifest, workload: Manifest) -> Manifest:
    """An autoscaler of the Deployment scales the Rollout instead."""
    target = pods.at(manifest.data, "spec", "scaleTargetRef")
    if (manifest.group, manifest.kind, manifest.namespace) != ("autoscaling", "HorizontalPodAutoscaler", workload.namespace):
        return manifest
    if not isinstance(target, dict) or (target.get("kind"), target.get("name")) != ("Deployment", workload.name):
        return manifest
    spec = {**manifest.data["spec"], "scaleTargetRef": {"apiVersion": VERSION, "kind": "Rollout", "name": workload.name}}
    return Manifest({**manifest.data, "spec": spec}, manifest.namespace, manifest.trace)


def _taken(entry: Entry[Application], added: Sequence[Manifest], manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Names that the manifests have already, or that are too long."""
    there = {one.key: one for one in manifests}
    for one in added:
        if other := there.get(one.key):
            message = f"rollout makes {one.kind} {one.name}, which is declared at {other.at('metadata', 'name')}"
            yield Problem(entry.at("spec", "rollout"), "DuplicateObject", message, "remove or rename one of the two")
        if one.kind == "Service" and len(one.name) > _LONGEST_SERVICE:
            message = f"rollout makes Service {one.name}, whose name has {len(one.name)} characters; Kubernetes takes {_LONGEST_SERVICE}"
            yield Problem(entry.at("spec", "rollout"), "NameTooLong", message, "give the Service a shorter name")


def _unfit(entry: Entry[Application], rollout: Manifest) -> Iterator[Problem]:
    """What the definition of a Rollout does not know, which only what is passed through can be: how traffic is routed, arguments."""
    for finding in check(rollout.data, library()):
        told = finding.path[finding.path.index("trafficRouting") :] if "trafficRouting" in finding.path else ()
        if not finding.doubtful:
            yield Problem(entry.at("spec", "rollout", *told), finding.reason, f"rollout: {finding.message}", finding.hint)
