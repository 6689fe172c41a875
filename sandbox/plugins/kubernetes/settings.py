"""The provider's arguments: what the real plugin knows, what the stand-in can do of it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.serving import Failure

_INSTALL: Final = "install the real plugin with `pulumi plugin install resource kubernetes` and set TRANSOM_PLUGINS=real"

# Argument -> environment variable that stands in for an absent one.
_FLAGS: Final[Mapping[str, str]] = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
    "suppressHelmHookWarnings": "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
}
_TEXTS: Final = ("cluster", "clusterIdentifier", "context", "kubeconfig", "namespace")
_STRICT: Final = "strictMode"
_CLIENT: Final = "kubeClientSettings"
_UNSUPPORTED: Final = {
    "alwaysRender": "rendering manifests to files",
    "helmReleaseSettings": "Helm releases",
    "renderYamlToDirectory": "rendering manifests to files",
}
# Written by the engine and the SDKs about the plugin itself.
_ABOUT_PLUGIN: Final = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "__internal"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The provider's arguments with their defaults. `timeout` is that of one HTTP request in seconds; None waits as long as it takes."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    config_map_mutable: bool = False
    secret_mutable: bool = False
    patch_force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    suppress_hook_warnings: bool = False
    timeout: float | None = None


def failures(arguments: Mapping[str, Any], *, default_provider: bool = False) -> list[Failure]:
    """Give one failure for each argument that is unknown, malformed or beyond the stand-in; unknown values are passed over."""
    found: list[Failure] = []
    for key, raw in arguments.items():
        value = values.reveal(raw)
        if value is None or value == "" or values.has_unknown(value) or key in _ABOUT_PLUGIN:
            continue
        reason = _refusal(key, value)
        if reason:
            found.append(Failure(reason, key))
    return found + _strict(arguments, default_provider=default_provider)


def load(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Give the settings of arguments that passed `failures`; an absent flag is read from its environment variable."""
    flag = _flags(arguments, environment)
    client = _decoded(values.reveal(arguments.get(_CLIENT)) or {})
    timeout = client.get("timeout") or environment.get("PULUMI_K8S_CLIENT_TIMEOUT") or None
    return Settings(
        **{key: _kubeconfig_text(arguments.get(key)) for key in ("kubeconfig", "context", "cluster", "namespace")},
        config_map_mutable=flag("enableConfigMapMutable"),
        secret_mutable=flag("enableSecretMutable"),
        patch_force=flag("enablePatchForce"),
        upsert=flag("upsertExistingObjects"),
        delete_unreachable=flag("deleteUnreachable"),
        skip_update_unreachable=flag("skipUpdateUnreachable"),
        suppress_hook_warnings=flag("suppressHelmHookWarnings"),
        timeout=None if timeout is None else float(timeout),
    )


def environment_failures(environment: Mapping[str, str]) -> list[Failure]:
    """Give one failure for each environment variable that the real plugin heeds and the stand-in cannot."""
    found = [
        Failure(f"{name} limits the real plugin's requests, and the stand-in has no such limit: unset it, or {_INSTALL}")
        for name in ("PULUMI_K8S_CLIENT_BURST", "PULUMI_K8S_CLIENT_QPS")
        if environment.get(name)
    ]
    name = _FLAGS["enableServerSideApply"]
    if name in environment and environment[name] != "true":
        found.append(Failure(f"{name}={environment[name]}: {_client_side()}"))
    return found


def _refusal(key: str, value: Any) -> str:  # noqa: PLR0911 - one return for each form of argument
    if key in _UNSUPPORTED:
        return f"{_UNSUPPORTED[key]} is beyond the sandbox's stand-in: leave `{key}` out, or {_INSTALL}"
    if key == "enableServerSideApply" and _decoded(value) is False:
        return _client_side()
    if key in _FLAGS or key == _STRICT:
        return "" if isinstance(_decoded(value), bool) else f"`{key}` is {value!r}, which is neither true nor false"
    if key == _CLIENT:
        return _client_refusal(value)
    if key == "kubeconfig":
        return "" if isinstance(value, (str, dict)) else "`kubeconfig` must be a path or the content of a kubeconfig file"
    if key in _TEXTS:
        return "" if isinstance(value, str) else f"`{key}` must be a string"
    known = ", ".join(sorted([*_FLAGS, *_TEXTS, *_UNSUPPORTED, _CLIENT]))
    return f"`{key}` is no argument of the kubernetes provider; it has {known}"


def _client_side() -> str:
    return f"client-side apply is beyond the sandbox's stand-in: leave `enableServerSideApply` true, or {_INSTALL}"


def _client_refusal(value: Any) -> str:
    decoded = _decoded(value)
    if not isinstance(decoded, dict):
        return f"`{_CLIENT}` must be a mapping of burst, qps and timeout"
    beyond = sorted(key for key, given in decoded.items() if key != "timeout" and given is not None)
    return (
        f"`{_CLIENT}.{beyond[0]}` is beyond the sandbox's stand-in, which sends requests without a limit: leave it out, or {_INSTALL}"
        if beyond
        else ""
    )


def _strict(arguments: Mapping[str, Any], *, default_provider: bool) -> list[Failure]:
    if _decoded(values.reveal(arguments.get(_STRICT))) is not True:
        return []
    found = [Failure("strict mode prohibits default provider")] if default_provider else []
    missing = (key for key in ("kubeconfig", "context") if not arguments.get(key))
    return found + [Failure(f'strict mode requires Provider "{key}" argument', key) for key in missing]


def _flags(arguments: Mapping[str, Any], environment: Mapping[str, str]) -> Callable[[str], bool]:
    def flag(key: str) -> bool:
        given = values.reveal(arguments.get(key))
        if given is not None and given != "":
            return _decoded(given) is True
        return environment.get(_FLAGS[key]) == "true"

    return flag


def _decoded(value: Any) -> Any:
    # The SDKs send everything but strings as JSON text.
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _kubeconfig_text(value: Any) -> str:
    plain = values.reveal(value)
    return json.dumps(plain) if isinstance(plain, dict) else plain or ""
