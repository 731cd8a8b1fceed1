//! The cookie engine (libcurl's `CURLOPT_COOKIEFILE`, `_COOKIEJAR`, `_COOKIELIST`, `_COOKIESESSION`).

use std::ffi::CStr;
use std::fs;

use super::handle::Easy;
use super::store::{now, path};
use crate::error::{Error, Result};
use crate::ffi::stdio::File;
use crate::http::cookies::{CookieError, Jar, MAX_LINE, MAX_SET_COOKIES, Origin, PublicSuffixes, Sent};
use crate::io::file::{self, Lines, ReadError};
use crate::open::ToRemember;
use crate::share::locked;
use crate::text::printable;
use crate::types::codes::CURLcode;
use crate::types::option::CURLoption::{self, *};
use crate::types::share::curl_lock_data::CURL_LOCK_DATA_COOKIE;

/// Where systems have the list of public suffixes.
const PUBLIC_SUFFIXES: &str = "/usr/share/publicsuffix/public_suffix_list.dat";

impl Easy {
    /// An option was set. Some of them switch on or off what is remembered.
    pub(crate) fn remember_as_set(&self, option: CURLoption) {
        self.cookie_option_set(option);
        self.hsts_option_set(option);
    }

    fn cookie_option_set(&self, option: CURLoption) {
        let no_files = self.options().borrow().request.cookie_files.is_empty();
        match option {
            CURLOPT_COOKIEFILE if no_files => self.cookies().jar().stop(),
            CURLOPT_COOKIEJAR => self.cookies().start(),
            _ => {}
        }
    }

