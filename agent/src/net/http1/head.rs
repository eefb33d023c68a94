//! The head of a request, and of a response: its status line and headers (RFC 9112 §3 to §5).

use std::io::{Read, Result};

use super::body::{BODY_LIMIT, Framing};
use crate::net::{ProtocolError, Redaction, quote, read_until};

/// How much is read of the heads of a response, interim ones too, of which a line at a time is kept: as much as the kubelet
/// takes (`MaxResponseHeaderBytes` of Go).
pub const HEAD_LIMIT: usize = 10 * 1024 * 1024;

/// How much of a line is kept: of a longer one only the beginning says anything here.
const LINE_LIMIT: usize = 8 * 1024;

/// Of one response; the framing of chunks of one byte is six times the body.
pub const LIMIT: usize = HEAD_LIMIT + 7 * BODY_LIMIT;

/// The head of a request, as text: `headers` are whole lines.
pub fn request(method: &str, path: &str, host: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n")
}

/// What a check needs to know of a response before its body.
pub struct Head {
    pub status: u16,
    reason: String,
    chunked: bool,
    content_length: Option<usize>,
    /// Where the peer sends the client, as it is written.
    pub location: Option<Vec<u8>>,
    /// Whether another request can follow on the connection (RFC 9112 §9.3).
    pub keeps: bool,
}

impl Head {
    /// The head of this status line.
    fn begin(line: &[u8], redaction: Redaction) -> Result<Self> {
        let line = line.trim_ascii();
        let (status, reason) =
            status(line).ok_or_else(|| redaction.because("status line is malformed", line))?;
        let reason = if redaction == Redaction::None { reason } else { String::new() };
        let keeps = !line.starts_with(b"HTTP/1.0");
        Ok(Self { status, reason, chunked: false, content_length: None, location: None, keeps })
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
        } else if name.eq_ignore_ascii_case(b"location") {
            self.location = Some(value.to_vec());
        } else if name.eq_ignore_ascii_case(b"connection") {
            self.keeps &= !value.to_ascii_lowercase().ends_with(b"close");
        }
    }
}

/// Reads the final head; the interim ones before it are passed over, what follows it stays in the buffer.
pub fn read_head(stream: &mut impl Read, buffer: &mut Vec<u8>, redaction: Redaction) -> Result<Head> {
    let mut left = HEAD_LIMIT;
    loop {
        let mut head = Head::begin(
            &read_line(stream, buffer, &mut left, |bytes| begins_as_http(bytes, redaction))?,
            redaction,
        )?;
        loop {
            match read_line(stream, buffer, &mut left, |_| Ok(()))?.as_slice() {
                [] => break,
                line => head.header(line),
            }
        }
        if head.last() {
            return Ok(head);
        }
    }
}

/// An error for what is no beginning of a response.
fn begins_as_http(bytes: &[u8], redaction: Redaction) -> Result<()> {
    let start = &bytes[..bytes.len().min(7)];
    match start == &b"HTTP/1."[..start.len()] {
        true => Ok(()),
        false => Err(redaction.because("answer is not HTTP", bytes).into()),
    }
}

/// The next line off the buffer without its end, which may be a bare line feed (RFC 9112 §2.2); of a long one the beginning.
fn read_line(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
    left: &mut usize,
    looks_right: impl Fn(&[u8]) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut kept: Option<Vec<u8>> = None;
    loop {
        let (length, whole) = read_until(stream, buffer, |bytes| {
            if kept.is_none() {
                looks_right(bytes)?;
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            Ok(end.map(|end| (end + 1, true)).or((bytes.len() > LINE_LIMIT).then_some((bytes.len(), false))))
        })?;
        *left = left
            .checked_sub(length)
            .ok_or_else(|| ProtocolError::because(format!("headers are longer than {HEAD_LIMIT} bytes")))?;
        let rest = buffer.split_off(length);
        let piece = std::mem::replace(buffer, rest);
        let line = kept.get_or_insert(piece);
        if whole {
            line.truncate(LINE_LIMIT);
            while let [.., b'\r' | b'\n'] = line[..] {
                line.pop();
            }
            return Ok(kept.unwrap_or_default());
        }
    }
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
