"""Whether a server can be reached at all, asked before the first request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress

from clausewise.errors import TargetError
from clausewise.transport.address import Address
from clausewise.transport.base import in_thread
from clausewise.transport.proxy import Proxy
from clausewise.transport.tls import REMEDY, tls_problem

#: seconds within which a server refuses a client after the handshake of TLS 1.3
_REFUSES_WITHIN = 0.3


async def reach(base_url: str, timeout: float, tls: ssl.SSLContext | None = None, proxy: Proxy | None = None) -> None:
    """Raise TargetError where no connection to the server, or to the proxy before it, opens within `timeout` seconds.

    Of a server behind a proxy only the first request shows whether it is there.
    """
    first = Address.of(base_url if proxy is None else proxy.name)
    place = f"{first.host}:{first.port}" if proxy is None else f"the proxy {proxy.name}, which {proxy.variable} names,"
    remedy = "is the server running?" if proxy is None else f"correct {proxy.variable}, or set NO_PROXY"

    def connect() -> None:
        with socket.create_connection((first.host, first.port), timeout) as connection:
            if proxy is None and first.scheme == "https":
                context = tls or ssl.create_default_context()
                with context.wrap_socket(connection, server_hostname=first.host) as secured:
                    _await_refusal(secured)

    try:
        await asyncio.wait_for(in_thread(connect), timeout)
        return
    except TimeoutError:
        reason = f"{place} does not answer within {timeout:g} s"
    except ConnectionRefusedError:
        reason = f"nothing listens at {place}"
    except socket.gaierror as error:
        reason = f"the host {first.host} cannot be found: {error.strerror}"
    except ssl.SSLError as error:
        reason = tls_problem(error, place)
        remedy = REMEDY if isinstance(error, ssl.SSLCertVerificationError) else "check the URL"
    except (OSError, ValueError) as error:
        reason = f"cannot connect to {place}: {getattr(error, 'strerror', None) or error}"
    raise TargetError(f"{base_url} cannot be reached: {reason}", remedy=remedy)


def _await_refusal(secured: ssl.SSLSocket) -> None:
    """Raise ssl.SSLError where the server refuses the client, as for want of a certificate: in TLS 1.3 it says so after
    the handshake, and then what breaks is the first request, which need not hear why."""
    secured.settimeout(_REFUSES_WITHIN)
    with suppress(TimeoutError):
        secured.recv(1)
