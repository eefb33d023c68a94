//! The Huffman code of HPACK (RFC 7541 §5.2, Appendix B).

/// The length of each byte's code. The code is canonical (shorter codes first, then in the order of the bytes), so its
/// lengths are all of it. The end-of-string symbol, 30 ones, is never a byte.
#[rustfmt::skip]
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

const LONGEST: usize = 30;

/// How many codes there are of each length.
const COUNTS: [u32; LONGEST + 1] = {
    let mut counts = [0; LONGEST + 1];
    let mut byte = 0;
    while byte < 256 {
        counts[LENGTHS[byte] as usize] += 1;
        byte += 1;
    }
    counts
};

/// The bytes in the order of their codes.
const ORDER: [u8; 256] = {
    let mut order = [0; 256];
    let (mut length, mut at) = (0, 0);
    while length <= LONGEST {
        let mut byte = 0;
        while byte < 256 {
            if LENGTHS[byte] as usize == length {
                order[at] = byte as u8;
                at += 1;
            }
            byte += 1;
        }
        length += 1;
    }
    order
};

/// The bytes that a coded string stands for, or none if it is not one; at most 8/5 as many.
pub fn decode(coded: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(coded.len() * 8 / 5);
    // The code so far; the first code of its length, and how many codes are shorter.
    let (mut code, mut first, mut shorter, mut length) = (0_u32, 0_u32, 0_u32, 0_usize);
    for bit in coded.iter().flat_map(|byte| (0..8).rev().map(move |at| u32::from(byte >> at & 1))) {
        code = code << 1 | bit;
        first <<= 1;
        length += 1;
        let count = *COUNTS.get(length)?;
        if code - first < count {
            bytes.push(*ORDER.get((shorter + code - first) as usize)?);
            (code, first, shorter, length) = (0, 0, 0, 0);
        } else {
            first += count;
            shorter += count;
        }
    }
    // What is left over is padding: less than a byte, and all ones.
    (length < 8 && code == (1 << length) - 1).then_some(bytes)
}
