//! `fork()` while another thread holds the lock of a table: the child would wait for ever. So `fork()` waits for the locks.

use crate::{easy, multi};

/// Has `fork()` hold the locks of the tables from now on.
pub(crate) fn prepare() {
    // SAFETY: functions that live as long as the program: the library is never unloaded.
    unsafe { libc::pthread_atfork(Some(hold), Some(release), Some(release)) };
}

unsafe extern "C" fn hold() {
    easy::TABLE.hold();
    multi::TABLE.hold();
}

unsafe extern "C" fn release() {
    // SAFETY: called after `hold`, by the same thread or its copy in the child.
    unsafe {
        multi::TABLE.release();
        easy::TABLE.release();
    }
}
