"""Lives of what platforms are made of: EKS, ElastiCache, launch templates, and what connects buckets with queues."""

from __future__ import annotations

import json
from typing import Any

from sandbox.plugins.values import Secret
from tests.plugins.aws.cases import Case, assume, bucket, group, network, policy, queue

EKS, CACHE, EC2 = "aws:eks/", "aws:elasticache/", "aws:ec2/"
PRINCIPAL = "arn:aws:iam::123456789012:role/platform/admins"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d"


def cluster(plugin: Any) -> dict[str, Any]:
    """Make a network and a role, and give the inputs of a cluster."""
    _, subnets = network(plugin)
    return {
        "name": "main",
        "version": "1.33",
        "roleArn": role(plugin, "eks.amazonaws.com"),
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        "bootstrapSelfManagedAddons": False,
        "enabledClusterLogTypes": ["api", "audit"],
        "encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY}},
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
        "upgradePolicy": {"supportType": "STANDARD"},
        "vpcConfig": {
            "subnetIds": subnets,
            "endpointPrivateAccess": True,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["192.0.2.0/24"],
        },
        "tags": {"team": "platform"},
    }


def role(plugin: Any, service: str, name: str = "platform") -> str:
    """Make a role that a service may assume, and give its ARN."""
    return plugin.create("aws:iam/role:Role", {"name": name, "assumeRolePolicy": assume(service)}).state["arn"]  # type: ignore[no-any-return]


def made_cluster(plugin: Any) -> tuple[str, list[str]]:
    """Make a cluster; give its name and subnets."""
    inputs = cluster(plugin)
    return plugin.create(f"{EKS}cluster:Cluster", inputs).id, inputs["vpcConfig"]["subnetIds"]


def nodes(plugin: Any) -> dict[str, Any]:
    """Make a cluster and a launch template, and give the inputs of a node group."""
    name, subnets = made_cluster(plugin)
    made = plugin.create(f"{EC2}launchTemplate:LaunchTemplate", template(plugin))
    return {
        "clusterName": name,
        "nodeGroupName": "workers",
        "nodeRoleArn": role(plugin, "ec2.amazonaws.com", "nodes"),
        "subnetIds": subnets,
        "amiType": "AL2023_x86_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "instanceTypes": ["m7i.large", "m6i.large"],
        "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 4},
        "updateConfig": {"maxUnavailablePercentage": 33},
        "labels": {"pool": "workers"},
        "taints": [{"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}],
        "launchTemplate": {"id": made.id, "version": "1"},
        "version": "1.33",
        "tags": {"team": "platform"},
    }


def template(_plugin: Any) -> dict[str, Any]:
    """Give the inputs of a launch template."""
    return {
        "name": "workers",
        "description": "nodes",
        "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 50, "volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true"}}
        ],
        "monitoring": {"enabled": True},
        "tagSpecifications": [{"resourceType": "instance", "tags": {"team": "platform"}}],
        "updateDefaultVersion": True,
        "tags": {"team": "platform"},
    }


def devices(size: int) -> list[dict[str, Any]]:
    """Give the template's disks with another size."""
    disk = {"volumeSize": size, "volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true"}
    return [{"deviceName": "/dev/xvda", "ebs": disk}]


def entry(plugin: Any) -> dict[str, Any]:
    """Make a cluster and give the inputs of an access entry."""
    name, _ = made_cluster(plugin)
    return {"clusterName": name, "principalArn": PRINCIPAL, "kubernetesGroups": ["admins"], "tags": {"a": "b"}}


def associated(plugin: Any) -> dict[str, Any]:
    """Make a cluster and an access entry, and give the inputs of an association."""
    given = entry(plugin)
    plugin.create(f"{EKS}accessEntry:AccessEntry", given)
    scope = {"type": "namespace", "namespaces": ["shop", "web"]}
    return {"clusterName": given["clusterName"], "principalArn": PRINCIPAL, "policyArn": VIEW, "accessScope": scope}


def identity(plugin: Any) -> dict[str, Any]:
    """Make a cluster and a role, and give the inputs of a Pod Identity association."""
    name, _ = made_cluster(plugin)
    arn = role(plugin, "pods.eks.amazonaws.com", "shop")
    return {"clusterName": name, "namespace": "shop", "serviceAccount": "shop", "roleArn": arn, "tags": {"a": "b"}}


def addon(plugin: Any) -> dict[str, Any]:
    """Make a cluster and a role, and give the inputs of an add-on."""
    name, _ = made_cluster(plugin)
    return {
        "clusterName": name,
        "addonName": "aws-ebs-csi-driver",
        "addonVersion": "v1.48.0-eksbuild.1",
        "configurationValues": json.dumps({"controller": {"replicaCount": 2}}),
        "podIdentityAssociations": [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role(plugin, "pods.eks.amazonaws.com", "ebs")}],
        "resolveConflictsOnCreate": "OVERWRITE",
        "resolveConflictsOnUpdate": "PRESERVE",
        "tags": {"a": "b"},
    }


