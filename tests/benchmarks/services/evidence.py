"""Sends the evidence of defects again: what a service does not show any more is no defect of it."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable
from string import Template
from urllib.parse import urlsplit

import msgspec

from clausewise.media.json import parse_json
from clausewise.spec.pointer import descend, from_pointer
from tests.benchmarks.services.service import Defect, Service, Step

#: seconds for one answer
_PATIENCE = 30


class _Answer(msgspec.Struct, frozen=True):
    #: 0 where the connection was closed without an answer
    status: int
    body: str


def shown(service: Service, url: str) -> frozenset[str]:
    """The ids of the defects that the service at `url`, which has just been started, shows."""
    saved: dict[str, str] = {}
    for step in service.setup:
        answer = _sent(service, url, step, saved)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{service.name}: `{step.send}` of the setup answered {answer.status}: {answer.body}")
        value = parse_json(answer.body.encode()) if step.save else None
        saved |= {name: str(descend(value, from_pointer(pointer))) for name, pointer in step.save.items()}
    return frozenset(defect.id for defect in service.defects if _shows(defect, service, url, saved))


def _shows(defect: Defect, service: Service, url: str, saved: dict[str, str]) -> bool:
    answer = _sent(service, url, defect.evidence, saved)
    return answer.status == defect.status and re.search(defect.answer, answer.body, re.DOTALL) is not None


def _sent(service: Service, url: str, step: Step, saved: dict[str, str]) -> _Answer:
    method, _, target = Template(step.send).safe_substitute(saved).partition(" ")
    body = Template(step.body).safe_substitute(saved).encode() if step.body else None
    headers = dict(_headers(service, step, body))
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE)
    try:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        return _Answer(answer.status, answer.read().decode("utf-8", "replace"))
    except (http.client.RemoteDisconnected, ConnectionError):
        return _Answer(0, "")
    finally:
        connection.close()


def _headers(service: Service, step: Step, body: bytes | None) -> Iterable[tuple[str, str]]:
    name, _, value = service.header.partition(": ")
    yield name, value
    if body is not None:
        yield "Content-Type", step.type
