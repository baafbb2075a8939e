"""Endpoint secrets at rest: we must read them to sign, so they are encrypted, not hashed.

AES-256-GCM (NIST SP 800-38D) under a key derived from the setting `secret_key` by HKDF-SHA256 (RFC 5869), bound to the
endpoint's id. Whoever has the database without the setting reads nothing; whoever changes the setting must rotate
every endpoint's secret. The nonce is a MAC of id and secret: the same text is never sealed differently, and different
texts never share a nonce, without asking for chance.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = "1"
_NONCE_BYTES = 12


class Unreadable(Exception):
    """Sealed under another `secret_key`, or changed since."""


class Seal:
    """Seals and opens with the keys of one `secret_key`."""

    def __init__(self, secret_key: str) -> None:
        material = HKDF(algorithm=SHA256(), length=64, salt=None, info=b"tallystick webhooks secrets 1").derive(
            secret_key.encode()
        )
        self._cipher = AESGCM(material[:32])
        self._nonce_key = material[32:]

    def close(self, text: str, *, name: str) -> str:
        """`text` sealed for the row called `name`."""
        nonce = hmac.new(self._nonce_key, f"{name}\n{text}".encode(), hashlib.sha256).digest()[:_NONCE_BYTES]
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), name.encode())
        return f"{_VERSION}.{base64.b64encode(sealed).decode()}"

    def open(self, sealed: str, *, name: str) -> str:
        """The text again. Raises Unreadable."""
        version, _, encoded = sealed.partition(".")
        if version != _VERSION:
            raise Unreadable(f"{name} was sealed in an unknown way")
        try:
            raw = base64.b64decode(encoded)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unreadable(f"{name} was sealed under another secret_key, or changed since") from None
