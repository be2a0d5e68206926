//! How many lines of a program differ from another's.

/// Lines of code that are in one of them only: of those that went and those that came the greater number. Comments and
/// empty lines are no code.
pub(super) fn changed(before: &str, after: &str) -> usize {
    let (before, after) = (code(before), code(after));
    before.len().max(after.len()) - common(&before, &after)
}

fn code(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim_end);
    lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with("//")).collect()
}

/// The length of the longest sequence that is in both.
fn common(before: &[&str], after: &[&str]) -> usize {
    let mut lengths = vec![0; after.len() + 1];
    for old in before {
        let mut corner = 0;
        for (i, new) in after.iter().enumerate() {
            let above = lengths[i + 1];
            lengths[i + 1] = match old == new {
                true => corner + 1,
                false => above.max(lengths[i]),
            };
            corner = above;
        }
    }
    lengths[after.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_once() {
        assert_eq!(changed("a\nb\nc\n", "a\nb\nc\n"), 0);
        assert_eq!(changed("a\nb\nc\n", "a\nx\nc\n"), 1);
        assert_eq!(changed("a\nb\nc\n", "a\nc\n"), 1);
        assert_eq!(changed("a\n", "x\ny\nz\n"), 3);
        assert_eq!(changed("use t;\na\n", "a\nuse r;\n"), 1);
        assert_eq!(changed("a\nb\nc\nd\n", "d\nc\nb\na\n"), 3);
        assert_eq!(changed("", "a"), 1);
    }

    #[test]
    fn comments_are_no_code_and_indents_are() {
        assert_eq!(changed("// was\na\n\n", "//! is\n    // more\na  \n"), 0);
        assert_eq!(changed("a\n", "    a\n"), 1);
    }
}
