"""Workspaces and the documents in them, by hand: plain ASGI, plain dicts, two tenants, and faults to switch on.

Nothing here comes from clausewise or from a schema library: it is a second, independent reading of workspaces.yaml.
Names of workspaces are unique within a tenant, and an archived workspace is read-only. Without faults it is correct.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.asgi import body_of, live

FAULTS: dict[str, str] = {
    "deleted-readable": "a document is still there after its deletion",
    "deleted-listed": "a deleted document stays in the list",
    "update-lost": "a change of a workspace is answered, and forgotten",
    "list-misses": "the list of documents lacks the newest",
    "created-missing": "a share is made, and then not found",
    "tenant-readable": "a workspace can be read with another tenant's token",
    "parent-ignored": "a document can be read in any workspace of the tenant",
}

#: token -> tenant
TENANTS = {"alice-token": "alice", "bob-token": "bob"}

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_EVERYTHING = object()


class Refused(Exception):
    """The request breaks a rule."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def create_app(faults: Collection[str] = ()) -> Any:
    """The API as an ASGI app with a store of its own, and with the named faults."""
    unknown = set(faults) - FAULTS.keys()
    if unknown:
        raise ValueError(f"no such faults: {unknown}")
    store = Store(faults)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        body = await body_of(receive)
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            status, answer, extra = store.answer(
                scope["method"], scope["path"], scope["query_string"].decode(), headers, body
            )
        except Refused as refused:
            status, answer, extra = refused.status, {"message": str(refused)}, {}
        content = b"" if answer is None else json.dumps(answer).encode()
        sent = {"content-length": str(len(content)), **({} if answer is None else {"content-type": "application/json"})}
        fields = [(name.encode(), value.encode()) for name, value in {**sent, **extra}.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": content})

    app.store = store  # type: ignore[attr-defined]
    return app


Answer = tuple[int, Any, dict[str, str]]


class Store:
    """What the server remembers."""

    def __init__(self, faults: Collection[str]) -> None:
        self.faults = faults
        self.workspaces: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.shares: dict[int, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self._numbers = iter(range(1, 10**9))
        self._routes: list[tuple[re.Pattern[str], dict[str, Callable[..., Answer]]]] = [
            (re.compile("/workspaces"), {"POST": self.create_workspace, "GET": self.list_workspaces}),
            (
                re.compile("/workspaces/([^/]+)"),
                {"GET": self.get_workspace, "PATCH": self.update_workspace, "DELETE": self.delete_workspace},
            ),
            (re.compile("/workspaces/([^/]+)/archive"), {"POST": self.archive}),
            (
                re.compile("/workspaces/([^/]+)/documents"),
                {"POST": self.create_document, "GET": self.list_documents},
            ),
            (
                re.compile("/workspaces/([^/]+)/documents/([^/]+)"),
                {"GET": self.get_document, "PUT": self.replace_document, "DELETE": self.delete_document},
            ),
            (re.compile("/shares"), {"POST": self.share}),
            (re.compile("/shares/([^/]+)"), {"GET": self.get_share, "DELETE": self.unshare}),
        ]

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        for pattern, methods in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method not in methods:
                return 405, {"message": f"{method} is not offered"}, {"allow": ", ".join(methods)}
            scheme, _, token = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or token not in TENANTS:
                raise Refused(401, "a token is wanted")
            self.query, self.headers, self.body = query, headers, body
            return methods[method](TENANTS[token], *found.groups())
        raise Refused(404, "no such path")

    def create_workspace(self, tenant: str) -> Answer:
        given = self._json({"name", "plan", "seats"}, {"name", "plan"})
        name = given["name"]
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
            raise Refused(400, "name: a letter, then letters, digits and hyphens")
        self._check_terms(given)
        if any(other["name"] == name and other["tenant"] == tenant for other in self.workspaces.values()):
            raise Refused(409, f"the name {name} is taken")
        made = {"workspaceId": str(uuid.uuid4()), "seats": 1, "archived": False, **given, "tenant": tenant}
        self.workspaces[made["workspaceId"]] = made
        return 201, _shown(made), {"Location": f"/workspaces/{made['workspaceId']}"}

    def list_workspaces(self, tenant: str) -> Answer:
        items = [_shown(made) for made in self.workspaces.values() if made["tenant"] == tenant]
        return 200, {"items": items, "total": len(items)}, {}

    def get_workspace(self, tenant: str, workspace_id: str) -> Answer:
        tenant_or_any = _EVERYTHING if "tenant-readable" in self.faults else tenant
        return 200, _shown(self._workspace(tenant_or_any, workspace_id)), {}

    def update_workspace(self, tenant: str, workspace_id: str) -> Answer:
        made = self._workspace(tenant, workspace_id)
        given = self._json({"plan", "seats"}, set())
        if not given:
            raise Refused(400, "nothing to change")
        self._check_terms(given)
        if "update-lost" not in self.faults:
            made.update(given)
        return 200, _shown({**made, **given}), {}

    def delete_workspace(self, tenant: str, workspace_id: str) -> Answer:
        self._workspace(tenant, workspace_id)
        del self.workspaces[workspace_id]
        self.documents = {key: made for key, made in self.documents.items() if made["workspace"] != workspace_id}
        return 204, None, {}

    def archive(self, tenant: str, workspace_id: str) -> Answer:
        made = self._writable(tenant, workspace_id)
        made["archived"] = True
        return 200, _shown(made), {}

    def create_document(self, tenant: str, workspace_id: str) -> Answer:
        self._writable(tenant, workspace_id)
        given = self._document_given()
        made = {"documentId": f"d{next(self._numbers)}", "tags": [], **given, "workspace": workspace_id}
        self.documents[made["documentId"]] = made
        return 201, _shown(made), {}

    def list_documents(self, tenant: str, workspace_id: str) -> Answer:
        self._workspace(tenant, workspace_id)
        limit = 100
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            if name == "limit":
                if not re.fullmatch(r"-?[0-9]+", value) or not 1 <= int(value) <= 100:
                    raise Refused(400, "limit: from 1 to 100")
                limit = int(value)
        kept = [*self.documents.values(), *(self.deleted.values() if "deleted-listed" in self.faults else ())]
        items = [_shown(made) for made in kept if made["workspace"] == workspace_id][::-1]
        return 200, items["list-misses" in self.faults :][:limit], {}

    def get_document(self, tenant: str, workspace_id: str, document_id: str) -> Answer:
        self._workspace(tenant, workspace_id)
        return 200, _shown(self._document(workspace_id, document_id, reading=True)), {}

    def replace_document(self, tenant: str, workspace_id: str, document_id: str) -> Answer:
        self._writable(tenant, workspace_id)
        made = self._document(workspace_id, document_id)
        given = self._document_given()
        made.update({"tags": [], **given})
        return 200, _shown(made), {}

    def delete_document(self, tenant: str, workspace_id: str, document_id: str) -> Answer:
        self._workspace(tenant, workspace_id)
        self._document(workspace_id, document_id)
        self.deleted[document_id] = self.documents.pop(document_id)
        return 204, None, {}

    def share(self, tenant: str) -> Answer:
        given = self._json({"workspaceId", "email"}, {"workspaceId", "email"})
        if not isinstance(given["workspaceId"], str) or not re.fullmatch(_UUID, given["workspaceId"]):
            raise Refused(400, "workspaceId: a UUID")
        email = given["email"]
        if not isinstance(email, str) or len(email) > 200 or not _EMAIL.fullmatch(email):
            raise Refused(400, "email: an address")
        self._workspace(tenant, given["workspaceId"])
        made = {"id": next(self._numbers), **given, "tenant": tenant}
        if "created-missing" not in self.faults:
            self.shares[made["id"]] = made
        return 201, _shown(made), {}

    def get_share(self, tenant: str, number: str) -> Answer:
        return 200, _shown(self._share(tenant, number)), {}

    def unshare(self, tenant: str, number: str) -> Answer:
        del self.shares[self._share(tenant, number)["id"]]
        return 204, None, {}

    def _workspace(self, tenant: Any, workspace_id: str) -> dict[str, Any]:
        made = self.workspaces.get(workspace_id)
        if made is None or tenant not in (_EVERYTHING, made["tenant"]):
            raise Refused(404, "no such workspace")
        return made

    def _writable(self, tenant: str, workspace_id: str) -> dict[str, Any]:
        made = self._workspace(tenant, workspace_id)
        if made["archived"]:
            raise Refused(409, "the workspace is archived")
        return made

    def _document(self, workspace_id: str, document_id: str, *, reading: bool = False) -> dict[str, Any]:
        made = self.documents.get(document_id)
        if made is None and reading and "deleted-readable" in self.faults:
            made = self.deleted.get(document_id)
        if made is not None and reading and "parent-ignored" in self.faults:
            return made
        if made is None or made["workspace"] != workspace_id:
            raise Refused(404, "no such document")
        return made

    def _share(self, tenant: str, number: str) -> dict[str, Any]:
        made = self.shares.get(int(number)) if re.fullmatch(r"[0-9]{1,7}", number) else None
        if made is None or made["tenant"] != tenant:
            raise Refused(404, "no such share")
        return made

    def _document_given(self) -> dict[str, Any]:
        given = self._json({"title", "tags"}, {"title"})
        if not isinstance(given["title"], str) or not 1 <= len(given["title"]) <= 80:
            raise Refused(400, "title: 1 to 80 characters")
        tags = given.get("tags", [])
        if not isinstance(tags, list) or len(tags) > 5:
            raise Refused(400, "tags: at most 5")
        if any(not isinstance(tag, str) or not 1 <= len(tag) <= 20 for tag in tags) or len(set(tags)) != len(tags):
            raise Refused(400, "tags: 1 to 20 characters each, none twice")
        return given

    def _check_terms(self, given: dict[str, Any]) -> None:
        if given.get("plan", "free") not in ("free", "team"):
            raise Refused(400, "plan: free or team")
        seats = given.get("seats", 1)
        if isinstance(seats, float) and seats.is_integer():
            seats = int(seats)
        if isinstance(seats, bool) or not isinstance(seats, int) or not 1 <= seats <= 100:
            raise Refused(400, "seats: from 1 to 100")

    def _json(self, known: set[str], required: set[str]) -> dict[str, Any]:
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(400, "JSON is wanted")
        try:
            given = json.loads(self.body.decode("utf-8"), parse_constant=_no_number)
        except ValueError:
            raise Refused(400, "that is no JSON") from None
        if not isinstance(given, dict) or not required <= given.keys() <= known:
            raise Refused(400, f"an object with {sorted(required)}, and of {sorted(known)} only")
        return given


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _shown(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name not in ("tenant", "workspace")}
