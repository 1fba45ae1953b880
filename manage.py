#!/usr/bin/env python3
"""The entry point: `python3 manage.py up`, `python3 manage.py test`, and all other commands.

Needs Python 3.11 with pip. The first run creates `.venv` next to this file.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the whole point: said before anything newer is parsed)
    sys.stderr.write(f"Python 3.11 or newer is needed; this is Python {sys.version.split()[0]}.\n")
    sys.exit(2)

from config.local import bootstrap

if __name__ == "__main__":
    bootstrap.ensure(sys.argv[1:])
    sys.exit(bootstrap.run(sys.argv))
