//! `CURLOPT_CERTINFO`: certificates as lines of label and value, as libcurl with OpenSSL writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::x509::{Certificate, GeneralName, Name, Time, address, extensions, oid_text};

/// Upper bound on the certificates that are listed, as in libcurl.
const MAX_CERTIFICATES: usize = 100;

/// The lines of one certificate: `Subject:CN = a.example`. One that can't be read has its PEM form alone.
pub(super) fn lines(der: &[u8]) -> Vec<String> {
    match Certificate::read(der) {
        Some(certificate) => of(&certificate),
        None => vec![format!("Cert:{}", pem(der))],
    }
}

/// The lines of all.
pub(super) fn list<'a>(chain: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<String>> {
    chain.take(MAX_CERTIFICATES).map(lines).collect()
}

fn of(certificate: &Certificate<'_>) -> Vec<String> {
    let mut lines = vec![
        format!("Subject:{}", name(&certificate.subject)),
        format!("Issuer:{}", name(&certificate.issuer)),
        format!("Version:{:x}", certificate.version - 1),
        format!("Serial Number:{}", serial(certificate.serial)),
    ];
    let signature = certificate.signature;
    if let Some(id) = signature.algorithm_id() {
        lines.push(format!("Signature Algorithm:{}", algorithm(id)));
    }
    if let Some(id) = certificate.key.algorithm_id() {
        lines.push(format!("Public Key Algorithm:{}", algorithm(id)));
    }
    for (id, value) in extensions(certificate) {
        lines.push(extension(id, value, certificate));
    }
    lines.push(format!("Start date:{}", date(certificate.not_before)));
    lines.push(format!("Expire date:{}", date(certificate.not_after)));
    if let (Some(bits), Some((modulus, exponent))) = (certificate.key.rsa_bits(), certificate.key.rsa_numbers()) {
        lines.push(format!("RSA Public Key:{bits}"));
        lines.push(format!("rsa(n):{}", number(modulus)));
        lines.push(format!("rsa(e):{}", number(exponent)));
    }
    let value: String = signature.value.iter().map(|byte| format!("{byte:02x}:")).collect();
    lines.push(format!("Signature:{value}"));
    lines.push(format!("Cert:{}", pem(certificate.der)));
    lines
}

/// `C = SE, O = "Example, Inc.", CN = a.example`: `XN_FLAG_ONELINE` of X509_NAME_print_ex(3).
fn name(name: &Name<'_>) -> String {
    let parts = name
        .texts()
        .map(|(label, text)| format!("{label} = {}", escaped(&text)));
    parts.collect::<Vec<_>>().join(", ")
}

fn escaped(text: &str) -> String {
    let is_special = |c: char| matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';');
    let needs_quotes = text.contains(is_special) || text.starts_with(['#', ' ']) || text.ends_with(' ');
    let quote = if needs_quotes { "\"" } else { "" };
    let bytes = text.bytes().map(|byte| match byte {
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:02X}"),
    });
    format!("{quote}{}{quote}", bytes.collect::<String>())
}

/// Without the zero that keeps a number positive.
fn serial(bytes: &[u8]) -> String {
    let (sign, digits) = match bytes {
        [0, rest @ ..] if !rest.is_empty() => ("", rest.to_vec()),
        [first, ..] if first & 0x80 != 0 => ("-", negated(bytes)),
        all => ("", all.to_vec()),
    };
    let digits: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{sign}{digits}")
}

/// The magnitude of a negative number in two's complement.
fn negated(bytes: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    for digit in digits.iter_mut().rev() {
        let (sum, has_carry) = digit.overflowing_add(1);
        *digit = sum;
        if !has_carry {
            break;
        }
    }
    digits
}

/// In hexadecimal, without zeros in front.
fn number(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    match digits.trim_start_matches('0') {
        "" => "0".into(),
        digits => digits.into(),
    }
}

/// `Jan  2 03:04:05 2026 GMT`.
fn date(date: Option<Time>) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let Some(date) = date else {
        return "Bad time value".into();
    };
    let (year, month, day) = date.date();
    let (hour, minute, second) = date.time();
    format!(
        "{} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT",
        MONTHS[month - 1]
    )
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

/// OpenSSL's name of an algorithm.
fn algorithm(id: &[u8]) -> String {
    let id = oid_text(id);
    let known = match &*id {
        "1.2.840.113549.1.1.1" => "rsaEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.2.1" => "id-ecPublicKey",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "ED25519",
        "1.3.101.113" => "ED448",
        _ => return id,
    };
    known.into()
}

