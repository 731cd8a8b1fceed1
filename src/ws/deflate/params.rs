//! The negotiation of permessage-deflate (RFC 7692 section 7.1): does the server's answer fit what was offered?

use std::fmt;

/// A parameter as `Sec-WebSocket-Extensions` has it: its name, and its value where one is given.
pub(crate) type Parameter<'a> = (&'a str, Option<&'a str>);

/// What both sides have agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeflateParams {
    /// the server's messages may refer to earlier ones
    pub server_takeover: bool,
    /// ours may
    pub client_takeover: bool,
    /// size of the server's window, as a power of two: 8 to 15
    pub server_window_bits: u8,
    /// size of ours
    pub client_window_bits: u8,
}

impl DeflateParams {
    /// Checks the server's answer against the offers that the request made; it must fit one of them.
    pub(crate) fn new(
        offers: &[Vec<Parameter<'_>>],
        answer: &[Parameter<'_>],
    ) -> Result<DeflateParams, NegotiationError> {
        let answer = Parameters::read(answer, Side::Answer)?;
        let mut problem = NegotiationError::NotOffered;
        for offer in offers {
            match Parameters::read(offer, Side::Offer).and_then(|offer| answer.fits(&offer)) {
                Ok(()) => return Ok(answer.params()),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }
}

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

const LARGEST: u8 = 15;

/// Why the server's answer is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NegotiationError {
    /// the request had no offer of this extension
    NotOffered,
    /// a parameter that the extension doesn't have
    Unknown(String),
    /// a parameter that is there twice
    Twice(&'static str),
    /// a value where there must be none, none where there must be one, or one that is out of range
    Value(&'static str, Option<String>),
    /// a parameter that only answers to an offer of the same
    Unasked(&'static str),
    /// what the offer demanded and the answer does not grant
    NotGranted(&'static str),
}

impl fmt::Display for NegotiationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NegotiationError::NotOffered => write!(f, "it was not offered"),
            NegotiationError::Unknown(name) => write!(f, "it has no parameter \"{name}\""),
            NegotiationError::Twice(name) => write!(f, "{name} is there twice"),
            NegotiationError::Value(name, None) => write!(f, "{name} lacks its value"),
            NegotiationError::Value(name, Some(value)) => write!(f, "{name} can't be \"{value}\""),
            NegotiationError::Unasked(name) => write!(f, "{name} was not offered"),
            NegotiationError::NotGranted(name) => write!(f, "{name} is not what was offered"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Offer,
    Answer,
}

#[derive(Debug, Default)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// an offer may name it without a value, which stands for 15
    client_max_window_bits: Option<u8>,
}

impl Parameters {
    fn read(list: &[Parameter<'_>], side: Side) -> Result<Parameters, NegotiationError> {
        let mut read = Parameters::default();
        for &(name, value) in list {
            let twice = match name {
                SERVER_NO_CONTEXT_TAKEOVER => {
                    flag(SERVER_NO_CONTEXT_TAKEOVER, value, &mut read.server_no_context_takeover)?
                }
                CLIENT_NO_CONTEXT_TAKEOVER => {
                    flag(CLIENT_NO_CONTEXT_TAKEOVER, value, &mut read.client_no_context_takeover)?
                }
                SERVER_MAX_WINDOW_BITS => {
                    let bits = window_bits(SERVER_MAX_WINDOW_BITS, value)?;
                    read.server_max_window_bits
                        .replace(bits)
                        .map(|_| SERVER_MAX_WINDOW_BITS)
                }
                CLIENT_MAX_WINDOW_BITS => {
                    let bits = match (value, side) {
                        (None, Side::Offer) => LARGEST,
                        _ => window_bits(CLIENT_MAX_WINDOW_BITS, value)?,
                    };
                    read.client_max_window_bits
                        .replace(bits)
                        .map(|_| CLIENT_MAX_WINDOW_BITS)
                }
                unknown => return Err(NegotiationError::Unknown(unknown.to_owned())),
            };
            if let Some(name) = twice {
                return Err(NegotiationError::Twice(name));
            }
        }
        Ok(read)
    }

    /// Whether an answer with these parameters may be given to `offer`.
    fn fits(&self, offer: &Parameters) -> Result<(), NegotiationError> {
        if offer.server_no_context_takeover && !self.server_no_context_takeover {
            return Err(NegotiationError::NotGranted(SERVER_NO_CONTEXT_TAKEOVER));
        }
        if let Some(offered) = offer.server_max_window_bits
            && self.server_max_window_bits.is_none_or(|bits| bits > offered)
        {
            return Err(NegotiationError::NotGranted(SERVER_MAX_WINDOW_BITS));
        }
        match (self.client_max_window_bits, offer.client_max_window_bits) {
            (Some(_), None) => Err(NegotiationError::Unasked(CLIENT_MAX_WINDOW_BITS)),
            (Some(bits), Some(offered)) if bits > offered => Err(NegotiationError::NotGranted(CLIENT_MAX_WINDOW_BITS)),
            _ => Ok(()),
        }
    }

    fn params(&self) -> DeflateParams {
        DeflateParams {
            server_takeover: !self.server_no_context_takeover,
            client_takeover: !self.client_no_context_takeover,
            server_window_bits: self.server_max_window_bits.unwrap_or(LARGEST),
            client_window_bits: self.client_max_window_bits.unwrap_or(LARGEST),
        }
    }
}

fn flag(name: &'static str, value: Option<&str>, set: &mut bool) -> Result<Option<&'static str>, NegotiationError> {
    if value.is_some() {
        return Err(NegotiationError::Value(name, value.map(str::to_owned)));
    }
    Ok(std::mem::replace(set, true).then_some(name))
}

/// 8 to 15 without leading zeros (section 7.1.2).
fn window_bits(name: &'static str, value: Option<&str>) -> Result<u8, NegotiationError> {
    match value {
        Some("8") => Ok(8),
        Some("9") => Ok(9),
        Some(text) if text.len() == 2 && text.starts_with('1') && matches!(text.as_bytes()[1], b'0'..=b'5') => {
            Ok(10 + text.as_bytes()[1] - b'0')
        }
        _ => Err(NegotiationError::Value(name, value.map(str::to_owned))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[Parameter<'_>] = &[(CLIENT_MAX_WINDOW_BITS, None)];

    fn agree(offer: &[Parameter<'_>], answer: &[Parameter<'_>]) -> Result<DeflateParams, NegotiationError> {
        DeflateParams::new(&[offer.to_vec()], answer)
    }

    #[test]
    fn every_legal_answer_is_taken() {
        let plain = DeflateParams {
            server_takeover: true,
            client_takeover: true,
            server_window_bits: 15,
            client_window_bits: 15,
        };
        assert_eq!(agree(OURS, &[]), Ok(plain));
        for (bits, text) in (8u8..).zip(["8", "9", "10", "11", "12", "13", "14", "15"]) {
            let server_window_bits = bits;
            let client_window_bits = bits;
            assert_eq!(
                agree(OURS, &[(SERVER_MAX_WINDOW_BITS, Some(text))]),
                Ok(DeflateParams {
                    server_window_bits,
                    ..plain
                })
            );
            assert_eq!(
                agree(
                    OURS,
                    &[(CLIENT_MAX_WINDOW_BITS, Some(text)), (SERVER_NO_CONTEXT_TAKEOVER, None)]
                ),
                Ok(DeflateParams {
                    client_window_bits,
                    server_takeover: false,
                    ..plain
                })
            );
        }
        assert_eq!(
            agree(OURS, &[(CLIENT_NO_CONTEXT_TAKEOVER, None)]),
            Ok(DeflateParams {
                client_takeover: false,
                ..plain
            })
        );
    }

    #[test]
    fn every_illegal_answer_is_named() {
        let text = |value: &str| Some(value.to_owned());
        let cases: &[(&[Parameter<'_>], NegotiationError)] = &[
            (&[("x", None)], NegotiationError::Unknown("x".to_owned())),
            (
                &[(CLIENT_MAX_WINDOW_BITS, None)],
                NegotiationError::Value(CLIENT_MAX_WINDOW_BITS, None),
            ),
            (
                &[(SERVER_MAX_WINDOW_BITS, None)],
                NegotiationError::Value(SERVER_MAX_WINDOW_BITS, None),
            ),
            (
                &[(SERVER_NO_CONTEXT_TAKEOVER, Some("1"))],
                NegotiationError::Value(SERVER_NO_CONTEXT_TAKEOVER, text("1")),
            ),
            (
                &[(SERVER_NO_CONTEXT_TAKEOVER, None), (SERVER_NO_CONTEXT_TAKEOVER, None)],
                NegotiationError::Twice(SERVER_NO_CONTEXT_TAKEOVER),
            ),
            (
                &[(SERVER_MAX_WINDOW_BITS, Some("9")), (SERVER_MAX_WINDOW_BITS, Some("9"))],
                NegotiationError::Twice(SERVER_MAX_WINDOW_BITS),
            ),
        ];
        for (answer, problem) in cases {
            assert_eq!(agree(OURS, answer).as_ref(), Err(problem));
        }
        for value in ["7", "16", "08", "015", "+9", "", "1", "1a", "100"] {
            assert_eq!(
                agree(OURS, &[(SERVER_MAX_WINDOW_BITS, Some(value))]),
                Err(NegotiationError::Value(SERVER_MAX_WINDOW_BITS, text(value)))
            );
        }
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_said() {
        let name = SERVER_MAX_WINDOW_BITS;
        for (error, facts) in [
            (NegotiationError::NotOffered, &["not offered"][..]),
            (NegotiationError::Unknown("x".to_owned()), &["no parameter \"x\""]),
            (NegotiationError::Twice(name), &[name, "twice"]),
            (NegotiationError::Value(name, None), &[name, "lacks its value"]),
            (NegotiationError::Value(name, Some("7".to_owned())), &[name, "\"7\""]),
            (NegotiationError::Unasked(name), &[name, "not offered"]),
            (NegotiationError::NotGranted(name), &[name, "not what was offered"]),
        ] {
            let text = error.to_string();
            for fact in facts {
                assert!(text.contains(fact), "no {fact} in: {text}");
            }
        }
    }

    #[test]
    fn an_answer_fits_its_offer() {
        let demanding: &[Parameter<'_>] = &[(SERVER_NO_CONTEXT_TAKEOVER, None), (SERVER_MAX_WINDOW_BITS, Some("10"))];
        let granted: &[Parameter<'_>] = &[(SERVER_NO_CONTEXT_TAKEOVER, None), (SERVER_MAX_WINDOW_BITS, Some("9"))];
        assert!(agree(demanding, granted).is_ok());
        assert!(agree(demanding, demanding).is_ok());
        assert_eq!(
            agree(
                demanding,
                &[(SERVER_NO_CONTEXT_TAKEOVER, None), (SERVER_MAX_WINDOW_BITS, Some("11"))]
            ),
            Err(NegotiationError::NotGranted(SERVER_MAX_WINDOW_BITS))
        );
        assert_eq!(
            agree(demanding, &granted[..1]),
            Err(NegotiationError::NotGranted(SERVER_MAX_WINDOW_BITS))
        );
        assert_eq!(
            agree(demanding, &granted[1..]),
            Err(NegotiationError::NotGranted(SERVER_NO_CONTEXT_TAKEOVER))
        );
        assert_eq!(
            agree(&[], &[(CLIENT_MAX_WINDOW_BITS, Some("9"))]),
            Err(NegotiationError::Unasked(CLIENT_MAX_WINDOW_BITS))
        );
        assert_eq!(
            agree(
                &[(CLIENT_MAX_WINDOW_BITS, Some("9"))],
                &[(CLIENT_MAX_WINDOW_BITS, Some("10"))]
            ),
            Err(NegotiationError::NotGranted(CLIENT_MAX_WINDOW_BITS))
        );
        let fallbacks = [demanding.to_vec(), Vec::new()];
        assert!(DeflateParams::new(&fallbacks, &[]).is_ok());
        assert_eq!(DeflateParams::new(&[], &[]), Err(NegotiationError::NotOffered));
    }
}
