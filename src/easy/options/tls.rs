//! TLS with the server, and with an HTTPS proxy.

// libcurl's names for the versions
#![allow(non_upper_case_globals, reason = "the names of <curl/curl.h>")]

use super::TlsOptions;
use super::check::{bad_argument, not_built_in, wrong_type};
use super::rare::Defaults;
use super::value::Value;
use crate::error::Result;
use crate::secret::Secret;
use crate::types::option::CURLoption::{self, *};
use crate::types::tls::*;

const TLS_1_2: u32 = CURL_SSLVERSION_TLSv1_2 as u32;
const TLS_1_3: u32 = CURL_SSLVERSION_TLSv1_3 as u32;

impl Defaults for TlsOptions {
    const DEFAULTS: &'static TlsOptions = &TlsOptions {
        verify_peer: true,
        verify_host: true,
        ca_info: None,
        ca_path: None,
        ca_info_blob: None,
        bits: 0,
        crl_file: None,
        issuer: None,
        issuer_blob: None,
        pinned_key: None,
        certificate: None,
        certificate_blob: None,
        certificate_type: None,
        key: None,
        key_blob: None,
        key_type: None,
        key_password: None,
        min_version: TLS_1_2,
        max_version: TLS_1_3,
        ciphers: None,
        ciphers_13: None,
        curves: None,
        signature_algorithms: None,
    };
}

