//! `curl_easy_getinfo`: the answer written in the type that the question's number holds.

use std::ffi::{CStr, CString, c_char, c_double, c_int, c_long, c_void};
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, null, null_mut};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::abi::constant::Constant;
use crate::abi::enter::{self, Api};
use crate::abi::slist;
use crate::easy::Easy;
use crate::easy::info::Info;
use crate::easy::options::Options;
use crate::error::{Error, Result};
use crate::ffi::certificates::CertificateList;
use crate::net::wait::milliseconds;
use crate::open::info::{ConnectionInfo, Milestone};
use crate::tls;
use crate::transfer::info::TransferInfo;
use crate::types::RawInfo;
use crate::types::codes::CURLcode::{self, *};
use crate::types::connection::{CURLPROTO_HTTP, CURLPROTO_HTTPS};
use crate::types::http::{CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1};
use crate::types::info::CURLINFO::{self, *};
use crate::types::info::*;
use crate::types::structs::{CURL, CURL_SOCKET_BAD, curl_off_t, curl_socket_t};
use crate::types::tls::curl_sslbackend;
use crate::url::Scheme;

/// Asks for a fact about the last transfer, or the one that runs. The third argument is a pointer to where the answer
/// goes; its type depends on the question (the man page tells).
///
/// In C this function is variadic, see [`curl_easy_setopt`](crate::abi::setopt::curl_easy_setopt).
///
/// Strings belong to the handle and are valid until its next transfer, its next `curl_easy_setopt` or its cleanup.
/// The list of `CURLINFO_COOKIELIST` is the application's, which frees it with `curl_slist_free_all`.
/// May be called from inside the handle's callbacks.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for a NULL or dead handle and for a NULL pointer, `CURLE_UNKNOWN_OPTION` for
/// a number that is no question.
///
/// # Safety
///
/// `curl` is NULL or a handle, and `answer` is NULL or points to memory for the question's type.
///
/// cbindgen:ignore
#[cfg_attr(not(variadics_on_stack), unsafe(no_mangle))]
#[cfg_attr(variadics_on_stack, unsafe(export_name = "wscurl_easy_getinfo"))]
pub unsafe extern "C-unwind" fn curl_easy_getinfo(curl: *mut CURL, info: RawInfo, answer: *mut c_void) -> CURLcode {
    enter::easy(curl, Api::GetInfo, |easy: &Easy| {
        let question = known(info)?;
        if answer.is_null() {
            return Err(Error::new(
                CURLE_BAD_FUNCTION_ARGUMENT,
                format!("{question:?}: the pointer for the answer is NULL"),
            ));
        }
        let found = find(easy, question).ok_or_else(|| unknown(info))?;
        // SAFETY: not NULL, and the caller guarantees the type.
        unsafe { found.write(answer) };
        Ok(())
    })
}

fn find(easy: &Easy, question: CURLINFO) -> Option<Answer> {
    // Asked before each wait: nothing else is looked at.
    match question {
        CURLINFO_ACTIVESOCKET => return Some(Answer::Socket(easy.active_socket().unwrap_or(CURL_SOCKET_BAD))),
        CURLINFO_LASTSOCKET => return Some(Answer::Long(easy.active_socket().map_or(-1, c_long::from))),
        // A list of its own for each caller. Without memory there is none, as in libcurl.
        CURLINFO_COOKIELIST => {
            let lines = easy.cookie_lines().unwrap_or_default();
            return Some(Answer::Pointer(slist::from_lines(&lines).cast()));
        }
        _ => {}
    }
    easy.with_transfer_info(|transfer| {
        let (info, options) = (&easy.info().borrow(), &easy.options().borrow());
        Sources {
            transfer,
            info,
            options,
        }
        .answer(question)
    })
}

fn known(info: RawInfo) -> Result<CURLINFO> {
    match CURLINFO::from_repr(info as usize) {
        Some(known) if !matches!(known, CURLINFO_NONE | CURLINFO_LASTONE) => Ok(known),
        _ => Err(unknown(info)),
    }
}

fn unknown(info: RawInfo) -> Error {
    Error::new(CURLE_UNKNOWN_OPTION, format!("unknown CURLINFO {info:#x}"))
}

