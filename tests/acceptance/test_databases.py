"""Databases on the sandbox, with the real engine: every engine made, changed, upgraded, rotated, copied, healed, kept and let go."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Workplace

pytestmark = pytest.mark.acceptance

ROOM = Path(__file__).parents[1] / "testdata" / "databases"
POSTGRES = "platform/databases/postgres.yaml"
MYSQL = "platform/databases/mysql.yaml"
PREFIX = "databases-team-a-"
VOLUME = """\
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  storageClassName: manual
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  hostPath: {{path: /volumes/{name}}}
"""


@pytest.fixture
def place(workplace: Callable[..., Workplace]) -> Workplace:
    """A workplace whose only environment has a database of each engine."""
    made = workplace("main")
    made.only(ROOM, "databases")
    return made


def operations(report: dict[str, Any]) -> dict[str, str]:
    """What a plan or an apply does, by type and name, without what stays as it is."""
    changes = [one for part in report["changeSets"] for one in part["changes"]]
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one["operation"] for one in changes}


def plan(place: Workplace) -> dict[str, str]:
    """What an apply would do."""
    return operations(place.json("transom", "plan", "databases"))


def apply(place: Workplace) -> dict[str, str]:
    """What an apply did."""
    return operations(place.json("transom", "apply", "databases"))


def add(place: Workplace, path: str, text: str) -> None:
    """Writes a document, or more of one."""
    file = place.root / path
    file.write_text((file.read_text(encoding="utf-8") if file.exists() else "") + text, encoding="utf-8")


def instances(place: Workplace) -> dict[str, Any]:
    """The instances of RDS, by what follows the environment and the tenant."""
    return {one["DBInstanceIdentifier"].removeprefix(PREFIX): one for one in place.aws("rds").describe_db_instances()["DBInstances"]}


def password(place: Workplace, name: str) -> str:
    """The password that Secrets Manager has now."""
    found = place.aws("secretsmanager").get_secret_value(SecretId=f"transom/{PREFIX}{name}")["SecretString"]
    return str(json.loads(found)["password"])


def bound(place: Workplace, name: str) -> dict[str, str]:
    """What a binding's Secret holds."""
    secret = json.loads(place.kubectl("main", "get", "secret", "-n", "shop", f"shop-database-{name}", "-o", "json"))
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_engines_live(place: Workplace) -> None:
    """Each engine is made, bound, quiet, changed in place, upgraded with a word, and its password rotated by nothing but its document."""
    made = apply(place)
    assert {made[f"Instance/{name}"] for name in ("postgres", "mysql", "mariadb")} == {"create"}
    assert plan(place) == {}
    there = instances(place)
    assert {name: (one["Engine"], one["Endpoint"]["Port"]) for name, one in there.items()} == {
        "postgres": ("postgres", 5432), "mysql": ("mysql", 3306), "mariadb": ("mariadb", 3306),
    }  # fmt: skip
    assert there["mysql"]["EnabledCloudwatchLogsExports"] == ["error", "slowquery"]
    assert bound(place, "postgres")["DATABASE_URL"].endswith(":5432/postgres?sslmode=require")
    files = bound(place, "mysql")
    assert set(files) == {"host", "port", "name", "user", "password", "url"}
    assert files["password"] == password(place, "mysql")
    [container] = json.loads(place.kubectl("main", "get", "deployment", "web", "-n", "shop", "-o", "json"))["spec"]["template"]["spec"][
        "containers"
    ]
    assert [one["mountPath"] for one in container["volumeMounts"]] == ["/bindings/database-mysql"]

    before = password(place, "postgres")
    add(place, POSTGRES, "  password: {rotation: 2}\n")
    assert plan(place) == {
        "SecretVersion/postgres": "forget", "SecretVersion/postgres-2": "create", "Instance/postgres": "update",
        "Secret/main/shop/shop-database-postgres": "update", "Deployment/main/shop/web": "update",
    }  # fmt: skip
    apply(place)
    after = password(place, "postgres")
    assert after != before
    assert bound(place, "postgres")["DATABASE_PASSWORD"] == after
    assert plan(place) == {}
    place.run("transom", "apply", "databases", "--refresh")
    assert password(place, "postgres") == after

    place.edit(POSTGRES, "size: small", "size: medium")
    told = place.run("transom", "plan", "databases").stdout
    assert "instanceClass: it is down for some minutes" in told
    place.edit(POSTGRES, 'version: "16"', 'version: "17"')
    refused = place.run("transom", "plan", "databases", code=None)
    assert refused.returncode == 1
    assert "allowMajorUpgrade: true" in refused.stdout + refused.stderr
    add(place, POSTGRES, "  allowMajorUpgrade: true\n")
    told = place.run("transom", "plan", "databases").stdout
    assert "no way back" in told
    assert plan(place) == {"Instance/postgres": "update", "ParameterGroup/postgres": "replace"}
    apply(place)
    assert plan(place) == {}
    upgraded = instances(place)["postgres"]
    assert (upgraded["EngineVersion"], upgraded["DBInstanceClass"], upgraded["AllocatedStorage"]) == ("17", "db.t4g.small", 50)
    assert [one["DBParameterGroupName"] for one in upgraded["DBParameterGroups"]] == [f"{PREFIX}postgres-postgres17"]


