//! Connections, with or without TLS, for clients that are given one.

use std::net::{Ipv4Addr, TcpStream as StdStream};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Result;
use crate::job::Job;

/// A connection for clients that block.
pub(crate) type SecureStream = StreamOwned<ClientConnection, StdStream>;

/// What clients that wait with tokio read and write.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    async fn dial(job: &Job) -> Result<Self>;
}

impl Transport for TcpStream {
    async fn dial(job: &Job) -> Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, job.port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Transport for TlsStream<TcpStream> {
    async fn dial(job: &Job) -> Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::dial(job).await?;
        Ok(TlsConnector::from(tls_config(job)?).connect(server_name(), tcp).await?)
    }
}

/// What clients that block read and write.
pub(crate) trait BlockingTransport: std::io::Read + std::io::Write + Sized {
    fn dial(job: &Job) -> Result<Self>;
}

impl BlockingTransport for StdStream {
    fn dial(job: &Job) -> Result<StdStream> {
        let stream = StdStream::connect((Ipv4Addr::LOCALHOST, job.port))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl BlockingTransport for SecureStream {
    fn dial(job: &Job) -> Result<SecureStream> {
        let connection = ClientConnection::new(tls_config(job)?, server_name())?;
        Ok(StreamOwned::new(connection, StdStream::dial(job)?))
    }
}

/// The request of clients that leave the opening handshake to others.
pub(crate) fn request(job: &Job) -> String {
    format!(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        job.path, job.port
    )
}

/// Whether this is the whole of a response that opens a WebSocket.
pub(crate) fn is_open(response: &[u8]) -> Result<bool> {
    let whole = response.ends_with(b"\r\n\r\n");
    if whole && !response.starts_with(b"HTTP/1.1 101 ") {
        return Err(String::from_utf8_lossy(response).into());
    }
    Ok(whole)
}

/// Upgrades a connection, and takes no byte beyond the response's head.
pub(crate) async fn upgrade<S: Transport>(stream: &mut S, job: &Job) -> Result<()> {
    stream.write_all(request(job).as_bytes()).await?;
    stream.flush().await?;
    let mut response = Vec::new();
    while !is_open(&response)? {
        response.push(stream.read_u8().await?);
    }
    Ok(())
}

pub(crate) fn server_name() -> ServerName<'static> {
    ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST))
}

/// One configuration for all connections of the process, as its documentation recommends.
pub(crate) fn tls_config(job: &Job) -> Result<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    let file = job.ca.as_deref().ok_or("a certificate is missing")?;
    for certificate in CertificateDer::pem_file_iter(file)? {
        roots.add(certificate?)?;
    }
    let provider = match job.api.as_deref() {
        Some("ring") => rustls::crypto::ring::default_provider(),
        _ => rustls::crypto::aws_lc_rs::default_provider(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}
