"""What EKS's API servers ask about a bearer token: an HTTP server of TokenReviews, beside moto in its process.

The token is what `aws eks get-token` prints: a signed address at which STS says who signed it, valid for the cluster whose name was signed
with it. As EKS's authenticator does, this one asks STS, looks for the caller's access entry on the cluster, and answers with the user and
groups of the entry. Sources: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication; EKS
user guide, Grant IAM users access to Kubernetes with EKS access entries.

Of EKS's access policies only AmazonEKSClusterAdminPolicy has an effect here, as membership in system:masters: EKS has an authorizer of its
own for them, and the sandbox's API servers have not. Groups of an entry have their effect through RBAC, as on EKS.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from sandbox.awsextensions.eks import extras

VARIABLE = "TRANSOM_SANDBOX_AUTHENTICATOR"
"""The port to serve on, in the environment of moto's process."""

_PREFIX: Final = "k8s-aws-v1."
_CLUSTER: Final = "x-k8s-aws-id"
_TIMEOUT: Final = 10.0
_ADMIN: Final = "AmazonEKSClusterAdminPolicy"
_LONGEST: Final = 1 << 16


class TokenError(ValueError):
    """The token says nothing that can be believed; the message says why."""


def serve(port: int, sts: str) -> None:
    """Serve in a thread of this process, on the loopback address. `sts` is the address that tokens must lead to: moto's own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LONGEST))
            cluster = urllib.parse.urlsplit(self.path).path.strip("/")
            answer = json.dumps(review(cluster, json.loads(body), sts)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Nothing: a request line says nothing, and a body holds a token."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="authenticator", daemon=True).start()


def review(cluster: str, asked: dict[str, Any], sts: str) -> dict[str, Any]:
    """Answer one TokenReview for the cluster of this name."""
    try:
        status: dict[str, Any] = {"authenticated": True, "user": _user(cluster, str(asked["spec"]["token"]), sts)}
    except (TokenError, KeyError) as error:
        status = {"authenticated": False, "error": str(error)}
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def _user(cluster: str, token: str, sts: str) -> dict[str, Any]:
    arn = _caller(cluster, token, sts)
    account, region, entry, policies = _entry(cluster, arn)
    groups = ["system:authenticated", *entry["kubernetesGroups"]]
    if any(policy.endswith(f"/{_ADMIN}") and held["accessScope"]["type"] == "cluster" for policy, held in policies.items()):
        groups.append("system:masters")
    return {"username": entry["username"], "uid": f"aws-iam-authenticator:{account}:{region}:{arn}", "groups": groups}


def _caller(cluster: str, token: str, sts: str) -> str:
    """Who signed the token, as STS says."""
    if not token.startswith(_PREFIX):
        raise TokenError("no token of aws eks get-token")
    text = token.removeprefix(_PREFIX)
    try:
        address = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError as error:
        raise TokenError("the token is not base64") from error
    parts = urllib.parse.urlsplit(address)
    query = urllib.parse.parse_qs(parts.query)
    if f"{parts.scheme}://{parts.netloc}" != sts or query.get("Action") != ["GetCallerIdentity"]:
        raise TokenError("the token leads elsewhere than to this sandbox's STS")
    if _CLUSTER not in query.get("X-Amz-SignedHeaders", [""])[0].split(";"):
        raise TokenError("the token was signed for no cluster")
    headers = {_CLUSTER: cluster, "Accept": "application/xml", "Authorization": _header(query)}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - held against `sts` above
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_TIMEOUT) as answer:
            told = answer.read().decode()
    except (OSError, urllib.error.URLError) as error:
        raise TokenError("STS does not say who it is") from error
    found = re.search(r"<Arn>([^<]+)</Arn>", told)
    if not found:
        raise TokenError("STS does not say who it is")
    return _principal(found[1])


def _header(query: dict[str, list[str]]) -> str:
    """The signature as a header: moto looks there for the service and the caller, and not into the address."""
    names = {"Credential": "X-Amz-Credential", "SignedHeaders": "X-Amz-SignedHeaders", "Signature": "X-Amz-Signature"}
    return "AWS4-HMAC-SHA256 " + ", ".join(f"{name}={query.get(key, [''])[0]}" for name, key in names.items())


def _principal(arn: str) -> str:
    """The role of an assumed role's session; everything else as it is."""
    return re.sub(r":sts::(\d+):assumed-role/([^/]+)/.*", r":iam::\1:role/\2", arn)


def _entry(cluster: str, arn: str) -> tuple[str, str, dict[str, Any], dict[str, dict[str, Any]]]:
    """Account and region of the cluster, the caller's entry and its policies."""
    from moto.eks.models import eks_backends

    for account, regions in eks_backends.items():
        for region, backend in regions.items():
            if cluster in backend.clusters:
                more = extras(backend.clusters[cluster])
                if arn not in more.entries:
                    raise TokenError(f"cluster {cluster} has no access entry for {arn}")
                return account, region, more.entries[arn], more.policies.get(arn, {})
    raise TokenError(f"there is no cluster {cluster}")
