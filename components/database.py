"""Database: PostgreSQL on RDS with a generated password in Secrets Manager.

Follows the AWS Well-Architected security pillar and the RDS security best practices: encrypted at rest, TLS enforced (`rds.force_ssl`), not
public, reachable from its own network only, password generated and kept in Secrets Manager, backups on, deletion protected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.network import Network

PORT = 5432
USER = "transom"
_PASSWORD_LENGTH = 32


@dataclass(frozen=True, slots=True)
class DatabaseArgs:
    """What a database is made of. Sizes in GiB, retention in days, windows in UTC."""

    identifier: str
    """Physical name, unique in the account and region."""
    database: str
    """Name of the database inside the instance."""
    engine_version: str
    instance_class: str
    storage: int
    max_storage: int | None
    multi_az: bool
    backup_retention: int
    backup_window: str | None
    maintenance_window: str | None
    network: Network
    protected: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """Parameter group family, `postgres16` for version 16.4."""
        return f"postgres{self.engine_version.partition('.')[0]}"


class Database(pulumi.ComponentResource):
    """A PostgreSQL instance.

    Attributes:
        host, port, name, user, password, url: the connection; password and url are secrets.
        secret_arn: the Secrets Manager secret that holds user and password.
    """

    host: pulumi.Output[str]
    port: pulumi.Output[int]
    name: pulumi.Output[str]
    user: pulumi.Output[str]
    password: pulumi.Output[str]
    url: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

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
        parameters = aws.rds.ParameterGroup(
            name,
            name=f"{args.identifier}-{args.family}",
            family=args.family,
            description=f"Parameters of {args.identifier}",
            parameters=[{"name": key, "value": value} for key, value in sorted({"rds.force_ssl": "1", **args.parameters}.items())],
            tags=args.tags,
            opts=child,
        )
        instance = aws.rds.Instance(
            name,
            identifier=args.identifier,
            engine="postgres",
            engine_version=args.engine_version,
            instance_class=args.instance_class,
            allocated_storage=never_less(args.identifier, args.storage, self),
            max_allocated_storage=args.max_storage,
            storage_type="gp3",
            storage_encrypted=True,
            db_name=args.database,
            username=USER,
            password=self.password,
            port=PORT,
            multi_az=args.multi_az,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group.id],
            parameter_group_name=parameters.name,
            publicly_accessible=False,
            backup_retention_period=args.backup_retention,
            backup_window=args.backup_window,
            maintenance_window=args.maintenance_window,
            auto_minor_version_upgrade=True,
            copy_tags_to_snapshot=True,
            deletion_protection=args.protected,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{args.identifier}-final",
            apply_immediately=True,
            tags=args.tags,
            opts=child,
        )
        self.host, self.port, self.name, self.user = instance.address, instance.port, instance.db_name, instance.username
        self.url = pulumi.Output.secret(
            pulumi.Output.format("postgresql://{}:{}@{}:{}/{}?sslmode=require", self.user, self.password, self.host, self.port, self.name)
        )
        self.register_outputs({"host": self.host, "port": self.port, "name": self.name, "user": self.user, "secretArn": self.secret_arn})

    def _credentials(self, name: str, args: DatabaseArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str | None]:
        """User and password as JSON, generated once: later runs keep what is in the state, whatever they draw."""
        drawn = aws.secretsmanager.get_random_password_output(
            password_length=_PASSWORD_LENGTH, exclude_punctuation=True, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        secret = aws.secretsmanager.Secret(
            name, name=f"transom/{args.identifier}", description=f"Credentials of database {args.identifier}", tags=args.tags, opts=child
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(
                drawn.random_password.apply(lambda password: json.dumps({"username": USER, "password": password, "engine": "postgres"}))
            ),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"]),
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
            description="PostgreSQL from the network",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            cidr_ipv4=args.network.cidr,
            tags=args.tags,
            opts=child,
        )
        return group


def never_less(identifier: str, storage: int, parent: pulumi.Resource) -> pulumi.Output[int]:
    """`storage`, or what the instance has by now when that is more: RDS refuses to shrink (RDS: working with storage), so we never try."""
    opts = pulumi.InvokeOutputOptions(parent=parent)

    def at_least(identifiers: Sequence[str]) -> pulumi.Input[int]:
        if identifier not in identifiers:
            return storage
        live: pulumi.Output[int] = aws.rds.get_instance_output(db_instance_identifier=identifier, opts=opts).allocated_storage
        return live.apply(lambda size: _larger(identifier, storage, size, parent))

    found = aws.rds.get_instances_output(filters=[{"name": "db-instance-id", "values": [identifier]}], opts=opts)
    identifiers: pulumi.Output[Sequence[str]] = found.instance_identifiers
    return identifiers.apply(at_least)


def _larger(identifier: str, wanted: int, live: int, resource: pulumi.Resource) -> int:
    if live > wanted:
        told = f"{identifier} has {live} GiB, its document says {wanted}: storage cannot shrink; write storage: {live}Gi"
        pulumi.log.warn(told, resource)
    return max(wanted, live)
