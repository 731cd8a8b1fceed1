//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser};

use crate::fields::FIELDS;

/// WebSocket on the command line: lines in, messages out.
#[derive(Debug, Parser)]
#[command(
    name = "wscurl",
    version,
    max_term_width = 100,
    override_usage = "wscurl [options] ws[s]://host[:port]/path"
)]
pub(crate) struct Args {
    /// Where to connect to
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// Send this first; repeatable, in order. @FILE is a file as one message, @- all of standard input
    #[arg(
        short,
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        help_heading = "Messages"
    )]
    pub(crate) data: Vec<String>,
    /// Send BINARY messages, and write received ones as they are
    #[arg(short, long, help_heading = "Messages")]
    pub(crate) binary: bool,
    /// Messages end with NUL in place of a newline, both ways
    #[arg(short = '0', long, help_heading = "Messages")]
    pub(crate) null: bool,
    /// Binary messages are text that begins with "hex:", both ways
    #[arg(long, conflicts_with_all = ["binary", "json"], help_heading = "Messages")]
    pub(crate) hex: bool,
    /// Binary messages are text that begins with "base64:", both ways
    #[arg(long, conflicts_with_all = ["binary", "hex", "json"], help_heading = "Messages")]
    pub(crate) base64: bool,
    /// One JSON object a line, both ways
    #[arg(short, long, conflicts_with_all = ["binary", "null"], help_heading = "Messages")]
    pub(crate) json: bool,
    /// Exit when this many messages have come, over all connections; 0: when everything is sent
    #[arg(short = 'n', long, value_name = "N", value_parser = number, allow_negative_numbers = true, help_heading = "Messages")]
    pub(crate) count: Option<u64>,
    /// Exit after the message that matches this regular expression
    #[arg(long, value_name = "REGEX", allow_hyphen_values = true, help_heading = "Messages")]
    pub(crate) until: Option<regex::bytes::Regex>,
    /// After the end of input wait so long for messages [default: 2, with --count and --until no limit]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, help_heading = "Messages")]
    pub(crate) linger: Option<Duration>,
    /// Send a file as one message; - is standard input
    #[arg(short = 'T', long, value_name = "FILE", help_heading = "Messages")]
    pub(crate) upload_file: Option<PathBuf>,
    /// Send it as messages of this many bytes
    #[arg(long, value_name = "BYTES", requires = "upload_file", value_parser = size, help_heading = "Messages")]
    pub(crate) chunk: Option<u64>,
    /// Write messages to a file
    #[arg(short, long, value_name = "FILE", help_heading = "Messages")]
    pub(crate) output: Option<PathBuf>,
    /// No errors and notes on standard error
    #[arg(short, long, help_heading = "Messages")]
    pub(crate) silent: bool,

    /// Add a request header; @FILE has one in each line
    #[arg(short = 'H', long, value_name = "LINE", value_parser = header, help_heading = "Connection")]
    pub(crate) header: Vec<String>,
    /// The User-Agent header
    #[arg(short = 'A', long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) user_agent: Option<String>,
    /// The Origin header
    #[arg(long, value_name = "ORIGIN", help_heading = "Connection")]
    pub(crate) origin: Option<String>,
    /// User name and password
    #[arg(
        short,
        long,
        value_name = "USER:PASSWORD",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(crate) user: Option<String>,
    /// Answer a Digest challenge
    #[arg(long, conflicts_with = "anyauth", help_heading = "Connection")]
    pub(crate) digest: bool,
    /// Use the best authentication that the server offers
    #[arg(long, help_heading = "Connection")]
    pub(crate) anyauth: bool,
    /// A Bearer token
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true, help_heading = "Connection")]
    pub(crate) oauth2_bearer: Option<String>,
    /// Take user name and password from ~/.netrc
    #[arg(long, help_heading = "Connection")]
    pub(crate) netrc: bool,
    /// Take user name and password from this file
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) netrc_file: Option<PathBuf>,
    /// Send cookies: "name=value; ...", or a file to read them from
    #[arg(long, value_name = "DATA|FILE", help_heading = "Connection")]
    pub(crate) cookie: Option<String>,
    /// Write cookies to this file at the end
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) cookie_jar: Option<PathBuf>,
    /// Ask for subprotocols; it is an error if the server selects none
    #[arg(
        short = 'p',
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "Connection"
    )]
    pub(crate) subprotocol: Vec<String>,
    /// Offer compression
    #[arg(short = 'z', long, help_heading = "Connection")]
    pub(crate) compressed: bool,
    /// Offer compression that keeps nothing between messages
    #[arg(long, help_heading = "Connection")]
    pub(crate) no_context_takeover: bool,
    /// Accept text that is not UTF-8 and close codes that are not valid
    #[arg(long, help_heading = "Connection")]
    pub(crate) no_strict: bool,
    /// Connect through this proxy
    #[arg(
        short = 'x',
        long,
        value_name = "[SCHEME://]HOST[:PORT]",
        help_heading = "Connection"
    )]
    pub(crate) proxy: Option<String>,
    /// Hosts that are connected to without a proxy
    #[arg(long, value_name = "HOSTS", help_heading = "Connection")]
    pub(crate) noproxy: Option<String>,
    /// User name and password for the proxy
    #[arg(
        long,
        value_name = "USER:PASSWORD",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(crate) proxy_user: Option<String>,
    /// The address of a host
    #[arg(long, value_name = "HOST:PORT:ADDRESS", help_heading = "Connection")]
    pub(crate) resolve: Vec<String>,
    /// Connect to another host and port
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2", help_heading = "Connection")]
    pub(crate) connect_to: Vec<String>,
    /// Network interface, address or host name to connect from
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) interface: Option<String>,
    /// IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6", help_heading = "Connection")]
    pub(crate) ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long, help_heading = "Connection")]
    pub(crate) ipv6: bool,
    /// Connect to this Unix socket
    #[arg(long, value_name = "PATH", help_heading = "Connection")]
    pub(crate) unix_socket: Option<PathBuf>,
    /// Accept any certificate
    #[arg(short = 'k', long, help_heading = "Connection")]
    pub(crate) insecure: bool,
    /// Trusted certificates
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) cacert: Option<PathBuf>,
    /// Folder with trusted certificates
    #[arg(long, value_name = "FOLDER", help_heading = "Connection")]
    pub(crate) capath: Option<PathBuf>,
    /// Client certificate
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) cert: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) key: Option<PathBuf>,
    /// The password of the private key
    #[arg(
        long,
        value_name = "PASSWORD",
        allow_hyphen_values = true,
        help_heading = "Connection"
    )]
    pub(crate) pass: Option<String>,
    /// The server's public key: a file, or sha256//BASE64;...
    #[arg(long, value_name = "FILE|HASHES", help_heading = "Connection")]
    pub(crate) pinnedpubkey: Option<String>,
    /// TLS 1.2 or newer
    #[arg(long = "tlsv1.2", conflicts_with = "tlsv1_3", help_heading = "Connection")]
    pub(crate) tlsv1_2: bool,
    /// TLS 1.3
    #[arg(long = "tlsv1.3", help_heading = "Connection")]
    pub(crate) tlsv1_3: bool,
    /// The newest TLS version to use: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = ["1.2", "1.3"], help_heading = "Connection")]
    pub(crate) tls_max: Option<String>,
    /// Follow redirects
    #[arg(short = 'L', long, help_heading = "Connection")]
    pub(crate) location: bool,
    /// How many redirects to follow
    #[arg(long, value_name = "N", requires = "location", help_heading = "Connection")]
    pub(crate) max_redirs: Option<u32>,
    /// Time to connect, with TLS and the opening handshake
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, help_heading = "Connection")]
    pub(crate) connect_timeout: Option<Duration>,
    /// Time for everything
    #[arg(short = 'm', long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, help_heading = "Connection")]
    pub(crate) max_time: Option<Duration>,
    /// Refuse larger messages
    #[arg(long, value_name = "BYTES", value_parser = size, help_heading = "Connection")]
    pub(crate) max_message_size: Option<u64>,

    /// Time between PINGs, 0 for none
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, default_value = "30", help_heading = "Keeping alive")]
    pub(crate) ping: Duration,
    /// The connection is lost when a PONG takes longer, 0 for no limit
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, default_value = "20", help_heading = "Keeping alive")]
    pub(crate) pong_timeout: Duration,
    /// Connect again when the connection is lost, can't be made or is closed with another code than 1000, at most N times in a row
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, value_parser = attempts, default_missing_value = "4294967295", help_heading = "Keeping alive")]
    pub(crate) reconnect: Option<u32>,
    /// Time before that, doubled each time up to MAX, and varied by chance
    #[arg(long, value_name = "MIN[:MAX]", value_parser = delay, default_value = "1:60", help_heading = "Keeping alive")]
    pub(crate) reconnect_delay: Delay,
    /// The CLOSE frame that ends the connection
    #[arg(long, value_name = "CODE[:REASON]", value_parser = close, default_value = "1000", help_heading = "Keeping alive")]
    pub(crate) close: Close,

    /// Show the opening handshake and the frames; twice: TLS, too
    #[arg(short, long, action = ArgAction::Count, help_heading = "Looking")]
    pub(crate) verbose: u8,
    /// Write all bytes that are sent and received to a file
    #[arg(long, value_name = "FILE", help_heading = "Looking")]
    pub(crate) trace: Option<PathBuf>,
    /// Write the response head to standard output
    #[arg(short, long, help_heading = "Looking")]
    pub(crate) include: bool,
    /// The time before each message and note
    #[arg(long, help_heading = "Looking")]
    pub(crate) timestamps: bool,
    /// At the end write this; see WRITE-OUT in the manual page
    #[arg(short, long, value_name = "FORMAT", value_parser = format, allow_hyphen_values = true, help_heading = "Looking")]
    pub(crate) write_out: Option<String>,

    /// Measure: N round trips of a message of SIZE bytes (16)
    #[arg(long, value_name = "N[xSIZE]", value_parser = rounds, conflicts_with_all = ["data", "upload_file", "json", "reconnect"], help_heading = "Measuring")]
    pub(crate) bench: Option<Rounds>,
    /// On this many connections at the same time
    #[arg(
        long,
        value_name = "C",
        requires = "bench",
        value_parser = clap::value_parser!(u16).range(1..),
        default_value = "1",
        help_heading = "Measuring"
    )]
    pub(crate) parallel: u16,
}

