//! Media types of files.

/// Of a file whose name says nothing.
pub(in crate::abi) const DEFAULT_TYPE: &[u8] = b"application/octet-stream";

/// Media types by the end of a file's name, as in libcurl.
const TYPES: [(&[u8], &[u8]); 10] = [
    (b".gif", b"image/gif"),
    (b".jpg", b"image/jpeg"),
    (b".jpeg", b"image/jpeg"),
    (b".png", b"image/png"),
    (b".svg", b"image/svg+xml"),
    (b".txt", b"text/plain"),
    (b".htm", b"text/html"),
    (b".html", b"text/html"),
    (b".pdf", b"application/pdf"),
    (b".xml", b"application/xml"),
];

/// The media type that a file's name says.
pub(in crate::abi) fn type_of(filename: &[u8]) -> Option<&'static [u8]> {
    let ends = |ending: &[u8]| {
        let start = filename.len().checked_sub(ending.len());
        start.is_some_and(|start| filename[start..].eq_ignore_ascii_case(ending))
    };
    TYPES.iter().find(|(ending, _)| ends(ending)).map(|(_, kind)| *kind)
}
