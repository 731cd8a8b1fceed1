"""The program `wscurl` against a server made of the package `websockets`."""

import base64
import hashlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import PROGRAM, ROOT, TIMEOUT, accept_silently, environment, serve_raw, wait_until


# --- messages


def test_lines_of_the_input_are_text_messages(wscurl, server):
    ran = wscurl("-n", 3, server.url, stdin=b"one\n\ntwo")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"one\n\ntwo\n", b"")
    assert server.received == ["one", "", "two"]
    wait_until(lambda: server.closed)
    assert server.closed == [(1000, "")]


def test_data_is_sent_first_and_in_order(wscurl, server, tmp_path):
    (tmp_path / "file").write_text("two\nlines")
    ran = wscurl("-d", "one", "-d", f"@{tmp_path}/file", "-n", 3, server.url, stdin=b"three\n")
    assert ran.returncode == 0
    assert server.received == ["one", "two\nlines", "three"]


def test_all_of_the_input_as_one_message(wscurl, server):
    ran = wscurl("-d", "@-", "-n", 1, server.url, stdin=b"a\nb\n")
    assert (ran.returncode, server.received) == (0, ["a\nb\n"])


def test_nul_ends_messages(wscurl, server):
    ran = wscurl("-0", "-n", 2, server.url, stdin=b"a\nb\0c\0")
    assert (ran.returncode, ran.stdout, server.received) == (0, b"a\nb\0c\0", ["a\nb", "c"])


def test_binary_is_marked_unless_asked_for(wscurl, server):
    server.script = [b"\x00\xff", "text"]
    for options, wanted in [([], b"base64:AP8=\ntext\n"), (["--hex"], b"hex:00ff\ntext\n"), (["-b"], b"\x00\xfftext\n")]:
        ran = wscurl(*options, server.url + "/script")
        assert (ran.returncode, ran.stdout) == (0, wanted)


def test_hex_and_base64_both_ways(wscurl, server):
    ran = wscurl("--hex", "-n", 2, server.url, stdin=b"hex:00 fF\ntext\n")
    assert (ran.stdout, server.received) == (b"hex:00ff\ntext\n", [b"\x00\xff", "text"])
    server.received.clear()
    ran = wscurl("--base64", "-n", 1, server.url, stdin=b"base64:AP8=\n")
    assert (ran.stdout, server.received) == (b"base64:AP8=\n", [b"\x00\xff"])


def test_json_is_lossless_both_ways(wscurl, server):
    messages = [
        {"type": "text", "data": 'a "quoted"\nline \u20ac \U0001f600'},
        {"type": "binary", "data": base64.b64encode(bytes(range(256))).decode()},
    ]
    lines = "".join(json.dumps(message) + "\n" for message in [*messages, {"type": "ping", "data": ""}])
    ran = wscurl("-j", "-n", 2, server.url, stdin=lines.encode())
    shown = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [message for message in shown if message["type"] in ("text", "binary")] == messages
    assert server.received == [messages[0]["data"], bytes(range(256))]


def test_json_can_close(wscurl, server):
    ran = wscurl("-j", server.url, stdin=b'{"type":"close","code":4001,"reason":"enough"}\n')
    assert ran.returncode == 0
    wait_until(lambda: server.closed)
    assert server.closed == [(4001, "enough")]


@pytest.mark.parametrize("line", [b"nonsense", b'{"type":"blob"}', b'{"type":"close","code":1005}'])
def test_wrong_json_names_the_line(wscurl, server, line):
    ran = wscurl("-j", server.url, stdin=b'{"type":"text","data":"a"}\n' + line + b"\n")
    assert ran.returncode == 26 and b"line 2" in ran.stderr


def test_text_that_is_not_utf_8_is_refused(wscurl, server):
    ran = wscurl("-n", 2, server.url, stdin=b"a\n\xff\n")
    assert ran.returncode == 26 and b"--binary" in ran.stderr


def test_a_file_as_one_message_or_in_pieces(wscurl, server, tmp_path):
    content = os.urandom(300_000)
    (tmp_path / "file").write_bytes(content)
    ran = wscurl("-b", "-T", tmp_path / "file", "-n", 1, server.url)
    assert (ran.returncode, server.received) == (0, [content])
    assert ran.stdout == content
    server.received.clear()
    ran = wscurl("-b", "-T", "-", "--chunk", "100k", "-n", 3, server.url, stdin=content)
    assert [len(message) for message in server.received] == [102400, 102400, 95200]
    assert ran.stdout == content


