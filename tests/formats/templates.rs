//! Templates render as the standard library renders them.

use crate::support::{args, line, nested_words};
use proptest::prelude::*;
use ripsaw::codec::{Record, Site, ThreadInfo, TreeWriter, ValueRef};
use ripsaw::format::Text;
use ripsaw::{Align, Kind, Level, Metadata, Piece, Spec};

/// Reads what stands between the braces of a template.
fn spec(template: &str) -> Spec {
    let mut spec = Spec::NONE;
    let body = template.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    let mut rest = body.strip_prefix(':').unwrap_or(body).chars().collect::<Vec<_>>();
    let align = |c: Option<&char>| match c {
        Some('<') => Some(Align::Left),
        Some('^') => Some(Align::Center),
        Some('>') => Some(Align::Right),
        _ => None,
    };
    if let Some(side) = align(rest.get(1)) {
        (spec.fill, spec.align) = (rest[0], Some(side));
        rest.drain(..2);
    } else if let Some(side) = align(rest.first()) {
        spec.align = Some(side);
        rest.remove(0);
    }
    let mut flag = |c: char| rest.first() == Some(&c) && rest.remove(0) == c;
    spec.plus = flag('+');
    spec.alternate = flag('#');
    spec.zero = flag('0');
    let rest: String = rest.into_iter().collect();
    let (numbers, kind) =
        rest.split_at(rest.find(|c: char| c.is_alphabetic() || c == '?').unwrap_or(rest.len()));
    let (width, precision) = numbers.split_once('.').unwrap_or((numbers, ""));
    spec.width = (!width.is_empty()).then(|| width.parse().unwrap());
    spec.precision = (!precision.is_empty()).then(|| precision.parse().unwrap());
    spec.kind = match kind {
        "" => Kind::Display,
        "?" => Kind::Debug,
        "x?" => Kind::DebugLowerHex,
        "X?" => Kind::DebugUpperHex,
        "x" => Kind::LowerHex,
        "X" => Kind::UpperHex,
        "o" => Kind::Octal,
        "b" => Kind::Binary,
        "e" => Kind::LowerExp,
        "E" => Kind::UpperExp,
        other => panic!("unknown kind {other}"),
    };
    spec
}

/// What a message of this one value is in the text format.
fn rendered(value: ValueRef<'_>, template: &str) -> String {
    let pieces: &'static [Piece] = Box::leak(Box::new([Piece::Arg(0, spec(template))]));
    let meta = Metadata::new(Level::Info, "", "", "", 1, "", pieces, &[]);
    let meta: &'static Metadata = Box::leak(Box::new(meta));
    let mut tree = Vec::new();
    tree.leaf(value);
    let words = nested_words(tree);
    let thread = ThreadInfo::default();
    let record = Record::new(Site::Static(meta), 0, 0, &thread, None, args(&words));
    let text = line(Text::new().timestamp(false), &record);
    text.strip_prefix("INFO     ").unwrap().strip_suffix('\n').unwrap().to_owned()
}

/// Compares each value under each template with the standard library.
macro_rules! same_as_std {
    ($values:expr, $variant:ident: $($template:literal)*) => {
        for value in $values {
            $(assert_eq!(
                rendered(ValueRef::$variant(value), $template),
                format!($template, value),
                "{:?} as {}", value, $template
            );)*
        }
    };
}
macro_rules! same_integers {
    ($values:expr, $variant:ident) => {
        same_as_std!($values, $variant:
            "{}" "{:?}" "{:5}" "{:<5}" "{:^5}" "{:>25}" "{:*<25}" "{:é^26}" "{:+}" "{:+9}" "{:05}"
            "{:+024}" "{:<010}" "{:#}" "{:#09}" "{:.3}" "{:x}" "{:X}" "{:#x}" "{:#X}" "{:#010x}"
            "{:+#x}" "{:x?}" "{:#X?}" "{:20x?}" "{:o}" "{:#o}" "{:b}" "{:#b}" "{:#034b}" "{:_>#70b}"
            "{:e}" "{:E}" "{:.2e}" "{:+.0e}" "{:012.1E}" "{:>12e}");
    };
}
macro_rules! same_floats {
    ($values:expr, $variant:ident) => {
        same_as_std!($values, $variant:
            "{}" "{:?}" "{:.0}" "{:.1}" "{:.2}" "{:.3}" "{:.6}" "{:.9}" "{:.12}" "{:.40}" "{:+}"
            "{:+.2}" "{:9.2}" "{:<9.2}" "{:^9.2}" "{:*^+12.1}" "{:08.3}" "{:+08}" "{:010?}" "{:.1?}"
            "{:+?}" "{:#?}" "{:x?}" "{:e}" "{:E}" "{:.3e}" "{:+.1E}" "{:015e}" "{:_<12e}");
    };
}
macro_rules! same_strings {
    ($values:expr, $variant:ident) => {
        same_as_std!($values, $variant:
            "{}" "{:?}" "{:7}" "{:<7}" "{:^7}" "{:>7}" "{:-^8}" "{:🦀>4}" "{:.0}" "{:.2}" "{:6.2}"
            "{:05}" "{:+}" "{:#}" "{:9?}" "{:#?}" "{:x?}");
    };
}

const FLOATS: [f64; 24] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.5,
    2.5,
    0.125,
    0.35,
    1e-5,
    9.9e-6,
    1e-7,
    123_456.789,
    999.999_5,
    1e15,
    1e16,
    1e17,
    -1e21,
    5e-324,
    f64::MAX,
    f64::MIN_POSITIVE,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.1 + 0.2,
];

#[test]
fn templates_render_as_the_standard_library_renders() {
    same_integers!([0, 1, -1, 42, -1234, 1250, i64::MAX, i64::MIN], I64);
    same_integers!([0, 7, 255, 1500, u64::MAX], U64);
    same_integers!([0, -5, i128::MAX, i128::MIN], I128);
    same_integers!([3, u128::MAX], U128);
    same_floats!(FLOATS, F64);
    same_floats!(FLOATS.map(|f| f as f32), F32);
    same_strings!(["", "a", "ab", "longer text", "größe", "漢字かな", "🛎️"], Str);
    same_strings!(['a', 'é', '漢', '🦀'], Char);
    same_as_std!([true, false], Bool:
        "{}" "{:?}" "{:7}" "{:>7}" "{:^7}" "{:.2}" "{:7?}" "{:*>6.1}" "{:06}" "{:#?}");
    // `Debug` escapes first; then nothing is left to make safe.
    same_as_std!(["q\"q", "l\nl", "\u{1B}[0m", "b\\b", "it's", "\u{202E}\u{FEFF}"], Str: "{:?}");
    same_as_std!(['\'', '"', '\n', '\u{7F}'], Char: "{:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_numbers(i in any::<i64>(), f in any::<f64>(), small in -1e6..1e6_f64) {
        same_as_std!([i], I64: "{}" "{:>+25}" "{:025}" "{:#x}" "{:.3e}");
        same_as_std!([f, small], F64: "{}" "{:?}" "{:.0}" "{:.2}" "{:+012.4}" "{:.9}" "{:e}");
        same_as_std!([small as f32], F32: "{}" "{:?}" "{:.3}" "{:^12.1}");
    }
}
