//! The response heads, read one line at a time (RFC 9112 sections 4 and 5).
//!
//! Lines are returned when they are complete, since that is how the header callback gets them. Like
//! libcurl this takes lines that end with a bare LF, missing reason phrases and folded headers, and refuses NUL and stray
//! CR bytes, headers without colon and everything that is not HTTP/1.0 or HTTP/1.1.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::error::ResponseError;
use super::text::{is_blank, trim_end, trim_start};
use crate::text::quoted;

/// Longest header line in bytes with its line end; libcurl counts a terminating NUL as well.
const MAX_LINE: usize = 100 * 1024 - 1;
/// Most header lines in all heads of one answer.
const MAX_HEADERS: usize = 5000;
/// Most bytes in all heads of one answer.
const MAX_HEADS: u64 = 300 * 1024;

/// How a TLS record with an alert begins (RFC 8446 section 5.1).
const TLS_ALERT: &[u8] = b"\x15\x03";

/// Most heads of an upgrade have fewer bytes.
const USUAL_HEAD: usize = 256;

/// What a line of a response head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// The first line, with the status code.
    Status,
    /// A header, unfolded.
    Header,
    /// The empty line: the head is complete.
    End,
}

/// One complete line of a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it is.
    pub kind: LineKind,
    /// Where in the head it is, with its line end.
    place: Range<usize>,
}

/// The result of [`HeadReader::feed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fed {
    /// How many bytes of the input were used. Never bytes behind the head's empty line.
    pub consumed: usize,
    /// The line that is complete now, if one is.
    pub line: Option<Line>,
}

/// One response head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// Major and minor HTTP version.
    pub version: (u8, u8),
    /// The status code, 100 to 999.
    pub status: u16,
    /// The lines, one after the other, and the part of the next one that is there.
    bytes: Vec<u8>,
    status_line: Range<usize>,
    fields: Vec<Field>,
}

/// Where in a head a header's name and value are, without blanks around them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl ResponseHead {
    /// Names and values in their order.
    pub(crate) fn headers(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let part = |range: &Range<usize>| &self.bytes[range.clone()];
        self.fields
            .iter()
            .map(move |field| (part(&field.name), part(&field.value)))
    }

    /// The whole first line, without its end.
    pub(crate) fn status_line(&self) -> &[u8] {
        &self.bytes[self.status_line.clone()]
    }

    /// The bytes of a line that was returned, with their line end.
    pub(crate) fn raw(&self, line: &Line) -> &[u8] {
        &self.bytes[line.place.clone()]
    }

    /// The values of all headers of this name, whose case does not matter.
    pub(crate) fn get<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }
}

/// Reads response heads from bytes that come in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    state: State,
    head: ResponseHead,
    /// Where in the head's bytes the unfinished line begins.
    line_start: usize,
    total: u64,
    header_count: usize,
    later_head: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    StatusLine,
    HeaderLine,
    /// The line is a complete header, unless the next byte is a blank, which folds it (RFC 9112 section 5.2).
    MaybeFolded,
    /// Inside the blanks at the start of a folded line.
    Fold,
    Done,
}

impl HeadReader {
    /// A reader before the first byte.
    pub(crate) fn new() -> HeadReader {
        HeadReader::default()
    }

