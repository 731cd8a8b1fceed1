"""wss: which algorithms are offered, the key log, the system's trust store."""

import ssl

import pytest
from certificates import Identity, hosts, rsa_key
from driver import OK, PEER_VERIFICATION, SSL_CIPHER, SSL_CONNECT
from test_tls_certificates import attempt, perform

must = pytest.mark.must
memcheck = pytest.mark.memcheck
LOCALHOST = (hosts("localhost"), False)
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
ONLY_1_3, MAX_1_2 = 7, 6 << 16


@pytest.fixture(scope="module")
def root():
    return Identity.root()


@pytest.fixture(scope="module")
def identities(root):
    return {"ECDSA": root.issue(extensions=[LOCALHOST]), "RSA": root.issue(extensions=[LOCALHOST], key=rsa_key(2048))}


@pytest.fixture
def trusted(root, tmp_path):
    return {"CAINFO": root.file(tmp_path)}


def cipher(drv, srv, **options):
    """What is negotiated."""
    return drv.connect(srv, **options).sock.cipher()[0]


RSA_128, RSA_256 = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
LISTS = {
    RSA_128: RSA_128,
    f"{RSA_256}:{RSA_128}": RSA_256,
    f"AES128-SHA:{RSA_128}": RSA_128,
    "CHACHA20": "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE+AES128:!ECDSA": RSA_128,
    "ALL:!AES256:!CHACHA20": RSA_128,
    f"HIGH:-AES:{RSA_256}:!CHACHA20": RSA_256,
}


@must
@memcheck
@pytest.mark.parametrize("ciphers", LISTS)
def test_ciphers_of_tls_1_2(drv, new_server, identities, trusted, ciphers):
    context = identities["RSA"].context(TLS_1_2)
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    assert cipher(drv, new_server(tls=context), **trusted, SSL_CIPHER_LIST=ciphers) == LISTS[ciphers]


def test_names_of_iana(drv, new_server, identities, trusted):
    srv = new_server(tls=identities["RSA"].context(TLS_1_2))
    assert cipher(drv, srv, **trusted, SSL_CIPHER_LIST="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256") == RSA_128


@must
@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
def test_ciphers_of_tls_1_3(drv, new_server, identities, trusted, suite):
    srv = new_server(tls=identities["RSA"].context(TLS_1_3))
    assert cipher(drv, srv, **trusted, TLS13_CIPHERS=f"{suite}") == suite


@must
def test_no_common_cipher(drv, new_server, identities, trusted):
    context = identities["RSA"].context(TLS_1_2)
    context.set_ciphers(RSA_128)
    assert perform(drv, new_server(tls=context), **trusted, SSL_CIPHER_LIST=RSA_256).code == SSL_CONNECT


NOTHING_LEFT = [
    ("SSL_CIPHER_LIST", "rubbish"),
    ("SSL_CIPHER_LIST", "ALL:!ALL"),
    ("SSL_CIPHER_LIST", ""),
    ("TLS13_CIPHERS", "rubbish"),
    ("SSL_EC_CURVES", "X25519:P-257"),
    ("SSL_EC_CURVES", "rubbish"),
    ("SSL_SIGNATURE_ALGORITHMS", "RSA+SHA255"),
    ("SSL_SIGNATURE_ALGORITHMS", "RSA+SHA256:rubbish"),
]


@must
@memcheck
@pytest.mark.parametrize("option, text", NOTHING_LEFT)
def test_lists_that_cannot_be_used(drv, tls_srv, trust, option, text):
    result = perform(drv, tls_srv, **trust, **{option: text})
    assert result.code == SSL_CIPHER and result.error


@pytest.mark.parametrize("option", ["SSL_CIPHER_LIST", "TLS13_CIPHERS", "SSL_EC_CURVES", "SSL_SIGNATURE_ALGORITHMS"])
def test_the_message_has_the_unknown_name(drv, tls_srv, trust, option):
    result = perform(drv, tls_srv, **trust, **{option: "rubbish"})
    assert result.code == SSL_CIPHER
    assert f'CURLOPT_{option}: unknown name "rubbish"' in result.error


@must
def test_a_list_for_another_version_is_not_looked_at(drv, tls_srv, trust):
    drv.connect(tls_srv, **trust, SSL_CIPHER_LIST="rubbish", SSLVERSION=ONLY_1_3)
    drv.do("cleanup")
    drv.connect(tls_srv, **trust, TLS13_CIPHERS="rubbish", SSLVERSION=MAX_1_2)


@must
@pytest.mark.parametrize("curve, code", [("prime256v1", OK), ("secp384r1", SSL_CONNECT)])
@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_curves(drv, new_server, identities, trusted, version, curve, code):
    context = identities["RSA"].context(version)
    context.set_ecdh_curve("prime256v1")
    assert perform(drv, new_server(tls=context), **trusted, SSL_EC_CURVES=curve).code == code


@must
def test_a_curve_that_the_server_prefers(drv, new_server, identities, trusted):
    """HelloRetryRequest: it is not the first one offered."""
    context = identities["RSA"].context(TLS_1_3)
    context.set_ecdh_curve("secp384r1")
    drv.connect(new_server(tls=context), **trusted, SSL_EC_CURVES="X25519:P-256:P-384")


@must
@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
@pytest.mark.parametrize(
    "key, algorithms, code",
    [
        ("RSA", "rsa_pss_rsae_sha256", OK),
        ("RSA", "RSA-PSS+SHA256:ECDSA+SHA384", OK),
        ("ECDSA", "ECDSA+SHA256", OK),
        ("ECDSA", "RSA-PSS+SHA256:RSA+SHA256", SSL_CONNECT),
        ("RSA", "ECDSA+SHA256:ed25519", SSL_CONNECT),
    ],
)
def test_signature_algorithms(drv, new_server, identities, trusted, version, key, algorithms, code):
    srv = new_server(tls=identities[key].context(version))
    assert perform(drv, srv, **trusted, SSL_SIGNATURE_ALGORITHMS=algorithms).code == code


# --- CURLOPT_SSL_OPTIONS

NATIVE_CA = 16
NO_EFFECT = 1 | 2 | 8 | 32 | 64


@must
@pytest.mark.parametrize("bits", [NO_EFFECT, NATIVE_CA])
def test_bits_that_change_nothing_here(drv, tls_srv, trust, bits):
    drv.connect(tls_srv, **trust, SSL_OPTIONS=bits)


@must
def test_the_system_does_not_trust_the_tests(drv, tls_srv, root, tmp_path):
    assert perform(drv, tls_srv, CAINFO=root.file(tmp_path), SSL_OPTIONS=NATIVE_CA).code == PEER_VERIFICATION


# --- SSLKEYLOGFILE


@must
@pytest.mark.parametrize("version, label", [(TLS_1_2, "CLIENT_RANDOM"), (TLS_1_3, "CLIENT_TRAFFIC_SECRET_0")])
def test_key_log(new_driver, new_server, identities, trusted, tmp_path, version, label):
    log = tmp_path / "keys.log"
    drv = new_driver(env={"SSLKEYLOGFILE": str(log)})
    drv.connect(new_server(tls=identities["RSA"].context(version)), **trusted)
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [words for words in lines if words[0] == label and len(words) == 3 and len(words[1]) == 64]


def test_no_key_log_without_the_variable(drv, tls_srv, trust, tmp_path):
    drv.connect(tls_srv, **trust)
    assert not list(tmp_path.glob("*.log"))

