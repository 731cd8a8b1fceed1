"""Children of fork(): what they do with inherited handles, the parent must not notice."""

import pytest
from driver import OK, RECV_ERROR, SEND_ERROR
from frames import PING, PONG, TEXT, frame, pattern

HOW = ["fork", "_Fork", "clone"]


def in_child(drv, how="fork"):
    """From here on the driver's child takes the commands."""
    assert drv.do("fork", how)["child"] == 1


def child_ends(drv, by="_exit"):
    """From here on the parent takes the commands again."""
    joined = drv.do("exit", by)
    assert (joined.name, joined["status"], joined["signal"]) == ("joined", 0, 0)


def is_undisturbed(drv, conn, slot=""):
    """The connection works both ways, and nothing but what is sent now has reached the server."""
    conn.send(frame(TEXT, b"still there?"))
    assert drv.do(f"{slot}frame").data == b"still there?"
    assert drv.do(f"{slot}ws_send", "text", b"yes").code == OK
    assert conn.read_frame().key == (TEXT, True, b"yes")


@pytest.mark.parametrize("how", HOW)
def test_a_child_that_cleans_up_only_closes_descriptors(drv, any_srv, trust, how):
    conn = drv.connect(any_srv, **trust)
    in_child(drv, how)
    drv.do("cleanup")
    child_ends(drv)
    is_undisturbed(drv, conn)


@pytest.mark.parametrize("handler", ["cleanup", "close"])
def test_a_child_that_runs_the_exit_handlers(drv, any_srv, trust, handler):
    conn = drv.connect(any_srv, **trust)
    drv.do("at_exit", handler)
    in_child(drv)
    child_ends(drv, by="exit")
    is_undisturbed(drv, conn)


def test_a_message_that_is_half_sent_leaves_once(drv, new_server):
    conn = drv.connect(new_server(rcvbuf=4096))
    size = 4_000_000
    sent = drv.do("ws_send_all", "binary", f"pattern:{size}", wait=0)["sent"]
    assert sent < size
    in_child(drv)
    with pytest.raises(TimeoutError):  # the socket has room again
        while conn.receive(0.1):
            pass
    drv.do("cleanup")
    child_ends(drv)
    drv.begin("ws_send_all", "binary", f"pattern:{size}", **{"from": sent})
    assert conn.read_frame().payload == pattern(size)
    assert drv.end().code == OK
    is_undisturbed(drv, conn)


