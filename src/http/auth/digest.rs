//! Digest authentication (RFC 7616, and RFC 2069 for servers that ask for no `qop`).

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use super::super::text::list_members;
use super::challenge::Challenge;

/// The server's latest challenge, and what is counted on it.
pub(super) struct Digest {
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    /// the algorithm as the server wrote it
    algorithm: Option<Vec<u8>>,
    hash: Hash,
    /// the algorithm is one of those that end in `-sess`
    session: bool,
    qop: Option<Qop>,
    /// the user name is sent hashed (RFC 7616 section 3.4.4)
    userhash: bool,
    /// fixed for a nonce: the `-sess` algorithms hash it into their key
    cnonce: Option<String>,
    /// requests sent with this nonce
    count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
    Sha512_256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qop {
    Auth,
    /// A request without a body has the hash of nothing in it.
    AuthInt,
}

impl Digest {
    /// What answers `challenge`. `None` if it can't be answered: no nonce, an unknown algorithm, or one that needs a `qop` and
    /// has none.
    pub(super) fn new(challenge: &Challenge<'_>) -> Option<Digest> {
        let owned = |name| challenge.param(name).map(<[u8]>::to_vec);
        let is_true = |name| {
            challenge
                .param(name)
                .is_some_and(|value| value.eq_ignore_ascii_case(b"true"))
        };
        let algorithm = owned("algorithm");
        let (hash, session) = parse_algorithm(algorithm.as_deref())?;
        let qop = challenge.param("qop").and_then(parse_qop);
        if session && qop.is_none() {
            return None;
        }
        Some(Digest {
            realm: owned("realm").unwrap_or_default(),
            nonce: owned("nonce")?,
            opaque: owned("opaque"),
            algorithm,
            hash,
            session,
            qop,
            userhash: is_true("userhash"),
            cnonce: None,
            count: 0,
        })
    }

    /// The value of the header that authorizes one more request. `random` is for the client's nonce.
    pub(super) fn authorize(
        &mut self,
        user: &[u8],
        password: &[u8],
        method: &[u8],
        target: &[u8],
        random: [u8; 16],
    ) -> Vec<u8> {
        self.count += 1;
        let cnonce = self.cnonce.get_or_insert_with(|| hex(&random)).clone();
        let count = format!("{:08x}", self.count);
        let key = self.key(user, password, &cnonce);
        let request = self.request(method, target);
        let qop = self.qop.map(Qop::name);
        let response = match qop {
            Some(qop) => self.joined(&[
                key.as_bytes(),
                &self.nonce,
                count.as_bytes(),
                cnonce.as_bytes(),
                qop.as_bytes(),
                request.as_bytes(),
            ]),
            None => self.joined(&[key.as_bytes(), &self.nonce, request.as_bytes()]),
        };
        let user = match self.userhash {
            true => self.joined(&[user, &self.realm]).into_bytes(),
            false => user.to_vec(),
        };
        let mut value = b"Digest ".to_vec();
        quote(&mut value, "username", &user);
        quote(&mut value, ", realm", &self.realm);
        quote(&mut value, ", nonce", &self.nonce);
        quote(&mut value, ", uri", target);
        if let Some(qop) = qop {
            value.extend_from_slice(format!(", cnonce=\"{cnonce}\", nc={count}, qop={qop}").as_bytes());
        }
        quote(&mut value, ", response", response.as_bytes());
        if let Some(opaque) = &self.opaque {
            quote(&mut value, ", opaque", opaque);
        }
        if let Some(algorithm) = &self.algorithm {
            value.extend_from_slice(b", algorithm=");
            value.extend_from_slice(algorithm);
        }
        if self.userhash {
            value.extend_from_slice(b", userhash=true");
        }
        value
    }

    /// H(A1) of RFC 7616 section 3.4.2.
    fn key(&self, user: &[u8], password: &[u8], cnonce: &str) -> String {
        let key = self.joined(&[user, &self.realm, password]);
        match self.session {
            true => self.joined(&[key.as_bytes(), &self.nonce, cnonce.as_bytes()]),
            false => key,
        }
    }

    /// H(A2) of RFC 7616 section 3.4.3.
    fn request(&self, method: &[u8], target: &[u8]) -> String {
        match self.qop {
            Some(Qop::AuthInt) => {
                let no_body = self.hash.hex(b"");
                self.joined(&[method, target, no_body.as_bytes()])
            }
            Some(Qop::Auth) | None => self.joined(&[method, target]),
        }
    }

    /// The hash of `parts` with colons between them.
    fn joined(&self, parts: &[&[u8]]) -> String {
        self.hash.hex(&parts.join(&b':'))
    }
}

impl Hash {
    fn hex(self, data: &[u8]) -> String {
        match self {
            Hash::Md5 => hex(&Md5::digest(data)),
            Hash::Sha256 => hex(&Sha256::digest(data)),
            Hash::Sha512_256 => hex(&Sha512_256::digest(data)),
        }
    }
}

impl Qop {
    fn name(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::AuthInt => "auth-int",
        }
    }
}

/// The hash function, and whether it is the `-sess` form.
fn parse_algorithm(name: Option<&[u8]>) -> Option<(Hash, bool)> {
    let Some(name) = name else {
        return Some((Hash::Md5, false));
    };
    let name = str::from_utf8(name).ok()?.to_ascii_lowercase();
    let (hash, session) = match name.strip_suffix("-sess") {
        Some(hash) => (hash, true),
        None => (&name[..], false),
    };
    let hash = match hash {
        "md5" => Hash::Md5,
        "sha-256" => Hash::Sha256,
        "sha-512-256" => Hash::Sha512_256,
        _ => return None,
    };
    Some((hash, session))
}

