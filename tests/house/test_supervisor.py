"""Web server and worker live and end together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import os, sys
from pathlib import Path
from tools.supervisor import Command, keep_running
codes = zip(("web", "worker"), sys.argv[1:], strict=True)
lines = [Command(name, (sys.executable, "-c", code)) for name, code in codes]
ready = lambda: print("ready", flush=True) or True
sys.exit(keep_running(lines, os.environ, Path.cwd(), ready))
"""
STAY = "import time; time.sleep(60)"
STAY_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def start(web: str, worker: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, web, worker]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def first_pids(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    words = process.stdout.readline().replace(")", " ").replace(",", " ").split()
    return [int(word) for word in words if word.isdigit()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_both_and_is_no_fault(number: signal.Signals) -> None:
    process = start(STAY, STAY)
    pids = first_pids(process)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert (process.returncode, [is_alive(pid) for pid in pids]) == (0, [False, False])


def test_when_one_ends_the_other_is_stopped_and_the_code_says_so() -> None:
    process = start(STAY, "import sys; sys.exit(7)")
    web, _ = first_pids(process)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, is_alive(web)) == (7, False)
    assert "The worker ended with code 7, so everything was stopped." in output


def test_one_that_ends_without_complaint_is_a_fault_all_the_same() -> None:
    process = start("pass", STAY)
    process.communicate(timeout=60)
    assert process.returncode == 1


def test_people_hear_once_when_it_is_ready() -> None:
    process = start(STAY, STAY)
    first_pids(process)
    time.sleep(1)
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert output.count("ready") == 1
