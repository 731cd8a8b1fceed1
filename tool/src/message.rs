//! Messages, and how they look as bytes of standard input and output.

use std::ffi::c_int;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wscurl::types::websocket::{CURLWS_BINARY, CURLWS_CLOSE, CURLWS_PING, CURLWS_PONG, CURLWS_TEXT};

use crate::args::{Args, Close, close};

/// Stands for a CLOSE frame without a status code (RFC 6455 section 7.4.1).
pub(crate) const NO_STATUS: u16 = 1005;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Binary,
    Ping,
    Pong,
    Close,
}

impl Kind {
    pub(crate) fn flags(self) -> c_int {
        match self {
            Kind::Text => CURLWS_TEXT,
            Kind::Binary => CURLWS_BINARY,
            Kind::Ping => CURLWS_PING,
            Kind::Pong => CURLWS_PONG,
            Kind::Close => CURLWS_CLOSE,
        }
    }

    pub(crate) fn of_flags(flags: c_int) -> Kind {
        match flags {
            flags if flags & CURLWS_BINARY != 0 => Kind::Binary,
            flags if flags & CURLWS_CLOSE != 0 => Kind::Close,
            flags if flags & CURLWS_PING != 0 => Kind::Ping,
            flags if flags & CURLWS_PONG != 0 => Kind::Pong,
            _ => Kind::Text,
        }
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// a frame of this kind; `more` frames of the same message follow
    Frame {
        kind: Kind,
        data: Vec<u8>,
        more: bool,
    },
    Close {
        code: u32,
        reason: String,
    },
}

impl Outgoing {
    pub(crate) fn message(kind: Kind, data: Vec<u8>) -> Outgoing {
        Outgoing::Frame {
            kind,
            data,
            more: false,
        }
    }
}

impl From<Close> for Outgoing {
    fn from(close: Close) -> Outgoing {
        Outgoing::Close {
            code: close.code,
            reason: close.reason,
        }
    }
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// text and binary messages as they are
    Plain,
    /// a binary message as `hex:` and digits
    Hex,
    /// a binary message as `base64:` and digits
    Base64,
    /// an object for each event
    Json,
}

/// How lines become messages, and messages lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codec {
    pub(crate) format: Format,
    /// what lines are sent as
    pub(crate) kind: Kind,
    /// a line can say that it is binary: `--hex`, `--base64`
    pub(crate) marks: bool,
    /// the end of a message
    pub(crate) end: u8,
}

impl Codec {
    pub(crate) fn new(args: &Args) -> Codec {
        Codec {
            format: match args {
                Args { json: true, .. } => Format::Json,
                Args { hex: true, .. } => Format::Hex,
                Args { binary: true, .. } => Format::Plain,
                // Binary is never mixed into text unmarked.
                _ => Format::Base64,
            },
            kind: if args.binary { Kind::Binary } else { Kind::Text },
            marks: args.hex || args.base64,
            end: if args.null { 0 } else { b'\n' },
        }
    }

    /// The message of a line of the input.
    pub(crate) fn decode(&self, line: Vec<u8>) -> Result<Outgoing, String> {
        match self.format {
            Format::Json => from_json(&line),
            Format::Hex if self.marks && line.starts_with(b"hex:") => {
                from_hex(&line[4..]).map(|data| Outgoing::message(Kind::Binary, data))
            }
            Format::Base64 if self.marks && line.starts_with(b"base64:") => STANDARD
                .decode(line[7..].trim_ascii())
                .map(|data| Outgoing::message(Kind::Binary, data))
                .map_err(|error| format!("after \"base64:\": {error}")),
            _ => self.text(line),
        }
    }

    /// A message with these bytes.
    pub(crate) fn text(&self, data: Vec<u8>) -> Result<Outgoing, String> {
        if self.kind == Kind::Text && str::from_utf8(&data).is_err() {
            return Err("text that is not UTF-8: use --binary".to_owned());
        }
        Ok(Outgoing::message(self.kind, data))
    }

    /// Whether the whole message is needed before any of it can be written.
    pub(crate) fn needs_whole(&self, kind: Kind) -> bool {
        self.format == Format::Json || (kind == Kind::Binary && self.format != Format::Plain)
    }

    /// A whole message as it is written, without its end.
    pub(crate) fn encode(&self, kind: Kind, data: &[u8]) -> Vec<u8> {
        match self.format {
            Format::Json => to_json(kind, data).to_string().into_bytes(),
            Format::Hex if kind == Kind::Binary => {
                let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("hex:{digits}").into_bytes()
            }
            Format::Base64 if kind == Kind::Binary => format!("base64:{}", STANDARD.encode(data)).into_bytes(),
            _ => data.to_vec(),
        }
    }

    /// What is written behind a message.
    pub(crate) fn end_of(&self, kind: Kind) -> &[u8] {
        match kind {
            // A file goes through as it is.
            Kind::Binary if self.format == Format::Plain && self.end == b'\n' => &[],
            _ => std::slice::from_ref(&self.end),
        }
    }
}

/// `48 65 6c` or `48656c`.
pub(crate) fn from_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u32>> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16))
        .collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            Ok(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
        }
        _ => Err("not pairs of hexadecimal digits".to_owned()),
    }
}

