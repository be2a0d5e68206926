//! The time in a pattern.

use super::parse::nearest;
use crate::format::number::{self, padded};
use crate::format::time::{Stamp, TimeForm, date};

/// How the time is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum When {
    Rfc3339,
    Local,
    /// As a number.
    Unix(TimeForm),
    /// By `strftime`; whether in the time zone of the process.
    By(Vec<Piece>, bool),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// What the letter stands for.
    Letter(char),
    /// So many digits of the second's fraction.
    Fraction(u32),
}

/// Letters that stand for something by themselves.
const LETTERS: &str = "YymdjbaHIMSpsz";
const FORMS: [(&str, When); 6] = [
    ("rfc3339", When::Rfc3339),
    ("local", When::Local),
    ("unix", When::Unix(TimeForm::Seconds)),
    ("unix_ms", When::Unix(TimeForm::Millis)),
    ("unix_us", When::Unix(TimeForm::Micros)),
    ("unix_ns", When::Unix(TimeForm::Nanos)),
];
const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
/// Of each month in a year of 365 days.
const DAYS_BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/// The first day of 1970 was a Thursday.
const DAYS: &[u8; 21] = b"ThuFriSatSunMonTueWed";

impl When {
    /// What stands behind the colon of a `{time:}`.
    pub(super) fn parse(form: &str) -> Result<When, String> {
        if let Some((_, when)) = FORMS.iter().find(|(name, _)| *name == form) {
            return Ok(when.clone());
        }
        let (strftime, local) =
            form.strip_prefix("local ").map_or((form, false), |form| (form, true));
        if !strftime.contains('%') {
            let near = nearest(form, FORMS.iter().map(|(name, _)| *name));
            return Err(format!(
                "`time` @ has no form `{form}`{near}: use rfc3339, local, unix, unix_ms, unix_us, unix_ns, or `strftime` as in `%Y-%m-%d %H:%M:%S%.3f`"
            ));
        }
        Ok(When::By(pieces(strftime)?, local))
    }

    /// Appends the time that is so many nanoseconds after 1970.
    pub(super) fn put(&self, unix_ns: u64, out: &mut Vec<u8>) {
        match self {
            When::Rfc3339 => Stamp::rfc3339().put(unix_ns, out),
            When::Local => Stamp::new(TimeForm::Local).put(unix_ns, out),
            When::Unix(form) => Stamp::new(*form).put_any(unix_ns, out),
            When::By(pieces, local) => {
                let second = unix_ns / 1_000_000_000;
                let offset = if *local { crate::os::zone_offset(second) } else { 0 };
                let shown = Shown { unix_ns, second: second.saturating_add_signed(offset), offset };
                pieces.iter().for_each(|piece| shown.put(piece, out));
            }
        }
    }
}

fn pieces(form: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    let mut rest = form;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '%' {
            text.push(c);
            continue;
        }
        // Longer ones first.
        let known = [".3f", ".6f", ".9f", "3f", "6f", "9f", ":z", "f", "F", "T", "%"];
        let known = known.into_iter().find(|known| rest.starts_with(known));
        let letter = rest.chars().next().filter(|letter| LETTERS.contains(*letter));
        let len = known.map_or(1, str::len);
        let add: &[Piece] = match (known, letter) {
            (Some("%"), _) => {
                text.push('%');
                &[]
            }
            (Some("F"), _) => {
                let [text, letter] = [Piece::Text("-".into()), Piece::Letter('Y')];
                &[letter, text.clone(), Piece::Letter('m'), text, Piece::Letter('d')]
            }
            (Some("T"), _) => {
                let text = Piece::Text(":".into());
                &[Piece::Letter('H'), text.clone(), Piece::Letter('M'), text, Piece::Letter('S')]
            }
            (Some(":z"), _) => &[Piece::Letter(':')],
            (Some("f"), _) => &[Piece::Fraction(6)],
            (Some(fraction), _) => {
                if fraction.starts_with('.') {
                    text.push('.');
                }
                let digits = fraction.chars().find_map(|c| c.to_digit(10));
                &[Piece::Fraction(digits.unwrap_or(9))]
            }
            (None, Some(letter)) => &[Piece::Letter(letter)],
            (None, None) => {
                let given: String = rest.chars().take(1).collect();
                return Err(format!(
                    "`time` @ has `%{given}`, which stands for nothing: use %Y %y %m %d %j %b %a %H %I %M %S %p %F %T %s %z %:z %f %3f %.3f %6f %.6f %9f %.9f, or %% for `%`"
                ));
            }
        };
        rest = &rest[len..];
        if !add.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.extend_from_slice(add);
        }
    }
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(pieces)
}

/// A time and where its clock stands.
struct Shown {
    unix_ns: u64,
    /// Since 1970 by the clock that is shown.
    second: u64,
    /// Seconds that this clock is ahead of UTC.
    offset: i64,
}

impl Shown {
    fn put(&self, piece: &Piece, out: &mut Vec<u8>) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Letter(letter) => self.letter(*letter, out),
            Piece::Fraction(digits) => {
                let nanos = self.unix_ns % 1_000_000_000;
                padded(nanos / 10_u64.pow(9_u32.saturating_sub(*digits)), *digits as usize, out);
            }
        }
    }

    fn letter(&self, letter: char, out: &mut Vec<u8>) {
        let day = self.second / 86_400;
        let (year, month, day_of_month) = date(day as i64);
        let year = year as u64;
        let time = self.second % 86_400;
        match letter {
            'Y' => padded(year, 4, out),
            'y' => padded(year % 100, 2, out),
            'm' => padded(month as u64, 2, out),
            'd' => padded(day_of_month as u64, 2, out),
            'j' => {
                let leap = year.is_multiple_of(4)
                    && (!year.is_multiple_of(100) || year.is_multiple_of(400));
                let before = DAYS_BEFORE[month - 1] + u64::from(leap && month > 2);
                padded(before + day_of_month as u64, 3, out);
            }
            'b' => out.extend_from_slice(&MONTHS[3 * (month - 1)..3 * month]),
            'a' => {
                let at = (day % 7) as usize;
                out.extend_from_slice(&DAYS[3 * at..3 * at + 3]);
            }
            'H' => padded(time / 3600, 2, out),
            'I' => padded((time / 3600 + 11) % 12 + 1, 2, out),
            'M' => padded(time / 60 % 60, 2, out),
            'S' => padded(time % 60, 2, out),
            'p' => out.extend_from_slice(if time < 43_200 { b"AM" } else { b"PM" }),
            's' => number::unsigned(self.unix_ns / 1_000_000_000, out),
            'z' | ':' => {
                out.push(if self.offset < 0 { b'-' } else { b'+' });
                let minutes = self.offset.unsigned_abs() / 60;
                padded(minutes / 60, 2, out);
                if letter == ':' {
                    out.push(b':');
                }
                padded(minutes % 60, 2, out);
            }
            _ => {}
        }
    }
}
