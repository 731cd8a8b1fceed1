"""The server's response to the opening handshake."""

import errno
import time

import pytest
from driver import AGAIN, GOT_NOTHING, HTTP_RETURNED_ERROR, OK, RECV_ERROR, TIMEDOUT, TOO_LARGE, WEIRD_SERVER_REPLY, WRITE_ERROR
from frames import BINARY, TEXT, accept_for, frame, pattern

must = pytest.mark.must


def answer(drv, srv, raw, close=True, mode=2, **options):
    """Performs against a server that answers with `raw`; the result."""
    drv.init(srv.url, CONNECT_ONLY=mode, **options)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(raw(conn) if callable(raw) else raw)
    if close:
        conn.half_close()
    return drv.end()


# --- the 101


@must
@pytest.mark.memcheck
def test_upgrade_completes(drv, srv):
    drv.connect(srv)
    assert drv.getinfo("RESPONSE_CODE") == 101


@must
@pytest.mark.memcheck
def test_101_split_at_every_byte_loses_nothing(drv, srv):
    """One connection for each place at which the 101 can be cut; a frame follows in the last segment."""
    drv.init(srv.url, CONNECT_ONLY=2)
    cut = 1
    while True:
        drv.begin("perform")
        conn = srv.accept()
        conn.read_request()
        raw = conn.response()
        conn.send_pieces([raw[:cut], raw[cut:] + frame(TEXT, b"hi")], pause=0.004)
        assert drv.end().code == OK
        assert drv.do("frame").data == b"hi"
        conn.close()
        cut += 1
        if cut >= len(raw):
            break


