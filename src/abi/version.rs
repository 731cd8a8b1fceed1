//! What the library is, for programs and people.

use std::ffi::{CStr, CString, c_char, c_uint};
use std::ptr;
use std::sync::LazyLock;

use crate::abi::constant::Constant;
use crate::types::raw::RawVersion;
use crate::types::version::{LIBCURL_VERSION, LIBCURL_VERSION_NUM};
use crate::types::version_info::*;

/// One line: libcurl's version whose interface this is, our own name and version, the TLS library. Constant.
#[unsafe(no_mangle)]
pub extern "C" fn curl_version() -> *mut c_char {
    LINE.as_ptr().cast_mut()
}

/// What was built in. Constant, whole for every `age`: a program reads the fields that its header has.
#[unsafe(no_mangle)]
pub extern "C" fn curl_version_info(age: RawVersion) -> *mut curl_version_info_data {
    let _ = age;
    ptr::from_ref(INFO.get()).cast_mut()
}

const TLS: &CStr = with_nul(concat!("rustls/", env!("WSCURL_RUSTLS_VERSION"), "\0"));
const TARGET: &CStr = with_nul(concat!(env!("WSCURL_TARGET"), "\0"));

const FEATURES: &[(i32, &CStr)] = &[
    (CURL_VERSION_ASYNCHDNS, c"AsynchDNS"),
    (CURL_VERSION_HSTS, c"HSTS"),
    (CURL_VERSION_IPV6, c"IPv6"),
    (CURL_VERSION_LARGEFILE, c"Largefile"),
    (CURL_VERSION_SSL, c"SSL"),
    (CURL_VERSION_THREADSAFE, c"threadsafe"),
    (CURL_VERSION_UNIX_SOCKETS, c"UnixSockets"),
];

static LINE: LazyLock<CString> = LazyLock::new(|| {
    let own = concat!("wscurl/", env!("CARGO_PKG_VERSION"));
    string(format!("libcurl/{LIBCURL_VERSION} {own} {}", TLS.to_string_lossy()))
});

static INFO: LazyLock<Constant<curl_version_info_data>> = LazyLock::new(|| {
    // SAFETY: the strings and lists are constants or leaked, and nothing here writes to them.
    unsafe { Constant::new(info()) }
});

fn info() -> curl_version_info_data {
    curl_version_info_data {
        age: CURLVERSION_NOW,
        version: string(LIBCURL_VERSION.to_owned()).into_raw(),
        version_num: LIBCURL_VERSION_NUM as c_uint,
        host: TARGET.as_ptr(),
        features: FEATURES.iter().fold(0, |bits, (bit, _)| bits | bit),
        ssl_version: TLS.as_ptr(),
        ssl_version_num: 0,
        libz_version: ptr::null(),
        protocols: list([c"ws", c"wss"]),
        ares: ptr::null(),
        ares_num: 0,
        libidn: ptr::null(),
        iconv_ver_num: 0,
        libssh_version: ptr::null(),
        brotli_ver_num: 0,
        brotli_version: ptr::null(),
        nghttp2_ver_num: 0,
        nghttp2_version: ptr::null(),
        quic_version: ptr::null(),
        cainfo: ptr::null(),
        capath: ptr::null(),
        zstd_ver_num: 0,
        zstd_version: ptr::null(),
        hyper_version: ptr::null(),
        gsasl_version: ptr::null(),
        feature_names: list(FEATURES.iter().map(|(_, name)| *name)),
        rtmp_version: ptr::null(),
    }
}

const fn with_nul(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("one NUL, at the end"),
    }
}

fn string(text: String) -> CString {
    CString::new(text).expect("version numbers have no NUL")
}

/// A list for C, ended by NULL, which lives as long as the library.
fn list(strings: impl IntoIterator<Item = &'static CStr>) -> *const *const c_char {
    let mut pointers: Vec<*const c_char> = strings.into_iter().map(CStr::as_ptr).collect();
    pointers.push(ptr::null());
    Box::leak(pointers.into_boxed_slice()).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The strings of a list that ends with NULL.
    fn strings(mut list: *const *const c_char) -> Vec<&'static CStr> {
        let mut found = Vec::new();
        // SAFETY: the lists are as `list` makes them.
        unsafe {
            while !(*list).is_null() {
                found.push(CStr::from_ptr(*list));
                list = list.add(1);
            }
        }
        found
    }

    #[test]
    fn version_line_begins_as_libcurl_s() {
        // SAFETY: a constant string.
        let line = unsafe { CStr::from_ptr(curl_version()) }.to_str().unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(
            words[..2],
            ["libcurl/8.22.0", concat!("wscurl/", env!("CARGO_PKG_VERSION"))]
        );
        assert!(words[2].starts_with("rustls/0."), "{line}");
    }

    #[test]
    fn info_is_whole_for_every_age() {
        for age in [0, 11, 12, u32::MAX] {
            // SAFETY: constant, as `curl_version_info` says.
            let info = unsafe { &*curl_version_info(age) };
            assert_eq!(info.age, CURLVERSION_NOW);
            assert_eq!(info.version_num, 0x08_16_00);
            assert_eq!(strings(info.protocols), [c"ws", c"wss"]);
            assert_eq!(strings(info.feature_names).len(), info.features.count_ones() as usize);
        }
    }
}
