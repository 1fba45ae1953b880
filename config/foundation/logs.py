"""Logs: one event a line on stderr, JSON for machines or aligned text for people.

structlog's events and those of `logging` are formatted alike.
"""

from __future__ import annotations

import re
from typing import Any

import structlog

# Addresses that let their holder in: invitations, and links that reset a password.
SECRET_PATH = re.compile(
    r"(/account/(?:invitation/|password/reset/[0-9A-Za-z]+-))[^/\s\"'?]+", re.ASCII
)


def _without_secrets(logger: Any, name: str, line: str | bytes) -> str:
    """The rendered line without the secret part of an address."""
    text = line.decode() if isinstance(line, bytes) else line
    return SECRET_PATH.sub(r"\1…", text)


def logging_config(style: str, level: str) -> dict[str, Any]:
    """The value of Django's LOGGING. `style`: `json` or `text`; `level`: a name of `logging`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *last,
                    _without_secrets,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's handlers would mail admins and print everything twice.
            "django": {"handlers": [], "level": level, "propagate": True},
            # A refused call is a normal response. Only a 5xx is logged.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