def test_output_goes_to_a_file(wscurl, server, tmp_path):
    ran = wscurl("-d", "a", "-n", 1, "-o", tmp_path / "out", server.url)
    assert (ran.stdout, (tmp_path / "out").read_bytes()) == (b"", b"a\n")


def test_each_message_is_written_at_once(start, server):
    process = start(server.url)
    for text in (b"one\n", b"two\n"):
        process.stdin.write(text)
        process.stdin.flush()
        assert process.stdout.readline() == text
    process.stdin.close()
    assert process.wait(TIMEOUT) == 0


# --- the end


def test_count_0_sends_everything_and_ends(wscurl, server):
    ran = wscurl("-n", 0, server.url + "/watch", stdin=b"a\nb\n")
    assert ran.returncode == 0
    wait_until(lambda: server.received == ["a", "b"])


def test_count_0_can_wait_for_answers(wscurl, server):
    ran = wscurl("-n", 0, "--linger", 2, "-d", "a", server.url)
    assert (ran.returncode, ran.stdout) == (0, b"a\n")


def test_until_matches(wscurl, server):
    server.script = ["one", "two", "three"]
    ran = wscurl("--until", "^t", server.url + "/script")
    assert (ran.returncode, ran.stdout) == (0, b"one\ntwo\n")


def test_after_the_input_it_waits_for_messages(wscurl, server):
    begun = time.monotonic()
    ran = wscurl("--linger", 2, server.url, stdin=b"a\n")
    assert (ran.returncode, ran.stdout) == (0, b"a\n")
    assert time.monotonic() - begun >= 2


@pytest.mark.parametrize(("close", "code", "text"), [
    ((1000, ""), 0, b""),
    ((1001, "going"), 0, b""),
    ((1008, "policy violation"), 100, b"wscurl: closed by server: 1008 policy violation\n"),
    ((4000, ""), 100, b"wscurl: closed by server: 4000\n"),
    (None, 101, b"wscurl: connection lost"),
])  # fmt: skip
def test_exit_codes_of_an_open_connection(wscurl, server, close, code, text):
    server.close = close
    ran = wscurl(server.url + "/script")
    assert ran.returncode == code and ran.stderr.startswith(text)


@pytest.mark.parametrize("option", [["-n", "3"], ["--until", "never"]])
def test_exit_code_of_messages_that_do_not_come(wscurl, server, option):
    server.script = ["one"]
    ran = wscurl(*option, server.url + "/script")
    assert (ran.returncode, ran.stdout) == (102, b"one\n")


def test_exit_codes_of_curl(wscurl, server):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert wscurl(f"ws://127.0.0.1:{port}/").returncode == 7
    assert wscurl("http://localhost/").returncode == 1
    assert wscurl("ws://nowhere.invalid/").returncode == 6
    assert wscurl("--nonsense", server.url).returncode == 2
    for option in (["--ping", "-1"], ["--count", "x"], ["--until", "("], ["--close", "1005"], ["--write-out", "%{nonsense}"], ["--hex", "-j"],
                   ["--header", "no colon"], ["--reconnect=x"], ["--parallel", "0", "--bench", "1"]):
        ran = wscurl(*option, server.url)
        assert ran.returncode == 2 and option[0].split("=")[0].encode() in ran.stderr, option
    server.refuse = 403
    ran = wscurl(server.url)
    assert ran.returncode == 22 and b"403" in ran.stderr and b"not today" in ran.stderr
    assert wscurl("-s", server.url).stderr == b""


