"""wss: servers that ask for a client certificate. libcurl with OpenSSL is the measure."""

import ssl
import subprocess

import pytest
from certificates import CLIENTS, Identity, hosts, private_pem, rsa_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from driver import BAD_ARGUMENT, OK, RECV_ERROR, SEND_ERROR, SSL_CERTPROBLEM, SSL_CLIENTCERT, SSL_CONNECT
from test_tls_certificates import attempt, written

must = pytest.mark.must
memcheck = pytest.mark.memcheck
timing = pytest.mark.timing
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS_8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
PLAIN = serialization.NoEncryption()
ENCRYPTED = serialization.BestAvailableEncryption(b"secret")


@pytest.fixture(scope="module")
def root():
    return Identity.root()


@pytest.fixture(scope="module")
def client(root):
    return root.issue("A client", [(CLIENTS, False)])


@pytest.fixture
def asking(new_server, root):
    """Makes a server that demands a certificate of the root's."""

    def make(version=None, mode=ssl.CERT_REQUIRED):
        context = root.issue(extensions=[(hosts("localhost"), False)]).context(version)
        context.verify_mode = mode
        context.load_verify_locations(cadata=root.pem.decode())
        return new_server(tls=context)

    return make


@pytest.fixture
def trusted(root, tmp_path):
    return {"CAINFO": root.file(tmp_path)}


def files(folder, identity, key=None):
    """The options that name a certificate and its key."""
    key = key or private_pem(identity.key)
    return {"SSLCERT": identity.file(folder, "client.pem"), "SSLKEY": written(folder, "client.key", key)}


def sent_name(conn):
    """The common name of the certificate that the client sent."""
    subject = conn.sock.getpeercert()["subject"]
    return dict(part[0] for part in subject)["commonName"]


@must
@memcheck
@pytest.mark.parametrize("version", VERSIONS)
def test_certificate_and_key_in_files(drv, asking, client, trusted, tmp_path, version):
    conn = drv.connect(asking(version), **trusted, **files(tmp_path, client))
    assert sent_name(conn) == "A client"


def the_same_file(folder, client):
    pem = private_pem(client.key) + client.pem
    return {"SSLCERT": written(folder, "both.pem", pem)}


def blobs(folder, client):
    return {"SSLCERT_BLOB": client.pem, "SSLKEY_BLOB": private_pem(client.key)}


def one_blob(folder, client):
    return {"SSLCERT_BLOB": client.pem + private_pem(client.key)}


def key_blob_beside_a_file(folder, client):
    return {"SSLCERT": client.file(folder, "client.pem"), "SSLKEY_BLOB": private_pem(client.key)}


def der_files(folder, client):
    certificate = client.certificate.public_bytes(DER)
    key = client.key.private_bytes(DER, PKCS_8, PLAIN)
    names = {"SSLCERT": written(folder, "client.der", certificate), "SSLKEY": written(folder, "key.der", key)}
    return {**names, "SSLCERTTYPE": "DER", "SSLKEYTYPE": "der"}


def der_blobs(folder, client):
    certificate = client.certificate.public_bytes(DER)
    key = client.key.private_bytes(DER, TRADITIONAL, PLAIN)
    return {"SSLCERT_BLOB": certificate, "SSLKEY_BLOB": key, "SSLCERTTYPE": "DER", "SSLKEYTYPE": "DER"}


def text_around(folder, client):
    """As `openssl x509 -text` and `openssl ecparam -genkey` write."""
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    return {"SSLCERT_BLOB": b"Certificate:\n    Data:\n" + client.pem, "SSLKEY_BLOB": parameters + private_pem(client.key)}


@must
@memcheck
@pytest.mark.parametrize(
    "where", [the_same_file, blobs, one_blob, key_blob_beside_a_file, der_files, der_blobs, text_around]
)
def test_where_certificate_and_key_can_be(drv, asking, client, trusted, tmp_path, where):
    conn = drv.connect(asking(), **trusted, **where(tmp_path, client))
    assert sent_name(conn) == "A client"


