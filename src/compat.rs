//! For programs that come from elsewhere.

use crate::codec::{Value, ValueRef};
use std::fmt::Write as _;
use std::time::SystemTime;

/// `template % args` of Python's loggers (spec \[9\]), for templates that are known only at run time; statements of your own
/// are better served by the macros, which check their placeholders at compile time.
///
/// Understands `%s %r %a %d %i %u %f %F %e %E %g %G %x %X %o %c %%` with the flags `-`, `+`, `0`, space and `#`, a width and a
/// precision, and `%(name)s` with one map. Without arguments the template is returned as it is. If they do not fit, it is
/// followed by the arguments, with spaces between: nothing is lost and nothing fails. What has no form of its own is written as
/// in JSON. Allocates.
///
/// ```
/// use ripsaw::compat::printf;
/// assert_eq!(printf("%s took %.2f ms (%d%%)", &["load".into(), 1.255.into(), 40.into()]), "load took 1.25 ms (40%)");
/// assert_eq!(printf("n=%d", &["abc".into()]), "n=%d abc");
/// assert_eq!(printf("100% done", &[]), "100% done");
/// ```
pub fn printf(template: &str, args: &[Value]) -> String {
    if args.is_empty() {
        return template.to_owned();
    }
    formatted(template, args).unwrap_or_else(|| {
        args.iter().fold(template.to_owned(), |mut text, arg| {
            text.push(' ');
            show(arg, &mut text);
            text
        })
    })
}

/// A placeholder behind its percent sign.
#[derive(Default)]
struct Placeholder<'t> {
    name: Option<&'t str>,
    left: bool,
    plus: bool,
    space: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

/// Widths and precisions beyond this make no sense in a log.
const MOST: usize = 4096;

fn formatted(template: &str, args: &[Value]) -> Option<String> {
    let mut out = String::with_capacity(template.len() + 16 * args.len());
    let mut rest = template;
    let mut next = args.iter();
    let mut named = false;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (placeholder, after) = Placeholder::parse(&rest[at + 1..])?;
        rest = after;
        if placeholder.kind == '%' {
            out.push('%');
            continue;
        }
        let arg = match placeholder.name {
            Some(name) => {
                named = true;
                let [Value::Map(entries)] = args else { return None };
                &entries.iter().find(|(key, _)| key == name)?.1
            }
            None => next.next()?,
        };
        placeholder.put(arg, &mut out)?;
    }
    out.push_str(rest);
    (named || next.next().is_none()).then_some(out)
}

impl<'t> Placeholder<'t> {
    /// The placeholder at the beginning of `text`, and what stands behind it.
    fn parse(text: &'t str) -> Option<(Placeholder<'t>, &'t str)> {
        let mut found = Placeholder::default();
        let mut rest = text;
        if let Some(named) = rest.strip_prefix('(') {
            let (name, after) = named.split_once(')')?;
            (found.name, rest) = (Some(name), after);
        }
        loop {
            match rest.as_bytes().first()? {
                b'-' => found.left = true,
                b'+' => found.plus = true,
                b' ' => found.space = true,
                b'0' => found.zero = true,
                b'#' => found.alternate = true,
                _ => break,
            }
            rest = &rest[1..];
        }
        (found.width, rest) = digits(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = digits(after);
            (found.precision, rest) = (Some(precision.min(MOST)), after);
        }
        found.width = found.width.min(MOST);
        // Lengths that C has and that mean nothing.
        rest = rest.trim_start_matches(['h', 'l', 'L']);
        let mut rest = rest.chars();
        found.kind = rest.next()?;
        Some((found, rest.as_str()))
    }

