//! The parts of a URL, as a URL handle holds them.

/// The parts of a URL as they stand in it: percent-encoded, and without what separates them. `None` is a part that is not
/// there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(super) scheme: Option<Vec<u8>>,
    /// The scheme was not in the URL, but made of the host's name.
    pub(super) is_scheme_guessed: bool,
    pub(super) user: Option<Vec<u8>>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) options: Option<Vec<u8>>,
    /// An IPv6 address has its brackets.
    pub(super) host: Option<Vec<u8>>,
    /// Not encoded.
    pub(super) zone: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
    /// Begins with a slash; `None` is `/`.
    pub(super) path: Option<Vec<u8>>,
    pub(super) query: Option<Vec<u8>>,
    /// There is a question mark, whatever follows.
    pub(super) has_query: bool,
    pub(super) fragment: Option<Vec<u8>>,
    /// There is a number sign, whatever follows.
    pub(super) has_fragment: bool,
}

impl Parts {
    /// The path, never empty.
    pub(super) fn path(&self) -> &[u8] {
        self.path.as_deref().unwrap_or(b"/")
    }

    /// The bytes of all parts.
    pub(crate) fn size(&self) -> usize {
        [
            &self.scheme,
            &self.user,
            &self.password,
            &self.options,
            &self.host,
            &self.zone,
            &self.path,
            &self.query,
            &self.fragment,
        ]
        .into_iter()
        .flatten()
        .map(Vec::len)
        .sum()
    }
}