@must
@pytest.mark.parametrize("form", [PKCS_8, TRADITIONAL])
@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA"])
def test_keys_of_all_kinds(drv, asking, root, trusted, tmp_path, kind, form):
    key = {"P-256": lambda: ec.generate_private_key(ec.SECP256R1()), "P-384": lambda: ec.generate_private_key(ec.SECP384R1())}
    key = key.get(kind, lambda: rsa_key(2048))()
    client = root.issue("A client", [(CLIENTS, False)], key=key)
    text = key.private_bytes(PEM, form, PLAIN)
    assert sent_name(drv.connect(asking(), **trusted, **files(tmp_path, client, text))) == "A client"


@must
def test_an_ed25519_key(drv, asking, root, trusted, tmp_path):
    client = root.issue("A client", [(CLIENTS, False)], key=ed25519.Ed25519PrivateKey.generate())
    assert sent_name(drv.connect(asking(), **trusted, **files(tmp_path, client))) == "A client"


@must
def test_a_certificate_of_version_1(drv, asking, root, trusted, tmp_path):
    """What `openssl x509 -req` makes, and webpki refuses to read."""
    assert sent_name(drv.connect(asking(), **trusted, **files(tmp_path, root.version_1("Old")))) == "Old"


@must
def test_the_issuers_beside_the_certificate_are_sent(drv, asking, root, trusted, tmp_path):
    client = root.authority("Middle").issue("A client", [(CLIENTS, False)])
    middle = b"".join(one.public_bytes(PEM) for one in client.chain)
    certificate = written(tmp_path, "chain.pem", client.pem + middle)
    key = written(tmp_path, "key.pem", private_pem(client.key))
    assert sent_name(drv.connect(asking(), **trusted, SSLCERT=certificate, SSLKEY=key)) == "A client"


# --- encrypted keys


