"""What tenants may use: sources, clusters and kinds; each breach is one mistake at the line that asks for it."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, CONFIG_MAP, ENVIRONMENT, TENANT
from transom.catalog import load
from transom.errors import InvalidDocuments, Problem
from transom.source.memory import MemorySource

SHOP = "applications/shop/application.yaml"
CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: p}\nvalue: 1\n"
QUEUE = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\nspec: {tenant: team-a}\n"
MORE = CLUSTER.replace("main", "more").replace("environment: dev", "environment: dev, tier: small")


def allowed(text: str) -> str:
    """The tenant's document with this in `allowed`."""
    return TENANT.replace("site]}", f"site], allowed: {text}}}")


def told(folder: Path, **files: str) -> list[tuple[str, str]]:
    """Place and reason of what is wrong."""
    tree = {**BASIC, **{name.replace("__", "/") + ".yaml": text for name, text in files.items()}}
    return [(str(one.where), one.reason) for one in repository.problems(folder, tree)]


KINDS = [
    ("a denied kind", "{kinds: {deny: [ConfigMap]}}", {}, [("applications/shop/settings.yaml:2:7", "ForbiddenKind")]),
    ("all but what is allowed", "{kinds: {allow: [apps/*]}}", {}, [(f"{SHOP}:2:7", "ForbiddenKind"), ("applications/shop/settings.yaml:2:7", "ForbiddenKind")]),
    ("a denied kind of ours", "{kinds: {deny: [transom.dev/Queue]}}", {"resources__q": QUEUE}, [("resources/q.yaml:2:7", "ForbiddenKind")]),
    ("an allowed cluster-wide kind", "{kinds: {clusterScoped: [scheduling.k8s.io/PriorityClass]}}", {"applications__shop__p": CLASS}, []),
    ("another cluster-wide kind", "{kinds: {clusterScoped: [ClusterRole]}}", {"applications__shop__p": CLASS}, [("applications/shop/p.yaml:2:7", "ForbiddenKind")]),
    ("a cluster-wide kind that is denied", "{kinds: {clusterScoped: ['*'], deny: [scheduling.k8s.io/*]}}", {"applications__shop__p": CLASS}, [("applications/shop/p.yaml:2:7", "ForbiddenKind")]),
    ("a namespace, whatever is allowed", "{kinds: {clusterScoped: ['*']}}", {"applications__shop__n": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"}, [("applications/shop/n.yaml:2:7", "ForbiddenKind")]),
]  # fmt: skip


@pytest.mark.parametrize("text, files, expected", [case[1:] for case in KINDS], ids=[case[0] for case in KINDS])
def test_kinds(tmp_path: Path, text: str, files: dict[str, str], expected: list[tuple[str, str]]) -> None:
    """Kinds are admitted by `allow`, refused by `deny`, and cluster-wide only by name."""
    assert told(tmp_path, **{"tenants__team-a": allowed(text), **files}) == expected


def test_a_cluster_wide_object_has_no_namespace(tmp_path: Path) -> None:
    """What is allowed without a namespace gets none."""
    tree = {**BASIC, "tenants/team-a.yaml": allowed("{kinds: {clusterScoped: ['*']}}"), "applications/shop/p.yaml": CLASS}
    manifests = repository.catalog(tmp_path, tree).manifests["Application/shop"]
    assert {one.kind: one.namespace for one in manifests} == {"ConfigMap": "shop", "PriorityClass": ""}


@pytest.mark.parametrize("kind", ["Tenant", "Network", "Cluster"])
def test_the_platforms_kinds_in_an_applications_folder(tmp_path: Path, kind: str) -> None:
    """Whoever may change an application's folder cannot make themselves a tenant, a network or a cluster there."""
    text = {
        "Tenant": TENANT.replace("team-a", "team-x").replace("shop, site", "x"),
        "Network": "apiVersion: transom.dev/v1\nkind: Network\nmetadata: {name: n}\nspec: {cidr: 10.0.0.0/16}\n",
        "Cluster": CLUSTER.replace("main", "mine"),
    }[kind]
    shop = APPLICATION.replace("{namespace", "{cluster: main, namespace")
    expected = [("applications/shop/x.yaml:2:7", "ForbiddenKind")]
    assert told(tmp_path, applications__shop__x=text, applications__shop__application=shop) == expected


CLUSTERS = [
    ("by name", "{names: [main]}", "", "main", []),
    ("by label", "{matchLabels: {tier: small}}", "", "more", []),
    ("another by name", "{names: [main]}", "cluster: more, ", None, [(f"{SHOP}:6:26", "ForbiddenDestination")]),
    ("several", "{names: [main, more]}", "", None, [(f"{SHOP}:6:16", "MissingCluster")]),
    ("none", "{matchLabels: {tier: huge}}", "", None, [(f"{SHOP}:6:16", "MissingCluster")]),
    ("one that is not declared", "{names: [main, mroe]}", "cluster: main, ", None, [("tenants/team-a.yaml:4:69", "UnknownReference")]),
]  # fmt: skip


@pytest.mark.parametrize("text, cluster, placed, expected", [case[1:] for case in CLUSTERS], ids=[case[0] for case in CLUSTERS])
def test_clusters(tmp_path: Path, text: str, cluster: str, placed: str | None, expected: list[tuple[str, str]]) -> None:
    """A tenant runs on its clusters only; where it has one of several, that is meant."""
    tree = {
        **BASIC,
        "infrastructure/clusters/more/cluster.yaml": MORE,
        "tenants/team-a.yaml": allowed(f"{{clusters: {text}}}"),
        SHOP: APPLICATION.replace("{namespace", f"{{{cluster}namespace"),
    }
    assert [(str(one.where), one.reason) for one in repository.problems(tmp_path / "a", tree)] == expected
    if placed:
        assert repository.catalog(tmp_path / "b", tree).placements == {"shop": placed}


TWO = ENVIRONMENT.replace("[{name: platform, path: platform}]", "[{name: platform, path: platform}, {name: teams, path: teams}]")


def _of_two(folder: Path, platform: dict[str, str], teams: dict[str, str], environment: str = TWO) -> tuple[Problem, ...]:
    environments = folder / "environments"
    environments.mkdir(parents=True)
    (environments / "dev.yaml").write_text(environment, encoding="utf-8")
    snapshots = [MemorySource(name, files, folder / name).snapshot() for name, files in (("platform", platform), ("teams", teams)) if files]
    try:
        load.load(load.environment(environments, "dev"), snapshots, repository.renderer())
    except InvalidDocuments as error:
        return error.problems
    return ()


def test_sources(tmp_path: Path) -> None:
    """A tenant's documents, and the folders that they name, come from its sources."""
    base = {name: text for name, text in BASIC.items() if not name.startswith("applications/")}
    base["tenants/team-a.yaml"] = allowed("{sources: [teams]}")
    shop = {SHOP: APPLICATION, "applications/shop/settings.yaml": CONFIG_MAP}
    assert _of_two(tmp_path / "a", base, shop) == ()
    (wrong,) = _of_two(tmp_path / "b", {**base, **shop}, {"resources/q.yaml": QUEUE})
    assert (str(wrong.where), wrong.reason) == (f"{SHOP}:3:18", "ForbiddenSource")
    pointing = {"resources/shop.yaml": APPLICATION + "  source: {name: platform, path: elsewhere}\n"}
    (wrong,) = _of_two(tmp_path / "c", {**base, "elsewhere/settings.yaml": CONFIG_MAP}, pointing)
    assert (str(wrong.where), wrong.reason) == ("resources/shop.yaml:7:18", "ForbiddenSource")


FOR_TENANTS = TWO.replace("{name: teams, path: teams}", "{name: teams, path: teams, tenants: [team-a]}")
DEFINITION = """\
apiVersion: transom.dev/v1
kind: CompositeDefinition
metadata: {name: mailbox}
spec:
  group: example.com
  version: v1
  kind: Mailbox
  schema: {type: object}
  resources: [{id: queue, template: {apiVersion: transom.dev/v1, kind: Queue, spec: {}}}]
"""
OTHER = TENANT.replace("team-a", "team-b").replace("shop, site", "ledger")
TEAMS = [
    ("a tenant", {"tenants/x.yaml": TENANT.replace("team-a", "team-x").replace("shop, site", "x")}, "tenants/x.yaml:2:7"),
    ("a cluster", {"infrastructure/clusters/more/cluster.yaml": MORE}, "infrastructure/clusters/more/cluster.yaml:2:7"),
    ("a network", {"resources/n.yaml": "apiVersion: transom.dev/v1\nkind: Network\nmetadata: {name: n}\nspec: {cidr: 10.0.0.0/16}\n"}, "resources/n.yaml:2:7"),
    ("a definition", {"infrastructure/compositions/mailbox.yaml": DEFINITION}, "infrastructure/compositions/mailbox.yaml:2:7"),
    ("an object for every cluster", {"infrastructure/base/p.yaml": CLASS}, "infrastructure/base/p.yaml:2:7"),
    ("an object for one cluster", {"infrastructure/clusters/main/p.yaml": CLASS}, "infrastructure/clusters/main/p.yaml:2:7"),
    ("a resource of another tenant", {"resources/q.yaml": QUEUE.replace("team-a", "team-b")}, "resources/q.yaml:3:18"),
]  # fmt: skip


@pytest.mark.parametrize("files, place", [case[1:] for case in TEAMS], ids=[case[0] for case in TEAMS])
def test_a_source_for_tenants(tmp_path: Path, files: dict[str, str], place: str) -> None:
    """Whoever may push to a source that is for some tenants declares nothing of the platform's there, and nothing of other tenants."""
    base = {name: text for name, text in BASIC.items() if not name.startswith("applications/")} | {"tenants/team-b.yaml": OTHER}
    teams = {SHOP: APPLICATION.replace("{namespace", "{cluster: main, namespace"), "applications/shop/settings.yaml": CONFIG_MAP}
    assert _of_two(tmp_path / "a", base, teams, FOR_TENANTS) == ()
    told_of = [
        (one.where.path.removeprefix("teams:"), one.where, one.reason)
        for one in _of_two(tmp_path / "b", base, {**teams, **files}, FOR_TENANTS)
    ]
    assert [(f"{path}:{where.line}:{where.column}", reason) for path, where, reason in told_of] == [(place, "ForbiddenSource")]


def test_a_source_for_a_tenant_that_is_not_declared(tmp_path: Path) -> None:
    """A slip of the pen there would shut the right tenant out."""
    (wrong,) = _of_two(tmp_path, BASIC, {"resources/q.yaml": QUEUE}, FOR_TENANTS.replace("tenants: [team-a]", "tenants: [team-a, team-aa]"))
    assert (wrong.reason, wrong.hint) == ("UnknownReference", "did you mean team-a?")
