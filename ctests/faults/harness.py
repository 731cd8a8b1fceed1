"""One session with one fault, and what is demanded of it: it ends, with success or with a code and a text; with the same handle it
then succeeds; nothing crashes, nothing leaks, and no byte is lost, wrong or doubled on either side."""

import errno
import itertools
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import driver as driver_module
import trustme
from echo import HOST, EchoServer, Record
from server import TIMEOUT

HANG = 3 * TIMEOUT
# The largest allocation of a fixed size, a buffer of the pool: for want of such a one Rust ends the process. Larger ones must be errors.
FIXED = 68 << 10
# How often a session that seems to leak is run again.
REPEATS = 5
DRIVERS = ["frames", "messages", "perform", "multi", "socket"]


@dataclass(frozen=True)
class Session:
    driver: str
    scheme: str
    route: str = "direct"  # proxy, redirect, compress

    def __str__(self):
        return f"{self.driver} {self.scheme} {self.route}"


SESSIONS = [Session(driver, scheme) for scheme in ("ws", "wss") for driver in DRIVERS]
SESSIONS += [
    Session("messages", "ws", "proxy"),
    Session("perform", "wss", "proxy"),
    Session("multi", "wss", "proxy"),
    Session("frames", "ws", "redirect"),
    Session("perform", "wss", "redirect"),
    Session("socket", "ws", "redirect"),
    Session("messages", "ws", "compress"),
    Session("multi", "wss", "compress"),
]

