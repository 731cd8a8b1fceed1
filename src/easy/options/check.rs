//! The checks of an argument that several options share, with libcurl's codes.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};
use crate::types::codes::CURLcode::*;
use crate::types::option::CURLoption;

/// The longest span, some 292,000 years: what a signed 64-bit number of microseconds can say
const LONGEST_MS: u64 = i64::MAX as u64 / 1000;

/// The argument when it is in `range`, else `CURLE_BAD_FUNCTION_ARGUMENT`.
pub(super) fn within(option: CURLoption, number: i64, range: RangeInclusive<i64>) -> Result<i64> {
    if range.contains(&number) {
        return Ok(number);
    }
    let (low, high) = (range.start(), range.end());
    Err(bad_argument(
        option,
        &match *high {
            i64::MAX => format!("{number} is less than {low}"),
            _ => format!("{number} is not within {low} to {high}"),
        },
    ))
}

/// The argument brought into `range`; a negative one is refused.
pub(super) fn clamped(option: CURLoption, number: i64, range: RangeInclusive<i64>) -> Result<i64> {
    not_negative(option, number).map(|_| number.clamp(*range.start(), *range.end()))
}

/// The argument when it is 0 or more.
pub(super) fn not_negative(option: CURLoption, number: i64) -> Result<u64> {
    within(option, number, 0..=i64::MAX).map(|number| number as u64)
}

/// A span of seconds as milliseconds.
pub(super) fn seconds(option: CURLoption, number: i64) -> Result<u64> {
    not_negative(option, number).map(|seconds| seconds.saturating_mul(1000).min(LONGEST_MS))
}

/// A span of milliseconds.
pub(super) fn milliseconds(option: CURLoption, number: i64) -> Result<u64> {
    not_negative(option, number).map(|span| span.min(LONGEST_MS))
}

/// `CURLE_BAD_FUNCTION_ARGUMENT` for an option.
pub(super) fn bad_argument(option: CURLoption, what: &str) -> Error {
    Error::new(CURLE_BAD_FUNCTION_ARGUMENT, format!("{option:?}: {what}"))
}

/// `CURLE_NOT_BUILT_IN` for an option.
pub(super) fn not_built_in(option: CURLoption, why: &str) -> Error {
    Error::new(
        CURLE_NOT_BUILT_IN,
        format!("{option:?} is not built in with this value: {why}"),
    )
}

/// The answer to an argument of another type than the option's. The decoder never makes one.
pub(super) fn wrong_type(option: CURLoption) -> Error {
    bad_argument(option, "the argument has another type")
}