/// An answer in its C type.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    String(*const c_char),
    Long(c_long),
    Double(c_double),
    OffT(curl_off_t),
    Socket(curl_socket_t),
    Pointer(*const c_void),
}

impl Answer {
    /// # Safety
    ///
    /// `to` points to memory for a value of the answer's type.
    unsafe fn write(self, to: *mut c_void) {
        // SAFETY: the caller guarantees the memory.
        unsafe {
            match self {
                Answer::String(text) => to.cast::<*const c_char>().write(text),
                Answer::Long(number) => to.cast::<c_long>().write(number),
                Answer::Double(number) => to.cast::<c_double>().write(number),
                Answer::OffT(number) => to.cast::<curl_off_t>().write(number),
                Answer::Socket(socket) => to.cast::<curl_socket_t>().write(socket),
                Answer::Pointer(pointer) => to.cast::<*const c_void>().write(pointer),
            }
        }
    }
}

/// What answers are made of.
struct Sources<'a> {
    transfer: &'a TransferInfo,
    info: &'a Info,
    options: &'a Options,
}

impl Sources<'_> {
    /// By the type that the question's number holds; `None` for a question that nothing answers.
    fn answer(&self, question: CURLINFO) -> Option<Answer> {
        match question as c_int & CURLINFO_TYPEMASK {
            CURLINFO_STRING => self.string(question).map(Answer::String),
            CURLINFO_LONG => self.long(question).map(Answer::Long),
            CURLINFO_DOUBLE => self.double(question).map(Answer::Double),
            CURLINFO_OFF_T => self.off_t(question).map(Answer::OffT),
            CURLINFO_PTR => self.pointer(question).map(Answer::Pointer),
            _ => None,
        }
    }

    fn string(&self, question: CURLINFO) -> Option<*const c_char> {
        let info = self.info;
        Some(match question {
            CURLINFO_EFFECTIVE_URL => {
                let url = info.effective_url.as_ref().or(self.options.url.as_ref());
                url.map_or(c"".as_ptr(), |url| url.as_ptr())
            }
            CURLINFO_EFFECTIVE_METHOD => self.method().as_ptr(),
            CURLINFO_SCHEME => info.scheme.map_or(null(), |scheme| scheme_name(scheme).as_ptr()),
            CURLINFO_CONTENT_TYPE => or_null(&self.transfer.opening.response.content_type),
            CURLINFO_REDIRECT_URL => or_null(&info.redirect_url),
            CURLINFO_REFERER => or_null(&info.referer),
            CURLINFO_WS_EXTENSIONS => or_null(&self.transfer.opening.extensions),
            CURLINFO_WS_PROTOCOL => or_null(&self.transfer.opening.protocol),
            CURLINFO_WS_CLOSE_REASON => or_null(&self.transfer.close_reason),
            CURLINFO_PRIMARY_IP => self.ip(ConnectionInfo::primary_ip),
            CURLINFO_LOCAL_IP => self.ip(ConnectionInfo::local_ip),
            CURLINFO_PRIVATE => self.options.private.as_ptr().cast(),
            CURLINFO_CAINFO => or_null(&TRUST.bundle),
            CURLINFO_CAPATH => or_null(&TRUST.directory),
            CURLINFO_FTP_ENTRY_PATH | CURLINFO_RTSP_SESSION_ID => null(),
            _ => return None,
        })
    }

    /// Of the last request, else of the next one. Nothing but a custom method and HEAD ever replaces GET.
    fn method(&self) -> &CStr {
        let request = &self.options.request;
        match (&self.info.effective_method, &request.custom_request) {
            (Some(method), _) => method,
            (None, Some(method)) => method,
            (None, None) if request.no_body => c"HEAD",
            (None, None) => c"GET",
        }
    }

    fn long(&self, question: CURLINFO) -> Option<c_long> {
        const NOT_MODIFIED: u16 = 304;

        let opening = &self.transfer.opening;
        let connection = opening.connection();
        Some(match question {
            CURLINFO_RESPONSE_CODE => opening.response.status.into(),
            CURLINFO_CONDITION_UNMET => (opening.response.status == NOT_MODIFIED).into(),
            CURLINFO_HTTP_VERSION => match opening.response.version {
                None => 0,
                Some((1, 0)) => CURL_HTTP_VERSION_1_0,
                Some(_) => CURL_HTTP_VERSION_1_1,
            },
            CURLINFO_HEADER_SIZE => signed(opening.header_size),
            CURLINFO_REQUEST_SIZE => signed(opening.request_size),
            CURLINFO_SSL_VERIFYRESULT => connection.map_or(0, |connection| connection.verify_result),
            CURLINFO_OS_ERRNO => opening.os_errno.into(),
            CURLINFO_NUM_CONNECTS => opening.connections.len() as c_long,
            CURLINFO_PRIMARY_PORT => port(connection.and_then(|connection| connection.primary)),
            CURLINFO_LOCAL_PORT => port(connection.and_then(|connection| connection.local)),
            CURLINFO_WS_CLOSE_CODE => self.transfer.close_code.unwrap_or(0).into(),
            CURLINFO_WS_TIMEOUT_MS => self.transfer.timeout.map_or(-1, milliseconds_left),
            // unknown
            CURLINFO_FILETIME => -1,
            CURLINFO_PROTOCOL => self.info.scheme.map_or(0, protocol),
            CURLINFO_HTTP_CONNECTCODE => opening.connect_code.into(),
            CURLINFO_PROXY_ERROR => opening.proxy_error,
            CURLINFO_PROXY_SSL_VERIFYRESULT => connection.map_or(0, |connection| connection.proxy_verify_result),
            CURLINFO_USED_PROXY => self.info.used_proxy.into(),
            CURLINFO_PROXYAUTH_AVAIL => opening.proxy_auth_offered.into(),
            CURLINFO_PROXYAUTH_USED => opening.proxy_auth_used.into(),
            CURLINFO_REDIRECT_COUNT => self.info.redirects.into(),
            CURLINFO_HTTPAUTH_AVAIL => self.info.auth_offered.into(),
            CURLINFO_HTTPAUTH_USED if opening.requests == 0 => 0,
            CURLINFO_HTTPAUTH_USED => self.info.auth_used.into(),
            CURLINFO_RTSP_CLIENT_CSEQ | CURLINFO_RTSP_SERVER_CSEQ | CURLINFO_RTSP_CSEQ_RECV => 0,
            _ => return None,
        })
    }

    fn off_t(&self, question: CURLINFO) -> Option<curl_off_t> {
        let transfer = self.transfer;
        let opening = &transfer.opening;
        Some(match question {
            CURLINFO_SIZE_UPLOAD_T => signed(transfer.uploaded),
            CURLINFO_SIZE_DOWNLOAD_T => signed(transfer.downloaded),
            CURLINFO_SIZE_DELIVERED => signed(transfer.delivered),
            CURLINFO_SPEED_UPLOAD_T => signed(per_second(transfer.uploaded, transfer.total)),
            CURLINFO_SPEED_DOWNLOAD_T => signed(per_second(transfer.downloaded, transfer.total)),
            CURLINFO_TOTAL_TIME_T => micros(transfer.total),
            CURLINFO_NAMELOOKUP_TIME_T => micros(transfer.time_to(Milestone::NameLookup)),
            CURLINFO_CONNECT_TIME_T => micros(transfer.time_to(Milestone::Connected)),
            CURLINFO_APPCONNECT_TIME_T => micros(transfer.time_to(Milestone::Secured)),
            CURLINFO_PRETRANSFER_TIME_T => micros(transfer.time_to(Milestone::PreTransfer)),
            CURLINFO_POSTTRANSFER_TIME_T => micros(transfer.time_to(Milestone::PostTransfer)),
            CURLINFO_STARTTRANSFER_TIME_T => micros(transfer.time_to(Milestone::StartTransfer)),
            CURLINFO_RETRY_AFTER => opening.response.retry_after,
            CURLINFO_CONN_ID if opening.connections.is_empty() => -1,
            CURLINFO_CONN_ID | CURLINFO_XFER_ID => self.info.xfer_id,
            CURLINFO_WS_RTT_US => micros(transfer.round_trip.unwrap_or_default()),
            // the request has no body, also with an upload, which comes in frames
            CURLINFO_CONTENT_LENGTH_UPLOAD_T if opening.request_size > 0 => 0,
            // unknown: a WebSocket has no length
            CURLINFO_CONTENT_LENGTH_DOWNLOAD_T | CURLINFO_CONTENT_LENGTH_UPLOAD_T | CURLINFO_FILETIME_T => -1,
            CURLINFO_REDIRECT_TIME_T => micros(transfer.redirect_time()),
            // no waiting for a free connection, no early data sent
            CURLINFO_QUEUE_TIME_T | CURLINFO_EARLYDATA_SENT_T => 0,
            _ => return None,
        })
    }

    /// An address of the last connection.
    fn ip(&self, address: impl FnOnce(&ConnectionInfo) -> &CStr) -> *const c_char {
        self.transfer.opening.connection().map_or(c"", address).as_ptr()
    }

    /// There are no crypto engines and no TLS object to hand out. The constants are shared between handles: nothing
    /// ever changes them.
    fn pointer(&self, question: CURLINFO) -> Option<*const c_void> {
        Some(match question {
            CURLINFO_TLS_SESSION | CURLINFO_TLS_SSL_PTR => ptr::from_ref(TLS.get()).cast(),
            CURLINFO_CERTINFO => {
                let connection = self.transfer.opening.connection();
                let list = connection.and_then(|connection| connection.certificates.as_deref());
                let none = || ptr::from_ref(NO_CERTIFICATES.get());
                list.map_or_else(none, CertificateList::as_ptr).cast()
            }
            CURLINFO_SSL_ENGINES => null(),
            _ => return None,
        })
    }

    fn double(&self, question: CURLINFO) -> Option<c_double> {
        let transfer = self.transfer;
        let seconds = |time| micros(time) as c_double / 1e6;
        Some(match question {
            CURLINFO_TOTAL_TIME => seconds(transfer.total),
            CURLINFO_NAMELOOKUP_TIME => seconds(transfer.time_to(Milestone::NameLookup)),
            CURLINFO_CONNECT_TIME => seconds(transfer.time_to(Milestone::Connected)),
            CURLINFO_APPCONNECT_TIME => seconds(transfer.time_to(Milestone::Secured)),
            CURLINFO_PRETRANSFER_TIME => seconds(transfer.time_to(Milestone::PreTransfer)),
            CURLINFO_STARTTRANSFER_TIME => seconds(transfer.time_to(Milestone::StartTransfer)),
            CURLINFO_REDIRECT_TIME => seconds(transfer.redirect_time()),
            CURLINFO_SIZE_UPLOAD => transfer.uploaded as c_double,
            CURLINFO_SIZE_DOWNLOAD => transfer.downloaded as c_double,
            CURLINFO_SPEED_UPLOAD => per_second(transfer.uploaded, transfer.total) as c_double,
            CURLINFO_SPEED_DOWNLOAD => per_second(transfer.downloaded, transfer.total) as c_double,
            CURLINFO_CONTENT_LENGTH_UPLOAD => self.off_t(CURLINFO_CONTENT_LENGTH_UPLOAD_T)? as c_double,
            // unknown: a WebSocket has no length
            CURLINFO_CONTENT_LENGTH_DOWNLOAD => -1.0,
            _ => return None,
        })
    }
}

