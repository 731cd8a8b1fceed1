"""The Python end of the driver (its language: driver.h). `do` runs a command; `begin` and `end` are the two halves of it, between
which the test plays the server."""

import os
import queue
import re
import subprocess
import threading
import urllib.parse
from pathlib import Path

OK, UNSUPPORTED_PROTOCOL, FAILED_INIT, URL_MALFORMAT = 0, 1, 2, 3
COULDNT_RESOLVE_PROXY, COULDNT_RESOLVE, COULDNT_CONNECT, WEIRD_SERVER_REPLY = 5, 6, 7, 8
HTTP_RETURNED_ERROR, WRITE_ERROR, READ_ERROR, OUT_OF_MEMORY, TIMEDOUT = 22, 23, 26, 27, 28
SSL_CONNECT, ABORTED, BAD_ARGUMENT, INTERFACE_FAILED = 35, 42, 43, 45
TOO_MANY_REDIRECTS, FILESIZE_EXCEEDED, LOGIN_DENIED = 47, 63, 67
UNKNOWN_OPTION, GOT_NOTHING, SEND_ERROR, RECV_ERROR = 48, 52, 55, 56
SSL_CERTPROBLEM, SSL_CIPHER, PEER_VERIFICATION, SSL_CACERT_BADFILE, AGAIN = 58, 59, 60, 77, 81
SSL_CRL_BADFILE, SSL_ISSUER_ERROR, SSL_PINNEDPUBKEYNOTMATCH, SSL_CLIENTCERT = 82, 83, 90, 98
RECURSIVE, PROXY_ERROR, TOO_LARGE = 93, 97, 100
NOT_BUILT_IN, SETOPT_OPTION_SYNTAX = 4, 49

VALGRIND = [
    "valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible", "--num-callers=30", "--read-inline-info=no",
]  # fmt: skip


def valgrind(request):
    """How a test runs under valgrind. It takes the hashes of ring's assembly, and so all that TLS encrypts or decrypts, for
    uninitialised: over TLS only wrong accesses and leaks count."""
    over_tls = "tls_srv" in request.fixturenames or any(word in request.node.nodeid for word in ("wss", "tls", "certinfo"))
    return VALGRIND + (["--undef-value-errors=no"] if over_tls else [])


def word(value):
    """A Python value as one word of the driver's language."""
    if isinstance(value, bytes):
        return "".join(chr(b) if 33 <= b < 127 and b != 0x25 else f"%{b:02x}" for b in value) or "empty"
    if isinstance(value, str):
        return word(value.encode()) if value else "%00"
    return str(value)


class Line:
    """One answer or event: `name` and its fields."""

    def __init__(self, text):
        self.text = text
        self.kind, self.name, *rest = text.split(" ")
        self.slot = None
        if self.name.startswith("@"):
            self.slot, self.name, *rest = self.name, *rest
        self.fields = dict(part.split("=", 1) for part in rest if "=" in part)

    def __getitem__(self, key):
        value = self.fields[key]
        return int(value) if re.fullmatch(r"-?\d+", value) and key not in ("data", "crc", "error") else value

    @property
    def code(self):
        return int(self.fields["code"])

    @property
    def data(self):
        return urllib.parse.unquote_to_bytes(self.fields.get("data", ""))

    @property
    def error(self):
        return urllib.parse.unquote(self.fields.get("error", ""))

    @property
    def value(self):
        return urllib.parse.unquote(self.fields["value"])

    @property
    def flags(self):
        return self.fields.get("flags")

    @property
    def meta(self):
        """flags, offset, len, bytesleft; None for NULL."""
        if "flags" not in self.fields:
            return None
        return (self.flags, self["offset"], self["len"], self["left"])

    def __repr__(self):
        return self.text


