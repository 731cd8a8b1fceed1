//! Cipher suites, and the language of OpenSSL's lists of them (openssl-ciphers(1)).

use rustls::{CipherSuite, SupportedCipherSuite};

use super::list::{is_one_of, items, nothing_left, unknown};
use crate::tls::error::TlsError;
use crate::tls::settings::{Settings, Version};

const LIST: &str = "CURLOPT_SSL_CIPHER_LIST";
const LIST_13: &str = "CURLOPT_TLS13_CIPHERS";

/// Above this OpenSSL would refuse keys that are accepted here.
const SECURITY_LEVEL: u32 = 2;

/// The suites that the settings allow, in order of preference.
pub(super) fn choose(
    settings: &Settings,
    supported: &[SupportedCipherSuite],
) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let of = |version: Version| {
        let wanted = version.rustls().version;
        let suites = supported.iter().filter(move |suite| suite.version().version == wanted);
        match (settings.min_version..=settings.max_version).contains(&version) {
            true => suites.copied().collect(),
            false => Vec::new(),
        }
    };
    let (mut tls13, mut tls12) = (of(Version::Tls13), of(Version::Tls12));
    // As in libcurl a list for a version that is not offered is not looked at.
    if let Some(list) = settings.ciphers_13.as_ref().filter(|_| !tls13.is_empty()) {
        tls13 = from_names(list, &tls13)?;
    }
    if let Some(list) = settings.ciphers.as_ref().filter(|_| !tls12.is_empty()) {
        tls12 = from_list(list, &tls12)?;
    }
    tls13.extend(tls12);
    match tls13.is_empty() {
        true => Err(TlsError::Algorithms("no cipher suite is left to be offered".into())),
        false => Ok(tls13),
    }
}

/// Suites of TLS 1.3 by name. An empty list is allowed: it leaves TLS 1.2.
fn from_names(list: &[u8], supported: &[SupportedCipherSuite]) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    /// Of RFC 8446, and not in rustls.
    const OTHERS: [&str; 2] = ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"];
    let mut chosen: Vec<SupportedCipherSuite> = Vec::new();
    for name in items(list, b":, ;") {
        match supported
            .iter()
            .find(|suite| iana(suite.suite()).eq_ignore_ascii_case(name))
        {
            Some(suite) if !chosen.contains(suite) => chosen.push(*suite),
            Some(_) => {}
            None if is_one_of(name, &OTHERS) => {}
            None => return Err(unknown(LIST_13, name)),
        }
    }
    match chosen.is_empty() && !list.is_empty() {
        true => Err(nothing_left(
            LIST_13,
            list,
            supported.iter().map(|suite| iana(suite.suite())),
        )),
        false => Ok(chosen),
    }
}

/// Suites of TLS 1.2 by a list of names, words for groups of suites, and operators.
fn from_list(list: &[u8], supported: &[SupportedCipherSuite]) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let suites: Vec<_> = supported.iter().map(|suite| (iana(suite.suite()), *suite)).collect();
    let mut chosen: Vec<SupportedCipherSuite> = Vec::new();
    let mut excluded: Vec<SupportedCipherSuite> = Vec::new();
    for item in items(list, b":, ;") {
        let (item, command) = item
            .split_once('@')
            .map_or((item, None), |(item, command)| (item, Some(command)));
        command.map_or(Ok(()), check_command)?;
        if item.is_empty() {
            continue;
        }
        let words = item.trim_start_matches(['!', '-', '+']);
        let mut named: Vec<_> = suites.iter().collect();
        for word in words.split('+') {
            if !is_known(word) {
                return Err(unknown(LIST, word));
            }
            named.retain(|(name, _)| is_meant(name, word));
        }
        let named: Vec<_> = named.into_iter().map(|(_, suite)| *suite).collect();
        let is_named = |suite: &SupportedCipherSuite| named.contains(suite);
        match item.as_bytes()[0] {
            b'!' => {
                chosen.retain(|suite| !is_named(suite));
                excluded.extend(&named);
            }
            b'-' => chosen.retain(|suite| !is_named(suite)),
            // to the end
            b'+' => chosen.sort_by_key(is_named),
            _ => {
                let new = named
                    .iter()
                    .filter(|suite| !chosen.contains(suite) && !excluded.contains(suite));
                let new: Vec<_> = new.copied().collect();
                chosen.extend(new);
            }
        }
    }
    match chosen.is_empty() {
        true => Err(nothing_left(LIST, list, suites.iter().map(|(name, _)| openssl(name)))),
        false => Ok(chosen),
    }
}

