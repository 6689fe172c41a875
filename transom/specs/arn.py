"""Amazon Resource Names, in general and of the things that documents name."""

from __future__ import annotations

import re
from typing import ClassVar

from transom.specs.scalars import Text

_PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc")
_PARTS = 6


class Arn(Text):
    """`arn:partition:service:region:account:resource` (AWS: IAM identifiers, ARN format)."""

    __slots__ = ()
    pattern = r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:\S+"
    example = "arn:aws:s3:::pictures"
    meaning = "an ARN"
    service: ClassVar[str] = ""
    """The service that it is of; any when empty."""
    resource: ClassVar[str] = r"\S+"
    """What its last part matches."""

    @classmethod
    def check(cls, text: str) -> Text:
        """The ARN; ValueError says which part is wrong."""
        parts = text.split(":", _PARTS - 1)
        if len(parts) < _PARTS or parts[0] != "arn":
            raise ValueError(
                f'"{text}" is not an ARN, which has six parts, arn:partition:service:region:account:resource, e.g. {cls.example}'
            )
        _, partition, service, _, account, resource = parts
        if partition not in _PARTITIONS:
            raise ValueError(f'"{text}": "{partition}" is not a partition of AWS; there are {", ".join(_PARTITIONS)}')
        if cls.service and service != cls.service:
            raise ValueError(f'"{text}" is of service "{service}", and {cls.meaning} is of {cls.service}, e.g. {cls.example}')
        if account and not re.fullmatch(r"[0-9]{12}|aws", account):
            raise ValueError(f'"{text}": "{account}" is not an account, which has twelve digits')
        if not re.fullmatch(cls.resource, resource) or not re.fullmatch(cls.pattern, text):
            raise ValueError(f'"{text}" is not {cls.meaning}, e.g. {cls.example}')
        return cls(text)

    @property
    def account(self) -> str:
        """The account's twelve digits; empty where the ARN has none."""
        return self.split(":")[4]

    @property
    def region(self) -> str:
        """The region; empty where the ARN has none."""
        return self.split(":")[3]


class PrincipalArn(Arn):
    """The ARN of an IAM role or user."""

    __slots__ = ()
    pattern = r"arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+"
    example = "arn:aws:iam::123456789012:role/platform"
    meaning = "the ARN of an IAM role or user"
    service = "iam"
    resource = r"(role|user)/[\w+=,.@/-]+"


class PolicyArn(Arn):
    """The ARN of an IAM managed policy, of the account's own or of AWS."""

    __slots__ = ()
    pattern = r"arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+"
    example = "arn:aws:iam::123456789012:policy/team-a-boundary"
    meaning = "the ARN of an IAM policy"
    service = "iam"
    resource = r"policy/[\w+=,.@/-]+"


class KeyArn(Arn):
    """The ARN of a KMS key."""

    __slots__ = ()
    pattern = r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-z-]+"
    example = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    meaning = "the ARN of a KMS key"
    service = "kms"
    resource = r"key/[0-9a-z-]+"
