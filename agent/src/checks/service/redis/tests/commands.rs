use super::*;

#[test]
fn a_command_passes_with_any_answer_but_an_error_or_with_the_one_that_is_expected() {
    let command = ("command", "GET 'a key'");
    for (reply, pass) in
        [("$2\r\nup\r\n", "up"), (":1\r\n", "1"), ("$-1\r\n", "nil"), ("*3\r\n", "3 elements")]
    {
        let outcome = run_with(&[command], &format!("+PONG\r\n{reply}"));
        assert_eq!(outcome, Outcome::pass(format!("PONG, GET is answered with {pass:?}")));
    }
    let expected = [command, ("expect", "up")];
    assert_eq!(run_with(&expected, "+PONG\r\n$2\r\nup\r\n").verdict, Verdict::Pass);
    let long = "x".repeat(130);
    for (expect, reply, verdict) in [
        ("grün", "$5\r\ngrün\r\n", Verdict::Pass),
        (&long, &format!("$130\r\n{long}\r\n"), Verdict::Pass),
        ("1", ":1\r\n", Verdict::Pass),
        ("OK", "+OK\r\n", Verdict::Pass),
        ("??", "$2\r\nü\r\n", Verdict::Alive),
        ("nil", "$-1\r\n", Verdict::Alive),
        ("nil", "$3\r\nnil\r\n", Verdict::Pass),
        ("3 elements", "*3\r\n", Verdict::Pass),
        ("ok", "$4\r\n ok \r\n", Verdict::Alive),
    ] {
        let outcome = run_with(&[command, ("expect", expect)], &format!("+PONG\r\n{reply}"));
        assert_eq!(outcome.verdict, verdict, "{expect:?} {reply:?}: {outcome:?}");
    }
    let outcome = run_with(&expected, "+PONG\r\n$4\r\ndown\r\n");
    let reason = "GET is answered with \"down\", expected \"up\"";
    assert_eq!(outcome, Outcome::alive(Cause::Unhealthy, reason));
}

#[test]
fn a_command_that_is_refused_after_a_pong_is_no_reason_to_restart() {
    let run = |option, rest: &str, password: &str| {
        let login = if password.is_empty() { "" } else { "+OK\r\n" };
        let port = says(format!("{login}+PONG\r\n{rest}\r\n+OK\r\n").as_bytes());
        let mut check = check("redis", port, &[option]);
        check.password = password.into();
        Redis::from_url(&check).unwrap().run(soon())
    };
    let (command, role) = (("command", "GET k"), ("role", "primary"));
    for (option, rest, password, reason) in [
        (command, "-ERR unknown command 'k'", "", "GET is answered with ERR unknown command 'k'"),
        (command, "-WRONGTYPE Operation against", "s3cret", "GET is answered with WRONGTYPE"),
        (command, "-ERR unknown command 's3cret'", "s3cret", "GET is answered with ERR"),
        (command, "-s3cret", "s3cret", "GET is answered with an error that may hold the password"),
        (command, "$99999999", "s3cret", "GET is answered with an answer that is too long"),
        (role, "-ERR unknown command 'INFO'", "s3cret", "INFO is answered with ERR"),
        (role, "-NOPERM no", "", "NOPERM no"),
    ] {
        assert_eq!(run(option, rest, password), Outcome::alive(Cause::Protocol, reason), "{rest}");
    }
    let down = Outcome::alive(Cause::Unhealthy, "CLUSTERDOWN Hash slot not served");
    assert_eq!(run(command, "-CLUSTERDOWN Hash slot not served", "s3cret"), down);
    let loading = Outcome::alive(Cause::Unhealthy, "LOADING Redis is loading");
    assert_eq!(run(command, "-LOADING Redis is loading", "s3cret"), loading);
    for odd in ["HTTP/1.1 400", "$99x", "$-2"] {
        let outcome = run(command, odd, "s3cret");
        let reason = "PING was answered, but answer is not of Redis";
        assert_eq!(outcome, Outcome::alive(Cause::Protocol, reason), "{odd}");
    }
}
