//! Message templates: the grammar of `std::fmt`.

use std::str::Chars;

/// A part of a template.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Part {
    /// Text, `{{` and `}}` resolved.
    Text(String),
    /// `{}`
    Hole(Hole),
}

/// A placeholder.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Hole {
    pub(crate) arg: Position,
    /// What stands behind the colon, as written.
    pub(crate) source: String,
    pub(crate) spec: Spec,
}

/// Which argument.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Position {
    /// The next one.
    Next,
    /// `{0}`
    Index(usize),
    /// `{name}`
    Name(String),
}

/// A format specification.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Spec {
    pub(crate) fill: Option<char>,
    pub(crate) align: Option<Align>,
    pub(crate) plus: bool,
    pub(crate) minus: bool,
    pub(crate) alternate: bool,
    pub(crate) zero: bool,
    pub(crate) width: Option<Count>,
    pub(crate) precision: Option<Count>,
    pub(crate) kind: Kind,
}

impl Spec {
    /// Whether width or precision come from arguments.
    pub(crate) fn counts_from_args(&self) -> bool {
        [&self.width, &self.precision]
            .into_iter()
            .any(|count| matches!(count, Some(Count::Arg(_) | Count::Star)))
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// A width or a precision.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Count {
    Number(u16),
    /// `n$`
    Arg(Position),
    /// `.*`: the next argument, before the one that is printed.
    Star,
}

/// The formatting trait.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) enum Kind {
    #[default]
    Display,
    Debug,
    DebugLowerHex,
    DebugUpperHex,
    LowerHex,
    UpperHex,
    Octal,
    Binary,
    LowerExp,
    UpperExp,
    Pointer,
}

impl Kind {
    /// What the template writes for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Display => "",
            Kind::Debug => "?",
            Kind::DebugLowerHex => "x?",
            Kind::DebugUpperHex => "X?",
            Kind::LowerHex => "x",
            Kind::UpperHex => "X",
            Kind::Octal => "o",
            Kind::Binary => "b",
            Kind::LowerExp => "e",
            Kind::UpperExp => "E",
            Kind::Pointer => "p",
        }
    }
}

/// Splits a template. The error says what is wrong with it.
pub(crate) fn parse(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = Reader(template.chars());
    while let Some(c) = rest.0.next() {
        match c {
            '{' | '}' if rest.eat(c) => text.push(c),
            '}' => {
                return Err("unmatched `}` in the message: write `}}` for the character".to_owned());
            }
            '{' => {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Hole(rest.hole()?));
            }
            c => text.push(c),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

struct Reader<'a>(Chars<'a>);

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.0.clone().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.0.next();
        }
        found
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.0.next();
        }
    }

    /// A placeholder, behind its `{`.
    fn hole(&mut self) -> Result<Hole, String> {
        self.skip_space();
        let arg = self.position()?.unwrap_or(Position::Next);
        self.skip_space();
        let mut source = String::new();
        let mut spec = Spec::default();
        if self.eat(':') {
            let before = self.0.as_str();
            spec = self.spec()?;
            source = before[..before.len() - self.0.as_str().len()].to_owned();
        }
        self.skip_space();
        if self.eat('}') {
            return Ok(Hole { arg, source, spec });
        }
        Err(match self.peek() {
            None => "the message ends inside `{`: write `{{` for the character".to_owned(),
            Some(c) => format!(
                "expected `}}` in the message, found `{}`: only names and numbers can stand in \
                 braces",
                c.escape_debug()
            ),
        })
    }

    fn position(&mut self) -> Result<Option<Position>, String> {
        if let Some(number) = self.number() {
            return number.map(|n| Some(Position::Index(n.into())));
        }
        Ok(match self.word() {
            "" => None,
            "_" => return Err("`_` is not a name".to_owned()),
            name => Some(Position::Name(name.to_owned())),
        })
    }

    fn number(&mut self) -> Option<Result<u16, String>> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        (!digits.is_empty())
            .then(|| digits.parse().map_err(|_| format!("the number {digits} is more than 65535")))
    }

    fn word(&mut self) -> &'a str {
        match self.peek() {
            Some(c) if c == '_' || c.is_alphabetic() => {
                self.take_while(|c| c == '_' || c.is_alphanumeric())
            }
            _ => "",
        }
    }

    fn take_while(&mut self, mut keep: impl FnMut(char) -> bool) -> &'a str {
        let text = self.0.as_str();
        let end = text.find(|c| !keep(c)).unwrap_or(text.len());
        self.0 = text[end..].chars();
        &text[..end]
    }

    fn spec(&mut self) -> Result<Spec, String> {
        let mut spec = Spec::default();
        let mut ahead = self.0.clone();
        if let (Some(fill), Some(align)) = (ahead.next(), ahead.next().and_then(align)) {
            (spec.fill, spec.align) = (Some(fill), Some(align));
            self.0 = ahead;
        } else if let Some(align) = self.peek().and_then(align) {
            spec.align = Some(align);
            self.0.next();
        }
        spec.plus = self.eat('+');
        spec.minus = !spec.plus && self.eat('-');
        spec.alternate = self.eat('#');
        if self.peek() == Some('0') && !self.0.as_str().starts_with("0$") {
            spec.zero = self.eat('0');
        }
        spec.width = self.count()?;
        if self.eat('.') {
            spec.precision = if self.eat('*') { Some(Count::Star) } else { self.count()? };
            if spec.precision.is_none() {
                return Err("expected a precision after `.`".to_owned());
            }
        }
        spec.kind = self.kind()?;
        Ok(spec)
    }

    /// A number, `0$` or `name$`. Leaves a word without `$` for the trait.
    fn count(&mut self) -> Result<Option<Count>, String> {
        if let Some(number) = self.number() {
            let number = number?;
            return Ok(Some(match self.eat('$') {
                true => Count::Arg(Position::Index(number.into())),
                false => Count::Number(number),
            }));
        }
        let before = self.0.clone();
        let name = self.word();
        if !name.is_empty() && self.eat('$') {
            return Ok(Some(Count::Arg(Position::Name(name.to_owned()))));
        }
        self.0 = before;
        Ok(None)
    }

    fn kind(&mut self) -> Result<Kind, String> {
        if self.eat('?') {
            return Ok(Kind::Debug);
        }
        let word = self.word();
        let debug = self.eat('?');
        Ok(match (word, debug) {
            ("", _) => Kind::Display,
            ("x", true) => Kind::DebugLowerHex,
            ("X", true) => Kind::DebugUpperHex,
            ("x", false) => Kind::LowerHex,
            ("X", false) => Kind::UpperHex,
            ("o", false) => Kind::Octal,
            ("b", false) => Kind::Binary,
            ("e", false) => Kind::LowerExp,
            ("E", false) => Kind::UpperExp,
            ("p", false) => Kind::Pointer,
            _ => {
                return Err(format!(
                    "unknown format trait `{word}{}`: there are ?, x, X, o, b, e, E and p",
                    if debug { "?" } else { "" }
                ));
            }
        })
    }
}

