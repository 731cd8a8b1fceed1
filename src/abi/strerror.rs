//! The codes in words, for programs that print them. What happened in a particular transfer is in its error buffer.

use std::ffi::{CStr, c_char};

use crate::types::codes::{CURLMcode, CURLSHcode, CURLUcode, CURLcode};
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
    found.map_or(c"Unknown error", |(_, text)| text).as_ptr()
}

const EASY: &[(CURLcode, &CStr)] = &[
    (CURLcode::CURLE_OK, c"No error"),
    (
        CURLcode::CURLE_UNSUPPORTED_PROTOCOL,
        c"Unsupported protocol, or a function called on a handle in the wrong mode",
    ),
    (CURLcode::CURLE_FAILED_INIT, c"Initialization failed"),
    (CURLcode::CURLE_URL_MALFORMAT, c"The URL is missing or malformed"),
    (
        CURLcode::CURLE_NOT_BUILT_IN,
        c"This feature, protocol or option is not built into the library",
    ),
    (
        CURLcode::CURLE_COULDNT_RESOLVE_PROXY,
        c"Could not resolve the proxy's name",
    ),
    (
        CURLcode::CURLE_COULDNT_RESOLVE_HOST,
        c"Could not resolve the host's name",
    ),
    (CURLcode::CURLE_COULDNT_CONNECT, c"Could not connect to the server"),
    (
        CURLcode::CURLE_WEIRD_SERVER_REPLY,
        c"The server's answer makes no sense",
    ),
    (CURLcode::CURLE_REMOTE_ACCESS_DENIED, c"The server denied access"),
    (
        CURLcode::CURLE_FTP_ACCEPT_FAILED,
        c"FTP: the server failed to connect to the data port",
    ),
    (CURLcode::CURLE_FTP_WEIRD_PASS_REPLY, c"FTP: unknown answer to PASS"),
    (
        CURLcode::CURLE_FTP_ACCEPT_TIMEOUT,
        c"FTP: the server did not connect in time",
    ),
    (CURLcode::CURLE_FTP_WEIRD_PASV_REPLY, c"FTP: unknown answer to PASV"),
    (
        CURLcode::CURLE_FTP_WEIRD_227_FORMAT,
        c"FTP: unknown format of the 227 answer",
    ),
    (
        CURLcode::CURLE_FTP_CANT_GET_HOST,
        c"FTP: could not find the host of the PASV answer",
    ),
    (CURLcode::CURLE_HTTP2, c"Error in HTTP/2 framing"),
    (
        CURLcode::CURLE_FTP_COULDNT_SET_TYPE,
        c"FTP: could not set the file type",
    ),
    (
        CURLcode::CURLE_PARTIAL_FILE,
        c"Less was received than the server announced",
    ),
    (
        CURLcode::CURLE_FTP_COULDNT_RETR_FILE,
        c"FTP: could not retrieve the file",
    ),
    (CURLcode::CURLE_QUOTE_ERROR, c"A quoted command failed"),
    (
        CURLcode::CURLE_HTTP_RETURNED_ERROR,
        c"The server answered with an HTTP error",
    ),
    (
        CURLcode::CURLE_WRITE_ERROR,
        c"The application failed to take received data",
    ),
    (CURLcode::CURLE_UPLOAD_FAILED, c"The upload failed"),
    (
        CURLcode::CURLE_READ_ERROR,
        c"The application failed to provide data to send",
    ),
    (CURLcode::CURLE_OUT_OF_MEMORY, c"Out of memory"),
    (CURLcode::CURLE_OPERATION_TIMEDOUT, c"Time is over"),
    (CURLcode::CURLE_FTP_PORT_FAILED, c"FTP: the PORT command failed"),
    (CURLcode::CURLE_FTP_COULDNT_USE_REST, c"FTP: the REST command failed"),
    (CURLcode::CURLE_RANGE_ERROR, c"The server did not deliver the range"),
    (CURLcode::CURLE_SSL_CONNECT_ERROR, c"The TLS handshake failed"),
    (
        CURLcode::CURLE_BAD_DOWNLOAD_RESUME,
        c"The download could not be resumed",
    ),
    (CURLcode::CURLE_FILE_COULDNT_READ_FILE, c"Could not read the file"),
    (CURLcode::CURLE_LDAP_CANNOT_BIND, c"LDAP: cannot bind"),
    (CURLcode::CURLE_LDAP_SEARCH_FAILED, c"LDAP: the search failed"),
    (
        CURLcode::CURLE_ABORTED_BY_CALLBACK,
        c"A callback of the application aborted the operation",
    ),
    (CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, c"A function got a bad argument"),
    (
        CURLcode::CURLE_INTERFACE_FAILED,
        c"Could not use the chosen network interface",
    ),
    (CURLcode::CURLE_TOO_MANY_REDIRECTS, c"Too many redirects"),
    (CURLcode::CURLE_UNKNOWN_OPTION, c"Unknown option"),
    (CURLcode::CURLE_SETOPT_OPTION_SYNTAX, c"The option's value is malformed"),
    (
        CURLcode::CURLE_GOT_NOTHING,
        c"The server closed the connection without an answer",
    ),
    (CURLcode::CURLE_SSL_ENGINE_NOTFOUND, c"TLS engine not found"),
    (CURLcode::CURLE_SSL_ENGINE_SETFAILED, c"Could not set the TLS engine"),
    (CURLcode::CURLE_SEND_ERROR, c"Sending to the peer failed"),
    (CURLcode::CURLE_RECV_ERROR, c"Receiving from the peer failed"),
    (CURLcode::CURLE_SSL_CERTPROBLEM, c"Problem with the client certificate"),
    (CURLcode::CURLE_SSL_CIPHER, c"Could not use the chosen cipher"),
    (
        CURLcode::CURLE_PEER_FAILED_VERIFICATION,
        c"The peer's certificate was not accepted",
    ),
    (CURLcode::CURLE_BAD_CONTENT_ENCODING, c"Unknown or bad content encoding"),
    (CURLcode::CURLE_FILESIZE_EXCEEDED, c"The file is larger than allowed"),
    (CURLcode::CURLE_USE_SSL_FAILED, c"TLS is required but could not be used"),
    (
        CURLcode::CURLE_SEND_FAIL_REWIND,
        c"Sending again needs data that cannot be rewound",
    ),
    (
        CURLcode::CURLE_SSL_ENGINE_INITFAILED,
        c"Could not initialize the TLS engine",
    ),
    (CURLcode::CURLE_LOGIN_DENIED, c"The server refused the login"),
    (CURLcode::CURLE_TFTP_NOTFOUND, c"TFTP: file not found"),
    (CURLcode::CURLE_TFTP_PERM, c"TFTP: permission denied"),
    (CURLcode::CURLE_REMOTE_DISK_FULL, c"The server's disk is full"),
    (CURLcode::CURLE_TFTP_ILLEGAL, c"TFTP: illegal operation"),
    (CURLcode::CURLE_TFTP_UNKNOWNID, c"TFTP: unknown transfer ID"),
    (
        CURLcode::CURLE_REMOTE_FILE_EXISTS,
        c"The file exists on the server already",
    ),
    (CURLcode::CURLE_TFTP_NOSUCHUSER, c"TFTP: no such user"),
    (
        CURLcode::CURLE_SSL_CACERT_BADFILE,
        c"Could not read the CA certificates",
    ),
    (
        CURLcode::CURLE_REMOTE_FILE_NOT_FOUND,
        c"The file does not exist on the server",
    ),
    (CURLcode::CURLE_SSH, c"Error in the SSH layer"),
    (
        CURLcode::CURLE_SSL_SHUTDOWN_FAILED,
        c"Could not shut the TLS connection down",
    ),
    (CURLcode::CURLE_AGAIN, c"Not ready now, try again later"),
    (
        CURLcode::CURLE_SSL_CRL_BADFILE,
        c"Could not read the certificate revocation list",
    ),
    (
        CURLcode::CURLE_SSL_ISSUER_ERROR,
        c"The certificate's issuer check failed",
    ),
    (
        CURLcode::CURLE_FTP_PRET_FAILED,
        c"FTP: the server does not know the PRET command",
    ),
    (CURLcode::CURLE_RTSP_CSEQ_ERROR, c"RTSP: sequence numbers differ"),
    (CURLcode::CURLE_RTSP_SESSION_ERROR, c"RTSP: session identifiers differ"),
    (
        CURLcode::CURLE_FTP_BAD_FILE_LIST,
        c"FTP: could not parse the list of files",
    ),
    (CURLcode::CURLE_CHUNK_FAILED, c"The chunk callback reported an error"),
    (
        CURLcode::CURLE_NO_CONNECTION_AVAILABLE,
        c"No connection is free, the transfer waits",
    ),
    (
        CURLcode::CURLE_SSL_PINNEDPUBKEYNOTMATCH,
        c"The server's public key is not the pinned one",
    ),
    (
        CURLcode::CURLE_SSL_INVALIDCERTSTATUS,
        c"The status of the server's certificate could not be verified",
    ),
    (CURLcode::CURLE_HTTP2_STREAM, c"Error in an HTTP/2 stream"),
    (
        CURLcode::CURLE_RECURSIVE_API_CALL,
        c"The function cannot be called from inside a callback",
    ),
    (CURLcode::CURLE_AUTH_ERROR, c"An authentication function failed"),
    (CURLcode::CURLE_HTTP3, c"Error in the HTTP/3 layer"),
    (CURLcode::CURLE_QUIC_CONNECT_ERROR, c"QUIC could not connect"),
    (CURLcode::CURLE_PROXY, c"The proxy handshake failed"),
    (
        CURLcode::CURLE_SSL_CLIENTCERT,
        c"The server asks for a client certificate",
    ),
    (
        CURLcode::CURLE_UNRECOVERABLE_POLL,
        c"Waiting for the network failed for good",
    ),
    (CURLcode::CURLE_TOO_LARGE, c"A value or message is larger than allowed"),
    (
        CURLcode::CURLE_ECH_REQUIRED,
        c"Encrypted Client Hello was required but failed",
    ),
];

