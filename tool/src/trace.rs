//! What `--verbose`, `--trace` and `--include` show.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

use wscurl::types::structs::curl_infotype;

use crate::easy::Observer;
use crate::exit::Outcome;
use crate::output::Output;
use crate::signal::Interrupt;
use crate::terminal::Printer;

/// Bytes of one line of a trace.
const WIDTH: usize = 16;

/// The observer of a connection.
pub(crate) struct Trace {
    /// 1: the opening handshake and frames; 2: TLS, too
    pub(crate) verbose: u8,
    pub(crate) timestamps: bool,
    pub(crate) file: Option<Rc<RefCell<BufWriter<File>>>>,
    /// gets the response head
    pub(crate) head: Option<Rc<RefCell<Output>>>,
    /// why the response head could not be written
    pub(crate) failure: Rc<RefCell<Option<Outcome>>>,
    pub(crate) printer: Option<Printer>,
    pub(crate) interrupt: Interrupt,
}

/// Opens the file of `--trace`.
pub(crate) fn open(path: &Path) -> Result<Rc<RefCell<BufWriter<File>>>, String> {
    let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Rc::new(RefCell::new(BufWriter::new(file))))
}

impl Observer for Trace {
    fn debug(&mut self, kind: curl_infotype, bytes: &[u8]) {
        if let Some(file) = &self.file {
            // A full disk must not end the connection.
            let _ = dump(&mut *file.borrow_mut(), kind, bytes);
        }
        let mark = match kind {
            curl_infotype::CURLINFO_TEXT => '*',
            curl_infotype::CURLINFO_HEADER_IN => '<',
            curl_infotype::CURLINFO_HEADER_OUT => '>',
            _ => return,
        };
        let text = String::from_utf8_lossy(bytes);
        let is_tls = |line: &str| {
            mark == '*' && (line.starts_with("SSL") || line.starts_with("Server certificate") || line.starts_with("  "))
        };
        for line in text.lines() {
            if self.verbose >= 2 || (self.verbose == 1 && !is_tls(line)) {
                self.show(&format!("{mark} {line}"));
            }
        }
    }

    fn header(&mut self, line: &[u8]) -> bool {
        let Some(output) = &self.head else { return true };
        match output.borrow_mut().head(line) {
            Ok(()) => true,
            Err(outcome) => {
                self.failure.replace(Some(outcome));
                false
            }
        }
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.is_set()
    }
}

impl Trace {
    fn show(&self, line: &str) {
        let line = match self.timestamps {
            true => format!("{} {line}", humantime::format_rfc3339_millis(SystemTime::now())),
            false => line.to_owned(),
        };
        match &self.printer {
            Some(printer) => printer.note(line.trim_start_matches("* ")),
            None => {
                let _ = writeln!(io::stderr(), "{line}");
            }
        }
    }
}

fn dump(file: &mut impl Write, kind: curl_infotype, bytes: &[u8]) -> io::Result<()> {
    let title = match kind {
        curl_infotype::CURLINFO_TEXT => "== Info",
        curl_infotype::CURLINFO_HEADER_IN => "<= Recv header",
        curl_infotype::CURLINFO_HEADER_OUT => "=> Send header",
        curl_infotype::CURLINFO_DATA_IN => "<= Recv data",
        curl_infotype::CURLINFO_DATA_OUT => "=> Send data",
        _ => return Ok(()),
    };
    let time = humantime::format_rfc3339_micros(SystemTime::now());
    if kind == curl_infotype::CURLINFO_TEXT {
        return write!(file, "{time} {title}: {}", String::from_utf8_lossy(bytes));
    }
    writeln!(file, "{time} {title}, {} bytes", bytes.len())?;
    for (number, line) in bytes.chunks(WIDTH).enumerate() {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let text: String = line
            .iter()
            .map(|byte| {
                if byte.is_ascii_graphic() || *byte == b' ' {
                    char::from(*byte)
                } else {
                    '.'
                }
            })
            .collect();
        writeln!(file, "{:04x}: {:47} {text}", number * WIDTH, digits.join(" "))?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_offsets_digits_and_text() {
        let mut file = Vec::new();
        dump(
            &mut file,
            curl_infotype::CURLINFO_DATA_IN,
            b"\x81\x05hello, wonderful world",
        )
        .unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with("<= Recv data, 24 bytes"), "{text}");
        assert_eq!(
            lines[1],
            "0000: 81 05 68 65 6c 6c 6f 2c 20 77 6f 6e 64 65 72 66 ..hello, wonderf"
        );
        assert!(lines[2].starts_with("0010: 75 6c 20 77 6f 72 6c 64 "), "{text}");
    }
}
