//! The schemes that libcurl knows, and those of a transfer.

/// Longest scheme, the limit that libcurl has.
pub(super) const MAX_LENGTH: usize = 40;

/// A scheme that libcurl knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KnownScheme {
    name: &'static str,
    /// 0 for files
    pub default_port: u16,
    /// `user;options@host` has a meaning.
    pub has_login_options: bool,
    /// A URL of this scheme can be transferred by a libcurl with everything built in. The others name proxies, or are off
    /// unless asked for.
    pub is_supported: bool,
}

const fn transfer(name: &'static str, default_port: u16) -> KnownScheme {
    KnownScheme {
        name,
        default_port,
        has_login_options: false,
        is_supported: true,
    }
}

const fn mail(name: &'static str, default_port: u16) -> KnownScheme {
    KnownScheme {
        has_login_options: true,
        ..transfer(name, default_port)
    }
}

const fn unsupported(name: &'static str, default_port: u16) -> KnownScheme {
    KnownScheme {
        is_supported: false,
        ..transfer(name, default_port)
    }
}

#[rustfmt::skip]
static KNOWN: [KnownScheme; 32] = [
    transfer("ws", 80), transfer("wss", 443), transfer("http", 80), transfer("https", 443),
    transfer("dict", 2628), transfer("file", 0), transfer("ftp", 21), transfer("ftps", 990),
    transfer("gopher", 70), transfer("gophers", 70), transfer("ldap", 389), transfer("ldaps", 636),
    transfer("mqtt", 1883), transfer("mqtts", 8883), transfer("rtsp", 554), transfer("scp", 22), transfer("sftp", 22),
    transfer("telnet", 23), transfer("tftp", 69),
    mail("imap", 143), mail("imaps", 993), mail("pop3", 110), mail("pop3s", 995), mail("smtp", 25), mail("smtps", 465),
    unsupported("smb", 445), unsupported("smbs", 445),
    unsupported("socks", 1080), unsupported("socks4", 1080), unsupported("socks4a", 1080), unsupported("socks5", 1080),
    unsupported("socks5h", 1080),
];

/// A scheme of libcurl's by its name, in any case.
pub(super) fn find(name: &[u8]) -> Option<&'static KnownScheme> {
    KNOWN
        .iter()
        .find(|known| name.eq_ignore_ascii_case(known.name.as_bytes()))
}

/// Whether the text may be a scheme (RFC 3986 section 3.1).
pub(super) fn is_well_formed(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(is_scheme_byte)
}

/// What a scheme consists of behind its first letter.
pub(super) fn is_scheme_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(byte)
}

/// The scheme of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// WebSocket over TCP (RFC 6455 section 3).
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// TCP, on which the application speaks.
    Http,
    /// TLS, on which the application speaks.
    Https,
}

impl Scheme {
    pub(super) fn from_name(name: &[u8]) -> Option<Scheme> {
        [Scheme::Ws, Scheme::Wss, Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|scheme| name.eq_ignore_ascii_case(scheme.name().as_bytes()))
    }

    /// The port used when the URL names none.
    pub(super) fn default_port(self) -> u16 {
        match self.is_secure() {
            true => 443,
            false => 80,
        }
    }

    /// The scheme in lower case, without the colon.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// Whether TLS is spoken with the server.
    pub(crate) fn is_secure(self) -> bool {
        matches!(self, Scheme::Wss | Scheme::Https)
    }

    /// The same over TLS.
    pub(super) fn with_tls(self) -> Scheme {
        match self {
            Scheme::Ws | Scheme::Wss => Scheme::Wss,
            Scheme::Http | Scheme::Https => Scheme::Https,
        }
    }

    /// Whether it is that of a WebSocket.
    pub(crate) fn is_websocket(self) -> bool {
        matches!(self, Scheme::Ws | Scheme::Wss)
    }
}
