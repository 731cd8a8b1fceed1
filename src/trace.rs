//! What verbose output will show, noted while a transfer runs and handed out with no borrow held.

use std::collections::VecDeque;

use crate::types::structs::curl_infotype;

/// A queue of trace lines. While disabled it takes none and costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    enabled: bool,
    lines: VecDeque<TraceLine>,
}

/// One call of the debug callback, or one line of verbose output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TraceLine {
    /// what the bytes are
    pub(crate) kind: curl_infotype,
    /// text ends with a newline
    pub(crate) bytes: Vec<u8>,
}

impl Trace {
    /// Takes lines if `enabled` (`CURLOPT_VERBOSE`).
    pub(crate) fn new(enabled: bool) -> Trace {
        Trace {
            enabled,
            lines: VecDeque::new(),
        }
    }

    /// There is no line.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// `CURLOPT_VERBOSE` was changed.
    pub(crate) fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// Whether lines are taken.
    #[inline]
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Notes a line; `line` is called only if somebody will see it.
    pub(crate) fn text(&mut self, line: impl FnOnce() -> String) {
        if self.enabled {
            let mut bytes = line().into_bytes();
            bytes.push(b'\n');
            self.lines.push_back(TraceLine {
                kind: curl_infotype::CURLINFO_TEXT,
                bytes,
            });
        }
    }

    /// Notes bytes that were sent or received.
    pub(crate) fn data(&mut self, kind: curl_infotype, bytes: &[u8]) {
        if self.enabled {
            self.lines.push_back(TraceLine {
                kind,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// Takes out the oldest line.
    pub(crate) fn pop(&mut self) -> Option<TraceLine> {
        self.lines.pop_front()
    }

    /// Appends a line.
    pub(crate) fn push(&mut self, line: TraceLine) {
        self.lines.push_back(line);
    }
}
