"""Cache: Valkey or Redis on ElastiCache, with a generated token.

Follows the ElastiCache security best practices and the AWS Foundational Security Best Practices: encrypted in transit and at rest (controls
ElastiCache.4 and .5), a token in front (.6), backups (.1), minor versions by themselves (.2), automatic failover where there is a replica
(.3), reachable from its own network only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.network import Network

PORT = 6379
_TOKEN_LENGTH = 64


@dataclass(frozen=True, slots=True)
class CacheArgs:
    """What a cache is made of. Retention in days, windows in UTC."""

    identifier: str
    """Physical name, unique in account and region, at most 40 characters."""
    engine: str
    """`valkey` or `redis`."""
    engine_version: str
    node_type: str
    replicas: int
    """Of each shard, beside its primary; with at least one there are two zones and automatic failover."""
    shards: int
    """More than one is cluster mode, which clients must know."""
    network: Network
    protected: bool
    snapshot_retention: int = 7
    snapshot_window: str | None = None
    maintenance_window: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """Parameter group family, `valkey8` for version 8.0."""
        return f"{self.engine}{self.engine_version.partition('.')[0]}"


class Cache(pulumi.ComponentResource):
    """A replication group.

    Attributes:
        host, port, token, url: the connection, over TLS; token and url are secrets. In cluster mode the host tells of the others.
        secret_arn: the Secrets Manager secret that holds the token.
    """

    host: pulumi.Output[str]
    port: pulumi.Output[int]
    token: pulumi.Output[str]
    url: pulumi.Output[str]
    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Cache", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.token = self._token(name, args)
        subnets = aws.elasticache.SubnetGroup(
            name,
            name=args.identifier,
            description=f"Subnets of {args.identifier}",
            subnet_ids=args.network.subnet_ids,
            tags=args.tags,
            opts=child,
        )
        # Its family is in its name: an upgrade makes the new one before the old one goes.
        parameters = aws.elasticache.ParameterGroup(
            name,
            name=f"{args.identifier}-{args.family}",
            family=args.family,
            description=f"Parameters of {args.identifier}",
            parameters=[{"name": key, "value": value} for key, value in sorted({**_mode(args), **args.parameters}.items())],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=False),
        )
        group = self._security_group(name, args)
        several = args.replicas > 0
        cache = aws.elasticache.ReplicationGroup(
            name,
            replication_group_id=args.identifier,
            description=f"Cache {args.identifier}",
            engine=args.engine,
            engine_version=args.engine_version,
            node_type=args.node_type,
            automatic_failover_enabled=several or args.shards > 1,  # which cluster mode always has
            multi_az_enabled=several,
            **_nodes(args),
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            port=PORT,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=self.token,
            auth_token_update_strategy="ROTATE",  # noqa: S106 - no token: how a new one takes the old one's place
            snapshot_retention_limit=args.snapshot_retention,
            snapshot_window=args.snapshot_window,
            final_snapshot_identifier=f"{args.identifier}-final" if args.snapshot_retention else None,
            maintenance_window=args.maintenance_window,
            auto_minor_version_upgrade=True,
            apply_immediately=True,
            tags=args.tags,
            opts=child,
        )
        self.host = cache.configuration_endpoint_address if args.shards > 1 else cache.primary_endpoint_address
        self.port = cache.port.apply(lambda port: port or PORT)
        self.url = pulumi.Output.secret(pulumi.Output.format("rediss://:{}@{}:{}", self.token, self.host, self.port))
        self.register_outputs({"host": self.host, "port": self.port, "secretArn": self.secret_arn})

    def _token(self, name: str, args: CacheArgs) -> pulumi.Output[str]:
        """The token, generated once: later runs keep what is in the state, whatever they draw."""
        drawn = aws.secretsmanager.get_random_password_output(
            password_length=_TOKEN_LENGTH, exclude_punctuation=True, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name, name=f"transom/{args.identifier}-cache", description=f"Token of cache {args.identifier}", tags=args.tags, opts=child
        )
        version = aws.secretsmanager.SecretVersion(
            name,
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(drawn.random_password),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"]),
        )
        self.secret_arn = secret.arn
        return pulumi.Output.secret(version.secret_string.apply(lambda text: str(text or "")))

    def _security_group(self, name: str, args: CacheArgs) -> aws.ec2.SecurityGroup:
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            name,
            name=f"{args.identifier}-cache",
            description=f"Connections to cache {args.identifier}",
            vpc_id=args.network.vpc_id,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=group.id,
            description="Cache from the network",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            cidr_ipv4=args.network.cidr,
            tags=args.tags,
            opts=child,
        )
        return group


def _nodes(args: CacheArgs) -> dict[str, int | str]:
    if args.shards == 1:
        return {"num_cache_clusters": 1 + args.replicas}
    return {"cluster_mode": "enabled", "num_node_groups": args.shards, "replicas_per_node_group": args.replicas}


def _mode(args: CacheArgs) -> dict[str, str]:
    """The one parameter that says how many shards there may be (ElastiCache: cluster-enabled)."""
    return {"cluster-enabled": "yes"} if args.shards > 1 else {}
