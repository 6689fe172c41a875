"""Where the API server is and who we are there, from a kubeconfig.

The rules are kubectl's (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/), but only what a sandbox
needs is understood: tokens, client certificates and programs that give tokens. TLS is always verified.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.plugins import loopback
from sandbox.plugins.kubernetes.credentials import CredentialError, TokenProgram
from sandbox.plugins.kubernetes.settings import Settings

_LONGEST_PATH: Final = 4096
_REFUSED_USER: Final = {
    "auth-provider": "an auth provider",
    "username": "a user name and password",
    "as-user-extra": "extra fields of an impersonated user",
}
_REFUSED_CLUSTER: Final = {
    "insecure-skip-tls-verify": "switching TLS verification off",
    "proxy-url": "a proxy",
}


class KubeconfigError(ValueError):
    """The kubeconfig cannot be used; the message says which part and what to do. The cluster counts as unreachable."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one API server: PEM texts, not files. `namespace` is the default one."""

    server: str
    authority: str = ""
    certificate: str = ""
    key: str = ""
    token: str = ""
    program: TokenProgram | None = None
    """Gives tokens, instead of `token`."""
    server_name: str = ""
    namespace: str = "default"
    acting_as: tuple[tuple[str, str], ...] = ()
    """Headers of who is acted as: a user, an id, groups (kubernetes.io: authenticating, user impersonation)."""

    def __repr__(self) -> str:
        return f"Connection({self.server!r})"  # the rest is secret or long


def connect(settings: Settings, environment: Mapping[str, str], home: Path) -> Connection:
    """Give the connection that the provider's arguments ask for, else KUBECONFIG, else `~/.kube/config`.

    Raises:
        KubeconfigError: no usable kubeconfig, context or cluster, or one that needs what the stand-in cannot do.
        NotLoopbackError: the server is not on this machine.
    """
    config = merged(_documents(settings.kubeconfig, environment, home))
    context_name = settings.context or str(config.get("current-context") or "")
    context = _entry(config, "contexts", "context", context_name)
    cluster_name = settings.cluster or str(context.get("cluster") or "")
    cluster = _entry(config, "clusters", "cluster", cluster_name)
    user = _entry(config, "users", "user", str(context.get("user") or "")) if context.get("user") else {}
    server = str(cluster.get("server") or "")
    loopback.require(server, plugin="kubernetes")
    _refuse(cluster, _REFUSED_CLUSTER, f"cluster {cluster_name!r}")
    _refuse(user, _REFUSED_USER, f"user {context.get('user')!r}")
    return Connection(
        server=server.rstrip("/"),
        authority=_pem(cluster, "certificate-authority"),
        certificate=_pem(user, "client-certificate"),
        key=_pem(user, "client-key"),
        token=_token(user),
        program=_program(user),
        server_name=str(cluster.get("tls-server-name") or ""),
        namespace=settings.namespace or str(context.get("namespace") or "") or "default",
        acting_as=_acting_as(user),
    )


def active_cluster(text: str, context: str, cluster: str) -> Mapping[str, Any] | None:
    """Give the cluster entry that a kubeconfig's content leads to, None where it leads nowhere; for comparing two configurations."""
    config = _parsed(text, Path()) if text else {}
    try:
        found = _entry(config, "contexts", "context", context or str(config.get("current-context") or ""))
        return _entry(config, "clusters", "cluster", cluster or str(found.get("cluster") or ""))
    except KubeconfigError:
        return None


