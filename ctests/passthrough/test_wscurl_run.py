"""`wscurl-run`, installed."""

import os
import shutil
import subprocess

import pytest
from dropin import ROOT, needs, needs_libcurl, run


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    run("make", "-C", ROOT, "install", f"PREFIX={folder}", "DESTDIR=", "CARGO=false", "RUSTC=false", drop_in=False)
    return folder


def check(prefix, program, status=0):
    return run(prefix / "bin/wscurl-run", "--check", program, drop_in=False, status=status).decode()


@needs("curl", "--version")
def test_a_program_gets_ws(prefix, ws_echo):
    assert run(prefix / "bin/wscurl-run", "curl", "-s", f"{ws_echo.url}/greeting", drop_in=False).startswith(b"hello")
    said = check(prefix, "curl")
    assert f"with wscurl-run: {prefix}/lib/wscurl/libcurl.so.4 (by LD_LIBRARY_PATH)\n" in said
    assert " http " in said and said.splitlines()[4].endswith(" ws wss")


@needs("curl", "--version")
def test_a_moved_prefix(prefix, tmp_path, ws_echo):
    shutil.copytree(prefix, tmp_path / "moved", symlinks=True)
    assert run(tmp_path / "moved/bin/wscurl-run", "curl", "-s", f"{ws_echo.url}/greeting", drop_in=False).startswith(b"hello")


@needs_libcurl
def test_a_program_with_an_rpath(prefix, tmp_path, ws_echo):
    libdir = subprocess.run(["pkg-config", "--variable=libdir", "libcurl"], capture_output=True, text=True, check=True).stdout.strip()
    program = tmp_path / "one"
    rpath = f"-Wl,--disable-new-dtags,-rpath,{libdir}"
    subprocess.run(["cc", f"-I{ROOT}/include", "-o", program, ROOT / "ctests/passthrough/one.c", "-lcurl", rpath], check=True)
    assert "(by LD_PRELOAD)\n" in check(prefix, program)
    assert b"received 0: one\n" in run(prefix / "bin/wscurl-run", program, "file:///etc/passwd", f"{ws_echo.url}/echo", drop_in=False)


@needs("curl", "--version")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes setuid programs that are its own")
def test_what_it_can_do_nothing_for(prefix, tmp_path):
    setuid = shutil.copy(shutil.which("curl"), tmp_path / "setuid")
    os.chmod(setuid, 0o4755)
    (tmp_path / "static.c").write_text("int main(void) { return 0; }")
    subprocess.run(["cc", "-static", "-o", tmp_path / "static", tmp_path / "static.c"], check=True)
    for program in ("setuid", "static"):
        assert "with wscurl-run: the same; ws and wss are not wscurl's\n" in check(prefix, tmp_path / program, status=1)
    run(prefix / "bin/wscurl-run", "no-such-program", drop_in=False, status=127)
    run(prefix / "bin/wscurl-run", drop_in=False, status=2)
