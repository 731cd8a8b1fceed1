//! `/etc/ld.so.cache`: where the dynamic linker looks a soname up. The format is glibc's `cache_file_new`.

/// Begins the format. An older format may come before it in the file.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;

/// The paths of `soname` in the cache's content, in its order, for all architectures.
pub(crate) fn paths<'a>(cache: &'a [u8], soname: &[u8]) -> Vec<&'a [u8]> {
    let Some(start) = cache.windows(MAGIC.len()).position(|window| window == MAGIC) else {
        return Vec::new();
    };
    // Offsets of strings count from the magic word.
    let cache = &cache[start..];
    let entries = number(cache, MAGIC.len()).unwrap_or(0).min(cache.len() / ENTRY);
    (0..entries)
        .filter_map(|index| {
            let entry = HEADER + index * ENTRY;
            let name = string(cache, number(cache, entry + 4)?)?;
            let path = string(cache, number(cache, entry + 8)?)?;
            (name == soname).then_some(path)
        })
        .collect()
}

fn number(cache: &[u8], at: usize) -> Option<usize> {
    let bytes = cache.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?) as usize)
}

fn string(cache: &[u8], at: usize) -> Option<&[u8]> {
    let rest = cache.get(at..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache with these entries behind `before`.
    fn cache(before: &[u8], entries: &[(&str, &str)]) -> Vec<u8> {
        let mut strings = Vec::new();
        let mut table = Vec::new();
        let text = HEADER + entries.len() * ENTRY;
        let mut add = |string: &str| {
            let at = (text + strings.len()) as u32;
            strings.extend_from_slice(string.as_bytes());
            strings.push(0);
            at
        };
        for (name, path) in entries {
            let (name, path) = (add(name), add(path));
            for number in [0x303, name, path, 0, 0, 0] {
                table.extend_from_slice(&number.to_ne_bytes());
            }
        }
        let mut cache = before.to_vec();
        cache.extend_from_slice(MAGIC);
        cache.extend_from_slice(&(entries.len() as u32).to_ne_bytes());
        cache.resize(before.len() + HEADER, 0);
        cache.extend_from_slice(&table);
        cache.extend_from_slice(&strings);
        cache
    }

    #[test]
    fn entries_of_the_name_in_order() {
        let entries = [
            ("libcurl.so.4", "/usr/lib/a/libcurl.so.4"),
            ("libcurl.so.40", "/other"),
            ("libcurl.so.4", "/usr/lib/b/libcurl.so.4"),
        ];
        for before in [&b""[..], b"ld.so-1.7.0\0\0\0\0\0"] {
            let cache = cache(before, &entries);
            let found = paths(&cache, b"libcurl.so.4");
            assert_eq!(found, [&b"/usr/lib/a/libcurl.so.4"[..], b"/usr/lib/b/libcurl.so.4"]);
        }
    }

    #[test]
    fn what_is_cut_off_or_no_cache_has_no_entries() {
        let whole = cache(b"", &[("libcurl.so.4", "/x/libcurl.so.4")]);
        for length in 0..whole.len() {
            assert_eq!(paths(&whole[..length], b"libcurl.so.4").len(), 0, "{length}");
        }
        let mut many = whole;
        many[MAGIC.len()..MAGIC.len() + 4].fill(0xff);
        assert_eq!(paths(&many, b"libcurl.so.4").len(), 1);
        assert!(paths(b"text", b"libcurl.so.4").is_empty());
    }
}
