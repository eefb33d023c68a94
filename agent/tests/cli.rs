//! `check`, `install` and `version`: the real program, real listeners, files and programs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, and here all is test"
)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};
#[cfg(not(debug_assertions))]
use std::{mem::MaybeUninit, process::Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_health-probe");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// Exit code, standard output and standard error.
fn told(arguments: &[&str]) -> (i32, String, String) {
    let output = run(arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn check(arguments: &[&str]) -> (i32, String) {
    let (code, line, errors) = told(&[&["check"], arguments].concat());
    assert_eq!(errors, "", "{arguments:?}");
    assert!(line.ends_with('\n') && line.lines().count() == 1 && line.chars().count() <= 201, "{line:?}");
    (code, line.trim_end().to_owned())
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_connection_that_is_accepted_passes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (code, line) = check(&[&format!("tcp://:{port}")]);
    assert_eq!(code, 0);
    assert!(
        line.starts_with(&format!("connected (tcp 127.0.0.1:{port}, ")) && line.ends_with(" ms)"),
        "{line}"
    );
}

/// What `README.md` and `docs/performance.md` promise; a program that is not optimised has no part in them.
#[cfg(not(debug_assertions))]
#[test]
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
fn a_check_takes_no_more_than_sixty_page_faults_and_the_file_no_more_than_three_megabytes() {
    assert!(fs::metadata(PROGRAM).unwrap().len() <= 3_000_000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let faults = || {
        let child = Command::new(PROGRAM).args(["check", &url]).stdout(Stdio::null()).spawn().unwrap();
        let mut status = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        let pid = libc::pid_t::try_from(child.id()).unwrap();
        // SAFETY: both pointers are valid for writing, and the child is waited for nowhere else.
        assert_eq!(unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) }, pid);
        assert_eq!(status, 0);
        // SAFETY: zeroed is a valid value of a struct of numbers, over which the kernel has written.
        unsafe { usage.assume_init() }.ru_minflt
    };
    // The first run may bring pages of the file in.
    let least = (0..5).map(|_| faults()).min().unwrap();
    assert!(least <= 60, "{least} page faults");
}

#[test]
fn a_refused_connection_exits_with_2() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, line) = check(&[&format!("tcp://127.0.0.1:{port}")]);
    assert_eq!(code, 2, "{line}");
    assert!(line.ends_with(&format!(" (tcp 127.0.0.1:{port})")), "{line}");
}

#[test]
fn programs_give_their_exit_code_and_output() {
    assert_eq!(check(&["exec:true"]).0, 0);
    assert_eq!(check(&["exec:false"]), (1, "exit code 1 (exec false)".into()));
    assert_eq!(check(&["queue=exec:sh -c 'echo full; exit 3'"]), (1, "exit code 3: full (queue)".into()));
    assert_eq!(check(&["exec:/no/such/program"]).0, 2);
}

#[test]
fn a_program_that_hangs_exits_with_3_in_time() {
    let started = Instant::now();
    let expected = (3, "timed out after 300ms (exec sleep)".into());
    assert_eq!(check(&["--timeout", "300ms", "exec:sleep 30"]), expected);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn all_checks_share_one_time_out_and_the_first_failure_ends_it() {
    let started = Instant::now();
    let (code, line) = check(&["--timeout=500ms", "exec:sleep 0.3", "exec:sleep 0.4", "exec:false"]);
    assert_eq!((code, line.as_str()), (3, "timed out after 500ms (exec sleep)"));
    assert!(started.elapsed() < Duration::from_secs(5));
    let (code, line) = check(&["exec:true", "a=exec:true"]);
    assert_eq!(code, 0);
    assert!(line.starts_with("2 checks hold: exit code 0 (exec true, "), "{line}");
}

#[test]
fn a_file_is_looked_at_by_its_age() {
    let file = folder("file").join("heart beat");
    let url = format!("file://{}", file.display()).replace(' ', "%20");
    let (code, line) = check(&[&url]);
    assert_eq!((code, line.starts_with("no such file (file /")), (2, true), "{line}");
    fs::write(&file, "").unwrap();
    assert_eq!(check(&[&format!("{url}?max-age=30s")]).0, 0);
    let old = SystemTime::now() - Duration::from_secs(60);
    fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    let (code, line) = check(&[&format!("{url}?max-age=30s")]);
    assert_eq!((code, line.starts_with("modified 1m")), (1, true), "{line}");
}

#[test]
fn a_listener_is_found_in_the_proc_file_system() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(check(&[&format!("listen://:{port}")]).0, 0);
    let root = folder("proc");
    fs::create_dir(root.join("net")).unwrap();
    let line = format!("   0: 0100007F:{port:04X} 00000000:0000 01 0:0 00:0 0  0  0 1 1\n");
    fs::write(
        root.join("net/tcp"),
        "  sl  local_address rem_address   st\n".to_owned() + &line.repeat(50_000),
    )
    .unwrap();
    let (code, told) = check(&["--proc-root", root.to_str().unwrap(), &format!("listen://:{port}")]);
    assert_eq!((code, told), (2, format!("nothing listens (listen 127.0.0.1:{port})")));
}

