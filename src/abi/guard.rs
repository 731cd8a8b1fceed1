//! The wall between Rust's panics and C.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs an entry point's `body`; if it panics, the C caller gets `fallback` instead of an unwinding stack, which would be
/// undefined behaviour in C frames. State behind a handle stays usable: cells that were borrowed are given back as the
/// stack unwinds, hence `AssertUnwindSafe`.
pub(crate) fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_of_the_body_passes() {
        assert_eq!(guard(0, || 7), 7);
    }

    #[test]
    fn a_panic_becomes_the_fallback() {
        assert_eq!(guard(43, || panic!("a bug")), 43);
    }
}
