//! Keeps cookies, and chooses those to send.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::cookie::{Cookie, CookieError, Origin};
use super::domain::{is_within, site};
use super::suffixes::PublicSuffixes;
use super::{netscape, set_cookie};
use crate::error::Result;
use crate::io::fallible;

/// Most bytes of a `Cookie` header, name and colon included.
const MAX_HEADER: usize = 8190;
/// Most cookies in one.
const MAX_SENT: usize = 150;
/// Most cookies that servers may have set. libcurl has no limit; browsers keep some thousands.
const MAX_LIVE: usize = 10_000;

/// A cookie that was taken, or why it was not.
type Outcome<T> = std::result::Result<T, CookieError>;

/// The cookies of an easy handle or of a share.
#[derive(Default)]
pub(crate) struct Jar {
    /// by [`site`], in the order that they came
    sites: BTreeMap<Vec<u8>, Vec<Kept>>,
    /// how many were ever taken
    taken: u64,
    /// how many are live
    live: usize,
    /// none expires before this time
    next_expiry: Option<i64>,
    is_running: bool,
}

#[derive(Clone)]
struct Kept {
    cookie: Cookie,
    /// which one it was; a cookie that takes the place of another takes over its number
    number: u64,
    /// it is newer than what files say: set by a server, or by the application during a transfer
    is_live: bool,
}

/// A cookie that was taken, as verbose output tells of it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Stored {
    /// it took the place of another
    pub(crate) replaced: bool,
    pub(crate) name: Vec<u8>,
}

/// The cookies of a request.
#[derive(Default, Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Sent {
    /// `name=value; name=value`, or nothing
    pub(crate) text: Vec<u8>,
    /// there were more than fit
    pub(crate) is_full: bool,
}

/// Who gives a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Giver {
    /// A server; [`Origin::is_secure`] of where it is.
    Server {
        is_secure: bool,
    },
    File,
    Application,
}

impl Jar {
    /// A transfer has begun with these cookies: files are read. Before that nothing is to be saved.
    pub(crate) fn run(&mut self) {
        self.is_running = true;
    }

    pub(crate) fn is_running(&self) -> bool {
        self.is_running
    }

    /// Takes the value of a `Set-Cookie` header. `suffixes` is the list of public suffixes, if there is one.
    pub(crate) fn receive(
        &mut self,
        value: &[u8],
        origin: &Origin,
        suffixes: Option<&PublicSuffixes>,
        now: i64,
    ) -> Outcome<Stored> {
        let mut cookie = set_cookie::parse(value, Some(origin), suffixes.is_some(), now)?;
        if let Some(suffixes) = suffixes {
            cookie.check_suffix(Some(origin), suffixes)?;
        }
        let is_secure = origin.is_secure();
        self.store(cookie, Giver::Server { is_secure }, now)
    }

    /// Takes a line of a cookie file. With `new_session` cookies of a session are not taken.
    pub(crate) fn load(
        &mut self,
        line: &[u8],
        suffixes: Option<&PublicSuffixes>,
        new_session: bool,
        now: i64,
    ) -> Outcome<Stored> {
        let mut cookie = parse_line(line, suffixes.is_some(), now)?;
        if let Some(suffixes) = suffixes {
            cookie.check_suffix(None, suffixes)?;
        }
        if new_session && cookie.expires.is_none() {
            return Err(CookieError::Refused("it is of an old session"));
        }
        self.store(cookie, Giver::File, now)
    }

    /// Takes a line that the application gives (`CURLOPT_COOKIELIST`). It may set cookies of any domain.
    pub(crate) fn set(&mut self, line: &[u8], now: i64) -> Outcome<Stored> {
        let cookie = parse_line(line, true, now)?;
        self.store(cookie, Giver::Application, now)
    }

