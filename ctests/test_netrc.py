"""Credentials of a .netrc file."""

import base64

import pytest
from driver import OK, READ_ERROR

must = pytest.mark.must

IGNORED, OPTIONAL, REQUIRED = 0, 1, 2

FILE = """\
# a comment
machine 127.0.0.1
  login "al ice"
  password "se\\"cret"

machine 127.0.0.1 login bob account x password "b\\tb"
machine other.test login carol password c
macdef init
machine 127.0.0.1 login mallory password m

default login anyone password any
"""


def authorization(drv, srv, login="", **options):
    """What is sent, as `user:password`."""
    drv.init(f"ws://{login}127.0.0.1:{srv.port}/", CONNECT_ONLY=2, **options)
    value = drv.upgrade(srv).request.get("Authorization")
    return value and base64.b64decode(value.removeprefix("Basic ")).decode()


@pytest.fixture
def netrc(tmp_path):
    """A file with these lines."""

    def write(text, name="netrc"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


# The file's name is in the transcript, and it is another one in each run: so it is given by HOME.


@pytest.fixture
def home(new_driver, tmp_path):
    """A driver whose home directory has this file."""

    def make(text):
        if text is not None:
            (tmp_path / ".netrc").write_text(text)
        return new_driver(env={"HOME": str(tmp_path)})

    return make


@must
@pytest.mark.parametrize(
    "login, options, sent",
    [
        ("", {"NETRC": IGNORED}, None),
        ("", {"NETRC": OPTIONAL}, 'al ice:se"cret'),
        ("", {"NETRC": REQUIRED}, 'al ice:se"cret'),
        ("bob@", {"NETRC": OPTIONAL}, "bob:b\tb"),
        ("bob@", {"NETRC": REQUIRED}, "bob:b\tb"),
        ("bob:url@", {"NETRC": OPTIONAL}, "bob:url"),
        ("bob:url@", {"NETRC": REQUIRED}, "bob:b\tb"),
        ("dave@", {"NETRC": OPTIONAL}, "dave:"),
        ("", {"NETRC": OPTIONAL, "USERNAME": "bob"}, "bob:"),
        ("", {"NETRC": REQUIRED, "USERPWD": "bob:own"}, "bob:own"),
        ("", {"NETRC": OPTIONAL, "PASSWORD": "own"}, 'al ice:se"cret'),
    ],
)
def test_who_has_the_last_word(home, srv, login, options, sent):
    assert authorization(home(FILE), srv, login, **options) == sent


@must
@pytest.mark.parametrize(
    "text, sent",
    [
        ("default login d password e", "d:e"),
        ("machine other.test login c password d\ndefault login e password f", "e:f"),
        ("machine other.test login c password d", None),
        ("machine 127.0.0.1 login a", "a:"),
        ("machine 127.0.0.1 password b", ":b"),
        ("machine 127.0.0.1\n\n\tlogin a\r\n\r\n password b\r\n", "a:b"),
        ("MACHINE 127.0.0.1 LOGIN a PASSWORD b", "a:b"),
        ("machine 127.0.0.1 login a account x password b", "a:b"),
        ("machine 127.0.0.1 login a\n# password x\npassword b", "a:b"),
        ("macdef x\nmachine 127.0.0.1 login x password y\n\nmachine 127.0.0.1 login a password b", "a:b"),
        ('machine "127.0.0.1" login "a b" password "\\n\\r\\t\\\\\\""', 'a b:\n\r\t\\"'),
        ("machine 127.0.0.1 login password password login", "password:login"),
        ("machine 127.0.0.1 unknown word login a password b", "a:b"),
        ("machine 127.0.0.1 login a login b password c", "b:c"),
        ("machine 127.0.0.1 machine 127.0.0.1 login a password b", "a:b"),
        ("default", None),
        ("", None),
    ],
)
def test_files(home, srv, text, sent):
    assert authorization(home(text), srv, NETRC=REQUIRED) == sent


@must
@pytest.mark.parametrize("text", ['machine 127.0.0.1 login "a', 'machine 127.0.0.1 login "a\\"', f"machine 127.0.0.1 login {'l' * 5000}", None])
def test_a_file_that_cannot_be_read_is_an_error_where_it_is_required(home, srv, text):
    drv = home(text)
    drv.init(srv.url, CONNECT_ONLY=2, NETRC=REQUIRED)
    assert drv.do("perform").code == READ_ERROR
    drv.setopt("NETRC", OPTIONAL)
    assert drv.upgrade(srv).request.get("Authorization") is None


def test_the_error_names_the_file(drv, srv):
    drv.init(srv.url, CONNECT_ONLY=2, NETRC=REQUIRED, NETRC_FILE="/nonexistent/netrc")
    result = drv.do("perform")
    assert result.code == READ_ERROR
    assert "/nonexistent/netrc: No such file" in result.error


def test_a_huge_file_is_refused(drv, srv, netrc):
    drv.init(srv.url, CONNECT_ONLY=2, NETRC=REQUIRED, NETRC_FILE=netrc("default login a password b\n" + "\n" * 200000))
    assert drv.do("perform").code == READ_ERROR


@pytest.mark.memcheck
def test_a_file_by_name_goes_before_the_environment(home, srv, netrc):
    drv = home("default login home password h")
    named = netrc("default login named password n")
    assert authorization(drv, srv, NETRC=OPTIONAL, NETRC_FILE=named) == "named:n"
    drv.setopt("NETRC_FILE", None)
    assert drv.upgrade(srv).request.get("Authorization") == "Basic " + base64.b64encode(b"home:h").decode()


def test_the_environment_may_name_a_file(new_driver, srv, netrc):
    drv = new_driver(env={"NETRC": netrc("default login env password e"), "HOME": "/nonexistent"})
    assert authorization(drv, srv, NETRC=OPTIONAL) == "env:e"


def test_digest_takes_it_too(home, srv):
    drv = home("default login me password secret")
    drv.init(srv.url, CONNECT_ONLY=2, NETRC=OPTIONAL, HTTPAUTH=2)
    drv.begin("perform")
    conn = srv.accept()
    conn.read_request()
    conn.send(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nContent-Length: 0\r\n\r\n')
    assert 'username="me"' in conn.handshake().get("Authorization")
    assert drv.end().code == OK


def test_each_server_of_a_redirect_gets_its_own(home, srv, new_server):
    other = new_server()
    drv = home("machine 127.0.0.1 login a password b\nmachine localhost login c password d\n")
    drv.init(srv.url, CONNECT_ONLY=2, NETRC=OPTIONAL, FOLLOWLOCATION=1)
    drv.begin("perform")
    conn = srv.accept()
    assert base64.b64decode(conn.read_request().get("Authorization")[6:]) == b"a:b"
    conn.send(f"HTTP/1.1 302 Go\r\nLocation: ws://localhost:{other.port}/\r\nContent-Length: 0\r\n\r\n".encode())
    conn = other.accept()
    assert base64.b64decode(conn.handshake().get("Authorization")[6:]) == b"c:d"
    assert drv.end().code == OK
