"""Content codings: every one that is offered is undone, and what cannot be undone is told as what it is."""

from __future__ import annotations

import gzip
import importlib.util
import time
import zlib
from collections.abc import Callable

import pytest
import zstandard

from clausewise.media.codings import acceptable, decoded, decoded_record

TEXT = b'[{"name": "x", "kind": "a"}]' * 50
LIMIT = 1024 * 1024

needs_brotli = pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="the package brotli is missing")


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def brotli(content: bytes) -> bytes:
    import brotli

    packed: bytes = brotli.compress(content)
    return packed


def encoding(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple(("content-Encoding", name) for name in names)


@pytest.mark.parametrize(
    ("names", "pack"),
    [
        pytest.param(("gzip",), gzip.compress, id="gzip"),
        pytest.param(("X-GZip",), gzip.compress, id="x-gzip"),
        pytest.param(("gzip",), lambda text: gzip.compress(text[:9]) + gzip.compress(text[9:]), id="two members"),
        pytest.param(("gzip",), lambda text: gzip.compress(text) + bytes(7), id="padded"),
        pytest.param(("deflate",), zlib.compress, id="deflate"),
        pytest.param(("deflate",), raw_deflate, id="deflate without a header"),
        pytest.param(("br",), brotli, id="br", marks=needs_brotli),
        pytest.param(("zstd",), zstandard.compress, id="zstd"),
        pytest.param(("gzip, zstd",), lambda text: zstandard.compress(gzip.compress(text)), id="a list"),
        pytest.param(("gzip", "identity, gzip"), lambda text: gzip.compress(gzip.compress(text)), id="two headers"),
        pytest.param(("identity",), bytes, id="identity"),
        pytest.param((), bytes, id="none"),
    ],
)
def test_a_coding_is_undone(names: tuple[str, ...], pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    assert decoded(packed, encoding(*names), LIMIT) == (TEXT, "")
    assert decoded_record(packed, encoding(*names)) == TEXT


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        pytest.param("gzip", TEXT, "it is not gzip, which its Content-Encoding names: incorrect header", id="no gzip"),
        pytest.param("deflate", TEXT, "it is not deflate, which its Content-Encoding names", id="no deflate"),
        pytest.param("zstd", TEXT, "it is not zstd, which its Content-Encoding names", id="no zstd"),
        pytest.param("br", TEXT, "it is not br, which its Content-Encoding names", id="no br", marks=needs_brotli),
        pytest.param("gzip", gzip.compress(TEXT)[:-9], "its gzip data ends too early", id="gzip cut off"),
        pytest.param("gzip", gzip.compress(TEXT) + b"more", "it is not gzip", id="more than gzip"),
        pytest.param("zstd", zstandard.compress(TEXT)[:-3], "its zstd data ends too early", id="zstd cut off"),
        pytest.param("lzw", TEXT, 'its Content-Encoding names "lzw", which is none of gzip, deflate', id="unknown"),
        pytest.param(", ".join(["gzip"] * 6), TEXT, "its Content-Encoding names 6 codings; 5 are", id="six"),
    ],
)
def test_what_cannot_be_undone_is_told(name: str, body: bytes, problem: str) -> None:
    content, told = decoded(body, encoding(name), LIMIT)
    assert content == body
    assert told.startswith(problem)


def test_an_empty_body_is_in_no_coding() -> None:
    assert decoded(b"", encoding("gzip"), LIMIT) == (b"", "")


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "deflate", "br", "zstd", "lzw"])
def test_a_recorded_body_that_is_a_text_was_decoded_before(name: str) -> None:
    assert decoded_record(TEXT, encoding(name)) == TEXT


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("gzip", gzip.compress(TEXT)[:-9], id="cut off"),
        pytest.param("compress", b"\x1f\x9d\x90\x61\xc4", id="unknown, and no text"),
    ],
)
def test_a_recorded_body_that_is_still_coded_is_an_error(name: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"^its "):
        decoded_record(body, encoding(name))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("gzip", gzip.compress(bytes(10**8)), id="gzip"),
        pytest.param("deflate", zlib.compress(bytes(10**8)), id="deflate"),
        pytest.param("zstd", zstandard.compress(bytes(10**8)), id="zstd"),
        pytest.param("br", b"", id="br", marks=needs_brotli),
    ],
)
def test_a_bomb_is_decoded_up_to_the_limit(name: str, body: bytes) -> None:
    content, _ = decoded(body or brotli(bytes(10**8)), encoding(name), LIMIT)
    assert len(content) == LIMIT + 1


def test_very_many_members_are_not_read() -> None:
    started = time.process_time()
    _, told = decoded(gzip.compress(b"") * 100_000, encoding("gzip"), LIMIT)
    assert told == "it has more than 1,000 parts in gzip"
    assert time.process_time() - started < 5


def test_what_is_offered_is_what_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clausewise.media.codings.find_spec", lambda name: None)
    acceptable.cache_clear()
    try:
        assert acceptable() == "gzip, deflate, zstd"
        assert decoded(b"\x0b", encoding("br"), LIMIT)[1].endswith("the Python package brotli has to be installed")
        monkeypatch.setattr("clausewise.media.codings.find_spec", lambda name: object())
        acceptable.cache_clear()
        assert acceptable() == "gzip, deflate, br, zstd"
    finally:
        acceptable.cache_clear()
