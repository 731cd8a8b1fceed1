//! Every option there is: defaults, neutral values, ranges, refusals.

use super::value::Function;
use super::*;
use crate::ffi::callback;
use crate::types::codes::CURLcode::{self, *};
use crate::types::option::CURLoption::*;
use crate::types::options::TABLE;
use crate::url::Scheme;

fn all() -> impl Iterator<Item = CURLoption> {
    let current = TABLE.iter().filter(|row| !row.is_old_name());
    current.map(|row| row.option)
}

fn support(option: CURLoption) -> Support {
    options::find(option as u32).unwrap().support
}

/// What libcurl has as default, or what switches the option off: 0 and NULL but for a few numbers.
fn neutral(option: CURLoption) -> Value {
    match (option, option as u32) {
        (CURLOPT_RTSP_REQUEST, _) => Value::Number(1),
        (CURLOPT_HTTPHEADER | CURLOPT_PROXYHEADER | CURLOPT_RESOLVE | CURLOPT_CONNECT_TO, _) => {
            Value::Slist(Slist::NONE)
        }
        (_, 0..10_000 | 30_000..40_000) => Value::Number(0),
        (_, 10_000..20_000) if support(option) == Support::Works(Group::Callback) => Value::Pointer(Pointer::NULL),
        (CURLOPT_ERRORBUFFER | CURLOPT_STDERR | CURLOPT_PRIVATE | CURLOPT_SHARE, _) => Value::Pointer(Pointer::NULL),
        (CURLOPT_CURLU, _) => Value::Url(None),
        (_, 10_000..20_000) => Value::String(None),
        (_, 20_000..30_000) => Value::Function(null_function(option)),
        _ => Value::Blob(None),
    }
}

fn null_function(option: CURLoption) -> Function {
    match option {
        CURLOPT_WRITEFUNCTION | CURLOPT_HEADERFUNCTION => Function::Write(callback::Function::NULL),
        CURLOPT_READFUNCTION => Function::Read(callback::Function::NULL),
        CURLOPT_DEBUGFUNCTION => Function::Debug(callback::Function::NULL),
        CURLOPT_XFERINFOFUNCTION => Function::XferInfo(callback::Function::NULL),
        CURLOPT_PROGRESSFUNCTION => Function::Progress(callback::Function::NULL),
        CURLOPT_SOCKOPTFUNCTION => Function::SockOpt(callback::Function::NULL),
        CURLOPT_OPENSOCKETFUNCTION => Function::OpenSocket(callback::Function::NULL),
        CURLOPT_CLOSESOCKETFUNCTION => Function::CloseSocket(callback::Function::NULL),
        CURLOPT_PREREQFUNCTION => Function::PreReq(callback::Function::NULL),
        CURLOPT_WS_OPENFUNCTION => Function::WsOpen(callback::Function::NULL),
        CURLOPT_RESOLVER_START_FUNCTION => Function::ResolverStart(callback::Function::NULL),
        CURLOPT_HSTSREADFUNCTION => Function::HstsRead(callback::Function::NULL),
        CURLOPT_HSTSWRITEFUNCTION => Function::HstsWrite(callback::Function::NULL),
        _ => Function::Uncalled(Pointer::NULL),
    }
}

/// A value that asks for what the option does.
fn demanding(option: CURLoption) -> Value {
    let address = Pointer::dangling(8);
    match (option, option as u32) {
        (CURLOPT_SHARE, _) => Value::Pointer(address),
        (CURLOPT_ECH, _) => Value::text("true"),
        (_, 0..10_000 | 30_000..40_000) => Value::Number(1),
        (_, 10_000..20_000) => Value::text("something"),
        (_, 20_000..30_000) => Value::Function(Function::Uncalled(address)),
        _ => Value::Blob(Some(vec![1])),
    }
}

fn code(result: Result<()>) -> CURLcode {
    result.map_or_else(|error| error.code(), |()| CURLE_OK)
}

#[test]
fn every_option_accepts_its_neutral_value() {
    for option in all() {
        let mut options = Options::default();
        let set = options.set(option, neutral(option));
        assert_eq!(
            set,
            Ok(()),
            "{option:?} works in the table, but has it an arm in its group's `set`?"
        );
    }
}

