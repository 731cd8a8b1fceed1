"""CURLOPT_CERTINFO: what is listed of the server's certificates."""

import ssl
import urllib.parse
from pathlib import Path

import pytest
from certificates import Identity, hosts
from conftest import LIB
from driver import OK, PEER_VERIFICATION
from test_tls_certificates import attempt, perform

must = pytest.mark.must
memcheck = pytest.mark.memcheck
timing = pytest.mark.timing
CHAIN = Path(__file__).parent / "listed" / "chain.pem"
OFF = {"SSL_VERIFYPEER": 0, "SSL_VERIFYHOST": 0}


def listed(drv):
    """Pairs of label and value, a list for each certificate."""
    line = drv.do("getinfo", "CERTINFO")
    assert line.code == OK
    certificates = [[] for _ in range(line["count"])]
    for key, value in line.fields.items():
        index, _, number = key.partition(".")
        if number:
            certificates[int(index)].append(urllib.parse.unquote(value).partition(":")[::2])
    return certificates


@pytest.fixture
def listed_srv(new_server):
    def make(version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CHAIN)
        if version:
            context.minimum_version = context.maximum_version = version
        return new_server(tls=context)

    return make


@must
@memcheck
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_every_line_is_libcurls(drv, listed_srv, version):
    """The transcripts are compared."""
    assert perform(drv, listed_srv(version), **OFF, CERTINFO=1).code == OK
    server, root, other = listed(drv)
    assert server[0] == ("Subject", "C = SE, O = Example, emailAddress = a@b.example, CN = localhost")
    labels = [label for label, _ in server]
    for label in ["Issuer", "Version", "Serial Number", "Signature Algorithm", "Public Key Algorithm", "Start date", "Expire date"]:
        assert label in labels
    assert labels[-1] == "Cert"
    assert server[-1][1] in CHAIN.read_text()


@must
@memcheck
def test_without_the_option_nothing_is_listed(drv, listed_srv):
    assert perform(drv, listed_srv(), **OFF).code == OK
    assert listed(drv) == []


@must
def test_before_the_first_transfer_nothing_is_listed(drv):
    drv.init("wss://localhost/", CERTINFO=1)
    assert listed(drv) == []


@must
@timing
def test_a_refused_certificate_is_listed(drv, new_server, tmp_path):
    """That is when somebody wants to look at it."""
    root = Identity.root()
    srv = new_server(tls=Identity.root("Elsewhere").issue("a server", [(hosts("localhost"), False)]).context())
    assert perform(drv, srv, CAINFO=root.file(tmp_path), CERTINFO=1).code == PEER_VERIFICATION
    assert dict(listed(drv)[0])["Subject"] == "CN = a server"


@must
@timing
def test_the_next_transfer_lists_anew(drv, new_server, listed_srv):
    first = listed_srv()
    second = new_server(tls=Identity.root().issue("Second", [(hosts("localhost"), False)]).context())
    assert perform(drv, first, **OFF, CERTINFO=1).code == OK
    assert len(listed(drv)) == 3
    drv.setopt("URL", second.url)
    assert attempt(drv, second).code == OK
    assert [dict(one)["Subject"] for one in listed(drv)] == ["CN = Second"]


@pytest.mark.skipif(LIB == "oracle", reason="libcurl lists nothing of a resumed session")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_resumed_session_has_its_certificates(drv, listed_srv, version):
    srv = listed_srv(version)
    assert perform(drv, srv, **OFF, CERTINFO=1).code == OK
    assert attempt(drv, srv).code == OK
    assert len(listed(drv)) == 3
