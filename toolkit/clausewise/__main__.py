"""The process of a command: `clausewise` and `python -m clausewise` begin here."""

import gc
import os
import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line, and exit with its status."""
    # Modules and documents are many objects that live to the end. At Python's own threshold, searching them for garbage
    # takes a tenth of a short command.
    gc.set_threshold(50_000)
    _open_closed_streams()
    try:
        from clausewise.cli import main
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    try:
        main()
    finally:
        # Python looks for garbage once more before it ends: 2 of the 17 CPU seconds of a document of 20 MB.
        gc.freeze()


def _open_closed_streams() -> None:
    """Lead the standard streams that are closed (`>&-`) nowhere. Python has None for them, and the next file that is
    opened, a record, would get their number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            if nowhere != number:
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8"))


if __name__ == "__main__":
    run()
