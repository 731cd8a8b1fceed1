//! URLs: what is read fits a request, reading it again changes nothing, and relative references stay URLs.

use super::script::Script;
use crate::types::url::CURLUPart::{self, *};
use crate::types::url::*;
use crate::url::{Flags, Parts, Url, UrlFlags};

/// Any bytes are read as the URL of a transfer, as one of a URL handle with flags and single parts, and as a reference.
pub fn url(data: &[u8]) {
    let mut script = Script::new(data);
    let choice = script.byte();
    match choice >> 6 {
        0 | 1 => transfer(choice, script.rest()),
        2 => reference(script.rest()),
        _ => handle(script),
    }
}

fn transfer(choice: u8, text: &[u8]) {
    let flags = UrlFlags {
        path_as_is: choice & 1 != 0,
        disallow_user: choice & 2 != 0,
    };
    let default_scheme = (choice & 4 != 0).then_some(&b"ws"[..]);
    let Ok(url) = Url::parse(text, default_scheme, flags) else {
        return;
    };
    assert!(!url.host.is_empty() && url.host.is_ascii());
    assert!(!url.target.is_empty());
    assert!(!flags.disallow_user || url.user.is_none());
    for text in [
        &url.target,
        url.host.as_bytes(),
        &url.host_header(url.port_or_default()),
        &url.host_header(1),
    ] {
        assert!(!text.iter().any(|byte| *byte <= b' ' || *byte == 0x7f), "{text:?}");
    }
    url.tls_name();

    let again = Url::parse(url.effective(), None, flags).unwrap();
    assert_eq!(again.effective(), url.effective());
    assert_eq!(again.target, url.target);
    assert_eq!((again.host, again.zone, again.port), (url.host, url.zone, url.port));
    assert_eq!((again.user, again.password), (url.user, url.password));
}

fn reference(text: &[u8]) {
    let (base, reference) = text.split_at(text.iter().position(|&byte| byte == 0).unwrap_or(text.len()));
    let reference = reference.get(1..).unwrap_or_default();
    let flags = Flags::one(CURLU_NON_SUPPORT_SCHEME).with(CURLU_ALLOW_SPACE);
    let mut parts = Parts::default();
    if !reference.contains(&0) && parts.set(CURLUPART_URL, base, flags).is_ok() {
        let _ = parts.set(CURLUPART_URL, reference, flags.with(CURLU_URLENCODE));
        read_again(&parts);
    }
}

/// Sets and gets in any order. No part ever holds a NUL, and a URL that was read whole can be read again.
fn handle(mut script: Script<'_>) {
    let mut parts = Parts::default();
    for _ in 0..3 {
        let part = CURLUPart::ALL[usize::from(script.byte()) % CURLUPart::ALL.len()];
        let flags = Flags::from_bits(u32::from(script.byte()) | u32::from(script.byte()) << 8);
        let length = usize::from(script.byte());
        let text = script.bytes(length);
        if text.contains(&0) {
            return;
        }
        let before = parts.clone();
        if parts.set(part, text, flags).is_err() {
            assert_eq!(parts, before);
        } else if part == CURLUPART_URL && before == Parts::default() {
            read_again(&parts);
        }
        for part in CURLUPart::ALL {
            if let Ok(text) = parts.get(part, flags) {
                assert!(!text.contains(&0));
            }
        }
        let _ = Url::from_parts(&parts);
    }
}

fn read_again(parts: &Parts) {
    let Ok(whole) = parts.get(CURLUPART_URL, Flags::one(CURLU_GET_EMPTY)) else {
        return;
    };
    let any = [CURLU_PATH_AS_IS, CURLU_NO_AUTHORITY, CURLU_ALLOW_SPACE];
    let flags = any.into_iter().fold(Flags::one(CURLU_NON_SUPPORT_SCHEME), Flags::with);
    let mut again = Parts::default();
    again.set(CURLUPART_URL, &whole, flags).unwrap();
    assert_eq!(again.get(CURLUPART_URL, Flags::one(CURLU_GET_EMPTY)).unwrap(), whole);
}
