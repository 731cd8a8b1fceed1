"""wss: what is checked beyond the path and the name: pinned keys, revocation lists, the issuer. libcurl with OpenSSL is the measure."""

import base64
import datetime
import hashlib
import ssl
import time

import pytest
from certificates import Identity, authority_extensions, hosts, rsa_key, usage
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from driver import OK, PEER_VERIFICATION, SSL_CRL_BADFILE, SSL_ISSUER_ERROR, SSL_PINNEDPUBKEYNOTMATCH
from test_tls_certificates import attempt, perform, written

must = pytest.mark.must
memcheck = pytest.mark.memcheck
LOCALHOST = (hosts("localhost"), False)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
OFF = {"SSL_VERIFYPEER": 0, "SSL_VERIFYHOST": 0}


@pytest.fixture(scope="module")
def root():
    return Identity.root()


@pytest.fixture(scope="module")
def leaf(root):
    return root.issue(extensions=[LOCALHOST])


@pytest.fixture
def secured(new_server, leaf):
    return new_server(tls=leaf.context())


@pytest.fixture
def trusted(root, tmp_path):
    return {"CAINFO": root.file(tmp_path)}


# --- CURLOPT_PINNEDPUBLICKEY


def public(identity, encoding=DER):
    return identity.certificate.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def digest(identity):
    return "sha256//" + base64.b64encode(hashlib.sha256(public(identity)).digest()).decode()


OTHER = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
LISTS = {
    "one": lambda own: own,
    "first": lambda own: f"{own};{OTHER}",
    "last": lambda own: f"{OTHER};{OTHER};{own}",
}


@must
@memcheck
@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("order", LISTS)
def test_pinned_digests(drv, secured, leaf, trusted, order, verified):
    pin = LISTS[order](digest(leaf))
    assert perform(drv, secured, **(trusted if verified else OFF), PINNEDPUBLICKEY=pin).code == OK


@must
@pytest.mark.parametrize("pin", [OTHER, f"{OTHER};{OTHER}", "sha256//", "sha256//nonsense", "sha256//;"])
@pytest.mark.parametrize("verified", [True, False])
def test_a_key_that_is_not_pinned(drv, secured, trusted, pin, verified):
    result = perform(drv, secured, **(trusted if verified else OFF), PINNEDPUBLICKEY=pin)
    assert result.code == SSL_PINNEDPUBKEYNOTMATCH and result.error
    assert drv.getinfo("SSL_VERIFYRESULT") == (0 if verified else 20)


def test_a_list_ends_where_something_else_begins(drv, secured, leaf, trusted):
    """As in libcurl."""
    pin = f"{OTHER};sha1//x;{digest(leaf)}"
    assert perform(drv, secured, **trusted, PINNEDPUBLICKEY=pin).code == SSL_PINNEDPUBKEYNOTMATCH


def test_the_message_says_the_servers_key(drv, secured, leaf, trusted):
    assert digest(leaf) in perform(drv, secured, **trusted, PINNEDPUBLICKEY=OTHER).error


@must
@memcheck
@pytest.mark.parametrize("encoding", [PEM, DER])
@pytest.mark.parametrize("verified", [True, False])
def test_a_pinned_key_in_a_file(drv, secured, root, leaf, trusted, tmp_path, encoding, verified):
    options = trusted if verified else OFF
    own = written(tmp_path, "own.key", public(leaf, encoding))
    assert perform(drv, secured, **options, PINNEDPUBLICKEY=own).code == OK
    other = written(tmp_path, "other.key", public(root, encoding))
    drv.setopt("PINNEDPUBLICKEY", other)
    assert attempt(drv, secured).code == SSL_PINNEDPUBKEYNOTMATCH


@must
@pytest.mark.parametrize("content", [None, b"", b"rubbish", b"-----BEGIN PUBLIC KEY-----\nrubbish"])
def test_a_file_without_a_key(drv, secured, trusted, tmp_path, content):
    path = str(tmp_path / "key.pem")
    if content is not None:
        written(tmp_path, "key.pem", content)
    result = perform(drv, secured, **trusted, PINNEDPUBLICKEY=path)
    assert result.code == SSL_PINNEDPUBKEYNOTMATCH and result.error


