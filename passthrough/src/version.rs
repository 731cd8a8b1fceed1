//! `curl_version` and `curl_version_info`: the system's, with what is ours behind.

use std::ffi::{CStr, CString, c_char, c_uint};
use std::mem::{MaybeUninit, offset_of};
use std::ptr::{copy_nonoverlapping, null};
use std::sync::{LazyLock, OnceLock};

use wscurl::abi::version as own;
use wscurl::types::version_info::{CURLVERSION_NOW, CURLversion, curl_version_info_data};

use crate::system::{System, system};

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_version() -> *mut c_char {
    static LINE: LazyLock<Option<CString>> = LazyLock::new(|| {
        // SAFETY: a constant string.
        let theirs = unsafe { CStr::from_ptr((system()?.version)()) }.to_bytes();
        // SAFETY: as above.
        let ours = unsafe { CStr::from_ptr(own::curl_version()) }.to_bytes();
        // Without "libcurl/8.22.0 ".
        let name = ours
            .iter()
            .position(|byte| *byte == b' ')
            .map_or(ours, |space| &ours[space..]);
        CString::new([theirs, name].concat()).ok()
    });
    match &*LINE {
        Some(line) => line.as_ptr().cast_mut(),
        None => own::curl_version(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dropin_version_info(age: c_uint) -> *mut curl_version_info_data {
    match system() {
        Some(system) => mixed(system),
        None => own::curl_version_info(age),
    }
}

/// The system's information with `ws` and `wss` among the protocols. The version is the system's, too: it says what a program may
/// ask of all other protocols.
fn mixed(system: &System) -> *mut curl_version_info_data {
    static INFO: OnceLock<Mixed> = OnceLock::new();
    // SAFETY: any age may be asked for; a struct of the system's.
    let info = INFO.get_or_init(|| unsafe { mix((system.version_info)(CURLVERSION_NOW as c_uint)) });
    (&raw const info.0).cast_mut()
}

/// Never changes, like all that it points to.
struct Mixed(curl_version_info_data);

// SAFETY: all pointers lead to constants of one of the libraries, or to memory that is never freed.
unsafe impl Send for Mixed {}
// SAFETY: as above.
unsafe impl Sync for Mixed {}

/// # Safety
///
/// `theirs` has the fields that its age says, and its strings live as long as the program.
unsafe fn mix(theirs: *const curl_version_info_data) -> Mixed {
    // SAFETY: the first field is there in every version. It is not read as our enum: a newer version has more values.
    let age = unsafe { (&raw const (*theirs).age).cast::<c_uint>().read() };
    let mut info: MaybeUninit<curl_version_info_data> = MaybeUninit::zeroed();
    // SAFETY: as many bytes as there are; the age is then one of ours, and of the other fields zero is a value as well.
    let mut info = unsafe {
        copy_nonoverlapping(theirs.cast::<u8>(), info.as_mut_ptr().cast::<u8>(), known_length(age));
        (&raw mut (*info.as_mut_ptr()).age).write(CURLVERSION_NOW);
        info.assume_init()
    };
    if age == CURLversion::CURLVERSION_ELEVENTH as c_uint {
        info.age = CURLversion::CURLVERSION_ELEVENTH;
    } else if age < CURLversion::CURLVERSION_ELEVENTH as c_uint {
        info.age = CURLversion::CURLVERSION_TENTH;
    }
    // SAFETY: a list of strings that ends with NULL.
    info.protocols = unsafe { protocols(info.protocols) };
    Mixed(info)
}

/// How many bytes a struct of this age has. All supported versions have an age of at least `CURLVERSION_TENTH`.
fn known_length(age: c_uint) -> usize {
    match age {
        _ if age < CURLversion::CURLVERSION_ELEVENTH as c_uint => offset_of!(curl_version_info_data, feature_names),
        _ if age == CURLversion::CURLVERSION_ELEVENTH as c_uint => offset_of!(curl_version_info_data, rtmp_version),
        _ => size_of::<curl_version_info_data>(),
    }
}

/// The list with `ws` and `wss` in their alphabetical places, if it does not have them.
///
/// # Safety
///
/// `list` ends with NULL, and its strings live as long as the program.
unsafe fn protocols(mut list: *const *const c_char) -> *const *const c_char {
    let mut names: Vec<&'static CStr> = Vec::new();
    // SAFETY: guaranteed by the caller, see # Safety.
    unsafe {
        while !list.is_null() && !(*list).is_null() {
            names.push(CStr::from_ptr(*list));
            list = list.add(1);
        }
    }
    for ours in [c"ws", c"wss"] {
        if !names.contains(&ours) {
            let place = names.iter().position(|name| *name > ours).unwrap_or(names.len());
            names.insert(place, ours);
        }
    }
    let pointers: Vec<*const c_char> = names.into_iter().map(CStr::as_ptr).chain([null()]).collect();
    Box::leak(pointers.into_boxed_slice()).as_ptr()
}
