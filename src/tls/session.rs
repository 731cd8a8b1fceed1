//! One TLS connection. The caller owns the bytes: it reads records into a buffer of its own, hands that in, and sends
//! what was appended to another.
//!
//! This file alone knows rustls's *unbuffered* API, which rustls 0.24 will not have any more. The buffered one of 0.23
//! (`read_tls`, `process_new_packets`, `reader`) copies as often, but it asks the socket for one record at a time, and a
//! connection that is idle keeps its buffer.

use std::sync::Arc;

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic};

use super::certinfo;
use super::context::Context;
use super::details::Details;
use super::error::{self, TlsError};
use super::server_name::server_name;

/// The most plaintext in one record (RFC 8446, section 5.1).
pub(crate) const MAX_RECORD: usize = 16 * 1024;

/// Enough for what any cipher suite adds to a record: header, explicit nonce, content type, tag.
const RECORD_OVERHEAD: usize = 32;

const RECORD_HEADER: usize = 5;

/// What [`Session::handshake`] did.
#[derive(Debug)]
#[must_use]
pub(crate) struct Handshake {
    /// Number of bytes at the front of `incoming` that are used up.
    pub(crate) discard: usize,
    /// Whether the handshake is done; `false` asks for more bytes from the server.
    pub(crate) state: Result<bool, TlsError>,
}

/// What [`Session::decrypt`] did.
#[derive(Debug)]
#[must_use]
pub(crate) struct Decrypted {
    /// Number of bytes at the front of `incoming` that are used up.
    pub(crate) discard: usize,
    /// How far it came.
    pub(crate) state: Result<Progress, TlsError>,
}

/// How far [`Session::decrypt`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The plaintext of one record was appended. There may be more in `incoming`.
    Data,
    /// `incoming` holds no whole record any more.
    NeedMore,
    /// The server said that nothing follows (close_notify).
    Closed,
}

/// The client's end of one TLS connection.
///
/// `incoming` is always the caller's buffer from the first byte that was not yet used up: records are decrypted in
/// place, and a message that spans records stays there until it is whole, so bytes that were not discarded must be
/// handed in again unchanged, with what has arrived since behind them. That never needs more than 128 KiB.
///
/// An error ends the session: every later call gives the same again.
pub(crate) struct Session {
    tls: UnbufferedClientConnection,
    context: Context,
    host: String,
    name: ServerName<'static>,
    /// Data that came right behind the handshake, for the first `decrypt`.
    held: Vec<u8>,
    /// A copy of what rustls keeps in the caller's buffer of a handshake message that is not whole yet: it wants to see
    /// that also when it only encrypts.
    fragment: Vec<u8>,
    done: bool,
    peer_closed: bool,
    failure: Option<TlsError>,
    refusal_number: i64,
    /// The certificates that were refused; rustls does not keep them.
    refused: Vec<CertificateDer<'static>>,
}

impl Session {
    /// A session for `host`: a DNS name, with or without the final dot, or an IP address literal (then without SNI).
    pub(crate) fn new(context: &Context, host: &str) -> Result<Session, TlsError> {
        let (name, is_sent) = server_name(host)?;
        let mut config = context.config();
        if !is_sent {
            Arc::make_mut(&mut config).enable_sni = false;
        }
        let tls = UnbufferedClientConnection::new(config, name.clone())
            .map_err(|error| TlsError::in_handshake(&error, host))?;
        Ok(Session {
            tls,
            context: context.clone(),
            host: host.to_owned(),
            name,
            held: Vec::new(),
            fragment: Vec::new(),
            done: false,
            peer_closed: false,
            failure: None,
            refusal_number: 0,
            refused: Vec::new(),
        })
    }

