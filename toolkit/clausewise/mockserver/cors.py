"""Cross-origin requests of browsers (the CORS protocol of the Fetch standard): a page of any origin may talk to the
mock."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clausewise.exchange import Headers, Request, Response, header

#: seconds for which a browser may remember the answer to a preflight
_MAX_AGE = "600"

_PREFIX = "access-control-"


def preflight(request: Request, methods: Iterable[str]) -> Response | None:
    """The answer to a preflight, with the `methods` that the contract has at its path; None for another request."""
    origin = header(request.headers, "Origin")
    wanted = header(request.headers, "Access-Control-Request-Method")
    if request.method != "OPTIONS" or origin is None or wanted is None:
        return None
    asked = header(request.headers, "Access-Control-Request-Headers")
    headers = [
        *_allowing(origin),
        # A method that is not documented is let through, and refused in words.
        ("Access-Control-Allow-Methods", ", ".join(dict.fromkeys([*methods, wanted]))),
        *((("Access-Control-Allow-Headers", asked),) if asked else ()),
        ("Access-Control-Max-Age", _MAX_AGE),
        ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]
    if header(request.headers, "Access-Control-Request-Private-Network") is not None:
        headers.append(("Access-Control-Allow-Private-Network", "true"))
    return Response(204, tuple(headers))


def shared(request: Request, response: Response) -> Response:
    """`response` such that a page of the request's origin may read it, with all its headers.

    A generated value of a documented header of the protocol would be false, and is replaced.
    """
    origin = header(request.headers, "Origin")
    if origin is None:
        return response
    own = tuple(pair for pair in response.headers if not pair[0].lower().startswith(_PREFIX))
    exposed = ", ".join(dict.fromkeys(name for name, _ in own))
    vary = ", ".join([*(value for name, value in own if name.lower() == "vary"), "Origin"])
    headers = (
        *(pair for pair in own if pair[0].lower() != "vary"),
        *_allowing(origin),
        ("Access-Control-Expose-Headers", exposed),
        ("Vary", vary),
    )
    return msgspec.structs.replace(response, headers=headers)


def _allowing(origin: str) -> Headers:
    """The page may send credentials, which `*` would not let it do."""
    return (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"))
