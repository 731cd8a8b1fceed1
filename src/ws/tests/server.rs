//! The server's end. It shares no code with the crate: frames are written and read here as RFC 6455 section 5.2 draws them.

/// The first byte of whole messages, and of control frames: FIN and the opcode.
pub(super) const TEXT: u8 = 0x81;
pub(super) const BINARY: u8 = 0x82;
pub(super) const CLOSE: u8 = 0x88;
pub(super) const PING: u8 = 0x89;
pub(super) const PONG: u8 = 0x8a;
/// The last frame of a fragmented message.
pub(super) const LAST: u8 = 0x80;
/// First frames of fragmented messages, and those between first and last.
pub(super) const FIRST_TEXT: u8 = 0x01;
pub(super) const FIRST_BINARY: u8 = 0x02;
pub(super) const MIDDLE: u8 = 0x00;
/// Added to the first byte of a compressed message's first frame.
pub(super) const RSV1: u8 = 0x40;

/// A server's frame.
pub(super) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(length as u8),
        length @ 126..=65535 => {
            frame.push(126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// A server's CLOSE frame with a status code.
pub(super) fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(CLOSE, [&code.to_be_bytes()[..], reason.as_bytes()].concat())
}

/// A client's frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) first: u8,
    pub(super) key: [u8; 4],
    /// unmasked
    pub(super) payload: Vec<u8>,
}

/// Reads a client's frames.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// bytes of a frame that is not complete
    pub(super) input: Vec<u8>,
    pub(super) frames: Vec<Sent>,
}

impl Server {
    /// Bytes come in. Returns the frames that are complete with them.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Vec<Sent> {
        self.input.extend_from_slice(bytes);
        let before = self.frames.len();
        while let Some((sent, length)) = read(&self.input) {
            self.input.drain(..length);
            self.frames.push(sent);
        }
        self.frames[before..].to_vec()
    }
}

/// The frames that make up all of `bytes`: their first byte and payload.
pub(super) fn frames(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut server = Server::default();
    let frames = server.receive(bytes);
    assert_eq!(server.input, b"", "an incomplete frame");
    frames.into_iter().map(|sent| (sent.first, sent.payload)).collect()
}

/// The first frame of `bytes` and its length on the wire, `None` while it is incomplete.
fn read(bytes: &[u8]) -> Option<(Sent, usize)> {
    let [first, second, rest @ ..] = bytes else { return None };
    assert!(second & 0x80 != 0, "a client's frame without a mask: {bytes:x?}");
    let (length, rest) = match second & 0x7f {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            let length = u64::from(u16::from_be_bytes(*length));
            assert!(length > 125, "not the shortest form of {length}");
            (length, rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            let length = u64::from_be_bytes(*length);
            assert!(length > 65535, "not the shortest form of {length}");
            (length, rest)
        }
        length => (u64::from(length), rest),
    };
    let (key, rest) = rest.split_first_chunk()?;
    let masked = rest.get(..length as usize)?;
    let payload = masked.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
    let used = bytes.len() - rest.len() + masked.len();
    let (first, key) = (*first, *key);
    Some((Sent { first, key, payload }, used))
}
