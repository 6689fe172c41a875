"""Database: PostgreSQL, MySQL or MariaDB on RDS with a generated password in Secrets Manager.

Follows the AWS Well-Architected security and reliability pillars and the RDS security best practices: encrypted at rest, TLS enforced
(`rds.force_ssl`, `require_secure_transport`), not public, reachable from its own network only, password generated and kept in Secrets
Manager, backups on, logs sent to CloudWatch, deletion protected and preceded by a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import rdslive
from components.network import Network

USER = "transom"
_PASSWORD_LENGTH = 32
_INSIGHTS_RETENTION = 7
"""Days of Performance Insights that cost nothing."""
_ONCE = ["snapshotIdentifier", "restoreToPointInTime", "dbName", "username"]
"""Inputs that say what an instance begins with. A change of one would replace it; a document that no longer says what it was restored
from means the same instance."""


@dataclass(frozen=True, slots=True)
class EngineArgs:
    """What is particular to an engine.

    Attributes:
        name: as RDS calls it.
        word: as people call it.
        family: of the parameter group, `postgres16`.
        depth: how many numbers of a version name its major version.
        port: where it listens.
        scheme, demand: beginning and query of its address; the latter asks for TLS.
    """

    name: str
    word: str
    family: str
    depth: int
    port: int
    scheme: str
    demand: str


@dataclass(frozen=True, slots=True)
class ParameterArgs:
    """A parameter's value, and whether it waits for a restart."""

    value: str
    static: bool = False


@dataclass(frozen=True, slots=True)
class VolumeArgs:
    """Storage: sizes in GiB, throughput in MiB/s."""

    size: int
    limit: int | None
    """Up to where it grows by itself."""
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    key: str | None = None
    """ARN of the key that encrypts it; the account's own key for RDS when None."""


@dataclass(frozen=True, slots=True)
class OriginArgs:
    """What a new instance begins with: a snapshot, or another instance at a moment (UTC; None: the latest)."""

    snapshot: str | None = None
    instance: str | None = None
    moment: str | None = None


@dataclass(frozen=True, slots=True)
class DatabaseArgs:
    """What a database is made of. Retention in days, windows in UTC."""

    identifier: str
    """Physical name, unique in the account and region."""
    database: str
    """Name of the database inside the instance."""
    engine: EngineArgs
    version: str
    pinned: bool
    """Whether the version is an exact one, so that minor versions do not follow by themselves."""
    instance_class: str
    volume: VolumeArgs
    multi_az: bool
    backup_retention: int
    backup_window: str | None
    maintenance_window: str | None
    network: Network
    protected: bool
    final_snapshot: str
    """Name of the snapshot that a deletion takes."""
    parameters: Mapping[str, ParameterArgs] = field(default_factory=dict)
    replicas: int = 0
    at_once: bool = True
    """Whether changes that interrupt are made at once, and not in the maintenance window."""
    major: bool = False
    """Whether another major version was asked for."""
    rotation: str = ""
    """What the present password is called; another name draws another."""
    origin: OriginArgs | None = None
    logs: Sequence[str] = ()
    log_retention: int | None = None
    """Days; None leaves the log groups to RDS, which keeps everything."""
    insights: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


