"""Recorded traffic for tests, written by hand from the reference page and not from our schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PATH = "/platform/v1beta1/organizations/clm88r8hi000008jwhzxu5crg/clusters"

REQUEST: dict[str, Any] = {
    "cloudProvider": "AWS",
    "name": "analytics",
    "region": "us-east-1",
    "type": "DEDICATED",
    "vpcSubnetRange": "172.20.0.0/20",
    "k8sTags": [{"key": "team", "value": "data"}],
}

RESPONSE: dict[str, Any] = {
    "cloudProvider": "AWS",
    "createdAt": "2022-11-22T04:37:12Z",
    "dbInstanceType": "db.t3.medium",
    "id": "clm7k8tgw000008jz97i37y81",
    "name": "analytics",
    "organizationId": "clm88r8hi000008jwhzxu5crg",
    "region": "us-east-1",
    "status": "CREATING",
    "type": "DEDICATED",
    "updatedAt": "2022-11-22T04:37:12Z",
    "vpcSubnetRange": "172.20.0.0/20",
    "isLimited": False,
}

REFUSAL = {"message": "no", "requestId": "r-1", "statusCode": 400}


def line(
    *,
    request: Any = REQUEST,
    response: Any = RESPONSE,
    status: int = 200,
    method: str = "POST",
    target: str = PATH,
    form: str = "json",
    headers: Iterable[tuple[str, str]] = (),
) -> bytes:
    """One line of NDJSON without its line break; what is not named is as it should be."""

    def body(value: Any) -> dict[str, Any]:
        return {form: value if form == "json" else json.dumps(value)}

    content = [["Content-Type", "application/json"]]
    exchange = {
        "version": 1,
        "id": "whatever",
        "request": {"method": method, "target": target, "headers": [*content, *headers], "body": body(request)},
        "response": {"status": status, "headers": content, "body": body(response), "seconds": 0.1},
    }
    return json.dumps(exchange, separators=(",", ":")).encode()


def faults(count: int, every: int) -> Iterator[bytes]:
    """So many lines, of which one in `every` breaks something: in turn a response, a request, a status, the line."""
    for number in range(count):
        which = (number // every) % 5 if number % every == every - 1 else None
        if which == 0:
            yield line(response=RESPONSE | {"status": "PROVISIONING"})
        elif which == 1:
            yield line(request=REQUEST | {"type": "SHARED"})
        elif which == 2:
            yield line(response=REFUSAL, status=418)
        elif which == 3:
            yield b'{"version": 1, "id"'
        elif which == 4:
            yield line(method="GET", target=f"/users/{number}")
        else:
            yield line(response=RESPONSE | {"name": f"cluster-{number}"})


def write(path: Path, lines: Iterable[bytes]) -> Path:
    """A recording with these lines."""
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path