def test_time_limits(wscurl, server):
    ran = wscurl("-m", 0.3, "-n", 1, server.url + "/watch")
    assert ran.returncode == 28 and b"--max-time" in ran.stderr
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ran = wscurl("--connect-timeout", 0.3, f"ws://127.0.0.1:{silent.getsockname()[1]}/")
    assert ran.returncode == 28


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_closes_with_1001(start, server, number):
    process = start(server.url)
    process.stdin.write(b"a\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"a\n"
    process.send_signal(number)
    assert process.wait(TIMEOUT) == 130
    wait_until(lambda: server.closed)
    assert server.closed == [(1001, "")]


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_waits_a_second_for_the_answer_and_a_second_one_does_not(start, signals):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = start(f"ws://127.0.0.1:{listener.getsockname()[1]}/")
        connection = accept_silently(listener)
        process.stdin.write(b"a\n")
        process.stdin.flush()
        assert connection.recv(100)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert connection.recv(100)[0] == 0x88
        if signals == 2:
            process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130
        took = time.monotonic() - began
        assert took < 1 if signals == 2 else 0.9 < took < 8


def test_ctrl_c_while_connecting(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start(f"ws://127.0.0.1:{silent.getsockname()[1]}/")
        with silent.accept()[0]:
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT) == 130


def test_nobody_reads_the_output(server):
    server.script = ["line"] * 1000
    command = f"'{PROGRAM}' {server.url}/script < /dev/null | head -n 1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, timeout=TIMEOUT, env=environment(), check=False)
    assert ran.stdout == b"line\n0\n" and ran.stderr == b""


def test_own_close_code(wscurl, server):
    wscurl("-d", "a", "-n", 1, "--close", "4002:done", server.url)
    wait_until(lambda: server.closed)
    assert server.closed == [(4002, "done")]


# --- the connection


def test_request_headers(wscurl, server, tmp_path):
    (tmp_path / "headers").write_text("X-One: 1\nX-Two: 2\n")
    wscurl(
        "-n", 0, "-H", "X-Zero: 0", "-H", f"@{tmp_path}/headers", "-A", "me", "--origin", "https://o.test", "-u", "user:secret",
        "--cookie", "a=b", server.url,
    )  # fmt: skip
    headers = server.requests[0].headers
    assert (headers["X-Zero"], headers["X-One"], headers["X-Two"], headers["User-Agent"]) == ("0", "1", "2", "me")
    assert (headers["Origin"], headers["Cookie"]) == ("https://o.test", "a=b")
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()
    wscurl("-n", 0, "--oauth2-bearer", "token", server.url)
    assert server.requests[1].headers["Authorization"] == "Bearer token"


def test_subprotocols(wscurl, server):
    ran = wscurl("-n", 0, "-p", "other,chat", "-w", "%{protocol}", server.url)
    assert (ran.returncode, ran.stdout) == (0, b"chat")
    ran = wscurl("-n", 0, "-p", "other", server.url)
    assert ran.returncode == 8 and b"no subprotocol" in ran.stderr


@pytest.mark.parametrize("option", ["-z", "--no-context-takeover"])
def test_compression(wscurl, server, option):
    text = "abc" * 10_000
    ran = wscurl(option, "-d", text, "-n", 1, "-w", "%{extensions}", server.url)
    assert ran.stdout.startswith(text.encode() + b"\npermessage-deflate")


def test_certificates(wscurl, secure_server):
    ran = wscurl("-n", 0, secure_server.url)
    assert ran.returncode == 60 and b"certificate" in ran.stderr
    assert wscurl("-n", 0, "-k", secure_server.url).returncode == 0
    for options in [[], ["--tlsv1.3"], ["--tlsv1.2", "--tls-max", "1.2"]]:
        ran = wscurl("--cacert", secure_server.ca, *options, "-d", "a", "-n", 1, secure_server.url)
        assert (ran.returncode, ran.stdout) == (0, b"a\n")


def test_addresses(wscurl, server):
    port = server.port
    family = "-6" if ":" in server.url.split("//")[1].rsplit(":", 1)[0] else "-4"
    assert wscurl("-n", 0, "--resolve", f"other.test:{port}:127.0.0.1,[::1]", f"ws://other.test:{port}").returncode == 0
    assert wscurl("-n", 0, "--connect-to", f"other.test:80:localhost:{port}", "ws://other.test/").returncode == 0
    assert wscurl(family, "-n", 0, server.url).returncode in (0, 7)


def test_large_messages_can_be_refused(wscurl, server):
    server.script = ["x" * 1001]
    ran = wscurl("--max-message-size", 1000, server.url + "/script")
    assert ran.returncode == 101 and b"1000" in ran.stderr


def test_reconnect_sends_the_greeting_again(start, server):
    process = start("-d", "hello", "--reconnect", "--reconnect-delay", "0.05:0.1", server.url + "/script")
    server.close = (1011, "again")
    wait_until(lambda: server.connections >= 3)
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT) == 130


def test_reconnect_gives_up_after_its_number(wscurl):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ran = wscurl("--reconnect=2", "--reconnect-delay", "0.01:0.02", f"ws://127.0.0.1:{port}/")
    assert ran.returncode == 7
    assert ran.stderr.count(b"connecting again") == 2


