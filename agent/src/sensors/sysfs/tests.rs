use std::os::unix::fs::symlink;

use super::*;
use crate::sensors::fixture::Fixture;

fn folder(fixture: &Fixture) -> Folder {
    Tree::at(fixture.root()).folder("a").unwrap()
}

#[test]
fn files_are_read_as_text_and_numbers() {
    let fixture = Fixture::new(&[("a/n", "-45000\n"), ("a/u", " 7 "), ("a/e", ""), ("a/t", "a\x1b[1m\nb")]);
    let folder = folder(&fixture);
    assert_eq!(folder.number("n"), Ok(-45_000));
    assert_eq!(folder.count("u"), Ok(7));
    assert_eq!(folder.line("t").as_deref(), Ok("a?[1m b"));
    let shown = |name| folder.count(name).unwrap_err().to_string();
    assert_eq!(shown("n"), "is \"-45000\", expected a number");
    assert_eq!(shown("e"), "is \"\", expected a number");
    assert_eq!(shown("none"), "is missing");
    assert!(shown("..").starts_with("cannot be read: "));
}

#[test]
fn of_a_file_no_more_than_a_page_is_read() {
    let fixture = Fixture::new(&[("a/long", &"1".repeat(100_000))]);
    assert_eq!(folder(&fixture).text("long").unwrap().len(), 4_096);
    assert!(folder(&fixture).number("long").is_err());
}

#[test]
fn nothing_outside_of_the_root_is_read() {
    let fixture = Fixture::new(&[("a/x", "1"), ("b/x", "2")]);
    let within = fixture.root().join("a");
    symlink("/etc", within.join("absolute")).unwrap();
    symlink("../../../../../../etc", within.join("upwards")).unwrap();
    symlink("/etc/passwd", within.join("file")).unwrap();
    symlink("../b", within.join("fine")).unwrap();
    symlink("../b/x", within.join("fine-file")).unwrap();
    let folder = folder(&fixture);
    for path in ["absolute", "upwards", "..", "../b", "/etc", "fine/../../..", ""] {
        assert!(folder.folder(path).is_err() || path.is_empty(), "{path}");
    }
    for path in ["file", "../b/x", "/etc/passwd"] {
        assert!(folder.text(path).is_err(), "{path}");
    }
    assert_eq!(folder.folder("fine").unwrap().text("x").as_deref(), Ok("2"));
    assert_eq!(folder.text("fine-file").as_deref(), Ok("2"));
    assert_eq!(folder.folder("fine").unwrap().name(), "b");
    assert!(folder.parent().is_some_and(|root| root.parent().is_none()));
}

#[test]
fn names_come_in_the_order_of_their_numbers() {
    let fixture = Fixture::new(&[("a/h10/x", ""), ("a/h2/x", ""), ("a/h1/x", ""), ("a/file", "")]);
    assert_eq!(folder(&fixture).names().unwrap(), ["h1", "h2", "h10", "file"]);
    assert!(Tree::at(fixture.root()).folder("none").is_err());
    assert!(Tree::at(Path::new("/no/such/root")).folder("a").is_err());
}
