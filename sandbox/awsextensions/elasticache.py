"""ElastiCache in moto: parameter groups, members of replication groups, and changes and deletions that moto does not have.

Source: the Amazon ElastiCache API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MODIFIED: Final = {
    "SecurityGroupIds": "security_group_ids",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SnapshotWindow": "snapshot_window",
    "NotificationTopicArn": "notification_topic_arn",
    "TransitEncryptionMode": "transit_encryption_mode",
    "LogDeliveryConfigurations": "log_delivery_configurations",
}


def mend() -> None:
    """Puts the operations into moto's ElastiCache. Safe to call twice."""
    from moto.elasticache.responses import ElastiCacheResponse

    if hasattr(ElastiCacheResponse, "create_cache_parameter_group"):
        return
    operations = {name: value for name, value in vars(_Operations).items() if not name.startswith("__")}
    for name, operation in operations.items():
        original = getattr(ElastiCacheResponse, name, None)
        if original is not None:
            setattr(ElastiCacheResponse, f"_moto_{name}", original)
        setattr(ElastiCacheResponse, name, operation)


class _Operations:
    """Methods of moto's ElastiCacheResponse: `self` is one of it."""

    def create_cache_parameter_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        groups, name = _groups(self), self._get_param("CacheParameterGroupName").lower()
        if name in groups:
            raise _refused("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists")
        backend = self.elasticache_backend
        group = {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": self._get_param("CacheParameterGroupFamily"),
            "Description": self._get_param("Description"),
            "IsGlobal": False,
            "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}",
            "_set": {},
        }
        groups[name] = group
        if self._get_param("Tags"):
            backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags"))
        return ActionResult({"CacheParameterGroup": group})

    def describe_cache_parameter_groups(self: Any) -> Any:
        from moto.core.responses import ActionResult

        name = self._get_param("CacheParameterGroupName")
        found = [_group(self, name)] if name else list(_groups(self).values())
        return ActionResult({"CacheParameterGroups": found})

    def describe_cache_parameters(self: Any) -> Any:
        from moto.core.responses import ActionResult

        group = _group(self, self._get_param("CacheParameterGroupName"))
        listed = [{"ParameterName": key, "ParameterValue": value, "Source": "user"} for key, value in sorted(group["_set"].items())]
        return ActionResult({"Parameters": listed if self._get_param("Source") in {None, "user"} else []})

    def modify_cache_parameter_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        group = _group(self, self._get_param("CacheParameterGroupName"))
        for each in self._get_param("ParameterNameValues") or ():
            group["_set"][each["ParameterName"]] = each["ParameterValue"]
        return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})

    def reset_cache_parameter_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        group = _group(self, self._get_param("CacheParameterGroupName"))
        if self._get_bool_param("ResetAllParameters"):
            group["_set"].clear()
        for each in self._get_param("ParameterNameValues") or ():
            group["_set"].pop(each["ParameterName"], None)
        return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})

    def delete_cache_parameter_group(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        name = _group(self, self._get_param("CacheParameterGroupName"))["CacheParameterGroupName"]
        if any(each.cache_parameter_group_name == name for each in self.elasticache_backend.replication_groups.values()):
            raise _refused("InvalidCacheParameterGroupState", f"One or more cache clusters are still members of {name}")
        del _groups(self)[name]
        return EmptyResult()

    def list_tags_for_resource(self: Any) -> Any:
        from moto.core.responses import ActionResult

        arn = self._get_param("ResourceName")
        if arn not in {group["ARN"] for group in _groups(self).values()}:
            return self._moto_list_tags_for_resource()
        return ActionResult({"TagList": self.elasticache_backend.tagging_service.list_tags_for_resource(arn)["Tags"]})

    def modify_cache_subnet_group(self: Any) -> Any:
        from moto.core.responses import ActionResult
        from moto.elasticache.models import CacheSubnetGroup

        backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
        old = backend.describe_cache_subnet_groups(name)[0]
        made = CacheSubnetGroup(
            account_id=backend.account_id,
            region_name=backend.region_name,
            cache_subnet_group_name=name,
            cache_subnet_group_description=self._get_param("CacheSubnetGroupDescription", old.cache_subnet_group_description),
            subnet_ids=self._get_param("SubnetIds") or old.subnet_ids,
            tags=old.tags,
        )
        backend.cache_subnet_groups[name] = made
        return ActionResult({"CacheSubnetGroup": made})

    def delete_cache_subnet_group(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
        backend.describe_cache_subnet_groups(name)  # one that does not exist is refused
        if any(each.cache_subnet_group_name == name for each in backend.replication_groups.values()):
            raise _refused("CacheSubnetGroupInUse", f"Cache subnet group {name} is currently in use by a cache cluster.")
        del backend.cache_subnet_groups[name]
        return EmptyResult()

    def create_replication_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        self._moto_create_replication_group()
        group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
        group.auto_minor_version_upgrade = self._get_bool_param("AutoMinorVersionUpgrade", if_none=True)
        group.transit_encryption_mode = group.transit_encryption_mode or ("required" if group.transit_encryption_enabled else None)
        group.preferred_maintenance_window = group.preferred_maintenance_window or "sun:05:00-sun:06:00"
        wanted = self._get_int_param("NumCacheClusters")
        if wanted:
            _resize(group, wanted)
        return ActionResult({"ReplicationGroup": group})

    def modify_replication_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        self._moto_modify_replication_group()
        group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
        for wire, name in _MODIFIED.items():
            if self._get_param(wire) is not None:
                setattr(group, name, self._get_param(wire))
        for wire, name in {
            "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
            "TransitEncryptionEnabled": "transit_encryption_enabled",
        }.items():
            if self._get_bool_param(wire) is not None:
                setattr(group, name, self._get_bool_param(wire))
        if self._get_param("AuthTokenUpdateStrategy") == "DELETE":
            group.auth_token_enabled = False
        elif self._get_param("AuthToken"):
            group.auth_token_enabled = True
        return ActionResult({"ReplicationGroup": group})

    def increase_replica_count(self: Any) -> Any:
        return _resized(self)

    def decrease_replica_count(self: Any) -> Any:
        return _resized(self)

    def delete_replication_group(self: Any) -> Any:
        from moto.core.responses import ActionResult

        backend, name = self.elasticache_backend, self._get_param("ReplicationGroupId")
        group = backend.describe_replication_groups(name)[0]
        final = self._get_param("FinalSnapshotIdentifier")
        if final:
            backend.create_snapshot(final, replication_group_id=name, cache_cluster_id=None, kms_key_id=None, tags=[])
        group.status = "deleting"
        del backend.replication_groups[name]
        return ActionResult({"ReplicationGroup": group})

    def describe_cache_clusters(self: Any) -> Any:
        from moto.core.responses import ActionResult

        wanted = self._get_param("CacheClusterId")
        members = [
            _member(group, name)
            for group in self.elasticache_backend.replication_groups.values()
            for name in group.member_clusters
            if wanted in {None, name}
        ]
        if not members:
            return self._moto_describe_cache_clusters()
        alone = [] if wanted else self.elasticache_backend.describe_cache_clusters(None)
        return ActionResult({"CacheClusters": [*members, *alone]})


def _member(group: Any, name: str) -> dict[str, Any]:
    """One node of a replication group, as DescribeCacheClusters tells it."""
    parameters = group.cache_parameter_group_name
    return {
        "CacheClusterId": name,
        "ReplicationGroupId": group.replication_group_id,
        "CacheClusterStatus": "available",
        "Engine": group.engine,
        "EngineVersion": _full(group.engine_version or "7.1"),
        "CacheNodeType": group.cache_node_type,
        "NumCacheNodes": 1,
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheParameterGroup": {"CacheParameterGroupName": parameters} if parameters else {},
        "SecurityGroups": [{"SecurityGroupId": each, "Status": "active"} for each in group.security_group_ids or ()],
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "NotificationConfiguration": {"TopicArn": group.notification_topic_arn} if group.notification_topic_arn else {},
        "ARN": group.arn.replace(":replicationgroup:", ":cluster:").rpartition(":")[0] + f":{name}",
    }


def _full(version: str) -> str:
    """`7.1` is `7.1.0`, as ElastiCache tells versions."""
    return version if version.count(".") > 1 else f"{version}.0"


def _resized(response: Any) -> Any:
    from moto.core.responses import ActionResult

    group = response.elasticache_backend.describe_replication_groups(response._get_param("ReplicationGroupId"))[0]  # noqa: SLF001 - moto's own
    if group.cluster_mode == "enabled":
        _resize_shards(group, response._get_int_param("NewReplicaCount"))  # noqa: SLF001 - moto's own way to a parameter
        return ActionResult({"ReplicationGroup": group})
    _resize(group, response._get_int_param("NewReplicaCount") + 1)  # noqa: SLF001 - moto's own way to a parameter
    return ActionResult({"ReplicationGroup": group})


def _resize(group: Any, nodes: int) -> None:
    """Gives the only shard of a group this many nodes, the primary included."""
    (shard,) = group.node_groups
    shard["node_group_members"], group.member_clusters = [], []
    domain = shard["primary_endpoint_address"].removeprefix("master.")
    group._set_node_members_clusters_disabled(  # noqa: SLF001 - moto's own way to members, which ignores the number of clusters
        member_clusters=group.member_clusters,
        replication_group_id=group.replication_group_id,
        replication_group_domain=domain,
        node_group=shard,
        preferred_cache_cluster_azs=[],
        num_cache_clusters=nodes,
        replicas_per_node_group=nodes - 1,
    )
    shard["reader_endpoint"] = {"address": shard["reader_endpoint_address"], "port": group.port}


def _resize_shards(group: Any, replicas: int) -> None:
    """Gives each shard of a group in cluster mode this many replicas."""
    group.member_clusters = []
    for shard in group.node_groups:
        shard["node_group_members"] = []
        group._set_node_members_clusters_enabled(  # noqa: SLF001 - moto's own way to members
            member_clusters=group.member_clusters,
            replication_group_id=group.replication_group_id,
            replicas_per_node_group=replicas,
            node_group_configuration=[],
            node_group=shard,
            member_clusters_outpost_arns=group.member_clusters_outpost_arns,
        )


def _groups(response: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = response.elasticache_backend.__dict__.setdefault("cache_parameter_groups", {})
    return found


def _group(response: Any, name: str) -> dict[str, Any]:
    groups: Mapping[str, dict[str, Any]] = _groups(response)
    if name.lower() not in groups:
        raise _refused("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return groups[name.lower()]


def _refused(code: str, message: str) -> Exception:
    from moto.elasticache.exceptions import ElastiCacheException

    kind = type(code, (ElastiCacheException,), {"code": code})
    refused: Exception = kind(message)
    return refused
