//! What a row of the option table says.

use std::ffi::{CStr, c_uint};

use crate::types::option::{CURLoption, curl_easytype};

/// Each type of argument has its numbers this far above the type before; within that a number is used once.
pub(super) const TYPE_STEP: c_uint = 10_000;
/// Our own numbers lie above this one.
pub(super) const OWN_START: c_uint = 5_000;

/// One option, or an old name of one.
#[derive(Debug)]
pub(crate) struct Row {
    /// without `CURLOPT_`
    pub(crate) name: &'static CStr,
    /// the number, by its C name
    pub(crate) option: CURLoption,
    pub(crate) kind: curl_easytype,
    pub(crate) support: Support,
    /// Without it the connection would be less protected, or another one: once it was refused, no transfer starts until
    /// it is set back.
    pub(crate) is_guard: bool,
}

impl Row {
    /// Whether libcurl does not have this option.
    pub(crate) const fn is_own(&self) -> bool {
        self.option as u32 % TYPE_STEP > OWN_START
    }

    pub(crate) const fn is_old_name(&self) -> bool {
        matches!(self.support, Support::OldName)
    }
}

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    /// It does what its man page says. The group tells which record of an easy handle holds it.
    Works(Group),
    /// It is accepted and has no effect, for this reason.
    Remembered(&'static str),
    /// Only its neutral value is accepted, for this reason.
    Refused(&'static str),
    /// The row is an old name of an option that has a row of its own.
    OldName,
}

/// Which record of an easy handle's options holds the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Request,
    Connection,
    Tls,
    Proxy,
    /// TLS with a proxy
    ProxyTls,
    Callback,
    Transfer,
}
