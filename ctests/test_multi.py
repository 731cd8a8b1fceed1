"""The multi interface against a scripted server: what its callbacks are told, and what fails around it."""

import errno

import pytest
from driver import OK, RECV_ERROR, SEND_ERROR, TIMEDOUT
from frames import PING, PONG, TEXT, frame

must = pytest.mark.must
memcheck = pytest.mark.memcheck


def add(drv, url, slot="", **options):
    drv.init(url, slot=slot, WRITEFUNCTION="on", **options)
    return drv.do(f"{slot}multi_add")


def opened(drv, srv, by, slot="", **options):
    """A transfer in callback mode, driven to its open connection; the server's end."""
    assert add(drv, srv.url, slot, **options)["code"] == 0
    return upgraded(drv, srv, by, slot)


def upgraded(drv, srv, by, slot=""):
    drv.begin(f"{slot}multi_drive", 10_000, until="open", **by)
    conn = srv.accept()
    conn.handshake()
    assert "done" not in drv.end().fields
    return conn


POLL, CALLBACKS = {}, {"by": "callbacks"}


def timers(line):
    return [event["when"] for event in line.events if event.name == "timer"]


# --- what the callbacks are told


def test_assign_inside_the_callback_that_removes_a_socket(drv, srv):
    drv.do("multi_init", callbacks=1, assign="remove")
    opened(drv, srv, CALLBACKS)
    removed = [event for event in drv.do("multi_remove").events if event.name == "socket"]
    assert [(event["what"], event["data"], event["assign"]) for event in removed] == [("remove", "1", 0)]


@pytest.mark.parametrize("command", ["multi_remove", "cleanup", "multi_cleanup"])
@pytest.mark.parametrize("driven", [False, True])
def test_the_timer_stops_when_the_last_handle_leaves(drv, srv, command, driven):
    drv.do("multi_init", callbacks=1)
    assert timers(add(drv, srv.url)) == ["now"]
    if driven:
        upgraded(drv, srv, CALLBACKS)
        drv.setopt("TIMEOUT_MS", 60000)
        drv.do("pause", 0)
    assert timers(drv.do(command))[-1:] == ["never"]


def test_a_handle_after_the_last_one_is_announced(drv, srv):
    drv.do("multi_init", callbacks=1)
    for _ in range(3):
        assert timers(add(drv, srv.url)) == ["now"]
        assert timers(drv.do("multi_remove")) == ["never"]
    assert drv.do("multi_timeout")["ms"] == -1


# --- system calls that fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOMEM])
def test_a_descriptor_that_cannot_be_registered_fails_its_transfer(drv, srv, number):
    drv.do("multi_init")
    drv.do("multi_perform")  # makes the epoll set
    add(drv, srv.url)
    drv.do("deny", "epoll_ctl", number)
    done = drv.do("multi_drive", 5000)
    assert (done["code"], done["done"], done["running"]) == (0, 0, 0)
    assert done["result"] == (27 if number == errno.ENOMEM else 99), done
    assert ("No space left on device" if number == errno.ENOSPC else "memory") in done.error


def test_a_multi_handle_whose_own_descriptors_cannot_be_registered(drv, srv):
    drv.do("multi_init")
    add(drv, srv.url)
    drv.do("deny", "epoll_ctl", errno.ENOSPC)
    assert drv.do("multi_perform")["code"] == 3
    assert drv.do("multi_poll", 100)["code"] == 3
    assert drv.do("multi_remove")["code"] == 0


def test_a_change_that_cannot_be_registered_fails_its_transfer(drv, new_server):
    drv.do("multi_init")
    opened(drv, new_server(rcvbuf=4096), POLL)
    drv.do("deny", "epoll_ctl", errno.ENOMEM)
    sent = drv.do("ws_send_all", "binary", "pattern:4000000", wait=0)
    assert sent["sent"] < 4_000_000
    done = drv.do("multi_drive", 5000)
    assert (done["done"], done["result"]) == (0, 27)


# --- descriptors that the application closes


@pytest.mark.parametrize("reuse", [0, 1])
@pytest.mark.parametrize("by", [POLL, CALLBACKS], ids=["poll", "callbacks"])
def test_a_closed_descriptor_fails_its_transfer(drv, new_server, by, reuse):
    drv.do("multi_init", callbacks=len(by))
    conns = [opened(drv, new_server(), by, slot=f"@{i} ") for i in range(2)]
    assert drv.do("@1 close_socket", reuse=reuse)["ok"] == 1
    done = drv.do("multi_drive", 5000, step=3000, **by)
    assert (done["done"], done["result"], done["running"]) == (1, RECV_ERROR, 1)
    if reuse:
        drv.do("@1 cleanup")
        assert drv.do("reused_socket")["open"] == 1
    conns[0].send(frame(TEXT, b"x"))
    driven = drv.do("multi_drive", 1000, **by)
    assert [event.data for event in driven.events if event.name.startswith("write") or event.slot] == [b"x"]


