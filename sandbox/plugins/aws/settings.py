"""The provider's own inputs: what a program or the environment says about region, credentials, endpoints and tags."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.plugins import loopback, values
from sandbox.plugins.aws import schema
from sandbox.plugins.serving import Failure, PluginError

REGION: Final = re.compile(r"(us(-gov|-iso|-isob)?|af|ap|ca|eu|il|me|mx|sa|cn)-[a-z]+-\d")  # as the real provider checks it
# What the stand-in reads. The rest of the real provider's inputs is refused, for it would be silently without effect.
_TEXTS: Final = frozenset({"region", "profile", "accessKey", "secretKey", "token", "version"})
_FLAGS: Final = frozenset(
    {"s3UsePathStyle", "skipCredentialsValidation", "skipRegionValidation", "skipMetadataApiCheck", "skipRequestingAccountId"}
)
_FLAGS_OFF: Final = frozenset({"insecure", "useDualstackEndpoint", "useFipsEndpoint"})  # accepted when false: then they say nothing
_NESTED: Final = frozenset({"endpoints", "defaultTags", "ignoreTags", "assumeRoles", "allowedAccountIds", "forbiddenAccountIds"})
_LISTS: Final = frozenset({"sharedCredentialsFiles"})
_NUMBERS: Final = frozenset({"maxRetries"})
_KNOWN: Final = _TEXTS | _FLAGS | _FLAGS_OFF | _NESTED | _NUMBERS | _LISTS
_ROLE: Final = frozenset({"roleArn", "sessionName", "externalId", "policy"})
# boto3's name of each service the entries call: the provider's endpoint keys, and the word in AWS_ENDPOINT_URL_<WORD>.
SERVICES: Final = {
    "s3": (("s3", "s3api"), "S3"),
    "sqs": (("sqs",), "SQS"),
    "rds": (("rds",), "RDS"),
    "ec2": (("ec2",), "EC2"),
    "secretsmanager": (("secretsmanager",), "SECRETS_MANAGER"),
    "iam": (("iam",), "IAM"),
    "kms": (("kms",), "KMS"),
    "sns": (("sns",), "SNS"),
    "sts": (("sts",), "STS"),
    "dynamodb": (("dynamodb",), "DYNAMODB"),
    "eks": (("eks",), "EKS"),
    "elasticache": (("elasticache",), "ELASTICACHE"),
    "logs": (("logs", "cloudwatchlog", "cloudwatchlogs"), "CLOUDWATCH_LOGS"),
}


@dataclass(frozen=True, slots=True)
class IgnoreTags:
    """Tags that somebody else looks after: never shown, never removed."""

    keys: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def matches(self, key: str) -> bool:
        """Tell whether the tag of this key is somebody else's."""
        return key in self.keys or key.startswith(("aws:", *self.prefixes))


