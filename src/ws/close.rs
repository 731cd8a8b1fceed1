//! The payload of a CLOSE frame: status code and reason (RFC 6455 sections 5.5.1 and 7.4).

use super::error::CloseError;
use super::frame::MAX_REASON;

/// Stands for a CLOSE frame without a status code, and is never sent (section 7.4.1).
pub(crate) const NO_STATUS: u16 = 1005;

/// Whether an endpoint may put `code` into a CLOSE frame: the codes of the RFC and of the IANA registry that may be
/// sent, and those of libraries and applications.
pub(super) fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The payload of a CLOSE frame with `code` and `reason`.
pub(crate) fn payload(code: u16, reason: &[u8]) -> Result<Vec<u8>, CloseError> {
    if reason.len() > MAX_REASON {
        return Err(CloseError::LongReason(reason.len()));
    }
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason);
    check(&payload).map(|_| payload)
}

/// Checks a CLOSE frame's payload and returns its status code, `None` where it is empty.
pub(super) fn check(payload: &[u8]) -> Result<Option<u16>, CloseError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return match payload.len() {
            0 => Ok(None),
            _ => Err(CloseError::HalfCode),
        };
    };
    let code = u16::from_be_bytes(*code);
    if !is_sendable(code) {
        return Err(CloseError::Code(code));
    }
    match str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(CloseError::ReasonNotUtf8),
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
        type Case = (&'static [u8], Result<Option<u16>, CloseError>);
        let cases: &[Case] = &[
            (b"", Ok(None)),
            (b"\x03", Err(CloseError::HalfCode)),
            (b"\x03\xe8", Ok(Some(1000))),
            (b"\x03\xe8bye", Ok(Some(1000))),
            (b"\x03\xed", Err(CloseError::Code(1005))),
            (b"\x03\xe8\xff", Err(CloseError::ReasonNotUtf8)),
        ];
        for (payload, wanted) in cases {
            assert_eq!(check(payload), *wanted, "{payload:x?}");
        }
    }

    #[test]
    fn payloads_are_made_of_what_may_be_sent() {
        assert_eq!(payload(4000, b"done").unwrap(), b"\x0f\xa0done");
        assert_eq!(payload(1000, &[b'x'; 123]).unwrap().len(), 125);
        assert_eq!(payload(1000, &[b'x'; 124]), Err(CloseError::LongReason(124)));
        assert_eq!(payload(1005, b""), Err(CloseError::Code(1005)));
        assert_eq!(payload(1000, b"\xc3"), Err(CloseError::ReasonNotUtf8));
    }
}
