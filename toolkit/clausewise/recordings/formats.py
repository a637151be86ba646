"""The formats of documents and recordings: how a file of each is recognised and read. A new one has its entry here."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

import msgspec

from clausewise.contract.contract import Contract
from clausewise.recordings.entry import Entries
from clausewise.recordings.files import STDIN, plain_name

#: content, the file's name, the contract -> what is in it
Read = Callable[[bytes, str, Contract], Entries]

#: suffixes of JSON and YAML files, which are payloads where no format below recognises them
_VALUES = (".json", ".yaml", ".yml")

_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_VCR_JSON = re.compile(
    rb'\s*\{\s*(?:"[\w-]+"\s*:\s*(?:"[^"]*"|[\d.]+|null|true|false)\s*,\s*)*"(?:http_)?interactions"\s*:\s*\['
)
_VCR_YAML = re.compile(rb"^(?:http_)?interactions:", re.MULTILINE)
_VCR_1 = re.compile(rb"^- !ruby/(?:struct|object):VCR::HTTPInteraction", re.MULTILINE)
_NOCK = re.compile(rb'\s*\[\s*\{\s*"scope"\s*:\s*"')
_LINE = re.compile(rb'\s*\{[^\n]*"version"\s*:\s*1[^\n]*"request"\s*:')


class Format(msgspec.Struct, frozen=True, eq=False):
    """One format of documents or recordings."""

    name: str
    #: suffixes of such files, without that of a compression
    suffixes: tuple[str, ...]
    #: a file's name in lower case, its first bytes -> whether it is in this format
    recognizes: Callable[[str, bytes], bool]
    #: None for a format of lines, each of which is read by itself
    read: Read | None
    #: whether its exchanges really happened: False for documents, whose exchanges are only written down
    traffic: bool = True


def _read_document(content: bytes, file: str, contract: Contract) -> Entries:
    from clausewise.recordings.document import read_document

    return read_document(content, file, contract)


def _read_har(content: bytes, file: str, _contract: Contract) -> Entries:
    from clausewise.recordings.har import read_har

    return read_har(content, file)


def _read_vcr(content: bytes, file: str, _contract: Contract) -> Entries:
    from clausewise.recordings.vcr import read_vcr

    return read_vcr(content, file)


def _read_nock(content: bytes, file: str, _contract: Contract) -> Entries:
    from clausewise.recordings.nock import read_nock

    return read_nock(content, file)


def _is_cassette(name: str, head: bytes) -> bool:
    is_yaml = name.endswith((".yaml", ".yml")) or name == STDIN
    in_yaml = is_yaml and (_VCR_YAML.search(head) or _VCR_1.search(head)) is not None
    return in_yaml or _VCR_JSON.match(head) is not None


DOCUMENT = Format(
    "document",
    (".md", ".markdown", ".mdx", ".txt", ".text", ".html", ".htm", ".rst", ".adoc"),
    # A file that is neither a recording nor a JSON or YAML value is a text for people.
    lambda _name, _head: False,
    _read_document,
    traffic=False,
)

FORMATS = (
    DOCUMENT,
    Format("har", (".har",), lambda _name, head: _HAR.match(head) is not None, _read_har),
    Format("vcr", (), _is_cassette, _read_vcr),
    Format("nock", (), lambda _name, head: _NOCK.match(head) is not None, _read_nock),
    Format("ndjson", (".ndjson", ".jsonl"), lambda _name, head: _LINE.match(head) is not None, None),
)

#: suffixes of the files that are read when a folder is named
SUFFIXES = (*(suffix for each in FORMATS for suffix in each.suffixes), *_VALUES)


def format_of(file: str, head: bytes) -> Format | None:
    """The format of a file that begins with `head`; None for a payload: one JSON or YAML value."""
    name, head = plain_name(file), head.removeprefix(codecs.BOM_UTF8)
    named = next((each for each in FORMATS if name.endswith(each.suffixes)), None)
    found = named or next((each for each in FORMATS if each.recognizes(name, head)), None)
    is_value = name.endswith(_VALUES) or head.lstrip()[:1] in (b"{", b"[")
    return found if found is not None or is_value else DOCUMENT
