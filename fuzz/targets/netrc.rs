//! `.netrc` files.

use super::script::Script;
use crate::http::auth::netrc;

/// Any bytes are read as a file or refused; what is found is for the user that was asked for.
pub fn netrc(data: &[u8]) {
    let mut script = Script::new(data);
    let user: &[u8] = if script.byte() & 1 != 0 { b"me" } else { b"" };
    let file = script.rest();
    if let Ok(Some(login)) = netrc::find(file, b"host", user) {
        assert!(user.is_empty() || login.user == user);
        assert!(login.user.len() + login.password.len() <= file.len() + user.len());
    }
}
