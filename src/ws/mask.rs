//! The masking of RFC 6455 section 5.3: XOR with a repeated key of four bytes, on wide words.

/// Gives a fresh, unpredictable masking key for every frame; `None` when the random number generator fails.
pub(crate) type MaskingKey = fn() -> Option<[u8; 4]>;

/// Payloads of at most this many bytes are masked in place, word by word.
pub(super) const SHORT: usize = 64;

/// Masks a short payload in place.
#[inline]
pub(super) fn short(key: [u8; 4], payload: &mut [u8; SHORT], length: usize) {
    let pattern = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
    let (words, _) = payload.as_chunks_mut();
    for word in words.iter_mut().take(length.div_ceil(8)) {
        *word = (u64::from_ne_bytes(*word) ^ pattern).to_ne_bytes();
    }
}

/// Appends `bytes` to `out`, masked with `key`; the first of them is at `position` in the frame's payload.
pub(super) fn append(key: [u8; 4], position: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let mut key = key;
    key.rotate_left((position % 4) as usize);
    let mut block = [0; SHORT];
    if let Some(payload) = block.get_mut(..bytes.len()) {
        payload.copy_from_slice(bytes);
        short(key, &mut block, bytes.len());
        out.extend_from_slice(&block[..bytes.len()]);
        return;
    }
    let mut pattern: Word = [0; 64];
    for quarter in pattern.as_chunks_mut().0 {
        *quarter = key;
    }
    out.reserve(bytes.len());
    let (words, rest) = bytes.as_chunks();
    for word in words {
        out.extend_from_slice(&masked(word, &pattern));
    }
    out.extend(rest.iter().zip(pattern).map(|(byte, mask)| byte ^ mask));
}

/// So wide that the compiler makes vector code of it on every target.
type Word = [u8; 64];

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
                if let Some(payload) = bytes.get(..SHORT.min(length))
                    && position == 0
                {
                    let mut block = [0; SHORT];
                    block[..payload.len()].copy_from_slice(payload);
                    short(key, &mut block, payload.len());
                    assert_eq!(block[..payload.len()], masked[1..][..payload.len()]);
                }
                assert_eq!(masked.len(), 1 + length);
                for (i, byte) in masked[1..].iter().enumerate() {
                    assert_eq!(*byte, i as u8 ^ key[((position + i as u64) % 4) as usize]);
                }
            }
        }
    }
}
