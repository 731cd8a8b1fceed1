"""What a program can learn afterwards: getinfo, the header API, verbose output and the debug callback."""

import os
import time
from email.utils import formatdate

import pytest
from driver import BAD_ARGUMENT, COULDNT_CONNECT, HTTP_RETURNED_ERROR, OK, UNKNOWN_OPTION
from frames import BINARY, CLOSE, PING, TEXT, frame, pattern

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


@must
@timing
@memcheck
def test_infos_of_an_open_connection(drv, srv):
    conn = drv.connect(srv, PRIVATE=4711)
    expected = {
        "RESPONSE_CODE": 101,
        "EFFECTIVE_URL": srv.url,
        "EFFECTIVE_METHOD": "GET",
        "HTTP_VERSION": 2,
        "HEADER_SIZE": len(conn.response()),
        "REQUEST_SIZE": len(conn.request.raw) + 4,
        "NUM_CONNECTS": 1,
        "PRIMARY_IP": "127.0.0.1",
        "PRIMARY_PORT": srv.port,
        "LOCAL_IP": "127.0.0.1",
        "LOCAL_PORT": conn.sock.getpeername()[1],
        "CONTENT_TYPE": "(null)",
        "REDIRECT_COUNT": 0,
        "REDIRECT_URL": "(null)",
        "SSL_VERIFYRESULT": 0,
        "OS_ERRNO": 0,
        "CONN_ID": 0,
        "XFER_ID": 0,
        "HTTP_CONNECTCODE": 0,
        "USED_PROXY": 0,
        "APPCONNECT_TIME_T": 0,
    }
    assert {name: drv.getinfo(name) for name in expected} == expected
    assert drv.getinfo("ACTIVESOCKET") == "open"
    assert drv.getinfo("LASTSOCKET") >= 0


@must
@pytest.mark.parametrize("kind, scheme", [("ws", "ws"), ("wss", "wss")])
def test_scheme(drv, srv, tls_srv, trust, kind, scheme):
    drv.connect(tls_srv if kind == "wss" else srv, **trust)
    assert drv.getinfo("SCHEME") == scheme
    drv.getinfo("PROTOCOL")


@must
@timing
@memcheck
def test_times_are_in_order(drv, any_srv, trust):
    conn = drv.start(any_srv, **trust)
    conn.send(frame(TEXT, b"x"))
    conn.close_notify() if any_srv.tls else conn.close()
    assert drv.end().code == OK
    names = ["NAMELOOKUP_TIME", "CONNECT_TIME", "APPCONNECT_TIME", "PRETRANSFER_TIME", "STARTTRANSFER_TIME", "TOTAL_TIME"]
    micro = [drv.getinfo(name + "_T") for name in names]
    seconds = [float(drv.do("getinfo", name).value) for name in names]
    assert [round(value * 1e6) for value in seconds] == micro
    if not any_srv.tls:
        assert micro.pop(2) == 0
    assert micro == sorted(micro) and micro[-1] > 0
    assert drv.getinfo("REDIRECT_TIME_T") == 0
    assert drv.getinfo("QUEUE_TIME_T") >= 0


def exchange(drv, srv, frames, pongs=0, seconds=0, **options):
    """A transfer with callbacks that sends 5 bytes and PONG frames, receives these frames, and takes at least so long."""
    drv.init(srv.url, WRITEFUNCTION="on", UPLOAD=1, READFUNCTION="on", **options)
    drv.on("read", 1, "data", b"12345")
    conn = drv.restart(srv)
    conn.read_frame()
    conn.send(frames)
    conn.read_frames(pongs)
    time.sleep(seconds)
    conn.close_notify() if srv.tls else conn.close()
    assert drv.end().code == OK


