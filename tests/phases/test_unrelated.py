"""A DELETE of a relation that is none crashes no server."""

from __future__ import annotations

import pytest

from clausewise.runner.run import Result
from tests.conftest import Compile
from tests.servers.small import Answer, Call, Shelves, drive, paths

_MEMBER = "/groups/{group_id}/members/{user_id}"
_ALL = (
    "POST /groups", "GET /groups/{group_id}", "DELETE /groups/{group_id}", "POST /users", "GET /users/{user_id}",
    "DELETE /users/{user_id}", f"PUT {_MEMBER}", f"DELETE {_MEMBER}",
)  # fmt: skip


class Groups(Shelves):
    """Users become members of groups; a server that `fails` looks for one that is none in vain. Or there is no way to
    become one."""

    def __init__(self, *, fails: bool, takes_members: bool) -> None:
        super().__init__()
        self.fails, self.takes_members = fails, takes_members

    def answer(self, call: Call) -> Answer:
        group, _, user = call.path.partition("/members/")
        if not user or call.method not in ("PUT", "DELETE"):
            return super().answer(call)
        if group not in self.kept or f"/users/{user}" not in self.kept:
            return 404, {"message": "there is no such group, or user"}
        if call.method == "DELETE":
            is_member = self.kept.pop(call.path, None) is not None
            return (204, None) if is_member else (500 if self.fails else 404, {"message": "no member"})
        if not self.takes_members:
            return 403, {"message": "nobody becomes a member"}
        self.kept[call.path] = {}
        return 204, None


def run_of(compiled: Compile, server: Groups) -> Result:
    return drive(compiled({"paths": paths(*_ALL)}), server, phases=("baseline", "clauses"))


@pytest.mark.parametrize("takes_members", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_two_that_are_there_and_have_nothing_in_common(compiled: Compile, fails: bool, takes_members: bool) -> None:
    server = Groups(fails=fails, takes_members=takes_members)
    result = run_of(compiled, server)
    crashes = [finding for finding in result.run.findings if finding.rule == "server-error"]
    assert bool(crashes) is fails
    assert not fails or {operation for crash in crashes for operation in crash.operations} == {f"DELETE {_MEMBER}"}
    assert result.left == {} and not server.kept