const MULTI: &[(CURLMcode, &CStr)] = &[
    (CURLMcode::CURLM_CALL_MULTI_PERFORM, c"Call curl_multi_perform again"),
    (CURLMcode::CURLM_OK, c"No error"),
    (CURLMcode::CURLM_BAD_HANDLE, c"Not a multi handle"),
    (CURLMcode::CURLM_BAD_EASY_HANDLE, c"Not an easy handle"),
    (CURLMcode::CURLM_OUT_OF_MEMORY, c"Out of memory"),
    (CURLMcode::CURLM_INTERNAL_ERROR, c"Internal error"),
    (CURLMcode::CURLM_BAD_SOCKET, c"Not a socket of this handle"),
    (CURLMcode::CURLM_UNKNOWN_OPTION, c"Unknown option"),
    (CURLMcode::CURLM_ADDED_ALREADY, c"The easy handle was added already"),
    (
        CURLMcode::CURLM_RECURSIVE_API_CALL,
        c"The function cannot be called from inside a callback",
    ),
    (CURLMcode::CURLM_WAKEUP_FAILURE, c"Waking up failed"),
    (CURLMcode::CURLM_BAD_FUNCTION_ARGUMENT, c"A function got a bad argument"),
    (
        CURLMcode::CURLM_ABORTED_BY_CALLBACK,
        c"A callback of the application aborted the operation",
    ),
    (
        CURLMcode::CURLM_UNRECOVERABLE_POLL,
        c"Waiting for the network failed for good",
    ),
];

