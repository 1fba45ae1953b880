"""``python -m tests.web PORT``: one web process as ``manage.py up`` starts it, without a parent."""

from __future__ import annotations

import sys

import django


def main(port: str) -> None:
    """Serve on the loopback address until a signal."""
    django.setup()
    from config.web.server import listen, serve

    serve(listen("127.0.0.1", int(port)))


if __name__ == "__main__":
    main(sys.argv[1])
