//! What the fuzz targets run. It is compiled into the library, with the feature `fuzzing`, so that it can reach what is private.

mod abi;
mod challenge;
mod connection;
mod cookies;
mod decoder;
mod extensions;
mod hsts;
mod inflate;
mod netrc;
mod response;
mod script;
mod server;
mod transfer;
mod tunnel;
mod url;
mod wire;

pub use crate::tls::fuzzing::{certificate, key};
pub use abi::abi;
pub use challenge::challenge;
pub use connection::connection;
pub use cookies::cookies;
pub use decoder::decoder;
pub use extensions::extensions;
pub use hsts::hsts;
pub use inflate::inflate;
pub use netrc::netrc;
pub use response::response;
pub use transfer::transfer;
pub use tunnel::tunnel;
pub use url::url;

#[cfg(test)]
mod tests {
    use std::fs;

    /// Runs what is committed of a target's corpus.
    fn run(name: &str, target: fn(&[u8])) {
        let files = fs::read_dir(format!("fuzz/corpus/{name}")).unwrap();
        let inputs: Vec<_> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(!inputs.is_empty());
        for input in inputs {
            target(&input);
        }
    }

    #[test]
    fn corpus() {
        run("abi", super::abi);
        run("challenge", super::challenge);
        run("connection", super::connection);
        run("cookies", super::cookies);
        run("decoder", super::decoder);
        run("extensions", super::extensions);
        run("hsts", super::hsts);
        run("inflate", super::inflate);
        run("netrc", super::netrc);
        run("response", super::response);
        run("transfer", super::transfer);
        run("tunnel", super::tunnel);
        run("url", super::url);
        run("certificate", super::certificate);
        run("key", super::key);
    }
}
