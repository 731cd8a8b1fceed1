//! The list of public suffixes (publicsuffix.org): domains under which anybody can register names, such as `co.uk`.
//!
//! Not with the crate `publicsuffix` 2.3: it passes over a wildcard where a longer rule names the same label (for it
//! `oci.customer-oci.com` is no public suffix, with `*.customer-oci.com` and `*.oci.customer-oci.com` in the list), refuses the
//! whole list for one bad rule, and builds its tree of hash maps by 52,000 allocations that can't fail where this has 14.

use std::cmp::Ordering;
use std::ops::Range;

use super::punycode;
use crate::error::Result;
use crate::http::text::is_ip;
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
        if self.has_rule(b"!", domain) {
            return false;
        }
        // As in libpsl `*.kobe.jp` makes `kobe.jp` one as well, which counts for an exception from that rule, `city.kobe.jp`.
        self.has_rule(b"", domain) || self.has_rule(b"*.", parent) || self.has_rule(b"*.", domain)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const RULES: &str = "ac\nbiz\nck\n*.ck\n!www.ck\ncom\nuk.com\ncn\ncom.cn\n\u{516c}\u{53f8}.cn\n\u{4e2d}\u{56fd}\njp\nac.jp\n*.kobe.jp\n\
        !city.kobe.jp\nkyoto.jp\nide.kyoto.jp\n*.mm\nus\nak.us\nk12.ak.us\n";

    /// The rules that the vectors are about, and the system's whole list where it is installed.
    fn lists() -> impl Iterator<Item = PublicSuffixes> {
        let system = fs::read("/usr/share/publicsuffix/public_suffix_list.dat").ok();
        let texts = [Some(RULES.as_bytes().to_vec()), system];
        texts
            .into_iter()
            .flatten()
            .map(|text| PublicSuffixes::new(text).unwrap())
    }

    /// The vectors of publicsuffix.org (`test_psl.txt`) that have no registrable domain, without those that are no names.
    #[test]
    fn official_vectors_of_suffixes() {
        #[rustfmt::skip]
        const SUFFIXES: &[&str] = &[
            "COM", "example", "biz", "com", "uk.com", "mm", "c.mm", "jp", "ac.jp", "kyoto.jp", "ide.kyoto.jp", "c.kobe.jp",
            "ck", "test.ck", "us", "ak.us", "k12.ak.us", "\u{516c}\u{53f8}.cn", "\u{4e2d}\u{56fd}", "xn--55qx5d.cn",
            "xn--fiqs8s",
        ];
        for list in lists() {
            for suffix in SUFFIXES {
                assert!(list.contain(suffix.as_bytes()), "{suffix}");
            }
        }
    }

    /// The others: a name and its registrable domain.
    #[test]
    fn official_vectors_of_registrable_domains() {
        #[rustfmt::skip]
        const NAMES: &[(&str, &str)] = &[
            ("example.COM", "example.com"), ("WwW.example.COM", "example.com"), ("example.example", "example.example"),
            ("b.example.example", "example.example"), ("a.b.example.example", "example.example"),
            ("domain.biz", "domain.biz"), ("b.domain.biz", "domain.biz"), ("a.b.domain.biz", "domain.biz"),
            ("example.com", "example.com"), ("b.example.com", "example.com"), ("a.b.example.com", "example.com"),
            ("example.uk.com", "example.uk.com"), ("b.example.uk.com", "example.uk.com"),
            ("a.b.example.uk.com", "example.uk.com"), ("test.ac", "test.ac"), ("b.c.mm", "b.c.mm"), ("a.b.c.mm", "b.c.mm"),
            ("test.jp", "test.jp"), ("www.test.jp", "test.jp"), ("test.ac.jp", "test.ac.jp"),
            ("www.test.ac.jp", "test.ac.jp"), ("test.kyoto.jp", "test.kyoto.jp"), ("b.ide.kyoto.jp", "b.ide.kyoto.jp"),
            ("a.b.ide.kyoto.jp", "b.ide.kyoto.jp"), ("b.c.kobe.jp", "b.c.kobe.jp"), ("a.b.c.kobe.jp", "b.c.kobe.jp"),
            ("city.kobe.jp", "city.kobe.jp"), ("www.city.kobe.jp", "city.kobe.jp"), ("b.test.ck", "b.test.ck"),
            ("a.b.test.ck", "b.test.ck"), ("www.ck", "www.ck"), ("www.www.ck", "www.ck"), ("test.us", "test.us"),
            ("www.test.us", "test.us"), ("test.ak.us", "test.ak.us"), ("www.test.ak.us", "test.ak.us"),
            ("test.k12.ak.us", "test.k12.ak.us"), ("www.test.k12.ak.us", "test.k12.ak.us"),
            ("\u{98df}\u{72ee}.com.cn", "\u{98df}\u{72ee}.com.cn"),
            ("\u{98df}\u{72ee}.\u{516c}\u{53f8}.cn", "\u{98df}\u{72ee}.\u{516c}\u{53f8}.cn"),
            ("www.\u{98df}\u{72ee}.\u{516c}\u{53f8}.cn", "\u{98df}\u{72ee}.\u{516c}\u{53f8}.cn"),
            ("shishi.\u{516c}\u{53f8}.cn", "shishi.\u{516c}\u{53f8}.cn"),
            ("\u{98df}\u{72ee}.\u{4e2d}\u{56fd}", "\u{98df}\u{72ee}.\u{4e2d}\u{56fd}"),
            ("www.\u{98df}\u{72ee}.\u{4e2d}\u{56fd}", "\u{98df}\u{72ee}.\u{4e2d}\u{56fd}"),
            ("shishi.\u{4e2d}\u{56fd}", "shishi.\u{4e2d}\u{56fd}"), ("xn--85x722f.com.cn", "xn--85x722f.com.cn"),
            ("xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
            ("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"), ("shishi.xn--55qx5d.cn", "shishi.xn--55qx5d.cn"),
            ("xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s"), ("www.xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s"),
            ("shishi.xn--fiqs8s", "shishi.xn--fiqs8s"),
        ];
        for list in lists() {
            for (name, registrable) in NAMES {
                let (name, registrable) = (name.as_bytes(), registrable.as_bytes());
                let suffix = parent(registrable).unwrap();
                assert!(
                    !list.contain(registrable) && list.contain(suffix),
                    "{}",
                    name.escape_ascii()
                );
                assert!(list.allow(name, registrable), "{}", name.escape_ascii());
                assert!(!list.allow(name, suffix), "{}", name.escape_ascii());
            }
        }
    }

    /// Every rule that fits counts, also where a longer one that has the same end names the next label.
    #[test]
    fn a_wildcard_beside_a_longer_rule() {
        let list = PublicSuffixes::new(b"com\n*.shop.com\n*.eu.shop.com\n".to_vec()).unwrap();
        for (domain, is_suffix) in [
            ("shop.com", true),
            ("us.shop.com", true),
            ("eu.shop.com", true),
            ("a.us.shop.com", false),
            ("a.eu.shop.com", true),
            ("b.a.eu.shop.com", false),
        ] {
            assert_eq!(list.contain(domain.as_bytes()), is_suffix, "{domain}");
        }
    }
}
