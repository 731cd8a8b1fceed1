"""What `make install` puts into a prefix, used as a program's build would use it: pkg-config, CMake, Meson, curl-config, shared and
static, beside the system's libcurl and in its place. `make test-install`."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
EXPORTED = sorted((ROOT / "build/exports.txt").read_text().split())


def run(*command, env=None, **options):
    """What the command prints; it must succeed."""
    ran = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        env=clean_environment() | (env or {}), **options,
    )  # fmt: skip
    assert ran.returncode == 0, f"{command}\n{ran.stdout}"
    return ran.stdout


def clean_environment():
    """Without what `make` tells the commands that it runs."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LD_LIBRARY_PATH")}


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {' '.join(missing)}")


@functools.cache
def has_system_libcurl():
    return shutil.which("pkg-config") and subprocess.run(["pkg-config", "--exists", "libcurl"], check=False).returncode == 0


needs_system_libcurl = pytest.mark.skipif(not has_system_libcurl(), reason="not installed: libcurl's development files")


def make(target, prefix, *variables, destdir=""):
    """Neither cargo nor rustc can be run."""
    return run("make", "-C", ROOT, target, f"PREFIX={prefix}", f"DESTDIR={destdir}", "CARGO=false", "RUSTC=false", *variables)


def pkg_config(prefix, *arguments, package="wscurl", moved=False):
    folder = prefix / ("lib/pkgconfig" if package == "wscurl" else "lib/wscurl/lib/pkgconfig")
    moved = ["--define-prefix"] if moved else []
    return run("pkg-config", *moved, *arguments, package, env={"PKG_CONFIG_LIBDIR": str(folder)}).split()


def compile_c(output, source, *arguments):
    run("cc", "-Wall", "-Wextra", "-Werror", "-o", output, source, *arguments)
    return output


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prefix")
    make("install", folder)
    return folder


