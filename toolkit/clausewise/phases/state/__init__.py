"""Oracles of state: what was sent is what is read, and what other questions several answers decide together.

Each oracle is one file with one `Oracle` (`oracle.py`): its name, its sentence, the rules that it can find broken, its
budget of requests for each type of resource, and a generator that asks. The phase `lifecycle` asks the `ORACLES` of
`table.py` about each type of resource that the run can create, after it has followed the life of one.

To add one: a file `NAME.py` here with `ORACLE = Oracle(...)`, a row in `table.py`, its rule in `results/rules.py`, and
in `tests/phases/state/test_NAME.py` a server by hand with its fault on and off. `ask(kind)` gets a `Kind` (`kind.py`),
which makes, reads and sends:

    def _ask(kind: Kind) -> Steps:
        one = yield from kind.create()
        exchange, shown = yield from kind.read(one)
        if shown is wrong:
            kind.find("my-rule", kind.type.get, exchange, "GET /things/{id} shows ..., after ...", seen="name")

A difference counts when a second request, with other values, shows it as well: servers change for others meanwhile.
What cannot be tried is said with `kind.leave("my oracle: ... was not tried: why")`.
"""
