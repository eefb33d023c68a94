use super::*;

/// A RESULT of so many rows of one column of this type.
pub fn rows(values: &[&[u8]], kind: u16) -> Vec<u8> {
    let mut body = [[0, 0, 0, 2], [0, 0, 0, 1], [0, 0, 0, 1]].concat();
    for text in ["system", "local", "release_version"] {
        body.extend_from_slice(&string(text));
    }
    body.extend_from_slice(&kind.to_be_bytes());
    body.extend_from_slice(&(values.len() as u32).to_be_bytes());
    for value in values {
        body.extend_from_slice(&(value.len() as u32).to_be_bytes());
        body.extend_from_slice(value);
    }
    answer(4, RESULT, &body)
}

/// Asks a node without a login that answers the query so.
fn asking(result: &[u8], expect: Option<&str>) -> Outcome {
    let answers = [&supported(4)[..], &answer(4, READY, &[]), result].concat();
    let query = ("query", "SELECT release_version FROM system.local");
    let options: Vec<_> = [query].into_iter().chain(expect.map(|text| ("expect", text))).collect();
    run_with(says(&answers), &options, soon())
}

#[test]
fn a_query_has_to_give_one_row_that_begins_as_expected() {
    let alive = |reason: &str| Outcome::alive(Cause::Unhealthy, reason);
    let pass = |words: &str| Outcome::pass(format!("speaks CQL 3.4.7, query gave {words}"));
    let null = {
        let mut bytes = rows(&[b""], 0x0d);
        let end = bytes.len();
        bytes[end - 4..].fill(0xff);
        bytes
    };
    for (result, expect, outcome) in [
        (rows(&[b"5.0.2"], 0x0d), None, pass("a row")),
        (rows(&[b"5.0.2"], 0x0d), Some("5.0.2"), pass("what it should")),
        (rows(&[b"5.0.2"], 0x0d), Some("4"), alive("query gave \"5.0.2\", expected \"4\"")),
        (rows(&[&[1]], 0x04), Some("true"), pass("what it should")),
        (rows(&[&[0]], 0x04), Some("false"), pass("what it should")),
        (rows(&[&[0, 0, 1, 0]], 0x09), Some("256"), pass("what it should")),
        (rows(&[&[0xff; 8]], 0x02), Some("-1"), pass("what it should")),
        (rows(&[&[0x80]], 0x14), Some("-128"), pass("what it should")),
        (null, Some("1"), alive("query gave null, expected \"1\"")),
        (rows(&[], 0x0d), None, alive("query gave no row, expected one")),
        (rows(&[b"1", b"2"], 0x0d), None, alive("query gave more than one row, expected one")),
        (answer(4, RESULT, &[0, 0, 0, 1]), None, alive("query gave no row, expected one")),
        (
            rows(&[&[0; 16]], 0x0c),
            Some("1"),
            refused("query gave a type that cannot be compared, expected a text, a number or a boolean"),
        ),
        (
            answer(4, RESULT, &[0, 0, 0, 2, 0]),
            None,
            refused("OPTIONS was answered, but answer is not of CQL"),
        ),
        (answer(4, READY, &[]), None, refused("OPTIONS was answered, but answer is not of CQL")),
    ] {
        assert_eq!(asking(&result, expect), outcome, "{expect:?}");
    }
}

#[test]
fn an_error_of_a_query_tells_whose_mistake_it_is() {
    for (code, cause, words) in [
        (0x0000, Cause::Unhealthy, "server error"),
        (0x1000, Cause::Unhealthy, "too few replicas are alive"),
        (0x1200, Cause::Unhealthy, "replicas did not answer in time"),
        (0x2000, Cause::Protocol, "query is not CQL"),
        (0x2100, Cause::Protocol, "query is not permitted to this user"),
        (0x2200, Cause::Protocol, "query is not valid"),
    ] {
        let reason = format!("{words} ({code:#06x}): why");
        assert_eq!(asking(&error(4, code, "why"), None), Outcome::alive(cause, reason));
    }
}

#[test]
fn columns_of_every_type_are_stepped_over() {
    let mut body = [[0, 0, 0, 2], [0, 0, 0, 0x0b], [0, 0, 0, 6]].concat();
    body.extend_from_slice(b"\0\0\0\x02pp\0\x02id");
    let types: [&[u8]; 6] = [
        &[0, 0x0d],
        b"\0\0\0\x05a.B.C",
        &[0, 0x21, 0, 0x0d, 0, 0x20, 0, 9],
        &[0, 0x22, 0, 0x0c],
        b"\0\x30\0\x01k\0\x01n\0\x01\0\x01f\0\x09",
        &[0, 0x31, 0, 2, 0, 9, 0, 9],
    ];
    let mut in_v5 = body.clone();
    in_v5[7] |= 1;
    in_v5.extend_from_slice(b"\0\x01k\0\x01t");
    for kind in types {
        in_v5.extend_from_slice(b"\0\x01c");
        in_v5.extend_from_slice(kind);
    }
    in_v5.extend_from_slice(b"\0\0\0\x01\0\0\0\x02ok");
    let row = only_row(&in_v5, 5).unwrap();
    assert_eq!(row.compare(Some("ok"), Redaction::None), Ok(", query gave what it should"));
    // A server may leave the types out.
    let bare = b"\0\0\0\x02\0\0\0\x04\0\0\0\x01\0\0\0\x01\0\0\0\x02ok";
    assert!(only_row(bare, 4).unwrap().compare(None, Redaction::None).is_ok());
    assert!(only_row(bare, 4).unwrap().compare(Some("ok"), Redaction::None).is_err());
    let deep =
        [&body[..8], &[0, 0, 0, 1], b"\0\0\0\0\0\x01k\0\x01t\0\x01c", &[0, 0x20].repeat(5_000)].concat();
    assert!(only_row(&deep, 4).is_err());
}

#[test]
fn a_query_is_of_one_page_with_flags_as_its_version_has_them() {
    assert_eq!(query("Q", 4), b"\0\0\0\x01Q\0\x0a\x04\0\0\0\x02");
    assert_eq!(query("Q", 5), b"\0\0\0\x01Q\0\x0a\0\0\0\x04\0\0\0\x02");
}
