//! What we read out of an X.509 certificate ourselves (RFC 5280, section 4.1): names and dates to show to a person, and
//! the few fields that decide how a certificate from a trust store may be used. Chains and signatures are webpki's work.

use std::fmt;
use std::net::IpAddr;

use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{DateTime, Decode, Reader, SliceReader, Tag, Tagged};

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// The fields of one certificate, borrowed from its DER form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificate<'a> {
    /// 1, 2 or 3.
    pub(crate) version: u8,
    /// Who signed it.
    pub(crate) issuer: Name<'a>,
    /// Whom it speaks of.
    pub(crate) subject: Name<'a>,
    /// First second of its life; `None` when unreadable or before 1970.
    pub(crate) not_before: Option<DateTime>,
    /// Last second of its life; `None` when unreadable or before 1970.
    pub(crate) not_after: Option<DateTime>,
    /// The SubjectPublicKeyInfo with its own header.
    pub(crate) public_key: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads a DER certificate; `None` when it is not one.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Certificate<'a>> {
        let certificate = sequence(Items::new(der).next()?)?;
        let mut fields = Items::new(sequence(Items::new(certificate).next()?)?);

        let mut field = fields.next()?;
        let mut version = 1;
        if context_number(field) == Some(0) {
            version = Items::new(field.value()).next()?.value().last()?.checked_add(1)?;
            field = fields.next()?;
        }
        let _serial = field;
        let _algorithm = fields.next()?;
        let issuer = Name(sequence(fields.next()?)?);
        let mut validity = Items::new(sequence(fields.next()?)?);
        let (not_before, not_after) = (validity.next()?, validity.next()?);
        let subject = Name(sequence(fields.next()?)?);
        let public_key = fields.next_raw()?;
        let extensions = fields
            .find(|field| context_number(*field) == Some(3))
            .and_then(|tagged| sequence(Items::new(tagged.value()).next()?));

        Some(Certificate {
            version,
            issuer,
            subject,
            not_before: date(not_before),
            not_after: date(not_after),
            public_key,
            extensions: extensions.unwrap_or_default(),
        })
    }

    /// Whether the same name stands as subject and issuer.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether its key may sign other certificates: the rule by which OpenSSL takes a trusted certificate as an issuer.
    pub(crate) fn is_authority(&self) -> bool {
        let signs_certificates = self.extension(KEY_USAGE).map(|usage| {
            let bits = Items::new(usage).next().map_or(&[][..], AnyRef::value);
            bits.get(1).is_some_and(|first| first & 0x04 != 0)
        });
        let authority = match self.extension(BASIC_CONSTRAINTS) {
            Some(constraints) => Items::new(constraints)
                .next()
                .and_then(sequence)
                .and_then(|body| Items::new(body).next())
                .is_some_and(|first| first.tag() == Tag::Boolean && first.value() != [0]),
            None => (self.version == 1 && self.is_self_issued()) || signs_certificates.is_some(),
        };
        authority && signs_certificates.unwrap_or(true)
    }

    /// Whether it limits the names that certificates below it may have.
    pub(crate) fn has_name_constraints(&self) -> bool {
        self.extension(NAME_CONSTRAINTS).is_some()
    }

    /// The DNS names and IP addresses of the subjectAltName extension.
    pub(crate) fn alt_names(&self) -> impl Iterator<Item = AltName<'a>> + use<'a> {
        let names = self
            .extension(SUBJECT_ALT_NAME)
            .and_then(|value| sequence(Items::new(value).next()?));
        Items::new(names.unwrap_or_default()).filter_map(AltName::from_general_name)
    }

    fn extension(&self, wanted: ObjectIdentifier) -> Option<&'a [u8]> {
        Items::new(self.extensions).find_map(|extension| {
            let mut parts = Items::new(sequence(extension)?);
            let id: ObjectIdentifier = parts.next()?.decode_as().ok()?;
            let value = parts.find(|part| part.tag() == Tag::OctetString)?;
            (id == wanted).then_some(value.value())
        })
    }
}

/// A distinguished name; prints as `C=SE; O=Example; CN=a.example`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'a>(&'a [u8]);

