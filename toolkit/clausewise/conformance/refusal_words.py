"""How servers speak of what they refuse: the words of a refusal, in English, and what they are about.

They tell apart what no contract lists, such as a resource that is not there, from what a contract forgets.
"""

from __future__ import annotations

import re

from clausewise.conformance.symptom import readable_texts
from clausewise.exchange import Response

#: characters of a refusal that are read, and of a word that is no word
_READ = 4_000
_LONG = 200

#: start of a word for a place in the request, as opposed to the thing that its value names
_PLACE = r"(?:field|propert|param|attribute|argument|member|option|header|key\b|value|type\b|format)"

#: how a refusal says that what the request names is not there
_NOT_THERE = re.compile(
    rf"""
    \b(?:does|do|did)(?:\s*not|n\Wt)\s+(?:\w+\s+)?exist | \bnot\s+exist | \bnon-?exist | \bmust\s+exist
    | \bnot[\s_-]?found\b | \bno\s+such\s+(?!{_PLACE})
    | \b(?:could|can|was|were|is)(?:\s*not|n\Wt)\s+(?:be\s+)?(?:found|find) | \bunable\s+to\s+find
    | \bno\s+(?!{_PLACE})\w+\s+(?:with|named|called|exists?|was\s+found|found)\b | \bno\s+longer\s+exists
    | \bno\s+(?:matching|such)\s+(?!{_PLACE})(?:\w+\s+){{1,4}}(?:(?:was|were)\s+)?found\b
    | \bthat\s+choice\s+is\s+not\s+one\s+of\b
    | \bexisting\b | \bforeign\s+key | \binvalid\s+reference | \bunknown\s+(?!{_PLACE})\w+
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: how a refusal says that a place, and not a thing, is not known
_NO_PLACE = re.compile(rf"\b{_PLACE}\w*\s+\S+\s+(?:is\s+|was\s+)?(?:not\s+found|unknown|does\s+not)", re.IGNORECASE)

#: how a refusal speaks of what happened before
_STATE = re.compile(
    r"""
    \balready\b | (?<!not\s)\bexists\b | \bduplicated?\b | \bconflict | \bin\s+use\b | \btaken\b | \bprevious(?:ly)?\b
    | \b(?:was|were|ha(?:s|ve|d)\s+been)\s+(?:\w+ly\s+)?
      (?:fixed|created|defined|declared|established|initiali[sz]ed|chosen|closed|deleted|started|locked|published)\b
    | \b(?:locked|frozen|immutable|archived|in\s+progress|stale|concurrent(?:ly)?|precondition)\b
    | \b(?:can\s*not|can\Wt|may\s+not|must\s+not)\s+(?:be\s+)?
      (?:chang|modif|updat|alter|renam|resiz|delet|remov|drop|edit|cancel|overwrit|reset)\w*
    | \bha(?:s|ve|d)\s+no\s+\w+\s+to\s+\w
    | \b(?:current|present)\s+(?:state|status|version|revision)\b | \btransition\b | \bquota\b | \blimit\s+reached\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: how a refusal speaks of how the server is set up
_SET_UP = re.compile(
    r"""
    \bnot\s+(?:(?:yet|currently)\s+)?(?:(?:appear|seem)\s+to\s+)?(?:be\s+)?
      (?:running|installed|configured|enabled|initiali[sz]ed)\b
    | \b(?:is|are|was|were|been)\s+(?:currently\s+)?disabled\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

#: how a refusal says that another thing has the same value
_NOT_UNIQUE = re.compile(r"\b(?:be|not|(?:have|make|form)\s+an?)[\s_-]*unique\b", re.IGNORECASE)

#: how a refusal says that two identifiers differ
_DIFFERENT = re.compile(r"\b(?:mis-?match|match|same|equal|differ|identical|expect|path|ur[li])", re.IGNORECASE)

#: how a refusal says which of two values it wants and which it has
_MISMATCH = re.compile(r"\bmis-?match|\bexpected\b.*?\b(?:got|received|found|but|instead)\b", re.IGNORECASE)

#: how a refusal says that it knows no member of a name
_UNKNOWN_MEMBER = re.compile(
    r"\b(?:un(?:recogni[sz]ed|known|expected|supported|allowed)|additional|extra(?:neous)?|undeclared|undefined)\s+"
    r"(?:field|propert|key|member|attribute|parameter|argument|element)"
    r"|\b(?:extra|additional)\s+(?:inputs?|properties|fields)\s+(?:are\s+)?not\s+(?:permitted|allowed)",
    re.IGNORECASE,
)

#: how a refusal compares two values
_COMPARED = re.compile(
    r"\b(?:less|greater|smaller|larger|lower|higher|bigger|shorter|longer|earlier|later|more|fewer|before|after|above"
    r"|below|exceeds?|between|at\s+least|at\s+most)\b",
    re.IGNORECASE,
)

#: how a refusal says that two things exclude each other
_EXCLUSIVE = re.compile(
    r"\b(?:mutually\s+exclusive|exclude\s+each\s+other|incompatible|at\s+the\s+same\s+time|simultaneously"
    r"|not\s+both|only\s+one\s+of|exactly\s+one\s+of|at\s+most\s+one\s+of|must\s+be\s+omitted"
    r"|(?:can\s*not|can\Wt|may\s+not|must\s+not|not)\s+(?:be\s+)?(?:\w+\s+)?(?:together|combined|mixed|(?:used|set|given|"
    r"specified|provided|allowed|present|valid)\s+(?:\w+\s+)?(?:together|with|when|if|alongside)))\b",
    re.IGNORECASE,
)

#: how a refusal speaks of who asks
_OF_CREDENTIALS = re.compile(
    r"\b(?:(?:refresh|access|bearer|auth\w*|session|api|csrf|invalid|expired|missing)[\s_-]tokens?|credentials?|api[\s_-]?keys?"
    r"|log(?:ged)?[\s-]?in|(?:wrong|incorrect|bad)\s+(?:password|login|pin)\b"
    r"|(?:wrong|incorrect|invalid|bad)\s+[\w-]+\s+(?:or|and)\s+password\b|unauthori[sz]ed|not\s+(?:allowed|authori[sz]ed|permitted)\s+to)\b",
    re.IGNORECASE,
)

#: how a refusal says that two values are not the same
_NOT_ALIKE = re.compile(
    r"n(?:o|\W)t\s+(?:the\s+|be\s+)?(?:match|equal|same|identical|agree)|\bmust\s+(?:\w+\s+)?(?:match|equal|be\s+(?:the\s+"
    r"same|equal|identical))|\bmismatch|\bdiffer",
    re.IGNORECASE,
)

#: how one says that a value is not of a form, or not one of a list, which the contract can tell
_OF_FORM = re.compile(r"\b(?:pattern|regex\w*|regular|format|schema|types?|one\s+of|allowed|constant)\b", re.IGNORECASE)

#: words that are written as one, in upper case
_CODE = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")

#: how a refusal speaks of a length
_OF_LENGTH = re.compile(
    r"\b(?:length|lengths|long|longer|short|shorter|size|characters?|chars?|digits?|letters?|symbols?|bytes?|items?"
    r"|elements?|max\w*|min\w*|exceed\w*|at\s+(?:least|most)|more|less|fewer|greater|blank|empty|range|limits?|too)\b",
    re.IGNORECASE,
)

#: words of a refusal that do not say why
_SAYS_NOTHING = frozenset(
    (
        *("bad", "error", "errors", "failed", "failure", "invalid", "input", "request", "validation"),
        *("value", "values", "wrong", "unprocessable", "entity", "content", "client", "http", "status"),
        *("code", "message", "detail", "details", "type", "title", "about", "blank", "null", "none", "true"),
        *("false",),
    )
)


def text_of(response: Response) -> str:
    """The texts of a refusal, without the long values that it repeats, and the words of its codes: `NOT_FOUND`.

    A problem of the type `about:blank` is none but its status (RFC 9457 section 4.2.1).
    """
    text = re.sub(rf"\S{{{_LONG},}}|\babout:blank\b", " ", " ".join(readable_texts(response.body)))[:_READ]
    return _CODE.sub(lambda code: code[0].replace("_", " "), text)


def names_what_is_not_there(text: str) -> bool:
    """Whether what the request names is not there, as opposed to a member or a parameter of that name."""
    return _NOT_THERE.search(text) is not None and _NO_PLACE.search(text) is None


def speaks_of_state(text: str) -> bool:
    """Whether it is because of what happened before: a name is in use already, a resource is closed."""
    return _STATE.search(text) is not None


def speaks_of_setup(text: str) -> bool:
    """Whether it is because of how the server is set up: something that it needs is not installed, or does not run."""
    return _SET_UP.search(text) is not None


def says_not_unique(text: str) -> bool:
    """Whether another thing has the same value."""
    return _NOT_UNIQUE.search(text) is not None


def says_different(text: str) -> bool:
    """Whether it compares two identifiers."""
    return _DIFFERENT.search(text) is not None


def knows_no_member(text: str) -> bool:
    """Whether the server knows no member that it was sent."""
    return _UNKNOWN_MEMBER.search(text) is not None


def says_mismatch(text: str) -> bool:
    """Whether it names two values, one that is wanted and one that is there."""
    return _MISMATCH.search(text) is not None


def compares(text: str) -> bool:
    """Whether it compares two numbers, or two dates."""
    return _COMPARED.search(text) is not None


def excludes(text: str) -> bool:
    """Whether two things exclude each other."""
    return _EXCLUSIVE.search(text) is not None


def speaks_of_credentials(text: str) -> bool:
    """Whether it is because of who asks."""
    return _OF_CREDENTIALS.search(text) is not None


def says_not_alike(text: str) -> bool:
    """Whether two values have to be the same, and not of a form, or one of a list, which the contract can tell."""
    return _NOT_ALIKE.search(text) is not None and _OF_FORM.search(text) is None


def gives_another_reason_than_length(text: str) -> bool:
    """Whether it says why, and not that something is too long or too short: "unsupported language"."""
    said = {word for word in re.findall(r"[^\W\d_]{3,}", text.lower()) if word not in _SAYS_NOTHING}
    return len(said) > 1 and _OF_LENGTH.search(text) is None
