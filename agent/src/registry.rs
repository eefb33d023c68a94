//! Every scheme that this program knows, and the only place that names all checks.

use crate::check::{Check, HostRoots};
use crate::checks::{host, local, service};
use crate::scheme::{CheckUrl, ParseError, Scheme};

/// Makes a check of one scheme.
type Make = fn(&CheckUrl, &HostRoots) -> Result<Box<dyn Check>, ParseError>;

/// Every scheme: its grammar, and what gives a check of it its meaning.
const TABLE: &[(&Scheme, Make)] = &[
    (&service::amqp::SCHEME, |url, _| boxed(service::amqp::Amqp::from_url(url))),
    (&service::cassandra::SCHEME, |url, _| boxed(service::cassandra::Cassandra::from_url(url))),
    (&host::clock::SCHEME, |url, roots| boxed(host::clock::Clock::from_url(url, roots))),
    (&host::device::SCHEME, |url, roots| boxed(host::device::Device::from_url(url, roots))),
    (&host::disk::SCHEME, |url, roots| boxed(host::disk::Disk::from_url(url, roots))),
    (&service::dns::SCHEME, |url, _| boxed(service::dns::Dns::from_url(url))),
    (&service::elasticsearch::SCHEME, |url, _| boxed(service::elasticsearch::Elasticsearch::from_url(url))),
    (&service::elasticsearch::SCHEME_OPENSEARCH, |url, _| {
        boxed(service::elasticsearch::Elasticsearch::from_url(url))
    }),
    (&service::etcd::SCHEME, |url, _| boxed(service::etcd::Etcd::from_url(url))),
    (&local::exec::SCHEME, |url, _| boxed(local::exec::Exec::from_url(url))),
    (&service::expect::SCHEME, |url, _| boxed(service::expect::Expect::from_url(url))),
    (&local::file::SCHEME, |url, _| boxed(local::file::File::from_url(url))),
    (&service::grpc::SCHEME, |url, _| boxed(service::grpc::Grpc::from_url(url))),
    (&host::gpu::SCHEME, |url, roots| boxed(host::gpu::Gpu::from_url(url, roots))),
    (&service::http2::SCHEME, |url, _| boxed(service::http2::Http2::from_url(url))),
    (&service::http::SCHEME, |url, _| boxed(service::http::Http::from_url(url))),
    (&service::https::SCHEME, |url, _| boxed(service::https::Https::from_url(url))),
    (&host::infiniband::SCHEME, |url, roots| boxed(host::infiniband::Infiniband::from_url(url, roots))),
    (&service::kafka::SCHEME, |url, _| boxed(service::kafka::Kafka::from_url(url))),
    (&service::ldap::SCHEME, |url, _| boxed(service::ldap::Ldap::from_url(url))),
    (&local::listen::SCHEME, |url, roots| {
        boxed(local::listen::Listen::from_url(url).map(|it| it.under(&roots.proc)))
    }),
    (&service::memcached::SCHEME, |url, _| boxed(service::memcached::Memcached::from_url(url))),
    (&host::memory_errors::SCHEME, |url, roots| {
        boxed(host::memory_errors::MemoryErrors::from_url(url, roots))
    }),
    (&service::mongodb::SCHEME, |url, _| boxed(service::mongodb::MongoDb::from_url(url))),
    (&service::mqtt::SCHEME, |url, _| boxed(service::mqtt::Mqtt::from_url(url))),
    (&service::mssql::SCHEME, |url, _| boxed(service::mssql::Mssql::from_url(url))),
    (&service::mysql::SCHEME, |url, _| boxed(service::mysql::Mysql::from_url(url))),
    (&service::mysql::SCHEME_MARIADB, |url, _| boxed(service::mysql::Mysql::from_url(url))),
    (&service::nats::SCHEME, |url, _| boxed(service::nats::Nats::from_url(url))),
    (&host::nic::SCHEME, |url, roots| boxed(host::nic::Nic::from_url(url, roots))),
    (&service::ntp::SCHEME, |url, _| boxed(service::ntp::Ntp::from_url(url))),
    (&host::nvme::SCHEME, |url, roots| boxed(host::nvme::Nvme::from_url(url, roots))),
    (&host::pcie::SCHEME, |url, roots| boxed(host::pcie::Pcie::from_url(url, roots))),
    (&service::postgres::SCHEME, |url, _| boxed(service::postgres::Postgres::from_url(url))),
    (&host::pressure::SCHEME, |url, roots| boxed(host::pressure::Pressure::from_url(url, roots))),
    (&local::process::SCHEME, |url, roots| {
        boxed(local::process::Process::from_url(url).map(|it| it.under(&roots.proc)))
    }),
    (&local::push::SCHEME, |url, _| boxed(local::push::Push::from_url(url))),
    (&service::rabbitmq_stream::SCHEME, |url, _| {
        boxed(service::rabbitmq_stream::RabbitmqStream::from_url(url))
    }),
    (&service::redis::SCHEME, |url, _| boxed(service::redis::Redis::from_url(url))),
    (&service::smtp::SCHEME, |url, _| boxed(service::smtp::Smtp::from_url(url))),
    (&service::tcp::SCHEME, |url, _| boxed(service::tcp::Tcp::from_url(url))),
    (&host::temperature::SCHEME, |url, roots| boxed(host::temperature::Temperature::from_url(url, roots))),
    (&host::throttle::SCHEME, |url, roots| boxed(host::throttle::Throttle::from_url(url, roots))),
    (&service::tls::SCHEME, |url, _| boxed(service::tls::Tls::from_url(url))),
    (&service::udp::SCHEME, |url, _| boxed(service::udp::Udp::from_url(url))),
    (&service::ws::SCHEME, |url, _| boxed(service::ws::WebSocket::from_url(url))),
    (&service::ws::SCHEME_TLS, |url, _| boxed(service::ws::WebSocket::from_url(url))),
    (&service::zookeeper::SCHEME, |url, _| boxed(service::zookeeper::ZooKeeper::from_url(url))),
];

/// The grammar of every scheme.
pub const SCHEMES: &[&Scheme] = &{
    let mut schemes = [TABLE[0].0; TABLE.len()];
    let mut row = 0;
    while row < TABLE.len() {
        schemes[row] = TABLE[row].0;
        row += 1;
    }
    schemes
};

/// Gives a parsed check its meaning; refuses what its scheme cannot do.
pub fn check_of(url: &CheckUrl, roots: &HostRoots) -> Result<Box<dyn Check>, ParseError> {
    match TABLE.iter().find(|(definition, _)| definition.scheme == url.scheme) {
        Some((_, make)) => make(url, roots),
        None => Err(ParseError(format!("scheme is \"{}\", expected one that this agent knows", url.scheme))),
    }
}

fn boxed<T: Check + 'static>(made: Result<T, ParseError>) -> Result<Box<dyn Check>, ParseError> {
    made.map(|check| Box::new(check) as _)
}