    /// Goes on with the handshake as far as `incoming` allows. Call it first with nothing, then whenever bytes arrive.
    /// What it appends to `outgoing` must be sent in any case: with an error, that is the alert.
    pub(crate) fn handshake(&mut self, incoming: &mut [u8], outgoing: &mut Vec<u8>) -> Handshake {
        let mut discard = 0;
        if let Some(error) = &self.failure {
            let state = Err(error.clone());
            return Handshake { discard, state };
        }
        let state = loop {
            self.done = !self.tls.is_handshaking() && !self.tls.wants_write();
            if self.done {
                break Ok(true);
            }
            let rest = &mut incoming[discard..];
            let is_not_tls = self.tls.protocol_version().is_none() && error::is_not_tls(rest);
            let (used, step) = step(&mut self.tls, rest, &mut Plain::into(&mut self.held), outgoing);
            match step {
                Ok(Step::Idle) => {
                    discard += used;
                    if self.tls.is_handshaking() {
                        break Ok(false);
                    }
                    self.keep_fragment(&incoming[discard..]);
                }
                Ok(Step::Closed) => {
                    break Err(self.fail(self.unexpected_eof()));
                }
                Ok(_) => discard += used,
                Err(error) => {
                    let error = self.handshake_error(&error, is_not_tls, &incoming[discard..]);
                    discard += used;
                    break Err(self.fail(error));
                }
            }
        };
        Handshake { discard, state }
    }

    /// Decrypts up to and with the next record of data in `incoming` and puts its plaintext, at most 16 KiB, into
    /// `plain`. Everything else that comes before it (session tickets, key updates) is dealt with. Anything appended to
    /// `outgoing` must be sent.
    pub(crate) fn decrypt(&mut self, incoming: &mut [u8], plain: &mut Plain<'_>, outgoing: &mut Vec<u8>) -> Decrypted {
        let mut discard = 0;
        if let Some(error) = &self.failure {
            let state = Err(error.clone());
            return Decrypted { discard, state };
        }
        if !self.held.is_empty() {
            plain.put(&std::mem::take(&mut self.held));
            let state = Ok(Progress::Data);
            return Decrypted { discard, state };
        }
        let state = loop {
            if self.peer_closed {
                // Whatever follows close_notify is to be ignored (RFC 8446, section 6.1).
                discard = incoming.len();
                break Ok(Progress::Closed);
            }
            let (used, step) = step(&mut self.tls, &mut incoming[discard..], plain, outgoing);
            discard += used;
            match step {
                Ok(Step::Sent) => {}
                Ok(Step::Plain) => {
                    self.fragment = Vec::new();
                    break Ok(Progress::Data);
                }
                Ok(Step::Idle) => {
                    self.keep_fragment(&incoming[discard..]);
                    break Ok(Progress::NeedMore);
                }
                Ok(Step::Closed) => self.peer_closed = true,
                Err(error) => break Err(self.fail(TlsError::on_open_connection(&error, &self.host))),
            }
        };
        Decrypted { discard, state }
    }

    /// Encrypts all of `data` into records appended to `outgoing`. That fails before the end of the handshake, after a
    /// failure, and when the keys are used up (TLS 1.2, after some terabytes).
    pub(crate) fn encrypt(&mut self, data: &[u8], outgoing: &mut Vec<u8>) -> Result<(), TlsError> {
        outgoing.reserve(data.len() + data.len().div_ceil(MAX_RECORD) * RECORD_OVERHEAD);
        let mut writer = self.writer(outgoing)?;
        for record in data.chunks(MAX_RECORD) {
            // One record at a time, so that the room made for it is still in the cache when it is filled.
            append_encrypted(outgoing, record.len() + RECORD_OVERHEAD, |room| {
                writer.encrypt(record, room)
            })?;
        }
        Ok(())
    }

    /// Appends the alert that tells the server that nothing more will be sent. Does nothing before the end of the
    /// handshake or after a failure.
    pub(crate) fn close_notify(&mut self, outgoing: &mut Vec<u8>) {
        if let Ok(mut writer) = self.writer(outgoing) {
            // Without keys to encrypt it there is no alert; closing goes on all the same.
            let _ = append_encrypted(outgoing, RECORD_OVERHEAD, |room| writer.queue_close_notify(room));
        }
    }

