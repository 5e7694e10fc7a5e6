"""Stands in for app.py where only the supervisor is tested: parts that note when they began and ended.

STAND_IN_FOLDER: where a part leaves `<name>.pid`, a line in `began`, and one in `ended` when it ended by SIGTERM.
"""

import http.server
import os
import signal
import sys
import threading
from pathlib import Path

from workers.forkserver import COMMAND, serve

name, folder = sys.argv[1], Path(os.environ["STAND_IN_FOLDER"])
if name == COMMAND:
    forked = serve(lambda name: ())
    if forked is None:
        raise SystemExit(0)
    name = forked


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Quiet."""


def note(what: str) -> None:
    with (folder / what).open("a") as lines:
        lines.write(f"{name}\n")


def end(number: int, frame: object) -> None:
    note("ended")
    os._exit(0)


signal.signal(signal.SIGTERM, end)
if name == "web":
    address = (os.environ["CITYVITALS_HOST"], int(os.environ["CITYVITALS_PORT"]))
    threading.Thread(target=http.server.HTTPServer(address, Healthy).serve_forever, daemon=True).start()
told = folder / f"{os.getpid()}.told"
told.write_text(str(os.getpid()))
told.rename(folder / f"{name}.pid")  # whoever looks finds a whole number
note("began")
while True:
    signal.pause()
