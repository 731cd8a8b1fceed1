//! The opening handshake, server side.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

use crate::Failure;
use crate::work::Work;

/// What RFC 6455 has every server add to the key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request, answered.
pub(crate) struct Upgrade {
    pub(crate) response: String,
    pub(crate) work: Work,
    /// length of the request's head
    pub(crate) taken: usize,
}

/// Answers the request at the beginning of `input` once its head is complete.
pub(crate) fn upgrade(input: &[u8]) -> Result<Option<Upgrade>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(taken) = request.parse(input)? else {
        return Ok(None);
    };
    let header = |name: &str| {
        let found = request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let key = header("Sec-WebSocket-Key").ok_or("a request without a key")?;
    let extensions = header("Sec-WebSocket-Extensions").map_or("", agreement);
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{extensions}\r\n",
        accept(key)
    );
    let work = Work::parse(request.path.unwrap_or_default())?;
    Ok(Some(Upgrade { response, work, taken }))
}

fn accept(key: &str) -> String {
    BASE64_STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// An echo returns compressed messages as they came. What inflates them has then seen every message that they may refer to;
/// unless the server was asked to forget between messages, which then both must do.
fn agreement(offer: &str) -> &'static str {
    if !offer.contains("permessage-deflate") {
        ""
    } else if offer.contains("server_no_context_takeover") {
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
    } else {
        "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    }
}
