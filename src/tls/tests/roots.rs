//! Where trusted certificates come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::forge::{Forged, Key, rdns};
use super::*;
use crate::tls::roots::Roots;
use crate::tls::x509::Certificate;

fn contains(roots: &Roots, certificate: &CertificateDer<'_>) -> bool {
    roots.find(&Certificate::read(certificate).unwrap()).is_some()
}

/// A hash link as `openssl rehash` makes it, but a file of its own.
fn hash_link(directory: &Scratch, certificate: &CertificateDer<'_>, number: u32) -> PathBuf {
    let name = format!("{}.{number}", openssl_hash(certificate));
    directory.file(&name, &pem(certificate))
}

fn openssl_hash(certificate: &CertificateDer<'_>) -> String {
    let scratch = Scratch::new("hash");
    let mut command = Command::new("openssl");
    command.args(["x509", "-noout", "-subject_hash", "-in"]);
    command.arg(scratch.file("certificate.pem", &pem(certificate)));
    let output = command.output().expect("openssl is needed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn of_file(file: PathBuf) -> Settings {
    Settings {
        ca_info: Some(file),
        ..Settings::default()
    }
}

fn of_directory(directory: &Path) -> Settings {
    Settings {
        ca_path: Some(directory.to_owned()),
        ..Settings::default()
    }
}

fn of_text(pem: &[u8]) -> Settings {
    Settings {
        ca_info_blob: Some(pem.to_vec()),
        ..Settings::default()
    }
}

#[test]
fn a_file_may_hold_many_certificates_and_other_things() {
    let scratch = Scratch::new("many");
    let (first, second) = (Authority::new("First"), Authority::new("Second"));
    let server = self_signed(&leaf_params(&["a.example"]));
    let mut text = b"# a comment\n".to_vec();
    text.extend(pem(&first.certificate));
    text.extend(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    text.extend(pem(&second.certificate));
    text.extend(pem(&second.certificate));
    text.extend(b"-----BEGIN CERTIFICATE-----\nwithout an end\n");
    text.extend(pem(&server.chain[0]));
    let roots = Roots::load(&of_file(scratch.file("ca.pem", &text))).unwrap();
    for certificate in [&first.certificate, &second.certificate, &server.chain[0]] {
        assert!(contains(&roots, certificate));
    }
    assert!(!contains(&roots, &Authority::new("First").certificate));
}

#[test]
fn text_is_read_under_every_label_with_any_line_ends() {
    let authority = Authority::new("Root");
    let text = String::from_utf8(pem(&authority.certificate)).unwrap();
    for label in ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"] {
        let text = text.replace("CERTIFICATE", label);
        for text in [
            format!("\u{feff}{text}"),
            text.replace('\n', "\r\n"),
            text.replace('\n', " \n"),
            text.trim_end().to_owned(),
        ] {
            let roots = Roots::load(&of_text(text.as_bytes())).unwrap();
            assert!(contains(&roots, &authority.certificate), "{text:?}");
        }
    }
    for label in ["PUBLIC KEY", "CERTIFICATE REQUEST", "certificate"] {
        let text = text.replace("CERTIFICATE", label);
        assert!(Roots::load(&of_text(text.as_bytes())).is_err(), "{label}");
    }
}

/// `openssl x509` writes the list of purposes behind the certificate.
#[test]
fn trust_settings_of_openssl_are_heeded() {
    let authority = Authority::new("Root");
    let identity = authority.sign(&leaf_params(&["a.example"]));
    let config = Arc::new(server_config(&identity, &[Version::Tls13]));
    let cases: [(&[&str], bool); 6] = [
        (&["-trustout"], true),
        (&["-trustout", "-setalias", "an alias"], true),
        (&["-addtrust", "serverAuth"], true),
        (&["-addtrust", "anyExtendedKeyUsage"], true),
        (&["-addtrust", "clientAuth"], false),
        (&["-addreject", "serverAuth"], false),
    ];
    for (arguments, is_trusted) in cases {
        let scratch = Scratch::new("trust");
        let mut command = Command::new("openssl");
        command.args(["x509", "-trustout"]).args(arguments).arg("-in");
        command.arg(scratch.file("certificate.pem", &pem(&authority.certificate)));
        let text = command.output().expect("openssl is needed").stdout;
        assert!(text.starts_with(b"-----BEGIN TRUSTED CERTIFICATE"), "{arguments:?}");
        let mut pair = Pair::new(&Context::new(&of_text(&text)).unwrap(), "a.example", &config);
        let result = pair.handshake(usize::MAX);
        assert_eq!(result.is_ok(), is_trusted, "{arguments:?} {result:?}");
        assert_eq!(
            pair.client.verify_result(),
            if is_trusted { 0 } else { 28 },
            "{arguments:?}"
        );
    }
}

#[test]
fn a_directory_adds_to_a_file_and_a_text_replaces_the_file() {
    let directory = Scratch::new("combined");
    let files = Scratch::new("combined-file");
    let all = ["File", "Directory", "Text"].map(Authority::new);
    let [file, in_directory, text] = &all;
    hash_link(&directory, &in_directory.certificate, 0);
    directory.file("README", b"nothing to see");
    let mut settings = Settings {
        ca_info: Some(files.file("ca.pem", &pem(&file.certificate))),
        ..of_directory(&directory.0)
    };
    let trusted = |settings: &Settings| {
        let roots = Roots::load(settings).unwrap();
        all.each_ref().map(|authority| contains(&roots, &authority.certificate))
    };
    assert_eq!(trusted(&settings), [true, true, false]);
    settings.ca_info_blob = Some(pem(&text.certificate));
    assert_eq!(trusted(&settings), [false, true, true]);
}

#[test]
fn in_a_directory_only_hash_links_count_and_at_once() {
    let directory = Scratch::new("hashed");
    let [linked, second, plain, wrong] = ["Same", "Same", "Plain", "Wrong"].map(Authority::new);
    let link = hash_link(&directory, &linked.certificate, 0);
    hash_link(&directory, &second.certificate, 1);
    directory.file("plain.pem", &pem(&plain.certificate));
    directory.file("12345678.0", &pem(&wrong.certificate));
    let roots = Roots::load(&of_directory(&directory.0)).unwrap();
    assert!(contains(&roots, &linked.certificate) && contains(&roots, &second.certificate));
    assert!(!contains(&roots, &plain.certificate) && !contains(&roots, &wrong.certificate));
    fs::remove_file(link).unwrap();
    assert!(!contains(&roots, &linked.certificate));
    hash_link(&directory, &plain.certificate, 0);
    assert!(contains(&roots, &plain.certificate));
}

/// Names that are equal but for case, white space and the kind of string have one hash.
#[test]
fn hashes_are_those_of_openssl() {
    let (organization, country, name, mail): (&[u8], &[u8], &[u8], &[u8]) = (
        &[0x55, 4, 10],
        &[0x55, 4, 6],
        &[0x55, 4, 3],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
    );
    let key = Key::p256(1);
    let subjects = [
        rdns(&[(country, 0x13, b"SE"), (organization, 0x0c, b"Example Root")]),
        rdns(&[(country, 0x13, b"se"), (organization, 0x13, b"  EXAMPLE \t  rOOT ")]),
        rdns(&[(organization, 0x1e, b"\0E\0x\x03\xb1"), (mail, 0x16, b"Ca@Example.org")]),
        rdns(&[
            (organization, 0x14, b"\xc4\xe4 \xdf"),
            (name, 0x0c, "\u{c4} \u{3b1}".as_bytes()),
        ]),
        rdns(&[(name, 0x12, b"0 1 2"), (name, 0x0c, b"")]),
        rdns(&[]),
        {
            let pair = |id: &[u8], value: &[u8]| forge::sequence(&[&forge::tlv(6, id), &forge::tlv(0x0c, value)]);
            let set = [pair(organization, b"A  longer one"), pair(name, b"B")].concat();
            forge::tlv(0x30, &forge::tlv(0x31, &set))
        },
    ];
    for subject in subjects {
        let directory = Scratch::new("hashes");
        let certificate = Forged::new(subject.clone(), &key).self_signed(&key);
        hash_link(&directory, &certificate, 0);
        let roots = Roots::load(&of_directory(&directory.0)).unwrap();
        assert!(contains(&roots, &certificate), "{}", subject.escape_ascii());
    }
}

#[test]
fn what_cannot_be_loaded_is_named() {
    let scratch = Scratch::new("unusable");
    let empty = scratch.file("empty.pem", b"");
    let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let broken = scratch.file("broken.pem", broken);
    let missing = scratch.0.join("missing.pem");
    let cases = [
        (of_file(missing.clone()), vec!["missing.pem", "No such file"]),
        (of_file(empty), vec!["empty.pem", "no usable certificate"]),
        (of_file(broken), vec!["broken.pem", "malformed"]),
        (of_file(scratch.0.clone()), vec!["directory"]),
        (of_file("/dev/zero".into()), vec!["/dev/zero", "too large"]),
        (of_directory(&missing), vec!["missing.pem", "No such file"]),
        (of_directory(&scratch.0), vec!["named by a hash", "openssl rehash"]),
        (of_text(b"nothing"), vec!["CURLOPT_CAINFO_BLOB"]),
    ];
    for (settings, parts) in cases {
        let error = Roots::load(&settings).unwrap_err();
        assert!(matches!(error, TlsError::Roots(_)));
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
        let unverified = Settings {
            verify_peer: false,
            ..settings
        };
        assert_eq!(Roots::load(&unverified).unwrap(), Roots::default());
    }
}

#[test]
fn a_missing_directory_beside_a_good_file_is_passed_over() {
    let scratch = Scratch::new("beside");
    let authority = Authority::new("Root");
    let settings = Settings {
        ca_path: Some(scratch.0.join("missing")),
        ..of_file(scratch.file("ca.pem", &pem(&authority.certificate)))
    };
    assert!(contains(&Roots::load(&settings).unwrap(), &authority.certificate));
}
