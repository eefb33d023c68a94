//! The path of a value in JSON as `json.PATH` gives it: names, and positions in lists, joined by dots.

use super::percent;

/// Names within names.
const DEEPEST: usize = 16;

/// The steps of a path; a dot in a name is `%2E`.
pub fn parse(path: &str) -> Option<Vec<String>> {
    let steps = path.split('.').map(step).collect::<Option<Vec<_>>>()?;
    (steps.len() <= DEEPEST).then_some(steps)
}

fn step(text: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_%".contains(&byte);
    if text.is_empty() || !text.bytes().all(plain) {
        return None;
    }
    percent::decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_joined_by_dots() {
        let steps = ["components", "disk.space", "0"].map(str::to_owned).to_vec();
        assert_eq!(parse("components.disk%2Espace.0"), Some(steps));
        for path in ["", ".", "a.", ".a", "a b", "a/b", "a%", "%ff", &["a"; 17].join(".")] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
