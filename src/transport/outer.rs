//! TLS with an HTTPS proxy, as the outer layer of TLS with the server: what the inner session has to send is encrypted once more,
//! and the inner session's records come out of the outer session's.

use super::error::Result;
use super::fill::Fill;
use crate::io::Buffer;
use crate::tls::{Plain, Progress, Session};

/// The outer session and the bytes on their way through it.
pub(super) struct Outer {
    tls: Box<Session>,
    /// received, of the outer session
    records: Buffer,
    /// the session may hold data without records
    may_hold_data: bool,
    /// records of the inner session, to be encrypted
    staged: Buffer,
}

impl Outer {
    /// The session, which is established, with its `records` that have come.
    pub(super) fn new(tls: Box<Session>, records: Buffer, may_hold_data: bool) -> Outer {
        Outer {
            tls,
            records,
            may_hold_data,
            staged: Buffer::default(),
        }
    }

    /// Appends what the proxy sends on to `inner`. `receive` reads from the socket, once, and is called when the records that are
    /// here do not suffice.
    pub(super) fn receive(
        &mut self,
        inner: &mut Buffer,
        outgoing: &mut Buffer,
        mut receive: impl FnMut(&mut Buffer) -> Result<Fill>,
    ) -> Result<Fill> {
        loop {
            if !self.records.is_empty() || std::mem::take(&mut self.may_hold_data) {
                let mut plain = Plain::into(inner.room());
                let step = self.tls.decrypt(self.records.bytes_mut(), &mut plain, outgoing.room());
                self.records.consume(step.discard);
                inner.drop_if_empty();
                outgoing.drop_if_empty();
                match step.state? {
                    Progress::Data => return Ok(Fill::Data),
                    Progress::NeedMore => {}
                    Progress::Closed => return Ok(Fill::End),
                }
            }
            match receive(&mut self.records)? {
                Fill::Data => {}
                Fill::Blocked => return Ok(Fill::Blocked),
                Fill::End => return Err(self.tls.unexpected_eof().into()),
            }
        }
    }

    /// Encrypts what is staged.
    pub(super) fn wrap(&mut self, outgoing: &mut Buffer) -> Result<()> {
        if self.staged.is_empty() {
            self.staged.drop_if_empty();
            return Ok(());
        }
        let encrypted = self.tls.encrypt(self.staged.bytes(), outgoing.room());
        self.staged.clear();
        Ok(encrypted?)
    }

    /// Tells the proxy that nothing follows.
    pub(super) fn close_notify(&mut self, outgoing: &mut Buffer) {
        self.tls.close_notify(outgoing.room());
    }
}

/// Where the session that speaks with the server puts what it has to send: on its way to the socket, or into the outer session.
#[inline]
pub(super) fn sink<'a>(outer: &'a mut Option<Box<Outer>>, outgoing: &'a mut Buffer) -> &'a mut Vec<u8> {
    match outer {
        None => outgoing.room(),
        Some(outer) => outer.staged.room(),
    }
}