#[test]
fn output_of_a_program_cannot_steer_the_terminal_or_flood_the_line() {
    let (code, line) = check(&[
        "exec:sh -c 'printf \"\\033[2J\\rred\\n\"; head -c 100000 /dev/zero | tr \"\\\\0\" x; exit 1'",
    ]);
    assert_eq!(code, 1);
    assert!(line.starts_with("exit code 1: ?[2J red"), "{line:?}");
}

#[test]
fn a_password_that_is_written_out_is_refused_and_never_repeated() {
    let (code, line, sentence) = told(&["check", "redis://:hunter2@:6379"]);
    assert_eq!((code, line.as_str()), (64, ""));
    assert!(!sentence.contains("hunter2"), "{sentence}");
}

#[test]
fn a_wrong_command_line_exits_with_64_and_a_sentence_on_standard_error() {
    let (code, line, sentence) = told(&["check", "tcp://"]);
    assert_eq!((code, line.as_str()), (64, ""));
    assert_eq!(sentence, "port is missing, expected a number from 1 to 65535\n");
    assert_eq!(told(&[]).0, 64);
    assert_eq!(told(&["check", "push:"]).0, 64);
    assert_eq!(told(&["serve", "push:", "push:?max-age=1s"]).0, 64);
}

#[test]
fn the_version_and_the_help_go_to_standard_output() {
    assert_eq!(
        told(&["version"]),
        (0, concat!("health-probe ", env!("CARGO_PKG_VERSION"), "\n").into(), String::new())
    );
    let (code, help, _) = told(&["--help"]);
    assert_eq!(code, 0);
    assert!(help.contains("\n  redis "), "{help}");
    for verb in ["check", "serve", "install"] {
        assert!(told(&[verb, "--help"]).1.contains("Example"), "{verb}");
    }
}

#[test]
fn install_places_a_copy_that_runs_and_can_be_repeated() {
    let folder = folder("install");
    let directory = folder.to_str().unwrap();
    for _ in 0..2 {
        let copy = folder.join("health-probe");
        assert_eq!(
            told(&["install", directory]),
            (0, format!("installed {}\n", copy.display()), String::new())
        );
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o7777, 0o555);
        assert!(Command::new(&copy).arg("version").output().unwrap().status.success());
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let copy = folder.join("health-probe");
    assert!(Command::new(copy).args(["install", directory]).output().unwrap().status.success());
}

#[test]
fn install_fails_in_a_sentence() {
    let (code, line, sentence) = told(&["install", "/no/such/directory"]);
    assert_eq!((code, line.as_str()), (1, ""));
    let expected = "/no/such/directory/health-probe cannot be written: No such file or directory (os error 2); \
                    expected a directory that exists\n";
    assert_eq!(sentence, expected);
    let folder = folder("install-over-directory");
    fs::create_dir_all(folder.join("health-probe/in-use")).unwrap();
    assert_eq!(told(&["install", folder.to_str().unwrap()]).0, 1);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_guess_has_no_power_before_it_has_passed_in_the_life_of_its_container() {
    let folder = folder("guess");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("tcp://:{}", listener.local_addr().unwrap().port());
    let ask = |probe: &str, period: &str| {
        let state = folder.to_str().unwrap();
        check(&["--guess", "--period", period, "--state", state, "--probe", probe, &text])
    };
    let refused = format!("connection refused on 127.0.0.1 and ::1 (tcp 127.0.0.1:{})", &text[7..]);
    drop(listener);
    let unproven = format!("unproven: {refused}");
    // Without a file nothing is known of the container, and the first question of readiness begins its life.
    assert_eq!(ask("liveness", "10s"), (0, unproven.clone()));
    assert_eq!(ask("readiness", "10s"), (2, unproven.clone()));
    assert_eq!(ask("startup", "10s"), (0, "unproven: the container is new".into()));
    assert_eq!(ask("liveness", "10s"), (0, unproven.clone()));
    assert_eq!(ask("readiness", "60s"), (0, unproven.clone()));
    assert_eq!(ask("readiness", "10s"), (2, unproven.clone()));
    let address = format!("127.0.0.1:{}", &text[7..]);
    let listener = TcpListener::bind(&address).unwrap();
    assert_eq!(ask("readiness", "10s").0, 0);
    drop(listener);
    assert_eq!(ask("liveness", "10s"), (2, refused.clone()));
    assert_eq!(ask("readiness", "60s"), (2, refused));
    ask("startup", "10s");
    assert_eq!(ask("liveness", "10s"), (0, unproven.clone()));
    // A folder that cannot be written to gives it no power either.
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(ask("startup", "10s").0, 0);
    assert_eq!([ask("liveness", "10s"), ask("readiness", "10s")], [(0, unproven.clone()), (0, unproven)]);
}
