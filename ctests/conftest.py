"""Fixtures. `LIB=ours` (default) or `LIB=oracle` (libcurl itself) picks the library, `CTESTS_DIR` is where the programs were built.

A test marked `must` holds for both libraries. With `--transcripts DIR` the run on libcurl stores what the driver said in each of them
and the run on ours compares: same commands, same answers.
"""

import difflib
import os
import ssl
import subprocess
from pathlib import Path

import driver as driver_module
import pytest
import trustme
from driver import Driver
from server import Echo, Server

LIB = os.environ.get("LIB", "ours")

# The servers are on this machine: a proxy of the environment is of no use to them.
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]


def pytest_addoption(parser):
    parser.addoption("--memcheck", action="store_true", help="only the tests marked so, with the programs under valgrind")
    parser.addoption("--better", action="store_true", help="with LIB=oracle: also the tests that libcurl is known to fail")
    parser.addoption("--transcripts", default=None, help="folder of transcripts: written by LIB=oracle, compared by LIB=ours")


def pytest_configure(config):
    config.addinivalue_line("markers", "must: libcurl does the same; runs on both libraries and compares transcripts")
    config.addinivalue_line("markers", "timing: the transcript depends on timing and is not compared")
    config.addinivalue_line("markers", "memcheck: part of the run under valgrind")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--memcheck"):
        items[:] = few_of_each([item for item in items if "memcheck" in item.keywords])
    if LIB == "oracle" and not config.getoption("--better"):
        skip = pytest.mark.skip(reason="libcurl does this differently")
        for item in items:
            if "must" not in item.keywords:
                item.add_marker(skip)


def few_of_each(items):
    """Valgrind is slow: of a test with many parameters the first and the last set will do."""
    groups = {}
    for item in items:
        groups.setdefault((item.path, item.originalname), []).append(item)
    return [item for group in groups.values() for item in dict.fromkeys([group[0], group[-1]])]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    folder = item.config.getoption("--transcripts")
    if folder and "must" in item.keywords and "timing" not in item.keywords and hasattr(item, "drivers"):
        check_transcript(item, Path(folder))
    return result


def check_transcript(item, folder):
    lines = [line for one in item.drivers for line in driver_module.transcript(one.log, getattr(item, "ports", []))]
    path = folder / (item.nodeid.replace("/", "_").replace(":", "_")[:200] + ".txt")
    if LIB == "oracle":
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    elif path.exists():
        expected = path.read_text().splitlines()
        difference = "\n".join(difflib.unified_diff(expected, lines, "libcurl", "ours", n=1, lineterm=""))
        assert not difference, f"transcript differs from libcurl's:\n{difference}"


@pytest.fixture
def new_driver(request):
    """Makes drivers; each must end well: no crash, no valgrind error."""
    drivers = []
    request.node.drivers = drivers
    runner = driver_module.valgrind(request) if request.config.getoption("--memcheck") else []

    def make(**options):
        drivers.append(Driver(driver_module.program("driver"), valgrind=runner, **options))
        return drivers[-1]

    yield make
    for one in drivers:
        status = one.quits(timeout=60 if request.config.getoption("--memcheck") else 20)
        assert status == 0, f"driver ended with {status}: {one.stderr.decode()}"
        if request.config.getoption("--memcheck"):
            assert b"ERROR SUMMARY" not in one.stderr or b"ERROR SUMMARY: 0 " in one.stderr, one.stderr.decode()


@pytest.fixture
def drv(new_driver):
    return new_driver()


@pytest.fixture
def traced_driver(tmp_path):
    """Makes a driver whose system calls that receive are counted: the driver, and a function for their number so far."""
    drivers = []

    def make():
        trace = tmp_path / f"trace{len(drivers)}"
        command = ["strace", "-f", "-o", str(trace), "-e", "trace=recvfrom,recvmsg,readv"]
        if subprocess.run([*command, "true"], capture_output=True).returncode:
            pytest.skip("strace may not trace here")
        drivers.append(Driver(driver_module.program("driver"), valgrind=command))
        return drivers[-1], lambda: trace.read_text().count("recv") + trace.read_text().count("readv")

    yield make
    for one in drivers:
        assert one.quits() == 0, one.stderr.decode()


@pytest.fixture
def run(request):
    """Starts a program of `programs/`; `result()` of it is what it printed. It must end well."""
    valgrind = driver_module.valgrind(request) if request.config.getoption("--memcheck") else []
    started = []

    class Run:
        def __init__(self, name, *args):
            command = [*valgrind, str(driver_module.program(name)), *map(str, args)]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            started.append(self.process)

        def result(self, status=0, timeout=60):
            out, err = self.process.communicate(timeout=max(timeout, 120) if valgrind else timeout)
            self.errors = err.decode("latin-1")
            assert self.process.returncode == status, out.decode("latin-1") + self.errors
            return out.decode("latin-1").splitlines()

    yield Run
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def new_server(request):
    servers = []
    request.node.ports = []

    def make(**options):
        servers.append(Server(**options))
        request.node.ports.append(servers[-1].port)
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def srv(new_server):
    return new_server()


@pytest.fixture(scope="session")
def ca():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(ca, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(ca, *names, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **options).configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    return context


@pytest.fixture(scope="session")
def tls_context(ca):
    return server_context(ca, "localhost", "127.0.0.1")


@pytest.fixture
def tls_srv(new_server, tls_context):
    return new_server(tls=tls_context)


@pytest.fixture(params=["ws", "wss"])
def any_srv(request, new_server, tls_context):
    """The same test over both schemes."""
    return new_server(tls=tls_context if request.param == "wss" else None)


@pytest.fixture
def trust(ca_file):
    """Options that make the client trust the test's CA."""
    return {"CAINFO": ca_file}


@pytest.fixture(scope="session")
def ws_echo():
    server = Echo("ws")
    yield server
    server.close()


@pytest.fixture(scope="session")
def wss_echo(ca, tmp_path_factory):
    pem = str(tmp_path_factory.mktemp("echo") / "server.pem")
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    server = Echo("wss", pem)
    yield server
    server.close()


@pytest.fixture(params=["ws", "wss"])
def echo(request):
    return request.getfixturevalue(f"{request.param}_echo")
