//! Which certificates are accepted, under which switches, and what is said of the others.
use std::sync::Arc;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints,
    date_time_ymd,
};
use rustls::AlertDescription;

use super::*;
use crate::tls::{Context, Settings, TlsError, Version};

const HOST: &str = "a.example";
const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A fault: OpenSSL's number and a part of the message.
type Fault = Option<(i64, &'static str)>;

/// One server, what is wrong with its chain and with its name, and OpenSSL's number when nothing is verified.
struct Case {
    what: &'static str,
    identity: Identity,
    trusted: Settings,
    host: &'static str,
    chain: Fault,
    name: Fault,
    unverified: i64,
}

#[test]
fn chain_and_name_are_verified_independently() {
    for case in cases() {
        for version in BOTH {
            for (verify_peer, verify_host) in [(true, true), (true, false), (false, true), (false, false)] {
                let expected = case.chain.filter(|_| verify_peer).or(case.name.filter(|_| verify_host));
                let settings = Settings {
                    verify_peer,
                    verify_host,
                    ..case.trusted.clone()
                };
                let what = format!("{} {version:?} peer {verify_peer} host {verify_host}", case.what);
                let config = Arc::new(server_config(&case.identity, &[version]));
                let mut pair = Pair::new(&Context::new(&settings).unwrap(), case.host, &config);
                let result = pair.handshake(usize::MAX);
                let number = pair.client.verify_result();
                match expected {
                    Some((expected_number, part)) => {
                        let error = result.expect_err(&what);
                        assert!(matches!(error, TlsError::Certificate { .. }), "{what}: {error}");
                        assert!(error.to_string().contains(part), "{what}: {error}");
                        assert_eq!(number, expected_number, "{what}");
                    }
                    None => {
                        assert_eq!(result, Ok(()), "{what}");
                        assert_eq!(number, if verify_peer { 0 } else { case.unverified }, "{what}");
                        assert_eq!(pair.send(b"hello"), b"hello", "{what}");
                    }
                }
            }
        }
    }
}

fn cases() -> Vec<Case> {
    let authority = Authority::new("Test Root");
    let signed = |what, params: &CertificateParams, host, chain, name| Case {
        what,
        identity: authority.sign(params),
        trusted: authority.trusted(),
        host,
        chain,
        name,
        unverified: 20,
    };
    let leaf = |names: &[&str]| leaf_params(names);
    let changed = |change: fn(&mut CertificateParams)| {
        let mut params = leaf_params(&[HOST]);
        change(&mut params);
        params
    };
    let common_name = |name: &str| {
        let mut params = leaf_params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mismatch = Some((62, "name does not match"));

    let mut cases = vec![
        signed("good", &leaf(&[HOST]), HOST, None, None),
        signed("good, final dot", &leaf(&[HOST]), "a.example.", None, None),
        signed("good, other case", &leaf(&["A.Example"]), "a.EXAMPLE", None, None),
        signed("wildcard", &leaf(&["*.example.org"]), "x.example.org", None, None),
        signed(
            "wildcard, two labels",
            &leaf(&["*.example.org"]),
            "x.y.example.org",
            None,
            mismatch,
        ),
        signed(
            "wildcard, no label",
            &leaf(&["*.example.org"]),
            "example.org",
            None,
            mismatch,
        ),
        signed("address", &leaf(&["10.1.2.3"]), "10.1.2.3", None, None),
        signed("address, version 6", &leaf(&["::1"]), "[::1]", None, None),
        signed(
            "other address",
            &leaf(&["10.1.2.3"]),
            "10.1.2.4",
            None,
            Some((64, "valid for 10.1.2.3; wanted 10.1.2.4")),
        ),
        signed(
            "other name",
            &leaf(&[HOST, "b.example"]),
            "c.example",
            None,
            Some((62, "valid for a.example, b.example; wanted c.example")),
        ),
        signed("no name at all", &leaf(&[]), HOST, None, Some((62, "no name at all"))),
        signed("common name", &common_name(HOST), "A.example", None, None),
        signed(
            "common name, wildcard",
            &common_name("*.example.org"),
            "x.example.org",
            None,
            None,
        ),
        signed("common name, too wide", &common_name("*.example"), HOST, None, mismatch),
        signed("common name, address", &common_name("10.1.2.3"), "10.1.2.3", None, None),
        signed(
            "common name, wild address",
            &common_name("*.1.2.3"),
            "10.1.2.3",
            None,
            Some((64, "*.1.2.3")),
        ),
        signed(
            "expired",
            &changed(|params| params.not_after = date_time_ymd(2021, 2, 3)),
            HOST,
            Some((10, "the certificate has expired (not after 2021-02-03 00:00:00 GMT)")),
            None,
        ),
        signed(
            "not yet valid",
            &changed(|params| params.not_before = date_time_ymd(2900, 1, 1)),
            HOST,
            Some((9, "not yet valid (not before 2900-01-01")),
            None,
        ),
        signed(
            "for clients only",
            &changed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            HOST,
            Some((26, "does not allow TLS servers")),
            None,
        ),
        signed(
            "an authority's",
            &changed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            HOST,
            None,
            None,
        ),
    ];
    cases.extend(untrusted_cases(&authority));
    cases.extend(self_signed_cases());
    cases
}

fn untrusted_cases(authority: &Authority) -> Vec<Case> {
    let stranger = Authority::new("Stranger");
    let middle = stranger.delegate(authority_params("Middle"));
    let constrained = authority.delegate({
        let mut params = authority_params("Constrained");
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("inside.example".into())],
            excluded_subtrees: vec![],
        });
        params
    });
    let leaf = leaf_params(&[HOST]);
    let below = |issuer: &Authority, params: &CertificateParams, sent: &[&Authority]| {
        let mut identity = issuer.sign(params);
        identity
            .chain
            .extend(sent.iter().map(|authority| authority.certificate.clone()));
        identity
    };
    let case = |what, identity, trusted: &Authority, chain, name, unverified| Case {
        what,
        identity,
        trusted: trusted.trusted(),
        host: HOST,
        chain,
        name,
        unverified,
    };
    let stranger_missing = Some((20, "the issuer, CN=Stranger, is not among the trusted roots"));
    let stranger_sent = Some((19, "CN=Stranger is not among the trusted roots"));
    vec![
        case(
            "unknown issuer",
            below(&stranger, &leaf, &[]),
            authority,
            stranger_missing,
            None,
            20,
        ),
        case(
            "unknown issuer above",
            below(&middle, &leaf, &[&middle]),
            authority,
            stranger_missing,
            None,
            20,
        ),
        case(
            "unknown root sent",
            below(&middle, &leaf, &[&middle, &stranger]),
            authority,
            stranger_sent,
            None,
            19,
        ),
        case(
            "intermediate sent",
            below(&middle, &leaf, &[&middle]),
            &stranger,
            None,
            None,
            20,
        ),
        case(
            "intermediate trusted",
            below(&middle, &leaf, &[]),
            &middle,
            None,
            None,
            20,
        ),
        case(
            "intermediate missing",
            below(&middle, &leaf, &[]),
            &stranger,
            Some((20, "the issuer, CN=Middle, is not among the trusted roots")),
            None,
            20,
        ),
        case(
            "name constraints",
            below(&constrained, &leaf, &[&constrained]),
            authority,
            Some((47, "name constraints")),
            None,
            20,
        ),
        case(
            "another authority of the same name",
            below(&Authority::new("Test Root"), &leaf, &[]),
            authority,
            Some((7, "certificate signature failure")),
            None,
            20,
        ),
    ]
}

