//! Which keys name a secret.

/// Words that are looked for unless others are given: those that every program has, and how they are written together.
pub(super) const DEFAULT: [&str; 19] = [
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "token",
    "secret",
    "secrets",
    "key",
    "apikey",
    "authorization",
    "credentials",
    "cookie",
    "cookies",
    "session",
    "credit_card",
    "ssn",
    "email",
    "private_key",
];

/// Last words of keys that tell how much or how long, and not what: `session_count`, `key_length`.
const MEASURES: [&str; 9] =
    ["count", "total", "len", "length", "size", "limit", "ttl", "used", "index"];

/// Rules by kind, all in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) exact: Vec<String>,
    /// Without what separates their words.
    pub(super) words: Vec<String>,
    pub(super) substrings: Vec<String>,
    pub(super) paths: Vec<Vec<String>>,
}

impl Rules {
    pub(super) fn word(&mut self, word: &str) {
        self.words.push(words(word).concat());
    }
    pub(super) fn path(&mut self, path: &str) {
        self.paths.push(path.to_lowercase().split('.').map(str::to_owned).collect());
    }

    /// Whether the field of this key, inside of fields of these keys, is one to hide.
    pub(super) fn hide(&self, outer: &[&str], key: &str) -> bool {
        let lower = key.to_lowercase();
        self.exact.contains(&lower)
            || self.substrings.iter().any(|part| lower.contains(part.as_str()))
            || self.by_word(key)
            || (!self.paths.is_empty() && {
                let outer: Vec<String> = outer.iter().map(|key| key.to_lowercase()).collect();
                let whole = outer.iter().flat_map(|key| key.split('.')).chain(lower.split('.'));
                let whole: Vec<&str> = whole.collect();
                self.paths.iter().any(|path| meets(path, &whole))
            })
    }

    /// Whether an argument of a message that is called so in the source, as `user.password`, is one to hide.
    pub(super) fn hide_named(&self, name: &str) -> bool {
        let parts: Vec<&str> = name.split('.').collect();
        parts.iter().any(|part| self.exact.contains(&part.to_lowercase()))
            || (0..parts.len()).any(|from| {
                (from + 1..=parts.len()).any(|to| {
                    let part: Vec<String> =
                        parts[from..to].iter().map(|part| part.to_lowercase()).collect();
                    let part: Vec<&str> = part.iter().map(String::as_str).collect();
                    self.paths.iter().any(|path| meets(path, &part))
                })
            })
            || self.hide(&[], name)
    }

    fn by_word(&self, key: &str) -> bool {
        let words = words(key);
        if words.len() > 1 && words.last().is_some_and(|last| MEASURES.contains(&last.as_str())) {
            return false;
        }
        (0..words.len()).any(|from| {
            let mut joined = String::new();
            words[from..].iter().any(|word| {
                joined.push_str(word);
                self.words.contains(&joined)
            })
        })
    }
}

fn meets(path: &[String], keys: &[&str]) -> bool {
    path.len() == keys.len() && path.iter().zip(keys).all(|(rule, key)| rule == "*" || rule == key)
}

/// The words of a key in lower case, without digits at their ends: parts between characters that are neither letters nor
/// digits, and humps, as in `apiKey` and `APIKey`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = key.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = i.checked_sub(1).map(|i| chars[i]);
        let hump = c.is_uppercase()
            && before.is_some_and(|b| {
                !b.is_uppercase() || chars.get(i + 1).is_some_and(|next| next.is_lowercase())
            });
        if hump {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_apart() {
        assert_eq!(words("userAPIKey2.x-y_z"), ["user", "api", "key", "x", "y", "z"]);
        assert_eq!(words("__"), Vec::<String>::new());
    }

    #[test]
    fn words_are_whole_words() {
        let mut rules = Rules::default();
        DEFAULT.iter().for_each(|word| rules.word(word));
        for key in [
            "Api_Key",
            "password",
            "userPassword2",
            "CREDIT_CARD_no",
            "creditCard",
            "x.token",
            "APIKEY",
            "session-id",
        ] {
            assert!(rules.hide(&[], key), "{key}");
        }
        for key in ["monkey", "keyboard", "tokens_used", "session_count", "tokenizer", ""] {
            assert!(!rules.hide(&[], key), "{key}");
        }
    }
}
