"""Account: the AWS provider of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class AccountArgs:
    """Which account and region, and what everything in it is tagged with."""

    region: str
    account_id: str | None = None
    """The only account that may be touched."""
    local: bool = False
    """Whether AWS_ENDPOINT_URL names a local cloud, which knows no host name per bucket."""
    tags: Mapping[str, str] = field(default_factory=dict)


class Account(pulumi.ComponentResource):
    """The provider through which all AWS resources of an environment are made. Credentials come from the environment, never the state.

    Attributes:
        account_id: the id of the account that the credentials belong to.
    """

    provider: aws.Provider
    account_id: pulumi.Output[str]

    def __init__(self, name: str, args: AccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Account", name, None, opts)
        self.provider = aws.Provider(
            "aws",
            region=args.region,
            allowed_account_ids=[args.account_id] if args.account_id else None,
            default_tags={"tags": dict(args.tags)},
            s3_use_path_style=True if args.local else None,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.account_id = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=self.provider)).account_id
        self.register_outputs({})
