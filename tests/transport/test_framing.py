"""Where an answer ends, however its bytes come in, and what is said of one that ends elsewhere."""

from __future__ import annotations

import pytest

from clausewise.transport.framing import MAX_HEAD, Framing

_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"
_EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"


def _followed(received: bytes, size: int, *, to_head: bool = False) -> tuple[Framing, bytes]:
    framing = Framing()
    framing.begin(to_head=to_head)
    pieces = [received[start : start + size] for start in range(0, len(received), size)]
    return framing, b"".join(map(framing.take, pieces))


@pytest.mark.parametrize("size", [1, 7, 10_000], ids=["byte by byte", "in pieces", "at once"])
@pytest.mark.parametrize(
    ("answer", "rest", "flaw"),
    [
        pytest.param(_LENGTH + b"four", b"", "", id="its length"),
        pytest.param(_LENGTH + b"four", b"more", "with more bytes than its Content-Length of 4 names", id="longer"),
        pytest.param(_NO_CONTENT, b"four", "with a body, which no 204 answer has", id="204"),
        pytest.param(b"HTTP/1.1 304 Not Modified\r\n\r\n", b"{}", "with a body, which no 304 answer has", id="304"),
        pytest.param(_NO_CONTENT, b"", "", id="204 with a length alone"),
        pytest.param(
            _LENGTH + b"four", _LENGTH + b"four", "and then sent a second answer, for which it was not asked", id="two"
        ),
        pytest.param(_EARLY * 3 + _LENGTH + b"four", b"", "", id="interim answers"),
        pytest.param(_EARLY + _NO_CONTENT, b"x", "with a body, which no 204 answer has", id="interim answers and 204"),
        pytest.param(_CHUNKED + b"4\r\nfour\r\n0\r\n\r\n", b"", "", id="chunked"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nfour", b"", "", id="until the end"),
        pytest.param(b"HTTP/1.1 200 OK\ncontent-length:4\n\nfour", b"", "", id="line feeds alone"),
        pytest.param(_LENGTH[:-2] + b"Content-Length: 4, 4\r\n\r\nfour", b"", "", id="the same length twice"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\n\r\nfour", b"", "", id="another header"),
    ],
)
def test_what_belongs_to_an_answer_is_taken(answer: bytes, rest: bytes, flaw: str, size: int) -> None:
    framing, taken = _followed(answer + rest, size)
    assert (taken, framing.flaw, framing.has_more, framing.wrong) == (answer, flaw, bool(rest), "")


def test_an_answer_to_head_ends_with_its_headers() -> None:
    assert _followed(_LENGTH, 9, to_head=True)[0].flaw == ""
    assert _followed(_LENGTH + b"four", 9, to_head=True)[0].flaw == "to HEAD with a body, which no answer to HEAD has"


@pytest.mark.parametrize(
    ("came", "told"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(_LENGTH[:20], "only a part of its headers came", id="headers"),
        pytest.param(_LENGTH + b"fo", "2 of the 4 bytes that its Content-Length names came", id="length"),
        pytest.param(_CHUNKED + b"4\r\n", "its last chunk did not come", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", "its end did not come", id="until the end"),
    ],
)
def test_what_has_come_of_an_answer_is_told(came: bytes, told: str) -> None:
    assert _followed(came, 10)[0].so_far == told


@pytest.mark.parametrize("size", [1, 10_000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize(
    ("received", "wrong"),
    [
        (b"[1, 2]", 'it begins with "'),
        (b"\x00\x00\x12\x04\x00", 'it begins with "\\x00'),
        (b"HTTP/1.1 abc No\r\n\r\n", 'it begins with "HTTP/1.1 abc No", which is no status line'),
        (b"HTTP/1.1 000 No\r\n\r\n", "its status is 000"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", 'its Content-Length is "-5"'),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9" + b"9" * 30 + b"\r\n\r\n", 'its Content-Length is "9999'),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\ncontent-length: 5\r\n\r\n",
            'it has the Content-Lengths "4" and "5"',
        ),
        (_CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n", "it has both a Content-Length and a Transfer-Encoding"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * MAX_HEAD, "its headers have more than 64 KiB"),
        (_EARLY * 30_000, "more than 1024 KiB of interim answers (1xx) came before it"),
    ],
)
def test_what_is_no_answer_is_told(received: bytes, wrong: str, size: int) -> None:
    framing, _ = _followed(received, size)
    assert framing.wrong.startswith(wrong)


def test_headers_of_almost_64_kib_are_taken() -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 90) for number in range(640))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + b"\r\n"
    framing, taken = _followed(answer, 1000)
    assert len(answer) > 60_000
    assert (taken, framing.wrong, framing.flaw) == (answer, "", "")
