"""Finding and reaching the server: names, addresses, families, sockets, time-outs."""

import socket
import tempfile
import time

import pytest
from driver import COULDNT_CONNECT, COULDNT_RESOLVE, INTERFACE_FAILED, OK, SETOPT_OPTION_SYNTAX, TIMEDOUT, URL_MALFORMAT
from frames import TEXT, frame

must = pytest.mark.must
timing = pytest.mark.timing
memcheck = pytest.mark.memcheck


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")


def reaches(drv, srv, url, **options):
    """Upgrades and exchanges a frame; the server's end."""
    drv.init(url, CONNECT_ONLY=2, **options)
    conn = drv.upgrade(srv)
    conn.send(frame(TEXT, b"hi"))
    assert drv.do("frame").data == b"hi"
    return conn


def free_port(host="127.0.0.1", family=socket.AF_INET):
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


class Full:
    """A port whose queue of connections is full: the kernel drops each further SYN, so that connecting hangs."""

    def __init__(self, host="127.0.0.1", family=socket.AF_INET, port=0):
        self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.listen(0)
        self.port = self.sock.getsockname()[1]
        self.fill = []
        for _ in range(4):
            one = socket.socket(family)
            one.setblocking(False)
            one.connect_ex((host, self.port))
            self.fill.append(one)
        time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.fill:
            one.close()
        self.sock.close()


# --- names


@must
@memcheck
def test_resolve_option_gives_the_address(drv, srv):
    conn = reaches(drv, srv, f"ws://made.up.example:{srv.port}/", RESOLVE=[f"made.up.example:{srv.port}:127.0.0.1"])
    assert conn.request.get("Host") == f"made.up.example:{srv.port}"


@must
def test_resolve_option_with_several_addresses_uses_one_that_works(drv, srv):
    reaches(drv, srv, f"ws://made.up.example:{srv.port}/", RESOLVE=[f"made.up.example:{srv.port}:127.0.0.9,127.0.0.1"])


@must
@pytest.mark.parametrize(
    "entry", ["", ":80:1.2.3.4", "[]:80:1.2.3.4", "-nonsense", "-host:port", "-[::1", "host:80:[127.0.0.1]", "[::1]:80:[::1],,127.0.0.1,"]
)
def test_resolve_entries_that_are_taken_or_passed_over(drv, srv, entry):
    reaches(drv, srv, f"ws://made.up.example:{srv.port}/", RESOLVE=[entry, f"made.up.example:{srv.port}:[127.0.0.1]"])


@must
@pytest.mark.parametrize(
    "entry", ["host", "host:80", "host:80:", "host:80:,", "host:x:127.0.0.1", "host:65536:127.0.0.1", "host:80:name", "host:80:[::1", "[::1]80:::1"]
)
def test_resolve_entries_that_are_refused(drv, srv, entry):
    drv.init(srv.url, CONNECT_ONLY=2, RESOLVE=[entry])
    result = drv.do("perform")
    assert result.code == SETOPT_OPTION_SYNTAX and entry in result.error


@must
def test_resolve_option_for_every_host(drv, srv):
    reaches(drv, srv, f"ws://whatever.example:{srv.port}/", RESOLVE=[f"*:{srv.port}:127.0.0.1"])


@must
@memcheck
@pytest.mark.parametrize("rule", ["a.example:1234:127.0.0.1:{port}", "a.example::127.0.0.1:{port}", ":1234:127.0.0.1:{port}", "::127.0.0.1:{port}"])
def test_connect_to_option(drv, srv, rule):
    conn = reaches(drv, srv, "ws://a.example:1234/", CONNECT_TO=[rule.format(port=srv.port)])
    assert conn.request.get("Host") == "a.example:1234"


@must
def test_connect_to_rule_for_another_host_is_ignored(drv, srv):
    reaches(drv, srv, srv.url, CONNECT_TO=["other.example:80:127.0.0.1:1"])


