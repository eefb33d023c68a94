//! Every scheme that this program knows, and the only place that names all checks.

use crate::check::{Check, HostRoots};
use crate::checks::host::{
    clock, device, disk, gpu, infiniband, memory_errors, nic, nvme, pcie, pressure, temperature, throttle,
};
use crate::checks::local::{exec, file, listen, process, push};
use crate::checks::service::{
    amqp, dns, elasticsearch, etcd, expect, grpc, http, http2, kafka, ldap, memcached, mongodb, mqtt, mysql,
    nats, postgres, redis, smtp, tcp, tls, zookeeper,
};
use crate::scheme::{CheckUrl, ParseError, Scheme};

/// Makes a check of one scheme.
type Make = fn(&CheckUrl, &HostRoots) -> Result<Box<dyn Check>, ParseError>;

/// Every scheme: its grammar, and what gives a check of it its meaning.
const TABLE: &[(&Scheme, Make)] = &[
    (&amqp::SCHEME, |url, _| boxed(amqp::Amqp::from_url(url))),
    (&clock::SCHEME, |url, roots| boxed(clock::Clock::from_url(url, roots))),
    (&device::SCHEME, |url, roots| boxed(device::Device::from_url(url, roots))),
    (&disk::SCHEME, |url, roots| boxed(disk::Disk::from_url(url, roots))),
    (&dns::SCHEME, |url, _| boxed(dns::Dns::from_url(url))),
    (&elasticsearch::SCHEME, |url, _| boxed(elasticsearch::Elasticsearch::from_url(url))),
    (&elasticsearch::SCHEME_OPENSEARCH, |url, _| boxed(elasticsearch::Elasticsearch::from_url(url))),
    (&etcd::SCHEME, |url, _| boxed(etcd::Etcd::from_url(url))),
    (&exec::SCHEME, |url, _| boxed(exec::Exec::from_url(url))),
    (&expect::SCHEME, |url, _| boxed(expect::Expect::from_url(url))),
    (&file::SCHEME, |url, _| boxed(file::File::from_url(url))),
    (&grpc::SCHEME, |url, _| boxed(grpc::Grpc::from_url(url))),
    (&gpu::SCHEME, |url, roots| boxed(gpu::Gpu::from_url(url, roots))),
    (&http2::SCHEME, |url, _| boxed(http2::Http2::from_url(url))),
    (&http::SCHEME, |url, _| boxed(http::Http::from_url(url))),
    (&http::SCHEME_TLS, |url, _| boxed(http::Http::from_url(url))),
    (&infiniband::SCHEME, |url, roots| boxed(infiniband::Infiniband::from_url(url, roots))),
    (&kafka::SCHEME, |url, _| boxed(kafka::Kafka::from_url(url))),
    (&ldap::SCHEME, |url, _| boxed(ldap::Ldap::from_url(url))),
    (&listen::SCHEME, |url, roots| boxed(listen::Listen::from_url(url).map(|it| it.under(&roots.proc)))),
    (&memcached::SCHEME, |url, _| boxed(memcached::Memcached::from_url(url))),
    (&memory_errors::SCHEME, |url, roots| boxed(memory_errors::MemoryErrors::from_url(url, roots))),
    (&mongodb::SCHEME, |url, _| boxed(mongodb::MongoDb::from_url(url))),
    (&mqtt::SCHEME, |url, _| boxed(mqtt::Mqtt::from_url(url))),
    (&mysql::SCHEME, |url, _| boxed(mysql::Mysql::from_url(url))),
    (&mysql::SCHEME_MARIADB, |url, _| boxed(mysql::Mysql::from_url(url))),
    (&nats::SCHEME, |url, _| boxed(nats::Nats::from_url(url))),
    (&nic::SCHEME, |url, roots| boxed(nic::Nic::from_url(url, roots))),
    (&nvme::SCHEME, |url, roots| boxed(nvme::Nvme::from_url(url, roots))),
    (&pcie::SCHEME, |url, roots| boxed(pcie::Pcie::from_url(url, roots))),
    (&postgres::SCHEME, |url, _| boxed(postgres::Postgres::from_url(url))),
    (&pressure::SCHEME, |url, roots| boxed(pressure::Pressure::from_url(url, roots))),
    (&process::SCHEME, |url, roots| boxed(process::Process::from_url(url).map(|it| it.under(&roots.proc)))),
    (&push::SCHEME, |url, _| boxed(push::Push::from_url(url))),
    (&redis::SCHEME, |url, _| boxed(redis::Redis::from_url(url))),
    (&smtp::SCHEME, |url, _| boxed(smtp::Smtp::from_url(url))),
    (&tcp::SCHEME, |url, _| boxed(tcp::Tcp::from_url(url))),
    (&temperature::SCHEME, |url, roots| boxed(temperature::Temperature::from_url(url, roots))),
    (&throttle::SCHEME, |url, roots| boxed(throttle::Throttle::from_url(url, roots))),
    (&tls::SCHEME, |url, _| boxed(tls::Tls::from_url(url))),
    (&zookeeper::SCHEME, |url, _| boxed(zookeeper::ZooKeeper::from_url(url))),
];

/// The grammar of every scheme.
pub const SCHEMES: &[&Scheme] = &{
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
