//! The masking of RFC 6455 section 5.3, on wide words.

use multiversion::multiversion;

/// Appends `bytes` to `out`, XORed with `key` on the way; the first of them is at `position` in the frame's payload.
#[multiversion(targets("x86_64+avx2", "x86_64+avx512f+avx512vl+avx512bw"))]
pub fn append(key: [u8; 4], position: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let pattern = pattern(key, position);
    let (words, rest) = bytes.as_chunks();
    out.reserve(bytes.len());
    for word in words {
        out.extend_from_slice(&masked(word, &pattern));
    }
    out.extend(rest.iter().zip(pattern).map(|(byte, mask)| byte ^ mask));
}

/// So wide that the compiler makes vector code of it on every target, of the widest vectors that the processor has.
type Word = [u8; 64];

fn pattern(key: [u8; 4], position: u64) -> Word {
    let mut turned = key;
    turned.rotate_left((position % 4) as usize);
    let mut pattern = [0; 64];
    for quarter in pattern.as_chunks_mut().0 {
        *quarter = turned;
    }
    pattern
}

fn masked(word: &Word, pattern: &Word) -> Word {
    std::array::from_fn(|i| word[i] ^ pattern[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_position_agrees_with_the_definition() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..200usize {
            for position in [0u64, 1, 2, 3, 4, 7, 1 << 33] {
                let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
                let mut masked = vec![7];
                append(key, position, &bytes, &mut masked);
                assert_eq!(masked.len(), 1 + length);
                for (i, byte) in masked[1..].iter().enumerate() {
                    assert_eq!(*byte, i as u8 ^ key[((position + i as u64) % 4) as usize]);
                }
            }
        }
    }
}
