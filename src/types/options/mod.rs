//! The options of `curl_easy_setopt`. All that is known of one is in its row of [`TABLE`]: setopt's decoding, the
//! introspection functions, messages, `docs/options.md` and the tests take it from there.

mod row;
mod table;

use std::ffi::c_uint;
use std::fmt;

pub(crate) use row::{Group, Row, Support};
use row::{OWN_START, TYPE_STEP};
pub(crate) use table::TABLE;

use super::option::CURLoption;

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