def cache(plugin: Any) -> dict[str, Any]:
    """Make what a cache needs and give its inputs."""
    _, subnets = network(plugin)
    subnet_group = plugin.create(f"{CACHE}subnetGroup:SubnetGroup", {"name": "sessions", "subnetIds": subnets}).id
    parameters = plugin.create(f"{CACHE}parameterGroup:ParameterGroup", {"name": "sessions", "family": "valkey8"}).id
    return {
        "replicationGroupId": "sessions",
        "description": "sessions of the shop",
        "engine": "valkey",
        "engineVersion": "8.0",
        "nodeType": "cache.t4g.micro",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "parameterGroupName": parameters,
        "subnetGroupName": subnet_group,
        "securityGroupIds": [group(plugin)],
        "port": 6379,
        "atRestEncryptionEnabled": "true",
        "transitEncryptionEnabled": True,
        "transitEncryptionMode": "required",
        "authToken": Secret("correct-horse-battery"),
        "authTokenUpdateStrategy": "ROTATE",
        "snapshotRetentionLimit": 7,
        "snapshotWindow": "03:00-04:00",
        "maintenanceWindow": "sun:05:00-sun:06:00",
        "autoMinorVersionUpgrade": "true",
        "applyImmediately": True,
        "tags": {"team": "shop"},
    }


def sharded(plugin: Any) -> dict[str, Any]:
    """The same in cluster mode."""
    given = {name: value for name, value in cache(plugin).items() if name != "numCacheClusters"}
    return {**given, "clusterMode": "enabled", "numNodeGroups": 2, "replicasPerNodeGroup": 1}


def issuer(_plugin: Any) -> dict[str, Any]:
    """Give the inputs of an OpenID Connect provider."""
    return {"url": "https://oidc.eks.eu-central-1.amazonaws.com/id/ABC", "clientIdLists": ["sts.amazonaws.com"], "tags": {"a": "b"}}


def notified(plugin: Any) -> dict[str, Any]:
    """Make a bucket and a queue, and give the inputs of a notification."""
    made = queue(plugin, "uploads")
    arn = made.state["arn"]
    plugin.create("aws:sqs/queuePolicy:QueuePolicy", {"queueUrl": made.id, "policy": policy("sqs:SendMessage", arn)})
    return {
        "bucket": bucket(plugin),
        "queues": [{"id": "uploads", "queueArn": arn, "events": ["s3:ObjectCreated:*"], "filterPrefix": "in/", "filterSuffix": ".png"}],
    }


def default_group(plugin: Any) -> dict[str, Any]:
    """Make a network and give the inputs of its closed default group."""
    vpc, _ = network(plugin)
    return {"vpcId": vpc, "tags": {"Name": "closed"}}


def opened(plugin: Any, have: Any) -> None:
    """Open a group to everybody."""
    allowed = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    plugin.client("ec2").authorize_security_group_ingress(GroupId=have.id, IpPermissions=allowed)


def scope(**more: Any) -> dict[str, Any]:
    """Give an access scope."""
    return {"accessScope": {"type": "namespace", **more}}


def reach(plugin: Any, have: Any, **config: Any) -> None:
    """Change a cluster's endpoints by hand."""
    plugin.client("eks").update_cluster_config(name=have.id, resourcesVpcConfig=config)