static TLS: Constant<curl_tlssessioninfo> = {
    let session = curl_tlssessioninfo {
        backend: curl_sslbackend::CURLSSLBACKEND_RUSTLS,
        internals: null_mut(),
    };
    // SAFETY: the only pointer in it is NULL, and the struct is not written to after this.
    unsafe { Constant::new(session) }
};

static NO_CERTIFICATES: Constant<curl_certinfo> = {
    let list = curl_certinfo {
        num_of_certs: 0,
        certinfo: null_mut(),
    };
    // SAFETY: the only pointer in it is NULL, and the struct is not written to after this.
    unsafe { Constant::new(list) }
};

/// Where this system keeps the certificates that are trusted when the application names none.
struct Trust {
    bundle: Option<CString>,
    directory: Option<CString>,
}

static TRUST: LazyLock<Trust> = LazyLock::new(|| Trust {
    bundle: tls::system_file().and_then(c_path),
    directory: tls::system_directory().and_then(c_path),
});

fn c_path(path: &Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}

fn or_null(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

/// Rounded up, so that a program that waits so long does not come too early.
fn milliseconds_left(until: Instant) -> c_long {
    let left = milliseconds(until.saturating_duration_since(Instant::now()));
    left.try_into().unwrap_or(c_long::MAX)
}

fn scheme_name(scheme: Scheme) -> &'static CStr {
    match scheme {
        Scheme::Ws => c"ws",
        Scheme::Wss => c"wss",
        Scheme::Http => c"http",
        Scheme::Https => c"https",
    }
}