class Driver:
    def __init__(self, program, valgrind=(), timeout=30.0, env=None, user=None):
        self.timeout = timeout * (6 if valgrind else 1)
        self.log = []
        self.killed = False
        self.process = subprocess.Popen(
            [*valgrind, str(program)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | (env or {}), user=user,
        )  # fmt: skip
        self.lines = queue.SimpleQueue()
        self.answered = threading.Event()
        self.stderr = b""
        self.threads = [threading.Thread(target=self._read_out, daemon=True), threading.Thread(target=self._read_err, daemon=True)]
        for thread in self.threads:
            thread.start()

    def _read_out(self):
        for line in self.process.stdout:
            self.lines.put(line.decode("latin-1").rstrip("\n"))
            if line.startswith(b"= "):
                self.answered.set()
        self.lines.put(None)
        self.answered.set()

    def _read_err(self):
        self.stderr = self.process.stderr.read()

    # --- commands

    def begin(self, command, *args, **options):
        parts = [command, *map(word, args), *(f"{key}={word(value)}" for key, value in options.items())]
        line = " ".join(parts)
        self.log.append("< " + line)
        self.answered.clear()
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def next_line(self, timeout=None):
        try:
            text = self.lines.get(timeout=timeout or self.timeout)
        except queue.Empty:
            raise AssertionError("driver does not answer\n" + "\n".join(self.log[-20:])) from None
        if text is None:
            self.process.wait(10)
            raise AssertionError(f"driver died ({self.process.returncode})\n" + "\n".join(self.log[-20:]) + self.stderr.decode())
        self.log.append(text)
        return Line(text)

    def end(self, timeout=None):
        """The answer of the running command; what callbacks printed meanwhile is in `.events` of it."""
        events = []
        while True:
            line = self.next_line(timeout)
            if line.kind == "=":
                line.events = events
                assert "unknown" not in line.fields, f"driver does not know: {self.log[-2:]}"
                return line
            events.append(line)

    def do(self, command, *args, **options):
        self.begin(command, *args, **options)
        return self.end()

    def event(self, name=None, timeout=None):
        """The next line from a callback while a command runs."""
        while True:
            line = self.next_line(timeout)
            assert line.kind != "=", f"command ended: {line}"
            if name is None or line.name == name:
                return line

    def kill(self):
        """For a test that ends in a state which never ends."""
        self.killed = True
        self.process.kill()

    def quits(self, timeout=10):
        """Ends the driver; its exit status, None when it had to be killed."""
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        for thread in self.threads:
            thread.join(5)
        self.process.stdout.close()
        self.process.stderr.close()
        return 0 if self.killed else status

    # --- shorthands

    def init(self, url=None, slot="", **options):
        assert self.do(f"{slot}init")["ok"] == 1
        if url:
            self.setopt("URL", url, slot=slot)
        for name, value in options.items():
            self.setopt(name, *(value if isinstance(value, (list, tuple)) else [value]), slot=slot)

    def setopt(self, name, *values, slot=""):
        code = self.do(f"{slot}setopt", name, *(("NULL",) if values == (None,) else values)).code
        assert code == OK, f"setopt {name}: {code}"

    def setopt_code(self, name, *values):
        return self.do("setopt", name, *values).code

    def getinfo(self, name):
        line = self.do("getinfo", name)
        assert line.code == OK, line
        return line["value"] if re.fullmatch(r"-?\d+", line.fields["value"]) else line.value

    def on(self, kind, when, *command):
        """Runs a command (the first word may have a handle before it) in the given call of a callback of this kind."""
        assert self.do(f"on {kind} {when} {command[0]}", *command[1:])["ok"] == 1

    def header(self, name, origin="header"):
        line = self.do("header", name, origin)
        return line.value if line.code == 0 else None

    def connect(self, server, handshake=True, slot="", after=b"", headers=None, **options):
        """Opens a WebSocket in CONNECT_ONLY=2 mode; the server's end of it."""
        self.init(server.url, slot=slot, CONNECT_ONLY=2, **options)
        return self.upgrade(server, slot=slot, after=after, **(headers or {}))

    def upgrade(self, server, slot="", after=b"", **headers):
        self.begin(f"{slot}perform")
        conn = server.accept()
        conn.handshake(after=after, **headers)
        result = self.end()
        assert result.code == OK, result
        return conn

    def start(self, server, slot="", after=b"", by="easy", headers=None, **options):
        """Begins a callback-mode transfer up to the end of the handshake; the server's end. The perform is still running."""
        self.init(server.url, slot=slot, WRITEFUNCTION="on", **options)
        return self.restart(server, slot, after, by, **(headers or {}))

    def restart(self, server, slot="", after=b"", by="easy", **headers):
        self.begin(f"{slot}perform", **({} if by == "easy" else {"by": by}))
        conn = server.accept()
        conn.handshake(after=after, **headers)
        return conn


VOLATILE = re.compile(r" (error|ms|room|turns)=\S*|(?<=Sec-WebSocket-Accept:%20)\S+|(?<=_BLOB ).*|(?<=PINNEDPUBLICKEY )sha256.*|^! debug.*")


def transcript(log, ports):
    """What must be equal on both libraries: everything but ports, paths, keys, times and the words of messages."""
    lines = "\n".join(line for line in (VOLATILE.sub("", line) for line in log) if line)
    for port in ports:
        lines = re.sub(rf"\b{port}\b", "PORT", lines)
    return re.sub(r"/tmp/\S*", "PATH", lines).splitlines()


def program(name):
    folder = Path(os.environ.get("CTESTS_DIR", Path(__file__).parent.parent / "build/ctests")) / os.environ.get("LIB", "ours")
    return folder / name
