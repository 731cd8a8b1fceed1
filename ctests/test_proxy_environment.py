"""Proxies of the environment, and what switches them off."""

import os
import shutil
import subprocess

import driver
import pytest
from driver import COULDNT_CONNECT, OK
from frames import TEXT, frame
from proxies import grant_connect, grant_socks5, start_tls

must = pytest.mark.must
memcheck = pytest.mark.memcheck

DEAD = "http://127.0.0.1:1/"
WS = ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]
WSS = ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]


def proxied(drv, proxy, url, **options):
    """Opens a WebSocket through the proxy of the environment; the proxy's connection, which is the server's now."""
    drv.init(url, CONNECT_ONLY=2, **options)
    drv.begin("perform")
    conn = proxy.accept()
    grant_connect(conn)
    conn.handshake()
    assert drv.end().code == OK
    assert drv.getinfo("USED_PROXY") == 1
    return conn


@must
@memcheck
@pytest.mark.parametrize("variable", WS)
def test_a_proxy_for_ws(new_driver, srv, variable):
    drv = new_driver(env={variable: f"http://me:secret@127.0.0.1:{srv.port}/"})
    drv.init("ws://server.test/", CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    request = grant_connect(conn)
    assert conn.target == "server.test:80"
    assert request.get("Proxy-Authorization") == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert drv.end().code == OK


@must
@pytest.mark.parametrize("variable", WSS)
def test_a_proxy_for_wss(new_driver, srv, tls_context, trust, variable):
    drv = new_driver(env={variable: f"127.0.0.1:{srv.port}"})
    drv.init("wss://localhost/", CONNECT_ONLY=2, **trust)
    drv.begin("perform")
    conn = srv.accept()
    grant_connect(conn)
    assert conn.target == "localhost:443"
    start_tls(conn, tls_context)
    conn.handshake()
    assert drv.end().code == OK


@must
@pytest.mark.parametrize("number", range(1, len(WS)))
def test_the_first_variable_that_is_set_counts(new_driver, srv, number):
    env = dict.fromkeys(WS[number:], DEAD) | {WS[number - 1]: f"127.0.0.1:{srv.port}"}
    proxied(new_driver(env=env), srv, "ws://server.test/")


@must
@pytest.mark.parametrize("number", range(1, len(WSS)))
def test_the_first_variable_that_is_set_counts_for_wss(new_driver, number):
    # The one that counts names a scheme that there is none of.
    env = dict.fromkeys(WSS[number:], DEAD) | {WSS[number - 1]: "foo://127.0.0.1:1"}
    drv = new_driver(env=env)
    drv.init("wss://server.test/")
    result = drv.do("perform")
    assert result.code == COULDNT_CONNECT and "foo" in result.error


@must
def test_a_socks_proxy_of_the_environment(new_driver, srv):
    drv = new_driver(env={"all_proxy": f"socks5h://127.0.0.1:{srv.port}"})
    drv.init("ws://server.test:81/", CONNECT_ONLY=2)
    drv.begin("perform")
    conn = srv.accept()
    assert grant_socks5(conn) == ("server.test", 81)
    conn.handshake()
    assert drv.end().code == OK


@must
def test_options_win_over_the_environment(new_driver, srv):
    drv = new_driver(env={"all_proxy": DEAD, "http_proxy": DEAD})
    proxied(drv, srv, "ws://server.test/", PROXY=f"127.0.0.1:{srv.port}")


@must
def test_a_pre_proxy_switches_the_environment_off(new_driver, srv):
    drv = new_driver(env={"all_proxy": DEAD})
    drv.init("ws://127.0.0.1:81/", CONNECT_ONLY=2, PRE_PROXY=f"socks5h://127.0.0.1:{srv.port}")
    drv.begin("perform")
    conn = srv.accept()
    assert grant_socks5(conn) == ("127.0.0.1", 81)
    conn.handshake()
    assert drv.end().code == OK


@must
def test_credentials_of_the_options_are_for_the_proxy_of_the_environment(new_driver, srv):
    drv = new_driver(env={"http_proxy": f"127.0.0.1:{srv.port}"})
    drv.init("ws://server.test/", CONNECT_ONLY=2, PROXYUSERPWD="me:secret")
    drv.begin("perform")
    conn = srv.accept()
    assert grant_connect(conn).get("Proxy-Authorization") == "Basic bWU6c2VjcmV0"
    conn.handshake()
    assert drv.end().code == OK


@must
def test_a_multi_handle_uses_the_environment(new_driver, srv):
    drv = new_driver(env={"all_proxy": f"127.0.0.1:{srv.port}"})
    drv.init("ws://server.test/", WRITEFUNCTION="on")
    drv.begin("perform", by="multi")
    conn = srv.accept()
    grant_connect(conn)
    conn.handshake(after=frame(TEXT, b"hello"))
    conn.close()
    assert drv.end().code == OK


@must
def test_a_proxy_of_the_environment_that_is_not_there(new_driver):
    drv = new_driver(env={"http_proxy": DEAD})
    drv.init("ws://server.test/")
    assert drv.do("perform").code == COULDNT_CONNECT
    assert drv.getinfo("USED_PROXY") == 1


@must
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "https_proxy", "wss_proxy", "Ws_Proxy"])
def test_variables_that_mean_nothing_to_ws(new_driver, srv, variable):
    new_driver(env={variable: DEAD}).connect(srv)


