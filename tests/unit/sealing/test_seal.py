"""Sealed values: what kubeseal's own private key opens, and nothing else."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests import repository
from transom.errors import PermanentError
from transom.sealing import certificates, seal
from transom.sealing.seal import Place, Scope

NOW = datetime.now(UTC)
SECRET: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "pay",
        "labels": {"app": "shop"},
        "uid": "1",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x"},
    },
    "type": "Opaque",
    "data": {"BYTES": base64.b64encode(b"\x00\xff").decode()},
    "stringData": {"TEXT": "hällo"},
}


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    """A controller's key; a short one, which is made quickly."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any, until: datetime = NOW + timedelta(days=1)) -> bytes:
    """A certificate of a key, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secrets")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = built.not_valid_before(NOW - timedelta(days=2)).not_valid_after(until).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def opened(folder: Path, private: rsa.RSAPrivateKey, sealed: dict[str, Any]) -> dict[str, bytes]:
    """What the real kubeseal gets out of a SealedSecret with the controller's key."""
    key = folder / "key.pem"
    key.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    command = [repository.program("kubeseal"), "--recovery-unseal", f"--recovery-private-key={key}", "-o", "json"]
    done = subprocess.run(command, input=json.dumps(sealed), capture_output=True, text=True, check=True, timeout=60)
    return {name: base64.b64decode(value) for name, value in json.loads(done.stdout)["data"].items()}


@pytest.mark.parametrize("scope", [*Scope])
def test_kubeseal_opens_what_we_seal(tmp_path: Path, private: rsa.RSAPrivateKey, scope: Scope) -> None:
    """In every scope, both text and bytes; the document holds neither."""
    sealed = seal.secret(private.public_key(), SECRET, "shop", scope)
    assert opened(tmp_path, private, sealed) == {"BYTES": b"\x00\xff", "TEXT": "hällo".encode()}
    text = yaml.safe_dump(sealed)
    assert "hällo" not in text
    assert base64.b64encode("hällo".encode()).decode() not in text


def test_a_value_is_bound_to_its_place(tmp_path: Path, private: rsa.RSAPrivateKey) -> None:
    """Under another name, strictly sealed values cannot be opened."""
    sealed = seal.secret(private.public_key(), SECRET, "shop")
    sealed["metadata"]["name"] = "other"
    sealed["spec"]["template"]["metadata"]["name"] = "other"
    with pytest.raises(subprocess.CalledProcessError):
        opened(tmp_path, private, sealed)


def test_the_same_value_never_looks_the_same(private: rsa.RSAPrivateKey) -> None:
    """Each sealing has a key of its own: equal values cannot be told by their looks."""
    place = Place("shop", "pay")
    assert seal.value(private.public_key(), b"x", place) != seal.value(private.public_key(), b"x", place)


def test_what_the_document_says_beside_its_values(private: rsa.RSAPrivateKey) -> None:
    """Type, labels and scope stay; what the API server wrote goes, and so does the annotation in which kubectl keeps the values."""
    sealed = seal.secret(private.public_key(), SECRET, "shop", Scope.NAMESPACE)
    scope = {"sealedsecrets.bitnami.com/namespace-wide": "true"}
    assert sealed["metadata"] == {"name": "pay", "namespace": "shop", "annotations": scope}
    assert sealed["spec"]["template"] == {
        "metadata": {"name": "pay", "namespace": "shop", "labels": {"app": "shop"}, "annotations": scope},
        "type": "Opaque",
    }


WRONG = [
    ("no Secret", {"kind": "ConfigMap"}, "it is no Secret"),
    ("no name", {"metadata": {}}, "it is no Secret with a name"),
    ("no value", {"data": None, "stringData": {}}, "has no value"),
    ("no base64", {"data": {"A": "hunter2!"}}, "data.A is not base64"),
    ("no text", {"stringData": {"A": 5}}, "stringData.A is not text"),
]


@pytest.mark.parametrize("change, said", [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_cannot_be_sealed(private: rsa.RSAPrivateKey, change: dict[str, Any], said: str) -> None:
    """It is told by the name of its key, never by its value."""
    with pytest.raises(PermanentError, match=said) as caught:
        seal.secret(private.public_key(), {**SECRET, **change}, "shop")
    assert "hunter2" not in str(caught.value)


def test_certificates_that_are_of_no_use(private: rsa.RSAPrivateKey) -> None:
    """A key that has run out, or of another kind, would seal what nobody opens."""
    assert seal.public_key(certificate(private)).key_size == 2048
    with pytest.raises(PermanentError, match="was valid until"):
        seal.public_key(certificate(private, NOW - timedelta(days=1)))
    with pytest.raises(PermanentError, match="no RSA key"):
        seal.public_key(certificate(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(PermanentError, match="no certificate"):
        seal.public_key(b"-----BEGIN NOTHING-----")


def test_a_certificate_does_not_travel_openly(tmp_path: Path) -> None:
    """Who can change it on its way could read all that is sealed with it."""
    (tmp_path / "cert.pem").write_bytes(b"here")
    assert certificates.fetch(str(tmp_path / "cert.pem")) == b"here"
    with pytest.raises(PermanentError, match="not encrypted on its way"):
        certificates.fetch("http://sealed-secrets.example.com/v1/cert.pem")
    with pytest.raises(PermanentError, match="cannot be read"):
        certificates.fetch(str(tmp_path / "none.pem"))
