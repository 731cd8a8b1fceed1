//! What a Close frame says (RFC 6455 sections 5.5.1 and 7.4).

use std::fmt;

use super::frame::MAX_CONTROL_PAYLOAD;

/// The longest reason: a control frame less the status code.
pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// What stands for a Close frame without a status code (section 7.4.1).
pub const NO_STATUS: u16 = 1005;

/// Whether an endpoint may put `code` into a Close frame: the codes of the RFC and of the IANA registry that may be
/// sent, and those of libraries and applications.
pub fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The payload of a Close frame with `code` and `reason`.
pub fn payload(code: u16, reason: &[u8]) -> Result<Vec<u8>, Fault> {
    if reason.len() > MAX_REASON {
        return Err(Fault::LongReason(reason.len()));
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason);
    check(&payload).map(|_| payload)
}

/// Checks a Close frame's payload and returns its status code, `None` where it is empty.
pub fn check(payload: &[u8]) -> Result<Option<u16>, Fault> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload.len() {
            0 => Ok(None),
            _ => Err(Fault::HalfCode),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !is_sendable(code) {
        return Err(Fault::Code(code));
    }
    match str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(Fault::ReasonNotUtf8),
    }
}

/// What is wrong with a Close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// one byte where a status code has two
    HalfCode,
    /// a status code that must not be sent
    Code(u16),
    /// the reason is not UTF-8
    ReasonNotUtf8,
    /// the reason has so many bytes
    LongReason(usize),
}

impl Fault {
    /// The status code with which a peer that sends this is told (section 7.4.1).
    pub fn close_code(self) -> u16 {
        match self {
            Fault::ReasonNotUtf8 => 1007,
            Fault::HalfCode | Fault::Code(_) | Fault::LongReason(_) => 1002,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::HalfCode => write!(f, "CLOSE frame with half a status code (RFC 6455 section 5.5.1)"),
            Fault::Code(code) => write!(
                f,
                "CLOSE frame with status code {code}, which must not be sent (RFC 6455 section 7.4)"
            ),
            Fault::ReasonNotUtf8 => write!(
                f,
                "CLOSE frame with a reason that is not UTF-8 (RFC 6455 section 5.5.1)"
            ),
            Fault::LongReason(length) => write!(
                f,
                "CLOSE frame with a reason of {length} bytes, over {MAX_REASON} (RFC 6455 section 5.5)"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_may_be_sent() {
        for code in [
            1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
        ] {
            assert!(is_sendable(code), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!is_sendable(code), "{code}");
        }
    }

    #[test]
    fn payloads_are_checked() {
        type Case = (&'static [u8], Result<Option<u16>, Fault>);
        let cases: &[Case] = &[
            (b"", Ok(None)),
            (b"\x03", Err(Fault::HalfCode)),
            (b"\x03\xe8", Ok(Some(1000))),
            (b"\x03\xe8bye", Ok(Some(1000))),
            (b"\x03\xed", Err(Fault::Code(1005))),
            (b"\x03\xe8\xff", Err(Fault::ReasonNotUtf8)),
        ];
        for (payload, wanted) in cases {
            assert_eq!(check(payload), *wanted, "{payload:x?}");
        }
    }

    #[test]
    fn payloads_are_made_of_what_may_be_sent() {
        assert_eq!(payload(4000, b"done").unwrap(), b"\x0f\xa0done");
        assert_eq!(payload(1000, &[b'x'; 123]).unwrap().len(), 125);
        assert_eq!(payload(1000, &[b'x'; 124]), Err(Fault::LongReason(124)));
        assert_eq!(payload(1005, b""), Err(Fault::Code(1005)));
        assert_eq!(payload(1000, b"\xc3"), Err(Fault::ReasonNotUtf8));
    }
}
