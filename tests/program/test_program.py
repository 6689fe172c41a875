"""The whole program, from documents to registrations, for every stack of every example environment."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks import environment, layout
from tests import golden, repository
from tests.recording import PASSWORD, Recorder, run
from tests.repository import APPLICATION, BASIC, CHECKOUT, ENVIRONMENT, TENANT
from transom.catalog import estimates, load, shards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.catalog.shards import Shard
from transom.engine import urns
from transom.errors import GuardRefused
from transom.source.directory import DirectorySource

TODAY = date(2026, 11, 23)
ENVIRONMENTS = ("dev", "staging", "production")
NETWORK = {"vpcId": "vpc-0", "subnetIds": ["subnet-0", "subnet-1"], "cidr": "172.31.0.0/16"}


def opened(name: str, platform: Path = repository.PLATFORM) -> Catalog:
    """The catalog of an example environment, with its documents in `platform`."""
    declared = load.environment(CHECKOUT / "environments", name)
    return load.load(declared, [DirectorySource("platform", platform).snapshot()], repository.renderer())


@functools.cache
def example(name: str) -> Catalog:
    """The catalog of an example environment."""
    return opened(name)


def cut_by(catalog: Catalog, how: str) -> Catalog:
    """The same catalog in another cut."""
    import dataclasses

    document = catalog.environment.document
    spec = document.spec.model_copy(update={"shards": how})
    entry = dataclasses.replace(catalog.environment, document=document.model_copy(update={"spec": spec}))
    return dataclasses.replace(catalog, environment=entry)


def deployed(catalog: Catalog, shard: Shard, *, today: date = TODAY, recorder: Recorder | None = None, preview: bool = False) -> Recorder:
    """The program of one stack, run; its foundation is up already."""
    recorder = recorder or Recorder(outputs={catalog.name: {"layout": "foundation", "network": NETWORK}} if shard.tenant else {})
    return run(lambda: environment.build(catalog, shard, today=today), recorder, stack=shard.stack, preview=preview)


STACKS = [shard.stack for name in ENVIRONMENTS for shard in shards.cut(example(name))]


def shard_of(stack: str) -> tuple[Catalog, Shard]:
    """A stack's catalog and shard."""
    catalog = example(shards.split(stack)[0])
    return catalog, next(shard for shard in shards.cut(catalog) if shard.stack == stack)


