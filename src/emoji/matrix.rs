//! The contract as text: which field gets which emoji.

use super::Emoji;
use super::sets::{EmojiSet, FieldDef};

/// What an [`Emoji`] shows, for people: its fields and sets, or the three tables of DAS where no layer has a field.
///
/// The text is that of `show_emoji_matrix()` in pyvider-telemetry, line for line. `ripsaw emoji` prints it.
///
/// ```
/// use ripsaw::emoji::{Emoji, Layer, matrix};
/// assert!(matrix(&Emoji::new()).contains("  🔑  -> Auth"));
/// assert!(matrix(&Emoji::new().layers([Layer::http()])).contains("    Emoji Set: 'http_method'"));
/// ```
pub fn matrix(emoji: &Emoji) -> String {
    let resolved = emoji.resolved();
    let rule = "=".repeat(70);
    let mut lines: Vec<String> = Vec::new();
    if resolved.fields.is_empty() {
        lines.push(
            "Pyvider Telemetry: Legacy DAS Emoji Contract (No custom layers active)".to_owned(),
        );
        lines.push(rule);
        let heads = [
            "Primary Emojis (Legacy 'domain' key):",
            "\nSecondary Emojis (Legacy 'action' key):",
            "\nTertiary Emojis (Legacy 'status' key):",
        ];
        for (head, set) in heads.into_iter().zip(resolved.das()) {
            lines.push(head.to_owned());
            let entries = set.emojis.iter();
            lines.extend(entries.map(|(key, emoji)| format!("  {emoji}  -> {}", capital(key))));
        }
    } else {
        lines.push("Pyvider Telemetry: Active Semantic Layer Emoji Contract".to_owned());
        lines.push(rule.clone());
        lines.push(
            "Active Semantic Field Definitions (Order determines prefix sequence):".to_owned(),
        );
        for (at, field) in resolved.fields.iter().enumerate() {
            lines.push(format!("\nField {}:", at + 1));
            lines.extend(of_field(field));
        }
        lines.push(format!("\n{rule}"));
        lines.push("Available Emoji Sets (Referenced by Semantic Field Definitions):".to_owned());
        for set in resolved.sets.values() {
            lines.extend(of_set(set));
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

fn of_field(field: &FieldDef) -> Vec<String> {
    let mut lines = vec![format!("  Log Key: '{}'", field.key)];
    let mut put = |text: Option<&String>, line: &dyn Fn(&str) -> String| {
        lines.extend(text.filter(|text| !text.is_empty()).map(|text| line(text)));
    };
    put(field.description.as_ref(), &|text| format!("    Desc: {text}"));
    put(field.value_type.as_ref(), &|text| format!("    Type: {text}"));
    put(field.set.as_ref(), &|text| format!("    Emoji Set: '{text}'"));
    let default = field.default_override_key.as_ref().filter(|_| field.set.is_some());
    put(default, &|text| format!("    Default Emoji Key (Override): '{text}'"));
    lines
}

fn of_set(set: &EmojiSet) -> Vec<String> {
    let EmojiSet { name, emojis, default_key } = set;
    let mut entries: Vec<_> = emojis.iter().collect();
    entries.sort();
    let head = format!("  Emoji Set: '{name}' (Default Key: '{default_key}')");
    let entries = entries.iter().map(|(key, emoji)| format!("    {emoji}  -> {}", capital(key)));
    std::iter::once(head).chain(entries).collect()
}

/// The first letter large, the others small.
fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.as_str().to_lowercase().chars()).collect()
}
