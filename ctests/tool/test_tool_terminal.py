"""`wscurl` in a terminal, seen as a user sees it: tmux keeps the screen. With WSCURL_SESSION=FILE the screens are written there."""

import itertools
import os
import shutil
import subprocess
import time

import pytest
from conftest import PROGRAM, TIMEOUT, environment, wait_until

NUMBERS = itertools.count()
pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


class Screen:
    """A terminal with the program in it, in a tmux server of its own."""

    def __init__(self, folder, *arguments, width=72, height=30):
        self.socket = str(folder / f"tmux-{next(NUMBERS)}")
        command = " ".join(f"'{word}'" for word in (PROGRAM, *arguments))
        env = environment(HOME=str(folder), XDG_STATE_HOME=str(folder), TERM="xterm", LC_ALL="C.UTF-8", NO_COLOR="1")
        self.env = {name: value for name, value in env.items() if name != "TMUX"}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), f"{command}; echo \"exit code $?\"; sleep 600")
        self.recorded = []

    def tmux(self, *words):
        command = ["tmux", "-S", self.socket, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT, env=self.env).stdout

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def lines(self):
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines() if line.strip()]

    def shows(self, *wanted, what=""):
        """Waits until the last lines are these, and records the screen."""
        end = time.monotonic() + TIMEOUT
        while self.lines()[-len(wanted) :] != list(wanted):
            assert time.monotonic() < end, "\n".join(self.lines())
            time.sleep(0.02)
        if what:
            self.recorded.append((what, self.lines()))

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
        if (path := os.environ.get("WSCURL_SESSION")) and self.recorded:
            with open(path, "a") as file:
                for what, lines in self.recorded:
                    file.write(f"--- {what}\n" + "".join(f"    {line}\n" for line in lines) + "\n")


@pytest.fixture
def screen(tmp_path):
    opened = []

    def start(*arguments, **size):
        opened.append(Screen(tmp_path, *arguments, **size))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def send(server, text):
    """A message of the server's own."""
    for connection in list(server.server.connections):
        server.loop.call_soon_threadsafe(lambda connection=connection: server.loop.create_task(connection.send(text)))


def test_a_session(screen, server, tmp_path):
    terminal = screen(server.url)
    terminal.shows(f"* connected to {server.url}; /help for commands, Ctrl-D ends", ">", what="Connected")
    terminal.type("hello", "Enter")
    terminal.shows("> hello", "hello", ">", what="A line is sent, and the server echoes it")

    terminal.type("half of a li")
    terminal.shows("> half of a li")
    send(server, "from the server")
    terminal.shows("from the server", "> half of a li", what="A message that comes while a line is typed")
    terminal.type("ne", "Enter")
    terminal.shows("> half of a line", "half of a line", ">", what="The line goes on")
    assert server.received == ["hello", "half of a line"]

    terminal.type("Up", "Up")
    terminal.shows("half of a line", "> hello", what="Up, up: history")
    terminal.type("C-a", "Say ", "C-e", "!", "Enter")
    terminal.shows("> Say hello!", "Say hello!", ">", what="Ctrl-A, Ctrl-E: editing")

    terminal.type("a line that is too long for the terminal after it has shrunk")
    terminal.resize(40, 30)
    time.sleep(1)
    send(server, "narrow")
    terminal.shows("narrow", "> a line that is too long for the termin", "al after it has shrunk", what="A smaller terminal")
    terminal.type("Enter")
    wait_until(lambda: server.received[-1] == "a line that is too long for the terminal after it has shrunk")
    terminal.resize(72, 30)

    terminal.type("/ping", "Space", "are you there", "Enter")
    wait_until(lambda: "* PONG are you there" in terminal.lines())
    terminal.type("/binary 00 ff", "Enter")
    wait_until(lambda: "base64:AP8=" in terminal.lines())
    (tmp_path / "file").write_text("from a file")
    terminal.type(f"/file {tmp_path}/file", "Enter")
    # The echo is on the screen before the next line is typed.
    wait_until(lambda: "from a file" in terminal.lines())
    assert server.received[-1] == "from a file"
    terminal.type("/close 4001 enough", "Enter")
    terminal.shows("> /close 4001 enough", "exit code 0", what="Commands: /ping, /binary, /file, /close")
    wait_until(lambda: server.closed)
    assert server.closed == [(4001, "enough")]


def test_history_of_an_earlier_session(screen, server):
    first = screen(server.url)
    first.type("remember me", "Enter")
    wait_until(lambda: "remember me" in server.received)
    first.type("C-d")
    first.shows("exit code 0")
    first.close()
    second = screen(server.url)
    wait_until(lambda: ">" in second.lines())
    second.type("Up")
    second.shows("> remember me")


def test_the_last_messages_are_shown_before_the_end(screen, server):
    server.script, server.close = [f"message {number}" for number in range(100)], (4000, "that was all")
    terminal = screen(server.url + "/script")
    wait_until(lambda: "exit code 100" in terminal.lines())
    lines = terminal.lines()
    assert "message 99" in lines and "wscurl: closed by server: 4000 that was all" in lines, lines


def test_a_progress_bar(screen, server, tmp_path):
    """For an upload that takes more than a second: the server reads slowly."""
    with open(tmp_path / "file", "wb") as file:
        file.truncate(100_000_000)
    server.slow = True
    terminal = screen("-b", "-T", tmp_path / "file", "-n", "0", server.url + "/watch", width=80)
    wait_until(lambda: any(line.startswith("[") and line.endswith("%") for line in terminal.lines()))
    terminal.type("C-c")
    wait_until(lambda: "exit code 130" in terminal.lines())