/// One extension under OpenSSL's name. Of those that are not known here the bytes are shown, as OpenSSL shows those that it
/// does not know.
fn extension(id: &[u8], value: &[u8], certificate: &Certificate<'_>) -> String {
    let id = oid_text(id);
    let read = certificate.extensions.as_ref();
    let known = match &*id {
        "2.5.29.14" => (
            "X509v3 Subject Key Identifier",
            read.and_then(|read| read.subject_key_id).map(colons),
        ),
        "2.5.29.15" => ("X509v3 Key Usage", key_usage(value)),
        "2.5.29.17" => (
            "X509v3 Subject Alternative Name",
            Some(alt_names(certificate.alt_names())),
        ),
        "2.5.29.19" => (
            "X509v3 Basic Constraints",
            read.and_then(|read| read.basic_constraints)
                .map(|basic| match (basic.is_authority, basic.path_length) {
                    (true, Some(length)) => format!("CA:TRUE, pathlen:{length}"),
                    (true, None) => "CA:TRUE".into(),
                    (false, _) => "CA:FALSE".into(),
                }),
        ),
        "2.5.29.30" => ("X509v3 Name Constraints", None),
        "2.5.29.31" => ("X509v3 CRL Distribution Points", None),
        "2.5.29.32" => ("X509v3 Certificate Policies", None),
        "2.5.29.35" => (
            "X509v3 Authority Key Identifier",
            read.and_then(|read| read.authority_key_id.as_ref()?.key_id).map(colons),
        ),
        "2.5.29.37" => ("X509v3 Extended Key Usage", purposes(value)),
        "1.3.6.1.5.5.7.1.1" => ("Authority Information Access", None),
        "1.3.6.1.4.1.11129.2.4.2" => ("CT Precertificate SCTs", None),
        _ => (&*id, None),
    };
    match known {
        (label, Some(text)) => format!("{label}:{text}"),
        (label, None) => format!("{label}:{}", dump(value)),
    }
}

fn colons(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

fn dump(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' '..=b'~' | b'\n' | b'\r' => char::from(*byte),
        _ => '.',
    };
    bytes.iter().map(shown).collect()
}

fn key_usage(value: &[u8]) -> Option<String> {
    const NAMES: [&str; 9] = [
        "Digital Signature",
        "Non Repudiation",
        "Key Encipherment",
        "Data Encipherment",
        "Key Agreement",
        "Certificate Sign",
        "CRL Sign",
        "Encipher Only",
        "Decipher Only",
    ];
    let [3, _, _, bits @ ..] = value else {
        return None;
    };
    let is_set = |index: usize| bits.get(index / 8).is_some_and(|byte| byte & 0x80 >> (index % 8) != 0);
    let names: Vec<_> = (0..NAMES.len())
        .filter(|index| is_set(*index))
        .map(|index| NAMES[index])
        .collect();
    Some(names.join(", "))
}

fn purposes(value: &[u8]) -> Option<String> {
    let names = super::x509::purposes(value)?.into_iter().map(|id| {
        let id = oid_text(id);
        let known = match &*id {
            "1.3.6.1.5.5.7.3.1" => "TLS Web Server Authentication",
            "1.3.6.1.5.5.7.3.2" => "TLS Web Client Authentication",
            "1.3.6.1.5.5.7.3.3" => "Code Signing",
            "1.3.6.1.5.5.7.3.4" => "E-mail Protection",
            "1.3.6.1.5.5.7.3.8" => "Time Stamping",
            "1.3.6.1.5.5.7.3.9" => "OCSP Signing",
            "2.5.29.37.0" => "Any Extended Key Usage",
            _ => return id,
        };
        known.to_owned()
    });
    Some(names.collect::<Vec<_>>().join(", "))
}

fn alt_names(names: &[GeneralName<'_>]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let names = names.iter().map(|one| match one {
        GeneralName::Dns(host) => format!("DNS:{}", text(host)),
        GeneralName::Email(mailbox) => format!("email:{}", text(mailbox)),
        GeneralName::Uri(uri) => format!("URI:{}", text(uri)),
        GeneralName::Ip(bytes) => match address(bytes) {
            Some(address) => format!("IP Address:{address}"),
            None => "IP Address:<invalid>".into(),
        },
        GeneralName::Directory(directory) => format!("DirName:{}", name(directory)),
        GeneralName::Opaque { .. } => "othername:<unsupported>".into(),
    });
    names.collect::<Vec<_>>().join(", ")
}
