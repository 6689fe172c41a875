"""Secrets Manager secrets and their versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import json_text, matches

_GONE: Final = ("ResourceNotFoundException",)
_SEPARATOR: Final = "|"


def _create(aws: Aws, inputs: Props) -> str:
    secrets = aws.client("secretsmanager")
    wanted = {there: inputs[name] for name, there in {"description": "Description", "kmsKeyId": "KmsKeyId"}.items() if inputs.get(name)}
    made = secrets.create_secret(Name=inputs["name"], Tags=tagging.pairs(inputs.get("tagsAll")), **wanted)
    aws.made(made["ARN"])
    if inputs.get("policy"):
        secrets.put_resource_policy(SecretId=made["ARN"], ResourcePolicy=inputs["policy"])
    return str(made["ARN"])


def _read(aws: Aws, id_: str, _before: Props) -> Props | None:
    secrets = aws.client("secretsmanager")
    found = secrets.describe_secret(SecretId=id_)
    if found.get("DeletedDate"):
        return None
    return {
        "name": found["Name"],
        "arn": found["ARN"],
        "id": found["ARN"],
        "description": found.get("Description") or "",
        "kmsKeyId": found.get("KmsKeyId"),
        "policy": secrets.get_resource_policy(SecretId=id_).get("ResourcePolicy"),
        "tags": tagging.mapping(found.get("Tags")),
    }


def _update(aws: Aws, change: Change) -> None:
    secrets = aws.client("secretsmanager")
    if change.keys & {"description", "kmsKeyId"}:
        wanted = {"Description": change.new.get("description") or ""}
        if change.new.get("kmsKeyId"):
            wanted["KmsKeyId"] = change.new["kmsKeyId"]
        secrets.update_secret(SecretId=change.id, **wanted)
    if "policy" in change.keys:
        if change.new.get("policy"):
            secrets.put_resource_policy(SecretId=change.id, ResourcePolicy=change.new["policy"])
        else:
            secrets.delete_resource_policy(SecretId=change.id)
    given, removed = tagging.delta(change)
    if removed:
        secrets.untag_resource(SecretId=change.id, TagKeys=removed)
    if given:
        secrets.tag_resource(SecretId=change.id, Tags=tagging.pairs(given))


def _delete(aws: Aws, id_: str, state: Props) -> None:
    days = state.get("recoveryWindowInDays", 30)
    how: Props = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    aws.client("secretsmanager").delete_secret(SecretId=id_, **how)


def _create_version(aws: Aws, inputs: Props) -> str:
    content = _content(inputs)
    stages = {"VersionStages": inputs["versionStages"]} if inputs.get("versionStages") else {}
    made = aws.client("secretsmanager").put_secret_value(SecretId=inputs["secretId"], **content, **stages)
    return f"{inputs['secretId']}{_SEPARATOR}{made['VersionId']}"


def _content(inputs: Props) -> Props:
    import base64

    if inputs.get("secretBinary"):
        return {"SecretBinary": base64.b64decode(inputs["secretBinary"])}
    return {"SecretString": inputs["secretString"]}


def _read_version(aws: Aws, id_: str, _before: Props) -> Props:
    import base64

    # By its own version id: a newer version put beside it is another resource's, or nobody's, and not drift of this one.
    secret, _, version = id_.rpartition(_SEPARATOR)
    found = aws.client("secretsmanager").get_secret_value(SecretId=secret, VersionId=version)
    binary = found.get("SecretBinary")
    return {
        "secretId": secret,
        "secretArn": found["ARN"],
        "arn": found["ARN"],
        "versionId": found["VersionId"],
        "versionStages": found.get("VersionStages") or [],
        "secretString": found.get("SecretString") or None,
        "secretBinary": base64.b64encode(binary).decode() if binary else None,
    }


def _update_version(aws: Aws, change: Change) -> None:
    if "versionStages" not in change.keys:
        return
    secrets = aws.client("secretsmanager")
    secret, _, version = change.id.rpartition(_SEPARATOR)
    old, new = set(change.old.get("versionStages") or ()), set(change.new.get("versionStages") or ())
    for stage in sorted(new - old):
        current = _holder(secrets, secret, stage)
        moved = {"RemoveFromVersionId": current} if current and current != version else {}
        secrets.update_secret_version_stage(SecretId=secret, VersionStage=stage, MoveToVersionId=version, **moved)
    for stage in sorted(old - new - {"AWSCURRENT"}):
        secrets.update_secret_version_stage(SecretId=secret, VersionStage=stage, RemoveFromVersionId=version)


def _holder(secrets: Any, secret: str, stage: str) -> str | None:
    versions = secrets.list_secret_version_ids(SecretId=secret, IncludeDeprecated=True).get("Versions", ())
    return next((each["VersionId"] for each in versions if stage in each.get("VersionStages", ())), None)


def _delete_version(aws: Aws, id_: str, state: Props) -> None:
    """Take this version's labels away, but AWSCURRENT, which AWS keeps until another version has it or the secret goes."""
    secrets = aws.client("secretsmanager")
    secret, _, version = id_.rpartition(_SEPARATOR)
    for stage in state.get("versionStages") or ():
        if stage != "AWSCURRENT" and _holder(secrets, secret, stage) == version:
            secrets.update_secret_version_stage(SecretId=secret, VersionStage=stage, RemoveFromVersionId=version)


def _check_version(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    given = [name for name in ("secretString", "secretBinary") if inputs.get(name) is not None]
    if len(given) != 1:
        yield "secretString", f"exactly one of secretString and secretBinary must be given, not {' and '.join(given) or 'none'}"


def _window(value: Any) -> str | None:
    return None if value == 0 or 7 <= value <= 30 else f"expected 0, or 7 to 30, got {value}"  # noqa: PLR2004 - AWS's own numbers, days


SECRET: Final = Entry(
    pulumi="aws:secretsmanager/secret:Secret",
    terraform="aws_secretsmanager_secret",
    title="Secrets Manager Secret",
    inputs=("name", "description", "kmsKeyId", "policy", "recoveryWindowInDays", "tags"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("name",),
    kept=("recoveryWindowInDays",),
    defaults={"recoveryWindowInDays": 30},
    json=("policy",),
    checks={
        "name": matches(r"[\w/+=.@-]{1,512}", "must be letters, digits and /_+=.@-"),
        "policy": json_text,
        "recoveryWindowInDays": _window,
    },
    gone=_GONE,
    autoname=Autoname("name", 512),
)
VERSION: Final = Entry(
    pulumi="aws:secretsmanager/secretVersion:SecretVersion",
    terraform="aws_secretsmanager_secret_version",
    title="Secrets Manager Secret Version",
    inputs=("secretId", "secretString", "secretBinary", "versionStages"),
    create=_create_version,
    read=_read_version,
    update=_update_version,
    delete=_delete_version,
    replaces=("secretId", "secretString", "secretBinary"),
    check=_check_version,
    gone=_GONE,
)
ENTRIES: Final = (SECRET, VERSION)
