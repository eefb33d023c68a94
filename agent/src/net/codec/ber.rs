//! As much of BER (X.690) as LDAP uses (RFC 4511 §5.1), and of DER as certificates do: tags of one byte, definite lengths.

/// The tag, the content, and what comes after; none if there is no whole element.
pub fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, start, length) = head(bytes).ok()??;
    let (content, rest) = bytes.get(start..)?.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// No element begins like this.
#[derive(Debug, PartialEq, Eq)]
pub struct Odd;

/// The tag of an element, where its content starts, and its length; none while that is still to come.
pub fn head(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Odd> {
    let &[tag, first, ref after @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Odd);
    }
    // Active Directory writes every length in four bytes, however small.
    match first {
        0..=0x7f => Ok(Some((tag, 2, usize::from(first)))),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let Some(digits) = after.get(..count) else { return Ok(None) };
            let length = digits.iter().fold(0_usize, |sum, &digit| sum << 8 | usize::from(digit));
            Ok(Some((tag, 2 + count, length)))
        }
        _ => Err(Odd),
    }
}

/// The value of an integer or an enumeration that is not negative and fits.
pub fn number(content: &[u8]) -> Option<u32> {
    match content {
        [first, ..] if *first < 0x80 && content.len() <= 4 => {
            Some(content.iter().fold(0, |sum, &digit| sum << 8 | u32::from(digit)))
        }
        _ => None,
    }
}

/// An element with these parts as its content.
pub fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => bytes.push(short),
        _ => {
            // A DN and a password together are far below 64 KiB.
            let [.., high, low] = length.to_be_bytes();
            bytes.extend([0x82, high, low]);
        }
    }
    bytes.extend(parts.concat());
    bytes
}

/// An integer or an enumeration.
pub fn write_number(tag: u8, value: u16) -> Vec<u8> {
    let [high, low] = value.to_be_bytes();
    // The first bit is the sign, so a zero goes before one that is set.
    match (high, low) {
        (0, 0..0x80) => write(tag, &[&[low]]),
        (0..0x80, _) => write(tag, &[&[high, low]]),
        _ => write(tag, &[&[0, high, low]]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 5000] {
            let content = vec![7; length];
            let mut bytes = write(4, &[&content, b"end"]);
            bytes.push(9);
            let (tag, read, rest) = element(&bytes).unwrap();
            assert_eq!((tag, read.len(), rest), (4, length + 3, &[9][..]));
        }
        for value in [0, 1, 127, 128, 255, 256, 32767, 32768, 65535] {
            let bytes = write_number(2, value);
            assert_eq!(number(element(&bytes).unwrap().1), Some(u32::from(value)));
        }
    }

    #[test]
    fn lengths_may_be_longer_than_they_need() {
        assert_eq!(element(&[4, 0x84, 0, 0, 0, 1, 7]), Some((4, &[7][..], &[][..])));
        for odd in [&[0x1f, 0][..], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0xff]] {
            assert_eq!(head(odd), Err(Odd));
        }
        for part in [&[][..], &[0x30], &[0x30, 0x82, 1]] {
            assert_eq!(head(part), Ok(None));
        }
        assert_eq!(element(&[0x30, 2, 1]), None);
    }

    #[test]
    fn numbers_are_small_and_not_negative() {
        for content in [&[][..], &[0x80], &[0, 0, 0, 0, 1]] {
            assert_eq!(number(content), None);
        }
    }
}
