"""The provider's functions that look at RDS instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws.entry import Props, RefusedError
from sandbox.plugins.aws.session import Aws

_FIELDS: Final[Mapping[str, str]] = {
    "allocatedStorage": "AllocatedStorage",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "availabilityZone": "AvailabilityZone",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "caCertIdentifier": "CACertificateIdentifier",
    "dbInstanceArn": "DBInstanceArn",
    "dbInstanceClass": "DBInstanceClass",
    "dbInstanceIdentifier": "DBInstanceIdentifier",
    "dbName": "DBName",
    "engine": "Engine",
    "engineVersion": "EngineVersion",
    "iops": "Iops",
    "kmsKeyId": "KmsKeyId",
    "licenseModel": "LicenseModel",
    "masterUsername": "MasterUsername",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "multiAz": "MultiAZ",
    "preferredBackupWindow": "PreferredBackupWindow",
    "preferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "publiclyAccessible": "PubliclyAccessible",
    "resourceId": "DbiResourceId",
    "storageEncrypted": "StorageEncrypted",
    "storageType": "StorageType",
}
"""What the function gives, by what DescribeDBInstances calls it."""


def instances(aws: Aws, given: Props) -> Props:
    """`aws.rds.getInstances`: identifiers of all instances that match filters and tags; none is no error."""
    filters = [{"Name": each["name"], "Values": each["values"]} for each in given.get("filters") or ()]
    pages = aws.client("rds").get_paginator("describe_db_instances").paginate(Filters=filters)
    found = [instance for page in pages for instance in page["DBInstances"] if _tagged(instance, given.get("tags") or {})]
    return {
        **given,
        "id": aws.region,
        "region": aws.region,
        "instanceArns": [instance["DBInstanceArn"] for instance in found],
        "instanceIdentifiers": [instance["DBInstanceIdentifier"] for instance in found],
    }


def instance(aws: Aws, given: Props) -> Props:
    """`aws.rds.getInstance`: one instance by its identifier. Raises RefusedError where there is none."""
    rds = aws.client("rds")
    identifier = given["dbInstanceIdentifier"]
    try:
        found = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    except rds.exceptions.DBInstanceNotFoundFault:
        raise RefusedError(f"no matching RDS DB Instance found: {identifier}") from None
    endpoint = found.get("Endpoint") or {}
    return {
        **{name: found[there] for name, there in _FIELDS.items() if found.get(there) is not None},
        "id": identifier,
        "region": aws.region,
        "address": endpoint.get("Address", ""),
        "port": endpoint.get("Port", 0),
        "endpoint": f"{endpoint.get('Address', '')}:{endpoint.get('Port', 0)}",
        "hostedZoneId": endpoint.get("HostedZoneId", ""),
        "dbSubnetGroup": (found.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
        "dbParameterGroups": [group["DBParameterGroupName"] for group in found.get("DBParameterGroups", ())],
        "vpcSecurityGroups": [group["VpcSecurityGroupId"] for group in found.get("VpcSecurityGroups", ())],
        "enabledCloudwatchLogsExports": found.get("EnabledCloudwatchLogsExports", []),
        "tags": {tag["Key"]: tag["Value"] for tag in found.get("TagList", ())},
    }


def _tagged(instance: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("TagList", ())}
    return all(tags.get(key) == value for key, value in wanted.items())
