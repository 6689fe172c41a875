"""ElastiCache replication groups: shards of a primary and its replicas each. What replaces is what the provider's source forces new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props, RefusedError
from sandbox.plugins.aws.resources.elasticache import retag, tags_of
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, matches, one_of

_SENT: Final = {
    "atRestEncryptionEnabled": "AtRestEncryptionEnabled",
    "authToken": "AuthToken",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "clusterMode": "ClusterMode",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "kmsKeyId": "KmsKeyId",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAzEnabled": "MultiAZEnabled",
    "nodeType": "CacheNodeType",
    "numCacheClusters": "NumCacheClusters",
    "numNodeGroups": "NumNodeGroups",
    "parameterGroupName": "CacheParameterGroupName",
    "port": "Port",
    "replicasPerNodeGroup": "ReplicasPerNodeGroup",
    "securityGroupIds": "SecurityGroupIds",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotWindow": "SnapshotWindow",
    "subnetGroupName": "CacheSubnetGroupName",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
    "transitEncryptionMode": "TransitEncryptionMode",
}
_CHANGED: Final = {
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "automaticFailoverEnabled": "AutomaticFailoverEnabled",
    "description": "ReplicationGroupDescription",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "multiAzEnabled": "MultiAZEnabled",
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "securityGroupIds": "SecurityGroupIds",
    "snapshotRetentionLimit": "SnapshotRetentionLimit",
    "snapshotWindow": "SnapshotWindow",
    "transitEncryptionEnabled": "TransitEncryptionEnabled",
    "transitEncryptionMode": "TransitEncryptionMode",
}
_BOOLEAN_TEXTS: Final = frozenset({"atRestEncryptionEnabled", "autoMinorVersionUpgrade"})
"""Booleans that the provider's schema has as text, so that unknown and false differ."""
_WAITING: Final = frozenset({"creating", "modifying", "snapshotting", "deleting"})


def _sent(inputs: Mapping[str, Any], names: Mapping[str, str]) -> Props:
    return {
        there: inputs[here] == "true" if here in _BOOLEAN_TEXTS else inputs[here]
        for here, there in names.items()
        if inputs.get(here) is not None
    }


