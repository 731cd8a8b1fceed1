//! What becomes of each option: the decision for all of them, which README and `docs/options.md` show.
//!
//! There are three kinds. An option *works*; or it can't matter to a WebSocket and is *remembered*, because programs
//! and language bindings set such options by habit and stop at any error; or it would change what is sent, what is
//! trusted or where the connection goes, and is *refused* with `CURLE_NOT_BUILT_IN`, because nothing pretends. What
//! libcurl has as default, which changes nothing, is accepted of a refused option, too.

use super::value::Value;
use crate::types::hsts::CURLHSTS_ENABLE;
use crate::types::option::CURLoption::{self, *};
use crate::types::tls::{CURLSSLOPT_EARLYDATA, CURLSSLOPT_NO_PARTIALCHAIN};

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does what its man page says. The theme tells which record holds it.
    Works(Theme),
    /// It is accepted and has no effect, for this reason.
    Remembered(&'static str),
    /// Only its neutral value is accepted, for this reason.
    Refused(&'static str),
    /// The end mark of libcurl's enum.
    NotAnOption,
}

/// The part of [`Options`](super::Options) that an option belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Request,
    Connection,
    Tls,
    Callback,
    Transfer,
}

/// The decision for `option`. There is no catch-all: a new option does not compile until it has been decided on.
pub fn support(option: CURLoption) -> Support {
    use Support::*;
    use Theme::*;
    match option {
        CURLOPT_URL
        | CURLOPT_PORT
        | CURLOPT_DEFAULT_PROTOCOL
        | CURLOPT_PROTOCOLS
        | CURLOPT_PROTOCOLS_STR
        | CURLOPT_PATH_AS_IS
        | CURLOPT_DISALLOW_USERNAME_IN_URL
        | CURLOPT_REQUEST_TARGET
        | CURLOPT_CUSTOMREQUEST
        | CURLOPT_USERAGENT
        | CURLOPT_REFERER
        | CURLOPT_COOKIE
        | CURLOPT_HTTPHEADER
        | CURLOPT_HTTPAUTH
        | CURLOPT_USERPWD
        | CURLOPT_USERNAME
        | CURLOPT_PASSWORD
        | CURLOPT_XOAUTH2_BEARER => Works(Request),

        CURLOPT_TIMEOUT
        | CURLOPT_TIMEOUT_MS
        | CURLOPT_CONNECTTIMEOUT
        | CURLOPT_CONNECTTIMEOUT_MS
        | CURLOPT_LOW_SPEED_LIMIT
        | CURLOPT_LOW_SPEED_TIME
        | CURLOPT_TCP_NODELAY
        | CURLOPT_TCP_KEEPALIVE
        | CURLOPT_TCP_KEEPIDLE
        | CURLOPT_TCP_KEEPINTVL
        | CURLOPT_TCP_KEEPCNT
        | CURLOPT_IPRESOLVE
        | CURLOPT_RESOLVE
        | CURLOPT_CONNECT_TO
        | CURLOPT_INTERFACE
        | CURLOPT_LOCALPORT
        | CURLOPT_LOCALPORTRANGE
        | CURLOPT_UNIX_SOCKET_PATH
        | CURLOPT_ABSTRACT_UNIX_SOCKET
        | CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS
        | CURLOPT_DNS_CACHE_TIMEOUT
        | CURLOPT_DNS_SHUFFLE_ADDRESSES
        | CURLOPT_ADDRESS_SCOPE => Works(Connection),

        CURLOPT_SSL_VERIFYPEER
        | CURLOPT_SSL_VERIFYHOST
        | CURLOPT_CAINFO
        | CURLOPT_CAPATH
        | CURLOPT_CAINFO_BLOB
        | CURLOPT_SSLVERSION
        | CURLOPT_CA_CACHE_TIMEOUT
        | CURLOPT_SSL_SESSIONID_CACHE => Works(Tls),

        CURLOPT_WRITEFUNCTION
        | CURLOPT_WRITEDATA
        | CURLOPT_HEADERFUNCTION
        | CURLOPT_HEADERDATA
        | CURLOPT_READFUNCTION
        | CURLOPT_READDATA
        | CURLOPT_DEBUGFUNCTION
        | CURLOPT_DEBUGDATA
        | CURLOPT_XFERINFOFUNCTION
        | CURLOPT_PROGRESSFUNCTION
        | CURLOPT_XFERINFODATA
        | CURLOPT_SOCKOPTFUNCTION
        | CURLOPT_SOCKOPTDATA
        | CURLOPT_OPENSOCKETFUNCTION
        | CURLOPT_OPENSOCKETDATA
        | CURLOPT_CLOSESOCKETFUNCTION
        | CURLOPT_CLOSESOCKETDATA
        | CURLOPT_PREREQFUNCTION
        | CURLOPT_PREREQDATA
        | CURLOPT_WS_OPENFUNCTION
        | CURLOPT_WS_OPENDATA
        | CURLOPT_RESOLVER_START_FUNCTION
        | CURLOPT_RESOLVER_START_DATA => Works(Callback),

        CURLOPT_CONNECT_ONLY
        | CURLOPT_WS_OPTIONS
        | CURLOPT_WS_PING_INTERVAL_MS
        | CURLOPT_WS_PONG_TIMEOUT_MS
        | CURLOPT_WS_MAX_MESSAGE_SIZE
        | CURLOPT_UPLOAD
        | CURLOPT_PUT
        | CURLOPT_NOBODY
        | CURLOPT_HTTPGET
        | CURLOPT_POST
        | CURLOPT_NOPROGRESS
        | CURLOPT_VERBOSE
        | CURLOPT_HEADER
        | CURLOPT_FAILONERROR
        | CURLOPT_BUFFERSIZE
        | CURLOPT_UPLOAD_BUFFERSIZE
        | CURLOPT_ERRORBUFFER
        | CURLOPT_STDERR
        | CURLOPT_PRIVATE
        | CURLOPT_SHARE
        | CURLOPT_NOSIGNAL => Works(Transfer),

        CURLOPT_FTPPORT
        | CURLOPT_FTP_USE_EPSV
        | CURLOPT_FTP_USE_EPRT
        | CURLOPT_FTP_USE_PRET
        | CURLOPT_FTP_CREATE_MISSING_DIRS
        | CURLOPT_FTP_ACCOUNT
        | CURLOPT_FTP_ALTERNATIVE_TO_USER
        | CURLOPT_FTP_SKIP_PASV_IP
        | CURLOPT_FTP_FILEMETHOD
        | CURLOPT_FTP_SSL_CCC
        | CURLOPT_FTPSSLAUTH
        | CURLOPT_USE_SSL
        | CURLOPT_KRBLEVEL
        | CURLOPT_ACCEPTTIMEOUT_MS
        | CURLOPT_SERVER_RESPONSE_TIMEOUT
        | CURLOPT_SERVER_RESPONSE_TIMEOUT_MS
        | CURLOPT_QUOTE
        | CURLOPT_POSTQUOTE
        | CURLOPT_PREQUOTE
        | CURLOPT_APPEND
        | CURLOPT_DIRLISTONLY
        | CURLOPT_TRANSFERTEXT
        | CURLOPT_CRLF
        | CURLOPT_FILETIME
        | CURLOPT_WILDCARDMATCH
        | CURLOPT_CHUNK_BGN_FUNCTION
        | CURLOPT_CHUNK_END_FUNCTION
        | CURLOPT_CHUNK_DATA
        | CURLOPT_FNMATCH_FUNCTION
        | CURLOPT_FNMATCH_DATA
        | CURLOPT_NEW_FILE_PERMS
        | CURLOPT_NEW_DIRECTORY_PERMS
        | CURLOPT_PROXY_TRANSFER_MODE => Remembered("for FTP and files"),

        CURLOPT_SSH_AUTH_TYPES
        | CURLOPT_SSH_PUBLIC_KEYFILE
        | CURLOPT_SSH_PRIVATE_KEYFILE
        | CURLOPT_SSH_HOST_PUBLIC_KEY_MD5
        | CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256
        | CURLOPT_SSH_KNOWNHOSTS
        | CURLOPT_SSH_KEYFUNCTION
        | CURLOPT_SSH_KEYDATA
        | CURLOPT_SSH_HOSTKEYFUNCTION
        | CURLOPT_SSH_HOSTKEYDATA
        | CURLOPT_SSH_COMPRESSION => Remembered("for SSH"),

        CURLOPT_MAIL_FROM
        | CURLOPT_MAIL_RCPT
        | CURLOPT_MAIL_AUTH
        | CURLOPT_MAIL_RCPT_ALLOWFAILS
        | CURLOPT_SASL_AUTHZID
        | CURLOPT_SASL_IR
        | CURLOPT_LOGIN_OPTIONS
        | CURLOPT_UPLOAD_FLAGS => Remembered("for mail"),

        CURLOPT_RTSP_REQUEST
        | CURLOPT_RTSP_SESSION_ID
        | CURLOPT_RTSP_STREAM_URI
        | CURLOPT_RTSP_TRANSPORT
        | CURLOPT_RTSP_CLIENT_CSEQ
        | CURLOPT_RTSP_SERVER_CSEQ
        | CURLOPT_INTERLEAVEFUNCTION
        | CURLOPT_INTERLEAVEDATA => Remembered("for RTSP"),

        CURLOPT_TELNETOPTIONS | CURLOPT_TFTP_BLKSIZE | CURLOPT_TFTP_NO_OPTIONS => Remembered("for Telnet and TFTP"),

        CURLOPT_POSTFIELDS
        | CURLOPT_COPYPOSTFIELDS
        | CURLOPT_POSTFIELDSIZE
        | CURLOPT_POSTFIELDSIZE_LARGE
        | CURLOPT_HTTPPOST
        | CURLOPT_MIMEPOST
        | CURLOPT_MIME_OPTIONS
        | CURLOPT_INFILESIZE
        | CURLOPT_INFILESIZE_LARGE
        | CURLOPT_SEEKFUNCTION
        | CURLOPT_SEEKDATA
        | CURLOPT_IOCTLFUNCTION
        | CURLOPT_IOCTLDATA
        | CURLOPT_TRAILERFUNCTION
        | CURLOPT_TRAILERDATA
        | CURLOPT_EXPECT_100_TIMEOUT_MS
        | CURLOPT_KEEP_SENDING_ON_ERROR => Remembered("the opening handshake has no request body"),

        CURLOPT_ACCEPT_ENCODING
        | CURLOPT_TRANSFER_ENCODING
        | CURLOPT_HTTP_CONTENT_DECODING
        | CURLOPT_HTTP_TRANSFER_DECODING
        | CURLOPT_IGNORE_CONTENT_LENGTH
        | CURLOPT_HTTP200ALIASES
        | CURLOPT_HTTP09_ALLOWED => Remembered("the answer to an opening handshake has no body"),

        CURLOPT_HTTP_VERSION
        | CURLOPT_STREAM_WEIGHT
        | CURLOPT_STREAM_DEPENDS
        | CURLOPT_STREAM_DEPENDS_E
        | CURLOPT_PIPEWAIT
        | CURLOPT_UPKEEP_INTERVAL_MS => Remembered("the opening handshake is always HTTP/1.1, in libcurl as well"),

        CURLOPT_FOLLOWLOCATION
        | CURLOPT_MAXREDIRS
        | CURLOPT_POSTREDIR
        | CURLOPT_AUTOREFERER
        | CURLOPT_UNRESTRICTED_AUTH
        | CURLOPT_REDIR_PROTOCOLS
        | CURLOPT_REDIR_PROTOCOLS_STR => {
            Remembered("a redirect is not followed: it ends the transfer with an error that tells its status")
        }

        CURLOPT_PROXYPORT
        | CURLOPT_PROXYTYPE
        | CURLOPT_PROXYAUTH
        | CURLOPT_PROXYUSERPWD
        | CURLOPT_PROXYUSERNAME
        | CURLOPT_PROXYPASSWORD
        | CURLOPT_NOPROXY
        | CURLOPT_HTTPPROXYTUNNEL
        | CURLOPT_SUPPRESS_CONNECT_HEADERS
        | CURLOPT_PROXYHEADER
        | CURLOPT_HEADEROPT
        | CURLOPT_PROXY_SERVICE_NAME
        | CURLOPT_SOCKS5_AUTH
        | CURLOPT_SOCKS5_GSSAPI_SERVICE
        | CURLOPT_SOCKS5_GSSAPI_NEC
        | CURLOPT_PROXY_SSL_VERIFYPEER
        | CURLOPT_PROXY_SSL_VERIFYHOST
        | CURLOPT_PROXY_SSLVERSION
        | CURLOPT_PROXY_SSL_OPTIONS
        | CURLOPT_PROXY_CAINFO
        | CURLOPT_PROXY_CAINFO_BLOB
        | CURLOPT_PROXY_CAPATH
        | CURLOPT_PROXY_SSLCERT
        | CURLOPT_PROXY_SSLCERT_BLOB
        | CURLOPT_PROXY_SSLCERTTYPE
        | CURLOPT_PROXY_SSLKEY
        | CURLOPT_PROXY_SSLKEY_BLOB
        | CURLOPT_PROXY_SSLKEYTYPE
        | CURLOPT_PROXY_KEYPASSWD
        | CURLOPT_PROXY_SSL_CIPHER_LIST
        | CURLOPT_PROXY_TLS13_CIPHERS
        | CURLOPT_PROXY_CRLFILE
        | CURLOPT_PROXY_ISSUERCERT
        | CURLOPT_PROXY_ISSUERCERT_BLOB
        | CURLOPT_PROXY_PINNEDPUBLICKEY
        | CURLOPT_PROXY_TLSAUTH_USERNAME
        | CURLOPT_PROXY_TLSAUTH_PASSWORD
        | CURLOPT_PROXY_TLSAUTH_TYPE => Remembered("for proxies, and CURLOPT_PROXY itself is refused"),

        CURLOPT_COOKIESESSION => Remembered("for the cookie engine, which is off"),

        CURLOPT_NETRC_FILE => Remembered("for CURLOPT_NETRC, which is refused"),

        CURLOPT_HSTSREADFUNCTION | CURLOPT_HSTSREADDATA | CURLOPT_HSTSWRITEFUNCTION | CURLOPT_HSTSWRITEDATA => {
            Remembered("for HSTS, which is off")
        }

        CURLOPT_DOH_SSL_VERIFYPEER | CURLOPT_DOH_SSL_VERIFYHOST | CURLOPT_DOH_SSL_VERIFYSTATUS => {
            Remembered("for DNS over HTTPS, and CURLOPT_DOH_URL itself is refused")
        }

        CURLOPT_SSLCERTTYPE | CURLOPT_SSLKEYTYPE | CURLOPT_KEYPASSWD => {
            Remembered("for client certificates, and CURLOPT_SSLCERT itself is refused")
        }

        CURLOPT_SSL_CTX_DATA => Remembered("for CURLOPT_SSL_CTX_FUNCTION, which is refused"),

        CURLOPT_RANDOM_FILE
        | CURLOPT_EGDSOCKET
        | CURLOPT_SSL_ENABLE_NPN
        | CURLOPT_DNS_USE_GLOBAL_CACHE
        | CURLOPT_CONV_FROM_NETWORK_FUNCTION
        | CURLOPT_CONV_TO_NETWORK_FUNCTION
        | CURLOPT_CONV_FROM_UTF8_FUNCTION => Remembered("without effect in libcurl, too"),

        CURLOPT_MAXCONNECTS
        | CURLOPT_FRESH_CONNECT
        | CURLOPT_FORBID_REUSE
        | CURLOPT_MAXAGE_CONN
        | CURLOPT_MAXLIFETIME_CONN => Remembered("each transfer has a fresh connection that nothing else uses"),

        CURLOPT_TIMEVALUE | CURLOPT_TIMEVALUE_LARGE => Remembered("for CURLOPT_TIMECONDITION, which is refused"),

        CURLOPT_SERVICE_NAME | CURLOPT_GSSAPI_DELEGATION => {
            Remembered("for Negotiate authentication, which is refused")
        }

        CURLOPT_SSL_ENABLE_ALPN => Remembered("wss offers no ALPN, in libcurl neither"),
        CURLOPT_QUICK_EXIT => Remembered("cleaning up never waits for a name to be resolved"),

        CURLOPT_PROXY | CURLOPT_PRE_PROXY => Refused("connections through a proxy are missing; \"\" is accepted, too"),
        CURLOPT_HAPROXYPROTOCOL | CURLOPT_HAPROXY_CLIENT_IP => Refused("the HAProxy PROXY protocol header is missing"),

        CURLOPT_NETRC => Refused("credentials are not read from a .netrc file"),
        CURLOPT_AWS_SIGV4 => Refused("AWS signatures are missing"),
        CURLOPT_HTTPSIG_ALGORITHM | CURLOPT_HTTPSIG_KEY | CURLOPT_HTTPSIG_KEYID | CURLOPT_HTTPSIG_HEADERS => {
            Refused("HTTP message signatures are missing")
        }

        CURLOPT_COOKIEFILE | CURLOPT_COOKIEJAR => {
            Refused("there is no cookie engine; cookies to send can be given to CURLOPT_COOKIE")
        }
        CURLOPT_COOKIELIST => Refused(
            "there is no cookie engine; ALL, SESS, FLUSH and RELOAD, which do nothing without one, are accepted, too",
        ),
        CURLOPT_HSTS | CURLOPT_HSTS_CTRL => Refused("there is no HSTS store"),
        CURLOPT_ALTSVC | CURLOPT_ALTSVC_CTRL => Refused("there is no Alt-Svc store"),

        CURLOPT_DOH_URL => Refused("names are not resolved over HTTPS"),
        CURLOPT_DNS_SERVERS | CURLOPT_DNS_INTERFACE | CURLOPT_DNS_LOCAL_IP4 | CURLOPT_DNS_LOCAL_IP6 => {
            Refused("names are resolved by the system, with the system's DNS settings")
        }
        CURLOPT_TCP_FASTOPEN => Refused("TCP Fast Open is missing"),

        CURLOPT_SSLCERT | CURLOPT_SSLCERT_BLOB | CURLOPT_SSLKEY | CURLOPT_SSLKEY_BLOB => {
            Refused("client certificates are missing")
        }
        CURLOPT_PINNEDPUBLICKEY => Refused("public keys can't be pinned"),
        CURLOPT_CRLFILE => Refused("certificate revocation lists are not read"),
        CURLOPT_ISSUERCERT | CURLOPT_ISSUERCERT_BLOB => Refused("the issuer can't be prescribed"),
        CURLOPT_SSL_VERIFYSTATUS => Refused("OCSP stapling is not checked"),
        CURLOPT_SSL_CIPHER_LIST | CURLOPT_TLS13_CIPHERS | CURLOPT_SSL_EC_CURVES | CURLOPT_SSL_SIGNATURE_ALGORITHMS => {
            Refused("the algorithms of TLS can't be chosen")
        }
        CURLOPT_SSL_OPTIONS => Refused(
            "early data and CURLSSLOPT_NO_PARTIALCHAIN are missing; the other bits, which are for old TLS versions or \
             for other systems, are accepted, too",
        ),
        CURLOPT_SSL_FALSESTART => Refused("TLS False Start is missing, in libcurl as well"),
        CURLOPT_SSLENGINE | CURLOPT_SSLENGINE_DEFAULT => Refused("rustls has no crypto engines; \"\" is accepted, too"),
        CURLOPT_SSL_CTX_FUNCTION => Refused("rustls has no SSL_CTX to hand out"),
        CURLOPT_TLSAUTH_USERNAME | CURLOPT_TLSAUTH_PASSWORD | CURLOPT_TLSAUTH_TYPE => {
            Refused("TLS-SRP is missing, in libcurl as well")
        }
        CURLOPT_ECH => Refused("Encrypted Client Hello is missing; \"false\" is accepted, too"),
        CURLOPT_CERTINFO => Refused("the server's certificates are not listed"),

        CURLOPT_RANGE | CURLOPT_RESUME_FROM | CURLOPT_RESUME_FROM_LARGE => Refused("a Range header is not sent"),
        CURLOPT_TIMECONDITION => Refused("a conditional request header is not sent"),
        CURLOPT_MAXFILESIZE | CURLOPT_MAXFILESIZE_LARGE => Refused("the bytes received are not limited"),
        CURLOPT_MAX_SEND_SPEED_LARGE | CURLOPT_MAX_RECV_SPEED_LARGE => Refused("the speed is not limited"),

        CURLOPT_CURLU => Refused("the URL can only be given as a string, with CURLOPT_URL"),

        CURLOPT_LASTENTRY => NotAnOption,
    }
}

/// Whether a refused option's `value` asks for nothing: NULL or 0, and what else means the same.
pub(super) fn is_neutral(option: CURLoption, value: &Value) -> bool {
    match (option, value) {
        (CURLOPT_PROXY | CURLOPT_PRE_PROXY | CURLOPT_SSLENGINE, Value::String(Some(text))) => text.is_empty(),
        (CURLOPT_ECH, Value::String(Some(text))) => text.as_bytes() == b"false",
        (CURLOPT_COOKIELIST, Value::String(Some(text))) => {
            let commands: [&[u8]; 4] = [b"ALL", b"SESS", b"FLUSH", b"RELOAD"];
            commands
                .iter()
                .any(|command| text.as_bytes().eq_ignore_ascii_case(command))
        }
        (CURLOPT_SSL_OPTIONS, Value::Number(bits)) => bits & (CURLSSLOPT_NO_PARTIALCHAIN | CURLSSLOPT_EARLYDATA) == 0,
        (CURLOPT_HSTS_CTRL, Value::Number(bits)) => bits & CURLHSTS_ENABLE == 0,
        _ => value.is_null(),
    }
}
