"""The order of operations: those that create resources before those that need them, then deletions, and last those
that may end the run's login."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from clausewise.contract.contract import OperationContract
from clausewise.resources.inventory import Inventory
from clausewise.resources.types import erased, resource_paths
from clausewise.transport.budget import SAFE_METHODS
from clausewise.values.words import plain

#: last words of paths at which a request gives back, or makes anew, what it is let in by
_ENDING_LOGIN = frozenset({
    "logout", "logoff", "signout", "signoff", "revoke", "resettoken", "rotatetoken", "revoketoken", "refreshtoken",
    "resetpassword", "changepassword",
})  # fmt: skip


def may_end_login(operation: OperationContract) -> bool:
    """Whether `operation` may end the login of whoever calls it, as far as its path tells."""
    last = operation.operation.path.rstrip("/").rpartition("/")[2]
    return operation.operation.method not in SAFE_METHODS and plain(last) in _ENDING_LOGIN


def waves(operations: Iterable[OperationContract], inventory: Inventory) -> list[list[OperationContract]]:
    """Groups of operations; those of one group can begin at once, in the order of the document."""

    def turn(operation: OperationContract) -> tuple[int, int, int]:
        method = operation.operation.method
        depth = erased(operation.operation.path).count("{}")
        resource_type = inventory.type_created_by(operation)
        if may_end_login(operation):
            return 2, 0, 0
        if method == "DELETE":
            # What lies inside others first.
            return 1, -depth, 0
        if resource_type is not None:
            return 0, depth - resource_type.named_by_caller, 0
        return 0, depth, 1 if method in SAFE_METHODS else 2

    return [list(group) for _, group in groupby(sorted(operations, key=turn), key=turn)]


def supported(operations: Iterable[OperationContract], inventory: Inventory) -> list[OperationContract]:
    """`operations`, and what makes the resources that their paths lead through."""
    found = {operation.key: operation for operation in operations}
    waiting = list(found.values())
    while waiting:
        for path in resource_paths(erased(waiting.pop().operation.path)):
            create = inventory.resource_types[path].create
            if create is not None and create.key not in found:
                found[create.key] = create
                waiting.append(create)
    return list(found.values())
