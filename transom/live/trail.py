"""AWS, asked what Pulumi's provider does not tell: who changed a resource last, and what of a database waits for its maintenance window.

Both are asked only about what has drifted. boto3 is the one library that knows how AWS wants to be asked and how people log in to it; where
it is not installed, or the questions are not permitted, the report says so and goes without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_OWN = re.compile(r"pulumi|terraform|transom", re.IGNORECASE)
"""In the user agent of calls that the provider made: APN/1.0 HashiCorp/1.0 Terraform/… pulumi-aws/…"""

_INSTANCE = "aws:rds/instance:Instance"
_PENDING: Mapping[str, str] = {
    "AllocatedStorage": "allocatedStorage",
    "BackupRetentionPeriod": "backupRetentionPeriod",
    "CACertificateIdentifier": "caCertIdentifier",
    "DBInstanceClass": "instanceClass",
    "DBInstanceIdentifier": "identifier",
    "DBSubnetGroupName": "dbSubnetGroupName",
    "EngineVersion": "engineVersion",
    "Iops": "iops",
    "LicenseModel": "licenseModel",
    "MasterUserPassword": "password",
    "MultiAZ": "multiAz",
    "Port": "port",
    "StorageThroughput": "storageThroughput",
    "StorageType": "storageType",
}
"""RDS's word for a value that waits, and the property's.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingModifiedValues.html
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody's call that changed something."""

    by: str
    at: str
    what: str


@dataclass
class Trail:
    """Asks one region.

    Attributes:
        region: the environment's.
        since: what was done before is not asked for: it was applied over.
        complaints: what could not be asked, each once.
    """

    region: str
    since: datetime | None = None
    complaints: list[str] = field(default_factory=list)
    patience: int = 8
    """How often a question is put when AWS asks for a pause (LookupEvents answers two a second), or does not answer."""
    _clients: dict[str, Any] = field(default_factory=dict)

    def last_change(self, type_token: str, names: Collection[str]) -> Event | None:
        """The last call that changed a resource of any of these names and was not the provider's; None where CloudTrail knows of none.

        CloudTrail keeps 90 days without being asked to, and tells an event some minutes after it happened.
        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
        """
        if not type_token.startswith("aws:"):
            return None
        events: list[dict[str, Any]] = []
        for name in dict.fromkeys(name for given in names for name in _names(given)):
            question: dict[str, Any] = {"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}], "MaxResults": 50}
            if self.since is not None:
                question["StartTime"] = self.since
            events += self._ask("cloudtrail", "lookup_events", **question).get("Events") or ()
        theirs = [event for event in events if event.get("ReadOnly") != "true" and not _OWN.search(_agent(event))]
        latest = max(theirs, key=lambda event: event["EventTime"], default=None)
        if latest is None:
            return None
        at = latest["EventTime"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Event(str(latest.get("Username") or "somebody"), at, str(latest.get("EventName") or ""))

    def pending(self, type_token: str, resource_id: str) -> Mapping[str, Any]:
        """By property, what a database gets in its next maintenance window; None for a value that AWS keeps to itself."""
        if type_token != _INSTANCE or not resource_id:
            return {}
        # The provider's id is the resource id `db-…`, which is asked for by a filter, or the identifier.
        kind = "dbi-resource-id" if re.fullmatch(r"db-[A-Z0-9]{10,}", resource_id) else "db-instance-id"
        found = self._ask("rds", "describe_db_instances", Filters=[{"Name": kind, "Values": [resource_id]}]).get("DBInstances") or ()
        waiting = (found[0].get("PendingModifiedValues") or {}) if found else {}
        return {_PENDING[word]: None if word == "MasterUserPassword" else value for word, value in waiting.items() if word in _PENDING}

    def _ask(self, service: str, operation: str, **question: Any) -> Mapping[str, Any]:
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            self._complain("who changed AWS resources is not known: pip install 'transom[aws]'")
            return {}
        try:
            if service not in self._clients:
                settings = Config(retries={"mode": "adaptive", "total_max_attempts": self.patience}, user_agent_extra="transom")
                make: Any = boto3.client  # one overload per service, none for a word that is not known yet
                self._clients[service] = make(service, region_name=self.region, config=settings)
            answer: Mapping[str, Any] = getattr(self._clients[service], operation)(**question)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            self._complain(f"{service} does not say: {code}; the report goes without who and when, or what is pending")
            return {}
        except BotoCoreError as error:
            self._complain(f"{service} cannot be asked: {error}")
            return {}
        return answer

    def _complain(self, message: str) -> None:
        if message not in self.complaints:
            self.complaints.append(message)


def _names(resource_id: str) -> tuple[str, ...]:
    """What CloudTrail may call a resource of this id or name: that, and of an ARN or a URL its last part."""
    last = re.split(r"[/:|,]", resource_id)[-1]
    return tuple(name for name in dict.fromkeys((resource_id, last)) if name)


def _agent(event: Mapping[str, Any]) -> str:
    try:
        return str(json.loads(event.get("CloudTrailEvent") or "{}").get("userAgent") or "")
    except ValueError:
        return ""