@must
@timing
@memcheck
def test_sizes_of_a_callback_transfer(drv, any_srv, trust):
    """On the wire, but for SIZE_DELIVERED: frame headers count, what TLS adds does not. The PONG is no part of the upload."""
    exchange(drv, any_srv, frame(BINARY, pattern(1000)) + frame(PING, b"ping") + frame(TEXT, b"x"), pongs=1, **trust)
    for name, on_the_wire in ("SIZE_DOWNLOAD", 4 + 1000 + 2 + 4 + 2 + 1), ("SIZE_UPLOAD", 6 + 5):
        assert drv.getinfo(name + "_T") == on_the_wire
        assert float(drv.do("getinfo", name).value) == on_the_wire
    assert drv.getinfo("CONTENT_LENGTH_DOWNLOAD_T") == -1
    assert drv.getinfo("SIZE_DELIVERED") == 1000 + 1


@must
@timing
def test_sizes_of_a_frame_that_the_read_callback_starts(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on", UPLOAD=1, READFUNCTION="on")
    drv.on("read", 1, "start_frame", "text", 300)
    drv.on("read", 2, "data", b"x" * 300)
    conn = drv.restart(srv)
    assert conn.read_frame().payload == b"x" * 300
    conn.send(frame(TEXT, b"ok"))
    conn.close()
    drv.end()
    assert (drv.getinfo("SIZE_UPLOAD_T"), drv.getinfo("SIZE_DELIVERED")) == (8 + 300, 2)


@must
@timing
def test_what_calls_send_is_no_upload(drv, srv):
    drv.init(srv.url, WRITEFUNCTION="on")
    drv.on("write", 1, "ws_send", "text", b"hello")
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"hi") + frame(CLOSE, b"\x03\xe8bye"))
    assert conn.read_frame().payload == b"hello"
    conn.close()
    assert drv.end().code == OK
    assert (drv.getinfo("SIZE_UPLOAD_T"), drv.getinfo("SPEED_UPLOAD_T")) == (0, 0)
    # A CLOSE frame is delivered like others.
    assert (drv.getinfo("SIZE_DOWNLOAD_T"), drv.getinfo("SIZE_DELIVERED")) == (4 + 7, 2 + 5)


@must
@timing
def test_sizes_in_raw_mode(drv, srv):
    conn = drv.start(srv, WS_OPTIONS=1)
    frames = frame(TEXT, b"hi") + frame(PING, b"ping")
    conn.send(frames)
    conn.close()
    assert drv.end().code == OK
    assert (drv.getinfo("SIZE_DOWNLOAD_T"), drv.getinfo("SIZE_DELIVERED")) == (len(frames), len(frames))


@must
@pytest.mark.parametrize("raw", [0, 1])
def test_sizes_do_not_count_what_calls_receive(drv, srv, raw):
    conn = drv.connect(srv, WS_OPTIONS=raw)
    conn.send(frame(TEXT, b"hello"))
    assert drv.do("ws_recv", 1000, wait=3000).code == OK
    names = ["SIZE_DOWNLOAD_T", "SIZE_UPLOAD_T", "SIZE_DELIVERED"]
    assert [drv.getinfo(name) for name in names] == [0, 0, 0]


@must
@timing
def test_speeds_of_a_callback_transfer(drv, srv):
    # So long that it makes no difference when a library looks at the clock.
    exchange(drv, srv, frame(BINARY, pattern(1000)), seconds=0.3)
    seconds = drv.getinfo("TOTAL_TIME_T") / 1e6
    for name, size in ("SPEED_DOWNLOAD", "SIZE_DOWNLOAD_T"), ("SPEED_UPLOAD", "SIZE_UPLOAD_T"):
        speed = drv.getinfo(name + "_T")
        assert float(drv.do("getinfo", name).value) == speed > 0
        assert speed == pytest.approx(drv.getinfo(size) / seconds, rel=0.05)


