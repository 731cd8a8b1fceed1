//! Response heads in pieces against the same in one.

use std::mem::{Discriminant, discriminant};

use super::script::{Script, pieces};
use crate::http::body::BodyStart;
use crate::http::error::ResponseError;
use crate::http::response::{HeadReader, LineKind};

/// A response, in any pieces, has the same lines, headers, body and kind of error.
pub fn response(data: &[u8]) {
    let mut script = Script::new(data);
    let cuts = script.cuts();
    let stream = script.rest();
    let whole = read(stream, &[]);
    for cuts in [&[1][..], cuts] {
        assert_eq!(read(stream, cuts), whole, "pieces: {cuts:?}");
    }
}

#[derive(Debug, Default, PartialEq)]
struct Answer {
    lines: Vec<(LineKind, Vec<u8>)>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    status: u16,
    complete: bool,
    body: String,
    error: Option<Discriminant<ResponseError>>,
}

fn read(stream: &[u8], cuts: &[u8]) -> Answer {
    let mut answer = Answer::default();
    let mut reader = HeadReader::new();
    let mut body = None;
    for piece in pieces(stream, cuts) {
        let mut input = piece;
        while body.is_none() && !input.is_empty() {
            match feed(&mut reader, input, &mut answer) {
                Ok(used) => input = &input[used..],
                Err(error) => {
                    answer.error = Some(discriminant(&error));
                    return answer;
                }
            }
            if answer.complete {
                body = Some(BodyStart::new(reader.head()));
            }
        }
        if let Some(body) = &mut body {
            body.feed(input);
        }
    }
    answer.body = body.map_or_else(String::new, |body| body.shown());
    answer
}

fn feed(reader: &mut HeadReader, input: &[u8], answer: &mut Answer) -> Result<usize, ResponseError> {
    let fed = reader.feed(input)?;
    assert!(fed.consumed > 0 || fed.line.is_some(), "no progress");
    let Some(line) = fed.line else { return Ok(fed.consumed) };
    let head = reader.head();
    answer.lines.push((line.kind, head.raw(&line).to_vec()));
    if line.kind == LineKind::End {
        answer.status = head.status;
        answer.headers = head
            .headers()
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect();
        match head.status {
            100 | 102..200 => reader.next_head(),
            _ => answer.complete = true,
        }
    }
    Ok(fed.consumed)
}
