//! How the connection is made: addresses, sockets, time limits.

use std::ffi::CString;

use super::check::{bad_argument, clamped, milliseconds, not_negative, seconds, within, wrong_type};
use super::rare::Defaults;
use super::value::Value;
use super::{ConnectionOptions, IpResolve, UnixPath};
use crate::error::Result;
use crate::ffi::slist::Slist;
use crate::types::option::CURLoption::{self, *};

/// What libcurl takes for the longest sensible `CURLOPT_INTERFACE`, in bytes
const MAX_INTERFACE: usize = 512;

impl Defaults for ConnectionOptions {
    const DEFAULTS: &'static ConnectionOptions = &ConnectionOptions {
        timeout_ms: 0,
        connect_timeout_ms: 0,
        low_speed_limit: 0,
        low_speed_time: 0,
        max_file_size: 0,
        max_receive_speed: 0,
        max_send_speed: 0,
        tcp_nodelay: true,
        tcp_keepalive: false,
        tcp_keepidle: 60,
        tcp_keepintvl: 60,
        tcp_keepcnt: 9,
        ip_resolve: IpResolve::Any,
        resolve: Slist::NONE,
        connect_to: Slist::NONE,
        interface: None,
        local_port: 0,
        local_port_range: 0,
        unix_socket: None,
        happy_eyeballs_ms: 200,
        dns_cache_timeout: Some(60),
        dns_shuffle: false,
        address_scope: 0,
        forbid_reuse: false,
        max_lifetime_ms: 0,
    };
}

impl ConnectionOptions {
    pub(super) fn set(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match value {
            Value::Number(number) => self.set_number(option, number),
            Value::String(string) => self.set_string(option, string),
            Value::Slist(list) => self.set_list(option, list),
            _ => Err(wrong_type(option)),
        }
    }

