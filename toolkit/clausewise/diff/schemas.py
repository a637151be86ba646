"""Two versions of the schemas of one direction, walked place by place at once.

What is compared is a pair: the schemas that bind a place in the old document, and those that do in the new one. Pairs
are remembered, so that a component which thousands of messages share is compared once, and recursion ends.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import msgspec

from clausewise.contract.clause import STEPS, Direction
from clausewise.contract.keywords import show
from clausewise.diff.change import Kind
from clausewise.diff.constraints import Branch, Node, Nodes, Said, Tree, Union
from clausewise.diff.difference import ADVICE, Local, constantly, rule, sentence, verdict
from clausewise.diff.rules import compare_rules
from clausewise.diff.strictness import Assertion

_REFERENCE = re.compile(rb'"#/\$defs/((?:[^"\\]|\\.)*)"')

#: unions within unions without names, beyond which their branches are not told apart by what they say
_DEEP = 20


class Pair:
    """A place in both versions."""

    def __init__(self, old: Nodes, new: Nodes) -> None:
        self.old = old
        self.new = new
        #: None until they are compared
        self.locals: list[Local] | None = None
        #: places below: steps of the path, branches entered, and the pair there
        self.below: list[tuple[tuple[str, ...], tuple[str, ...], Pair]] = []


class Lockstep:
    """Compares the schemas of two documents that bind messages of one direction."""

    def __init__(self, old: Tree, new: Tree) -> None:
        self.direction: Direction = new.direction
        self.old = old
        self.new = new
        self._pairs: dict[tuple[Nodes, Nodes], Pair] = {}
        self._given: set[Pair] = set()
        self._depth = 0
        self._unchanged = _unchanged(old, new)

    def pair(self, old: Sequence[Node], new: Sequence[Node]) -> Pair:
        """The pair of what binds a place in the two documents."""
        key = (tuple(old), tuple(new))
        found = self._pairs.get(key)
        if found is None:
            found = self._pairs[key] = Pair(*key)
        return found

    def compare(self, root: Pair) -> Iterator[Pair]:
        """Every pair at and below `root`, compared, that was not given before."""
        waiting = [root]
        while waiting:
            pair = waiting.pop()
            if pair not in self._given:
                self._given.add(pair)
                if pair.locals is None:
                    self._look(pair)
                yield pair
                waiting.extend(below for _, _, below in pair.below)

    def _same(self, old: Nodes, new: Nodes) -> bool:
        """Whether nothing is different at and below a place; not for sure where unions are nested very deeply."""
        if self._depth > _DEEP:
            return False
        self._depth += 1
        seen, waiting = set(), [self.pair(old, new)]
        while waiting:
            pair = waiting.pop()
            if pair in seen:
                continue
            seen.add(pair)
            if pair.locals is None:
                self._look(pair)
            if pair.locals:
                break
            waiting.extend(below for _, _, below in pair.below)
        self._depth -= 1
        return not pair.locals

    def _look(self, pair: Pair) -> None:
        pair.locals = []
        if pair.old == pair.new and all(node.location in self._unchanged for node in pair.old):
            return
        old, new = self.old.said(pair.old), self.new.said(pair.new)
        if old.absent or new.absent:
            # What else is said of what is not there says nothing.
            old, new = (Said([each for each in said.assertions if each.keyword == "false"]) for said in (old, new))
            pair.locals.extend(compare_rules(self.direction, old, new, self.old, self.new))
            return
        if len(old.unions) + len(new.unions) == 1 and self._one_of_several(pair, old, new):
            return
        pair.locals.extend(compare_rules(self.direction, old, new, self.old, self.new))
        self._members(pair, old, new)
        self._each(pair, old, new)
        self._unions(pair, old, new)

    def _members(self, pair: Pair, old: Said, new: Said) -> None:
        assert pair.locals is not None
        for name in [*old.members, *(name for name in new.members if name not in old.members)]:
            one, two = old.members.get(name, []), new.members.get(name, [])
            gone = name in old.members and name not in new.members and one
            come = name in new.members and name not in old.members and two
            if gone and not self.old.said(tuple(one)).absent:
                pair.locals.append(self._weighed(self._removed_member(one[0], name), one))
            elif come and not self.new.said(tuple(two)).absent:
                pair.locals.append(self._weighed(self._added_member(two[0], name, old, new), two))
            elif one or two:
                pair.below.append(((name,), (), self.pair(one, two)))

    @staticmethod
    def _weighed(local: Local, nodes: Sequence[Node]) -> Local:
        """The difference, which breaks nobody where the schemas that say it only advise."""
        if any(node.severity == "error" for node in nodes):
            return local
        return msgspec.structs.replace(local, breaking=False, reason=ADVICE)

    def _removed_member(self, node: Node, name: str) -> Local:
        reason = "requests that hold it are no longer understood" if self.direction == "request" else "clients miss it"
        say = constantly("{} is no longer documented")
        return Local("removed", True, reason, say, "member", node.location, None, (name,))

    def _added_member(self, node: Node, name: str, old: Said, new: Said) -> Local:
        needed = [each for each in new.assertions if each.member == name and each.severity == "error"]
        if self.direction == "request":
            required = next((each for each in needed if each.keyword == "required"), None)
            if required is not None:
                reason = "requests that were valid are refused"
                rest = " under a condition" if required.conditions else ""
                say = constantly(f"{{}} is new, and required{rest}")
                return Local("added", True, reason, say, "member", None, required.location, (name,))
        elif old.closed:
            reason = "clients were told that there are no further members"
            return Local("added", True, reason, constantly("{} is new"), "member", None, node.location, (name,))
        reason = "what was valid still is" if self.direction == "request" else "clients need not know it"
        return Local("added", False, reason, constantly("{} is new"), "member", None, node.location, (name,))

    def _each(self, pair: Pair, old: Said, new: Said) -> None:
        assert pair.locals is not None
        for key in [*old.each, *(key for key in new.each if key not in old.each)]:
            one, two = tuple(old.each.get(key, ())), tuple(new.each.get(key, ()))
            step = STEPS[key[0]] or key[1]
            if one and two:
                pair.below.append(((step,), (), self.pair(one, two)))
                continue
            tree, nodes, other = (self.old, one, new) if one else (self.new, two, old)
            if tree.said(nodes).nothing or other.ends(key[0]):
                continue
            kind: Kind = "loosened" if one else "tightened"
            say = constantly("{} is no longer bound by a schema" if one else "{} is bound by a schema, and was not")
            breaking, reason = verdict(self.direction, kind)
            gone, come = (nodes[0].location, None) if one else (None, nodes[0].location)
            local = Local(kind, breaking, reason, say, key[0], gone, come, (step,))
            pair.locals.append(self._weighed(local, nodes))

    def _unions(self, pair: Pair, old: Said, new: Said) -> None:
        assert pair.locals is not None
        for one, two in zip(old.unions, new.unions, strict=False):
            if {one.keyword, two.keyword} == {"oneOf", "anyOf"}:
                # Exactly one is more than at least one.
                kind: Kind = "tightened" if two.keyword == "oneOf" else "loosened"
                rules = (_as_rule(one), _as_rule(two))
                pair.locals.append(rule(self.direction, kind, *rules, sentence([rules[0]], [rules[1]])))
            self._branches(pair, one.branches, two.branches)
        common = min(len(old.unions), len(new.unions))
        for union in old.unions[common:]:
            told = _as_rule(union)
            pair.locals.append(rule(self.direction, "loosened", told, None, sentence([told], [])))
        for union in new.unions[common:]:
            told = _as_rule(union)
            pair.locals.append(rule(self.direction, "tightened", None, told, sentence([], [told])))

    def _one_of_several(self, pair: Pair, old: Said, new: Said) -> bool:
        """What was one schema has become one of several alternatives, or the other way round."""
        union = (old.unions or new.unions)[0]
        within, alone, nodes = (old, new, pair.new) if old.unions else (new, old, pair.old)
        if alone.nothing or not _only(within, union, alone):
            return False
        single = (Branch(_type_of(alone), "alone", nodes),)
        self._branches(pair, *((union.branches, single) if old.unions else (single, union.branches)))
        return True

    def _branches(self, pair: Pair, old: Sequence[Branch], new: Sequence[Branch]) -> None:
        assert pair.locals is not None
        matched, gone, come = self._matched(old, new)
        for one, two in matched:
            label = one.label if two.named_by == "alone" else two.label
            pair.below.append(((), (label,), self.pair(one.nodes, two.nodes)))
        request = self.direction == "request"
        for branch in gone:
            reason = "requests of this form are refused" if request else "responses stay within what clients were told"
            say = constantly(f"{{}} no longer has the alternative {show(branch.label)}")
            local = Local("removed", request, reason, say, "branch", branch.nodes[0].location, None)
            pair.locals.append(self._weighed(local, branch.nodes))
        for branch in come:
            reason = "what was valid still is" if request else "responses may be what clients were not told of"
            say = constantly(f"{{}} has the further alternative {show(branch.label)}")
            local = Local("added", not request, reason, say, "branch", None, branch.nodes[0].location)
            pair.locals.append(self._weighed(local, branch.nodes))

    def _matched(
        self, old: Sequence[Branch], new: Sequence[Branch]
    ) -> tuple[list[tuple[Branch, Branch]], list[Branch], list[Branch]]:
        """Branches that are the same one in both, and those of the old and of the new that are left."""
        matched: list[tuple[Branch, Branch]] = []
        gone, come = list(old), list(new)

        def take(same: Callable[[Branch, Branch], bool]) -> None:
            for one in tuple(gone):
                at = old.index(one)
                near = [new[at]] if at < len(new) and new[at] in come else []
                two = next((each for each in (*near, *come) if same(one, each)), None)
                if two is not None:
                    matched.append((one, two))
                    gone.remove(one)
                    come.remove(two)

        labels = [[branch.label for branch in side if branch.named_by != "number"] for side in (old, new)]
        unique = {label for label in labels[0] if labels[0].count(label) == labels[1].count(label) == 1}
        take(lambda one, two: one.label == two.label and one.label in unique)
        # A schema that moved to a component is known by another name, and only what it says can tell.
        take(lambda one, two: not one.named_by == two.named_by == "discriminator" and self._same(one.nodes, two.nodes))
        take(lambda one, two: one.label == two.label and one.named_by != "number")
        take(
            lambda one, two: (
                {one.named_by, two.named_by} & {"alone", "type", "number"} != set()
                and _type_of(self.old.said(one.nodes)) == _type_of(self.new.said(two.nodes))
            )
        )
        return matched, gone, come


def _unchanged(old: Tree, new: Tree) -> frozenset[str]:
    """Locations of the definitions that are written alike in both, and lead only to ones that are."""
    one, two = ((tree.generated.schema or {}) for tree in (old, new))
    assert isinstance(one, dict) and isinstance(two, dict)
    before, after = one.get("$defs", {}), two.get("$defs", {})
    encoder = msgspec.json.Encoder()
    leading: dict[str, list[str]] = {}
    alike, waiting = set(), deque(after.keys() - before.keys())
    for name in after.keys() & before.keys():
        written = encoder.encode(after[name])
        if written != encoder.encode(before[name]):
            waiting.append(name)
            continue
        alike.add(name)
        for found in set(_REFERENCE.findall(written)):
            leading.setdefault(msgspec.json.decode(b'"' + found + b'"'), []).append(name)
    while waiting:
        for name in leading.get(waiting.popleft(), ()):
            if name in alike:
                alike.remove(name)
                waiting.append(name)
    return frozenset(f"/$defs/{name}" for name in alike)


def _only(said: Said, union: Union, alone: Said) -> bool:
    """Whether nothing is said beside a union but what belongs to it, and the type that `alone` has as well."""
    own = f"{union.node.location}/"
    types = [each.plain for each in alone.assertions if each.keyword == "type"]
    return (
        not said.each
        and all(each.location.startswith(own) or each.plain in types for each in said.assertions)
        and all(node.location.startswith(own) for nodes in said.members.values() for node in nodes)
    )


def _as_rule(union: Union) -> Assertion:
    """A union as the rule that there are alternatives."""
    keyword = "oneOf" if union.keyword == "discriminator" else union.keyword
    node = union.node
    return Assertion(keyword, list(union.branches), "", node.location, node.severity, node.note, node.conditions)


def _type_of(said: Said) -> str:
    """The type that is asserted, as a label."""
    return " ".join(sorted(each.plain for each in said.assertions if each.keyword == "type")).strip('"')
