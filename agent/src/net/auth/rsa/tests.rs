use super::*;
use crate::net::test_server::Random;

const KEY_1024: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDJa3JyXH5Z0xQerqHrAIDoYMVg
IcUHEl1i++Ytpr8p2gy2jYCvXAYL863Au3AZaWThPrKvvnxfFLIM4Mj4YUyUi3dJ
kGgUcO3VWAOFhqbbvyNMbxAJqMx5NBFkSXaOfmbyX8eZqDm5Zj0AOb3uh+cDdEVx
vewMx9g6d45ZT7UnYQIDAQAB
-----END PUBLIC KEY-----
";

/// The exponent 3; 512 bits; an elliptic curve.
const UNUSABLE: [&str; 3] = [
    "-----BEGIN PUBLIC KEY-----
MIGdMA0GCSqGSIb3DQEBAQUAA4GLADCBhwKBgQC6Aoi1YOt94TisYduDFCGa+ure
AWDRbHnh8n25G/jl+Qf6rclxQuIwaeLLcRXQ03SJpuYFCyiGnmLL59NiiZtbPTsp
4MimpBJpU1FwZguKU47E2u7qjRr8JL35UrwlhfwUgkC4ng5gS4K2IE9NO/5ijyVI
xqfp9mLqesHzaF+X4wIBAw==
-----END PUBLIC KEY-----
",
    "-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANYda8aQcm5qLBFwbnJFEE74ZBxSub9V
MVi7obooXLrR4Ip3iCTyL8wIp6+dPGLtcNbS15GLA0L37Rx+50LobF8CAwEAAQ==
-----END PUBLIC KEY-----
",
    "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECqC/xsvbLvF3L/o5c2d1M7rWsbJs
0YeyBHuCVudnDVCxjgZnJmn4rfTm0u6kK6p42Qd85ZqQBRfk3khGpuGpDQ==
-----END PUBLIC KEY-----
",
];

/// `correct horse` and a zero with the seed 0 to 19, by Python's integers, and read by OpenSSL.
const ENCRYPTED: &str = "9eb6b231d92e369e377e71e19aa98aa4c864b97cc001bcb9d439a328d5ef221a086c7c6bf692c6c64c12c81d7fd1bc5a\
41f3e7e46df310f6b9274d4fa5d83824348deb72042cf71e5b8744c55df231e5045b8c71f803ede96842d466b319b0e0e3e317a2b4a71a594beb60bd55ef\
6a8db38752bd0d72a68e9a0be7204e3f74e7";

#[test]
fn a_message_is_encrypted_as_others_encrypt_it() {
    let key = PublicKey::from_pem(KEY_1024.as_bytes()).unwrap();
    let seed = std::array::from_fn(|place| place as u8);
    let encrypted = key.encrypt_with(b"correct horse\0", seed).unwrap();
    assert_eq!(encrypted.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), ENCRYPTED);
    let again = [key.encrypt(b"correct horse\0").unwrap(), key.encrypt(b"correct horse\0").unwrap()];
    assert_ne!(again[0], again[1]);
}

#[test]
fn a_message_may_be_as_long_as_the_padding_leaves_room() {
    let key = PublicKey::from_pem(KEY_1024.as_bytes()).unwrap();
    assert_eq!(key.encrypt(&[b'x'; 86]).map(|bytes| bytes.len()), Some(128));
    assert_eq!(key.encrypt(&[b'x'; 87]), None);
    assert_eq!(key.encrypt(&[b'x'; 1000]), None);
}

#[test]
fn other_keys_are_refused() {
    for pem in UNUSABLE.iter().copied().chain(["", "-----BEGIN PUBLIC KEY-----\n", "MFkw"]) {
        assert_eq!(PublicKey::from_pem(pem.as_bytes()), None, "{pem}");
    }
    assert_eq!(
        PublicKey::from_file("/dev/null"),
        Err(Outcome::alive(Cause::Protocol, format!("no usable public key in /dev/null, {EXPECTED}")))
    );
    let absent = PublicKey::from_file("/no/such").unwrap_err();
    assert_eq!(absent.reason, "cannot read /no/such: no such file");
}

#[test]
fn a_power_is_that_of_a_single_limb_too() {
    let mut random = Random(65_537);
    for _ in 0..2_000 {
        let modulus = u64::from_be_bytes(std::array::from_fn(|_| random.below(256) as u8)) | 1 << 63 | 1;
        let number = u64::from_be_bytes(std::array::from_fn(|_| random.below(256) as u8)) % modulus;
        let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64;
        let expected = times((0..16).fold(number, |power, _| times(power, power)), number);
        assert_eq!(power::of(&number.to_be_bytes(), &modulus.to_be_bytes()), expected.to_be_bytes());
    }
}

#[test]
fn a_power_holds_at_the_edges_of_the_field() {
    // The largest modulus of 4,096 bits: -1 to an odd power is -1.
    let largest = [0xff; 512];
    let minus_one = [&[0xff; 511][..], &[0xfe]].concat();
    assert_eq!(power::of(&minus_one, &largest), minus_one);
    // A length that is no whole number of limbs.
    let odd = [&[0x80][..], &[0; 129], &[1]].concat();
    for (number, power) in [(0, 0), (1, 1)] {
        let text = |last| [&[0; 130][..], &[last]].concat();
        assert_eq!(power::of(&text(number), &odd), text(power));
    }
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let mut random = Random(9);
    let info = SubjectPublicKeyInfoDer::from_pem_slice(KEY_1024.as_bytes()).unwrap();
    for _ in 0..20_000 {
        let damaged = random.damaged(&info);
        spki::rsa(&damaged);
        if let Some(key) = PublicKey::from_pem(&random.damaged(KEY_1024.as_bytes())) {
            drop(key.encrypt(b"horse"));
        }
    }
}
