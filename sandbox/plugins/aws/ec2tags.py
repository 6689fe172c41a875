"""Tags as EC2 takes them: given at creation by resource type, changed by resource id."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Change, Props


def specification(kind: str, inputs: Props) -> Props:
    """Give the argument that tags a new resource of this EC2 type; nothing where there are no tags, as EC2 refuses an empty list."""
    tags = inputs.get("tagsAll")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tagging.pairs(tags)}]} if tags else {}


def retag(ec2: Any, id_: str, change: Change) -> None:
    """Bring a resource's tags to their new values."""
    given, removed = tagging.delta(change)
    if removed:
        ec2.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in removed])
    if given:
        ec2.create_tags(Resources=[id_], Tags=tagging.pairs(given))
