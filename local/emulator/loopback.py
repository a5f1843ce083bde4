"""Fault: the IoT listener (mutual TLS) binds every interface, whatever BIND_HOST says.

Mend: whoever in this process asks for 0.0.0.0 gets the loopback.
"""

import asyncio
from typing import Any

HOST = "127.0.0.1"
_create_server = asyncio.base_events.BaseEventLoop.create_server


async def _on_loopback(
    loop: Any, protocol: Any, host: Any = None, port: Any = None, **options: Any
) -> Any:
    if options.get("sock") is None and host in (None, "", "0.0.0.0", "::"):
        host = HOST
    return await _create_server(loop, protocol, host, port, **options)


def install() -> None:
    """Keep every listener of this process on the loopback."""
    asyncio.base_events.BaseEventLoop.create_server = _on_loopback  # type: ignore[assignment,method-assign]
