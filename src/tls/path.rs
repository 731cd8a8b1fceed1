//! Certification path building and validation (RFC 5280, section 6) by OpenSSL's rules (openssl-verification-options(1)) with
//! libcurl's settings: purpose `sslserver`, security level 2, any trusted certificate ends the path
//! (`X509_V_FLAG_PARTIAL_CHAIN`). OpenSSL tries only the first issuer that fits; here all are tried, and every rule holds for
//! the path that is accepted.

use rustls::crypto::WebPkiSupportedAlgorithms;

use super::authority::{Authority, Flaw, server_flaw};
use super::cert_error::{self, CertError, Whose};
use super::revocation::{Crls, Subject};
use super::roots::{Anchor, Roots};
use super::signature::{self, SignatureError};
use super::x509::{Certificate, GeneralName, NameConstraints, Time, Violation, looks_like_dns_name};

/// Upper bound on the length of a path, as in OpenSSL.
const MAX_LENGTH: usize = 100;

/// Upper bound on the signatures that are verified for one server.
const MAX_SIGNATURES: usize = 200;

/// Upper bound on comparisons with name constraints for one server; in OpenSSL it holds for each certificate.
const MAX_COMPARISONS: usize = 1 << 20;

/// What verification depends on beside the server's certificates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verification<'a> {
    pub(super) roots: &'a Roots,
    /// Only a self-signed certificate ends the path unless this is set.
    pub(super) partial_chain: bool,
    /// The revocation lists, if any were given.
    pub(super) crls: Option<&'a Crls>,
    pub(super) algorithms: &'a WebPkiSupportedAlgorithms,
    pub(super) now: Time,
}

impl Verification<'_> {
    /// Verifies the server's certificate with the help of the others that the server sent.
    pub(super) fn verify(self, server: &Certificate<'_>, sent: &[Certificate<'_>]) -> Result<(), CertError> {
        let mut failure = None;
        let trusted: Vec<_> = match self.partial_chain {
            true => Vec::new(),
            false => self.roots.intermediates().filter_map(Certificate::read).collect(),
        };
        // A self-signed certificate has no other issuer: it must be in the trust store itself.
        if !server.is_self_signed() {
            let intermediates: Vec<_> = sent.iter().chain(&trusted).map(Link::of).collect();
            let mut search = Search::new(self, &intermediates);
            let first = Link::of(server);
            if search.extend(&mut vec![&first])? {
                return Ok(());
            }
            failure = search.failure;
        }
        match (failure, self.roots.find(server)) {
            (Some((Reached::WrongSignature | Reached::Root, error)), _) | (Some((_, error)), None) => Err(error),
            (_, Some(anchor)) if anchor.is_distrusted => Err(cert_error::distrusted()),
            (_, Some(_)) if !self.partial_chain && !server.is_self_issued() => {
                Err(cert_error::unknown_issuer(server, sent))
            }
            (_, Some(anchor)) => {
                self.check_server(server)?;
                self.check_revocation(Subject::of(server, Whose::Server), &anchor.authority)
            }
            (None, None) => Err(cert_error::unknown_issuer(server, sent)),
        }
    }

    /// The checks of the server's own certificate, whatever its path.
    fn check_server(self, server: &Certificate<'_>) -> Result<(), CertError> {
        if let Some(flaw) = server_flaw(server) {
            return Err(cert_error::unsuitable(flaw, Whose::Server));
        }
        cert_error::check_key(server.key.size(), Whose::Server)?;
        cert_error::check_dates(server.not_before, server.not_after, self.now, Whose::Server)
    }

    fn check_issuer(self, issuer: &Authority, is_trusted: bool) -> Result<(), CertError> {
        let undeclared = (!is_trusted && !issuer.is_declared).then_some(Flaw::NoAuthority);
        if let Some(flaw) = issuer.flaw.or(undeclared) {
            return Err(cert_error::unsuitable(flaw, Whose::Issuer));
        }
        cert_error::check_key(issuer.key_size(), Whose::Issuer)?;
        cert_error::check_dates(issuer.not_before, issuer.not_after, self.now, Whose::Issuer)
    }

    fn check_revocation(self, subject: Subject<'_>, issuer: &Authority) -> Result<(), CertError> {
        match self.crls {
            Some(crls) => crls.check(subject, issuer, self.algorithms, self.now),
            None => Ok(()),
        }
    }
}

