"""PostgreSQL in the cluster: a database for environments that need none of RDS.

Follows the Kubernetes Pod Security Standards (restricted), "StatefulSet basics" and "Run a replicated stateful application" (a headless
Service, a volume claim per pod, probes that ask the database itself), and PostgreSQL's own `pg_dump` for backups. One pod: whoever needs
a standby takes RDS.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster import ClusterConnection
from components.objects import MANAGED_BY, SKIP_AWAIT, KubernetesObject, ObjectArgs, register

PORT = 5432
USER = "transom"
_UID = 999
"""User and group `postgres` of the official image (Debian)."""
_DATA = "/var/lib/postgresql/data"
_BACKUPS = "/backups"
_PASSWORD_BYTES = 24
_GRACE = 120
"""Seconds that a shutdown may take: PostgreSQL ends transactions and writes a checkpoint."""


@dataclass(frozen=True, slots=True)
class InClusterDatabaseArgs:
    """What it is made of. Storage in GiB, retention in days."""

    environment: str
    tenant: str
    cluster: str
    connection: ClusterConnection
    namespace: str
    database: str
    """Name of the database inside."""
    image: str
    """With its tag."""
    cpu: str
    memory: str
    storage: int
    storage_class: str | None
    backup_retention: int
    backup_schedule: str
    """When a backup is taken, as cron has it, in UTC."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[pulumi.Resource] = ()
    """What must be there first: the namespace."""


class InClusterDatabase(pulumi.ComponentResource):
    """A PostgreSQL server in a pod, with its volume and a nightly dump.

    Attributes:
        host, port, name, user, password, url: the connection; password and url are secrets.
        objects: everything it consists of.
        type: what clients call its protocol.
        secret_arn, replica_hosts: as a Database has them: there is neither.
    """

    host: pulumi.Output[str]
    port: pulumi.Output[int]
    name: pulumi.Output[str]
    user: pulumi.Output[str]
    password: pulumi.Output[str]
    url: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    objects: list[KubernetesObject]
    type = "postgresql"

    def __init__(self, name: str, args: InClusterDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:kubernetes:Database", name, None, opts)
        full = f"{name}-database"
        labels = {
            **MANAGED_BY,
            "transom.dev/tenant": args.tenant,
            "transom.dev/environment": args.environment,
            "transom.dev/database": name,
        }
        options = pulumi.ResourceOptions(parent=self, provider=args.connection.provider)
        [credentials] = register(args.cluster, [ObjectArgs(_credentials(full), args.namespace, labels, ["data"])], options, args.after)
        kept: pulumi.Output[Mapping[str, str]] = credentials.data  # type: ignore[attr-defined]  # an output of every Secret
        self.password = pulumi.Output.secret(kept.apply(lambda data: base64.b64decode((data or {}).get("password", "")).decode()))
        pods = {"transom.dev/database": name, "app.kubernetes.io/name": "postgres"}
        parts = (
            _service(full, pods),
            _way_in(full, pods, args),
            _server(full, pods, args),
            _backup_volume(full, args),
            _backups(full, name, args),
        )
        declared = [ObjectArgs(data, args.namespace, labels) for data in parts]
        self.objects = [credentials, *register(args.cluster, declared, options, [credentials])]
        self.host = pulumi.Output.from_input(f"{full}.{args.namespace}.svc")
        self.port = pulumi.Output.from_input(PORT)
        self.name, self.user = pulumi.Output.from_input(args.database), pulumi.Output.from_input(USER)
        self.secret_arn = pulumi.Output.from_input("")
        self.url = pulumi.Output.secret(
            pulumi.Output.format("postgresql://{}:{}@{}:{}/{}?sslmode=prefer", self.user, self.password, self.host, self.port, self.name)
        )
        self.register_outputs({"host": self.host, "port": self.port, "name": self.name, "user": self.user, "secretArn": self.secret_arn})


def _credentials(name: str) -> dict[str, Any]:
    """A password drawn anew in each run, of which the first stays: `data` is passed over afterwards."""
    drawn = secrets.token_urlsafe(_PASSWORD_BYTES)
    text = pulumi.Output.secret(base64.b64encode(drawn.encode()).decode())
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": "Opaque", "data": {"password": text}}


def _service(name: str, pods: Mapping[str, str]) -> dict[str, Any]:
    """Headless, so that the name leads to the pod itself; published before it is ready, since there is no other to be led to."""
    ports = [{"name": "postgresql", "port": PORT, "targetPort": "postgresql"}]
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": dict(pods), "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _way_in(name: str, pods: Mapping[str, str], args: InClusterDatabaseArgs) -> dict[str, Any]:
    """The tenant's own namespaces reach its port, nothing else does, and it reaches nobody."""
    own = {"namespaceSelector": {"matchLabels": {"transom.dev/tenant": args.tenant}}}
    here: dict[str, Any] = {"podSelector": {}}
    spec = {
        "podSelector": {"matchLabels": dict(pods)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [here, own], "ports": [{"protocol": "TCP", "port": PORT}]}],
        "egress": [],
    }
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def _container_security() -> dict[str, Any]:
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def _pod_security() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": _UID,
        "runAsGroup": _UID,
        "fsGroup": _UID,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _password(name: str, variable: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}}


