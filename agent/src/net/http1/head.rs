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
    /// The proof that the peer opens a WebSocket.
    pub websocket_accept: Option<Vec<u8>>,
    /// Whether another request can follow on the connection (RFC 9112 §9.3).
    pub keeps: bool,
    /// What is wrong with it, as the end of a sentence, though its status is known: a stricter client takes no such response.
    pub flaw: Option<&'static str>,
}

impl Head {
    /// The head of this status line.
    fn begin(line: &[u8], redaction: Redaction) -> Result<Self> {
        let line = line.trim_ascii();
        let (status, reason) =
            status(line).ok_or_else(|| redaction.because("status line is malformed", line))?;
        let reason = if redaction == Redaction::None { reason } else { String::new() };
        let keeps = !line.starts_with(b"HTTP/1.0");
        Ok(Self {
            status,
            reason,
            chunked: false,
            content_length: None,
            location: None,
            websocket_accept: None,
            keeps,
            flaw: None,
        })
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

    fn header(&mut self, line: &[u8], is_first: bool) {
        self.flaw = self.flaw.or_else(|| flaw(line, is_first));
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            // Chunked is the last coding wherever it is used: RFC 9112 §6.1.
            self.chunked = value.to_ascii_lowercase().ends_with(b"chunked");
            if !value.eq_ignore_ascii_case(b"chunked") {
                self.flaw = Some("its Transfer-Encoding is not chunked");
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
            if length.is_none() {
                self.flaw = Some("its Content-Length is no length");
            } else if self.content_length.is_some_and(|other| Some(other) != length) {
                self.flaw = Some("it has two Content-Lengths");
            }
            self.content_length = length;
        } else if name.eq_ignore_ascii_case(b"location") {
            // Of nothing, it says as much as none.
            self.location = (!value.is_empty()).then(|| value.to_vec());
        } else if name.eq_ignore_ascii_case(b"sec-websocket-accept") {
            self.websocket_accept = Some(value.to_vec());
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
        let mut is_first = true;
        loop {
            match read_line(stream, buffer, &mut left, |_| Ok(()))?.as_slice() {
                [] => break,
                line => head.header(line, is_first),
            }
            is_first = false;
        }
        if head.last() {
            return Ok(head);
        }
    }
}

/// What a line of headers has that the kubelet's client refuses (RFC 9110 §5.5, §5.6.2). As that, this takes a line that goes on
/// from the one before, and a space in a name.
fn flaw(line: &[u8], is_first: bool) -> Option<&'static str> {
    let goes_on = matches!(line.first(), Some(b' ' | b'\t'));
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~ ".contains(byte);
    let colon = line.iter().position(|&byte| byte == b':');
    match colon {
        _ if goes_on && is_first => Some("its first header begins with a space"),
        _ if line.iter().any(|&byte| byte.is_ascii_control() && byte != b'\t') => {
            Some("a header holds a control character")
        }
        _ if goes_on => None,
        None => Some("a header has no colon"),
        Some(colon) if colon == 0 || !line[..colon].iter().all(of_name) => {
            Some("a header has a name that HTTP does not allow")
        }
        Some(_) => None,
    }
}

/// An error for what is no beginning of a response. As to the kubelet, any version will do that is written as one.
fn begins_as_http(bytes: &[u8], redaction: Redaction) -> Result<()> {
    let is_so = bytes.iter().take(8).enumerate().all(|(at, byte)| match at {
        5 | 7 => byte.is_ascii_digit(),
        _ => *byte == b"HTTP/0.0"[at],
    });
    match is_so {
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
        let line = kept.get_or_insert_with(|| buffer[..length].to_vec());
        buffer.drain(..length);
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
    let (code, reason) = rest.trim_ascii_start().split_at_checked(3)?;
    let spaced =
        version[7].is_ascii_digit() && version[8] == b' ' && matches!(reason.first(), None | Some(b' '));
    let code = str::from_utf8(code).ok()?.parse().ok().filter(|code| (100..=999).contains(code))?;
    spaced.then(|| (code, quote(reason)))
}
