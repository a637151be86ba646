"""The examples in the help of each command, which the documentation shows too, work: one folder has what they name."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from clausewise.cli import COMMANDS
from clausewise.cli.help import EXAMPLES
from tests.acceptance.page_session import Session
from tests.acceptance.pages import Command, File

_DOCUMENT = """\
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    get:
      operationId: listOrders
      responses:
        "200":
          description: all orders
          content:
            application/json:
              schema: { type: array, items: { $ref: "#/components/schemas/Order" } }
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/Order" }
      responses:
        "201":
          description: created
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Order" }
        "400": { description: refused }
  /orders/{id}:
    get:
      operationId: getOrder
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
      responses:
        "200":
          description: one order
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Order" }
        "404": { description: unknown }
    delete:
      operationId: deleteOrder
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
      responses:
        "204": { description: removed }
        "404": { description: unknown }
components:
  schemas:
    Order:
      type: object
      required: [id, quantity]
      properties:
        id: { type: integer, readOnly: true }
        quantity:
          type: integer
          minimum: 1
"""

#: so that `explain openapi.yaml:540` finds a clause
_BLANK = "#\n" * (540 - 1 - _DOCUMENT[: _DOCUMENT.index("minimum")].count("\n"))

_APP = """\
from itertools import count

from flask import Flask, request

app = Flask(__name__)
orders = {}
numbers = count(1)


@app.get("/openapi.yaml")
def document():
    return open("openapi.yaml").read(), {"Content-Type": "application/yaml"}


@app.get("/orders")
def listed():
    return list(orders.values())


@app.post("/orders")
def create():
    body = request.get_json(silent=True)
    quantity = body.get("quantity") if isinstance(body, dict) else None
    valid = isinstance(quantity, (int, float)) and not isinstance(quantity, bool) and quantity == int(quantity) >= 1
    if not valid:
        return "", 400
    number = next(numbers)
    orders[number] = {"id": number, "quantity": quantity}
    return orders[number], 201


@app.get("/orders/<int:number>")
def read(number):
    return (orders[number], 200) if number in orders else ("", 404)


@app.delete("/orders/<int:number>")
def remove(number):
    return ("", 204) if orders.pop(number, None) else ("", 404)
"""

_HAR = {
    "log": {
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "http://127.0.0.1:8000/orders",
                    "headers": [{"name": "Content-Type", "value": "application/json"}],
                    "postData": {"mimeType": "application/json", "text": '{"quantity": 3}'},
                },
                "response": {
                    "status": 201,
                    "headers": [{"name": "Content-Type", "value": "application/json"}],
                    "content": {"mimeType": "application/json", "text": '{"id": 1, "quantity": 3}'},
                },
            }
        ]
    }
}

_FILES = {
    "openapi.yaml": _BLANK + _DOCUMENT,
    "old.yaml": _DOCUMENT,
    "new.yaml": _DOCUMENT,
    "my_app.py": _APP,
    "auth.yaml": "auth: [{ name: anna }, { name: bob, fixedHeaders: [{ name: X-Key, value: k }] }]\n",
    "order.json": '{"quantity": 3}',
    "things.json": '{"/orders": [{"id": 1, "quantity": 3}]}',
    "traffic.har": json.dumps(_HAR),
}

#: servers -> the port that they take by default, which may be taken here
_PORTS = {"mock": " --port 8000", "proxy": " --port 8080"}

#: commands that need what another one writes, and that one
_BEFORE = {"gate": "init", "proxy": "init", "cleanup": "test", "replay": "test", "report": "test", "explain": "test"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose branch main is at its origin."""
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    (tmp_path / "openapi.yaml").write_text(_FILES["openapi.yaml"], encoding="utf-8")
    for arguments in (
        ["init", "-b", "main"],
        ["add", "."],
        [*author, "commit", "-m", "one"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_command_work(name: str, folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        session = Session(folder, stack)
        for file, text in _FILES.items():
            session.write(File(file, text))
        session.run(Command("flask --app my_app run --port 8000", (), 0))
        for each in filter(None, (_BEFORE.get(name), name)):
            for example in EXAMPLES[each]:
                port = "" if "--port" in example else _PORTS.get(each, "")
                session.run(Command(f"clausewise {example}{port}", (), 0))
            for shard in ("shard-1", "shard-2"):
                if (folder / "reports" / "latest").exists() and not (folder / shard).exists():
                    shutil.copytree(folder / "reports" / "latest", folder / shard)
