//! The C functions as a whole: an application makes calls in any order, from outside and from inside callbacks, while a server at
//! the other end of a socket pair sends anything. Nothing here waits for time to pass.
//!
//! | file | what |
//! |---|---|
//! | `server` | the server's end: the answer to the opening handshake, frames, bytes |
//! | `client` | an easy handle, its options, and the calls on it |
//! | `callbacks` | the functions that the library calls, which make calls too |
//! | `check` | what must hold of everything that is delivered |

mod callbacks;
mod check;
mod client;
mod server;

use std::cell::RefCell;
use std::ffi::{c_int, c_long};
use std::ptr::null_mut;

use self::client::Client;
use super::script::Script;
use crate::abi::multi::*;
use crate::types::codes::CURLMcode;
use crate::types::multi::CURL_SOCKET_TIMEOUT;
use crate::types::structs::CURLM;

/// So many rounds without a byte from the server must be enough for a multi handle to have nothing to do.
const ROUNDS: usize = 10_000;

/// Whatever the server sends and the application calls, nothing is read or written where it must not be, counts are true, and
/// nothing is busy without end.
pub fn abi(data: &[u8]) {
    let script = RefCell::new(Script::new(data));
    let multi = curl_multi_init();
    let clients = [Client::new(&script, multi), Client::new(&script, multi)];
    for client in &clients {
        client.begin();
    }
    while !script.borrow().is_over() {
        let choice = script.borrow_mut().byte();
        let client = &clients[usize::from(choice & 1)];
        match (choice >> 1) % 16 {
            0..=2 => client.server_frame(),
            3 => client.server_bytes(),
            4 => client.server_receives(),
            5 => client.server_closes(),
            6 | 7 => perform(multi),
            8 => act(multi, client),
            9 => client.begin(),
            10 => client.perform_alone(),
            11 => client.reset(),
            12 => client.renew(),
            13 => client.attach_or_detach(),
            _ => client.call(),
        }
    }
    for client in &clients {
        client.unpause();
        client.server_receives();
    }
    settle(multi);
    for client in &clients {
        client.finish();
    }
    // SAFETY: a live handle, which nobody uses afterwards.
    assert_eq!(unsafe { curl_multi_cleanup(multi) }, CURLMcode::CURLM_OK);
}

fn perform(multi: *mut CURLM) {
    let mut running: c_int = -1;
    // SAFETY: a live handle.
    let code = unsafe { curl_multi_perform(multi, &raw mut running) };
    assert_eq!(code, CURLMcode::CURLM_OK);
    assert!((0..=2).contains(&running), "{running} transfers");
    read_messages(multi);
}

fn act(multi: *mut CURLM, client: &Client<'_, '_>) {
    let mut running: c_int = -1;
    let fd = client.descriptor().unwrap_or(CURL_SOCKET_TIMEOUT);
    // SAFETY: a live handle.
    let code = unsafe { curl_multi_socket_action(multi, fd, 0, &raw mut running) };
    assert_eq!(code, CURLMcode::CURLM_OK);
    read_messages(multi);
}

fn read_messages(multi: *mut CURLM) {
    let mut left: c_int = 0;
    // SAFETY: a live handle.
    while !unsafe { curl_multi_info_read(multi, &raw mut left) }.is_null() {
        assert!((0..2).contains(&left), "{left} messages");
    }
}

/// The server is silent: the multi handle comes to have nothing to do but to wait.
fn settle(multi: *mut CURLM) {
    for _ in 0..ROUNDS {
        perform(multi);
        let (mut ready, mut timeout): (c_int, c_long) = (0, 0);
        // SAFETY: a live handle, and no descriptors.
        unsafe {
            curl_multi_poll(multi, null_mut(), 0, 0, &raw mut ready);
            curl_multi_timeout(multi, &raw mut timeout);
        }
        if ready == 0 && timeout != 0 {
            return;
        }
    }
    panic!("a multi handle is busy for nothing");
}