@dataclass(frozen=True, slots=True)
class Settings:
    """The provider's configuration, read and validated.

    Attributes:
        region: of every resource that does not say otherwise; empty while unknown.
        endpoints: URL by boto3 service name; the empty key holds the one for all others.
        credentials: access key, secret key and session token; repr never shows them.
        default_tags: on every resource that takes tags.
        ignore_tags: whose tags are somebody else's.
        allowed, forbidden: account ids; empty allows all.
        roles: roles to assume, one after the other.
        validate: whether the credentials are tried when the provider is configured.
    """

    region: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, str, str] = field(default=("", "", ""), repr=False)
    profile: str = ""
    credential_files: tuple[str, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignore_tags: IgnoreTags = field(default_factory=IgnoreTags)
    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    roles: tuple[Mapping[str, Any], ...] = ()
    max_retries: int = 2
    validate: bool = True
    request_account: bool = True

    def endpoint(self, service: str) -> str:
        """Give the URL of a service, loopback for certain. Raises PluginError or NotLoopbackError: nothing else may be reached."""
        url = self.endpoints.get(service) or self.endpoints.get("", "")
        if not url:
            raise PluginError(_NO_ENDPOINT.format(service=service, word=SERVICES[service][1]))
        loopback.require(url, plugin="aws")
        return url


_NO_ENDPOINT: Final = (
    "no endpoint is configured for the AWS service {service!r}, so this would reach the real AWS, and the `aws` plugin in use is the "
    "sandbox's stand-in, which serves loopback addresses only; "
    "for the sandbox set AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_{word}, or the provider's `endpoints`), "
    "for the real AWS install the real plugin with `pulumi plugin install resource aws` and set TRANSOM_PLUGINS=real"
)


def check(given: Mapping[str, Any]) -> list[Failure]:
    """Give why any of the provider's inputs is refused: unknown, not implemented by the stand-in, or of a wrong shape."""
    failures = []
    real = schema.provider("inputs")
    for name, raw in given.items():
        value = _parsed(name, values.reveal(raw))
        if name not in real and name != "version":
            failures.append(Failure(f"unknown provider input {name!r}{nearest(name, real)}", name))
        elif name not in _KNOWN:
            failures.append(Failure(f"the real provider knows {name!r}, the stand-in does not implement it", name))
        elif name in _FLAGS_OFF and value:
            failures.append(Failure(f"the stand-in does not implement {name!r}: only false is accepted", name))
        elif not values.has_unknown(value):
            failures += [Failure(reason, name) for reason in _shape(name, value)]
    region = values.reveal(given.get("region"))
    if (
        isinstance(region, str)
        and region
        and not _parsed("skipRegionValidation", given.get("skipRegionValidation"))
        and not REGION.fullmatch(region)
    ):
        failures.append(Failure(f"invalid AWS Region: {region}", "region"))
    return failures


def read(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Give the settings that these inputs and the environment amount to, with the real provider's precedence: inputs first."""
    env = os.environ if environment is None else environment
    plain = {name: _parsed(name, value) for name, value in values.reveal(given).items()}
    known = {name: value for name, value in plain.items() if value is not None and not values.has_unknown(value)}
    ignore = known.get("ignoreTags") or {}
    return Settings(
        region=known.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "",
        endpoints={**_environment_endpoints(env), **_given_endpoints(known.get("endpoints") or [])},
        credentials=_credentials(known, env),
        profile=known.get("profile") or ("" if known.get("accessKey") else env.get("AWS_PROFILE", "")),
        credential_files=tuple(known.get("sharedCredentialsFiles") or ()),
        default_tags=(known.get("defaultTags") or {}).get("tags") or {},
        ignore_tags=IgnoreTags(frozenset(ignore.get("keys") or ()), tuple(ignore.get("keyPrefixes") or ())),
        allowed=frozenset(known.get("allowedAccountIds") or ()),
        forbidden=frozenset(known.get("forbiddenAccountIds") or ()),
        roles=tuple(known.get("assumeRoles") or ()),
        max_retries=int(known.get("maxRetries") or 2),
        validate=not known.get("skipCredentialsValidation"),
        request_account=not known.get("skipRequestingAccountId"),
    )


def nearest(name: str, known: Any) -> str:
    """Give `; did you mean …?` for a name that looks like a known one, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _parsed(name: str, value: Any) -> Any:
    # The engine sends everything but plain strings of a provider's inputs as JSON text.
    if isinstance(value, str) and name not in _TEXTS and value:
        try:
            return json.loads(value, object_hook=_without_marks)
        except ValueError:
            return value
    return value


def _without_marks(pairs: dict[str, Any]) -> Any:
    # A secret inside JSON text keeps its envelope; only the value matters here.
    return pairs["value"] if "4dabf18193072939515e22adb298388d" in pairs and "value" in pairs else pairs


def _shape(name: str, value: Any) -> list[str]:
    reasons: list[str] = []
    if name in {"defaultTags", "ignoreTags"}:
        reasons = _members(name, value)
    elif name == "endpoints":
        reasons = _endpoint_shape(value)
    elif name == "assumeRoles":
        reasons = [reason for role in value or [] for reason in (*_members(name, role), *_role(role))]
    elif name in {"allowedAccountIds", "forbiddenAccountIds"}:
        if not isinstance(value, list) or not all(re.fullmatch(r"\d{12}", str(item)) for item in value):
            reasons = ["must be a list of account ids of 12 digits"]
    elif name in _FLAGS | _FLAGS_OFF and not isinstance(value, bool):
        reasons = ["must be true or false"]
    elif name in _TEXTS and not isinstance(value, str):
        reasons = ["must be a string"]
    return reasons


def _endpoint_shape(value: Any) -> list[str]:
    if not isinstance(value, list):
        return ["must be a list of objects, service to URL"]
    reasons = []
    for item in value:
        reasons += _members("endpoints", item)
        for service, url in (item or {}).items():
            if isinstance(url, str) and url and not loopback.is_loopback(loopback.hostname(url)):
                try:
                    loopback.require(url, plugin="aws")
                except loopback.NotLoopbackError as error:
                    reasons.append(f"{service}: {error}")
    return reasons


def _members(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, Mapping):
        return ["must be an object"]
    known = schema.provider(name)
    return [f"unknown member {key!r}{nearest(key, known)}" for key in value if key not in known]


def _role(role: Any) -> list[str]:
    return [
        f"the stand-in does not implement the member {key!r}"
        for key in role or {}
        if key in schema.provider("assumeRoles") and key not in _ROLE
    ]


def _environment_endpoints(env: Mapping[str, str]) -> dict[str, str]:
    if env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return {}
    found = {service: env[f"AWS_ENDPOINT_URL_{word}"] for service, (_, word) in SERVICES.items() if env.get(f"AWS_ENDPOINT_URL_{word}")}
    return {"": env["AWS_ENDPOINT_URL"], **found} if env.get("AWS_ENDPOINT_URL") else found


def _given_endpoints(given: list[Mapping[str, str]]) -> dict[str, str]:
    flat = {key: url for item in given for key, url in item.items() if url}
    return {service: flat[key] for service, (keys, _) in SERVICES.items() for key in keys if key in flat}


def _credentials(known: Mapping[str, Any], env: Mapping[str, str]) -> tuple[str, str, str]:
    if known.get("accessKey"):
        return known["accessKey"], known.get("secretKey") or "", known.get("token") or ""
    if known.get("profile"):
        return "", "", ""
    return env.get("AWS_ACCESS_KEY_ID", ""), env.get("AWS_SECRET_ACCESS_KEY", ""), env.get("AWS_SESSION_TOKEN", "")