@must
@pytest.mark.parametrize("variable", ["http_proxy", "ws_proxy", "HTTP_PROXY"])
def test_variables_that_mean_nothing_to_wss(new_driver, tls_srv, trust, variable):
    new_driver(env={variable: DEAD}).connect(tls_srv, **trust)


@must
def test_an_empty_variable_is_none(new_driver, srv):
    new_driver(env=dict.fromkeys(WS, "")).connect(srv)


@must
@memcheck
@pytest.mark.parametrize("option", ["PROXY", "PRE_PROXY"])
def test_an_empty_option_switches_the_environment_off(new_driver, srv, option):
    new_driver(env={"all_proxy": DEAD}).connect(srv, **{option: ""})


LISTS = ["*", "127.0.0.1", "a,127.0.0.1", "127.0.0.0/8", "a, 127.0.0.1 ,b"]


@must
@pytest.mark.parametrize("hosts", LISTS)
@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_no_proxy_exempts_hosts(new_driver, srv, variable, hosts):
    new_driver(env={"http_proxy": DEAD, variable: hosts}).connect(srv)


@must
@pytest.mark.parametrize("hosts", LISTS)
def test_noproxy_exempts_hosts(new_driver, srv, hosts):
    new_driver(env={"http_proxy": DEAD}).connect(srv, NOPROXY=hosts)


@must
@pytest.mark.parametrize("hosts", ["example.test", ".example.test", "test", "sub.example.test."])
def test_no_proxy_exempts_what_is_below_a_domain(new_driver, srv, hosts):
    drv = new_driver(env={"http_proxy": DEAD, "no_proxy": hosts})
    drv.init(f"ws://sub.example.test:{srv.port}/", CONNECT_ONLY=2, RESOLVE=[f"sub.example.test:{srv.port}:127.0.0.1"])
    drv.upgrade(srv)


@must
@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1:80", "10.0.0.0/8", "a 127.0.0.1", "*,a"])
def test_no_proxy_with_other_hosts(new_driver, srv, hosts):
    proxied(new_driver(env={"http_proxy": f"127.0.0.1:{srv.port}", "no_proxy": hosts}), srv, "ws://127.0.0.1/")


@must
@pytest.mark.parametrize("hosts", ["", "example.test"])
def test_noproxy_replaces_no_proxy(new_driver, srv, hosts):
    proxied(new_driver(env={"http_proxy": f"127.0.0.1:{srv.port}", "no_proxy": "*"}), srv, "ws://127.0.0.1/", NOPROXY=hosts)


@must
@pytest.mark.parametrize("hosts", ["*", "127.0.0.1"])
def test_noproxy_counts_for_options_too(drv, srv, hosts):
    drv.connect(srv, PROXY=DEAD, PRE_PROXY="socks5://127.0.0.1:1", NOPROXY=hosts)
    assert drv.getinfo("USED_PROXY") == 0


@must
def test_a_unix_socket_needs_no_proxy(new_driver, new_server, tmp_path):
    srv = new_server(path=str(tmp_path / "socket"))
    new_driver(env={"all_proxy": DEAD}).connect(srv, UNIX_SOCKET_PATH=str(tmp_path / "socket"))


@must
def test_the_environment_is_read_for_each_transfer_and_options_count_from_then_on(new_driver, srv):
    drv = new_driver(env={"all_proxy": DEAD})
    drv.init(srv.url, CONNECT_ONLY=2, NOPROXY="*")
    drv.upgrade(srv)
    drv.setopt("NOPROXY", "127.0.0.1")
    drv.upgrade(srv)


def test_a_program_with_more_rights_than_its_caller_reads_no_variables(new_driver, srv, tmp_path):
    if os.geteuid():
        pytest.skip("only root can give a program away")
    program = tmp_path / "driver"
    shutil.copy(driver.program("driver"), program)
    tmp_path.chmod(0o755)
    os.chown(program, 65534, 65534)
    program.chmod(0o4755)
    session = subprocess.run(
        [program],
        input=f"init\nsetopt URL {srv.url}\nsetopt TIMEOUT_MS 300\nperform\n",
        env=os.environ | {"http_proxy": DEAD},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "code=28" in session.stdout.splitlines()[-1], session
