//! `curl_easy_setopt`: the argument decoded by the option's type.

use std::ffi::{CStr, CString, c_char, c_void};
use std::slice;
use std::sync::Arc;

use crate::abi::enter::{self, Api};
use crate::easy::Easy;
use crate::easy::options::value::{Function, Value};
use crate::error::{Error, Result};
use crate::ffi::callback;
use crate::ffi::handle;
use crate::ffi::pointer::Pointer;
use crate::ffi::slist::Slist;
use crate::io::fallible;
use crate::share::Share;
use crate::types::RawOption;
use crate::types::codes::CURLcode::{self, *};
use crate::types::option::CURLoption::{self, *};
use crate::types::option::curl_easytype::*;
use crate::types::options::{self, Row};
use crate::types::structs::{CURL, curl_blob};
use crate::url::UrlHandle;

/// The longest string or blob that is taken, in bytes. libcurl has the same limit against mistakes and abuse.
const MAX_INPUT: usize = 8_000_000;

/// Sets `option` of a handle to the third argument, whose type depends on the option (its man page tells).
///
/// In C this function is variadic: `argument` holds a `long`, a `curl_off_t` or a pointer.
///
/// Strings and blobs are copied. Lists stay the application's until the transfer is over, and so does what the data
/// pointers point to. May be called from inside the handle's callbacks.
///
/// Returns `CURLE_BAD_FUNCTION_ARGUMENT` for a NULL or dead handle and for values out of range, `CURLE_UNKNOWN_OPTION`
/// for a number that is no option, `CURLE_NOT_BUILT_IN` for an option that would make a difference and is not
/// supported. The error buffer tells more.
///
/// # Safety
///
/// `curl` is NULL or a handle, and `argument` is of the option's type: a string ends in NUL, a list is a valid list
/// that lives as long as it is set, a callback has the option's prototype, an error buffer has `CURL_ERROR_SIZE` bytes.
///
/// cbindgen:ignore
#[cfg_attr(not(variadics_on_stack), unsafe(no_mangle))]
#[cfg_attr(variadics_on_stack, unsafe(export_name = "wscurl_easy_setopt"))]
pub unsafe extern "C-unwind" fn curl_easy_setopt(
    curl: *mut CURL,
    option: RawOption,
    argument: *mut c_void,
) -> CURLcode {
    // SAFETY: the same conditions as here.
    enter::easy(curl, Api::SetOpt, |easy| unsafe { set(easy, option, argument) })
}

/// Sets an option of a handle without writing to its error buffer.
///
/// # Safety
///
/// As for [`curl_easy_setopt`].
pub(super) unsafe fn set(easy: &Easy, option: RawOption, argument: *mut c_void) -> Result<()> {
    let row = options::find(option).ok_or_else(|| unknown(option))?;
    let option = row.option;
    if option == CURLOPT_SHARE {
        // SAFETY: NULL or a share handle: guaranteed by the caller, see # Safety. Anything else counts as NULL, as in libcurl.
        let share = unsafe { handle::lock::<Arc<Share>>(argument) };
        return easy.set_share(share.ok().map(|share| Arc::clone(&share)));
    }
    // SAFETY: the caller guarantees the argument's type.
    let value = unsafe { decode(row, argument) }?;
    if let (CURLOPT_COOKIELIST, Value::String(command)) = (option, &value) {
        return easy.cookie_command(command.as_deref());
    }
    let set = easy.options().borrow_mut().set(option, value);
    easy.options_changed();
    set?;
    easy.remember_as_set(option);
    if matches!(option, CURLOPT_URL | CURLOPT_CURLU) {
        // the new URL is the effective one until a transfer finds another
        easy.info().borrow_mut().effective_url = None;
    }
    Ok(())
}

fn unknown(option: RawOption) -> Error {
    Error::new(CURLE_UNKNOWN_OPTION, format!("unknown CURLoption {option}"))
}

/// # Safety
///
/// As for [`curl_easy_setopt`].
unsafe fn decode(row: &Row, argument: *mut c_void) -> Result<Value> {
    let option = row.option;
    Ok(match row.kind {
        CURLOT_LONG | CURLOT_VALUES | CURLOT_OFF_T => Value::Number(argument as i64),
        // SAFETY: NULL or a URL handle: guaranteed by the caller, see # Safety.
        CURLOT_OBJECT if option == CURLOPT_CURLU => Value::Url(unsafe { url_handle(option, argument) }?),
        // SAFETY: guaranteed by the caller, see # Safety.
        CURLOT_OBJECT | CURLOT_CBPTR => Value::Pointer(unsafe { Pointer::from_raw(argument) }),
        // SAFETY: NULL or a string that ends in NUL: guaranteed by the caller, see # Safety.
        CURLOT_STRING => Value::String(unsafe { string(option, argument.cast()) }?),
        // SAFETY: NULL or a list that lives as long as it is set: guaranteed by the caller, see # Safety.
        CURLOT_SLIST => Value::Slist(unsafe { Slist::from_raw(argument.cast()) }),
        // SAFETY: NULL or a blob: guaranteed by the caller, see # Safety.
        CURLOT_BLOB => Value::Blob(unsafe { blob(option, argument.cast()) }?),
        // SAFETY: NULL or a function of the option's type: guaranteed by the caller, see # Safety.
        CURLOT_FUNCTION => Value::Function(unsafe { function(option, argument) }),
    })
}

