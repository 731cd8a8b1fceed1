"""A few of the faults of `make faults`: system calls and allocations that fail in the middle of a session (faults/harness.py)."""

import errno
import sys
from pathlib import Path

import pytest
from driver import OK, SEND_ERROR, program
from frames import pattern

sys.path.insert(0, str(Path(__file__).parent / "faults"))

from harness import SESSIONS, Fault, Harness

NAMES = {str(session): session for session in SESSIONS}
# Of the hundreds of faults of a session; one that shares no factor with how many of a kind there are.
EVERY = 37


@pytest.fixture(scope="module")
def harness():
    made = Harness()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["frames ws direct", "perform wss direct", "messages ws proxy", "multi wss direct", "socket ws redirect", "messages ws compress"])
def test_faults_here_and_there(harness, name):
    usual = harness.count(NAMES[name])
    for fault in list(harness.faults(usual))[::EVERY]:
        result = harness.run(NAMES[name], fault, usual)
        assert not result.problems, (fault, result)


@pytest.mark.parametrize("what", ["EAGAIN", "ECONNRESET", "ENOMEM", "one"])
@pytest.mark.parametrize("call", ["recv", "recvmsg"])
def test_bytes_that_were_peeked_at_are_neither_lost_nor_doubled(harness, call, what):
    """What is still in the kernel and what is in the receive buffer fit together whatever a call returns."""
    session = NAMES["frames ws direct"]
    for number in range(1, harness.count(session)[call] + 1):
        result = harness.run(session, Fault(call, number, what))
        assert not result.problems, (number, result)


@pytest.mark.parametrize("call", ["send", "recv", "recvmsg"])
@pytest.mark.parametrize("name", ["frames ws direct", "frames wss direct", "multi ws direct"])
def test_a_signal_during_a_call_changes_nothing(harness, name, call):
    session = NAMES[name]
    for number in range(1, harness.count(session).get(call, 0) + 1):
        result = harness.run(session, Fault(call, number, "EINTR"))
        assert not result.problems and result.outcome in ("unharmed", "not reached"), (number, result)


@pytest.mark.parametrize("name", ["frames ws direct", "multi wss proxy"])
def test_a_descriptor_is_closed_though_fstat_fails(harness, name):
    for number in range(1, harness.count(NAMES[name])["fstat"] + 1):
        result = harness.run(NAMES[name], Fault("fstat", number, "ENOMEM"))
        assert not result.problems, (number, result)


@pytest.mark.parametrize("name", ["messages ws compress", "multi wss compress"])
def test_no_memory_to_compress_or_inflate_is_an_error(harness, name):
    count = harness.count(NAMES[name])["posix_memalign"]
    codes = set()
    for number in range(1, count + 1):
        result = harness.run(NAMES[name], Fault("posix_memalign", number, "ENOMEM"))
        assert not result.problems, (number, result)
        if result.outcome != "not reached":
            codes.add(result.codes[0])
    assert codes == {"27"}


@pytest.mark.parametrize("number", range(1, 12))
def test_raw_bytes_that_were_sent_before_a_failure_are_reported(new_driver, any_srv, trust, number):
    """One of the sends fails, those of the handshakes among them: the server gets what is reported, and the next call tells the error."""
    interposer = str(program("faults") / "interpose.so")
    drv = new_driver(env={"LD_PRELOAD": interposer, "FAULT": f"send:{number}:{errno.ECONNRESET}"})
    drv.init(any_srv.url, CONNECT_ONLY=2, WS_OPTIONS=1, **trust)
    drv.begin("perform")
    try:
        conn = any_srv.accept()
        conn.handshake()
    except (OSError, AssertionError):
        # The handshake did not get through.
        assert drv.end().code != OK
        return
    assert drv.end().code == OK
    line = drv.do("easy_send", "pattern:100000")
    assert line.code == (OK if line["n"] else SEND_ERROR)
    assert conn.read_exactly(line["n"]) == pattern(line["n"])
    if line["n"] < 100_000:
        assert drv.do("easy_send", b"x").code == SEND_ERROR
        assert conn.silent(0.1)
