//! Certificates made on the spot, and a rustls server in memory to try them with.

#[cfg(feature = "aws-lc")]
mod aws_lc;
mod certificate;
mod connection;
mod forge;
mod openssl;
mod private_authorities;
mod roots;
mod verification;

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};

use super::crypto::{ALL_KX_GROUPS, any_supported_type, default_provider};
use super::session::Decrypted;
use super::{Context, Plain, Progress, Session, Settings, TlsError, Version};

/// A directory that is gone when the test ends.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wscurl-tls-{}-{number}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

/// What a server presents, and the key to it.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let params = authority_params(name);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Authority { certificate, issuer }
    }

    pub(crate) fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        identity(vec![certificate.der().clone()], &key)
    }

    /// An authority below this one.
    pub(crate) fn delegate(&self, params: CertificateParams) -> Authority {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Authority { certificate, issuer }
    }

    /// Settings that trust this authority alone.
    pub(crate) fn trusted(&self) -> Settings {
        trusting(&[&self.certificate])
    }
}

pub(crate) fn authority_params(name: &str) -> CertificateParams {
    let mut params = leaf_params(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A server certificate for `names`, without a common name, valid until the end of 2999.
pub(crate) fn leaf_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2999, 12, 31);
    params
}

pub(crate) fn self_signed(params: &CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    identity(vec![params.self_signed(&key).unwrap().der().clone()], &key)
}

/// A self-signed certificate of X.509 version 1 for the common name `old.example`; rcgen makes version 3 only.
pub(crate) fn version_1() -> Identity {
    Identity {
        chain: vec![CertificateDer::from_pem_slice(VERSION_1.as_bytes()).unwrap()],
        key: PrivateKeyDer::from_pem_slice(VERSION_1.as_bytes()).unwrap(),
    }
}

const VERSION_1: &str = "\
-----BEGIN CERTIFICATE-----
MIIBUzCB+wIUdCvS9gDUIadhK4vqN9jevAQpQZgwCgYIKoZIzj0EAwIwLDEUMBIG
A1UECgwLT2xkIERldmljZXMxFDASBgNVBAMMC29sZC5leGFtcGxlMCAXDTIwMDEw
MTAwMDAwMFoYDzI5OTkxMjMxMDAwMDAwWjAsMRQwEgYDVQQKDAtPbGQgRGV2aWNl
czEUMBIGA1UEAwwLb2xkLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQ44C5o9IpPMrchu8Zx7D84zxIXLivKEB54UsE6gbqdB2qTGPC8wDBFPTeIL28Y
/XVNQ+isSGRkjCYCwt7Bky79MAoGCCqGSM49BAMCA0cAMEQCIHpLAp8qcdQD+/W9
jeBPX38wYY5QMhQocLLp0dmBe6qtAiAKMtX0JoxUidAsXaPyNKRtPNsr8lm5P2tu
mWBRfT0aRA==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWxbXWMn1Ubr/Ga0V
1o4KRlb9Md1CFFXZ1GGx2zjIiGOhRANCAAQ44C5o9IpPMrchu8Zx7D84zxIXLivK
EB54UsE6gbqdB2qTGPC8wDBFPTeIL28Y/XVNQ+isSGRkjCYCwt7Bky79
-----END PRIVATE KEY-----
";

fn identity(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Identity {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Identity { chain, key }
}

pub(crate) fn trusting(certificates: &[&CertificateDer<'_>]) -> Settings {
    Settings {
        ca_info_blob: Some(certificates.iter().flat_map(|der| pem(der)).collect()),
        ..Settings::default()
    }
}

pub(crate) fn pem(certificate: &CertificateDer<'_>) -> Vec<u8> {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").into_bytes()
}

pub(crate) fn server_config(identity: &Identity, versions: &[Version]) -> ServerConfig {
    let versions: Vec<_> = versions.iter().map(|version| version.rustls()).collect();
    let key = any_supported_type(&identity.key).unwrap();
    // Not checked on purpose: some of these certificates are not fit for a server.
    let certified = CertifiedKey::new(identity.chain.clone(), key);
    let provider = CryptoProvider {
        kx_groups: ALL_KX_GROUPS.to_vec(),
        ..default_provider()
    };
    ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
}

/// A client and a server with two buffers between them.
pub(crate) struct Pair {
    pub(crate) client: Session,
    pub(crate) server: ServerConnection,
    /// What arrived at the client and is not used up.
    pub(crate) incoming: Vec<u8>,
    /// What the client has to send.
    pub(crate) outgoing: Vec<u8>,
    /// What ended the server's side.
    pub(crate) server_error: Option<rustls::Error>,
}

impl Pair {
    pub(crate) fn new(context: &Context, host: &str, config: &Arc<ServerConfig>) -> Pair {
        Pair {
            client: Session::new(context, host).unwrap(),
            server: ServerConnection::new(config.clone()).unwrap(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            server_error: None,
        }
    }

    /// The whole handshake, the server's bytes arriving `piece` at a time.
    pub(crate) fn handshake(&mut self, piece: usize) -> Result<(), TlsError> {
        let mut wire = Vec::new();
        loop {
            let step = self.client.handshake(&mut self.incoming, &mut self.outgoing);
            self.incoming.drain(..step.discard);
            self.deliver();
            self.server.write_tls(&mut wire).unwrap();
            if step.state? {
                self.incoming.append(&mut wire);
                return Ok(());
            }
            assert!(!wire.is_empty(), "the handshake hangs");
            self.incoming.extend(wire.drain(..piece.min(wire.len())));
        }
    }

    /// Gives the server what the client has to send.
    pub(crate) fn deliver(&mut self) {
        let mut bytes = &self.outgoing[..];
        while !bytes.is_empty() && self.server_error.is_none() {
            self.server.read_tls(&mut bytes).unwrap();
            self.server_error = self.server.process_new_packets().err();
        }
        self.outgoing.clear();
    }

    /// Gives the client what the server has to send.
    pub(crate) fn receive(&mut self) {
        while self.server.wants_write() {
            self.server.write_tls(&mut self.incoming).unwrap();
        }
    }

    /// All the data in `incoming`, and how it ended.
    pub(crate) fn decrypt_all(&mut self) -> (Vec<u8>, Result<Progress, TlsError>) {
        let (mut plain, mut offset) = (Vec::new(), 0);
        let end = loop {
            let rest = &mut self.incoming[offset..];
            let Decrypted { discard, state } =
                self.client
                    .decrypt(rest, &mut Plain::into(&mut plain), &mut self.outgoing);
            offset += discard;
            if !matches!(state, Ok(Progress::Data)) {
                break state;
            }
        };
        self.incoming.drain(..offset);
        (plain, end)
    }

    /// Sends `data` from the client and returns what the server read.
    pub(crate) fn send(&mut self, data: &[u8]) -> Vec<u8> {
        self.client.encrypt(data, &mut self.outgoing).unwrap();
        let (mut read, mut bytes) = (Vec::new(), std::mem::take(&mut self.outgoing));
        for piece in bytes.chunks_mut(4096) {
            self.outgoing.extend_from_slice(piece);
            self.deliver();
            let _ = self.server.reader().read_to_end(&mut read);
        }
        read
    }

    /// Sends `data` from the server and returns what the client read.
    pub(crate) fn answer(&mut self, data: &[u8]) -> Vec<u8> {
        let mut left = data;
        while !left.is_empty() {
            let taken = self.server.writer().write(left).unwrap();
            left = &left[taken..];
            self.receive();
        }
        let (plain, end) = self.decrypt_all();
        assert_eq!(end, Ok(Progress::NeedMore));
        plain
    }
}
