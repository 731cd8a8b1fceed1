//! What is asked before a connection is used: the application's permission (`CURLOPT_PREREQFUNCTION`), and, where a request is
//! written, the cookie engine's cookies.

use super::failure;
use super::phase::{Phase, Question, Step, Work};
use super::plan::Target;
use super::remember;
use crate::http::cookies::Sent;
use crate::transport::Stream;

/// The phase that asks.
pub(super) struct AskingPermission {
    stream: Box<Stream>,
    permitted: Option<bool>,
    cookies: Option<Sent>,
}

/// The stream may be used.
pub(super) struct Permitted {
    pub(super) stream: Box<Stream>,
    /// those of the cookie engine
    pub(super) cookies: Sent,
}

impl AskingPermission {
    pub(super) fn new(stream: Box<Stream>) -> AskingPermission {
        AskingPermission {
            stream,
            permitted: None,
            cookies: None,
        }
    }

    pub(super) fn step(self, work: &mut Work<'_>) -> Phase<AskingPermission, Permitted> {
        let wanted = work.context.wanted;
        let wants_cookies = wanted.remembered.cookies && matches!(work.plan.target, Target::Upgrade { .. });
        match self.permitted {
            None if wanted.permission => Phase::Pending(self, Step::Ask(Question::Permission)),
            Some(false) => {
                work.discard(*self.stream);
                Phase::Failed(failure::not_permitted())
            }
            None | Some(true) if wants_cookies && self.cookies.is_none() => {
                let origin = remember::origin(work.plan);
                Phase::Pending(self, Step::Ask(Question::Cookies(Box::new(origin))))
            }
            None | Some(true) => Phase::Done(Permitted {
                stream: self.stream,
                cookies: self.cookies.unwrap_or_default(),
            }),
        }
    }

    /// The answer to [`Question::Permission`].
    pub(super) fn permit(&mut self, permitted: bool) {
        self.permitted = Some(permitted);
    }

    /// The answer to [`Question::Cookies`].
    pub(super) fn send_cookies(&mut self, cookies: Sent) {
        self.cookies = Some(cookies);
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn into_stream(self) -> Box<Stream> {
        self.stream
    }
}
