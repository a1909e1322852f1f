"""A live page on this machine's own address: for browsers here, and for those that a tunnel brings."""

from __future__ import annotations

import json
import re
import socketserver
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from harness.dashboard.live import Live

ADDRESS = "127.0.0.1"
OURS = re.compile(r"(localhost|127\.0\.0\.1)(:\d{1,5})?", re.IGNORECASE)
"""Names under which a browser may ask. A page from elsewhere whose name was made to mean this machine asks by that."""

POLICY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class LiveFault(ValueError):
    """A live page that cannot be served. The message says why."""


class _Http(ThreadingHTTPServer):
    """Answers every browser in a thread that ends with the program."""

    live: Live

    def server_bind(self) -> None:
        """Take the address as it is: the standard library would ask the network for its name."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers ``/`` and ``/state``, and nobody who came by another name than this machine's own."""

    server: _Http
    timeout = 10.0
    server_version = "twinbench"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer."""
        live = self.server.live
        if not OURS.fullmatch(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, explain="This page is only for this machine.")
        elif self.path == "/":
            self._answer("text/html; charset=utf-8", live.page)
        elif self.path == "/state":
            self._answer("application/json", json.dumps(live.state()).encode())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **POLICY}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the terminal shows the run's progress."""


class Server:
    """Holds a port from the beginning, and serves from ``serve`` on. Use as a context manager."""

    def __init__(self, port: int):
        """Take a port; 0 stands for any that is free.

        Raises:
            LiveFault: If it cannot be had.
        """
        try:
            self.http = _Http((ADDRESS, port), _Handler)
        except OSError as error:
            raise LiveFault(f"port {port} cannot be had: {error.strerror}; name another with --port") from error
        self.thread: threading.Thread | None = None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        if self.thread:
            self.http.shutdown()
            self.thread.join()
        self.http.server_close()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.http.server_address[1]}/"

    def serve(self, live: Live) -> None:
        """Serve a run, until the context is left."""
        self.http.live = live
        self.thread = threading.Thread(target=self.http.serve_forever, name="live page", daemon=True)
        self.thread.start()
