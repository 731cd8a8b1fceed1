"""wss: which certificates are accepted. libcurl with OpenSSL is the measure."""

import datetime
import os
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

import certificates
import driver as driver_module
import pytest
from certificates import CLIENTS, POLICIES, SERVERS, Identity, constraints, directory, dns, hosts, name, rsa_key, usage
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from driver import BAD_ARGUMENT, OK, PEER_VERIFICATION, SSL_CACERT_BADFILE, SSL_CONNECT
from driver import Driver

must = pytest.mark.must
memcheck = pytest.mark.memcheck
LOCALHOST = (hosts("localhost"), False)


def written(folder, name, data):
    """The name of a new file, for an option."""
    (folder / name).write_bytes(data)
    return str(folder / name)


def attempt(drv, srv, handshake=True):
    """Performs on a handle that is set up; the result. The server's end is closed."""
    drv.begin("perform")
    conn = None
    try:
        conn = srv.accept_unless_over(drv)
        if conn and handshake:
            conn.handshake()
    except (ssl.SSLError, OSError, AssertionError):
        pass
    result = drv.end()
    if conn:
        conn.close()
    return result


def perform(drv, srv, **options):
    drv.init(srv.url, CONNECT_ONLY=2, **options)
    return attempt(drv, srv)


# --- what private authorities make


def version_1_leaf(root):
    return root.version_1("localhost")


def authority_as_server(root):
    return root.issue(extensions=[LOCALHOST, (x509.BasicConstraints(ca=True, path_length=None), True)])


def critical_policies(root):
    return root.issue(extensions=[LOCALHOST, (POLICIES, True)])


def sha512(root):
    return root.issue(extensions=[LOCALHOST], hash=hashes.SHA512())


def sha512_p384(root):
    middle = root.authority("Middle", key=ec.generate_private_key(ec.SECP384R1()))
    return middle.issue(extensions=[LOCALHOST], hash=hashes.SHA512())


def eight_between(root):
    for level in range(8):
        root = root.authority(f"Level {level}")
    return root.issue(extensions=[LOCALHOST])


def from_1960(root):
    return root.issue(extensions=[LOCALHOST], not_before=datetime.datetime(1960, 1, 1))


def final_dot(root):
    return root.issue(extensions=[(hosts("localhost."), False)])


def below_directory(root):
    middle = root.authority("Middle", [*certificates.authority_extensions(), constraints(directory("Example"))])
    return middle.issue(name("localhost", "Example"), [LOCALHOST])


def common_name_below_dns(root):
    middle = root.authority("Middle", [*certificates.authority_extensions(), constraints(dns("localhost"))])
    return middle.issue("localhost")


def mail_address_and_common_name(root):
    return root.issue("localhost", [(x509.SubjectAlternativeName([x509.RFC822Name("u@a.example")]), False)])


GOOD = [
    version_1_leaf,
    authority_as_server,
    critical_policies,
    sha512,
    sha512_p384,
    eight_between,
    from_1960,
    final_dot,
    below_directory,
    common_name_below_dns,
    mail_address_and_common_name,
]


@must
@memcheck
@pytest.mark.parametrize("make", GOOD)
def test_certificates_that_private_authorities_make(drv, new_server, tmp_path, make):
    root = Identity.root()
    srv = new_server(tls=make(root).context())
    assert perform(drv, srv, CAINFO=root.file(tmp_path)).code == OK
    assert drv.getinfo("SSL_VERIFYRESULT") == 0


@must
def test_sha512_by_the_root_itself(drv, new_server, tmp_path):
    root = Identity.root(hash=hashes.SHA512())
    srv = new_server(tls=root.issue(extensions=[LOCALHOST], hash=hashes.SHA512()).context())
    assert perform(drv, srv, CAINFO=root.file(tmp_path)).code == OK


# --- what nobody accepts


def signs_certificates_only(root):
    return root.issue(extensions=[LOCALHOST, (usage("key_cert_sign"), True)])


def for_clients(root):
    return root.issue(extensions=[LOCALHOST, (CLIENTS, False)])


def below_an_authority_that_may_not_sign(root):
    middle = root.authority("Middle", [(x509.BasicConstraints(True, None), True), (usage("digital_signature"), True)])
    return middle.issue(extensions=[LOCALHOST])


def below_a_server(root):
    return root.issue("Middle", [LOCALHOST]).issue(extensions=[LOCALHOST])


def below_an_authority_for_clients(root):
    return root.authority("Middle", [*certificates.authority_extensions(), (CLIENTS, False)]).issue(extensions=[LOCALHOST])


def below_an_expired_authority(root):
    past = datetime.datetime(2020, 1, 1)
    middle = root.authority("Middle", not_before=past - datetime.timedelta(days=9), not_after=past)
    return middle.issue(extensions=[LOCALHOST])


def below_too_many(root):
    middle = root.authority("First", certificates.authority_extensions(0))
    return middle.authority("Second").issue(extensions=[LOCALHOST])


