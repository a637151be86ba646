"""Each client library is one file and one row, and none of them is imported before a test uses it."""

from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys

import pytest

from clausewise.errors import UsageError
from clausewise.exchange import Request
from clausewise.plugin import clients
from clausewise.plugin.clients import table
from clausewise.plugin.clients.base import ClientLibrary

pytestmark = pytest.mark.process


def test_every_file_of_a_library_has_a_row() -> None:
    files = {module.name for module in pkgutil.iter_modules(clients.__path__)} - {"base", "table"}
    assert {getattr(library, "__name__", "").rpartition(".")[2] for library in table.LIBRARIES.values()} == files


@pytest.mark.parametrize("package", table.LIBRARIES)
@pytest.mark.parametrize("name", ["read", "watch", "send"])
def test_a_library_has_the_functions_of_the_protocol(package: str, name: str) -> None:
    wanted = inspect.signature(getattr(ClientLibrary, name)).parameters
    function = inspect.signature(getattr(table.LIBRARIES[package], name)).parameters
    assert [one.lstrip("_") for one in function] == [one for one in wanted if one != "self"]


def test_the_table_says_what_is_supported() -> None:
    assert re.fullmatch(r"requests, httpx(, \w+)+ and the test clients of Starlette(, \w+)+ and \w+", table.SUPPORTED)


def test_what_is_of_no_library_is_refused() -> None:
    for work in (
        lambda: table.read(object()),
        lambda: table.watch(object(), lambda _: None),
        lambda: table.send(object(), Request("GET", "/", (), None), None, ""),
    ):
        with pytest.raises(UsageError, match=r"a builtins\.object is not a .*supported are requests, "):
            work()


def test_the_table_imports_no_library() -> None:
    script = (
        "import sys, clausewise.plugin.clients.table as table\nprint(*sorted(set(table.LIBRARIES) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