/// # Safety
///
/// `text` is NULL or a string that ends in NUL.
unsafe fn string(option: CURLoption, text: *const c_char) -> Result<Option<CString>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller guarantees the NUL.
    let text = unsafe { CStr::from_ptr(text) };
    if text.count_bytes() > MAX_INPUT {
        return Err(too_long(option));
    }
    Ok(Some(fallible::copy_string(text)?))
}

/// # Safety
///
/// `argument` is NULL or a URL handle.
unsafe fn url_handle(option: CURLoption, argument: *mut c_void) -> Result<Option<Arc<UrlHandle>>> {
    if argument.is_null() {
        return Ok(None);
    }
    // SAFETY: guaranteed by the caller, see # Safety.
    match unsafe { handle::lock::<Arc<UrlHandle>>(argument) } {
        Ok(url) => Ok(Some(Arc::clone(&url))),
        Err(_) => Err(Error::new(
            CURLE_BAD_FUNCTION_ARGUMENT,
            format!("{option:?}: the pointer is no URL handle"),
        )),
    }
}

/// A copy, with `CURL_BLOB_NOCOPY` as well: that flag only promises that the application keeps its memory, and a copy
/// does not depend on the promise.
///
/// # Safety
///
/// `blob` is NULL or a blob whose data is NULL or readable for its length.
unsafe fn blob(option: CURLoption, blob: *const curl_blob) -> Result<Option<Vec<u8>>> {
    if blob.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and the caller guarantees a valid blob.
    let blob = unsafe { &*blob };
    if blob.data.is_null() || blob.len == 0 {
        return Err(Error::new(
            CURLE_BAD_FUNCTION_ARGUMENT,
            format!("{option:?}: the blob has no data"),
        ));
    }
    if blob.len > MAX_INPUT {
        return Err(too_long(option));
    }
    // SAFETY: not NULL, and the caller guarantees the length.
    let data = unsafe { slice::from_raw_parts(blob.data.cast::<u8>(), blob.len) };
    Ok(Some(fallible::copy(data)?))
}

fn too_long(option: CURLoption) -> Error {
    Error::new(
        CURLE_BAD_FUNCTION_ARGUMENT,
        format!("{option:?}: the value is longer than {MAX_INPUT} bytes"),
    )
}

