//! URLs: what is read fits a request, and reading it again changes nothing.

use super::script::Script;
use crate::url::{Url, UrlFlags};

/// Any bytes are read as a URL or refused.
pub fn url(data: &[u8]) {
    let mut script = Script::new(data);
    let choice = script.byte();
    let flags = UrlFlags {
        path_as_is: choice & 1 != 0,
        disallow_user: choice & 2 != 0,
    };
    let default_scheme = (choice & 4 != 0).then_some(&b"ws"[..]);
    let Ok(url) = Url::parse(script.rest(), default_scheme, flags) else {
        return;
    };
    assert!(!url.host.is_empty());
    assert!(!url.target.is_empty());
    assert!(!flags.disallow_user || url.user.is_none());
    for text in [
        &url.target,
        url.host.as_bytes(),
        &url.host_header(None),
        &url.host_header(Some(1)),
    ] {
        assert!(!text.iter().any(|byte| *byte <= b' ' || *byte == 0x7f), "{text:?}");
    }
    url.tls_name();

    // A zone with a percent sign in it is decoded a second time.
    if url.zone.is_some() {
        return;
    }
    let again = Url::parse(url.effective(), None, flags).unwrap();
    assert_eq!(again.effective(), url.effective());
    assert_eq!(again, url);
}
