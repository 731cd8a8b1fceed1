//! Which URLs are ours, and `curl_url_set`.

use std::ffi::{CStr, c_char, c_uint};
use std::ptr::null_mut;

use wscurl::abi::url as own;
use wscurl::types::url::{CURLU, CURLU_NON_SUPPORT_SCHEME, CURLUPart};

use crate::system::{System, system};

/// Whether the transfer of a URL is a WebSocket. `default` is `CURLOPT_DEFAULT_PROTOCOL`, for a URL without a scheme.
pub(crate) fn is_websocket(url: &[u8], default: Option<&[u8]>) -> bool {
    match scheme(url).or(default) {
        Some(scheme) => is_own_scheme(scheme),
        None => false,
    }
}

/// The scheme of a URL as libcurl finds it when it may also guess one: before ":/".
fn scheme(url: &[u8]) -> Option<&[u8]> {
    let end = url.iter().position(|byte| *byte == b':')?;
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    (url.get(end + 1) == Some(&b'/') && url[..end].iter().all(is_scheme)).then(|| &url[..end])
}

fn is_own_scheme(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"ws") || scheme.eq_ignore_ascii_case(b"wss")
}

/// The URL of a handle of the system's URL interface, if it is a WebSocket's.
///
/// # Safety
///
/// `handle` is such a handle.
pub(crate) unsafe fn websocket_url(system: &System, handle: *const CURLU) -> Option<std::ffi::CString> {
    let get = |part: CURLUPart| {
        let mut text: *mut c_char = null_mut();
        // SAFETY: guaranteed by the caller, see # Safety. The result is copied and freed.
        unsafe {
            if (system.url_get)(handle, part as c_uint, &raw mut text, 0) != 0 || text.is_null() {
                return None;
            }
            let copy = CStr::from_ptr(text).to_owned();
            (system.free)(text.cast());
            Some(copy)
        }
    };
    let scheme = get(CURLUPart::CURLUPART_SCHEME)?;
    is_own_scheme(scheme.to_bytes()).then(|| get(CURLUPart::CURLUPART_URL))?
}

/// Also for a system's libcurl that was built without WebSocket, and so refuses the schemes.
#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_url_set(url: *mut CURLU, what: c_uint, part: *const c_char, flags: c_uint) -> c_uint {
    // SAFETY: the arguments are the application's; a URL or scheme that is not NULL is a string.
    unsafe {
        let Some(system) = system() else {
            return own::curl_url_set(url, what, part, flags) as c_uint;
        };
        let named = !part.is_null()
            && match what {
                _ if what == CURLUPart::CURLUPART_URL as c_uint => is_websocket(CStr::from_ptr(part).to_bytes(), None),
                _ if what == CURLUPart::CURLUPART_SCHEME as c_uint => is_own_scheme(CStr::from_ptr(part).to_bytes()),
                _ => false,
            };
        let more = if named { CURLU_NON_SUPPORT_SCHEME as c_uint } else { 0 };
        (system.url_set)(url, what, part, flags | more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides() {
        for url in ["ws://a", "WSS://a/b", "wss:/a", "ws:///a"] {
            assert!(is_websocket(url.as_bytes(), Some(b"http")), "{url}");
        }
        for url in [
            "http://ws://a",
            "a/ws://",
            "wsx://a",
            "ws",
            "ws:80",
            "",
            "://",
            "w s://a",
        ] {
            assert!(!is_websocket(url.as_bytes(), None), "{url}");
        }
    }

    #[test]
    fn the_default_is_for_urls_without_scheme() {
        assert!(is_websocket(b"host:80/path", Some(b"wss")));
        assert!(is_websocket(b"host", Some(b"WS")));
        assert!(!is_websocket(b"host", Some(b"https")));
        assert!(!is_websocket(b"ftp://host", Some(b"ws")));
    }
}
