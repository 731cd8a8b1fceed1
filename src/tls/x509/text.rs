//! Text of certificates in messages.

/// The peer chose this text: no control character of it may reach a terminal.
pub(in crate::tls) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
