//! What verbose output will show, noted while the transfer runs and handed out with no borrow held.

use std::collections::VecDeque;

use crate::types::structs::curl_infotype;

/// A queue of notes; empty and free of charge unless enabled.
#[derive(Debug, Default)]
pub struct Log {
    enabled: bool,
    notes: VecDeque<Note>,
}

/// One call of the debug callback, or one line of verbose output.
#[derive(Debug, PartialEq, Eq)]
pub struct Note {
    /// what the bytes are
    pub kind: curl_infotype,
    /// text ends with a newline
    pub bytes: Vec<u8>,
}

impl Log {
    /// Notes are kept.
    #[inline]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// There is no note.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// A log that keeps notes if `enabled` (`CURLOPT_VERBOSE`).
    pub fn new(enabled: bool) -> Log {
        Log {
            enabled,
            notes: VecDeque::new(),
        }
    }

    /// `CURLOPT_VERBOSE` was changed.
    pub fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// Notes a line; `line` is called only if somebody will see it.
    pub fn text(&mut self, line: impl FnOnce() -> String) {
        if self.enabled {
            let mut bytes = line().into_bytes();
            bytes.push(b'\n');
            self.notes.push_back(Note {
                kind: curl_infotype::CURLINFO_TEXT,
                bytes,
            });
        }
    }

    /// Notes bytes that were sent or received.
    pub fn data(&mut self, kind: curl_infotype, bytes: &[u8]) {
        if self.enabled {
            self.notes.push_back(Note {
                kind,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// The oldest note, taken out.
    pub fn pop(&mut self) -> Option<Note> {
        self.notes.pop_front()
    }

    /// Appends a note.
    pub fn push(&mut self, note: Note) {
        self.notes.push_back(note);
    }
}
