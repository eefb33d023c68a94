//! The help texts.

use crate::registry::SCHEMES;

/// `health-probe --help`: what it is for, and every scheme that this build knows.
pub fn all() -> String {
    let width = SCHEMES.iter().map(|definition| definition.scheme.len()).max().unwrap_or_default();
    let schemes =
        SCHEMES.iter().map(|definition| format!("  {:<width$}  {}\n", definition.scheme, definition.summary));
    format!("{ALL}\nSchemes:\n{}\n`health-probe VERB --help` tells more.\n", schemes.collect::<String>())
}

const ALL: &str = "\
health-probe asks a program whether it is well, in the program's own protocol.

Usage:
  health-probe check [OPTIONS] CHECK...    ask once, one line and an exit code: for an exec probe
  health-probe serve [OPTIONS] CHECK...    ask again and again, answer over HTTP: for a sidecar
  health-probe install DIR                 copy this program to DIR/health-probe, and prove that it runs
  health-probe version                     print the version

A CHECK is [NAME=]SCHEME://[LOGIN@][HOST][:PORT][/PATH][?OPTIONS]; without HOST it asks 127.0.0.1, then ::1, and
HOST pod is the Pod's own address:
  http://:8080/healthz?status=200-399&body=ok    https://:8443/?server-name=api&ca=/tls/ca.crt
  tcp://:9000    tls://:443    grpc://:50051/my.Service    dns://:53/kubernetes.default.svc?type=A
  redis://:$REDIS_PASSWORD@:6379    redis://?password-file=/run/secret    listen://:6379
  postgres://app:$PGPASSWORD@:5432/app?role=replica&max-lag=10s
  file:///tmp/heartbeat?max-age=30s    exec:redis-cli ping    worker=push:?max-age=60s
  temperature:?max=90C&for=5m    disk:///data?min-free=5%    nic://eth0    pressure://memory?max=60
";

/// `health-probe check --help`
pub const CHECK: &str = "\
Asks once. All checks have to hold; they run one after the other within one time-out, up to the first that does not.

Usage: health-probe check [OPTIONS] CHECK...
  --probe PROBE     readiness (default): the check passes
                    liveness, startup: it passes, or is alive but not ready (loading, busy, asks for a login)
  --timeout TIME    for all checks together (default 1s); keep it below the probe's timeoutSeconds
  --guess           the checks were found, not written: one that has not passed once since --probe startup was last
                    run holds, but for readiness in the first minute; what has passed is kept in --state
  --period TIME     how often the probe is run (default 10s), for the end of that minute
  --report-unknown  in the 30th run in a row in which hardware cannot be looked at, end with 1 once: the kubelet
                    keeps nothing of a run that holds
  --state DIR       where counters are kept for the next run (default: beside this program)
  --hold FILE       until when liveness, startup and readiness hold whatever the checks say, as the kubelet writes it there
  --longest-hold TIME
                    how far away that may be (default 1h); a later time counts for nothing
  --proc-root DIR, --sys-root DIR, --dev-root DIR
                    where these file systems are (default /proc, /sys, /dev), for what is read there

Examples:
  health-probe check redis://:6379
  health-probe check --probe liveness --timeout 800ms 'redis://:$REDIS_PASSWORD@:6379'
  health-probe check 'exec:test -e /tmp/ready' 'http://:8080/healthz?status=200'

Prints one line of at most 200 characters, the reason first:
  PONG (redis 127.0.0.1:6379, 0.3 ms)
  timed out after 1s (dns 127.0.0.1:53)
  nvme0 Composite 95 C >= 84 C critical (temperature)

Exit codes:
  0   it holds; hardware that cannot be looked at is unknown, and holds without ?strict
  1   it answers that it is not well
  2   no connection, or nothing there
  3   no answer in time
  4   not the protocol, or the login or the certificate was refused
  64  the command line is wrong; standard error says how
";

/// `health-probe serve --help`
pub const SERVE: &str = "\
Asks every period in the background, and answers the kubelet over HTTP from the last results.

Usage: health-probe serve [OPTIONS] [CHECK...] [--container NAME [OPTIONS] [CHECK...]]...
  CHECK             for each of the three probes that has no check of its own
  --liveness CHECK, --readiness CHECK, --startup CHECK
                    for this probe only; may be given several times, then all have to hold
  --container NAME  what follows is for this container
  --period TIME     how often (default 10s, at least 100ms); before the first --container it is for all
  --timeout TIME    for one run (default 1s, at most the period); before the first --container it is for all
  --guess           the checks were found, not written: one restarts nothing before it has passed once since the
                    kubelet asked for startup, and holds readiness back for a minute at most; before the first
                    --container it is for all
  --trial           no kubelet asks: /trialz and /metrics tell what would have followed if one did. How it would ask
                    (before the first --container for all):
    --failure-threshold N (default 3), --success-threshold N (1), --initial-delay TIME, --startup-timeout TIME (5m)
    --pass-only     a server that is alive and not ready fails, as where the kubelet itself asks it
  --module NAME=CHECK
                    lets /probe ask servers with this check, which has no host; may be given several times
  --target HOST:PORT
                    allows servers to the --module before it: a name with * within a label, an address or a network,
                    a port or a range; may be given several times
  --port PORT       where to listen, on every address (default 9440)
  --listen ADDR:PORT
  --hold FILE       until when liveness, startup and readiness hold whatever the checks say, as the kubelet writes it there
  --longest-hold TIME
                    how far away that may be (default 1h); a later time counts for nothing
  --move-ready FILE what the Pod was given time for is done: the application copies the end of that time here
  --drain TIME      how long to go on answering after SIGTERM (default 1s)
  --verbose         tell reasons to everybody, not to loopback only: for checks whose answers hold no secret
  --proc-root DIR, --sys-root DIR, --dev-root DIR
                    where these file systems are (default /proc, /sys, /dev), for what is read there

Examples:
  health-probe serve dns://:53/kubernetes.default.svc
  health-probe serve --period 5s --readiness redis://:6379 --liveness listen://:6379
  health-probe serve --container web http://:8080/healthz --container cache --timeout 500ms redis://:6379
  health-probe serve --module 'cache=redis://:$REDIS_PASSWORD@' --target '*.cache.svc:6379' --target 10.0.0.0/8:6379

Endpoints:
  /livez /readyz /startupz, each also with /CONTAINER; ?verbose tells the reasons, unless --verbose is given to loopback only
    200  it holds           503  not well, no result yet, or the result is older than three periods
    502  no connection or not the protocol          504  no answer in time
  /agentz   200 as long as this program itself is well
  /metrics  OpenMetrics
  /trialz   JSON: restarts, seconds not ready, latencies; only with --trial
  /movez    the time in that file, or 503; only with --move-ready
  /probe?module=NAME&target=HOST:PORT   asks that server now, as blackbox_exporter; only with --module
  POST /push/NAME, /push/CONTAINER/NAME   the report of a push check, from loopback only
";

/// `health-probe install --help`
pub const INSTALL: &str = "\
Copies this program to DIR/health-probe, and runs the copy: an exec probe whose program is missing or cannot be
run never fails, so an init container has to fail in its place.

Usage: health-probe install DIR

Example:
  health-probe install /health

Exit codes:
  0   the copy is there and runs
  1   it is not, or does not; standard error says why
  64  the command line is wrong
";

/// `health-probe version --help`
pub const VERSION: &str = "\
Prints the version.

Usage: health-probe version
";
