//! The receiving half: which frame is due for delivery and where its payload is.

use super::buffers::Buffers;
use super::decoder::{Decoder, Frame};
use super::deflate::{DeflateParams, FrameInflater};
use super::error::ProtocolError;
use super::frame::{Kind, MAX_CONTROL_PAYLOAD};
use super::message::MessageCheck;

/// Receives frames one after the other. Payload stays in the caller's input wherever that is possible.
#[derive(Debug)]
pub(super) struct Receiver {
    decoder: Decoder,
    incoming: Incoming,
    /// the payload of the control frame that is collected or held
    control: Vec<u8>,
    check: MessageCheck,
    inflater: Option<Box<FrameInflater>>,
}

/// Where the receiver is in the byte stream.
#[derive(Debug, Clone, Copy)]
enum Incoming {
    /// between frames, or inside a header
    Header,
    /// in a payload that is delivered as it comes
    Payload,
    /// the same, and it is looked at first: TEXT in strict mode, CLOSE
    Inspected,
    /// in a control frame that is collected whole
    Control,
    /// a collected control frame is delivered from memory
    Held(Frame),
    /// in a compressed frame; this is its inflated form
    Inflating(Frame),
    /// the connection has failed, or the input breaks the protocol
    Failed(ProtocolError),
}

/// Which frames are for the endpoint itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Collect {
    pub(super) ping: bool,
    pub(super) close: bool,
    /// PONG frames with a payload of this length
    pub(super) pong: Option<u64>,
    /// report every header
    pub(super) headers: bool,
}

/// What [`Receiver::next`] found in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// all of it was used, except for an incomplete header
    NeedInput,
    /// a header was read (only with [`Collect::headers`])
    Header(Frame),
    /// a control frame was collected: [`Receiver::control`]
    Control(Frame),
    /// a frame is due whose payload is at the front of the input
    Payload(Frame),
    /// a frame is due whose payload is in memory: [`Receiver::memory`]
    Memory(Frame),
}

impl Receiver {
    pub(super) fn new(strict: bool, deflate: Option<&DeflateParams>) -> Receiver {
        Receiver {
            decoder: Decoder::new(deflate.is_some()),
            incoming: Incoming::Header,
            control: Vec::new(),
            check: MessageCheck::new(strict),
            inflater: deflate.map(|params| Box::new(FrameInflater::new(params))),
        }
    }

    pub(super) fn use_buffers(&mut self, buffers: Buffers) {
        if let Some(inflater) = &mut self.inflater {
            inflater.use_buffers(buffers);
        }
    }

    pub(super) fn set_limit(&mut self, limit: Option<u64>) {
        self.check.set_limit(limit);
    }

    // ---- state

    /// The frame whose payload is not complete on the wire.
    pub(super) fn frame(&self) -> Option<Frame> {
        self.decoder.frame()
    }

    /// The collected control frame's payload.
    pub(super) fn control(&self) -> &[u8] {
        &self.control
    }

    /// A collected control frame is being delivered.
    pub(super) fn holds_control(&self) -> bool {
        matches!(self.incoming, Incoming::Held(_))
    }

    /// Payload that may be delivered from memory, after [`Received::Memory`].
    pub(super) fn memory(&self) -> &[u8] {
        match (self.incoming, &self.inflater) {
            (Incoming::Held(frame), _) => &self.control[frame.offset as usize..],
            (Incoming::Inflating(_), Some(inflater)) => inflater.deliverable(),
            _ => &[],
        }
    }

    /// Bytes that a frame in memory has at least, including those that can't be delivered yet: 0 at its end only.
    pub(super) fn memory_pending(&self) -> usize {
        match (self.incoming, &self.inflater) {
            (Incoming::Inflating(_), Some(inflater)) => inflater.pending().len(),
            _ => self.memory().len(),
        }
    }

    // ---- receiving

    /// The frame whose payload is at the front of the input, if one has begun.
    #[inline]
    pub(super) fn payload(&self) -> Option<&Frame> {
        match self.incoming {
            Incoming::Payload | Incoming::Inspected => self.decoder.current(),
            _ => None,
        }
    }

