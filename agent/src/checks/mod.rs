//! The checks: one file each, one line in each table below.

mod dns;
mod exec;
mod file;
mod grpc;
mod http;
mod listen;
mod push;
mod redis;
mod tcp;
mod tls;

use std::path::PathBuf;

use crate::deadline::Deadline;
use crate::grammar::{Check, Refusal, Spec};
use crate::outcome::Outcome;

/// The grammar of every scheme.
pub const SPECS: &[&Spec] = &[
    &dns::SPEC,
    &exec::SPEC,
    &file::SPEC,
    &grpc::SPEC,
    &http::SPEC,
    &http::SPEC_TLS,
    &listen::SPEC,
    &push::SPEC,
    &redis::SPEC,
    &tcp::SPEC,
    &tls::SPEC,
];

/// Where the pseudo file systems are mounted: a sidecar may look at the node's.
#[derive(Clone, Debug)]
pub struct Roots {
    pub proc: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into() }
    }
}

/// A check of any scheme, ready to run any number of times.
pub enum AnyCheck {
    Dns(dns::Dns),
    Exec(exec::Exec),
    File(file::File),
    Grpc(grpc::Grpc),
    Http(http::Http),
    Listen(listen::Listen),
    Push(push::Push),
    Redis(redis::Redis),
    Tcp(tcp::Tcp),
    Tls(tls::Tls),
}

impl AnyCheck {
    /// Gives a parsed check its meaning; refuses what its scheme cannot do.
    pub fn from_check(check: &Check, roots: &Roots) -> Result<Self, Refusal> {
        Ok(match check.scheme.as_str() {
            "dns" => Self::Dns(dns::Dns::from_check(check)?),
            "exec" => Self::Exec(exec::Exec::from_check(check)?),
            "file" => Self::File(file::File::from_check(check)?),
            "grpc" => Self::Grpc(grpc::Grpc::from_check(check)?),
            "http" | "https" => Self::Http(http::Http::from_check(check)?),
            "listen" => Self::Listen(listen::Listen::from_check(check)?.under(&roots.proc)),
            "push" => Self::Push(push::Push::from_check(check)?),
            "redis" => Self::Redis(redis::Redis::from_check(check)?),
            "tcp" => Self::Tcp(tcp::Tcp::from_check(check)?),
            "tls" => Self::Tls(tls::Tls::from_check(check)?),
            other => {
                return Err(Refusal(format!("scheme is \"{other}\", expected one that this agent knows")));
            }
        })
    }

    /// Runs once, and is over by the deadline as far as the kernel lets it.
    pub fn run(&self, deadline: Deadline) -> Outcome {
        match self {
            Self::Dns(check) => check.run(deadline),
            Self::Exec(check) => check.run(deadline),
            Self::File(check) => check.run(deadline),
            Self::Grpc(check) => check.run(deadline),
            Self::Http(check) => check.run(deadline),
            Self::Listen(check) => check.run(deadline),
            Self::Push(check) => check.run(deadline),
            Self::Redis(check) => check.run(deadline),
            Self::Tcp(check) => check.run(deadline),
            Self::Tls(check) => check.run(deadline),
        }
    }

    /// Notes a report of the application; only a push check takes one.
    pub fn report(&self) {
        if let Self::Push(check) = self {
            check.report();
        }
    }
}
