"""What others set, in the report: foreign, a controller's, noise, or ignored; and who changed what was declared."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from transom import drift
from transom.changes import Change, ChangeSet, Diagnostic, DiffKind, Hold, Operation, PropertyChange, Sighting
from transom.drift import Cause, Unmanaged, ignoring, unmanaged
from transom.specs.drift import DriftSpec

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
URN = "urn:pulumi:dev::p::kubernetes:apps/v1:Deployment::dev/shop/web"
RESTARTED = 'spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]'
TODAY = date(2026, 6, 1)


def sighting(*holds: Hold) -> Sighting:
    """The Deployment, as it was read."""
    return Sighting(urn=URN, type=DEPLOYMENT, name="dev/shop/web", id="shop/web", document="Application/shop", holds=holds)


def hold(path: str, manager: str = "kubectl-edit", *, declared: bool = False, **more: Any) -> Hold:
    """Somebody's hand on a field."""
    return Hold(path=path, manager=manager, operation="Update", declared=declared, live=1, **more)


def looked(*holds: Hold, changes: tuple[Change, ...] = (), unchanged: int = 1, **more: Any) -> ChangeSet:
    """A look that read one Deployment."""
    return ChangeSet(
        purpose="drift", environment="dev", stack="dev", changes=changes, sightings=(sighting(*holds),), unchanged=unchanged, **more
    )


def scaled(path: str = "spec.replicas") -> Change:
    """The Deployment has another number of pods."""
    told = PropertyChange(path=path, kind=DiffKind.UPDATE, before=1, after=5)
    return Change(urn=URN, type=DEPLOYMENT, name="dev/shop/web", operation=Operation.UPDATE, id="shop/web", properties=(told,))


def cause(*holds: Hold, spec: DriftSpec | None = None) -> list[Cause]:
    """The causes of all properties that are told of the Deployment."""
    report = drift.report([looked(*holds)], ignoring.rules(spec or DriftSpec(), TODAY))
    return [found.cause for finding in (*report.findings, *report.noise) for found in finding.properties]


@pytest.mark.parametrize(
    "path, manager, expected",
    [
        ("spec.paused", "kubectl-edit", Cause.FOREIGN),
        ("spec.paused", "Mozilla", Cause.FOREIGN),
        ("spec.paused", "helm", Cause.FOREIGN),
        ("spec.paused", "somebody-nobody-knows", Cause.FOREIGN),
        ("metadata.annotations.x", "kube-controller-manager", Cause.EXTERNAL),
        ("spec.template.spec.volumes[0]", "istiod", Cause.EXTERNAL),
        ("metadata.annotations.x", "cert-manager-cainjector", Cause.EXTERNAL),
        ("spec.paused", "pulumi-kubernetes-ab12", Cause.EXTERNAL),
        (RESTARTED, "kubectl-rollout", Cause.NOISE),
        ("metadata.finalizers[0]", "kubectl-edit", Cause.EXTERNAL),
        ('metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]', "kubectl-client-side-apply", Cause.NOISE),
    ],
)
def test_whose_hand(path: str, manager: str, expected: Cause) -> None:
    """A person's tool is told, a known controller is left out, and an unknown name is taken for a person's."""
    assert cause(hold(path, manager)) == [expected]


def test_a_foreign_field_is_drift_though_nothing_declared_differs() -> None:
    """It counts as drifted and no more as applied, is not healed by an apply, and the text says who and when."""
    report = drift.report([looked(hold("spec.paused", time="2026-11-27T04:38:38Z"), unchanged=3)])
    assert (report.drifted, report.as_applied, report.clean) == (1, 2, False)
    [finding] = report.findings
    assert (finding.healable, finding.document, finding.real) == (False, "Application/shop", ())
    assert "spec.paused: not applied, live 1, by kubectl-edit at 2026-11-27 04:38 UTC" in drift.text(report)
    assert json.loads(drift.as_json(report))["summary"] == [
        {"environment": "dev", "document": "Application/shop", "missing": 0, "changed": 0, "foreign": 1, "unreadable": 0, "acknowledged": 0}
    ]


def test_a_controllers_hand_changes_no_count() -> None:
    """What is only a controller's is noise: the resource is as applied."""
    report = drift.report([looked(hold("metadata.annotations.x", "kubelet"), unchanged=3)])
    assert (report.drifted, report.as_applied, report.clean, len(report.noise)) == (0, 3, True, 1)


