//! Certificates as private CAs issue them, and chains of attackers.

use std::time::{Duration, Instant};

use super::forge::*;
use super::*;
use crate::tls::Contexts;
use crate::tls::x509::Time;

const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];
const HOST: &str = "a.example";

fn authority(name: &str, key: &Key) -> Forged {
    Forged::new(common_name(name), key)
        .with(basic_constraints(true, None))
        .with(key_usage(KEY_CERT_SIGN))
}

fn server(key: &Key) -> Forged {
    Forged::new(common_name("server"), key).with(alt_names(&[dns(HOST)]))
}

/// What became of a handshake, with either version.
fn handshake(settings: &Settings, chain: &[CertificateDer<'static>], key: &Key) -> Result<(), TlsError> {
    let context = Context::new(settings).unwrap();
    let results = BOTH.map(|version| {
        let config = Arc::new(server_config(&presents(chain, key), &[version]));
        let mut pair = Pair::new(&context, HOST, &config);
        pair.handshake(usize::MAX)?;
        assert_eq!(pair.send(b"open"), b"open");
        Ok(())
    });
    assert_eq!(results[0], results[1]);
    results.into_iter().next().unwrap()
}

#[test]
fn certificates_of_private_authorities_connect() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let root = authority("Root", &root_key).self_signed(&root_key);
    let bare = Forged::new(common_name(HOST), &key);
    let mut version_1 = bare.clone();
    version_1.version = 1;
    let mut sha512 = server(&key);
    sha512.hash = Hash::Sha512;
    let mut from_1960 = server(&key);
    from_1960.not_before = utc_time("600101000000Z");
    let policies = extension(&[0x55, 0x1d, 32], true, &sequence(&[&sequence(&[&tlv(6, &[0x2a, 3])])]));
    let cases = [
        ("version 1", version_1),
        ("no extensions", bare.clone()),
        ("CA:TRUE", server(&key).with(basic_constraints(true, None))),
        ("critical policies", server(&key).with(policies)),
        ("P-256 with SHA-512", sha512),
        ("from 1960", from_1960),
        ("final dot", bare.clone().with(alt_names(&[dns("a.example.")]))),
        (
            "mail address, and a common name",
            bare.with(alt_names(&[email("u@a.example")])),
        ),
    ];
    for (what, forged) in cases {
        let chain = [forged.signed_by(&common_name("Root"), &root_key)];
        assert_eq!(handshake(&trusting(&[&root]), &chain, &key), Ok(()), "{what}");
    }
}

#[test]
fn constraints_let_through_what_they_name() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let organization = rdns(&[(&[0x55, 4, 10], 0x0c, b"Example")]);
    let subject = rdns(&[
        (&[0x55, 4, 10], 0x13, b"example"),
        (&[0x55, 4, 3], 0x0c, HOST.as_bytes()),
    ]);
    let cases = [
        (name_constraints(&[directory(&organization)], &[]), true),
        (name_constraints(&[], &[directory(&organization)]), false),
        (name_constraints(&[dns("example")], &[]), true),
        (name_constraints(&[dns("b.example")], &[]), false),
        (name_constraints(&[dns("example")], &[dns(HOST)]), false),
    ];
    for (constraints, is_allowed) in cases {
        let root = authority("Root", &root_key).with(constraints).self_signed(&root_key);
        // Named by its common name alone.
        let chain = [Forged::new(subject.clone(), &key).signed_by(&common_name("Root"), &root_key)];
        let result = handshake(&trusting(&[&root]), &chain, &key);
        assert_eq!(result.is_ok(), is_allowed, "{result:?}");
    }
}

