//! The masking of RFC 6455 section 5.3: XOR with a repeated key of four bytes, on wide words.

/// Where masking keys come from.
pub(crate) trait MaskingKeys {
    /// A fresh, unpredictable key; `None` when the random number generator fails.
    fn next_key(&mut self) -> Option<[u8; 4]>;
}

impl<F: FnMut() -> Option<[u8; 4]>> MaskingKeys for F {
    fn next_key(&mut self) -> Option<[u8; 4]> {
        self()
    }
}

/// Appends `bytes` to `out`, masked with `key`; the first of them is at `position` in the frame's payload.
#[inline(always)]
pub(super) fn append(key: [u8; 4], position: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let key = u32::from_le_bytes(key).rotate_right(8 * (position % 4) as u32);
    let pattern = u64::from(key) << 32 | u64::from(key);
    match bytes.len() < size_of::<Block>() {
        true => append_words(pattern, bytes, out),
        false => append_blocks(pattern, bytes, out),
    }
}

#[inline(always)]
fn append_words(pattern: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let wide = u128::from(pattern) << 64 | u128::from(pattern);
    let (words, rest) = bytes.as_chunks();
    for word in words {
        out.extend_from_slice(&(u128::from_le_bytes(*word) ^ wide).to_le_bytes());
    }
    if !rest.is_empty() {
        let mut word = [0; size_of::<u128>()];
        word[..rest.len()].copy_from_slice(rest);
        let masked = (u128::from_le_bytes(word) ^ wide).to_le_bytes();
        out.extend_from_slice(&masked[..rest.len()]);
    }
}

/// So wide that the compiler makes vector code of it on every target.
type Block = [u8; 64];

#[inline(never)]
fn append_blocks(pattern: u64, bytes: &[u8], out: &mut Vec<u8>) {
    let mut mask: Block = [0; 64];
    for word in mask.as_chunks_mut().0 {
        *word = pattern.to_le_bytes();
    }
    out.reserve(bytes.len());
    let (blocks, rest) = bytes.as_chunks();
    for block in blocks {
        out.extend_from_slice(&masked(block, &mask));
    }
    append_words(pattern, rest, out);
}

fn masked(block: &Block, mask: &Block) -> Block {
    std::array::from_fn(|i| block[i] ^ mask[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_position_agrees_with_the_definition() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..200usize {
            for position in [0u64, 1, 2, 3, 4, 7, (1 << 30) + 1, 1 << 33, u64::MAX - 200] {
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
