//! Waiting for descriptors: a few of them with poll(2), thousands with epoll(7), and waking a thread that waits.

pub(crate) mod epoll;
pub(crate) mod poll;
pub(crate) mod waker;
