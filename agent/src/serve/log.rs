//! Lines on standard error: `time level=info key=value`, in logfmt.

use std::io::{self, Write};
use std::time::SystemTime;

use crate::time::rfc3339;

/// Writes one line with one call, so that lines of several threads do not mix; a closed standard error is ignored.
pub fn write(level: &str, fields: &[(&str, &str)]) {
    let line = format(SystemTime::now(), level, fields);
    drop(io::stderr().write_all(line.as_bytes()));
}

fn format(time: SystemTime, level: &str, fields: &[(&str, &str)]) -> String {
    let mut line = format!("{} level={level}", rfc3339(time));
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        line.extend([" ", key, "="]);
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"=\\".contains(&byte);
        if value.bytes().all(plain) {
            line.push_str(value);
        } else {
            line.push_str(&format!(
                "\"{}\"",
                value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
            ));
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_need_it_and_empty_ones_are_left_out() {
        let fields =
            [("container", ""), ("check", "tcp :80"), ("verdict", "fail"), ("reason", "said \"no\"\n")];
        let line = format(SystemTime::UNIX_EPOCH, "warn", &fields);
        let expected =
            r#"1970-01-01T00:00:00.000Z level=warn check="tcp :80" verdict=fail reason="said \"no\"\n""#;
        assert_eq!(line, format!("{expected}\n"));
    }
}
