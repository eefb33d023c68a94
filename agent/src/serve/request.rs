//! The head of an HTTP request, RFC 9112, as far as a probe needs it.

use std::time::Duration;

/// The most bytes of a request line and its headers.
pub const LONGEST_HEAD: usize = 8192;

/// What has arrived so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    Incomplete,
    /// The status that refuses it.
    Refused(u16),
    Complete(Request),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without the query, percent-encoding kept.
    pub path: String,
    pub query: String,
    /// Whether it says of itself that the kubelet sent it.
    pub kubelet: bool,
    /// How long Prometheus says that it waits.
    pub scrape_timeout: Option<Duration>,
}

/// Reads the request line once the whole head is there, and of the headers only who asks. Empty lines before it do not
/// count (RFC 9112 §2.2).
pub fn parse(bytes: &[u8]) -> Head {
    let begins = bytes.iter().take(LONGEST_HEAD).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let (_, bytes) = bytes.split_at(begins);
    let length = head_length(bytes);
    if length.unwrap_or(bytes.len()) > LONGEST_HEAD {
        let line = bytes.iter().take(LONGEST_HEAD).any(|&byte| byte == b'\n');
        return Head::Refused(if line { 431 } else { 414 });
    }
    if length.is_none() {
        return Head::Incomplete;
    }
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let line = lines.next().unwrap_or_default();
    let request = std::str::from_utf8(line).ok().and_then(request_line);
    let headers: Vec<_> = lines.collect();
    let kubelet = headers.iter().any(|header| is_of_kubelet(header));
    let scrape_timeout = headers.iter().find_map(|header| scrape_timeout(header));
    request
        .map_or(Head::Refused(400), |request| Head::Complete(Request { kubelet, scrape_timeout, ..request }))
}

/// Up to the empty line, if it has come.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let end =
        |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark).map(|at| at + mark.len());
    [end(b"\r\n\r\n"), end(b"\n\n")].into_iter().flatten().min()
}

/// The kubelet names itself and its version, as in `kube-probe/1.35`.
fn is_of_kubelet(header: &[u8]) -> bool {
    value(header, b"user-agent:").is_some_and(|value| value.starts_with(b"kube-probe/"))
}

/// Prometheus says how long a scrape may take, in seconds with a fraction.
fn scrape_timeout(header: &[u8]) -> Option<Duration> {
    let seconds = std::str::from_utf8(value(header, b"x-prometheus-scrape-timeout-seconds:")?).ok()?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let milliseconds =
        fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0'));
    Duration::from_secs(whole.parse().ok()?).checked_add(Duration::from_millis(milliseconds))
}

fn value<'a>(header: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let (name, value) = header.split_at_checked(wanted.len())?;
    name.eq_ignore_ascii_case(wanted).then(|| value.trim_ascii())
}

fn request_line(line: &str) -> Option<Request> {
    let mut words = line.trim_end_matches('\r').split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let known = matches!(version, "HTTP/1.1" | "HTTP/1.0") && words.next().is_none();
    let target = origin_form(target);
    let plain = !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_uppercase())
        && target.starts_with('/')
        && target.bytes().all(|byte| byte.is_ascii_graphic());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let [method, path, query] = [method, path, query].map(str::to_owned);
    (known && plain).then_some(Request { method, path, query, ..Request::default() })
}

