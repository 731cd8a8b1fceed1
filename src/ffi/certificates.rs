//! Lists of certificates for C: a `struct curl_certinfo` with all that it points to.

use std::ffi::{CString, c_int};
use std::ptr::null_mut;

use crate::ffi::c_string;
use crate::types::info::curl_certinfo;
use crate::types::structs::curl_slist;

/// A list for each certificate. The application reads it through the pointer that it gets, as long as this lives. Nothing in
/// it changes.
pub(crate) struct CertificateList {
    info: Box<curl_certinfo>,
    // what `info` points to
    _heads: Vec<*mut curl_slist>,
    _certificates: Vec<Lines>,
}

/// The lines of one certificate, as strings and as a linked list.
struct Lines {
    _texts: Vec<CString>,
    nodes: Vec<curl_slist>,
}

impl CertificateList {
    /// Copies the lines of each certificate.
    pub(crate) fn new(certificates: &[Vec<String>]) -> CertificateList {
        let mut certificates: Vec<Lines> = certificates.iter().map(|lines| Lines::new(lines)).collect();
        let heads = certificates.iter_mut().map(|lines| lines.nodes.as_mut_ptr());
        let mut heads: Vec<*mut curl_slist> = heads.collect();
        CertificateList {
            info: Box::new(curl_certinfo {
                num_of_certs: heads.len() as c_int,
                certinfo: heads.as_mut_ptr(),
            }),
            _heads: heads,
            _certificates: certificates,
        }
    }

    pub(crate) fn as_ptr(&self) -> *const curl_certinfo {
        &raw const *self.info
    }
}

impl std::fmt::Debug for CertificateList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CertificateList of {}", self.info.num_of_certs)
    }
}

impl Lines {
    fn new(lines: &[String]) -> Lines {
        let texts: Vec<CString> = lines.iter().map(|line| c_string(line.as_bytes())).collect();
        // There is room for all, so the nodes stay where they are.
        let mut nodes: Vec<curl_slist> = Vec::with_capacity(texts.len());
        let first = nodes.as_mut_ptr();
        for (index, text) in texts.iter().enumerate() {
            let has_next = index + 1 < texts.len();
            nodes.push(curl_slist {
                data: text.as_ptr().cast_mut(),
                next: if has_next {
                    first.wrapping_add(index + 1)
                } else {
                    null_mut()
                },
            });
        }
        Lines { _texts: texts, nodes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::slist::Slist;

    #[test]
    fn miri_every_certificate_has_a_list_of_its_own() {
        let list = CertificateList::new(&[vec!["a:1".into(), "b:2".into()], vec!["c:\u{e9}".into()]]);
        let moved = Box::new(list);
        // SAFETY: the list lives, and so does all that it points to.
        let lines: Vec<_> = unsafe {
            let info = &*moved.as_ptr();
            (0..info.num_of_certs as usize)
                .map(|index| Slist::from_raw(*info.certinfo.add(index)).lines())
                .collect()
        };
        assert_eq!(lines, [vec![b"a:1".to_vec(), b"b:2".to_vec()], vec!["c:\u{e9}".into()]]);
    }
}
