//! Verification compared with `openssl verify`, with libcurl's settings: what OpenSSL refuses must be refused.

use std::process::Command;

use super::forge::*;
use super::*;
use crate::tls::x509::Time;

/// A root, an authority below it, and a server's certificate, before they are signed.
#[derive(Clone)]
struct Chain {
    root: Forged,
    middle: Forged,
    server: Forged,
    keys: Keys,
    /// The server certificate's issuer if it isn't the authority above.
    issuer_name: Option<Vec<u8>>,
    trusts: Vec<Who>,
    sends: Vec<Who>,
}

/// The keys by which each is signed: one above it in the order of the chain.
#[derive(Clone)]
struct Keys {
    root: Key,
    middle: Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Root,
    Middle,
    Server,
    /// A root of the same name with another key.
    Double,
    /// A middle authority with the same key, signed by the double.
    Cross,
}

/// A change of the chain.
type Change = (&'static str, fn(&mut Chain));

const HOST: &str = "a.example";
/// 2026-01-01.
const NOW: u64 = 1_767_225_600;

impl Chain {
    fn good() -> Chain {
        let keys = Keys {
            root: Key::p256(1),
            middle: Key::p256(2),
        };
        let authority = |name, key: &Key| {
            Forged::new(common_name(name), key)
                .with(basic_constraints(true, None))
                .with(key_usage(KEY_CERT_SIGN))
        };
        Chain {
            root: authority("Root", &keys.root),
            middle: authority("Middle", &keys.middle),
            server: Forged::new(common_name(HOST), &Key::p256(3)).with(alt_names(&[dns(HOST)])),
            keys,
            issuer_name: None,
            trusts: vec![Who::Root],
            sends: vec![Who::Middle],
        }
    }

    fn certificate(&self, who: Who) -> CertificateDer<'static> {
        let (root, middle) = (&self.root.subject, &self.middle.subject);
        match who {
            Who::Root => self.root.self_signed(&self.keys.root),
            Who::Middle => self.middle.signed_by(root, &self.keys.root),
            Who::Server => self
                .server
                .signed_by(self.issuer_name.as_ref().unwrap_or(middle), &self.keys.middle),
            Who::Double => {
                let mut double = self.root.clone();
                double.public_key = Key::p256(9).public();
                double.self_signed(&Key::p256(9))
            }
            Who::Cross => self.middle.signed_by(root, &Key::p256(9)),
        }
    }

    fn certificates(&self, list: &[Who]) -> Vec<CertificateDer<'static>> {
        list.iter().map(|who| self.certificate(*who)).collect()
    }

    /// Our number, 0 for a good chain.
    fn ours(&self) -> i64 {
        let trusted = self.certificates(&self.trusts);
        // Names are compared by libcurl, not by OpenSSL.
        let settings = Settings {
            verify_host: false,
            ..trusting(&trusted.iter().collect::<Vec<_>>())
        };
        let context = Context::new(&settings).unwrap();
        let (server, sent) = (self.certificate(Who::Server), self.certificates(&self.sends));
        let verdict = context.verifier().verify(&server, &sent, HOST, Time::since_1970(NOW));
        verdict.err().map_or(0, |error| error.number())
    }

    /// OpenSSL's number.
    fn openssls(&self) -> i64 {
        let scratch = Scratch::new("openssl");
        let file = |name, certificates: &[CertificateDer<'_>]| {
            let text: Vec<u8> = certificates.iter().flat_map(pem_in_lines).collect();
            scratch.file(name, &text)
        };
        let mut command = Command::new("openssl");
        command.args(["verify", "-purpose", "sslserver", "-partial_chain", "-auth_level", "2"]);
        command.args(["-no-CApath", "-no-CAstore", "-attime", &NOW.to_string(), "-CAfile"]);
        command.arg(file("trusted.pem", &self.certificates(&self.trusts)));
        if !self.sends.is_empty() {
            command
                .arg("-untrusted")
                .arg(file("sent.pem", &self.certificates(&self.sends)));
        }
        command.arg(file("server.pem", &[self.certificate(Who::Server)]));
        let output = command.output().expect("openssl is needed");
        let text = String::from_utf8_lossy(&output.stderr);
        let number = text
            .lines()
            .find_map(|line| line.strip_prefix("error ")?.split_once(' ')?.0.parse().ok());
        match (output.status.success(), number) {
            (true, None) => 0,
            (false, Some(number)) => number,
            // What it can't read at all.
            (false, None) => -1,
            (true, Some(_)) => panic!("{output:?}"),
        }
    }
}

