"""Where the plugin looks for AWS: provider inputs, environment, loopback only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from sandbox.plugins import values
from sandbox.plugins.aws import settings
from sandbox.plugins.aws.provider import AwsServicer
from sandbox.plugins.loopback import NotLoopbackError
from sandbox.plugins.serving import PluginError
from tests.plugins.aws.conftest import REGION, Context, RefusedError, configured

LOCAL = "http://127.0.0.1:5000"


def test_engine_json_is_read() -> None:
    """Everything but strings reaches the plugin as JSON text, and is read as the real provider reads it."""
    given = {
        "region": REGION,
        "accessKey": "a",
        "secretKey": values.Secret("hush-hush"),
        "endpoints": json.dumps([{"s3": LOCAL, "cloudwatchlogs": LOCAL}]),
        "defaultTags": json.dumps({"tags": {"team": "shop"}}),
        "ignoreTags": json.dumps({"keys": ["x"], "keyPrefixes": ["kubernetes.io/"]}),
        "skipCredentialsValidation": "true",
        "s3UsePathStyle": "true",
        "allowedAccountIds": json.dumps(["123456789012"]),
    }
    assert settings.check(given) == []
    read = settings.read(given, {})
    assert read.endpoint("s3") == read.endpoint("logs") == LOCAL
    assert read.default_tags == {"team": "shop"}
    assert read.ignore_tags.matches("kubernetes.io/cluster")
    assert not read.ignore_tags.matches("team")
    assert read.allowed == {"123456789012"}
    assert not read.validate
    assert "hush" not in repr(read)


def test_environment_is_read_and_inputs_win() -> None:
    """AWS_ENDPOINT_URL, its forms per service, AWS_REGION and credentials count; what the program says counts more."""
    env = {
        "AWS_ENDPOINT_URL": LOCAL,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"{LOCAL}1",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }
    read = settings.read({}, env)
    assert (read.region, read.endpoint("sqs"), read.endpoint("secretsmanager")) == ("eu-west-1", LOCAL, f"{LOCAL}1")
    assert settings.read({"region": REGION}, env).region == REGION
    assert settings.read({"endpoints": json.dumps([{"sqs": f"{LOCAL}2"}])}, env).endpoint("sqs") == f"{LOCAL}2"


@pytest.mark.parametrize(
    "url", ["https://sqs.eu-central-1.amazonaws.com", "http://10.0.0.1:5000", "http://127.0.0.1.example.com", "http://user@169.254.169.254"]
)
def test_only_loopback(url: str) -> None:
    """An endpoint that is not on this machine is refused, wherever it is configured, and the message says what to install."""
    with pytest.raises(NotLoopbackError, match="pulumi plugin install resource aws"):
        settings.read({}, {"AWS_ENDPOINT_URL": url}).endpoint("s3")
    with pytest.raises(NotLoopbackError):
        settings.read({}, {"AWS_ENDPOINT_URL": LOCAL, "AWS_ENDPOINT_URL_S3": url}).endpoint("s3")
    assert settings.check({"endpoints": json.dumps([{"iam": url}])})


def test_configure_refuses_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Configure itself refuses an endpoint elsewhere, and none at all, which would be the real AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://203.0.113.5")
    with pytest.raises(RefusedError, match="not on this machine"):
        configured({"region": REGION})
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(RefusedError, match="would reach the real AWS"):
        configured({"region": REGION})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", LOCAL)
    with pytest.raises(RefusedError, match="would reach the real AWS"):
        configured({"region": REGION})


def test_no_endpoint_says_what_to_do() -> None:
    """The refusal names the variable to set and the plugin to install."""
    with pytest.raises(PluginError, match=r"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS.*pulumi plugin install resource aws"):
        settings.read({}, {}).endpoint("logs")


@pytest.mark.parametrize(
    "given, reason",
    [
        ({"regoin": "x"}, "did you mean 'region'"),
        ({"httpProxy": "http://proxy"}, "does not implement"),
        ({"useFipsEndpoint": "true"}, "only false"),
        ({"region": "eu-central"}, "invalid AWS Region"),
        ({"endpoints": json.dumps([{"s33": LOCAL}])}, "unknown member 's33'"),
        ({"defaultTags": json.dumps({"tag": {}})}, "did you mean 'tags'"),
        ({"allowedAccountIds": json.dumps(["12"])}, "12 digits"),
        ({"skipCredentialsValidation": "perhaps"}, "true or false"),
        ({"assumeRoles": json.dumps([{"roleArn": "x", "duration": "1h"}])}, "does not implement the member 'duration'"),
    ],
)
def test_provider_inputs_are_checked(given: dict[str, Any], reason: str) -> None:
    """A provider input that is unknown, not implemented or of a wrong shape is refused by name."""
    answer = AwsServicer().CheckConfig(pb.CheckRequest(news=values.encode(given)), Context())
    assert [each.property for each in answer.failures] == list(given)
    assert reason in answer.failures[0].reason


def test_account_is_held_against_the_allowed(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What allowedAccountIds and forbiddenAccountIds say stops the provider before it does anything."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    configured({"region": REGION, "allowedAccountIds": json.dumps(["123456789012"])})
    with pytest.raises(RefusedError, match="AWS account ID not allowed: 123456789012"):
        configured({"region": REGION, "allowedAccountIds": json.dumps(["999999999999"])})
    with pytest.raises(RefusedError, match="forbiddenAccountIds"):
        configured({"region": REGION, "forbiddenAccountIds": json.dumps(["123456789012"])})


def test_credentials_are_needed(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Without credentials the provider stops as the real one does; a profile's file is read."""
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with pytest.raises(RefusedError, match="no valid credential sources"):
        configured({"region": REGION})
    file.write_text("[dev]\naws_access_key_id = a\naws_secret_access_key = b\n")
    configured({"region": REGION, "profile": "dev"})


def test_region_is_needed(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region the provider stops and says where it is looked for."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(RefusedError, match="aws:region"):
        configured({})
