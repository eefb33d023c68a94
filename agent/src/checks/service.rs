//! Servers, asked in their own protocols.

pub mod amqp;
pub mod cassandra;
pub mod dns;
pub mod elasticsearch;
pub mod etcd;
pub mod expect;
pub mod grpc;
pub mod http;
pub mod http2;
pub mod https;
pub mod kafka;
pub mod ldap;
pub mod memcached;
pub mod mongodb;
pub mod mqtt;
pub mod mssql;
pub mod mysql;
pub mod nats;
pub mod ntp;
pub mod postgres;
pub mod rabbitmq_stream;
pub mod redis;
pub mod smtp;
pub mod tcp;
pub mod tls;
pub mod udp;
pub mod ws;
pub mod zookeeper;

#[cfg(test)]
mod tests;
