"""Free ports."""

import random
import socket
import time
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST, HIGHEST = 10_000, 65_535


def free_port() -> int:
    """A port of the loopback that nobody listens on just now.

    Below those that the kernel gives to whoever asks for any: one of these may belong to a browser's connection
    before the server that it was looked up for has started, or while it starts again.
    """
    first_given_away = int(RANGE.read_text("ascii").split()[0])
    while True:
        port = random.randrange(LOWEST, first_given_away if first_given_away > LOWEST else HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until_free(port: int, *, seconds: float = 20) -> None:
    """Wait until nobody answers there: the kernel takes a moment to bury what was killed."""
    until = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < until, f"Somebody still answers on port {port}."
        time.sleep(0.05)