def merged(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the kubeconfigs as one: of equal names and of current-context the first wins, as kubectl has it."""
    out: dict[str, Any] = {"clusters": [], "users": [], "contexts": []}
    for document in documents:
        for section in ("clusters", "users", "contexts"):
            known = {entry.get("name") for entry in out[section]}
            out[section] += [entry for entry in document.get(section) or [] if entry.get("name") not in known]
        if not out.get("current-context"):
            out["current-context"] = document.get("current-context")
    return out


def _documents(argument: str, environment: Mapping[str, str], home: Path) -> list[dict[str, Any]]:
    if argument:
        return [_read(argument, home)]
    listed = [Path(part) for part in environment.get("KUBECONFIG", "").split(":") if part]
    paths = [path for path in listed or [home / ".kube" / "config"] if path.exists()]
    if not paths:
        raise KubeconfigError(
            "there is no kubeconfig: set the provider's `kubeconfig`, or KUBECONFIG to an existing file, or write ~/.kube/config"
        )
    return [_file(path) for path in paths]


def _read(argument: str, home: Path) -> dict[str, Any]:
    # As the real plugin: a string that names an existing file is a path, anything else is content.
    if "\n" not in argument and len(argument) <= _LONGEST_PATH:
        path = Path(str(home) + argument[1:] if argument.startswith("~/") else argument)
        if path.is_file():
            return _file(path)
    return _parsed(argument, Path())


def _file(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_text(encoding="utf-8"), path.parent)
    except OSError as error:
        raise KubeconfigError(f"the kubeconfig {path} cannot be read: {error.strerror}") from error


def _parsed(content: str, folder: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError as error:
        # The content may hold credentials: the parser's excerpt of it stays out of the message.
        raise KubeconfigError("the kubeconfig is neither the path of a file nor valid YAML") from error
    if not isinstance(document, dict):
        raise KubeconfigError("the kubeconfig is neither the path of a file nor a YAML mapping")
    for section in ("clusters", "users"):
        for entry in document.get(section) or []:
            for value in entry.values():
                if isinstance(value, dict):
                    value["."] = folder
    return document


def _entry(config: Mapping[str, Any], section: str, field: str, name: str) -> dict[str, Any]:
    for entry in config.get(section) or []:
        if entry.get("name") == name:
            return entry.get(field) or {}
    what = f"{field} {name!r}" if name else f"current {field}"
    raise KubeconfigError(
        f"the kubeconfig has no {what}; it has {', '.join(str(e.get('name')) for e in config.get(section) or []) or 'none'}"
    )


def _refuse(entry: Mapping[str, Any], refused: Mapping[str, str], what: str) -> None:
    for key, meaning in refused.items():
        if entry.get(key):
            raise KubeconfigError(
                f"{what} of the kubeconfig asks for {meaning} (`{key}`), which the sandbox's stand-in does not do; "
                "give a token or a client certificate, or install the real plugin and set TRANSOM_PLUGINS=real"
            )


def _acting_as(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers of impersonation. Groups and an id without a user mean nothing, and are an error as in client-go."""
    name, uid, groups = str(user.get("as") or ""), str(user.get("as-uid") or ""), user.get("as-groups") or []
    if not name and (uid or groups):
        raise KubeconfigError("requesting uid or groups without impersonating a user: the kubeconfig's user has no `as`")
    named = [("Impersonate-User", name)] if name else []
    return (*named, *([("Impersonate-Uid", uid)] if uid else []), *(("Impersonate-Group", str(group)) for group in groups))


def _pem(entry: Mapping[str, Any], key: str) -> str:
    data = entry.get(f"{key}-data")
    if data:
        return base64.b64decode(str(data)).decode()
    return _content(entry, key)


def _program(user: Mapping[str, Any]) -> TokenProgram | None:
    try:
        return TokenProgram(user["exec"]) if user.get("exec") else None
    except CredentialError as error:
        raise KubeconfigError(str(error)) from error


def _token(user: Mapping[str, Any]) -> str:
    return str(user.get("token") or "") or _content(user, "tokenFile").strip()


def _content(entry: Mapping[str, Any], key: str) -> str:
    path = entry.get(key)
    if not path:
        return ""
    try:
        return (Path(str(entry["."])) / str(path)).read_text(encoding="utf-8")
    except OSError as error:
        raise KubeconfigError(f"`{key}` of the kubeconfig cannot be read: {path}: {error.strerror}") from error
