"""Databases from documents to registrations: on RDS and in the cluster, bound as variables and as files."""

from __future__ import annotations

import base64
import re
from datetime import date
from pathlib import Path

import pytest

from stacks import environment
from stacks.databases import final_snapshot
from tests import repository
from tests.recording import PASSWORD, Recorder, run
from tests.repository import APPLICATION, BASIC, ENVIRONMENT, TENANT
from transom.catalog import estimates, shards

INSTANCE = "aws:rds/instance:Instance"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: migrate, image: registry.example.com/shop:1.0.0}]
      containers: [{name: web, image: registry.example.com/shop:1.0.0}]
"""
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PODS = ENVIRONMENT.replace("medium:", "pod: {database: {inCluster: {}, storage: 5Gi}}\n    medium:")


def database(more: str = "", size: str = "small") -> str:
    """A Database of the tenant."""
    return f"apiVersion: transom.dev/v1\nkind: Database\nmetadata: {{name: orders}}\nspec: {{version: '16', size: {size}{more}}}\n"


def declared(folder: Path, spec: str, *, bound: str = "", env: str = ENVIRONMENT) -> Recorder:
    """What the program registers of an application with a database beside it."""
    files = {
        **BASIC,
        "applications/shop/application.yaml": APPLICATION + (f"  bindings: [{bound}]\n" if bound else ""),
        "applications/shop/web.yaml": DEPLOYMENT,
        "applications/shop/orders.yaml": spec,
    }
    catalog = repository.catalog(folder, files, env)
    recorder = run(lambda: environment.build(catalog, shards.cut(catalog)[0], today=date(2026, 11, 27)))
    counted = len([one for one in recorder.registered if one.type != "pulumi:pulumi:Stack"]) + 1
    assert counted <= estimates.resources(catalog)
    return recorder


def test_defaults(tmp_path: Path) -> None:
    """What a document of two lines means: TLS, logs, insights, minor versions that follow."""
    instance = declared(tmp_path, database()).one(INSTANCE).inputs
    expected = {
        "engine": "postgres", "engineVersion": "16", "autoMinorVersionUpgrade": True, "performanceInsightsEnabled": True,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"], "maxAllocatedStorage": 100, "applyImmediately": True,
        "finalSnapshotIdentifier": "dev-team-a-orders-final", "port": 5432,
    }  # fmt: skip
    assert expected.items() <= instance.items()
    assert not {"iops", "storageThroughput", "kmsKeyId", "allowMajorVersionUpgrade", "snapshotIdentifier"} & instance.keys()


def test_mysql_writes_the_logs_that_it_sends(tmp_path: Path) -> None:
    """A log that is sent is switched on; the document's own parameters win; static ones wait for a restart."""
    text = database(", engine: mysql, parameters: {slow_query_log: off, performance_schema: true}").replace("'16'", "'8.4'")
    group = declared(tmp_path, text).one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert group["parameters"] == [
        {"name": "log_output", "value": "FILE"},
        {"name": "performance_schema", "value": "1", "applyMethod": "pending-reboot"},
        {"name": "require_secure_transport", "value": "1"},
        {"name": "slow_query_log", "value": "0"},
    ]


@pytest.mark.parametrize("released, name", [(None, "x-final"), (date(2027, 1, 31), "x-final-20270131")], ids=["protected", "released"])
def test_the_final_snapshot_is_named_by_the_document(released: date | None, name: str) -> None:
    """The same in every plan, and another for each release."""
    assert final_snapshot("x", released) == name


def test_bound_as_files(tmp_path: Path) -> None:
    """Each container, also those that run first, gets a folder of files, and no variables; the address names the certificates' file."""
    indented = CERTIFICATE.replace("\n", "\n      ").rstrip(" ")
    env = ENVIRONMENT.replace("aws: {region: eu-central-1}", f"aws:\n    region: eu-central-1\n    databaseCa: |\n      {indented}")
    recorder = declared(tmp_path, database(", replicas: 2"), bound="{database: orders, as: files}", env=env)
    secret = recorder.one("kubernetes:core/v1:Secret").inputs["stringData"]
    assert set(secret) == {"host", "port", "name", "user", "password", "url", "replica-host", "replica-hosts", "ca"}
    assert secret["url"].endswith("?sslmode=verify-full&sslrootcert=/bindings/database-orders/ca")
    assert secret["ca"] == CERTIFICATE
    assert secret["replica-hosts"] == "orders-replica-1.host,orders-replica-2.host"
    pod = recorder.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    mount = {"name": "binding-database-orders", "mountPath": "/bindings/database-orders", "readOnly": True}
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["volumeMounts"] == [mount]
        assert "envFrom" not in container
    [volume] = pod["volumes"]
    assert volume["secret"]["secretName"] == "shop-database-orders"
    assert {one["key"] for one in volume["secret"]["items"]} == set(secret)


def test_bound_as_variables(tmp_path: Path) -> None:
    """With a CA the variables have it too; the address cannot name a file that is not there."""
    indented = CERTIFICATE.replace("\n", "\n      ").rstrip(" ")
    env = ENVIRONMENT.replace("aws: {region: eu-central-1}", f"aws:\n    region: eu-central-1\n    databaseCa: |\n      {indented}")
    recorder = declared(tmp_path, database(), bound="{database: orders, prefix: ORDERS}", env=env)
    secret = recorder.one("kubernetes:core/v1:Secret").inputs["stringData"]
    assert secret["ORDERS_URL"] == f"postgresql://transom:{PASSWORD}@orders.host:5432/orders?sslmode=require"
    assert secret["ORDERS_CA"] == CERTIFICATE
    assert "ORDERS_REPLICA_HOST" not in secret


