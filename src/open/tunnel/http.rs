//! CONNECT through an HTTP proxy (RFC 9110 section 9.3.6): the proxy's answer, and whether to ask again with credentials.

use crate::http::auth::{Authenticator, Challenge};
use crate::http::error::ResponseError;
use crate::http::response::{HeadReader, Line, LineKind, ResponseHead};
use crate::http::text::list_members;
use crate::http::unread::UnreadBody;

/// How a TLS record with an alert begins (RFC 8446 section 5.1).
const TLS_ALERT: &[u8] = b"\x15\x03";

/// The answers to requests on one connection: bytes in, events out.
#[derive(Debug)]
pub(crate) struct Answer {
    reader: HeadReader,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Head,
    /// an interim response is complete
    Interim,
    /// the final response's head is complete
    Complete,
    /// the body of a refusal is passed over
    Body(UnreadBody),
}

/// What a complete head means.
enum Verdict {
    Final(Event),
    /// a request may follow behind this
    Skip(UnreadBody),
}

/// What the answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// all bytes are used, and more are needed
    NeedMore,
    /// a line of [`Answer::head`] is complete
    Line(Line),
    /// what follows comes from the other end of the tunnel
    Established,
    /// the request is to be sent once more, with the credentials that the authenticator has now
    Repeat,
    /// the same on a new connection
    Reconnect,
    Refused,
}

impl Answer {
    /// Before the first byte.
    pub(crate) fn new() -> Answer {
        Answer {
            reader: HeadReader::new(),
            stage: Stage::Head,
        }
    }

    /// Takes bytes from the front of `input`, and returns how many. Never bytes behind the answer.
    pub(crate) fn receive(
        &mut self,
        input: &[u8],
        authenticator: &mut Authenticator,
    ) -> Result<(usize, Event), ResponseError> {
        match &mut self.stage {
            Stage::Interim => {
                self.reader.next_head();
                self.stage = Stage::Head;
                self.read_head(input)
            }
            Stage::Head => self.read_head(input),
            Stage::Complete => match self.judge(authenticator) {
                Verdict::Final(event) => Ok((0, event)),
                Verdict::Skip(body) => {
                    self.stage = Stage::Body(body);
                    Ok(self.skip_body(input))
                }
            },
            Stage::Body(_) => Ok(self.skip_body(input)),
        }
    }

    /// The head whose lines have come.
    pub(crate) fn head(&self) -> &ResponseHead {
        self.reader.head()
    }

    fn read_head(&mut self, input: &[u8]) -> Result<(usize, Event), ResponseError> {
        if self.reader.total() == 0 && input.starts_with(TLS_ALERT) {
            return Err(ResponseError::NotHttp(
                "it is a TLS alert: the proxy wants https:// in front of its name".to_owned(),
            ));
        }
        let mut consumed = 0;
        loop {
            let fed = self.reader.feed(&input[consumed..])?;
            consumed += fed.consumed;
            match fed.line {
                Some(line) => {
                    if line.kind == LineKind::End {
                        self.stage = match self.reader.head().status {
                            100 | 102..=199 => Stage::Interim,
                            _ => Stage::Complete,
                        };
                    }
                    return Ok((consumed, Event::Line(line)));
                }
                None if consumed < input.len() && fed.consumed > 0 => {}
                None => return Ok((consumed, Event::NeedMore)),
            }
        }
    }

    /// Judges a complete head.
    fn judge(&self, authenticator: &mut Authenticator) -> Verdict {
        let head = self.reader.head();
        match head.status {
            200..=299 => Verdict::Final(Event::Established),
            407 if authenticator.challenged(&challenges(head)) => match unread_body(head) {
                Some(body) => Verdict::Skip(body),
                None => Verdict::Final(Event::Reconnect),
            },
            _ => Verdict::Final(Event::Refused),
        }
    }

    /// Reads past the body of a refusal.
    fn skip_body(&mut self, input: &[u8]) -> (usize, Event) {
        let Stage::Body(body) = &mut self.stage else {
            return (0, Event::Reconnect);
        };
        match body.feed(input) {
            None => (input.len(), Event::Reconnect),
            Some(used) if body.is_over() => (used, Event::Repeat),
            Some(used) => (used, Event::NeedMore),
        }
    }
}

