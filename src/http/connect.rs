//! The request head of CONNECT (RFC 9110 section 9.3.6), with libcurl's header order.

use super::error::RequestError;
use super::request::{self, Custom};
use super::text::breaks_line;

/// What goes into the head. Bytes are sent as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectSpec<'a> {
    /// `host:port`, an IPv6 address in brackets
    pub authority: &'a str,
    /// HTTP/1.0 is spoken, not HTTP/1.1
    pub is_1_0: bool,
    /// The value of `Proxy-Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// The value of `User-Agent`; an empty one is not sent.
    pub user_agent: &'a [u8],
    /// The application's lines, which add headers, replace and remove ours.
    pub custom: &'a [Vec<u8>],
}

/// Writes the head.
///
/// # Errors
/// A part that has a line break, which would inject headers; a head over 1 MiB.
pub(crate) fn write(spec: &ConnectSpec<'_>) -> Result<Vec<u8>, RequestError> {
    let custom: Vec<Custom<'_>> = spec.custom.iter().filter_map(|line| Custom::parse(line)).collect();
    check(spec, &custom)?;
    let version = if spec.is_1_0 { "1.0" } else { "1.1" };
    let mut head = format!("CONNECT {} HTTP/{version}\r\n", spec.authority).into_bytes();
    let ours = [
        ("Host", Some(spec.authority.as_bytes())),
        ("Proxy-Authorization", spec.authorization),
        ("User-Agent", Some(spec.user_agent).filter(|agent| !agent.is_empty())),
        ("Proxy-Connection", Some(b"Keep-Alive".as_slice())),
    ];
    for (name, value) in ours {
        if let Some(value) = value
            && !custom.iter().any(|custom| custom.is(name))
        {
            line(&mut head, name.as_bytes(), value);
        }
    }
    for custom in custom.iter().filter(|custom| !custom.removes()) {
        line(&mut head, custom.name(), custom.value());
    }
    head.extend_from_slice(b"\r\n");
    request::check_size(&head)?;
    Ok(head)
}

fn line(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

fn check(spec: &ConnectSpec<'_>, custom: &[Custom<'_>]) -> Result<(), RequestError> {
    let parts = [
        ("host", Some(spec.authority.as_bytes())),
        ("Proxy-Authorization header", spec.authorization),
        ("User-Agent header", Some(spec.user_agent)),
    ];
    match parts.into_iter().find(|(_, part)| part.is_some_and(breaks_line)) {
        Some((what, _)) => Err(RequestError::Invalid(format!("line break in the {what}"))),
        None => request::check_lines(custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(custom: &[&str], agent: &str, login: Option<&str>, is_1_0: bool) -> Result<String, RequestError> {
        let custom: Vec<Vec<u8>> = custom.iter().map(|line| line.as_bytes().to_vec()).collect();
        let head = write(&ConnectSpec {
            authority: "host.test:443",
            is_1_0,
            authorization: login.map(str::as_bytes),
            user_agent: agent.as_bytes(),
            custom: &custom,
        })?;
        Ok(String::from_utf8(head).unwrap())
    }

    #[test]
    fn headers_are_in_libcurls_order() {
        assert_eq!(
            head(&["X-A:  b "], "agent/1", Some("Basic dTpw"), false).unwrap(),
            "CONNECT host.test:443 HTTP/1.1\r\n\
             Host: host.test:443\r\n\
             Proxy-Authorization: Basic dTpw\r\n\
             User-Agent: agent/1\r\n\
             Proxy-Connection: Keep-Alive\r\n\
             X-A: b\r\n\r\n"
        );
    }

    #[test]
    fn custom_headers_replace_and_remove_ours() {
        assert_eq!(
            head(
                &[
                    "Host: other",
                    "user-agent:",
                    "Proxy-Connection;",
                    "none",
                    "Proxy-Authorization: mine"
                ],
                "agent/1",
                Some("Basic dTpw"),
                true
            )
            .unwrap(),
            "CONNECT host.test:443 HTTP/1.0\r\n\
             Host: other\r\n\
             Proxy-Connection: \r\n\
             Proxy-Authorization: mine\r\n\r\n"
        );
    }

    #[test]
    fn line_breaks_are_refused() {
        for (custom, agent, login) in [
            (&["X: a\r\nB: c"][..], "", None),
            (&[], "a\nb", None),
            (&[], "", Some("Basic a\r\nb")),
        ] {
            assert!(
                head(custom, agent, login, false).is_err(),
                "{custom:?} {agent} {login:?}"
            );
        }
        let long = format!("X: {}", "y".repeat(1 << 20));
        assert!(matches!(
            head(&[&long], "", None, false),
            Err(RequestError::TooLarge(_))
        ));
    }
}
