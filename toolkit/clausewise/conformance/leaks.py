"""The rule about answers that show the words of an exception: a trace, a class of the program, a statement of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from urllib.parse import unquote_plus

import msgspec

from clausewise.conformance.symptom import readable_texts
from clausewise.contract.keywords import show
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request
from clausewise.media.json import parse_json, values_in
from clausewise.results.evidence import Observation

#: characters of what an answer shows, in a sentence
_SHOWN = 120


class _Kind(msgspec.Struct, frozen=True):
    """The words of one language's exceptions; what an answer shows of one is one fault, wherever it is seen."""

    #: stable code in the identity of a finding
    slug: str
    #: what an answer shows, for people
    noun: str
    #: parts of which each text that `pattern` matches has at least one: a search for them is many times as fast. They
    #: have no character that JSON or HTML may escape
    marks: tuple[str, ...]
    expressions: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What any of its expressions matches."""
        return _compiled(self.expressions)


@cache
def _compiled(expressions: tuple[str, ...]) -> re.Pattern[str]:
    """Compiled when an answer has a mark: all of them together take longer than checking a payload."""
    return re.compile("|".join(expressions))


def _kind(slug: str, noun: str, marks: str, *expressions: str) -> _Kind:
    """`marks` are separated by "|"."""
    return _Kind(slug, noun, tuple(marks.split("|")), expressions)


#: in the order in which they are looked for. A name alone that an API may use as the code of an error
#: ("ValidationError", "ResourceNotFoundException") is in none.
_KINDS = (
    _kind(
        "sql",
        "words of its database",
        "SQL|syntax|ORA-|constraint|Duplicate entry|no such |does not exist|t exist|Unknown column|SELECT|INSERT"
        "|UPDATE|DELETE|duplicate key|Data too long|too long for type|quotation mark|child row|Cast to |deadlock",
        r"SQLSTATE\[\w+\]|\bORA-\d{5}\b|You have an error in your SQL syntax|Incorrect syntax near|deadlock detected",
        r"syntax error at or near|near \"[^\"]*\": syntax error|Unclosed quotation mark after the character string",
        r"violates (?:unique|foreign key|not-null|check) constraint|(?:UNIQUE|NOT NULL|CHECK) constraint failed",
        r"FOREIGN KEY constraint failed|conflicted with the [A-Z ]+ constraint|Cannot add or update a child row",
        r"Duplicate entry '[^']*' for key|duplicate key (?:value|error collection)|no such (?:table|column): \w+",
        r"(?:relation|column) \"?[\w.]+\"? (?:of relation .{1,80} )?does not exist|Table '[^']+' doesn't exist",
        r"Unknown column '[^']+' in|Data too long for column|value too long for type|invalid input syntax for type \w+",
        r"\bSELECT\s[^;]{1,400}\sFROM\s+[\w.\"`\[]+|\bINSERT INTO\s+[\w.\"`\[]+\s*\(|\bUPDATE\s+[\w.\"`\[\]]+\s+SET\s",
        r"\bDELETE FROM\s+[\w.\"`\[\]]+\s+WHERE|Cast to \w+ failed for value",
    ),
    _kind(
        "javascript",
        "words of a JavaScript exception",
        "Cannot |Error: |ts:|js:|node_modules|is not a |is not iterable|UnhandledPromise",
        r"Cannot (?:read|set) propert(?:y|ies) (?:'[^']*' )?of (?:undefined|null)(?: \([^)]{1,80}\))?",
        r"Cannot (?:destructure property|convert undefined or null to object)|UnhandledPromiseRejection",
        r"\b[\w$]+(?:\.[\w$]+)+ is not a (?:function|constructor)|\b(?:undefined|null|object null) is not iterable",
        r"\b(?:ReferenceError|RangeError): |\bSyntaxError: Unexpected ",
        r"\bTypeError: (?=[^\n]{0,80}(?:undefined|null|function|iterable|constructor|BigInt))",
        r"\bat [^\n()]{1,200} \([^\s()]+\.[cm]?[jt]sx?:\d+:\d+\)|/node_modules/[\w@.-]+",
    ),
    _kind(
        "python",
        "words of a Python exception",
        "Traceback|.py| object |Error: |Error(|class |0x|unsupported operand|invalid literal|argument|out of range|"
        "unhashable|serializable|to unpack|indices must|sqlalchemy|psycopg|django|sqlite3|pymysql|asyncpg|pymongo"
        "|not supported between instances",
        r"Traceback \(most recent call last\)|File \"[^\"\n]+\.py\", line \d+|'\w+' object (?:has no attribute|is not "
        r"(?:subscriptable|iterable|callable)|does not support|cannot be interpreted)",
        r"\b(?:Type|Key|Value|Attribute|Index|Name|Lookup|Assertion|Runtime|ZeroDivision|Recursion|Unicode\w{2,9}|"
        r"ModuleNotFound|Import|Integrity|Operational|Programming)Error(?:: |\()",
        r"<class '[\w.]+'>|\bobject at 0x[0-9a-f]{6,}|unsupported operand type\(s\)|invalid literal for \w+\(\)",
        r"missing \d+ required positional arguments?|got an unexpected keyword argument|takes \d+ positional arg",
        r"\b(?:list|string|tuple) index out of range|(?:string|list) indices must be integers|unhashable type: '\w+'",
        r"is not JSON serializable|values to unpack \(expected|not supported between instances of '\w+'",
        r"\b(?:sqlalchemy|psycopg2?|django|sqlite3|pymysql|asyncpg|pymongo)\.[\w.]*(?:[Ee]rrors?|exc|exceptions?)\b[\w.]*",
    ),
    _kind(
        "java",
        "words of a Java exception",
        "Exception|java.|javax.|jakarta.|kotlin.|scala.|.java:|.kt:|Cannot invoke |org.|com.fasterxml|Error",
        r"\b(?:[a-z_]\w*\.){2,}[A-Z][\w$]*(?:Exception|Error)\b|\b(?:java|javax|jakarta|kotlin|scala)\.\w+\.(?:\w+\.)*"
        r"[A-Z]\w*|\bat [\w$.<>/]+\([A-Z]\w*\.(?:java|kt|scala|groovy):\d+\)",
        r"\b(?:NullPointer|ClassCast|IllegalArgument|IllegalState|NumberFormat|NoSuchElement|ConcurrentModification|"
        r"(?:Array|String)?IndexOutOfBounds|UnsupportedOperation|DataIntegrityViolation)Exception\b",
        r"\borg\.(?:springframework|hibernate|postgresql)\.|\bcom\.fasterxml\.|Cannot invoke \"[^\"]+\" because",
    ),
    _kind(
        "dotnet",
        "words of a .NET exception",
        "System.|Microsoft.|.cs:line|Object reference|NullReference",
        r"\bSystem\.(?:\w+\.)*\w*(?:Exception|Int16|Int32|Int64|Guid|DateTime\w*|Decimal|Double|Boolean|String|Object)\b",
        r"\bSystem\.Collections\.Generic\.\w+|\bMicrosoft\.(?:AspNetCore|EntityFrameworkCore|Data|Extensions)\.[\w.]+",
        r"\bat [\w.`<>\[\]]+\([^)\n]{0,200}\) in \S[^\n]{0,200}\.cs:line \d+|\bNullReferenceException\b",
        r"Object reference not set to an instance of an object",
    ),
    _kind(
        "go",
        "words of a Go error",
        "runtime error|panic: |goroutine |nil pointer|Go struct|Go value|interface conversion|strconv.|sql: |.go:|%!|"
        "*errors.|json: ",
        r"runtime error: (?:invalid memory|index out|slice bounds|integer divide)|\bgoroutine \d+ \[",
        r"\bpanic: |nil pointer dereference|Go struct field [\w.]+|Go value of type [\w.\[\]*]+",
        r"interface conversion: |\bstrconv\.(?:Parse\w+|Atoi): parsing|\bsql: no rows in result set|\b[\w/-]+\.go:\d+",
        r"%!(?:[a-zA-Z]\((?:\w+=|MISSING|BADINDEX)|\(EXTRA )|\*errors\.\w+|\bjson: unsupported (?:type|value)",
    ),
    _kind(
        "rust",
        "words of a Rust panic",
        "panicked at|called `|index out of bounds: |.rs:|RUST_BACKTRACE",
        r"thread '[^']+' (?:\(\d+\) )?panicked at|called `(?:Option|Result)::\w+\(\)` on|RUST_BACKTRACE=",
        r"index out of bounds: the len is|\b[\w/-]+\.rs:\d+:\d+",
    ),
    _kind(
        "php",
        "words of a PHP error",
        "Uncaught|Undefined |PHP |Call to |.php|\\|, null given|, string given",
        r"\bPHP (?:Fatal error|Warning|Notice|Deprecated|Parse error)|\bUncaught \w*(?:Error|Exception)",
        r"\bUndefined (?:index|variable|array key|property|offset)\b|Call to (?:undefined|a member) \w+",
        r"must be (?:of (?:the )?type|an instance of) [\w\\|?]+, \w+ given|[\w/-]+\.php(?:\(\d+\)|:\d+| on line \d+)",
        # Not the characters that Python writes as `\U0001f600`.
        r"(?<![\w:\\])[A-Z]\w+(?:\\(?!U[0-9a-f]{8})[A-Z]\w+){2,}",
    ),
    _kind(
        "ruby",
        "words of a Ruby exception",
        "undefined method|undefined local|Active|Action|NoMethodError|.rb:|coerced|implicit conversion",
        r"undefined (?:method|local variable or method) [`'][^`'\n]+' for|\bAction(?:Controller|Dispatch|View)::\w+",
        r"\bActive(?:Record|Model|Support)::\w+|\bNoMethodError\b|\b[\w/-]+\.rb:\d+(?::in )?|nil can't be coerced into",
        r"no implicit conversion of \w+ into",
    ),
)

#: every mark, as it stands in a body
_MARKS = tuple(sorted({mark.encode() for kind in _KINDS for mark in kind.marks}))


def leaks(operation: OperationContract, exchange: Exchange) -> Iterator[Observation]:
    """What an answer shows of an exception inside the server (rule `leaked-internals`), at most one fault.

    Everything in an error answer counts; in any other one only what stands in a member that the contract does not
    name, for a service may keep such texts for its clients. What the request had, and what the document shows in an
    example of this answer, is no leak.
    """
    response = exchange.response
    if response is None or response.undecoded or not _may_leak(response.body):
        return
    contract = operation.response_for(response.status)
    texts: Iterable[str]
    if response.status >= 400:
        texts = readable_texts(response.body)
    else:
        entry = contract.with_schema if contract is not None else None
        named = entry.message.member_names if entry is not None and entry.message is not None else frozenset()
        texts = _in_other_members(response.body, named) if named else ()
    documented: frozenset[str] | None = None
    for kind, found, shown in _found(texts):
        if _is_sent(found, exchange.request):
            continue
        if documented is None:
            documented = operation.example_texts(contract) if contract is not None else frozenset()
        if any(kind.pattern.search(text) for text in documented):
            continue
        yield Observation.of(
            "leaked-internals",
            operation.key,
            exchange,
            f"{operation.key} answered {response.status} with {kind.noun}: {show(shown)}",
            where=f"response.{response.status}.body",
            seen=kind.slug,
            in_exchange=("response", "body"),
        )
        return


def may_leak(content: bytes) -> bool:
    """Whether `content`, a body or what it stands in, may have words of an exception."""
    return any(mark in content for mark in _MARKS)


#: cached because servers refuse many requests with the same body
_may_leak = lru_cache(maxsize=512)(may_leak)


def _found(texts: Iterable[str]) -> Iterator[tuple[_Kind, str, str]]:
    """The words of exceptions in `texts`, the first of each kind and text, also with what follows on their line."""
    for text in texts:
        for kind in _KINDS:
            if any(mark in text for mark in kind.marks) and (match := kind.pattern.search(text)):
                line = text[match.start() :].partition("\n")[0]
                yield kind, match[0], line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _is_sent(found: str, request: Request) -> bool:
    """Whether the request had the words itself: the answer repeats them."""
    body = request.body or b""
    sent = [unquote_plus(request.target), *(value for _, value in request.headers)]
    return any(found in text for text in (*sent, *readable_texts(body), body.decode("utf-8", "replace")))


def _in_other_members(body: bytes, named: frozenset[str]) -> Iterator[str]:
    """The strings in a JSON body whose member has none of these names."""
    try:
        document = parse_json(body)
    except ValueError:
        return
    for value in values_in(document):
        if isinstance(value, dict):
            yield from (text for name, text in value.items() if isinstance(text, str) and name not in named)