/// # Safety
///
/// `function` is NULL or a function of the option's type.
unsafe fn function(option: CURLoption, function: *mut c_void) -> Function {
    // SAFETY: the caller guarantees the argument's type, and each arm takes the type that `option` has in its man page.
    unsafe {
        match option {
            CURLOPT_WRITEFUNCTION | CURLOPT_HEADERFUNCTION => Function::Write(callback::Function::from_raw(function)),
            CURLOPT_READFUNCTION => Function::Read(callback::Function::from_raw(function)),
            CURLOPT_DEBUGFUNCTION => Function::Debug(callback::Function::from_raw(function)),
            CURLOPT_XFERINFOFUNCTION => Function::XferInfo(callback::Function::from_raw(function)),
            CURLOPT_PROGRESSFUNCTION => Function::Progress(callback::Function::from_raw(function)),
            CURLOPT_SOCKOPTFUNCTION => Function::SockOpt(callback::Function::from_raw(function)),
            CURLOPT_OPENSOCKETFUNCTION => Function::OpenSocket(callback::Function::from_raw(function)),
            CURLOPT_CLOSESOCKETFUNCTION => Function::CloseSocket(callback::Function::from_raw(function)),
            CURLOPT_PREREQFUNCTION => Function::PreReq(callback::Function::from_raw(function)),
            CURLOPT_WS_OPENFUNCTION => Function::WsOpen(callback::Function::from_raw(function)),
            CURLOPT_RESOLVER_START_FUNCTION => Function::ResolverStart(callback::Function::from_raw(function)),
            CURLOPT_HSTSREADFUNCTION => Function::HstsRead(callback::Function::from_raw(function)),
            CURLOPT_HSTSWRITEFUNCTION => Function::HstsWrite(callback::Function::from_raw(function)),
            _ => Function::Uncalled(Pointer::from_raw(function)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use libc::size_t;

    use super::*;
    use crate::ffi::callback::Callback;
    use crate::types::options::TABLE;
    use crate::types::structs::curl_slist;

    /// As `curl_easy_setopt` decodes it.
    unsafe fn decode(option: CURLoption, argument: *mut c_void) -> Result<Value> {
        // SAFETY: what the test says of the argument.
        unsafe { super::decode(options::find(option as u32).unwrap(), argument) }
    }

    #[test]
    fn numbers_keep_their_sign() {
        for number in [0, 1, -1, i64::MAX, i64::MIN] {
            // SAFETY: a number.
            let value = unsafe { decode(CURLOPT_INFILESIZE_LARGE, number as *mut c_void) };
            assert!(matches!(value, Ok(Value::Number(same)) if same == number), "{number}");
        }
    }

    #[test]
    fn strings_are_copied_up_to_the_limit() {
        let at_limit = CString::new(vec![b'a'; MAX_INPUT]).unwrap();
        let beyond = CString::new(vec![b'a'; MAX_INPUT + 1]).unwrap();
        // SAFETY: strings that end in NUL, or NULL.
        unsafe {
            let value = decode(CURLOPT_URL, at_limit.as_ptr() as *mut c_void).unwrap();
            assert_eq!(value.as_bytes().map(<[u8]>::len), Some(MAX_INPUT));
            let error = decode(CURLOPT_URL, beyond.as_ptr() as *mut c_void).unwrap_err();
            assert_eq!(error.code(), CURLE_BAD_FUNCTION_ARGUMENT);
            assert!(decode(CURLOPT_URL, null_mut()).unwrap().is_null());
        }
    }

    #[test]
    fn strings_need_not_be_utf_8() {
        // SAFETY: a string that ends in NUL.
        let value = unsafe { decode(CURLOPT_PASSWORD, c"caf\xe9".as_ptr() as *mut c_void) }.unwrap();
        assert_eq!(value.as_bytes(), Some(&b"caf\xe9"[..]));
    }

    #[test]
    fn lists_and_objects_keep_their_address() {
        let mut node = curl_slist {
            data: null_mut(),
            next: null_mut(),
        };
        let address = &raw mut node;
        // SAFETY: a list, and a pointer that is not looked at.
        unsafe {
            let list = decode(CURLOPT_HTTPHEADER, address.cast()).unwrap();
            assert!(matches!(list, Value::Slist(list) if list.as_ptr() == address));
            let object = decode(CURLOPT_PRIVATE, address.cast()).unwrap();
            assert!(matches!(object, Value::Pointer(pointer) if pointer.as_ptr() == address.cast()));
        }
    }

    #[test]
    fn blobs_are_copied_whatever_their_flag() {
        let mut data = *b"pem";
        for flags in [0, 1] {
            let mut blob = curl_blob {
                data: data.as_mut_ptr().cast(),
                len: data.len(),
                flags,
            };
            // SAFETY: a blob with data of its length.
            let value = unsafe { decode(CURLOPT_CAINFO_BLOB, (&raw mut blob).cast()) }.unwrap();
            assert!(matches!(value, Value::Blob(Some(copy)) if copy == data));
        }
    }

    #[test]
    fn blobs_without_data_are_refused() {
        let mut byte = 0u8;
        let present: *mut c_void = (&raw mut byte).cast();
        for (data, len) in [(null_mut(), 3), (present, 0), (present, MAX_INPUT + 1)] {
            let mut blob = curl_blob { data, len, flags: 0 };
            // SAFETY: the length is refused before the data is read.
            let value = unsafe { decode(CURLOPT_CAINFO_BLOB, (&raw mut blob).cast()) };
            assert_eq!(value.unwrap_err().code(), CURLE_BAD_FUNCTION_ARGUMENT, "{len}");
        }
        // SAFETY: NULL.
        assert!(unsafe { decode(CURLOPT_CAINFO_BLOB, null_mut()) }.unwrap().is_null());
    }

    #[test]
    fn functions_can_be_called_after_decoding() {
        unsafe extern "C-unwind" fn write(_: *mut c_char, size: size_t, count: size_t, _: *mut c_void) -> size_t {
            size * count
        }
        // SAFETY: a function of the option's type.
        let value = unsafe { decode(CURLOPT_WRITEFUNCTION, write as *mut c_void) }.unwrap();
        let Value::Function(Function::Write(function)) = value else {
            panic!("not a write function: {value:?}");
        };
        let callback = Callback {
            function,
            data: Pointer::NULL,
        };
        assert_eq!(callback.call(b"three"), 5);
    }

    #[test]
    fn null_functions_are_none() {
        for row in TABLE.iter().filter(|row| row.kind == CURLOT_FUNCTION) {
            // SAFETY: NULL.
            let value = unsafe { super::decode(row, null_mut()) }.unwrap();
            assert!(matches!(value, Value::Function(_)) && value.is_null(), "{row:?}");
        }
    }
}