class Database(pulumi.ComponentResource):
    """An instance of RDS, with its replicas.

    Attributes:
        host, port, name, user, password, url: the connection; password and url are secrets.
        replica_hosts: where the replicas are; empty without any.
        secret_arn: the Secrets Manager secret that holds user and password.
        type: what clients call its protocol, `postgresql` or `mysql`.
        demand: query of an address that asks for TLS.
    """

    host: pulumi.Output[str]
    port: pulumi.Output[int]
    name: pulumi.Output[str]
    user: pulumi.Output[str]
    password: pulumi.Output[str]
    url: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    replica_hosts: list[pulumi.Output[str]]
    type: str
    demand: str

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        credentials = self._credentials(name, args, child)
        self.password = pulumi.Output.secret(credentials.apply(lambda text: str(json.loads(text or "{}")["password"])))
        subnets = aws.rds.SubnetGroup(
            name,
            name=args.identifier,
            description=f"Subnets of {args.identifier}",
            subnet_ids=args.network.subnet_ids,
            tags=args.tags,
            opts=child,
        )
        group = self._security_group(name, args, child)
        parameters = self._parameter_group(name, args)
        live = rdslive.settled(
            rdslive.Wanted(args.identifier, args.engine.word, args.version, args.engine.depth, args.volume.size, args.major), self
        )
        instance = aws.rds.Instance(
            name,
            identifier=args.identifier,
            engine=args.engine.name,
            engine_version=live.version,
            allow_major_version_upgrade=args.major or None,
            instance_class=args.instance_class,
            allocated_storage=live.storage,
            **_volume(args.volume),
            kms_key_id=args.volume.key,
            **_beginning(args),
            password=self.password,
            port=args.engine.port,
            multi_az=args.multi_az,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group.id],
            parameter_group_name=parameters.name,
            publicly_accessible=False,
            backup_retention_period=args.backup_retention,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            auto_minor_version_upgrade=not args.pinned,
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=sorted(args.logs),
            **_insights(args),
            deletion_protection=args.protected,
            skip_final_snapshot=False,
            final_snapshot_identifier=args.final_snapshot,
            apply_immediately=args.at_once,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=_ONCE, depends_on=self._log_groups(name, args, child)),
        )
        self.replica_hosts = [
            _replica(f"{name}-replica-{number}", f"{args.identifier}-replica-{number}", args, (instance, parameters, group), self).address
            for number in range(1, args.replicas + 1)
        ]
        self.host, self.port, self.name, self.user = instance.address, instance.port, instance.db_name, instance.username
        self.type, self.demand = args.engine.scheme, args.engine.demand
        address = f"{args.engine.scheme}://{{}}:{{}}@{{}}:{{}}/{{}}?{args.engine.demand}"
        self.url = pulumi.Output.secret(pulumi.Output.format(address, self.user, self.password, self.host, self.port, self.name))
        self.register_outputs({"host": self.host, "port": self.port, "name": self.name, "user": self.user, "secretArn": self.secret_arn})

    def _credentials(self, name: str, args: DatabaseArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str | None]:
        """User and password as JSON, generated once: later runs keep what is in the state, whatever they draw.

        A rotation is another version in the state, so that only there a new drawing counts. The version before it leaves the state and
        stays in Secrets Manager as `AWSPREVIOUS`; the secret's own protection keeps all of them.
        """
        drawn = aws.secretsmanager.get_random_password_output(
            password_length=_PASSWORD_LENGTH, exclude_punctuation=True, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        secret = aws.secretsmanager.Secret(
            name, name=f"transom/{args.identifier}", description=f"Credentials of database {args.identifier}", tags=args.tags, opts=child
        )
        version = aws.secretsmanager.SecretVersion(
            f"{name}-{args.rotation}" if args.rotation else name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(
                drawn.random_password.apply(
                    lambda password: json.dumps({"username": USER, "password": password, "engine": args.engine.name})
                )
            ),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"], protect=False, retain_on_delete=True),
        )
        self.secret_arn = secret.arn
        stored: pulumi.Output[str | None] = version.secret_string
        return stored

    def _security_group(self, name: str, args: DatabaseArgs, child: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            name,
            name=f"{args.identifier}-database",
            description=f"Connections to database {args.identifier}",
            vpc_id=args.network.vpc_id,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            description=f"{args.engine.word} from the network",
            ip_protocol="tcp",
            from_port=args.engine.port,
            to_port=args.engine.port,
            cidr_ipv4=args.network.cidr,
            tags=args.tags,
            opts=child,
        )
        return group

    def _parameter_group(self, name: str, args: DatabaseArgs) -> aws.rds.ParameterGroup:
        """Not protected: it holds no data, RDS lets none go that is in use, and a major upgrade needs another one, of another family."""
        return aws.rds.ParameterGroup(
            name,
            name=f"{args.identifier}-{args.engine.family.replace('.', '-')}",
            family=args.engine.family,
            description=f"Parameters of {args.identifier}",
            parameters=[
                {"name": key, "value": one.value, **({"apply_method": "pending-reboot"} if one.static else {})}
                for key, one in sorted(args.parameters.items())
            ],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=False),
        )

    def _log_groups(self, name: str, args: DatabaseArgs, child: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        """The groups that RDS would otherwise make without an end of their keeping (RDS: publishing database logs)."""
        if args.log_retention is None:
            return []
        return [
            aws.cloudwatch.LogGroup(
                f"{name}-{log}",
                name=f"/aws/rds/instance/{args.identifier}/{log}",
                retention_in_days=args.log_retention,
                tags=args.tags,
                opts=child,
            )
            for log in sorted(args.logs)
        ]


def _volume(args: VolumeArgs) -> dict[str, object]:
    return {
        "max_allocated_storage": args.limit,
        "storage_type": args.type,
        "iops": args.iops,
        "storage_throughput": args.throughput,
        "storage_encrypted": True,
    }


def _beginning(args: DatabaseArgs) -> dict[str, object]:
    """What a new instance begins with; one that is restored has its databases and users from there."""
    origin = args.origin
    if origin is None:
        return {"db_name": args.database, "username": USER}
    if origin.snapshot:
        return {"snapshot_identifier": origin.snapshot}
    when = {"restore_time": origin.moment} if origin.moment else {"use_latest_restorable_time": True}
    return {"restore_to_point_in_time": {"source_db_instance_identifier": origin.instance, **when}}


def _insights(args: DatabaseArgs) -> dict[str, object]:
    """Performance Insights is on or off; its history has a length only where it is on."""
    if not args.insights:
        return {"performance_insights_enabled": False}
    return {"performance_insights_enabled": True, "performance_insights_retention_period": _INSIGHTS_RETENTION}


def _replica(
    name: str,
    identifier: str,
    args: DatabaseArgs,
    of: tuple[aws.rds.Instance, aws.rds.ParameterGroup, aws.ec2.SecurityGroup],
    parent: pulumi.Resource,
) -> aws.rds.Instance:
    """A copy to read from. What it holds is the primary's, so that it is not protected, and RDS takes no snapshot at its end."""
    primary, parameters, group = of
    return aws.rds.Instance(
        name,
        identifier=identifier,
        replicate_source_db=primary.identifier,
        instance_class=args.instance_class,
        **_volume(args.volume),
        vpc_security_group_ids=[group.id],
        parameter_group_name=parameters.name,
        publicly_accessible=False,
        maintenance_window=args.maintenance_window,
        auto_minor_version_upgrade=not args.pinned,
        copy_tags_to_snapshot=True,
        enabled_cloudwatch_logs_exports=sorted(args.logs),
        **_insights(args),
        skip_final_snapshot=True,
        apply_immediately=args.at_once,
        tags=args.tags,
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