def test_keep_alive_finds_a_dead_server(wscurl):
    """A server that answers the opening handshake and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve_raw(listener)
        ran = wscurl("--ping", 0.2, "--pong-timeout", 0.5, "-n", 1, f"ws://127.0.0.1:{listener.getsockname()[1]}/")
    assert ran.returncode == 101 and b"PING" in ran.stderr


# --- looking


def test_verbose_shows_the_head_and_frames(wscurl, secure_server):
    options = ["--cacert", secure_server.ca, "-d", "a", "-n", 1, secure_server.url]
    once, twice = wscurl("-v", *options).stderr, wscurl("-vv", *options).stderr
    assert b"> GET / HTTP/1.1\n" in once and b"< HTTP/1.1 101" in once and b"TEXT frame" in once
    assert b"SSL connection" not in once and b"SSL connection" in twice


def test_trace_has_the_bytes(wscurl, server, tmp_path):
    wscurl("--trace", tmp_path / "trace", "-d", "hello", "-n", 1, server.url)
    trace = (tmp_path / "trace").read_text()
    assert "Send header" in trace and "Recv data" in trace and "..hello" in trace


def test_the_response_head_can_be_included(wscurl, server):
    ran = wscurl("-i", "-d", "a", "-n", 1, server.url)
    assert ran.stdout.startswith(b"HTTP/1.1 101 ") and ran.stdout.endswith(b"\r\n\r\na\n")


def test_timestamps(wscurl, server):
    ran = wscurl("--timestamps", "-d", "a", "-n", 1, server.url)
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z a\n", ran.stdout)


def test_write_out(wscurl, server):
    server.script, server.close = ["one", "two"], (4000, "done")
    form = "%{http_code} %{messages_received} %{bytes_received} %{close_code} %{close_reason} %{exitcode} %{remote_port}\\n"
    ran = wscurl("-o", "/dev/null", "-w", form, server.url + "/script")
    assert ran.stdout == f"101 2 6 4000 done 100 {server.port}\n".encode()


def manual_fields():
    """The fields that the program's manual page documents."""
    return re.findall(r'^    \("(\w+)", "', (ROOT / "tool/src/fields.rs").read_text(), re.MULTILINE)


def test_every_field_of_write_out(wscurl, secure_server):
    server, address = secure_server, r"(127\.0\.0\.1|::1)"
    wanted = {
        "bytes_received": "6", "bytes_sent": "6", "close_code": "1000", "close_reason": "", "errormsg": "", "exitcode": "0",
        "extensions": "permessage-deflate.*", "http_code": "101", "local_ip": address, "local_port": r"\d{4,5}", "messages_received": "2",
        "messages_sent": "2", "protocol": "chat", "reconnects": "0", "remote_ip": address, "remote_port": str(server.port),
        "rtt": r"\d\.\d{6}", "time_appconnect": r"\d+\.\d{6}", "time_connect": r"\d+\.\d{6}", "time_namelookup": r"\d+\.\d{6}",
        "time_starttransfer": r"\d+\.\d{6}", "url": server.url + "/",
    }  # fmt: skip
    assert sorted(wanted) == manual_fields()
    form = "".join(f"{name}=%{{{name}}}\\n" for name in wanted)
    ran = wscurl("--cacert", server.ca, "-z", "-p", "chat", "-n", 2, "-d", "one", "-d", "two", "-o", "/dev/null", "-w", form, server.url + "/")
    shown = dict(line.split("=", 1) for line in ran.stdout.decode().splitlines())
    for name, pattern in wanted.items():
        assert re.fullmatch(pattern, shown[name]), (name, shown[name])
    times = [float(shown["time_" + name]) for name in ("namelookup", "connect", "appconnect", "starttransfer")]
    assert times == sorted(times) and times[-1] > 0


def test_the_round_trip_of_a_ping(wscurl, server):
    ran = wscurl("--ping", 0.1, "--linger", 2, "-w", "%{rtt}", server.url)
    assert 0 < float(ran.stdout) < 10


def test_bench(wscurl, server):
    ran = wscurl("--bench", "50x100", "--parallel", 2, server.url)
    assert re.match(rb"100 round trips of 100 bytes: min [\d.]+ us, median [\d.]+ us, p99 [\d.]+ us, \d+ messages/s\n", ran.stdout)
    assert len(server.received) == 100


# --- much data


def test_many_lines_in_both_directions(wscurl, server):
    lines = b"".join(b"line %d\n" % number for number in range(50_000))
    ran = wscurl("-n", 50_000, server.url, stdin=lines)
    assert ran.stdout == lines


def test_memory_does_not_grow_with_short_lines(start, server, tmp_path):
    (tmp_path / "lines").write_bytes(b"a short line of the input\n" * 1_000_000)
    with open(tmp_path / "lines", "rb") as lines, open(os.devnull, "wb") as nowhere:
        process = start("--ping", 0, "-n", 0, server.url + "/nothing", stdin=lines, stdout=nowhere)
        most = 0
        while process.poll() is None:
            most = max(most, peak_memory(process.pid))
            time.sleep(0.01)
    assert process.returncode == 0, process.stderr.read()
    assert 0 < most < 30 * 1024, f"{most} KiB"


