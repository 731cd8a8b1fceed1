//! The codes in words, for programs that print them. What happened in a particular transfer is in its error buffer.

use std::ffi::{CStr, c_char};

use crate::types::codes::CURLMcode::{self, *};
use crate::types::codes::CURLSHcode::{self, *};
use crate::types::codes::CURLUcode::{self, *};
use crate::types::codes::CURLcode::{self, *};
use crate::types::raw::{RawCode, RawMultiCode, RawShareCode, RawUrlCode};

/// What a `CURLcode` says, as a constant string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_easy_strerror(code: RawCode) -> *const c_char {
    find(EASY, |known| known as RawCode == code)
}

/// What a `CURLMcode` says, as a constant string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_multi_strerror(code: RawMultiCode) -> *const c_char {
    find(MULTI, |known| known as RawMultiCode == code)
}

/// What a `CURLSHcode` says, as a constant string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_share_strerror(code: RawShareCode) -> *const c_char {
    find(SHARE, |known| known as RawShareCode == code)
}

/// What a `CURLUcode` says, as a constant string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn curl_url_strerror(code: RawUrlCode) -> *const c_char {
    find(URL, |known| known as RawUrlCode == code)
}

fn find<T: Copy>(table: &[(T, &'static CStr)], is_wanted: impl Fn(T) -> bool) -> *const c_char {
    let found = table.iter().find(|(code, _)| is_wanted(*code));
    found.map_or(UNKNOWN, |(_, text)| text).as_ptr()
}

const UNKNOWN: &CStr = c"Unknown error";

#[rustfmt::skip]
const EASY: &[(CURLcode, &CStr)] = &[
    (CURLE_OK, c"No error"),
    (CURLE_UNSUPPORTED_PROTOCOL, c"Unsupported protocol"),
    (CURLE_FAILED_INIT, c"Initialization failed"),
    (CURLE_URL_MALFORMAT, c"Malformed or missing URL"),
    (CURLE_NOT_BUILT_IN, c"Feature, protocol or option not built into this library"),
    (CURLE_COULDNT_RESOLVE_PROXY, c"Could not resolve the proxy name"),
    (CURLE_COULDNT_RESOLVE_HOST, c"Could not resolve the host name"),
    (CURLE_COULDNT_CONNECT, c"Could not connect to the server"),
    (CURLE_WEIRD_SERVER_REPLY, c"Malformed server reply"),
    (CURLE_REMOTE_ACCESS_DENIED, c"Access to the remote resource denied"),
    (CURLE_FTP_ACCEPT_FAILED, c"FTP: the server could not connect to the data port"),
    (CURLE_FTP_WEIRD_PASS_REPLY, c"FTP: unknown reply to PASS"),
    (CURLE_FTP_ACCEPT_TIMEOUT, c"FTP: timeout while waiting for the server to connect"),
    (CURLE_FTP_WEIRD_PASV_REPLY, c"FTP: unknown reply to PASV"),
    (CURLE_FTP_WEIRD_227_FORMAT, c"FTP: unknown format of the 227 reply"),
    (CURLE_FTP_CANT_GET_HOST, c"FTP: no usable host in the PASV reply"),
    (CURLE_HTTP2, c"HTTP/2 framing error"),
    (CURLE_FTP_COULDNT_SET_TYPE, c"FTP: could not set the file type"),
    (CURLE_PARTIAL_FILE, c"Partial file transferred"),
    (CURLE_FTP_COULDNT_RETR_FILE, c"FTP: could not retrieve the file (RETR)"),
    (CURLE_QUOTE_ERROR, c"Quote command failed"),
    (CURLE_HTTP_RETURNED_ERROR, c"HTTP response with an error status"),
    (CURLE_WRITE_ERROR, c"Failed to write received data to the application"),
    (CURLE_UPLOAD_FAILED, c"Upload failed before it started"),
    (CURLE_READ_ERROR, c"Failed to read data from the application"),
    (CURLE_OUT_OF_MEMORY, c"Out of memory"),
    (CURLE_OPERATION_TIMEDOUT, c"Timeout was reached"),
    (CURLE_FTP_PORT_FAILED, c"FTP: PORT command failed"),
    (CURLE_FTP_COULDNT_USE_REST, c"FTP: REST command failed"),
    (CURLE_RANGE_ERROR, c"Requested range not delivered by the server"),
    (CURLE_SSL_CONNECT_ERROR, c"TLS handshake error"),
    (CURLE_BAD_DOWNLOAD_RESUME, c"Could not resume the download"),
    (CURLE_FILE_COULDNT_READ_FILE, c"Could not read the file of a file:// URL"),
    (CURLE_LDAP_CANNOT_BIND, c"LDAP: bind failed"),
    (CURLE_LDAP_SEARCH_FAILED, c"LDAP: search failed"),
    (CURLE_ABORTED_BY_CALLBACK, c"Operation aborted by an application callback"),
    (CURLE_BAD_FUNCTION_ARGUMENT, c"Bad argument to a library function"),
    (CURLE_INTERFACE_FAILED, c"Could not bind the local end of the connection"),
    (CURLE_TOO_MANY_REDIRECTS, c"Maximum number of redirects reached"),
    (CURLE_UNKNOWN_OPTION, c"Unknown option"),
    (CURLE_SETOPT_OPTION_SYNTAX, c"Malformed option value"),
    (CURLE_GOT_NOTHING, c"Server returned nothing"),
    (CURLE_SSL_ENGINE_NOTFOUND, c"TLS engine not found"),
    (CURLE_SSL_ENGINE_SETFAILED, c"Could not select the TLS engine"),
    (CURLE_SEND_ERROR, c"Failed to send data to the peer"),
    (CURLE_RECV_ERROR, c"Failed to receive data from the peer"),
    (CURLE_SSL_CERTPROBLEM, c"Problem with the client certificate"),
    (CURLE_SSL_CIPHER, c"Could not use the requested TLS cipher"),
    (CURLE_PEER_FAILED_VERIFICATION, c"Peer certificate or remote key not accepted"),
    (CURLE_BAD_CONTENT_ENCODING, c"Unknown or malformed content or transfer encoding"),
    (CURLE_FILESIZE_EXCEEDED, c"Maximum file size exceeded"),
    (CURLE_USE_SSL_FAILED, c"Required TLS level failed"),
    (CURLE_SEND_FAIL_REWIND, c"Send failed because the data could not be rewound"),
    (CURLE_SSL_ENGINE_INITFAILED, c"Could not initialize the TLS engine"),
    (CURLE_LOGIN_DENIED, c"Login denied"),
    (CURLE_TFTP_NOTFOUND, c"TFTP: file not found"),
    (CURLE_TFTP_PERM, c"TFTP: access violation"),
    (CURLE_REMOTE_DISK_FULL, c"Remote disk full or allocation exceeded"),
    (CURLE_TFTP_ILLEGAL, c"TFTP: illegal operation"),
    (CURLE_TFTP_UNKNOWNID, c"TFTP: unknown transfer ID"),
    (CURLE_REMOTE_FILE_EXISTS, c"Remote file exists already"),
    (CURLE_TFTP_NOSUCHUSER, c"TFTP: no such user"),
    (CURLE_SSL_CACERT_BADFILE, c"Problem with the CA certificates (path, permissions, format)"),
    (CURLE_REMOTE_FILE_NOT_FOUND, c"Remote file not found"),
    (CURLE_SSH, c"SSH error"),
    (CURLE_SSL_SHUTDOWN_FAILED, c"Could not shut down the TLS connection"),
    (CURLE_AGAIN, c"Socket not ready for sending or receiving"),
    (CURLE_SSL_CRL_BADFILE, c"Problem with the revocation list (path, permissions, format)"),
    (CURLE_SSL_ISSUER_ERROR, c"Certificate issuer check failed"),
    (CURLE_FTP_PRET_FAILED, c"FTP: PRET command not accepted by the server"),
    (CURLE_RTSP_CSEQ_ERROR, c"RTSP: CSeq mismatch"),
    (CURLE_RTSP_SESSION_ERROR, c"RTSP: session ID mismatch"),
    (CURLE_FTP_BAD_FILE_LIST, c"FTP: could not parse the file list"),
    (CURLE_CHUNK_FAILED, c"Chunk callback failed"),
    (CURLE_NO_CONNECTION_AVAILABLE, c"Connection limit reached"),
    (CURLE_SSL_PINNEDPUBKEYNOTMATCH, c"Public key does not match the pinned one"),
    (CURLE_SSL_INVALIDCERTSTATUS, c"Certificate status verification failed"),
    (CURLE_HTTP2_STREAM, c"HTTP/2 stream error"),
    (CURLE_RECURSIVE_API_CALL, c"Library function called from inside a callback"),
    (CURLE_AUTH_ERROR, c"Authentication function failed"),
    (CURLE_HTTP3, c"HTTP/3 error"),
    (CURLE_QUIC_CONNECT_ERROR, c"QUIC connect error"),
    (CURLE_PROXY, c"Proxy handshake error"),
    (CURLE_SSL_CLIENTCERT, c"TLS client certificate required"),
    (CURLE_UNRECOVERABLE_POLL, c"Unrecoverable error while waiting for sockets"),
    (CURLE_TOO_LARGE, c"Value or message larger than allowed"),
    (CURLE_ECH_REQUIRED, c"Encrypted Client Hello failed"),
];

#[rustfmt::skip]
const MULTI: &[(CURLMcode, &CStr)] = &[
    (CURLM_CALL_MULTI_PERFORM, c"Call curl_multi_perform again"),
    (CURLM_OK, c"No error"),
    (CURLM_BAD_HANDLE, c"Invalid multi handle"),
    (CURLM_BAD_EASY_HANDLE, c"Invalid easy handle"),
    (CURLM_OUT_OF_MEMORY, c"Out of memory"),
    (CURLM_INTERNAL_ERROR, c"Internal error"),
    (CURLM_BAD_SOCKET, c"Invalid socket"),
    (CURLM_UNKNOWN_OPTION, c"Unknown option"),
    (CURLM_ADDED_ALREADY, c"Easy handle already added to a multi handle"),
    (CURLM_RECURSIVE_API_CALL, c"Library function called from inside a callback"),
    (CURLM_WAKEUP_FAILURE, c"Wakeup failed"),
    (CURLM_BAD_FUNCTION_ARGUMENT, c"Bad argument to a library function"),
    (CURLM_ABORTED_BY_CALLBACK, c"Operation aborted by an application callback"),
    (CURLM_UNRECOVERABLE_POLL, c"Unrecoverable error while waiting for sockets"),
];

#[rustfmt::skip]
const SHARE: &[(CURLSHcode, &CStr)] = &[
    (CURLSHE_OK, c"No error"),
    (CURLSHE_BAD_OPTION, c"Unknown share option"),
    (CURLSHE_IN_USE, c"Share handle in use"),
    (CURLSHE_INVALID, c"Invalid share handle"),
    (CURLSHE_NOMEM, c"Out of memory"),
    (CURLSHE_NOT_BUILT_IN, c"Feature not built into this library"),
];

#[rustfmt::skip]
const URL: &[(CURLUcode, &CStr)] = &[
    (CURLUE_OK, c"No error"),
    (CURLUE_BAD_HANDLE, c"Invalid URL handle"),
    (CURLUE_BAD_PARTPOINTER, c"Invalid pointer for a part"),
    (CURLUE_MALFORMED_INPUT, c"Malformed input"),
    (CURLUE_BAD_PORT_NUMBER, c"Port not a decimal number from 0 to 65535"),
    (CURLUE_UNSUPPORTED_SCHEME, c"Unsupported URL scheme"),
    (CURLUE_URLDECODE, c"URL decoding error"),
    (CURLUE_OUT_OF_MEMORY, c"Out of memory"),
    (CURLUE_USER_NOT_ALLOWED, c"User name not allowed in the URL"),
    (CURLUE_UNKNOWN_PART, c"Unknown URL part"),
    (CURLUE_NO_SCHEME, c"No scheme in the URL"),
    (CURLUE_NO_USER, c"No user name in the URL"),
    (CURLUE_NO_PASSWORD, c"No password in the URL"),
    (CURLUE_NO_OPTIONS, c"No login options in the URL"),
    (CURLUE_NO_HOST, c"No host in the URL"),
    (CURLUE_NO_PORT, c"No port in the URL"),
    (CURLUE_NO_QUERY, c"No query in the URL"),
    (CURLUE_NO_FRAGMENT, c"No fragment in the URL"),
    (CURLUE_NO_ZONEID, c"No zone ID in the URL"),
    (CURLUE_BAD_FILE_URL, c"Malformed file:// URL"),
    (CURLUE_BAD_FRAGMENT, c"Malformed fragment"),
    (CURLUE_BAD_HOSTNAME, c"Malformed host name"),
    (CURLUE_BAD_IPV6, c"Malformed IPv6 address"),
    (CURLUE_BAD_LOGIN, c"Malformed login"),
    (CURLUE_BAD_PASSWORD, c"Malformed password"),
    (CURLUE_BAD_PATH, c"Malformed path"),
    (CURLUE_BAD_QUERY, c"Malformed query"),
    (CURLUE_BAD_SCHEME, c"Malformed scheme"),
    (CURLUE_BAD_SLASHES, c"Unsupported number of slashes after the scheme"),
    (CURLUE_BAD_USER, c"Malformed user name"),
    (CURLUE_LACKS_IDN, c"IDN support not built into this library"),
    (CURLUE_TOO_LARGE, c"Value or part larger than allowed"),
    (CURLUE_BACKSLASH, c"Backslash in the URL"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: *const c_char) -> &'static str {
        // SAFETY: results are constant strings.
        unsafe { CStr::from_ptr(result) }.to_str().unwrap()
    }

    /// The codes of an enum in `types/codes.rs`, those left out that nothing returns.
    fn codes(prefix: &str) -> impl Iterator<Item = (&'static str, i32)> {
        let prefix = format!("    {prefix}");
        include_str!("../types/codes.rs").lines().filter_map(move |line| {
            let (name, number) = line.strip_suffix(',')?.split_once(" = ")?;
            let is_code = name.starts_with(&prefix) && !name.contains("OBSOLETE") && !name.ends_with("LAST");
            is_code.then(|| (name.trim_start(), number.parse().unwrap()))
        })
    }

    #[test]
    fn every_code_has_a_text() {
        type Strerror = fn(i32) -> *const c_char;
        let by_prefix: [(&str, Strerror); 4] = [
            ("CURLE_", |code| curl_easy_strerror(code as RawCode)),
            ("CURLM_", |code| curl_multi_strerror(code)),
            ("CURLSHE_", |code| curl_share_strerror(code as RawShareCode)),
            ("CURLUE_", |code| curl_url_strerror(code as RawUrlCode)),
        ];
        for (prefix, strerror) in by_prefix {
            let mut seen = Vec::new();
            for (name, code) in codes(prefix) {
                let text = text(strerror(code));
                assert_ne!(text, UNKNOWN.to_str().unwrap(), "{name}");
                assert!(text.len() < 72 && !text.ends_with('.'), "{name}: {text}");
                assert!(!seen.contains(&text), "{name} has the text of another: {text}");
                seen.push(text);
            }
            assert!(seen.len() > 5, "{prefix}");
        }
    }

    #[test]
    fn any_number_has_an_answer() {
        for number in [20, 102, 9999, u32::MAX] {
            assert_eq!(text(curl_easy_strerror(number)), "Unknown error");
            assert_eq!(text(curl_share_strerror(number)), "Unknown error");
        }
        assert_eq!(text(curl_multi_strerror(-2)), "Unknown error");
        assert_eq!(text(curl_url_strerror(33)), "Unknown error");
    }
}
