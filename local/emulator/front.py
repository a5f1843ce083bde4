"""The door in front of MiniStack: the API at its own port, at the root, as people type it.

One server listens on two ports. What comes by the API's port is the issuer's documents or a call
of the deployed HTTP API, whose address inside MiniStack is put in front of the path. What comes
by the emulator's port goes through untouched.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from local.emulator.saving import Saver
from local.tokens import Issuer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Front:
    """An ASGI application around MiniStack's."""

    def __init__(
        self, emulator: App, api_port: int, issuer: Issuer, saver: Saver, outputs: Path
    ) -> None:
        """Serve the API whose id the file `outputs` names (written by the deployment)."""
        self.emulator, self.api_port, self.saver = emulator, api_port, saver
        self.outputs = outputs
        self.documents = {
            "/issuer/.well-known/openid-configuration": issuer.configuration(),
            "/issuer/jwks.json": issuer.jwks(),
        }
        self._api: tuple[float, str] = (0.0, "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.emulator(scope, receive, self._starting(send))
        elif scope["type"] == "http" and scope["server"][1] == self.api_port:
            await self._api_call(scope, receive, send)
        elif scope.get("path") == "/_linli/save":
            await _answer(send, 200, self.saver.save())
        else:
            await self.emulator(scope, receive, send)

    async def _api_call(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path in self.documents:
            await _answer(send, 200, self.documents[path])
            return
        api = self.api_id()
        if not api:
            await _answer(send, 503, {"message": "Not deployed yet"})
            return
        prefix = f"/_aws/execute-api/{api}/$default"
        raw = scope.get("raw_path") or path.encode()
        inner = {**scope, "path": prefix + path, "raw_path": prefix.encode() + raw}
        await self.emulator(inner, receive, send)

    def api_id(self) -> str:
        """Return the deployed API's id, read again when the deployment wrote it anew."""
        try:
            written = self.outputs.stat().st_mtime
        except FileNotFoundError:
            return ""
        if written != self._api[0]:
            self._api = (written, json.loads(self.outputs.read_text())["ApiId"])
        return self._api[1]

    def _starting(self, send: Send) -> Send:
        async def send_after_start(message: MutableMapping[str, Any]) -> None:
            # MiniStack has loaded its snapshot: nothing has been served yet.
            if message["type"] == "lifespan.startup.complete":
                self.saver.start()
            if message["type"] == "lifespan.shutdown.complete":
                self.saver.save()
            await send(message)

        return send_after_start


async def _answer(send: Send, status: int, document: Any) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
