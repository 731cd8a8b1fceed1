//! Labels of internationalised names back to Unicode (RFC 3492 section 6.2).

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
/// Longest label of a DNS name.
const MAX_LABEL: usize = 63;

/// `name` with its `xn--` labels in Unicode. A label that is none stays as it is.
pub(super) fn to_unicode(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for (index, label) in name.split(|&byte| byte == b'.').enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        match label.strip_prefix(b"xn--").and_then(decode) {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(label),
        }
    }
    out
}

fn decode(label: &[u8]) -> Option<String> {
    if label.len() > MAX_LABEL || !label.is_ascii() {
        return None;
    }
    let (basic, extended) = match memchr::memrchr(b'-', label) {
        Some(dash) => (&label[..dash], &label[dash + 1..]),
        None => (&label[..0], label),
    };
    let mut output: Vec<char> = basic.iter().copied().map(char::from).collect();
    let (mut code, mut bias, mut index) = (128u32, 72, 0u32);
    let mut digits = extended.iter();
    while !digits.as_slice().is_empty() {
        let old_index = index;
        let (mut weight, mut k) = (1u32, BASE);
        loop {
            let digit = digit(*digits.next()?)?;
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let count = output.len() as u32 + 1;
        bias = adapt(index - old_index, count, old_index == 0);
        code = code.checked_add(index / count)?;
        index %= count;
        output.insert(index as usize, char::from_u32(code)?);
        index += 1;
    }
    Some(output.into_iter().collect())
}

fn digit(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

fn adapt(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3492 section 7.1 and names of the list.
    #[test]
    fn labels_become_unicode() {
        for (name, expected) in [
            ("example.com", "example.com"),
            ("xn--bcher-kva.example", "b\u{fc}cher.example"),
            (
                "xn--ihqwcrb4cv8a8dqg056pqjye",
                "\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}",
            ),
            ("xn--55qx5d.cn", "\u{516c}\u{53f8}.cn"),
            ("xn--p1ai", "\u{440}\u{444}"),
            // not Punycode
            ("xn--\u{e4}", "xn--\u{e4}"),
            ("xn--99999999999", "xn--99999999999"),
            ("xn--a_", "xn--a_"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(to_unicode(name.as_bytes())).unwrap(), expected);
        }
    }
}
