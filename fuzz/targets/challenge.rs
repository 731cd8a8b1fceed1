//! Challenges of a 401, and what answers them.

use super::script::Script;
use crate::http::auth::{Authenticator, BUILT_IN, Challenge, Credentials};
use crate::secret::Secret;

/// Any bytes are read as challenges; what answers them can be read as well.
pub fn challenge(data: &[u8]) {
    let mut script = Script::new(data);
    let allowed = u32::from(script.byte()) & BUILT_IN;
    let credentials = Credentials {
        user: b"us\"er\\".to_vec(),
        password: Secret::from(&b"password"[..]),
        bearer: Secret::from(&b"token"[..]),
    };
    let Ok(mut authenticator) = Authenticator::new(allowed, credentials) else {
        return;
    };
    // A header has no line ends in it.
    let text: Vec<u8> = script
        .rest()
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n' | 0))
        .collect();
    let challenges = Challenge::parse_list(&text);
    assert!(challenges.iter().all(|challenge| !challenge.scheme().is_empty()));
    for _ in 0..8 {
        let value = authenticator.authorize(b"GET", b"/", [7; 16]);
        assert!(allowed != 0 || value.is_none());
        if let Some(value) = value {
            answers(&value, &challenges);
        }
        if !authenticator.challenged(&challenges) {
            assert_eq!(authenticator.authorize(b"GET", b"/", [7; 16]), None);
            return;
        }
    }
    panic!("it goes on for ever");
}

fn answers(value: &[u8], challenges: &[Challenge<'_>]) {
    assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n')));
    if value.starts_with(b"Digest ") {
        let read = Challenge::parse_list(value);
        assert_eq!(read.len(), 1);
        assert!(read[0].param("username").is_some());
        let nonce = read[0].param("nonce").unwrap();
        assert!(
            challenges
                .iter()
                .any(|challenge| challenge.param("nonce") == Some(nonce))
        );
    }
}