/// ws and wss have no `CURLPROTO_` bit.
fn protocol(scheme: Scheme) -> c_long {
    match scheme {
        Scheme::Ws | Scheme::Wss => 0,
        Scheme::Http => CURLPROTO_HTTP,
        Scheme::Https => CURLPROTO_HTTPS,
    }
}

/// -1 stands for a connection without ports, or none at all.
fn port(end: Option<SocketAddr>) -> c_long {
    end.map_or(-1, |end| end.port().into())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Microseconds since the transfer's start, 0 for a point in time that was not reached.
fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// Bytes a second over the whole transfer.
fn per_second(bytes: u64, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::from(bytes) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn all() -> impl Iterator<Item = CURLINFO> {
        (0..=0x70_0000).filter_map(|number| known(number).ok())
    }

    fn answer(info: &Info, options: &Options, question: CURLINFO) -> Answer {
        answer_from(&TransferInfo::new(Instant::now()), info, options, question)
    }

    fn answer_from(transfer: &TransferInfo, info: &Info, options: &Options, question: CURLINFO) -> Answer {
        Sources {
            transfer,
            info,
            options,
        }
        .answer(question)
        .unwrap()
    }

    fn text(answer: Answer) -> String {
        let Answer::String(text) = answer else {
            panic!("not a string: {answer:?}");
        };
        assert!(!text.is_null());
        // SAFETY: a string of the options or the facts, which the caller keeps.
        unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn every_enumerator_is_answered() {
        let transfer = TransferInfo::new(Instant::now());
        let (info, options) = (&Info::default(), &Options::default());
        let from_handle = [CURLINFO_ACTIVESOCKET, CURLINFO_LASTSOCKET, CURLINFO_COOKIELIST];
        for question in all().filter(|question| !from_handle.contains(question)) {
            let answer = Sources {
                transfer: &transfer,
                info,
                options,
            }
            .answer(question);
            assert!(answer.is_some(), "{question:?} is in the enum, but nothing answers it");
        }
    }

    #[test]
    fn other_numbers_are_unknown() {
        for number in [0, 71, 0x10_0000, 0x70_0001, RawInfo::MAX] {
            assert_eq!(known(number).unwrap_err().code(), CURLE_UNKNOWN_OPTION, "{number:#x}");
        }
    }

    #[test]
    fn before_a_transfer_the_answers_are_those_of_libcurl() {
        let (info, options) = (Info::default(), Options::default());
        for question in all() {
            let expected = match question {
                CURLINFO_FILETIME | CURLINFO_PRIMARY_PORT | CURLINFO_LOCAL_PORT | CURLINFO_WS_TIMEOUT_MS => {
                    Answer::Long(-1)
                }
                // no facts: the descriptors and the cookies
                CURLINFO_ACTIVESOCKET | CURLINFO_LASTSOCKET | CURLINFO_COOKIELIST => continue,
                CURLINFO_FILETIME_T
                | CURLINFO_CONTENT_LENGTH_DOWNLOAD_T
                | CURLINFO_CONTENT_LENGTH_UPLOAD_T
                | CURLINFO_CONN_ID
                | CURLINFO_XFER_ID => Answer::OffT(-1),
                CURLINFO_CONTENT_LENGTH_DOWNLOAD | CURLINFO_CONTENT_LENGTH_UPLOAD => Answer::Double(-1.0),
                CURLINFO_EFFECTIVE_URL | CURLINFO_PRIMARY_IP | CURLINFO_LOCAL_IP => {
                    assert_eq!(text(answer(&info, &options, question)), "", "{question:?}");
                    continue;
                }
                CURLINFO_EFFECTIVE_METHOD => {
                    assert_eq!(text(answer(&info, &options, question)), "GET");
                    continue;
                }
                CURLINFO_CAINFO | CURLINFO_CAPATH => continue,
                CURLINFO_CERTINFO | CURLINFO_TLS_SESSION | CURLINFO_TLS_SSL_PTR => continue,
                _ => match question as c_int & CURLINFO_TYPEMASK {
                    CURLINFO_STRING => Answer::String(null()),
                    CURLINFO_LONG => Answer::Long(0),
                    CURLINFO_DOUBLE => Answer::Double(0.0),
                    CURLINFO_OFF_T => Answer::OffT(0),
                    _ => Answer::Pointer(null()),
                },
            };
            assert_eq!(answer(&info, &options, question), expected, "{question:?}");
        }
    }

    #[test]
    fn numbers_come_in_both_types() {
        let mut transfer = TransferInfo::new(Instant::now());
        transfer.total = Duration::from_millis(1500);
        transfer.downloaded = 7;
        let server = ([127, 0, 0, 1], 443).into();
        transfer.opening.connected(Some(server), None, Instant::now());
        let (info, options) = (Info::default(), Options::default());
        for (question, expected) in [
            (CURLINFO_TOTAL_TIME, Answer::Double(1.5)),
            (CURLINFO_TOTAL_TIME_T, Answer::OffT(1_500_000)),
            (CURLINFO_SIZE_DOWNLOAD, Answer::Double(7.0)),
            (CURLINFO_SIZE_DOWNLOAD_T, Answer::OffT(7)),
            (CURLINFO_PRIMARY_PORT, Answer::Long(443)),
        ] {
            let answer = answer_from(&transfer, &info, &options, question);
            assert_eq!(answer, expected, "{question:?}");
        }
        assert_eq!(
            text(answer_from(&transfer, &info, &options, CURLINFO_PRIMARY_IP)),
            "127.0.0.1"
        );
    }

    #[test]
    fn options_answer_until_a_transfer_knows_better() {
        let mut info = Info::default();
        let mut options = Options::default();
        options.url = Some(c"ws://a/".into());
        options.request.no_body = true;
        assert_eq!(text(answer(&info, &options, CURLINFO_EFFECTIVE_URL)), "ws://a/");
        assert_eq!(text(answer(&info, &options, CURLINFO_EFFECTIVE_METHOD)), "HEAD");

        options.request.custom_request = Some(c"PUSH".into());
        assert_eq!(text(answer(&info, &options, CURLINFO_EFFECTIVE_METHOD)), "PUSH");

        info.effective_url = Some(c"ws://b/".into());
        info.effective_method = Some(c"GET".into());
        assert_eq!(text(answer(&info, &options, CURLINFO_EFFECTIVE_URL)), "ws://b/");
        assert_eq!(text(answer(&info, &options, CURLINFO_EFFECTIVE_METHOD)), "GET");
    }

    #[test]
    fn the_tls_backend_is_rustls_and_no_certificates_are_listed() {
        let (info, options) = (Info::default(), Options::default());
        for question in [CURLINFO_TLS_SESSION, CURLINFO_TLS_SSL_PTR] {
            let Answer::Pointer(session) = answer(&info, &options, question) else {
                panic!("{question:?}");
            };
            // SAFETY: the constant above.
            let session = unsafe { &*session.cast::<curl_tlssessioninfo>() };
            assert_eq!(session.backend, curl_sslbackend::CURLSSLBACKEND_RUSTLS);
            assert!(session.internals.is_null());
        }
        let Answer::Pointer(certificates) = answer(&info, &options, CURLINFO_CERTINFO) else {
            panic!("CURLINFO_CERTINFO");
        };
        // SAFETY: the constant above.
        assert_eq!(unsafe { &*certificates.cast::<curl_certinfo>() }.num_of_certs, 0);
    }

    #[test]
    fn answers_are_written_in_their_own_size() {
        for (answer, size) in [
            (Answer::Socket(-1), 4),
            (Answer::Long(-1), 8),
            (Answer::OffT(-1), 8),
            (Answer::Double(f64::from_bits(u64::MAX)), 8),
        ] {
            let mut memory = [0u64; 2];
            // SAFETY: aligned for, and large enough for, every answer.
            unsafe { answer.write(memory.as_mut_ptr().cast()) };
            let written = memory.iter().map(|word| word.count_ones()).sum::<u32>();
            assert_eq!(written, size * 8, "{answer:?}");
        }
    }
}
