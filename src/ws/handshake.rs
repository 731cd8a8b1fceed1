//! The opening handshake's own header values (RFC 6455 sections 4 and 9.1): the key, the proof that the server has read it,
//! and the grammar of `Sec-WebSocket-Extensions`. The HTTP around them is not here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The `Sec-WebSocket-Key` of a handshake, made of 16 bytes that are fresh and random (section 4.1).
pub(crate) fn new_key(nonce: [u8; 16]) -> [u8; 24] {
    base64_of(&nonce)
}

/// The `Sec-WebSocket-Accept` value that proves that the server has read `key` (section 4.2.2).
pub(crate) fn expected_accept(key: &[u8]) -> [u8; 28] {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    base64_of(&Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Base64 of bytes that give exactly `N` characters.
fn base64_of<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    let length = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(length, Ok(N));
    text
}

/// One extension of the list: `permessage-deflate; server_max_window_bits=10`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    /// The extension's token, in the case in which it came.
    pub name: String,
    /// Its parameters in their order, duplicates included: the extension decides whether they are valid.
    pub params: Vec<Param>,
}

/// One parameter of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    /// The parameter's token.
    pub name: String,
    /// The value, without quotes and backslashes; `None` for a parameter that is only a name.
    pub value: Option<String>,
}

/// Reads one `Sec-WebSocket-Extensions` value. `None` when it breaks the grammar. Empty list members are allowed (RFC 9110
/// section 5.6.1).
pub(crate) fn parse_extensions(value: &[u8]) -> Option<Vec<Extension>> {
    let mut reader = Reader { rest: value };
    let mut list = Vec::new();
    loop {
        reader.skip_blanks();
        if !matches!(reader.rest.first(), None | Some(b',')) {
            list.push(reader.extension()?);
        }
        if reader.rest.is_empty() {
            return Some(list);
        }
        if !reader.take(b',') {
            return None;
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn extension(&mut self) -> Option<Extension> {
        let name = self.token()?;
        let mut params = Vec::new();
        while self.take(b';') {
            params.push(self.param()?);
        }
        Some(Extension { name, params })
    }

    fn param(&mut self) -> Option<Param> {
        let name = self.token()?;
        let value = if !self.take(b'=') {
            None
        } else if self.take(b'"') {
            Some(self.quoted_rest()?)
        } else {
            Some(self.token()?)
        };
        Some(Param { name, value })
    }

    fn token(&mut self) -> Option<String> {
        self.skip_blanks();
        let length = self.rest.iter().take_while(|&&byte| is_token_byte(byte)).count();
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.skip_blanks();
        text(token)
    }

    /// A quoted string after its opening quote. Unescaped it must be a token as well.
    fn quoted_rest(&mut self) -> Option<String> {
        let mut value = Vec::new();
        loop {
            let (byte, rest) = match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    self.skip_blanks();
                    return text(&value);
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => (*byte, rest),
                [] => return None,
            };
            if !is_token_byte(byte) {
                return None;
            }
            value.push(byte);
            self.rest = rest;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.skip_blanks();
        match self.rest {
            [byte, rest @ ..] if *byte == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn skip_blanks(&mut self) {
        let blanks = self
            .rest
            .iter()
            .take_while(|&byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.rest = &self.rest[blanks..];
    }
}

fn text(token: &[u8]) -> Option<String> {
    (!token.is_empty()).then(|| token.iter().copied().map(char::from).collect())
}

/// RFC 9110 section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6455_section_1_3_accept() {
        assert_eq!(
            expected_accept(b"dGhlIHNhbXBsZSBub25jZQ=="),
            *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn rfc_6455_section_4_1_key() {
        assert_eq!(new_key(*b"the sample nonce"), *b"dGhlIHNhbXBsZSBub25jZQ==");
    }

    fn show(list: &[Extension]) -> String {
        let show_one = |extension: &Extension| {
            extension
                .params
                .iter()
                .fold(extension.name.clone(), |out, param| match &param.value {
                    Some(value) => format!("{out};{}={value}", param.name),
                    None => format!("{out};{}", param.name),
                })
        };
        list.iter().map(show_one).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn rfc_6455_section_9_1_valid_lists() {
        let cases = [
            ("foo", "foo"),
            ("bar; baz=2", "bar;baz=2"),
            ("foo, bar; baz=2", "foo,bar;baz=2"),
            ("deflate-stream", "deflate-stream"),
            (
                "mux; max-channels=4; flow-control, deflate-stream",
                "mux;max-channels=4;flow-control,deflate-stream",
            ),
            ("private-extension", "private-extension"),
            (
                "permessage-deflate; client_max_window_bits; server_max_window_bits=\"10\"",
                "permessage-deflate;client_max_window_bits;server_max_window_bits=10",
            ),
            ("a;b=\"\\c\\1\"", "a;b=c1"),
            (" a ;\tb = c , d ", "a;b=c,d"),
            (",a,,b,", "a,b"),
            ("", ""),
            (" , ", ""),
            ("a;b;b", "a;b;b"),
        ];
        for (input, wanted) in cases {
            assert_eq!(
                show(&parse_extensions(input.as_bytes()).expect(input)),
                wanted,
                "{input}"
            );
        }
    }

    #[test]
    fn rfc_6455_section_9_1_broken_lists() {
        let cases = [
            "a b",
            ";",
            "a;",
            "a;;b",
            "a;=b",
            "a;b=",
            "a;b=c d",
            "a;b=\"",
            "a;b=\"\"",
            "a;b=\"c",
            "a;b=\"c\"d",
            "a;b=\"c d\"",
            "a;b=\"\\",
            "a=b",
            "\"a\"",
            "a;b=c=d",
            "\u{e4}",
            "a\u{0}",
            "a/1",
        ];
        for input in cases {
            assert_eq!(parse_extensions(input.as_bytes()), None, "{input}");
        }
    }
}
