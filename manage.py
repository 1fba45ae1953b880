#!/usr/bin/env python3
"""The one way in: `python3 manage.py up`, `python3 manage.py test`, and every other command.

Needs Python 3.11 with pip; makes `.venv` beside itself at the first run.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the whole point: said before anything newer is parsed)
    sys.stderr.write(f"Python 3.11 or newer is needed; this is Python {sys.version.split()[0]}.\n")
    sys.exit(2)

from config.local import bootstrap

if __name__ == "__main__":
    bootstrap.ensure(sys.argv[1:])
    sys.exit(bootstrap.run(sys.argv))