@must
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_evades_a_pin(drv, new_server, leaf, trusted, version):
    """The session that was made without the pin must not be resumed under it."""
    srv = new_server(tls=leaf.context(version))
    drv.init(srv.url, CONNECT_ONLY=2, **trusted)
    assert attempt(drv, srv).code == OK
    drv.setopt("PINNEDPUBLICKEY", OTHER)
    assert attempt(drv, srv).code == SSL_PINNEDPUBKEYNOTMATCH
    drv.setopt("PINNEDPUBLICKEY", digest(leaf))
    assert attempt(drv, srv).code == OK


def test_a_pin_needs_a_proof_of_the_key(drv, new_server, tmp_path):
    """Without verification a key that is too short is accepted unproven, but not where it is pinned."""
    server = Identity.root().issue(extensions=[LOCALHOST], key=rsa_key(1024))
    srv = new_server(tls=server.context(weak=True))
    assert perform(drv, srv, **OFF).code == OK
    drv.setopt("PINNEDPUBLICKEY", digest(server))
    assert attempt(drv, srv).code != OK


# --- CURLOPT_CRLFILE


def crl(issuer, revoked=(), days=30, age=1, key=None, reason=None):
    """A revocation list in PEM form."""
    now = datetime.datetime.now(datetime.timezone.utc)
    start = now - datetime.timedelta(days=age)
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, start, start + datetime.timedelta(days=days))
    for identity in revoked:
        entry = x509.RevokedCertificateBuilder(identity.certificate.serial_number, start)
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key or issuer.key, hashes.SHA256()).public_bytes(PEM)


@must
@memcheck
def test_a_certificate_that_is_not_revoked(drv, secured, root, leaf, trusted, tmp_path):
    others = [root.issue("other") for _ in range(20)]
    lists = written(tmp_path, "crl.pem", crl(root, others))
    assert perform(drv, secured, **trusted, CRLFILE=lists).code == OK


@must
@memcheck
@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.key_compromise])
def test_a_revoked_certificate(drv, secured, root, leaf, trusted, tmp_path, reason):
    lists = written(tmp_path, "crl.pem", crl(root, [root.issue("other"), leaf], reason=reason))
    result = perform(drv, secured, **trusted, CRLFILE=lists)
    assert result.code == PEER_VERIFICATION
    assert "revoked" in result.error
    assert drv.getinfo("SSL_VERIFYRESULT") == 23


@must
def test_without_verification_no_list_is_read(drv, secured, tmp_path):
    assert perform(drv, secured, **OFF, CRLFILE=str(tmp_path / "none.pem")).code == OK


