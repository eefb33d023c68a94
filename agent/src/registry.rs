//! Every scheme that this program knows, and the only place that names all checks.

use crate::check::{Check, HostRoots};
use crate::checks::{
    amqp, clock, device, disk, dns, elasticsearch, etcd, exec, expect, file, gpu, grpc, http, http2,
    infiniband, kafka, ldap, listen, memcached, memory_errors, mongodb, mqtt, mysql, nats, nic, nvme, pcie,
    postgres, pressure, process, push, redis, smtp, tcp, temperature, throttle, tls, zookeeper,
};
use crate::grammar::{CheckUrl, ParseError, Spec};

/// Makes a check of one scheme.
type Make = fn(&CheckUrl, &HostRoots) -> Result<Box<dyn Check>, ParseError>;

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

/// Gives a parsed check its meaning; refuses what its scheme cannot do.
pub fn from_check(check: &CheckUrl, roots: &HostRoots) -> Result<Box<dyn Check>, ParseError> {
    match TABLE.iter().find(|(spec, _)| spec.scheme == check.scheme) {
        Some((_, make)) => make(check, roots),
        None => {
            Err(ParseError(format!("scheme is \"{}\", expected one that this agent knows", check.scheme)))
        }
    }
}

fn boxed<T: Check + 'static>(made: Result<T, ParseError>) -> Result<Box<dyn Check>, ParseError> {
    made.map(|check| Box::new(check) as _)
}
