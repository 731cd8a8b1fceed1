//! Tests of the response head.

use super::*;

type Lines = Vec<(LineKind, String)>;

/// Feeds `pieces` and gives the lines until the end of the head, and what was not used.
fn read_with(reader: &mut HeadReader, pieces: &[&[u8]]) -> Result<(Lines, Vec<u8>), ResponseError> {
    let mut lines = Vec::new();
    let mut unused = Vec::new();
    let mut done = false;
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() && !done {
            let fed = reader.feed(rest)?;
            assert!(fed.consumed > 0 || fed.line.is_some(), "no progress");
            rest = &rest[fed.consumed..];
            if let Some(line) = fed.line {
                done = line.kind == LineKind::End;
                let raw = String::from_utf8_lossy(reader.head().raw(&line)).into_owned();
                lines.push((line.kind, raw));
            }
        }
        unused.extend_from_slice(rest);
    }
    Ok((lines, unused))
}

fn read(text: &[u8]) -> Result<ResponseHead, ResponseError> {
    let mut reader = HeadReader::new();
    read_with(&mut reader, &[text])?;
    Ok(reader.head().clone())
}

const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    X-Folded: one  \r\n\t  two\r\n three\n\
    Connection:Upgrade \r\n\
    \r\n\x81\x05hello";

#[test]
fn every_split_gives_the_same_lines() {
    let wanted = [
        (LineKind::Status, "HTTP/1.1 101 Switching Protocols\r\n".to_owned()),
        (LineKind::Header, "Upgrade: websocket\r\n".to_owned()),
        (LineKind::Header, "X-Folded: one two three\n".to_owned()),
        (LineKind::Header, "Connection:Upgrade \r\n".to_owned()),
        (LineKind::End, "\r\n".to_owned()),
    ];
    let mut ways: Vec<Vec<&[u8]>> = (0..=ANSWER.len())
        .map(|at| vec![&ANSWER[..at], &ANSWER[at..]])
        .collect();
    ways.push(ANSWER.chunks(1).collect());
    for pieces in ways {
        let mut reader = HeadReader::new();
        assert_eq!(reader.total, 0);
        let (lines, unused) = read_with(&mut reader, &pieces).unwrap();
        assert_eq!(lines, wanted, "{pieces:?}");
        assert_eq!(unused, b"\x81\x05hello");
        assert_eq!(reader.total(), (ANSWER.len() - unused.len()) as u64);
        let head = reader.head();
        assert_eq!((head.version, head.status), ((1, 1), 101));
        assert_eq!(head.status_line(), b"HTTP/1.1 101 Switching Protocols");
        assert_eq!(head.get("UPGRADE").collect::<Vec<_>>(), [b"websocket"]);
        assert_eq!(head.get("x-folded").collect::<Vec<_>>(), [b"one two three"]);
        assert_eq!(head.get("connection").collect::<Vec<_>>(), [b"Upgrade"]);
    }
}