@must
@memcheck
def test_unknown_host(drv):
    drv.init("ws://no-such-host.invalid/", CONNECT_ONLY=2)
    result = drv.do("perform")
    assert result.code == COULDNT_RESOLVE
    assert "no-such-host.invalid" in result.error


@must
@memcheck
@pytest.mark.parametrize("url", ["ws://", "ws://host:99999/", "ws://host:abc/", "ws://ho st/", "ws://[::1/"])
def test_malformed_url(drv, url):
    drv.init(url)
    assert drv.do("perform").code == URL_MALFORMAT


@must
@memcheck
def test_no_url_at_all(drv):
    drv.init()
    assert drv.do("perform").code == URL_MALFORMAT


# --- addresses


@must
@memcheck
def test_refused_connection(drv, srv):
    srv.sock.close()
    drv.init(srv.url, CONNECT_ONLY=2)
    result = drv.do("perform")
    assert result.code == COULDNT_CONNECT
    assert "127.0.0.1" in result.error and str(srv.port) in result.error
    assert drv.getinfo("OS_ERRNO") == 111


@must
@needs_ipv6
def test_ipv6_literal(drv, new_server):
    srv = new_server(family=socket.AF_INET6)
    conn = reaches(drv, srv, srv.url)
    assert conn.request.get("Host") == f"[::1]:{srv.port}"
    assert drv.getinfo("PRIMARY_IP") == "::1"


@must
@needs_ipv6
@pytest.mark.parametrize("ipresolve, ip", [(1, "127.0.0.1"), (2, "::1")])
def test_ipresolve_picks_the_family(drv, new_server, ipresolve, ip):
    four = new_server()
    six = new_server(family=socket.AF_INET6, address=("::1", four.port))
    reaches(drv, four if ip == "127.0.0.1" else six, f"ws://localhost:{four.port}/", IPRESOLVE=ipresolve)
    assert drv.getinfo("PRIMARY_IP") == ip


@must
@needs_ipv6
@pytest.mark.parametrize("ipresolve, family", [(2, socket.AF_INET), (1, socket.AF_INET6)])
def test_ipresolve_is_for_names_alone(drv, new_server, ipresolve, family):
    srv = new_server(family=family)
    reaches(drv, srv, srv.url, IPRESOLVE=ipresolve)


@must
def test_ipresolve_leaves_the_address_of_a_proxy_alone(drv, new_server):
    proxy = new_server()
    drv.init("ws://server.example:8080/", CONNECT_ONLY=2, PROXY=f"http://127.0.0.1:{proxy.port}", IPRESOLVE=2)
    drv.begin("perform")
    conn = proxy.accept()
    conn.read_request()
    assert conn.request.line == "CONNECT server.example:8080 HTTP/1.1"


@must
@needs_ipv6
def test_refused_address_is_passed_over(drv, srv):
    reaches(drv, srv, f"ws://two.example:{srv.port}/", RESOLVE=[f"two.example:{srv.port}:[::1],127.0.0.1"])


@must
@needs_ipv6
@timing
@pytest.mark.parametrize("delay", [100, 600])
def test_silent_address_is_raced_after_the_happy_eyeballs_time(drv, srv, delay):
    with Full("::1", socket.AF_INET6, srv.port):
        drv.init(
            f"ws://two.example:{srv.port}/", CONNECT_ONLY=2, RESOLVE=[f"two.example:{srv.port}:[::1],127.0.0.1"], HAPPY_EYEBALLS_TIMEOUT_MS=delay
        )
        drv.begin("perform")
        srv.accept().handshake()
        result = drv.end()
        assert result.code == OK
        assert delay - 20 <= result["ms"] < delay + 4000
        assert drv.getinfo("PRIMARY_IP") == "127.0.0.1"


# --- local ends


@must
@memcheck
@pytest.mark.parametrize("interface, ip", [("127.0.0.2", "127.0.0.2"), ("host!127.0.0.3", "127.0.0.3")])
def test_interface_option_binds_the_address(drv, srv, interface, ip):
    conn = reaches(drv, srv, srv.url, INTERFACE=interface)
    assert conn.sock.getpeername()[0] == ip
    assert drv.getinfo("LOCAL_IP") == ip