CASES = (
    Case(
        f"{EKS}cluster:Cluster",
        cluster,
        (
            ({"version": "1.34"}, {"version": "UPDATE"}),
            ({"enabledClusterLogTypes": ["api", "audit", "authenticator"]}, {"enabledClusterLogTypes[2]": "ADD"}),
            ({"upgradePolicy": {"supportType": "EXTENDED"}}, {"upgradePolicy.supportType": "UPDATE"}),
            ({"deletionProtection": True}, {"deletionProtection": "UPDATE"}),
            ({"deletionProtection": False}, {"deletionProtection": "UPDATE"}),
            ({"roleArn": PRINCIPAL}, {"roleArn": "UPDATE_REPLACE"}),
            ({"name": "other"}, {"name": "UPDATE_REPLACE"}),
            (
                {"accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}},
                {"accessConfig.bootstrapClusterCreatorAdminPermissions": "UPDATE_REPLACE"},
            ),
            ({"encryptionConfig": None}, {"encryptionConfig": "DELETE_REPLACE"}),
            (
                {"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.21.0.0/16"}},
                {"kubernetesNetworkConfig.serviceIpv4Cidr": "UPDATE_REPLACE"},
            ),
        ),
        (
            (lambda p, r: reach(p, r, publicAccessCidrs=["0.0.0.0/0"]), {"vpcConfig.publicAccessCidrs[0]": "UPDATE"}),
            (lambda p, r: reach(p, r, endpointPrivateAccess=False), {"vpcConfig.endpointPrivateAccess": "UPDATE"}),
        ),
    ),
    Case(
        f"{EKS}nodeGroup:NodeGroup",
        nodes,
        (
            (
                {"scalingConfig": {"minSize": 2, "desiredSize": 2, "maxSize": 6}},
                {"scalingConfig.minSize": "UPDATE", "scalingConfig.maxSize": "UPDATE"},
            ),
            ({"labels": {"pool": "web", "tier": "front"}}, {"labels.pool": "UPDATE", "labels.tier": "ADD"}),
            ({"taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]}, {"taints[0].value": "UPDATE"}),
            ({"taints": None}, {"taints": "DELETE"}),
            (
                {"updateConfig": {"maxUnavailable": 1}},
                {"updateConfig.maxUnavailable": "ADD", "updateConfig.maxUnavailablePercentage": "DELETE"},
            ),
            ({"instanceTypes": ["m7i.xlarge"]}, {"instanceTypes[0]": "UPDATE_REPLACE", "instanceTypes[1]": "DELETE_REPLACE"}),
            ({"capacityType": "SPOT"}, {"capacityType": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, _r: p.client("eks").update_nodegroup_config(
                    clusterName="main", nodegroupName="workers", scalingConfig={"minSize": 0, "desiredSize": 0, "maxSize": 6}
                ),
                {"scalingConfig.minSize": "UPDATE", "scalingConfig.desiredSize": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{EKS}accessEntry:AccessEntry",
        entry,
        (
            ({"kubernetesGroups": ["admins", "ops"]}, {"kubernetesGroups[1]": "ADD"}),
            ({"tags": {"a": "c"}}, {"tags.a": "UPDATE"}),
            ({"principalArn": f"{PRINCIPAL}2"}, {"principalArn": "UPDATE_REPLACE"}),
            ({"type": "EC2_LINUX"}, {"type": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, _r: p.client("eks").update_access_entry(clusterName="main", principalArn=PRINCIPAL, kubernetesGroups=["hand"]),
                {"kubernetesGroups[0]": "UPDATE", "kubernetesGroups[1]": "ADD"},
            ),
        ),
    ),
    Case(
        f"{EKS}accessPolicyAssociation:AccessPolicyAssociation",
        associated,
        (
            (scope(namespaces=["shop"]), {"accessScope.namespaces[1]": "DELETE_REPLACE"}),
            ({"policyArn": ADMIN}, {"policyArn": "UPDATE_REPLACE"}),
        ),
    ),
    Case(
        f"{EKS}podIdentityAssociation:PodIdentityAssociation",
        identity,
        (
            ({"roleArn": PRINCIPAL}, {"roleArn": "UPDATE"}),
            ({"serviceAccount": "web"}, {"serviceAccount": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("eks").update_pod_identity_association(
                    clusterName="main", associationId=r.id, roleArn="arn:aws:iam::123456789012:role/hand"
                ),
                {"roleArn": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{EKS}addon:Addon",
        addon,
        (
            ({"addonVersion": "v1.49.0-eksbuild.1"}, {"addonVersion": "UPDATE"}),
            ({"configurationValues": json.dumps({"controller": {"replicaCount": 3}})}, {"configurationValues": "UPDATE"}),
            ({"addonName": "coredns"}, {"addonName": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, _r: p.client("eks").update_addon(
                    clusterName="main", addonName="aws-ebs-csi-driver", addonVersion="v1.47.0-eksbuild.1"
                ),
                {"addonVersion": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        issuer,
        (
            ({"tags": {"a": "c"}}, {"tags.a": "UPDATE"}),
            ({"url": "https://oidc.eks.eu-central-1.amazonaws.com/id/DEF"}, {"url": "UPDATE_REPLACE"}),
        ),
    ),
    Case(
        "aws:s3/bucketNotification:BucketNotification",
        notified,
        (({"bucket": "another"}, {"bucket": "UPDATE_REPLACE"}),),
        (
            (
                lambda p, r: p.client("s3").put_bucket_notification_configuration(Bucket=r.id, NotificationConfiguration={}),
                {"queues": "ADD"},
            ),
        ),
        stays=True,
    ),
    Case(
        f"{CACHE}subnetGroup:SubnetGroup",
        lambda p: {"name": "sessions", "description": "where sessions lie", "subnetIds": network(p)[1], "tags": {"a": "b"}},
        (
            ({"description": "elsewhere"}, {"description": "UPDATE"}),
            ({"name": "other"}, {"name": "UPDATE_REPLACE"}),
        ),
    ),
    Case(
        f"{CACHE}parameterGroup:ParameterGroup",
        lambda _p: {
            "name": "sessions",
            "family": "valkey8",
            "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}, {"name": "timeout", "value": "300"}],
            "tags": {"a": "b"},
        },
        (
            (
                {"parameters": [{"name": "maxmemory-policy", "value": "volatile-lru"}]},
                {"parameters[0].value": "UPDATE", "parameters[1]": "DELETE"},
            ),
            ({"family": "valkey7"}, {"family": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("elasticache").modify_cache_parameter_group(
                    CacheParameterGroupName=r.id,
                    ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}],
                ),
                {"parameters[0].value": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{CACHE}replicationGroup:ReplicationGroup",
        cache,
        (
            ({"numCacheClusters": 3}, {"numCacheClusters": "UPDATE"}),
            ({"nodeType": "cache.t4g.small"}, {"nodeType": "UPDATE"}),
            ({"engineVersion": "8.1"}, {"engineVersion": "UPDATE"}),
            ({"authToken": Secret("another-horse-battery")}, {"authToken": "UPDATE"}),
            ({"snapshotRetentionLimit": 14, "description": "sessions"}, {"snapshotRetentionLimit": "UPDATE", "description": "UPDATE"}),
            ({"engineVersion": "7.2"}, {"engineVersion": "UPDATE_REPLACE"}),
            ({"atRestEncryptionEnabled": "false"}, {"atRestEncryptionEnabled": "UPDATE_REPLACE"}),
            ({"port": 6380}, {"port": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("elasticache").modify_replication_group(
                    ReplicationGroupId=r.id, SnapshotRetentionLimit=1, ApplyImmediately=True
                ),
                {"snapshotRetentionLimit": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{CACHE}replicationGroup:ReplicationGroup",
        sharded,
        (
            ({"replicasPerNodeGroup": 2}, {"replicasPerNodeGroup": "UPDATE"}),
            ({"replicasPerNodeGroup": 1}, {"replicasPerNodeGroup": "UPDATE"}),
            ({"subnetGroupName": "other"}, {"subnetGroupName": "UPDATE_REPLACE"}),
        ),
    ),
    Case(
        f"{EC2}defaultSecurityGroup:DefaultSecurityGroup",
        default_group,
        (({"tags": {"Name": "shut"}}, {"tags.Name": "UPDATE"}),),
        stays=True,
    ),
    Case(
        f"{EC2}launchTemplate:LaunchTemplate",
        template,
        (
            ({"blockDeviceMappings": devices(100)}, {"blockDeviceMappings[0].ebs.volumeSize": "UPDATE"}),
            ({"description": "more"}, {"description": "UPDATE"}),
            ({"name": "other"}, {"name": "UPDATE_REPLACE"}),
        ),
    ),
)
