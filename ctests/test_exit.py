"""Handles that are used and cleaned up when a thread or the process ends."""

import pytest
from frames import CLOSE, TEXT

memcheck = pytest.mark.memcheck


def serves_one(srv, closed=True):
    """A connection as the programs make it: a message, mostly a CLOSE frame, and TLS's end where there is TLS."""
    conn = srv.accept()
    conn.handshake()
    assert conn.read_frame().key == (TEXT, True, b"hello")
    if closed:
        assert conn.read_frame().key == (CLOSE, True, b"\x03\xe9")
    assert not conn.pending
    if srv.tls:
        # without close_notify this is an SSLEOFError
        conn.sock.suppress_ragged_eofs = False
    assert conn.sock.recv(1) == b""


@memcheck
@pytest.mark.parametrize("when", ["atexit", "key"])
@pytest.mark.parametrize("late", [[], ["late"]], ids=["open", "opened-there"])
def test_close_is_sent_by_exit_handlers(run, any_srv, ca_file, when, late):
    program = run("exit_handlers", when, *late, any_srv.url, ca_file)
    if late:
        serves_one(any_srv, closed=False)
    serves_one(any_srv)
    assert program.result() == ["connect 0", *(["late 0"] if late else []), "close 0 2"]
    assert program.errors == ""


@memcheck
@pytest.mark.parametrize("where", ["static", "thread_local", "thread"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_close_is_sent_by_destructors(run, any_srv, ca_file, where, order):
    program = run("destructors", where, order, any_srv.url, ca_file)
    serves_one(any_srv)
    serves_one(any_srv)
    assert program.result() == ["connect 0", "close 0 2", "connect 0", "close 0 2"]
    assert program.errors == ""
