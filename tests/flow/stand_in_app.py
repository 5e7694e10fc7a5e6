"""Stands in for app.py where only the supervisor is tested: parts that note when they began and ended.

STAND_IN_FOLDER: where a part leaves `<name>.pid` and, when it ended by SIGTERM, a line in `ended`.
"""

import http.server
import os
import signal
import sys
import threading
from pathlib import Path

name, folder = sys.argv[1], Path(os.environ["STAND_IN_FOLDER"])


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Quiet."""


def end(number: int, frame: object) -> None:
    with (folder / "ended").open("a") as ended:
        ended.write(f"{name}\n")
    os._exit(0)


signal.signal(signal.SIGTERM, end)
if name == "web":
    address = (os.environ["CITYVITALS_HOST"], int(os.environ["CITYVITALS_PORT"]))
    threading.Thread(target=http.server.HTTPServer(address, Healthy).serve_forever, daemon=True).start()
(folder / f"{name}.pid").write_text(str(os.getpid()))
while True:
    signal.pause()
