//! Numbers as people read them: three digits, with a unit where it is not said elsewhere.

/// With thousands apart, and as many decimals as three digits need.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => grouped(value.round()),
        10.0.. => format!("{value:.1}"),
        0.1.. => format!("{value:.2}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.4}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

pub(super) fn or_dash(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), number)
}

/// `64 KiB`
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let texts = [1_234_567.0, 999.6, 12.345, 1.0, 0.12, 0.0123, -2500.0].map(number);
        assert_eq!(
            texts,
            ["1,234,567", "1,000", "12.3", "1.00", "0.12", "0.0123", "-2,500"]
        );
        assert_eq!([16, 65_536, 16 << 20].map(size), ["16 B", "64 KiB", "16 MiB"]);
    }
}