def outside_dns(root):
    middle = root.authority("Middle", [*certificates.authority_extensions(), constraints(dns("inside.example"))])
    return middle.issue(extensions=[LOCALHOST])


def outside_directory(root):
    middle = root.authority("Middle", [*certificates.authority_extensions(), constraints(directory("Example"))])
    return middle.issue(name("localhost", "Other"), [LOCALHOST])


def unknown_critical(root):
    return root.issue(extensions=[LOCALHOST, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)])


def of_another_authority(root):
    return Identity.root("Test Root").issue(extensions=[LOCALHOST])


BAD = [
    signs_certificates_only,
    for_clients,
    below_an_authority_that_may_not_sign,
    below_a_server,
    below_an_authority_for_clients,
    below_an_expired_authority,
    below_too_many,
    outside_dns,
    outside_directory,
    unknown_critical,
    of_another_authority,
]


@must
@memcheck
@pytest.mark.parametrize("make", BAD)
def test_certificates_that_nobody_accepts(drv, new_server, tmp_path, make):
    root = Identity.root()
    srv = new_server(tls=make(root).context())
    result = perform(drv, srv, CAINFO=root.file(tmp_path))
    assert result.code == PEER_VERIFICATION and result.error
    assert drv.getinfo("SSL_VERIFYRESULT") != 0


@must
@pytest.mark.parametrize("make", BAD)
def test_without_verification_they_serve(drv, new_server, make):
    srv = new_server(tls=make(Identity.root()).context())
    assert perform(drv, srv, SSL_VERIFYPEER=0).code == OK


@must
@pytest.mark.parametrize("purpose, code", [(CLIENTS, PEER_VERIFICATION), (SERVERS, OK)])
def test_a_server_certificate_that_is_trusted_itself(drv, new_server, tmp_path, purpose, code):
    server = Identity.root("Elsewhere").issue(extensions=[LOCALHOST, (purpose, False)])
    assert perform(drv, new_server(tls=server.context()), CAINFO=server.file(tmp_path)).code == code


def test_a_short_key_is_named(drv, new_server, tmp_path):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[LOCALHOST], key=rsa_key(1024)).context(weak=True))
    result = perform(drv, srv, CAINFO=root.file(tmp_path))
    assert result.code == PEER_VERIFICATION
    assert "RSA key of 1024 bits" in result.error


def test_an_address_as_a_dns_name_is_named(drv, new_server, tmp_path):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[(hosts("127.0.0.1"), False)]).context())
    drv.init(f"wss://127.0.0.1:{srv.port}/", CONNECT_ONLY=2, CAINFO=root.file(tmp_path))
    result = attempt(drv, srv)
    assert result.code == PEER_VERIFICATION
    assert "DNS name, not as an IP address" in result.error


def test_more_than_64_kib_of_certificates_is_said(drv, new_server, tmp_path):
    root = Identity.root()
    server = root.issue(extensions=[LOCALHOST])
    server.chain = [root.authority("x" * 60).certificate] * 200
    srv = new_server(tls=server.context())
    result = perform(drv, srv, CAINFO=root.file(tmp_path))
    assert result.code == SSL_CONNECT
    assert "more than 64 KiB" in result.error


# --- without verification


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("bits", [1024, pytest.param(2048, marks=must)])
def test_without_verification_any_key_serves(drv, new_server, version, bits):
    """OpenSSL needs a lower security level for the short key, whatever libcurl verifies."""
    server = Identity.root().issue(extensions=[LOCALHOST], key=rsa_key(bits))
    srv = new_server(tls=server.context(version, weak=True))
    assert perform(drv, srv, SSL_VERIFYPEER=0, SSL_VERIFYHOST=0).code == OK


@must
@pytest.mark.parametrize("host", ["host.123", "bad-.example", "a~b.example", "x_y.example"])
@pytest.mark.parametrize("verify", [0, 1])
def test_hosts_of_any_shape(drv, new_server, tmp_path, host, verify):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[(hosts(host if verify else "other.example"), False)]).context())
    options = {"CAINFO": root.file(tmp_path)} if verify else {"SSL_VERIFYPEER": 0, "SSL_VERIFYHOST": 0}
    drv.init(f"wss://{host}:{srv.port}/", CONNECT_ONLY=2, RESOLVE=[f"{host}:{srv.port}:127.0.0.1"], **options)
    assert attempt(drv, srv).code == OK


# --- lists of trusted certificates