def test_calls_of_a_child_on_its_parents_connection_fail_and_say_why(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    conn.send(frame(TEXT, b"for the parent"))
    in_child(drv)
    refused = drv.do("ws_send", "text", b"from the child")
    assert refused.code == SEND_ERROR and "forked" in refused.error
    refused = drv.do("ws_recv", 100)
    assert refused.code == RECV_ERROR and "forked" in refused.error
    child_ends(drv)
    assert drv.do("frame").data == b"for the parent"
    is_undisturbed(drv, conn)


def test_a_child_goes_on_with_the_connection_when_its_parent_has_ended(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    assert drv.do("fork", "fork", parent="exit")["child"] == 1
    drv.process.wait(10)
    is_undisturbed(drv, conn)
    drv.do("cleanup")
    assert conn.closed_by_client()


def test_a_handle_used_again_in_a_child(drv, any_srv, trust):
    conn = drv.connect(any_srv, **trust)
    in_child(drv)
    second = drv.upgrade(any_srv)
    is_undisturbed(drv, second)
    drv.do("cleanup")
    child_ends(drv)
    assert second.closed_by_client()
    is_undisturbed(drv, conn)


# --- multi


def in_multi(drv, srv, slot="", **options):
    """A transfer in callback mode, driven to its open connection."""
    drv.init(srv.url, slot=slot, WRITEFUNCTION="on", **options)
    assert drv.do(f"{slot}multi_add")["code"] == 0
    drv.begin(f"{slot}multi_drive", 10_000, until="open")
    conn = srv.accept()
    conn.handshake()
    assert "done" not in drv.end().fields
    return conn


def is_driven(drv, conn):
    """curl_multi_poll wakes for what the server sends, and curl_multi_perform delivers it."""
    conn.send(frame(TEXT, b"wake up"))
    polled = drv.do("multi_poll", 5000)
    assert polled["ready"] == 1 and polled["ms"] < 4900
    performed = drv.do("multi_perform")
    assert [event.data for event in performed.events] == [b"wake up"]


@pytest.mark.parametrize("command", ["multi_remove", "cleanup", "multi_cleanup"])
def test_a_child_that_ends_what_is_in_a_multi_handle(drv, any_srv, trust, command):
    drv.do("multi_init")
    conn = in_multi(drv, any_srv, **trust)
    in_child(drv)
    drv.do(command)
    child_ends(drv)
    is_driven(drv, conn)
    assert drv.do("ws_send", "text", b"yes").code == OK
    assert conn.read_frame().key == (TEXT, True, b"yes")


@pytest.mark.parametrize("how", HOW)
def test_a_child_that_uses_the_multi_handle_has_its_own_epoll_set(drv, srv, how):
    drv.do("multi_init")
    conn = in_multi(drv, srv)
    in_child(drv, how)
    own = in_multi(drv, srv, slot="@1 ")
    is_driven(drv, own)
    drv.do("@1 multi_remove")
    drv.do("@1 cleanup")
    child_ends(drv)
    is_driven(drv, conn)


def test_what_a_child_does_not_take_over_fails_there_and_goes_on_in_the_parent(drv, srv):
    drv.do("multi_init")
    conn = in_multi(drv, srv)
    conn.send(frame(TEXT, b"for the parent"))
    in_child(drv)
    done = drv.do("multi_drive", 5000)
    assert done["result"] == RECV_ERROR and "forked" in done.error
    child_ends(drv)
    assert [event.data for event in drv.do("multi_perform").events] == [b"for the parent"]
    is_driven(drv, conn)


def test_a_wake_up_in_a_child_wakes_the_child_alone(drv, srv):
    drv.do("multi_init")
    conn = in_multi(drv, srv)
    in_child(drv)
    assert drv.do("multi_wakeup")["code"] == 0
    assert drv.do("multi_poll", 3000)["ms"] < 2900
    child_ends(drv)
    assert drv.do("multi_poll", 300)["ms"] >= 300
    is_driven(drv, conn)


def test_a_wake_up_of_the_parent_is_not_taken_by_the_child(drv, srv):
    drv.do("multi_init")
    in_multi(drv, srv)
    drv.do("multi_wakeup")
    in_child(drv)
    drv.do("multi_poll", 200)
    child_ends(drv)
    assert drv.do("multi_poll", 3000)["ms"] < 2900


def test_a_multi_handle_goes_on_in_a_child_when_its_parent_has_ended(drv, any_srv, trust):
    drv.do("multi_init")
    conn = in_multi(drv, any_srv, **trust)
    assert drv.do("fork", "fork", parent="exit")["child"] == 1
    drv.process.wait(10)
    is_driven(drv, conn)
    conn.send(frame(PING, b"p"))
    drv.do("multi_drive", 100)
    assert conn.read_frame().key == (PONG, True, b"p")


# --- names


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("by", ["perform", "multi_drive"])
def test_names_are_looked_up_in_a_child(drv, how, by):
    """The threads that did it in the parent are not there."""
    drv.do("multi_init")
    drv.init("ws://first.invalid/")
    assert drv.do("perform").code == 6
    in_child(drv, how)
    for slot, name in ("@0", "second"), ("@1", "third"):
        drv.init(f"ws://{name}.invalid/", slot=f"{slot} ")
        if by == "perform":
            assert drv.do(f"{slot} perform").code == 6
        else:
            drv.do(f"{slot} multi_add")
            assert drv.do("multi_drive", 5000)["result"] == 6
    child_ends(drv)
    drv.setopt("URL", "ws://fourth.invalid/")
    assert drv.do("perform").code == 6


# --- random numbers


def random_bytes(drv, srv, slot):
    """The handshake key and the masking keys of a new connection."""
    conn = drv.connect(srv, slot=slot)
    masks = []
    for _ in range(3):
        drv.do(f"{slot}ws_send", "text", b"x")
        masks.append(conn.read_frame().mask)
    return {conn.request.key, *masks}


@pytest.mark.parametrize("how", HOW)
def test_a_child_has_keys_of_its_own(drv, srv, how):
    """The parent has drawn random bytes in advance: its child must not use the same ones."""
    random_bytes(drv, srv, "@0 ")
    in_child(drv, how)
    childs = random_bytes(drv, srv, "@1 ")
    child_ends(drv)
    assert not childs & random_bytes(drv, srv, "@2 ")
