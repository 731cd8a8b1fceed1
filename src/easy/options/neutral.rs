//! The values that ask for nothing.

use super::value::Value;
use crate::types::option::CURLoption::{self, *};

/// Whether a refused option's `value` asks for nothing: NULL or 0, and what else means the same.
pub(super) fn is_neutral(option: CURLoption, value: &Value) -> bool {
    match (option, value) {
        (CURLOPT_SSLENGINE, Value::String(Some(text))) => text.is_empty(),
        (CURLOPT_ECH, Value::String(Some(text))) => text.as_bytes() == b"false",
        _ => value.is_null(),
    }
}
