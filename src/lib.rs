//! curlws: libcurl's WebSocket API as a library of its own.

pub mod error;
pub mod types;

pub mod http;
pub mod net;
pub mod tls;
pub mod ws;

mod random;

pub mod easy;
pub mod transfer;

pub mod abi;
