"""Certificates in documents: public ones, as PEM text."""

from __future__ import annotations

from transom.specs.scalars import Text

_BEGIN = "-----BEGIN CERTIFICATE-----"


class Certificates(Text):
    """One or more certificates, PEM (RFC 7468)."""

    __slots__ = ()
    pattern = r"(\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+"
    example = "-----BEGIN CERTIFICATE-----…"
    meaning = "PEM text of certificates"

    @classmethod
    def check(cls, text: str) -> Text:
        """The certificates; ValueError where one cannot be read. The text itself is not told: it may be a key."""
        import ssl

        parts = text.split(_BEGIN)[1:]
        try:
            read = [ssl.PEM_cert_to_DER_cert(_BEGIN + one.strip()) for one in parts]
        except ValueError:
            read = []
        if not read or "PRIVATE KEY" in text:
            raise ValueError(f"this is not {cls.meaning}, e.g. {cls.example}")
        return cls(text)
