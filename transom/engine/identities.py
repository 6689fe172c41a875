"""How a resource that was perhaps created is found again: the id that it has if it is there, told from its inputs. Pure.

An engine that is killed between asking for a resource and hearing of it knows its inputs and not its id. For most types the id follows
from the name that we gave: a Kubernetes object's is its namespace and name; of AWS the tables below hold what the "Import" section of each
type's page in the provider's documentation says (https://www.pulumi.com/registry/packages/aws/api-docs/). What AWS numbers by itself (a
VPC, a security group, a route) cannot be told, and is left to a person rather than created a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transom.engine import values

Identify = Callable[[str, Mapping[str, Any]], str | None]
"""The id that a resource of this type with these inputs has if it is there; empty where it can only be not there; None: cannot be told."""

_BY_INPUT: Mapping[str, str] = MappingProxyType(
    {
        "aws:cloudwatch/logGroup:LogGroup": "name",
        "aws:dynamodb/table:Table": "name",
        "aws:eks/cluster:Cluster": "name",
        "aws:elasticache/parameterGroup:ParameterGroup": "name",
        "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
        "aws:elasticache/subnetGroup:SubnetGroup": "name",
        "aws:iam/role:Role": "name",
        "aws:kms/alias:Alias": "name",
        "aws:rds/instance:Instance": "identifier",
        "aws:rds/parameterGroup:ParameterGroup": "name",
        "aws:rds/subnetGroup:SubnetGroup": "name",
        "aws:s3/bucket:Bucket": "bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket",
        "aws:s3/bucketNotification:BucketNotification": "bucket",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "bucket",
        "aws:s3/bucketPolicy:BucketPolicy": "bucket",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "bucket",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "bucket",
        "aws:s3/bucketVersioning:BucketVersioning": "bucket",
        "aws:sns/topicPolicy:TopicPolicy": "arn",
        "aws:sqs/queuePolicy:QueuePolicy": "queueUrl",
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": "queueUrl",
    }
)
"""Types whose id is one of their inputs."""

_BY_INPUTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "aws:eks/accessEntry:AccessEntry": (":", ("clusterName", "principalArn")),
        "aws:eks/addon:Addon": (":", ("clusterName", "addonName")),
        "aws:eks/nodeGroup:NodeGroup": (":", ("clusterName", "nodeGroupName")),
        "aws:iam/rolePolicy:RolePolicy": (":", ("role", "name")),
    }
)
"""Types whose id is several of their inputs with a sign between them."""

_ENGINES_OWN = "pulumi:"


def of(type_token: str, inputs: Mapping[str, Any]) -> str | None:
    """See `Identify`; for what the components make."""
    if type_token.startswith(_ENGINES_OWN):
        return ""  # a provider, or the stack itself: nothing of it lives outside of the state
    if type_token.startswith("kubernetes:"):
        return _of_object(inputs)
    if type_token in _BY_INPUT:
        return _text(inputs.get(_BY_INPUT[type_token])) or None
    if type_token in _BY_INPUTS:
        sign, names = _BY_INPUTS[type_token]
        parts = [_text(inputs.get(name)) for name in names]
        return sign.join(parts) if all(parts) else None
    return None


def _of_object(inputs: Mapping[str, Any]) -> str | None:
    """Of a Kubernetes object: `NAMESPACE/NAME`, or `NAME`; one that the server names (`generateName`) cannot be told."""
    metadata = inputs.get("metadata")
    if not isinstance(metadata, Mapping) or not (name := _text(metadata.get("name"))):
        return None
    namespace = _text(metadata.get("namespace"))
    return f"{namespace}/{name}" if namespace else name


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value not in values.UNKNOWNS else ""


def ours(asked: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Whether what lives is what was asked for, and not something of the same name that was there before: it has every mark that we gave.

    Marks are the labels of a Kubernetes object and the tags of an AWS resource.
    """
    metadata, there = asked.get("metadata"), live.get("metadata")
    pairs = [(asked.get("tags"), live.get("tags"))]
    if isinstance(metadata, Mapping):
        pairs.append((metadata.get("labels"), there.get("labels") if isinstance(there, Mapping) else None))
    return all(
        isinstance(has, Mapping) and wanted.items() <= has.items() for wanted, has in pairs if isinstance(wanted, Mapping) and wanted
    )
