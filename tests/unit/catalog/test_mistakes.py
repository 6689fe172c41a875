"""Mistakes in a repository: each told at its file, line and column, with a reason for programs and words that let a person mend it."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, CONFIG_MAP, ENVIRONMENT, TENANT, with_files

DATABASE = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: shop}\nspec:\n  version: '16'\n  size: small\n"
QUEUE = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\nspec:\n  tenant: team-a\n"
TOPIC = "apiVersion: transom.dev/v1\nkind: Topic\nmetadata: {name: news}\nspec:\n  tenant: team-a\n  subscriptions: [{queue: orders}]\n"
EKS = """\
apiVersion: transom.dev/v1
kind: Cluster
metadata: {name: main, labels: {environment: dev}}
spec:
  eks:
    version: "1.33"
    network: main
    nodeGroups: {general: {instanceTypes: [m7g.large], count: {max: 3}}}
    addons:
      coredns: {version: v1.12.3-eksbuild.1}
      eks-pod-identity-agent: {version: v1.3.8-eksbuild.2}
      kube-proxy: {version: v1.33.3-eksbuild.4}
      vpc-cni: {version: v1.20.4-eksbuild.2}
"""
NETWORK = "---\napiVersion: transom.dev/v1\nkind: Network\nmetadata: {name: main}\nspec: {cidr: 10.0.0.0/16}\n"
AGENT = "      eks-pod-identity-agent: {version: v1.3.8-eksbuild.2}\n"
ISSUER = CLUSTER.replace("context: somewhere", "context: somewhere, oidcIssuer: https://oidc.example.com/id/A")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template: {metadata: {labels: {app: NAME}}, spec: {serviceAccountName: shared, containers: [{name: c, image: c}]}}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
TEAM_B = TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger]")
LEDGER = APPLICATION.replace("name: shop", "name: ledger").replace("team-a", "team-b").replace("namespace: shop", "namespace: ledger")
SHOP = "applications/shop/application.yaml"

OWN_DATABASE = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: orders}\nspec:\n  tenant: team-a\n  size: small\n"
DATABASES = (
    ("version is of another engine", "  version: '8.4'\n", "7:12", "UnknownVersion", "RDS does not offer PostgreSQL 8"),
    ("version is half of one", "  engine: mysql\n  version: '8'\n", "8:12", "UnknownVersion", "5.7, 8.0, 8.4"),
    ("version was never offered", "  engine: mysql\n  version: '8.2'\n", "8:12", "UnknownVersion", "RDS does not offer MySQL 8.2"),
    ("version has a number too many", "  version: '16.4.1'\n", "7:12", "UnknownVersion", "16.4"),
    ("parameter is misspelt", "  version: '16'\n  parameters: {work_men: 64}\n", "8:16", "UnknownParameter", "did you mean work_mem?"),
    (
        "parameter is another engine's",
        "  engine: mysql\n  version: '8.4'\n  parameters: {work_mem: 64}\n",
        "9:16",
        "UnknownParameter",
        "of MySQL",
    ),
    ("parameter is too large", "  version: '16'\n  parameters: {max_connections: 1}\n", "8:33", "InvalidValue", "from 6 to 262143"),
    (
        "parameter is no word of the engine",
        "  version: '16'\n  parameters: {log_statement: most}\n",
        "8:31",
        "InvalidValue",
        "none, ddl, mod, all",
    ),
    (
        "TLS is switched off",
        "  version: '16'\n  parameters: {rds.force_ssl: false}\n",
        "8:31",
        "InvalidValue",
        "connections without TLS are not offered",
    ),
    (
        "TLS is switched off in MySQL's way",
        "  engine: mysql\n  version: '8.4'\n  parameters: {require_secure_transport: 0}\n",
        "9:42",
        "InvalidValue",
        "without TLS",
    ),
    ("log is another engine's", "  version: '16'\n  logs: {exports: [slowquery]}\n", "8:20", "UnknownValue", "it has postgresql, upgrade"),
    (
        "logs go to a table",
        "  engine: mysql\n  version: '8.4'\n  parameters: {log_output: TABLE}\n",
        "9:28",
        "InvalidValue",
        "read from files",
    ),
    ("storage is below RDS's least", "  version: '16'\n  storage: 10Gi\n", "8:12", "InvalidValue", "20Gi"),
    ("iops cannot be chosen yet", "  version: '16'\n  iops: 12000\n", "8:9", "InvalidValue", "from 400Gi on"),
    ("io2 has no iops", "  version: '16'\n  storage: 100Gi\n  storageType: io2\n", "9:16", "InvalidValue", "add e.g. iops: 3000"),
    (
        "io2 has throughput",
        "  version: '16'\n  storage: 100Gi\n  storageType: io2\n  iops: 3000\n  throughput: 500\n",
        "11:15",
        "InvalidValue",
        "throughput is for gp3",
    ),
    (
        "instance class has no insights",
        "  engine: mysql\n  version: '8.4'\n  performanceInsights: true\n",
        "9:24",
        "InvalidValue",
        "no Performance Insights",
    ),
    (
        "origin is not there",
        "  version: '16'\n  restoreFrom: {database: ordres}\n",
        "8:27",
        "UnknownReference",
        'Database "ordres" is not declared',
    ),
    ("origin is itself", "  version: '16'\n  restoreFrom: {database: orders}\n", "8:27", "DependencyCycle", "waits for itself"),
    (
        "class is not that of its size",
        "  version: '16'\n  class: in-cluster\n  destination: {namespace: shop}\n",
        "8:10",
        "UnknownSize",
        "has no inCluster",
    ),
    (
        "destination is on RDS",
        "  version: '16'\n  destination: {namespace: shop}\n",
        "8:16",
        "InvalidValue",
        "destination is for databases in the cluster",
    ),
)

Case = tuple[str, dict[str, str], str, str, str]

CASES: list[Case] = [
    # -- the text
    ("a syntax error", {SHOP: "kind: [\n"}, f"{SHOP}:2:1", "InvalidYaml", "not valid YAML"),
    ("a key given twice", {SHOP: APPLICATION + "  tenant: team-a\n"}, f"{SHOP}:7:3", "DuplicateKey", "first in line 5"),
    ("a list for a document", {"tenants/team-a.yaml": TENANT, "tenants/b.yaml": "- x\n"}, "tenants/b.yaml:1:1", "NotADocument", "apiVersion:"),
    # -- databases
    *((f"a database whose {why}", {"resources/d.yaml": OWN_DATABASE + more}, f"resources/d.yaml:{line}", reason, text) for why, more, line, reason, text in DATABASES),
    ("a replica without room for its name", {"resources/d.yaml": OWN_DATABASE.replace("orders", "o" * 45) + "  version: '16'\n  replicas: 3\n"}, "resources/d.yaml:3:18", "NameTooLong", "its last replica"),
    # -- the model
    ("a misspelt field", {SHOP: APPLICATION + "  dependOn: []\n"}, f"{SHOP}:7:3", "UnknownField", "did you mean dependsOn?"),
    ("a misspelt field below", {SHOP: APPLICATION.replace("{namespace: shop}", "{namespace: shop, clutser: main}")}, f"{SHOP}:6:34", "UnknownField", "did you mean cluster?"),
    ("a misspelt field in a list", {SHOP: APPLICATION + "  bindings:\n    - {database: shop, prefx: A}\n", "applications/shop/db.yaml": DATABASE}, f"{SHOP}:8:24", "UnknownField", "spec.bindings[0].prefx"),
    ("a misspelt field in a mapping by name", {"environment": ENVIRONMENT.replace("instanceClass: db.t4g.micro", "instanceClas: x, instanceClass: db.t4g.micro")}, "dev.yaml:9:24", "UnknownField", "did you mean instanceClass?"),
    ("a wrong type", {SHOP: APPLICATION + "  dependsOn: ledger\n"}, f"{SHOP}:7:14", "WrongType", 'must be a list, not "ledger"'),
    ("a number for text", {"applications/shop/db.yaml": DATABASE.replace("'16'", "16")}, "applications/shop/db.yaml:5:12", "WrongType", "put it in quotes"),
    ("text for a truth value", {"applications/shop/db.yaml": DATABASE + "  highAvailability: 'yes'\n"}, "applications/shop/db.yaml:7:21", "WrongType", "true or false"),
    ("nothing where something belongs", {SHOP: "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n"}, f"{SHOP}:4:6", "WrongType", "must be a mapping, not empty"),
    ("a missing field", {SHOP: APPLICATION.replace("  tenant: team-a\n", "")}, f"{SHOP}:4:1", "MissingField", "spec.tenant is missing"),
    ("a missing name", {SHOP: APPLICATION.replace("metadata: {name: shop}", "metadata: {}")}, f"{SHOP}:3:1", "MissingField", "metadata.name is missing"),
    ("a word that is not one of few", {"tenants/team-a.yaml": TENANT.replace("]}", "], podSecurity: strict}")}, "tenants/team-a.yaml:4:47", "InvalidValue", "write one of privileged, baseline, restricted"),
    ("a name that cannot be", {SHOP: APPLICATION.replace("name: shop", "name: My_Shop")}, f"{SHOP}:3:18", "InvalidValue", "lower case"),
    ("a scalar with a grammar", {"applications/shop/q.yaml": QUEUE + "  retention: 4 days\n"}, "applications/shop/q.yaml:6:14", "InvalidValue", "e.g. 30m or 7d"),
    ("a limit of the cloud", {"applications/shop/q.yaml": QUEUE + "  retention: 15d\n"}, "applications/shop/q.yaml:6:14", "InvalidValue", "SQS"),
    ("a rule over two fields", {"applications/shop/db.yaml": DATABASE + "  deletionPolicy: Delete\n"}, "applications/shop/db.yaml:7:19", "InvalidValue", "allowDeletionUntil"),
    ("a limit deep inside", {"applications/shop/db.yaml": DATABASE + "  backups: {retention: 90d}\n"}, "applications/shop/db.yaml:7:24", "InvalidValue", "35 days"),
    ("an unknown kind", {"tenants/x.yaml": TENANT.replace("kind: Tenant", "kind: Tennant")}, "tenants/x.yaml:2:7", "UnknownKind", "did you mean Tenant?"),
    ("a missing kind", {"tenants/x.yaml": TENANT.replace("kind: Tenant\n", "")}, "tenants/x.yaml:1:1", "UnknownKind", "kind is missing"),
    ("an unknown version", {"tenants/x.yaml": TENANT.replace("dev/v1", "dev/v2")}, "tenants/x.yaml:1:13", "UnknownVersion", "write transom.dev/v1"),
    ("a misspelt group", {"tenants/x.yaml": TENANT.replace("transom.dev", "trasnom.dev")}, "tenants/x.yaml:1:13", "UnknownVersion", "write transom.dev/v1"),
    # -- links
    ("an unknown tenant", {SHOP: APPLICATION.replace("team-a", "team-aa")}, f"{SHOP}:5:11", "UnknownReference", "did you mean team-a?"),
    ("an unknown cluster", {SHOP: APPLICATION.replace("{namespace", "{cluster: mian, namespace")}, f"{SHOP}:6:26", "UnknownReference", "did you mean main?"),
    ("an unknown application", {SHOP: APPLICATION + "  dependsOn: [ledgr]\n", "applications/ledger/application.yaml": LEDGER, "tenants/team-b.yaml": TEAM_B}, f"{SHOP}:7:15", "UnknownReference", "did you mean ledger?"),
    ("an unknown database", {SHOP: APPLICATION + "  bindings:\n    - database: shpo\n", "applications/shop/db.yaml": DATABASE}, f"{SHOP}:8:17", "UnknownReference", "did you mean shop?"),
    ("a reference to nothing near", {SHOP: APPLICATION + "  bindings:\n    - bucket: pictures\n"}, f"{SHOP}:8:15", "UnknownReference", "declare a Bucket pictures, or correct the name"),
    ("an unknown neighbour", {"tenants/team-a.yaml": TENANT.replace("]}", "], network: {allowFromTenants: [team-c]}}"), "tenants/team-b.yaml": TEAM_B}, "tenants/team-a.yaml:4:63", "UnknownReference", "team-"),
    ("an unknown size", {"applications/shop/db.yaml": DATABASE.replace("small", "huge")}, "applications/shop/db.yaml:6:9", "UnknownSize", "it has small, medium"),
    ("more storage than the size allows", {"applications/shop/db.yaml": DATABASE + "  storage: 200Gi\n"}, "applications/shop/db.yaml:7:12", "TooLarge", "100Gi"),
    ("a resource of nobody", {"resources/q.yaml": QUEUE.replace("  tenant: team-a\n", "  fifo: true\n")}, "resources/q.yaml:5:3", "MissingTenant", "names its tenant"),
    ("another tenant's resource beside an application", {"applications/shop/q.yaml": QUEUE.replace("team-a", "team-b"), "tenants/team-b.yaml": TEAM_B}, "applications/shop/q.yaml:5:11", "TenantMismatch", "leave spec.tenant out"),
    ("another tenant's resource bound", {SHOP: APPLICATION + "  bindings:\n    - queue: orders\n", "resources/q.yaml": QUEUE.replace("team-a", "team-b"), "tenants/team-b.yaml": TEAM_B}, f"{SHOP}:8:14", "ForbiddenBinding", "own tenant"),
    ("another tenant's namespace", {SHOP: APPLICATION.replace("namespace: shop", "namespace: ledger"), "tenants/team-b.yaml": TEAM_B}, f"{SHOP}:6:28", "ForbiddenDestination", "it owns shop, site"),
    ("another environment's cluster", {SHOP: APPLICATION.replace("{namespace", "{cluster: other, namespace"), "infrastructure/clusters/other/cluster.yaml": CLUSTER.replace("main", "other").replace("environment: dev", "environment: x")}, f"{SHOP}:6:26", "ForbiddenDestination", "known are main"),
    ("one of several clusters", {"infrastructure/clusters/more/cluster.yaml": CLUSTER.replace("main", "more")}, f"{SHOP}:6:16", "MissingCluster", "name one of main, more"),
    ("no cluster at all", {"infrastructure/clusters/main/cluster.yaml": CLUSTER.replace("environment: dev", "environment: x")}, f"{SHOP}:6:16", "MissingCluster", "declare a cluster"),
    ("a namespace of two tenants", {"tenants/team-b.yaml": TEAM_B.replace("ledger", "shop")}, "tenants/team-b.yaml:4:21", "NamespaceClash", "team-a (tenants/team-a.yaml:4:20)"),
    ("a namespace of the cluster", {"tenants/team-b.yaml": TEAM_B.replace("ledger", "kube-system")}, "tenants/team-b.yaml:4:21", "ForbiddenNamespace", "another name"),
    ("a document declared twice", {"tenants/z.yaml": TENANT.replace("[shop, site]", "[z]")}, "tenants/z.yaml:3:18", "DuplicateDocument", "first at tenants/team-a.yaml:3:18"),
    ("two applications in one folder", {"applications/shop/b.yaml": APPLICATION.replace("name: shop", "name: other")}, "applications/shop/b.yaml:3:18", "DuplicateApplication", "a folder of its own"),
    ("an application that needs itself", {SHOP: APPLICATION + "  dependsOn: [shop]\n"}, f"{SHOP}:7:15", "DependencyCycle", "Application/shop → Application/shop"),
    ("a circle of two", {SHOP: APPLICATION + "  dependsOn: [ledger]\n", "applications/ledger/application.yaml": LEDGER + "  dependsOn: [shop]\n", "tenants/team-b.yaml": TEAM_B}, "applications/ledger/application.yaml:7:15", "DependencyCycle", "Application/ledger → Application/shop → Application/ledger"),
    ("a name too long for the cloud", {"resources/d.yaml": DATABASE.replace("name: shop", "name: " + "x" * 60) + "  tenant: team-a\n"}, "resources/d.yaml:3:18", "NameTooLong", "shorten metadata.name by 8"),
    ("a name that RDS refuses", {"resources/d.yaml": DATABASE.replace("name: shop", "name: a--b") + "  tenant: team-a\n"}, "resources/d.yaml:3:18", "InvalidValue", "two hyphens"),
    # -- the kinds of the cloud
    ("a queue that is not there", {"resources/t.yaml": TOPIC, "resources/q.yaml": QUEUE.replace("orders", "order")}, "resources/t.yaml:6:27", "UnknownReference", "did you mean order?"),
    ("a queue of another tenant", {"resources/t.yaml": TOPIC, "tenants/team-b.yaml": TEAM_B, "resources/q.yaml": QUEUE.replace("team-a", "team-b")}, "resources/t.yaml:6:27", "ForbiddenBinding", "belongs to tenant team-b"),
    ("a queue in order behind a topic without", {"resources/t.yaml": TOPIC, "resources/q.yaml": QUEUE + "  fifo: true\n"}, "resources/t.yaml:6:27", "InvalidValue", "make the topic fifo"),
    ("a queue in order behind a bucket", {"resources/b.yaml": TOPIC.replace("Topic", "Bucket").replace("subscriptions", "notifications"), "resources/q.yaml": QUEUE + "  fifo: true\n"}, "resources/b.yaml:6:27", "InvalidValue", "S3 tells other queues only"),
    ("dead letters of another order", {"resources/q.yaml": QUEUE + "  deadLetter: {queue: dead}\n---\n" + QUEUE.replace("orders", "dead") + "  fifo: true\n"}, "resources/q.yaml:6:23", "InvalidValue", "same order"),
    ("dead letters to itself", {"resources/q.yaml": QUEUE + "  deadLetter: {queue: orders}\n"}, "resources/q.yaml:6:23", "DependencyCycle", "Queue/orders → Queue/orders"),
    ("a network that is not there", {"infrastructure/clusters/main/cluster.yaml": EKS}, "infrastructure/clusters/main/cluster.yaml:7:14", "UnknownReference", "declare a Network main"),
    ("an environment's network that is not there", {"environment": ENVIRONMENT.replace("central-1}", "central-1, network: {name: main}}")}, "dev.yaml:7:47", "UnknownReference", "declare a Network main"),
    ("a size that is no cache's", {"resources/c.yaml": "apiVersion: transom.dev/v1\nkind: Cache\nmetadata: {name: c}\nspec: {tenant: team-a, version: '8.0', size: small}\n"}, "resources/c.yaml:4:46", "UnknownSize", "says nothing of a cache"),
    ("a cache's name too long", {"environment": ENVIRONMENT.replace("small: {", "small: {cache: {nodeType: cache.t4g.micro}, "), "resources/c.yaml": "apiVersion: transom.dev/v1\nkind: Cache\nmetadata: {name: a-rather-longer-name-of-a-cache}\nspec: {tenant: team-a, version: '8.0', size: small}\n"}, "resources/c.yaml:3:18", "NameTooLong", "replication group has at most 40"),
    # -- identities of pods
    ("access that no role can give", {SHOP: APPLICATION + "  bindings: [{queue: orders, access: write}]\n", "applications/shop/q.yaml": QUEUE}, f"{SHOP}:7:38", "NoIdentity", "write existing.oidcIssuer in Cluster main"),
    ("an add-on without the agent", {"infrastructure/clusters/main/cluster.yaml": EKS.replace(AGENT, "") + NETWORK}, "infrastructure/clusters/main/cluster.yaml:12:16", "MissingAddon", "add eks-pod-identity-agent with its version"),
    ("a service account of two applications", {"infrastructure/clusters/main/cluster.yaml": ISSUER, SHOP: APPLICATION + "  bindings: [{queue: orders}]\n", "applications/shop/q.yaml": QUEUE, "applications/shop/d.yaml": DEPLOYMENT.replace("NAME", "a"), "applications/web/application.yaml": APPLICATION.replace("name: shop", "name: web") + "  bindings: [{queue: orders}]\n", "applications/web/d.yaml": DEPLOYMENT.replace("NAME", "b")}, "applications/web/application.yaml:7:13", "ServiceAccountClash", "another serviceAccountName"),
    # -- manifests
    ("a secret", {"applications/shop/s.yaml": SECRET + "data: {password: aHVudGVyMg==}\n"}, "applications/shop/s.yaml:4:18", "PlaintextSecret", "must not stand in Git"),
    ("a secret as text", {"applications/shop/s.yaml": SECRET + "stringData:\n  password: hunter2\n"}, "applications/shop/s.yaml:5:13", "PlaintextSecret", "delete the Secret, here and where a kustomization lists it"),
    ("a generated secret", {"applications/shop/kustomization.yaml": "resources: [application.yaml]\nsecretGenerator:\n  - name: s\n    literals: [password=hunter2]\n", "applications/shop/settings.yaml": ""}, "applications/shop/kustomization.yaml:4:16", "PlaintextSecret", "must not stand in Git"),
    ("an object declared twice", {"applications/shop/z.yaml": CONFIG_MAP}, "applications/shop/z.yaml:3:18", "DuplicateObject", "first at applications/shop/settings.yaml:3:18"),
    ("an object of no application", {"resources/c.yaml": CONFIG_MAP}, "resources/c.yaml:2:7", "ManifestWithoutApplication", "an application's folder"),
    ("a folder without an application", {"applications/bare/c.yaml": CONFIG_MAP}, "applications/bare/c.yaml:2:7", "ManifestWithoutApplication", "add an application.yaml"),
    ("a cluster-wide object of a tenant", {"applications/shop/r.yaml": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n"}, "applications/shop/r.yaml:2:7", "ForbiddenKind", "infrastructure/"),
    ("a namespace of a tenant", {"applications/shop/n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"}, "applications/shop/n.yaml:2:7", "ForbiddenKind", "tenant's document"),
    ("an object in a foreign namespace", {"applications/shop/c.yaml": CONFIG_MAP.replace("name: settings", "name: x, namespace: kube-system")}, "applications/shop/c.yaml:3:32", "ForbiddenDestination", "leave metadata.namespace out"),
    ("a namespace that a tenant has too", {"infrastructure/base/n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"}, "infrastructure/base/n.yaml:3:18", "DuplicateObject", "made by tenant team-a"),
    ("a cluster's object in a tenant's namespace", {"infrastructure/base/n.yaml": CONFIG_MAP.replace("name: settings", "name: x, namespace: shop")}, "infrastructure/base/n.yaml:3:32", "ForbiddenDestination", "belongs to tenant team-a"),
    ("an object that a tenant has by itself", {"applications/shop/n.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny}\n"}, "applications/shop/n.yaml:3:18", "ReservedName", "another name"),
    ("an object without a name", {"applications/shop/n.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n"}, "applications/shop/n.yaml:3:11", "MissingField", "cannot be followed"),
    ("an object without a version", {"applications/shop/n.yaml": "kind: ConfigMap\nmetadata: {name: x}\n"}, "applications/shop/n.yaml:1:1", "MissingField", "apiVersion is missing"),
    ("a list of objects", {"applications/shop/n.yaml": "apiVersion: v1\nkind: List\nmetadata: {name: x}\nitems: []\n"}, "applications/shop/n.yaml:2:7", "ListNotSupported", "--- lines"),
]  # fmt: skip


def _tree(files: dict[str, str]) -> tuple[dict[str, str], str]:
    tree = {**BASIC, **files}
    environment = tree.pop("environment", ENVIRONMENT)
    return {name: text for name, text in tree.items() if text}, environment


def test_the_repository_is_valid(tmp_path: Path) -> None:
    """What every case below begins with has no mistake: each finds only its own."""
    assert repository.problems(tmp_path, BASIC) == ()


@pytest.mark.parametrize("files, place, reason, words", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_mistake(tmp_path: Path, files: dict[str, str], place: str, reason: str, words: str) -> None:
    """One mistake is one problem, at the value to change, and causes no second one."""
    problems = repository.problems(tmp_path, *_tree(files))
    found = [(str(one.where).rpartition(str(tmp_path))[2].removeprefix("/environments/"), one.reason) for one in problems]
    assert found == [(place, reason)], "\n".join(map(str, problems))
    assert words in str(problems[0])


OVERLAID = {
    "applications/shop/application.yaml": "",
    "applications/shop/settings.yaml": "",
    "applications/shop/base/application.yaml": APPLICATION,
    "applications/shop/base/db.yaml": DATABASE,
    "applications/shop/base/kustomization.yaml": "resources: [application.yaml, db.yaml]\n",
}
PATCH = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: shop}\nspec:\n"
KUSTOMIZATION = "applications/shop/overlays/dev/kustomization.yaml"
PATCHED = "applications/shop/overlays/dev/db.yaml"

THROUGH_OVERLAYS: list[Case] = [
    ("a value of the patch", {KUSTOMIZATION: "resources: [../../base]\npatches: [{path: db.yaml}]\n", PATCHED: PATCH + "  size: huge\n"}, f"{PATCHED}:5:9", "UnknownSize", "small, medium"),
    ("a field of the patch", {KUSTOMIZATION: "resources: [../../base]\npatches: [{path: db.yaml}]\n", PATCHED: PATCH + "  sise: small\n"}, f"{PATCHED}:5:3", "UnknownField", "did you mean size?"),
    ("a value of the base that the patch leaves alone", {KUSTOMIZATION: "resources: [../../base]\npatches: [{path: db.yaml}]\n", PATCHED: PATCH + "  size: medium\n", "applications/shop/base/db.yaml": DATABASE.replace("'16'", "16")}, "applications/shop/base/db.yaml:5:12", "WrongType", "quotes"),
    ("a field that the patch takes away", {KUSTOMIZATION: "resources: [../../base]\npatches: [{path: db.yaml}]\n", PATCHED: PATCH + "  size: null\n"}, f"{PATCHED}:5:9", "MissingField", "spec.size"),
    ("a JSON patch", {KUSTOMIZATION: "resources: [../../base]\npatches:\n  - target: {kind: Database}\n    patch: |-\n      - {op: replace, path: /spec/size, value: huge}\n"}, f"{KUSTOMIZATION}:5:48", "UnknownSize", "small, medium"),
    ("a namespace put on by the overlay", {KUSTOMIZATION: "resources: [../../base]\nnamespace: kube-system\nconfigMapGenerator: [{name: x, literals: [A=1]}]\n"}, f"{KUSTOMIZATION}:2:12", "ForbiddenDestination", "leave metadata.namespace out"),
    ("a patch without a target", {KUSTOMIZATION: "resources: [../../base]\npatches: [{path: db.yaml}]\n", PATCHED: PATCH.replace("shop", "shpo") + "  size: small\n"}, f"{PATCHED}:3:18", "PatchWithoutTarget", "did you mean shop?"),
    ("a file that is not there", {KUSTOMIZATION: "resources: [../../bas]\n"}, f"{KUSTOMIZATION}:1:13", "MissingFile", "did you mean ../../base?"),
]  # fmt: skip


@pytest.mark.parametrize("files, place, reason, words", [case[1:] for case in THROUGH_OVERLAYS], ids=[case[0] for case in THROUGH_OVERLAYS])
def test_mistake_through_an_overlay(tmp_path: Path, files: dict[str, str], place: str, reason: str, words: str) -> None:
    """A mistake is told where a person wrote it, not in the rendered text; a unit that cannot be rendered causes no second one."""
    problems = repository.problems(tmp_path, *_tree({**OVERLAID, **files}))
    assert [(str(one.where), one.reason) for one in problems] == [(place, reason)], "\n".join(map(str, problems))
    assert words in str(problems[0])


BROKEN = [
    ("an application", {SHOP: APPLICATION + "  typo: 1\n", "applications/shop/q.yaml": QUEUE.replace("  tenant: team-a\n", "  fifo: true\n")}),
    ("an application's text", {SHOP: APPLICATION + " x: [\n", "applications/shop/q.yaml": QUEUE.replace("  tenant: team-a\n", "  fifo: true\n")}),
    ("a tenant", {"tenants/team-a.yaml": TENANT.replace("]}", "], typo: 1}")}),
    ("a tenant's text", {"tenants/team-a.yaml": TENANT + " x: [\n"}),
    ("the cluster", {"infrastructure/clusters/main/cluster.yaml": CLUSTER + "typo: 1\n"}),
    ("the cluster's text", {"infrastructure/clusters/main/cluster.yaml": CLUSTER + " x: [\n"}),
    ("a database", {"resources/d.yaml": DATABASE + "  tenant: team-a\n  typo: 1\n", SHOP: APPLICATION + "  bindings: [{database: shop}]\n"}),
    ("a database's text", {"resources/d.yaml": DATABASE + "  tenant: team-a\n x: [\n", SHOP: APPLICATION + "  bindings: [{database: shop}]\n"}),
    ("a kustomized application", {KUSTOMIZATION: "resources: [../../base, gone.yaml]\n", **OVERLAID, "applications/z/application.yaml": APPLICATION.replace("name: shop", "name: z") + "  dependsOn: [shop]\n  bindings: [{database: shop}]\n"}),
]  # fmt: skip


@pytest.mark.parametrize("files", [case[1] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_what_is_broken_makes_no_noise(tmp_path: Path, files: dict[str, str]) -> None:
    """What points at a broken document, or stands beside it, is not a second mistake."""
    problems = repository.problems(tmp_path, *_tree(files))
    assert len(problems) == 1, "\n".join(map(str, problems))


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """Five mistakes in five files are five problems, each once, sorted by place."""
    files = {
        SHOP: APPLICATION + "  dependOn: []\n",
        "tenants/team-b.yaml": TEAM_B.replace("ledger", "shop"),
        "resources/d.yaml": DATABASE.replace("small", "huge") + "  tenant: team-z\n",
        "resources/broken.yaml": "kind: [\n",
        "applications/bare/c.yaml": CONFIG_MAP,
    }
    problems = repository.problems(tmp_path, *_tree(files))
    expected = ["ManifestWithoutApplication", "UnknownField", "InvalidYaml", "UnknownSize", "UnknownReference", "NamespaceClash"]
    assert sorted(one.reason for one in problems) == sorted(expected)
    assert list(problems) == sorted(problems)


def test_several_mistakes_in_one_document(tmp_path: Path) -> None:
    """All that is wrong with a document is told together."""
    wrong = DATABASE.replace("'16'", "16").replace("small", "3") + "  sise: small\n  engine: oracle\n"
    problems = repository.problems(tmp_path, with_files(applications__shop__db=wrong))
    assert [(one.where.line, one.reason) for one in problems] == [
        (5, "WrongType"),
        (6, "WrongType"),
        (7, "UnknownField"),
        (8, "InvalidValue"),
    ]


def test_a_mistake_of_two_clusters_is_told_once(tmp_path: Path) -> None:
    """What every cluster gets is wrong once, however many clusters there are."""
    files = {
        "infrastructure/clusters/more/cluster.yaml": CLUSTER.replace("main", "more"),
        SHOP: APPLICATION.replace("{namespace", "{cluster: main, namespace"),
        "infrastructure/base/a.yaml": CONFIG_MAP,
        "infrastructure/base/b.yaml": CONFIG_MAP,
    }
    problems = repository.problems(tmp_path, *_tree(files))
    assert [one.reason for one in problems] == ["DuplicateObject"]


APP = "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: shop}\n"
BY_HAND = [
    ("a truth value for a name", APP + "spec:\n  tenant: no\n  destination: {namespace: shop}\n", "5:11", "YAML reads yes, no, on, off"),
    ("a version without quotes", DATABASE.replace("'16'", "16.10"), "5:12", "1.10 as 1.1"),
    ("a number in quotes", QUEUE + "  deadLetter: {maxReceives: '3'}\n", "6:29", "write 3 without quotes"),
    ("a round number with a point", QUEUE + "  deadLetter: {maxReceives: 3.0}\n", "6:29", "write 3"),
    ("yes in quotes", QUEUE + "  fifo: 'yes'\n", "6:9", "write true, without quotes"),
    ("one word for a list", APP + "spec:\n  tenant: team-a\n  destination: {namespace: shop}\n  dependsOn: ledger\n", "7:14", "write [ledger]"),
    ("a mapping for a list", APP + "spec:\n  tenant: team-a\n  destination: {namespace: shop}\n  bindings:\n    queue: orders\n", "8:5", "a hyphen in front"),
    ("a list for a mapping", APP + "spec:\n  tenant: team-a\n  destination:\n    - namespace: shop\n", "7:5", "take the hyphens away"),
    ("nothing below a key", APP + "spec:\n  tenant: team-a\n  destination:\n  namespace: shop\n", "6:15", "indent what belongs to it"),
    ("a field one level too high", APP + "spec:\n  tenant: team-a\n  namespace: shop\n  destination: {cluster: main}\n", "6:3", "indent it below destination"),
    ("a field of the spec at the top", APP + "tenant: team-a\nspec:\n  destination: {namespace: shop}\n", "4:1", "it is a field of spec: indent it below spec"),
    ("a name at the top", "apiVersion: transom.dev/v1\nkind: Application\nname: shop\nmetadata: {}\nspec: {tenant: team-a, destination: {namespace: shop}}\n", "3:1", "it is a field of metadata"),
    ("no blank behind a colon", APP + "spec:\n  tenant: team-a\n  destination: namespace:shop\n", "6:16", "a blank behind the colon"),
    ("a key as Python writes it", APP + "spec:\n  tenant: team-a\n  destination: {namespace: shop}\n  depends_on: []\n", "7:3", "did you mean dependsOn?"),
    ("a key as HTML writes it", APP + "spec:\n  tenant: team-a\n  destination: {namespace: shop}\n  depends-on: []\n", "7:3", "did you mean dependsOn?"),
    ("a key in another case", APP + "spec:\n  Tenant: team-a\n  destination: {namespace: shop}\n", "5:3", "did you mean tenant?"),
    ("a kind in the plural", APP.replace("Application", "Applications") + "spec: {}\n", "2:7", "did you mean Application?"),
    ("a kind in small letters", QUEUE.replace("Queue", "queue"), "2:7", "did you mean Queue?"),
    ("a tab", APP + "spec:\n\ttenant: team-a\n", "5:1", "indent with blanks"),
    ("a condition of a topic that is a list", TOPIC.replace("orders}", "orders, filter: {a: [[1]]}}"), "6:48", "a condition is text"),
]  # fmt: skip


@pytest.mark.parametrize("text, place, words", [case[1:] for case in BY_HAND], ids=[case[0] for case in BY_HAND])
def test_what_people_write_by_hand(tmp_path: Path, text: str, place: str, words: str) -> None:
    """The mistakes of a day with YAML are told with what to write instead."""
    name = "resources/x.yaml" if "Application" not in text else SHOP
    found = repository.problems(tmp_path, {**BASIC, name: text})
    there = [one for one in found if str(one.where) == f"{name}:{place}"]
    assert there, "\n".join(map(str, found))
    assert any(words in str(one) for one in there), "\n".join(map(str, found))