def openssl(*arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def topk8(*how):
    return lambda plain: openssl("pkcs8", "-topk8", "-passout", "pass:secret", *how, data=plain)


ENCRYPTIONS = {
    "default": topk8(),
    "aes128": topk8("-v2", "aes128"),
    "sha1": topk8("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"),
    "sha512": topk8("-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"),
    "scrypt": topk8("-scrypt"),
    "many": topk8("-iter", "100000"),
}


@must
@pytest.mark.parametrize("how", ENCRYPTIONS)
def test_encrypted_keys(drv, asking, client, trusted, tmp_path, how):
    key = ENCRYPTIONS[how](private_pem(client.key))
    assert b"ENCRYPTED PRIVATE KEY" in key
    conn = drv.connect(asking(), **trusted, **files(tmp_path, client, key), KEYPASSWD="secret")
    assert sent_name(conn) == "A client"


@must
def test_an_encrypted_key_in_der(drv, asking, client, trusted):
    """OpenSSL reads it through PEM alone: here DER is the certificate's."""
    key = client.key.private_bytes(PEM, PKCS_8, ENCRYPTED)
    certificate = client.certificate.public_bytes(DER)
    options = {"SSLCERT_BLOB": certificate, "SSLCERTTYPE": "DER", "SSLKEY_BLOB": key, "SSLKEYTYPE": "PEM"}
    assert sent_name(drv.connect(asking(), **trusted, **options, KEYPASSWD="secret")) == "A client"


def fails(drv, srv, **options):
    drv.init(srv.url, CONNECT_ONLY=2, **options)
    return attempt(drv, srv)


@must
@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password(drv, asking, client, tmp_path, password):
    key = ENCRYPTIONS["default"](private_pem(client.key))
    result = fails(drv, asking(), **files(tmp_path, client, key), KEYPASSWD=password)
    assert result.code == BAD_ARGUMENT and result.error


def test_an_encrypted_key_without_a_password(drv, asking, client, tmp_path):
    key = ENCRYPTIONS["default"](private_pem(client.key))
    result = fails(drv, asking(), **files(tmp_path, client, key))
    assert result.code == BAD_ARGUMENT
    assert "CURLOPT_KEYPASSWD" in result.error


def test_the_old_encryption_is_refused_with_the_command_that_converts(drv, asking, client, tmp_path):
    key = client.key.private_bytes(PEM, TRADITIONAL, ENCRYPTED)
    assert b"DEK-Info" in key
    result = fails(drv, asking(), **files(tmp_path, client, key), KEYPASSWD="secret")
    assert result.code == BAD_ARGUMENT
    assert "openssl pkcs8 -topk8" in result.error
    converted = openssl("pkcs8", "-topk8", "-passin", "pass:secret", "-passout", "pass:secret", data=key)
    assert b"ENCRYPTED PRIVATE KEY" in converted


@pytest.mark.parametrize("kind", ["PEM", "P12"])
def test_pkcs_12_is_refused_with_the_command_that_converts(drv, asking, client, tmp_path, kind):
    made = pkcs12.serialize_key_and_certificates(b"x", client.key, client.certificate, None, PLAIN)
    result = fails(drv, asking(), SSLCERT=written(tmp_path, "client.p12", made), SSLCERTTYPE=kind)
    assert result.code == SSL_CERTPROBLEM
    assert "openssl pkcs12 -in" in result.error


def test_pbkdf2_without_end_is_refused(drv, asking, client, tmp_path):
    made = ["pkcs8", "-topk8", "-outform", "DER", "-passout", "pass:x", "-iter", "65537"]
    key = openssl(*made, data=private_pem(client.key))
    endless = key.replace(b"\x02\x03\x01\x00\x01", b"\x02\x03\x7f\xff\xff")
    assert endless != key
    certificate = client.file(tmp_path, "client.pem")
    options = {"SSLCERT": certificate, "SSLKEY_BLOB": endless, "SSLKEYTYPE": "DER", "KEYPASSWD": "x"}
    result = fails(drv, asking(), **options)
    assert result.code == BAD_ARGUMENT
    assert "too much time or memory" in result.error


# --- what can't be used


def nothing(folder, client):
    return {"SSLCERT": str(folder / "none.pem")}, SSL_CERTPROBLEM


def no_certificate(folder, client):
    return {"SSLCERT_BLOB": b"rubbish", "SSLKEY_BLOB": private_pem(client.key)}, SSL_CERTPROBLEM


def broken_certificate(folder, client):
    return {"SSLCERT_BLOB": client.pem.replace(b"MII", b"MAA"), "SSLKEY_BLOB": private_pem(client.key)}, SSL_CERTPROBLEM


def no_der(folder, client):
    return {"SSLCERT_BLOB": client.pem, "SSLCERTTYPE": "DER", "SSLKEY_BLOB": private_pem(client.key)}, SSL_CERTPROBLEM


def no_key(folder, client):
    return {"SSLCERT": client.file(folder, "client.pem")}, BAD_ARGUMENT


def missing_key(folder, client):
    return {"SSLCERT": client.file(folder, "client.pem"), "SSLKEY": str(folder / "none.key")}, BAD_ARGUMENT


def broken_key(folder, client):
    return {"SSLCERT_BLOB": client.pem, "SSLKEY_BLOB": private_pem(client.key)[:-60]}, BAD_ARGUMENT


def another_key(folder, client):
    other = ec.generate_private_key(ec.SECP256R1())
    return {"SSLCERT_BLOB": client.pem, "SSLKEY_BLOB": private_pem(other)}, BAD_ARGUMENT


def unknown_type(folder, client):
    return {**files(folder, client), "SSLCERTTYPE": "JKS"}, BAD_ARGUMENT


def unknown_key_type(folder, client):
    return {**files(folder, client), "SSLKEYTYPE": "JKS"}, BAD_ARGUMENT


UNUSABLE = [
    nothing,
    no_certificate,
    broken_certificate,
    no_der,
    no_key,
    missing_key,
    broken_key,
    another_key,
    unknown_type,
    unknown_key_type,
]


@must
@memcheck
@pytest.mark.parametrize("what", UNUSABLE)
def test_what_cannot_be_used_has_libcurls_code(drv, asking, client, tmp_path, what):
    options, code = what(tmp_path, client)
    result = fails(drv, asking(), **options)
    assert result.code == code and result.error


@must
def test_a_key_without_a_certificate_is_not_looked_at(drv, tls_srv, trust, tmp_path):
    drv.connect(tls_srv, **trust, SSLKEY=str(tmp_path / "none.key"), KEYPASSWD="x")


# --- the server's answer


@must
@timing
@pytest.mark.parametrize("version, codes", [(VERSIONS[0], [SSL_CONNECT]), (VERSIONS[1], [SEND_ERROR, RECV_ERROR, SSL_CLIENTCERT])])
def test_a_server_that_gets_no_certificate(drv, asking, trusted, version, codes):
    result = fails(drv, asking(version), **trusted)
    assert result.code in codes
    assert result.error


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_gets_no_certificate_is_told_in_words(drv, asking, trusted, version):
    assert "client certificate" in fails(drv, asking(version), **trusted).error


def test_a_certificate_that_the_server_does_not_accept(drv, asking, trusted, tmp_path):
    stranger = Identity.root("Elsewhere").issue("A stranger", [(CLIENTS, False)])
    result = fails(drv, asking(), **trusted, **files(tmp_path, stranger))
    assert result.code == RECV_ERROR
    assert "does not accept the client certificate" in result.error


@must
def test_a_server_that_asks_and_does_not_insist(drv, asking, trusted):
    conn = drv.connect(asking(mode=ssl.CERT_OPTIONAL), **trusted)
    assert not conn.sock.getpeercert()


def test_a_replaced_certificate_counts_at_once(drv, asking, root, trusted, tmp_path):
    """Also within one handle, and no session of the old one is resumed, as libcurl does."""
    srv = asking()
    for name in ["First", "Second"]:
        options = files(tmp_path, root.issue(name, [(CLIENTS, False)]))
        if name == "First":
            drv.init(srv.url, CONNECT_ONLY=2, **trusted, **options)
        assert sent_name(drv.upgrade(srv)) == name


@must
@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_of_another_certificate_is_resumed(drv, asking, root, trusted, tmp_path, version):
    srv = asking(version)
    drv.init(srv.url, CONNECT_ONLY=2, **trusted)
    for name in ["First", "Second"]:
        identity = root.issue(name, [(CLIENTS, False)])
        drv.setopt("SSLCERT_BLOB", identity.pem + private_pem(identity.key))
        assert sent_name(drv.upgrade(srv)) == name


@must
def test_a_copied_handle_has_the_certificate(drv, asking, client, trusted):
    srv = asking()
    drv.init(srv.url, CONNECT_ONLY=2, **trusted, SSLCERT_BLOB=client.pem + private_pem(client.key))
    assert drv.do("dup", "1")["ok"] == 1
    drv.do("cleanup")
    assert sent_name(drv.upgrade(srv, slot="@1 ")) == "A client"


PROXY = {
    "PROXY_CAINFO": "/nonexistent",
    "PROXY_CAINFO_BLOB": b"rubbish",
    "PROXY_CAPATH": "/nonexistent",
    "PROXY_CRLFILE": "/nonexistent",
    "PROXY_ISSUERCERT": "/nonexistent",
    "PROXY_ISSUERCERT_BLOB": b"rubbish",
    "PROXY_KEYPASSWD": "secret",
    "PROXY_PINNEDPUBLICKEY": "sha256//AAAA",
    "PROXY_SSLCERT": "/nonexistent",
    "PROXY_SSLCERTTYPE": "DER",
    "PROXY_SSLCERT_BLOB": b"rubbish",
    "PROXY_SSLKEY": "/nonexistent",
    "PROXY_SSLKEYTYPE": "DER",
    "PROXY_SSLKEY_BLOB": b"rubbish",
    "PROXY_SSLVERSION": 7,
    "PROXY_SSL_CIPHER_LIST": "rubbish",
    "PROXY_SSL_OPTIONS": 4,
    "PROXY_SSL_VERIFYHOST": 0,
    "PROXY_SSL_VERIFYPEER": 0,
    "PROXY_TLS13_CIPHERS": "rubbish",
}


@must
def test_the_options_of_a_proxys_tls_are_not_the_servers(drv, asking, client, trusted, tmp_path):
    conn = drv.connect(asking(), **trusted, **files(tmp_path, client), **PROXY)
    assert sent_name(conn) == "A client"
    assert conn.sock.version() == "TLSv1.3"
