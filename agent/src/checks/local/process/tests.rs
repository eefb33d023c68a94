use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;
use crate::check::Verdict;
use crate::net::test_server::Random;

fn process(path: &str, least: &str) -> Process {
    let options = vec![("min-count".to_owned(), least.to_owned())];
    Process::from_url(&CheckUrl { path: path.into(), options, ..CheckUrl::default() }).unwrap()
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

/// A proc file system of these processes: PID, `stat` after the PID, `cmdline`, `exe`.
struct Proc(PathBuf);

impl Proc {
    fn new(name: &str, processes: &[(&str, &str, &str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("health-probe-proc-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (pid, stat, cmdline, exe) in processes {
            let directory = root.join(pid);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("stat"), format!("{pid} {stat}")).unwrap();
            fs::write(directory.join("cmdline"), cmdline).unwrap();
            if !exe.is_empty() {
                symlink(exe, directory.join("exe")).unwrap();
            }
        }
        fs::create_dir_all(root.join("net")).unwrap();
        symlink("99", root.join("self")).unwrap();
        Self(root)
    }

    fn run(&self, path: &str, least: &str) -> Outcome {
        process(path, least).under(&self.0).run(soon())
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const OWN: (&str, &str, &str, &str) = ("99", "(health-probe) R 1", "/health-probe\0serve\0", "/health-probe");

#[test]
fn a_process_is_known_by_its_command_its_first_argument_or_its_program() {
    let root = Proc::new(
        "names",
        &[
            ("1", "(nginx) S 0", "nginx: master process /usr/sbin/nginx -g\0", "/usr/sbin/nginx (deleted)"),
            ("7", "(nginx) S 1", "nginx: worker process\0", ""),
            ("8", "(odd) (name) R) D 1", "/opt/odd dir/run\0--x\0", ""),
            ("9", "(a-very-long-nam) S 1", "/usr/bin/a-very-long-name-indeed\0", ""),
            ("10", "(gone) Z 1", "", ""),
            OWN,
        ],
    );
    for path in [
        "/nginx",
        "/usr/sbin/nginx",
        "/odd)%20(name)%20R",
        "/run",
        "/opt/odd%20dir/run",
        "/a-very-long-name-indeed",
        "/a-very-long-nam",
    ] {
        assert_eq!(root.run(path, "1"), Outcome::pass("1 process runs"), "{path}");
    }
    for path in ["/gone", "/ngin", "/usr/bin/nginx", "/health-probe", "/master", "/nginx/", "/net"] {
        assert_eq!(root.run(path, "1"), Outcome::fail(Cause::Connect, "no such process"), "{path}");
    }
    assert_eq!(root.run("/nginx", "2"), Outcome::pass("2 processes run"));
    let few = Outcome::fail(Cause::Unhealthy, "2 processes run, expected at least 3");
    assert_eq!(root.run("/nginx", "3"), few);
}

#[test]
fn where_only_the_agent_is_visible_nothing_can_be_said() {
    let outcome = Proc::new("own", &[OWN]).run("/nginx", "1");
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Alive, Some(Cause::Protocol)), "{outcome:?}");
    assert!(outcome.reason.ends_with("the Pod does not share its process namespace"), "{outcome:?}");
    let none = process("/nginx", "1").under(Path::new("/no/proc")).run(soon());
    assert_eq!((none.verdict, none.cause), (Verdict::Alive, Some(Cause::Protocol)), "{none:?}");
    assert!(none.reason.starts_with("cannot read /no/proc: "), "{none:?}");
}

#[test]
fn real_processes_are_found_until_they_end_and_no_zombie_is() {
    let mut child = Command::new("sleep").arg("97").stdin(Stdio::null()).spawn().unwrap();
    let name = process("/sleep", "1");
    assert_eq!(name.run(soon()).verdict, Verdict::Pass);
    let exe = fs::read_link(format!("/proc/{}/exe", child.id())).unwrap();
    assert_eq!(process(exe.to_str().unwrap(), "1").run(soon()).verdict, Verdict::Pass);
    let directory = PathBuf::from(format!("/proc/{}", child.id()));
    child.kill().unwrap();
    for _ in 0..200 {
        if !name.runs_as(&directory) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // Not waited for yet, so it is still there.
    assert!(directory.exists() && !name.runs_as(&directory));
    child.wait().unwrap();
    let own = fs::read("/proc/self/comm").unwrap();
    let own = format!("/{}", String::from_utf8_lossy(own.trim_ascii_end()));
    assert_eq!(process(&own, "999").run(soon()).verdict, Verdict::Fail);
}

#[test]
fn a_deadline_holds() {
    let outcome = process("/no-such", "1").run(Deadline::after(Duration::ZERO));
    assert_eq!(outcome.cause, Some(Cause::Timeout));
}

#[test]
fn no_stat_makes_it_panic() {
    let mut random = Random(17);
    for _ in 0..20_000 {
        name_and_state(&random.damaged(b"17 (nginx) S 1 17 17 0 -1"));
    }
}
