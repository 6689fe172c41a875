"""CloudWatch log groups."""

from __future__ import annotations

from typing import Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import matches, one_of

_DAYS: Final = (0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def _create(aws: Aws, inputs: Props) -> str:
    logs, name = aws.client("logs"), inputs["name"]
    wanted = {"kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass"}
    given = {there: inputs[here] for here, there in wanted.items() if inputs.get(here)}
    if inputs.get("tagsAll"):
        given["tags"] = inputs["tagsAll"]
    logs.create_log_group(logGroupName=name, **given)
    aws.made(name)
    if inputs.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
    return str(name)


def _read(aws: Aws, id_: str, _before: Props) -> Props | None:
    logs = aws.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=id_)
    found = next((each for page in pages for each in page["logGroups"] if each["logGroupName"] == id_), None)
    if found is None:
        return None
    arn = found["arn"].removesuffix(":*")
    return {
        "name": id_,
        "arn": arn,
        "kmsKeyId": found.get("kmsKeyId"),
        "logGroupClass": found.get("logGroupClass") or "STANDARD",
        "retentionInDays": found.get("retentionInDays") or 0,
        "tags": logs.list_tags_for_resource(resourceArn=arn).get("tags"),
    }


def _update(aws: Aws, change: Change) -> None:
    logs, name = aws.client("logs"), change.id
    if "retentionInDays" in change.keys:
        if change.new.get("retentionInDays"):
            logs.put_retention_policy(logGroupName=name, retentionInDays=change.new["retentionInDays"])
        else:
            logs.delete_retention_policy(logGroupName=name)
    if "kmsKeyId" in change.keys:
        if change.new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=name, kmsKeyId=change.new["kmsKeyId"])
        else:
            logs.disassociate_kms_key(logGroupName=name)
    given, removed = tagging.delta(change)
    if removed:
        logs.untag_resource(resourceArn=change.old["arn"], tagKeys=removed)
    if given:
        logs.tag_resource(resourceArn=change.old["arn"], tags=given)


def _delete(aws: Aws, id_: str, state: Props) -> None:
    if not state.get("skipDestroy"):
        aws.client("logs").delete_log_group(logGroupName=id_)


LOG_GROUP: Final = Entry(
    pulumi="aws:cloudwatch/logGroup:LogGroup",
    terraform="aws_cloudwatch_log_group",
    title="CloudWatch Logs Log Group",
    inputs=("name", "kmsKeyId", "logGroupClass", "retentionInDays", "skipDestroy", "tags"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("name", "logGroupClass"),
    kept=("skipDestroy",),
    defaults={"retentionInDays": 0, "skipDestroy": False},
    checks={
        "logGroupClass": one_of("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
        "name": matches(r"[.\-_/#A-Za-z0-9]{1,512}", "must be 1 to 512 letters, digits and .-_/#"),
        "retentionInDays": one_of(*_DAYS),
    },
    gone=("ResourceNotFoundException",),
    autoname=Autoname("name", 512),
)
ENTRIES: Final = (LOG_GROUP,)
