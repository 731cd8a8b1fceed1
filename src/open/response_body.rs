//! The body of a response that is no upgrade: its start is shown, or all of it is passed over.

use std::time::{Duration, Instant};

use super::failure;
use super::phase::Work;
use crate::error::Error;
use crate::http::body::BodyStart;
use crate::http::refusal;
use crate::http::response::ResponseHead;
use crate::http::unread::UnreadBody;
use crate::transport::{Fill, Stream};

/// How long the body of a refusal may take that is to be shown in the error text.
const REFUSAL_TIMEOUT: Duration = Duration::from_millis(250);

/// How long the body of a response may take that another round on the same connection follows.
const UNWANTED_TIMEOUT: Duration = Duration::from_secs(1);

/// The body of a response that no round follows.
pub(super) struct RefusalBody {
    start: BodyStart,
    /// `None` once the application has paused: what has come by then is all that is shown
    deadline: Option<Instant>,
}

/// The body of a response that another round follows.
pub(super) struct UnwantedBody {
    /// `None` when the connection can't be used any more
    rest: Option<UnreadBody>,
    /// when the rest has taken too long
    deadline: Instant,
}

impl RefusalBody {
    pub(super) fn new(head: &ResponseHead, now: Instant) -> RefusalBody {
        RefusalBody {
            start: BodyStart::new(head),
            deadline: Some(now + REFUSAL_TIMEOUT),
        }
    }

    /// When it is read no further.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Reads on. `None`: more is to come; else the error that tells of the refusal.
    pub(super) fn read(&mut self, stream: &mut Stream, head: &ResponseHead, work: &Work<'_>) -> Option<Error> {
        if work.paused {
            self.deadline = None;
            return None;
        }
        while self.start.wants_more() {
            let available = stream.available();
            if available.is_empty() {
                match stream.fill() {
                    Fill::Data => continue,
                    Fill::Blocked if self.deadline.is_some_and(|until| work.now < until) => {
                        return stream.settle_all().err().map(Error::from);
                    }
                    _ => break,
                }
            }
            let count = self.start.feed(available);
            stream.consume(count);
        }
        Some(failure::refused(refusal::describe(head, &self.start)))
    }
}

impl UnwantedBody {
    pub(super) fn new(rest: Option<UnreadBody>, now: Instant) -> UnwantedBody {
        UnwantedBody {
            rest,
            deadline: now + UNWANTED_TIMEOUT,
        }
    }

    /// When the connection is given up.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Reads on. `None`: more is to come; else whether the connection can be used for another request. What goes wrong here costs
    /// the connection and not the transfer.
    pub(super) fn read(&mut self, stream: &mut Stream, work: &Work<'_>) -> Option<bool> {
        let Some(rest) = &mut self.rest else {
            return Some(false);
        };
        loop {
            let available = stream.available();
            if rest.is_over() {
                // More bytes would be a response that nobody has asked for.
                return Some(available.is_empty() && stream.settle_all().is_ok());
            }
            if available.is_empty() {
                match stream.fill() {
                    Fill::Data => continue,
                    Fill::Blocked if work.now < self.deadline && stream.settle_all().is_ok() => return None,
                    _ => return Some(false),
                }
            }
            match rest.feed(available) {
                Some(count) => stream.consume(count),
                None => return Some(false),
            }
        }
    }
}
