//! Names of headers and parameters whose values are nobody's business.

/// What is written instead.
pub(crate) const REDACTED: &str = "[REDACTED]";

/// Parts that give a name away wherever they stand in it.
const PARTS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "privatekey",
    "authorization",
    "credential",
    "cookie",
    "session",
    "signature",
];

/// Words that do so as a whole word only: `monkey` is none.
const WORDS: [&str; 12] =
    ["key", "pwd", "pass", "auth", "sig", "code", "sid", "jwt", "otp", "pin", "email", "ssn"];

/// Whether a name says that its value is a secret. Rather too often than too seldom.
pub(crate) fn is_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    let joined: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    PARTS.iter().any(|part| joined.contains(part))
        || lower.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "set-cookie",
            "X-API-Key",
            "accessToken",
            "api_key",
            "code",
            "X-Amz-Signature",
            "PHPSESSID-session",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["user-agent", "monkey", "x-request-id", "page", "postcode", "accept", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