def test_who_changed_what_was_declared() -> None:
    """A declared property gets its manager, subresource and time; one that nobody else holds gets none."""
    scale = hold("spec.replicas", "kubectl", declared=True, subresource="scale", time="2026-11-27T04:38:38Z")
    [finding] = drift.report([looked(scale, changes=(scaled(),), unchanged=0)]).findings
    assert [(found.cause, found.by, found.at) for found in finding.properties] == [(Cause.REAL, "kubectl (scale)", "2026-11-27T04:38:38Z")]
    [finding] = drift.report([looked(changes=(scaled(),), unchanged=0)]).findings
    assert finding.properties[0].by == ""


def test_an_autoscaler_scales() -> None:
    """Replicas that a HorizontalPodAutoscaler set are its business, by the book; what else it would set is not."""
    by_autoscaler = hold("spec.replicas", "kube-controller-manager", declared=True, subresource="scale")
    report = drift.report([looked(by_autoscaler, changes=(scaled(),), unchanged=0)])
    assert report.clean
    assert report.noise[0].properties[0].reason == "scaled by a HorizontalPodAutoscaler"
    assert drift.report([looked(by_autoscaler, changes=(scaled("spec.paused"),), unchanged=0)]).drifted == 1


def test_what_the_look_told_is_not_told_twice() -> None:
    """A path that the engine found changed is one property, also where the book says that nobody declared it."""
    [finding] = drift.report([looked(hold("spec.replicas"), changes=(scaled(),), unchanged=0)]).findings
    assert [found.path for found in finding.properties] == ["spec.replicas"]


def test_the_unreadable_is_only_unreadable() -> None:
    """Of a resource that could not be read nothing else is told."""
    broken = Diagnostic(severity="error", message="denied", urn=URN)
    [finding] = drift.report([looked(hold("spec.paused"), diagnostics=(broken,), succeeded=False)]).findings
    assert (finding.state, finding.properties) == (drift.State.UNREADABLE, ())


# -- the environment's rules


def ignore(**more: Any) -> DriftSpec:
    """One rule."""
    return DriftSpec.model_validate({"ignore": [{"type": "kubernetes:apps/*", "reason": "ours", **more}]})


@pytest.mark.parametrize(
    "spec, expected",
    [
        (ignore(path="spec.paused"), Cause.IGNORED),
        (ignore(path="spec"), Cause.IGNORED),
        (ignore(path="spec.*"), Cause.IGNORED),
        (ignore(path="spec.pause"), Cause.FOREIGN),
        (ignore(path="spec.paused", manager="kubectl-*"), Cause.IGNORED),
        (ignore(path="spec.paused", manager="my-operator"), Cause.FOREIGN),
        (ignore(name="dev/shop/*"), Cause.IGNORED),
        (ignore(name="dev/site/*"), Cause.FOREIGN),
        (ignore(until=date(2026, 6, 1)), Cause.IGNORED),
        (ignore(until=date(2026, 5, 31)), Cause.FOREIGN),
        (ignore(unmanaged=True), Cause.FOREIGN),
    ],
)
def test_ignored(spec: DriftSpec, expected: Cause) -> None:
    """A rule leaves out what its patterns say while it holds, and nothing beside it."""
    assert cause(hold("spec.paused"), spec=spec) == [expected]


def test_a_rule_that_ended_is_told() -> None:
    """Somebody learns that a rule holds no more, with its reason and day."""
    assert ignoring.ended(ignore(until=date(2026, 6, 1)), TODAY) == ()
    [told] = ignoring.ended(ignore(until=date(2026, 5, 31)), TODAY)
    assert "drift.ignore[0]" in told
    assert "2026-05-31" in told


@pytest.mark.parametrize(
    "wrong", [{"unmanaged": True, "path": "spec"}, {"type": "aws:*", "manager": "x"}, {"reason": ""}, {"type": "two words"}]
)
def test_rules_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    """A rule that could never leave anything out is a mistake."""
    with pytest.raises(ValueError, match=r"means nothing|at least 1|should match"):
        ignore(**wrong)


# -- what nobody manages


def thing(type_token: str, name: str, maker: str = "kubectl-create", **metadata: Any) -> unmanaged.Thing:
    """An object in a managed namespace."""
    return unmanaged.Thing("dev", "shop", type_token, name, "2026-01-01T00:00:00Z", maker, metadata)


