//! The easy handle: options, one transfer, and the loop that drives it.
//!
//! An application may call back into the same handle from inside any of its callbacks, so a handle is only ever borrowed
//! shared, its state is in cells, and no cell is borrowed while the application runs.
//!
//! | file | what |
//! |---|---|
//! | [`handle`] | [`Easy`] and its parts |
//! | `application` | the application's side: [`options`], [`calls`] that have not returned, and all callbacks |
//! | [`link`] | what a handle knows of its multi handle |
//! | [`resources`], `context` | what transfers use: from a share, from a multi handle, or the handle's own |
//! | `cookies`, `hsts`, `store` | what servers want to be remembered, and its files |
//! | [`info`], `shown` | what `curl_easy_getinfo` returns; memory that the application has pointers to |
//! | `start`, `settings`, `proxy` | options as the plan of a transfer, and as settings of an open WebSocket |
//! | `next_round`, `rounds`, `credentials` | the requests behind the first one: redirects, answers to a 401 |
//! | [`drive`], `perform` | the drive loop; `curl_easy_perform` |
//! | `member` | the handle as a member of a multi handle |
//! | `websocket` | `curl_ws_send`, `curl_ws_recv` and the like |
//! | `messages`, `message_buffer`, [`waiting`] | whole messages; `curl_ws_poll` |

#![forbid(unsafe_code)]

mod application;
pub(crate) mod calls;
mod context;
mod cookies;
mod credentials;
pub(crate) mod drive;
mod handle;
mod hsts;
pub(crate) mod info;
pub(crate) mod link;
mod member;
mod message_buffer;
mod messages;
mod next_round;
pub(crate) mod options;
mod perform;
mod proxy;
pub(crate) mod resources;
mod rounds;
mod settings;
mod shown;
mod start;
mod store;
mod tls_settings;
pub(crate) mod waiting;
mod websocket;

pub(crate) use application::PROGRESS_INTERVAL;
pub(crate) use handle::Easy;
