"""Callbacks that do not return: C++ exceptions, longjmp() and the end of the thread."""

import threading

import pytest
from frames import TEXT, frame

memcheck = pytest.mark.memcheck

OF_THE_TRANSFER = ["write", "header", "read", "debug", "progress", "sockopt", "opensocket", "prereq", "closesocket"]
OF_THE_MULTI = ["socket", "socket_remove", "timer"]
KINDS = [("easy", kind) for kind in OF_THE_TRANSFER] + [("multi", kind) for kind in [*OF_THE_TRANSFER, *OF_THE_MULTI, "notify"]]
ABORTED, MULTI_ABORTED = 42, 1011


@pytest.fixture
def serving(srv):
    """A server for as many transfers as come, each of two messages."""

    def serve():
        while True:
            try:
                conn = srv.accept()
            except OSError:
                return
            try:
                conn.handshake(after=frame(TEXT, b"one") + frame(TEXT, b"two"))
                conn.half_close()
            except (AssertionError, OSError):
                pass  # a connection that was given up

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return srv


def left(how):
    return {"throw": "caught 7, destroyed 1", "longjmp": "jumped", "exit": "thread ended, destroyed 1"}[how]


@memcheck
@pytest.mark.parametrize("how", ["throw", "longjmp", "exit"])
@pytest.mark.parametrize("by, kind", KINDS)
def test_a_handle_whose_callback_was_left_can_be_used_again(run, serving, how, by, kind):
    lines = run("left_callback", how, by, kind, "then", serving.url).result()
    assert lines.pop(0) == left(how)
    if by == "multi":
        told = MULTI_ABORTED if kind in OF_THE_MULTI else 0 if kind == "notify" else ABORTED
        assert lines.pop(0) == f"goes on {told}"
    assert lines.pop(0) == "again 0 "
    if by == "multi":
        assert [lines.pop(0), lines.pop(0)] == ["remove 0", "multi 0"]
    check_descriptors(lines, how, by, kind)


@memcheck
@pytest.mark.parametrize("then", ["cleanup", "deep"])
@pytest.mark.parametrize("how", ["throw", "longjmp", "exit"])
@pytest.mark.parametrize("by, kind", [("easy", "write"), ("easy", "opensocket"), ("multi", "write"), ("multi", "socket"), ("multi", "socket_remove"), ("multi", "timer"), ("multi", "notify")])
def test_a_handle_whose_callback_was_left_can_be_cleaned_up(run, serving, how, by, kind, then):
    lines = run("left_callback", how, by, kind, then, serving.url).result()
    assert lines.pop(0) == left(how)
    if by == "multi":
        assert [lines.pop(0), lines.pop(0)] == ["remove 0", "multi 0"]
    check_descriptors(lines, how, by, kind)


def check_descriptors(lines, how, by, kind):
    assert lines.pop(0) == "share 0"
    # What stood on the stack of the functions that longjmp() left is lost, such as a reference to one of the multi handle's eventfds.
    # While a transfer's descriptor is closed it is one to the multi handle, with both and its descriptor set.
    lost = (3 if kind == "socket_remove" else 1) if how == "longjmp" and by == "multi" else 0
    assert lines in [[f"descriptors {count}"] for count in range(lost + 1)]
