//! Credentials in a `.netrc` file: entries that begin with `machine NAME` or `default`, with `login`, `password` and `account` in
//! any order and on any number of lines. Words may be in double quotes, with `\n`, `\r`, `\t` and other characters behind a
//! backslash. Lines that begin with `#` are comments; `macdef` begins a macro that ends with an empty line.

use std::fmt;

use super::super::text::trim_start;
use crate::secret::Secret;

/// The longest word, the limit that libcurl has.
const MAX_WORD: usize = 4096;

/// What an entry says. Empty is nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Secret,
}

/// Why the file can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetrcError {
    UnclosedQuote,
    LongWord,
}

/// The first entry for `host` that has something to say: of the given `user` the password, without one (empty) anything.
pub(crate) fn find(file: &[u8], host: &[u8], user: &[u8]) -> Result<Option<Login>, NetrcError> {
    let file = without_comments(file);
    let mut words = Words(&file);
    let mut entry: Option<Entry> = None;
    loop {
        let word = words.next()?;
        let keyword = match &word {
            Some(word) => word.keyword(),
            None => Some(Keyword::End),
        };
        if let Some(Keyword::End | Keyword::Machine | Keyword::Default | Keyword::Macro) = keyword
            && let Some(login) = entry.take().and_then(|entry| entry.login(user))
        {
            return Ok(Some(login));
        }
        match keyword {
            None => {}
            Some(Keyword::End) => return Ok(None),
            Some(Keyword::Default) => entry = Some(Entry::default()),
            Some(Keyword::Macro) => words.skip_macro(),
            Some(keyword) => {
                let value = words.next()?.map(|word| word.text);
                match (keyword, &mut entry) {
                    (Keyword::Machine, _) => {
                        let is_host = value.is_some_and(|name| name.eq_ignore_ascii_case(host));
                        entry = is_host.then(Entry::default);
                    }
                    (Keyword::Login, Some(entry)) => entry.user = value.or(entry.user.take()),
                    (Keyword::Password, Some(entry)) => entry.password = value.or(entry.password.take()),
                    _ => {}
                }
            }
        }
    }
}

/// An entry that is for the host.
#[derive(Default)]
struct Entry {
    user: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
}

