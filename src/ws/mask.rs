//! The masking of RFC 6455 section 5.3, on wide words.

/// XORs `bytes` with `key`, the first of them at `position` in the frame's payload. Doing it twice undoes it.
pub fn apply(key: [u8; 4], position: u64, bytes: &mut [u8]) {
    let mut turned = key;
    turned.rotate_left((position % 4) as usize);
    let mut pattern = [0; WORD];
    for quarter in pattern.chunks_exact_mut(4) {
        quarter.copy_from_slice(&turned);
    }

    // The compiler makes vector code of the fixed-size inner loop on every target.
    let mut words = bytes.chunks_exact_mut(WORD);
    for word in &mut words {
        for (byte, mask) in word.iter_mut().zip(pattern) {
            *byte ^= mask;
        }
    }
    for (byte, mask) in words.into_remainder().iter_mut().zip(pattern) {
        *byte ^= mask;
    }
}

const WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_position_agrees_with_the_definition() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..200usize {
            for position in [0u64, 1, 2, 3, 4, 7, 1 << 33] {
                let mut bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
                apply(key, position, &mut bytes);
                for (i, byte) in bytes.iter().enumerate() {
                    assert_eq!(*byte, i as u8 ^ key[((position + i as u64) % 4) as usize]);
                }
            }
        }
    }
}
