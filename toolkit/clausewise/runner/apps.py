"""Apps in this process: imported by the name that a user gives, or made by the function that the name leads to."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import PurePath
from types import ModuleType
from typing import Any

from clausewise.errors import UsageError

#: frameworks whose apps have an interface of their own, which only their own server calls
_OWN_SERVERS = frozenset({"aiohttp", "tornado", "robyn"})


def import_app(name: str) -> Any:
    """An ASGI or WSGI app named "module:attribute", imported from the working directory or the environment, or what
    the function at "module:function()" makes.

    Raises UsageError when it cannot be imported or is no app.
    """
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise UsageError(f'"{name}" does not name an app', remedy='write it as "module:attribute"')
    module = _imported(module_name, name)
    app: Any = module
    try:
        for step in attribute.removesuffix("()").split("."):
            app = getattr(app, step)
    except AttributeError:
        raise UsageError(f'the module "{module_name}" has no "{attribute}"', remedy=_apps_of(module)) from None
    if attribute.endswith("()"):
        app = _made_by(app, name)
    elif _is_factory(app):
        raise UsageError(f'"{name}" is a function without parameters, and no app', remedy=f'write it as "{name}()"')
    _require_app(app, name, module)
    return app


def is_asgi(app: Any) -> bool:
    """Whether it is an ASGI 3 app: a coroutine function of three arguments, or an object whose call is one."""
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else type(app).__call__
    if inspect.iscoroutinefunction(call):
        return True
    try:
        names = list(inspect.signature(app).parameters)
    except (TypeError, ValueError):
        return False
    return len(names) == 3


@contextmanager
def working_directory_importable() -> Iterator[None]:
    """The working directory is on the import path, as it is for `python -m`; afterwards the path is as it was."""
    sys.path.insert(0, "")
    try:
        yield
    finally:
        # One of the same: the app may have changed the path as well, and contexts may overlap.
        with suppress(ValueError):
            sys.path.remove("")


def _imported(module_name: str, name: str) -> ModuleType:
    if module_name.endswith(".py") or "/" in module_name or "\\" in module_name:
        parts = PurePath(module_name.replace("\\", "/")).with_suffix("").parts
        written = ".".join(part for part in parts if part not in (".", "..", "/"))
        remedy = f'write it as "{written}:{name.partition(":")[2]}", from the folder in which it can be imported'
        raise UsageError(f'"{module_name}" is a path, not a module', remedy=remedy)
    try:
        with working_directory_importable():
            return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        remedy = "name it from the folder in which it can be imported, in an environment with all that it needs"
        raise UsageError(f'the app "{name}" cannot be imported: {error}', remedy=remedy) from None
    except (Exception, SystemExit) as error:
        # The module's own code failed while it was imported: whatever it raises, it is the user's to read.
        message = f'importing "{module_name}" failed: {_reason(error)}'
        raise UsageError(message, remedy="correct the module first") from error


def _made_by(factory: Any, name: str) -> Any:
    if not callable(factory):
        raise UsageError(f'"{name.removesuffix("()")}" cannot be called', remedy="name the app itself")
    try:
        with working_directory_importable():
            return _made(factory)
    except (Exception, SystemExit) as error:
        raise UsageError(f'"{name}" made no app: {_reason(error)}', remedy="correct the function first") from error


@cache
def _made(factory: Callable[[], Any]) -> Any:
    """What a function makes, once: its document and its answers come from the same app."""
    return factory()


def _is_factory(value: Any) -> bool:
    """Whether it is a function that nothing has to be given: no server could call it with a request."""
    if not inspect.isfunction(value):
        return False
    parameters = inspect.signature(value).parameters.values()
    return all(one.kind is not one.VAR_POSITIONAL and one.default is not one.empty for one in parameters)


def _require_app(app: Any, name: str, module: ModuleType) -> None:
    framework = type(app).__module__.partition(".")[0]
    if framework in _OWN_SERVERS:
        message = f'"{name}" is an app of {framework}, which is neither ASGI nor WSGI'
        raise UsageError(message, remedy="start it, and give its address with --url")
    if not callable(app):
        message = f'"{name}" is not an ASGI or WSGI app: it cannot be called'
        raise UsageError(message, remedy=_apps_of(module))


def _apps_of(module: ModuleType) -> str:
    """A remedy with the name in a module that may be its app."""
    own = {name: value for name, value in vars(module).items() if not inspect.isclass(value)}
    apps = [name for name, value in own.items() if is_asgi(value) or _is_wsgi(value)]
    return f'it has "{apps[0]}"' if apps else "name the app that your server runs, as module:attribute"


def _is_wsgi(value: Any) -> bool:
    """Whether it is an app of Flask, or of Django."""
    return hasattr(type(value), "wsgi_app") or type(value).__module__ == "django.core.handlers.wsgi"


def _reason(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