    /// The error for a TCP connection that ends now, without close_notify: [`TlsError::HandshakeEof`] or
    /// [`TlsError::Truncated`]. Whether data can be missing, only the protocol above knows.
    pub(crate) fn unexpected_eof(&self) -> TlsError {
        let host = self.host.clone();
        match self.done {
            false => TlsError::HandshakeEof { host },
            true => TlsError::Truncated { host },
        }
    }

    /// `CURLINFO_SSL_VERIFYRESULT`: 0 or OpenSSL's `X509_V_ERR_*` number, also after a failed handshake. With
    /// verification off it is OpenSSL's number for an empty trust store: 18, 19 or 20.
    pub(crate) fn verify_result(&self) -> i64 {
        match self.peer_certificates() {
            Some(chain) if self.refusal_number == 0 => self.context.verifier().verify_result(chain),
            _ => self.refusal_number,
        }
    }

    /// What was negotiated, for verbose output.
    pub(crate) fn details(&self) -> Details {
        Details::of(&self.tls)
    }

    /// `CURLINFO_CERTINFO`: the lines of each certificate that the server sent, also after a failed handshake.
    pub(crate) fn certificate_list(&self) -> Vec<Vec<String>> {
        let chain = self.peer_certificates().unwrap_or_default();
        certinfo::list(chain.iter().map(|der| &**der))
    }

    /// The server's certificates in DER form, its own first.
    fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        match self.tls.peer_certificates() {
            None if !self.refused.is_empty() => Some(&self.refused),
            known => known,
        }
    }

    fn writer(&mut self, outgoing: &mut Vec<u8>) -> Result<WriteTraffic<'_, ClientConnectionData>, TlsError> {
        if let Some(error) = &self.failure {
            return Err(TlsError::Send(error.to_string()));
        }
        let closed = || TlsError::Send("the TLS connection is not open for sending".into());
        if !self.done {
            return Err(closed());
        }
        loop {
            let held = &mut Plain::into(&mut self.held);
            match step(&mut self.tls, &mut self.fragment, held, outgoing).1 {
                Ok(Step::Sent | Step::Plain) => {}
                Ok(Step::Closed) => self.peer_closed = true,
                Ok(Step::Idle) | Err(_) => break,
            }
        }
        match self.tls.process_tls_records(&mut self.fragment).state {
            Ok(ConnectionState::WriteTraffic(writer)) => Ok(writer),
            _ => Err(closed()),
        }
    }

    /// rustls decrypts the fragments of a handshake message in place and needs them in `incoming` until the message is
    /// complete. Its documentation only says that bytes which were not discarded must be passed again, so a copy of all
    /// remaining bytes would be correct. This relies on more, to save that copy on the data path: in rustls 0.23, when nothing
    /// is pending, everything else that remains is less than one record, and rustls keeps no state about it.
    fn keep_fragment(&mut self, rest: &[u8]) {
        self.fragment = match starts_with_whole_record(rest) {
            true => rest.to_vec(),
            false => Vec::new(),
        };
    }

    fn handshake_error(&mut self, error: &rustls::Error, is_not_tls: bool, rest: &[u8]) -> TlsError {
        match self.context.verifier().take_refusal(&self.name) {
            Some(refusal) => {
                self.refusal_number = refusal.error.number();
                self.refused = refusal.chain;
                TlsError::Certificate {
                    host: self.host.clone(),
                    error: Box::new(refusal.error),
                }
            }
            None if is_not_tls => TlsError::not_tls(rest, &self.host),
            None => TlsError::in_handshake(error, &self.host),
        }
    }

    fn fail(&mut self, error: TlsError) -> TlsError {
        self.failure = Some(error.clone());
        error
    }
}

/// Where plaintext goes: to memory of the application's as far as that has room, the rest to ours.
pub(crate) struct Plain<'a> {
    direct: &'a mut [u8],
    used: usize,
    rest: &'a mut Vec<u8>,
}

