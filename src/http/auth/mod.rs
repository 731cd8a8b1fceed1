//! Authentication to a server or a proxy (RFC 9110 section 11): which scheme is used when, and the value of `Authorization` or
//! `Proxy-Authorization`. Basic (RFC 7617), Bearer (RFC 6750) and Digest (RFC 7616).

mod challenge;
mod digest;
pub(crate) mod netrc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) use self::challenge::Challenge;
use self::digest::Digest;
use super::error::AuthError;
use crate::secret::Secret;

/// `CURLAUTH_BASIC`, also the mask of a handle on which `CURLOPT_HTTPAUTH` was never set.
pub(crate) const BASIC: u32 = 1;
/// `CURLAUTH_DIGEST`
const DIGEST: u32 = 1 << 1;
/// `CURLAUTH_BEARER`
const BEARER: u32 = 1 << 6;
/// The schemes that are built in.
pub(crate) const BUILT_IN: u32 = BASIC | DIGEST | BEARER;

const NEGOTIATE: u32 = 1 << 2;
const NTLM: u32 = 1 << 3;

/// How often in a row a server may call a nonce stale that it has just given out.
const MAX_STALE: u32 = 3;

/// What the application proves itself with. Empty is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Secret,
    /// the token of `CURLOPT_XOAUTH2_BEARER`
    pub(crate) bearer: Secret,
}

impl Credentials {
    fn has_login(&self) -> bool {
        !self.user.is_empty() || !self.password.is_empty()
    }

    /// The schemes that these are enough for.
    fn schemes(&self) -> u32 {
        let login = if self.has_login() { BASIC | DIGEST } else { 0 };
        let bearer = if self.bearer.is_empty() { 0 } else { BEARER };
        login | bearer
    }
}

/// The authentication to one server or proxy, over all requests of a transfer to it.
pub(crate) struct Authenticator {
    /// `CURLOPT_HTTPAUTH` or `CURLOPT_PROXYAUTH`: the schemes that may be used
    allowed: u32,
    credentials: Credentials,
    /// what the next request is authorized with
    scheme: Option<Scheme>,
    /// the latest request was authorized
    sent: bool,
    /// nonces in a row that were called stale
    stale: u32,
    offered: u32,
    used: u32,
}

enum Scheme {
    Basic,
    Bearer,
    Digest(Box<Digest>),
}

impl Authenticator {
    /// Before the first request. `allowed` is a `CURLAUTH_` bit mask.
    ///
    /// One scheme is used at once. With several, and with `CURLAUTH_ONLY`, no credentials are sent until the peer has told which
    /// one it wants, so that a password is not given away needlessly. Digest always needs a challenge.
    ///
    /// # Errors
    /// When there are credentials and the mask holds only schemes that are not built in.
    pub(crate) fn new(allowed: u32, credentials: Credentials) -> Result<Authenticator, AuthError> {
        let usable = credentials.schemes();
        if usable != 0 && allowed != 0 && allowed & BUILT_IN == 0 {
            return Err(AuthError(allowed));
        }
        let scheme = match allowed {
            BASIC if usable & BASIC != 0 => Some(Scheme::Basic),
            BEARER if usable & BEARER != 0 => Some(Scheme::Bearer),
            _ => None,
        };
        Ok(Authenticator {
            allowed: allowed & usable,
            credentials,
            scheme,
            sent: false,
            stale: 0,
            offered: 0,
            used: 0,
        })
    }

    /// The value of the header for the next request, if it is to have one. `random` is for the client's nonce of Digest.
    pub(crate) fn authorize(&mut self, method: &[u8], target: &[u8], random: [u8; 16]) -> Option<Secret> {
        let Credentials { user, password, bearer } = &self.credentials;
        let (scheme, value) = match self.scheme.as_mut()? {
            Scheme::Basic => (BASIC, basic(user, password)),
            Scheme::Bearer => (BEARER, [b"Bearer ", &bearer[..]].concat()),
            Scheme::Digest(digest) => (DIGEST, digest.authorize(user, password, method, target, random)),
        };
        self.sent = true;
        self.used = scheme;
        Some(Secret::from(value))
    }