@must
@pytest.mark.parametrize("content", [None, b"", b"rubbish", b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"])
def test_a_file_without_lists(drv, secured, trusted, tmp_path, content):
    path = str(tmp_path / "crl.pem")
    if content is not None:
        written(tmp_path, "crl.pem", content)
    result = perform(drv, secured, **trusted, CRLFILE=path)
    assert result.code == SSL_CRL_BADFILE
    assert path in result.error


@pytest.fixture(scope="module")
def chain():
    """A root, an authority below it and the server's identity."""
    root = Identity.root("Chain Root")
    middle = root.authority("Chain Middle")
    return root, middle, middle.issue(extensions=[LOCALHOST])


LISTED = {
    "all": (lambda root, middle, leaf: crl(root) + crl(middle), 0),
    "the server's authority alone": (lambda root, middle, leaf: crl(middle), 3),
    "the root alone": (lambda root, middle, leaf: crl(root), 3),
    "the server revoked": (lambda root, middle, leaf: crl(root) + crl(middle, [leaf]), 23),
    "the authority revoked": (lambda root, middle, leaf: crl(root, [middle]) + crl(middle), 23),
    "expired": (lambda root, middle, leaf: crl(root) + crl(middle, days=5, age=10), 12),
    "of the future": (lambda root, middle, leaf: crl(root) + crl(middle, age=-1), 11),
    "another key": (lambda root, middle, leaf: crl(root) + crl(middle, key=root.key), 8),
    "expired and new": (lambda root, middle, leaf: crl(root) + crl(middle, days=5, age=10) + crl(middle), 0),
    "new and expired": (lambda root, middle, leaf: crl(root) + crl(middle) + crl(middle, [leaf], days=5, age=10), 0),
}


@must
@pytest.mark.parametrize("lists", LISTED)
def test_every_issuer_needs_a_list(drv, new_server, chain, tmp_path, lists):
    make, number = LISTED[lists]
    root, middle, leaf = chain
    path = written(tmp_path, "crl.pem", make(*chain))
    result = perform(drv, new_server(tls=leaf.context()), CAINFO=root.file(tmp_path), CRLFILE=path)
    assert result.code == (PEER_VERIFICATION if number else OK)
    assert drv.getinfo("SSL_VERIFYRESULT") == number


@must
def test_an_issuer_that_may_not_sign_lists(drv, new_server, tmp_path):
    root = Identity.root(extensions=[authority_extensions()[0], (usage("key_cert_sign"), True)])
    path = written(tmp_path, "crl.pem", crl(root))
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    assert perform(drv, srv, CAINFO=root.file(tmp_path), CRLFILE=path).code == PEER_VERIFICATION


@must
@pytest.mark.parametrize("lists", [True, False])
def test_with_lists_the_path_ends_at_a_root(drv, new_server, chain, tmp_path, lists):
    """A trusted authority below the root is enough only without them."""
    root, middle, leaf = chain
    path = written(tmp_path, "crl.pem", crl(root) + crl(middle))
    options = {"CRLFILE": path} if lists else {}
    result = perform(drv, new_server(tls=leaf.context()), CAINFO=middle.file(tmp_path), **options)
    assert result.code == (PEER_VERIFICATION if lists else OK)


NO_PARTIALCHAIN = 4


@must
@pytest.mark.parametrize("trusts_root", [True, False])
def test_no_partial_chain(drv, new_server, chain, tmp_path, trusts_root):
    root, middle, leaf = chain
    leaf = Identity(leaf.certificate, leaf.key)  # the server does not send the authority
    store = written(tmp_path, "store.pem", middle.pem + (root.pem if trusts_root else b""))
    result = perform(drv, new_server(tls=leaf.context()), CAINFO=store, SSL_OPTIONS=NO_PARTIALCHAIN)
    assert result.code == (OK if trusts_root else PEER_VERIFICATION)


@must
def test_a_new_list_counts_at_once(drv, new_server, root, leaf, trusted, tmp_path):
    """Also within one handle, and no session evades it."""
    srv = new_server(tls=leaf.context(ssl.TLSVersion.TLSv1_2))
    path = written(tmp_path, "crl.pem", crl(root))
    assert perform(drv, srv, **trusted, CRLFILE=path).code == OK
    written(tmp_path, "crl.pem", crl(root, [leaf]))
    assert attempt(drv, srv).code == PEER_VERIFICATION


# --- CURLOPT_ISSUERCERT


@must
@memcheck
@pytest.mark.parametrize("how", ["file", "blob"])
@pytest.mark.parametrize("verified", [True, False])
def test_the_issuer(drv, secured, root, trusted, tmp_path, how, verified):
    option = {"ISSUERCERT": root.file(tmp_path)} if how == "file" else {"ISSUERCERT_BLOB": root.pem}
    assert perform(drv, secured, **(trusted if verified else OFF), **option).code == OK


@must
@pytest.mark.parametrize("verified", [True, False])
def test_another_issuer(drv, secured, trusted, tmp_path, verified):
    other = Identity.root("Elsewhere").file(tmp_path, "other.pem")
    result = perform(drv, secured, **(trusted if verified else OFF), ISSUERCERT=other)
    assert result.code == SSL_ISSUER_ERROR


def test_an_issuer_of_the_same_name_with_another_key(drv, secured, trusted, tmp_path):
    """libcurl compares names alone."""
    other = Identity.root("Test Root").file(tmp_path, "other.pem")
    result = perform(drv, secured, **trusted, ISSUERCERT=other)
    assert result.code == SSL_ISSUER_ERROR
    assert "issuer check failed" in result.error


@must
@pytest.mark.parametrize("content", [None, b"", b"rubbish"])
def test_a_file_without_an_issuer(drv, secured, trusted, tmp_path, content):
    path = str(tmp_path / "issuer.pem")
    if content is not None:
        written(tmp_path, "issuer.pem", content)
    assert perform(drv, secured, **trusted, ISSUERCERT=path).code == SSL_ISSUER_ERROR


# --- CURLOPT_CA_CACHE_TIMEOUT


@pytest.mark.parametrize("seconds, code", [(0, PEER_VERIFICATION), (1, PEER_VERIFICATION), (3600, OK), (-1, OK)])
def test_a_replaced_ca_file_within_one_handle(drv, secured, root, tmp_path, seconds, code):
    path = root.file(tmp_path)
    assert perform(drv, secured, CAINFO=path, CA_CACHE_TIMEOUT=seconds, SSL_SESSIONID_CACHE=0).code == OK
    Identity.root("Elsewhere").file(tmp_path)
    if seconds == 1:
        time.sleep(1.1)
    assert attempt(drv, secured).code == code