@must
def test_interface_that_is_not_there(drv, srv):
    drv.init(srv.url, INTERFACE="host!203.0.113.7")
    assert drv.do("perform").code == INTERFACE_FAILED


def test_interface_by_name(drv, srv):
    conn = reaches(drv, srv, srv.url, INTERFACE="if!lo")
    assert conn.sock.getpeername()[0].startswith("127.")


@must
@timing
def test_localport(drv, srv):
    port = free_port()
    conn = reaches(drv, srv, srv.url, LOCALPORT=port)
    assert conn.sock.getpeername()[1] == port
    assert drv.getinfo("LOCAL_PORT") == port


@must
@timing
def test_localport_range_skips_a_busy_port(drv, srv, new_server):
    busy = new_server()
    conn = reaches(drv, srv, srv.url, LOCALPORT=busy.port, LOCALPORTRANGE=10)
    assert busy.port < conn.sock.getpeername()[1] < busy.port + 10


@must
@timing
def test_busy_localport_without_a_range(drv, srv, new_server):
    drv.init(srv.url, LOCALPORT=new_server().port)
    assert drv.do("perform").code == INTERFACE_FAILED


# --- Unix sockets


@must
@memcheck
def test_unix_socket_path(drv, new_server, tmp_path):
    srv = new_server(path=str(tmp_path / "socket"))
    conn = reaches(drv, srv, "ws://some.example/chat", UNIX_SOCKET_PATH=srv.path)
    assert conn.request.get("Host") == "some.example"
    assert conn.request.line == "GET /chat HTTP/1.1"