impl<'a> Name<'a> {
    /// The most specific (last) common name.
    pub(crate) fn common_name(self) -> Option<String> {
        let value = self.attributes().filter(|(id, _)| *id == COMMON_NAME).last()?.1;
        Some(text(value))
    }

    fn attributes(self) -> impl Iterator<Item = (ObjectIdentifier, AnyRef<'a>)> {
        Items::new(self.0)
            .flat_map(|set| Items::new(set.value()))
            .filter_map(|attribute| {
                let mut parts = Items::new(sequence(attribute)?);
                Some((parts.next()?.decode_as().ok()?, parts.next()?))
            })
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (id, value)) in self.attributes().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match attribute_label(id) {
                Some(label) => write!(f, "{separator}{label}={}", text(value))?,
                None => write!(f, "{separator}{id}={}", text(value))?,
            }
        }
        Ok(())
    }
}

/// One entry of subjectAltName.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AltName<'a> {
    /// A host name, perhaps with a wildcard; as it stands, so not necessarily a valid one.
    Dns(&'a [u8]),
    /// An address.
    Ip(IpAddr),
}

impl<'a> AltName<'a> {
    fn from_general_name(name: AnyRef<'a>) -> Option<AltName<'a>> {
        match context_number(name)? {
            2 => Some(AltName::Dns(name.value())),
            7 => match name.value().len() {
                4 => Some(AltName::Ip(<[u8; 4]>::try_from(name.value()).ok()?.into())),
                16 => Some(AltName::Ip(<[u8; 16]>::try_from(name.value()).ok()?.into())),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for AltName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AltName::Dns(name) => f.write_str(&printable(&String::from_utf8_lossy(name))),
            AltName::Ip(address) => address.fmt(f),
        }
    }
}

/// `2026-01-02 03:04:05 GMT`.
pub(crate) fn date_text(date: DateTime) -> String {
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02} GMT",
        date.year(),
        date.month(),
        date.day(),
        date.hour(),
        date.minutes(),
        date.seconds()
    )
}

/// The DER values inside a constructed one. Ends at the first that is malformed.
struct Items<'a>(Option<SliceReader<'a>>);

impl<'a> Items<'a> {
    fn new(contents: &'a [u8]) -> Items<'a> {
        Items(SliceReader::new(contents).ok())
    }

    /// The next value together with its header.
    fn next_raw(&mut self) -> Option<&'a [u8]> {
        self.0.as_mut()?.tlv_bytes().ok()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = AnyRef<'a>;

    fn next(&mut self) -> Option<AnyRef<'a>> {
        let item = AnyRef::decode(self.0.as_mut()?).ok();
        if item.is_none() {
            self.0 = None;
        }
        item
    }
}

fn sequence(value: AnyRef<'_>) -> Option<&[u8]> {
    (value.tag() == Tag::Sequence).then_some(value.value())
}

