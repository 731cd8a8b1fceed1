//! What aws-lc-rs has and ring has not.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, NamedGroup};

use super::{Authority, Identity, Pair, leaf_params, server_config, trusting};
use crate::tls::{Context, Settings, Version};

const HOST: &str = "a.example";

/// Self-signed, with a key on P-521.
const P_521: &str = "\
-----BEGIN CERTIFICATE-----
MIICFTCCAXagAwIBAgIUMkIkoSB60A/MWF5JYlntT6jhJqwwCgYIKoZIzj0EAwQw
EDEOMAwGA1UEAwwFUC01MjEwIBcNMjYxMTI2MDEzNjIwWhgPMjk5ODExMTAwMTM2
MjBaMBAxDjAMBgNVBAMMBVAtNTIxMIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQA
bV6ngq3fFPSfKucFnrx2X80Ir04KNKJy8YVdut1wuukPJhdPqDptZuKvAvzpe4CA
4FNP27rUTnsnznKvuBxa0gkB0HH8CozjboUbm4G4UPf1OGMhmpjz/y73vgB5vAON
PYEHsdoyIbpiZk9nq9ZQVkRzeppSitCI5MV2BWBLW3bXBqyjaTBnMB0GA1UdDgQW
BBQn83nU5EC77HPt1IlDAc0hHlavWjAfBgNVHSMEGDAWgBQn83nU5EC77HPt1IlD
Ac0hHlavWjAPBgNVHRMBAf8EBTADAQH/MBQGA1UdEQQNMAuCCWEuZXhhbXBsZTAK
BggqhkjOPQQDBAOBjAAwgYgCQgEtRs3BYhw+n4hWq2TU901C+6/ZR0pelcBh3DGi
0u6mySjw6mwutuZR72/53W3OAykeEOCwBnCY6QYrj3ATRmK4ZQJCAS7Bxu4cIKAx
kVbcTmC60CQtKuoa/p9mXmHJ4xfpDUSWARh8Jd+TJBBNTtqYJWi0fqcTpIZbCToU
Q2ikL401u/WQ
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBGyNgH1nJGjjP18kw
WGOqgaXEG4pC+s510gmojc6TW9BHCCrcnPd13904emIgsHRtAhx1H47Zd7R5hnJA
lWql79GhgYkDgYYABABtXqeCrd8U9J8q5wWevHZfzQivTgo0onLxhV263XC66Q8m
F0+oOm1m4q8C/Ol7gIDgU0/butROeyfOcq+4HFrSCQHQcfwKjONuhRubgbhQ9/U4
YyGamPP/Lve+AHm8A409gQex2jIhumJmT2er1lBWRHN6mlKK0IjkxXYFYEtbdtcG
rA==
-----END PRIVATE KEY-----
";

#[test]
fn certificates_on_p_521_are_verified() {
    for version in [Version::Tls12, Version::Tls13] {
        let identity = Identity {
            chain: vec![CertificateDer::from_pem_slice(P_521.as_bytes()).unwrap()],
            key: PrivateKeyDer::from_pem_slice(P_521.as_bytes()).unwrap(),
        };
        let context = Context::new(&trusting(&[&identity.chain[0]])).unwrap();
        let mut pair = Pair::new(&context, HOST, &Arc::new(server_config(&identity, &[version])));
        pair.handshake(usize::MAX).unwrap();
        assert_eq!(pair.send(b"through"), b"through");
    }
}

#[test]
fn key_exchange_with_ml_kem() {
    let authority = Authority::new("Test Root");
    let identity = authority.sign(&leaf_params(&[HOST]));
    let groups = [
        (None, NamedGroup::X25519MLKEM768),
        (Some("X25519MLKEM768"), NamedGroup::X25519MLKEM768),
        (Some("X25519"), NamedGroup::X25519),
        (Some("SecP256r1MLKEM768"), NamedGroup::secp256r1MLKEM768),
    ];
    for (curves, expected) in groups {
        let settings = Settings {
            curves: curves.map(|curves| curves.as_bytes().to_vec()),
            ..authority.trusted()
        };
        let config = Arc::new(server_config(&identity, &[Version::Tls13]));
        let mut pair = Pair::new(&Context::new(&settings).unwrap(), HOST, &config);
        pair.handshake(usize::MAX).unwrap();
        let group = pair.server.negotiated_key_exchange_group().unwrap();
        assert_eq!(group.name(), expected);
        assert_eq!(
            pair.server.handshake_kind(),
            Some(HandshakeKind::Full),
            "no HelloRetryRequest"
        );
    }
}
