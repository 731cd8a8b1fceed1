//! Host names to addresses.
//!
//! | module | what it does |
//! |---|---|
//! | [`answer`] | the question and the answer |
//! | `literals` | names that need no lookup: IP addresses and localhost |
//! | `overrides` | `CURLOPT_RESOLVE` |
//! | `getaddrinfo` | the system's resolver, which blocks |
//! | `workers` | the threads that call it |
//! | `cache` | its answers |
//! | [`resolver`] | all of them together, without blocking |

pub(crate) mod answer;
pub(crate) mod resolver;

pub(super) mod literals;

mod cache;
mod getaddrinfo;
pub(crate) mod overrides;
mod workers;