const SHARE: &[(CURLSHcode, &CStr)] = &[
    (CURLSHcode::CURLSHE_OK, c"No error"),
    (CURLSHcode::CURLSHE_BAD_OPTION, c"Unknown option"),
    (CURLSHcode::CURLSHE_IN_USE, c"The share is in use"),
    (CURLSHcode::CURLSHE_INVALID, c"Not a share handle"),
    (CURLSHcode::CURLSHE_NOMEM, c"Out of memory"),
    (
        CURLSHcode::CURLSHE_NOT_BUILT_IN,
        c"This feature is not built into the library",
    ),
];

const URL: &[(CURLUcode, &CStr)] = &[
    (CURLUcode::CURLUE_OK, c"No error"),
    (CURLUcode::CURLUE_BAD_HANDLE, c"Not a URL handle"),
    (CURLUcode::CURLUE_BAD_PARTPOINTER, c"A pointer for the part is missing"),
    (CURLUcode::CURLUE_MALFORMED_INPUT, c"Malformed input"),
    (
        CURLUcode::CURLUE_BAD_PORT_NUMBER,
        c"The port is not a number from 0 to 65535",
    ),
    (CURLUcode::CURLUE_UNSUPPORTED_SCHEME, c"Unsupported scheme"),
    (CURLUcode::CURLUE_URLDECODE, c"Could not decode the part"),
    (CURLUcode::CURLUE_OUT_OF_MEMORY, c"Out of memory"),
    (CURLUcode::CURLUE_USER_NOT_ALLOWED, c"A user name is not allowed"),
    (CURLUcode::CURLUE_UNKNOWN_PART, c"Unknown part"),
    (CURLUcode::CURLUE_NO_SCHEME, c"The URL has no scheme"),
    (CURLUcode::CURLUE_NO_USER, c"The URL has no user name"),
    (CURLUcode::CURLUE_NO_PASSWORD, c"The URL has no password"),
    (CURLUcode::CURLUE_NO_OPTIONS, c"The URL has no login options"),
    (CURLUcode::CURLUE_NO_HOST, c"The URL has no host"),
    (CURLUcode::CURLUE_NO_PORT, c"The URL has no port"),
    (CURLUcode::CURLUE_NO_QUERY, c"The URL has no query"),
    (CURLUcode::CURLUE_NO_FRAGMENT, c"The URL has no fragment"),
    (CURLUcode::CURLUE_NO_ZONEID, c"The URL has no zone ID"),
    (CURLUcode::CURLUE_BAD_FILE_URL, c"Malformed file:// URL"),
    (CURLUcode::CURLUE_BAD_FRAGMENT, c"Malformed fragment"),
    (CURLUcode::CURLUE_BAD_HOSTNAME, c"Malformed host name"),
    (CURLUcode::CURLUE_BAD_IPV6, c"Malformed IPv6 address"),
    (CURLUcode::CURLUE_BAD_LOGIN, c"Malformed login"),
    (CURLUcode::CURLUE_BAD_PASSWORD, c"Malformed password"),
    (CURLUcode::CURLUE_BAD_PATH, c"Malformed path"),
    (CURLUcode::CURLUE_BAD_QUERY, c"Malformed query"),
    (CURLUcode::CURLUE_BAD_SCHEME, c"Malformed scheme"),
    (
        CURLUcode::CURLUE_BAD_SLASHES,
        c"Wrong number of slashes after the scheme",
    ),
    (CURLUcode::CURLUE_BAD_USER, c"Malformed user name"),
    (
        CURLUcode::CURLUE_LACKS_IDN,
        c"International domain names are not built into the library",
    ),
    (CURLUcode::CURLUE_TOO_LARGE, c"A part is longer than allowed"),
    (CURLUcode::CURLUE_BACKSLASH, c"The URL has a backslash"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: *const c_char) -> &'static str {
        // SAFETY: results are constant strings.
        unsafe { CStr::from_ptr(result) }.to_str().unwrap()
    }

    #[test]
    fn codes_have_their_own_words() {
        assert_eq!(text(curl_easy_strerror(0)), "No error");
        assert_eq!(text(curl_easy_strerror(28)), "Time is over");
        assert_eq!(text(curl_multi_strerror(-1)), "Call curl_multi_perform again");
        assert_eq!(text(curl_share_strerror(3)), "Not a share handle");
        assert_eq!(text(curl_url_strerror(32)), "The URL has a backslash");
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
