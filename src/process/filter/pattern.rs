//! Texts to look for.

use std::fmt;
use std::str::Chars;

/// Texts of which one must, and others that must not, be in a text.
#[derive(Debug)]
pub(super) struct Substrings {
    include: Vec<Box<str>>,
    exclude: Vec<Box<str>>,
}

impl Substrings {
    pub(super) fn new(include: &[&str], exclude: &[&str]) -> Substrings {
        let boxed = |texts: &[&str]| texts.iter().map(|text| Box::from(*text)).collect();
        Substrings { include: boxed(include), exclude: boxed(exclude) }
    }

    pub(super) fn fit(&self, text: &str) -> bool {
        let has_any = |parts: &[Box<str>]| parts.iter().any(|part| text.contains(&**part));
        !has_any(&self.exclude) && (self.include.is_empty() || has_any(&self.include))
    }
}

impl fmt::Display for Substrings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("event")?;
        for (word, parts) in [("with", &self.include), ("without", &self.exclude)] {
            if !parts.is_empty() {
                let parts: Vec<String> = parts.iter().map(|part| format!("{part:?}")).collect();
                write!(f, " {word} ({})", parts.join(", "))?;
            }
        }
        Ok(())
    }
}

/// A pattern of a whole text: `*` is any text, `?` any one character.
#[derive(Debug)]
pub(super) struct Glob {
    pattern: Box<str>,
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Glob {
        Glob { pattern: pattern.into() }
    }

    /// In time proportional to the product of the lengths at worst: only the last star is ever gone back to.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (self.pattern.chars(), text.chars());
        // What stands behind the last star, and what is left beyond the text that it has taken.
        let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
        loop {
            let fits = match pattern.next() {
                Some('*') => {
                    star = Some((pattern.clone(), rest.clone()));
                    true
                }
                Some('?') => rest.next().is_some(),
                Some(wanted) => rest.next() == Some(wanted),
                None if rest.as_str().is_empty() => return true,
                None => false,
            };
            if fits {
                continue;
            }
            let Some((behind, beyond)) = &mut star else { return false };
            if beyond.next().is_none() {
                return false;
            }
            (pattern, rest) = (behind.clone(), beyond.clone());
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("a*", "abc", true),
            ("a*", "ba", false),
            ("*c", "abc", true),
            ("*c", "abcd", false),
            ("*b*", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcdef", false),
            ("*ab", "aab", true),
            ("*aab*", "aaab", true),
            ("?", "é", true),
            ("??", "é", false),
            ("order_?", "order_1", true),
            ("**", "x", true),
            ("a", "ab", false),
            ("ab", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).fits(text), fits, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn exclusion_goes_first() {
        let both = Substrings::new(&["audit_", "security_"], &["debug_"]);
        for (text, fits) in [
            ("audit_login", true),
            ("x_security_y", true),
            ("debug_audit_x", false),
            ("other", false),
            ("", false),
        ] {
            assert_eq!(both.fit(text), fits, "{text}");
        }
        let none = Substrings::new(&[], &[]);
        assert!(none.fit("anything") && none.fit(""));
    }
}