fn context_number(value: AnyRef<'_>) -> Option<u32> {
    match value.tag() {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

fn date(value: AnyRef<'_>) -> Option<DateTime> {
    match value.tag() {
        Tag::UtcTime => value.decode_as::<UtcTime>().ok().map(|time| time.to_date_time()),
        Tag::GeneralizedTime => value
            .decode_as::<GeneralizedTime>()
            .ok()
            .map(|time| time.to_date_time()),
        _ => None,
    }
}

fn text(value: AnyRef<'_>) -> String {
    let bytes = value.value();
    let text = match value.tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    printable(&text)
}

/// The peer chose this text: no control character of it may reach a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn attribute_label(id: ObjectIdentifier) -> Option<&'static str> {
    const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
    const DOMAIN_COMPONENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25");
    match id {
        EMAIL_ADDRESS => return Some("emailAddress"),
        DOMAIN_COMPONENT => return Some("DC"),
        _ => {}
    }
    // The rest live under 2.5.4, which is encoded as 55 04.
    match id.as_bytes() {
        [0x55, 0x04, 3] => Some("CN"),
        [0x55, 0x04, 5] => Some("serialNumber"),
        [0x55, 0x04, 6] => Some("C"),
        [0x55, 0x04, 7] => Some("L"),
        [0x55, 0x04, 8] => Some("ST"),
        [0x55, 0x04, 10] => Some("O"),
        [0x55, 0x04, 11] => Some("OU"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CustomExtension, DnType, DnValue, IsCa, KeyUsagePurpose};

    use super::super::tests::{Identity, leaf_params, self_signed, version_1};
    use super::*;

    fn der(identity: &Identity) -> &[u8] {
        &identity.chain[0]
    }

    #[test]
    fn names_and_dates_are_read() {
        let mut params = leaf_params(&["a.example", "*.b.example", "10.0.0.1", "::1"]);
        let name = &mut params.distinguished_name;
        name.push(DnType::CountryName, "SE");
        name.push(DnType::OrganizationName, "Example & S\u{f6}ner");
        name.push(DnType::CustomDnType(vec![1, 2, 3]), "odd");
        name.push(
            DnType::OrganizationalUnitName,
            DnValue::BmpString("\u{3b1}".try_into().unwrap()),
        );
        name.push(DnType::CommonName, "a\u{1b}[1m");
        params.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let identity = self_signed(&params);
        let certificate = Certificate::parse(der(&identity)).unwrap();
        assert_eq!(certificate.version, 3);
        assert_eq!(
            certificate.subject.to_string(),
            "C=SE; O=Example & S\u{f6}ner; 1.2.3=odd; OU=\u{3b1}; CN=a?[1m"
        );
        assert!(certificate.is_self_issued());
        assert_eq!(
            certificate.not_before.map(date_text).unwrap(),
            "2020-01-01 00:00:00 GMT"
        );
        assert_eq!(certificate.not_after.map(date_text).unwrap(), "2030-01-02 00:00:00 GMT");
        let names: Vec<String> = certificate.alt_names().map(|name| name.to_string()).collect();
        assert_eq!(names, ["a.example", "*.b.example", "10.0.0.1", "::1"]);
    }

    #[test]
    fn version_1_is_read_too() {
        let identity = version_1();
        let certificate = Certificate::parse(der(&identity)).unwrap();
        assert_eq!(certificate.version, 1);
        assert_eq!(certificate.subject.common_name().unwrap(), "old.example");
        assert!(certificate.is_authority(), "as OpenSSL takes a self-signed one");
    }

    #[test]
    fn who_may_sign_follows_openssl() {
        let authority = IsCa::Ca(BasicConstraints::Unconstrained);
        let signs = vec![KeyUsagePurpose::KeyCertSign];
        let other = vec![KeyUsagePurpose::DigitalSignature];
        let cases = [
            (IsCa::NoCa, vec![], false),
            (IsCa::NoCa, signs.clone(), true),
            (IsCa::NoCa, other.clone(), false),
            (IsCa::ExplicitNoCa, vec![], false),
            (IsCa::ExplicitNoCa, signs.clone(), false),
            (authority, vec![], true),
            (authority, signs, true),
            (authority, other, false),
        ];
        for (is_ca, key_usages, expected) in cases {
            let mut params = leaf_params(&["a.example"]);
            (params.is_ca, params.key_usages) = (is_ca, key_usages.clone());
            let identity = self_signed(&params);
            let certificate = Certificate::parse(der(&identity)).unwrap();
            assert_eq!(certificate.is_authority(), expected, "{is_ca:?} {key_usages:?}");
        }
    }

    #[test]
    fn broken_certificates_are_survived() {
        let mut params = leaf_params(&["a.example", "10.0.0.1"]);
        params.distinguished_name.push(DnType::CommonName, "a.example");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 30], vec![0x30, 0x80])];
        let whole = der(&self_signed(&params)).to_vec();
        let look = |bytes: &[u8]| {
            if let Some(certificate) = Certificate::parse(bytes) {
                let _ = (certificate.subject.to_string(), certificate.issuer.common_name());
                let _ = (certificate.alt_names().count(), certificate.is_authority());
                let _ = certificate.has_name_constraints();
            }
        };
        for length in 0..whole.len() {
            assert!(Certificate::parse(&whole[..length]).is_none());
        }
        for at in 0..whole.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] ^= change;
                look(&bytes);
            }
        }
    }
}
