//! The application's permission to send the request (`CURLOPT_PREREQFUNCTION`).

use super::failure;
use super::phase::{Phase, Question, Step, Work};
use crate::transport::Stream;

/// The phase that asks for it.
pub(super) struct AskingPermission {
    stream: Box<Stream>,
    answer: Option<bool>,
}

impl AskingPermission {
    pub(super) fn new(stream: Box<Stream>) -> AskingPermission {
        AskingPermission { stream, answer: None }
    }

    pub(super) fn step(self, work: &mut Work<'_>) -> Phase<AskingPermission, Box<Stream>> {
        match self.answer {
            None if work.context.wanted.permission => Phase::Pending(self, Step::Ask(Question::Permission)),
            None | Some(true) => Phase::Done(self.stream),
            Some(false) => {
                work.discard(*self.stream);
                Phase::Failed(failure::not_permitted())
            }
        }
    }

    /// The answer to [`Question::Permission`].
    pub(super) fn permit(&mut self, permitted: bool) {
        self.answer = Some(permitted);
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn into_stream(self) -> Box<Stream> {
        self.stream
    }
}
