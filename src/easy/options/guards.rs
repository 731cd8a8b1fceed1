//! Options that guard the connection or decide where it goes. Many programs ignore the result of `curl_easy_setopt`;
//! with such an option refused they would connect without the guard that they asked for. So the refusal is kept until the
//! option is set to a value that is accepted, and fails every transfer before it begins.

use crate::error::{Error, Result};
use crate::types::codes::CURLcode::CURLE_NOT_BUILT_IN;
use crate::types::option::CURLoption;

/// The guards that were refused and not set back, the first one in front.
#[derive(Debug, Clone, Default)]
pub(super) struct RefusedGuards(Vec<(CURLoption, Error)>);

impl RefusedGuards {
    /// Takes in what setting a guard came to. A value that is no value of the option changes nothing.
    pub(super) fn update(&mut self, guard: CURLoption, result: &Result<()>) {
        match result {
            Ok(()) => self.0.retain(|(refused, _)| *refused != guard),
            Err(error) if error.code() == CURLE_NOT_BUILT_IN => {
                self.0.retain(|(refused, _)| *refused != guard);
                self.0.push((guard, error.clone()));
            }
            Err(_) => {}
        }
    }

    /// The first refusal, as `curl_easy_setopt` reported it.
    pub(super) fn check(&self) -> Result<()> {
        match self.0.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }
}