def _create(aws: Aws, inputs: Props) -> str:
    client, id_ = aws.client("elasticache"), str(inputs["replicationGroupId"])
    client.create_replication_group(
        ReplicationGroupId=id_,
        ReplicationGroupDescription=inputs["description"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
        **_sent(inputs, _SENT),
    )
    aws.made(id_)
    _settle(aws, id_)
    return id_


def _found(client: Any, id_: str) -> Props:
    found: Props = client.describe_replication_groups(ReplicationGroupId=id_)["ReplicationGroups"][0]
    return found


def _settle(aws: Aws, id_: str) -> None:
    client = aws.client("elasticache")
    aws.wait(lambda: _found(client, id_)["Status"] not in _WAITING, f"ElastiCache Replication Group ({id_}) to become available")


def _read(aws: Aws, id_: str, _before: Props) -> Props | None:
    client = aws.client("elasticache")
    found = _found(client, id_)
    if found["Status"] == "deleting":
        return None
    if not found["MemberClusters"]:
        raise RefusedError(f"ElastiCache Replication Group ({id_}) has no member clusters")
    member = client.describe_cache_clusters(CacheClusterId=found["MemberClusters"][0])["CacheClusters"][0]
    shard = found["NodeGroups"][0]
    actual = str(member["EngineVersion"])
    return {
        "replicationGroupId": id_,
        "arn": found["ARN"],
        "atRestEncryptionEnabled": _text(found.get("AtRestEncryptionEnabled")),
        "autoMinorVersionUpgrade": _text(found.get("AutoMinorVersionUpgrade")),
        "automaticFailoverEnabled": found.get("AutomaticFailover") in {"enabled", "enabling"},
        "clusterEnabled": bool(found.get("ClusterEnabled")),
        "clusterMode": found.get("ClusterMode"),
        "configurationEndpointAddress": (found.get("ConfigurationEndpoint") or {}).get("Address"),
        "dataTieringEnabled": found.get("DataTiering") == "enabled",
        "description": found["Description"],
        "engine": member["Engine"],
        # From version 7 on the provider tells major and minor, and the whole of it apart.
        "engineVersion": ".".join(actual.split(".")[:2]),
        "engineVersionActual": actual,
        "ipDiscovery": found.get("IpDiscovery"),
        "kmsKeyId": found.get("KmsKeyId"),
        "maintenanceWindow": member.get("PreferredMaintenanceWindow"),
        "memberClusters": sorted(found["MemberClusters"]),
        "multiAzEnabled": found.get("MultiAZ") == "enabled",
        "networkType": found.get("NetworkType"),
        "nodeType": found.get("CacheNodeType"),
        "numCacheClusters": len(found["MemberClusters"]),
        "numNodeGroups": len(found["NodeGroups"]),
        "parameterGroupName": (member.get("CacheParameterGroup") or {}).get("CacheParameterGroupName"),
        "port": (found.get("ConfigurationEndpoint") or shard.get("PrimaryEndpoint") or {}).get("Port"),
        "primaryEndpointAddress": (shard.get("PrimaryEndpoint") or {}).get("Address"),
        "readerEndpointAddress": (shard.get("ReaderEndpoint") or {}).get("Address"),
        "replicasPerNodeGroup": len(shard["NodeGroupMembers"]) - 1,
        "securityGroupIds": sorted(each["SecurityGroupId"] for each in member.get("SecurityGroups") or ()),
        "snapshotRetentionLimit": found.get("SnapshotRetentionLimit"),
        "snapshotWindow": found.get("SnapshotWindow"),
        "subnetGroupName": member.get("CacheSubnetGroupName"),
        "transitEncryptionEnabled": bool(found.get("TransitEncryptionEnabled")),
        "transitEncryptionMode": found.get("TransitEncryptionMode"),
        "tags": tags_of(aws, found["ARN"]),
    }


def _text(value: Any) -> str:
    return "true" if value in {True, "true", "True"} else "false"


def _update(aws: Aws, change: Change) -> None:
    client, id_, new = aws.client("elasticache"), change.id, change.new
    now = {"ApplyImmediately": bool(new.get("applyImmediately"))}
    # More replicas before a failover is switched on, fewer after it is switched off, as the real provider orders them.
    if change.keys & {"numNodeGroups", "clusterMode"}:
        raise RefusedError("the stand-in does not change the number of shards: make the group anew")
    grown = _nodes(new) - _nodes(change.old)
    if grown > 0:
        _resize(aws, id_, _nodes(new))
    wanted = _sent({key: new.get(key) for key in change.keys}, _CHANGED)
    if wanted:
        client.modify_replication_group(ReplicationGroupId=id_, **wanted, **now)
        _settle(aws, id_)
    if grown < 0:
        _resize(aws, id_, _nodes(new))
    if change.keys & {"authToken", "authTokenUpdateStrategy"} and new.get("authToken"):
        strategy = new.get("authTokenUpdateStrategy") or "ROTATE"
        client.modify_replication_group(ReplicationGroupId=id_, AuthToken=new["authToken"], AuthTokenUpdateStrategy=strategy, **now)
        _settle(aws, id_)
    retag(aws, change)


def _nodes(given: Mapping[str, Any]) -> int:
    """Nodes of each shard, the primary included."""
    replicas = given.get("replicasPerNodeGroup")
    if given.get("numCacheClusters") and (given.get("numNodeGroups") or 1) == 1:
        return int(given["numCacheClusters"])
    return 1 + int(replicas or 0)


def _resize(aws: Aws, id_: str, nodes: int) -> None:
    client = aws.client("elasticache")
    have = len(_found(client, id_)["NodeGroups"][0]["NodeGroupMembers"])
    call = client.increase_replica_count if nodes > have else client.decrease_replica_count
    call(ReplicationGroupId=id_, NewReplicaCount=nodes - 1, ApplyImmediately=True)
    _settle(aws, id_)


def _delete(aws: Aws, id_: str, state: Props) -> None:
    client = aws.client("elasticache")
    final = {"FinalSnapshotIdentifier": state["finalSnapshotIdentifier"]} if state.get("finalSnapshotIdentifier") else {}
    client.delete_replication_group(ReplicationGroupId=id_, **final)

    def gone() -> bool:
        try:
            _found(client, id_)
        except client.exceptions.ReplicationGroupNotFoundFault:
            return True
        return False

    aws.wait(gone, f"ElastiCache Replication Group ({id_}) to be deleted")


def _older(old: Any, new: Any) -> bool:
    """Tell whether a version is a downgrade, which only another group can have."""
    try:
        return bool(old and new) and [int(part) for part in str(new).split(".")[:2]] < [int(part) for part in str(old).split(".")[:2]]
    except ValueError:
        return False


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if inputs.get("multiAzEnabled") and not inputs.get("automaticFailoverEnabled"):
        yield "multiAzEnabled", "automatic_failover_enabled must be true if multi_az_enabled is true"
    nodes = inputs.get("numCacheClusters")
    if inputs.get("automaticFailoverEnabled") and isinstance(nodes, int) and nodes < 2:  # noqa: PLR2004 - a primary and one to take over
        yield "numCacheClusters", '"num_cache_clusters": must be at least 2 if automatic_failover_enabled is true'
    if inputs.get("authToken") and inputs.get("transitEncryptionEnabled") is not True:
        yield "authToken", "requires transitEncryptionEnabled"
    if nodes is not None and (inputs.get("numNodeGroups") is not None or inputs.get("replicasPerNodeGroup") is not None):
        yield "numCacheClusters", "conflicts with numNodeGroups and replicasPerNodeGroup"


REPLICATION_GROUP: Final = Entry(
    pulumi="aws:elasticache/replicationGroup:ReplicationGroup",
    terraform="aws_elasticache_replication_group",
    title="ElastiCache Replication Group",
    inputs=("replicationGroupId", "applyImmediately", "authTokenUpdateStrategy", "description", "finalSnapshotIdentifier", "tags", *_SENT),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("replicationGroupId", "atRestEncryptionEnabled", "kmsKeyId", "port", "subnetGroupName"),
    replaces_if={"engineVersion": _older, "engine": lambda old, new: (old, new) == ("valkey", "redis")},
    kept=("applyImmediately", "authToken", "authTokenUpdateStrategy", "finalSnapshotIdentifier"),
    defaults={"automaticFailoverEnabled": False, "multiAzEnabled": False},
    same={"maintenanceWindow": lambda old, new, _state: str(old).lower() == str(new).lower()},
    checks={
        "authToken": matches(r"[A-Za-z0-9!&#$^<>-]{16,128}", "must be 16 to 128 characters of letters, digits and !&#$^<>-"),
        "authTokenUpdateStrategy": one_of("SET", "ROTATE", "DELETE"),
        "clusterMode": one_of("enabled", "disabled", "compatible"),
        "engine": one_of("redis", "valkey"),
        "replicationGroupId": matches(
            r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{0,38}[a-zA-Z0-9]",
            "must be 1 to 40 letters, digits and hyphens, none at the end, no two in a row",
        ),
        "snapshotRetentionLimit": between(0, 35),
        "transitEncryptionMode": one_of("preferred", "required"),
    },
    check=_check,
    gone=("ReplicationGroupNotFoundFault", "ReplicationGroupNotFound"),
    autoname=Autoname("replicationGroupId", 40, lower=True),
)
ENTRIES: Final = (REPLICATION_GROUP,)
