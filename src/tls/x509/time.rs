//! `UTCTime` and `GeneralizedTime` in the form of RFC 5280, section 4.1.2.5, for all years.

use std::fmt;

use der::asn1::AnyRef;
use der::{Tag, Tagged};

const DAY: i64 = 24 * 60 * 60;

/// Seconds since 1970 in UTC, negative before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tls) struct Time(i64);

impl Time {
    pub(in crate::tls) fn since_1970(seconds: u64) -> Time {
        Time(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    pub(super) fn read(value: AnyRef<'_>) -> Option<Time> {
        let text = value.value().strip_suffix(b"Z")?;
        text.iter().all(u8::is_ascii_digit).then_some(())?;
        let number = |at: usize| i64::from(text[at] - b'0') * 10 + i64::from(text[at + 1] - b'0');
        let (year, rest) = match (value.tag(), text.len()) {
            // RFC 5280, section 4.1.2.5.1: two digits are 1950 to 2049.
            (Tag::UtcTime, 12) => (number(0) + if number(0) < 50 { 2000 } else { 1900 }, 2),
            (Tag::GeneralizedTime, 14) => (number(0) * 100 + number(2), 4),
            _ => return None,
        };
        let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(rest + at));
        let is_time = hour < 24 && minute < 60 && second < 60;
        let is_date = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        (is_date && is_time).then(|| Time(days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second))
    }

    /// Year, month and day, from 1 on.
    pub(in crate::tls) fn date(self) -> (i64, usize, i64) {
        let days = self.0.div_euclid(DAY);
        let mut year = 1970 + days.div_euclid(if days < 0 { 365 } else { 366 });
        while days_since_1970(year + 1, 1, 1) <= days {
            year += 1;
        }
        let (mut month, mut day) = (1, days - days_since_1970(year, 1, 1));
        while day >= days_of_month(year, month) {
            day -= days_of_month(year, month);
            month += 1;
        }
        (year, month as usize, day + 1)
    }

    /// Hour, minute and second.
    pub(in crate::tls) fn time(self) -> (i64, i64, i64) {
        let second = self.0.rem_euclid(DAY);
        (second / 3600, second / 60 % 60, second % 60)
    }
}

/// `2026-01-02 03:04:05 GMT`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 477;
    let months: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    (year - 1970) * 365 + leap_days + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: Tag, text: &str) -> Option<Time> {
        Time::read(AnyRef::new(tag, text.as_bytes()).unwrap())
    }

    #[test]
    fn dates_of_all_years_are_read_and_shown() {
        let cases = [
            (Tag::UtcTime, "700101000000Z", 0, "1970-01-01 00:00:00 GMT"),
            (Tag::UtcTime, "491231235959Z", 2_524_607_999, "2049-12-31 23:59:59 GMT"),
            (Tag::UtcTime, "500101000000Z", -631_152_000, "1950-01-01 00:00:00 GMT"),
            (Tag::UtcTime, "600229120000Z", -310_478_400, "1960-02-29 12:00:00 GMT"),
            (
                Tag::GeneralizedTime,
                "20000301000001Z",
                951_868_801,
                "2000-03-01 00:00:01 GMT",
            ),
            (
                Tag::GeneralizedTime,
                "99991231235959Z",
                253_402_300_799,
                "9999-12-31 23:59:59 GMT",
            ),
            (
                Tag::GeneralizedTime,
                "00010101000000Z",
                -62_135_596_800,
                "0001-01-01 00:00:00 GMT",
            ),
        ];
        for (tag, text, seconds, shown) in cases {
            let time = read(tag, text).unwrap();
            assert_eq!((time.0, &time.to_string()[..]), (seconds, shown));
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let utc = [
            "7001010000Z",
            "700101000000",
            "700101000000+0100",
            "701301000000Z",
            "700001000000Z",
            "700100000000Z",
            "700132000000Z",
            "700229000000Z",
            "700101240000Z",
            "700101006000Z",
            "700101000060Z",
            "70010100000xZ",
            "19700101000000Z",
            "",
        ];
        for text in utc {
            assert_eq!(read(Tag::UtcTime, text), None, "{text}");
        }
        for text in ["700101000000Z", "19000229000000Z", "19700101000000.5Z"] {
            assert_eq!(read(Tag::GeneralizedTime, text), None, "{text}");
        }
        assert_eq!(read(Tag::Utf8String, "700101000000Z"), None);
    }
}
