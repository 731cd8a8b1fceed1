//! Where the credentials for a server come from: the options, the URL, a `.netrc` file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::options::{Netrc, RequestOptions};
use crate::error::{Error, Result};
use crate::ffi::environment;
use crate::http::auth::Credentials;
use crate::http::auth::netrc::{self, Login};
use crate::secret::Secret;
use crate::types::codes::CURLcode::CURLE_READ_ERROR;
use crate::url::Url;

/// The largest `.netrc` file, the limit that libcurl has.
const MAX_FILE: u64 = 128 * 1024;

/// The credentials for the server of `url`. `trusted`: those of the options are meant for it.
///
/// # Errors
///
/// `CURLE_READ_ERROR` when `CURLOPT_NETRC` requires the file and it can't be read.
pub(super) fn find(options: &RequestOptions, url: &Url, trusted: bool) -> Result<Credentials> {
    let user = options.username.as_ref().filter(|_| trusted);
    let secret = |option: &Option<Secret>| option.clone().filter(|_| trusted).unwrap_or_default();
    let mut credentials = Credentials {
        user: user.map(|user| user.as_bytes().to_vec()).unwrap_or_default(),
        password: secret(&options.password),
        bearer: secret(&options.bearer),
    };
    if !credentials.user.is_empty() {
        return Ok(credentials);
    }
    credentials.user = url.user.clone().unwrap_or_default();
    if let Some(password) = &url.password {
        credentials.password = password.clone();
    }
    let is_complete = !credentials.user.is_empty() && !credentials.password.is_empty();
    let login = match options.netrc {
        Netrc::Ignored => None,
        Netrc::Optional if is_complete => None,
        Netrc::Optional => look_up(options, url, &credentials.user).unwrap_or(None),
        Netrc::Required => look_up(options, url, &credentials.user)?,
    };
    if let Some(Login { user, password }) = login {
        credentials.user = user;
        credentials.password = password;
    }
    Ok(credentials)
}

fn look_up(options: &RequestOptions, url: &Url, user: &[u8]) -> Result<Option<Login>> {
    let Some(path) = path(options) else {
        return Err(unreadable("HOME names no directory"));
    };
    let file = read(&path).map_err(|error| unreadable(&format!("{}: {error}", path.display())))?;
    netrc::find(&file, url.host.as_bytes(), user).map_err(|error| unreadable(&format!("{}: {error}", path.display())))
}

/// `CURLOPT_NETRC_FILE`, else what the environment variable `NETRC` names, else `.netrc` in the home directory.
fn path(options: &RequestOptions) -> Option<PathBuf> {
    if let Some(file) = &options.netrc_file {
        return Some(PathBuf::from(OsStr::from_bytes(file.as_bytes())));
    }
    let named = environment::variable(c"NETRC").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(environment::variable(c"HOME")?).join(".netrc")))
}

fn read(path: &PathBuf) -> io::Result<Secret> {
    let mut content = Vec::with_capacity(MAX_FILE as usize + 1);
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut content)?;
    match content.len() as u64 > MAX_FILE {
        true => Err(io::Error::other(format!("longer than {MAX_FILE} bytes"))),
        false => Ok(Secret::from(content)),
    }
}

fn unreadable(why: &str) -> Error {
    Error::new(CURLE_READ_ERROR, format!(".netrc error: {why}"))
}
