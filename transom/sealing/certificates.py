"""The certificate of a cluster's Sealed Secrets controller: from a file, or from the address at which the controller tells it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from transom.errors import PermanentError, TemporaryError

VARIABLE = "SEALED_SECRETS_CERT"
"""Environment variable with the file or address, the same that `kubeseal` reads."""

_PATIENCE = 20.0
_OK = 200
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def fetch(where: str) -> bytes:
    """The certificate at a path or an `https://` address; `http://` only of this machine, for a certificate on the way could be another's.

    Raises:
        PermanentError: there is none.
        TemporaryError: nobody answers.
    """
    if "://" not in where:
        try:
            return Path(where).read_bytes()
        except OSError as error:
            raise PermanentError(
                f"cannot be read: {error.strerror}", subject=where, reason="CertificateUnusable", hint="see --cert"
            ) from error
    address = urlsplit(where)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
        hint = "write https://, or save it to a file first"
        raise PermanentError("is not encrypted on its way", subject=where, reason="CertificateUnusable", hint=hint)
    import urllib3

    try:
        answer = urllib3.request("GET", where, timeout=_PATIENCE, retries=1)
    except urllib3.exceptions.HTTPError as error:
        raise TemporaryError(
            "does not answer", subject=where, reason="CertificateUnusable", hint="see whether it can be reached"
        ) from error
    if answer.status != _OK:
        raise PermanentError(
            f"answers {answer.status}", subject=where, reason="CertificateUnusable", hint="it is the controller's /v1/cert.pem"
        )
    return answer.data
