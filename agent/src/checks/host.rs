//! The hardware of the node.

pub mod clock;
pub mod device;
pub mod disk;
pub mod gpu;
pub mod infiniband;
pub mod memory_errors;
pub mod nic;
pub mod nvme;
pub mod pcie;
pub mod pressure;
pub mod temperature;
pub mod throttle;