#[test]
fn refused_options_say_which_they_are_and_why() {
    for option in all() {
        let Support::Refused(why) = support(option) else {
            continue;
        };
        let mut options = Options::default();
        let error = options.set(option, demanding(option)).unwrap_err();
        assert_eq!(error.code(), CURLE_NOT_BUILT_IN, "{option:?}");
        assert!(error.message().starts_with(&format!("{option:?} ")), "{error}");
        assert!(error.message().contains(why), "{error}");
        assert!(options.remembered.get(option).is_none(), "{option:?}");
    }
}

#[test]
fn remembered_options_keep_the_last_value() {
    let mut options = Options::default();
    options.set(CURLOPT_MAXCONNECTS, Value::Number(5)).unwrap();
    options.set(CURLOPT_MAXCONNECTS, Value::Number(7)).unwrap();
    options.set(CURLOPT_FTPPORT, Value::text("-")).unwrap();
    assert!(matches!(
        options.remembered.get(CURLOPT_MAXCONNECTS),
        Some(Value::Number(7))
    ));
    assert_eq!(
        options.remembered.get(CURLOPT_FTPPORT).and_then(Value::as_bytes),
        Some(&b"-"[..])
    );
}

#[test]
fn end_mark_is_no_option() {
    let mut options = Options::default();
    assert_eq!(
        code(options.set(CURLOPT_LASTENTRY, Value::text("x"))),
        CURLE_UNKNOWN_OPTION
    );
}

#[test]
fn values_of_another_type_are_refused() {
    for option in all() {
        if let Support::Works(_) = support(option) {
            let mut options = Options::default();
            let wrong = match neutral(option) {
                Value::Blob(_) => Value::Number(0),
                _ => Value::Blob(None),
            };
            assert_eq!(
                code(options.set(option, wrong)),
                CURLE_BAD_FUNCTION_ARGUMENT,
                "{option:?}"
            );
        }
    }
}

#[test]
fn numbers_out_of_range_get_the_codes_of_libcurl() {
    use CURLcode::CURLE_BAD_FUNCTION_ARGUMENT as BAD;
    for (option, number, expected) in [
        (CURLOPT_TIMEOUT, -1, BAD),
        (CURLOPT_TIMEOUT_MS, -1, BAD),
        (CURLOPT_CONNECTTIMEOUT, -1, BAD),
        (CURLOPT_CONNECTTIMEOUT_MS, i64::MIN, BAD),
        (CURLOPT_TIMEOUT, i64::MAX, CURLE_OK),
        (CURLOPT_PORT, -1, BAD),
        (CURLOPT_PORT, 65_535, CURLE_OK),
        (CURLOPT_PORT, 65_536, BAD),
        (CURLOPT_LOCALPORT, 65_536, BAD),
        (CURLOPT_LOCALPORTRANGE, -1, BAD),
        (CURLOPT_CONNECT_ONLY, 2, CURLE_OK),
        (CURLOPT_CONNECT_ONLY, 3, BAD),
        (CURLOPT_CONNECT_ONLY, -1, BAD),
        (CURLOPT_BUFFERSIZE, -1, BAD),
        (CURLOPT_UPLOAD_BUFFERSIZE, -1, BAD),
        (CURLOPT_LOW_SPEED_LIMIT, -1, BAD),
        (CURLOPT_LOW_SPEED_TIME, -1, BAD),
        (CURLOPT_IPRESOLVE, 3, BAD),
        (CURLOPT_IPRESOLVE, -1, BAD),
        (CURLOPT_DNS_CACHE_TIMEOUT, -1, CURLE_OK),
        (CURLOPT_DNS_CACHE_TIMEOUT, -2, BAD),
        (CURLOPT_ADDRESS_SCOPE, 1 << 32, BAD),
        (CURLOPT_ADDRESS_SCOPE, -1, BAD),
        (CURLOPT_TCP_KEEPIDLE, -1, BAD),
        (CURLOPT_TCP_KEEPCNT, -1, BAD),
        (CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, -1, BAD),
        (CURLOPT_WS_OPTIONS, 3, CURLE_OK),
        (CURLOPT_WS_OPTIONS, 3 << 16, CURLE_OK),
        (CURLOPT_WS_OPTIONS, 1 << 18, CURLE_NOT_BUILT_IN),
        (CURLOPT_WS_PING_INTERVAL_MS, -1, BAD),
        (CURLOPT_WS_PONG_TIMEOUT_MS, -1, BAD),
        (CURLOPT_WS_MAX_MESSAGE_SIZE, -1, BAD),
        (CURLOPT_WS_OPTIONS, 4, CURLE_NOT_BUILT_IN),
        (CURLOPT_WS_OPTIONS, -1, CURLE_NOT_BUILT_IN),
        (CURLOPT_FOLLOWLOCATION, 3, CURLE_OK),
        (CURLOPT_FOLLOWLOCATION, 4, BAD),
        (CURLOPT_FOLLOWLOCATION, -1, BAD),
        (CURLOPT_MAXREDIRS, -1, CURLE_OK),
        (CURLOPT_MAXREDIRS, -2, BAD),
        (CURLOPT_MAXREDIRS, i64::MAX, CURLE_OK),
        (CURLOPT_NETRC, 2, CURLE_OK),
        (CURLOPT_NETRC, 3, BAD),
        (CURLOPT_HTTP_VERSION, 4, CURLE_OK),
        (CURLOPT_HTTP_VERSION, 31, CURLE_OK),
        (CURLOPT_HTTP_VERSION, 6, CURLE_UNSUPPORTED_PROTOCOL),
        (CURLOPT_HTTP_VERSION, -1, BAD),
        (CURLOPT_RTSP_REQUEST, 0, BAD),
        (CURLOPT_MAXFILESIZE, -1, BAD),
        (CURLOPT_RESUME_FROM_LARGE, -2, BAD),
    ] {
        let mut options = Options::default();
        let result = options.set(option, Value::Number(number));
        if let Err(error) = &result {
            assert!(error.message().contains(&format!("{option:?}")), "{error}");
        }
        assert_eq!(code(result), expected, "{option:?} {number}");
    }
}

