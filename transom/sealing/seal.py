"""Values and Secrets, sealed: AES-256-GCM with a key of its own for each value, which RSA-OAEP encrypts for the cluster.

The label of the encryption binds a value to its place: name and namespace, the namespace, or none. Moved elsewhere it cannot be opened.
"""

from __future__ import annotations

import base64
import binascii
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from transom.errors import PermanentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

API_VERSION = "bitnami.com/v1alpha1"
_ANNOTATION = "sealedsecrets.bitnami.com/{}"
_SESSION_KEY = 32
_NONCE = bytes(12)
"""Each key is used once, so that the nonce may always be the same."""
_LEFT_OUT = frozenset({"creationTimestamp", "resourceVersion", "uid", "managedFields", "generation", "selfLink", "ownerReferences"})


class Scope(StrEnum):
    """What a sealed value is bound to."""

    STRICT = "strict"
    NAMESPACE = "namespace-wide"
    CLUSTER = "cluster-wide"


@dataclass(frozen=True, slots=True)
class Place:
    """The Secret that a value is sealed for."""

    namespace: str
    name: str
    scope: Scope = Scope.STRICT

    @property
    def label(self) -> bytes:
        """What is encrypted with the value's key."""
        match self.scope:
            case Scope.STRICT:
                return f"{self.namespace}/{self.name}".encode()
            case Scope.NAMESPACE:
                return self.namespace.encode()
            case Scope.CLUSTER:
                return b""

    @property
    def annotations(self) -> dict[str, str]:
        """What tells the controller of the scope."""
        return {} if self.scope is Scope.STRICT else {_ANNOTATION.format(self.scope): "true"}


def public_key(certificate: bytes, now: datetime | None = None) -> RSAPublicKey:
    """The key of a controller's certificate.

    Raises:
        PermanentError: it is none, has another kind of key, or is no longer valid.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        found = x509.load_pem_x509_certificate(certificate)
    except ValueError as error:
        raise _unusable("is no certificate in PEM form") from error
    if found.not_valid_after_utc < (now or datetime.now(UTC)):
        raise _unusable(f"was valid until {found.not_valid_after_utc:%Y-%m-%d}")
    key = found.public_key()
    if not isinstance(key, RSAPublicKey):
        raise _unusable("has no RSA key")
    return key


def _unusable(why: str) -> PermanentError:
    hint = "get the controller's: kubeseal --fetch-cert, or its /v1/cert.pem"
    return PermanentError(f"the certificate {why}", reason="CertificateUnusable", hint=hint)


def value(key: RSAPublicKey, plain: bytes, place: Place) -> str:
    """One value, sealed, in base64: length of the encrypted key (two bytes, big end first), encrypted key, encrypted value."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256

    session = os.urandom(_SESSION_KEY)
    sealed_key = key.encrypt(session, padding.OAEP(padding.MGF1(SHA256()), SHA256(), place.label))
    return base64.b64encode(struct.pack(">H", len(sealed_key)) + sealed_key + AESGCM(session).encrypt(_NONCE, plain, None)).decode()


def secret(key: RSAPublicKey, data: Mapping[str, Any], namespace: str, scope: Scope = Scope.STRICT) -> dict[str, Any]:
    """A Secret's document, sealed, as a SealedSecret; `namespace` is where it goes when it names none.

    Raises:
        PermanentError: it is no Secret, has no name or no value, or a value that cannot be read.
    """
    metadata = data.get("metadata")
    if (data.get("apiVersion"), data.get("kind")) != ("v1", "Secret") or not isinstance(metadata, dict) or not metadata.get("name"):
        raise _invalid("it is no Secret with a name", "give a document of apiVersion v1 and kind Secret")
    place = Place(str(metadata.get("namespace") or namespace), str(metadata["name"]), scope)
    plain = _plain(data)
    if not plain:
        raise _invalid(f"Secret {place.name} has no value", "write data or stringData")
    kept = {name: given for name, given in metadata.items() if name not in _LEFT_OUT and given}
    annotations = {**(kept.get("annotations") or {}), **place.annotations}
    annotations.pop("kubectl.kubernetes.io/last-applied-configuration", None)  # which holds the values
    template: dict[str, Any] = {"metadata": {**kept, "namespace": place.namespace}}
    template["metadata"].pop("annotations", None)
    if annotations:
        template["metadata"]["annotations"] = annotations
    template |= {name: data[name] for name in ("type", "immutable") if name in data}
    return document(place, {name: value(key, given, place) for name, given in plain.items()}, template)


def document(place: Place, encrypted: Mapping[str, str], template: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The SealedSecret of these sealed values."""
    metadata: dict[str, Any] = {"name": place.name, "namespace": place.namespace}
    if place.annotations:
        metadata["annotations"] = place.annotations
    written = template or {"metadata": dict(metadata)}
    spec = {"encryptedData": dict(sorted(encrypted.items())), "template": dict(written)}
    return {"apiVersion": API_VERSION, "kind": "SealedSecret", "metadata": metadata, "spec": spec}


def _plain(data: Mapping[str, Any]) -> dict[str, bytes]:
    """The values of a Secret; `stringData` wins, as with the API server."""
    out: dict[str, bytes] = {}
    for name, given in (data.get("data") or {}).items():
        try:
            out[str(name)] = base64.b64decode(str(given), validate=True)
        except (binascii.Error, ValueError):
            raise _invalid(f"data.{name} is not base64", "write plain text under stringData") from None
    for name, given in (data.get("stringData") or {}).items():
        if not isinstance(given, str):
            raise _invalid(f"stringData.{name} is not text", "put it into quotes")
        out[str(name)] = given.encode()
    return out


def _invalid(why: str, hint: str) -> PermanentError:
    return PermanentError(why, reason="NotASecret", hint=hint)
