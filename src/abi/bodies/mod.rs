//! What MIME bodies and forms are made of.

pub(super) mod arguments;
pub(super) mod content;
mod media_type;
pub(super) mod post;
pub(super) mod section;
pub(super) mod tree;
pub(super) mod write;
