//! Name constraints (RFC 5280, section 4.2.1.10) as OpenSSL applies them: to the subject, the alternative names, and to
//! common names that look like DNS names where there is no alternative one.

use der::Tag;

use super::der::Values;
use super::general_name::GeneralName;

/// The subtrees that an authority may or may not name.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tls) struct NameConstraints<'a> {
    permitted: Vec<Subtree<'a>>,
    excluded: Vec<Subtree<'a>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Subtree<'a> {
    base: GeneralName<'a>,
    /// `minimum` is 0 and `maximum` absent, as RFC 5280 demands.
    is_plain: bool,
}

/// Why a name is refused; the numbers are OpenSSL's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Violation {
    /// `X509_V_ERR_PERMITTED_VIOLATION`
    NotPermitted = 47,
    /// `X509_V_ERR_EXCLUDED_VIOLATION`
    Excluded = 48,
    /// `X509_V_ERR_SUBTREE_MINMAX`
    Range = 49,
    /// `X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE`
    Unsupported = 51,
    /// `X509_V_ERR_UNSUPPORTED_NAME_SYNTAX`
    NameSyntax = 53,
}

impl<'a> NameConstraints<'a> {
    /// Reads the value of the extension.
    pub(in crate::tls) fn read(value: &'a [u8]) -> Option<NameConstraints<'a>> {
        let mut fields = Values::of_sequence(value)?;
        let permitted = subtrees(fields.next_if_context(0)?)?;
        let excluded = subtrees(fields.next_if_context(1)?)?;
        fields.is_finished().then_some(NameConstraints { permitted, excluded })
    }

    /// Upper bound on the comparisons for one name.
    pub(in crate::tls) fn len(&self) -> usize {
        self.permitted.len() + self.excluded.len()
    }

    /// Checks one name.
    pub(in crate::tls) fn check(&self, name: &GeneralName<'_>) -> Result<(), Violation> {
        let (mut is_constrained, mut is_permitted) = (false, false);
        for base in relevant(&self.permitted, name) {
            is_constrained = true;
            is_permitted = is_permitted || is_below(name, base?)?;
        }
        if is_constrained && !is_permitted {
            return Err(Violation::NotPermitted);
        }
        for base in relevant(&self.excluded, name) {
            if is_below(name, base?)? {
                return Err(Violation::Excluded);
            }
        }
        Ok(())
    }
}

fn subtrees(list: Option<&[u8]>) -> Option<Vec<Subtree<'_>>> {
    let mut values = Values::new(list.unwrap_or_default())?;
    let mut subtrees = Vec::new();
    while !values.is_finished() {
        let mut fields = Values::new(values.next_tagged(Tag::Sequence)?)?;
        let base = GeneralName::read_next(&mut fields)?;
        let (minimum, maximum) = (fields.next_if_context(0)?, fields.next_if_context(1)?);
        fields.is_finished().then_some(())?;
        let is_plain = matches!(minimum, None | Some([0])) && maximum.is_none();
        subtrees.push(Subtree { base, is_plain });
    }
    Some(subtrees)
}

/// The bases that apply to this kind of name.
fn relevant<'s, 'a>(
    subtrees: &'s [Subtree<'a>],
    name: &GeneralName<'_>,
) -> impl Iterator<Item = Result<&'s GeneralName<'a>, Violation>> {
    let (kind, id) = name.kind();
    let of_kind = subtrees.iter().filter(move |subtree| subtree.base.kind() == (kind, id));
    of_kind.map(|subtree| match subtree.is_plain {
        true => Ok(&subtree.base),
        false => Err(Violation::Range),
    })
}

fn is_below(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Result<bool, Violation> {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => Ok(is_dns_below(name, base)),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => {
            Ok(name.canonical().starts_with(base.canonical()))
        }
        (GeneralName::Ip(address), GeneralName::Ip(base)) => is_address_below(address, base),
        (GeneralName::Email(name), GeneralName::Email(base)) => is_email_below(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => {
            let host = uri_host(name).ok_or(Violation::NameSyntax)?;
            Ok(is_host_below(host, base))
        }
        _ => Err(Violation::Unsupported),
    }
}

/// A DNS name is below itself and below its parent domains. Every name is below the empty name.
fn is_dns_below(name: &[u8], base: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let (front, end) = name.split_at(start);
    let is_whole_label = front.is_empty() || base.is_empty() || base[0] == b'.' || front.ends_with(b".");
    is_whole_label && end.eq_ignore_ascii_case(base)
}

fn is_address_below(address: &[u8], base: &[u8]) -> Result<bool, Violation> {
    if !matches!(address.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return Err(Violation::NameSyntax);
    }
    let (network, mask) = base.split_at(base.len() / 2);
    let masked = address.iter().zip(network).zip(mask);
    Ok(address.len() == network.len()
        && masked
            .map(|((byte, net), mask)| (byte ^ net) & mask)
            .all(|byte| byte == 0))
}

/// `user@host` is one mailbox, `host` all of one host, `.domain` all of the hosts below it.
fn is_email_below(name: &[u8], base: &[u8]) -> Result<bool, Violation> {
    let (user, host) = split_mailbox(name).ok_or(Violation::NameSyntax)?;
    Ok(match split_mailbox(base) {
        Some((base_user, base_host)) => {
            (base_user.is_empty() || base_user == user) && host.eq_ignore_ascii_case(base_host)
        }
        None => is_host_below(host, base),
    })
}

fn split_mailbox(mailbox: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = mailbox.iter().rposition(|byte| *byte == b'@')?;
    Some((&mailbox[..at], &mailbox[at + 1..]))
}

/// `host` is one host, `.domain` all below it.
fn is_host_below(host: &[u8], base: &[u8]) -> bool {
    match base.first() {
        Some(b'.') => is_dns_below(host, base) && host.len() > base.len(),
        _ => host.eq_ignore_ascii_case(base),
    }
}

/// The host of `scheme://user@host:port/path`.
fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let scheme = uri.iter().position(|byte| *byte == b':').filter(|length| *length > 0)?;
    let rest = uri[scheme..].strip_prefix(b"://")?;
    let authority = rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()?;
    let host = authority.rsplit(|byte| *byte == b'@').next()?;
    // An address in brackets is below no domain.
    let is_name = !host.is_empty() && host[0] != b'[';
    is_name.then(|| host.split(|byte| *byte == b':').next()).flatten()
}