#[test]
fn defaults_are_those_of_libcurl() {
    let options = Options::default();
    assert!(options.no_progress && !options.verbose && !options.upload && !options.header);
    assert_eq!(options.connect_only, ConnectOnly::No);
    assert_eq!(options.upload_buffer_size, 65_536);
    assert!(!options.callbacks.write.is_set());
    let connection = &options.connection;
    assert!(connection.tcp_nodelay && !connection.tcp_keepalive);
    assert_eq!(
        (
            connection.tcp_keepidle,
            connection.tcp_keepintvl,
            connection.tcp_keepcnt
        ),
        (60, 60, 9)
    );
    assert_eq!(
        (connection.happy_eyeballs_ms, connection.dns_cache_timeout),
        (200, Some(60))
    );
    assert!(options.tls.verify_peer && options.tls.verify_host && options.session_cache);
    assert_eq!((options.tls.min_version, options.tls.max_version), (6, 7));
    assert_eq!(options.request.http_auth, 1);
    assert!(
        [Scheme::Ws, Scheme::Wss]
            .into_iter()
            .all(|scheme| options.request.allowed_schemes.allow(scheme))
    );
}

#[test]
fn refused_options_accept_what_asks_for_nothing() {
    for (option, value, accepted) in [
        (CURLOPT_SSLENGINE, Value::text(""), true),
        (CURLOPT_ECH, Value::text("false"), true),
    ] {
        let label = format!("{option:?} {value:?}");
        assert_eq!(Options::default().set(option, value).is_ok(), accepted, "{label}");
    }
}

#[test]
fn a_refused_guard_fails_transfers_until_it_is_set_back() {
    for row in TABLE
        .iter()
        .filter(|row| row.is_guard && matches!(row.support, Support::Refused(_)))
    {
        let option = row.option;
        let mut options = Options::default();
        let refusal = options.set(option, demanding(option));
        assert!(refusal.is_err(), "{option:?}");
        assert_eq!(options.check_guards(), refusal, "{option:?}");
        assert_eq!(options.clone().check_guards(), refusal, "{option:?} in a copy");
        options.set(option, neutral(option)).unwrap();
        assert_eq!(options.check_guards(), Ok(()), "{option:?}");
    }
}

#[test]
fn refused_options_that_are_no_guards_fail_no_transfer() {
    for row in TABLE
        .iter()
        .filter(|row| !row.is_guard && matches!(row.support, Support::Refused(_)))
    {
        let mut options = Options::default();
        options.set(row.option, demanding(row.option)).unwrap_err();
        assert_eq!(options.check_guards(), Ok(()), "{:?}", row.option);
    }
}