#[test]
fn tolerated_heads() {
    /// Head, status line, headers.
    type Case<'a> = (&'a [u8], &'a str, &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 9] = [
        (b"HTTP/1.1 101\r\n\r\n", "HTTP/1.1 101", &[]),
        (b"HTTP/1.1 101 \r\n\r\n", "HTTP/1.1 101", &[]),
        (b"HTTP/1.0 200 OK\n\n", "HTTP/1.0 200 OK", &[]),
        (b"HTTP/1.1 999 \xfcber\n\n", "HTTP/1.1 999 \u{fffd}ber", &[]),
        (b"HTTP/1.1 200 OK\nA:b\n\n", "HTTP/1.1 200 OK", &[("A", "b")]),
        (
            b"HTTP/1.1 200 OK\nA : \t b c \t\n\n",
            "HTTP/1.1 200 OK",
            &[("A", "b c")],
        ),
        (
            b"HTTP/1.1 200 OK\nA:\nB: \n\n",
            "HTTP/1.1 200 OK",
            &[("A", ""), ("B", "")],
        ),
        (
            b"HTTP/1.1 200 OK\nA: \x01:x\n\n",
            "HTTP/1.1 200 OK",
            &[("A", "\u{1}:x")],
        ),
        (b"HTTP/1.1 200 OK\nA: b\n \n\n", "HTTP/1.1 200 OK", &[("A", "b")]),
    ];
    for (text, status_line, headers) in cases {
        let head = read(text).unwrap_or_else(|error| panic!("{status_line}: {error}"));
        assert_eq!(String::from_utf8_lossy(head.status_line()).trim_end(), status_line);
        let seen: Vec<(&str, &str)> = head
            .headers()
            .map(|(name, value)| (str::from_utf8(name).unwrap(), str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(seen, headers);
    }
}

#[test]
fn broken_heads_are_refused() {
    use ResponseError::{Malformed as WEIRD, NotHttp as UNSUPPORTED};
    type Case<'a> = (&'a [u8], fn(String) -> ResponseError, &'a str);
    let cases: [Case<'_>; 23] = [
        (b"x", UNSUPPORTED, "Received HTTP/0.9 when not allowed"),
        (
            b"\r\nHTTP/1.1 101\r\n",
            UNSUPPORTED,
            "Received HTTP/0.9 when not allowed",
        ),
        (b"HTTX", UNSUPPORTED, "Received HTTP/0.9 when not allowed"),
        (b"http/1.1 101\r\n", UNSUPPORTED, "Received HTTP/0.9 when not allowed"),
        (b"SSH-2.0-OpenSSH\r\n", UNSUPPORTED, "\"SSH-2.0-OpenSSH\""),
        (b"\x16\x03\x01", UNSUPPORTED, "\"???\""),
        (b"\x15\x03\x01\x00\x02\x02\x46", UNSUPPORTED, "wants wss://"),
        (b"\x15\x02", UNSUPPORTED, "\"??\""),
        (b"HTTP/2 200\r\n", UNSUPPORTED, "HTTP version"),
        (b"HTTP/1.2 200 OK\r\n", UNSUPPORTED, "HTTP version"),
        (b"HTTP/1.1 20 OK\r\n", UNSUPPORTED, "status line"),
        (b"HTTP/1.1 099 OK\r\n", UNSUPPORTED, "status line"),
        (b"HTTP/1.1 1011\r\n", UNSUPPORTED, "status line"),
        (b"HTTP/1.1 10\r\n", UNSUPPORTED, "status line"),
        (b"HTTP/1.1  101\r\n", UNSUPPORTED, "status line"),
        (b"HTTP/1.1\r\n", UNSUPPORTED, "HTTP version"),
        (b"HTTP/1.1 200 a\0b\r\n", WEIRD, "Nul byte"),
        (b"HTTP/1.1 200 a\rb\r\n", WEIRD, "Carriage return"),
        (b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", WEIRD, "Nul byte"),
        (b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", WEIRD, "Carriage return"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", WEIRD, "Carriage return"),
        (
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            WEIRD,
            "without colon: \"no colon\"",
        ),
        (b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n", WEIRD, "blank before"),
    ];
    for (text, kind, wanted) in cases {
        let error = read(text).expect_err(&String::from_utf8_lossy(text));
        let text = error.to_string();
        assert!(text.contains(wanted), "{text}");
        assert_eq!(error, kind(text));
    }
}

#[test]
fn the_kind_of_an_error_does_not_depend_on_the_pieces() {
    let bad: [&[u8]; 5] = [
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"\x15\x02",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 20 OK\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ];
    for bad in bad {
        for interim in [&b""[..], b"HTTP/1.1 100 Continue\r\n\r\n"] {
            let kind = |size: usize| {
                let mut reader = HeadReader::new();
                read_with(&mut reader, &[interim]).unwrap();
                if !interim.is_empty() {
                    reader.next_head();
                }
                let pieces: Vec<_> = bad.chunks(size).collect();
                std::mem::discriminant(&read_with(&mut reader, &pieces).unwrap_err())
            };
            assert_eq!(kind(1), kind(bad.len()), "{}", String::from_utf8_lossy(bad));
        }
    }
}

#[test]
fn interim_heads_are_counted_together() {
    let mut reader = HeadReader::new();
    let first = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    read_with(&mut reader, &[first]).unwrap();
    assert_eq!(reader.head().status, 103);
    assert_eq!(
        reader.feed(b"more").unwrap(),
        Fed {
            consumed: 0,
            line: None
        }
    );
    reader.next_head();
    let second = b"HTTP/1.1 101 Go\r\n\r\n";
    read_with(&mut reader, &[second]).unwrap();
    assert_eq!((reader.head().status, reader.head().headers().count()), (101, 0));
    assert_eq!(reader.total(), (first.len() + second.len()) as u64);
    reader.next_head();
    assert!(matches!(reader.feed(b"junk"), Err(ResponseError::Malformed(_))));
}

#[test]
fn floods_meet_limits() {
    let status = b"HTTP/1.1 200 OK\r\n".to_vec();
    let line = |length: usize| [b"A:", &vec![b'x'; length - 4][..], b"\r\n"].concat();
    let with = |lines: &[Vec<u8>]| read(&[&status[..], &lines.concat(), b"\r\n"].concat());
    let too_large = |lines: &[Vec<u8>]| matches!(with(lines), Err(ResponseError::TooLarge(_)));
    let too_much = |lines: &[Vec<u8>]| matches!(with(lines), Err(ResponseError::TooMuch(_)));

    assert!(with(&[line(MAX_LINE)]).is_ok());
    assert!(too_large(&[line(MAX_LINE + 1)]));
    assert!(too_large(&[line(MAX_LINE), b" x\r\n".to_vec()]));
    let endless = read(&[&status[..], &vec![b'x'; MAX_LINE + 1]].concat());
    assert!(matches!(endless, Err(ResponseError::TooLarge(_))));

    assert!(with(&vec![b"a:\r\n".to_vec(); MAX_HEADERS]).is_ok());
    assert!(too_large(&vec![b"a:\r\n".to_vec(); MAX_HEADERS + 1]));

    assert!(too_much(&vec![line(1024); 300]));
    let blanks = vec![b"a: b\r\n".to_vec(), vec![b' '; MAX_HEADS as usize]];
    assert!(too_much(&blanks));
}

#[test]
fn floods_of_interim_responses_meet_the_limit() {
    let mut reader = HeadReader::new();
    let error = loop {
        match read_with(&mut reader, &[b"HTTP/1.1 100 Continue\r\n\r\n"]) {
            Ok(_) => reader.next_head(),
            Err(error) => break error,
        }
        assert!(reader.total() <= MAX_HEADS);
    };
    assert!(matches!(error, ResponseError::TooMuch(_)));
}
