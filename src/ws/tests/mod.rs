//! Tests of [`Connection`](super::Connection) through its public interface, one module for each section of RFC 6455 and
//! RFC 7692.
//!
//! | file | what | section |
//! |---|---|---|
//! | `client` | a `Connection` and the loop that every caller has around it | |
//! | `server` | a server's end that shares no code with the crate | |
//! | `pair` | both, with simulated time and latency | |
//! | `segments` | the same bytes in every segmentation | |
//! | `framing` | masking, frame headers, fragmentation | 5.1 to 5.4 |
//! | `control` | CLOSE, PING and PONG frames | 5.5 |
//! | `data` | TEXT and BINARY frames, the RFC's examples, extensions | 5.6 to 5.8, 9 |
//! | `transfer` | sending and receiving data | 6 |
//! | `closing` | the closing handshake | 7.1, 7.2, 7.3 |
//! | `failing` | what makes a connection fail; status codes | 7.1.7, 7.4 |
//! | `checks` | UTF-8, the largest message | 8.1, 10.4 |
//! | `lookahead` | what may be known before the application asks for it | |
//! | `keepalive` | PING frames at an interval | 5.5.2, 5.5.3 |
//! | `inflating`, `deflating` | permessage-deflate | RFC 7692 section 7 |
//! | `buffers` | the memory for compression | |

mod buffers;
mod checks;
mod client;
mod closing;
mod control;
mod data;
mod deflating;
mod failing;
mod framing;
mod inflating;
mod keepalive;
mod lookahead;
mod pair;
mod segments;
mod server;
mod transfer;
