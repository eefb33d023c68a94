//! What a server says of itself before anything else: `INFO {json}`.

use crate::net::json::string;

/// The fields that decide how to go on; everything else is skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Info<'a> {
    pub version: &'a [u8],
    pub auth_required: bool,
    pub tls_required: bool,
    pub tls_available: bool,
    /// It is shutting down, and takes no new clients (`ldm`).
    pub lame_duck: bool,
}

impl<'a> Info<'a> {
    /// The fields of an `INFO` line, whose JSON is not checked: a server of any version is understood as far as needed.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let json = line.strip_prefix(b"INFO ")?.trim_ascii();
        if !json.starts_with(b"{") || !json.ends_with(b"}") {
            return None;
        }
        let holds = |name: &[u8]| field(json, name) == Some(b"true");
        Some(Self {
            version: field(json, b"version").unwrap_or_default(),
            auth_required: holds(b"auth_required"),
            tls_required: holds(b"tls_required"),
            tls_available: holds(b"tls_available"),
            lame_duck: holds(b"ldm"),
        })
    }
}

/// The value of a field of the outermost object, a string without its quotes; only strings and words are of use.
fn field<'a>(json: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = json;
    let mut depth = 0_usize;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let (text, after) = string(tail)?;
                rest = after;
                if depth == 1
                    && text == name
                    && let [b':', value @ ..] = after.trim_ascii_start()
                {
                    return match value.trim_ascii_start() {
                        [b'"', tail @ ..] => Some(string(tail)?.0),
                        word => word.split(|byte| b",}] \t\r\n".contains(byte)).next(),
                    };
                }
            }
            _ => {}
        }
    }
    None
}
