use std::ffi::OsString;

use super::super::Command;
use super::super::tests::refused;
use super::*;

fn serve(line: &[&str]) -> Serve {
    match super::super::parse(["serve"].iter().chain(line).map(OsString::from)) {
        Ok(Command::Serve(serve)) => serve,
        Ok(_) => panic!("another command"),
        Err(error) => panic!("{}", error.0),
    }
}

#[test]
fn sections_inherit_what_came_before_the_first_container() {
    let line = "--period 5s tcp://:1 --container a --timeout 9s tcp://:2 --container b --period 20s --startup=tcp://:3 tcp://:4";
    let serve = serve(&line.split(' ').collect::<Vec<_>>());
    let shown: Vec<_> = serve
        .sections
        .iter()
        .map(|section| {
            (
                section.container.as_str(),
                section.period.as_secs(),
                section.timeout.as_secs(),
                section.shared.len(),
            )
        })
        .collect();
    assert_eq!(shown, [("", 5, 1, 1), ("a", 5, 5, 1), ("b", 20, 1, 1)]);
    assert_eq!(serve.sections[2].own.each_ref().map(Vec::len), [0, 0, 1]);
}

#[test]
fn the_default_is_every_address_of_both_families() {
    assert_eq!(serve(&["tcp://:1"]).bind, Bind::Any(9440));
    assert_eq!(serve(&["--port", "80", "tcp://:1"]).bind, Bind::Any(80));
    assert_eq!(serve(&["--listen", "[::]:81", "tcp://:1"]).bind, Bind::Any(81));
    let bind = serve(&["--listen", "127.0.0.1:82", "tcp://:1"]).bind;
    assert_eq!(bind, Bind::Address("127.0.0.1:82".parse().unwrap()));
}

#[test]
fn mistakes_are_told_in_a_sentence() {
    let rows = [
        ("serve", "check is missing, expected a URL such as http://:8080/healthz"),
        ("serve --container a", "container \"a\" has no check, expected one after it"),
        (
            "serve --container A tcp://:1",
            "option --container is \"A\", expected lower-case letters, digits and dashes, at most 63",
        ),
        (
            "serve --container a tcp://:1 --container a tcp://:1",
            "option --container is \"a\", expected every container once",
        ),
        ("serve --port 0 tcp://:1", "option --port is \"0\", expected a number from 1 to 65535"),
        ("serve --period 99ms tcp://:1", "option --period is too short, expected at least 100ms"),
        (
            "serve --target a:1",
            "option --target is given before any module, expected it after --module NAME=CHECK",
        ),
        ("serve --module tcp://:1", "option --module is \"tcp://:1\", expected NAME=CHECK"),
        ("serve --module a=tcp://:1", "module \"a\" has no target, expected --target HOST:PORT after it"),
        (
            "serve --module a=tcp://:1 --target a:1 --module a=tcp://:1",
            "option --module is \"a\", expected a name of its own for each",
        ),
        (
            "serve --module a=file:///etc/passwd",
            "module \"a\" has the scheme file, expected one that asks a server",
        ),
        ("serve --module a=exec:id", "module \"a\" has the scheme exec, expected one that asks a server"),
        (
            "serve --module a=listen://:1",
            "module \"a\" has the scheme listen, expected one that asks a server",
        ),
        (
            "serve --module a=redis:///run/redis.sock",
            "module \"a\" has a socket, expected none: a target is HOST:PORT",
        ),
        (
            "serve --module a=redis://b:1",
            "module \"a\" has the host \"b\", expected none: it comes with the target",
        ),
        (
            "serve --module a=http://?follow=any-host",
            "module \"a\" has follow, expected none: a redirect leads where no target allows",
        ),
        (
            "serve --container a --failure-threshold 3 tcp://:1",
            "option --failure-threshold is given without --trial, expected both",
        ),
        (
            "serve --trial --success-threshold 0 tcp://:1",
            "option --success-threshold is \"0\", expected a count from 1 to 1000",
        ),
        ("serve --drain 0 tcp://:1", "option --drain is \"0\", expected a duration such as 5s, or 0s"),
    ];
    for (line, sentence) in rows {
        assert_eq!(refused(&line.split(' ').collect::<Vec<_>>()), sentence);
    }
}

#[test]
fn a_container_is_asked_as_those_before_it_unless_it_says_otherwise() {
    let line = "--trial --failure-threshold 5 --container a --pass-only tcp://:1 --container b --initial-delay 7s --startup-timeout 20s tcp://:2";
    let serve = serve(&line.split(' ').collect::<Vec<_>>());
    let five = Questions { failure_threshold: 5, ..Questions::default() };
    let seconds = Duration::from_secs;
    let second = Questions { initial_delay: seconds(7), startup_timeout: seconds(20), ..five };
    let shown: Vec<_> = serve.sections.iter().map(|section| section.questions).collect();
    assert_eq!(shown, [Questions { pass_only: true, ..five }, second]);
    assert_eq!([60, 1].map(|period| second.startup_period(seconds(period))), [seconds(2), seconds(1)]);
}