/// OpenSSL does not take `*.b.example` for a DNS name, so that an authority for `inside.example` could make one.
#[test]
fn a_wildcard_common_name_does_not_evade_constraints() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let constraints = name_constraints(&[dns("inside.example")], &[]);
    let root = authority("Root", &root_key).with(constraints).self_signed(&root_key);
    let chain = [Forged::new(common_name("*.outside.example"), &key).signed_by(&common_name("Root"), &root_key)];
    let error = handshake(&trusting(&[&root]), &chain, &key).unwrap_err();
    assert!(error.to_string().contains("name constraints"), "{error}");
}

#[test]
fn long_chains_are_followed_in_any_order() {
    let keys: Vec<Key> = (1..=10).map(Key::p256).collect();
    let names: Vec<String> = (0..10).map(|level| format!("Level {level}")).collect();
    let root = authority(&names[0], &keys[0]).self_signed(&keys[0]);
    let mut sent: Vec<_> = (1..9)
        .map(|level| {
            authority(&names[level], &keys[level]).signed_by(&common_name(&names[level - 1]), &keys[level - 1])
        })
        .collect();
    let server = server(&keys[9]).signed_by(&common_name(&names[8]), &keys[8]);
    for _ in 0..2 {
        let chain = [&[server.clone()][..], &sent].concat();
        assert_eq!(handshake(&trusting(&[&root]), &chain, &keys[9]), Ok(()));
        sent.reverse();
    }
    sent.remove(3);
    let chain = [&[server][..], &sent].concat();
    handshake(&trusting(&[&root]), &chain, &keys[9]).unwrap_err();
}

/// Two roots of one name, and each of their keys: OpenSSL gives up at the first that has not signed.
#[test]
fn a_root_that_was_renewed_under_its_old_name_is_found() {
    let (old, new, key) = (Key::p256(1), Key::p256(2), Key::p256(3));
    let roots = [&old, &new].map(|key| authority("Root", key).self_signed(key));
    for issuer in [&old, &new] {
        let chain = [server(&key).signed_by(&common_name("Root"), issuer)];
        assert_eq!(handshake(&trusting(&[&roots[0], &roots[1]]), &chain, &key), Ok(()));
    }
}

#[test]
fn what_a_certificate_is_not_for_is_told() {
    let (root_key, middle_key, key) = (Key::p256(1), Key::p256(2), Key::p256(3));
    let root = authority("Root", &root_key).self_signed(&root_key);
    let good = authority("Middle", &middle_key);
    let no_signer = Forged::new(common_name("Middle"), &middle_key)
        .with(basic_constraints(true, None))
        .with(key_usage(DIGITAL_SIGNATURE));
    let mut short = server(&key);
    short.public_key = rsa_public(1024);
    let cases = [
        (
            &good,
            server(&key).with(key_usage(KEY_CERT_SIGN)),
            "its key usage does not allow TLS servers",
        ),
        (
            &good,
            server(&key).with(extended_key_usage(&[2])),
            "its extended key usage does not allow TLS servers",
        ),
        (&no_signer, server(&key), "may not sign certificates"),
        (&good, short, "the certificate has an RSA key of 1024 bits"),
    ];
    for (middle, server, part) in cases {
        let middle = middle.signed_by(&common_name("Root"), &root_key);
        let server = server.signed_by(&common_name("Middle"), &middle_key);
        let context = Context::new(&trusting(&[&root])).unwrap();
        let now = Time::since_1970(1_800_000_000);
        let error = context.verifier().verify(&server, &[middle], HOST, now).unwrap_err();
        assert!(error.reason().contains(part), "{error:?}");
    }
}

/// Trusted by itself, without an issuer: what it is for counts all the same.
#[test]
fn a_trusted_server_certificate_must_be_one() {
    let key = Key::p256(3);
    for (extension, is_accepted) in [
        (extended_key_usage(&[2]), false),
        (extended_key_usage(&[1]), true),
        (key_usage(KEY_CERT_SIGN), false),
        (key_usage(DIGITAL_SIGNATURE), true),
    ] {
        let certificate = server(&key)
            .with(extension)
            .signed_by(&common_name("Nobody"), &Key::p256(1));
        let result = handshake(&trusting(&[&certificate]), std::slice::from_ref(&certificate), &key);
        assert_eq!(result.is_ok(), is_accepted, "{result:?}");
    }
}