    /// Appends the argument. `None` if it does not fit.
    fn put(&self, arg: &Value, out: &mut String) -> Option<()> {
        let mut text = String::new();
        let mut is_number = true;
        match self.kind {
            's' | 'r' | 'a' => {
                is_number = false;
                match arg {
                    Value::Str(arg) if self.kind != 's' => quote(arg, &mut text),
                    arg => show(arg, &mut text),
                }
                if let Some((at, _)) = self.precision.and_then(|n| text.char_indices().nth(n)) {
                    text.truncate(at);
                }
            }
            'c' => {
                is_number = false;
                match arg {
                    Value::Str(arg) if arg.chars().count() == 1 => text.push_str(arg),
                    arg => text.push(char::from_u32(u32::try_from(integer(arg)?).ok()?)?),
                }
            }
            'd' | 'i' | 'u' => {
                let number = integer(arg).or_else(|| float(arg).map(|v| v as i128))?;
                self.digits(&number.unsigned_abs().to_string(), number < 0, "", &mut text);
            }
            'x' | 'X' | 'o' => {
                let number = integer(arg)?;
                let (digits, prefix) = match self.kind {
                    'x' => (format!("{:x}", number.unsigned_abs()), "0x"),
                    'X' => (format!("{:X}", number.unsigned_abs()), "0X"),
                    _ => (format!("{:o}", number.unsigned_abs()), "0o"),
                };
                let prefix = if self.alternate { prefix } else { "" };
                self.digits(&digits, number < 0, prefix, &mut text);
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let number = float(arg).or_else(|| integer(arg).map(|v| v as f64))?;
                let digits = self.decimals(number.abs());
                let digits = if self.kind.is_uppercase() { digits.to_uppercase() } else { digits };
                self.sign(number.is_sign_negative() && !number.is_nan(), &mut text);
                text.push_str(&digits);
            }
            _ => return None,
        }
        let missing = self.width.saturating_sub(text.chars().count());
        if self.left {
            out.push_str(&text);
            out.extend(std::iter::repeat_n(' ', missing));
        } else if self.zero && is_number {
            let start = text.find(|c: char| c.is_alphanumeric()).unwrap_or(0);
            out.push_str(&text[..start]);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(&text[start..]);
        } else {
            out.extend(std::iter::repeat_n(' ', missing));
            out.push_str(&text);
        }
        Some(())
    }

    fn sign(&self, negative: bool, text: &mut String) {
        match (negative, self.plus, self.space) {
            (true, ..) => text.push('-'),
            (false, true, _) => text.push('+'),
            (false, false, true) => text.push(' '),
            _ => {}
        }
    }

    fn digits(&self, digits: &str, negative: bool, prefix: &str, text: &mut String) {
        self.sign(negative, text);
        text.push_str(prefix);
        let missing = self.precision.unwrap_or(0).saturating_sub(digits.len());
        text.extend(std::iter::repeat_n('0', missing));
        text.push_str(digits);
    }

    /// A number that is not negative.
    fn decimals(&self, number: f64) -> String {
        if !number.is_finite() {
            return if number.is_nan() { "nan" } else { "inf" }.to_owned();
        }
        let precision = self.precision.unwrap_or(6);
        match self.kind.to_ascii_lowercase() {
            'f' => format!("{number:.precision$}"),
            'e' => exponential(number, precision),
            _ => {
                let precision = precision.max(1);
                let long = exponential(number, precision - 1);
                let exponent = long.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
                let exponent = exponent.unwrap_or(0);
                let trim = |text: &str| match text.contains('.') && !self.alternate {
                    true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    false => text.to_owned(),
                };
                if exponent < -4 || exponent >= precision as i32 {
                    let (mantissa, exponent) = long.split_once('e').unwrap_or((&long, "+00"));
                    return format!("{}e{exponent}", trim(mantissa));
                }
                let places = (precision as i32 - 1 - exponent).max(0) as usize;
                trim(&format!("{number:.places$}"))
            }
        }
    }
}

/// The number at the beginning of `text`, 0 if there is none, and what stands behind it.
fn digits(text: &str) -> (usize, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().unwrap_or(if end > 0 { MOST } else { 0 }), &text[end..])
}

/// With an exponent of at least two digits and its sign, as C writes it.
fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(digits) => format!("{mantissa}e-{digits:0>2}"),
        None => format!("{mantissa}e+{exponent:0>2}"),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(v) => Some((*v).into()),
        Value::I64(v) => Some((*v).into()),
        Value::U64(v) => Some((*v).into()),
        Value::I128(v) => Some(*v),
        Value::U128(v) => i128::try_from(*v).ok(),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::F64(v) => Some(*v),
        _ => None,
    }
}