def _probe(**more: int) -> dict[str, Any]:
    return {"exec": {"command": ["pg_isready", "--username", USER, "--host", "127.0.0.1"]}, "timeoutSeconds": 5, **more}


def _server(name: str, pods: Mapping[str, str], args: InClusterDatabaseArgs) -> dict[str, Any]:
    container = {
        "name": "postgres",
        "image": args.image,
        "args": [part for key, value in sorted(args.parameters.items()) for part in ("-c", f"{key}={value}")],
        "env": [
            {"name": "POSTGRES_USER", "value": USER},
            {"name": "POSTGRES_DB", "value": args.database},
            {"name": "POSTGRES_INITDB_ARGS", "value": "--auth-host=scram-sha-256 --data-checksums"},
            {"name": "PGDATA", "value": f"{_DATA}/pgdata"},
            _password(name, "POSTGRES_PASSWORD"),
        ],
        "ports": [{"name": "postgresql", "containerPort": PORT}],
        "resources": {"requests": {"cpu": args.cpu, "memory": args.memory}, "limits": {"memory": args.memory}},
        "startupProbe": _probe(periodSeconds=5, failureThreshold=60),
        "readinessProbe": _probe(periodSeconds=10),
        "livenessProbe": _probe(periodSeconds=10, failureThreshold=6),
        "securityContext": _container_security(),
        "volumeMounts": [
            {"name": "data", "mountPath": _DATA},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - as above
        ],
    }
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE,
        "securityContext": _pod_security(),
        "containers": [container],
        "volumes": [
            {"name": "run", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        ],
    }
    spec = {
        "serviceName": name,
        "replicas": 1,
        "selector": {"matchLabels": dict(pods)},
        "template": {"metadata": {"labels": dict(pods)}, "spec": pod},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": _claim(args)}],
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    }
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": spec}


def _claim(args: InClusterDatabaseArgs) -> dict[str, Any]:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{args.storage}Gi"}}}
    return asked if args.storage_class is None else {**asked, "storageClassName": args.storage_class}


def _backup_volume(name: str, args: InClusterDatabaseArgs) -> dict[str, Any]:
    """A volume apart from the data's. Not waited for: many are made only once a pod asks for them, which the first backup does."""
    metadata = {"name": f"{name}-backups", "annotations": {SKIP_AWAIT: "true"}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": _claim(args)}


_DUMP = """\
set -eu
file="$BACKUPS/$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump --format=custom --no-owner --file="$file.part"
mv "$file.part" "$file"
find "$BACKUPS" -name '*.dump' -mtime "+$RETENTION" -delete
find "$BACKUPS" -name '*.part' -mtime +1 -delete
"""
"""A dump is there whole or not at all; older ones go only after a new one is there."""


def _backups(name: str, database: str, args: InClusterDatabaseArgs) -> dict[str, Any]:
    container = {
        "name": "dump",
        "image": args.image,
        "command": ["sh", "-c", _DUMP],
        "env": [
            {"name": "PGHOST", "value": name},
            {"name": "PGUSER", "value": USER},
            {"name": "PGDATABASE", "value": args.database},
            _password(name, "PGPASSWORD"),
            {"name": "BACKUPS", "value": _BACKUPS},
            {"name": "RETENTION", "value": str(args.backup_retention)},
        ],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": _container_security(),
        "volumeMounts": [{"name": "backups", "mountPath": _BACKUPS}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": _pod_security(),
        "containers": [container],
        "volumes": [{"name": "backups", "persistentVolumeClaim": {"claimName": f"{name}-backups"}}],
    }
    labels = {"transom.dev/backup-of": database}
    spec = {
        "schedule": args.backup_schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": {"backoffLimit": 2, "template": {"metadata": {"labels": labels}, "spec": pod}}},
    }
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": f"{name}-backups"}, "spec": spec}
