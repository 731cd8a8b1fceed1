//! Finds and opens the system's libcurl.
//!
//! `WSCURL_LIBCURL` names it, or says `none`. Else it is the one that the program would have got without this library: the
//! first in the folders of `LD_LIBRARY_PATH`, in the dynamic linker's cache, in the usual folders, that is not this library.

use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_void};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::cache;

const CACHE: &str = "/etc/ld.so.cache";

/// Where libraries are when neither `LD_LIBRARY_PATH` nor the cache knows.
const FOLDERS: &[&str] = &[
    #[cfg(target_arch = "x86_64")]
    "/usr/lib/x86_64-linux-gnu",
    #[cfg(target_arch = "aarch64")]
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

/// A library that stays open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Library(*mut c_void);

impl Library {
    /// Opens it by its absolute path: by its soname we would get ourselves.
    fn open(path: &Path) -> Option<Library> {
        let path = CString::new(path.as_os_str().as_bytes()).ok()?;
        // Lazily, as at a program's start: a library that wants all its functions bound at once says so itself (`-z now`).
        // SAFETY: a string; the constructors of a library run in every program that uses it.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) };
        (!handle.is_null()).then_some(Library(handle))
    }

    /// The address of a function.
    pub(crate) fn find(self, name: &CStr) -> Option<*mut c_void> {
        // SAFETY: an open library and a string.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        (!address.is_null()).then_some(address)
    }

    /// Whether `address` is code of this library's.
    pub(crate) fn contains(self, address: *const c_void) -> bool {
        let own = self.find(c"curl_easy_init").and_then(|function| base(function));
        own.is_some() && own == base(address)
    }

    fn close(self) {
        // SAFETY: it was opened and nothing of it is used.
        unsafe { libc::dlclose(self.0) };
    }
}

/// The system's libcurl, as far as there is one that is not this library and that `is_complete`.
pub(crate) fn load(is_complete: impl Fn(Library) -> bool) -> Option<Library> {
    let own = own_file();
    let open = |path: &Path| {
        if is_same_file(path, own.as_deref()) {
            return None;
        }
        let library = Library::open(path)?;
        // Only wscurl has it: this is another copy of ours.
        if library.find(c"curl_ws_poll").is_some() || !is_complete(library) {
            library.close();
            return None;
        }
        Some(library)
    };
    match environment(c"WSCURL_LIBCURL") {
        Some(path) if path == "none" => None,
        Some(path) if !path.is_empty() => open(Path::new(&path)),
        _ => candidates(soname(own.as_deref())).iter().find_map(|path| open(path)),
    }
}

/// The soname that this library stands for. It is linked twice, and the file's name tells which one it is.
fn soname(own: Option<&Path>) -> &'static str {
    let name = own.and_then(Path::file_name).map_or(&b""[..], |name| name.as_bytes());
    match name.starts_with(b"libcurl-gnutls") {
        true => "libcurl-gnutls.so.4",
        false => "libcurl.so.4",
    }
}

fn candidates(soname: &str) -> Vec<PathBuf> {
    let searched = environment(c"LD_LIBRARY_PATH").unwrap_or_default();
    let folders = searched.as_bytes().split(|byte| matches!(byte, b':' | b';'));
    let mut paths: Vec<PathBuf> = folders
        .filter(|folder| folder.starts_with(b"/"))
        .map(|folder| Path::new(OsStr::from_bytes(folder)).join(soname))
        .collect();
    let content = fs::read(CACHE).unwrap_or_default();
    let cached = cache::paths(&content, soname.as_bytes());
    paths.extend(cached.into_iter().map(|path| PathBuf::from(OsStr::from_bytes(path))));
    paths.extend(FOLDERS.iter().map(|folder| Path::new(folder).join(soname)));
    paths
}

/// Device and inode are compared: a library has several names.
fn is_same_file(path: &Path, own: Option<&Path>) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let own = own.and_then(identity);
    own.is_some() && own == identity(path)
}

/// A variable of the environment, unless the program has more rights than its user.
fn environment(name: &CStr) -> Option<OsString> {
    // SAFETY: a string; the value is copied at once.
    unsafe {
        if libc::getauxval(libc::AT_SECURE) != 0 {
            return None;
        }
        let value: *const c_char = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| OsString::from_vec(CStr::from_ptr(value).to_bytes().to_vec()))
    }
}

/// The file of this library.
fn own_file() -> Option<PathBuf> {
    let (_, file) = lookup((own_file as fn() -> Option<PathBuf> as *const ()).cast())?;
    Some(PathBuf::from(OsStr::from_bytes(file.to_bytes())))
}

/// The address at which the library with `address` in it begins.
fn base(address: *const c_void) -> Option<*mut c_void> {
    lookup(address).map(|(base, _)| base)
}

fn lookup(address: *const c_void) -> Option<(*mut c_void, &'static CStr)> {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: any address may be looked up; the name belongs to the library, and those that are asked for stay open.
    unsafe {
        if libc::dladdr(address, &raw mut info) == 0 || info.dli_fname.is_null() {
            return None;
        }
        Some((info.dli_fbase, CStr::from_ptr(info.dli_fname)))
    }
}
