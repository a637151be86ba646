"""How requests reach a server: how long they wait, and whom TLS trusts."""

from __future__ import annotations

import msgspec

from clausewise.options import RunOptions
from clausewise.security.credentials import Certificate
from clausewise.transport.base import TIMEOUT
from clausewise.transport.tls import Trust


class Network(msgspec.Struct, frozen=True):
    """What the options of a run say of the way to a server."""

    #: seconds to wait for a connection, and from then on for a whole answer
    connect: float = TIMEOUT
    answer: float = TIMEOUT
    trust: Trust = Trust()

    @classmethod
    def of(cls, options: RunOptions) -> Network:
        """As the options say."""
        trust = Trust(options.ca_file, options.client_cert, options.client_key, options.insecure)
        return cls(options.connect_timeout, options.timeout, trust)

    def showing(self, certificate: Certificate | None) -> Network:
        """The same with the certificate that a security scheme's credentials name, where they name one."""
        if certificate is None:
            return self
        trust = msgspec.structs.replace(self.trust, client_cert=certificate.cert, client_key=certificate.key)
        return msgspec.structs.replace(self, trust=trust)