fn self_signed_cases() -> Vec<Case> {
    let case = |what, identity: Identity, trust_it: bool, host, chain, name| Case {
        what,
        trusted: match trust_it {
            true => trusting(&[&identity.chain[0]]),
            false => Authority::new("Test Root").trusted(),
        },
        identity,
        host,
        chain,
        name,
        unverified: 18,
    };
    let as_server = || self_signed(&leaf_params(&[HOST]));
    let as_authority = || {
        let mut params = leaf_params(&[HOST]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self_signed(&params)
    };
    let expired = || {
        let mut params = leaf_params(&[HOST]);
        params.not_after = date_time_ymd(2021, 2, 3);
        self_signed(&params)
    };
    let untrusted = Some((18, "self-signed certificate"));
    let wrong = Some((62, "name does not match"));
    vec![
        case("self-signed", as_server(), false, HOST, untrusted, None),
        case("self-signed authority", as_authority(), false, HOST, untrusted, None),
        case("self-signed, trusted", as_server(), true, HOST, None, None),
        case("self-signed authority, trusted", as_authority(), true, HOST, None, None),
        case(
            "self-signed, trusted, other name",
            as_server(),
            true,
            "b.example",
            None,
            wrong,
        ),
        case(
            "self-signed, trusted, expired",
            expired(),
            true,
            HOST,
            Some((10, "2021-02-03")),
            None,
        ),
        case("version 1", version_1(), false, "old.example", untrusted, None),
        case("version 1, trusted", version_1(), true, "old.example", None, None),
        case("version 1, trusted, other name", version_1(), true, HOST, None, wrong),
    ]
}

#[test]
fn a_trusted_server_certificate_cannot_vouch_for_others() {
    let mut params = leaf_params(&["trusted.example"]);
    params.distinguished_name.push(DnType::CommonName, "Trusted Server");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let server = Authority {
        issuer: Issuer::new(params, key),
        certificate,
    };
    let config = Arc::new(server_config(&server.sign(&leaf_params(&[HOST])), &BOTH));
    let mut pair = Pair::new(&Context::new(&server.trusted()).unwrap(), HOST, &config);
    let error = pair.handshake(usize::MAX).unwrap_err();
    assert!(error.to_string().contains("may not sign certificates"), "{error}");
    assert_eq!(pair.client.verify_result(), 79);
}

#[test]
fn name_constraints_cannot_be_evaded_through_the_common_name() {
    let authority = Authority::new("Test Root");
    let mut params = authority_params("Constrained");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("inside.example".into())],
        excluded_subtrees: vec![],
    });
    let constrained = authority.delegate(params);
    let mut params = leaf_params(&[]);
    params.distinguished_name.push(DnType::CommonName, HOST);

    let mut sent = constrained.sign(&params);
    sent.chain.push(constrained.certificate.clone());
    let trusted_directly = constrained.sign(&params);
    for (identity, trusted) in [(sent, authority.trusted()), (trusted_directly, constrained.trusted())] {
        let config = Arc::new(server_config(&identity, &BOTH));
        let mut pair = Pair::new(&Context::new(&trusted).unwrap(), HOST, &config);
        let error = pair.handshake(usize::MAX).unwrap_err();
        assert!(error.to_string().contains("name constraints"), "{error}");
    }
}

