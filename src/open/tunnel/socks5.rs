//! SOCKS 5 (RFC 1928) with user name and password (RFC 1929).

use std::net::IpAddr;

use super::socks::{Received, SocksError, Target};
use crate::open::plan::SocksLogin;
use crate::text::quoted;
use crate::types::codes::CURLproxycode::{self, *};

const VERSION: u8 = 5;
/// of the negotiation by user name and password (RFC 1929 section 2)
const LOGIN_VERSION: u8 = 1;

/// Methods (RFC 1928 section 3)
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_ACCEPTED: u8 = 0xff;

/// A length is one byte.
const MAX_TEXT: usize = 255;

/// The exchange with a proxy.
#[derive(Debug)]
pub(crate) struct Socks5 {
    stage: Stage,
    /// the message with user name and password, if they are offered
    login: Option<Vec<u8>>,
    request: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// the methods are offered
    Offered,
    /// user name and password are sent
    LoggingIn,
    /// the request is sent
    Requested,
}

impl Socks5 {
    /// Begins with the offer of methods, appended to `output`. With a `login` a password is offered besides nothing.
    pub(crate) fn start(
        target: Target<'_>,
        port: u16,
        login: Option<&SocksLogin>,
        output: &mut Vec<u8>,
    ) -> Result<Socks5, SocksError> {
        let machine = Socks5 {
            stage: Stage::Offered,
            login: login.map(login_message).transpose()?,
            request: request(target, port)?,
        };
        match machine.login {
            Some(_) => output.extend_from_slice(&[VERSION, 2, NO_LOGIN, PASSWORD]),
            None => output.extend_from_slice(&[VERSION, 1, NO_LOGIN]),
        }
        Ok(machine)
    }