fn pem_in_lines(der: &CertificateDer<'_>) -> Vec<u8> {
    let text = String::from_utf8(pem(der)).unwrap();
    let lines = text.lines().flat_map(|line| line.as_bytes().chunks(64));
    lines.flat_map(|line| [line, b"\n"].concat()).collect()
}

/// Replaces the extension with the same object identifier, or adds one.
fn set(certificate: &mut Forged, extension: Vec<u8>) {
    unset(certificate, &extension);
    certificate.extensions.push(extension);
}

fn unset(certificate: &mut Forged, like: &[u8]) {
    // The object identifiers of PKIX extensions have three bytes.
    let id = |extension: &[u8]| extension[if extension[1] < 0x80 { 2 } else { 3 }..][..5].to_vec();
    certificate.extensions.retain(|old| id(old) != id(like));
}

fn no_usage(certificate: &mut Forged) {
    unset(certificate, &key_usage(1));
}

fn no_constraints(certificate: &mut Forged) {
    unset(certificate, &basic_constraints(true, None));
}

fn constrain(certificate: &mut Forged, permitted: &[Vec<u8>], excluded: &[Vec<u8>]) {
    set(certificate, name_constraints(permitted, excluded));
}

fn no_alt_names(chain: &mut Chain) {
    unset(&mut chain.server, &alt_names(&[]));
}

fn common_names(names: &[&str]) -> Vec<u8> {
    let attributes: Vec<_> = names
        .iter()
        .map(|name| (&[0x55, 4, 3][..], 0x0c, name.as_bytes()))
        .collect();
    rdns(&attributes)
}

const UNKNOWN: &[u8] = &[0x2a, 3, 4, 5, 6];
const POLICIES: &[u8] = &[0x55, 0x1d, 32];
const NETSCAPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];

fn policies() -> Vec<u8> {
    extension(POLICIES, true, &sequence(&[&sequence(&[&tlv(6, &[0x2a, 3, 4])])]))
}

fn netscape(bits: u8) -> Vec<u8> {
    extension(NETSCAPE, false, &tlv(3, &[0, bits]))
}

/// A `directoryName` below which the server's certificate is, or isn't.
fn organization(name: &str) -> Vec<u8> {
    rdns(&[(&[0x55, 4, 10], 0x0c, name.as_bytes())])
}

fn in_organization(certificate: &mut Forged, name: &str, common_name: &str) {
    certificate.subject = rdns(&[
        (&[0x55, 4, 10], 0x13, name.as_bytes()),
        (&[0x55, 4, 3], 0x0c, common_name.as_bytes()),
    ]);
}