/// One certificate of a path, and the same certificate as an issuer.
struct Link<'a> {
    certificate: &'a Certificate<'a>,
    authority: Authority,
}

impl<'a> Link<'a> {
    fn of(certificate: &'a Certificate<'a>) -> Link<'a> {
        let authority = Authority::of(certificate);
        Link { certificate, authority }
    }
}

/// A depth-first search for a valid path.
struct Search<'s> {
    verification: Verification<'s>,
    /// What may be in the path below a trusted issuer that ends it.
    intermediates: &'s [Link<'s>],
    signatures_left: usize,
    comparisons_left: usize,
    /// The error of the path that came furthest.
    failure: Option<(Reached, CertError)>,
}

/// How far a path came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// To an issuer whose certificate is malformed; OpenSSL ignores it.
    Skipped,
    /// To an issuer whose key has not made the signature.
    WrongSignature,
    /// To a trusted certificate.
    Root,
}

impl<'s> Search<'s> {
    fn new(verification: Verification<'s>, intermediates: &'s [Link<'s>]) -> Search<'s> {
        Search {
            verification,
            intermediates,
            signatures_left: MAX_SIGNATURES,
            comparisons_left: MAX_COMPARISONS,
            failure: None,
        }
    }

    /// Looks for a valid path that begins with `path`; trusted issuers come first. An error ends the search.
    fn extend(&mut self, path: &mut Vec<&'s Link<'s>>) -> Result<bool, CertError> {
        let Some(top) = path.last().map(|step| step.certificate) else {
            return Ok(false);
        };
        let whose = if path.len() == 1 { Whose::Server } else { Whose::Issuer };
        for anchor in self.verification.roots.issuers(top) {
            if !self.verification.partial_chain && !anchor.authority.is_self_issued {
                continue;
            }
            if !self.has_signed(&anchor.authority, top, whose)? {
                continue;
            }
            if anchor.is_distrusted {
                return Err(cert_error::distrusted());
            }
            match self.check(path, &anchor) {
                Ok(()) => return Ok(true),
                Err(error) => self.note(Reached::Root, error),
            }
        }
        if path.len() >= MAX_LENGTH {
            return Ok(false);
        }
        for step in self.intermediates {
            let is_used = path.iter().any(|used| used.certificate.der == step.certificate.der);
            let is_issuer = step.certificate.subject == top.issuer && step.authority.may_have_signed(top);
            if is_used || !is_issuer || step.certificate.is_self_signed() {
                continue;
            }
            if !self.has_signed(&step.authority, top, whose)? {
                continue;
            }
            path.push(step);
            if self.extend(path)? {
                return Ok(true);
            }
            path.pop();
        }
        Ok(false)
    }

    fn note(&mut self, progress: Reached, error: CertError) {
        if self.failure.as_ref().is_none_or(|(best, _)| progress > *best) {
            self.failure = Some((progress, error));
        }
    }

    /// Whether an issuer has signed a certificate. An error ends the search.
    fn has_signed(
        &mut self,
        issuer: &Authority,
        certificate: &Certificate<'_>,
        whose: Whose,
    ) -> Result<bool, CertError> {
        if issuer.flaw == Some(Flaw::Malformed) {
            self.note(Reached::Skipped, cert_error::unsuitable(Flaw::Malformed, Whose::Issuer));
            return Ok(false);
        }
        self.count_signature()?;
        let verified = self.verify_signature(issuer, certificate, whose);
        let has_signed = verified.is_ok();
        if let Err(error) = verified {
            self.note(Reached::WrongSignature, error);
        }
        Ok(has_signed)
    }

    fn count_signature(&mut self) -> Result<(), CertError> {
        let left = self.signatures_left.checked_sub(1);
        self.signatures_left = left.ok_or_else(cert_error::too_much_work)?;
        Ok(())
    }

    fn verify_signature(
        &self,
        issuer: &Authority,
        certificate: &Certificate<'_>,
        whose: Whose,
    ) -> Result<(), CertError> {
        let signature = certificate.signature;
        let (Some(algorithm), Some(key)) = (signature.algorithm, issuer.key()) else {
            return Err(cert_error::wrong_signature(whose));
        };
        let algorithms = self.verification.algorithms;
        match signature::verify(algorithms, key, algorithm, signature.signed, signature.value) {
            Ok(()) => Ok(()),
            Err(SignatureError::Unsupported) => Err(cert_error::unsupported_signature(algorithm, whose)),
            Err(SignatureError::Wrong) => {
                cert_error::check_key(key.size(), Whose::Issuer)?;
                Err(cert_error::wrong_signature(whose))
            }
        }
    }

    /// Everything but the signatures.
    fn check(&mut self, path: &[&Link<'_>], root: &Anchor) -> Result<(), CertError> {
        let verification = self.verification;
        let issuers: Vec<_> = path[1..].iter().map(|step| &step.authority).collect();
        verification.check_server(path[0].certificate)?;
        for issuer in &issuers {
            verification.check_issuer(issuer, false)?;
        }
        verification.check_issuer(&root.authority, true)?;

        let mut below = 0;
        for issuer in issuers.into_iter().chain([&root.authority]) {
            if issuer.path_length.is_some_and(|length| below > length) {
                return Err(cert_error::path_length_exceeded());
            }
            below += usize::from(!issuer.is_self_issued);
        }
        self.check_names(path, root).map_err(cert_error::constraint_violation)?;
        self.check_revocations(path, root)
    }

    fn check_revocations(&mut self, path: &[&Link<'_>], root: &Anchor) -> Result<(), CertError> {
        let issuers = path[1..].iter().map(|step| &step.authority).chain([&root.authority]);
        for (index, (step, issuer)) in path.iter().zip(issuers).enumerate() {
            let whose = if index == 0 { Whose::Server } else { Whose::Issuer };
            let subject = Subject::of(step.certificate, whose);
            self.count_signature()?;
            self.verification.check_revocation(subject, issuer)?;
        }
        self.verification
            .check_revocation(Subject::of_root(&root.authority), &root.authority)
    }

    /// Each certificate, except self-issued intermediates, must satisfy the name constraints of all issuers above it.
    fn check_names(&mut self, path: &[&Link<'_>], root: &Anchor) -> Result<(), Violation> {
        let mut constraints: Vec<NameConstraints<'_>> = root.authority.name_constraints().into_iter().collect();
        for (index, step) in path.iter().enumerate().rev() {
            if !constraints.is_empty() && (index == 0 || !step.authority.is_self_issued) {
                self.check_names_of(step.certificate, index == 0, &constraints)?;
            }
            constraints.extend(step.authority.name_constraints());
        }
        Ok(())
    }

    fn check_names_of(
        &mut self,
        certificate: &Certificate<'_>,
        is_server: bool,
        constraints: &[NameConstraints<'_>],
    ) -> Result<(), Violation> {
        let mut names = certificate.constrained_names().ok_or(Violation::NameSyntax)?;
        let common_names: Option<Vec<String>> = certificate.subject.common_names().collect();
        let common_names = common_names.ok_or(Violation::NameSyntax)?;
        if is_server && !names.iter().any(|name| matches!(name, GeneralName::Dns(_))) {
            let hosts = common_names.iter().filter(|name| looks_like_dns_name(name));
            names.extend(hosts.map(|name| GeneralName::Dns(name.as_bytes())));
        }
        for constraints in constraints {
            let comparisons = names.len().saturating_mul(constraints.len());
            self.comparisons_left = self
                .comparisons_left
                .checked_sub(comparisons)
                .ok_or(Violation::Unsupported)?;
            names.iter().try_for_each(|name| constraints.check(name))?;
        }
        Ok(())
    }
}
