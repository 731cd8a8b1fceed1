//! The options of `curl_easy_setopt`. All that is known of one is in its row of [`TABLE`]: setopt's decoding, the
//! introspection functions, messages, `docs/options.md` and the tests take it from there.

mod table;

use std::ffi::{CStr, c_uint};
use std::fmt;

pub(crate) use self::table::TABLE;
use super::option::CURLoption;
use super::option::curl_easytype;

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
    /// TLS with a proxy
    ProxyTls,
    Callback,
    Transfer,
}

/// The row of an option, by number and under its current name.
pub(crate) fn find(number: c_uint) -> Option<&'static Row> {
    let row = TABLE.get(usize::from(*PLACES.get(slot(number))?))?;
    (row.option as c_uint == number).then_some(row)
}

impl fmt::Debug for CURLoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match find(*self as c_uint) {
            Some(row) => write!(f, "CURLOPT_{}", row.name.to_bytes().escape_ascii()),
            None => write!(f, "option {}", *self as c_uint),
        }
    }
}

/// Each type of argument has its numbers this far above the type before; within that a number is used once.
const TYPE_STEP: c_uint = 10_000;
/// Our own numbers lie above this one.
const OWN_START: c_uint = 5_000;
/// Room for libcurl's numbers; ours come behind them.
const OWN_SLOT: c_uint = 400;
const SLOTS: usize = 432;
/// No place in the table.
const NONE: u16 = u16::MAX;

/// Where in the table the option of each slot is.
static PLACES: [u16; SLOTS] = {
    let mut places = [NONE; SLOTS];
    let mut place = 0;
    while place < TABLE.len() {
        if !TABLE[place].is_old_name() {
            places[slot(TABLE[place].option as c_uint)] = place as u16;
        }
        place += 1;
    }
    places
};

const fn slot(number: c_uint) -> usize {
    let number = number % TYPE_STEP;
    if number > OWN_START {
        (number - OWN_START + OWN_SLOT) as usize
    } else {
        number as usize
    }
}

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod tests;
