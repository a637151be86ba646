"""Writes a request as a shell command that sends it again."""

from __future__ import annotations

import base64
import re
import shlex

from clausewise.exchange import Request, header
from clausewise.security.names import is_secret_header
from clausewise.security.redact import MASK

#: targets that curl sends as they stand; for others `--request-target` names what to send
_PLAIN_TARGET = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]{}-]|%[0-9A-Fa-f]{2})*")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=[/?#]|$)", re.IGNORECASE)
_GLOB = re.compile(r"[\[\]{}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

#: bytes of a body that may stand in the command; Linux refuses single arguments of 128 KiB
_MAX_ARGUMENT = 100_000
#: bytes of a body for which curl would first ask with `Expect: 100-continue`
_ASKS_FIRST = 1024 * 1024


def to_curl(request: Request, base_url: str) -> str:
    """One line for a POSIX shell that sends exactly this request.

    The values of secret headers are not in it: they are taken from environment variables with the header's name,
    `$AUTHORIZATION` or `$X_API_KEY`. The caller masks secrets elsewhere beforehand (`redact.Redactor`).
    """
    body, has_body = request.body, request.body is not None
    text = _argument(body) if body is not None else None
    # with -X HEAD, curl would wait for a body that never comes
    words = [
        "curl",
        *(["--head"] if request.method == "HEAD" and not has_body else ["-X", shlex.quote(request.method)]),
    ]
    words += _url(request.target, base_url)
    for name, value in request.headers:
        words += ["-H", _header(name, value)]
    if header(request.headers, "accept") is None:
        # without it, curl sends `Accept: */*`
        words += ["-H", shlex.quote("Accept:")]
    if body is not None:
        if header(request.headers, "content-type") is None:
            # without it, curl declares the body a form
            words += ["-H", shlex.quote("Content-Type:")]
        if len(body) >= _ASKS_FIRST and header(request.headers, "expect") is None:
            words += ["-H", shlex.quote("Expect:")]
        words += ["--data-raw", shlex.quote(text)] if text is not None else ["--data-binary", "@-"]
    command = " ".join(words)
    if body is not None and text is None:
        return f"printf '%s' {shlex.quote(base64.b64encode(body).decode())} | base64 -d | {command}"
    return command


def _argument(body: bytes) -> str | None:
    """The body as text that can stand on one line of a shell; None when it cannot."""
    if len(body) > _MAX_ARGUMENT:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    # a terminal would act on control characters when the line is pasted
    return None if _CONTROL.search(text) else text


def _url(target: str, base_url: str) -> list[str]:
    base = base_url.rstrip("/")
    if not _PLAIN_TARGET.fullmatch(target):
        path = re.sub(r"^[^:/]+://[^/]*", "", base)
        return ["--request-target", shlex.quote(path + target), shlex.quote(base + "/")]
    url = base + target
    options = ["--path-as-is"] if _DOT_SEGMENT.search(url.partition("?")[0]) else []
    if _GLOB.search(url):
        options.append("--globoff")
    return [*options, shlex.quote(url)]


def _header(name: str, value: str) -> str:
    if is_secret_header(name) or value == MASK:
        variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
        return f'"{name}: ${variable}"'
    # curl takes `Name:` for "do not send it", and `Name;` for "send it empty"
    return shlex.quote(f"{name}: {value}" if value.strip() else f"{name};")