@pytest.mark.parametrize(
    "what, listed, why",
    [
        (thing("kubernetes:core/v1:Pod", "debug"), True, "somebody's pod"),
        (thing("kubernetes:core/v1:ConfigMap", "kube-root-ca.crt"), False, "in each namespace"),
        (thing("kubernetes:core/v1:ServiceAccount", "default"), False, "in each namespace"),
        (thing("kubernetes:core/v1:ServiceAccount", "robot"), True, "somebody's account"),
        (thing("kubernetes:core/v1:Pod", "web-1", ownerReferences=[{"kind": "ReplicaSet"}]), False, "has an owner"),
        (thing("kubernetes:core/v1:PersistentVolumeClaim", "data-0", "kube-controller-manager"), False, "made by a controller"),
        (
            thing("kubernetes:core/v1:Secret", "token", annotations={"kubernetes.io/service-account.name": "robot"}),
            False,
            "an account's token",
        ),
        (thing("kubernetes:core/v1:ConfigMap", "left", "pulumi-kubernetes-ab12"), True, "left behind by a stack"),
        (thing("kubernetes:apps/v1:Deployment", "web"), False, "managed"),
        (thing("kubernetes:apps/v1beta2:Deployment", "web"), False, "managed, under another version"),
        (thing("kubernetes:extensions/v1:Deployment", "web"), True, "another group's kind of that name"),
    ],
)
def test_unmanaged(what: unmanaged.Thing, listed: bool, why: str) -> None:  # noqa: FBT001 - a table
    """What a person left in a namespace is listed; what Kubernetes, controllers and stacks make is not."""
    managed = {unmanaged.managed(DEPLOYMENT, "dev/shop/web", "shop/web")}
    assert bool(list(unmanaged.unmanaged("dev", [what], managed))) is listed, why


def test_one_object_under_two_groups_is_listed_once() -> None:
    """The same kind and name is one thing, whatever version it was listed under."""
    both = [thing("kubernetes:batch/v1:CronJob", "x"), thing("kubernetes:batch/v1beta1:CronJob", "x")]
    assert len(list(unmanaged.unmanaged("dev", both, set()))) == 1


def test_unmanaged_objects_can_be_ignored() -> None:
    """A rule of its own sort leaves them out."""
    found = [Unmanaged("dev", "dev", "shop", "kubernetes:batch/v1:CronJob", "x", "kubectl-create")]
    assert ignoring.kept(DriftSpec(), found, TODAY) == tuple(found)
    rule = {"type": "kubernetes:batch/*", "name": "dev/shop/*", "unmanaged": True, "reason": "the team's playground"}
    assert ignoring.kept(DriftSpec.model_validate({"ignore": [rule]}), found, TODAY) == ()
    assert ignoring.kept(DriftSpec.model_validate({"ignore": [{**rule, "manager": "helm"}]}), found, TODAY) == tuple(found)


# -- what AWS says


class Told:
    """Somebody's call."""

    by, at, what = "ada", "2026-11-27T04:38:38Z", "ModifyDBInstance"


def database(**values: tuple[Any, Any]) -> drift.Finding:
    """A database with these properties changed."""
    changed = tuple(PropertyChange(path=path, kind=DiffKind.UPDATE, before=old, after=new) for path, (old, new) in values.items())
    change = Change(urn="urn:x", type="aws:rds/instance:Instance", name="shop", operation=Operation.UPDATE, id="db-X", properties=changed)
    return drift.report([ChangeSet(purpose="drift", environment="dev", stack="dev", changes=(change,))]).findings[0]


def test_what_waits_for_its_window_is_no_drift() -> None:
    """Applied and pending is maintenance; pending to something else, or beside it, is drift."""
    found = database(instanceClass=("db.t4g.small", "db.t4g.micro"), port=(1, 2))
    waiting = drift.witnessed(found, {"instanceClass": "db.t4g.small"}, None)
    assert [one.cause for one in waiting.properties] == [Cause.MAINTENANCE, Cause.REAL]
    other = drift.witnessed(found, {"instanceClass": "db.r6g.large"}, None)
    assert other.drifted
    assert [one.cause for one in other.properties] == [Cause.REAL, Cause.REAL]
    assert not drift.witnessed(database(allocatedStorage=(50, 20)), {"allocatedStorage": 50}, None).differs


def test_who_and_when_on_aws() -> None:
    """The last call goes to what is drift, and to what is gone as a whole."""
    found = drift.witnessed(database(port=(1, 2)), {}, Told())
    assert (found.properties[0].by, found.properties[0].at) == ("ada (ModifyDBInstance)", "2026-11-27T04:38:38Z")
    gone = Change(urn="urn:x", type="aws:s3/bucket:Bucket", name="b", operation=Operation.DELETE, id="b")
    [missing] = drift.report([ChangeSet(purpose="drift", environment="dev", stack="dev", changes=(gone,))]).findings
    assert drift.witnessed(missing, {}, Told()).by == "ada (ModifyDBInstance)"
