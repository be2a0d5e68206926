//! The templates of messages, as the macros split them at compile time.

#[path = "../../macros/src/template.rs"]
mod parser;

use parser::{Count, Kind, Part, Position, parse};

/// Arbitrary text is a template or an error with a reason. What was understood, written out again, is understood in the
/// same way; nothing of the text is lost.
pub fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parts = match parse(&text) {
        Ok(parts) => parts,
        Err(why) => return assert!(!why.is_empty() && !why.contains('\n'), "{why:?}"),
    };
    let again: String = parts.iter().map(written).collect();
    assert_eq!(parse(&again).as_ref(), Ok(&parts), "{text:?} became {again:?}");
    // Only space in braces, colons that nothing follows, and zeros before a number are left out.
    let bare =
        |text: &str| text.replace(|c: char| c.is_whitespace() || [':', '0'].contains(&c), "");
    assert_eq!(bare(&text), bare(&again));
    for pair in parts.windows(2) {
        assert!(!matches!(pair, [Part::Text(_), Part::Text(_)]), "one text in two parts");
    }
    for part in &parts {
        match part {
            Part::Text(text) => assert!(!text.is_empty()),
            Part::Hole(hole) => {
                let counts = [&hole.spec.width, &hole.spec.precision];
                let from_args =
                    counts.iter().any(|c| matches!(c, Some(Count::Arg(_) | Count::Star)));
                assert_eq!(hole.spec.counts_from_args(), from_args);
                assert!(hole.spec.fill.is_none() || hole.spec.align.is_some());
                assert!(hole.source.ends_with(hole.spec.kind.as_str()));
                assert!(hole.spec.kind != Kind::Display || hole.spec.kind.as_str().is_empty());
            }
        }
    }
}

/// A part as it stands in a template.
fn written(part: &Part) -> String {
    match part {
        Part::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        Part::Hole(hole) => {
            let arg = match &hole.arg {
                Position::Next => String::new(),
                Position::Index(index) => index.to_string(),
                Position::Name(name) => name.clone(),
            };
            // A colon that nothing follows would make the closing brace a fill, if a sign of alignment came next: that is
            // the grammar of `std::fmt`.
            let colon = if hole.source.is_empty() { "" } else { ":" };
            format!("{{{arg}{colon}{}}}", hole.source)
        }
    }
}