    fn store(&mut self, cookie: Cookie, giver: Giver, now: i64) -> Outcome<Stored> {
        cookie.check_prefix()?;
        let is_live = match giver {
            Giver::Server { .. } => true,
            Giver::Application => self.is_running,
            Giver::File => false,
        };
        // A file may have many: they are looked at when it is read.
        if is_live {
            self.remove_expired(now);
        }
        let name = fallible::copy(&cookie.name)?;
        let cookies = self.sites.entry(cookie.site()).or_default();
        let result = make_place(cookies, &cookie, giver, is_live).and_then(|replaced| {
            fallible::reserve(cookies, 1)?;
            Ok(replaced)
        });
        let replaced = match result {
            Ok(replaced) => replaced.map(|at| cookies.remove(at)),
            Err(error) => {
                self.sites.retain(|_, cookies| !cookies.is_empty());
                return Err(error);
            }
        };
        self.taken += 1;
        self.live -= usize::from(replaced.as_ref().is_some_and(|old| old.is_live));
        self.live += usize::from(is_live);
        self.next_expiry = earlier(self.next_expiry, cookie.expires);
        cookies.push(Kept {
            cookie,
            number: replaced.as_ref().map_or(self.taken, |old| old.number),
            is_live,
        });
        if self.live > MAX_LIVE {
            self.remove_oldest();
        }
        Ok(Stored {
            replaced: replaced.is_some(),
            name,
        })
    }

    /// The cookies of a request to `origin`.
    pub(crate) fn sent_to(&mut self, origin: &Origin, now: i64) -> Result<Sent> {
        self.remove_expired(now);
        let mut sent = Sent::default();
        let Some(kept) = self.sites.get(&site(origin.host())) else {
            return Ok(sent);
        };
        let mut matching: Vec<&Kept> = Vec::with_capacity(8);
        matching.extend(kept.iter().filter(|kept| kept.cookie.goes_to(origin)).take(MAX_SENT));
        matching.sort_by_key(|kept| kept.rank());
        let mut length = "Cookie: ".len();
        for Kept { cookie, .. } in matching {
            let added = cookie.name.len() + 1 + cookie.value.len();
            if length + added >= MAX_HEADER {
                sent.is_full = true;
                break;
            }
            fallible::reserve(&mut sent.text, added + 2)?;
            if !sent.text.is_empty() {
                sent.text.extend_from_slice(b"; ");
            }
            for part in [&cookie.name[..], b"=", &cookie.value] {
                sent.text.extend_from_slice(part);
            }
            length = "Cookie: ".len() + sent.text.len();
        }
        Ok(sent)
    }

    /// Forgets all cookies.
    pub(crate) fn clear(&mut self) {
        self.retain(|_| false);
    }

    /// Forgets the cookies that are for a session.
    pub(crate) fn clear_session(&mut self) {
        self.retain(|cookie| cookie.expires.is_some());
    }

    /// The cookies as lines of the Netscape file format, without line ends.
    pub(crate) fn lines(&mut self, now: i64) -> Result<Vec<Vec<u8>>> {
        self.remove_expired(now);
        lines(self.all()?)
    }

    /// The cookies as a file, the newest first.
    pub(crate) fn file(&mut self, now: i64) -> Result<Vec<u8>> {
        self.remove_expired(now);
        let mut all = self.all()?;
        all.sort_by_key(|kept| Reverse(kept.number));
        let lines = lines(all)?;
        let mut file = Vec::new();
        let size: usize = lines.iter().map(|line| line.len() + 1).sum();
        fallible::reserve(&mut file, netscape::FILE_HEADER.len() + size)?;
        file.extend_from_slice(netscape::FILE_HEADER);
        for line in &lines {
            file.extend_from_slice(line);
            file.push(b'\n');
        }
        Ok(file)
    }

    /// Those that have a domain.
    fn all(&self) -> Result<Vec<&Kept>> {
        let mut all = Vec::new();
        fallible::reserve(&mut all, self.sites.values().map(Vec::len).sum())?;
        let kept = self.sites.values().flatten();
        all.extend(kept.filter(|kept| kept.cookie.domain.is_some()));
        Ok(all)
    }

    fn remove_expired(&mut self, now: i64) {
        if self.next_expiry.is_some_and(|next| next < now) {
            self.retain(|cookie| !cookie.is_expired(now));
        }
    }

