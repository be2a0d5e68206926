//! Documents: any text is either taken or answered with errors that have a place in it.

use ripsaw::{Document, Level, Supposed};

/// A document is any text. What is taken makes a builder, and the same one again; what is not has errors in the order of its
/// lines, each of them one line, with a place that the text has.
pub fn config_toml(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let errors = match Document::parse(&text) {
        Ok(document) => {
            let (first, second) = (document.builder(), document.builder());
            assert_eq!(format!("{first:?}"), format!("{second:?}"));
            let record = Supposed::new("shop::db", Level::Error).message("m").field("id", 7);
            for said in [document.explain("shop", Level::Info), document.explain_record(&record)] {
                assert!(said.lines().count() >= 1, "{said}");
            }
            return;
        }
        Err(errors) => errors,
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let mut before = (1, 1);
    assert!(!errors.errors().is_empty());
    for error in errors.errors() {
        let place = (error.line, error.column);
        assert!(before <= place, "{errors}");
        assert!(lines[error.line - 1].chars().count() + 1 >= error.column, "{errors}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
        before = place;
    }
}