@must
def test_infos_of_a_body_and_of_early_data(drv, srv):
    """There is neither."""
    drv.connect(srv)
    for name, length in ("CONTENT_LENGTH_DOWNLOAD", -1), ("CONTENT_LENGTH_UPLOAD", 0):
        assert float(drv.do("getinfo", name).value) == drv.getinfo(name + "_T") == length
    assert drv.getinfo("EARLYDATA_SENT_T") == 0


@must
@timing
def test_an_upload_is_no_body(drv, srv):
    drv.init(srv.url, UPLOAD=1, INFILESIZE=5, READFUNCTION="on", WRITEFUNCTION="on")
    drv.on("read", 1, "data", b"hello")
    drv.on("read", 1, "getinfo", "CONTENT_LENGTH_UPLOAD_T")
    conn = drv.restart(srv, after=frame(TEXT, b"x"))
    assert conn.read_frame().payload == b"hello"
    conn.close()
    result = drv.end()
    assert [event["value"] for event in result.events if event.kind == ">" and event.name == "getinfo"] == [0]
    assert drv.getinfo("CONTENT_LENGTH_UPLOAD_T") == 0


@must
@timing
def test_the_time_at_which_the_request_was_sent(drv, srv):
    drv.connect(srv)
    assert drv.getinfo("PRETRANSFER_TIME_T") <= drv.getinfo("POSTTRANSFER_TIME_T") <= drv.getinfo("STARTTRANSFER_TIME_T")


def test_the_directory_of_certificates_is_the_systems(drv, srv):
    drv.connect(srv)
    directory = drv.getinfo("CAPATH")
    assert directory == "(null)" or os.path.isdir(directory)


@must
@memcheck
def test_tls_infos(drv, tls_srv, trust):
    drv.connect(tls_srv, **trust)
    assert drv.getinfo("SSL_VERIFYRESULT") == 0


def test_tls_session_names_the_backend(drv, tls_srv, trust):
    drv.connect(tls_srv, **trust)
    for name in ("TLS_SESSION", "TLS_SSL_PTR"):
        line = drv.do("getinfo", name)
        assert (line.code, line["backend"]) == (OK, 14)


@must
def test_effective_url_keeps_what_was_given(drv, srv):
    drv.init(srv.url + "a%20b?c=d", CONNECT_ONLY=2)
    drv.upgrade(srv)
    assert drv.getinfo("EFFECTIVE_URL") == srv.url + "a%20b?c=d"


