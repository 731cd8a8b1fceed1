//! What belongs to the transfer as a whole: its mode, its direction, its buffers, where errors are told.

use super::check::{bad_argument, clamped, milliseconds, not_built_in, not_negative, within, wrong_type};
use super::guards::RefusedGuards;
use super::rare::Rare;
use super::value::Value;
use super::{Callbacks, ConnectOnly, Options, Remembered};
use crate::error::Result;
use crate::ffi::pointer::{ErrorBuffer, Pointer};
use crate::ffi::stdio::File;
use crate::types::limits::{CURL_MAX_READ_SIZE, CURL_MAX_WRITE_SIZE};
use crate::types::option::CURLoption::{self, *};
use crate::types::websocket::{CURLWS_COMPRESS, CURLWS_NOAUTOPONG, CURLWS_RAW_MODE, CURLWS_STRICT};

/// The bits of `CURLOPT_WS_OPTIONS` that do something.
const WS_OPTIONS: i64 = CURLWS_RAW_MODE | CURLWS_NOAUTOPONG | CURLWS_COMPRESS | CURLWS_STRICT;

impl Default for Options {
    fn default() -> Options {
        Options {
            url: None,
            request: Rare::default(),
            connection: Rare::default(),
            tls: Rare::default(),
            proxy: Rare::default(),
            proxy_tls: Rare::default(),
            ca_cache_seconds: Some(24 * 60 * 60),
            session_cache: true,
            alpn: true,
            cert_info: false,
            callbacks: Callbacks::default(),
            connect_only: ConnectOnly::No,
            ws_options: 0,
            ws_ping_interval_ms: 0,
            ws_pong_timeout_ms: 0,
            ws_max_message_size: 0,
            upload: false,
            no_progress: true,
            verbose: false,
            header: false,
            fail_on_error: false,
            buffer_size: None,
            upload_buffer_size: 64 * 1024,
            error_buffer: ErrorBuffer::NONE,
            stderr: File::stderr(),
            private: Pointer::NULL,
            remembered: Remembered::default(),
            refused_guards: RefusedGuards::default(),
            blocked: None,
        }
    }
}

impl Options {
    pub(super) fn set_general(&mut self, option: CURLoption, value: Value) -> Result<()> {
        match value {
            Value::Number(number) => self.set_number(option, number),
            Value::Pointer(pointer) => {
                match option {
                    CURLOPT_ERRORBUFFER => self.error_buffer = pointer.into(),
                    CURLOPT_STDERR => self.stderr = File::new(pointer).unwrap_or(File::stderr()),
                    CURLOPT_PRIVATE => self.private = pointer,
                    // kept by the handle itself: neither copied nor reset with the options
                    CURLOPT_SHARE => {}
                    _ => return Err(wrong_type(option)),
                }
                Ok(())
            }
            _ => Err(wrong_type(option)),
        }
    }

    fn set_number(&mut self, option: CURLoption, number: i64) -> Result<()> {
        let on = number != 0;
        match option {
            CURLOPT_CONNECT_ONLY => self.connect_only = connect_only(option, number)?,
            CURLOPT_WS_OPTIONS => self.ws_options = ws_options(option, number)?,
            CURLOPT_WS_PING_INTERVAL_MS => self.ws_ping_interval_ms = milliseconds(option, number)?,
            CURLOPT_WS_PONG_TIMEOUT_MS => self.ws_pong_timeout_ms = milliseconds(option, number)?,
            CURLOPT_WS_MAX_MESSAGE_SIZE => self.ws_max_message_size = not_negative(option, number)?,
            CURLOPT_UPLOAD | CURLOPT_PUT => self.choose(Method::Upload, on),
            CURLOPT_NOBODY => self.choose(Method::Head, on),
            CURLOPT_POST => self.choose(Method::Post, on),
            CURLOPT_HTTPGET if on => self.choose(Method::Get, true),
            CURLOPT_HTTPGET => {}
            // -1 is for ever
            CURLOPT_CA_CACHE_TIMEOUT => self.ca_cache_seconds = within(option, number, -1..=i64::MAX)?.try_into().ok(),
            CURLOPT_SSL_SESSIONID_CACHE => self.session_cache = on,
            CURLOPT_SSL_ENABLE_ALPN => self.alpn = on,
            CURLOPT_CERTINFO => self.cert_info = on,
            CURLOPT_NOPROGRESS => self.no_progress = on,
            CURLOPT_VERBOSE => self.verbose = on,
            CURLOPT_HEADER => self.header = on,
            CURLOPT_FAILONERROR => self.fail_on_error = on,
            CURLOPT_BUFFERSIZE => {
                self.buffer_size = Some(clamped(option, number, 1024..=CURL_MAX_READ_SIZE.into())? as usize);
            }
            CURLOPT_UPLOAD_BUFFERSIZE => {
                self.upload_buffer_size =
                    clamped(option, number, CURL_MAX_WRITE_SIZE.into()..=2 * 1024 * 1024)? as usize;
            }
            // no signal is ever raised or waited for
            CURLOPT_NOSIGNAL => {}
            _ => return Err(wrong_type(option)),
        }
        Ok(())
    }