impl Entry {
    /// What it says of `wanted`, or of anyone if that is empty.
    fn login(self, wanted: &[u8]) -> Option<Login> {
        let says_something = match &self.user {
            Some(user) if !wanted.is_empty() => user == wanted && self.password.is_some(),
            Some(_) => true,
            None => self.password.is_some(),
        };
        says_something.then(|| Login {
            user: match wanted {
                [] => self.user.unwrap_or_default(),
                wanted => wanted.to_vec(),
            },
            password: Secret::from(self.password.unwrap_or_default()),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Machine,
    Default,
    Login,
    Password,
    Account,
    Macro,
    /// of the file
    End,
}

struct Word {
    text: Vec<u8>,
    is_quoted: bool,
}

impl Word {
    fn keyword(&self) -> Option<Keyword> {
        let keywords: [(&[u8], Keyword); 6] = [
            (b"machine", Keyword::Machine),
            (b"default", Keyword::Default),
            (b"login", Keyword::Login),
            (b"password", Keyword::Password),
            (b"account", Keyword::Account),
            (b"macdef", Keyword::Macro),
        ];
        let named = |(name, _): &&(&[u8], Keyword)| self.text.eq_ignore_ascii_case(name);
        let found = keywords.iter().find(named).filter(|_| !self.is_quoted);
        found.map(|(_, keyword)| *keyword)
    }
}

/// What is left of the file.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Result<Option<Word>, NetrcError> {
        let blanks = self.0.iter().take_while(|byte| is_space(byte)).count();
        self.0 = &self.0[blanks..];
        let word = match self.0 {
            [] => return Ok(None),
            [b'"', rest @ ..] => Word {
                text: self.quoted(rest)?,
                is_quoted: true,
            },
            _ => {
                let length = self.0.iter().take_while(|byte| !is_space(byte)).count();
                let (text, rest) = self.0.split_at(length);
                self.0 = rest;
                Word {
                    text: text.to_vec(),
                    is_quoted: false,
                }
            }
        };
        match word.text.len() > MAX_WORD {
            true => Err(NetrcError::LongWord),
            false => Ok(Some(word)),
        }
    }

    /// Takes the rest of a quoted word. It may go over several lines.
    fn quoted(&mut self, text: &[u8]) -> Result<Vec<u8>, NetrcError> {
        let mut word = Vec::new();
        let mut used = 1;
        let mut bytes = text.iter();
        while let Some(&byte) = bytes.next() {
            used += 1;
            match byte {
                b'"' => {
                    self.0 = &self.0[used..];
                    return Ok(word);
                }
                b'\\' => {
                    used += 1;
                    word.push(match bytes.next() {
                        None => break,
                        Some(b'n') => b'\n',
                        Some(b'r') => b'\r',
                        Some(b't') => b'\t',
                        Some(&other) => other,
                    });
                }
                byte => word.push(byte),
            }
        }
        Err(NetrcError::UnclosedQuote)
    }

    /// Takes everything up to an empty line.
    fn skip_macro(&mut self) {
        let lines = self.0.split_inclusive(|&byte| byte == b'\n');
        let in_macro = lines
            .skip(1)
            .take_while(|line| !matches!(line, [b'\n'] | [b'\r', b'\n']));
        let first = self.0.iter().take_while(|&&byte| byte != b'\n').count() + 1;
        let length = first + in_macro.map(<[u8]>::len).sum::<usize>();
        self.0 = self.0.get(length..).unwrap_or_default();
    }
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn without_comments(file: &[u8]) -> Vec<u8> {
    let lines = file.split_inclusive(|&byte| byte == b'\n');
    let is_comment = |line: &&[u8]| trim_start(line).starts_with(b"#");
    lines.filter(|line| !is_comment(line)).collect::<Vec<_>>().concat()
}

impl fmt::Display for NetrcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetrcError::UnclosedQuote => f.write_str("a quoted word is not closed"),
            NetrcError::LongWord => write!(f, "a word is longer than {MAX_WORD} bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `user:password` of the entry found.
    fn found(file: &str, host: &str, user: &str) -> Option<String> {
        let login = find(file.as_bytes(), host.as_bytes(), user.as_bytes()).unwrap()?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Some(format!("{}:{}", text(login.user), text(login.password.to_vec())))
    }

    #[test]
    fn entries_are_found_by_host_and_user() {
        const FILE: &str = "machine a login alice password pa\n\
            machine b\n\tlogin bob\n\taccount x\n\tpassword pb\n\
            machine a login ann password pn\n\
            machine c login carol\n\
            machine d password pd\n\
            machine e\n\
            default login anyone password pany\n";
        for (host, user, wanted) in [
            ("a", "", "alice:pa"),
            ("A", "alice", "alice:pa"),
            ("a", "ann", "ann:pn"),
            ("a", "Ann", "-"),
            ("b", "", "bob:pb"),
            ("c", "", "carol:"),
            ("c", "carol", "-"),
            ("d", "", ":pd"),
            ("d", "dan", "dan:pd"),
            ("e", "", "anyone:pany"),
            ("z", "", "anyone:pany"),
            ("z", "anyone", "anyone:pany"),
        ] {
            let found = found(FILE, host, user);
            assert_eq!(found.as_deref().unwrap_or("-"), wanted, "{host} {user}");
        }
    }

    #[test]
    fn words_may_be_quoted() {
        for (file, wanted) in [
            ("machine h login \"a b\" password \"c\\\"d\\\\\"", "a b:c\"d\\"),
            ("machine \"h\" login \"\\n\\r\\t\\x\" password \"\"", "\n\r\tx:"),
            ("machine h login l password \"one\ntwo\"", "l:one\ntwo"),
            ("machine h login a\"b password c\\d", "a\"b:c\\d"),
            ("machine h login password password login", "password:login"),
            ("machine h \"login\" x login y password z", "y:z"),
        ] {
            assert_eq!(found(file, "h", "").as_deref(), Some(wanted), "{file}");
        }
        for file in [
            "machine h login \"a",
            "machine h login \"a\\\"",
            "machine h login \"a\\",
        ] {
            assert_eq!(find(file.as_bytes(), b"h", b"").err(), Some(NetrcError::UnclosedQuote));
        }
        let long = format!("machine h login {} password x", "l".repeat(MAX_WORD + 1));
        assert_eq!(find(long.as_bytes(), b"h", b"").err(), Some(NetrcError::LongWord));
    }

    #[test]
    fn comments_macros_and_unknown_words_are_passed_over() {
        for (file, wanted) in [
            (
                "# machine h login x password y\n  # z\nmachine h login a password b",
                "a:b",
            ),
            ("machine h login a\n#password no\npassword b", "a:b"),
            (
                "macdef m\nmachine h login x password y\n\nmachine h login a password b",
                "a:b",
            ),
            (
                "macdef m\r\nmachine h login x password y\r\n\r\nmachine h login a password b",
                "a:b",
            ),
            ("MACHINE h LOGIN a PASSWORD b", "a:b"),
            ("port 80 machine h port 81 login a protocol ws password b", "a:b"),
            ("machine h login a machine h login b", "a:"),
            ("machine h login a login b password c", "b:c"),
        ] {
            assert_eq!(found(file, "h", "").as_deref(), Some(wanted), "{file}");
        }
        for file in [
            "",
            "machine",
            "machine h",
            "machine h login",
            "default",
            "machine h account a",
            "login a password b",
            "macdef m\nmachine h login x password y",
            "macdef",
        ] {
            assert_eq!(found(file, "h", ""), None, "{file}");
        }
    }
}