/// The longest time that an option can give: a century, so that adding to a point in time does not overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long to wait before connecting again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// A CLOSE frame.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub(crate) code: u32,
    pub(crate) reason: String,
}

/// What `--bench` measures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) count: usize,
    pub(crate) size: usize,
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "not a number".to_owned())
}

fn attempts(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "not a number".to_owned())
}

/// A line as curl has it: `Name: value`, `Name:` to leave it out, `Name;` for an empty one.
fn header(text: &str) -> Result<String, String> {
    match text.starts_with('@') || text.contains(':') || text.ends_with(';') {
        true => Ok(text.to_owned()),
        false => Err("there is no colon in it".to_owned()),
    }
}

/// A format whose fields are all known.
fn format(text: &str) -> Result<String, String> {
    for part in text.split("%{").skip(1) {
        if let Some((name, _)) = part.split_once('}')
            && FIELDS.iter().all(|(known, _)| *known != name)
        {
            return Err(format!("there is no field {name}; the manual page has a list"));
        }
    }
    Ok(text.to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(time) if time <= LONGEST => Ok(time),
        Err(_) if number.is_nan() || number < 0.0 => Err("not a number of seconds".to_owned()),
        _ => Err("out of range".to_owned()),
    }
}

/// A number of bytes, with k, M or G for 1024 and its powers, as curl has it.
fn size(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| "not a number of bytes".to_owned())?;
    match number.checked_mul(factor) {
        Some(0) | None => Err("out of range".to_owned()),
        Some(size) if i64::try_from(size).is_err() => Err("out of range".to_owned()),
        Some(size) => Ok(size),
    }
}