fn align(c: char) -> Option<Align> {
    Some(match c {
        '<' => Align::Left,
        '^' => Align::Center,
        '>' => Align::Right,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(template: &str) -> Hole {
        match parse(template).unwrap().as_slice() {
            [Part::Hole(hole)] => hole.clone(),
            other => panic!("{template}: {other:?}"),
        }
    }

    #[test]
    fn text_and_escapes() {
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("a {{b}} c"), Ok(vec![Part::Text("a {b} c".to_owned())]));
        let parts = parse("{{{}}}").unwrap();
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0], Part::Text("{".to_owned()));
        assert_eq!(parts[2], Part::Text("}".to_owned()));
    }

    #[test]
    fn positions() {
        assert_eq!(hole("{}").arg, Position::Next);
        assert_eq!(hole("{:?}").arg, Position::Next);
        assert_eq!(hole("{12}").arg, Position::Index(12));
        assert_eq!(hole("{_a1 }").arg, Position::Name("_a1".to_owned()));
        assert_eq!(hole("{größe:x}").arg, Position::Name("größe".to_owned()));
    }

    #[test]
    fn whole_specification() {
        let hole = hole("{v:*^+#012.3x?}");
        assert_eq!(hole.source, "*^+#012.3x?");
        let want = Spec {
            fill: Some('*'),
            align: Some(Align::Center),
            plus: true,
            minus: false,
            alternate: true,
            zero: true,
            width: Some(Count::Number(12)),
            precision: Some(Count::Number(3)),
            kind: Kind::DebugLowerHex,
        };
        assert_eq!(hole.spec, want);
    }

    #[test]
    fn counts() {
        let name = |s: &str| Some(Count::Arg(Position::Name(s.to_owned())));
        assert_eq!(hole("{:w$}").spec.width, name("w"));
        assert_eq!(hole("{:0$}").spec.width, Some(Count::Arg(Position::Index(0))));
        assert!(!hole("{:0$}").spec.zero);
        assert_eq!(hole("{:.p$}").spec.precision, name("p"));
        assert_eq!(hole("{:.*}").spec.precision, Some(Count::Star));
        let both = hole("{:>w$.2$x}").spec;
        assert_eq!((both.width, both.kind), (name("w"), Kind::LowerHex));
        assert_eq!(both.precision, Some(Count::Arg(Position::Index(2))));
        // A word without `$` is the trait.
        assert_eq!((hole("{:x}").spec.width, hole("{:x}").spec.kind), (None, Kind::LowerHex));
    }

    #[test]
    fn fill_may_be_any_character() {
        for (template, fill) in [("{:<<5}", '<'), ("{:é>5}", 'é'), ("{:0^5}", '0')] {
            assert_eq!(hole(template).spec.fill, Some(fill), "{template}");
        }
        assert_eq!(hole("{:>5}").spec.fill, None);
    }

    #[test]
    fn faults_are_named() {
        for (template, word) in [
            ("}", "unmatched"),
            ("{", "ends inside"),
            ("{a", "ends inside"),
            ("{a.b}", "found `.`"),
            ("{a b}", "found `b`"),
            ("{:q}", "unknown format trait `q`"),
            ("{:?x}", "found `x`"),
            ("{:.}", "precision"),
            ("{_}", "not a name"),
            ("{:70000}", "65535"),
        ] {
            let error = parse(template).unwrap_err();
            assert!(error.contains(word), "{template}: {error}");
        }
    }
}
