use super::*;

fn allows(pattern: &str, target: &str) -> bool {
    let place = Place::parse(target, "redis", Some(6379)).unwrap();
    TargetPattern::parse(pattern).unwrap().allows(&place)
}

#[test]
fn a_star_is_within_one_label_of_a_name() {
    for (pattern, target) in [
        ("*.shop.svc:6379", "cart.shop.svc"),
        ("*.shop.svc:6379", "redis://Cart.SHOP.svc:6379/"),
        ("cart-*.shop.svc:6379", "cart-0.shop.svc:6379"),
        ("c*t*-0.svc:1-65535", "cart-x-0.svc:65535"),
        ("a*a.svc:1", "aa.svc:1"),
        ("localhost:1", "localhost:1"),
        ("*:6379", "cart"),
    ] {
        assert!(allows(pattern, target), "{pattern} {target}");
    }
    for (pattern, target) in [
        ("*.shop.svc:6379", "a.cart.shop.svc"),
        ("*.shop.svc:6379", "shop.svc"),
        ("*.shop.svc:6379", "cart.shop.svc:6380"),
        ("*.shop.svc:6379", "cart.shop.svc.evil"),
        ("a*a.svc:1", "a.svc:1"),
        ("*:6379", "localhost"),
        ("*:6379", "LOCALHOST"),
        ("*:6379", "pod"),
        ("*.*.*.*:6379", "10.0.0.1"),
    ] {
        assert!(!allows(pattern, target), "{pattern} {target}");
    }
}

#[test]
fn an_address_is_allowed_by_its_network_alone() {
    for (pattern, target) in [
        ("10.0.0.0/8:6379", "10.255.0.1"),
        ("10.0.0.1:6379", "10.0.0.1"),
        ("0.0.0.0/0:6379", "192.0.2.1"),
        ("10.0.0.0/8:6379", "[::ffff:10.0.0.1]"),
        ("[fd00::/8]:6379", "[fd12::1]:6379"),
    ] {
        assert!(allows(pattern, target), "{pattern} {target}");
    }
    for (pattern, target) in [
        ("10.0.0.0/8:6379", "11.0.0.1"),
        ("10.0.0.0/31:6379", "10.0.0.2"),
        ("0.0.0.0/0:6379", "[::1]"),
        ("[::/0]:6379", "10.0.0.1"),
        ("[fd00::/8]:6379", "[fe80::1]"),
    ] {
        assert!(!allows(pattern, target), "{pattern} {target}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_in_a_sentence() {
    for text in [
        "",
        "a",
        ":1",
        "a:0",
        "a:2-1",
        "a:1-",
        "a:65536",
        "a..b:1",
        "a/8:1",
        "10.0.0.0/33:1",
        "10.0.0.256:1",
        "10.0.*:1x",
        "fd00::1:1",
        "[10.0.0.1]:1",
        "[a]:1",
        "http://a:1",
        "a.1:1",
    ] {
        let error = TargetPattern::parse(text).unwrap_err().0;
        assert!(
            error.starts_with("option --target is ") && error.contains(", expected HOST:PORT"),
            "{error}"
        );
    }
}

#[test]
fn a_target_is_a_place_and_nothing_else() {
    for text in [
        "",
        ":6379",
        "/",
        "a/b",
        "a:1/b",
        "a?proxy=v1",
        "a:1?max-time=1s",
        "u@a",
        "$HOME@a:1",
        "http://a:1",
        "redis://redis://a",
        "a:0",
        "a b",
        "a#b",
        "a:1:2",
        "é",
        "exec:ls",
        "file:///etc/passwd",
    ] {
        assert!(Place::parse(text, "redis", Some(6379)).is_err(), "{text}");
    }
    assert!(Place::parse("a", "tcp", None).is_err());
}
