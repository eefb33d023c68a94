//! What a peer said, made safe to repeat.

/// The most that is repeated of a peer's words.
const LONGEST: usize = 120;

/// At most 120 printable ASCII characters of what the peer sent, on one line, with `?` for anything else.
pub fn quote(said: &[u8]) -> String {
    let said = said.trim_ascii();
    let mut text: String = said
        .iter()
        .take(LONGEST)
        .map(|&b| if matches!(b, b' '..=b'~') { char::from(b) } else { '?' })
        .collect();
    if said.len() > LONGEST {
        text.truncate(LONGEST - 3);
        text.push_str("...");
    }
    text
}
