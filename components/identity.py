"""Identity: the role that an application's pods have, and what it lets them do.

Follows the EKS best practices guide (Identity and access management): each application has a role of its own that its service accounts
alone may assume, by Pod Identity on clusters that Transom made, by the cluster's OpenID provider (IRSA) on others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.access import document
from components.eks import Issuer

_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """An EKS cluster whose agent hands out credentials: its physical name, and its ARN."""

    cluster: pulumi.Input[str]
    arn: pulumi.Input[str]


@dataclass(frozen=True, slots=True)
class IdentityArgs:
    """Whose role it is, who vouches for them, and what it allows."""

    role: str
    """Physical name, at most 64 characters."""
    accounts: Sequence[tuple[str, str]]
    """Namespace and name of each service account that has the role."""
    vouched: PodIdentity | Issuer
    policies: Mapping[str, Sequence[Mapping[str, Any]]]
    """Statements by the name of the policy, e.g. `bucket-pictures`: one for each bound resource."""
    boundary: str | None = None
    """ARN of a policy that bounds whatever the role is given (IAM user guide, Permissions boundaries)."""
    tags: Mapping[str, str] = field(default_factory=dict)


class Identity(pulumi.ComponentResource):
    """A role for one application.

    Attributes:
        role_arn: what the annotation of its service accounts names where IRSA is used.
        settled: what must be there before its pods start: permissions, and associations of its service accounts.
    """

    role_arn: pulumi.Output[str]
    settled: list[pulumi.Resource]

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Application", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=args.role,
            description=f"Pods of application {name}",
            assume_role_policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [_trust(args)]}),
            permissions_boundary=args.boundary,
            tags=args.tags,
            opts=child,
        )
        self.settled = [
            aws.iam.RolePolicy(f"{name}-{policy}", name=policy, role=role.id, policy=document(statements), opts=child)
            for policy, statements in sorted(args.policies.items())
        ]
        if isinstance(args.vouched, PodIdentity):
            self.settled += [
                aws.eks.PodIdentityAssociation(
                    f"{name}/{namespace}/{account}",
                    cluster_name=args.vouched.cluster,
                    namespace=namespace,
                    service_account=account,
                    role_arn=role.arn,
                    tags=args.tags,
                    opts=child,
                )
                for namespace, account in args.accounts
            ]
        self.role_arn = role.arn
        self.register_outputs({"roleArn": role.arn})


def _trust(args: IdentityArgs) -> dict[str, Any]:
    """Who may assume the role: these service accounts of this cluster, and nobody else.

    Sources: EKS user guide, EKS Pod Identity role trust policy (session tags as conditions), and Assign IAM roles to service accounts.
    """
    match args.vouched:
        case PodIdentity(arn=arn):
            condition = {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": arn,
                    "aws:RequestTag/kubernetes-namespace": sorted({namespace for namespace, _ in args.accounts}),
                    "aws:RequestTag/kubernetes-service-account": sorted({account for _, account in args.accounts}),
                }
            }
            service = {"Service": "pods.eks.amazonaws.com"}
            return {"Effect": "Allow", "Principal": service, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": condition}
        case Issuer(provider_arn=provider, host=host):
            accounts = [f"system:serviceaccount:{namespace}:{account}" for namespace, account in args.accounts]
            federated = pulumi.Output.from_input(host).apply(lambda name: {f"{name}:aud": _AUDIENCE, f"{name}:sub": accounts})
            return {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": federated},
            }
