"""The examples of the manual page, run as they are written there, against a server of the tests."""

import re
import subprocess

import pytest
from conftest import PROGRAM, ROOT, TIMEOUT, environment, wait_until

MANUAL = (ROOT / "tool/manual.roff").read_text()


def examples():
    section = MANUAL.split(".SH EXAMPLES\n")[1].split(".SH ")[0]
    return [line.replace("\\-", "-") for line in section.splitlines() if re.search(r"\bwscurl\b", line)]


def recipe(word):
    found = [line for line in examples() if word in line]
    assert len(found) == 1, (word, examples())
    return found[0]


@pytest.fixture
def run(server, tmp_path):
    def run(command, check=0):
        command = re.sub(r"wss?://[a-z.]+(:\d+)?", server.url, command)
        command = re.sub(r"\bwscurl\b", f"'{PROGRAM}'", command)
        ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=TIMEOUT, env=environment(), check=False)
        assert ran.returncode == check, ran
        return ran.stdout

    return run


def test_there_is_a_test_for_each():
    assert len(examples()) == 5


def test_a_message_and_its_answer(run, server):
    assert run(recipe("hello")) == b"hello\n"
    assert server.received == ["hello"]


def test_a_stream_until_a_line_matches(run, server):
    server.script = ["begun", b"\x00", 'all "done" now', "never"]

    def answer(connection, request):
        request.path = "/script"

    server.answer = answer
    shown = run(recipe("--until"))
    assert shown.startswith(b'{"type":"text","data":"begun"}\n{"type":"binary","data":"AA=="}\n{"type":"text","data":"all \\"done\\" now"}\n')
    assert b"never" not in shown


def test_a_file_as_one_binary_message(run, server, tmp_path):
    (tmp_path / "image.png").write_bytes(bytes(range(256)) * 1000)
    assert run(recipe("image.png").replace("/upload", "/watch")) == b""
    wait_until(lambda: server.closed)
    assert server.received == [bytes(range(256)) * 1000]


def test_lines_of_a_log(run, server, tmp_path):
    (tmp_path / "log").write_text("one\ntwo\n")
    run(recipe("tail").replace("tail -f", "tail"))
    wait_until(lambda: server.closed)
    assert server.received == ["one", "two"]
    assert server.requests[0].headers["X-Key"] == "secret"
    assert "permessage-deflate" in server.requests[0].headers["Sec-WebSocket-Extensions"]


def test_round_trips_on_four_connections(run, server):
    text = run(recipe("--bench").replace("10000x", "100x"))
    assert re.match(rb"400 round trips of 64 bytes: min ", text)
    assert server.connections == 4
