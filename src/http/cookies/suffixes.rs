//! The list of public suffixes (publicsuffix.org): domains under which anybody can register names, such as `co.uk`.

use std::cmp::Ordering;
use std::ops::Range;

use super::domain::is_ip;
use super::punycode;
use crate::error::Result;
use crate::io::fallible;

/// The rules of a list, sorted.
pub(crate) struct PublicSuffixes {
    text: Vec<u8>,
    rules: Vec<Range<usize>>,
}

impl PublicSuffixes {
    /// Takes the text of `public_suffix_list.dat`.
    pub(crate) fn new(text: Vec<u8>) -> Result<PublicSuffixes> {
        let mut rules = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            // A rule ends at the first white space.
            let length = line.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            if length > 0 && !line.starts_with(b"//") {
                fallible::reserve(&mut rules, 1)?;
                rules.push(start..start + length);
            }
            start += line.len();
        }
        rules.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
        Ok(PublicSuffixes { text, rules })
    }

    /// Whether `domain` is a public suffix.
    pub(super) fn contain(&self, domain: &[u8]) -> bool {
        let domain = &Self::normal(domain);
        self.contain_normal(domain)
    }

    /// Whether a cookie of `host` may be for `domain`, in which the host is: more than the host's public suffix.
    pub(super) fn allow(&self, host: &[u8], domain: &[u8]) -> bool {
        if is_ip(host) {
            return false;
        }
        let (host, domain) = (Self::normal(host), Self::normal(domain));
        let mut suffix = &host[..];
        while !self.contain_normal(suffix) {
            match parent(suffix) {
                Some(parent) => suffix = parent,
                None => break,
            }
        }
        domain.len() > suffix.len()
    }

    /// The names of the list are Unicode in lower case.
    fn normal(domain: &[u8]) -> Vec<u8> {
        let domain = domain.strip_suffix(b".").unwrap_or(domain);
        punycode::to_unicode(&domain.to_ascii_lowercase())
    }

    fn contain_normal(&self, domain: &[u8]) -> bool {
        let Some(parent) = parent(domain) else {
            // Without a rule every top-level domain is one.
            return true;
        };
        !self.has_rule(b"!", domain) && (self.has_rule(b"", domain) || self.has_rule(b"*.", parent))
    }

    fn has_rule(&self, prefix: &[u8], name: &[u8]) -> bool {
        let wanted = || prefix.iter().chain(name);
        let compare = |rule: &Range<usize>| -> Ordering { self.text[rule.clone()].iter().cmp(wanted()) };
        self.rules.binary_search_by(compare).is_ok()
    }
}

/// The domain that `domain` is directly inside of.
fn parent(domain: &[u8]) -> Option<&[u8]> {
    let dot = memchr::memchr(b'.', domain)?;
    Some(&domain[dot + 1..])
}
