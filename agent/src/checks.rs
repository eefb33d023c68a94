//! The checks: one file each, and one line in the registry.

pub mod host;
pub mod local;
pub mod replication;
pub mod service;