    /// The same if nothing of what is delivered has to be looked at first.
    #[inline(always)]
    pub(super) fn unchecked_payload(&self) -> Option<&Frame> {
        match self.incoming {
            Incoming::Payload => self.decoder.current(),
            _ => None,
        }
    }

    /// What is delivered of that frame is looked at first.
    #[inline]
    pub(super) fn inspects_payload(&self) -> bool {
        matches!(self.incoming, Incoming::Inspected)
    }

    /// Every frame that has begun was delivered.
    #[inline]
    pub(super) fn is_between_frames(&self) -> bool {
        matches!(self.incoming, Incoming::Header)
    }

    /// Between frames, reads the header of a whole message of at most 125 bytes, and returns its length: 0 for everything else.
    /// Without checks the message needs no other preparation.
    #[inline(always)]
    pub(super) fn begin_whole_message(&mut self, input: &[u8]) -> usize {
        if !self.decoder.read_short_header(input) {
            return 0;
        }
        self.incoming = Incoming::Payload;
        2
    }

    /// Goes on to the next frame that is due, from the front of `input`. Also returns how much of `input` was used.
    pub(super) fn next(&mut self, input: &[u8], collect: Collect) -> (usize, Result<Received, ProtocolError>) {
        if let Some(frame) = self.payload() {
            return (0, Ok(Received::Payload(*frame)));
        }
        let mut used = 0;
        let received = self.advance(input, collect, &mut used);
        if let Err(error) = received {
            self.fail(error);
        }
        (used, received)
    }

    fn advance(&mut self, input: &[u8], collect: Collect, used: &mut usize) -> Result<Received, ProtocolError> {
        loop {
            match self.incoming {
                Incoming::Header => {
                    let header = self.decoder.read_header(&input[*used..])?;
                    let Some(frame) = self.decoder.frame() else {
                        return Ok(Received::NeedInput);
                    };
                    *used += header;
                    self.begin_frame(frame, collect)?;
                    if collect.headers {
                        return Ok(Received::Header(frame));
                    }
                }
                Incoming::Payload | Incoming::Inspected => match self.decoder.frame() {
                    Some(frame) => return Ok(Received::Payload(frame)),
                    None => self.incoming = Incoming::Header,
                },
                Incoming::Control => return Ok(self.collect(input, used)),
                Incoming::Held(frame) => return Ok(Received::Memory(frame)),
                Incoming::Inflating(frame) => return self.inflate(frame, input, used),
                Incoming::Failed(error) => return Err(error),
            }
        }
    }

    fn begin_frame(&mut self, frame: Frame, collect: Collect) -> Result<(), ProtocolError> {
        self.check.begin(frame)?;
        self.incoming = if frame.compressed {
            self.begin_inflating(frame)
        } else {
            let whole = match frame.kind {
                Kind::Text | Kind::Binary => false,
                Kind::Ping => collect.ping,
                Kind::Close => collect.close,
                Kind::Pong => collect.pong == Some(frame.length()),
            };
            match frame.kind {
                _ if whole => {
                    self.control.clear();
                    Incoming::Control
                }
                Kind::Close => Incoming::Inspected,
                Kind::Text if self.check.is_strict() => Incoming::Inspected,
                _ => Incoming::Payload,
            }
        };
        Ok(())
    }

    fn begin_inflating(&mut self, frame: Frame) -> Incoming {
        if let Some(inflater) = &mut self.inflater {
            inflater.begin();
        }
        // How long it is inflated is not known before its end.
        Incoming::Inflating(Frame { remaining: 0, ..frame })
    }

