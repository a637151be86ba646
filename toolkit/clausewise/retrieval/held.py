"""Documents that apps hold as objects, as their frameworks make them: no request is needed then."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec


class Held(msgspec.Struct, frozen=True):
    """A document that an app may have."""

    #: what gives it
    giver: str
    #: gives the document, or something else; may raise anything
    give: Callable[[], Any]


def held_by(app: Any) -> Iterator[Held]:
    """What an app itself holds, which comes before what it serves."""
    own = getattr(app, "openapi", None)
    if callable(own):
        # FastAPI and others
        yield Held("openapi()", own)
    if type(app).__module__.partition(".")[0] == "connexion":
        apis = getattr(getattr(app, "middleware", app), "apis", ())
        for api in apis:
            which = f"Connexion, for {api.base_path}," if len(apis) > 1 else "Connexion"
            yield Held(which, partial(_of_connexion, api))
    apis = _below(getattr(app, "extensions", None), "flask-smorest", "apis")
    for entry in apis.values() if isinstance(apis, dict) else ():
        yield Held("Flask-Smorest", partial(_of_smorest, entry))


def held_beside(app: Any, name: str) -> Iterator[Held]:
    """What can be made for an app that serves none."""
    if type(app).__module__.startswith("django."):
        apps = sys.modules["django.apps"].apps
        if apps.is_installed("drf_spectacular"):
            yield Held("drf-spectacular", _of_spectacular)
    module = sys.modules.get(name.partition(":")[0])
    for variable, value in list(vars(module).items()) if module is not None else ():
        if type(value).__module__.partition(".")[0] == "apispec" and hasattr(value, "to_dict"):
            yield Held(f"the APISpec `{variable}` in its module", value.to_dict)


def _below(value: Any, *names: str) -> Any:
    """The value at the end of these names; None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _of_smorest(entry: Any) -> Any:
    return entry["ext_obj"].spec.to_dict()


def _of_connexion(api: Any) -> Any:
    """The document as it was written, below its base path; where references lead out of it, with all of them followed,
    as Connexion serves it."""
    specification = api.specification
    if api.base_path is not None:
        specification = specification.with_base_path(api.base_path)
    return specification.raw if _is_closed(specification.raw) else specification.spec


def _is_closed(tree: Any) -> bool:
    """Whether no reference leads out of a document."""
    below = [tree]
    while below:
        node = below.pop()
        if isinstance(node, Mapping):
            to = node.get("$ref")
            if isinstance(to, str) and not to.startswith("#"):
                return False
            below += node.values()
        elif isinstance(node, list):
            below += node
    return True


def _of_spectacular() -> Any:
    generator = importlib.import_module("drf_spectacular.generators").SchemaGenerator()
    return generator.get_schema(request=None, public=True)
