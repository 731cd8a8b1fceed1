"""Proxies of the environment: none is ignored, and what switches them off does so."""

import os
import shutil
import subprocess

import driver
import pytest
from driver import NOT_BUILT_IN

must = pytest.mark.must
memcheck = pytest.mark.memcheck

DEAD = "http://127.0.0.1:1/"
WS = ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]
WSS = ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]


def refused(drv, srv, variable, **options):
    drv.init(srv.url, CONNECT_ONLY=2, **options)
    result = drv.do("perform")
    assert result.code == NOT_BUILT_IN
    assert f" {variable} " in result.error and "secret" not in result.error
    assert not srv.has_connection()


@memcheck
@pytest.mark.parametrize("variable", WS)
def test_a_proxy_for_ws_fails_the_transfer(new_driver, srv, variable):
    refused(new_driver(env={variable: "http://me:secret@127.0.0.1:1/"}), srv, variable)


@pytest.mark.parametrize("variable", WSS)
def test_a_proxy_for_wss_fails_the_transfer(new_driver, tls_srv, trust, variable):
    refused(new_driver(env={variable: DEAD}), tls_srv, variable, **trust)


@pytest.mark.parametrize("number", range(1, len(WS)))
def test_the_first_variable_that_is_set_is_named(new_driver, srv, number):
    env = dict.fromkeys(WS[number:], DEAD)
    refused(new_driver(env=env), srv, WS[number])


def test_a_proxy_fails_the_transfer_in_a_multi_handle(new_driver, srv):
    drv = new_driver(env={"all_proxy": DEAD})
    drv.init(srv.url)
    assert drv.do("perform", by="multi").code == NOT_BUILT_IN


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


@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1:80", "10.0.0.0/8", "a 127.0.0.1", "*,a"])
def test_no_proxy_with_other_hosts(new_driver, srv, hosts):
    refused(new_driver(env={"http_proxy": DEAD, "no_proxy": hosts}), srv, "http_proxy")


@pytest.mark.parametrize("hosts", ["", "example.test"])
def test_noproxy_replaces_no_proxy(new_driver, srv, hosts):
    refused(new_driver(env={"http_proxy": DEAD, "no_proxy": "*"}), srv, "http_proxy", NOPROXY=hosts)


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
