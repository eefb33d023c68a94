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
    (&amqp::SPEC, |url, _| boxed(amqp::Amqp::from_url(url))),
    (&clock::SPEC, |url, roots| boxed(clock::Clock::from_url(url, roots))),
    (&device::SPEC, |url, roots| boxed(device::Device::from_url(url, roots))),
    (&disk::SPEC, |url, roots| boxed(disk::Disk::from_url(url, roots))),
    (&dns::SPEC, |url, _| boxed(dns::Dns::from_url(url))),
    (&elasticsearch::SPEC, |url, _| boxed(elasticsearch::Elasticsearch::from_url(url))),
    (&elasticsearch::SPEC_OPENSEARCH, |url, _| boxed(elasticsearch::Elasticsearch::from_url(url))),
    (&etcd::SPEC, |url, _| boxed(etcd::Etcd::from_url(url))),
    (&exec::SPEC, |url, _| boxed(exec::Exec::from_url(url))),
    (&expect::SPEC, |url, _| boxed(expect::Expect::from_url(url))),
    (&file::SPEC, |url, _| boxed(file::File::from_url(url))),
    (&grpc::SPEC, |url, _| boxed(grpc::Grpc::from_url(url))),
    (&gpu::SPEC, |url, roots| boxed(gpu::Gpu::from_url(url, roots))),
    (&http2::SPEC, |url, _| boxed(http2::Http2::from_url(url))),
    (&http::SPEC, |url, _| boxed(http::Http::from_url(url))),
    (&http::SPEC_TLS, |url, _| boxed(http::Http::from_url(url))),
    (&infiniband::SPEC, |url, roots| boxed(infiniband::Infiniband::from_url(url, roots))),
    (&kafka::SPEC, |url, _| boxed(kafka::Kafka::from_url(url))),
    (&ldap::SPEC, |url, _| boxed(ldap::Ldap::from_url(url))),
    (&listen::SPEC, |url, roots| boxed(listen::Listen::from_url(url).map(|it| it.under(&roots.proc)))),
    (&memcached::SPEC, |url, _| boxed(memcached::Memcached::from_url(url))),
    (&memory_errors::SPEC, |url, roots| boxed(memory_errors::MemoryErrors::from_url(url, roots))),
    (&mongodb::SPEC, |url, _| boxed(mongodb::MongoDb::from_url(url))),
    (&mqtt::SPEC, |url, _| boxed(mqtt::Mqtt::from_url(url))),
    (&mysql::SPEC, |url, _| boxed(mysql::Mysql::from_url(url))),
    (&mysql::SPEC_MARIADB, |url, _| boxed(mysql::Mysql::from_url(url))),
    (&nats::SPEC, |url, _| boxed(nats::Nats::from_url(url))),
    (&nic::SPEC, |url, roots| boxed(nic::Nic::from_url(url, roots))),
    (&nvme::SPEC, |url, roots| boxed(nvme::Nvme::from_url(url, roots))),
    (&pcie::SPEC, |url, roots| boxed(pcie::Pcie::from_url(url, roots))),
    (&postgres::SPEC, |url, _| boxed(postgres::Postgres::from_url(url))),
    (&pressure::SPEC, |url, roots| boxed(pressure::Pressure::from_url(url, roots))),
    (&process::SPEC, |url, roots| boxed(process::Process::from_url(url).map(|it| it.under(&roots.proc)))),
    (&push::SPEC, |url, _| boxed(push::Push::from_url(url))),
    (&redis::SPEC, |url, _| boxed(redis::Redis::from_url(url))),
    (&smtp::SPEC, |url, _| boxed(smtp::Smtp::from_url(url))),
    (&tcp::SPEC, |url, _| boxed(tcp::Tcp::from_url(url))),
    (&temperature::SPEC, |url, roots| boxed(temperature::Temperature::from_url(url, roots))),
    (&throttle::SPEC, |url, roots| boxed(throttle::Throttle::from_url(url, roots))),
    (&tls::SPEC, |url, _| boxed(tls::Tls::from_url(url))),
    (&zookeeper::SPEC, |url, _| boxed(zookeeper::ZooKeeper::from_url(url))),
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
pub fn check_of(url: &CheckUrl, roots: &HostRoots) -> Result<Box<dyn Check>, ParseError> {
    match TABLE.iter().find(|(spec, _)| spec.scheme == url.scheme) {
        Some((_, make)) => make(url, roots),
        None => Err(ParseError(format!("scheme is \"{}\", expected one that this agent knows", url.scheme))),
    }
}

fn boxed<T: Check + 'static>(made: Result<T, ParseError>) -> Result<Box<dyn Check>, ParseError> {
    made.map(|check| Box::new(check) as _)
}
