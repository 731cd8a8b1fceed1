//! The server of `make demo` and `make echo-server`: echoes what it receives, over ws and wss, on the loopback interface.
//!
//! It is built on the crate `tungstenite`, which shares no code with this library. Its first line of output has both URLs
//! and the file with the certificate to trust, which is made at each start.
//!
//! Usage: `demo_server CERTIFICATE-FILE [WS-PORT WSS-PORT]`
//!
//! Without ports it takes free ones, and ends when its standard input does, or after a minute.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const LIFETIME: Duration = Duration::from_secs(60);

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (certificate_file, ports) = match arguments.as_slice() {
        [file] => (file, None),
        [file, ws, wss] => (file, Some((ws.parse()?, wss.parse()?))),
        _ => return Err("usage: demo_server CERTIFICATE-FILE [WS-PORT WSS-PORT]".into()),
    };
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    std::fs::write(certificate_file, certified.cert.pem())?;
    let tls = Arc::new(tls_config(&certified)?);

    let (ws_port, wss_port) = ports.unwrap_or((0, 0));
    let ws = TcpListener::bind(("127.0.0.1", ws_port))?;
    let wss = TcpListener::bind(("127.0.0.1", wss_port))?;
    println!(
        "ws://127.0.0.1:{} wss://127.0.0.1:{} {certificate_file}",
        ws.local_addr()?.port(),
        wss.local_addr()?.port()
    );

    thread::spawn(move || serve(&ws, echo));
    thread::spawn(move || {
        serve(&wss, move |tcp| {
            echo(StreamOwned::new(ServerConnection::new(tls.clone())?, tcp))
        });
    });
    if ports.is_none() {
        wait_for_end_of_input();
    } else {
        loop {
            thread::park();
        }
    }
    Ok(())
}

fn tls_config(certified: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Result<ServerConfig, Failure> {
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], PrivateKeyDer::from(key))?;
    Ok(config)
}

/// Gives each connection a thread of its own.
fn serve<F>(listener: &TcpListener, handle: F)
where
    F: Fn(TcpStream) -> Result<(), Failure> + Clone + Send + 'static,
{
    for tcp in listener.incoming().flatten() {
        let handle = handle.clone();
        thread::spawn(move || {
            if let Err(error) = handle(tcp) {
                eprintln!("demo server: {error}");
            }
        });
    }
}

/// Sends back each message. Pings and the closing handshake are answered by `tungstenite` itself.
fn echo<S: Read + Write>(stream: S) -> Result<(), Failure> {
    let mut socket = tungstenite::accept(stream).map_err(|error| error.to_string())?;
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => socket.send(message)?,
            Ok(_) => {}
            Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Until standard input ends, or for `LIFETIME`.
fn wait_for_end_of_input() {
    let (ended, end) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    let _ = end.recv_timeout(LIFETIME);
}