impl<'a> Plain<'a> {
    /// All of it is appended to `rest`.
    pub(crate) fn into(rest: &'a mut Vec<u8>) -> Plain<'a> {
        Plain::through(&mut [], rest)
    }

    /// `direct` is filled first.
    pub(crate) fn through(direct: &'a mut [u8], rest: &'a mut Vec<u8>) -> Plain<'a> {
        Plain { direct, used: 0, rest }
    }

    /// Number of bytes of `direct` that were filled.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.direct[self.used..];
        let (first, rest) = bytes.split_at(bytes.len().min(room.len()));
        room[..first.len()].copy_from_slice(first);
        self.used += first.len();
        self.rest.extend_from_slice(rest);
    }
}

enum Step {
    /// Something was appended to `outgoing`, or is on its way there.
    Sent,
    /// One record was put into `plain`.
    Plain,
    /// Nothing more to do with these bytes.
    Idle,
    /// close_notify was received.
    Closed,
}

fn step(
    tls: &mut UnbufferedClientConnection,
    incoming: &mut [u8],
    plain: &mut Plain<'_>,
    outgoing: &mut Vec<u8>,
) -> (usize, Result<Step, rustls::Error>) {
    let UnbufferedStatus { discard, state, .. } = tls.process_tls_records(incoming);
    let step = state.and_then(|state| match state {
        ConnectionState::EncodeTlsData(mut data) => {
            append_encoded(&mut data, outgoing);
            Ok(Step::Sent)
        }
        ConnectionState::TransmitTlsData(data) => {
            data.done();
            Ok(Step::Sent)
        }
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                plain.put(record?.payload);
            }
            Ok(Step::Plain)
        }
        ConnectionState::PeerClosed => Ok(Step::Closed),
        // Waiting, writing, closed by both; and states that rustls may add for features that are not in use.
        _ => Ok(Step::Idle),
    });
    if step.is_err() {
        append_alert(tls, &mut incoming[discard..], outgoing);
    }
    (discard, step)
}

/// rustls hands out what it has to send before it looks at `incoming` again, so nothing else happens here.
fn append_alert(tls: &mut UnbufferedClientConnection, incoming: &mut [u8], outgoing: &mut Vec<u8>) {
    while tls.wants_write() {
        match tls.process_tls_records(incoming).state {
            Ok(ConnectionState::EncodeTlsData(mut data)) => append_encoded(&mut data, outgoing),
            _ => break,
        }
    }
}

fn append_encoded(data: &mut EncodeTlsData<'_, ClientConnectionData>, outgoing: &mut Vec<u8>) {
    let start = outgoing.len();
    if let Err(EncodeError::InsufficientSize(needed)) = data.encode(&mut []) {
        outgoing.resize(start + needed.required_size, 0);
        let written = data.encode(&mut outgoing[start..]).unwrap_or(0);
        outgoing.truncate(start + written);
    }
}

fn append_encrypted(
    outgoing: &mut Vec<u8>,
    mut room: usize,
    mut encrypt: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), TlsError> {
    let start = outgoing.len();
    loop {
        outgoing.resize(start + room, 0);
        match encrypt(&mut outgoing[start..]) {
            Ok(written) => {
                outgoing.truncate(start + written);
                return Ok(());
            }
            // A key update goes first and takes room as well.
            Err(EncryptError::InsufficientSize(needed)) if needed.required_size > room => room = needed.required_size,
            Err(error) => {
                outgoing.truncate(start);
                return Err(TlsError::Send(format!("cannot encrypt: {error}")));
            }
        }
    }
}

fn starts_with_whole_record(bytes: &[u8]) -> bool {
    match bytes {
        [_, _, _, high, low, ..] => bytes.len() >= RECORD_HEADER + usize::from(u16::from_be_bytes([*high, *low])),
        _ => false,
    }
}
