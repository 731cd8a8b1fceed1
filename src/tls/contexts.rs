//! Contexts that handles have in common: roots are slow to load, and a session can only be resumed in the context that
//! has seen it before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::context::Context;
use super::error::TlsError;
use super::files::Files;
use super::roots::Roots;
use super::settings::Settings;

/// Contexts by their settings. Clones are the same collection and may be used in any thread.
#[derive(Debug, Clone)]
pub(crate) struct Contexts {
    kept: Arc<Mutex<Vec<Kept>>>,
    servers: usize,
}

#[derive(Debug)]
struct Kept {
    context: Context,
    /// When the trusted certificates were read.
    read: Instant,
}

/// Few programs have more kinds of settings at a time; the one not used for longest gives way.
const CAPACITY: usize = 8;

impl Contexts {
    /// For many handles: sessions with many servers are remembered.
    pub(crate) fn shared() -> Contexts {
        Contexts::remembering(32)
    }

    /// For a handle of its own: rustls makes room for all sessions at once, and a few will do.
    pub(crate) fn single() -> Contexts {
        Contexts::remembering(4)
    }

    fn remembering(servers: usize) -> Contexts {
        Contexts {
            kept: Arc::default(),
            servers,
        }
    }

    /// The context for `settings` and the files that they name, made if there is none; a second caller waits while it is being
    /// made. The trusted certificates are read again when they are `max_age` old, or after a server was refused because they
    /// lack its issuer. With `None` they are never read again (`CURLOPT_CA_CACHE_TIMEOUT`).
    pub(crate) fn get(
        &self,
        settings: &Settings,
        max_age: Option<Duration>,
        now: Instant,
    ) -> Result<Context, TlsError> {
        let files = Files::read(settings)?;
        let key = files.key(settings);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|kept| *kept.context.key() == key);
        let kept_one = match known.map(|index| kept.remove(index)) {
            Some(known) if !known.is_stale(max_age, now) => known,
            known => {
                let roots = Roots::load(settings)?;
                // Unchanged certificates: the old context stays, and its sessions can be resumed.
                let context = known.filter(|known| roots.is_same_list(known.context.roots()));
                let context = match context {
                    Some(known) => known.context,
                    None => Context::build(settings, &files, roots, self.servers)?,
                };
                Kept { context, read: now }
            }
        };
        let context = kept_one.context.clone();
        kept.truncate(CAPACITY - 1);
        kept.insert(0, kept_one);
        Ok(context)
    }
}

impl Kept {
    fn is_stale(&self, max_age: Option<Duration>, now: Instant) -> bool {
        let Some(max_age) = max_age else {
            return false;
        };
        self.context.verifier().take_lack_of_trust() || now.saturating_duration_since(self.read) >= max_age
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::tests::{Authority, Scratch, pem};
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const SECOND: Duration = Duration::from_secs(1);

    fn settings(blob: u8) -> Settings {
        Settings {
            verify_peer: false,
            ca_info_blob: Some(vec![blob]),
            ..Settings::default()
        }
    }

    fn same(left: &Context, right: &Context) -> bool {
        left == right
    }

    #[test]
    fn equal_settings_share_a_context() {
        let (contexts, now) = (Contexts::shared(), Instant::now());
        let first = contexts.get(&settings(1), None, now).unwrap();
        let clone = contexts.clone();
        let elsewhere = std::thread::spawn(move || clone.get(&settings(1), None, now).unwrap());
        assert!(same(&first, &elsewhere.join().unwrap()));
        assert!(!same(&first, &contexts.get(&settings(2), None, now).unwrap()));
    }

    #[test]
    fn the_context_not_used_for_longest_gives_way() {
        let contexts = Contexts::shared();
        let now = Instant::now();
        let get = |blob| contexts.get(&settings(blob), None, now).unwrap();
        let first = get(0);
        for blob in 1..CAPACITY as u8 {
            get(blob);
        }
        assert!(same(&first, &get(0)));
        let second = get(1);
        for blob in 100..100 + CAPACITY as u8 {
            get(blob);
        }
        assert!(!same(&second, &get(1)));
    }

    /// A CA file that can be replaced.
    struct Replaced {
        _scratch: Scratch,
        path: PathBuf,
        settings: Settings,
    }

    impl Replaced {
        fn new(name: &str) -> Replaced {
            let scratch = Scratch::new(name);
            let path = scratch.file("ca.pem", &pem(&Authority::new("Old").certificate));
            let settings = Settings {
                ca_info: Some(path.clone()),
                ..Settings::default()
            };
            Replaced {
                _scratch: scratch,
                path,
                settings,
            }
        }

        fn replace(&self) {
            fs::write(&self.path, pem(&Authority::new("New").certificate)).unwrap();
        }
    }

    #[test]
    fn a_replaced_file_is_read_when_its_time_is_over() {
        for (max_age, early, late) in [(Some(DAY), DAY - SECOND, DAY), (Some(SECOND), SECOND / 2, SECOND)] {
            let file = Replaced::new("by-age");
            let (contexts, start) = (Contexts::single(), Instant::now());
            let get = |after| contexts.get(&file.settings, max_age, start + after).unwrap();
            let first = get(Duration::ZERO);
            file.replace();
            assert!(same(&first, &get(early)));
            let second = get(late);
            assert!(!same(&first, &second));
            assert!(same(&second, &get(late + early)), "the new one has all its time");
        }
    }

    #[test]
    fn zero_reads_each_time_and_none_never() {
        let file = Replaced::new("zero");
        let (contexts, now) = (Contexts::single(), Instant::now());
        let first = contexts.get(&file.settings, Some(Duration::ZERO), now).unwrap();
        file.replace();
        assert!(same(
            &first,
            &contexts.get(&file.settings, None, now + 1000 * DAY).unwrap()
        ));
        assert!(!same(
            &first,
            &contexts.get(&file.settings, Some(Duration::ZERO), now).unwrap()
        ));
    }

    #[test]
    fn an_unchanged_file_keeps_its_context_and_sessions() {
        let file = Replaced::new("unchanged");
        let (contexts, now) = (Contexts::single(), Instant::now());
        let get = |after| contexts.get(&file.settings, Some(DAY), now + after).unwrap();
        let first = get(Duration::ZERO);
        assert!(same(&first, &get(DAY)));
        file.replace();
        assert!(same(&first, &get(DAY + SECOND)), "read a second ago");
        assert!(!same(&first, &get(2 * DAY)));
    }

    #[test]
    fn a_failure_is_not_kept() {
        let file = Replaced::new("failure");
        let (contexts, now) = (Contexts::single(), Instant::now());
        fs::remove_file(&file.path).unwrap();
        contexts.get(&file.settings, Some(DAY), now).unwrap_err();
        file.replace();
        let first = contexts.get(&file.settings, Some(DAY), now).unwrap();
        fs::remove_file(&file.path).unwrap();
        contexts.get(&file.settings, Some(DAY), now + DAY).unwrap_err();
        file.replace();
        assert!(!same(
            &first,
            &contexts.get(&file.settings, Some(DAY), now + DAY).unwrap()
        ));
    }
}
