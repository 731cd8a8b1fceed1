//! The response headers that `curl_easy_header` and `curl_easy_nextheader` find (libcurl's header API).

use std::ffi::CStr;

/// Headers of every response head of a transfer.
#[derive(Debug, Default)]
pub struct HeaderStore {
    headers: Vec<Header>,
    began: bool,
}

/// One header.
#[derive(Debug)]
pub struct Header {
    /// name and value, each with a NUL behind it
    text: Box<[u8]>,
    /// where the value begins
    value: u32,
    /// the response's status
    status: u16,
}

/// Where headers come from, as in a `CURLH_` bit mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins(pub u32);

const CURLH_HEADER: u32 = crate::types::header::CURLH_HEADER as u32;
const CURLH_1XX: u32 = crate::types::header::CURLH_1XX as u32;

impl HeaderStore {
    /// Forgets everything: a new transfer begins.
    pub fn clear(&mut self) {
        *self = HeaderStore::default();
    }

    /// No response head has begun.
    pub fn is_empty(&self) -> bool {
        !self.began
    }

    /// A response head begins.
    pub fn begin(&mut self) {
        self.began = true;
    }

    /// A response head has ended: open connections are many, and memory for more headers is let go.
    pub fn end(&mut self) {
        self.headers.shrink_to_fit();
    }

    /// Keeps a header of a response with `status`.
    pub fn add(&mut self, name: &[u8], value: &[u8], status: u16) {
        self.headers.push(Header {
            text: [name, b"\0", value, b"\0"].concat().into_boxed_slice(),
            value: name.len() as u32 + 1,
            status,
        });
    }

    /// Indices of the headers from `origins`, in the order they came.
    pub fn select(&self, origins: Origins) -> impl Iterator<Item = usize> + '_ {
        self.headers
            .iter()
            .enumerate()
            .filter(move |(_, header)| header.origin(origins).is_some())
            .map(|(index, _)| index)
    }

    /// The header at an index of [`HeaderStore::select`].
    pub fn get(&self, index: usize) -> Option<&Header> {
        self.headers.get(index)
    }
}

impl Header {
    /// As the server wrote it.
    pub fn name(&self) -> &CStr {
        c_str(&self.text)
    }

    /// Without surrounding white space.
    pub fn value(&self) -> &CStr {
        c_str(&self.text[self.value as usize..])
    }

    /// The `CURLH_` bit under which `asked` finds this header. libcurl files the 101 under `CURLH_1XX` alone; it is
    /// the final answer to an upgrade, so `CURLH_HEADER` finds it as well.
    pub fn origin(&self, asked: Origins) -> Option<u32> {
        let informational = (100..200).contains(&self.status);
        if informational && asked.0 & CURLH_1XX != 0 {
            return Some(CURLH_1XX);
        }
        let last = !informational || self.status == 101;
        (last && asked.0 & CURLH_HEADER != 0).then_some(CURLH_HEADER)
    }

    /// Whether this header has `name`, whatever its case.
    pub fn is(&self, name: &[u8]) -> bool {
        self.name().to_bytes().eq_ignore_ascii_case(name)
    }
}

fn c_str(text: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_101_is_found_as_1xx_and_as_the_final_head() {
        let mut store = HeaderStore::default();
        assert!(store.is_empty());
        store.begin();
        store.add(b"Upgrade", b"websocket", 101);
        store.add(b"X-Hint", b"early", 103);
        let names = |origins| -> Vec<&[u8]> {
            store
                .select(Origins(origins))
                .map(|index| store.get(index).unwrap().name().to_bytes())
                .collect()
        };
        assert_eq!(names(CURLH_1XX), [b"Upgrade".as_slice(), b"X-Hint"]);
        assert_eq!(names(CURLH_HEADER), [b"Upgrade".as_slice()]);
        assert!(names(1 << 1).is_empty());
        assert_eq!(store.get(1).unwrap().value(), c"early");
    }
}