#[test]
fn several_refused_guards_are_set_back_one_by_one() {
    let mut options = Options::default();
    let refusal = options.set(CURLOPT_SSLENGINE, Value::text("engine"));
    options.set(CURLOPT_HTTPAUTH, Value::Number(8)).unwrap_err();
    assert_eq!(options.check_guards(), refusal);
    options.set(CURLOPT_SSLENGINE, Value::String(None)).unwrap();
    let error = options.check_guards().unwrap_err();
    assert!(error.message().starts_with("CURLOPT_HTTPAUTH "), "{error}");
    options.set(CURLOPT_HTTPAUTH, Value::Number(1)).unwrap();
    assert_eq!(options.check_guards(), Ok(()));
}

/// What Debian 12's curl 7.88 sets for a URL without any flag, NULLs left out.
#[test]
fn what_the_curl_tool_always_sets_is_accepted() {
    let mut options = Options::default();
    for (option, number) in [
        (CURLOPT_QUICK_EXIT, 1),
        (CURLOPT_BUFFERSIZE, 102_400),
        (CURLOPT_NOPROGRESS, 0),
        (CURLOPT_HTTPPROXYTUNNEL, 0),
        (CURLOPT_SUPPRESS_CONNECT_HEADERS, 0),
        (CURLOPT_FAILONERROR, 0),
        (CURLOPT_UPLOAD, 0),
        (CURLOPT_NETRC, 0),
        (CURLOPT_TIMEOUT_MS, 0),
        (CURLOPT_FOLLOWLOCATION, 0),
        (CURLOPT_MAXREDIRS, 50),
        (CURLOPT_HTTP_VERSION, 4),
        (CURLOPT_POSTREDIR, 0),
        (CURLOPT_HTTP09_ALLOWED, 0),
        (CURLOPT_LOW_SPEED_LIMIT, 0),
        (CURLOPT_LOW_SPEED_TIME, 0),
        (CURLOPT_MAX_SEND_SPEED_LARGE, 0),
        (CURLOPT_MAX_RECV_SPEED_LARGE, 0),
        (CURLOPT_RESUME_FROM_LARGE, 0),
        (CURLOPT_SSL_VERIFYPEER, 1),
        (CURLOPT_PROXY_SSL_VERIFYPEER, 1),
        (CURLOPT_SSLVERSION, 0),
        (CURLOPT_COOKIESESSION, 0),
        (CURLOPT_TIMECONDITION, 0),
        (CURLOPT_TIMEVALUE_LARGE, 0),
        (CURLOPT_CONNECTTIMEOUT_MS, 0),
        (CURLOPT_FTP_CREATE_MISSING_DIRS, 0),
        (CURLOPT_IPRESOLVE, 0),
        (CURLOPT_FTP_SKIP_PASV_IP, 1),
        (CURLOPT_FTP_FILEMETHOD, 0),
        (CURLOPT_TCP_KEEPALIVE, 1),
        (CURLOPT_MAIL_RCPT_ALLOWFAILS, 0),
    ] {
        assert_eq!(options.set(option, Value::Number(number)), Ok(()), "{option:?}");
    }
    for (option, value) in [
        (CURLOPT_USERAGENT, "curl/7.88.1"),
        (CURLOPT_CAINFO, "/etc/ssl/certs/ca-certificates.crt"),
    ] {
        assert_eq!(options.set(option, Value::text(value)), Ok(()), "{option:?}");
    }
}

#[test]
fn options_that_work_have_no_range_beside_their_own_check() {
    for option in all().filter(|option| matches!(support(*option), Support::Works(_))) {
        assert_eq!(ranges::range(option), None, "{option:?}");
    }
}

#[test]
fn the_size_counts_all_that_is_kept_of_strings_and_blobs() {
    const TEXT: &str = "a-text-that-nothing-else-is-as-long-as";
    for option in all() {
        let value = match neutral(option) {
            Value::String(_) => Value::text(TEXT),
            Value::Blob(_) => Value::Blob(Some(TEXT.into())),
            _ => continue,
        };
        let mut options = Options::default();
        // The names of protocols are read, and not kept; a line for the cookie engine is no option's value.
        if options.set(option, value).is_ok() && option != CURLOPT_COOKIELIST {
            assert_eq!(options.size(), TEXT.len(), "{option:?}");
        }
    }
}