/// The target without the scheme and the host that a client puts in front of it for a proxy (RFC 9112 §3.2.2).
fn origin_form(target: &str) -> &str {
    let scheme =
        target.split_at_checked("http://".len()).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http://"));
    match scheme {
        None => target,
        Some((_, rest)) => rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_name_the_host_and_come_after_empty_lines() {
        for (text, path, query) in [
            ("GET http://a:9440/livez/b?verbose HTTP/1.1", "/livez/b", "verbose"),
            ("GET HTTP://a HTTP/1.1", "/", ""),
            ("\r\n\r\nGET /livez HTTP/1.1", "/livez", ""),
            ("\nGET /livez HTTP/1.1", "/livez", ""),
        ] {
            let Head::Complete(request) = parse(format!("{text}\r\nHost: a\r\n\r\n").as_bytes()) else {
                panic!("{text:?}");
            };
            assert_eq!((request.path.as_str(), request.query.as_str()), (path, query), "{text:?}");
        }
        assert_eq!(parse(b"\r\n\r\n"), Head::Incomplete);
    }

    #[test]
    fn a_request_is_read_once_its_head_is_whole() {
        let text = b"GET /livez/a?verbose&x=1 HTTP/1.1\r\nHost: a\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(parse(&text[..end]), Head::Incomplete);
        }
        let (path, query) = ("/livez/a".into(), "verbose&x=1".into());
        let request = Request { method: "GET".into(), path, query, ..Request::default() };
        assert_eq!(parse(text), Head::Complete(request));
    }

    #[test]
    fn the_kubelet_is_known_by_its_name() {
        let kubelet =
            |header: &str| match parse(format!("GET / HTTP/1.1\r\nA: b\r\n{header}\r\n\r\n").as_bytes()) {
                Head::Complete(request) => request.kubelet,
                head => panic!("{head:?}"),
            };
        assert!(kubelet("User-Agent: kube-probe/1.35"));
        assert!(kubelet("user-agent:kube-probe/1.29+"));
        for other in [
            "User-Agent: curl/8.0",
            "User-Agent: not kube-probe/1.35",
            "X-User-Agent: kube-probe/1.35",
            "User-Agent:",
            "u",
        ] {
            assert!(!kubelet(other), "{other}");
        }
    }

    #[test]
    fn prometheus_says_how_long_it_waits() {
        let waits = |value: &str| {
            let text =
                format!("GET / HTTP/1.1\r\nA: b\r\nx-prometheus-Scrape-Timeout-Seconds: {value}\r\n\r\n");
            match parse(text.as_bytes()) {
                Head::Complete(request) => request.scrape_timeout,
                head => panic!("{head:?}"),
            }
        };
        assert_eq!(waits("2.5"), Some(Duration::from_millis(2_500)));
        for odd in
            ["", ".", "a", "-1", "+1", "NaN", "inf", "1e3", "1 2", "1.-1", "99999999999999999999", "\u{ff11}"]
        {
            assert_eq!(waits(odd), None, "{odd}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        let lines = [
            "GET",
            "GET /",
            "GET / HTTP/2.0",
            "GET  / HTTP/1.1",
            "get / HTTP/1.1",
            "GET http://a?b HTTP/1.1",
            "GET ftp://a/ HTTP/1.1",
            "GET / HTTP/1.1 x",
            "\u{16}\u{3}\u{1}",
            "GET /\u{7f} HTTP/1.1",
            "GET /é HTTP/1.1",
        ];
        for line in lines {
            assert_eq!(parse(format!("{line}\r\n\r\n").as_bytes()), Head::Refused(400), "{line:?}");
        }
        assert_eq!(parse(b"\xff\xfe\r\n\r\n"), Head::Refused(400));
    }

    #[test]
    fn no_bytes_bring_the_parser_down() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let mut bytes = b"GET /livez?a HTTP/1.1\r\n\r\n".to_vec();
            for _ in 0..4 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let [at, byte, ..] = seed.to_le_bytes();
                let at = usize::from(at) % bytes.len();
                bytes[at] = byte;
            }
            if let Head::Complete(request) = parse(&bytes) {
                assert!(request.path.starts_with('/') && request.path.is_ascii(), "{request:?}");
            }
        }
    }

    #[test]
    fn a_head_without_end_is_refused_by_what_is_too_long() {
        assert_eq!(parse(&[b'a'; LONGEST_HEAD]), Head::Incomplete);
        assert_eq!(parse(&[b'a'; LONGEST_HEAD + 1]), Head::Refused(414));
        let headers = format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(LONGEST_HEAD));
        assert_eq!(parse(headers.as_bytes()), Head::Refused(431));
    }
}
