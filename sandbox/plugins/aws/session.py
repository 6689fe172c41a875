"""The way to AWS: boto3 clients for loopback endpoints, the account they belong to, and waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

from sandbox.plugins.aws.settings import Settings
from sandbox.plugins.serving import PluginError

_FIRST_PAUSE: Final = 0.02  # seconds; moto is done at once, so waits start short and grow
_LONGEST_PAUSE: Final = 2.0
_MAKING: Final = threading.RLock()
_DEFAULT_WAIT: Final = 40 * 60.0


class Session:
    """Clients of one provider configuration, made once each and shared by all threads."""

    def __init__(self, settings: Settings, cancelled: threading.Event) -> None:
        """Reach AWS as the settings say; waits end early when `cancelled` is set."""
        self.settings = settings
        self.cancelled = cancelled
        self._clients: dict[tuple[str, str], Any] = {}

    def at(self, region: str = "", timeout: float = 0.0) -> Aws:
        """Give AWS as seen from a region (the provider's when empty); waits last at most `timeout` seconds (40 minutes when 0)."""
        chosen = region or self.settings.region
        if not chosen:
            raise PluginError("missing region: set the provider's `region`, the stack's `aws:region`, or AWS_REGION")
        return Aws(self, chosen, timeout or _DEFAULT_WAIT)

    def client(self, service: str, region: str) -> Any:
        """Give the boto3 client of a service. Raises PluginError where the endpoint is not loopback or there are no credentials."""
        key = (service, region)
        with _MAKING:  # making clients is not thread-safe in boto3, using them is
            if key not in self._clients:
                self._clients[key] = self._made(service, region)
            return self._clients[key]

    def verify(self) -> None:
        """Try the credentials and hold the account against the allowed and the forbidden ones, as the real provider does at its start."""
        settings = self.settings
        if not settings.region:
            self.at()
        if settings.validate or settings.allowed or settings.forbidden:
            self._hold_account(self.account)

    @cached_property
    def account(self) -> str:
        """The id of the account, 12 digits."""
        if not self.settings.request_account and not self.settings.validate and not (self.settings.allowed or self.settings.forbidden):
            return ""
        identity: dict[str, Any] = self.client("sts", self.settings.region).get_caller_identity()
        return str(identity["Account"])

    def _hold_account(self, account: str) -> None:
        if self.settings.allowed and account not in self.settings.allowed:
            raise PluginError(f"AWS account ID not allowed: {account}; allowedAccountIds holds {', '.join(sorted(self.settings.allowed))}")
        if account in self.settings.forbidden:
            raise PluginError(f"AWS account ID not allowed: {account} is one of forbiddenAccountIds")

    def _made(self, service: str, region: str) -> Any:
        from botocore.config import Config

        endpoint = self.settings.endpoint(service)
        access, secret, token = self._keys if service != "sts" else self._first_keys
        config = Config(
            user_agent_extra="APN/1.0 HashiCorp/1.0 Terraform/stand-in",  # as the real provider names itself in a trail
            proxies={},  # a proxy of the environment would carry the request off this machine
            retries={"mode": "standard", "total_max_attempts": self.settings.max_retries + 1},
            max_pool_connections=64,
            connect_timeout=5,
            read_timeout=60,
            s3={"addressing_style": "path"},  # bucket names are no host names on loopback
        )
        return _boto().client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
            config=config,
        )

    @cached_property
    def _first_keys(self) -> tuple[str, str, str]:
        settings = self.settings
        if all(settings.credentials[:2]):
            return settings.credentials
        found = _shared_credentials(settings)
        if found is None:
            raise PluginError(
                "no valid credential sources for the AWS provider found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
                "(any value will do for the sandbox), or the provider's `accessKey` and `secretKey`, or `profile`"
            )
        return found

    @cached_property
    def _keys(self) -> tuple[str, str, str]:
        keys = self._first_keys
        for role in self.settings.roles:
            keys = self._assumed(role)
        return keys

    def _assumed(self, role: Any) -> tuple[str, str, str]:
        wanted = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName") or "aws-go-sdk"}
        if role.get("externalId"):
            wanted["ExternalId"] = role["externalId"]
        if role.get("policy"):
            wanted["Policy"] = role["policy"]
        given = self.client("sts", self.settings.region).assume_role(**wanted)["Credentials"]
        return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


@dataclass(frozen=True)
class Aws:
    """AWS as one resource sees it: a region, an account, and the patience of its operation."""

    session: Session
    region: str
    timeout: float
    born: list[str] = field(default_factory=list)

    def made(self, id_: str) -> str:
        """Note that the resource exists from here on, so that a failure of what follows does not lose it; gives the id back."""
        self.born.append(id_)
        return id_

    def client(self, service: str) -> Any:
        """Give the boto3 client of a service in this region."""
        return self.session.client(service, self.region)

    @property
    def account(self) -> str:
        """The account's id."""
        return self.session.account

    @property
    def partition(self) -> str:
        """The region's partition: `aws`, `aws-cn` or `aws-us-gov`."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def suffix(self) -> str:
        """The partition's domain name."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str) -> str:
        """Give the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Wait until `done`; raises PluginError naming `what` when it takes too long or the user asks to stop."""
        until, pause = time.monotonic() + self.timeout, _FIRST_PAUSE
        while not done():
            if time.monotonic() > until:
                raise PluginError(f"timeout while waiting for {what} ({self.timeout:.0f} s)")
            if self.session.cancelled.wait(pause):
                raise PluginError(f"cancelled while waiting for {what}")
            pause = min(pause * 1.7, _LONGEST_PAUSE)


@cache
def _boto() -> Any:
    """Give the one boto3 session of the process: it keeps the services' models, which are slow to load."""
    import boto3

    return boto3.session.Session()


def _shared_credentials(settings: Settings) -> tuple[str, str, str] | None:
    # Only files are searched: botocore's full chain ends at the metadata address of a cloud machine, which is not loopback.
    import os
    from pathlib import Path

    from botocore.credentials import SharedCredentialProvider
    from botocore.exceptions import ConfigNotFound

    files = settings.credential_files or (os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or str(Path.home() / ".aws" / "credentials"),)
    for file in files:
        try:
            found = SharedCredentialProvider(str(Path(file).expanduser()), profile_name=settings.profile or "default").load()
        except ConfigNotFound:
            continue
        if found is not None:
            return found.access_key, found.secret_key, found.token or ""
    return None
