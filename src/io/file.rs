//! Small files of text: read by lines, replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::random;

/// Why a file was not read to its end.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// it can't be opened, or is a directory
    Open(io::Error),
    Read(io::Error),
    /// a line is longer than the limit
    LongLine,
}

/// Lines put together from bytes that come in pieces.
pub(crate) struct Lines<F> {
    line: Vec<u8>,
    limit: usize,
    is_too_long: bool,
    take: F,
}

impl<F: FnMut(&[u8])> Lines<F> {
    /// Calls `take` for each line of at most `limit` bytes, its line end included. There are no lines behind a longer one.
    pub(crate) fn new(limit: usize, take: F) -> Lines<F> {
        Lines {
            line: Vec::new(),
            limit,
            is_too_long: false,
            take,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.is_too_long |= self.line.len() + piece.len() > self.limit;
            if self.is_too_long {
                return;
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                (self.take)(&self.line);
                self.line.clear();
            }
        }
    }

    /// The last line may have no line end.
    pub(crate) fn end(mut self) -> Result<(), ReadError> {
        if self.is_too_long {
            return Err(ReadError::LongLine);
        }
        if !self.line.is_empty() {
            (self.take)(&self.line);
        }
        Ok(())
    }
}

/// Calls `take` for each line of a file, which has at most `limit` bytes with its line end.
pub(crate) fn read_lines(path: &Path, limit: usize, take: impl FnMut(&[u8])) -> Result<(), ReadError> {
    let file = File::open(path).map_err(ReadError::Open)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(ReadError::Open(io::ErrorKind::IsADirectory.into()));
    }
    let mut reader = BufReader::new(file);
    let mut lines = Lines::new(limit, take);
    while !lines.is_too_long {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(ReadError::Read)?,
        };
        let count = bytes.len();
        if count == 0 {
            break;
        }
        lines.push(bytes);
        reader.consume(count);
    }
    lines.end()
}

/// Replaces the content of a file. Whoever opens it sees the old content or the new one, never a part: a new file gets its
/// name when it is complete. What is no regular file, such as a FIFO, is written to as it is.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // As for any new file, the process's umask says who may read it; and the user may have chosen other permissions.
    let mode = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return OpenOptions::new().write(true).open(path)?.write_all(content),
        Ok(metadata) if metadata.uid() == rustix::process::geteuid().as_raw() => Some(metadata.permissions().mode()),
        Ok(_) => Some(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let random = random::bytes::<16>().map_err(io::Error::other)?;
    let name = random.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + ".tmp";
    let new = path.with_file_name(name);
    let result =
        write_new(&new, mode.map_or(0o666, |mode| mode & 0o777 | 0o600), content).and_then(|()| fs::rename(&new, path));
    if result.is_err() {
        let _ = fs::remove_file(&new);
    }
    result
}

fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)
}

#[cfg(test)]
#[cfg(not(miri))]
mod tests {
    use super::*;

    fn lines(pieces: &[&str], limit: usize) -> (Vec<String>, bool) {
        let mut taken = Vec::new();
        let mut lines = Lines::new(limit, |line: &[u8]| {
            taken.push(String::from_utf8(line.to_vec()).unwrap());
        });
        pieces.iter().for_each(|piece| lines.push(piece.as_bytes()));
        let is_whole = lines.end().is_ok();
        (taken, is_whole)
    }

    #[test]
    fn lines_come_whole() {
        let whole = |lines: &[&str]| (lines.iter().map(|&line| line.to_owned()).collect(), true);
        assert_eq!(lines(&["a\nb", "c\n", "\nd"], 3), whole(&["a\n", "bc\n", "\n", "d"]));
        assert_eq!(lines(&[], 3), whole(&[]));
        assert_eq!(
            lines(&["ab\n", "ab", "c\n", "d\n"], 3),
            (vec!["ab\n".to_owned()], false)
        );
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions() {
        let folder = std::env::temp_dir().join(format!("wscurl-file-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.join("jar");
        for content in [&b"one\n"[..], b"two\nthree"] {
            replace(&path, content).unwrap();
            let mut read = Vec::new();
            read_lines(&path, 10, |line| read.extend_from_slice(line)).unwrap();
            assert_eq!(read, content);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"four").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

        assert!(matches!(read_lines(&folder, 10, |_| ()), Err(ReadError::Open(_))));
        assert!(matches!(
            read_lines(&folder.join("none"), 10, |_| ()),
            Err(ReadError::Open(_))
        ));
        assert!(matches!(read_lines(&path, 3, |_| ()), Err(ReadError::LongLine)));
        assert!(replace(&folder.join("none/jar"), b"").is_err());
        assert!(replace(&folder, b"").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