@pytest.mark.parametrize("options", [["-b", "-T", "-"], ["-b", "-T", "-", "--chunk", "1M"], []])
def test_a_pipe_in_both_directions(start, server, options):
    """100 MB, or WSCURL_PIPE_MB: no byte changed, and memory does not grow."""
    megabytes = int(os.environ.get("WSCURL_PIPE_MB", 100))
    is_one = options == ["-b", "-T", "-"]
    # The package websockets refuses a message of many more fragments.
    size = (min(megabytes, 100) if is_one else megabytes) * 1_000_000
    block = (os.urandom(1_000_000) if options else base64.b64encode(os.urandom(750_000))[:-1] + b"\n")[:1_000_000]
    count = size // len(block) if "--chunk" not in options else -(-size // (1 << 20))
    # The server takes its time: it holds each message as a whole.
    process = start(*options, "--ping", 0, "-n", 1 if is_one else count, server.url)
    server.keeps = False
    feeder = threading.Thread(target=feed, args=(process.stdin, block, size), daemon=True)
    feeder.start()
    received, digest, most = 0, hashlib.sha256(), 0
    while piece := process.stdout.read(1 << 20):
        received += len(piece)
        digest.update(piece)
        most = max(most, peak_memory(process.pid))
    assert (received, process.wait(TIMEOUT), process.stderr.read()) == (size, 0, b"")
    wanted = hashlib.sha256()
    for _ in range(size // len(block)):
        wanted.update(block)
    assert digest.digest() == wanted.digest()
    assert most < 40 * 1024, f"{most} KiB"


def peak_memory(pid):
    """In KiB; 0 after the end."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0


def feed(pipe, block, size):
    for _ in range(size // len(block)):
        pipe.write(block)
    pipe.close()


def test_memory_does_not_grow_with_a_message(start, server, tmp_path):
    size = 64 << 20
    with open(tmp_path / "file", "wb") as file:
        file.truncate(size)
    process = start("-b", "-T", tmp_path / "file", "-n", 1, server.url, stdin=subprocess.DEVNULL)
    received = most = 0
    while piece := process.stdout.read(1 << 20):
        received += len(piece)
        most = max(most, peak_memory(process.pid))
    assert (received, process.wait(TIMEOUT)) == (size, 0)
    assert most < 40 * 1024, f"{most} KiB"


# --- a terminal


class Terminal:
    """The program in a terminal of its own."""

    def __init__(self, *arguments, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, *arguments], environment(TERM="xterm", **env))
        self.shown = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, text):
        end = time.monotonic() + TIMEOUT
        while text not in self.shown:
            assert time.monotonic() < end, self.shown
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.shown += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:  # the other end is closed
                    assert text in self.shown, self.shown

    def exit_code(self):
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def start(*arguments, **env):
        opened.append(Terminal(*arguments, HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path), **env))
        return opened[-1]

    yield start
    for one in opened:
        os.close(one.fd)


def test_typing_in_a_terminal(terminal, server, tmp_path):
    screen = terminal(server.url, NO_COLOR="1")
    screen.wait_for("connected to")
    screen.type("hello\r")
    wait_until(lambda: server.received == ["hello"])
    screen.type("/binary 00ff\r")
    screen.wait_for("base64:AP8=")
    screen.type("/nonsense\r")
    screen.wait_for("/nonsense is not a command")
    screen.type("//slash\r")
    wait_until(lambda: server.received[1:] == [b"\x00\xff", "/slash"])
    screen.type("/close 4003 bye now\r")
    assert screen.exit_code() == 0
    wait_until(lambda: server.closed)
    assert server.closed == [(4003, "bye now")]
    assert "hello" in (tmp_path / "wscurl_history").read_text()
    assert "\x1b[36m" not in screen.shown


def test_colours_and_harmless_text_in_a_terminal(terminal, server):
    server.script, server.close = ["a\x1b]0;evil\x07b"], (1000, "")
    screen = terminal(server.url + "/script")
    assert screen.exit_code() == 0
    assert "\x1b[36ma\ufffd]0;evil\ufffdb" in screen.shown


def test_ctrl_c_and_ctrl_d_in_a_terminal(terminal, server):
    screen = terminal(server.url)
    screen.wait_for("connected to")
    screen.type("\x03")
    assert screen.exit_code() == 130
    screen = terminal("--linger", "0", server.url)
    screen.wait_for("connected to")
    screen.type("\x04")
    assert screen.exit_code() == 0
    wait_until(lambda: len(server.closed) == 2)
    assert [code for code, _ in server.closed] == [1001, 1000]
