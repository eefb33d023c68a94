//! An HTTP response as a value, and its bytes.

/// An answer; the connection is closed after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: String,
    pub content_type: &'static str,
    /// The methods that the path has, with a 405.
    pub allow: Option<&'static str>,
    /// The push check that the application has just reported to.
    pub reported: Option<usize>,
}

impl Response {
    /// One line of plain text.
    pub fn text(status: u16, line: &str) -> Self {
        Self::of(status, format!("{line}\n"), "text/plain; charset=utf-8")
    }

    /// The answer to what cannot be answered: the words of its status.
    pub fn error(status: u16) -> Self {
        Self::text(status, phrase(status))
    }

    /// An answer with a body of any type.
    pub fn of(status: u16, body: String, content_type: &'static str) -> Self {
        Self { status, body, content_type, allow: None, reported: None }
    }

    /// The bytes on the wire; a HEAD gets the same headers without the body, as RFC 9110 has it.
    pub fn encode(&self, head_only: bool) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\nConnection: close\r\n", self.status, phrase(self.status));
        if self.status != 204 {
            let (kind, length) = (self.content_type, self.body.len());
            text.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n"));
            text.push_str("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
        }
        if let Some(methods) = self.allow {
            text.push_str(&format!("Allow: {methods}\r\n"));
        }
        text.push_str("\r\n");
        if !head_only && self.status != 204 {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        300 => "Multiple Choices",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        414 => "URI Too Long",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        _ => "Service Unavailable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_has_the_length_of_the_body_and_no_body() {
        let response = Response::text(200, "ok");
        let whole = String::from_utf8(response.encode(false)).unwrap();
        assert!(whole.starts_with("HTTP/1.1 200 OK\r\nConnection: close\r\n"), "{whole}");
        assert!(whole.contains("\r\nContent-Length: 3\r\n") && whole.ends_with("\r\n\r\nok\n"), "{whole}");
        let head = String::from_utf8(response.encode(true)).unwrap();
        assert_eq!(head + "ok\n", whole);
    }

    #[test]
    fn no_content_has_no_length() {
        let text = String::from_utf8(Response::of(204, String::new(), "").encode(false)).unwrap();
        assert_eq!(text, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }
}
