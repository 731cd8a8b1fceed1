//! What is unsafe about C pointers, behind safe types.

pub mod handle;
pub mod slist;
pub mod stdio;
