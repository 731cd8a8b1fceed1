"""Runs programs with the drop-in before the system's libcurl, and without. `TEST_LIBCURL` names another libcurl, which then is the system's."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DROP_IN = ROOT / "build/drop-in"
SYSTEM = os.environ.get("TEST_LIBCURL")
BODY = b"".join(b"line %d\n" % number for number in range(5000))


def environment(**more):
    """Without what `make` tells the commands that it runs."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LD_LIBRARY_PATH")} | more


def libraries(drop_in):
    """What the dynamic linker and the drop-in are told."""
    if not SYSTEM:
        return {"LD_LIBRARY_PATH": str(DROP_IN)} if drop_in else {}
    return {"LD_LIBRARY_PATH": str(DROP_IN), "WSCURL_LIBCURL": SYSTEM} if drop_in else {"LD_LIBRARY_PATH": str(Path(SYSTEM).parent)}


def run(*command, drop_in=True, status=0, **more):
    """What the command prints. It must end with `status`, and the dynamic linker and valgrind must have nothing to say."""
    env = environment(**(libraries(drop_in) | more))
    ran = subprocess.run([str(word) for word in command], capture_output=True, env=env, timeout=120, check=False)
    assert ran.returncode == status, (ran.stdout[-4000:], ran.stderr[-4000:])
    assert b"no version information" not in ran.stderr
    return ran.stdout


def needs(program, *arguments):
    """Skips where this does not run."""
    there = shutil.which(program) and subprocess.run([program, *arguments], capture_output=True, check=False).returncode == 0
    return pytest.mark.skipif(not there, reason=f"not installed: {program} {' '.join(arguments)}")


needs_libcurl = needs("pkg-config", "--exists", "libcurl")


@functools.cache
def system_libcurl():
    """The file of the system's libcurl, as a program finds it."""
    if SYSTEM:
        return SYSTEM
    printed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    return next((line.split()[-1] for line in printed.splitlines() if line.split()[:1] == ["libcurl.so.4"]), None)
