"""One life per resource type: what is declared, what is changed in the program, what is changed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

S3, SQS, RDS, EC2, IAM = "aws:s3/", "aws:sqs/", "aws:rds/", "aws:ec2/", "aws:iam/"
Hand = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Case:
    """A life.

    Attributes:
        token: the type.
        given: makes what it needs and gives its inputs.
        changes: changed inputs (None takes one away) and the detailed diff they must give; replacements are only diffed.
        hands: what somebody does with boto3, and the drift that must be found and healed.
    """

    token: str
    given: Callable[[Any], dict[str, Any]]
    changes: tuple[tuple[Mapping[str, Any], Mapping[str, str]], ...] = ()
    hands: tuple[tuple[Hand, Mapping[str, str]], ...] = ()
    stays: bool = field(default=False)


def policy(action: str = "s3:*", resource: str = "*", **more: Any) -> str:
    """Give a policy of one statement."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, **more}]}
    )


def assume(service: str = "ec2.amazonaws.com") -> str:
    """Give a trust policy."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def bucket(plugin: Any) -> str:
    """Make a bucket and give its name."""
    return plugin.create("aws:s3/bucket:Bucket", {"forceDestroy": True}, name="base").id  # type: ignore[no-any-return]


def queue(plugin: Any, name: str = "base") -> Any:
    """Make a queue."""
    return plugin.create("aws:sqs/queue:Queue", {}, name=name)


def network(plugin: Any) -> tuple[str, list[str]]:
    """Make a VPC with three subnets and give their ids."""
    vpc = plugin.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16"}).id
    zones = ("eu-central-1a", "eu-central-1b", "eu-central-1c")
    token = "aws:ec2/subnet:Subnet"
    subnets = [
        plugin.create(token, {"vpcId": vpc, "cidrBlock": f"10.9.{index}.0/24", "availabilityZone": zone}).id
        for index, zone in enumerate(zones)
    ]
    return vpc, subnets


def group(plugin: Any, name: str = "base") -> str:
    """Make a security group in the default VPC and give its id."""
    vpc = plugin.client("ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    return plugin.create("aws:ec2/securityGroup:SecurityGroup", {"vpcId": vpc}, name=name).id  # type: ignore[no-any-return]


def database(plugin: Any) -> dict[str, Any]:
    """Make what a database needs and give its inputs."""
    _, subnets = network(plugin)
    subnet_group = plugin.create("aws:rds/subnetGroup:SubnetGroup", {"name": "shop", "subnetIds": subnets}).id
    parameters = plugin.create("aws:rds/parameterGroup:ParameterGroup", {"name": "shop", "family": "postgres16"}).id
    from sandbox.plugins.values import Secret

    return {
        "identifier": "shop-db",
        "engine": "postgres",
        "engineVersion": "16",
        "instanceClass": "db.t4g.small",
        "allocatedStorage": 20,
        "maxAllocatedStorage": 100,
        "storageType": "gp3",
        "storageEncrypted": True,
        "dbName": "shop",
        "username": "shop",
        "password": Secret("correct horse battery"),
        "dbSubnetGroupName": subnet_group,
        "vpcSecurityGroupIds": [group(plugin)],
        "parameterGroupName": parameters,
        "multiAz": False,
        "backupRetentionPeriod": 7,
        "backupWindow": "03:00-04:00",
        "maintenanceWindow": "Sun:05:00-Sun:06:00",
        "copyTagsToSnapshot": True,
        "deletionProtection": False,
        "skipFinalSnapshot": False,
        "finalSnapshotIdentifier": "shop-db-final",
        "performanceInsightsEnabled": True,
        "autoMinorVersionUpgrade": True,
        "applyImmediately": True,
        "publiclyAccessible": False,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "iamDatabaseAuthenticationEnabled": True,
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "tags": {"team": "shop"},
    }


def lifecycle(days: int) -> list[dict[str, Any]]:
    """Give lifecycle rules of every shape."""
    return [
        {
            "id": "logs",
            "status": "Enabled",
            "filter": {"prefix": "logs/"},
            "expiration": {"days": days},
            "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}, {"days": 60, "storageClass": "GLACIER"}],
            "noncurrentVersionExpiration": {"noncurrentDays": 90},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        },
        {
            "id": "all",
            "status": "Enabled",
            "filter": {},
            "noncurrentVersionTransitions": [{"noncurrentDays": 30, "storageClass": "GLACIER"}],
        },
        {
            "id": "both",
            "status": "Disabled",
            "filter": {"and": {"prefix": "tmp/", "tags": {"kind": "scratch"}}},
            "expiration": {"days": 1},
        },
    ]


def table(_plugin: Any) -> dict[str, Any]:
    """Give the inputs of a table."""
    return {
        "name": "orders",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}, {"name": "gk", "type": "S"}],
        "globalSecondaryIndexes": [{"name": "by-gk", "hashKey": "gk", "projectionType": "ALL"}],
        "pointInTimeRecovery": {"enabled": True},
        "serverSideEncryption": {"enabled": True},
        "ttl": {"enabled": True, "attributeName": "expires"},
        "tags": {"team": "shop"},
    }


def table_arn(plugin: Any, name: str) -> str:
    """Give a table's ARN."""
    return plugin.client("dynamodb").describe_table(TableName=name)["Table"]["TableArn"]  # type: ignore[no-any-return]