    /// Takes at most one line from the front of `input`. To be called again with the rest until there is no input or
    /// [`LineKind::End`] was returned: each call uses bytes or returns a line. A header line is returned only when the byte
    /// behind it is there, which tells whether it is folded.
    ///
    /// # Errors
    /// As soon as the bytes cannot be HTTP/1.x; broken lines; a line over 100 KB or more than 5,000 headers; more than
    /// 300 KB in all. The reader must not be used afterwards.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Result<Fed, ResponseError> {
        let Some(&first) = input.first() else {
            return Ok(Fed {
                consumed: 0,
                line: None,
            });
        };
        match self.state {
            State::Done => Ok(Fed {
                consumed: 0,
                line: None,
            }),
            State::MaybeFolded if is_blank(first) => {
                self.unfold();
                self.skip_blanks(input)
            }
            State::MaybeFolded => Ok(Fed {
                consumed: 0,
                line: Some(self.finish_header()?),
            }),
            State::Fold if is_blank(first) => self.skip_blanks(input),
            State::Fold => {
                self.head.bytes.push(b' ');
                self.state = State::HeaderLine;
                self.take_line(input)
            }
            State::StatusLine | State::HeaderLine => self.take_line(input),
        }
    }

    /// The head whose lines have been returned. Complete after [`LineKind::End`].
    pub(crate) fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// Prepares for the head after an interim response (RFC 9110 section 15.2).
    pub(crate) fn next_head(&mut self) {
        self.head = ResponseHead::default();
        self.line_start = 0;
        self.state = State::StatusLine;
        self.later_head = true;
    }

    /// The bytes of all heads so far.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Takes the rest of a line, or as much as there is of it. A header is complete at once if the next byte is there and
    /// folds nothing.
    fn take_line(&mut self, input: &[u8]) -> Result<Fed, ResponseError> {
        if self.state == State::StatusLine {
            self.check_prefix(input)?;
        }
        let newline = memchr(b'\n', input);
        let consumed = newline.map_or(input.len(), |at| at + 1);
        let room = MAX_LINE - self.line().len();
        // The limit that the bytes reach first, in whatever pieces they come.
        if consumed > room && room as u64 <= MAX_HEADS - self.total {
            return Err(ResponseError::TooLarge(format!(
                "response header line of more than {MAX_LINE} bytes"
            )));
        }
        self.count(consumed)?;
        let room = if self.head.bytes.is_empty() { USUAL_HEAD } else { 0 };
        self.head.bytes.try_reserve(consumed.max(room))?;
        self.head.bytes.extend_from_slice(&input[..consumed]);
        let line = match newline {
            Some(_) => self.end_of_line(input.get(consumed).copied())?,
            None => None,
        };
        Ok(Fed { consumed, line })
    }

    fn end_of_line(&mut self, next: Option<u8>) -> Result<Option<Line>, ResponseError> {
        if self.state == State::StatusLine {
            self.parse_status()?;
            self.state = State::HeaderLine;
            return Ok(Some(self.finish_line(LineKind::Status)));
        }
        if matches!(self.line(), b"\n" | b"\r\n") {
            self.state = State::Done;
            return Ok(Some(self.finish_line(LineKind::End)));
        }
        if next.is_some_and(|next| !is_blank(next)) {
            return self.finish_header().map(Some);
        }
        self.state = State::MaybeFolded;
        Ok(None)
    }

    fn finish_line(&mut self, kind: LineKind) -> Line {
        let start = std::mem::replace(&mut self.line_start, self.head.bytes.len());
        let place = start..self.line_start;
        Line { kind, place }
    }

    /// The unfinished line.
    fn line(&self) -> &[u8] {
        &self.head.bytes[self.line_start..]
    }

    /// Makes the complete line the start of a longer one.
    fn unfold(&mut self) {
        let keep = trim_end(without_line_end(self.line())).len();
        self.head.bytes.truncate(self.line_start + keep);
        self.state = State::Fold;
    }

    fn skip_blanks(&mut self, input: &[u8]) -> Result<Fed, ResponseError> {
        let consumed = input.iter().take_while(|&&byte| is_blank(byte)).count();
        self.count(consumed)?;
        Ok(Fed { consumed, line: None })
    }

    fn count(&mut self, bytes: usize) -> Result<(), ResponseError> {
        self.total += bytes as u64;
        if self.total > MAX_HEADS {
            return Err(ResponseError::TooMuch(format!(
                "response heads of more than {MAX_HEADS} bytes"
            )));
        }
        Ok(())
    }

    /// Fails as early as possible when the peer does not speak HTTP. `input` continues the status line.
    fn check_prefix(&self, input: &[u8]) -> Result<(), ResponseError> {
        const PREFIX: &[u8] = b"HTTP/";
        let begins_like = |wanted: &[u8]| {
            self.line()
                .iter()
                .chain(input)
                .zip(wanted)
                .all(|(byte, wanted)| byte == wanted)
        };
        let length = self.line().len() + input.len();
        if begins_like(PREFIX) {
            return Ok(());
        }
        if begins_like(TLS_ALERT) {
            if length < TLS_ALERT.len() {
                return Ok(());
            }
            return Err(ResponseError::NotHttp(
                "The server answers with a TLS alert: it wants wss:// in place of ws://".to_owned(),
            ));
        }
        let line = self.line().iter().chain(input).take_while(|byte| **byte != b'\n');
        let begins: Vec<u8> = line.copied().take(200).collect();
        let begins = quoted(&begins, 40);
        Err(if self.later_head {
            ResponseError::Malformed(format!("Invalid status line after an interim response: {begins}"))
        } else {
            ResponseError::NotHttp(format!(
                "Received HTTP/0.9 when not allowed: the answer begins with {begins}"
            ))
        })
    }

    fn parse_status(&mut self) -> Result<(), ResponseError> {
        check_line(self.line())?;
        let line = without_line_end(self.line());
        let Some((version, rest)) = parse_version(line) else {
            let line = quoted(line, 80);
            return Err(ResponseError::NotHttp(format!(
                "Unsupported HTTP version in response: {line}"
            )));
        };
        let Some(status) = parse_status_code(rest) else {
            let line = quoted(line, 80);
            return Err(ResponseError::NotHttp(format!(
                "Unsupported status line in response: {line}"
            )));
        };
        let end = self.line_start + line.len();
        self.head.version = version;
        self.head.status = status;
        self.head.status_line = self.line_start..end;
        Ok(())
    }

    fn finish_header(&mut self) -> Result<Line, ResponseError> {
        check_line(self.line())?;
        let line = without_line_end(self.line());
        if line.first().copied().is_some_and(is_blank) {
            return Err(ResponseError::Malformed(format!(
                "blank before the first header: {}",
                quoted(line, 80)
            )));
        }
        let Some(colon) = memchr(b':', line) else {
            return Err(ResponseError::Malformed(format!(
                "Header without colon: {}",
                quoted(line, 80)
            )));
        };
        if self.header_count == MAX_HEADERS {
            return Err(ResponseError::TooLarge(format!(
                "Too many response headers, {MAX_HEADERS} is max"
            )));
        }
        let (start, end) = (self.line_start, self.line_start + line.len());
        let field = Field {
            name: trimmed(&self.head.bytes, start..start + colon),
            value: trimmed(&self.head.bytes, start + colon + 1..end),
        };
        self.header_count += 1;
        self.head.fields.try_reserve(1)?;
        self.head.fields.push(field);
        self.state = State::HeaderLine;
        Ok(self.finish_line(LineKind::Header))
    }
}