@must
@pytest.mark.timing
def test_101_byte_by_byte(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send_pieces([bytes([byte]) for byte in conn.response() + frame(TEXT, b"hi")], pause=0.001)
    assert drv.end().code == OK
    assert drv.do("frame").data == b"hi"


@must
@pytest.mark.memcheck
@pytest.mark.parametrize("size", [0, 5, 1000, 20000, 70000])
def test_frames_in_the_segment_of_the_101_connect_only(drv, srv, size):
    drv.connect(srv, after=frame(TEXT, b"first") + frame(BINARY, pattern(size)) + frame(TEXT, b"last"))
    assert drv.do("frame").data == b"first"
    assert drv.do("frame")["n"] == size
    assert drv.do("frame").data == b"last"
    assert drv.do("ws_recv", 10).code == AGAIN


@must
def test_frames_in_the_segment_of_the_101_callback_mode(drv, srv):
    conn = drv.start(srv, after=frame(TEXT, b"first") + frame(BINARY, b"second"))
    conn.close()
    result = drv.end()
    assert result.code == OK
    assert [(event.flags, event.data) for event in result.events] == [("text", b"first"), ("binary", b"second")]


@must
def test_half_a_frame_in_the_segment_of_the_101(drv, srv):
    whole = frame(TEXT, b"together")
    conn = drv.connect(srv, after=whole[:1])
    conn.send(whole[1:])
    assert drv.do("frame").data == b"together"


@must
@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_other_1xx_are_read_past(drv, srv, status):
    result = answer(drv, srv, lambda conn: f"HTTP/1.1 {status}\r\nX-Early: 1\r\n\r\n".encode() + conn.response(), close=False)
    assert result.code == OK
    assert drv.getinfo("RESPONSE_CODE") == 101


@must
def test_101_of_lower_case_headers_without_reason(drv, srv):
    def raw(conn):
        return (
            b"HTTP/1.1 101 \r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\nsec-websocket-accept: "
            + accept_for(conn.request.key)
            + b"\r\n\r\n"
        )

    assert answer(drv, srv, raw, close=False).code == OK


def header_lines(drv, srv, response):
    """What the header callback gets of the head that `response` makes; no other callback is called."""
    drv.init(srv.url, CONNECT_ONLY=2, HEADERFUNCTION="on")
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(response(conn))
    return [event.data for event in drv.end().events]


@must
def test_headers_of_the_101_go_to_the_header_callback(drv, srv):
    first = b"HTTP/1.1 101 Switching Protocols\r\nX-Custom: yes\r\n"
    lines = header_lines(drv, srv, lambda conn: first + conn.response().split(b"\r\n", 1)[1])
    assert lines[0] == b"HTTP/1.1 101 Switching Protocols\r\n"
    assert b"X-Custom: yes\r\n" in lines
    assert lines[-1] == b"\r\n"


@must
def test_headers_of_the_101_are_found_under_1xx(drv, srv):
    drv.connect(srv, headers={"X_Custom": "yes"})
    assert drv.header("x-custom", "1xx") == "yes"
    assert "Upgrade" in drv.do("headers", "1xx")["names"]


def test_headers_of_the_101_are_found_under_header_too(drv, srv):
    drv.connect(srv, headers={"X_Custom": "yes"})
    assert drv.header("x-custom") == "yes"
    assert "Upgrade" in drv.do("headers", "header")["names"]


@must
def test_a_folded_header_counts_as_it_is_shown(drv, srv):
    lines = header_lines(drv, srv, lambda conn: conn.response()[:-2] + b"X-Folded: one\r\n\t two\r\n   three\r\n\r\n")
    assert b"X-Folded: one two three\r\n" in lines
    assert drv.getinfo("HEADER_SIZE") == sum(map(len, lines))


@must
def test_header_callback_that_returns_short_ends_the_transfer(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, HEADERFUNCTION="on")
    drv.on("header", 2, "ret", 0)
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    assert drv.end().code == WRITE_ERROR


@must
def test_header_option_puts_the_head_into_the_write_callback(drv, srv):
    conn = drv.start(srv, HEADER=1, after=frame(TEXT, b"hi"))
    conn.close()
    data = b"".join(event.data for event in drv.end().events)
    assert data.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert data.endswith(b"hi")


# --- refusals


@must
@pytest.mark.memcheck
@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize(
    "status", ["200 OK", "204 No Content", "302 Found", "401 Unauthorized", "403 Forbidden", "404 Not Found", "426 Upgrade Required", "500 Oops", "503 Busy"]
)
def test_anything_from_200_on_is_a_refusal(drv, srv, status, mode):
    body = b"" if status.startswith("204") else b"the reason why"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nLocation: /x\r\nX-Why: because\r\n\r\n"
    result = answer(drv, srv, head.encode() + body, mode=mode, WRITEFUNCTION="on")
    assert result.code == HTTP_RETURNED_ERROR
    assert not [event for event in result.events if event.name == "write"]
    assert drv.getinfo("RESPONSE_CODE") == int(status[:3])
    assert drv.header("X-Why") == "because"
    assert f"Refused WebSocket upgrade: {status[:3]}" in result.error


@pytest.mark.parametrize("mode", [2, 0])
def test_refusal_shows_status_line_and_the_start_of_a_text_body(drv, srv, mode):
    body = b"You shall not pass without a ticket."
    head = f"HTTP/1.1 403 Go Away\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    result = answer(drv, srv, head.encode() + body, mode=mode)
    assert result.code == HTTP_RETURNED_ERROR
    assert "403 Go Away" in result.error
    assert "You shall not pass" in result.error


def test_refusal_with_a_body_that_never_comes_does_not_hang(drv, srv):
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n"
    started = time.monotonic()
    result = answer(drv, srv, head, close=False, TIMEOUT_MS=2000)
    assert result.code == HTTP_RETURNED_ERROR
    assert time.monotonic() - started < 8


def test_refusal_with_a_binary_body_shows_none_of_it(drv, srv):
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n\x01\x02\xff\xfe"
    result = answer(drv, srv, head)
    assert result.code == HTTP_RETURNED_ERROR
    assert all(" " <= char <= "~" for char in result.error)


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_refusal_in_chunks_shows_all_of_them(drv, srv, mode, size):
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = chunked(b"You ", b"not")[:-2]
    drv.init(srv.url, CONNECT_ONLY=mode)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    # Few of them, at once: a body that takes longer than a quarter of a second is not waited for.
    conn.send_pieces([head, *(body[at : at + size] for at in range(0, len(body), size))], pause=0)
    assert drv.end().error.endswith(": You not")


def test_refusal_in_broken_chunks_shows_what_came(drv, srv):
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answer(drv, srv, head + b"3\r\nNo!\r\nzz\r\nmore").error.endswith(": No!")


def test_refusal_in_chunks_without_end_does_not_hang(drv, srv):
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    started = time.monotonic()
    result = answer(drv, srv, head + b"5\r\nfirst\r\n4;" + b"x" * 100000, close=False)
    assert result.code == HTTP_RETURNED_ERROR
    assert result.error.endswith(": first")
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize(
    "status, header, words",
    [
        ("301 Moved Permanently", "Location: https://other.example/chat", "https://other.example/chat"),
        ("307 Temporary Redirect", "Location: /elsewhere", "/elsewhere"),
        ("401 Unauthorized", 'WWW-Authenticate: Digest realm="x, y", nonce="z", Basic realm="x"', "Digest, Basic "),
        ("401 Unauthorized", "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM", "Negotiate, NTLM "),
        ("426 Upgrade Required", "Sec-WebSocket-Version: 8, 7", "Sec-WebSocket-Version 8, 7"),
        ("400 Bad Request", "Sec-WebSocket-Version: 14", "Sec-WebSocket-Version 14"),
    ],
)
def test_refusal_tells_what_the_server_wants_instead(drv, srv, mode, status, header, words):
    result = answer(drv, srv, f"HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n".encode(), mode=mode)
    assert result.code == HTTP_RETURNED_ERROR
    assert f"Refused WebSocket upgrade: {status[:3]}" in result.error
    assert words in result.error


@must
def test_refusal_headers_go_to_the_header_callback(drv, srv):
    result = answer(drv, srv, b"HTTP/1.1 404 Not Here\r\nX-Why: gone\r\nContent-Length: 0\r\n\r\n", HEADERFUNCTION="on")
    assert b"X-Why: gone\r\n" in [event.data for event in result.events]


# --- lies


def lie(drv, srv, words, mode=2, options=None, **headers):
    drv.init(srv.url, CONNECT_ONLY=mode, WRITEFUNCTION="on", **(options or {}))
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake(after=frame(TEXT, b"never delivered"), **headers)
    result = drv.end()
    assert result.code == WEIRD_SERVER_REPLY
    assert not result.events
    for one in words:
        assert one.lower() in result.error.lower(), result.error
    return result


WRONG_ACCEPT = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
LIES = {
    "upgrade_missing": (["Upgrade"], {"upgrade": None}),
    "upgrade_other": (["Upgrade", "websocket", "h2c"], {"upgrade": "h2c"}),
    "upgrade_twice_wrong": (["Upgrade"], {"upgrade": ["h2c", "h3"]}),
    "connection_missing": (["Connection"], {"connection": None}),
    "connection_other": (["Connection", "Upgrade", "close"], {"connection": "close"}),
    "connection_substring": (["Connection"], {"connection": "NotUpgrade"}),
    "accept_missing": (["Sec-WebSocket-Accept"], {"sec_websocket_accept": None}),
    "accept_wrong": (["Sec-WebSocket-Accept", WRONG_ACCEPT], {"sec_websocket_accept": WRONG_ACCEPT}),
    "accept_empty": (["Sec-WebSocket-Accept"], {"sec_websocket_accept": ""}),
    "extension_not_offered": (["Sec-WebSocket-Extensions", "permessage-deflate"], {"sec_websocket_extensions": "permessage-deflate"}),
    "protocol_not_offered": (["Sec-WebSocket-Protocol", "chat"], {"sec_websocket_protocol": "chat"}),
}


@pytest.mark.memcheck
@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize("name", LIES)
def test_handshake_lie_is_refused_before_any_frame(drv, srv, name, mode):
    words, headers = LIES[name]
    lie(drv, srv, words, mode, **headers)


def test_wrong_accept_message_names_both_values(drv, srv):
    result = lie(drv, srv, [], sec_websocket_accept=WRONG_ACCEPT)
    right = accept_for(srv.conns[0].request.key).decode()
    assert WRONG_ACCEPT in result.error and right in result.error


def test_accept_that_differs_in_case_only_is_refused(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(conn.response(sec_websocket_accept=accept_for(conn.request.key).decode().swapcase()))
    assert drv.end().code == WEIRD_SERVER_REPLY


def test_accept_is_checked_for_a_key_of_the_application(drv, srv):
    key = "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC=="
    lie(drv, srv, ["Sec-WebSocket-Accept"], options={"HTTPHEADER": [key]}, sec_websocket_accept=WRONG_ACCEPT)


@must
def test_right_accept_for_a_key_of_the_application_is_fine(drv, srv):
    drv.connect(srv, HTTPHEADER=["Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC=="])


def test_subprotocol_that_was_not_among_the_offered(drv, srv):
    offer = {"HTTPHEADER": ["Sec-WebSocket-Protocol: chat, superchat"]}
    lie(drv, srv, ["Sec-WebSocket-Protocol", "other", "chat, superchat"], options=offer, sec_websocket_protocol="other")


def test_two_subprotocols_at_once(drv, srv):
    offer = {"HTTPHEADER": ["Sec-WebSocket-Protocol: chat, superchat"]}
    lie(drv, srv, ["Sec-WebSocket-Protocol"], options=offer, sec_websocket_protocol=["chat", "superchat"])


@must
@pytest.mark.parametrize("chosen", ["chat", "superchat", None])
def test_subprotocol_of_the_offered_or_none(drv, srv, chosen):
    drv.connect(srv, HTTPHEADER=["Sec-WebSocket-Protocol: chat, superchat"], headers={"sec_websocket_protocol": chosen})


@pytest.mark.parametrize("mode", [2, 0])
def test_http_1_0_101_is_a_weird_reply(drv, srv, mode):
    result = answer(drv, srv, lambda conn: conn.response().replace(b"HTTP/1.1", b"HTTP/1.0", 1), mode=mode)
    assert result.code == WEIRD_SERVER_REPLY


# --- silence and ends


@must
@pytest.mark.parametrize("option", ["TIMEOUT_MS"])
def test_silent_server_times_out_in_callback_mode(drv, srv, option):
    drv.init(srv.url, **{option: 300})
    drv.begin("perform")
    srv.accept().read_request()
    assert drv.end().code == TIMEDOUT


@pytest.mark.parametrize("stage", ["nothing", "half a head", "after 100"])
@pytest.mark.parametrize("option, value", [("TIMEOUT_MS", 400), ("TIMEOUT", 1), ("CONNECTTIMEOUT_MS", 400), ("CONNECTTIMEOUT", 1)])
def test_silent_server_times_out_in_connect_only_mode(drv, srv, option, value, stage):
    drv.init(srv.url, CONNECT_ONLY=2, **{option: value})
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send({"nothing": b"", "half a head": b"HTTP/1.1 101 Swi", "after 100": b"HTTP/1.1 100 Continue\r\n\r\n"}[stage])
    result = drv.end()
    assert result.code == TIMEDOUT
    assert result["ms"] >= (1000 if "_MS" not in option else 400) - 10
    assert result["ms"] < 8000
    assert result.error


def test_silent_tls_server_times_out_in_connect_only_mode(drv, new_server):
    """The server accepts and never answers the ClientHello."""
    srv = new_server()
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2, TIMEOUT_MS=400)
    drv.begin("perform")
    srv.accept()
    assert drv.end().code == TIMEDOUT


def test_drip_feed_does_not_put_the_time_out_off(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, TIMEOUT_MS=600)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    started = time.monotonic()
    while drv.lines.empty() and time.monotonic() - started < 5:
        try:
            conn.send(b"X-Slow: 1\r\n")
        except OSError:
            break
        time.sleep(0.05)
    result = drv.end()
    assert result.code == TIMEDOUT
    assert result["ms"] < 5000


@must
@pytest.mark.parametrize("option", ["TIMEOUT_MS", "CONNECTTIMEOUT_MS"])
def test_time_out_does_not_fire_on_the_open_connection(drv, srv, option):
    conn = drv.connect(srv, **{option: 1000})
    time.sleep(1.3)
    conn.send(frame(TEXT, b"late"))
    assert drv.do("frame").data == b"late"
    assert drv.do("ws_send", "text", b"still").code == OK
    assert conn.read_frame().payload == b"still"


@must
def test_end_of_stream_without_an_answer_callback_mode(drv, srv):
    assert answer(drv, srv, b"", mode=0).code == GOT_NOTHING


@pytest.mark.memcheck
def test_end_of_stream_without_an_answer_connect_only(drv, srv):
    assert answer(drv, srv, b"", mode=2).code == GOT_NOTHING


@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize("sent", [b"HTTP", b"HTTP/1.1 101 Switching Protocols\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso"])
def test_end_of_stream_inside_the_head(drv, srv, sent, mode):
    result = answer(drv, srv, sent, mode=mode)
    assert result.code == GOT_NOTHING
    assert result.error


def test_end_of_stream_after_100(drv, srv):
    assert answer(drv, srv, b"HTTP/1.1 100 Continue\r\n\r\n").code == GOT_NOTHING


@must
@pytest.mark.parametrize("mode", [2, 0])
def test_reset_before_the_answer_is_a_receive_error(drv, srv, mode):
    drv.init(srv.url, CONNECT_ONLY=mode)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.reset()
    assert drv.end().code == RECV_ERROR
    assert drv.getinfo("OS_ERRNO") == errno.ECONNRESET


@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize(
    "garbage",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02\x03" * 20, b"HTTP/9.9 101 x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"],
    ids=["ssh", "binary", "http 9.9", "no number"],
)
def test_garbage_is_refused(drv, srv, garbage, mode):
    result = answer(drv, srv, garbage, mode=mode)
    assert result.code in (WEIRD_SERVER_REPLY, 1, GOT_NOTHING)
    assert result.error


@pytest.mark.parametrize("mode", [2, 0])
@pytest.mark.parametrize("alert", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x15\x03\x03\x00\x02\x02\x0a"])
def test_a_tls_alert_on_a_ws_connection_says_so(drv, srv, alert, mode):
    result = answer(drv, srv, alert, mode=mode)
    assert result.code == 1
    assert "TLS alert" in result.error and "wss://" in result.error


# --- limits


def flood(conn, head):
    try:
        conn.send(head)
    except OSError:
        pass


@must
@pytest.mark.timing
@pytest.mark.parametrize("mode", [2, 0])
def test_header_line_over_100_kb_is_too_large(drv, srv, mode):
    drv.init(srv.url, CONNECT_ONLY=mode)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    flood(conn, b"HTTP/1.1 101 Switching Protocols\r\nX-Long: " + b"x" * 110_000 + b"\r\n\r\n")
    assert drv.end().code == TOO_LARGE


@must
def test_header_line_of_90_kb_is_fine(drv, srv):
    drv.connect(srv, headers={"X_Long": "x" * 90_000})


@must
@pytest.mark.timing
def test_more_than_5000_headers_are_too_large(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    flood(conn, b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-N: 1\r\n" * 5200 + b"\r\n")
    assert drv.end().code == TOO_LARGE


@must
@pytest.mark.timing
def test_head_over_300_kb_is_a_receive_error(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    flood(conn, b"HTTP/1.1 101 Switching Protocols\r\n" + (b"X-N: " + b"y" * 50_000 + b"\r\n") * 7 + b"\r\n")
    assert drv.end().code == RECV_ERROR


def test_endless_1xx_answers_are_bounded(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, TIMEOUT_MS=3000)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    chunk = b"HTTP/1.1 103 Early Hints\r\nX-N: 1\r\n\r\n" * 1000
    until = time.monotonic() + 6
    while drv.lines.empty() and time.monotonic() < until:
        flood(conn, chunk)
    assert drv.end().code != OK
    assert drv.do("peak_kb")["value"] < 150_000


# --- CURLOPT_TIMEOUT_MS while the transfer runs


@must
@pytest.mark.timing
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_a_time_limit_that_is_taken_back(drv, srv, by):
    """The opening has a limit, the open connection none."""
    drv.init(srv.url, WRITEFUNCTION="on", TIMEOUT_MS=1500)
    drv.on("write", 1, "setopt", "TIMEOUT_MS", 0)
    conn = drv.restart(srv, by=by)
    conn.send(frame(TEXT, b"first"))
    drv.event("write")
    time.sleep(2)
    conn.send(frame(TEXT, b"later"))
    conn.close()
    result = drv.end()
    assert result.code == OK
    assert [event.data for event in result.events if event.name == "write"] == [b"later"]


@must
@pytest.mark.timing
@pytest.mark.parametrize("by", ["easy", "multi"])
def test_a_time_limit_that_is_set_late(drv, srv, by):
    """It counts from the start of the transfer."""
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "setopt", "TIMEOUT_MS", 300)
    conn = drv.restart(srv, by=by)
    conn.send(frame(TEXT, b"first"))
    result = drv.end()
    assert result.code == TIMEDOUT
    assert conn.closed_by_client()


def test_a_time_limit_that_is_set_late_in_an_event_loop(drv, srv):
    drv.do("multi_init", callbacks=1)
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.do("multi_add")
    drv.begin("multi_drive", 600, by="callbacks")
    conn = srv.accept()
    conn.handshake()
    drv.end()
    drv.setopt("TIMEOUT_MS", 1000)
    assert drv.do("multi_drive", 5000, by="callbacks", step=1000)["result"] == TIMEDOUT


def test_a_time_limit_that_is_set_late_leaves_an_open_connection_alone(drv, srv):
    conn = drv.connect(srv)
    drv.setopt("TIMEOUT_MS", 1)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("frame", wait=1000).data == b"hello"
