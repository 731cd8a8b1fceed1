//! The third argument of `curl_easy_setopt`, decoded by the option's type.

use std::ffi::CString;
use std::sync::Arc;

use crate::ffi::callback::{self, easy::*};
use crate::ffi::pointer::Pointer;
use crate::ffi::slist::Slist;
use crate::url::UrlHandle;

/// What an option is set to.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// `long`, `values` and `off_t`, all 64 bits wide on the systems that are supported
    Number(i64),
    /// a copy; `None` is NULL
    String(Option<CString>),
    /// a list that stays the application's
    Slist(Slist),
    /// an object or the data of a callback, of which only the address is kept
    Pointer(Pointer),
    /// a copy; `None` is NULL
    Blob(Option<Vec<u8>>),
    /// a URL handle; `None` is NULL
    Url(Option<Arc<UrlHandle>>),
    /// a callback of the option's own type
    Function(Function),
}

impl Value {
    /// Whether this is 0 or NULL, which switches off most of what can be set.
    pub(crate) fn is_null(&self) -> bool {
        match self {
            Value::Number(number) => *number == 0,
            Value::String(string) => string.is_none(),
            Value::Slist(list) => list.as_ptr().is_null(),
            Value::Pointer(pointer) => pointer.is_null(),
            Value::Blob(blob) => blob.is_none(),
            Value::Url(handle) => handle.is_none(),
            Value::Function(function) => function.is_null(),
        }
    }

    /// A string for tests.
    #[cfg(test)]
    pub(super) fn text(text: &str) -> Value {
        Value::String(Some(CString::new(text).expect("no NUL in a test's string")))
    }

    /// The bytes of a string that is there.
    #[cfg(test)]
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::String(Some(string)) => Some(string.as_bytes()),
            _ => None,
        }
    }
}

/// A callback, by its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    Write(callback::Function<Write>),
    Read(callback::Function<Read>),
    Debug(callback::Function<Debug>),
    XferInfo(callback::Function<XferInfo>),
    Progress(callback::Function<Progress>),
    SockOpt(callback::Function<SockOpt>),
    OpenSocket(callback::Function<OpenSocket>),
    CloseSocket(callback::Function<CloseSocket>),
    PreReq(callback::Function<PreReq>),
    WsOpen(callback::Function<WsOpen>),
    ResolverStart(callback::Function<ResolverStart>),
    HstsRead(callback::Function<HstsRead>),
    HstsWrite(callback::Function<HstsWrite>),
    /// one that is never called; only its address is known
    Uncalled(Pointer),
}

impl Function {
    fn is_null(self) -> bool {
        match self {
            Function::Write(function) => function.is_null(),
            Function::Read(function) => function.is_null(),
            Function::Debug(function) => function.is_null(),
            Function::XferInfo(function) => function.is_null(),
            Function::Progress(function) => function.is_null(),
            Function::SockOpt(function) => function.is_null(),
            Function::OpenSocket(function) => function.is_null(),
            Function::CloseSocket(function) => function.is_null(),
            Function::PreReq(function) => function.is_null(),
            Function::WsOpen(function) => function.is_null(),
            Function::ResolverStart(function) => function.is_null(),
            Function::HstsRead(function) => function.is_null(),
            Function::HstsWrite(function) => function.is_null(),
            Function::Uncalled(address) => address.is_null(),
        }
    }
}
