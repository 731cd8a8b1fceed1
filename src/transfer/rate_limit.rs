//! `CURLOPT_MAX_RECV_SPEED_LARGE` and `CURLOPT_MAX_SEND_SPEED_LARGE`: how many bytes callbacks may get or give in a second.
//!
//! A limit is an average: a second's worth of bytes can move at once, as in libcurl, and the transfer then waits for more.

use std::time::{Duration, Instant};

/// Bytes a second; nothing for no limit.
#[derive(Debug)]
pub(super) struct RateLimit(Option<Box<Bucket>>);

/// Where a token bucket of bytes stands.
#[derive(Debug)]
struct Bucket {
    /// bytes a second
    rate: u64,
    /// bytes that may move now, at most a second's worth
    tokens: u64,
    /// when the tokens were counted last, `None` before the start
    counted: Option<Instant>,
    /// nothing moves before
    blocked_until: Option<Instant>,
}

/// Fewer bytes than those of this many to a second are waited for, so that slow limits don't make tiny pieces.
const PIECES_PER_SECOND: u64 = 10;

impl RateLimit {
    /// At most `rate` bytes a second; 0 is no limit.
    pub(super) fn new(rate: u64) -> RateLimit {
        let bucket = Bucket {
            rate,
            tokens: rate,
            counted: None,
            blocked_until: None,
        };
        RateLimit((rate > 0).then(|| Box::new(bucket)))
    }

    #[inline]
    pub(super) fn is_unlimited(&self) -> bool {
        self.0.is_none()
    }

    /// How many bytes may move now; 0 is none before [`RateLimit::blocked_until`].
    #[inline]
    pub(super) fn available(&mut self, now: Instant) -> usize {
        match &mut self.0 {
            None => usize::MAX,
            Some(bucket) => bucket.refill(now),
        }
    }

    /// Bytes have moved.
    #[inline]
    pub(super) fn take(&mut self, count: usize) {
        if let Some(bucket) = &mut self.0 {
            bucket.tokens = bucket.tokens.saturating_sub(count as u64);
        }
    }

    /// Until when nothing moves, if [`RateLimit::available`] was 0.
    #[inline]
    pub(super) fn blocked_until(&self) -> Option<Instant> {
        self.0.as_ref()?.blocked_until
    }
}

impl Bucket {
    fn refill(&mut self, now: Instant) -> usize {
        let counted = *self.counted.get_or_insert(now);
        let elapsed = now.saturating_duration_since(counted);
        let gained = (u128::from(self.rate) * elapsed.as_nanos() / NANOS) as u64;
        if gained > 0 {
            self.tokens = self.tokens.saturating_add(gained).min(self.rate);
            // Not `now`, so that fractions of a byte are not lost.
            self.counted = Some(counted + self.time_for(gained).min(elapsed));
        }
        let wanted = (self.rate / PIECES_PER_SECOND).max(1);
        if self.tokens >= wanted {
            self.blocked_until = None;
            return usize::try_from(self.tokens).unwrap_or(usize::MAX);
        }
        let missing = self.time_for(wanted - self.tokens);
        self.blocked_until = self.counted.map(|counted| counted + missing);
        0
    }

    /// How long so many bytes take, rounded up.
    fn time_for(&self, bytes: u64) -> Duration {
        let nanos = (u128::from(bytes) * NANOS).div_ceil(u128::from(self.rate));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves `total` bytes as fast as the limit lets them, at most `piece` at once: how long that takes, and how many
    /// pieces it makes.
    fn move_bytes(rate: u64, total: u64, piece: usize) -> (Duration, u32) {
        let mut limit = RateLimit::new(rate);
        let start = Instant::now();
        let (mut now, mut left, mut pieces) = (start, total, 0);
        while left > 0 {
            let count = limit.available(now).min(piece).min(left as usize);
            if count == 0 {
                let until = limit.blocked_until().unwrap();
                assert!(until > now);
                now = until;
                continue;
            }
            limit.take(count);
            left -= count as u64;
            pieces += 1;
        }
        (now - start, pieces)
    }

    #[test]
    fn after_the_first_second_bytes_move_at_the_rate() {
        for (rate, total, seconds) in [
            (1000, 1000, 0),
            (1000, 5000, 4),
            (10, 30, 2),
            (1, 4, 3),
            (1 << 40, 3 << 40, 2),
        ] {
            let (took, _) = move_bytes(rate, total, usize::MAX);
            let wanted = Duration::from_secs(seconds);
            assert!(
                took >= wanted.saturating_sub(Duration::from_millis(200)),
                "{rate}: {took:?}"
            );
            assert!(took <= wanted + Duration::from_millis(110), "{rate}: {took:?}");
        }
    }

    #[test]
    fn pieces_are_not_tiny() {
        let (_, pieces) = move_bytes(1000, 3000, 1 << 14);
        assert!(pieces <= 21, "{pieces}");
    }

    #[test]
    fn an_idle_second_is_not_saved_up() {
        let mut limit = RateLimit::new(1000);
        let start = Instant::now();
        assert_eq!(limit.available(start), 1000);
        limit.take(500);
        assert_eq!(limit.available(start + Duration::from_secs(60)), 1000);
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut limit = RateLimit::new(0);
        limit.take(1 << 40);
        assert_eq!(limit.available(Instant::now()), usize::MAX);
        assert_eq!(limit.blocked_until(), None);
    }
}
