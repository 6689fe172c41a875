"""Flow logs of a network, in CloudWatch, written by a role that can write there and nowhere else.

Source: VPC user guide, Publish flow logs to CloudWatch Logs; the trust policy names the account, against the confused deputy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class FlowLogArgs:
    """What is watched, and how long that is kept, in days."""

    vpc_id: pulumi.Input[str]
    name: str
    """Physical name of the network."""
    role: str
    """Physical name of the role."""
    traffic: Literal["all", "reject"]
    retention: int
    tags: Mapping[str, str]


def watch(name: str, args: FlowLogArgs, opts: pulumi.ResourceOptions) -> None:
    """Flow logs of the network: log group, role and flow log, all with these options."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-flow-logs", name=f"/transom/{args.name}/flow-logs", retention_in_days=args.retention, tags=args.tags, opts=opts
    )
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=opts.parent)).account_id
    role = aws.iam.Role(
        f"{name}-flow-logs",
        name=args.role,
        description=f"Writes the flow logs of {args.name}",
        assume_role_policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                    }
                ],
            }
        ),
        tags=args.tags,
        opts=opts,
    )
    allowed = aws.iam.RolePolicy(
        f"{name}-flow-logs",
        name="write",
        role=role.id,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                        "Resource": [group.arn, pulumi.Output.concat(group.arn, ":*")],
                    }
                ],
            }
        ),
        opts=opts,
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=args.vpc_id,
        traffic_type=args.traffic.upper(),
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=600,
        tags=args.tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[allowed])),
    )
