use super::*;

const MS: Duration = Duration::from_millis(1);

fn address(last: u8) -> IpAddr {
    [10, 0, 0, last].into()
}

/// So many connections of an address at once: how many are admitted, and how the first that is not ends.
fn connect(peers: &mut Peers, from: IpAddr, count: usize, now: Instant) -> (usize, Option<Admission>) {
    let ends: Vec<_> = (0..count).map(|_| peers.admit(from, now)).collect();
    let admitted = ends.iter().filter(|&&end| end == Admission::Admitted).count();
    (admitted, ends.into_iter().find(|&end| end != Admission::Admitted))
}

#[test]
fn an_address_that_connects_too_often_is_shut_out_and_others_are_not() {
    let now = Instant::now();
    let mut peers = Peers::new(now);
    assert_eq!(connect(&mut peers, address(1), 5_000, now), (100, Some(Admission::TooOften)));
    assert_eq!(peers.admit(address(1), now), Admission::Shut);
    assert_eq!(peers.admit(address(2), now), Admission::Admitted);
    assert_eq!(peers.rules(now), Rules { shut: vec![address(1)], only: vec![] });
    assert_eq!(peers.next_change(now), Some(now + SHUT_OUT));
}

#[test]
fn one_that_goes_on_is_shut_out_again_at_once_and_one_that_stops_is_served() {
    let start = Instant::now();
    let mut peers = Peers::new(start);
    connect(&mut peers, address(1), 101, start);
    let back = start + SHUT_OUT;
    assert_eq!(peers.rules(back), Rules::default());
    assert_eq!(connect(&mut peers, address(1), 10, back + 20 * MS), (1, Some(Admission::TooOften)));
    let later = back + SHUT_OUT + 1_000 * MS;
    assert_eq!(connect(&mut peers, address(1), 10, later), (10, None));
}

#[test]
fn a_kubelet_with_forty_probes_a_second_is_never_shut_out() {
    let start = Instant::now();
    let mut peers = Peers::new(start);
    for second in 0..100 {
        assert_eq!(connect(&mut peers, address(1), 40, start + 1_000 * second * MS), (40, None));
    }
}

#[test]
fn the_only_address_that_asks_as_the_kubelet_does_is_never_shut_out() {
    let now = Instant::now();
    let mut peers = Peers::new(now);
    peers.admit(address(1), now);
    peers.prove(address(1), now);
    assert_eq!(connect(&mut peers, address(1), 5_000, now), (5_000, None));
    peers.admit(address(2), now);
    peers.prove(address(2), now);
    assert_eq!(connect(&mut peers, address(1), 1, now), (0, Some(Admission::TooOften)));
    assert_eq!(connect(&mut peers, address(2), 50, now), (50, None));
}

#[test]
fn a_crowd_is_kept_out_once_an_address_has_proven_itself() {
    let now = Instant::now();
    let mut peers = Peers::new(now);
    let crowd = |peers: &mut Peers, now| {
        (0..1_000_u16)
            .filter(|one| {
                let [high, low] = one.to_be_bytes();
                peers.admit([10, 1, high, low].into(), now) == Admission::Admitted
            })
            .count()
    };
    assert_eq!(crowd(&mut peers, now), 1_000);
    peers.admit(address(1), now);
    peers.prove(address(1), now);
    assert_eq!(crowd(&mut peers, now), 400);
    assert_eq!(peers.rules(now), Rules { shut: vec![], only: vec![address(1)] });
    assert_eq!(peers.admit(address(1), now), Admission::Admitted);
    assert_eq!(peers.admit(address(2), now), Admission::Shut);
    assert_eq!(peers.admit(address(2), now + SHUT_OUT), Admission::Admitted);
}

#[test]
fn the_proofs_of_a_crowd_take_no_place_of_the_first_and_end_with_time() {
    let now = Instant::now();
    let mut peers = Peers::new(now);
    for one in 1..=60 {
        peers.admit(address(one), now);
        peers.prove(address(one), now);
    }
    let proven: Vec<_> =
        peers.known.iter().filter(|peer| peer.is_proven(now)).map(|peer| peer.address).collect();
    assert_eq!(proven, (1..=8).map(address).collect::<Vec<_>>());
    assert_eq!(peers.known.len(), MOST_KNOWN);
    assert!(!peers.known.iter().any(|peer| peer.is_proven(now + PROOF_LASTS)));
}
