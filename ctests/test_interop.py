"""Compression against two independent servers, `websockets` (Python) and `ws` (Node.js), with every window size and takeover setting.
Only wscurl has it. `ws` is to be installed in ctests/interop with `npm install`; without it and without Node.js its half is skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from driver import OK
from server import end

INTEROP = Path(__file__).with_name("interop")
COMPRESS, STRICT = 1 << 16, 1 << 17
EXTENSIONS = 0x100000 + 5001
SETTINGS = [(bits, takeover) for bits in range(8, 16) for takeover in (0, 1)]


class Servers:
    """A process with one server for each setting."""

    def __init__(self, *command):
        arguments = [f"{bits}:{takeover}" for bits, takeover in SETTINGS]
        self.process = subprocess.Popen([*command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = dict(zip(SETTINGS, self.process.stdout.readline().split(), strict=True))

    def url(self, setting):
        return f"ws://127.0.0.1:{self.ports[setting]}/"

    def close(self):
        end(self.process)


@pytest.fixture(scope="module")
def websockets_servers():
    servers = Servers(sys.executable, str(INTEROP / "websockets_server.py"))
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def ws_servers():
    node = shutil.which("node")
    if not node or subprocess.run([node, "-e", "require('ws')"], cwd=INTEROP, capture_output=True).returncode:
        pytest.skip("needs Node.js, and npm install in ctests/interop")
    servers = Servers(node, str(INTEROP / "ws_server.js"))
    yield servers
    servers.close()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: f"{setting[0]}-{'takeover' if setting[1] else 'no-takeover'}")
@pytest.mark.parametrize("kind", ["websockets", "ws"])
def test_every_window_and_takeover(drv, request, kind, setting):
    servers = request.getfixturevalue(f"{kind}_servers")
    drv.init(servers.url(setting), CONNECT_ONLY=2, WS_OPTIONS=COMPRESS | STRICT)
    assert drv.do("perform").code == OK
    bits, takeover = setting
    agreed = drv.getinfo(EXTENSIONS)
    assert agreed.startswith("permessage-deflate") and f"client_max_window_bits={bits}" in agreed
    assert ("client_no_context_takeover" in agreed) == (not takeover)
    drv.timeout = 60
    for size in (0, 1, 63, 64, 300, 1000, 40_000, 1_000_000):
        line = drv.do("echo", 3, "binary", f"pattern:{size}", wait=30_000)
        assert (line.code, line["done"], line["same"]) == (OK, 3, 1), size
    for noise in (100, 600, 3000):
        line = drv.do("echo", 2, "binary", os.urandom(noise) + bytes(noise))
        assert (line.code, line["same"]) == (OK, 1)
    line = drv.do("echo", 2, "text", "repeat:100000:61", wait=30_000)
    assert (line.code, line["same"]) == (OK, 1)