#[test]
fn the_server_learns_the_reason_from_the_alert() {
    let authority = Authority::new("Test Root");
    let stranger = Authority::new("Stranger");
    let mut expired = leaf_params(&[HOST]);
    expired.not_after = date_time_ymd(2021, 2, 3);
    let cases = [
        (stranger.sign(&leaf_params(&[HOST])), AlertDescription::UnknownCA),
        (authority.sign(&expired), AlertDescription::CertificateExpired),
        (
            authority.sign(&leaf_params(&["b.example"])),
            AlertDescription::BadCertificate,
        ),
    ];
    for (identity, alert) in cases {
        for version in BOTH {
            let config = Arc::new(server_config(&identity, &[version]));
            let mut pair = Pair::new(&Context::new(&authority.trusted()).unwrap(), HOST, &config);
            pair.handshake(usize::MAX).unwrap_err();
            assert_eq!(pair.server_error, Some(rustls::Error::AlertReceived(alert)));
        }
    }
}

#[test]
fn a_server_without_the_key_is_refused_even_unverified() {
    let settings = Settings {
        verify_peer: false,
        verify_host: false,
        ..Settings::default()
    };
    let authority = Authority::new("Test Root");
    for stolen in [authority.sign(&leaf_params(&[HOST])), version_1()] {
        let identity = Identity {
            chain: stolen.chain,
            key: authority.sign(&leaf_params(&[HOST])).key,
        };
        for version in BOTH {
            let config = Arc::new(server_config(&identity, &[version]));
            let mut pair = Pair::new(&Context::new(&settings).unwrap(), HOST, &config);
            let error = pair.handshake(usize::MAX).unwrap_err();
            assert!(matches!(error, TlsError::Handshake { .. }));
            assert!(error.to_string().contains("could not prove"), "{error}");
        }
    }
}
