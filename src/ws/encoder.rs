//! A client's frames: which frame may come when, its header, its masked payload.

use super::error::SendError;
use super::frame::{Kind, MAX_CONTROL_PAYLOAD, Opcode, RSV1, write_header};
use super::mask;

/// Writes frames one after the other. Payload may come in pieces; a new frame starts when the last is complete.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    /// the kind of the fragmented message that is open
    message: Option<Kind>,
    frame: Option<Open>,
}

/// A frame whose header has been written and whose payload is not complete.
#[derive(Debug, Clone, Copy)]
struct Open {
    key: [u8; 4],
    position: u64,
    remaining: u64,
}

impl Encoder {
    /// Writes the header of a frame of `length` bytes to `out`; `fin` is false when more frames of its message follow.
    ///
    /// While a fragmented message is open, TEXT and BINARY are its next fragment. `key` must be fresh and
    /// unpredictable for every frame (RFC 6455 section 5.3). A refusal changes nothing.
    #[inline]
    pub(super) fn start(
        &mut self,
        kind: Kind,
        fin: bool,
        length: u64,
        key: [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let opcode = self.begin(kind, fin, length)?;
        write_header(fin, 0, opcode, length, key, out);
        self.frame = (length > 0).then_some(Open {
            key,
            position: 0,
            remaining: length,
        });
        Ok(())
    }

    /// Writes a whole frame. A refusal changes nothing.
    #[inline(always)]
    pub(super) fn whole(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        key: [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let opcode = self.begin(kind, fin, payload.len() as u64)?;
        write_header(fin, 0, opcode, payload.len() as u64, key, out);
        mask::append(key, 0, payload, out);
        Ok(())
    }

    /// Writes a whole frame of a compressed message, TEXT or BINARY, between frames.
    pub(super) fn compressed(&mut self, kind: Kind, fin: bool, payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
        debug_assert!(self.frame.is_none() && !kind.is_control());
        let rsv = if self.message.is_none() { RSV1 } else { 0 };
        let opcode = self.message_opcode(kind, fin);
        write_header(fin, rsv, opcode, payload.len() as u64, key, out);
        mask::append(key, 0, payload, out);
    }

    /// The opcode of a frame that starts now.
    #[inline]
    fn begin(&mut self, kind: Kind, fin: bool, length: u64) -> Result<Opcode, SendError> {
        if let Some(open) = self.frame {
            return Err(SendError::Unfinished(open.remaining));
        }
        if !kind.is_control() {
            return Ok(self.message_opcode(kind, fin));
        }
        if !fin {
            return Err(SendError::FragmentedControl(kind));
        }
        if length > MAX_CONTROL_PAYLOAD as u64 {
            return Err(SendError::LongControl(kind, length));
        }
        Ok(Opcode::Start(kind))
    }

    #[inline]
    fn message_opcode(&mut self, kind: Kind, fin: bool) -> Opcode {
        let Some(open) = self.message else {
            if !fin {
                self.message = Some(kind);
            }
            return Opcode::Start(kind);
        };
        self.message = (!fin).then_some(open);
        Opcode::Continuation
    }

    /// Appends as much of `data` as the open frame still takes, masked, and says how much that was.
    #[inline]
    pub(super) fn payload(&mut self, data: &[u8], out: &mut Vec<u8>) -> usize {
        let Some(frame) = &mut self.frame else {
            return 0;
        };
        let taken = data.len().min(usize::try_from(frame.remaining).unwrap_or(usize::MAX));
        mask::append(frame.key, frame.position, &data[..taken], out);
        frame.position += taken as u64;
        frame.remaining -= taken as u64;
        if frame.remaining == 0 {
            self.frame = None;
        }
        taken
    }

    /// The last `count` payload bytes of the open frame were not sent: they are to be given again.
    pub(super) fn take_back(&mut self, count: u64) {
        if let Some(frame) = &mut self.frame {
            frame.position -= count;
            frame.remaining += count;
        }
    }

    /// The kind of the fragmented message that is open.
    pub(super) fn open_message(&self) -> Option<Kind> {
        self.message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    fn frame(encoder: &mut Encoder, kind: Kind, fin: bool, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encoder.start(kind, fin, payload.len() as u64, KEY, &mut out).unwrap();
        assert_eq!(encoder.payload(payload, &mut out), payload.len());
        out
    }

    #[test]
    fn the_masked_hello_of_rfc_6455_section_5_7() {
        let out = frame(&mut Encoder::default(), Kind::Text, true, b"Hello");
        assert_eq!(out, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }

    #[test]
    fn fragments_become_continuations_and_control_frames_pass_between() {
        let mut encoder = Encoder::default();
        assert_eq!(frame(&mut encoder, Kind::Text, false, b"a")[0], 0x01);
        assert_eq!(frame(&mut encoder, Kind::Ping, true, b"")[0], 0x89);
        assert_eq!(frame(&mut encoder, Kind::Text, false, b"b")[0], 0x00);
        assert_eq!(encoder.open_message(), Some(Kind::Text));
        assert_eq!(frame(&mut encoder, Kind::Text, true, b"c")[0], 0x80);
        assert_eq!(encoder.open_message(), None);
        assert_eq!(frame(&mut encoder, Kind::Binary, true, b"d")[0], 0x82);
    }

    #[test]
    fn payload_in_pieces_is_masked_as_one() {
        let payload: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let whole = frame(&mut Encoder::default(), Kind::Binary, true, &payload);
        for piece in [1, 3, 7, 64, 999] {
            let mut encoder = Encoder::default();
            let mut out = Vec::new();
            encoder.start(Kind::Binary, true, 1000, KEY, &mut out).unwrap();
            for part in payload.chunks(piece) {
                encoder.payload(part, &mut out);
            }
            assert_eq!(out, whole);
            assert!(encoder.frame.is_none());
        }
    }

    #[test]
    fn payload_that_is_taken_back_is_masked_the_same_when_it_comes_again() {
        let payload: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let whole = frame(&mut Encoder::default(), Kind::Binary, true, &payload);
        for back in [0, 1, 3, 64, 700] {
            let mut encoder = Encoder::default();
            let mut out = Vec::new();
            encoder.start(Kind::Binary, true, 1000, KEY, &mut out).unwrap();
            encoder.payload(&payload[..700], &mut out);
            encoder.take_back(back as u64);
            out.truncate(out.len() - back);
            encoder.payload(&payload[700 - back..], &mut out);
            assert_eq!(out, whole);
        }
    }

    #[test]
    fn only_the_first_frame_of_a_compressed_message_has_rsv1() {
        let mut encoder = Encoder::default();
        let mut out = Vec::new();
        encoder.compressed(Kind::Text, false, b"", [0; 4], &mut out);
        encoder.compressed(Kind::Text, true, b"x", [0; 4], &mut out);
        encoder.compressed(Kind::Binary, true, b"", [0; 4], &mut out);
        assert_eq!(out, b"\x41\x80\0\0\0\0\x80\x81\0\0\0\0x\xc2\x80\0\0\0\0");
        assert_eq!(encoder.open_message(), None);
    }

    #[test]
    fn no_more_payload_than_announced_is_taken() {
        let mut encoder = Encoder::default();
        let mut out = Vec::new();
        encoder.start(Kind::Binary, true, 2, KEY, &mut out).unwrap();
        assert_eq!(encoder.payload(b"abc", &mut out), 2);
        assert_eq!(encoder.payload(b"c", &mut out), 0);
    }

    #[test]
    fn refusals_change_nothing() {
        let mut encoder = Encoder::default();
        let mut out = Vec::new();
        let long = encoder.start(Kind::Ping, true, 126, KEY, &mut out);
        assert_eq!(long, Err(SendError::LongControl(Kind::Ping, 126)));
        let split = encoder.start(Kind::Close, false, 2, KEY, &mut out);
        assert_eq!(split, Err(SendError::FragmentedControl(Kind::Close)));
        assert!(out.is_empty());
        encoder.start(Kind::Text, true, 5, KEY, &mut out).unwrap();
        let written = out.len();
        let early = encoder.start(Kind::Text, true, 1, KEY, &mut out);
        assert_eq!(early, Err(SendError::Unfinished(5)));
        assert_eq!(out.len(), written);
    }
}