@must
@timing
def test_the_other_end_of_a_unix_socket_is_its_path(drv, new_server):
    """libcurl shows the first 45 bytes of it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        srv = new_server(path=f"{folder}/s")
        drv.init("ws://some.example/", CONNECT_ONLY=2, PREREQFUNCTION="on", UNIX_SOCKET_PATH=srv.path)
        drv.begin("perform")
        srv.accept().handshake()
        prereq = next(event for event in drv.end().events if event.name == "prereq")
    assert drv.getinfo("PRIMARY_IP") == srv.path
    assert drv.getinfo("LOCAL_IP") == ""
    assert (prereq.fields["primary"], prereq.fields["local"]) == (srv.path, "")


@must
def test_abstract_unix_socket(drv, new_server, tmp_path):
    name = f"{tmp_path}/not-in-the-file-system"
    srv = new_server(path="\0" + name)
    reaches(drv, srv, "ws://some.example/", ABSTRACT_UNIX_SOCKET=name)


@must
def test_unix_socket_that_is_not_there(drv, tmp_path):
    drv.init("ws://some.example/", UNIX_SOCKET_PATH=str(tmp_path / "none"))
    assert drv.do("perform").code == COULDNT_CONNECT


def test_the_message_names_the_unix_socket_and_no_port(drv, tmp_path):
    path = str(tmp_path / "none")
    for option, shown in (("UNIX_SOCKET_PATH", path), ("ABSTRACT_UNIX_SOCKET", f"@{path}")):
        drv.init("ws://some.example/", **{option: path})
        error = drv.do("perform").error
        assert f"Failed to connect to {shown} after " in error
        assert "port" not in error


def test_poll_then_recv_on_a_unix_socket(drv, new_server, tmp_path):
    srv = new_server(path=str(tmp_path / "socket"))
    drv.init("ws://some.example/", CONNECT_ONLY=2, UNIX_SOCKET_PATH=srv.path)
    conn = drv.upgrade(srv)
    conn.send(frame(TEXT, b"one") + frame(TEXT, b"two"))
    for word in (b"one", b"two"):
        assert drv.do("poll", 1000)["ready"] == 1
        assert drv.do("ws_recv", 100).data == word


# --- time-outs


@must
@timing
@pytest.mark.parametrize("option", ["CONNECTTIMEOUT_MS", "TIMEOUT_MS"])
@pytest.mark.parametrize("mode", [0, 2])
def test_connect_time_out(drv, option, mode):
    with Full() as full:
        drv.init(f"ws://127.0.0.1:{full.port}/", CONNECT_ONLY=mode, **{option: 300})
        result = drv.do("perform")
        assert result.code == TIMEDOUT
        assert 280 <= result["ms"] < 8000
        assert result.error


@must
@timing
def test_whole_transfer_time_out_in_callback_mode(drv, srv):
    conn = drv.start(srv, TIMEOUT_MS=500)
    conn.send(frame(TEXT, b"x"))
    result = drv.end()
    assert result.code == TIMEDOUT
    assert 480 <= result["ms"] < 8000


@must
@timing
def test_connect_time_out_ends_with_the_connect_phase_in_callback_mode(drv, srv):
    conn = drv.start(srv, CONNECTTIMEOUT_MS=1000)
    time.sleep(1.3)
    conn.send(frame(TEXT, b"x"))
    conn.close()
    assert drv.end().code == OK


@must
@timing
def test_low_speed_ends_an_idle_transfer(drv, srv):
    drv.start(srv, LOW_SPEED_LIMIT=100, LOW_SPEED_TIME=1)
    result = drv.end()
    assert result.code == TIMEDOUT
    assert 900 <= result["ms"] < 8000


@must
@timing
def test_low_speed_lets_a_fast_transfer_be(drv, srv):
    conn = drv.start(srv, LOW_SPEED_LIMIT=10, LOW_SPEED_TIME=1)
    for _ in range(25):
        conn.send(frame(TEXT, b"x" * 100))
        time.sleep(0.1)
    conn.close()
    assert drv.end().code == OK


@must
@timing
@pytest.mark.parametrize("how", ["write callback", "read callback", "curl_easy_pause"])
def test_a_paused_transfer_is_not_slow(drv, srv, how):
    """It ends when all its time is over, not when it has been slow for a second."""
    drv.init(srv.url, LOW_SPEED_LIMIT=100, LOW_SPEED_TIME=1, TIMEOUT_MS=3500, WRITEFUNCTION="on", READFUNCTION="on")
    match how:
        case "write callback":
            drv.on("write", 1, "ret", "pause")
        case "read callback":
            drv.setopt("UPLOAD", 1)
            drv.on("read", 1, "ret", "pause")
        case _:
            drv.on("write", 1, "pause", 5)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    result = drv.end()
    assert result.code == TIMEDOUT
    assert result["ms"] >= 3400


@timing
def test_slowness_counts_anew_after_a_pause(drv, srv):
    drv.init(srv.url, LOW_SPEED_LIMIT=100, LOW_SPEED_TIME=2, WRITEFUNCTION="on", NOPROGRESS=0, XFERINFOFUNCTION="on")
    drv.on("write", 1, "ret", "pause")
    drv.on("xferinfo", "paused", "sleep", 2500)
    drv.on("xferinfo", "paused", "pause", 0)
    conn = drv.restart(srv)
    conn.send(frame(TEXT, b"x"))
    result = drv.end()
    assert result.code == TIMEDOUT
    assert result["ms"] >= 4400


# --- socket options


@must
@pytest.mark.parametrize("options, on", [({}, 1), ({"TCP_NODELAY": 0}, 0)])
def test_tcp_nodelay_is_on_by_default(drv, srv, options, on):
    """Two small sends in a row leave at once, though the first is not yet acknowledged."""
    drv.connect(srv, **options)
    assert drv.do("tcp_nodelay")["value"] == on


@must
@pytest.mark.parametrize("options", [{"TCP_KEEPALIVE": 1, "TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}])
def test_socket_options_do_no_harm(drv, srv, options):
    reaches(drv, srv, srv.url, **options)