#[rustfmt::skip]
const CHANGES: &[Change] = &[
    ("nothing", |_| {}),
    // --- the server's certificate
    ("server: version 1", |c| { (c.server.version, c.server.extensions) = (1, vec![]); }),
    ("server: version 1 with extensions", |c| { c.server.version = 1; }),
    ("server: CA:TRUE", |c| { set(&mut c.server, basic_constraints(true, None)); }),
    ("server: CA:FALSE", |c| { set(&mut c.server, basic_constraints(false, None)); }),
    ("server: path length of no authority", |c| { set(&mut c.server, basic_constraints(false, Some(0))); }),
    ("server: negative path length", |c| { set(&mut c.server, basic_constraints(true, Some(0x80))); }),
    ("server: policies", |c| { set(&mut c.server, policies()); }),
    ("server: unknown critical", |c| { set(&mut c.server, extension(UNKNOWN, true, &[5, 0])); }),
    ("server: unknown", |c| { set(&mut c.server, extension(UNKNOWN, false, &[5, 0])); }),
    ("server: for servers", |c| { set(&mut c.server, extended_key_usage(&[1])); }),
    ("server: for clients", |c| { set(&mut c.server, extended_key_usage(&[2])); }),
    ("server: for both", |c| { set(&mut c.server, extended_key_usage(&[2, 1])); }),
    ("server: for anything", |c| { set(&mut c.server, extended_key_usage(&[0])); }),
    ("server: for nothing", |c| { set(&mut c.server, extended_key_usage(&[])); }),
    ("server: signs certificates", |c| { set(&mut c.server, key_usage(KEY_CERT_SIGN)); }),
    ("server: signs", |c| { set(&mut c.server, key_usage(DIGITAL_SIGNATURE)); }),
    ("server: enciphers keys", |c| { set(&mut c.server, key_usage(0x20)); }),
    ("server: agrees on keys", |c| { set(&mut c.server, key_usage(0x08)); }),
    ("server: enciphers data", |c| { set(&mut c.server, key_usage(0x10)); }),
    ("server: no usage", |c| { set(&mut c.server, key_usage(0)); }),
    ("server: Netscape server", |c| { set(&mut c.server, netscape(0x40)); }),
    ("server: Netscape client", |c| { set(&mut c.server, netscape(0x80)); }),
    ("server: expired", |c| { c.server.not_after = utc_time("250101000000Z"); }),
    ("server: expires now", |c| { c.server.not_after = utc_time("260101000000Z"); }),
    ("server: expires in a second", |c| { c.server.not_after = utc_time("260101000001Z"); }),
    ("server: begins now", |c| { c.server.not_before = utc_time("260101000000Z"); }),
    ("server: begins in a second", |c| { c.server.not_before = utc_time("260101000001Z"); }),
    ("server: from 1960", |c| { c.server.not_before = utc_time("600101000000Z"); }),
    ("server: from 1900", |c| { c.server.not_before = general_time("19000101000000Z"); }),
    ("server: until 9999", |c| { c.server.not_after = general_time("99991231235959Z"); }),
    ("server: without seconds", |c| { c.server.not_before = utc_time("2001010000Z"); }),
    ("server: with an offset", |c| { c.server.not_after = utc_time("300101000000+0100"); }),
    ("server: 30th of February", |c| { c.server.not_after = utc_time("300230000000Z"); }),
    ("server: RSA 1024", |c| { c.server.public_key = rsa_public(1024); }),
    ("server: RSA 2040", |c| { c.server.public_key = rsa_public(2040); }),
    ("server: RSA 2048", |c| { c.server.public_key = rsa_public(2048); }),
    ("server: SHA-512", |c| { c.server.hash = Hash::Sha512; }),
    ("server: SHA-384", |c| { c.server.hash = Hash::Sha384; }),
    ("server: SHA-1", |c| { c.server.hash = Hash::Sha1; }),
    ("server: two algorithms", |c| { c.server.told_hash = Some(Hash::Sha384); }),
    ("server: spoiled signature", |c| { c.server.spoils_signature = true; }),
    ("server: spoiled signature, SHA-512", |c| { (c.server.hash, c.server.spoils_signature) = (Hash::Sha512, true); }),
    ("server: final dot", |c| { set(&mut c.server, alt_names(&[dns("a.example.")])); }),
    ("server: alternative names twice", |c| { c.server.extensions.push(alt_names(&[dns(HOST)])); }),
    ("server: broken alternative names", |c| { set(&mut c.server, extension(&[0x55, 0x1d, 17], false, &[0x30, 5])); }),
    ("server: broken basic constraints", |c| {
        set(&mut c.server, extension(&[0x55, 0x1d, 19], false, &[0x30, 3, 1, 1]));
    }),
    ("server: e-mail only", |c| { set(&mut c.server, alt_names(&[email("u@a.example")])); }),
    ("server: other e-mail", |c| { set(&mut c.server, alt_names(&[dns(HOST), email("u@b.example")])); }),
    ("server: address", |c| { set(&mut c.server, alt_names(&[dns(HOST), ip(&[10, 1, 2, 3])])); }),
    ("server: address of five bytes", |c| { set(&mut c.server, alt_names(&[dns(HOST), ip(&[10, 1, 2, 3, 4])])); }),
    ("server: URI", |c| { set(&mut c.server, alt_names(&[dns(HOST), uri("https://u@a.example:1/x")])); }),
    ("server: URN", |c| { set(&mut c.server, alt_names(&[dns(HOST), uri("urn:a.example")])); }),
    ("server: wildcard", |c| { set(&mut c.server, alt_names(&[dns("*.example")])); }),
    ("server: registered name", |c| { set(&mut c.server, alt_names(&[dns(HOST), tlv(0x88, &[0x2a, 3])])); }),
    ("server: directory name", |c| {
        let name = directory(&organization("Other"));
        set(&mut c.server, alt_names(&[dns(HOST), name]));
    }),
    ("server: common name alone", no_alt_names),
    ("server: other common name alone", |c| { no_alt_names(c); c.server.subject = common_name("b.example"); }),
    ("server: two common names", |c| { no_alt_names(c); c.server.subject = common_names(&["b.example", HOST]); }),
    ("server: a common name of one label", |c| { no_alt_names(c); c.server.subject = common_name("localhost"); }),
    ("server: no name", |c| { c.server.subject = rdns(&[]); }),
    ("server: in an organization", |c| { in_organization(&mut c.server, "EXAMPLE", HOST); }),
    ("server: in another organization", |c| { in_organization(&mut c.server, "Other", HOST); }),
    ("server: e-mail in its name", |c| {
        c.server.subject = rdns(&[(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], 0x16, b"u@b.example")]);
    }),
    ("server: issuer in other words", |c| { c.issuer_name = Some(rdns(&[(&[0x55, 4, 3], 0x13, b" MIDDLE ")])); }),
    ("server: issuer in other words, too", |c| { c.issuer_name = Some(rdns(&[(&[0x55, 4, 3], 0x12, b"Middle")])); }),
    ("server: key of another", |c| {
        set(&mut c.server, authority_key_id(Some(b"other"), None));
        set(&mut c.middle, subject_key_id(b"middle"));
    }),
    ("server: key of the authority", |c| {
        set(&mut c.server, authority_key_id(Some(b"middle"), None));
        set(&mut c.middle, subject_key_id(b"middle"));
    }),
    ("server: key identifier alone", |c| { set(&mut c.server, authority_key_id(Some(b"middle"), None)); }),
    ("server: serial of the authority", |c| {
        let name = c.root.subject.clone();
        set(&mut c.server, authority_key_id(None, Some((&name, 1))));
    }),
    ("server: other serial", |c| {
        let name = c.root.subject.clone();
        set(&mut c.server, authority_key_id(None, Some((&name, 2))));
    }),
    ("server: other issuer of the authority", |c| {
        let name = common_name("Other");
        set(&mut c.server, authority_key_id(None, Some((&name, 1))));
    }),
    ("server: proxy", |c| {
        let value = sequence(&[&sequence(&[&tlv(6, &[0x2b, 6, 1, 5, 5, 7, 21, 1])])]);
        no_alt_names(c);
        c.server .extensions .push(extension(&[0x2b, 6, 1, 5, 5, 7, 1, 14], true, &value));
    }),
    ("server: named as its authority", |c| { c.server.subject = c.middle.subject.clone(); }),
    ("server: named as its authority, other kind of key", |c| {
        c.server.subject = c.middle.subject.clone();
        c.server.public_key = rsa_public(2048);
    }),
    ("server: self-signed", |c| { c.keys.middle = Key::p256(3); c.issuer_name = Some(c.server.subject.clone()); }),
    ("server: self-signed, spoiled", |c| {
        c.keys.middle = Key::p256(3);
        c.issuer_name = Some(c.server.subject.clone());
        c.server.spoils_signature = true;
    }),
    // --- the authority
    ("middle: not declared", |c| { no_constraints(&mut c.middle); }),
    ("middle: declared alone", |c| { no_usage(&mut c.middle); }),
    ("middle: nothing said", |c| { no_constraints(&mut c.middle); no_usage(&mut c.middle); }),
    ("middle: CA:FALSE", |c| { set(&mut c.middle, basic_constraints(false, None)); }),
    ("middle: signs no certificates", |c| { set(&mut c.middle, key_usage(DIGITAL_SIGNATURE)); }),
    ("middle: version 1", |c| { (c.middle.version, c.middle.extensions) = (1, vec![]); }),
    ("middle: path length 0", |c| { set(&mut c.middle, basic_constraints(true, Some(0))); }),
    ("middle: negative path length", |c| { set(&mut c.middle, basic_constraints(true, Some(0x80))); }),
    ("middle: for clients", |c| { set(&mut c.middle, extended_key_usage(&[2])); }),
    ("middle: for servers", |c| { set(&mut c.middle, extended_key_usage(&[1])); }),
    ("middle: for anything", |c| { set(&mut c.middle, extended_key_usage(&[0])); }),
    ("middle: expired", |c| { c.middle.not_after = utc_time("250101000000Z"); }),
    ("middle: not yet valid", |c| { c.middle.not_before = utc_time("270101000000Z"); }),
    ("middle: unknown critical", |c| { set(&mut c.middle, extension(UNKNOWN, true, &[5, 0])); }),
    ("middle: policies", |c| { set(&mut c.middle, policies()); }),
    ("middle: Netscape authority", |c| {
        no_constraints(&mut c.middle);
        no_usage(&mut c.middle);
        set(&mut c.middle, netscape(0x04));
    }),
    ("middle: P-384", |c| { c.keys.middle = Key::p384(2); c.middle.public_key = c.keys.middle.public(); }),
    ("middle: P-384 with SHA-512", |c| {
        c.keys.middle = Key::p384(2);
        c.middle.public_key = c.keys.middle.public();
        c.server.hash = Hash::Sha512;
    }),
    ("middle: RSA 1024", |c| { c.middle.public_key = rsa_public(1024); }),
    ("middle: another key", |c| { c.middle.public_key = Key::p256(8).public(); }),
    ("middle: SHA-512", |c| { c.middle.hash = Hash::Sha512; }),
    ("middle: SHA-1", |c| { c.middle.hash = Hash::Sha1; }),
    ("middle: spoiled signature", |c| { c.middle.spoils_signature = true; }),
    ("middle: may name it", |c| { constrain(&mut c.middle, &[dns("example")], &[]); }),
    ("middle: may name what is below", |c| { constrain(&mut c.middle, &[dns(".example")], &[]); }),
    ("middle: may name others", |c| { constrain(&mut c.middle, &[dns("b.example")], &[]); }),
    ("middle: may name everything", |c| { constrain(&mut c.middle, &[dns("")], &[]); }),
    ("middle: may name one of two", |c| { constrain(&mut c.middle, &[dns("b.example"), dns(HOST)], &[]); }),
    ("middle: may not name it", |c| { constrain(&mut c.middle, &[], &[dns(HOST)]); }),
    ("middle: may not name others", |c| { constrain(&mut c.middle, &[], &[dns("b.example")]); }),
    ("middle: its organization", |c| { constrain(&mut c.middle, &[directory(&organization("Example"))], &[]); }),
    ("middle: not the other organization", |c| { constrain(&mut c.middle, &[], &[directory(&organization("Other"))]); }),
    ("middle: its network", |c| { constrain(&mut c.middle, &[ip(&[10, 0, 0, 0, 255, 0, 0, 0])], &[]); }),
    ("middle: another network", |c| { constrain(&mut c.middle, &[ip(&[11, 0, 0, 0, 255, 0, 0, 0])], &[]); }),
    ("middle: broken network", |c| { constrain(&mut c.middle, &[ip(&[10, 0, 0, 0])], &[]); }),
    ("middle: its mail", |c| { constrain(&mut c.middle, &[email("a.example")], &[]); }),
    ("middle: no mail below", |c| { constrain(&mut c.middle, &[], &[email(".example")]); }),
    ("middle: its URIs", |c| { constrain(&mut c.middle, &[uri("a.example")], &[]); }),
    ("middle: other URIs", |c| { constrain(&mut c.middle, &[uri(".b.example")], &[]); }),
    ("middle: registered names", |c| { constrain(&mut c.middle, &[tlv(0x88, &[0x2a, 3])], &[]); }),
    ("middle: constraints with a minimum", |c| {
        let value = sequence(&[&tlv(0xa0, &sequence(&[&dns("example"), &tlv(0x80, &[1])]))]);
        set(&mut c.middle, extension(&[0x55, 0x1d, 30], true, &value));
    }),
    ("middle: constraints with a maximum", |c| {
        let value = sequence(&[&tlv(0xa0, &sequence(&[&dns("b.example"), &tlv(0x81, &[1])]))]);
        set(&mut c.middle, extension(&[0x55, 0x1d, 30], true, &value));
    }),
    ("middle: broken constraints", |c| { set(&mut c.middle, extension(&[0x55, 0x1d, 30], true, &[0x30, 2, 0xa0, 5])); }),
    ("middle: named as its root", |c| { c.middle.subject = c.root.subject.clone(); }),
    ("middle: named as its root, with keys", |c| {
        c.middle.subject = c.root.subject.clone();
        set(&mut c.middle, subject_key_id(b"middle"));
        set(&mut c.middle, authority_key_id(Some(b"root"), None));
        set(&mut c.root, subject_key_id(b"root"));
        set(&mut c.server, authority_key_id(Some(b"middle"), None));
    }),
    // --- the root
    ("root: version 1", |c| { (c.root.version, c.root.extensions) = (1, vec![]); }),
    ("root: nothing said", |c| { c.root.extensions = vec![]; }),
    ("root: not declared", |c| { no_constraints(&mut c.root); }),
    ("root: CA:FALSE", |c| { set(&mut c.root, basic_constraints(false, None)); }),
    ("root: signs no certificates", |c| { set(&mut c.root, key_usage(DIGITAL_SIGNATURE)); }),
    ("root: Netscape authority", |c| { c.root.extensions = vec![netscape(0x04)]; }),
    ("root: Netscape mail authority", |c| { c.root.extensions = vec![netscape(0x02)]; }),
    ("root: path length 0", |c| { set(&mut c.root, basic_constraints(true, Some(0))); }),
    ("root: path length 1", |c| { set(&mut c.root, basic_constraints(true, Some(1))); }),
    ("root: expired", |c| { c.root.not_after = utc_time("250101000000Z"); }),
    ("root: for clients", |c| { set(&mut c.root, extended_key_usage(&[2])); }),
    ("root: unknown critical", |c| { set(&mut c.root, extension(UNKNOWN, true, &[5, 0])); }),
    ("root: may name others", |c| { constrain(&mut c.root, &[dns("b.example")], &[]); }),
    ("root: its organization", |c| { constrain(&mut c.root, &[directory(&organization("Example"))], &[]); }),
    ("root: spoiled signature", |c| { c.root.spoils_signature = true; }),
    ("root: SHA-1", |c| { c.root.hash = Hash::Sha1; }),
    ("root: SHA-512", |c| { c.root.hash = Hash::Sha512; }),
    // --- what is trusted, what is sent
    ("trusts: middle", |c| { c.trusts = vec![Who::Middle]; }),
    ("trusts: middle, nothing sent", |c| { (c.trusts, c.sends) = (vec![Who::Middle], vec![]); }),
    ("trusts: server", |c| { (c.trusts, c.sends) = (vec![Who::Server], vec![]); }),
    ("trusts: server and root", |c| { c.trusts = vec![Who::Root, Who::Server]; }),
    ("trusts: server and middle", |c| { c.trusts = vec![Who::Middle, Who::Server]; }),
    ("trusts: double", |c| { c.trusts = vec![Who::Double]; }),
    ("trusts: double, middle", |c| { c.trusts = vec![Who::Double, Who::Middle]; }),
    ("sends: nothing", |c| { c.sends = vec![]; }),
    ("sends: root, too", |c| { c.sends = vec![Who::Middle, Who::Root]; }),
    ("sends: root first", |c| { c.sends = vec![Who::Root, Who::Middle, Who::Middle]; }),
    ("sends: server again", |c| { c.sends = vec![Who::Server, Who::Middle]; }),
    ("sends: cross", |c| { c.sends = vec![Who::Cross]; }),
    ("sends: both", |c| { c.sends = vec![Who::Middle, Who::Cross]; }),
];

