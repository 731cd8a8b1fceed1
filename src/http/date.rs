//! Dates as programs and servers write them: what `curl_getdate` reads.

/// How many words and numbers are looked at.
const MAX_PARTS: usize = 6;

/// Seconds from 1970-01-01 00:00:00 UTC to the date in `text`. Day, month and year are needed, in any order that leaves no
/// doubt; weekday, time and zone are not (the zone is UTC then).
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    let mut date = Date::default();
    let mut rest = text;
    for _ in 0..MAX_PARTS {
        let skipped = rest.iter().position(u8::is_ascii_alphanumeric);
        let Some(skipped) = skipped else { break };
        let before = rest[..skipped].last().copied();
        rest = &rest[skipped..];
        rest = match rest[0] {
            b'0'..=b'9' => date.number(before, rest)?,
            _ => date.word(rest)?,
        };
    }
    date.seconds()
}

/// What is known so far.
#[derive(Default)]
struct Date {
    weekday: bool,
    day: Option<u32>,
    /// 0 to 11
    month: Option<u32>,
    year: Option<u32>,
    time: Option<Time>,
    /// minutes to add for UTC
    zone: Option<i32>,
    /// the next plain number is the year even if it could be a day
    day_passed: bool,
}

struct Time {
    hour: u32,
    minute: u32,
    second: u32,
}

impl Date {
    /// Takes a weekday, month or zone, and returns what follows it.
    fn word<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (word, rest) = text.split_at(length(text, u8::is_ascii_alphabetic));
        if !self.weekday && is_weekday(word) {
            self.weekday = true;
        } else if let (None, Some(month)) = (self.month, month(word)) {
            self.month = Some(month);
        } else if let (None, Some(zone)) = (self.zone, zone(word)) {
            self.zone = Some(zone);
        } else {
            return None;
        }
        Some(rest)
    }

    /// Takes a time, offset, day, year or `YYYYMMDD`, and returns what follows it. `before` is the byte before it.
    fn number<'a>(&mut self, before: Option<u8>, text: &'a [u8]) -> Option<&'a [u8]> {
        if self.time.is_none()
            && let Some((time, rest)) = time(text)
        {
            self.time = Some(time);
            return Some(rest);
        }
        let (digits, rest) = text.split_at(length(text, u8::is_ascii_digit));
        if digits.len() > 8 {
            return None;
        }
        let number = decimal(digits);
        let is_signed = matches!(before, Some(b'+' | b'-'));
        if self.zone.is_none() && digits.len() == 4 && number <= 1400 && is_signed {
            let minutes = (number / 100 * 60 + number % 100) as i32;
            self.zone = Some(if before == Some(b'+') { -minutes } else { minutes });
        } else if digits.len() == 8 && (self.year, self.month, self.day) == (None, None, None) {
            self.year = Some(number / 10_000);
            self.month = Some((number / 100 % 100).checked_sub(1)?);
            self.day = Some(number % 100);
        } else {
            self.day_or_year(number)?;
        }
        Some(rest)
    }

    /// The first number that can be a day is one, unless a number that can't has been seen as the year before.
    fn day_or_year(&mut self, number: u32) -> Option<()> {
        if !self.day_passed && self.day.is_none() {
            if (1..=31).contains(&number) {
                self.day = Some(number);
                return Some(());
            }
            self.day_passed = true;
        }
        if self.year.is_some() {
            return None;
        }
        self.year = Some(match number {
            0..=70 => number + 2000,
            71..=99 => number + 1900,
            _ => number,
        });
        self.day_passed = self.day.is_some();
        Some(())
    }

    /// All of it as one number, if there is enough.
    fn seconds(&self) -> Option<i64> {
        let (day, month, year) = (self.day?, self.month?, self.year?);
        // The Gregorian calendar began in 1582.
        if year < 1583 || month > 11 || day > 31 {
            return None;
        }
        let days = days_before_month(year.into(), month) + i64::from(day) - 1;
        let Time { hour, minute, second } = self.time.as_ref().unwrap_or(&Time {
            hour: 0,
            minute: 0,
            second: 0,
        });
        let minutes = (days * 24 + i64::from(*hour)) * 60 + i64::from(*minute) + i64::from(self.zone.unwrap_or(0));
        Some(minutes * 60 + i64::from(*second))
    }
}