/// Of several the one without a hash of the body. Unknown ones count as none.
fn parse_qop(list: &[u8]) -> Option<Qop> {
    let offers = |qop: &Qop| list_members(list).any(|member| member.eq_ignore_ascii_case(qop.name().as_bytes()));
    [Qop::Auth, Qop::AuthInt].into_iter().find(offers)
}

/// `name="value"`, with a backslash before quotes and backslashes.
fn quote(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(challenge: &str) -> Option<Digest> {
        Digest::new(&Challenge::parse_list(challenge.as_bytes())[0])
    }

    /// With `cnonce` in place of a random one.
    fn authorized(challenge: &str, cnonce: &str, user: &str, password: &str, method: &str, target: &str) -> String {
        let mut digest = digest(challenge).expect("an answerable challenge");
        digest.cnonce = Some(cnonce.to_owned());
        let value = digest.authorize(
            user.as_bytes(),
            password.as_bytes(),
            method.as_bytes(),
            target.as_bytes(),
            [0; 16],
        );
        String::from_utf8(value).unwrap()
    }

    fn response(value: &str) -> &str {
        value.split("response=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    #[test]
    fn rfc_7616_section_3_9_1_md5_and_sha_256() {
        const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (algorithm, wanted) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let challenge = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let value = authorized(&challenge, CNONCE, "Mufasa", "Circle of Life", "GET", "/dir/index.html");
            assert_eq!(
                value,
                format!(
                    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                     nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                     cnonce=\"{CNONCE}\", nc=00000001, qop=auth, response=\"{wanted}\", \
                     opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", algorithm={algorithm}"
                )
            );
        }
    }

    #[test]
    fn rfc_7616_section_3_9_2_sha_512_256_with_a_hashed_user() {
        // The values in the RFC do not follow from its text (erratum 4897). These were computed with Python's hashlib.
        let challenge = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
             nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
             opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true";
        let value = authorized(
            challenge,
            "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
            "J\u{e4}s\u{f8}n Doe",
            "Secret, or not?",
            "GET",
            "/doe.json",
        );
        let user = "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\"";
        assert!(value.contains(user), "{value}");
        assert!(value.ends_with(", userhash=true"), "{value}");
        assert_eq!(
            response(&value),
            "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c"
        );
    }

    #[test]
    fn rfc_2069_section_2_4_without_qop() {
        // as corrected by erratum 749
        let challenge = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let value = authorized(challenge, "x", "Mufasa", "CircleOfLife", "GET", "/dir/index.html");
        assert_eq!(response(&value), "1949323746fe6a43ef61f9606e7febea");
        assert!(!value.contains("cnonce") && !value.contains("nc="), "{value}");
    }

    #[test]
    fn sess_and_auth_int() {
        // computed with Python's hashlib
        let challenge = |algorithm, qop| format!("Digest realm=\"r\", nonce=\"n\", algorithm={algorithm}, qop={qop}");
        for (algorithm, qop, wanted) in [
            ("MD5-sess", "auth", "6e4aac8b22e97762f88ccd0d5ccf5b1d"),
            ("MD5", "auth-int", "7eeb55b7f6f7bbb156ec8ed04a13f5a5"),
        ] {
            let value = authorized(&challenge(algorithm, qop), "c", "u", "p", "GET", "/");
            assert_eq!(response(&value), wanted, "{algorithm} {qop}");
            assert!(value.contains(&format!("qop={qop},")), "{value}");
        }
    }

    #[test]
    fn the_count_rises_and_the_cnonce_stays() {
        let mut digest = digest("Digest realm=r, nonce=n, qop=auth").unwrap();
        let mut value = |random| String::from_utf8(digest.authorize(b"u", b"p", b"GET", b"/", [random; 16])).unwrap();
        let (first, second) = (value(0xab), value(0xcd));
        let cnonce = format!("cnonce=\"{}\"", "ab".repeat(16));
        assert!(first.contains(&cnonce) && second.contains(&cnonce), "{second}");
        assert!(first.contains("nc=00000001") && second.contains("nc=00000002"));
    }

    #[test]
    fn quotes_and_backslashes_are_escaped_again() {
        let challenge = "Digest realm=\"a \\\"b\\\" \\\\c\", nonce=n";
        let value = authorized(challenge, "c", "u\"\\", "p", "GET", "/");
        assert!(value.starts_with("Digest username=\"u\\\"\\\\\", realm=\"a \\\"b\\\" \\\\c\", nonce=\"n\""));
    }

    #[test]
    fn some_challenges_have_no_answer() {
        for challenge in [
            "Digest realm=r",
            "Digest realm=r, nonce=n, algorithm=SHA-1",
            "Digest realm=r, nonce=n, algorithm=MD5-sess",
            "Digest realm=r, nonce=n, algorithm=\"\"",
        ] {
            assert!(digest(challenge).is_none(), "{challenge}");
        }
        for challenge in [
            "Digest nonce=n",
            "Digest nonce=\"\"",
            "Digest nonce=n, algorithm=sha-256-SESS, qop=AUTH",
            "Digest nonce=n, qop=unknown",
        ] {
            assert!(digest(challenge).is_some(), "{challenge}");
        }
    }
}