/// What may be refused here and accepted there: ring verifies nothing with shorter RSA keys, and OpenSSL does not read the
/// extensions of a certificate that is trusted itself.
const STRICTER: &[&str] = &[
    "server: RSA 2040",
    "server: alternative names twice",
    "server: broken alternative names",
    "server: broken basic constraints",
    "server: no usage",
    "server: negative path length",
];

/// OpenSSL takes the first certificate with the issuer's name for the issuer, and gives up when another one is.
const SAME_NAMES: &str = "middle: named as its root, with keys";

#[test]
fn every_change_alone_has_openssls_verdict() {
    compare(CHANGES.iter().map(|change| vec![*change]));
}

/// Some pairs of all, chosen by a pseudo-random sequence; `OPENSSL_PAIRS` is their number.
#[test]
fn pairs_of_changes_have_openssls_verdict() {
    let count: usize = std::env::var("OPENSSL_PAIRS").map_or(100, |count| count.parse().unwrap());
    let mut state = 1_u64;
    let pairs = (0..count).map(|_| {
        [0, 1].map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            CHANGES[(state >> 33) as usize % CHANGES.len()]
        })
    });
    compare(pairs.map(Vec::from));
}

fn compare(cases: impl Iterator<Item = Vec<Change>>) {
    let mut differences = Vec::new();
    for changes in cases {
        let mut chain = Chain::good();
        for (_, change) in &changes {
            change(&mut chain);
        }
        let names: Vec<&str> = changes.iter().map(|(name, _)| *name).collect();
        let (ours, theirs) = (chain.ours(), chain.openssls());
        let is_known = names.iter().any(|name| match ours {
            0 => *name == SAME_NAMES,
            _ => STRICTER.contains(name),
        });
        if (ours == 0) != (theirs == 0) && !is_known {
            differences.push(format!("{}: ours {ours}, OpenSSL's {theirs}", names.join(" + ")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
