"""The create-cluster endpoint by hand: plain ASGI, plain ifs, and faults to switch on.

Nothing here comes from clausewise or from a schema library: it is a second, independent reading of the same contract.
Without faults it is correct.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.servers.asgi import body_of, live

FAULTS: dict[str, str] = {
    "min-length": 'the name "" is accepted',
    "max-length": "a node pool's name of more than 64 characters is accepted",
    "pattern": "a drVpcSubnetRange that is no CIDR range is accepted",
    "enum": "any string is accepted as type",
    "minimum": "a negative maxNodeCount is accepted",
    "maximum": "a maxNodeCount over 1000 is accepted",
    "max-items": "more than 50 k8sTags are accepted",
    "branch-required": "a GCP cluster without podSubnetRange is accepted",
    "response-wrong-type": "isLimited comes as a string",
    "response-bad-date": "updatedAt comes with a blank in the place of T and without Z",
    "response-null": "metadata.oidcIssuerUrl comes as null",
    "response-bad-enum": "an AZURE cluster comes with a status that is not documented",
    "crash-on-boundary": "500 where the name has exactly 64 characters",
    "crash-on-unicode": "500 where a node pool's name holds a character outside ASCII",
    "crash-on-zero": "500 where maxNodeCount is 0",
    "undocumented-422": "malformed JSON is answered 422",
}

#: faults that need two things at once
PAIRED_FAULTS: dict[str, str] = {
    "hybrid-azure": "500 where an AZURE cluster is HYBRID",
    "two-pools-tagged": "500 where there are two node pools and a tag",
    "default-at-limit": "500 where a node pool of 1000 nodes is not the default",
    "tags-and-workspaces": "tags are refused beside workspace ids",
    "short-region-recovered": "500 where the region has one character and drRegion is given",
    "replicated-range": "500 where enableReplicationTimeControl is true and drVpcSubnetRange is given",
}

_PATH = re.compile(r"(?:/platform/v1beta1)?/organizations/([^/]+)/clusters")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_CIDR = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}/(?:3[0-2]|[12]?[0-9])")

_RANGES = {
    "AWS": ("secondaryVpcCidr", "drSecondaryVpcCidr"),
    "AZURE": (),
    "GCP": (
        "podSubnetRange",
        "servicePeeringRange",
        "serviceSubnetRange",
        "drPodSubnetRange",
        "drServicePeeringRange",
        "drServiceSubnetRange",
    ),
}
_NOW = "2024-03-05T09:21:44Z"


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Crash(Exception):
    """The handler fell over."""


def create_app(faults: Collection[str] = ()) -> Any:
    """The endpoint as an ASGI app, with the named faults."""
    unknown = set(faults) - FAULTS.keys() - PAIRED_FAULTS.keys()
    if unknown:
        raise ValueError(f"no such faults: {unknown}")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        body = await body_of(receive)
        status, answer = _answer(scope, body, faults)
        content = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        headers += [(b"allow", b"POST")] if status == 405 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


def _answer(scope: Any, body: bytes, faults: Collection[str]) -> tuple[int, Any]:
    path = _PATH.fullmatch(scope["path"])
    try:
        if path is None:
            raise Refused(404, "no such path")
        if scope["method"] != "POST":
            raise Refused(405, "only POST is offered")
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused(401, "credentials are missing")
        request = _read(headers, body, faults)
        _check(request, faults)
        _check_pairs(request, faults)
        return 200, _cluster(path[1], request, faults)
    except Refused as refused:
        error = {"message": str(refused), "requestId": "r-1", "statusCode": refused.status}
        if refused.status == 400:
            error["fieldErrors"] = [{"code": "invalid", "field": "?", "message": str(refused)}]
        return refused.status, error
    except Crash:
        return 500, {"message": "internal server error", "requestId": "r-1", "statusCode": 500}


def _read(headers: dict[str, str], body: bytes, faults: Collection[str]) -> dict[str, Any]:
    if not body:
        raise Refused(400, "a body is required")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(400, "the body must be application/json")
    try:
        request = json.loads(body)
    except ValueError:
        raise Refused(422 if "undocumented-422" in faults else 400, "the body is not JSON") from None
    if not isinstance(request, dict):
        raise Refused(400, "the body must be an object")
    return request


def _text(holder: dict[str, Any], name: str, *, required: bool = False, low: int = 0, high: int | None = None) -> None:
    if name not in holder:
        if required:
            raise Refused(400, f"{name} is required")
        return
    value = holder[name]
    if not isinstance(value, str):
        raise Refused(400, f"{name} must be a string")
    if len(value) < low or (high is not None and len(value) > high):
        raise Refused(400, f"{name} has the wrong length")


def _range(request: dict[str, Any], name: str, *, required: bool = False, checked: bool = True) -> None:
    _text(request, name, required=required)
    if name in request and checked and not _CIDR.fullmatch(request[name]):
        raise Refused(400, f"{name} is not a CIDR range")


def _flag(holder: dict[str, Any], name: str) -> None:
    if name in holder and not isinstance(holder[name], bool):
        raise Refused(400, f"{name} must be a boolean")


def _check(request: dict[str, Any], faults: Collection[str]) -> None:
    provider = request.get("cloudProvider")
    if not isinstance(provider, str) or provider not in _RANGES:
        raise Refused(400, "cloudProvider must be AWS, AZURE or GCP")
    _text(request, "name", required=True, low=0 if "min-length" in faults else 1, high=64)
    if "crash-on-boundary" in faults and len(request["name"]) == 64:
        raise Crash
    _text(request, "region", required=True, low=1)
    _text(request, "type", required=True)
    if request["type"] not in ("DEDICATED", "HYBRID") and "enum" not in faults:
        raise Refused(400, "type must be DEDICATED or HYBRID")
    hybrid = request["type"] == "HYBRID"
    _text(request, "dbInstanceType", required=hybrid)
    _text(request, "providerAccount", required=hybrid)
    _text(request, "drRegion")
    _range(request, "vpcSubnetRange", required=True)
    _range(request, "drVpcSubnetRange", checked="pattern" not in faults)
    _flag(request, "enableReplicationTimeControl")
    for name in _RANGES[provider]:
        required = name in ("podSubnetRange", "servicePeeringRange", "serviceSubnetRange")
        if name == "podSubnetRange" and "branch-required" in faults:
            required = False
        _range(request, name, required=required)
    if provider == "AZURE":
        _text(request, "tenantId")
    for pool in _list(request, "nodePools"):
        _check_pool(pool, faults)
    tags = _list(request, "k8sTags")
    if len(tags) > 50 and "max-items" not in faults:
        raise Refused(400, "k8sTags has more than 50 items")
    for tag in tags:
        if not isinstance(tag, dict):
            raise Refused(400, "a tag must be an object")
        _text(tag, "key")
        _text(tag, "value")
    for workspace in _list(request, "workspaceIds"):
        if not isinstance(workspace, str):
            raise Refused(400, "a workspace id must be a string")


def _check_pairs(request: dict[str, Any], faults: Collection[str]) -> None:
    pools, tags = request.get("nodePools", []), request.get("k8sTags", [])
    if "hybrid-azure" in faults and request["cloudProvider"] == "AZURE" and request["type"] == "HYBRID":
        raise Crash
    if "two-pools-tagged" in faults and len(pools) == 2 and tags:
        raise Crash
    if "default-at-limit" in faults and any(
        pool["maxNodeCount"] == 1000 and pool.get("isDefault") is False for pool in pools
    ):
        raise Crash
    if "tags-and-workspaces" in faults and tags and request.get("workspaceIds"):
        raise Refused(400, "tags and workspaces cannot be combined")
    if "short-region-recovered" in faults and len(request["region"]) == 1 and "drRegion" in request:
        raise Crash
    if "replicated-range" in faults and request.get("enableReplicationTimeControl") and "drVpcSubnetRange" in request:
        raise Crash


def _list(request: dict[str, Any], name: str) -> list[Any]:
    value = request.get(name, [])
    if not isinstance(value, list):
        raise Refused(400, f"{name} must be an array")
    return value


def _check_pool(pool: Any, faults: Collection[str]) -> None:
    if not isinstance(pool, dict):
        raise Refused(400, "a node pool must be an object")
    _text(pool, "name", required=True, low=1, high=None if "max-length" in faults else 64)
    if "crash-on-unicode" in faults and not pool["name"].isascii():
        raise Crash
    _text(pool, "nodeInstanceType", required=True, low=1)
    _flag(pool, "isDefault")
    count = pool.get("maxNodeCount")
    if isinstance(count, bool) or not isinstance(count, (int, float)) or count != int(count):
        raise Refused(400, "maxNodeCount must be an integer")
    if count == 0 and "crash-on-zero" in faults:
        raise Crash
    if (count < 0 and "minimum" not in faults) or count == 0:
        raise Refused(400, "maxNodeCount must be at least 1")
    if count > 1000 and "maximum" not in faults:
        raise Refused(400, "maxNodeCount must be at most 1000")


def _cluster(organization: str, request: dict[str, Any], faults: Collection[str]) -> dict[str, Any]:
    provider = request["cloudProvider"]
    kind = request["type"] if request["type"] in ("DEDICATED", "HYBRID") else "DEDICATED"
    cluster: dict[str, Any] = {
        "cloudProvider": provider,
        "createdAt": _NOW,
        "dbInstanceType": request.get("dbInstanceType", "Small General Purpose"),
        "id": "clt3k2v9h000108l5b6y1a7pz",
        "name": request["name"],
        "organizationId": organization,
        "region": request["region"],
        "status": "PROVISIONING" if provider == "AZURE" and "response-bad-enum" in faults else "CREATING",
        "type": kind,
        "updatedAt": "2024-03-05 09:21:44" if "response-bad-date" in faults else _NOW,
        "vpcSubnetRange": request["vpcSubnetRange"],
        "isLimited": "false" if "response-wrong-type" in faults else False,
        "metadata": {
            "externalIPs": ["203.0.113.24"],
            "kubeDnsIp": "10.100.0.10",
            "oidcIssuerUrl": None if "response-null" in faults else "https://oidc.example.com/1",
        },
        "nodePools": [
            {
                "cloudProvider": provider,
                "clusterId": "clt3k2v9h000108l5b6y1a7pz",
                "createdAt": _NOW,
                "id": f"clt3k2v9h0002{index:04d}",
                "isDefault": pool.get("isDefault", index == 0),
                "maxNodeCount": int(pool["maxNodeCount"]),
                "name": pool["name"],
                "nodeInstanceType": pool["nodeInstanceType"],
                "supportedAstroMachines": ["A5", "A10"],
                "updatedAt": _NOW,
            }
            for index, pool in enumerate(request.get("nodePools", []))
        ],
        "workspaceIds": request.get("workspaceIds", []),
    }
    if provider == "GCP":
        for name in ("podSubnetRange", "servicePeeringRange", "serviceSubnetRange", "providerAccount"):
            if name in request:
                cluster[name] = request[name]
    if provider == "AZURE" and "tenantId" in request:
        cluster["tenantId"] = request["tenantId"]
    if provider == "AWS" and kind == "HYBRID":
        cluster["tags"] = request.get("k8sTags", [])
    return cluster


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Run an ASGI app on a free port of the loopback; gives its URL."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


#: for `--app tests.servers.faulty_cluster:app`, with faults from the environment
app = create_app([name for name in os.environ.get("FAULTS", "").split(",") if name])