@functools.cache
def registered(stack: str) -> Recorder:
    """A stack of an example environment, run once for all tests that only look."""
    return deployed(*shard_of(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_urns(stack: str) -> None:
    """Names in state are an interface: a changed URN deletes and creates again. Each stack's list is kept, and reviewed when it changes."""
    golden.check(f"urns/{stack}.txt", "".join(f"{urn}\n" for urn in registered(stack).urns))


@pytest.mark.parametrize("stack", STACKS)
def test_every_urn_is_one_resource(stack: str) -> None:
    """No two resources of a stack have one name."""
    found = registered(stack).urns
    assert len(found) == len(set(found))


def test_names_do_not_change_when_files_move(tmp_path: Path) -> None:
    """A document may move to another file or folder: its resources stay where they are."""
    moved = tmp_path / "platform"
    shutil.copytree(repository.PLATFORM, moved)
    (moved / "applications" / "shop").rename(moved / "applications" / "another-folder")
    (moved / "tenants" / "below").mkdir()
    (moved / "tenants" / "team-a.yaml").rename(moved / "tenants" / "below" / "x.yml")
    base = moved / "applications" / "ledger" / "base"
    (base / "settings.yaml").rename(base / "renamed.yaml")
    kustomization = base / "kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("settings.yaml", "renamed.yaml"))
    catalog = opened("dev", moved)
    assert deployed(catalog, shards.cut(catalog)[0]).urns == registered("dev").urns


def _suffixes(recorder: Recorder) -> dict[str, str]:
    """Names without the stack, each with the document it belongs to."""
    parents = {one.urn: one.parent for one in recorder.registered}
    return {one.urn.partition("::")[2]: urns.document(one.urn, parents) for one in recorder.registered}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_names_are_the_same_in_every_cut(name: str) -> None:
    """One stack or several: resources keep their names, and each document's are in exactly one stack."""
    whole = cut_by(example(name), "none")
    parts = cut_by(example(name), "tenant")
    expected = _suffixes(deployed(whole, shards.cut(whole)[0]))
    found = [_suffixes(deployed(parts, shard)) for shard in shards.cut(parts)]
    assert set().union(*found) == set(expected)
    shared = ("transom:aws:Account", "transom:kubernetes:ClusterConnection", "transom:index:Environment::")
    owned = [suffix for part in found for suffix in part if not any(word in suffix for word in shared)]
    assert len(owned) == len(set(owned))


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_made_with_chance_credentials(stack: str) -> None:
    """Every cloud resource and object goes through the provider of its own environment or cluster; so does every look-up."""
    recorder = registered(stack)
    for one in recorder.registered:
        if one.type.startswith(("aws:", "kubernetes:")):
            assert (
                ":Account$pulumi:providers:aws::" in one.provider or ":ClusterConnection$pulumi:providers:kubernetes::" in one.provider
            ), one
    assert {bool(provider) for token, provider in recorder.called if token.startswith("aws:")} <= {True}


@pytest.mark.parametrize("stack", STACKS)
def test_every_document_has_its_component(stack: str) -> None:
    """Each document of the stack becomes a component that bears its identity, so that every resource leads back to its document."""
    parents = {one.urn: one.parent for one in registered(stack).registered}
    named = {urns.document(urn, parents) for urn in parents}
    _, shard = shard_of(stack)
    assert set(shard.documents) <= named


@pytest.mark.parametrize("stack", STACKS)
def test_exports(stack: str) -> None:
    """A stack says what was deployed: environment, cut, revisions, and a digest per document."""
    catalog, shard = shard_of(stack)
    found = registered(stack).exported
    assert found["environment"] == catalog.name
    assert found["layout"] == layout.of(shard)
    assert list(found["revisions"]) == ["platform"]
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|directory", found["revisions"]["platform"])  # this checkout's own
    assert set(found["documents"]) == set(shard.documents)


@pytest.mark.parametrize("stack", STACKS)
def test_the_password_is_nowhere_in_clear(stack: str) -> None:
    """Wherever the generated password goes, the input that carries it is marked as secret."""
    for one in registered(stack).registered:
        carrying = {path for path, value in _leaves(one.inputs) if PASSWORD in value}
        unmarked = {
            path for path in carrying if not any(path == secret or path.startswith((f"{secret}.", f"{secret}[")) for secret in one.secrets)
        }
        assert not unmarked, f"{one.urn}: {unmarked}"


def _leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{path}.{key}".removeprefix("."))]
    if isinstance(value, list):
        return [leaf for index, inner in enumerate(value) for leaf in _leaves(inner, f"{path}[{index}]")]
    return [(path, str(value))]


def test_bindings_of_the_shop() -> None:
    """The shop's containers get the database's connection as a Secret and the queue's address as a ConfigMap."""
    recorder = registered("dev")
    secret = recorder.one("kubernetes:core/v1:Secret", "dev/shop/shop-database-shop")
    assert sorted(secret.inputs["stringData"]) == [f"DATABASE_{field}" for field in ("HOST", "NAME", "PASSWORD", "PORT", "URL", "USER")]
    queue = recorder.one("kubernetes:core/v1:ConfigMap", "dev/shop/shop-queue-orders")
    assert sorted(queue.inputs["data"]) == ["QUEUE_ARN", "QUEUE_REGION", "QUEUE_URL"]
    pictures = recorder.one("kubernetes:core/v1:ConfigMap", "dev/site/site-bucket-pictures")
    assert sorted(pictures.inputs["data"]) == ["PICTURES_ARN", "PICTURES_NAME", "PICTURES_REGION"]


def test_an_application_waits_for_what_it_needs() -> None:
    """The shop's workloads come after its namespace's foundations and after the ledger's objects."""
    recorder = registered("dev")
    web = recorder.one("kubernetes:apps/v1:Deployment", "dev/shop/web")
    awaited: set[str] = set()
    waiting = [web.urn]
    depends = {one.urn: one.depends_on for one in recorder.registered}
    while waiting:
        for urn in depends.get(waiting.pop(), ()):
            if urn not in awaited:
                awaited.add(urn)
                waiting.append(urn)
    names = {urn.rpartition("::")[2] for urn in awaited}
    assert {"dev/shop", "dev/shop/default-deny", "dev/shop/shop-database-shop", "dev/ledger/ledger"} <= names


def test_production_is_larger() -> None:
    """What the overlays of production say reaches the registrations."""
    foundation_and_tenants = [registered(stack) for stack in STACKS if stack.startswith("production")]
    inputs = {one.name: one.inputs for recorder in foundation_and_tenants for one in recorder.registered}
    assert inputs["production/shop/web"]["spec"]["replicas"] == 4
    databases = [one for recorder in foundation_and_tenants for one in recorder.of_type("aws:rds/instance:Instance")]
    fields = ("multiAz", "instanceClass", "backupRetentionPeriod")
    assert {one.name: tuple(one.inputs.get(field) for field in fields) for one in databases} == {
        "shop": (True, "db.m7g.large", 35),
        "shop-replica-1": (None, "db.m7g.large", None),  # what a replica does not say it has of its primary
    }


# -- protection -------------------------------------------------------------------------------------------------------

RELEASED = (
    "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: shop}\n"
    "spec: {tenant: team-a, version: '16', size: small, deletionPolicy: Delete, allowDeletionUntil: 2026-11-30}\n"
)


@pytest.mark.parametrize(
    "today, protected", [(date(2026, 11, 30), False), (date(2026, 12, 1), True)], ids=["on the last day", "the day after"]
)
def test_a_release_expires(tmp_path: Path, today: date, *, protected: bool) -> None:
    """A database may be deleted up to the day written, then every part of it that holds anything is protected again."""
    catalog = repository.catalog(tmp_path, {**BASIC, "resources/d.yaml": RELEASED})
    recorder = deployed(catalog, shards.cut(catalog)[0], today=today)
    component = recorder.one("transom:aws:Database")
    holding = [one for one in recorder.below(component.urn) if not one.type.endswith((":ParameterGroup", ":SecretVersion"))]
    assert {one.protected for one in [component, *holding]} == {protected}
    assert recorder.one("aws:rds/instance:Instance").inputs["deletionProtection"] is protected


ORPHANS = {
    "Database": "version: '16', size: small, ",
    "Bucket": "",
    "Queue": "",
    "Topic": "",
    "Table": "partitionKey: {name: nr}, ",
}


@pytest.mark.parametrize("kind", ORPHANS)
def test_an_orphan_is_let_go(tmp_path: Path, kind: str) -> None:
    """What is left behind tells the engine so, and is not protected, which would keep it from being forgotten; AWS protects it still."""
    text = (
        f"apiVersion: transom.dev/v1\nkind: {kind}\nmetadata: {{name: left}}\nspec: {{{ORPHANS[kind]}tenant: team-a, management: Orphan}}\n"
    )
    catalog = repository.catalog(tmp_path, {**BASIC, "resources/left.yaml": text})
    recorder = deployed(catalog, shards.cut(catalog)[0], today=date(2026, 11, 30))
    component = recorder.one(f"transom:aws:{kind}")
    assert (component.kept, component.protected) == (True, False)
    assert not any(one.protected for one in recorder.below(component.urn))
    for one in recorder.of_type("aws:rds/instance:Instance"):
        assert one.inputs["deletionProtection"] is True


def test_only_what_holds_data_is_protected() -> None:
    """Databases and buckets are protected in every part; nothing else stands in the way of a destroy."""
    protected = {re.split(r"[$:]", one.urn.split("transom:")[-1])[1] for one in registered("dev").registered if one.protected}
    assert protected == {"Database", "Bucket"}


# -- the cut and the state --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("was, wanted", [("whole", "tenant"), ("foundation", "none")])
def test_an_unmoved_environment_is_refused(was: str, wanted: str) -> None:
    """A new cut without moving the resources would delete them here and create them there: the run ends, and says what to do."""
    catalog = cut_by(example("dev"), wanted)
    recorder = Recorder(outputs={"dev": {"layout": was}})
    with pytest.raises(GuardRefused) as caught:
        deployed(catalog, shards.cut(catalog)[0], recorder=recorder)
    assert caught.value.reason == "LayoutChanged"
    assert "transom reshard dev" in caught.value.hint
    assert recorder.registered == [], "nothing was declared: the engine has nothing to create or delete"


def test_a_moved_environment_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the resources were moved, the new cut is accepted."""
    monkeypatch.setenv(layout.MOVED, "1")
    catalog = cut_by(example("dev"), "tenant")
    assert deployed(catalog, shards.cut(catalog)[0], recorder=Recorder(outputs={"dev": {"layout": "whole"}})).registered


def test_a_tenant_needs_its_foundation() -> None:
    """A tenant's stack is not deployed before the foundation; a preview may look all the same."""
    catalog = cut_by(example("dev"), "tenant")
    shard = next(shard for shard in shards.cut(catalog) if shard.tenant == "team-a")
    with pytest.raises(GuardRefused) as caught:
        deployed(catalog, shard, recorder=Recorder())
    assert caught.value.reason == "FoundationMissing"
    assert "transom apply dev" in caught.value.hint
    assert deployed(catalog, shard, recorder=Recorder(), preview=True).registered


def test_a_stack_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack's name leads to an environment and a part of it; another name is told with those there are."""
    monkeypatch.chdir(CHECKOUT)
    for stack, reason in (("production.team-z", "UnknownStack"), ("dev.team-a", "UnknownStack"), ("prodution", "UnknownEnvironment")):
        with pytest.raises(pulumi.RunError, match=reason):
            run(environment.run, stack=stack)


def test_the_program_finds_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pulumi up -s dev` in the project's folder is all there is to it."""
    monkeypatch.chdir(CHECKOUT)
    assert Project.here({}).environments() == tuple(sorted(ENVIRONMENTS))
    assert run(environment.run, stack="dev").urns == registered("dev").urns


def test_an_error_inside_an_apply_comes_out() -> None:
    """What fails while values are computed fails the run: the mocks hide nothing."""

    def program() -> None:
        pulumi.Output.from_input(1).apply(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run(program)


# -- the estimate -----------------------------------------------------------------------------------------------------


def _many(tenants: int, applications: int, clusters: int) -> Mapping[str, str]:
    files: dict[str, str] = {}
    for c in range(clusters):
        files[f"infrastructure/clusters/c{c}/cluster.yaml"] = BASIC["infrastructure/clusters/main/cluster.yaml"].replace("main", f"c{c}")
    for t in range(tenants):
        names = ", ".join(f"t{t}-{a}" for a in range(applications))
        files[f"tenants/t{t}.yaml"] = (
            TENANT.replace("team-a", f"t{t}")
            .replace("shop, site", names)
            .replace("]}", "], owners: [{group: a}, {group: b}], quota: {pods: 5}, network: {allowFromNamespaces: [ingress]}}")
        )
        for a in range(applications):
            text = (
                APPLICATION.replace("name: shop", f"name: t{t}-{a}")
                .replace("team-a", f"t{t}")
                .replace("namespace: shop", f"namespace: t{t}-{a}")
            )
            text = (
                text.replace("{namespace", "{cluster: c0, namespace")
                + f"  bindings: [{{database: d{t}{a}}}, {{bucket: b{t}{a}}}, {{queue: q{t}{a}}}]\n"
            )
            folder = f"applications/t{t}-{a}"
            files[f"{folder}/application.yaml"] = text
            files[f"{folder}/objects.yaml"] = BASIC["applications/shop/settings.yaml"]
            for kind, name, spec in (("Database", "d", "{version: '16', size: small}"), ("Bucket", "b", "{}"), ("Queue", "q", "{}")):
                files[f"{folder}/{name}.yaml"] = (
                    f"apiVersion: transom.dev/v1\nkind: {kind}\nmetadata: {{name: {name}{t}{a}}}\nspec: {spec}\n"
                )
    return files


def _counted(catalog: Catalog) -> int:
    whole = cut_by(catalog, "none")
    return len(deployed(whole, shards.cut(whole)[0]).registered) + 1  # the stack itself


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_estimate_of_an_example(name: str) -> None:
    """What decides about a cut is never too low, and at most a fifth too high."""
    count = _counted(example(name))
    assert count <= estimates.resources(example(name)) <= 1.2 * count


@pytest.mark.parametrize("tenants, applications, clusters", [(1, 1, 1), (2, 2, 1), (2, 1, 3)])
def test_the_estimate_of_many(tmp_path: Path, tenants: int, applications: int, clusters: int) -> None:
    """The bound holds and stays near for every mixture of tenants, applications and clusters."""
    catalog = repository.catalog(tmp_path, _many(tenants, applications, clusters), ENVIRONMENT)
    count = _counted(catalog)
    assert count <= estimates.resources(catalog) <= 1.2 * count


def test_the_estimate_of_nearly_nothing(tmp_path: Path) -> None:
    """The bound holds for the smallest environment too."""
    catalog = repository.catalog(tmp_path, BASIC, ENVIRONMENT)
    assert _counted(catalog) <= estimates.resources(catalog)
