//! Compressed messages against flate2, which gets each of them whole.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::script::{Script, pieces};
use super::server::receive;
use crate::ws::deflate::DeflateParams;
use crate::ws::{Config, ProtocolError};

/// Compressed messages, valid or not, in any frames and any pieces, are inflated as flate2 inflates them.
pub fn inflate(data: &[u8]) {
    let mut script = Script::new(data);
    let flags = script.byte();
    let params = DeflateParams {
        server_takeover: flags & 1 != 0,
        client_takeover: true,
        server_window_bits: 8 + (flags >> 1) % 8,
        client_window_bits: 15,
    };
    let config = Config {
        max_message: (flags & 0x10 != 0).then_some(5000),
        ..Config::default()
    };
    let (cuts, fragments) = (script.cuts(), script.cuts());

    let mut model = Model::new(params);
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    let mut fails = false;
    while !script.is_over() && !fails {
        let payload = message(&mut script);
        write_frames(&payload, fragments, &mut stream);
        match model.inflate(&payload) {
            Some(message) if config.max_message.is_none_or(|limit| message.len() as u64 <= limit) => {
                expected.push(message);
            }
            _ => fails = true,
        }
    }

    for cuts in [&[], &[1][..], cuts] {
        let trace = receive(config, Some(&params), &stream, cuts);
        let mut messages = vec![Vec::new()];
        for frame in &trace.frames {
            messages.last_mut().unwrap().extend_from_slice(&frame.payload);
            if frame.fin && frame.complete {
                messages.push(Vec::new());
            }
        }
        messages.truncate(messages.len() - 1);
        assert!(messages == expected, "pieces: {cuts:?}");
        match trace.error {
            None => assert!(!fails, "no error, pieces: {cuts:?}"),
            Some(ProtocolError::Corrupt | ProtocolError::TooLarge(_)) => assert!(fails, "error, pieces: {cuts:?}"),
            Some(error) => panic!("{error}"),
        }
    }
}

/// The payload of a message: any bytes, or some that were compressed.
fn message(script: &mut Script<'_>) -> Vec<u8> {
    let form = script.byte();
    let length = script.byte();
    let bytes = script.bytes(length.into());
    if form & 1 == 0 {
        return bytes.to_vec();
    }
    let text = bytes.repeat(1 + usize::from(form >> 3) * 16);
    let flush = match form & 2 {
        0 => FlushCompress::Sync,
        _ => FlushCompress::Finish,
    };
    let mut payload = Vec::with_capacity(text.len() + 1000);
    Compress::new_with_window_bits(Compression::new(u32::from(form >> 2) % 10), false, 9)
        .compress_vec(&text, &mut payload, flush)
        .unwrap();
    match form & 2 {
        0 => payload.truncate(payload.len() - 4),
        // A final block, and the byte that RFC 7692 section 7.2.3.4 puts behind it.
        _ => payload.push(0),
    }
    payload
}

fn write_frames(payload: &[u8], fragments: &[u8], stream: &mut Vec<u8>) {
    let mut first = 0x42;
    let mut fragments = pieces(payload, fragments).peekable();
    loop {
        let fragment = fragments.next().unwrap_or_default();
        let fin = fragments.peek().is_none();
        stream.push(first | u8::from(fin) << 7);
        match fragment.len() {
            length @ 0..126 => stream.push(length as u8),
            length @ 126..65536 => {
                stream.push(126);
                stream.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                stream.push(127);
                stream.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        stream.extend_from_slice(fragment);
        first = 0;
        if fin {
            return;
        }
    }
}

/// Inflates whole messages.
pub(super) struct Model {
    bits: u8,
    takeover: bool,
    stream: Decompress,
    ended: bool,
}

impl Model {
    pub(super) fn new(params: DeflateParams) -> Model {
        let bits = params.server_window_bits.max(9);
        Model {
            bits,
            takeover: params.server_takeover,
            stream: Decompress::new_with_window_bits(false, bits),
            ended: false,
        }
    }

    /// `None`: it can't be inflated.
    pub(super) fn inflate(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        if !self.takeover {
            self.stream = Decompress::new_with_window_bits(false, self.bits);
            self.ended = false;
        }
        let mut message = Vec::new();
        self.feed(payload, true, &mut message)?;
        self.feed(&[0, 0, 0xff, 0xff], false, &mut message)?;
        Some(message)
    }

    /// `restart`: what is behind a final block is a new stream.
    fn feed(&mut self, mut input: &[u8], restart: bool, message: &mut Vec<u8>) -> Option<()> {
        loop {
            if restart && self.ended && !input.is_empty() {
                self.stream = Decompress::new_with_window_bits(false, self.bits);
                self.ended = false;
            }
            if self.ended {
                return Some(());
            }
            let mut out = Vec::with_capacity(64 * 1024);
            let before = self.stream.total_in();
            let status = self
                .stream
                .decompress_vec(input, &mut out, FlushDecompress::None)
                .ok()?;
            input = &input[(self.stream.total_in() - before) as usize..];
            message.extend_from_slice(&out);
            self.ended = status == Status::StreamEnd;
            if input.is_empty() && out.len() < out.capacity() {
                return Some(());
            }
        }
    }
}