/// A date and its time of day in UTC.
pub(crate) struct CalendarTime {
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl CalendarTime {
    /// The time this many seconds after 1970-01-01 00:00:00 UTC.
    pub(super) fn from_seconds(seconds: i64) -> CalendarTime {
        // Years begin in March, and 400 of them have 146,097 days: see `days_before_month`.
        let days = seconds.div_euclid(86_400) + DAYS_TO_1970;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        let time = seconds.rem_euclid(86_400);
        CalendarTime {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

/// Days from 1970-01-01 to the first of a month (0 to 11) in the Gregorian calendar. Years begin in March here, so that the
/// leap day comes last and months have a regular pattern of 153 days in five.
fn days_before_month(year: i64, month: u32) -> i64 {
    let year = if month < 2 { year - 1 } else { year };
    let month_from_march = i64::from((month + 10) % 12);
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 - DAYS_TO_1970
}

/// `H:M` or `H:M:S` at the start of `text`, each of one or two digits, and what follows it. 60 is a leap second.
fn time(text: &[u8]) -> Option<(Time, &[u8])> {
    let (hour, rest) = two_digits(text)?;
    let (minute, rest) = two_digits(rest.strip_prefix(b":")?)?;
    let (second, rest) = match rest.strip_prefix(b":").and_then(two_digits) {
        Some((second, rest)) => (second, rest),
        None => (0, rest),
    };
    let is_valid = hour < 24 && minute < 60 && second <= 60;
    is_valid.then_some((Time { hour, minute, second }, rest))
}

fn two_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at(length(text, u8::is_ascii_digit).min(2));
    (!digits.is_empty()).then(|| (decimal(digits), rest))
}

/// The number in a few digits.
fn decimal(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}

/// How many bytes at the start are of a kind.
fn length(text: &[u8], is_kind: impl Fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_kind(byte)).count()
}

fn is_weekday(word: &[u8]) -> bool {
    const WEEKDAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    WEEKDAYS
        .iter()
        .any(|day| word.eq_ignore_ascii_case(day.as_bytes()) || word.eq_ignore_ascii_case(&day.as_bytes()[..3]))
}

fn month(word: &[u8]) -> Option<u32> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    (0..)
        .zip(MONTHS)
        .find(|(_, name)| word.eq_ignore_ascii_case(name))
        .map(|(month, _)| month)
}

/// Minutes to add to a zone's time for UTC.
fn zone(word: &[u8]) -> Option<i32> {
    ZONES
        .iter()
        .find(|(name, _)| name.as_bytes() == word)
        .map(|(_, minutes)| *minutes)
}

/// One letter is a military zone, with the signs as in RFC 822 section 5.1.
#[rustfmt::skip]
const ZONES: &[(&str, i32)] = &[
    ("GMT", 0), ("UT", 0), ("UTC", 0), ("Z", 0), ("WET", 0),
    ("BST", -60), ("CET", -60), ("MET", -60), ("MEWT", -60), ("FWT", -60), ("WAT", 60),
    ("CEST", -120), ("MEST", -120), ("MESZ", -120), ("FST", -120), ("EET", -120),
    ("WAST", -420), ("WADT", -480), ("CCT", -480), ("JST", -540), ("EAST", -600), ("GST", -600), ("EADT", -660),
    ("NZT", -720), ("NZST", -720), ("IDLE", -720), ("NZDT", -780),
    ("ADT", 180), ("AST", 240), ("EDT", 240), ("EST", 300), ("CDT", 300), ("CST", 360), ("MDT", 360), ("MST", 420),
    ("PDT", 420), ("PST", 480), ("YDT", 480), ("YST", 540), ("HDT", 540), ("HST", 600), ("CAT", 600), ("AHST", 600),
    ("NT", 660), ("IDLW", 720),
    ("A", -60), ("B", -120), ("C", -180), ("D", -240), ("E", -300), ("F", -360), ("G", -420), ("H", -480), ("I", -540),
    ("K", -600), ("L", -660), ("M", -720),
    ("N", 60), ("O", 120), ("P", 180), ("Q", 240), ("R", 300), ("S", 360), ("T", 420), ("U", 480), ("V", 540), ("W", 600),
    ("X", 660), ("Y", 720),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_the_manual() {
        let table = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Nov  6 08:49:37 1994", 784_111_777),
            ("06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("06-Nov-94 08:49:37 GMT", 784_111_777),
            ("1994 Nov 6 08:49:37", 784_111_777),
            ("GMT 08:49:37 06-Nov-94 Sunday", 784_111_777),
            ("94 6 Nov 08:49:37", 784_111_777),
            ("1994 Nov 6", 784_080_000),
            ("06-Nov-94", 784_080_000),
            ("Sun Nov 6 94", 784_080_000),
            ("1994.Nov.6", 784_080_000),
            ("Sun/Nov/6/94/GMT", 784_080_000),
            ("Sun, 06 Nov 1994 08:49:37 CET", 784_108_177),
            ("06 Nov 1994 08:49:37 EST", 784_129_777),
            ("Sun, 12 Sep 2004 15:05:58 -0700", 1_095_026_758),
            ("Sat, 11 Sep 2004 21:32:11 +0200", 1_094_931_131),
            ("20040912 15:05:58 -0700", 1_095_026_758),
            ("20040911 +0200", 1_094_853_600),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn calendar_has_its_leap_days() {
        let table = [
            ("1 Jan 1970", 0),
            ("31 Dec 1969 23:59:58", -2),
            ("29 Feb 2000", 951_782_400),
            ("1 Mar 2000", 951_868_800),
            ("1 Mar 2100", 4_107_542_400),
            ("1 Jan 1583", -12_212_553_600),
            ("31 Dec 9999 23:59:60", 253_402_300_800),
            ("1 Jan 70", 3_155_760_000),
            ("1 Jan 71", 31_536_000),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn garbage_is_no_date() {
        let table = [
            "",
            " ",
            "Sun",
            "Nov 1994",
            "06 Nov",
            "32 32 Nov 1994",
            "20041345",
            "20040012",
            "1 Nov 1582",
            "6 Nov 1994 noon",
            "6 Nov 1994 24:00:00",
            "123456789 Nov",
            "6 Nov 1994 7",
            "\u{e4} 6 Nov",
        ];
        for text in table {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_calendar_time_is_the_date_that_it_was_made_of() {
        for (seconds, expected) in [
            (0, (1970, 1, 1, 0, 0, 0)),
            (951_782_400, (2000, 2, 29, 0, 0, 0)),
            (951_868_799, (2000, 2, 29, 23, 59, 59)),
            (4_107_542_400, (2100, 3, 1, 0, 0, 0)),
            (253_402_300_799, (9999, 12, 31, 23, 59, 59)),
            (-2, (1969, 12, 31, 23, 59, 58)),
        ] {
            let t = CalendarTime::from_seconds(seconds);
            assert_eq!((t.year, t.month, t.day, t.hour, t.minute, t.second), expected);
        }
        for day in (0..400_000).step_by(7) {
            let t = CalendarTime::from_seconds(day * 86_400);
            assert_eq!(days_before_month(t.year, (t.month - 1) as u32) + t.day - 1, day);
        }
    }
}