    /// Collects a control frame. The decoder lets none be longer than 125 bytes.
    fn collect(&mut self, input: &[u8], used: &mut usize) -> Received {
        let Some(frame) = self.decoder.frame() else {
            return Received::NeedInput;
        };
        let input = &input[*used..];
        let count = input.len().min(frame.remaining as usize);
        self.control
            .reserve_exact(MAX_CONTROL_PAYLOAD.min(frame.length() as usize));
        self.control.extend_from_slice(&input[..count]);
        self.decoder.take(count as u64);
        *used += count;
        if self.decoder.frame().is_some() {
            return Received::NeedInput;
        }
        self.incoming = Incoming::Header;
        Received::Control(Frame {
            offset: 0,
            remaining: frame.length(),
            ..frame
        })
    }

    /// The collected control frame is to be delivered.
    pub(super) fn hold(&mut self, frame: Frame) {
        self.incoming = Incoming::Held(frame);
    }

    /// Nothing more is received. The first error stays.
    pub(super) fn fail(&mut self, error: ProtocolError) {
        if !matches!(self.incoming, Incoming::Failed(_)) {
            self.incoming = Incoming::Failed(error);
        }
    }

    /// Takes the collected control frame's payload out, in exchange for memory for the next one.
    pub(super) fn swap_control(&mut self, payload: &mut Vec<u8>) {
        std::mem::swap(&mut self.control, payload);
    }

    /// Inflates until there is something to deliver of `frame`, its end if nothing else.
    fn inflate(&mut self, frame: Frame, input: &[u8], used: &mut usize) -> Result<Received, ProtocolError> {
        let Some(inflater) = &mut self.inflater else {
            return Ok(Received::NeedInput);
        };
        while !inflater.has_enough() {
            let left = self.decoder.frame().map_or(0, |frame| frame.remaining);
            let rest = &input[*used..];
            if left > 0 && rest.is_empty() && !inflater.is_full() {
                return Ok(match inflater.deliverable() {
                    [] => Received::NeedInput,
                    _ => Received::Memory(frame),
                });
            }
            let before = inflater.pending().len();
            let taken = inflater.step(rest, left, frame)?;
            let added = &inflater.pending()[before..];
            // Does not happen. If it did, this would be a busy loop.
            if left > 0 && !rest.is_empty() && taken == 0 && added.is_empty() {
                return Err(ProtocolError::Corrupt);
            }
            *used += taken;
            self.decoder.take(taken as u64);
            self.check.check(added, frame, inflater.is_complete())?;
        }
        Ok(Received::Memory(frame))
    }

    // ---- delivering

    /// Checks payload of the frame that is due, which is about to be delivered from the front of the input. It may be checked
    /// again before it is [taken](Receiver::take).
    pub(super) fn check_payload(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        if let Incoming::Failed(error) = self.incoming {
            return Err(error);
        }
        let Some(frame) = self.decoder.frame() else {
            return Ok(());
        };
        let end = bytes.len() as u64 == frame.remaining;
        let checked = self.check.check_again(bytes, frame, end);
        if let Err(error) = checked {
            self.fail(error);
        }
        checked
    }

    /// `count` bytes of the frame that is due were delivered. With the last of them (also 0 of 0) the frame ends.
    #[inline(always)]
    pub(super) fn take(&mut self, count: usize) {
        match self.incoming {
            Incoming::Payload => self.take_payload(count),
            _ => self.take_other(count),
        }
    }

    #[inline(always)]
    fn take_payload(&mut self, count: usize) {
        if self.decoder.take(count as u64) {
            self.incoming = Incoming::Header;
        }
    }

    fn take_other(&mut self, count: usize) {
        match &mut self.incoming {
            Incoming::Inspected => {
                self.check.taken(count);
                self.take_payload(count);
            }
            Incoming::Held(frame) => {
                frame.offset += count as u64;
                frame.remaining -= count as u64;
                if frame.remaining == 0 {
                    self.incoming = Incoming::Header;
                }
            }
            Incoming::Inflating(frame) => {
                frame.offset += count as u64;
                let Some(inflater) = &mut self.inflater else { return };
                inflater.take(count);
                if inflater.is_complete() && inflater.pending().is_empty() {
                    self.incoming = Incoming::Header;
                }
            }
            Incoming::Header | Incoming::Payload | Incoming::Control | Incoming::Failed(_) => {}
        }
    }
}