fn delay(text: &str) -> Result<Delay, String> {
    let (min, max) = match text.split_once(':') {
        Some((min, max)) => (seconds(min)?, seconds(max)?),
        None => {
            let min = seconds(text)?;
            (min, min.max(Duration::from_secs(60)))
        }
    };
    match min <= max {
        true => Ok(Delay { min, max }),
        false => Err("the first number is larger than the second".to_owned()),
    }
}

pub(crate) fn close(text: &str) -> Result<Close, String> {
    let (code, reason) = text.split_once(':').unwrap_or((text, ""));
    let code = code.parse().map_err(|_| "not a close code".to_owned())?;
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err("this close code must not be sent (RFC 6455 section 7.4)".to_owned());
    }
    if reason.len() > 123 {
        return Err("the reason has more than 123 bytes".to_owned());
    }
    Ok(Close {
        code,
        reason: reason.to_owned(),
    })
}

fn rounds(text: &str) -> Result<Rounds, String> {
    let (count, bytes) = text.split_once('x').unwrap_or((text, "16"));
    let count = count.parse().map_err(|_| "not a number of round trips".to_owned())?;
    let size = size(bytes)?.try_into().map_err(|_| "out of range".to_owned())?;
    match count {
        0 => Err("at least one round trip".to_owned()),
        _ => Ok(Rounds { count, size }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn sizes() {
        assert_eq!(size("16"), Ok(16));
        assert_eq!(size("64k"), Ok(65536));
        assert_eq!(size("2G"), Ok(2 << 30));
        for bad in ["", "0", "k", "-1", "99999999999G", "9223372036854775808", "1x"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_at_most_a_century() {
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(seconds("3e9"), Ok(Duration::from_secs(3_000_000_000)));
        for large in ["4e9", "1e19", "1e300", "inf"] {
            assert_eq!(seconds(large), Err("out of range".to_owned()), "{large}");
        }
        for bad in ["", "x", "-1", "-inf", "nan", "1s"] {
            assert_eq!(seconds(bad), Err("not a number of seconds".to_owned()), "{bad}");
        }
        assert!(delay("1e19").is_err() && delay("1:1e19").is_err());
    }

    #[test]
    fn close_codes() {
        let frame = close("4000:done: all").unwrap();
        assert_eq!((frame.code, &frame.reason[..]), (4000, "done: all"));
        for bad in ["1005", "1006", "0", "5000", "x", ""] {
            assert!(close(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn formats_have_known_fields() {
        for good in ["", "%{http_code} %{rtt}\\n", "100%", "%{open", "%%"] {
            assert_eq!(format(good).as_deref(), Ok(good));
        }
        assert!(format("%{http_code}%{size}").unwrap_err().contains("size"));
    }

    #[test]
    fn delays() {
        let delay = |text| delay(text).map(|delay| (delay.min.as_secs_f64(), delay.max.as_secs_f64()));
        assert_eq!(delay("0.5"), Ok((0.5, 60.0)));
        assert_eq!(delay("2:8"), Ok((2.0, 8.0)));
        assert_eq!(delay("90"), Ok((90.0, 90.0)));
        assert!(delay("8:2").is_err());
    }
}