STREAM = ["EINTR", "EAGAIN", "ECONNRESET", "ETIMEDOUT", "ENOMEM", "ENOBUFS", "one", "half"]
# Functions that are not called in a session are not in the counts, and have no faults.
FAULTS = {
    "socket": ["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EACCES", "EAFNOSUPPORT"],
    "connect": ["EINTR", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL", "EACCES", "EAGAIN"],
    "bind": ["EADDRINUSE", "EACCES", "EADDRNOTAVAIL"],
    "send": [*STREAM, "EPIPE"],
    "writev": [*STREAM, "EPIPE"],
    "recv": STREAM,
    "recvmsg": STREAM,
    "read": ["EINTR", "EIO", "ENOMEM", "one", "half"],
    "write": ["EINTR"],  # wakes a thread; not interrupted, it can't fail
    "poll": ["EINTR", "ENOMEM"],
    "ppoll": ["EINTR", "ENOMEM"],
    "epoll_create1": ["EMFILE", "ENFILE", "ENOMEM"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "epoll_wait": ["EINTR"],
    "eventfd": ["EMFILE", "ENFILE", "ENOMEM", "ENODEV"],
    "getaddrinfo": ["EAI_AGAIN", "EAI_NONAME", "EAI_FAIL", "EAI_MEMORY", "EAI_SYSTEM"],
    "getrandom": ["EINTR", "EAGAIN", "ENOSYS", "one", "half"],
    "open": ["EMFILE", "ENFILE", "ENOENT", "EACCES", "EINTR", "ENOMEM"],
    "open64": ["EMFILE", "ENFILE", "ENOENT", "EACCES", "EINTR", "ENOMEM"],
    "fcntl": ["EMFILE", "EINTR", "EBADF"],
    "fstat": ["ENOMEM", "EOVERFLOW"],
    "fstat64": ["ENOMEM", "EOVERFLOW"],
    "statx": ["ENOMEM", "EACCES", "ENOENT", "ENOSYS"],
    "setsockopt": ["ENOPROTOOPT", "ENOMEM", "EINVAL"],
    "getsockopt": ["ENOBUFS", "ENOPROTOOPT"],
    "getsockname": ["ENOBUFS"],
    "getpeername": ["ENOTCONN", "ENOBUFS"],
    "shutdown": ["ENOTCONN"],
    "pthread_create": ["EAGAIN", "EPERM"],
    "malloc": ["ENOMEM"],
    "calloc": ["ENOMEM"],
    "realloc": ["ENOMEM"],
    "posix_memalign": ["ENOMEM"],
}
MEMORY = ["malloc", "calloc", "realloc", "posix_memalign"]
# These are over soon: with every call interrupted nothing could go on.
PASSING = ["EINTR", "EAGAIN"]


@dataclass(frozen=True)
class Fault:
    call: str
    number: int
    what: str
    lasting: bool = False

    def __str__(self):
        return f"{self.call} {self.number}{'+' if self.lasting else ''} {self.what}"

    @property
    def environment(self):
        what = self.what
        if what.startswith("EAI_"):
            what = getattr(socket, what)
        elif what.startswith("E"):
            what = getattr(errno, what)
        return f"{self.call}:{self.number}{'+' if self.lasting else ''}:{what}"


@dataclass
class Result:
    """`outcome`: unharmed, recovered, failed (a lasting fault) or aborted (no memory); `problems` is empty when all is as demanded."""

    outcome: str = ""
    codes: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    calls: dict = field(default_factory=dict)
    wanted: int = 0  # the bytes for want of which it was aborted
    text: str = ""


class Harness:
    def __init__(self):
        folder = driver_module.program("faults")
        self.program, self.interposer = folder / "session", folder / "interpose.so"
        self.folder = tempfile.TemporaryDirectory()
        authority = trustme.CA()
        self.ca_file = os.path.join(self.folder.name, "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        self.server = EchoServer(context)
        self.numbers = itertools.count()

    def close(self):
        self.server.close()
        self.folder.cleanup()

    def arguments(self, session, name, lasting):
        path = f"/redirect/{name}" if session.route == "redirect" else f"/{name}"
        options = [f"cainfo={self.ca_file}"] if session.scheme == "wss" else []
        match session.route:
            case "proxy":
                options += [f"proxy=http://{HOST}:{self.server.ports['proxy']}", "tunnel=1"]
            case "redirect":
                options.append("follow=1")
            case "compress":
                options.append("compress=1")
        url = f"{session.scheme}://{HOST}:{self.server.ports[session.scheme]}{path}"
        return [str(self.program), session.driver, url, *options, f"again={int(not lasting)}"]

    def count(self, session):
        """How often the session calls each function when nothing goes wrong."""
        results = [self.run(session) for _ in range(5)]
        for result in results:
            assert not result.problems and result.outcome == "unharmed", (session, result)
        return {name: max(result.calls.get(name, 0) for result in results) for name in results[0].calls}

    def faults(self, calls, kinds=None):
        """All single faults of a session with these calls, and the lasting ones that begin at the first call or in the middle."""
        for call, whats in FAULTS.items():
            count = calls.get(call, 0)
            if kinds and call not in kinds:
                continue
            for what in whats:
                yield from (Fault(call, number, what) for number in range(1, count + 1))
                if what not in PASSING and call not in MEMORY:
                    yield from (Fault(call, number, what, lasting=True) for number in {1, count // 2 + 1} if count)

    def run(self, session, fault=None, usual=None):
        result = self.run_once(session, fault, usual)
        if usual and self.leaks(session, fault, usual, result):
            result.problems.append(f"leaves {result.calls['blocks']} blocks, {usual['blocks']} without the fault")
        return result

    def leaks(self, session, fault, usual, result):
        """Whether it leaves more memory than a session without the fault, every time. What the library keeps to use it again depends on
        timing: a multi handle has a handle of its own from the first time that it has to wait for a name."""
        for _ in range(REPEATS):
            if result.calls.get("blocks", 0) <= usual["blocks"]:
                return False
            usual["blocks"] = max(usual["blocks"], self.run_once(session).calls.get("blocks", 0))
            result = self.run_once(session, fault, usual)
        return result.calls.get("blocks", 0) > usual["blocks"]

    def run_once(self, session, fault=None, usual=None):
        name = str(next(self.numbers))
        environment = os.environ | {"LD_PRELOAD": str(self.interposer), "RUST_BACKTRACE": "0"}
        if fault:
            environment["FAULT"] = fault.environment
        command = self.arguments(session, name, fault is not None and fault.lasting)
        try:
            ended = subprocess.run(command, env=environment, capture_output=True, timeout=HANG)
        except subprocess.TimeoutExpired as late:
            return Result("hang", problems=["hangs"], text=f"{late.stdout} {late.stderr}")
        record = self.server.records.pop(name, Record())
        record.wait()
        result = Result(problems=record.complaints, text=(ended.stdout + ended.stderr).decode("latin-1"))
        if ended.returncode == -signal.SIGABRT and fault and fault.call in MEMORY:
            self.judge_abort(result)
        elif ended.returncode:
            result.problems.append(f"ended with {ended.returncode}")
        else:
            self.judge(result, ended.stdout.decode("latin-1"), fault, record, usual)
        return result

    @staticmethod
    def judge_abort(result):
        """Rust ends the process where a small allocation fails, and says so."""
        result.outcome = "aborted"
        size = re.search(r"memory allocation of (\d+) bytes failed", result.text)
        if not size:
            result.problems.append("aborts without a reason")
            return
        result.wanted = int(size[1])
        if result.wanted > FIXED:
            result.problems.append(f"aborts for want of {result.wanted} bytes")

    @staticmethod
    def judge(result, printed, fault, record, usual):
        *attempts, descriptors = printed.removesuffix("\n").split("\n")
        result.calls = {name: int(number) for name, number in re.findall(r"(\w+)=(-?\d+)", result.text.splitlines()[-1])}
        hit = result.calls.pop("faults")
        for attempt in attempts:
            code, _sent, _received, text = attempt.split(" ", 3) if attempt.count(" ") > 2 else ("?", 0, 0, attempt)
            result.codes.append(code)
            if code == "?" or code != "0" and (not text or re.search("STALLED|WRONG|internal error|Unknown error", text)):
                result.problems.append(f"code {code}: {text or 'no text'}")
        ended_well = result.codes[-1] == "0"
        result.outcome = "recovered" if ended_well and len(attempts) > 1 else "unharmed" if ended_well else "failed"
        remembered = fault and fault.what == "EAI_NONAME"  # that there is no such host is in the cache
        if not ended_well and len(attempts) > 1 and not remembered:
            result.problems.append(f"fails again: {attempts[-1]}")
        # The first attempt may have failed after its last message.
        if ended_well and not 1 <= record.complete <= len(attempts):
            result.problems.append(f"the server has seen {record.complete} whole sessions")
        if fault and not hit:
            result.outcome = "not reached"
        # Without getrandom() /dev/urandom is opened, and stays open for the process.
        urandom = 3 if fault and fault.what == "ENOSYS" else 0
        if int(descriptors.split(" ")[1]) > urandom:
            result.problems.append(f"leaves {descriptors}")
        if usual:
            most = 20 * sum(usual.values()) + 1000
            if not fault.lasting and sum(result.calls.values()) > most:
                result.problems.append(f"makes {sum(result.calls.values())} calls, {sum(usual.values())} without the fault")
