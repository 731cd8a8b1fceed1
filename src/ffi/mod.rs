//! What is unsafe about C pointers, behind safe types.

pub(crate) mod env;
pub mod handle;
pub mod slist;
pub mod stdio;
