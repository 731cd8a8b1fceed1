//! Waiting for descriptors: a few of them with poll(2), thousands with epoll(7), and waking a thread that waits.

pub mod epoll;
pub mod poll;
pub mod waker;