fn to_json(kind: Kind, data: &[u8]) -> Value {
    match kind {
        Kind::Text => match str::from_utf8(data) {
            Ok(text) => json!({"type": "text", "data": text}),
            // Without strict mode.
            Err(_) => json!({"type": "text", "base64": STANDARD.encode(data)}),
        },
        Kind::Binary => json!({"type": "binary", "data": STANDARD.encode(data)}),
        Kind::Ping => json!({"type": "ping", "data": STANDARD.encode(data)}),
        Kind::Pong => json!({"type": "pong", "data": STANDARD.encode(data)}),
        Kind::Close => {
            let (code, reason) = close_of(data);
            json!({"type": "close", "code": code, "reason": reason})
        }
    }
}

/// The code and reason of a CLOSE frame's payload.
fn close_of(payload: &[u8]) -> (u16, String) {
    match payload {
        [high, low, reason @ ..] => (
            u16::from_be_bytes([*high, *low]),
            String::from_utf8_lossy(reason).into_owned(),
        ),
        _ => (NO_STATUS, String::new()),
    }
}

fn from_json(line: &[u8]) -> Result<Outgoing, String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let binary = || match text("data") {
        None => Ok(Vec::new()),
        Some(digits) => STANDARD.decode(digits).map_err(|error| format!("\"data\": {error}")),
    };
    match text("type") {
        Some("text") => match (text("data"), text("base64")) {
            (Some(data), _) => Ok(Outgoing::message(Kind::Text, data.into())),
            (None, Some(digits)) => STANDARD
                .decode(digits)
                .map(|data| Outgoing::message(Kind::Text, data))
                .map_err(|error| format!("\"base64\": {error}")),
            (None, None) => Err("a text message needs \"data\"".to_owned()),
        },
        Some("binary") => Ok(Outgoing::message(Kind::Binary, binary()?)),
        Some(kind @ ("ping" | "pong")) => {
            let kind = if kind == "ping" { Kind::Ping } else { Kind::Pong };
            match binary()? {
                data if data.len() > 125 => Err(format!("a {kind:?} frame has at most 125 bytes")),
                data => Ok(Outgoing::message(kind, data)),
            }
        }
        Some("close") => {
            let code = value.get("code").map_or_else(|| "1000".to_owned(), Value::to_string);
            close(&format!("{code}:{}", text("reason").unwrap_or_default())).map(Outgoing::from)
        }
        Some(other) => Err(format!(
            "\"type\" is \"{other}\": wanted text, binary, ping, pong or close"
        )),
        None => Err("an object with \"type\" is wanted".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Codec = Codec {
        format: Format::Json,
        kind: Kind::Text,
        marks: false,
        end: b'\n',
    };

    #[test]
    fn what_json_says_comes_back_as_it_was() {
        let messages: [(Kind, &[u8]); 4] = [
            (Kind::Text, "a \"b\"\n\u{1f600}".as_bytes()),
            (Kind::Binary, b"\x00\xff\n"),
            (Kind::Ping, b"p"),
            (Kind::Pong, b""),
        ];
        for (kind, data) in messages {
            let line = JSON.encode(kind, data);
            assert!(!line.contains(&b'\n'));
            assert_eq!(JSON.decode(line), Ok(Outgoing::message(kind, data.to_vec())));
        }
        let close = JSON.encode(Kind::Close, b"\x0f\xa0done");
        assert_eq!(
            JSON.decode(close),
            Ok(Outgoing::Close {
                code: 4000,
                reason: "done".to_owned()
            })
        );
    }

    #[test]
    fn text_that_is_not_utf_8_is_lossless_in_json() {
        let line = JSON.encode(Kind::Text, b"\xff");
        assert_eq!(JSON.decode(line), Ok(Outgoing::message(Kind::Text, vec![0xff])));
    }

    #[test]
    fn bad_json_is_refused_with_a_reason() {
        for (line, reason) in [
            ("", "EOF"),
            ("1", "\"type\""),
            ("{\"type\":\"x\"}", "\"x\""),
            ("{\"type\":\"text\"}", "\"data\""),
            ("{\"type\":\"binary\",\"data\":\"?\"}", "\"data\""),
            ("{\"type\":\"close\",\"code\":1005}", "must not be sent"),
        ] {
            let error = JSON.decode(line.into()).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }

    #[test]
    fn marked_lines_are_binary() {
        let codec = |format| Codec {
            format,
            marks: true,
            ..JSON
        };
        assert_eq!(
            codec(Format::Hex).decode(b"hex:00 fF".to_vec()),
            Ok(Outgoing::message(Kind::Binary, vec![0, 255]))
        );
        assert!(codec(Format::Hex).decode(b"hex:0".to_vec()).is_err());
        assert_eq!(codec(Format::Hex).encode(Kind::Binary, &[0, 255]), b"hex:00ff");
        assert_eq!(codec(Format::Base64).encode(Kind::Binary, b"hi"), b"base64:aGk=");
        assert_eq!(
            codec(Format::Base64).decode(b"base64:aGk=".to_vec()),
            Ok(Outgoing::message(Kind::Binary, b"hi".to_vec()))
        );
        assert_eq!(
            Codec {
                format: Format::Base64,
                ..JSON
            }
            .decode(b"base64:aGk=".to_vec()),
            Ok(Outgoing::message(Kind::Text, b"base64:aGk=".to_vec()))
        );
    }
}