#[test]
fn an_address_as_a_dns_name_is_told_apart() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let root = authority("Root", &root_key).self_signed(&root_key);
    let server = Forged::new(common_name("x"), &key).with(alt_names(&[dns("10.0.0.1")]));
    let config = Arc::new(server_config(
        &presents(&[server.signed_by(&common_name("Root"), &root_key)], &key),
        &BOTH,
    ));
    let mut pair = Pair::new(&Context::new(&trusting(&[&root])).unwrap(), "10.0.0.1", &config);
    let error = pair.handshake(usize::MAX).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has 10.0.0.1 as a DNS name, not as an IP address"),
        "{error}"
    );
}

#[test]
fn hosts_that_rustls_would_not_take_are_verified_like_others() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let root = authority("Root", &root_key).self_signed(&root_key);
    for host in ["host.123", "bad-.example", "A~b.example"] {
        let named = Forged::new(common_name("x"), &key).with(alt_names(&[dns(host)]));
        let chain = [named.signed_by(&common_name("Root"), &root_key)];
        let config = Arc::new(server_config(&presents(&chain, &key), &BOTH));
        let context = Context::new(&trusting(&[&root])).unwrap();
        assert_eq!(
            Pair::new(&context, host, &config).handshake(usize::MAX),
            Ok(()),
            "{host}"
        );
        let error = Pair::new(&context, "x~y", &config).handshake(usize::MAX).unwrap_err();
        assert!(error.to_string().contains("wanted x~y"), "{error}");
    }
}

/// Two authorities with twenty certificates each, by the other one.
#[test]
fn a_search_with_too_many_paths_ends() {
    let keys = [Key::p256(1), Key::p256(2), Key::p256(3)];
    let names = ["One", "Two"].map(common_name);
    let cross_signed: Vec<_> = (0..40)
        .map(|number| {
            let (subject, issuer) = (number % 2, 1 - number % 2);
            let mut forged = authority("", &keys[subject]);
            (forged.serial, forged.subject) = (number as u8, names[subject].clone());
            forged.signed_by(&names[issuer], &keys[issuer])
        })
        .collect();
    let server = server(&keys[2]).signed_by(&names[0], &keys[0]);
    let stranger = authority("One", &Key::p256(9)).self_signed(&Key::p256(9));
    let context = Context::new(&trusting(&[&stranger])).unwrap();
    let start = Instant::now();
    let error = context
        .verifier()
        .verify(&server, &cross_signed, HOST, Time::since_1970(1_800_000_000));
    assert_eq!(error.unwrap_err().number(), 22);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn too_many_name_comparisons_end_the_search() {
    let (root_key, key) = (Key::p256(1), Key::p256(3));
    let bases: Vec<_> = (0..2000).map(|number| dns(&format!("{number}.b"))).collect();
    let names: Vec<_> = (0..2000).map(|number| dns(&format!("{number}.c"))).collect();
    let root = authority("Root", &root_key)
        .with(name_constraints(&[], &bases))
        .self_signed(&root_key);
    let server = Forged::new(common_name("x"), &key).with(alt_names(&names));
    let server = server.signed_by(&common_name("Root"), &root_key);
    let context = Context::new(&trusting(&[&root])).unwrap();
    let error = context
        .verifier()
        .verify(&server, &[], HOST, Time::since_1970(1_800_000_000));
    assert_eq!(error.unwrap_err().number(), 51);
}

/// After a refusal for the lack of a root the file is read again, but for a program that wants it never.
#[test]
fn a_root_that_was_missing_is_found_at_the_next_attempt() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for (max_age, is_found) in [(Some(DAY), true), (None, false)] {
        let scratch = Scratch::new("missing-root");
        let (old, new) = (Authority::new("Old"), Authority::new("New"));
        let settings = Settings {
            ca_info: Some(scratch.file("ca.pem", &pem(&old.certificate))),
            ..Settings::default()
        };
        let config = Arc::new(server_config(&new.sign(&leaf_params(&[HOST])), &BOTH));
        let (contexts, now) = (Contexts::single(), Instant::now());
        let connect =
            || Pair::new(&contexts.get(&settings, max_age, now).unwrap(), HOST, &config).handshake(usize::MAX);
        connect().unwrap_err();
        scratch.file("ca.pem", &pem(&new.certificate));
        assert_eq!(connect().is_ok(), is_found);
    }
}

