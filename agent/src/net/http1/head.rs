//! The head of a request, and of a response: its status line and headers (RFC 9112 §3 to §5).

use std::io::{Read, Result};

use super::body::{BODY_LIMIT, Framing};
use crate::net::{ProtocolError, quote, read_until};
use crate::version::USER_AGENT;

/// The status line and the headers, as most servers and proxies limit them.
pub const HEAD_LIMIT: usize = 16 * 1024;

/// Of one response, with twice the body, for what the framing of tiny chunks and interim responses add.
pub const LIMIT: usize = HEAD_LIMIT + 2 * BODY_LIMIT;

/// The head of a request, as text: `headers` are whole lines.
pub fn request(method: &str, path: &str, host: &str, headers: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: */*\r\n{headers}\r\n"
    )
}

/// What a check needs to know of a response before its body.
pub struct Head {
    pub status: u16,
    reason: String,
    chunked: bool,
    content_length: Option<usize>,
    /// Whether another request can follow on the connection (RFC 9112 §9.3).
    pub keeps: bool,
    /// The bytes up to the body.
    pub length: usize,
}

impl Head {
    /// The head at the front of the bytes, none as long as it is not complete.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>> {
        let start = &bytes[..bytes.len().min(7)];
        if start != &b"HTTP/1."[..start.len()] {
            return Err(ProtocolError::because(format!("answer is not HTTP: {:?}", quote(bytes))).into());
        }
        let Some(length) = end(&bytes[..bytes.len().min(HEAD_LIMIT)]) else {
            return match bytes.len() {
                ..HEAD_LIMIT => Ok(None),
                _ => {
                    Err(ProtocolError::because(format!("headers are longer than {HEAD_LIMIT} bytes")).into())
                }
            };
        };
        let mut lines = bytes[..length].split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.next().unwrap_or_default();
        let (status, reason) = status(first)
            .ok_or_else(|| ProtocolError::because(format!("status line is malformed: {:?}", quote(first))))?;
        let keeps = !first.starts_with(b"HTTP/1.0");
        let mut head = Self { status, reason, chunked: false, content_length: None, keeps, length };
        for line in lines {
            head.header(line);
        }
        Ok(Some(head))
    }

    /// Whether it is the final one: any number of interim 1xx responses may come before, 101 ends the talk.
    pub fn last(&self) -> bool {
        self.status >= 200 || self.status == 101
    }

    /// `status 503 Service Unavailable`.
    pub fn text(&self) -> String {
        format!("status {} {}", self.status, self.reason).trim_end().to_owned()
    }

    /// How the body is framed (RFC 9112 §6.3).
    pub fn framing(&self, head_only: bool) -> Framing {
        match (self.chunked, self.content_length) {
            _ if head_only || self.status < 200 || matches!(self.status, 204 | 304) => Framing::Length(0),
            (true, _) => Framing::Chunked,
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::Close,
        }
    }

    fn header(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            // Chunked is the last coding wherever it is used: RFC 9112 §6.1.
            self.chunked = value.to_ascii_lowercase().ends_with(b"chunked");
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.content_length = str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
        } else if name.eq_ignore_ascii_case(b"connection") {
            self.keeps &= !value.to_ascii_lowercase().ends_with(b"close");
        }
    }
}

/// Reads the final head; the interim ones before it are passed over, what follows it stays in the buffer.
pub fn read_head(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Result<Head> {
    loop {
        let head = read_until(stream, buffer, Head::read)?;
        buffer.drain(..head.length);
        if head.last() {
            return Ok(head);
        }
    }
}

/// The length up to and with the empty line; a bare line feed ends a line too (RFC 9112 §2.2).
fn end(bytes: &[u8]) -> Option<usize> {
    let empty = |rest: &[u8]| match rest {
        [b'\n', b'\n', ..] => Some(2),
        [b'\n', b'\r', b'\n', ..] => Some(3),
        _ => None,
    };
    (0..bytes.len()).find_map(|at| empty(&bytes[at..]).map(|length| at + length))
}

/// `HTTP/1.1 200 OK` as the code and the words after it.
fn status(line: &[u8]) -> Option<(u16, String)> {
    let (version, rest) = line.split_at_checked(9)?;
    let (code, reason) = rest.split_at_checked(3)?;
    let spaced =
        version[7].is_ascii_digit() && version[8] == b' ' && matches!(reason.first(), None | Some(b' '));
    let code = str::from_utf8(code).ok()?.parse().ok().filter(|code| (100..=999).contains(code))?;
    spaced.then(|| (code, quote(reason)))
}