impl TlsOptions {
    /// Sets an option of the server's TLS, or the one of a proxy's that corresponds to it.
    pub(super) fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match (for_server(option), value) {
            (CURLOPT_SSL_VERIFYPEER, Value::Number(on)) => self.verify_peer = on != 0,
            // 1 is a common mistake for 2; libcurl takes it for 2 as well
            (CURLOPT_SSL_VERIFYHOST, Value::Number(on)) => self.verify_host = on != 0,
            (CURLOPT_CAINFO, Value::String(file)) => self.ca_info = file,
            (CURLOPT_CAPATH, Value::String(directory)) => self.ca_path = directory,
            (CURLOPT_CAINFO_BLOB, Value::Blob(pem)) => self.ca_info_blob = pem,
            (CURLOPT_SSLVERSION, Value::Number(versions)) => self.set_versions(option, versions)?,
            (CURLOPT_SSL_OPTIONS, Value::Number(bits)) => self.bits = bits as u64,
            (CURLOPT_CRLFILE, Value::String(file)) => self.crl_file = file,
            (CURLOPT_ISSUERCERT, Value::String(file)) => self.issuer = file,
            (CURLOPT_ISSUERCERT_BLOB, Value::Blob(pem)) => self.issuer_blob = pem,
            (CURLOPT_PINNEDPUBLICKEY, Value::String(pin)) => self.pinned_key = pin,
            (CURLOPT_SSLCERT, Value::String(file)) => self.certificate = file,
            (CURLOPT_SSLCERT_BLOB, Value::Blob(bytes)) => self.certificate_blob = bytes.map(Secret::from),
            (CURLOPT_SSLCERTTYPE, Value::String(name)) => self.certificate_type = name,
            (CURLOPT_SSLKEY, Value::String(file)) => self.key = file,
            (CURLOPT_SSLKEY_BLOB, Value::Blob(bytes)) => self.key_blob = bytes.map(Secret::from),
            (CURLOPT_SSLKEYTYPE, Value::String(name)) => self.key_type = name,
            (CURLOPT_KEYPASSWD, Value::String(text)) => {
                self.key_password = text.map(|text| Secret::from(text.into_bytes()));
            }
            (CURLOPT_SSL_CIPHER_LIST, Value::String(list)) => self.ciphers = list,
            (CURLOPT_TLS13_CIPHERS, Value::String(list)) => self.ciphers_13 = list,
            (CURLOPT_SSL_EC_CURVES, Value::String(list)) => self.curves = list,
            (CURLOPT_SSL_SIGNATURE_ALGORITHMS, Value::String(list)) => self.signature_algorithms = list,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    /// The lowest version is in the lower 16 bits, the highest above (CURLOPT_SSLVERSION(3)). A lowest version under
    /// TLS 1.2 allows more than is ever used and does no harm; a highest one under it leaves nothing to speak.
    fn set_versions(&mut self, option: CURLoption, versions: i64) -> Result<()> {
        let min_version = match versions & 0xffff {
            CURL_SSLVERSION_DEFAULT | CURL_SSLVERSION_TLSv1 => TLS_1_2,
            CURL_SSLVERSION_TLSv1_0 | CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_TLSv1_2 => TLS_1_2,
            CURL_SSLVERSION_TLSv1_3 => TLS_1_3,
            _ => return Err(bad_argument(option, "unknown lowest TLS version")),
        };
        let max_version = match versions & 0xffff_0000 {
            CURL_SSLVERSION_MAX_NONE | CURL_SSLVERSION_MAX_DEFAULT | CURL_SSLVERSION_MAX_TLSv1_3 => TLS_1_3,
            CURL_SSLVERSION_MAX_TLSv1_2 => TLS_1_2,
            CURL_SSLVERSION_MAX_TLSv1_0 | CURL_SSLVERSION_MAX_TLSv1_1 => {
                return Err(not_built_in(option, "TLS 1.2 is the oldest version built in"));
            }
            _ => return Err(bad_argument(option, "unknown highest TLS version")),
        };
        if min_version > max_version {
            return Err(bad_argument(option, "the lowest TLS version is above the highest"));
        }
        (self.min_version, self.max_version) = (min_version, max_version);
        Ok(())
    }
}

/// The server's option for one of a proxy.
fn for_server(option: CURLoption) -> CURLoption {
    match option {
        CURLOPT_PROXY_SSL_VERIFYPEER => CURLOPT_SSL_VERIFYPEER,
        CURLOPT_PROXY_SSL_VERIFYHOST => CURLOPT_SSL_VERIFYHOST,
        CURLOPT_PROXY_CAINFO => CURLOPT_CAINFO,
        CURLOPT_PROXY_CAPATH => CURLOPT_CAPATH,
        CURLOPT_PROXY_CAINFO_BLOB => CURLOPT_CAINFO_BLOB,
        CURLOPT_PROXY_SSLVERSION => CURLOPT_SSLVERSION,
        CURLOPT_PROXY_SSL_OPTIONS => CURLOPT_SSL_OPTIONS,
        CURLOPT_PROXY_CRLFILE => CURLOPT_CRLFILE,
        CURLOPT_PROXY_ISSUERCERT => CURLOPT_ISSUERCERT,
        CURLOPT_PROXY_ISSUERCERT_BLOB => CURLOPT_ISSUERCERT_BLOB,
        CURLOPT_PROXY_PINNEDPUBLICKEY => CURLOPT_PINNEDPUBLICKEY,
        CURLOPT_PROXY_SSLCERT => CURLOPT_SSLCERT,
        CURLOPT_PROXY_SSLCERT_BLOB => CURLOPT_SSLCERT_BLOB,
        CURLOPT_PROXY_SSLCERTTYPE => CURLOPT_SSLCERTTYPE,
        CURLOPT_PROXY_SSLKEY => CURLOPT_SSLKEY,
        CURLOPT_PROXY_SSLKEY_BLOB => CURLOPT_SSLKEY_BLOB,
        CURLOPT_PROXY_SSLKEYTYPE => CURLOPT_SSLKEYTYPE,
        CURLOPT_PROXY_KEYPASSWD => CURLOPT_KEYPASSWD,
        CURLOPT_PROXY_SSL_CIPHER_LIST => CURLOPT_SSL_CIPHER_LIST,
        CURLOPT_PROXY_TLS13_CIPHERS => CURLOPT_TLS13_CIPHERS,
        server => server,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use crate::types::codes::CURLcode::*;

    #[test]
    fn tls_versions_under_1_2_are_never_spoken() {
        const MAX: i64 = 16;
        for (versions, expected) in [
            (0, Ok((6, 7))),
            (1, Ok((6, 7))),
            (4, Ok((6, 7))),
            (5, Ok((6, 7))),
            (6, Ok((6, 7))),
            (7, Ok((7, 7))),
            (1 << MAX, Ok((6, 7))),
            (6 | 6 << MAX, Ok((6, 6))),
            (6 << MAX, Ok((6, 6))),
            (7 << MAX, Ok((6, 7))),
            (1 << 32, Ok((6, 7))),
            (4 << MAX, Err(CURLE_NOT_BUILT_IN)),
            (5 | 5 << MAX, Err(CURLE_NOT_BUILT_IN)),
            (7 | 6 << MAX, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (2, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (3, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (8, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (8 << MAX, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
            (-1, Err(CURLE_BAD_FUNCTION_ARGUMENT)),
        ] {
            let mut options = Options::default();
            let result = options.set(CURLOPT_SSLVERSION, Value::Number(versions));
            let set = (options.tls.min_version, options.tls.max_version);
            assert_eq!(
                result.map(|()| set).map_err(|error| error.code()),
                expected,
                "{versions:#x}"
            );
        }
    }

    #[test]
    fn verifyhost_takes_1_for_2() {
        for (number, on) in [(0, false), (1, true), (2, true)] {
            let mut options = Options::default();
            options.set(CURLOPT_SSL_VERIFYHOST, Value::Number(number)).unwrap();
            assert_eq!(options.tls.verify_host, on);
        }
    }
}