@must
def test_connection_and_transfer_numbers(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    assert drv.getinfo("CONN_ID") == -1
    drv.upgrade(srv)
    assert drv.getinfo("CONN_ID") == 0


@must
def test_each_transfer_of_a_multi_handle_has_a_number_of_its_own(drv, srv):
    drv.do("multi_init")
    numbers = []
    for slot in ("@0 ", "@1 ", "@2 ", "@0 "):
        if not numbers or slot != "@0 ":
            drv.init(srv.url, slot=slot, CONNECT_ONLY=2)
        else:
            drv.do("@0 multi_remove")
        assert drv.do(f"{slot}multi_add")["code"] == 0
        drv.begin(f"{slot}multi_drive", 10_000, until="open")
        srv.accept().handshake()
        drv.end()
        numbers.append([drv.do(f"{slot}getinfo", name)["value"] for name in ("XFER_ID", "CONN_ID")])
    assert numbers == [[0, 0], [1, 1], [2, 2], [3, 3]]
    drv.do("@1 multi_remove")
    drv.begin("@1 perform")
    srv.accept().handshake()
    assert drv.end().code == OK
    assert drv.do("@1 getinfo", "XFER_ID")["value"] == 0


@must
@memcheck
def test_infos_before_anything(drv):
    drv.init()
    for name in ("RESPONSE_CODE", "EFFECTIVE_URL", "PRIMARY_IP", "PRIMARY_PORT", "TOTAL_TIME_T", "CONTENT_TYPE", "SCHEME", "HTTP_VERSION", "NUM_CONNECTS"):
        drv.getinfo(name)


@must
@memcheck
@pytest.mark.parametrize("info", [0x100000 + 999, 0x200000 + 999, 0x300000 + 999, 0x600000 + 999, 0x100000])
def test_unknown_info(drv, info):
    drv.init()
    assert drv.do("getinfo", info).code == UNKNOWN_OPTION


@must
@memcheck
def test_getinfo_on_no_handle(drv):
    assert drv.do("@null getinfo", "RESPONSE_CODE").code == BAD_ARGUMENT
    assert drv.do("@foreign getinfo", "RESPONSE_CODE").code == BAD_ARGUMENT


@must
def test_every_info_answers(drv, srv):
    drv.connect(srv)
    for name in ("FILETIME", "FILETIME_T", "HTTPAUTH_AVAIL", "PROXYAUTH_AVAIL", "FTP_ENTRY_PATH", "CONDITION_UNMET", "RTSP_SESSION_ID",
                 "RTSP_CLIENT_CSEQ", "RTSP_SERVER_CSEQ", "RTSP_CSEQ_RECV", "PROXY_SSL_VERIFYRESULT", "RETRY_AFTER", "PROXY_ERROR", "REFERER",
                 "COOKIELIST", "CONTENT_LENGTH_UPLOAD_T"):  # fmt: skip
        assert drv.do("getinfo", name).code == OK, name


@must
def test_referer_is_that_of_the_last_request(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, REFERER="http://first/")
    assert drv.getinfo("REFERER") == "(null)"
    drv.upgrade(srv)
    assert drv.getinfo("REFERER") == "http://first/"


@must
def test_httpauth_used_when_no_request_was_sent(drv, srv):
    srv.sock.close()
    drv.init(srv.url, CONNECT_ONLY=2, USERPWD="me:secret")
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.getinfo("HTTPAUTH_USED") == 0


def test_ssl_engines_are_an_empty_list(drv):
    drv.init()
    line = drv.do("getinfo", "SSL_ENGINES")
    assert (line.code, line.value) == (OK, "")


# --- headers


@must
@memcheck
def test_header_api(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(conn.response(X_Many=["one", "two", "three"], X_Spaces="  in and out  "))
    assert drv.end().code == OK
    line = drv.do("header", "x-many", "1xx", index=1)
    assert (line.code, line.value, line["amount"], line["index"]) == (0, "two", 3, 1)
    assert drv.do("header", "X-Many", "1xx", index=3).code == 1
    assert drv.do("header", "X-None", "1xx").code == 2
    assert drv.do("header", "X-Many", "trailer").code != 0
    assert drv.do("header", "X-Spaces", "1xx").value == "in and out"
    assert drv.do("header", "X-Many", "1xx", request=5).code == 4
    assert drv.do("headers", "1xx")["names"].split(",")[:3] == ["Upgrade", "Connection", "Sec-WebSocket-Accept"]


@must
@memcheck
def test_header_api_before_a_transfer_and_on_no_handle(drv, srv):
    drv.init(srv.url)
    assert drv.do("header", "x").code != 0
    assert drv.do("headers", "header")["names"] == ""
    assert drv.do("@null header", "x").code == 6
    assert drv.do("@null headers", "header")["names"] == ""


@must
@timing
def test_content_type_of_a_refusal(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b"HTTP/1.1 400 Bad\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}")
    conn.close()
    drv.end()
    assert drv.getinfo("CONTENT_TYPE") == "application/problem+json"


def refusal_with(drv, srv, *headers):
    drv.init(srv.url, CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send("\r\n".join(["HTTP/1.1 503 Later", *headers, "", ""]).encode())
    conn.close()
    assert drv.end().code == HTTP_RETURNED_ERROR


@must
def test_an_empty_content_type_is_none(drv, srv):
    refusal_with(drv, srv, "Content-Type:", "X: y")
    assert drv.getinfo("CONTENT_TYPE") == "(null)"


@must
@pytest.mark.parametrize(
    "values, seconds",
    [(["7"], 7), (["7", "8"], 8), (["7 or so"], 7), (["100000"], 21600), (["soon"], 0), (["Wed, 21 Oct 2015 07:28:00 GMT"], 0), (["7", "soon"], 0)],
)
def test_retry_after(drv, srv, values, seconds):
    refusal_with(drv, srv, *(f"Retry-After: {value}" for value in values))
    assert drv.getinfo("RETRY_AFTER") == seconds


@must
@timing
def test_retry_after_a_date(drv, srv):
    refusal_with(drv, srv, "Retry-After: " + formatdate(time.time() + 100, usegmt=True))
    assert 90 <= drv.getinfo("RETRY_AFTER") <= 100


@must
def test_a_response_without_headers_has_none(drv, srv):
    refusal_with(drv, srv)
    assert drv.do("header", "x").code == 3


# --- verbose


def verbose_lines(drv, srv, path, **options):
    drv.init(srv.url, VERBOSE=1, STDERR=f"file:{path}", WRITEFUNCTION="on", **options)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"hello") + frame(PING, b"p"))
    conn.close_notify() if srv.tls else conn.close()
    drv.end()
    return path.read_text().splitlines()


@must
@timing
@memcheck
def test_verbose_shows_connection_and_heads(drv, any_srv, trust, tmp_path):
    lines = verbose_lines(drv, any_srv, tmp_path / "log", **trust)
    text = "\n".join(lines)
    assert any(line.startswith("* ") and "127.0.0.1" in line for line in lines)
    assert "> GET / HTTP/1.1" in lines
    assert any(line.removeprefix("> ") == "Upgrade: websocket" for line in lines)
    assert "< HTTP/1.1 101 Switching Protocols" in lines
    assert "< Upgrade: websocket" in lines
    if any_srv.tls:
        assert "TLSv1.3" in text


def test_verbose_shows_tls_and_frames(drv, tls_srv, trust, tmp_path):
    text = "\n".join(verbose_lines(drv, tls_srv, tmp_path / "log", **trust))
    assert "TLSv1.3" in text and "TLS13_AES" in text.replace("TLS_AES", "TLS13_AES")
    assert "localhost" in text
    assert "text" in text.lower() and "ping" in text.lower() and "5" in text


@must
@timing
@memcheck
def test_debug_callback_gets_whole_heads(drv, srv):
    drv.init(srv.url, VERBOSE=1, DEBUGFUNCTION="on", CONNECT_ONLY=2)
    drv.do("show", "debug")
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake()
    events = drv.end().events
    out = [event for event in events if event.fields.get("type") == "header_out"]
    assert out and sum(event["n"] for event in out) == len(conn.request.raw) + 4
    head = [event.data for event in events if event.fields.get("type") == "header_in"]
    assert head[0] == b"HTTP/1.1 101 Switching Protocols\r\n" and head[-1] == b"\r\n"
    assert any(event.fields.get("type") == "text" for event in events)


@must
@timing
def test_debug_callback_gets_frames_that_came_with_the_101(drv, srv):
    drv.init(srv.url, VERBOSE=1, DEBUGFUNCTION="on", WRITEFUNCTION="on", HEADERFUNCTION="on")
    drv.do("show", "debug")
    drv.begin("perform")
    conn = srv.accept()
    conn.handshake(after=frame(TEXT, b"early"))
    conn.close()
    shown = [event for event in drv.end().events if event.fields.get("type") != "text"]
    place = next(place for place, event in enumerate(shown) if event.fields.get("type") == "data_in")
    assert shown[place].data == frame(TEXT, b"early")
    assert [event.name for event in shown[place - 1 : place + 2]] == ["header", "debug", "write"]


@must
@timing
def test_no_debug_calls_without_verbose(drv, srv):
    drv.connect(srv, DEBUGFUNCTION="on")
    assert drv.do("tally", "debug")["calls"] == 0
