//! The values that ask for nothing.

use super::value::Value;
use crate::types::hsts::CURLHSTS_ENABLE;
use crate::types::option::CURLoption::{self, *};

/// Whether a refused option's `value` asks for nothing: NULL or 0, and what else means the same.
pub(super) fn is_neutral(option: CURLoption, value: &Value) -> bool {
    match (option, value) {
        (CURLOPT_PROXY | CURLOPT_PRE_PROXY | CURLOPT_SSLENGINE, Value::String(Some(text))) => text.is_empty(),
        (CURLOPT_ECH, Value::String(Some(text))) => text.as_bytes() == b"false",
        (CURLOPT_COOKIELIST, Value::String(Some(text))) => {
            let commands: [&[u8]; 4] = [b"ALL", b"SESS", b"FLUSH", b"RELOAD"];
            commands
                .iter()
                .any(|command| text.as_bytes().eq_ignore_ascii_case(command))
        }
        (CURLOPT_HSTS_CTRL, Value::Number(bits)) => bits & CURLHSTS_ENABLE == 0,
        _ => value.is_null(),
    }
}