/// Many sessions of one context at once, all refused: each learns why, and none for another host.
#[test]
fn refusals_are_not_mixed_up_between_threads() {
    let authority = Authority::new("Root");
    let context = Context::new(&authority.trusted()).unwrap();
    let threads = (0..8).map(|number| {
        let (context, authority) = (context.clone(), Authority::new("Stranger"));
        std::thread::spawn(move || {
            let host = format!("{number}.example");
            let config = Arc::new(server_config(&authority.sign(&leaf_params(&[&host])), &BOTH));
            for _ in 0..20 {
                let mut pair = Pair::new(&context, &host, &config);
                let error = pair.handshake(usize::MAX).unwrap_err();
                assert!(matches!(&error, TlsError::Certificate { host: refused, .. } if *refused == host));
                assert_eq!(pair.client.verify_result(), 20);
            }
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap();
    }
}

/// The two algorithms that are not ring's.
#[test]
fn ecdsa_with_sha512_accepts_nothing_but_the_signature() {
    use crate::tls::signature::{self, SignatureError};
    use crate::tls::x509::{Certificate, PublicKey};

    let algorithms = default_provider().signature_verification_algorithms;
    for key in [Key::p256(1), Key::p384(1)] {
        let mut forged = Forged::new(common_name("x"), &key);
        forged.hash = Hash::Sha512;
        let der = forged.self_signed(&key);
        let certificate = Certificate::read(&der).unwrap();
        let (public, signed) = (key.public(), certificate.signature);
        let verify = |public: &[u8], value: &[u8]| {
            let key = PublicKey::read(public).unwrap();
            signature::verify(&algorithms, key, signed.algorithm.unwrap(), signed.signed, value)
        };
        assert_eq!(verify(&public, signed.value), Ok(()));
        for at in 0..signed.value.len() {
            let mut changed = signed.value.to_vec();
            changed[at] ^= 1;
            assert_eq!(verify(&public, &changed), Err(SignatureError::Wrong), "{at}");
        }
        let zero = sequence(&[&tlv(2, &[0]), &tlv(2, &[0])]);
        let one = sequence(&[&tlv(2, &[1]), &tlv(2, &[1])]);
        for value in [&[][..], &zero, &one] {
            assert_eq!(verify(&public, value), Err(SignatureError::Wrong));
        }
        // A point that is not on the curve, and the point at infinity.
        let mut other_point = public.clone();
        *other_point.last_mut().unwrap() ^= 1;
        let start = public.windows(3).position(|part| part[1..] == [0, 4]).unwrap() + 2;
        let mut infinity = public.clone();
        infinity[start..].fill(0);
        for public in [other_point, infinity] {
            assert_eq!(verify(&public, signed.value), Err(SignatureError::Wrong));
        }
        let another = if public.len() < 100 { Key::p256(2) } else { Key::p384(2) };
        assert_eq!(verify(&another.public(), signed.value), Err(SignatureError::Wrong));
        let other_curve = if public.len() < 100 { Key::p384(1) } else { Key::p256(1) };
        assert_eq!(verify(&other_curve.public(), signed.value), Err(SignatureError::Wrong));
    }
}
