"""Several threads on one handle: calls are serialised, and those that wait let others in."""

import subprocess

import driver as driver_module
import pytest


def run(*args, timeout=100):
    command = [str(driver_module.program("threads")), *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize("mode, count", [("frames", 8000), ("messages", 8000), ("perform", 3000), ("multi", 3000)])
def test_all_messages_come_both_ways(echo, ca_file, mode, count):
    said = run(mode, echo.url + "/echo", count, ca_file)
    assert said == (f"sent {count} received {count} strange 0", "")
