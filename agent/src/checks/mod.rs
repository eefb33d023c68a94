//! The checks: one file each, one line in the table below.

mod amqp;
mod clock;
mod device;
mod disk;
mod dns;
mod elasticsearch;
mod etcd;
mod exec;
mod expect;
mod file;
mod gpu;
mod grpc;
mod http;
mod http2;
mod infiniband;
mod kafka;
mod ldap;
mod listen;
mod memcached;
mod memory_errors;
mod mongodb;
mod mqtt;
mod mysql;
mod nats;
mod nic;
mod nvme;
mod pcie;
mod postgres;
mod pressure;
mod process;
mod push;
mod redis;
mod smtp;
mod tcp;
mod temperature;
mod throttle;
mod tls;
mod zookeeper;

use std::path::PathBuf;

use crate::deadline::Deadline;
use crate::grammar::{Check, Refusal, Spec};
use crate::outcome::Outcome;

/// Makes a check of one scheme.
type Make = fn(&Check, &Roots) -> Result<Box<dyn Runnable>, Refusal>;

/// Every scheme: its grammar, and what gives a check of it its meaning.
const TABLE: &[(&Spec, Make)] = &[
    (&amqp::SPEC, |check, _| boxed(amqp::Amqp::from_check(check))),
    (&clock::SPEC, |check, roots| boxed(clock::Clock::from_check(check, roots))),
    (&device::SPEC, |check, roots| boxed(device::Device::from_check(check, roots))),
    (&disk::SPEC, |check, roots| boxed(disk::Disk::from_check(check, roots))),
    (&dns::SPEC, |check, _| boxed(dns::Dns::from_check(check))),
    (&elasticsearch::SPEC, |check, _| boxed(elasticsearch::Elasticsearch::from_check(check))),
    (&elasticsearch::SPEC_OPENSEARCH, |check, _| boxed(elasticsearch::Elasticsearch::from_check(check))),
    (&etcd::SPEC, |check, _| boxed(etcd::Etcd::from_check(check))),
    (&exec::SPEC, |check, _| boxed(exec::Exec::from_check(check))),
    (&expect::SPEC, |check, _| boxed(expect::Expect::from_check(check))),
    (&file::SPEC, |check, _| boxed(file::File::from_check(check))),
    (&grpc::SPEC, |check, _| boxed(grpc::Grpc::from_check(check))),
    (&gpu::SPEC, |check, roots| boxed(gpu::Gpu::from_check(check, roots))),
    (&http2::SPEC, |check, _| boxed(http2::Http2::from_check(check))),
    (&http::SPEC, |check, _| boxed(http::Http::from_check(check))),
    (&http::SPEC_TLS, |check, _| boxed(http::Http::from_check(check))),
    (&infiniband::SPEC, |check, roots| boxed(infiniband::Infiniband::from_check(check, roots))),
    (&kafka::SPEC, |check, _| boxed(kafka::Kafka::from_check(check))),
    (&ldap::SPEC, |check, _| boxed(ldap::Ldap::from_check(check))),
    (&listen::SPEC, |check, roots| boxed(listen::Listen::from_check(check).map(|it| it.under(&roots.proc)))),
    (&memcached::SPEC, |check, _| boxed(memcached::Memcached::from_check(check))),
    (&memory_errors::SPEC, |check, roots| boxed(memory_errors::MemoryErrors::from_check(check, roots))),
    (&mongodb::SPEC, |check, _| boxed(mongodb::MongoDb::from_check(check))),
    (&mqtt::SPEC, |check, _| boxed(mqtt::Mqtt::from_check(check))),
    (&mysql::SPEC, |check, _| boxed(mysql::Mysql::from_check(check))),
    (&mysql::SPEC_MARIADB, |check, _| boxed(mysql::Mysql::from_check(check))),
    (&nats::SPEC, |check, _| boxed(nats::Nats::from_check(check))),
    (&nic::SPEC, |check, roots| boxed(nic::Nic::from_check(check, roots))),
    (&nvme::SPEC, |check, roots| boxed(nvme::Nvme::from_check(check, roots))),
    (&pcie::SPEC, |check, roots| boxed(pcie::Pcie::from_check(check, roots))),
    (&postgres::SPEC, |check, _| boxed(postgres::Postgres::from_check(check))),
    (&pressure::SPEC, |check, roots| boxed(pressure::Pressure::from_check(check, roots))),
    (&process::SPEC, |check, roots| {
        boxed(process::Process::from_check(check).map(|it| it.under(&roots.proc)))
    }),
    (&push::SPEC, |check, _| boxed(push::Push::from_check(check))),
    (&redis::SPEC, |check, _| boxed(redis::Redis::from_check(check))),
    (&smtp::SPEC, |check, _| boxed(smtp::Smtp::from_check(check))),
    (&tcp::SPEC, |check, _| boxed(tcp::Tcp::from_check(check))),
    (&temperature::SPEC, |check, roots| boxed(temperature::Temperature::from_check(check, roots))),
    (&throttle::SPEC, |check, roots| boxed(throttle::Throttle::from_check(check, roots))),
    (&tls::SPEC, |check, _| boxed(tls::Tls::from_check(check))),
    (&zookeeper::SPEC, |check, _| boxed(zookeeper::ZooKeeper::from_check(check))),
];

/// The grammar of every scheme.
pub const SPECS: &[&Spec] = &{
    let mut specs = [TABLE[0].0; TABLE.len()];
    let mut row = 0;
    while row < TABLE.len() {
        specs[row] = TABLE[row].0;
        row += 1;
    }
    specs
};

/// Where the pseudo file systems are mounted: a sidecar may look at the node's.
#[derive(Clone, Debug)]
pub struct Roots {
    pub proc: PathBuf,
    pub sys: PathBuf,
    pub dev: PathBuf,
    /// The folder in which one run of `check` leaves for the next what it has seen, that of the program where it is empty;
    /// `serve` keeps it in memory.
    pub state: Option<PathBuf>,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), dev: "/dev".into(), state: None }
    }
}

/// A check of any scheme, ready to run any number of times.
pub trait Runnable: Send + Sync {
    /// Runs once, and is over by the deadline as far as the kernel lets it.
    fn run(&self, deadline: Deadline) -> Outcome;

    /// Notes a report of the application; only a push check takes one.
    fn report(&self) {}
}

/// Gives a parsed check its meaning; refuses what its scheme cannot do.
pub fn from_check(check: &Check, roots: &Roots) -> Result<Box<dyn Runnable>, Refusal> {
    match TABLE.iter().find(|(spec, _)| spec.scheme == check.scheme) {
        Some((_, make)) => make(check, roots),
        None => Err(Refusal(format!("scheme is \"{}\", expected one that this agent knows", check.scheme))),
    }
}

fn boxed<T: Runnable + 'static>(made: Result<T, Refusal>) -> Result<Box<dyn Runnable>, Refusal> {
    made.map(|check| Box::new(check) as _)
}