/// Whether OpenSSL takes a common name for a DNS name: at least two labels, nothing but what host names are made of. A
/// wildcard, which OpenSSL does not take for one, is taken for one here.
pub(in crate::tls) fn looks_like_dns_name(name: &str) -> bool {
    let name = name.strip_prefix("*.").map_or(name, |domain| domain);
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(is_plain)
    };
    name.contains('.') && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_names_lie_below_whole_labels() {
        let cases: [(&str, &str, bool); 11] = [
            ("a.example", "", true),
            ("a.example", "a.example", true),
            ("a.example", "A.EXAMPLE", true),
            ("b.a.example", "a.example", true),
            ("b.a.example", ".a.example", true),
            ("a.example", ".a.example", false),
            ("ba.example", "a.example", false),
            ("example", "a.example", false),
            ("*.a.example", "a.example", true),
            ("a.example.org", "a.example", false),
            ("", "a.example", false),
        ];
        for (name, base, expected) in cases {
            assert_eq!(
                is_dns_below(name.as_bytes(), base.as_bytes()),
                expected,
                "{name} {base}"
            );
        }
    }

    #[test]
    fn addresses_lie_in_networks_of_their_kind() {
        let below = |address: &[u8], base: &[u8]| is_address_below(address, base);
        let network = [10, 1, 0, 0, 255, 255, 0, 0];
        assert_eq!(below(&[10, 1, 2, 3], &network), Ok(true));
        assert_eq!(below(&[10, 2, 2, 3], &network), Ok(false));
        assert_eq!(below(&[0; 16], &network), Ok(false));
        assert_eq!(below(&[0; 16], &[0; 32]), Ok(true));
        assert_eq!(below(&[10, 1, 2], &network), Err(Violation::NameSyntax));
        assert_eq!(below(&[10, 1, 2, 3], &network[..4]), Err(Violation::NameSyntax));
    }

    #[test]
    fn mailboxes_and_uris_lie_below_hosts() {
        let emails = [
            ("u@a.example", "a.example", Ok(true)),
            ("u@A.example", "u@a.example", Ok(true)),
            ("U@a.example", "u@a.example", Ok(false)),
            ("u@a.example", "@a.example", Ok(true)),
            ("u@b.a.example", "a.example", Ok(false)),
            ("u@b.a.example", ".a.example", Ok(true)),
            ("u@a.example", ".a.example", Ok(false)),
            ("nobody", "a.example", Err(Violation::NameSyntax)),
        ];
        for (name, base, expected) in emails {
            assert_eq!(
                is_email_below(name.as_bytes(), base.as_bytes()),
                expected,
                "{name} {base}"
            );
        }
        let uri = |name: &'static str, base: &'static str| {
            is_below(&GeneralName::Uri(name.as_bytes()), &GeneralName::Uri(base.as_bytes()))
        };
        assert_eq!(uri("https://u@a.example:443/x", "a.example"), Ok(true));
        assert_eq!(uri("https://b.a.example", "a.example"), Ok(false));
        assert_eq!(uri("https://b.a.example?x", ".a.example"), Ok(true));
        for odd in [
            "a.example",
            "urn:a.example",
            "://a.example",
            "https://",
            "https://[::1]/",
        ] {
            assert_eq!(uri(odd, "a.example"), Err(Violation::NameSyntax), "{odd}");
        }
    }

    #[test]
    fn common_names_that_are_no_host_names_are_told_apart() {
        for name in ["a.example", "*.a.example", "10.1.2.3", "x_y.test"] {
            assert!(looks_like_dns_name(name), "{name}");
        }
        for name in [
            "localhost",
            "My Server",
            "a..b",
            ".a.b",
            "a.b.",
            "-a.b",
            "a-.b",
            "u@a.example",
            "",
        ] {
            assert!(!looks_like_dns_name(name), "{name}");
        }
    }
}