/// A text as it is, and everything else as in JSON.
fn show(value: &Value, out: &mut String) {
    match value {
        Value::Str(text) => out.push_str(text),
        Value::Time(time) => out.push_str(&date(*time)),
        value => json(value, out),
    }
}

fn json(value: &Value, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Null => write!(out, "null"),
        Value::Bool(v) => write!(out, "{v}"),
        Value::I64(v) => write!(out, "{v}"),
        Value::U64(v) => write!(out, "{v}"),
        Value::I128(v) => write!(out, "{v}"),
        Value::U128(v) => write!(out, "{v}"),
        Value::F64(v) => write!(out, "{v:?}"),
        Value::Str(text) => write!(out, "{text:?}"),
        Value::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
        Value::Duration(v) => write!(out, "{v:?}"),
        Value::Time(v) => write!(out, "\"{}\"", date(*v)),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                json(item, out);
            }
            write!(out, "]")
        }
        Value::Map(entries) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                let _ = write!(out, "{}{key:?}:", if i > 0 { "," } else { "" });
                json(value, out);
            }
            write!(out, "}}")
        }
    };
}

/// A date as the formats write it.
fn date(time: SystemTime) -> String {
    let mut text = Vec::new();
    crate::format::write_value(ValueRef::Time(time), &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Between single quotes, or double ones if it holds single ones only.
fn quote(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let (time, text) = (std::time::UNIX_EPOCH, "1970-01-01T00:00:00.000000Z");
        let list = Value::from([time]);
        assert_eq!(printf("%s %s", &[time.into(), list]), format!("{text} [\"{text}\"]"));
    }

    #[test]
    fn placeholders_are_those_of_python() {
        let cases: [(&str, &[Value], &str); 20] = [
            (
                "%5d|%-5d|%05d|%+d|% d",
                &[1.into(), 2.into(), (-3).into(), 4.into(), 5.into()],
                "    1|2    |-0003|+4| 5",
            ),
            (
                "%x %X %#x %o %#o",
                &[255.into(), 255.into(), 255.into(), 8.into(), 8.into()],
                "ff FF 0xff 10 0o10",
            ),
            ("%.3d", &[7.into()], "007"),
            ("%d", &[12.9.into()], "12"),
            ("%f %.0f %8.2f", &[1.5.into(), 2.5.into(), (-1.255).into()], "1.500000 2    -1.25"),
            ("%e %.1E", &[12345.678.into(), 0.00012.into()], "1.234568e+04 1.2E-04"),
            (
                "%g %g %g %g",
                &[0.0001.into(), 1e-5.into(), 1e6.into(), 123456.0.into()],
                "0.0001 1e-05 1e+06 123456",
            ),
            ("%f", &[f64::NAN.into()], "nan"),
            ("%s %s %s", &[Value::Null, true.into(), 2.0.into()], "null true 2.0"),
            ("%r %r", &["a b".into(), "it's".into()], "'a b' \"it's\""),
            ("%.2s|%-8s|%8s|", &["abc".into(), "l".into(), "r".into()], "ab|l       |       r|"),
            ("%c%c", &["x".into(), 121.into()], "xy"),
            ("%ld", &[1.into()], "1"),
            ("%(a)s-%(b)03d", &[Value::from([("a", "x".into()), ("b", 7.into())])], "x-007"),
            ("a %s b %s", &["x".into()], "a %s b %s x"),
            ("a %s", &["x".into(), "y".into()], "a %s x y"),
            ("%d", &["abc".into()], "%d abc"),
            ("bad %q", &[1.into()], "bad %q 1"),
            ("50%", &[1.into()], "50% 1"),
            ("%(no)s", &[Value::from([("a", "x".into())])], "%(no)s {\"a\":\"x\"}"),
        ];
        for (template, args, expected) in cases {
            assert_eq!(printf(template, args), expected, "{template}");
        }
        assert_eq!(printf("%99999999999999999999d", &[1.into()]).len(), MOST);
    }
}