    fn retain(&mut self, keep: impl Fn(&Cookie) -> bool) {
        let (live, mut next_expiry) = (&mut self.live, None);
        self.sites.retain(|_, cookies| {
            cookies.retain(|kept| {
                let keeps = keep(&kept.cookie);
                *live -= usize::from(!keeps && kept.is_live);
                if keeps {
                    next_expiry = earlier(next_expiry, kept.cookie.expires);
                }
                keeps
            });
            !cookies.is_empty()
        });
        self.next_expiry = next_expiry;
    }

    fn remove_oldest(&mut self) {
        let live = self.sites.values().flatten().filter(|kept| kept.is_live);
        if let Some(oldest) = live.map(|kept| kept.number).min() {
            self.live -= 1;
            self.sites.retain(|_, cookies| {
                cookies.retain(|kept| kept.number != oldest);
                !cookies.is_empty()
            });
        }
    }
}

impl Cookie {
    fn site(&self) -> Vec<u8> {
        site(self.domain.as_deref().unwrap_or_default())
    }
}

impl Kept {
    /// The order in a request: longer paths first, then longer domains and names, then newer cookies.
    fn rank(&self) -> impl Ord + use<> {
        let length = |text: &Option<Vec<u8>>| text.as_ref().map_or(0, Vec::len);
        let Cookie { path, domain, name, .. } = &self.cookie;
        Reverse((length(path), length(domain), name.len(), self.number))
    }
}

/// The place of the cookie that `new` replaces, if there is one.
fn make_place(cookies: &[Kept], new: &Cookie, giver: Giver, is_live: bool) -> Outcome<Option<usize>> {
    let same_name = |kept: &&Kept| kept.cookie.name == new.name;
    let may_overlay = new.secure || giver != Giver::Server { is_secure: false };
    if !may_overlay && cookies.iter().filter(same_name).any(|old| overlays(new, &old.cookie)) {
        return Err(CookieError::Refused("it would overlay a secure cookie"));
    }
    let Some(at) = cookies.iter().position(|old| is_same(&old.cookie, new)) else {
        return Ok(None);
    };
    match cookies[at].is_live && !is_live {
        true => Err(CookieError::Refused("there is a newer one")),
        false => Ok(Some(at)),
    }
}

fn is_same(old: &Cookie, new: &Cookie) -> bool {
    let domains = match (&old.domain, &new.domain) {
        (Some(old_domain), Some(domain)) => old_domain.eq_ignore_ascii_case(domain) && old.subdomains == new.subdomains,
        (None, None) => true,
        _ => false,
    };
    domains && old.name == new.name && old.path == new.path
}

/// Whether a server that got both could take `new` for `old`, which is secure (rfc6265bis section 5.7, step 15). A cookie
/// of the same name is refused if its path begins with the first part of the old one's.
fn overlays(new: &Cookie, old: &Cookie) -> bool {
    let (Some(old_domain), Some(domain)) = (&old.domain, &new.domain) else {
        return false;
    };
    let (Some(old_path), Some(path)) = (&old.path, &new.path) else {
        return false;
    };
    let part = old_path.iter().skip(1).position(|&byte| byte == b'/');
    let part = &old_path[..part.map_or(old_path.len(), |at| at + 1)];
    old.secure && (is_within(domain, old_domain) || is_within(old_domain, domain)) && path.starts_with(part)
}

/// A line of a file: `Set-Cookie:` and a header's value, or the Netscape format.
fn parse_line(line: &[u8], has_suffixes: bool, now: i64) -> Outcome<Cookie> {
    const NAME: &[u8] = b"Set-Cookie:";
    match line.split_at_checked(NAME.len()) {
        Some((name, value)) if name.eq_ignore_ascii_case(NAME) => set_cookie::parse(value, None, has_suffixes, now),
        _ => netscape::parse(line),
    }
}

/// The earlier of two times, each of which may be none.
fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a.into_iter().chain(b).min()
}

fn lines(cookies: Vec<&Kept>) -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    fallible::reserve(&mut lines, cookies.len())?;
    for kept in cookies {
        lines.push(kept.cookie.line()?);
    }
    Ok(lines)
}
