"""The rules: what a resource of a type with these properties is objected for. Plain functions, without Pulumi.

A property that is known only after the run is not there yet: nothing is said of it in a preview, and `pulumi up` asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Rule = Callable[[str, Mapping[str, Any], Mapping[str, Any]], Iterator[str]]
"""Takes a type token, properties and the policy's configuration; gives what is wrong."""

_POD_PATHS: Mapping[str, Sequence[str]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Rollout"), ("spec", "template", "spec")),
}
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read", "website"})
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_ENCRYPTED: Mapping[str, Sequence[str]] = {
    "aws:rds/instance:Instance": ("storageEncrypted",),
    "aws:rds/cluster:Cluster": ("storageEncrypted",),
    "aws:ebs/volume:Volume": ("encrypted",),
    "aws:efs/fileSystem:FileSystem": ("encrypted",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("atRestEncryptionEnabled", "transitEncryptionEnabled"),
}


def no_public_buckets(kind: str, properties: Mapping[str, Any], _config: Mapping[str, Any]) -> Iterator[str]:
    """A bucket is neither opened by an ACL nor by taking away what keeps it closed."""
    if kind.startswith(("aws:s3/bucketAcl", "aws:s3/bucket:", "aws:s3/bucketV2:")) and properties.get("acl") in _PUBLIC_ACLS:
        yield f"acl {properties['acl']} opens the bucket to everybody"
    if kind.startswith("aws:s3/bucketPublicAccessBlock:"):
        for name in _BLOCKS:
            if properties.get(name) is False or name not in properties:
                yield f"{name} must be true"


def encryption(kind: str, properties: Mapping[str, Any], _config: Mapping[str, Any]) -> Iterator[str]:
    """What holds data is encrypted at rest, and a cache on its way, too."""
    for name in _ENCRYPTED.get(kind, ()):
        if properties.get(name) is not True:
            yield f"{name} must be true"
    if kind == "aws:sqs/queue:Queue" and properties.get("sqsManagedSseEnabled") is False and not properties.get("kmsMasterKeyId"):
        yield "the queue is not encrypted: leave sqsManagedSseEnabled on, or name a key"


def no_public_databases(kind: str, properties: Mapping[str, Any], _config: Mapping[str, Any]) -> Iterator[str]:
    """A database has no address on the internet."""
    if kind in ("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance") and properties.get("publiclyAccessible") is True:
        yield "publiclyAccessible must not be true"


def required_tags(kind: str, properties: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Whatever has tags has those that the configuration names; the provider's default tags count."""
    if not kind.startswith("aws:") or ("tags" not in properties and "tagsAll" not in properties):
        return
    has = {**(properties.get("tagsAll") or {}), **(properties.get("tags") or {})}
    missing = [tag for tag in config.get("tags") or () if tag not in has]
    if missing:
        yield f"lacks the tag{'s' * (len(missing) > 1)} {', '.join(missing)}"


def no_latest_images(kind: str, properties: Mapping[str, Any], _config: Mapping[str, Any]) -> Iterator[str]:
    """An image is named by a version or a digest, so that what runs tomorrow is what runs today."""
    for name, container in _containers(kind, properties):
        image = container.get("image")
        if isinstance(image, str) and "@" not in image:
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                yield f"container {name} runs {image}: name a version, or a digest"


def resource_limits(kind: str, properties: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Every container asks for what it needs, and may not take all of a node's memory."""
    wanted = config.get("wanted") or ("requests.cpu", "requests.memory", "limits.memory")
    for name, container in _containers(kind, properties):
        resources = container.get("resources") or {}
        missing = [one for one in wanted if (resources.get(one.partition(".")[0]) or {}).get(one.partition(".")[2]) is None]
        if missing:
            yield f"container {name} lacks {', '.join(missing)}"


def _containers(kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not kind.startswith("kubernetes:"):
        return
    spec: Any = properties
    for step in _POD_PATHS.get(kind.rpartition(":")[2], ("",)):
        spec = spec.get(step) if hasattr(spec, "get") else None
    if not hasattr(spec, "get"):
        return
    for key in ("initContainers", "containers"):
        for container in spec.get(key) or ():
            if hasattr(container, "get"):
                yield str(container.get("name", "")), container