@pytest.fixture(scope="module")
def readme_program(tmp_path_factory):
    """The first C program of the README."""
    source = tmp_path_factory.mktemp("readme") / "hello.c"
    source.write_text(re.search(r"```c\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1))
    return source


@pytest.fixture
def says_hello(ws_echo):
    """Runs a program that greets the echo server."""

    def check(program, **options):
        assert run(program, ws_echo.url + "/echo", **options) == "hello\n"

    return check


def libraries_of(program):
    """The shared libraries of a program and where they are found; none for a static one."""
    ran = subprocess.run(["ldd", program], capture_output=True, text=True, check=False, env=clean_environment())
    return dict(re.findall(r"^\s*(\S+) => (\S+)", ran.stdout, re.MULTILINE))


# --- the files


def test_links_and_documents(prefix):
    version = re.search(r'WSCURL_VERSION "(.*)"', (ROOT / "include/curl/curlver.h").read_text()).group(1)
    for folder, name in ((prefix / "lib", "libwscurl.so"), (prefix / "lib/wscurl/lib", "libcurl.so")):
        assert os.readlink(folder / name) == f"{name}.4"
        assert os.readlink(folder / f"{name}.4") == f"{name}.4.{version}"
        assert (folder / f"{name}.4.{version}").is_file()
    documents = {path.name for path in (prefix / "share/doc/wscurl").iterdir()}
    licences = {"LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY"}
    assert documents == {"README.md", "CHANGELOG.md", "SECURITY.md", "docs"} | licences
    assert (prefix / "share/doc/wscurl/docs/options.md").is_file()


def test_uninstall_twice(tmp_path):
    make("install", "/opt/wscurl", destdir=tmp_path)
    assert (tmp_path / "opt/wscurl/lib/wscurl/libcurl.so.4").is_file()
    first = make("uninstall", "/opt/wscurl", destdir=tmp_path)
    second = make("uninstall", "/opt/wscurl", destdir=tmp_path)
    assert not re.search("rm|No such|cannot", first + second), first + second
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert not (tmp_path / "opt/wscurl/lib/wscurl").exists()


def test_other_folders(tmp_path, readme_program, says_hello):
    multiarch = [f"LIBDIR={tmp_path}/lib/some-arch", f"INCLUDEDIR={tmp_path}/headers"]
    make("install", tmp_path, *multiarch)
    env = {"PKG_CONFIG_LIBDIR": f"{tmp_path}/lib/some-arch/pkgconfig"}
    flags = run("pkg-config", "--cflags", "--libs", "wscurl", env=env).split()
    program = compile_c(tmp_path / "hello", readme_program, *flags, f"-Wl,-rpath,{tmp_path}/lib/some-arch")
    says_hello(program)
    in_place = compile_c(tmp_path / "in_place", readme_program, *run(tmp_path / "lib/some-arch/wscurl/bin/curl-config", "--cflags", "--libs").split())
    says_hello(in_place, env={"LD_LIBRARY_PATH": f"{tmp_path}/lib/some-arch/wscurl"})
    make("uninstall", tmp_path, *multiarch)
    assert not (tmp_path / "headers/wscurl").exists() and not (tmp_path / "lib/some-arch/wscurl").exists()


def test_size(prefix):
    """docs/size.md says what of. Not more than some new code: a dependency or a function that is inlined everywhere is noticed."""
    assert (prefix / "lib/libwscurl.so.4").stat().st_size < 3_800_000


def test_no_path_of_the_builders(prefix):
    places = [str(ROOT), os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"), str(Path.home())]
    for library in [*prefix.rglob("*.a"), *prefix.rglob("*.so.4")]:
        content = library.read_bytes()
        assert [place for place in places if place.encode() + b"/" in content] == [], library


# --- with pkg-config


def test_shared(prefix, tmp_path, readme_program, says_hello):
    flags = pkg_config(prefix, "--cflags", "--libs")
    program = compile_c(tmp_path / "hello", readme_program, *flags, f"-Wl,-rpath,{prefix}/lib")
    says_hello(program)
    assert libraries_of(program)["libwscurl.so.4"] == f"{prefix}/lib/libwscurl.so.4"


def test_flags_for_static_linking_work_for_the_shared_library_too(prefix, tmp_path, readme_program, says_hello):
    flags = pkg_config(prefix, "--static", "--cflags", "--libs")
    says_hello(compile_c(tmp_path / "hello", readme_program, *flags, f"-Wl,-rpath,{prefix}/lib"))


def test_fully_static(prefix, tmp_path, readme_program, says_hello):
    flags = pkg_config(prefix, "--static", "--cflags", "--libs")
    run("cc", "-static", "-o", tmp_path / "hello", readme_program, *flags)  # glibc warns of getaddrinfo
    says_hello(tmp_path / "hello")
    assert libraries_of(tmp_path / "hello") == {}


def test_static_library_only(prefix, tmp_path, readme_program, says_hello):
    flags = [flag.replace("-lwscurl", "-l:libwscurl.a") for flag in pkg_config(prefix, "--static", "--cflags", "--libs")]
    program = compile_c(tmp_path / "hello", readme_program, *flags)
    says_hello(program)
    assert "libwscurl.so.4" not in libraries_of(program)


@pytest.mark.parametrize("package", ["wscurl", "libcurl"])
def test_a_prefix_can_be_moved(prefix, tmp_path, readme_program, says_hello, package):
    moved = tmp_path / "elsewhere"
    shutil.copytree(prefix, moved, symlinks=True)
    flags = pkg_config(moved, "--cflags", "--libs", package=package, moved=True)
    assert str(moved) in " ".join(flags) and str(prefix) not in " ".join(flags)
    library = moved / ("lib" if package == "wscurl" else "lib/wscurl")
    says_hello(compile_c(tmp_path / "hello", readme_program, *flags, f"-Wl,-rpath,{library}"))


# --- the static library


def test_static_library_defines_nothing_else(prefix):
    symbols = run("readelf", "--wide", "--symbols", prefix / "lib/libwscurl.a")
    defined = {line.split()[7] for line in symbols.splitlines() if re.search(r" (GLOBAL|WEAK|UNIQUE) +DEFAULT +\d+ ", line)}
    assert sorted(defined) == EXPORTED


@needs("rustc")
@pytest.mark.parametrize("static", [[], ["-static"]], ids=["dynamic", "static"])
def test_beside_another_rust_library(prefix, tmp_path, static):
    """All of both archives is linked, so that any symbol that both define would be an error."""
    run("rustc", "-O", "--crate-type=staticlib", "-o", tmp_path / "libother.a", HERE / "other.rs")
    flags = pkg_config(prefix, "--static", "--cflags", "--libs-only-other")
    both = [tmp_path / "libother.a", prefix / "lib/libwscurl.a"]
    for archives in (both, both[::-1]):
        run("cc", *static, "-o", tmp_path / "two", HERE / "two_rusts.c", *flags, "-Wl,--whole-archive", *archives, "-Wl,--no-whole-archive", "-lm")
        assert run(tmp_path / "two") == "wscurl: code 7\nother: caught a panic\n"


@needs("c++")
@pytest.mark.parametrize("static", [[], ["-static"]], ids=["dynamic", "static"])
def test_exceptions_pass_through_the_static_library(prefix, tmp_path, ws_echo, static):
    flags = [flag.replace("-lwscurl", "-l:libwscurl.a") for flag in pkg_config(prefix, "--static", "--cflags", "--libs")]
    run("c++", "-std=c++17", *static, "-o", tmp_path / "left", ROOT / "ctests/programs/left_callback.cpp", *flags)
    said = run(tmp_path / "left", "throw", "easy", "write", "cleanup", ws_echo.url + "/greeting")
    assert said.startswith("caught 7, destroyed 1\n")


# --- in libcurl's place


def test_curl_config(prefix, tmp_path, readme_program, says_hello):
    config = prefix / "lib/wscurl/bin/curl-config"
    program = compile_c(tmp_path / "hello", readme_program, *run(config, "--cflags", "--libs").split())
    says_hello(program, env={"LD_LIBRARY_PATH": f"{prefix}/lib/wscurl"})
    says_hello(program, env={"LD_LIBRARY_PATH": f"{prefix}/lib/wscurl/lib"})
    static = compile_c(tmp_path / "static", readme_program, *run(config, "--cflags", "--static-libs").split())
    says_hello(static)
    assert "libcurl.so.4" not in libraries_of(static)
    assert run(config, "--prefix").strip() == f"{prefix}/lib/wscurl"
    run(config, "--checkfor", "7.86.0")
    assert subprocess.run([config, "--checkfor", "99.0"], capture_output=True, check=False).returncode == 1
    assert subprocess.run([config, "--nonsense"], capture_output=True, check=False).returncode == 1


def test_curl_config_and_the_library_agree(prefix, tmp_path):
    config = prefix / "lib/wscurl/bin/curl-config"
    flags = run(config, "--cflags", "--libs").split()
    program = compile_c(tmp_path / "version", HERE / "version.c", *flags, f"-Wl,-rpath,{prefix}/lib/wscurl/lib")
    told = dict(line.split("=", 1) for line in run(program).splitlines())
    assert run(config, "--version").split() == ["libcurl", told["version"]]
    assert int(run(config, "--vernum"), 16) == int(told["number"])
    assert run(config, "--protocols").lower().split() == told["protocols"].split()
    assert run(config, "--features").split() == told["features"].split()
    assert told["ssl"].startswith(run(config, "--ssl-backends").strip())
    assert pkg_config(prefix, "--modversion", package="libcurl") == [told["version"]]


@needs_system_libcurl
def test_a_program_for_the_systems_libcurl_runs_with_ours(prefix, tmp_path):
    program = compile_c(tmp_path / "version", HERE / "version.c", *run("pkg-config", "--cflags", "--libs", "libcurl").split())
    assert "wscurl" not in run(program)
    assert "own=wscurl" in run(program, env={"LD_LIBRARY_PATH": f"{prefix}/lib/wscurl"})
    assert "own=wscurl" in run(program, env={"LD_PRELOAD": f"{prefix}/lib/wscurl/libcurl.so.4"})


@needs_system_libcurl
@pytest.mark.parametrize("order", [["-lwscurl", "-lfetch"], ["-lfetch", "-lwscurl"]], ids=" ".join)
def test_beside_a_library_that_uses_the_systems_libcurl(prefix, tmp_path, ws_echo, order):
    """The program's calls go to ours, those of the library libfetch to the system's libcurl, which does http."""
    run("cc", "-shared", "-fPIC", "-o", tmp_path / "libfetch.so", HERE / "fetch.c", *run("pkg-config", "--cflags", "--libs", "libcurl").split())
    flags = [flag for flag in pkg_config(prefix, "--cflags", "--libs") if flag != "-lwscurl"]
    rpath = f"-Wl,-rpath,{tmp_path}:{prefix}/lib"
    program = compile_c(tmp_path / "both", HERE / "both.c", *flags, f"-L{tmp_path}", "-Wl,--no-as-needed", *order, rpath)
    assert {"libwscurl.so.4", "libcurl.so.4"} <= set(libraries_of(program))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        said = run(program, ws_echo.url + "/echo", f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
    assert said == "wscurl: code 0, ours\nlibfetch: code 0, another's, 18 bytes\nwscurl: http is code 1\n"


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello over the web")

    def log_message(self, *_):
        pass


# --- with build systems


def cmake(folder, source, *variables):
    run("cmake", "-S", source, "-B", folder, *variables)
    run("cmake", "--build", folder)
    return folder / "hello"


@needs("cmake")
def test_cmake_finds_wscurl(prefix, tmp_path, readme_program, says_hello):
    program = cmake(tmp_path, HERE / "cmake/wscurl", f"-DPROGRAM={readme_program}", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert libraries_of(program)["libwscurl.so.4"].startswith(f"{prefix}/lib/")
    says_hello(program)


@needs("cmake")
@pytest.mark.parametrize("target", ["CURL::libcurl", "CURL::libcurl_static"])
def test_cmake_finds_curl(prefix, tmp_path, readme_program, says_hello, target):
    place = [f"-DPROGRAM={readme_program}", f"-DTARGET={target}", f"-DCMAKE_PREFIX_PATH={prefix}/lib/wscurl"]
    program = cmake(tmp_path, HERE / "cmake/curl", *place)
    assert (libraries_of(program).get("libcurl.so.4") is None) == target.endswith("static")
    says_hello(program)


@needs("cmake")
@pytest.mark.parametrize("asked", ["VERSION=99.0", "COMPONENT=HTTP"])
def test_cmake_does_not_find_what_is_not_there(prefix, tmp_path, readme_program, asked):
    ran = subprocess.run(
        ["cmake", "-S", HERE / "cmake/curl", "-B", tmp_path, f"-DPROGRAM={readme_program}", f"-D{asked}", "-DTARGET=CURL::libcurl",
         f"-DCURL_DIR={prefix}/lib/wscurl/lib/cmake/CURL", "-DCMAKE_FIND_PACKAGE_PREFER_CONFIG=ON"],
        capture_output=True, text=True, check=False, env=clean_environment(),
    )  # fmt: skip
    assert ran.returncode != 0 and "CURL" in ran.stderr, ran.stdout + ran.stderr


@needs("meson", "ninja")
def test_meson_finds_wscurl(prefix, tmp_path, readme_program, says_hello):
    source = tmp_path / "source"
    shutil.copytree(HERE / "meson", source)
    shutil.copy(readme_program, source / "hello.c")
    run("meson", "setup", tmp_path / "build", source, env={"PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"})
    run("meson", "compile", "-C", tmp_path / "build")
    says_hello(tmp_path / "build/hello", env={"LD_LIBRARY_PATH": f"{prefix}/lib"})
