"""What an operation may destroy that other requests need: all resources of a kind, accounts, keys, settings, the run's
own login, or the server itself. Method, path and operationId tell, as far as their words go.

Such operations are tested last and one at a time, the most destructive at the end.
"""

from __future__ import annotations

import itertools
import re
from enum import IntEnum

from clausewise.contract.operation import OperationContract
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.words import plain, singular


class Destruction(IntEnum):
    """How much an operation may destroy; more is greater."""

    #: nothing but the resource that its path names
    NOTHING = 0
    #: every resource of one kind
    COLLECTION = 1
    #: accounts, keys, tokens, permissions or settings, on which other requests may depend
    ACCESS = 2
    #: the login of whoever calls it
    LOGIN = 3
    #: whether the server still takes requests, as a maintenance mode does
    CLOSED = 4
    #: the running server, or everything that it stores
    SERVER = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: whatever the method is: requests that end a session are often GET
_LEAVE = _words("logout logoff signout signoff")

#: what takes back, or makes anew, the means of a login
_WITHDRAW = _words("revoke invalidate deauthorize unauthorize rotate regenerate renew refresh reset")

#: what is taken back or made anew
_MEANS = _words("session token key apikey secret credential password passwd passphrase login")

#: what ends or empties a server
_SERVER = _words(
    "shutdown restart reboot poweroff halt stop kill terminate reset restore reinstall uninstall quit exit"
)

#: what lets a server take no requests, or none that change something
_CLOSED = _words("maintenance readonly writeprotection lockdown offline standby drain freeze quiesce hibernate")

#: what empties a collection
_EMPTY = _words("purge wipe clear flush truncate deleteall removeall destroyall clearall dropall")

#: what other requests may depend on, whoever owns it
_ACCESS = _words(
    "account user member tenant organization session token key apikey secret credential password permission role grant "
    "policy config configuration setting preference license"
)

#: what names the caller, without an id
_SELF = _words("account me self profile myaccount currentuser login session password")

#: the same in the singular; in the plural it names a collection
_ONE_SELF = "user"

_PASSWORD = _words("password passwd passphrase newpassword currentpassword")

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def destruction_by(operation: OperationContract) -> Destruction:
    """What `operation` may destroy beside the resource that its path names."""
    method, path = operation.operation.method, operation.operation.path.rstrip("/")
    segments = [segment for segment in path.split("/") if segment]
    nouns = [singular(plain(segment)) for segment in segments if "{" not in segment]
    last = nouns[-1] if nouns else ""
    ends_in_parameter = bool(segments) and "{" in segments[-1]
    spoken = _spoken(segments, operation.key)
    if spoken & _LEAVE:
        return Destruction.LOGIN
    if method in SAFE_METHODS:
        return Destruction.NOTHING
    of_everything = "{" not in path
    if of_everything and spoken & _SERVER and not spoken & _MEANS:
        return Destruction.SERVER
    if of_everything and spoken & _CLOSED:
        return Destruction.CLOSED
    if _withdraws(spoken, frozenset(nouns)) or _changes_password(method, spoken):
        return Destruction.LOGIN
    if method != "POST" and not ends_in_parameter and (last in _SELF or segments[-1:] == [_ONE_SELF]):
        return Destruction.LOGIN
    if of_everything and method in ("PUT", "PATCH") and _takes_password(operation):
        return Destruction.LOGIN
    if last in _ACCESS and (method == "DELETE" or (method in ("PUT", "PATCH") and _reaches_others(operation))):
        return Destruction.ACCESS
    if (method == "DELETE" and not ends_in_parameter) or (of_everything and spoken & _EMPTY):
        return Destruction.COLLECTION
    return Destruction.NOTHING


def _spoken(segments: list[str], key: str) -> frozenset[str]:
    """The words that say what is done: those of the path's last segment and of the operationId, and pairs of them."""
    last = segments[-1] if segments and "{" not in segments[-1] else ""
    texts = (last, "" if " " in key else key)
    single = [[singular(word.lower()) for word in _WORD.findall(text)] for text in texts]
    pairs = [first + second for words in single for first, second in itertools.pairwise(words)]
    return frozenset((*(word for words in single for word in words), *pairs, plain(last)))


def _withdraws(spoken: frozenset[str], nouns: frozenset[str]) -> bool:
    """Whether it takes back, or makes anew, a login's means: `POST /tokens/revoke`, `POST /keys/{id}/rotate`."""
    if spoken & {"revoke", "deauthorize"}:
        return True
    compounds = {verb + noun for verb in _WITHDRAW for noun in _MEANS}
    return bool(spoken & compounds or (spoken & _WITHDRAW and (spoken | nouns) & _MEANS))


def _changes_password(method: str, spoken: frozenset[str]) -> bool:
    if method == "POST":
        return any(verb + noun in spoken for verb in ("change", "update", "set") for noun in _PASSWORD)
    return bool(spoken & _PASSWORD)


def _reaches_others(operation: OperationContract) -> bool:
    """Whether a change of it may shut somebody out: of settings for all, or of an account's password."""
    return "{" not in operation.operation.path or _takes_password(operation)


def _takes_password(operation: OperationContract) -> bool:
    """Whether the body has a member for a password."""
    message = operation.body_message
    return message is not None and any(plain(name) in _PASSWORD for each in message.clauses for name in each.path)
