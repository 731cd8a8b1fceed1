//! The vocabulary of the C interface: numbers, enums, structs and callback types, with no behaviour.

pub mod callbacks;
pub mod codes;
pub mod info;
pub mod option;
pub mod slist;
pub mod structs;
