use std::io::Read;
use std::sync::{Arc, Mutex};

use super::*;
use crate::net::test_server::{check, server, soon};

/// A server that answers a path by its line, and all requests that it hears.
fn routes(answers: &'static [(&str, &str)]) -> (u16, Arc<Mutex<String>>) {
    let heard = Arc::new(Mutex::new(String::new()));
    let all = heard.clone();
    let port = server(move |mut stream| {
        let mut received = [0; 4096];
        let count = stream.read(&mut received).unwrap();
        let request = String::from_utf8_lossy(&received[..count]).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = answers
            .iter()
            .find(|(known, _)| *known == path)
            .map_or("404 Not Found\r\n", |(_, answer)| answer);
        all.lock().unwrap().push_str(&request);
        let _ = stream.write_all(format!("HTTP/1.1 {answer}\r\n").as_bytes());
    });
    (port, heard)
}

fn following(port: u16, path: &str, options: &[(&str, &str)]) -> Outcome {
    let url = CheckUrl { path: path.into(), ..check("http", port, options) };
    Http::from_url(&url).unwrap().run(soon())
}

#[test]
fn redirects_are_followed_on_wish_and_the_last_answer_is_judged() {
    let (port, heard) = routes(&[
        ("/", "302 Found\r\nLocation: a/../b?c\r\n"),
        ("/b?c", "307 Temporary Redirect\r\nLocation: /well\r\n"),
        ("/well", "200 OK\r\n\r\nall is well"),
        ("/sick", "302 Found\r\nLocation: /none\r\n"),
        ("/loop", "302 Found\r\nLocation: /loop\r\n"),
        ("/odd", "302 Found\r\nLocation: ftp://a\r\n"),
        ("/bare", "302 Found\r\n"),
        ("/other", "302 Found\r\nLocation: http://other.test/a\r\n"),
        ("/here", "302 Found\r\nLocation:\r\n"),
        ("/gone", "302 Found\r\nLocation: http://localhost:1/a\r\n"),
    ]);
    let same = [("follow", "same-host"), ("send", "a"), ("header.X-Name", "$CARGO_PKG_NAME")];
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    assert_eq!(following(port, "/", &[]), Outcome::pass("status 302 Found"));
    assert_eq!(
        following(port, "/", &[("follow", "same-host"), ("body", "well")]),
        Outcome::pass("status 200 OK")
    );
    assert_eq!(following(port, "/", &same), Outcome::pass("status 200"));
    let last = heard.lock().unwrap().split_once("POST ").unwrap().1.to_owned();
    assert!(last.starts_with("/ HTTP/1.1\r\n") && last.contains("GET /b?c HTTP/1.1\r\n"), "{last}");
    assert_eq!(
        (last.matches("X-Name: health-probe\r\n").count(), last.matches("Content-Length").count()),
        (3, 1)
    );
    assert_eq!(following(port, "/sick", &[("follow", "same-host")]), fail("status 404 Not Found"));
    assert_eq!(following(port, "/bare", &[("follow", "same-host")]), Outcome::pass("status 302 Found"));
    assert_eq!(
        following(port, "/loop", &[("follow", "same-host")]),
        alive("the server redirects more than 9 times")
    );
    assert_eq!(
        following(port, "/odd", &[("follow", "any-host")]),
        alive("the server redirects to what HTTP cannot ask for")
    );
    assert_eq!(following(port, "/here", &[("follow", "same-host")]), Outcome::pass("status 302 Found"));
    let other = "the server redirects to another host, \"other.test\": expected follow=any-host";
    assert_eq!(following(port, "/other", &[("follow", "same-host")]), alive(other));
    let gone = "the server redirects, but connection refused on 127.0.0.1 and ::1";
    assert_eq!(following(port, "/gone", &[("follow", "same-host")]), Outcome::alive(Cause::Connect, gone));
}

#[test]
fn another_server_hears_no_secret_and_says_nothing_against_the_one_that_is_checked() {
    let (there, heard) = routes(&[("/well", "200 OK\r\n"), ("/sick", "500 Sorry\r\n")]);
    let answer = |place: String| -> &'static str {
        Box::leak(format!("302 Found\r\nLocation: http://{place}\r\n").into_boxed_str())
    };
    let answers = vec![
        ("/port", answer(format!("localhost:{there}/sick"))),
        ("/well", answer(format!("[::ffff:127.0.0.1]:{there}/well"))),
        ("/sick", answer(format!("[::ffff:127.0.0.1]:{there}/sick"))),
    ];
    let (here, _) = routes(answers.leak());
    let any = [("follow", "any-host"), ("header.X-Name", "$CARGO_PKG_NAME"), ("header.X-Tenant", "blue")];
    assert_eq!(following(here, "/well", &any), Outcome::pass("status 200"));
    let reason = "the server redirects, but status 500";
    assert_eq!(following(here, "/sick", &any), Outcome::alive(Cause::Unhealthy, reason));
    // Asked without the secret that it was to be asked with.
    assert_eq!(following(here, "/port", &any), Outcome::alive(Cause::Unhealthy, "status 500"));
    assert_eq!(following(here, "/port", &[("follow", "same-host")]), fail("status 500 Sorry"));
    // By another name than the check asks by, as the kubelet has it.
    let named = [("follow", "same-host"), ("host-header", "127.0.0.1")];
    assert_eq!(
        following(here, "/port", &named),
        Outcome::alive(Cause::Unhealthy, "the server redirects, but status 500 Sorry")
    );
    let heard = heard.lock().unwrap();
    assert!(heard.contains("X-Tenant: blue") && !heard.contains("X-Name"), "{heard}");
}
