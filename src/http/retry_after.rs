//! How long a server asks to wait: `Retry-After` (RFC 9110 section 10.2.3).

use std::time::{SystemTime, UNIX_EPOCH};

use super::date;
use super::text::leading_number;

/// libcurl's limit, in seconds.
const MAX: i64 = 6 * 60 * 60;

/// Seconds from `now`; 0 for a date that has passed and for what is neither a date nor a number.
pub(crate) fn seconds(value: &[u8], now: SystemTime) -> i64 {
    let seconds = match date::parse(value) {
        Some(date) => {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            date.saturating_sub_unsigned(now)
        }
        None => leading_number(value).unwrap_or(0),
    };
    seconds.clamp(0, MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn numbers_and_dates() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, wanted) in [
            ("0", 0),
            ("120", 120),
            ("7 or so", 7),
            ("21600", MAX),
            ("21601", MAX),
            ("99999999999999999999999", MAX),
            ("-1", 0),
            ("soon", 0),
            ("", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
            ("Sunday, 06-Nov-94 08:51:37 GMT", 120),
            ("Sat, 05 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 2044 08:49:37 GMT", MAX),
            ("01 Jan 1960", 0),
        ] {
            assert_eq!(seconds(value.as_bytes(), now), wanted, "{value}");
        }
    }
}
