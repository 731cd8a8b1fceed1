//! What the lists have in common.

use crate::tls::error::TlsError;

/// The items of a list.
pub(super) fn items<'a>(list: &'a [u8], separators: &'static [u8]) -> impl Iterator<Item = &'a str> {
    let items = list.split(move |byte| separators.contains(byte));
    // What is not UTF-8 is no name, and a name with this character neither.
    items
        .map(|item| std::str::from_utf8(item).unwrap_or("\u{fffd}"))
        .filter(|item| !item.is_empty())
}

pub(super) fn unknown(option: &str, name: &str) -> TlsError {
    TlsError::Algorithms(format!("{option}: unknown name \"{}\"", name.escape_default()))
}

pub(super) fn nothing_left(option: &str, list: &[u8], supported: impl Iterator<Item = String>) -> TlsError {
    let supported: Vec<_> = supported.collect();
    TlsError::Algorithms(format!(
        "{option}: nothing in \"{}\" is supported here; supported are {}",
        list.escape_ascii(),
        supported.join(", ")
    ))
}

pub(super) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}
