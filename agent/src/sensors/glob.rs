//! Names with `*` and `?`, as sensors are picked by.

/// Whether the whole name fits; takes no more steps than the two lengths multiplied.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut position) = (0, 0);
    // Where to go on after the last star, should what follows it not fit.
    let mut star = None;
    while position < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, position));
                at += 1;
            }
            Some(b'?') => (at, position) = (at + 1, position + 1),
            Some(wanted) if name.get(position) == Some(wanted) => (at, position) = (at + 1, position + 1),
            _ => match star {
                Some((after, taken)) => {
                    star = Some((after, taken + 1));
                    (at, position) = (after, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, name) in [
            ("", ""),
            ("*", ""),
            ("nvme*", "nvme0/Composite"),
            ("*/Package id ?", "coretemp/Package id 0"),
            ("a*b*c", "aXbXbc"),
            ("**a**", "a"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("", "a"), ("a", ""), ("a?", "a"), ("a*b", "abc"), ("nvme0", "nvme01"), ("A", "a")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        assert!(!matches(&"*a".repeat(120), &"a".repeat(100)));
    }
}
