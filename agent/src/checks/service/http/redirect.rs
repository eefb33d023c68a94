//! Where a redirect leads (RFC 9110 §15.4, RFC 3986 §5.2).

/// In bytes: a longer one is followed nowhere.
const LONGEST: usize = 2048;

/// Whom a request names, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub secure: bool,
    /// As in the header `Host`.
    pub authority: String,
    /// With its query.
    pub path: String,
}

/// Whether a status sends the client elsewhere, if the response says where.
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether what follows a status is asked for by `GET`, whatever the method was, as by any client: only 307 and 308 keep it.
pub fn becomes_get(status: u16) -> bool {
    matches!(status, 301..=303)
}

impl Resource {
    /// The host, without the brackets of an address, and the port.
    pub fn place(&self) -> Option<(&str, u16)> {
        let (host, port) = match self.authority.rsplit_once(':').filter(|_| !self.authority.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok().filter(|&port| port > 0)?),
            None => (self.authority.as_str(), if self.secure { 443 } else { 80 }),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (!bare.is_empty()).then_some((bare, port))
    }

    /// What the `Location` of a response to this leads to; none if it is nothing that HTTP could ask for.
    pub fn redirected(&self, location: &[u8]) -> Option<Self> {
        if location.len() > LONGEST || location.iter().any(u8::is_ascii_control) {
            return None;
        }
        let text: String = location.iter().copied().map(written).collect();
        let text = text.split('#').next()?;
        let (secure, rest) = match text.split_once("//") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http:") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https:") => (true, rest),
            Some(("", rest)) => (self.secure, rest),
            _ => return self.at(text),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A login in it is one that the peer made up.
        if authority.contains('@') {
            return None;
        }
        let path = if path.starts_with('/') { without_dots(path) } else { format!("/{path}") };
        let resource = Self { secure, authority: authority.to_owned(), path };
        resource.place().is_some().then_some(resource)
    }

    /// Another path of the same server; none for a reference of another scheme.
    fn at(&self, reference: &str) -> Option<Self> {
        let own = self.path.split('?').next().unwrap_or_default();
        let first = reference.split(['/', '?']).next().unwrap_or_default();
        let path = match reference.chars().next() {
            None => self.path.clone(),
            Some('/') => without_dots(reference),
            Some('?') => format!("{own}{reference}"),
            Some(_) if first.contains(':') => return None,
            Some(_) => {
                let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
                without_dots(&format!("{folder}/{reference}"))
            }
        };
        Some(Self { path, ..self.clone() })
    }
}

/// A byte of a reference as it may stand in a request.
fn written(byte: u8) -> String {
    match byte {
        b'!'..=b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// The path with its `.` and `..` resolved; the query stays.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            ".." => drop(kept.pop()),
            "." => {}
            plain => kept.push(plain),
        }
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(location: &str) -> Option<String> {
        let here = Resource { secure: false, authority: "a:8080".into(), path: "/x/y?z=1".into() };
        let there = here.redirected(location.as_bytes())?;
        let scheme = if there.secure { "https" } else { "http" };
        Some(format!("{scheme}://{}{}", there.authority, there.path))
    }

    #[test]
    fn a_location_is_resolved_as_by_a_browser() {
        for (location, there) in [
            ("https://b", "https://b/"),
            ("HTTP://b:1/c?d#e", "http://b:1/c?d"),
            ("http://[::1]:8080?q", "http://[::1]:8080/?q"),
            ("//b/c", "http://b/c"),
            ("/c//d", "http://a:8080/c//d"),
            ("?c", "http://a:8080/x/y?c"),
            ("c", "http://a:8080/x/c"),
            ("./c/../d/.", "http://a:8080/x/d/"),
            ("../../../c?e=//f", "http://a:8080/c?e=//f"),
            ("", "http://a:8080/x/y?z=1"),
            ("#c", "http://a:8080/x/y?z=1"),
            ("/b c/é", "http://a:8080/b%20c/%C3%A9"),
        ] {
            assert_eq!(from(location).as_deref(), Some(there), "{location}");
        }
        let long = "a".repeat(LONGEST + 1);
        for location in [
            "ftp://b",
            "javascript:1",
            "http://",
            "http://:80",
            "http://me:x@b/",
            "http://b:0/",
            "http://b:x/",
            "a\u{7}b",
            "http://b:8 0/",
            &long,
        ] {
            assert_eq!(from(location), None, "{location}");
        }
    }
}