def test_copies(place: Workplace) -> None:
    """Replicas come and go with a number and tell applications where they are; restores begin with what was, and are quiet afterwards."""
    apply(place)
    add(place, POSTGRES, "  replicas: 2\n")
    planned = plan(place)
    assert {name for name, operation in planned.items() if operation == "create"} == {
        "Instance/postgres-replica-1", "Instance/postgres-replica-2"
    }  # fmt: skip
    apply(place)
    assert sorted(instances(place)["postgres"]["ReadReplicaDBInstanceIdentifiers"]) == [
        f"{PREFIX}postgres-replica-{number}" for number in (1, 2)
    ]
    assert bound(place, "postgres")["DATABASE_REPLICA_HOST"].startswith(f"{PREFIX}postgres-replica-1.")
    assert len(bound(place, "postgres")["DATABASE_REPLICA_HOSTS"].split(",")) == 2
    assert plan(place) == {}
    assert "no drift" in place.run("transom", "drift", "databases").stdout
    place.edit(POSTGRES, "replicas: 2", "replicas: 1")
    assert apply(place)["Instance/postgres-replica-2"] == "delete"
    assert plan(place) == {}

    place.aws("rds").create_db_snapshot(DBInstanceIdentifier=f"{PREFIX}mysql", DBSnapshotIdentifier="monday")
    head = "apiVersion: transom.dev/v1\nkind: Database\n"
    spec = "  tenant: team-a\n  size: small\n"
    again = f'{head}metadata: {{name: again}}\nspec:\n{spec}  engine: mysql\n  version: "8.4"\n  restoreFrom: {{snapshot: monday}}\n'
    then = f'{head}metadata: {{name: then}}\nspec:\n{spec}  version: "16"\n  restoreFrom: {{database: postgres}}\n'
    add(place, "platform/databases/again.yaml", again)
    add(place, "platform/databases/then.yaml", then)
    assert {operation for name, operation in apply(place).items() if name.startswith("Instance/")} == {"create"}
    there = instances(place)
    assert (there["again"]["DBName"], there["then"]["DBName"]) == ("mysql", "postgres")
    assert there["then"]["DeletionProtection"] is True
    assert plan(place) == {}
    place.edit("platform/databases/again.yaml", "  restoreFrom: {snapshot: monday}\n", "")
    assert plan(place) == {}, "a document may forget what it was restored from"


