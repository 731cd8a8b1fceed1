//! The kinds of handles.

use std::rc::Rc;
use std::sync::Arc;

use crate::easy::Easy;
use crate::ffi::handle::Handle;
use crate::multi::Multi;
use crate::share::Share;
use crate::url::UrlHandle;

// SAFETY: this file has all kinds, and their magic words differ.
unsafe impl Handle for Rc<Easy> {
    const MAGIC: u32 = 0xc0ed_ba5e;
}

// SAFETY: as above.
unsafe impl Handle for Rc<Multi> {
    const MAGIC: u32 = 0x000b_ab1e;
}

// SAFETY: as above.
unsafe impl Handle for Arc<Share> {
    const MAGIC: u32 = 0x7e1f_a57e;
}

// SAFETY: as above.
unsafe impl Handle for Arc<UrlHandle> {
    const MAGIC: u32 = 0x0d1a_1ec7;
}