    /// In libcurl these options choose one HTTP method between them. Here all but HEAD are sent as GET, and what is
    /// left is which of them end an upload or a HEAD that was chosen before.
    fn choose(&mut self, method: Method, on: bool) {
        let head = self.request.no_body;
        (self.upload, self.request.no_body) = match (method, on) {
            (Method::Upload, true) => (true, false),
            (Method::Head, true) => (false, true),
            (Method::Head, false) => (self.upload, false),
            (Method::Upload | Method::Post, false) => (false, head),
            (Method::Get | Method::Post, _) => (false, false),
        };
    }
}

/// The HTTP methods that options choose.
#[derive(Clone, Copy)]
enum Method {
    Get,
    Head,
    Post,
    Upload,
}

fn connect_only(option: CURLoption, number: i64) -> Result<ConnectOnly> {
    match number {
        0 => Ok(ConnectOnly::No),
        1 => Ok(ConnectOnly::Transport),
        2 => Ok(ConnectOnly::WebSocket),
        _ => Err(bad_argument(option, &format!("{number} is not 0, 1 or 2"))),
    }
}

fn ws_options(option: CURLoption, number: i64) -> Result<u64> {
    match number & !WS_OPTIONS {
        0 => Ok(number as u64),
        unknown => Err(not_built_in(option, &format!("the bits {unknown:#x} have no meaning"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_brought_into_range() {
        let mut options = Options::default();
        for (size, expected) in [(0, 1024), (1 << 15, 1 << 15), (i64::MAX, 10 << 20)] {
            options.set(CURLOPT_BUFFERSIZE, Value::Number(size)).unwrap();
            assert_eq!(options.buffer_size, Some(expected));
        }
        for (size, expected) in [(0, 16 << 10), (i64::MAX, 2 << 20)] {
            options.set(CURLOPT_UPLOAD_BUFFERSIZE, Value::Number(size)).unwrap();
            assert_eq!(options.upload_buffer_size, expected);
        }
        options.set(CURLOPT_LOW_SPEED_TIME, Value::Number(1 << 20)).unwrap();
        assert_eq!(options.connection.low_speed_time, 65_535);
        options.set(CURLOPT_TCP_KEEPIDLE, Value::Number(i64::MAX)).unwrap();
        assert_eq!(options.connection.tcp_keepidle, i32::MAX as u32);
    }

    #[test]
    #[cfg(not(miri))]
    fn standard_streams_are_the_defaults() {
        let options = Options::default();
        assert!(!options.callbacks.write.data.is_null());
        assert!(!options.callbacks.read.data.is_null());
        assert_eq!(options.stderr, File::stderr());

        let mut changed = options.clone();
        changed
            .set(CURLOPT_STDERR, Value::Pointer(Pointer::dangling(8)))
            .unwrap();
        assert_ne!(changed.stderr, options.stderr);
        changed.set(CURLOPT_STDERR, Value::Pointer(Pointer::NULL)).unwrap();
        assert_eq!(changed.stderr, options.stderr);
    }

    #[test]
    fn options_that_choose_a_method_undo_each_other() {
        const UPLOAD: (bool, bool) = (true, false);
        const HEAD: (bool, bool) = (false, true);
        const GET: (bool, bool) = (false, false);
        for (settings, expected) in [
            (&[(CURLOPT_UPLOAD, 1)][..], UPLOAD),
            (&[(CURLOPT_PUT, 1)], UPLOAD),
            (&[(CURLOPT_NOBODY, 1)], HEAD),
            (&[(CURLOPT_NOBODY, 1), (CURLOPT_UPLOAD, 1)], UPLOAD),
            (&[(CURLOPT_UPLOAD, 1), (CURLOPT_NOBODY, 0)], UPLOAD),
            (&[(CURLOPT_UPLOAD, 1), (CURLOPT_NOBODY, 1)], HEAD),
            (&[(CURLOPT_UPLOAD, 1), (CURLOPT_UPLOAD, 0)], GET),
            (&[(CURLOPT_NOBODY, 1), (CURLOPT_UPLOAD, 0)], HEAD),
            (&[(CURLOPT_NOBODY, 1), (CURLOPT_HTTPGET, 1)], GET),
            (&[(CURLOPT_UPLOAD, 1), (CURLOPT_HTTPGET, 0)], UPLOAD),
            (&[(CURLOPT_UPLOAD, 1), (CURLOPT_POST, 1)], GET),
        ] {
            let mut options = Options::default();
            for &(option, on) in settings {
                options.set(option, Value::Number(on)).unwrap();
            }
            assert_eq!((options.upload, options.request.no_body), expected, "{settings:?}");
        }
    }
}
