"""DynamoDB tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, matches, one_of

_GONE: Final = ("ResourceNotFoundException", "TableNotFoundException")
_ON_DEMAND: Final = "PAY_PER_REQUEST"


def _keys(given: Mapping[str, Any], hash_key: str | None = None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key or given["hashKey"], "KeyType": "HASH"}]
    if given.get("rangeKey"):
        keys.append({"AttributeName": given["rangeKey"], "KeyType": "RANGE"})
    return keys


def _projection(given: Mapping[str, Any]) -> Props:
    extra = {"NonKeyAttributes": given["nonKeyAttributes"]} if given.get("nonKeyAttributes") else {}
    return {"ProjectionType": given["projectionType"], **extra}


def _capacity(given: Mapping[str, Any]) -> Props:
    return {"ReadCapacityUnits": given.get("readCapacity") or 1, "WriteCapacityUnits": given.get("writeCapacity") or 1}


def _global_index(given: Mapping[str, Any], inputs: Mapping[str, Any]) -> Props:
    index: Props = {"IndexName": given["name"], "KeySchema": _keys(given), "Projection": _projection(given)}
    return index if inputs["billingMode"] == _ON_DEMAND else {**index, "ProvisionedThroughput": _capacity(given)}


def _attributes(inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"AttributeName": each["name"], "AttributeType": each["type"]} for each in inputs.get("attributes") or ()]


def _encryption(given: Mapping[str, Any] | None) -> Props:
    if not given or not given.get("enabled"):
        return {"Enabled": False}
    key = {"KMSMasterKeyId": given["kmsKeyArn"]} if given.get("kmsKeyArn") else {}
    return {"Enabled": True, "SSEType": "KMS", **key}


def _stream(inputs: Mapping[str, Any]) -> Props:
    return {"StreamEnabled": True, "StreamViewType": inputs["streamViewType"]} if inputs.get("streamEnabled") else {"StreamEnabled": False}


def _create(aws: Aws, inputs: Props) -> str:
    table, name = aws.client("dynamodb"), inputs["name"]
    wanted: Props = {
        "TableName": name,
        "AttributeDefinitions": _attributes(inputs),
        "KeySchema": _keys(inputs),
        "BillingMode": inputs["billingMode"],
        "DeletionProtectionEnabled": bool(inputs.get("deletionProtectionEnabled")),
        "TableClass": inputs["tableClass"],
        "Tags": tagging.pairs(inputs.get("tagsAll")),
    }
    if inputs["billingMode"] != _ON_DEMAND:
        wanted["ProvisionedThroughput"] = _capacity(inputs)
    if inputs.get("globalSecondaryIndexes"):
        wanted["GlobalSecondaryIndexes"] = [_global_index(each, inputs) for each in inputs["globalSecondaryIndexes"]]
    if inputs.get("localSecondaryIndexes"):
        wanted["LocalSecondaryIndexes"] = [
            {"IndexName": each["name"], "KeySchema": _keys(each, inputs["hashKey"]), "Projection": _projection(each)}
            for each in inputs["localSecondaryIndexes"]
        ]
    if (inputs.get("serverSideEncryption") or {}).get("enabled"):
        wanted["SSESpecification"] = _encryption(inputs["serverSideEncryption"])
    if inputs.get("streamEnabled"):
        wanted["StreamSpecification"] = _stream(inputs)
    table.create_table(**wanted)
    aws.made(name)
    _wait(aws, name)
    if (inputs.get("ttl") or {}).get("enabled"):
        _send_ttl(table, name, inputs["ttl"])
    if (inputs.get("pointInTimeRecovery") or {}).get("enabled"):
        _send_recovery(table, name, inputs["pointInTimeRecovery"])
    return str(name)


def _wait(aws: Aws, name: str) -> None:
    client = aws.client("dynamodb")

    def ready() -> bool:
        table = client.describe_table(TableName=name)["Table"]
        return table["TableStatus"] == "ACTIVE" and all(
            each.get("IndexStatus", "ACTIVE") == "ACTIVE" for each in table.get("GlobalSecondaryIndexes", ())
        )

    aws.wait(ready, f"DynamoDB Table ({name}) to become active")


def _send_ttl(client: Any, name: str, ttl: Mapping[str, Any]) -> None:
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": bool(ttl.get("enabled")), "AttributeName": ttl.get("attributeName") or ""}
    )


def _send_recovery(client: Any, name: str, given: Mapping[str, Any]) -> None:
    days = {"RecoveryPeriodInDays": given["recoveryPeriodInDays"]} if given.get("recoveryPeriodInDays") else {}
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": bool(given.get("enabled")), **days}
    )


def _read(aws: Aws, id_: str, _before: Props) -> Props:
    client = aws.client("dynamodb")
    table = client.describe_table(TableName=id_)["Table"]
    keys = {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode") or "PROVISIONED"
    units = table.get("ProvisionedThroughput") or {}
    stream = table.get("StreamSpecification") or {}
    encryption = table.get("SSEDescription") or {}
    return {
        "name": table["TableName"],
        "arn": table["TableArn"],
        "attributes": [{"name": each["AttributeName"], "type": each["AttributeType"]} for each in table["AttributeDefinitions"]],
        "billingMode": mode,
        "deletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
        "globalSecondaryIndexes": [_shown_index(each, mode) for each in table.get("GlobalSecondaryIndexes") or ()],
        "localSecondaryIndexes": [_shown_local(each) for each in table.get("LocalSecondaryIndexes") or ()],
        "hashKey": keys["HASH"],
        "rangeKey": keys.get("RANGE"),
        "pointInTimeRecovery": _shown_recovery(client, id_),
        "readCapacity": units.get("ReadCapacityUnits") if mode != _ON_DEMAND else 0,
        "writeCapacity": units.get("WriteCapacityUnits") if mode != _ON_DEMAND else 0,
        "serverSideEncryption": {"enabled": encryption.get("Status") == "ENABLED", "kmsKeyArn": encryption.get("KMSMasterKeyArn")},
        "streamArn": table.get("LatestStreamArn"),
        "streamEnabled": bool(stream.get("StreamEnabled")),
        "streamLabel": table.get("LatestStreamLabel"),
        "streamViewType": stream.get("StreamViewType"),
        "tableClass": (table.get("TableClassSummary") or {}).get("TableClass") or "STANDARD",
        "ttl": _shown_ttl(client, id_),
        "tags": tagging.mapping(client.list_tags_of_resource(ResourceArn=table["TableArn"]).get("Tags")),
    }


def _shown_index(found: Mapping[str, Any], mode: str) -> Props:
    keys = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
    units = found.get("ProvisionedThroughput") or {}
    provisioned = mode != _ON_DEMAND
    return {
        **_shown_local(found),
        "hashKey": keys["HASH"],
        "readCapacity": units.get("ReadCapacityUnits") if provisioned else None,
        "writeCapacity": units.get("WriteCapacityUnits") if provisioned else None,
    }


def _shown_local(found: Mapping[str, Any]) -> Props:
    keys = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
    return {
        "name": found["IndexName"],
        "rangeKey": keys.get("RANGE"),
        "projectionType": found["Projection"]["ProjectionType"],
        "nonKeyAttributes": found["Projection"].get("NonKeyAttributes") or [],
    }


def _shown_ttl(client: Any, name: str) -> Props:
    found = client.describe_time_to_live(TableName=name).get("TimeToLiveDescription") or {}
    on = found.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
    return {"enabled": on, "attributeName": found.get("AttributeName") if on else None}


def _shown_recovery(client: Any, name: str) -> Props:
    found = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
    on = found.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {"enabled": on, "recoveryPeriodInDays": found.get("RecoveryPeriodInDays") if on else None}


def _update(aws: Aws, change: Change) -> None:
    client, name, new = aws.client("dynamodb"), change.id, change.new
    # DynamoDB takes one kind of change per call and refuses the next while the table is updating.
    for step in _steps(change):
        client.update_table(TableName=name, **step)
        _wait(aws, name)
    if "globalSecondaryIndexes" in change.keys:
        _update_indexes(aws, change)
    if "ttl" in change.keys:
        old, ttl = change.old.get("ttl") or {}, new.get("ttl") or {}
        off = {"enabled": False, "attributeName": old.get("attributeName") or ttl.get("attributeName")}
        _send_ttl(client, name, ttl if ttl.get("enabled") else off)
    if "pointInTimeRecovery" in change.keys:
        _send_recovery(client, name, new.get("pointInTimeRecovery") or {"enabled": False})
    given, removed = tagging.delta(change)
    if removed:
        client.untag_resource(ResourceArn=change.old["arn"], TagKeys=removed)
    if given:
        client.tag_resource(ResourceArn=change.old["arn"], Tags=tagging.pairs(given))


def _steps(change: Change) -> Iterator[Props]:
    """Give the arguments of each UpdateTable call but those for indexes."""
    new = change.new
    if change.keys & {"billingMode", "readCapacity", "writeCapacity"}:
        units = {} if new["billingMode"] == _ON_DEMAND else {"ProvisionedThroughput": _capacity(new)}
        yield {"BillingMode": new["billingMode"], **units}
    if "deletionProtectionEnabled" in change.keys:
        yield {"DeletionProtectionEnabled": bool(new.get("deletionProtectionEnabled"))}
    if "tableClass" in change.keys:
        yield {"TableClass": new["tableClass"]}
    if change.keys & {"streamEnabled", "streamViewType"}:
        yield {"StreamSpecification": _stream(new)}
    if "serverSideEncryption" in change.keys:
        yield {"SSESpecification": _encryption(new.get("serverSideEncryption"))}


def _update_indexes(aws: Aws, change: Change) -> None:
    """Delete and create indexes one at a time, as DynamoDB allows; an index whose keys change goes first and comes back."""
    client, name, inputs = aws.client("dynamodb"), change.id, change.new
    old = {each["name"]: each for each in change.old.get("globalSecondaryIndexes") or ()}
    new = {each["name"]: each for each in inputs.get("globalSecondaryIndexes") or ()}
    fixed = ("hashKey", "rangeKey", "projectionType", "nonKeyAttributes")
    changed = {
        key for key in old.keys() & new.keys() if any((old[key].get(each) or None) != (new[key].get(each) or None) for each in fixed)
    }
    for key in sorted((old.keys() - new.keys()) | changed):
        client.update_table(
            TableName=name, AttributeDefinitions=_attributes(inputs), GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": key}}]
        )
        _wait(aws, name)
    for key in sorted((new.keys() - old.keys()) | changed):
        create = {"Create": _global_index(new[key], inputs)}
        client.update_table(TableName=name, AttributeDefinitions=_attributes(inputs), GlobalSecondaryIndexUpdates=[create])
        _wait(aws, name)
    for key in sorted(old.keys() & new.keys() - changed):
        if inputs["billingMode"] != _ON_DEMAND and _capacity(old[key]) != _capacity(new[key]):
            update = {"Update": {"IndexName": key, "ProvisionedThroughput": _capacity(new[key])}}
            client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[update])
            _wait(aws, name)


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    from botocore.exceptions import ClientError

    from sandbox.plugins.aws.failures import code

    client = aws.client("dynamodb")
    client.delete_table(TableName=id_)

    def gone() -> bool:
        try:
            client.describe_table(TableName=id_)
        except ClientError as error:
            return code(error) in _GONE
        return False

    aws.wait(gone, f"DynamoDB Table ({id_}) to be deleted")


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    attributes = inputs.get("attributes")
    if not inputs.get("hashKey"):
        yield "hashKey", "missing required property 'hashKey'"
    if inputs.get("billingMode") == "PROVISIONED":
        for name in ("readCapacity", "writeCapacity"):
            if not inputs.get(name):
                yield name, f"{name} must be at least 1 when billingMode is PROVISIONED"
    if inputs.get("streamEnabled") is True and not inputs.get("streamViewType"):
        yield "streamViewType", "is required when streamEnabled is true"
    if not isinstance(attributes, list) or not all(isinstance(each, Mapping) for each in attributes):
        return
    declared = {each.get("name") for each in attributes}
    used = {inputs.get("hashKey"), inputs.get("rangeKey")}
    for index in (*(inputs.get("globalSecondaryIndexes") or ()), *(inputs.get("localSecondaryIndexes") or ())):
        used |= {index.get("hashKey"), index.get("rangeKey")} if isinstance(index, Mapping) else set()
    used -= {None}
    if declared != used:
        wrong = ", ".join(sorted(map(str, declared ^ used)))
        yield "attributes", f"all attributes must be indexed, and all keys declared as attributes: {wrong}"


TABLE: Final = Entry(
    pulumi="aws:dynamodb/table:Table",
    terraform="aws_dynamodb_table",
    title="DynamoDB Table",
    inputs=(
        "name",
        "attributes",
        "billingMode",
        "deletionProtectionEnabled",
        "globalSecondaryIndexes",
        "hashKey",
        "localSecondaryIndexes",
        "pointInTimeRecovery",
        "rangeKey",
        "readCapacity",
        "serverSideEncryption",
        "streamEnabled",
        "streamViewType",
        "tableClass",
        "tags",
        "ttl",
        "writeCapacity",
    ),
    refused=("globalSecondaryIndexes.onDemandThroughput",),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("name", "hashKey", "rangeKey", "localSecondaryIndexes"),
    defaults={"billingMode": "PROVISIONED", "tableClass": "STANDARD"},
    computed=("pointInTimeRecovery", "serverSideEncryption"),
    checks={
        "attributes.type": one_of("S", "N", "B"),
        "billingMode": one_of("PROVISIONED", _ON_DEMAND),
        "globalSecondaryIndexes.projectionType": one_of("ALL", "INCLUDE", "KEYS_ONLY"),
        "localSecondaryIndexes.projectionType": one_of("ALL", "INCLUDE", "KEYS_ONLY"),
        "name": matches(r"[a-zA-Z0-9_.-]{3,255}", "must be 3 to 255 letters, digits and _.-"),
        "pointInTimeRecovery.recoveryPeriodInDays": between(1, 35),
        "streamViewType": one_of("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"),
        "tableClass": one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
    },
    check=_check,
    gone=_GONE,
    autoname=Autoname("name", 255),
)
ENTRIES: Final = (TABLE,)
