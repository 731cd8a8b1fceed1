"""Allocations of an open connection that exchanges messages with an echo server, counted by the program allocations.c: after the
warm-up there are none. Over TLS, rustls 0.23 allocates memory for each record: `PrefixedPayload` for one that is sent, the `Vec` of
`Payload::into_vec` for one that is received, and its interface leaves no other way.
And the memory that an idle connection keeps, counted by the program idle_memory.c."""

import pytest
from conftest import LIB

MESSAGES = 1000
LARGE = 40_000  # three TLS records of at most 16 KiB
# Buffers that the warm-up did not need: how many are in use at once depends on the segments in which the answers come.
FEW = 5

# Frames or pieces that are sent for one message, each a TLS record. They are received as one frame.
WAYS = {
    "send": 1, "pieces": 2, "fragments": 2, "start_frame": 1, "message": 1,
    "callbacks": 1, "upload": 1, "multi_perform": 1, "socket_action": 1,
}  # fmt: skip

pytestmark = pytest.mark.skipif(LIB != "ours", reason="libcurl allocates")


def allocations(run, server, way, size, *options, path="/echo"):
    code, count = run("allocations", server.url + path, way, size, *options).result(timeout=250)[0].split()
    assert code == "0"
    return int(count)


@pytest.mark.parametrize("size", [16, LARGE])
@pytest.mark.parametrize("way", WAYS)
def test_ws(run, ws_echo, way, size):
    assert allocations(run, ws_echo, way, size) <= FEW


@pytest.mark.parametrize("way", ["send", "pieces", "callbacks"])
def test_long_frames(run, ws_echo, way):
    assert allocations(run, ws_echo, way, 200_000) <= FEW


@pytest.mark.parametrize("size", [16, LARGE])
@pytest.mark.parametrize("way", WAYS)
def test_ws_compressed(run, ws_echo, way, size):
    assert allocations(run, ws_echo, way, size, "", "compress") <= FEW


@pytest.mark.parametrize("way", WAYS)
def test_wss_allocates_once_for_each_record(run, wss_echo, ca_file, way):
    assert allocations(run, wss_echo, way, 16, ca_file) <= MESSAGES * (WAYS[way] + 1) + FEW


@pytest.mark.parametrize("way", WAYS)
def test_a_large_message_over_wss(run, wss_echo, ca_file, way):
    """At most one record more than needed for each frame, because a record also ends where the buffer of the sender does."""
    assert allocations(run, wss_echo, way, LARGE, ca_file) <= MESSAGES * (3 + WAYS[way] + 3 + 1) + FEW


@pytest.mark.parametrize("way", WAYS)
def test_wss_compressed(run, wss_echo, ca_file, way):
    """A large message is one small record for each frame."""
    assert allocations(run, wss_echo, way, LARGE, ca_file, "compress") <= MESSAGES * (WAYS[way] + 1) + FEW


@pytest.mark.parametrize("way", ["send", "message", "callbacks", "socket_action"])
def test_pings_are_answered(run, ws_echo, way):
    assert allocations(run, ws_echo, way, 16, path="/pings") <= FEW


def test_more_memory_than_is_kept_between_messages(run, ws_echo):
    """`curl_ws_recv_message` frees the memory of a message of more than 64 KiB with the next call."""
    assert 0 < allocations(run, ws_echo, "message", 200_000) <= MESSAGES * 8


# With what the headers of the server's response take, which are kept for curl_easy_header.
IDLE = {"calls": 3750, "callbacks": 3850}


def idle_memory(run, server, way, *options):
    code, size = run("idle_memory", server.url + "/echo", way, *options).result(timeout=250)[0].split()
    assert code == "0"
    return int(size)


@pytest.mark.parametrize("way", IDLE)
def test_what_an_idle_connection_keeps(run, ws_echo, way):
    assert idle_memory(run, ws_echo, way) <= IDLE[way]


def test_what_an_idle_connection_keeps_over_tls(run, wss_echo, ca_file):
    """More than half of it is in rustls."""
    assert idle_memory(run, wss_echo, "callbacks", ca_file) <= 8800