/// `@STRENGTH` sorts, which changes nothing for so few suites; a lower security level would allow more than is ever used.
fn check_command(command: &str) -> Result<(), TlsError> {
    let level = command.strip_prefix("SECLEVEL=").map(str::parse::<u32>);
    match (command, level) {
        ("STRENGTH", _) => Ok(()),
        (_, Some(Ok(level))) if level <= SECURITY_LEVEL => Ok(()),
        (_, Some(Ok(_))) => Err(TlsError::Algorithms(format!(
            "{LIST}: @{command} is not supported: the security level is always {SECURITY_LEVEL}"
        ))),
        _ => Err(unknown(LIST, &format!("@{command}"))),
    }
}

/// IANA's name; rustls writes `TLS13_AES_128_GCM_SHA256` for `TLS_AES_128_GCM_SHA256`.
pub(in crate::tls) fn iana(suite: CipherSuite) -> String {
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}

/// `ECDHE-RSA-AES128-GCM-SHA256` for `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.
fn openssl(iana: &str) -> String {
    let name = iana.replace("TLS_", "").replace("WITH_", "").replace("AES_", "AES");
    let name = name.replace('_', "-");
    match name.strip_suffix("-POLY1305-SHA256") {
        Some(chacha) => format!("{chacha}-POLY1305"),
        None => name,
    }
}

/// Whether a word of a list means the suite: its name, or a group that it is in.
fn is_meant(iana: &str, word: &str) -> bool {
    const EVERY: [&str; 9] = [
        "ALL",
        "DEFAULT",
        "PROFILE=SYSTEM",
        "HIGH",
        "TLSv1.2",
        "ECDHE",
        "EECDH",
        "kECDHE",
        "kEECDH",
    ];
    let is_in = |part: &str, groups: &[&str]| iana.contains(part) && is_one_of(word, groups);
    is_one_of(word, &EVERY)
        || iana.eq_ignore_ascii_case(word)
        || openssl(iana).eq_ignore_ascii_case(word)
        || is_in("_ECDSA_", &["aECDSA", "ECDSA"])
        || is_in("_RSA_", &["aRSA"])
        || is_in("_AES_", &["AES", "AESGCM", "FIPS"])
        || is_in("_AES_128_", &["AES128"])
        || is_in("_AES_256_", &["AES256"])
        || is_in("_CHACHA20_", &["CHACHA20"])
}