def test_drift_and_deletion(place: Workplace) -> None:
    """What a hand changed is found and put back; a database goes only after its document has let it go, and leaves a snapshot behind."""
    apply(place)
    rds = place.aws("rds")
    rds.modify_db_instance(DBInstanceIdentifier=f"{PREFIX}mariadb", BackupRetentionPeriod=1, ApplyImmediately=True)
    sent = [{"ParameterName": "slow_query_log", "ParameterValue": "0", "ApplyMethod": "immediate"}]
    rds.modify_db_parameter_group(DBParameterGroupName=f"{PREFIX}mysql-mysql8-4", Parameters=sent)
    report = place.json("transom", "drift", "databases", "--detailed-exitcode", code=2)
    assert {(one["type"].rpartition(":")[2], one["name"]) for one in report["findings"]} == {
        ("Instance", "mariadb"),
        ("ParameterGroup", "mysql"),
    }
    place.run("transom", "apply", "databases", "--refresh")
    assert "no drift" in place.run("transom", "drift", "databases").stdout

    document = place.root / "platform/databases/mariadb.yaml"
    text = document.read_text(encoding="utf-8")
    document.unlink()
    refused = place.run("transom", "apply", "databases", code=None)
    assert refused.returncode != 0
    assert "mariadb" in refused.stdout + refused.stderr
    assert "mariadb" in instances(place)
    until = (datetime.now(UTC) + timedelta(days=7)).date()
    document.write_text(f"{text}  deletionPolicy: Delete\n  allowDeletionUntil: {until}\n", encoding="utf-8")
    place.run("transom", "apply", "databases")
    document.unlink()
    gone = apply(place)
    assert gone["Instance/mariadb"] == "delete"
    assert "mariadb" not in instances(place)
    [snapshot] = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == f"{PREFIX}mariadb-final-{until:%Y%m%d}"


def test_in_the_cluster(place: Workplace, tmp_path: Path) -> None:
    """PostgreSQL in a pod of a restricted namespace, with its volumes, one password for as long as it lives, and the same binding."""
    for name in ("mysql", "mariadb"):
        (place.root / f"platform/databases/{name}.yaml").unlink()
    place.edit("platform/applications/shop/application.yaml", "    - {database: mysql, as: files}\n", "")
    place.edit(POSTGRES, "size: small", "size: pod")
    for name in ("first", "second"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(VOLUME.format(name=name), encoding="utf-8")
        place.kubectl("main", "apply", "-f", str(file))
    made = apply(place)
    assert made["StatefulSet/main/shop/postgres-database"] == "create"
    assert not [name for name in made if name.startswith("Instance/")]
    assert "1/1" in place.kubectl("main", "get", "statefulset", "-n", "shop", "postgres-database")
    claims = json.loads(place.kubectl("main", "get", "pvc", "-n", "shop", "-o", "json"))["items"]
    assert {(one["metadata"]["name"], one["status"]["phase"]) for one in claims} == {
        ("data-postgres-database-0", "Bound"), ("postgres-database-backups", "Bound")
    }  # fmt: skip
    first = bound(place, "postgres")
    assert first["DATABASE_HOST"] == "postgres-database.shop.svc"
    assert len(first["DATABASE_PASSWORD"]) >= 32
    assert plan(place) == {}
    assert bound(place, "postgres") == first

    place.edit(POSTGRES, "size: pod", "size: pod\n  parameters: {work_mem: 8192}")
    assert "its pods are replaced" in place.run("transom", "plan", "databases").stdout
    assert apply(place) == {"StatefulSet/main/shop/postgres-database": "update"}
    place.kubectl("main", "scale", "-n", "shop", "statefulset/postgres-database", "--replicas=0")
    assert "spec.replicas" in place.run("transom", "drift", "databases", "--detailed-exitcode", code=2).stdout
    place.run("transom", "apply", "databases", "--refresh")
    assert bound(place, "postgres") == first
    (place.root / POSTGRES).unlink()
    place.edit("platform/applications/shop/application.yaml", "  bindings:\n    - database: postgres\n", "")
    refused = place.run("transom", "apply", "databases", code=None)
    assert refused.returncode != 0
    assert "postgres" in refused.stdout + refused.stderr
    assert "postgres-database" in place.kubectl("main", "get", "statefulset", "-n", "shop")
