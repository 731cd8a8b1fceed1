//! The third argument of `curl_easy_setopt`, decoded by the option's type.

use std::ffi::{CString, c_void};

use crate::ffi::slist::Slist;
use crate::types::callbacks::*;

/// What an option is set to.
#[derive(Debug, Clone)]
pub enum Value {
    /// `long`, `values` and `off_t`, all 64 bits wide on the systems that are supported
    Number(i64),
    /// a copy; `None` is NULL
    String(Option<CString>),
    /// a list that stays the application's
    Slist(Slist),
    /// an object or the data of a callback, of which only the address is kept
    Pointer(*mut c_void),
    /// a copy; `None` is NULL
    Blob(Option<Vec<u8>>),
    /// a callback of the option's own type
    Function(Function),
}

impl Value {
    /// Whether this is 0 or NULL, which switches off most of what can be set.
    pub fn is_null(&self) -> bool {
        match self {
            Value::Number(number) => *number == 0,
            Value::String(string) => string.is_none(),
            Value::Slist(list) => list.as_ptr().is_null(),
            Value::Pointer(pointer) => pointer.is_null(),
            Value::Blob(blob) => blob.is_none(),
            Value::Function(function) => function.is_null(),
        }
    }

    /// A string for tests.
    #[cfg(test)]
    pub(super) fn text(text: &str) -> Value {
        Value::String(Some(CString::new(text).expect("no NUL in a test's string")))
    }

    /// The bytes of a string that is there.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::String(Some(string)) => Some(string.as_bytes()),
            _ => None,
        }
    }
}

/// A callback, by the type that the application wrote it with.
#[derive(Debug, Clone, Copy)]
pub enum Function {
    Write(curl_write_callback),
    Read(curl_read_callback),
    Debug(curl_debug_callback),
    XferInfo(curl_xferinfo_callback),
    Progress(curl_progress_callback),
    SockOpt(curl_sockopt_callback),
    OpenSocket(curl_opensocket_callback),
    CloseSocket(curl_closesocket_callback),
    PreReq(curl_prereq_callback),
    WsOpen(curl_ws_open_callback),
    ResolverStart(curl_resolver_start_callback),
    /// one that is never called; only its address is known
    Uncalled(*mut c_void),
}

impl Function {
    fn is_null(self) -> bool {
        match self {
            Function::Write(function) => function.is_none(),
            Function::Read(function) => function.is_none(),
            Function::Debug(function) => function.is_none(),
            Function::XferInfo(function) => function.is_none(),
            Function::Progress(function) => function.is_none(),
            Function::SockOpt(function) => function.is_none(),
            Function::OpenSocket(function) => function.is_none(),
            Function::CloseSocket(function) => function.is_none(),
            Function::PreReq(function) => function.is_none(),
            Function::WsOpen(function) => function.is_none(),
            Function::ResolverStart(function) => function.is_none(),
            Function::Uncalled(address) => address.is_null(),
        }
    }
}
