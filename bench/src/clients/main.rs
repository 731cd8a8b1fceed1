//! The clients that are written in Rust, each as its authors recommend for speed: one thread, `TCP_NODELAY`, SIMD where there is a
//! feature for it, no limits that large messages would meet.
//!
//! `bench-clients CLIENT NAME=VALUE…`: the same arguments and the same line of JSON as the clients in C have.

mod fastwebsockets;
mod job;
mod raw_rustls;
mod tokio_websockets;
mod transport;
mod tungstenite;
mod work;
mod yawc;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use job::Job;
use transport::SecureStream;

type Failure = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Failure>;

type Secure = TlsStream<TcpStream>;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let client = arguments.next().ok_or("usage: bench-clients CLIENT NAME=VALUE...")?;
    let job = Job::parse(arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let report = runtime.block_on(async {
        match (client.as_str(), job.ca.is_some()) {
            ("fastwebsockets", false) => work::run::<fastwebsockets::Client<TcpStream>>(&job).await,
            ("fastwebsockets", true) => work::run::<fastwebsockets::Client<Secure>>(&job).await,
            ("tokio-websockets", false) => work::run::<tokio_websockets::Client<TcpStream>>(&job).await,
            ("tokio-websockets", true) => work::run::<tokio_websockets::Client<Secure>>(&job).await,
            ("tungstenite", false) => work::run::<tungstenite::Client<std::net::TcpStream>>(&job).await,
            ("tungstenite", true) => work::run::<tungstenite::Client<SecureStream>>(&job).await,
            ("yawc", false) => work::run::<yawc::Client<TcpStream>>(&job).await,
            ("yawc", true) => work::run::<yawc::Client<Secure>>(&job).await,
            ("raw-rustls", true) => work::run::<raw_rustls::Client>(&job).await,
            _ => Err(format!("no such client: {client}").into()),
        }
    })?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