def versioning(status: str) -> dict[str, Any]:
    """Give the versioning block."""
    return {"versioningConfiguration": {"status": status}}


def encryption(algorithm: str, **more: Any) -> dict[str, Any]:
    """Give encryption rules."""
    return {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, **more}, "bucketKeyEnabled": True}]}


def rule(**more: Any) -> dict[str, Any]:
    """Give an inline rule of a security group."""
    return {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8"], **more}


def redrive(plugin: Any, count: int = 5) -> str:
    """Make a dead-letter queue and give the policy that names it."""
    return json.dumps({"deadLetterTargetArn": queue(plugin, "dead").state["arn"], "maxReceiveCount": count})


def attached_route_table(plugin: Any) -> tuple[str, str, str]:
    """Make a network, its gateway and route table; give table, gateway and a subnet."""
    vpc, subnets = network(plugin)
    gateway = plugin.create("aws:ec2/internetGateway:InternetGateway", {"vpcId": vpc}).id
    return plugin.create("aws:ec2/routeTable:RouteTable", {"vpcId": vpc}).id, gateway, subnets[0]


def role(plugin: Any) -> dict[str, Any]:
    """Make a managed policy and give the inputs of a role."""
    plugin.client("iam").create_policy(PolicyName="own", PolicyDocument=policy())
    return {"name": "shop", "assumeRolePolicy": assume(), "description": "runs shop", "tags": {"a": "b"}}


OWN = "arn:aws:iam::123456789012:policy/own"
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"  # only diffed: moto does not load AWS's own policies
CASES = (
    Case(
        f"{S3}bucket:Bucket",
        lambda _p: {"bucket": "shop-assets", "tags": {"team": "shop", "stage": "dev"}, "forceDestroy": False},
        (
            ({"tags": {"team": "web"}}, {"tags.team": "UPDATE", "tags.stage": "DELETE"}),
            ({"forceDestroy": True}, {"forceDestroy": "UPDATE"}),
            ({"bucket": "shop-other"}, {"bucket": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("s3").put_bucket_tagging(Bucket=r.id, Tagging={"TagSet": [{"Key": "team", "Value": "x"}]}),
                {"tags.team": "UPDATE"},
            ),
            (
                lambda p, r: p.client("s3").put_bucket_tagging(
                    Bucket=r.id, Tagging={"TagSet": [{"Key": "team", "Value": "web"}, {"Key": "hand", "Value": "made"}]}
                ),
                {"tags.hand": "DELETE"},
            ),
        ),
    ),
    Case(
        f"{S3}bucketVersioning:BucketVersioning",
        lambda p: {"bucket": bucket(p), **versioning("Enabled")},
        (
            (versioning("Suspended"), {"versioningConfiguration.status": "UPDATE"}),
            (versioning("Enabled"), {"versioningConfiguration.status": "UPDATE"}),
        ),
        (
            (
                lambda p, r: p.client("s3").put_bucket_versioning(Bucket=r.id, VersioningConfiguration={"Status": "Suspended"}),
                {"versioningConfiguration.status": "UPDATE"},
            ),
        ),
        stays=True,
    ),
    Case(
        f"{S3}bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda p: {"bucket": bucket(p), **encryption("AES256")},
        ((encryption("aws:kms"), {"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm": "UPDATE"}),),
        (
            (
                lambda p, r: p.client("s3").put_bucket_encryption(
                    Bucket=r.id,
                    ServerSideEncryptionConfiguration={
                        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]
                    },
                ),
                {"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{S3}bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda p: {
            "bucket": bucket(p),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        (
            ({"restrictPublicBuckets": False}, {"restrictPublicBuckets": "UPDATE"}),
            ({"restrictPublicBuckets": True}, {"restrictPublicBuckets": "UPDATE"}),
        ),
        (
            (
                lambda p, r: p.client("s3").put_public_access_block(Bucket=r.id, PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
                {"blockPublicPolicy": "UPDATE", "ignorePublicAcls": "UPDATE", "restrictPublicBuckets": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{S3}bucketPolicy:BucketPolicy",
        lambda p: {"bucket": bucket(p), "policy": policy()},
        (({"policy": policy("s3:GetObject")}, {"policy": "UPDATE"}),),
        ((lambda p, r: p.client("s3").put_bucket_policy(Bucket=r.id, Policy=policy("s3:PutObject")), {"policy": "UPDATE"}),),
    ),
    Case(
        f"{S3}bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda p: {"bucket": bucket(p), "rules": lifecycle(365)},
        (({"rules": lifecycle(100)}, {"rules[0].expiration.days": "UPDATE"}),),
        (
            (
                lambda p, r: p.client("s3").put_bucket_lifecycle_configuration(
                    Bucket=r.id,
                    LifecycleConfiguration={
                        "Rules": [{"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 100}}]
                    },
                ),
                {
                    "rules[0].abortIncompleteMultipartUpload": "ADD",
                    "rules[0].noncurrentVersionExpiration": "ADD",
                    "rules[0].transitions": "ADD",
                    "rules[1]": "ADD",
                    "rules[2]": "ADD",
                },
            ),
        ),
    ),
    Case(
        f"{S3}bucketOwnershipControls:BucketOwnershipControls",
        lambda p: {"bucket": bucket(p), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        (({"rule": {"objectOwnership": "ObjectWriter"}}, {"rule.objectOwnership": "UPDATE"}),),
        (
            (
                lambda p, r: p.client("s3").put_bucket_ownership_controls(
                    Bucket=r.id, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
                ),
                {"rule.objectOwnership": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{SQS}queue:Queue",
        lambda p: {
            "name": "orders",
            "visibilityTimeoutSeconds": 60,
            "messageRetentionSeconds": 86400,
            "receiveWaitTimeSeconds": 5,
            "delaySeconds": 1,
            "maxMessageSize": 2048,
            "sqsManagedSseEnabled": True,
            "redrivePolicy": redrive(p),
            "tags": {"team": "shop"},
        },
        (
            ({"visibilityTimeoutSeconds": 90}, {"visibilityTimeoutSeconds": "UPDATE"}),
            ({"delaySeconds": None}, {"delaySeconds": "UPDATE"}),
            ({"redrivePolicy": None}, {}),
            ({"messageRetentionSeconds": 600, "tags": {"team": "shop", "x": "y"}}, {"messageRetentionSeconds": "UPDATE", "tags.x": "ADD"}),
            ({"name": "orders.fifo", "fifoQueue": True}, {"name": "UPDATE_REPLACE", "fifoQueue": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("sqs").set_queue_attributes(QueueUrl=r.id, Attributes={"VisibilityTimeout": "1"}),
                {"visibilityTimeoutSeconds": "UPDATE"},
            ),
            (lambda p, r: p.client("sqs").tag_queue(QueueUrl=r.id, Tags={"team": "z"}), {"tags.team": "UPDATE"}),
        ),
    ),
    Case(
        f"{SQS}queuePolicy:QueuePolicy",
        lambda p: {"queueUrl": queue(p).id, "policy": policy("sqs:*")},
        (({"policy": policy("sqs:SendMessage")}, {"policy": "UPDATE"}),),
        (
            (
                lambda p, r: p.client("sqs").set_queue_attributes(QueueUrl=r.id, Attributes={"Policy": policy("sqs:Get*")}),
                {"policy": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{SQS}redrivePolicy:RedrivePolicy",
        lambda p: {"queueUrl": queue(p).id, "redrivePolicy": redrive(p)},
    ),
    Case(
        f"{SQS}redriveAllowPolicy:RedriveAllowPolicy",
        lambda p: {"queueUrl": queue(p).id, "redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})},
        (({"redriveAllowPolicy": json.dumps({"redrivePermission": "allowAll"})}, {"redriveAllowPolicy": "UPDATE"}),),
        (
            (
                lambda p, r: p.client("sqs").set_queue_attributes(
                    QueueUrl=r.id, Attributes={"RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"})}
                ),
                {"redriveAllowPolicy": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{RDS}instance:Instance",
        database,
        (
            ({"allocatedStorage": 40}, {"allocatedStorage": "UPDATE"}),
            ({"instanceClass": "db.t4g.medium"}, {"instanceClass": "UPDATE"}),
            ({"multiAz": True}, {"multiAz": "UPDATE"}),
            ({"backupRetentionPeriod": 14, "backupWindow": "01:00-02:00"}, {"backupRetentionPeriod": "UPDATE", "backupWindow": "UPDATE"}),
            ({"maintenanceWindow": "mon:05:00-mon:06:00"}, {"maintenanceWindow": "UPDATE"}),
            ({"deletionProtection": True}, {"deletionProtection": "UPDATE"}),
            ({"deletionProtection": False}, {"deletionProtection": "UPDATE"}),
            ({"performanceInsightsEnabled": False}, {"performanceInsightsEnabled": "UPDATE"}),
            ({"password": "another password"}, {"password": "UPDATE"}),
            ({"enabledCloudwatchLogsExports": ["postgresql"]}, {"enabledCloudwatchLogsExports[1]": "DELETE"}),
            ({"autoMinorVersionUpgrade": False}, {"autoMinorVersionUpgrade": "UPDATE"}),
            ({"copyTagsToSnapshot": False}, {"copyTagsToSnapshot": "UPDATE"}),
            ({"iamDatabaseAuthenticationEnabled": False}, {"iamDatabaseAuthenticationEnabled": "UPDATE"}),
            ({"publiclyAccessible": True}, {"publiclyAccessible": "UPDATE"}),
            ({"storageType": "io1", "iops": 3000}, {"storageType": "UPDATE", "iops": "ADD"}),
            ({"maxAllocatedStorage": 200}, {"maxAllocatedStorage": "UPDATE"}),
            ({"tags": {"team": "web"}}, {"tags.team": "UPDATE"}),
            ({"dbName": "other"}, {"dbName": "UPDATE_REPLACE"}),
            ({"storageEncrypted": False}, {"storageEncrypted": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, _r: p.client("rds").modify_db_instance(
                    DBInstanceIdentifier="shop-db", BackupRetentionPeriod=1, ApplyImmediately=True
                ),
                {"backupRetentionPeriod": "UPDATE"},
            ),
            (
                lambda p, _r: p.client("rds").modify_db_instance(
                    DBInstanceIdentifier="shop-db", DBInstanceClass="db.m5.large", ApplyImmediately=True
                ),
                {"instanceClass": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{RDS}subnetGroup:SubnetGroup",
        lambda p: {"name": "shop", "description": "for shop", "subnetIds": network(p)[1], "tags": {"a": "b"}},
        (({"description": "other"}, {"description": "UPDATE"}), ({"tags": None}, {"tags": "DELETE"})),
    ),
    Case(
        f"{RDS}parameterGroup:ParameterGroup",
        lambda _p: {
            "name": "shop-pg16",
            "family": "postgres16",
            "parameters": [
                {"name": "log_connections", "value": "1"},
                {"name": "max_connections", "value": "200", "applyMethod": "pending-reboot"},
            ],
            "tags": {"a": "b"},
        },
        (
            (
                {
                    "parameters": [
                        {"name": "max_connections", "value": "300", "applyMethod": "pending-reboot"},
                        {"name": "log_connections", "value": "1"},
                    ]
                },
                {"parameters[0].value": "UPDATE"},
            ),
            ({"family": "postgres17"}, {"family": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("rds").modify_db_parameter_group(
                    DBParameterGroupName=r.id,
                    Parameters=[{"ParameterName": "log_connections", "ParameterValue": "0", "ApplyMethod": "immediate"}],
                ),
                {"parameters[1].value": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{EC2}securityGroup:SecurityGroup",
        lambda p: {
            "vpcId": network(p)[0],
            "ingress": [rule(), rule(cidrBlocks=["10.1.0.0/16"], description="more"), rule(fromPort=80, toPort=80, self=True)],
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
            "tags": {"a": "b"},
        },
        (
            (
                {"ingress": [rule(), rule(cidrBlocks=["10.1.0.0/16"], description="more"), rule(fromPort=81, toPort=81, self=True)]},
                {"ingress[2].fromPort": "UPDATE", "ingress[2].toPort": "UPDATE"},
            ),
            ({"ingress": [rule()]}, {"ingress[1]": "DELETE", "ingress[2]": "DELETE"}),
            ({"description": "x"}, {"description": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("ec2").authorize_security_group_ingress(
                    GroupId=r.id, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
                ),
                {"ingress[1]": "DELETE"},
            ),
        ),
    ),
    Case(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        lambda p: {
            "securityGroupId": group(p),
            "referencedSecurityGroupId": group(p, "other"),
            "ipProtocol": "tcp",
            "fromPort": 5432,
            "toPort": 5432,
            "description": "postgres",
        },
        (({"fromPort": 5000}, {"fromPort": "UPDATE"}), ({"description": "pg"}, {"description": "UPDATE"})),
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda p: {"securityGroupId": group(p), "cidrIpv4": "0.0.0.0/0", "ipProtocol": "-1", "tags": {"a": "b"}},
        (({"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "UPDATE"}),),
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda _p: {"name": "shop/db", "description": "login", "recoveryWindowInDays": 0, "tags": {"a": "b"}},
        (
            ({"description": "user"}, {"description": "UPDATE"}),
            ({"tags": {"a": "c"}}, {"tags.a": "UPDATE"}),
            ({"recoveryWindowInDays": 7}, {"recoveryWindowInDays": "UPDATE"}),
            ({"policy": policy("secretsmanager:*")}, {"policy": "ADD"}),
            ({"name": "shop/other"}, {"name": "UPDATE_REPLACE"}),
        ),
        ((lambda p, r: p.client("secretsmanager").update_secret(SecretId=r.id, Description="by hand"), {"description": "UPDATE"}),),
    ),
    Case(
        "aws:secretsmanager/secretVersion:SecretVersion",
        lambda p: {
            "secretId": p.create("aws:secretsmanager/secret:Secret", {"recoveryWindowInDays": 0}).id,
            "secretString": json.dumps({"username": "shop", "password": "hush"}),
        },
        (({"secretString": "other"}, {"secretString": "UPDATE_REPLACE"}),),
        ((lambda p, r: p.client("secretsmanager").put_secret_value(SecretId=r.state["secretId"], SecretString="by hand"), {}),),
        stays=True,
    ),
    Case(
        f"{IAM}role:Role",
        role,
        (
            ({"assumeRolePolicy": assume("pods.eks.amazonaws.com")}, {"assumeRolePolicy": "UPDATE"}),
            ({"description": "x", "maxSessionDuration": 7200}, {"description": "UPDATE", "maxSessionDuration": "UPDATE"}),
            ({"managedPolicyArns": [OWN]}, {"managedPolicyArns": "ADD"}),
            ({"inlinePolicies": [{"name": "in", "policy": policy()}]}, {"inlinePolicies": "ADD"}),
            ({"path": "/x/"}, {"path": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("iam").update_role(RoleName=r.id, Description="by hand", MaxSessionDuration=7200),
                {"description": "UPDATE"},
            ),
            (lambda p, r: p.client("iam").untag_role(RoleName=r.id, TagKeys=["a"]), {"tags": "ADD"}),
        ),
    ),
    Case(
        f"{IAM}policy:Policy",
        lambda _p: {"name": "shop", "policy": policy(), "tags": {"a": "b"}},
        tuple(({"policy": policy(f"s3:Get{index}")}, {"policy": "UPDATE"}) for index in range(6)),
    ),
    Case(
        f"{IAM}rolePolicy:RolePolicy",
        lambda p: {"role": p.create(f"{IAM}role:Role", {"assumeRolePolicy": assume()}).id, "name": "inline", "policy": policy()},
        (({"policy": policy("s3:Get*")}, {"policy": "UPDATE"}), ({"name": "z"}, {"name": "UPDATE_REPLACE"})),
        (
            (
                lambda p, r: p.client("iam").put_role_policy(RoleName=r.state["role"], PolicyName="inline", PolicyDocument=policy("*")),
                {"policy": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{IAM}rolePolicyAttachment:RolePolicyAttachment",
        lambda p: {
            "role": p.create(f"{IAM}role:Role", {"assumeRolePolicy": assume()}).id,
            "policyArn": p.create(f"{IAM}policy:Policy", {"policy": policy()}).id,
        },
        (({"policyArn": MANAGED}, {"policyArn": "UPDATE_REPLACE"}),),
    ),
    Case(
        "aws:kms/key:Key",
        lambda _p: {"description": "shop", "deletionWindowInDays": 7, "enableKeyRotation": True, "tags": {"a": "b"}},
        (
            ({"description": "x"}, {"description": "UPDATE"}),
            ({"enableKeyRotation": False}, {"enableKeyRotation": "UPDATE"}),
            ({"isEnabled": False}, {"isEnabled": "UPDATE"}),
            ({"isEnabled": True}, {"isEnabled": "UPDATE"}),
            ({"tags": {"a": "c"}}, {"tags.a": "UPDATE"}),
            ({"policy": policy("kms:*", Effect="Allow")}, {"policy": "UPDATE"}),
            (
                {"keyUsage": "SIGN_VERIFY", "customerMasterKeySpec": "RSA_2048"},
                {"keyUsage": "UPDATE_REPLACE", "customerMasterKeySpec": "UPDATE_REPLACE"},
            ),
        ),
        ((lambda p, r: p.client("kms").disable_key(KeyId=r.id), {"isEnabled": "UPDATE"}),),
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda p: {"name": "alias/shop", "targetKeyId": p.create("aws:kms/key:Key", {}).id},
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda _p: {"name": "events", "displayName": "Events", "tags": {"a": "b"}},
        (
            ({"displayName": "E"}, {"displayName": "UPDATE"}),
            ({"kmsMasterKeyId": "alias/aws/sns"}, {"kmsMasterKeyId": "ADD"}),
            ({"tags": None}, {"tags": "DELETE"}),
        ),
        (
            (
                lambda p, r: p.client("sns").set_topic_attributes(TopicArn=r.id, AttributeName="DisplayName", AttributeValue="h"),
                {"displayName": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda p: {
            "topic": p.create("aws:sns/topic:Topic", {}).id,
            "protocol": "sqs",
            "endpoint": queue(p).state["arn"],
            "filterPolicy": json.dumps({"kind": ["order"]}),
        },
        (
            ({"rawMessageDelivery": True}, {"rawMessageDelivery": "UPDATE"}),
            ({"filterPolicy": json.dumps({"kind": ["x"]})}, {"filterPolicy": "UPDATE"}),
            ({"protocol": "lambda"}, {"protocol": "UPDATE_REPLACE"}),
        ),
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda p: {"arn": p.create("aws:sns/topic:Topic", {}).id, "policy": policy("sns:Publish")},
        (({"policy": policy("sns:*")}, {"policy": "UPDATE"}),),
        stays=True,
    ),
    Case(
        "aws:dynamodb/table:Table",
        table,
        (
            ({"ttl": None}, {"ttl": "DELETE"}),
            ({"streamEnabled": True, "streamViewType": "NEW_IMAGE"}, {"streamEnabled": "UPDATE", "streamViewType": "ADD"}),
            ({"deletionProtectionEnabled": True}, {"deletionProtectionEnabled": "UPDATE"}),
            ({"deletionProtectionEnabled": False}, {"deletionProtectionEnabled": "UPDATE"}),
            (
                {"globalSecondaryIndexes": None, "attributes": [{"name": "sk", "type": "S"}, {"name": "pk", "type": "S"}]},
                {"globalSecondaryIndexes": "DELETE", "attributes[2]": "DELETE"},
            ),
            (
                {"billingMode": "PROVISIONED", "readCapacity": 2, "writeCapacity": 3},
                {"billingMode": "UPDATE", "readCapacity": "UPDATE", "writeCapacity": "UPDATE"},
            ),
            ({"tags": {"team": "web"}}, {"tags.team": "UPDATE"}),
            ({"hashKey": "sk", "rangeKey": "pk"}, {"hashKey": "UPDATE_REPLACE", "rangeKey": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("dynamodb").update_continuous_backups(
                    TableName=r.id, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
                ),
                {"pointInTimeRecovery.enabled": "UPDATE"},
            ),
            (
                lambda p, r: p.client("dynamodb").tag_resource(ResourceArn=table_arn(p, r.id), Tags=[{"Key": "hand", "Value": "made"}]),
                {"tags.hand": "DELETE"},
            ),
        ),
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda _p: {"name": "/shop/web", "retentionInDays": 30, "tags": {"a": "b"}},
        (
            ({"retentionInDays": 7}, {"retentionInDays": "UPDATE"}),
            ({"tags": {"a": "c"}}, {"tags.a": "UPDATE"}),
            ({"name": "/z"}, {"name": "UPDATE_REPLACE"}),
        ),
        ((lambda p, r: p.client("logs").put_retention_policy(logGroupName=r.id, retentionInDays=1), {"retentionInDays": "UPDATE"}),),
    ),
    Case(
        f"{EC2}vpc:Vpc",
        lambda _p: {"cidrBlock": "10.4.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "main"}},
        (
            ({"enableDnsHostnames": False}, {"enableDnsHostnames": "UPDATE"}),
            ({"tags": {"Name": "other"}}, {"tags.Name": "UPDATE"}),
            ({"cidrBlock": "10.5.0.0/16"}, {"cidrBlock": "UPDATE_REPLACE"}),
        ),
        (
            (
                lambda p, r: p.client("ec2").modify_vpc_attribute(VpcId=r.id, EnableDnsHostnames={"Value": True}),
                {"enableDnsHostnames": "UPDATE"},
            ),
        ),
    ),
    Case(
        f"{EC2}subnet:Subnet",
        lambda p: {
            "vpcId": p.create(f"{EC2}vpc:Vpc", {"cidrBlock": "10.4.0.0/16"}).id,
            "cidrBlock": "10.4.1.0/24",
            "availabilityZone": "eu-central-1a",
            "tags": {"Name": "a"},
        },
        (
            ({"mapPublicIpOnLaunch": True}, {"mapPublicIpOnLaunch": "UPDATE"}),
            ({"availabilityZone": "eu-central-1c"}, {"availabilityZone": "UPDATE_REPLACE"}),
        ),
        ((lambda p, r: p.client("ec2").create_tags(Resources=[r.id], Tags=[{"Key": "Name", "Value": "b"}]), {"tags.Name": "UPDATE"}),),
    ),
    Case(
        f"{EC2}internetGateway:InternetGateway",
        lambda p: {"vpcId": p.create(f"{EC2}vpc:Vpc", {"cidrBlock": "10.4.0.0/16"}).id, "tags": {"Name": "a"}},
        (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}),),
        ((lambda p, r: p.client("ec2").detach_internet_gateway(InternetGatewayId=r.id, VpcId=r.state["vpcId"]), {"vpcId": "ADD"}),),
    ),
    Case(f"{EC2}eip:Eip", lambda _p: {"domain": "vpc", "tags": {"Name": "a"}}, (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}),)),
    Case(
        f"{EC2}natGateway:NatGateway",
        lambda p: {"subnetId": network(p)[1][0], "allocationId": p.create(f"{EC2}eip:Eip", {}).id, "tags": {"Name": "a"}},
        (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}),),
    ),
    Case(
        f"{EC2}routeTable:RouteTable",
        lambda p: {"vpcId": network(p)[0], "tags": {"Name": "a"}},
        (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}),),
    ),
    Case(
        f"{EC2}route:Route",
        lambda p: dict(
            zip(("routeTableId", "gatewayId", "destinationCidrBlock"), (*attached_route_table(p)[:2], "0.0.0.0/0"), strict=True)
        ),
        (({"destinationCidrBlock": "10.0.0.0/8"}, {"destinationCidrBlock": "UPDATE_REPLACE"}),),
    ),
    Case(
        f"{EC2}routeTableAssociation:RouteTableAssociation",
        lambda p: dict(zip(("routeTableId", "subnetId"), attached_route_table(p)[::2], strict=True)),
    ),
    Case(
        f"{EC2}vpcEndpoint:VpcEndpoint",
        lambda p: {"vpcId": network(p)[0], "serviceName": "com.amazonaws.eu-central-1.s3", "tags": {"Name": "a"}},
        (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}), ({"policy": policy()}, {"policy": "UPDATE"})),
    ),
    Case(
        f"{EC2}flowLog:FlowLog",
        lambda p: {
            "vpcId": network(p)[0],
            "trafficType": "ALL",
            "logDestinationType": "s3",
            "logDestination": f"arn:aws:s3:::{bucket(p)}",
            "tags": {"Name": "a"},
        },
        (({"tags": {"Name": "b"}}, {"tags.Name": "UPDATE"}), ({"trafficType": "REJECT"}, {"trafficType": "UPDATE_REPLACE"})),
    ),
)
