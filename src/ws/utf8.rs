//! UTF-8 of text messages, checked in pieces as they arrive (RFC 6455 section 8.1).

/// Checks a text that arrives in pieces, cut anywhere. Reports an error at the first byte that no valid text can have there.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Utf8 {
    /// the start of a character that is not complete
    start: [u8; 3],
    length: usize,
}

/// The text is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Utf8 {
    /// Checks the next bytes of the text.
    pub(super) fn check(&mut self, bytes: &[u8]) -> Result<(), NotUtf8> {
        let rest = self.complete(bytes)?;
        match str::from_utf8(rest) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_some() => Err(NotUtf8),
            Err(error) => {
                let cut = &rest[error.valid_up_to()..];
                self.length = cut.len();
                self.start[..cut.len()].copy_from_slice(cut);
                Ok(())
            }
        }
    }

    /// The text ends here, which must not be inside a character. Another text may follow.
    pub(super) fn end(&mut self) -> Result<(), NotUtf8> {
        match std::mem::take(self).length {
            0 => Ok(()),
            _ => Err(NotUtf8),
        }
    }

    /// Completes the character that was cut, if one was, and returns the bytes after it.
    fn complete<'a>(&mut self, mut bytes: &'a [u8]) -> Result<&'a [u8], NotUtf8> {
        while self.length > 0
            && let [byte, rest @ ..] = bytes
        {
            bytes = rest;
            let mut character = [0; 4];
            character[..self.length].copy_from_slice(&self.start[..self.length]);
            character[self.length] = *byte;
            match str::from_utf8(&character[..=self.length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_some() => return Err(NotUtf8),
                Err(_) => {
                    self.start[self.length] = *byte;
                    self.length += 1;
                }
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pieces: &[&[u8]]) -> bool {
        let mut text = Utf8::default();
        pieces.iter().all(|piece| text.check(piece).is_ok()) && text.end().is_ok()
    }

    #[test]
    fn cuts_make_no_difference() {
        let texts: [&[u8]; 9] = [
            "κόσμε, 𝄞 und Grüße".as_bytes(),
            b"plain",
            b"",
            b"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
            b"ab\xc3",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xc0\xaf",
            b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xff",
        ];
        for text in texts {
            let valid = str::from_utf8(text).is_ok();
            assert_eq!(whole(&[text]), valid, "{text:x?}");
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let pieces = [&text[..first], &text[first..second], &text[second..]];
                    assert_eq!(whole(&pieces), valid, "{pieces:x?}");
                }
            }
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(whole(&bytes), valid);
        }
    }

    #[test]
    fn a_fault_shows_at_its_first_byte() {
        for (good, bad) in [
            (&b"a\xf4"[..], 0x90u8),
            (b"\xed", 0xa0),
            (b"\xe0", 0x9f),
            (b"\xf0", 0x8f),
            (b"\xce\xba\xe1", 0x20),
            (b"", 0xc0),
            (b"", 0xf5),
        ] {
            let mut text = Utf8::default();
            assert_eq!(text.check(good), Ok(()));
            assert_eq!(text.check(&[bad]), Err(NotUtf8), "{good:x?} {bad:x}");
        }
    }

    #[test]
    fn every_character_survives_every_cut() {
        for character in (0..=0x10_ffffu32).step_by(61).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            for cut in 0..=bytes.len() {
                assert!(whole(&[&bytes[..cut], &bytes[cut..]]), "{character:?}");
            }
            if bytes.len() > 1 {
                assert!(!whole(&[&bytes[..bytes.len() - 1]]), "{character:?}");
            }
        }
    }
}