def test_a_descriptor_that_was_closed_before_it_is_registered(drv, srv):
    """The epoll set comes with the first call that needs it."""
    drv.do("multi_init", callbacks=1)
    opened(drv, srv, CALLBACKS)
    drv.do("close_socket")
    done = drv.do("multi_drive", 5000)
    assert (done["done"], done["result"]) == (0, RECV_ERROR)


def test_a_descriptor_closed_while_all_others_are_busy(drv, new_server):
    drv.do("multi_init")
    busy, _ = opened(drv, new_server(), POLL), opened(drv, new_server(), POLL, slot="@1 ")
    drv.do("quiet", "write")
    drv.do("@1 close_socket")
    for _ in range(100):
        busy.send(frame(TEXT, b"x"))
        done = drv.do("multi_drive", 20)
        if "done" in done.fields:
            break
    assert (done["done"], done["result"]) == (1, RECV_ERROR)


def test_a_descriptor_closed_in_a_callback_of_perform(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "close_socket")
    conn = drv.restart(srv, after=frame(TEXT, b"x"))
    assert drv.end().code == RECV_ERROR
    assert conn.closed_by_client()


@pytest.mark.parametrize("call", [("ws_recv", 10), ("recv_message", 3000)])
def test_receiving_on_a_closed_descriptor(drv, any_srv, trust, call):
    drv.connect(any_srv, **trust)
    drv.do("close_socket")
    assert drv.do(*call).code == RECV_ERROR


def test_sending_and_polling_on_a_closed_descriptor(drv, srv):
    drv.connect(srv)
    drv.do("close_socket")
    assert drv.do("ws_poll", "in", 3000)["in"] == 1
    assert drv.do("ws_send", "text", b"x").code == SEND_ERROR
    assert drv.do("ws_recv", 10).code in (RECV_ERROR, SEND_ERROR)


# --- keep-alive on connections that the application reads


def open_connection(drv, srv, by, **options):
    """A CONNECT_ONLY handle in the multi handle, its upgrade done; the server's end."""
    drv.init(srv.url, CONNECT_ONLY=2, **options)
    drv.do("multi_add")
    drv.begin("multi_drive", 5000, **by)
    conn = srv.accept()
    conn.handshake()
    assert drv.end()["result"] == OK
    return conn


@pytest.mark.parametrize("by", [POLL, CALLBACKS], ids=["poll", "callbacks"])
def test_keep_alive_pings_leave(drv, srv, by):
    drv.do("multi_init", callbacks=len(by))
    conn = open_connection(drv, srv, by, WS_PING_INTERVAL_MS=100)
    for _ in range(3):
        drv.begin("multi_drive", 300, step=3000, **by)
        ping = conn.read_frame()
        assert ping.opcode == PING
        conn.send(frame(PONG, ping.payload))
        assert "done" not in drv.end().fields
    assert 0 <= drv.do("multi_timeout")["ms"] <= 100
    conn.send(frame(TEXT, b"for the application"))
    assert drv.do("frame").data == b"for the application"


def test_keep_alive_that_begins_later(drv, srv):
    drv.do("multi_init", callbacks=1)
    conn = open_connection(drv, srv, CALLBACKS)
    assert drv.do("multi_timeout")["ms"] == -1
    assert timers(drv.do("setopt", "WS_PING_INTERVAL_MS", 50)) == ["now"]
    drv.do("multi_drive", 200, **CALLBACKS)
    assert conn.read_frame().opcode == PING
    drv.do("setopt", "WS_PING_INTERVAL_MS", 0)
    drv.do("multi_drive", 200, **CALLBACKS)
    assert drv.do("multi_timeout")["ms"] == -1


@pytest.mark.parametrize("unread", [b"", frame(TEXT, b"unread")])
def test_a_pong_that_does_not_come_in_time(drv, srv, unread):
    """What the application has not read may be in front of the PONG."""
    drv.do("multi_init")
    conn = open_connection(drv, srv, POLL, WS_PING_INTERVAL_MS=50, WS_PONG_TIMEOUT_MS=100)
    conn.send(unread)
    assert drv.do("multi_drive", 400, step=100)["turns"] < 20
    if unread:
        assert drv.do("frame").data == b"unread"
    assert drv.do("ws_recv", 10).code == TIMEDOUT
    drv.do("multi_drive", 100)
    assert drv.do("multi_timeout")["ms"] == -1


# --- the application's descriptors


@must
@pytest.mark.parametrize("end, revents", [("read", 1), ("write", 4)])
def test_an_end_of_a_broken_pipe_is_ready(drv, end, revents):
    """poll() tells of it with POLLHUP or POLLERR, for which there are no bits of `curl_waitfd`."""
    drv.do("multi_init")
    line = drv.do("multi_poll", 2000, broken=end)
    assert (line["ready"], line["revents"]) == (1, revents)
