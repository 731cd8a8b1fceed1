//! Hosts known by HSTS (RFC 6797): files, callbacks, headers (libcurl's `CURLOPT_HSTS`).

use super::handle::Easy;
use super::store::{KnownHosts, now, path};
use crate::error::{Error, Result};
use crate::ffi::c_string;
use crate::ffi::callback::easy::{HstsHost, HstsReadAnswer};
use crate::http::hsts::{HstsHosts, MAX_LINE};
use crate::io::file::{self, ReadError};
use crate::open::HstsPolicy;
use crate::share::locked;
use crate::text::printable;
use crate::types::codes::CURLcode;
use crate::types::hsts::{CURLHSTS_ENABLE, CURLHSTS_READONLYFILE, curl_index};
use crate::types::option::CURLoption::{self, *};
use crate::types::share::curl_lock_data::CURL_LOCK_DATA_HSTS;

impl Easy {
    /// An option was set; the hosts come and go with it.
    pub(super) fn hsts_option_set(&self, option: CURLoption) {
        let (no_files, control) = {
            let request = &self.options().borrow().request;
            (request.hsts_files.is_empty(), request.hsts_control)
        };
        if option == CURLOPT_HSTS_CTRL {
            self.hsts().set_read_only(control & CURLHSTS_READONLYFILE != 0);
        }
        match option {
            CURLOPT_HSTS if no_files => {
                self.hsts().hosts().drop_own();
                self.hsts().set_file(None);
            }
            CURLOPT_HSTS_CTRL if control & CURLHSTS_ENABLE == 0 => {
                self.hsts().hosts().stop();
                self.hsts().set_file(None);
            }
            CURLOPT_HSTS | CURLOPT_HSTS_CTRL => self.hsts().hosts().start(),
            _ => {}
        }
    }

    /// Reads the files of `CURLOPT_HSTS` and asks `CURLOPT_HSTSREADFUNCTION`. A transfer begins.
    pub(super) fn load_hsts(&self) -> Result<()> {
        let files = self.options().borrow().request.hsts_files.clone();
        for name in files {
            let now = now();
            let result =
                self.with_hosts(|hosts| file::read_lines(path(&name), MAX_LINE - 1, |line| hosts.load(line, now)));
            let shown = printable(name.to_bytes(), 200);
            match result {
                // A new file is made at the end.
                None | Some(Ok(()) | Err(ReadError::Open(_))) => {}
                Some(Err(ReadError::Read(error))) => {
                    let text = format!("reading the HSTS file \"{shown}\" failed: {error}");
                    return Err(Error::new(CURLcode::CURLE_READ_ERROR, text));
                }
                Some(Err(ReadError::LongLine)) => {
                    let text = format!("the HSTS file \"{shown}\" has a line of {MAX_LINE} bytes or more");
                    return Err(Error::new(CURLcode::CURLE_TOO_LARGE, text));
                }
            }
            self.hsts().set_file(Some(name));
        }
        self.ask_for_hosts()
    }

    fn ask_for_hosts(&self) -> Result<()> {
        if !self.hsts().is_on() {
            return Ok(());
        }
        while let Some(answer) = self.app().read_hsts() {
            match answer {
                HstsReadAnswer::Host {
                    name,
                    subdomains,
                    expires,
                } => {
                    let expires = if expires.is_empty() { b"unlimited" } else { &expires[..] };
                    self.with_hosts(|hosts| hosts.add(&name, expires, subdomains, now()));
                }
                HstsReadAnswer::Done => break,
                HstsReadAnswer::Fail => {
                    let text = "operation aborted by the HSTS read callback";
                    return Err(Error::new(CURLcode::CURLE_ABORTED_BY_CALLBACK, text));
                }
                HstsReadAnswer::Invalid => {
                    let text = "the HSTS read callback gave no name, or a string without its NUL";
                    return Err(Error::new(CURLcode::CURLE_BAD_FUNCTION_ARGUMENT, text));
                }
            }
        }
        Ok(())
    }

    /// Takes a `Strict-Transport-Security` header.
    pub(super) fn receive_hsts(&self, policy: &HstsPolicy) {
        let result = self.with_hosts(|hosts| hosts.receive(policy.host.as_bytes(), &policy.value, now()));
        if let Some(Err(_)) = result {
            self.app().debug_text(|| "Illegal STS header skipped".to_owned());
        }
    }

    /// Lends `body` the answer to whether a host is to be reached over TLS only (RFC 6797 section 8.3), under the share's lock.
    /// It must not call the application.
    pub(super) fn with_known_hosts<T>(&self, body: impl FnOnce(KnownHosts<'_>) -> T) -> T {
        let hosts = self.hsts().hosts().get();
        let _lock = hosts.as_ref().and_then(|_| self.hold(CURL_LOCK_DATA_HSTS));
        let is_known = |host: &str| match &hosts {
            Some(hosts) => locked(hosts).apply_to(host.as_bytes(), now()),
            None => false,
        };
        body(&is_known)
    }

    /// Writes the file that was read, and tells `CURLOPT_HSTSWRITEFUNCTION`. A failure is only told in verbose output.
    pub(super) fn save_hsts(&self) {
        let now = now();
        if let Some(name) = self.hsts().file()
            && let Some(content) = self.with_hosts(|hosts| hosts.file(now))
        {
            let written = content
                .map_err(|error| error.message().to_owned())
                .and_then(|content| file::replace(path(&name), &content).map_err(|error| error.to_string()));
            if let Err(error) = written {
                self.app().debug_text(|| {
                    let name = printable(name.to_bytes(), 200);
                    format!("WARNING: failed to save HSTS hosts in {name}: {error}")
                });
            }
        }
        if !self.options().borrow().callbacks.hsts_write.is_set() {
            return;
        }
        let entries = self.with_hosts(|hosts| hosts.entries(now)).unwrap_or_default();
        let total = entries.len();
        for (index, entry) in entries.iter().enumerate() {
            let host = HstsHost {
                name: &c_string(&entry.host),
                subdomains: entry.subdomains,
                expires: &entry.expires,
            };
            if !self.app().write_hsts(host, curl_index { index, total }) {
                break;
            }
        }
    }

    /// Calls `body` with the hosts, under the share's lock; `None` if there are none. Calls the application.
    fn with_hosts<T>(&self, body: impl FnOnce(&mut HstsHosts) -> T) -> Option<T> {
        let hosts = self.hsts().hosts().get()?;
        let _lock = self.hold(CURL_LOCK_DATA_HSTS);
        Some(body(&mut locked(&hosts)))
    }
}