def test_in_the_cluster(tmp_path: Path) -> None:
    """A size that says so is a pod beside the application; nothing of RDS is asked for, and the binding is the same."""
    recorder = declared(
        tmp_path, database(", backups: {window: '01:30-02:00'}, parameters: {work_mem: 8192}", "pod"), bound="{database: orders}", env=PODS
    )
    assert not [one for one in recorder.registered if one.type.startswith("aws:")]
    component = recorder.one("transom:kubernetes:Database")
    kinds = sorted(one.type.rpartition(":")[2] for one in recorder.below(component.urn))
    assert kinds == ["CronJob", "NetworkPolicy", "PersistentVolumeClaim", "Secret", "Service", "StatefulSet"]
    assert {one.protected for one in recorder.below(component.urn)} == {True}
    own = recorder.one("kubernetes:core/v1:Secret", "main/shop/orders-database")
    assert (own.ignored, own.secrets) == (("data",), {"data.password"})
    password = base64.b64decode(own.inputs["data"]["password"]).decode()
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", password)
    secret = recorder.one("kubernetes:core/v1:Secret", "main/shop/shop-database-orders").inputs["stringData"]
    assert secret["DATABASE_URL"] == f"postgresql://transom:{password}@orders-database.shop.svc:5432/orders?sslmode=prefer"
    carriers = {one.name for one in recorder.registered if password in str(one.inputs)}
    assert carriers == {"main/shop/shop-database-orders"}
    backups = recorder.one("kubernetes:batch/v1:CronJob").inputs["spec"]
    assert backups["schedule"] == "30 1 * * *"
    server = recorder.one("kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"]["containers"][0]
    assert (server["image"], server["args"]) == ("docker.io/library/postgres:16", ["-c", "work_mem=8192"])


def test_pods_fit_the_restricted_level(tmp_path: Path) -> None:
    """Both pods hold to the restricted Pod Security Standard, write only where volumes are, and have no token of the API."""
    recorder = declared(tmp_path, database(size="pod"), env=PODS)
    server = recorder.one("kubernetes:apps/v1:StatefulSet").inputs["spec"]["template"]["spec"]
    dump = recorder.one("kubernetes:batch/v1:CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (server, dump):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            security = container["securityContext"]
            assert (security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]) == (False, True)
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert {"requests", "limits"} <= container["resources"].keys()
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= server["containers"][0].keys()


def test_a_database_in_the_cluster_waits_for_its_namespace(tmp_path: Path) -> None:
    """Its objects come after what the tenant's component puts into the namespace."""
    recorder = declared(tmp_path, database(size="pod"), env=PODS)
    namespace = recorder.one("kubernetes:core/v1:Namespace", "main/shop").urn
    own = recorder.one("kubernetes:core/v1:Secret", "main/shop/orders-database")
    first = {one.urn: one.depends_on for one in recorder.registered}
    waiting, awaited = [own.urn], set()
    while waiting:
        for urn in first.get(waiting.pop(), ()):
            if urn not in awaited:
                awaited.add(urn)
                waiting.append(urn)
    assert namespace in awaited


POD = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: orders}\nspec:\n  tenant: team-a\n  version: '16'\n  size: pod\n"
ELSEWHERE = {**BASIC, "tenants/team-b.yaml": TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger]")}


@pytest.mark.parametrize(
    "more, where, reason, told",
    [
        ("", "resources/d.yaml:5:3", "MissingNamespace", "destination: {cluster: main"),
        ("  destination: {namespace: ledger}\n", "resources/d.yaml:8:16", "ForbiddenDestination", "does not belong to tenant team-a"),
        ("  destination: {namespace: shop, cluster: other}\n", "resources/d.yaml:8:43", "ForbiddenDestination", "may not be used"),
        ("  destination: {namespace: shop}\n  replicas: 1\n", "resources/d.yaml:9:3", "NotSupported", "replicas is for databases on RDS"),
        ("  destination: {namespace: shop}\n  engine: mysql\n", "resources/d.yaml:9:11", "NotSupported", "MySQL runs on RDS only"),
        (
            "  destination: {namespace: shop}\n  parameters: {rds.logical_replication: true}\n",
            "resources/d.yaml:9:16", "NotSupported", "a parameter of RDS",
        ),
        ("  destination: {namespace: shop}\n  class: rds\n", "resources/d.yaml:9:10", "UnknownSize", "has no instanceClass"),
    ],
)  # fmt: skip
def test_mistakes_in_the_cluster(tmp_path: Path, more: str, where: str, reason: str, told: str) -> None:
    """What a pod cannot do, and where it cannot be, is told at its line."""
    text = (POD + more).replace("version: '16'", "version: '8.4'" if "engine: mysql" in more else "version: '16'")
    problems = repository.problems(tmp_path, {**ELSEWHERE, "resources/d.yaml": text}, PODS)
    assert [(str(one.where), one.reason) for one in problems if one.reason == reason] == [(where, reason)]
    assert told in f"{problems[0].message}; {problems[0].hint}"


@pytest.mark.parametrize("text", ["nothing", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"], ids=["words", "a key"])
def test_what_is_no_certificate(tmp_path: Path, text: str) -> None:
    """A CA that is none is refused, and its text is not repeated: it may be a key."""
    indented = text.strip().replace("\n", "\n      ")
    env = ENVIRONMENT.replace("aws: {region: eu-central-1}", f"aws:\n    region: eu-central-1\n    databaseCa: |\n      {indented}")
    [problem] = repository.problems(tmp_path, BASIC, env)
    assert "PEM text of certificates" in problem.message
    assert "MIIB" not in problem.message
