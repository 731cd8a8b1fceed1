//! Groups of options that most handles leave as they are.

use std::ops::{Deref, DerefMut};

/// A record whose values all handles begin with.
pub(crate) trait Defaults: Clone + 'static {
    const DEFAULTS: &'static Self;
}

/// Such a record, which takes memory from the first option on that is set in it.
#[derive(Clone)]
pub(crate) struct Rare<T>(Option<Box<T>>);

impl<T> Default for Rare<T> {
    fn default() -> Rare<T> {
        Rare(None)
    }
}

impl<T: Defaults> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::DEFAULTS)
    }
}

impl<T: Defaults> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_with(|| Box::new(T::DEFAULTS.clone()))
    }
}
