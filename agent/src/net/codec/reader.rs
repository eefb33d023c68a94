//! Bytes that are taken apart from front to back.

/// What is still to be read; every method gives none where there is too little of it.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes, so many.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// As `take`, where the count is known beforehand.
    pub fn array<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// A number of at most eight bytes, the highest first.
    pub fn be(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// A number of at most eight bytes, the lowest first.
    pub fn le(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// A number of seven bits a byte, the lowest first, in at most ten bytes.
    pub fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The bytes before the next zero, which is stepped over.
    pub fn until_zero(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let text = self.take(end);
        self.take(1)?;
        text
    }
}

/// Adds a number of seven bits a byte, the lowest first.
pub fn write_varint(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_either_end() {
        let mut reader = Reader::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9, b'a', 0, b'b']);
        assert_eq!(reader.be(2), Some(0x0102));
        assert_eq!(reader.le(3), Some(0x05_0403));
        assert_eq!((reader.byte(), reader.array()), (Some(6), Some([7, 8])));
        assert_eq!((reader.take(1), reader.until_zero()), (Some(&[9][..]), Some(&b"a"[..])));
        assert_eq!((reader.until_zero(), reader.be(2), reader.rest()), (None, None, &b"b"[..]));
        assert_eq!((reader.be(0), reader.byte(), reader.byte()), (Some(0), Some(b'b'), None));
        assert!(reader.is_empty());
        assert_eq!(Reader::new(&[0xff; 8]).be(8), Some(u64::MAX));
    }

    #[test]
    fn what_is_written_as_a_varint_is_read() {
        for number in [0, 1, 127, 128, 300, 16_383, 16_384, usize::MAX] {
            let mut bytes = Vec::new();
            write_varint(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).varint(), Some(number as u64));
        }
        assert_eq!(Reader::new(&[0xac, 0x02]).varint(), Some(300));
        for bytes in [&[][..], &[0x80], &[0xff; 11]] {
            assert_eq!(Reader::new(bytes).varint(), None);
        }
    }
}
