//! From a plan to an open stream: resolve, connect, secure, ask permission, upgrade.
//!
//! [`Opening`] is a state machine that never blocks and never calls the application. Each [`Opening::step`] runs one
//! phase as far as it can go:
//!
//! ```text
//! resolve → connect → secure → permission → upgrade ─┬→ an upgraded stream
//!    ↑                ↑ ↓│          ↑                 ├→ refused
//!    ├──────────── tunnel│          └─────────────────┴→ another round
//!    └───────────────────┼───────────────────────────┘
//!                        └→ a stream (CONNECT_ONLY 1)
//! ```
//!
//! A phase is a value that is taken by [its step](phase::Phase) and comes back with it, or ends and makes room for the next
//! one, so that a stream always has exactly one owner. The [`Plan`](plan::Plan) is only read. Whether a response that is no
//! upgrade leads to another round (a redirect, the answer to a 401) is [asked](Question::NextRound); such a round has a plan
//! of its own, and the connection of the one before if it can. On the way to the server are [proxies](plan::Proxy): `secure`
//! and `tunnel` follow each other at each of them, and one that wants to be asked again on a new connection leads back to the
//! start.
//!
//! | file | what |
//! |---|---|
//! | [`plan`] | what to open |
//! | [`sequence`] | the order of the phases |
//! | [`phase`] | what phases have in common |
//! | [`resolve`], [`connect`], [`secure`], [`permission`], [`upgrade`] | the phases |
//! | [`sending`], [`response_body`] | a request that is being sent; the body of a response that is no upgrade |
//! | [`tunnel`] | the phase between two hops, with the protocols of proxies |
//! | [`failure`] | errors of the layers below as `CURLcode` and text |
//! | [`info`], [`headers`] | what is learned on the way |
//! | [`remember`] | cookies and HSTS: what is asked for and told |

#![forbid(unsafe_code)]

pub(crate) mod headers;
pub(crate) mod info;
pub(crate) mod plan;

mod connect;
mod failure;
mod permission;
mod phase;
mod remember;
mod resolve;
mod response_body;
mod secure;
mod sending;
mod sequence;
pub(crate) mod tunnel;
mod upgrade;

pub(crate) use phase::{Answer, Context, Output, Question, Step, Upgraded, WantedCallbacks};
pub(crate) use remember::{HstsPolicy, Remembered, ToRemember};
pub(crate) use sequence::{Opening, Uses};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod testing;

#[cfg(test)]
pub(crate) mod peer;
#[cfg(test)]
mod tests;