/// Whether OpenSSL or IANA know a word: a group, or a name made of the parts that names are made of.
#[rustfmt::skip]
fn is_known(word: &str) -> bool {
    const GROUPS: [&str; 52] = [
        "ALL", "COMPLEMENTOFALL", "DEFAULT", "COMPLEMENTOFDEFAULT", "PROFILE=SYSTEM", "HIGH", "MEDIUM", "LOW", "EXP", "EXPORT",
        "eNULL", "aNULL", "kRSA", "aRSA", "kDHE", "kEDH", "kDH", "kDHr", "kDHd", "aDH", "kECDHE", "kEECDH", "EECDH", "kECDH",
        "kECDHr", "kECDHe", "aECDH", "aECDSA", "aDSS", "TLSv1.2", "TLSv1.0", "TLSv1", "SSLv3", "SSLv2", "AESGCM", "AESCCM",
        "AESCCM8", "ARIAGCM", "CAMELLIA", "kPSK", "aPSK", "kECDHEPSK", "kDHEPSK", "kRSAPSK", "kSRP", "aSRP", "kGOST", "aGOST",
        "aGOST01", "GOST94", "GOST89MAC", "FIPS",
    ];
    const PARTS: [&str; 48] = [
        "TLS", "SSL", "WITH", "ECDHE", "ECDH", "DHE", "DH", "EDH", "RSA", "ECDSA", "DSS", "PSK", "SRP", "ADH", "AECDH", "anon",
        "AES", "AES128", "AES256", "128", "256", "GCM", "CCM", "CCM8", "8", "CHACHA20", "POLY1305", "CAMELLIA128", "CAMELLIA256",
        "ARIA", "ARIA128", "ARIA256", "CAMELLIA", "SEED", "3DES", "DES", "EDE", "CBC", "CBC3", "RC4", "RC2", "IDEA", "NULL",
        "MD5", "SHA", "SHA1", "SHA256", "SHA384",
    ];
    is_one_of(word, &GROUPS) || word.split(['-', '_']).all(|part| is_one_of(part, &PARTS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::crypto::default_provider;

    fn chosen(ciphers: &str) -> Result<Vec<String>, String> {
        let settings = Settings {
            ciphers: Some(ciphers.into()),
            max_version: Version::Tls12,
            ..Settings::default()
        };
        let suites = choose(&settings, &default_provider().cipher_suites).map_err(|error| error.to_string())?;
        Ok(suites.iter().map(|suite| openssl(&iana(suite.suite()))).collect())
    }

    const RSA_128: &str = "ECDHE-RSA-AES128-GCM-SHA256";
    const RSA_256: &str = "ECDHE-RSA-AES256-GCM-SHA384";
    const RSA_CHACHA: &str = "ECDHE-RSA-CHACHA20-POLY1305";
    const ECDSA_128: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";
    const ECDSA_CHACHA: &str = "ECDHE-ECDSA-CHACHA20-POLY1305";

    #[test]
    fn names_of_both_kinds_choose_in_their_order() {
        let lists = [
            (RSA_128.to_owned(), vec![RSA_128]),
            (RSA_128.to_lowercase(), vec![RSA_128]),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".into(), vec![RSA_128]),
            ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256".into(), vec![RSA_CHACHA]),
            (format!("{RSA_256}:{RSA_128}"), vec![RSA_256, RSA_128]),
            (format!("{RSA_128},{RSA_256} {RSA_128}"), vec![RSA_128, RSA_256]),
            (format!("AES128-SHA:{RSA_128}:DHE-RSA-AES256-SHA256"), vec![RSA_128]),
            ("CHACHA20+aECDSA".into(), vec![ECDSA_CHACHA]),
            ("AES128".into(), vec![ECDSA_128, RSA_128]),
            (format!("HIGH:!aRSA:{RSA_128}:-AES256:!CHACHA20"), vec![ECDSA_128]),
            (format!("{ECDSA_128}:{RSA_128}:+aECDSA"), vec![RSA_128, ECDSA_128]),
            (format!("-{RSA_128}:{RSA_128}"), vec![RSA_128]),
        ];
        for (list, expected) in lists {
            assert_eq!(chosen(&list).unwrap(), expected, "{list}");
        }
    }

    #[test]
    fn the_usual_lists_leave_everything() {
        for list in [
            "DEFAULT",
            "ALL:!aNULL:!eNULL",
            "HIGH:!aNULL:!MD5:!3DES:!RC4:!PSK",
            "DEFAULT@SECLEVEL=1",
            "DEFAULT:@SECLEVEL=2",
            "EECDH+AESGCM:EECDH+CHACHA20:EDH+AESGCM:@STRENGTH",
            "PROFILE=SYSTEM",
        ] {
            assert_eq!(chosen(list).map(|suites| suites.len()), Ok(6), "{list}");
        }
    }

    #[test]
    fn unknown_names_and_lists_that_leave_nothing_are_errors() {
        for (list, part) in [
            (
                "ECDHE-RSA-AES128-GCM-SHA265",
                "unknown name \"ECDHE-RSA-AES128-GCM-SHA265\"",
            ),
            ("DEFAULT:rubbish", "unknown name \"rubbish\""),
            ("@SECLEVEL=3", "security level"),
            ("@SECLEVEL=x", "unknown name"),
            ("AES128-SHA", "nothing in"),
            ("ALL:!ALL", "nothing in"),
            ("", "nothing in"),
        ] {
            let error = chosen(list).unwrap_err();
            assert!(error.contains(part) && error.contains(LIST), "{list}: {error}");
        }
    }

    #[test]
    fn each_list_is_for_its_version() {
        let settings = Settings {
            ciphers: Some(b"rubbish".into()),
            ciphers_13: Some(b"TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256".into()),
            min_version: Version::Tls13,
            ..Settings::default()
        };
        let supported = default_provider().cipher_suites;
        let suites = choose(&settings, &supported).unwrap();
        assert_eq!(suites.len(), 1);
        for (list, part) in [
            ("TLS_AES_128_CCM_SHA256", "nothing in"),
            ("TLS_RUBBISH", "unknown name"),
        ] {
            let settings = Settings {
                ciphers_13: Some(list.into()),
                ..Settings::default()
            };
            let error = choose(&settings, &supported).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(LIST_13), "{error}");
        }
    }
}
