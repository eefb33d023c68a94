//! What a node says of its cluster, out of `CLUSTER INFO`.
//!
//! <https://redis.io/docs/latest/commands/cluster-info/>. The state is that of the cluster as this node sees it: it is down where
//! another node is away that has slots of its own, and a restart of this one would take away more.

use super::reply::field;
use crate::check::{Cause, Outcome};
use crate::net::ProtocolError;

/// Every cluster has so many.
const SLOTS: u32 = 16_384;

/// Alive, not ready, where the cluster does not take every query.
pub fn judge(info: &[u8]) -> Outcome {
    let number = |name| str::from_utf8(field(info, name)?).ok()?.parse::<u32>().ok();
    match (field(info, "cluster_state"), number("cluster_known_nodes"), number("cluster_slots_ok")) {
        (Some(b"ok"), Some(nodes), _) => Outcome::pass(format!("PONG, the cluster of {nodes} nodes is ok")),
        (Some(b"fail"), _, Some(slots)) => Outcome::alive(
            Cause::Unhealthy,
            format!("cluster_state is fail, expected ok: {slots} of {SLOTS} slots are ok"),
        ),
        _ => ProtocolError::because("answer is not of Redis: CLUSTER INFO without a state").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_is_down_is_no_fault_of_its_node() {
        let info = |state: &str| {
            format!(
                "cluster_state:{state}\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:10922\r\ncluster_known_nodes:6\r\n"
            )
        };
        let down = "cluster_state is fail, expected ok: 10922 of 16384 slots are ok";
        assert_eq!(judge(info("ok").as_bytes()), Outcome::pass("PONG, the cluster of 6 nodes is ok"));
        assert_eq!(judge(info("fail").as_bytes()), Outcome::alive(Cause::Unhealthy, down));
        for odd in ["", "cluster_state:ok", "cluster_state:fail\r\ncluster_slots_ok:s3cret", &info("odd")] {
            let outcome = judge(odd.as_bytes());
            assert_eq!(outcome.cause, Some(Cause::Protocol), "{odd}");
            assert!(!outcome.reason.contains("s3cret"), "{outcome:?}");
        }
    }
}
