"""Endless trailers and similar data are limited too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.config.web.conftest import Web

pytestmark = pytest.mark.slow
CHUNKED = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def further() -> dict[str, Any]:
    return {"REQUEST_TIMEOUT": 60}  # not ended by the time limit


@pytest.mark.parametrize(
    ("begin", "again"), [(b"0\r\n", b"a: b\r\n"), (b"0\r\na: ", b"bbbbbb"), (b"1;c=", b"dddddd")]
)
def test_trailers_and_extensions_of_chunks_are_limited(
    web: Web, begin: bytes, again: bytes
) -> None:
    with web.connect(timeout=30) as sock:
        sock.sendall(CHUNKED + begin)
        with pytest.raises(ConnectionError):
            sock.sendall(again * 5_000_000)  # more than all buffers hold
    assert web.process.memory_info().rss < 300_000_000
    assert web.get("/livez").status == 200
