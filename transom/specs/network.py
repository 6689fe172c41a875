"""Kind Network: a VPC over several zones, its ranges computed."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import Literal

from pydantic import Field, model_validator

from transom.specs import ranges
from transom.specs.base import IMMUTABLE, Document, Spec, first_twice
from transom.specs.owned import Guarded
from transom.specs.scalars import Bool, Cidr, Duration, Int

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The days that CloudWatch Logs can keep a log group (CloudWatch Logs: PutRetentionPolicy retentionInDays)."""

_WIDEST, _NARROWEST = ranges.LARGEST, ranges.SMALLEST
"""Prefix lengths: a VPC has at most /16 (VPC: CIDR blocks); below /22 the public subnets would be smaller than AWS allows."""

Endpoint = Literal[
    "autoscaling", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "elasticloadbalancing", "events",
    "kinesis-streams", "kms", "lambda", "logs", "monitoring", "rds", "secretsmanager", "sns", "sqs", "ssm", "ssmmessages", "states", "sts",
    "xray",
]  # fmt: skip
"""Services with an interface endpoint, as the last part of its service name (AWS PrivateLink: services that integrate)."""


def log_retention(field: str, value: Duration) -> None:
    """Refuses a retention that CloudWatch Logs does not know; `field` begins the message."""
    if value.seconds % 86400 or value.days not in LOG_RETENTION_DAYS:
        nearest = min(LOG_RETENTION_DAYS, key=lambda days: abs(days - value.seconds / 86400))
        raise ValueError(f"{field} {value} is not a number of days that CloudWatch Logs keeps; the nearest is {nearest}d")


class FlowLogsSpec(Spec):
    """The record of connections."""

    traffic: Literal["all", "reject"] = "all"
    """All connections, or only those that were refused."""
    retention: Duration = Duration("30d")
    """How long they are kept in CloudWatch Logs, in days that it knows: 7d, 14d, 30d, 90d, 365d …"""

    @model_validator(mode="after")
    def _known_to_cloudwatch(self) -> FlowLogsSpec:
        log_retention("retention", self.retention)
        return self


class NetworkSpec(Guarded):
    """Address range, zones, ways out and ways to AWS."""

    cidr: Cidr = Field(json_schema_extra=IMMUTABLE)
    """Address range of the whole, /16 to /22; the subnets' ranges are computed from it. Cannot be changed later."""
    zones: Int = Field(default=3, ge=2, le=ranges.MOST_ZONES)
    """Availability zones, each with a private and a public subnet. More may come later, what there is stays; fewer delete subnets."""
    public_subnets: Bool = True
    """Subnets with a way from and to the internet, for load balancers and NAT. Without them the network is closed."""
    nat: Literal["none", "one", "one-per-zone"] = "one"
    """How the private subnets reach the internet: not at all, through one gateway, or through one in each zone, which outlives a zone."""
    endpoints: tuple[Endpoint, ...] = Field(default=(), examples=[["ecr.api", "ecr.dkr", "sts", "logs"]])
    """Services reached without the internet, one interface endpoint each. S3 and DynamoDB always have theirs, which cost nothing."""
    flow_logs: FlowLogsSpec = FlowLogsSpec()
    """The record of connections, which is always kept."""

    @model_validator(mode="after")
    def _range_has_room(self) -> NetworkSpec:
        network = ip_network(self.cidr)
        if not isinstance(network, IPv4Network):
            raise ValueError(f"cidr {self.cidr} is IPv6; a VPC's own range is IPv4, e.g. 10.0.0.0/16")  # noqa: TRY004 - a value, not a type
        if not _WIDEST <= network.prefixlen <= _NARROWEST:
            raise ValueError(f"cidr {self.cidr} is outside /{_WIDEST} to /{_NARROWEST}; write e.g. {network.network_address}/16")
        if not network.is_private and not network.subnet_of(IPv4Network("100.64.0.0/10")):
            raise ValueError(f"cidr {self.cidr} is a range of the internet, which would be out of reach; choose one of 10.0.0.0/8")
        return self

    @model_validator(mode="after")
    def _nat_needs_public_subnets(self) -> NetworkSpec:
        if self.nat != "none" and not self.public_subnets:
            raise ValueError(f"nat {self.nat} stands in public subnets: write nat: none, or leave publicSubnets out")
        if twice := first_twice(self.endpoints):
            raise ValueError(f"endpoints has {twice} twice; remove one of the two")
        return self


class Network(Document):
    """A VPC with private and public subnets over several zones, closed by default."""

    kind: Literal["Network"]
    """Always Network."""
    spec: NetworkSpec
    """Address range, zones, ways out and ways to AWS."""
