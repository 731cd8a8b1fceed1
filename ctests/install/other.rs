//! Another Rust library in the same program: threads, a panic, and with them the same parts of Rust's standard library.

use std::panic;
use std::thread;

#[unsafe(no_mangle)]
pub extern "C" fn other_catches_a_panic() -> bool {
    panic::set_hook(Box::new(|_| {}));
    thread::spawn(|| std::env::args().nth(99).unwrap()).join().is_err()
}
