//! Contexts that handles have in common: roots are slow to load, and a session can only be resumed in the context that
//! has seen it before.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Context, Settings};
use crate::error::Result;

/// Contexts by their settings. Clones are the same collection and may be used in any thread.
#[derive(Debug, Clone)]
pub struct Contexts {
    kept: Arc<Mutex<Vec<Context>>>,
    servers: usize,
}

/// Few programs have more kinds of settings at a time; the one not used for longest gives way.
const CAPACITY: usize = 8;

impl Contexts {
    /// For many handles: sessions with many servers are remembered.
    pub fn of_many() -> Contexts {
        Contexts::remembering(32)
    }

    /// For a handle of its own: rustls makes room for all sessions at once, and a few will do.
    pub fn of_one() -> Contexts {
        Contexts::remembering(4)
    }

    fn remembering(servers: usize) -> Contexts {
        Contexts {
            kept: Arc::default(),
            servers,
        }
    }

    /// The context for `settings`, made if there is none. Who asks for one while it is being made waits for it.
    ///
    /// Errors: those of [`Context::new`].
    pub fn get(&self, settings: &Settings) -> Result<Context> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let context = match kept.iter().position(|context| context.settings() == settings) {
            Some(index) => kept.remove(index),
            None => Context::remembering(settings, self.servers)?,
        };
        kept.truncate(CAPACITY - 1);
        kept.insert(0, context.clone());
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(blob: u8) -> Settings {
        Settings {
            verify_peer: false,
            ca_info_blob: Some(vec![blob]),
            ..Settings::default()
        }
    }

    fn same(left: &Context, right: &Context) -> bool {
        Arc::ptr_eq(&left.0, &right.0)
    }

    #[test]
    fn equal_settings_share_a_context() {
        let contexts = Contexts::of_many();
        let first = contexts.get(&settings(1)).unwrap();
        assert!(same(&first, &contexts.clone().get(&settings(1)).unwrap()));
        assert!(!same(&first, &contexts.get(&settings(2)).unwrap()));
    }

    #[test]
    fn the_context_not_used_for_longest_gives_way() {
        let contexts = Contexts::of_many();
        let first = contexts.get(&settings(0)).unwrap();
        for blob in 1..CAPACITY as u8 {
            contexts.get(&settings(blob)).unwrap();
        }
        assert!(same(&first, &contexts.get(&settings(0)).unwrap()));
        let second = contexts.get(&settings(1)).unwrap();
        for blob in 100..100 + CAPACITY as u8 {
            contexts.get(&settings(blob)).unwrap();
        }
        assert!(!same(&second, &contexts.get(&settings(1)).unwrap()));
    }
}
