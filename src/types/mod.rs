//! The vocabulary of the C interface: numbers, enums, structs and callback types, with no behaviour.

pub mod codes;
pub mod info;
pub mod option;
