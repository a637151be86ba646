"""TLS: whom a client trusts and what it shows of itself in, an SSLContext out; errors of it in plain words."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import msgspec

from clausewise.errors import TargetError

#: OpenSSL's number of a reason against a certificate -> that reason, as a predicate of the certificate
_REASONS = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "comes from an authority that is not trusted here, with a self-signed certificate",
    20: "comes from an authority that is not known here",
    21: "comes from an authority that is not known here",
    23: "is revoked",
}

#: OpenSSL's numbers for a certificate of another name, and of another address
_OTHER_NAME = frozenset({62, 64})

#: names of OpenSSL's errors -> what they mean, as a predicate of the server
_ERRORS = {
    "CERTIFICATE_REQUIRED": "asks for a client's certificate (--client-cert FILE)",
    "WRONG_VERSION_NUMBER": "does not speak TLS: is it an http:// URL?",
    "HTTP_REQUEST": "does not speak TLS: is it an http:// URL?",
    "UNSUPPORTED_PROTOCOL": "speaks only a version of TLS that is not accepted here",
    "ALERT_PROTOCOL_VERSION": "speaks only a version of TLS that is not accepted here",
    "ALERT_HANDSHAKE_FAILURE": "refuses the TLS handshake; it may ask for a client's certificate (--client-cert FILE)",
    "ALERT_UNKNOWN_CA": "does not know the authority of the client's certificate",
    "ALERT_BAD_CERTIFICATE": "does not accept the client's certificate",
}

#: what a user can do about a certificate that is not trusted
REMEDY = "give the certificate of its authority with --ca-file FILE, or --insecure to trust any server"


class Trust(msgspec.Struct, frozen=True):
    """Which servers are trusted, and the certificate of the client."""

    #: certificates by which servers are trusted, as PEM; None for those of the system
    ca_file: Path | None = None
    #: the client's certificate, as PEM; None where it shows none
    client_cert: Path | None = None
    #: the key of that certificate; None where its file holds it
    client_key: Path | None = None
    #: whether any server is trusted
    insecure: bool = False


def tls_context(trust: Trust) -> ssl.SSLContext:
    """What TLS connections are made with. Raises TargetError for files that cannot be used."""
    try:
        context = ssl.create_default_context(cafile=trust.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise TargetError(
            f"the certificates in {trust.ca_file} cannot be used: {_reason(error)}", remedy="give a file in PEM"
        ) from None
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if trust.client_cert is not None:
        try:
            context.load_cert_chain(trust.client_cert, trust.client_key, password=_no_password)
        except (OSError, ssl.SSLError, _PasswordNeededError) as error:
            raise TargetError(
                f"the client certificate {trust.client_cert} cannot be used: {_reason(error)}",
                remedy="give a PEM certificate and its key, without a password",
            ) from None
    return context


def tls_problem(error: ssl.SSLError, server: str) -> str:
    """What an error says of a `server`, as a sentence."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _OTHER_NAME:
            return f"the certificate of {server} is for another name: {error.verify_message}"
        return (
            f"the certificate of {server} {_REASONS.get(error.verify_code) or f'is not valid: {error.verify_message}'}"
        )
    return tls_alert(str(error), server) or f"the TLS handshake with {server} failed: {_reason(error)}"


def tls_alert(text: str, server: str) -> str:
    """What the text of an error of OpenSSL says of a `server`, as a sentence; "" where it is none that is known."""
    return next((f"{server} {meaning}" for name, meaning in _ERRORS.items() if re.search(rf"{name}\b", text)), "")


class _PasswordNeededError(Exception):
    """A private key is encrypted."""


def _no_password() -> str:
    """Keeps the ssl module from asking for the password of a key at the terminal."""
    raise _PasswordNeededError("its key is encrypted")


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return str(reason).replace("_", " ").lower() if isinstance(error, ssl.SSLError) else str(reason)