@must
@pytest.mark.parametrize("label", ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("option", ["CAINFO", "CAINFO_BLOB"])
def test_labels_and_byte_order_mark(drv, new_server, tmp_path, label, mark, option):
    root = Identity.root()
    text = mark + root.pem.replace(b"CERTIFICATE", label.encode())
    (tmp_path / "ca.pem").write_bytes(text)
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    assert perform(drv, srv, **{option: str(tmp_path / "ca.pem") if option == "CAINFO" else text}).code == OK


@must
@pytest.mark.parametrize(
    "arguments, code",
    [(["-addtrust", "serverAuth"], OK), (["-addtrust", "clientAuth"], PEER_VERIFICATION), (["-addreject", "serverAuth"], PEER_VERIFICATION)],
)
def test_trust_settings_in_the_list(drv, new_server, tmp_path, arguments, code):
    root = Identity.root()
    command = ["openssl", "x509", "-in", root.file(tmp_path), "-trustout", *arguments, "-out", str(tmp_path / "trusted.pem")]
    subprocess.run(command, check=True)
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    assert perform(drv, srv, CAINFO=str(tmp_path / "trusted.pem")).code == code


@must
@memcheck
def test_in_a_directory_only_hash_links_are_trusted(drv, new_server, tmp_path):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    Identity.root("Another").file(tmp_path, "another.pem")
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    root.file(tmp_path)
    assert perform(drv, srv, CAPATH=str(tmp_path)).code == PEER_VERIFICATION
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    assert attempt(drv, srv).code == OK


@must
def test_removing_a_link_withdraws_an_authority(drv, new_server, tmp_path):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    Identity.root("Another").file(tmp_path, "another.pem")
    root.file(tmp_path)
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    assert perform(drv, srv, CAPATH=str(tmp_path), SSL_SESSIONID_CACHE=0).code == OK
    for link in tmp_path.glob("*.0"):
        if link.resolve().name == "ca.pem":
            link.unlink()
    assert attempt(drv, srv).code == PEER_VERIFICATION


def test_a_directory_without_links_says_what_to_do(drv, new_server, tmp_path):
    root = Identity.root()
    root.file(tmp_path)
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    result = perform(drv, srv, CAPATH=str(tmp_path))
    assert result.code == SSL_CACERT_BADFILE
    assert "openssl rehash" in result.error


@must
@memcheck
def test_a_replaced_file_is_read_each_time_with_cache_timeout_0(drv, new_server, tmp_path):
    old, new = Identity.root("Old"), Identity.root("New")
    of_old, of_new = (new_server(tls=root.issue(extensions=[LOCALHOST]).context()) for root in (old, new))
    path = old.file(tmp_path)
    assert perform(drv, of_old, CAINFO=path, CA_CACHE_TIMEOUT=0, SSL_SESSIONID_CACHE=0).code == OK
    new.file(tmp_path)
    assert attempt(drv, of_old).code == PEER_VERIFICATION
    drv.setopt("URL", of_new.url)
    assert attempt(drv, of_new).code == OK


@must
@pytest.mark.parametrize("seconds", [-1, 100])
def test_a_replaced_file_is_not_read_before_its_time(drv, new_server, tmp_path, seconds):
    old = Identity.root("Old")
    srv = new_server(tls=old.issue(extensions=[LOCALHOST]).context())
    assert perform(drv, srv, CAINFO=old.file(tmp_path), CA_CACHE_TIMEOUT=seconds, SSL_SESSIONID_CACHE=0).code == OK
    Identity.root("New").file(tmp_path)
    assert attempt(drv, srv).code == OK


def test_after_a_refusal_the_file_is_read_again(drv, new_server, tmp_path):
    """Whoever is refused for the lack of a root and repairs the file need not wait for a day."""
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    assert perform(drv, srv, CAINFO=Identity.root("Another").file(tmp_path)).code == PEER_VERIFICATION
    root.file(tmp_path)
    assert attempt(drv, srv).code == OK


@must
def test_a_missing_file_is_looked_for_again(drv, new_server, tmp_path):
    root = Identity.root()
    srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
    drv.init(srv.url, CONNECT_ONLY=2, CAINFO=str(tmp_path / "ca.pem"))
    assert attempt(drv, srv).code == SSL_CACERT_BADFILE
    root.file(tmp_path)
    assert attempt(drv, srv).code == OK


@must
def test_cache_timeout_has_a_range(drv):
    drv.init()
    assert drv.setopt_code("CA_CACHE_TIMEOUT", -1) == OK
    assert drv.setopt_code("CA_CACHE_TIMEOUT", -2) == BAD_ARGUMENT


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("is_privileged", [False, True])
def test_a_privileged_program_does_not_heed_its_callers_environment(new_server, variable, is_privileged):
    """A set-user-ID program, called by somebody else (secure_getenv(3))."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a set-user-ID program of root and call it as another")
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        root = Identity.root()
        (folder / "certificates").mkdir()
        path = Path(root.file(folder / "certificates"))
        program = shutil.copy(driver_module.program("driver"), folder / "driver")
        os.chown(program, 0, 0)
        os.chmod(program, 0o4755 if is_privileged else 0o755)
        srv = new_server(tls=root.issue(extensions=[LOCALHOST]).context())
        env = {variable: str(path if variable == "SSL_CERT_FILE" else path.parent)}
        drv = Driver(program, env=env, user=65534)
        assert perform(drv, srv).code == (PEER_VERIFICATION if is_privileged else OK)
        assert drv.quits() == 0
    finally:
        shutil.rmtree(folder)
