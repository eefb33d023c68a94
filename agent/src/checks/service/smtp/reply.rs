//! Replies of SMTP (RFC 5321 §4.2): lines of three digits and a text, all but the last with a dash between the two.

use std::io::{Read, Result};

use crate::net::read_until;

/// The most bytes of one reply: EHLO of a large server is 500.
pub const LONGEST: usize = 8 * 1024;

/// A whole reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub first_line: Vec<u8>,
    /// The first words of all lines but the first.
    keywords: Vec<Vec<u8>>,
}

impl Reply {
    /// Whether an EHLO names this extension.
    pub fn has_keyword(&self, keyword: &[u8]) -> bool {
        self.keywords.iter().any(|word| word.eq_ignore_ascii_case(keyword))
    }
}

/// The next reply, what follows it stays in the buffer; or what was said, if that is no reply.
pub fn read_reply(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
) -> Result<std::result::Result<Reply, Vec<u8>>> {
    let (reply, length) = read_until(stream, buffer, |bytes| {
        Ok(match first_reply(bytes) {
            Taken::Whole(reply, length) => Some((Ok(reply), length)),
            Taken::Odd(said) => Some((Err(said), 0)),
            Taken::Part if bytes.len() > LONGEST => Some((Err(bytes.to_vec()), bytes.len())),
            Taken::Part => None,
        })
    })?;
    buffer.drain(..length);
    Ok(reply)
}

enum Taken {
    /// With the number of its bytes.
    Whole(Reply, usize),
    Part,
    Odd(Vec<u8>),
}

fn first_reply(bytes: &[u8]) -> Taken {
    let mut reply: Option<Reply> = None;
    let mut length = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        let whole = line.ends_with(b"\n");
        let text = line.trim_ascii_end();
        let Some(code) =
            code_of(text, whole).filter(|code| reply.as_ref().is_none_or(|it| it.code == *code || !whole))
        else {
            return Taken::Odd(text.to_vec());
        };
        if !whole {
            return Taken::Part;
        }
        match &mut reply {
            None => reply = Some(Reply { code, first_line: text.to_vec(), keywords: Vec::new() }),
            Some(reply) => {
                let words = text.get(4..).unwrap_or_default();
                let word = words.split(|&byte| byte == b' ').next().unwrap_or_default();
                reply.keywords.push(word.to_vec());
            }
        }
        if text.get(3) != Some(&b'-') {
            return reply.map_or(Taken::Part, |reply| Taken::Whole(reply, length));
        }
    }
    Taken::Part
}

/// The code of a line, 0 of one whose end may still bring it; what does not begin as a reply never becomes one.
fn code_of(text: &[u8], whole: bool) -> Option<u16> {
    let digits = text.get(..text.len().min(3))?;
    let right = digits.iter().enumerate().all(|(place, byte)| match place {
        0 => (b'2'..=b'5').contains(byte),
        _ => byte.is_ascii_digit(),
    });
    let separated = matches!(text.get(3), None | Some(b' ' | b'-'));
    if !right || !separated || (whole && digits.len() < 3) {
        return None;
    }
    if whole { std::str::from_utf8(digits).ok()?.parse().ok() } else { Some(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::test_server::Random;

    fn read(text: &str) -> std::result::Result<Reply, Vec<u8>> {
        read_reply(&mut text.as_bytes(), &mut Vec::new()).unwrap()
    }

    #[test]
    fn a_reply_is_all_of_its_lines() {
        let reply = read("250-host Hello\r\n250-SIZE 52428800\r\n250-starttls\r\n250 HELP\r\n").unwrap();
        assert_eq!((reply.code, &reply.first_line[..]), (250, &b"250-host Hello"[..]));
        for (keyword, has) in
            [("SIZE", true), ("STARTTLS", true), ("HELP", true), ("host", false), ("S", false)]
        {
            assert_eq!(reply.has_keyword(keyword.as_bytes()), has, "{keyword}");
        }
        assert_eq!(read("220\r\n").unwrap().code, 220);
        assert_eq!(read("220 host\n").unwrap().first_line, b"220 host");
    }

    #[test]
    fn what_follows_stays_in_the_buffer() {
        let mut buffer = Vec::new();
        let reply = read_reply(&mut &b"220 go\r\n250 injected\r\n"[..], &mut buffer).unwrap().unwrap();
        assert_eq!((reply.code, &buffer[..]), (220, &b"250 injected\r\n"[..]));
    }

    #[test]
    fn what_is_no_reply_is_told_at_once() {
        for text in [
            "HTTP/1.1 400",
            "2",
            "22",
            "220host\r\n",
            "199 a\r\n",
            "600 a\r\n",
            "220-a\r\n221 b\r\n",
            "\r\n",
            "-",
            "2é0 a",
        ] {
            let said = read_reply(&mut text.as_bytes(), &mut Vec::new());
            assert!(!matches!(said, Ok(Ok(_))), "{text}: {said:?}");
        }
        assert_eq!(read("* OK IMAP"), Err(b"* OK IMAP".to_vec()));
        assert!(read(&format!("220-{}", "a".repeat(LONGEST))).is_err());
        assert!(read(&"220-a\r\n".repeat(LONGEST)).is_err());
    }

    #[test]
    fn no_reply_makes_it_panic() {
        let mut random = Random(42);
        for _ in 0..20_000 {
            let bytes = random.damaged(b"220 host\r\n250-host\r\n250-STARTTLS\r\n250 HELP\r\n");
            let (mut rest, mut buffer) = (&bytes[..], Vec::new());
            while let Ok(Ok(reply)) = read_reply(&mut rest, &mut buffer) {
                assert!((200..600).contains(&reply.code));
            }
        }
    }
}