    /// `CURLOPT_COOKIELIST`: a command, or a cookie to add.
    pub(crate) fn cookie_command(&self, command: Option<&CStr>) -> Result<()> {
        let Some(command) = command.map(CStr::to_bytes) else {
            return Ok(());
        };
        let is = |name: &str| command.eq_ignore_ascii_case(name.as_bytes());
        if is("ALL") {
            self.with_jar(Jar::clear);
        } else if is("SESS") {
            self.with_jar(Jar::clear_session);
        } else if is("FLUSH") {
            self.save_cookies();
        } else if is("RELOAD") {
            self.load_cookie_files(None)?;
        } else {
            if !self.cookies().jar().is_there() {
                self.cookies().start();
            }
            // What can't be a cookie is passed over, as in libcurl.
            if let Some(Err(CookieError::Memory(error))) = self.with_jar(|jar| jar.set(command, now())) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads the files of `CURLOPT_COOKIEFILE`. A transfer begins.
    pub(super) fn load_cookies(&self) -> Result<()> {
        let has_cookies = {
            let files = &self.options().borrow().request.cookie_files;
            files.iter().any(|file| !file.is_empty())
        };
        let suffixes = if has_cookies { public_suffixes()? } else { None };
        self.load_cookie_files(suffixes.as_ref())?;
        self.with_jar(Jar::run);
        Ok(())
    }

    fn load_cookie_files(&self, suffixes: Option<&PublicSuffixes>) -> Result<()> {
        let (files, new_session) = {
            let request = &self.options().borrow().request;
            (request.cookie_files.clone(), request.cookie_session)
        };
        if files.is_empty() {
            return Ok(());
        }
        self.cookies().start();
        let Some(jar) = self.cookies().jar().get() else {
            return Ok(());
        };
        let mut memory = None;
        let mut results = Vec::new();
        {
            let _lock = self.hold(CURL_LOCK_DATA_COOKIE);
            for file in &files {
                let now = now();
                results.push(read_file(file, |line| {
                    let result = locked(&jar).load(line, suffixes, new_session, now);
                    if let Err(CookieError::Memory(error)) = result {
                        memory = Some(error);
                    }
                }));
            }
            locked(&jar).run();
        }
        for (file, result) in files.iter().zip(results) {
            self.report_file(file, result)?;
        }
        memory.map_or(Ok(()), Err)
    }

    /// A file that is not there may come to be later; a broken one fails the transfer, as in libcurl.
    fn report_file(&self, file: &CStr, result: std::result::Result<(), ReadError>) -> Result<()> {
        let name = || printable(file.to_bytes(), 200);
        match result {
            Ok(()) => Ok(()),
            Err(ReadError::Open(error)) => {
                self.app()
                    .debug_text(|| format!("WARNING: failed to open cookie file \"{}\": {error}", name()));
                Ok(())
            }
            Err(ReadError::Read(error)) => Err(Error::new(
                CURLcode::CURLE_READ_ERROR,
                format!("reading the cookie file \"{}\" failed: {error}", name()),
            )),
            Err(ReadError::LongLine) => Err(Error::new(
                CURLcode::CURLE_TOO_LARGE,
                format!("the cookie file \"{}\" has a line of {MAX_LINE} bytes or more", name()),
            )),
        }
    }

    /// Writes the file of `CURLOPT_COOKIEJAR`, if a transfer has begun with the cookies. A failure is only told in verbose
    /// output.
    pub(super) fn save_cookies(&self) {
        let Some(name) = self.options().borrow().request.cookie_jar.clone() else {
            return;
        };
        let content = self.with_jar(|jar| jar.is_running().then(|| jar.file(now())));
        let result = match content.flatten() {
            None => return,
            Some(Err(error)) => Err(error.message().to_owned()),
            Some(Ok(content)) if name.as_c_str() == c"-" => {
                File::stdout().write(&content);
                Ok(())
            }
            Some(Ok(content)) => file::replace(path(&name), &content).map_err(|error| error.to_string()),
        };
        if let Err(error) = result {
            self.app().debug_text(|| {
                let name = printable(name.to_bytes(), 200);
                format!("WARNING: failed to save cookies in {name}: {error}")
            });
        }
    }

    /// The cookies as lines of the Netscape file format (`CURLINFO_COOKIELIST`).
    pub(crate) fn cookie_lines(&self) -> Result<Vec<Vec<u8>>> {
        self.with_jar(|jar| jar.lines(now())).unwrap_or_else(|| Ok(Vec::new()))
    }

    /// The cookies of a request.
    pub(super) fn cookies_for(&self, origin: &Origin) -> Result<Sent> {
        let sent = self.with_jar(|jar| jar.sent_to(origin, now()));
        sent.unwrap_or_else(|| Ok(Sent::default()))
    }

    /// Takes what a response wants to be remembered.
    pub(super) fn remember(&self, what: &ToRemember) -> Result<()> {
        self.receive_cookies(&what.cookies, &what.origin)?;
        if let Some(hsts) = &what.hsts {
            self.receive_hsts(hsts);
        }
        Ok(())
    }

    fn receive_cookies(&self, headers: &[Vec<u8>], origin: &Origin) -> Result<()> {
        // Without a domain of its own a cookie is for the sender, whose name may be anything.
        let has_domain = headers.iter().any(|header| contains(header, b"domain"));
        let suffixes = if has_domain { public_suffixes()? } else { None };
        let mut results = Vec::new();
        self.with_jar(|jar| {
            let mut taken = 0;
            for header in headers {
                if taken == MAX_SET_COOKIES {
                    break;
                }
                let result = jar.receive(header, origin, suffixes.as_ref(), now());
                taken += usize::from(result.is_ok());
                results.push(result);
            }
        });
        for result in results {
            if let Err(CookieError::Memory(error)) = result {
                return Err(error);
            }
            self.app().debug_text(|| match result {
                Ok(stored) => {
                    let verb = if stored.replaced { "Replaced" } else { "Added" };
                    format!("{verb} cookie {}", printable(&stored.name, 100))
                }
                Err(why) => format!("cookie dropped: {why}"),
            });
        }
        Ok(())
    }

    /// Calls `body` with the cookies, under the share's lock; `None` if there are none. Calls the application.
    fn with_jar<T>(&self, body: impl FnOnce(&mut Jar) -> T) -> Option<T> {
        let jar = self.cookies().jar().get()?;
        let _lock = self.hold(CURL_LOCK_DATA_COOKIE);
        Some(body(&mut locked(&jar)))
    }
}

/// Calls `take` for each line of a cookie file; `-` is standard input, and an empty name no file at all.
fn read_file(name: &CStr, take: impl FnMut(&[u8])) -> std::result::Result<(), ReadError> {
    // The NUL behind it counts as well in libcurl.
    let limit = MAX_LINE - 1;
    match name.to_bytes() {
        b"" => Ok(()),
        b"-" => {
            let mut lines = Lines::new(limit, take);
            File::stdin().read_to_end(|bytes| lines.push(bytes));
            lines.end()
        }
        _ => file::read_lines(path(name), limit, take),
    }
}

/// The system's list of public suffixes, if it has one.
fn public_suffixes() -> Result<Option<PublicSuffixes>> {
    fs::read(PUBLIC_SUFFIXES).ok().map(PublicSuffixes::new).transpose()
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}
