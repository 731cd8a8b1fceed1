//! SOCKS 4 (SOCKS: A protocol for TCP proxy across firewalls) and 4a (its extension by names): one request, one reply.

use std::net::{IpAddr, Ipv4Addr};

use super::socks::{Received, SocksError, Target};
use crate::text::quoted;
use crate::types::codes::CURLproxycode::{self, *};

/// Bytes of a reply.
const REPLY: usize = 8;
/// The longest user name and host name, without the NUL: the limits that libcurl has.
const MAX_USER: usize = 255;
const MAX_HOST: usize = 254;

/// The request to connect, with `user` as the user id.
pub(crate) fn request(target: Target<'_>, port: u16, user: &[u8]) -> Result<Vec<u8>, SocksError> {
    if user.len() > MAX_USER {
        return Err(SocksError::new(
            CURLPX_LONG_USER,
            format!("the user name has more than {MAX_USER} bytes"),
        ));
    }
    let (address, name) = match target {
        Target::Address(IpAddr::V4(address)) => (address, None),
        Target::Address(IpAddr::V6(address)) => {
            return Err(SocksError::new(
                CURLPX_RESOLVE_HOST,
                format!("SOCKS 4 cannot connect to the IPv6 address {address}"),
            ));
        }
        // 0.0.0.x with x not 0 is no address: a name follows.
        Target::Name(name) => (Ipv4Addr::new(0, 0, 0, 1), Some(name)),
    };
    let mut request = vec![4, 1];
    request.extend_from_slice(&port.to_be_bytes());
    request.extend_from_slice(&address.octets());
    request.extend_from_slice(user);
    request.push(0);
    if let Some(name) = name {
        if name.len() > MAX_HOST {
            let name = quoted(name.as_bytes(), 40);
            return Err(SocksError::new(
                CURLPX_LONG_HOSTNAME,
                format!("the host name {name} has more than {MAX_HOST} bytes"),
            ));
        }
        request.extend_from_slice(name.as_bytes());
        request.push(0);
    }
    Ok(request)
}

/// Takes the reply from the front of `input`, once all of it is there.
pub(crate) fn receive(input: &[u8]) -> Result<Received, SocksError> {
    if let Some(&version @ 1..) = input.first() {
        return Err(SocksError::new(
            CURLPX_BAD_VERSION,
            format!("its reply has version {version}, not 0"),
        ));
    }
    match input.get(1) {
        None | Some(90) => {}
        Some(&code) => return Err(refusal(code)),
    }
    Ok(match input.len() {
        0..REPLY => Received::NEED_MORE,
        _ => Received {
            consumed: REPLY,
            done: true,
        },
    })
}

fn refusal(code: u8) -> SocksError {
    let (number, reason): (CURLproxycode, &str) = match code {
        91 => (CURLPX_REQUEST_FAILED, "request rejected or failed"),
        92 => (CURLPX_IDENTD, "it cannot ask this machine's identd who the user is"),
        93 => (CURLPX_IDENTD_DIFFER, "identd reports another user"),
        _ => (CURLPX_UNKNOWN_FAIL, "unknown reply"),
    };
    SocksError::new(number, format!("{reason} ({code})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_the_request_and_a_name_behind_it() {
        let address = Target::Address(IpAddr::from([192, 0, 2, 7]));
        assert_eq!(
            request(address, 0x1F90, b"me").unwrap(),
            b"\x04\x01\x1f\x90\xc0\x00\x02\x07me\0"
        );
        assert_eq!(
            request(Target::Name("host.test"), 80, b"").unwrap(),
            b"\x04\x01\x00\x50\x00\x00\x00\x01\0host.test\0"
        );
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let name = |length| "x".repeat(length);
        assert!(request(Target::Name(&name(254)), 80, &[b'u'; 255]).is_ok());
        let code = |result: Result<_, SocksError>| result.unwrap_err().code;
        assert_eq!(code(request(Target::Name(&name(255)), 80, b"")), CURLPX_LONG_HOSTNAME);
        assert_eq!(code(request(Target::Name("a"), 80, &[b'u'; 256])), CURLPX_LONG_USER);
        assert_eq!(
            code(request(Target::Address(IpAddr::from([0; 16])), 80, b"")),
            CURLPX_RESOLVE_HOST
        );
    }

    #[test]
    fn a_reply_has_eight_bytes() {
        const GRANTED: &[u8] = b"\0\x5a\x12\x34\x01\x02\x03\x04\x81";
        for length in 0..=GRANTED.len() {
            let received = receive(&GRANTED[..length]).unwrap();
            assert_eq!(
                (received.consumed, received.done),
                if length < 8 { (0, false) } else { (8, true) }
            );
        }
    }

    #[test]
    fn refusals_have_codes() {
        for (reply, expected) in [
            (&b"\x04"[..], CURLPX_BAD_VERSION),
            (b"H", CURLPX_BAD_VERSION),
            (b"\0\x5b", CURLPX_REQUEST_FAILED),
            (b"\0\x5c\0\0\0\0\0\0", CURLPX_IDENTD),
            (b"\0\x5d\0\0\0\0\0\0", CURLPX_IDENTD_DIFFER),
            (b"\0\x00\0\0\0\0\0\0", CURLPX_UNKNOWN_FAIL),
            (b"\0\xff", CURLPX_UNKNOWN_FAIL),
        ] {
            assert_eq!(receive(reply).unwrap_err().code, expected, "{reply:?}");
        }
    }
}
