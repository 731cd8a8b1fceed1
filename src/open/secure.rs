//! TLS over a connected stream.

use super::failure;
use super::phase::{Phase, Step, Work};
use super::plan::HopTls;
use crate::error::Error;
use crate::ffi::certificates::CertificateList;
use crate::tls::{Details, Session};
use crate::transport::{Stream, TransportError};

/// The phase of the TLS handshake.
pub(super) struct Securing {
    stream: Box<Stream>,
    hop: usize,
    list_certificates: bool,
}

impl Securing {
    pub(super) fn start(
        mut stream: Box<Stream>,
        hop: usize,
        tls: &HopTls,
        work: &mut Work<'_>,
    ) -> Phase<Securing, Box<Stream>> {
        let list_certificates = tls.list_certificates;
        let session = Session::new(&tls.context, &tls.name).map_err(TransportError::from);
        match session.and_then(|session| stream.start_tls(session)) {
            Ok(()) => {
                let securing = Securing {
                    stream,
                    hop,
                    list_certificates,
                };
                Phase::Pending(securing, Step::Continue)
            }
            Err(error) => {
                work.discard(*stream);
                Phase::Failed(error.into())
            }
        }
    }

    pub(super) fn step(mut self, work: &mut Work<'_>) -> Phase<Securing, Box<Stream>> {
        let handshake = self.stream.handshake();
        if let (Some(connection), Some(session)) = (work.output.info.connection_mut(), self.stream.tls()) {
            match self.hop < work.plan.proxies.len() {
                true => connection.proxy_verify_result = session.verify_result(),
                false => connection.verify_result = session.verify_result(),
            }
            if self.list_certificates && !matches!(handshake, Ok(false)) {
                let list = CertificateList::new(&session.certificate_list());
                connection.certificates = Some(Box::new(list));
            }
        }
        match handshake {
            Ok(true) => {
                if self.hop == work.plan.proxies.len()
                    && let Some(connection) = work.output.info.connection_mut()
                {
                    connection.secured = Some(work.now);
                }
                trace_details(&self.stream, work);
                Phase::Done(self.stream)
            }
            Ok(false) => Phase::Pending(self, Step::Wait),
            Err(error) => {
                work.discard(*self.stream);
                let error = Error::from(error);
                Phase::Failed(match self.hop < work.plan.proxies.len() {
                    true => failure::proxy_tls(&error, &work.plan.describe(self.hop)),
                    false => error,
                })
            }
        }
    }

    /// Which hop it is that TLS is spoken with.
    pub(super) fn hop(&self) -> usize {
        self.hop
    }

    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    pub(super) fn into_stream(self) -> Box<Stream> {
        self.stream
    }
}

fn trace_details(stream: &Stream, work: &mut Work<'_>) {
    if let Some(session) = stream.tls()
        && work.output.trace.is_enabled()
    {
        for line in lines(&session.details()) {
            work.output.trace.text(|| line);
        }
    }
}

/// What `curl -v` tells about TLS.
fn lines(details: &Details) -> Vec<String> {
    let mut lines = vec![format!(
        "SSL connection using {} / {} / {}{}",
        details.version,
        details.cipher_suite,
        details.key_exchange,
        if details.resumed { " (session resumed)" } else { "" }
    )];
    if let Some(certificate) = &details.certificate {
        lines.push("Server certificate:".to_string());
        lines.push(format!("  subject: {}", certificate.subject));
        lines.push(format!("  start date: {}", certificate.start_date));
        lines.push(format!("  expire date: {}", certificate.expire_date));
        lines.push(format!("  subjectAltName: {}", certificate.alt_names.join(", ")));
        lines.push(format!("  issuer: {}", certificate.issuer));
    }
    lines
}
