use std::ffi::OsString;

use super::*;
use crate::cli::{Command, parse};

fn modules(line: &str) -> Vec<Module> {
    match parse(format!("serve {line}").split(' ').map(OsString::from)) {
        Ok(Command::Serve(serve)) => serve.modules,
        Ok(_) => panic!("another command"),
        Err(error) => panic!("{}", error.0),
    }
}

const CACHE: &str =
    "--module cache=redis://:$REDIS_PASSWORD@:6379?tls --target *.cache.svc:6379 --target 10.0.0.0/8:6380";

fn ask(query: &str, line: &str) -> Result<CheckUrl, Response> {
    let (method, path) = ("GET".into(), "/probe".into());
    asked(&Request { method, path, query: query.into(), ..Request::default() }, &modules(line))
}

fn refused(query: &str, line: &str) -> (u16, String) {
    ask(query, line).err().map(|response| (response.status, response.body)).unwrap_or_default()
}

#[test]
fn a_target_gets_the_check_of_its_module() {
    for (query, host, port) in [
        ("module=cache&target=cart.cache.svc%3A6379", "cart.cache.svc", 6379),
        ("target=cart.cache.svc", "cart.cache.svc", 6379),
        ("x=y&target=redis%3A%2F%2F10.1.2.3:6380&debug=true&hostname=a", "10.1.2.3", 6380),
    ] {
        let check = ask(query, CACHE).unwrap();
        assert_eq!((check.host.as_str(), check.port, check.scheme.as_str()), (host, Some(port), "redis"));
        assert_eq!((check.password.as_str(), check.option("tls")), ("$REDIS_PASSWORD", Some("")));
    }
}

#[test]
fn what_the_operator_did_not_allow_is_refused() {
    for target in [
        "cart.shop.svc:6379",
        "cart.cache.svc:22",
        "127.0.0.1:6379",
        "localhost:6379",
        "pod:6379",
        "169.254.169.254:80",
        "[::1]:6380",
    ] {
        let (status, body) = refused(&format!("module=cache&target={target}"), CACHE);
        assert_eq!(status, 403, "{target}");
        assert!(body.ends_with(", expected one that the module allows\n"), "{body}");
    }
    for target in [
        "exec:id",
        "2130706433:6379",
        "0x7f.1:6379",
        "127.1:6379",
        "file:///etc/passwd",
        "http://cart.cache.svc:6379",
        "cart.cache.svc:6379/0",
        "cart.cache.svc:6379?tls",
        "$HOME@cart.cache.svc:6379",
        "cart.cache.svc:6379%0d%0aA:b",
        "%ff",
        "/run/redis.sock",
        "",
    ] {
        assert_eq!(refused(&format!("module=cache&target={target}"), CACHE).0, 400, "{target}");
    }
    assert_eq!(refused("target=a&module=b", CACHE).0, 400);
    let two = format!("{CACHE} --module other=tcp://:1 --target 10.0.0.1:1");
    assert_eq!(refused("target=10.0.0.1:1", &two).0, 400);
    assert_eq!(refused("target=10.0.0.1:1&module=other", &two), (0, String::new()));
    // What one module may be sent to, another may not.
    assert_eq!(refused("target=10.0.0.1:6380&module=other", &two).0, 403);
}

#[test]
fn without_a_module_there_is_no_such_page() {
    assert_eq!(refused("target=a:1", "tcp://:1").0, 404);
}

#[test]
fn only_reading_is_allowed() {
    let (method, query) = ("POST".into(), "target=cart.cache.svc".into());
    let request = Request { method, query, ..Request::default() };
    let response = asked(&request, &modules(CACHE)).unwrap_err();
    assert_eq!((response.status, response.allow), (405, Some("GET, HEAD")));
}