    fn set_number(&mut self, option: CURLoption, number: i64) -> Result<()> {
        match option {
            CURLOPT_TIMEOUT => self.timeout_ms = seconds(option, number)?,
            CURLOPT_TIMEOUT_MS => self.timeout_ms = milliseconds(option, number)?,
            CURLOPT_CONNECTTIMEOUT => self.connect_timeout_ms = seconds(option, number)?,
            CURLOPT_CONNECTTIMEOUT_MS => self.connect_timeout_ms = milliseconds(option, number)?,
            CURLOPT_LOW_SPEED_LIMIT => self.low_speed_limit = not_negative(option, number)?,
            CURLOPT_LOW_SPEED_TIME => self.low_speed_time = clamped(option, number, 0..=0xffff)? as u64,
            CURLOPT_MAXFILESIZE | CURLOPT_MAXFILESIZE_LARGE => self.max_file_size = not_negative(option, number)?,
            CURLOPT_MAX_RECV_SPEED_LARGE => self.max_receive_speed = not_negative(option, number)?,
            CURLOPT_MAX_SEND_SPEED_LARGE => self.max_send_speed = not_negative(option, number)?,
            CURLOPT_TCP_NODELAY => self.tcp_nodelay = number != 0,
            CURLOPT_TCP_KEEPALIVE => self.tcp_keepalive = number != 0,
            CURLOPT_TCP_KEEPIDLE => self.tcp_keepidle = c_int(option, number)?,
            CURLOPT_TCP_KEEPINTVL => self.tcp_keepintvl = c_int(option, number)?,
            CURLOPT_TCP_KEEPCNT => self.tcp_keepcnt = c_int(option, number)?,
            CURLOPT_IPRESOLVE => self.ip_resolve = ip_resolve(option, number)?,
            CURLOPT_LOCALPORT => self.local_port = within(option, number, 0..=0xffff)? as u16,
            CURLOPT_LOCALPORTRANGE => self.local_port_range = within(option, number, 0..=0xffff)? as u16,
            CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS => self.happy_eyeballs_ms = milliseconds(option, number)?,
            CURLOPT_DNS_CACHE_TIMEOUT => self.dns_cache_timeout = cache_timeout(option, number)?,
            CURLOPT_DNS_SHUFFLE_ADDRESSES => self.dns_shuffle = number != 0,
            CURLOPT_FORBID_REUSE => self.forbid_reuse = number != 0,
            CURLOPT_MAXLIFETIME_CONN => self.max_lifetime_ms = seconds(option, number)?,
            CURLOPT_ADDRESS_SCOPE => self.address_scope = within(option, number, 0..=u32::MAX.into())? as u32,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_string(&mut self, option: CURLoption, string: Option<CString>) -> Result<()> {
        match option {
            CURLOPT_INTERFACE => self.interface = interface(option, string)?,
            CURLOPT_UNIX_SOCKET_PATH => self.unix_socket = string.map(UnixPath::File),
            CURLOPT_ABSTRACT_UNIX_SOCKET => self.unix_socket = string.map(UnixPath::Abstract),
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    fn set_list(&mut self, option: CURLoption, list: Slist) -> Result<()> {
        match option {
            CURLOPT_RESOLVE => self.resolve = list,
            CURLOPT_CONNECT_TO => self.connect_to = list,
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }
}

/// A number that the socket option takes as `int`.
fn c_int(option: CURLoption, number: i64) -> Result<u32> {
    clamped(option, number, 0..=i32::MAX.into()).map(|number| number as u32)
}

fn ip_resolve(option: CURLoption, number: i64) -> Result<IpResolve> {
    Ok(match within(option, number, 0..=2)? {
        1 => IpResolve::V4,
        2 => IpResolve::V6,
        _ => IpResolve::Any,
    })
}

/// Seconds; -1 keeps the answers for ever.
fn cache_timeout(option: CURLoption, number: i64) -> Result<Option<u64>> {
    within(option, number, -1..=i64::MAX).map(|number| u64::try_from(number).ok())
}

/// `name`, `if!name`, `host!address` or `ifhost!name!address`, none of the parts after a `!` empty
/// (CURLOPT_INTERFACE(3)).
fn interface(option: CURLoption, string: Option<CString>) -> Result<Option<CString>> {
    let Some(string) = string else { return Ok(None) };
    let text = string.as_bytes();
    let complete = match text.strip_prefix(b"ifhost!") {
        Some(both) => memchr::memchr(b'!', both).is_some_and(|at| at + 1 < both.len()),
        None => !matches!(text, b"" | b"if!" | b"host!"),
    };
    if complete && text.len() <= MAX_INTERFACE {
        return Ok(Some(string));
    }
    Err(bad_argument(
        option,
        "neither a name nor if!NAME, host!ADDRESS or ifhost!NAME!ADDRESS",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;

    #[test]
    fn time_limits_in_seconds_and_milliseconds_share_a_field() {
        let mut options = Options::default();
        options.set(CURLOPT_TIMEOUT, Value::Number(3)).unwrap();
        assert_eq!(options.connection.timeout_ms, 3000);
        options.set(CURLOPT_TIMEOUT_MS, Value::Number(7)).unwrap();
        assert_eq!(options.connection.timeout_ms, 7);
        for option in [CURLOPT_TIMEOUT, CURLOPT_TIMEOUT_MS] {
            options.set(option, Value::Number(i64::MAX)).unwrap();
            assert!(
                options
                    .connection
                    .timeout_ms
                    .checked_mul(1000)
                    .is_some_and(|us| us <= i64::MAX as u64)
            );
        }
    }

    #[test]
    fn the_unix_socket_set_last_counts() {
        let mut options = Options::default();
        options.set(CURLOPT_UNIX_SOCKET_PATH, Value::text("/run/a")).unwrap();
        options.set(CURLOPT_ABSTRACT_UNIX_SOCKET, Value::text("b")).unwrap();
        assert_eq!(options.connection.unix_socket, Some(UnixPath::Abstract(c"b".into())));
        options.set(CURLOPT_UNIX_SOCKET_PATH, Value::String(None)).unwrap();
        assert_eq!(options.connection.unix_socket, None);
    }

    #[test]
    fn interfaces_have_no_empty_parts() {
        for (interface, accepted) in [
            ("eth0", true),
            ("if!eth0", true),
            ("host!10.0.0.1", true),
            ("ifhost!eth0!10.0.0.1", true),
            ("", false),
            ("if!", false),
            ("host!", false),
            ("ifhost!eth0", false),
            ("ifhost!eth0!", false),
            (&"x".repeat(512), true),
            (&"x".repeat(513), false),
        ] {
            let mut options = Options::default();
            assert_eq!(
                options.set(CURLOPT_INTERFACE, Value::text(interface)).is_ok(),
                accepted,
                "{interface}"
            );
        }
    }
}