fn challenges(head: &ResponseHead) -> Vec<Challenge<'_>> {
    head.get("Proxy-Authenticate").flat_map(Challenge::parse_list).collect()
}

/// What comes before the next answer on this connection, if there can be one. Old proxies say `Proxy-Connection`.
fn unread_body(head: &ResponseHead) -> Option<UnreadBody> {
    let mut options = head.get("Proxy-Connection").flat_map(list_members);
    match options.any(|option| option.eq_ignore_ascii_case(b"close")) {
        true => None,
        false => UnreadBody::new(head, b"CONNECT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::Credentials;
    use crate::secret::Secret;

    const BASIC: u32 = 1;
    const ANY: u32 = !16;

    /// Feeds `bytes`, the answer to a first request, in pieces of `size` bytes: the lines, the last event, and how much was
    /// used.
    fn read(mask: u32, bytes: &[u8], size: usize) -> Result<(usize, Event, usize), ResponseError> {
        let credentials = Credentials {
            user: b"me".to_vec(),
            password: Secret::from(&b"secret"[..]),
            bearer: Secret::default(),
        };
        let mut authenticator = Authenticator::new(mask, credentials).unwrap();
        authenticator.authorize(b"CONNECT", b"host.test:80", [0; 16]);
        let mut answer = Answer::new();
        let (mut lines, mut used, mut end) = (0, 0, size.min(bytes.len()));
        loop {
            let (consumed, event) = answer.receive(&bytes[used..end], &mut authenticator)?;
            used += consumed;
            match event {
                Event::Line(_) => lines += 1,
                Event::NeedMore => {
                    assert_eq!(used, end, "all bytes are used before more are asked for");
                    assert!(end < bytes.len());
                    end = (end + size).min(bytes.len());
                }
                event => return Ok((lines, event, used)),
            }
        }
    }

    #[test]
    fn a_2xx_opens_the_tunnel_and_what_follows_is_left() {
        for size in [1, 7, 1000] {
            for (head, lines) in [
                (&b"HTTP/1.1 200 Connection established\r\n\r\n"[..], 2),
                (b"HTTP/1.0 204\nContent-Length: 7\n\n", 3),
                (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n", 5),
            ] {
                let all = [head, b"\x16\x03early"].concat();
                assert_eq!(read(0, &all, size).unwrap(), (lines, Event::Established, head.len()));
            }
        }
    }

    #[test]
    fn a_407_is_answered_with_credentials_that_were_not_sent_yet() {
        const CHALLENGE: &str = "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n";
        // With several schemes nothing is sent before the challenge, with one it was sent already.
        for (mask, rest, expected) in [
            (ANY, "Content-Length: 5\r\n\r\nhello", Event::Repeat),
            (ANY, "Content-Length: 0\r\n\r\n", Event::Repeat),
            (
                ANY,
                "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
                Event::Repeat,
            ),
            (
                ANY,
                "Content-Length: 5\r\nProxy-Connection: close\r\n\r\n",
                Event::Reconnect,
            ),
            (ANY, "\r\n", Event::Reconnect),
            (ANY, "Transfer-Encoding: chunked\r\n\r\nx", Event::Reconnect),
            (BASIC, "Content-Length: 0\r\n\r\n", Event::Refused),
            (0, "Content-Length: 0\r\n\r\n", Event::Refused),
        ] {
            for size in [1, 1000] {
                let bytes = format!("{CHALLENGE}{rest}");
                let (_, event, used) = read(mask, bytes.as_bytes(), size).unwrap();
                assert_eq!((event, used), (expected.clone(), bytes.len()), "{mask} {rest:?}");
            }
        }
    }

    #[test]
    fn other_answers_are_refusals() {
        for status in [
            "101 Switching",
            "302 Found",
            "403 Forbidden",
            "502 Bad",
            "407 Without a challenge",
        ] {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\n");
            assert_eq!(
                read(ANY, head.as_bytes(), 1000).unwrap(),
                (3, Event::Refused, head.len())
            );
        }
        for bytes in [
            &b"\x15\x03\x01\0\x02\x02\x46"[..],
            b"SSH-2.0-x\r\n",
            b"HTTP/2 200\r\n\r\n",
        ] {
            assert!(read(ANY, bytes, 1000).is_err(), "{bytes:?}");
        }
    }
}