/// HTTP/1.0 or HTTP/1.1 at the start of a status line, and what follows the space behind it.
fn parse_version(line: &[u8]) -> Option<((u8, u8), &[u8])> {
    match line.strip_prefix(b"HTTP/1.")? {
        [minor @ b'0'..=b'1', b' ', rest @ ..] => Some(((1, minor - b'0'), rest)),
        _ => None,
    }
}

/// Three digits, and a space if a reason phrase follows (RFC 9112 section 4).
fn parse_status_code(rest: &[u8]) -> Option<u16> {
    let ([b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'], [] | [b' ', ..]) = rest.split_at_checked(3)? else {
        return None;
    };
    let digits = rest[..3].iter().map(|digit| u16::from(digit - b'0'));
    Some(digits.fold(0, |number, digit| number * 10 + digit))
}

/// A complete head.
#[cfg(test)]
pub(super) fn head(status_line: &str, headers: &[&str]) -> ResponseHead {
    let mut reader = HeadReader::new();
    let lines = [&[status_line], headers, &["", ""]].concat().join("\r\n");
    let mut rest = lines.as_bytes();
    while !rest.is_empty() {
        let fed = reader.feed(rest).unwrap();
        assert!(fed.consumed > 0 || fed.line.is_some(), "no progress");
        rest = &rest[fed.consumed..];
    }
    reader.head().clone()
}

/// The part of `bytes` without the blanks at both ends.
fn trimmed(bytes: &[u8], part: Range<usize>) -> Range<usize> {
    let text = trim_end(&bytes[part.clone()]);
    let end = part.start + text.len();
    end - trim_start(text).len()..end
}

/// NUL may stand nowhere, CR only before the LF (RFC 9112 section 2.2).
fn check_line(line: &[u8]) -> Result<(), ResponseError> {
    let text = without_line_end(line);
    let what = match memchr2(0, b'\r', text).map(|at| text[at]) {
        None => return Ok(()),
        Some(0) => "Nul byte",
        Some(_) => "Carriage return",
    };
    Err(ResponseError::Malformed(format!(
        "{what} in header: {}",
        quoted(text, 80)
    )))
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests;
