"""KMS keys and aliases."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, json_text, matches, one_of

_GONE: Final = ("NotFoundException",)
_SPECS: Final = (
    "SYMMETRIC_DEFAULT",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SM2",
)


def _create(aws: Aws, inputs: Props) -> str:
    kms = aws.client("kms")
    wanted = {"description": "Description", "policy": "Policy"}
    made = kms.create_key(
        KeySpec=inputs["customerMasterKeySpec"],
        KeyUsage=inputs["keyUsage"],
        MultiRegion=bool(inputs.get("multiRegion")),
        BypassPolicyLockoutSafetyCheck=bool(inputs.get("bypassPolicyLockoutSafetyCheck")),
        Tags=tagging.pairs(inputs.get("tagsAll"), "TagKey", "TagValue"),
        **{there: inputs[here] for here, there in wanted.items() if inputs.get(here)},
    )
    id_ = aws.made(str(made["KeyMetadata"]["KeyId"]))
    if inputs.get("enableKeyRotation"):
        _rotate(kms, id_, inputs)
    if inputs.get("isEnabled") is False:
        kms.disable_key(KeyId=id_)
    return id_


def _rotate(kms: Any, id_: str, inputs: Props) -> None:
    period = {"RotationPeriodInDays": inputs["rotationPeriodInDays"]} if inputs.get("rotationPeriodInDays") else {}
    kms.enable_key_rotation(KeyId=id_, **period)


def _read(aws: Aws, id_: str, _before: Props) -> Props | None:
    kms = aws.client("kms")
    key = kms.describe_key(KeyId=id_)["KeyMetadata"]
    if key["KeyState"] in {"PendingDeletion", "PendingReplicaDeletion"}:
        return None
    rotation: Props = kms.get_key_rotation_status(KeyId=id_) if key.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT" else {}
    listed = kms.list_resource_tags(KeyId=id_).get("Tags")
    return {
        "id": key["KeyId"],
        "keyId": key["KeyId"],
        "arn": key["Arn"],
        "customerMasterKeySpec": key.get("KeySpec") or key.get("CustomerMasterKeySpec"),
        "description": key.get("Description") or "",
        "enableKeyRotation": bool(rotation.get("KeyRotationEnabled")),
        "isEnabled": key["Enabled"],
        "keyUsage": key["KeyUsage"],
        "multiRegion": bool(key.get("MultiRegion")),
        "policy": kms.get_key_policy(KeyId=id_, PolicyName="default")["Policy"],
        "rotationPeriodInDays": rotation.get("RotationPeriodInDays") if rotation.get("KeyRotationEnabled") else None,
        "tags": tagging.mapping(listed, "TagKey", "TagValue"),
    }


def _update(aws: Aws, change: Change) -> None:
    kms, id_, new = aws.client("kms"), change.id, change.new
    if "isEnabled" in change.keys and new["isEnabled"]:
        kms.enable_key(KeyId=id_)  # before all else: a disabled key takes no rotation
    if change.keys & {"enableKeyRotation", "rotationPeriodInDays"}:
        if new.get("enableKeyRotation"):
            _rotate(kms, id_, new)
        else:
            kms.disable_key_rotation(KeyId=id_)
    if "description" in change.keys:
        kms.update_key_description(KeyId=id_, Description=new.get("description") or "")
    if "policy" in change.keys:
        bypass = bool(new.get("bypassPolicyLockoutSafetyCheck"))
        kms.put_key_policy(KeyId=id_, PolicyName="default", Policy=new["policy"], BypassPolicyLockoutSafetyCheck=bypass)
    if "isEnabled" in change.keys and not new["isEnabled"]:
        kms.disable_key(KeyId=id_)
    given, removed = tagging.delta(change)
    if removed:
        kms.untag_resource(KeyId=id_, TagKeys=removed)
    if given:
        kms.tag_resource(KeyId=id_, Tags=tagging.pairs(given, "TagKey", "TagValue"))


def _delete(aws: Aws, id_: str, state: Props) -> None:
    aws.client("kms").schedule_key_deletion(KeyId=id_, PendingWindowInDays=state.get("deletionWindowInDays") or 30)


def _create_alias(aws: Aws, inputs: Props) -> str:
    aws.client("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return str(inputs["name"])


def _read_alias(aws: Aws, id_: str, before: Props) -> Props | None:
    found = find_alias(aws, id_)
    if found is None or not found.get("TargetKeyId"):
        return None
    key = found["TargetKeyId"]
    arn = f"{found['AliasArn'].rpartition(':')[0]}:key/{key}"
    # The program may have named the key by its ARN.
    shown = arn if str(before.get("targetKeyId", "")).startswith("arn:") else key
    return {"name": found["AliasName"], "arn": found["AliasArn"], "targetKeyArn": arn, "targetKeyId": shown}


def find_alias(aws: Aws, name: str) -> Props | None:
    """Give what KMS lists for an alias, or None."""
    pages = aws.client("kms").get_paginator("list_aliases").paginate()
    return next((each for page in pages for each in page["Aliases"] if each["AliasName"] == name), None)


def _update_alias(aws: Aws, change: Change) -> None:
    aws.client("kms").update_alias(AliasName=change.id, TargetKeyId=change.new["targetKeyId"])


def _delete_alias(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("kms").delete_alias(AliasName=id_)


KEY: Final = Entry(
    pulumi="aws:kms/key:Key",
    terraform="aws_kms_key",
    title="KMS Key",
    inputs=(
        "bypassPolicyLockoutSafetyCheck",
        "customerMasterKeySpec",
        "deletionWindowInDays",
        "description",
        "enableKeyRotation",
        "isEnabled",
        "keyUsage",
        "multiRegion",
        "policy",
        "rotationPeriodInDays",
        "tags",
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("customerMasterKeySpec", "keyUsage", "multiRegion"),
    kept=("bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"),
    defaults={
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    },
    json=("policy",),
    checks={
        "customerMasterKeySpec": one_of(*_SPECS),
        "deletionWindowInDays": between(7, 30),
        "keyUsage": one_of("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"),
        "policy": json_text,
        "rotationPeriodInDays": between(90, 2560),
    },
    gone=_GONE,
)
ALIAS: Final = Entry(
    pulumi="aws:kms/alias:Alias",
    terraform="aws_kms_alias",
    title="KMS Alias",
    inputs=("name", "targetKeyId"),
    create=_create_alias,
    read=_read_alias,
    update=_update_alias,
    delete=_delete_alias,
    replaces=("name",),
    checks={"name": matches(r"alias/(?!aws/)[\w/-]{1,250}", "must begin with alias/ and not with alias/aws/")},
    gone=_GONE,
    autoname=Autoname("name", 256, prefix="alias/"),
)
ENTRIES: Final = (KEY, ALIAS)
