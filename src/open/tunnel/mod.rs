//! Through a proxy to the next hop.
//!
//! | file | what |
//! |---|---|
//! | [`phase`] | asks the proxy, once the name of the next hop is resolved where the proxy does not do that |
//! | [`request`] | how a proxy is asked |
//! | [`http`] | the answer to CONNECT, pure |
//! | [`socks4`], [`socks5`] | SOCKS, pure; [`socks`] is what they have in common |
//! | [`haproxy`] | the PROXY protocol header, which is for what stands behind all proxies |

pub(crate) mod http;
pub(crate) mod socks;
pub(crate) mod socks4;
pub(crate) mod socks5;

pub(super) mod haproxy;

mod phase;
mod request;

pub(super) use phase::{Tunnelled, Tunnelling};
