"""IAM OpenID Connect providers: what lets a cluster's service accounts assume roles (IRSA)."""

from __future__ import annotations

from typing import Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import matches

_AMAZON: Final = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
"""Thumbprint that AWS fills in for hosts whose certificates it trusts by itself; moto insists on one being sent."""


def _create(aws: Aws, inputs: Props) -> str:
    made = aws.client("iam").create_open_id_connect_provider(
        Url=inputs["url"],
        ClientIDList=inputs["clientIdLists"],
        ThumbprintList=inputs.get("thumbprintLists") or [_AMAZON],
        Tags=tagging.pairs(inputs.get("tagsAll")),
    )
    return str(made["OpenIDConnectProviderArn"])


def _read(aws: Aws, id_: str, before: Props) -> Props:
    found = aws.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=id_)
    return {
        "arn": id_,
        "clientIdLists": found["ClientIDList"],
        "thumbprintLists": found["ThumbprintList"],
        # IAM gives the address without its scheme; the real provider keeps how the program wrote it.
        "url": before.get("url") or f"https://{found['Url']}",
        "tags": tagging.mapping(found.get("Tags")),
    }


def _update(aws: Aws, change: Change) -> None:
    iam, arn = aws.client("iam"), change.id
    if "thumbprintLists" in change.keys and change.new.get("thumbprintLists"):
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=change.new["thumbprintLists"])
    given, removed = tagging.delta(change)
    if removed:
        iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=removed)
    if given:
        iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=tagging.pairs(given))


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=id_)


OPEN_ID_CONNECT_PROVIDER: Final = Entry(
    pulumi="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    terraform="aws_iam_openid_connect_provider",
    title="IAM OIDC Provider",
    inputs=("url", "clientIdLists", "tags", "thumbprintLists"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("clientIdLists", "url"),
    checks={"url": matches(r"https://.+", "must begin with https://")},
    gone=("NoSuchEntity", "NoSuchEntityException", "NotFound"),
)
ENTRIES: Final = (OPEN_ID_CONNECT_PROVIDER,)
