"""The embedded MQTT broker: the NATS server, sessions and messages kept on disk."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from core.errors import StartError
from stream.embedded.children import accepts, check_port, start_child, stop_child, wait_until

HOST = "127.0.0.1"

# max_ack_pending: below 20,000 the broker waits for us, not we for the broker. ack_wait: what was not
# acknowledged comes again after 5 s, which a feed's lateness must exceed. sync_interval: what the disk may
# still owe after a power cut; after a crash of the process nothing is lost.
_CONFIG = """
server_name: cityvitals
listen: "{host}:-1"
max_payload: 8MB
jetstream {{
  store_dir: "{folder}"
  sync_interval: "10s"
}}
mqtt {{
  listen: "{host}:{port}"
  ack_wait: "5s"
  max_ack_pending: 20000
}}
"""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running embedded MQTT broker."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self, grace_s: float = 20.0) -> bool:
        """Stop it in order. True when it went by itself."""
        return stop_child(self.process, grace_s)


def start_broker(folder: Path, port: int, log_file: Path) -> Broker:
    """Start the broker on its folder and wait until it listens. Raises StartError like `broker_command`."""
    process = start_child(broker_command(folder, port), log_file)
    wait_until(lambda: accepts(HOST, port), process, "MQTT", log_file)
    return Broker(f"mqtt://{HOST}:{port}", process)


def broker_command(folder: Path, port: int) -> list[str]:
    """The command that runs the broker on its folder.

    Raises:
        StartError: The port is taken, or the program is missing.
    """
    check_port(HOST, port, "MQTT", "CITYVITALS_MQTT_PORT")
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "broker.conf"
    config.write_text(_CONFIG.format(host=HOST, port=port, folder=folder.resolve()), "utf-8")
    return [broker_program(), "--config", str(config)]


def broker_program() -> str:
    """The NATS server: the one installed beside this Python, else one on the PATH. Raises StartError."""
    bundled = Path(sysconfig.get_path("scripts"), "nats-server")
    found = str(bundled) if bundled.exists() else shutil.which("nats-server")
    if found is None:
        raise StartError("no-broker-program")
    return found
