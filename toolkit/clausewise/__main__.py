"""The process of a command: `clausewise` and `python -m clausewise` begin here."""

import gc
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line, and exit with its status."""
    # Modules and documents are many objects that live to the end. At Python's own threshold, searching them for garbage
    # takes a tenth of a short command.
    gc.set_threshold(50_000)
    try:
        from clausewise.cli import main
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    main()


if __name__ == "__main__":
    run()
