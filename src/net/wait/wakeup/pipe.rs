//! A pipe.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsRawFd, RawFd};

use rustix::io::{Errno, ioctl_fionbio, retry_on_intr};

#[derive(Debug)]
pub(in crate::net::wait) struct Wakeup {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Wakeup {
    /// Fails when there are no descriptors left.
    pub(in crate::net::wait) fn new() -> io::Result<Wakeup> {
        let (reader, writer) = io::pipe()?;
        ioctl_fionbio(&reader, true)?;
        ioctl_fionbio(&writer, true)?;
        Ok(Wakeup { reader, writer })
    }

    /// Makes the descriptor readable.
    pub(in crate::net::wait) fn signal(&self) {
        // The only error is a pipe that is full: readable already.
        let _ = retry_on_intr(|| rustix::io::write(&self.writer, &[0]));
    }

    /// Makes it unreadable; whether it was readable.
    pub(in crate::net::wait) fn clear(&self) -> bool {
        let mut bytes = [0; 64];
        let mut was_readable = false;
        loop {
            match retry_on_intr(|| rustix::io::read(&self.reader, &mut bytes)) {
                Ok(count) if count == bytes.len() => was_readable = true,
                Err(Errno::AGAIN) => return was_readable,
                _ => return true,
            }
        }
    }

    /// The descriptor.
    pub(in crate::net::wait) fn raw(&self) -> RawFd {
        self.reader.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::wait::poll::{Interest, wait};
    use std::time::Instant;

    fn is_readable(wakeup: &Wakeup) -> bool {
        let interest = Interest::reading(wakeup.raw());
        wait(&[interest], Some(Instant::now())).unwrap().ready(0).readable
    }

    #[test]
    fn it_is_readable_from_a_signal_on_until_it_is_cleared() {
        let wakeup = Wakeup::new().unwrap();
        assert!(!is_readable(&wakeup) && !wakeup.clear());
        for signals in [1, 64, 200_000] {
            (0..signals).for_each(|_| wakeup.signal());
            assert!(is_readable(&wakeup) && wakeup.clear());
            assert!(!is_readable(&wakeup) && !wakeup.clear());
        }
    }
}
