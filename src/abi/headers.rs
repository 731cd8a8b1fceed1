//! `curl_easy_header` and `curl_easy_nextheader`: response headers.

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::ptr::null_mut;

use libc::size_t;

use super::easy::store;
use crate::abi::enter::{self, Api};
use crate::easy::Easy;
use crate::open::headers::{HeaderStore, Origins};
use crate::types::codes::{CURLHcode, CURLcode};
use crate::types::header::{CURLH_1XX, CURLH_CONNECT, CURLH_HEADER, CURLH_PSEUDO, CURLH_TRAILER};
use crate::types::structs::{CURL, curl_header};

/// Finds the response header `name`, whatever its case: of those with this name the one at `nameindex`, from the
/// `origin` bits (`CURLH_`), of `request` number (-1 for the last one).
///
/// `*hout` belongs to the handle and is valid until the next call of this kind, or the handle's next transfer.
///
/// # Safety
///
/// `curl` is NULL or a handle, `name` is NULL or a string, `hout` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_header(
    curl: *mut CURL,
    name: *const c_char,
    nameindex: size_t,
    origin: c_uint,
    request: c_int,
    hout: *mut *mut curl_header,
) -> CURLHcode {
    if name.is_null() || hout.is_null() {
        return CURLHcode::CURLHE_BAD_ARGUMENT;
    }
    // SAFETY: not NULL, and a string: guaranteed by the caller, see # Safety.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    enter::easy_or(
        curl,
        Api::Header,
        |_: CURLcode| CURLHcode::CURLHE_BAD_ARGUMENT,
        |easy| {
            match find(easy, name, nameindex, origin, request) {
                Ok(header) => {
                    // SAFETY: not NULL, and valid: guaranteed by the caller, see # Safety.
                    unsafe { store(hout, header) };
                    CURLHcode::CURLHE_OK
                }
                Err(code) => code,
            }
        },
    )
}

/// The header after `prev` (NULL: the first) among those from the `origin` bits of `request` (-1 for the last one).
/// NULL when there are no more.
///
/// The result belongs to the handle and is valid until the next call of this kind, or the handle's next transfer.
///
/// # Safety
///
/// `curl` is NULL or a handle, `prev` is NULL or what the last call returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn curl_easy_nextheader(
    curl: *mut CURL,
    origin: c_uint,
    request: c_int,
    prev: *mut curl_header,
) -> *mut curl_header {
    enter::easy_or(
        curl,
        Api::Header,
        |_: CURLcode| null_mut(),
        |easy| {
            let after = if prev.is_null() {
                0
            } else {
                // SAFETY: not NULL, and what an earlier call returned: guaranteed by the caller, see # Safety.
                let anchor = unsafe { (*prev).anchor } as usize;
                anchor.saturating_add(1)
            };
            let origins = Origins(origin);
            easy.with_transfer_info(|info| {
                let headers = &info.opening.headers;
                let Some(request) = number(headers, request) else {
                    return null_mut();
                };
                let next = headers.select(request, origins).find(|&index| index >= after);
                next.map_or(null_mut(), |index| show(easy, headers, index, request, origins))
            })
        },
    )
}

fn find(
    easy: &Easy,
    name: &[u8],
    nameindex: size_t,
    origin: c_uint,
    request: c_int,
) -> Result<*mut curl_header, CURLHcode> {
    const ALL: c_int = CURLH_HEADER | CURLH_TRAILER | CURLH_CONNECT | CURLH_1XX | CURLH_PSEUDO;
    if origin == 0 || origin > ALL as c_uint || request < -1 {
        return Err(CURLHcode::CURLHE_BAD_ARGUMENT);
    }
    easy.with_transfer_info(|info| {
        let headers = &info.opening.headers;
        find_in(easy, headers, name, nameindex, Origins(origin), request)
    })
}

fn find_in(
    easy: &Easy,
    store: &HeaderStore,
    name: &[u8],
    nameindex: size_t,
    origins: Origins,
    request: c_int,
) -> Result<*mut curl_header, CURLHcode> {
    if store.is_empty() {
        return Err(CURLHcode::CURLHE_NOHEADERS);
    }
    let request = number(store, request).ok_or(CURLHcode::CURLHE_NOREQUEST)?;
    let mut named = store
        .select(request, origins)
        .filter(|&index| store.get(index).is_some_and(|header| header.is(name)))
        .peekable();
    if named.peek().is_none() {
        return Err(CURLHcode::CURLHE_MISSING);
    }
    let index = named.nth(nameindex).ok_or(CURLHcode::CURLHE_BADINDEX)?;
    Ok(show(easy, store, index, request, origins))
}

/// The number of a request that has a response; -1 is the last one.
fn number(store: &HeaderStore, request: c_int) -> Option<u32> {
    let last = store.last_request()?;
    match request {
        -1 => Some(last),
        number => u32::try_from(number).ok().filter(|&number| number <= last),
    }
}

/// Set in every origin that is returned, as libcurl does, so that nobody compares it with one bit for equality.
const NOT_ONE_BIT: c_uint = 1 << 27;

/// Fills the handle's `curl_header` with the header at `index`.
fn show(easy: &Easy, store: &HeaderStore, index: usize, request: u32, origins: Origins) -> *mut curl_header {
    let Some(header) = store.get(index) else {
        return null_mut();
    };
    let same: Vec<usize> = store
        .select(request, origins)
        .filter(|&other| store.get(other).is_some_and(|other| other.is(header.name.to_bytes())))
        .collect();
    easy.show_header(curl_header {
        name: header.name.as_ptr().cast_mut(),
        value: header.value.as_ptr().cast_mut(),
        amount: same.len(),
        index: same.iter().position(|&other| other == index).unwrap_or(0),
        origin: header.origin(origins) | NOT_ONE_BIT,
        anchor: index as *mut _,
    })
}