    /// The peer answers with a 401 or 407 that has these challenges. Whether another request can do better: not if the
    /// credentials were refused, or if no scheme is left.
    pub(crate) fn challenged(&mut self, challenges: &[Challenge<'_>]) -> bool {
        self.offered |= challenges.iter().fold(0, |mask, offered| mask | bit(offered));
        let refused = std::mem::replace(&mut self.sent, false);
        let chosen = match (self.scheme.take(), refused) {
            (Some(Scheme::Digest(_)), true) => self.renew(challenges),
            (_, true) => None,
            (_, false) => self.choose(challenges),
        };
        self.scheme = chosen;
        self.scheme.is_some()
    }

    /// Whether it is with these credentials.
    pub(crate) fn is_with(&self, credentials: &Credentials) -> bool {
        self.credentials == *credentials
    }

    /// The schemes in the challenges so far, as a `CURLAUTH_` bit mask.
    pub(crate) fn offered(&self) -> u32 {
        self.offered
    }

    /// The scheme that was used last, as a `CURLAUTH_` bit, 0 for none.
    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    /// The scheme that is used now by its name, and for whom.
    pub(crate) fn description(&self) -> Option<(&'static str, &[u8])> {
        let name = match self.scheme.as_ref()? {
            Scheme::Basic => "Basic",
            Scheme::Bearer => "Bearer",
            Scheme::Digest(_) => "Digest",
        };
        Some((name, &self.credentials.user))
    }

    /// The first scheme, in libcurl's order of preference, that the peer offers and the application allows.
    fn choose(&self, challenges: &[Challenge<'_>]) -> Option<Scheme> {
        let offers = |scheme| self.allowed & scheme != 0 && challenges.iter().any(|challenge| bit(challenge) == scheme);
        if offers(BEARER) {
            return Some(Scheme::Bearer);
        }
        if self.allowed & DIGEST != 0
            && let Some(digest) = challenges.iter().find_map(answerable)
        {
            return Some(Scheme::Digest(Box::new(digest)));
        }
        offers(BASIC).then_some(Scheme::Basic)
    }

    /// A refused Digest is tried again only when its nonce was too old (RFC 7616 section 3.3, `stale`).
    fn renew(&mut self, challenges: &[Challenge<'_>]) -> Option<Scheme> {
        let is_stale = |challenge: &&Challenge<'_>| {
            let stale = challenge.param("stale");
            stale.is_some_and(|value| value.eq_ignore_ascii_case(b"true"))
        };
        let digest = challenges.iter().filter(is_stale).find_map(answerable)?;
        self.stale += 1;
        (self.stale <= MAX_STALE).then(|| Scheme::Digest(Box::new(digest)))
    }
}

fn answerable(challenge: &Challenge<'_>) -> Option<Digest> {
    challenge.is("Digest").then(|| Digest::new(challenge)).flatten()
}

fn bit(challenge: &Challenge<'_>) -> u32 {
    [
        ("Basic", BASIC),
        ("Digest", DIGEST),
        ("Negotiate", NEGOTIATE),
        ("NTLM", NTLM),
        ("Bearer", BEARER),
    ]
    .into_iter()
    .find_map(|(name, bit)| challenge.is(name).then_some(bit))
    .unwrap_or(0)
}

fn basic(user: &[u8], password: &[u8]) -> Vec<u8> {
    let login = Secret::from([user, b":", password].concat());
    let encoded = Secret::from(STANDARD.encode(&*login).into_bytes());
    [b"Basic ", &encoded[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: u32 = !16;
    const ONLY: u32 = 1 << 31;

    fn authenticator(mask: u32, user: &str, password: &str, bearer: &str) -> Authenticator {
        Authenticator::new(mask, credentials(user, password, bearer)).unwrap()
    }

    fn credentials(user: &str, password: &str, bearer: &str) -> Credentials {
        Credentials {
            user: user.into(),
            password: Secret::from(password.as_bytes()),
            bearer: Secret::from(bearer.as_bytes()),
        }
    }

    /// The value for the next request.
    fn value(authenticator: &mut Authenticator) -> Option<String> {
        let value = authenticator.authorize(b"GET", b"/", [0; 16])?;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    /// The first word of it.
    fn next(authenticator: &mut Authenticator) -> Option<String> {
        value(authenticator).map(|value| value.split(' ').next().unwrap().to_owned())
    }

    fn challenged(authenticator: &mut Authenticator, header: &str) -> bool {
        authenticator.challenged(&Challenge::parse_list(header.as_bytes()))
    }

    #[test]
    fn a_single_scheme_is_used_at_once() {
        let cases = [
            // RFC 7617 section 2
            (
                BASIC,
                ("Aladdin", "open sesame", ""),
                Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ),
            (BASIC, ("u", "", ""), Some("Basic dTo=")),
            (BASIC, ("", "p", ""), Some("Basic OnA=")),
            (BASIC, ("", "", ""), None),
            (BASIC, ("", "", "token"), None),
            (BEARER, ("", "", "mF_9.B5f-4.1JqM"), Some("Bearer mF_9.B5f-4.1JqM")),
            (BEARER, ("u", "p", ""), None),
            (DIGEST, ("u", "p", ""), None),
            (0, ("u", "p", "t"), None),
            (BASIC | ONLY, ("u", "p", ""), None),
        ];
        for (mask, (user, password, bearer), wanted) in cases {
            let mut authenticator = authenticator(mask, user, password, bearer);
            assert_eq!(
                value(&mut authenticator).as_deref(),
                wanted,
                "{mask:x} {user} {password}"
            );
            assert_eq!(authenticator.used() != 0, wanted.is_some());
        }
    }

    #[test]
    fn several_schemes_wait_for_a_challenge_and_the_best_is_chosen() {
        const DIGEST_AND_BASIC: &str = "Basic realm=r, Digest realm=r, nonce=n";
        let cases = [
            (ANY, "t", "Basic, Bearer, Digest nonce=n", Some("Bearer")),
            (ANY, "", "Basic, Bearer, Digest nonce=n", Some("Digest")),
            (ANY, "", DIGEST_AND_BASIC, Some("Digest")),
            (ANY & !BASIC, "", "Basic", None),
            (ANY, "", "NTLM, Negotiate, Basic", Some("Basic")),
            (ANY, "", "NTLM, Negotiate", None),
            (ANY, "", "Digest nonce=n, algorithm=new, Basic", Some("Basic")),
            (ANY, "", "Digest nonce=a, algorithm=new, Digest nonce=b", Some("Digest")),
            (BASIC | BEARER, "", DIGEST_AND_BASIC, Some("Basic")),
            (BASIC | ONLY, "", DIGEST_AND_BASIC, Some("Basic")),
            (DIGEST, "", DIGEST_AND_BASIC, Some("Digest")),
            (DIGEST, "", "Basic", None),
            (ANY, "", "", None),
        ];
        for (mask, bearer, header, wanted) in cases {
            let mut authenticator = authenticator(mask, "u", "p", bearer);
            assert_eq!(next(&mut authenticator), None, "{mask:x}");
            assert_eq!(
                challenged(&mut authenticator, header),
                wanted.is_some(),
                "{mask:x} {header}"
            );
            assert_eq!(next(&mut authenticator).as_deref(), wanted, "{mask:x} {header}");
        }
    }

    #[test]
    fn refused_credentials_are_not_sent_again() {
        for (mask, header) in [
            (BASIC, "Basic realm=r"),
            (BASIC, "Digest nonce=n, Basic realm=r"),
            (ANY, "Basic realm=r"),
            (DIGEST, "Digest nonce=n"),
            (DIGEST, "Digest nonce=n, stale=false"),
        ] {
            let mut authenticator = authenticator(mask, "u", "p", "");
            while next(&mut authenticator).is_none() {
                assert!(challenged(&mut authenticator, header));
            }
            assert!(!challenged(&mut authenticator, header), "{mask:x} {header}");
            assert_eq!(next(&mut authenticator), None);
        }
        let mut bearer = authenticator(BEARER, "", "", "t");
        assert_eq!(next(&mut bearer).as_deref(), Some("Bearer"));
        assert!(!challenged(&mut bearer, "Bearer error=\"invalid_token\""));
    }

    #[test]
    fn rfc_7616_section_3_3_a_stale_nonce_is_replaced_a_few_times() {
        let mut authenticator = authenticator(DIGEST, "u", "p", "");
        assert!(challenged(&mut authenticator, "Digest nonce=a, qop=auth"));
        let first = value(&mut authenticator).unwrap();
        assert!(
            first.contains("nonce=\"a\"") && first.contains("nc=00000001"),
            "{first}"
        );
        for nonce in ["b", "c", "d"] {
            assert!(challenged(
                &mut authenticator,
                &format!("Digest nonce={nonce}, qop=auth, stale=TRUE")
            ));
            let value = value(&mut authenticator).unwrap();
            assert!(value.contains(&format!("nonce=\"{nonce}\"")) && value.contains("nc=00000001"));
        }
        assert!(!challenged(&mut authenticator, "Digest nonce=e, stale=true"));
    }

    #[test]
    fn what_is_offered_and_used_is_known() {
        let mut authenticator = authenticator(ANY, "u", "p", "");
        assert_eq!((authenticator.offered(), authenticator.used()), (0, 0));
        assert!(challenged(
            &mut authenticator,
            "Negotiate, NTLM, basic realm=r, Digest nonce=n, X"
        ));
        assert_eq!(authenticator.offered(), BASIC | DIGEST | NEGOTIATE | NTLM);
        assert_eq!(next(&mut authenticator).as_deref(), Some("Digest"));
        assert_eq!(authenticator.used(), DIGEST);
        assert_eq!(authenticator.description(), Some(("Digest", &b"u"[..])));
    }

    #[test]
    fn schemes_that_are_missing_are_refused_only_when_there_is_something_to_send() {
        for mask in [NTLM, NEGOTIATE | NTLM, NTLM | ONLY] {
            let with = |credentials| Authenticator::new(mask, credentials).err();
            assert_eq!(with(credentials("u", "p", "")), Some(AuthError(mask)));
            assert_eq!(with(Credentials::default()), None);
        }
    }
}