    /// Takes one message from the front of `input`, and appends to `output` what is to be sent next.
    pub(crate) fn receive(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Received, SocksError> {
        match self.stage {
            Stage::Offered => self.method_chosen(input, output),
            Stage::LoggingIn => self.logged_in(input, output),
            Stage::Requested => reply(input),
        }
    }

    fn method_chosen(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Received, SocksError> {
        check_version(input)?;
        let Some(&method) = input.get(1) else {
            return Ok(Received::NEED_MORE);
        };
        match (method, &self.login) {
            (NO_LOGIN, _) => self.send_request(output),
            (PASSWORD, Some(login)) => {
                output.extend_from_slice(login);
                self.stage = Stage::LoggingIn;
            }
            (PASSWORD, None) => {
                return Err(SocksError::new(
                    CURLPX_NO_AUTH,
                    "it wants a user name and a password, which were not offered",
                ));
            }
            (NONE_ACCEPTED, login) => {
                let offered = match login {
                    Some(_) => "a user name and a password, or none",
                    None => "no user name and no password",
                };
                return Err(SocksError::new(
                    CURLPX_NO_AUTH,
                    format!("it accepts no authentication method that was offered ({offered})"),
                ));
            }
            _ => {
                return Err(SocksError::new(
                    CURLPX_UNKNOWN_MODE,
                    format!("it chose authentication method {method}, which was not offered"),
                ));
            }
        }
        Ok(Received {
            consumed: 2,
            done: false,
        })
    }

    /// The version in this reply is not looked at: some servers send 5 (libcurl does not look, either).
    fn logged_in(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Received, SocksError> {
        match input {
            [_, 0, ..] => {
                self.send_request(output);
                Ok(Received {
                    consumed: 2,
                    done: false,
                })
            }
            [_, status, ..] => Err(SocksError::new(
                CURLPX_USER_REJECTED,
                format!("it rejects user name and password (status {status})"),
            )),
            _ => Ok(Received::NEED_MORE),
        }
    }

    fn send_request(&mut self, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.request);
        self.stage = Stage::Requested;
    }
}

/// RFC 1929 section 2
fn login_message(login: &SocksLogin) -> Result<Vec<u8>, SocksError> {
    let mut message = vec![LOGIN_VERSION];
    for (text, what, code) in [
        (&login.user[..], "user name", CURLPX_LONG_USER),
        (&login.password, "password", CURLPX_LONG_PASSWD),
    ] {
        let length = u8::try_from(text.len())
            .map_err(|_| SocksError::new(code, format!("the {what} has more than {MAX_TEXT} bytes")))?;
        message.push(length);
        message.extend_from_slice(text);
    }
    Ok(message)
}

/// RFC 1928 section 4
fn request(target: Target<'_>, port: u16) -> Result<Vec<u8>, SocksError> {
    let mut request = vec![VERSION, 1, 0];
    match target {
        Target::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend_from_slice(&address.octets());
        }
        Target::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend_from_slice(&address.octets());
        }
        Target::Name(name) => {
            let length = u8::try_from(name.len()).map_err(|_| {
                let name = quoted(name.as_bytes(), 40);
                SocksError::new(
                    CURLPX_LONG_HOSTNAME,
                    format!("the host name {name} has more than {MAX_TEXT} bytes"),
                )
            })?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

/// RFC 1928 section 6: all of it is read, the address that the proxy connects from included.
fn reply(input: &[u8]) -> Result<Received, SocksError> {
    check_version(input)?;
    match input.get(1) {
        None | Some(0) => {}
        Some(&code) => return Err(refusal(code)),
    }
    let address = match input {
        [_, _, _, 1, ..] => 4,
        [_, _, _, 4, ..] => 16,
        [_, _, _, 3, length, ..] => 1 + usize::from(*length),
        [_, _, _, 3] | [] | [_] | [_, _] | [_, _, _] => return Ok(Received::NEED_MORE),
        [_, _, _, kind, ..] => {
            return Err(SocksError::new(
                CURLPX_BAD_ADDRESS_TYPE,
                format!("its reply has an address of type {kind}"),
            ));
        }
    };
    let length = 4 + address + 2;
    Ok(match input.len() < length {
        true => Received::NEED_MORE,
        false => Received {
            consumed: length,
            done: true,
        },
    })
}

fn check_version(input: &[u8]) -> Result<(), SocksError> {
    match input.first() {
        None | Some(&VERSION) => Ok(()),
        Some(version) => Err(SocksError::new(
            CURLPX_BAD_VERSION,
            format!("its reply has version {version}, not {VERSION}"),
        )),
    }
}

fn refusal(code: u8) -> SocksError {
    let (number, reason): (CURLproxycode, &str) = match code {
        1 => (CURLPX_REPLY_GENERAL_SERVER_FAILURE, "general SOCKS server failure"),
        2 => (CURLPX_REPLY_NOT_ALLOWED, "connection not allowed by its rules"),
        3 => (CURLPX_REPLY_NETWORK_UNREACHABLE, "network unreachable"),
        4 => (CURLPX_REPLY_HOST_UNREACHABLE, "host unreachable"),
        5 => (CURLPX_REPLY_CONNECTION_REFUSED, "connection refused"),
        6 => (CURLPX_REPLY_TTL_EXPIRED, "TTL expired"),
        7 => (CURLPX_REPLY_COMMAND_NOT_SUPPORTED, "command not supported"),
        8 => (CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED, "address type not supported"),
        _ => (CURLPX_REPLY_UNASSIGNED, "unknown reply"),
    };
    SocksError::new(number, format!("{reason} ({code})"))
}

#[cfg(test)]
mod tests {
    use crate::secret::Secret;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const GRANTED: &[u8] = b"\x05\0\0\x01\x7f\0\0\x01\x12\x34";

    fn login() -> SocksLogin {
        SocksLogin {
            user: b"me".to_vec(),
            password: Secret::from(&b"secret"[..]),
        }
    }

    fn start(login: Option<&SocksLogin>) -> (Socks5, Vec<u8>) {
        let mut output = Vec::new();
        let machine = Socks5::start(Target::Name("host.test"), 80, login, &mut output).unwrap();
        (machine, output)
    }

    /// Feeds the proxy's side in pieces of `size` bytes: what was sent, whether it is connected, and how much was used.
    fn run(login: Option<&SocksLogin>, proxy: &[u8], size: usize) -> Result<(Vec<u8>, bool, usize), SocksError> {
        let (mut machine, mut output) = start(login);
        let (mut used, mut done) = (0, false);
        for end in (0..=proxy.len()).step_by(size).chain([proxy.len()]) {
            while !done {
                let received = machine.receive(&proxy[used..end.max(used)], &mut output)?;
                done = received.done;
                used += received.consumed;
                if received.consumed == 0 {
                    break;
                }
            }
        }
        Ok((output, done, used))
    }

    #[test]
    fn without_a_login_a_request_follows_the_choice_of_none() {
        for size in [1, 3, 100] {
            let (sent, done, used) = run(None, &[b"\x05\0", GRANTED, b"\x81\x00"].concat(), size).unwrap();
            assert_eq!(sent, b"\x05\x01\0\x05\x01\0\x03\x09host.test\0\x50");
            assert_eq!((done, used), (true, 12));
        }
    }

    #[test]
    fn a_login_is_sent_when_the_proxy_wants_it() {
        let (sent, done, _) = run(Some(&login()), &[b"\x05\x02\x01\0", GRANTED].concat(), 1).unwrap();
        assert_eq!(
            sent,
            b"\x05\x02\0\x02\x01\x02me\x06secret\x05\x01\0\x03\x09host.test\0\x50"
        );
        assert!(done);
        let (sent, done, _) = run(Some(&login()), &[b"\x05\0", GRANTED].concat(), 1).unwrap();
        assert_eq!(sent, b"\x05\x02\0\x02\x05\x01\0\x03\x09host.test\0\x50");
        assert!(done);
    }

    #[test]
    fn replies_of_every_address_type_are_read_to_their_end() {
        for reply in [
            &b"\x05\0\0\x01\x7f\0\0\x01\x12\x34"[..],
            b"\x05\0\0\x03\x00\x12\x34",
            b"\x05\0\0\x03\x02ab\x12\x34",
            b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34",
        ] {
            for size in [1, 100] {
                let (_, done, used) = run(None, &[b"\x05\0", reply, b"rest"].concat(), size).unwrap();
                assert_eq!((done, used), (true, 2 + reply.len()), "{reply:?}");
                assert!(
                    !run(None, &[b"\x05\0", &reply[..reply.len() - 1]].concat(), size)
                        .unwrap()
                        .1
                );
            }
        }
    }

    #[test]
    fn targets_are_addresses_or_names() {
        let v6 = Target::Address(IpAddr::V6(Ipv6Addr::LOCALHOST));
        assert_eq!(
            request(v6, 443).unwrap(),
            b"\x05\x01\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"
        );
        let v4 = Target::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(request(v4, 443).unwrap(), b"\x05\x01\0\x01\x7f\0\0\x01\x01\xbb");
        assert_eq!(
            request(Target::Name(&"x".repeat(256)), 1).unwrap_err().code,
            CURLPX_LONG_HOSTNAME
        );
        assert!(request(Target::Name(&"x".repeat(255)), 1).is_ok());
    }

    #[test]
    fn long_logins_are_refused() {
        let long = [b'x'; 256];
        for (user, password, expected) in [
            (&long[..], &b""[..], CURLPX_LONG_USER),
            (b"", &long, CURLPX_LONG_PASSWD),
        ] {
            let login = SocksLogin {
                user: user.to_vec(),
                password: Secret::from(password),
            };
            assert_eq!(login_message(&login).unwrap_err().code, expected);
        }
        let fits = SocksLogin {
            user: long[1..].to_vec(),
            password: Secret::from(&long[1..]),
        };
        assert_eq!(login_message(&fits).unwrap().len(), 3 + 2 * 255);
    }

    #[test]
    fn refusals_have_codes() {
        let login = login();
        for (login, proxy, expected) in [
            (None, &b"\x04"[..], CURLPX_BAD_VERSION),
            (None, b"HTTP", CURLPX_BAD_VERSION),
            (None, b"\x05\x02", CURLPX_NO_AUTH),
            (None, b"\x05\xff", CURLPX_NO_AUTH),
            (Some(&login), b"\x05\xff", CURLPX_NO_AUTH),
            (None, b"\x05\x01", CURLPX_UNKNOWN_MODE),
            (Some(&login), b"\x05\x02\x01\x01", CURLPX_USER_REJECTED),
            (None, b"\x05\0\x04", CURLPX_BAD_VERSION),
            (None, b"\x05\0\x05\x01", CURLPX_REPLY_GENERAL_SERVER_FAILURE),
            (None, b"\x05\0\x05\x02", CURLPX_REPLY_NOT_ALLOWED),
            (
                None,
                b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0",
                CURLPX_REPLY_CONNECTION_REFUSED,
            ),
            (None, b"\x05\0\x05\x08", CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED),
            (None, b"\x05\0\x05\x09", CURLPX_REPLY_UNASSIGNED),
            (None, b"\x05\0\x05\0\0\x02\0\0\0\0\0\0", CURLPX_BAD_ADDRESS_TYPE),
        ] {
            assert_eq!(run(login, proxy, 1).unwrap_err().code, expected, "{proxy:?}");
        }
    }
}
