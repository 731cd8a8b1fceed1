//! The challenges of a 401 or 407 response (RFC 9110 section 11.6.1): schemes with their parameters.

use super::super::text::{is_blank, trim_blanks, trim_start};

/// What a server or proxy offers in `WWW-Authenticate` or `Proxy-Authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge<'a> {
    scheme: &'a [u8],
    /// names and unquoted values
    params: Vec<(&'a [u8], Vec<u8>)>,
}

impl<'a> Challenge<'a> {
    /// The challenges in the value of one header. What can't be read is skipped up to the next comma.
    pub(crate) fn parse_list(value: &'a [u8]) -> Vec<Challenge<'a>> {
        let mut rest = Cursor(value);
        let mut challenges = Vec::new();
        loop {
            rest.skip_separators();
            if rest.0.is_empty() {
                return challenges;
            }
            match rest.challenge() {
                Some(challenge) => challenges.push(challenge),
                None => rest.skip_to_comma(),
            }
        }
    }

    /// The name of the scheme, as the peer wrote it.
    pub(crate) fn scheme(&self) -> &'a [u8] {
        self.scheme
    }

    /// Whether this is `scheme`, whatever its case.
    pub(super) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.as_bytes())
    }

    /// The first parameter of this name, whatever its case.
    pub(crate) fn param(&self, name: &str) -> Option<&[u8]> {
        let named = |(own, _): &&(&[u8], Vec<u8>)| own.eq_ignore_ascii_case(name.as_bytes());
        self.params.iter().find(named).map(|(_, value)| &value[..])
    }
}

/// What is left to read.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn challenge(&mut self) -> Option<Challenge<'a>> {
        let scheme = self.token()?;
        if !matches!(self.0.first(), None | Some(b' ' | b'\t' | b',')) {
            return None;
        }
        self.skip_blanks();
        let mut params = Vec::new();
        if !self.token68() {
            while let Some(param) = self.param() {
                params.push(param);
                self.skip_blanks();
            }
        }
        Some(Challenge { scheme, params })
    }

    /// Takes `name=value`, with commas in front. What is a scheme of its own, for lack of the equals sign, is left.
    fn param(&mut self) -> Option<(&'a [u8], Vec<u8>)> {
        let mut ahead = *self;
        ahead.skip_separators();
        let name = ahead.token()?;
        ahead.skip_blanks();
        ahead.0 = ahead.0.strip_prefix(b"=")?;
        ahead.skip_blanks();
        let value = match ahead.0.strip_prefix(b"\"") {
            Some(quoted) => ahead.quoted(quoted),
            None => ahead.unquoted(),
        };
        *self = ahead;
        Some((name, value))
    }

    /// Takes the data that some schemes have in place of parameters, like `YWJj==`.
    fn token68(&mut self) -> bool {
        let is_data = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        let data = self.0.iter().take_while(|byte| is_data(byte)).count();
        let padding = self.0[data..].iter().take_while(|&&byte| byte == b'=').count();
        let behind = &self.0[data + padding..];
        let is_alone = trim_blanks(behind).is_empty() || behind.first() == Some(&b',');
        if data > 0 && is_alone {
            self.0 = behind;
        }
        data > 0 && is_alone
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let length = self.0.iter().take_while(|byte| is_token(byte)).count();
        let (token, rest) = self.0.split_at(length);
        self.0 = rest;
        (length > 0).then_some(token)
    }

    /// Takes the rest of a quoted string (RFC 9110 section 5.6.4). The closing quote may be missing.
    fn quoted(&mut self, text: &'a [u8]) -> Vec<u8> {
        let mut value = Vec::new();
        let mut bytes = text.iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'"' => break,
                b'\\' => value.extend(bytes.next()),
                byte => value.push(byte),
            }
        }
        self.0 = bytes.as_slice();
        value
    }

    fn unquoted(&mut self) -> Vec<u8> {
        let length = self
            .0
            .iter()
            .take_while(|&&byte| byte != b',' && !is_blank(byte))
            .count();
        let (value, rest) = self.0.split_at(length);
        self.0 = rest;
        value.to_vec()
    }

    fn skip_blanks(&mut self) {
        self.0 = trim_start(self.0);
    }

    fn skip_separators(&mut self) {
        let separators = self.0.iter().take_while(|&&byte| is_blank(byte) || byte == b',');
        self.0 = &self.0[separators.count()..];
    }

    fn skip_to_comma(&mut self) {
        while let Some((&byte, rest)) = self.0.split_first() {
            match byte {
                b',' => return,
                b'"' => drop(self.quoted(rest)),
                _ => self.0 = rest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One challenge a string: the scheme, and each parameter in brackets.
    fn parsed(value: &str) -> Vec<String> {
        let show = |challenge: &Challenge<'_>| {
            let mut shown = String::from_utf8_lossy(challenge.scheme).into_owned();
            for (name, value) in &challenge.params {
                shown += &format!(
                    " [{}={}]",
                    String::from_utf8_lossy(name),
                    String::from_utf8_lossy(value)
                );
            }
            shown
        };
        Challenge::parse_list(value.as_bytes()).iter().map(show).collect()
    }

    #[test]
    fn rfc_9110_section_11_6_1_lists_of_challenges() {
        let cases: [(&str, &[&str]); 18] = [
            ("", &[]),
            (" , ,", &[]),
            ("Basic", &["Basic"]),
            ("Basic realm=\"simple\"", &["Basic [realm=simple]"]),
            (
                "Basic realm=\"a, Digest b\", charset=\"UTF-8\"",
                &["Basic [realm=a, Digest b] [charset=UTF-8]"],
            ),
            (
                "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
                &[
                    "Newauth [realm=apps] [type=1] [title=Login to \"apps\"]",
                    "Basic [realm=simple]",
                ],
            ),
            ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
            ("Negotiate YWJj/+==, Basic realm=a", &["Negotiate", "Basic [realm=a]"]),
            ("Negotiate abc", &["Negotiate"]),
            ("Basic realm = a , Bearer", &["Basic [realm=a]", "Bearer"]),
            ("Digest realm=\"a\" nonce=\"b\"", &["Digest [realm=a] [nonce=b]"]),
            ("Digest nonce=a/b+c==, qop=auth", &["Digest [nonce=a/b+c==] [qop=auth]"]),
            ("Digest realm=\"a", &["Digest [realm=a]"]),
            ("Digest realm=\"a\\", &["Digest [realm=a]"]),
            ("Digest nonce=x, realm=", &["Digest [nonce=x] [realm=]"]),
            ("=x, \"a, b\" c, Basic", &["Basic"]),
            ("Digest,,, realm=a,, Basic", &["Digest [realm=a]", "Basic"]),
            ("\u{1b}[31m, Basic", &["Basic"]),
        ];
        for (value, wanted) in cases {
            assert_eq!(parsed(value), wanted, "{value}");
        }
    }
}
