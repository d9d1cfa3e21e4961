"""Free ports."""

import socket
import time


def free_port() -> int:
    """A port of the loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_free(port: int, *, seconds: float = 20) -> None:
    """Wait until nobody answers there: the kernel takes a moment to bury what was killed."""
    until = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        assert time.monotonic() < until, f"Somebody still answers on port {port}."
        time.sleep(0.05)
