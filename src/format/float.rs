//! Floats as text, without `core::fmt` on the common paths.
//!
//! Most floats in logs have few decimal places: they are written as integers. Of the others the shortest digits are found
//! by `zmij`, or by `ryu` where that feature is off.

use super::number::{Room, digits, unsigned};
use std::io::Write as _;

#[cfg(not(feature = "zmij"))]
use ryu::Buffer;
#[cfg(feature = "zmij")]
use zmij::Buffer;

/// The shortest digits that read back as the same float, with a point or an exponent: `1.0`,
/// `1e21`. Other than finite: `NaN`, `inf`, `-inf`.
#[inline]
pub(super) fn shortest_f64(value: f64, out: &mut Vec<u8>) {
    let mut room = [0; 32];
    let len = short(value, 2, &mut room).unwrap_or_else(|| shortest(value, &mut room));
    out.extend_from_slice(&room[..len]);
}

/// Like [`shortest_f64`].
pub(super) fn shortest_f32(value: f32, out: &mut Vec<u8>) {
    let mut room = [0; 32];
    let len = put(Buffer::new().format(value), value.abs() >= 1e12, &mut room);
    out.extend_from_slice(&room[..len]);
}

/// What `{}` prints of a 64-bit float: never an exponent, no `.0`.
#[inline]
pub(super) fn display_f64(value: f64, out: &mut Vec<u8>) {
    let mut room = [0; 32];
    match short(value, 0, &mut room).or_else(|| plain(value, &mut room)) {
        Some(len) => out.extend_from_slice(&room[..len]),
        // Writing to a `Vec` cannot fail.
        None => drop(write!(out, "{value}")),
    }
}

/// What `{}` prints of a 32-bit float.
pub(super) fn display_f32(value: f32, out: &mut Vec<u8>) {
    if (1e-5..1e12).contains(&value.abs()) {
        let bits = value.to_bits();
        let mantissa = (bits & ((1 << 23) - 1)) | (1 << 23);
        let places = 150 - ((bits >> 23) & 0xFF) as i32 - mantissa.trailing_zeros() as i32;
        let mut buffer = Buffer::new();
        let digits = buffer.format_finite(value);
        if !is_halfway(digits, places) {
            return out.extend_from_slice(without_zero(digits).as_bytes());
        }
    }
    drop(write!(out, "{value}"));
}

/// What [`shortest_f64`] appends; returns its length.
#[inline(never)]
pub(super) fn shortest(value: f64, room: &mut Room) -> usize {
    put(Buffer::new().format(value), value.abs() >= 1e16, room)
}

/// What [`display_f64`] appends, if it is not too long and sure to be what the standard library prints; returns its
/// length.
#[inline(never)]
pub(super) fn plain(value: f64, room: &mut Room) -> Option<usize> {
    // Within these bounds there is no exponent.
    if !(1e-5..1e16).contains(&value.abs()) {
        return None;
    }
    let bits = value.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let places = 1075 - ((bits >> 52) & 0x7FF) as i32 - mantissa.trailing_zeros() as i32;
    let mut buffer = Buffer::new();
    let digits = buffer.format_finite(value);
    (!is_halfway(digits, places)).then(|| put(without_zero(digits), false, room))
}

/// Copies a number; one that `may_have_plus` loses the plus sign of its exponent, which only one of the crates writes.
/// Returns its length.
fn put(text: &str, may_have_plus: bool, room: &mut Room) -> usize {
    // The longest is `-1.7976931348623157e+308`.
    let mut len = text.len().min(room.len());
    room[..len].copy_from_slice(&text.as_bytes()[..len]);
    if may_have_plus && let Some(plus) = room[..len].iter().position(|byte| *byte == b'+') {
        room.copy_within(plus + 1..len, plus);
        len -= 1;
    }
    len
}

fn without_zero(digits: &str) -> &str {
    digits.strip_suffix(".0").unwrap_or(digits)
}

/// Whether the standard library might print other digits than these.
///
/// Both print the shortest digits, and of these the nearest. But where the float lies halfway
/// between two, `ryu` and `zmij` take the even one and the standard library the larger. An exact float of so
/// many binary `places` has as many decimal places, of which the last is a 5, so it lies halfway
/// when all places but one are printed. More than 22 are never printed within the bounds of the
/// callers.
#[inline]
fn is_halfway(digits: &str, places: i32) -> bool {
    let printed = || digits.bytes().rev().position(|byte| byte == b'.').unwrap_or(0);
    (2..=23).contains(&places) && printed() + 1 == places as usize
}

/// The float as a count of thousandths, if that decimal number is the shortest that reads back.
///
/// The quotient of two exact numbers is rounded as a reader would round, so equality means that the
/// decimal reads back; and no two decimals of up to 15 digits read back as the same float.
#[inline(always)]
fn thousandths(value: f64) -> Option<u64> {
    let value = value.abs();
    let count = (value * 1000.0 + 0.5) as i64;
    (count < 1_000_000_000_000_000 && count as f64 / 1000.0 == value).then_some(count as u64)
}

/// A float of at most three decimal places and with at least `least` characters, point included, behind its whole part;
/// returns its length.
#[inline(always)]
pub(super) fn short(value: f64, least: usize, room: &mut Room) -> Option<usize> {
    let thousandths = thousandths(value)?;
    let whole = digits(thousandths / 1000, room);
    let part = (thousandths % 1000) as u32;
    // The point and three digits, first one lowest.
    let text = u32::from_le_bytes(*b".000")
        | (part / 100) << 8
        | (part / 10 % 10) << 16
        | (part % 10) << 24;
    room[whole..whole + 4].copy_from_slice(&text.to_le_bytes());
    let length = match part {
        0 => least,
        _ if part.is_multiple_of(100) => 2,
        _ if part.is_multiple_of(10) => 3,
        _ => 4,
    };
    let length = whole + length;
    if !value.is_sign_negative() {
        return Some(length);
    }
    room.copy_within(..length, 1);
    room[0] = b'-';
    Some(length + 1)
}

/// What `{:.n}` prints for `precision` n; false, and nothing written, where the exact value does
/// not fit 128 bits.
///
/// The float is `mantissa / 2^shift`; times `10^n` it is still exact, so that rounding half to even
/// is a comparison of integers.
pub(super) fn fixed(value: f64, precision: u16, out: &mut Vec<u8>) -> bool {
    const POWERS: [u64; 10] = {
        let mut powers = [1; 10];
        let mut n = 1;
        while n < 10 {
            powers[n] = powers[n - 1] * 10;
            n += 1;
        }
        powers
    };
    let Some(&power) = POWERS.get(usize::from(precision)) else { return false };
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as u32;
    // From 2^-64 up to 2^52; zero has all bits clear.
    let (mantissa, shift) = match exponent {
        0 if bits << 1 == 0 => (0, 1),
        959..1075 => ((bits & ((1 << 52) - 1)) | (1 << 52), 1075 - exponent),
        _ => return false,
    };
    let scaled = u128::from(mantissa) * u128::from(power);
    let (whole, rest) = (scaled >> shift, scaled & ((1 << shift) - 1));
    let half = 1 << (shift - 1);
    let up = rest > half || (rest == half && whole & 1 == 1);
    let Ok(rounded) = u64::try_from(whole + u128::from(up)) else { return false };
    if value.is_sign_negative() {
        out.push(b'-');
    }
    unsigned(rounded / power, out);
    if precision > 0 {
        // The power in front keeps the leading zeros; its 1 becomes the point.
        let point = out.len();
        unsigned(power + rounded % power, out);
        out[point] = b'.';
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    const EDGES: [f64; 26] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        0.5,
        1.5,
        2.5,
        0.25,
        0.35,
        0.125,
        1e-5,
        9.999999999999999e-6,
        1e-7,
        5e-324,
        1e15,
        9_999_999_999_999_998.0,
        1e16,
        1e21,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        4_503_599_627_370_495.5,
        0.999_999_999_5,
    ];

    #[test]
    fn floats_print_as_the_standard_library_prints_them() {
        for value in EDGES {
            assert_eq!(text(|out| display_f64(value, out)), format!("{value}"));
            let small = value as f32;
            assert_eq!(text(|out| display_f32(small, out)), format!("{small}"));
        }
    }

    #[test]
    fn floats_halfway_between_two_shortest_numbers() {
        let quarters = [5_645_332_054_365_053.0, 5_645_332_054_365_055.0, 493_827_156_049_380.5];
        for value in quarters.map(|quarters: f64| quarters / 4.0) {
            assert_eq!(text(|out| display_f64(value, out)), format!("{value}"));
            assert_eq!(text(|out| display_f64(-value, out)), format!("-{value}"));
        }
        for value in [14_098_865.0, 14_098_867.0, 4_000_000.5].map(|quarters: f32| quarters / 4.0) {
            assert_eq!(text(|out| display_f32(value, out)), format!("{value}"));
        }
    }

    #[test]
    fn fixed_digits_round_as_the_standard_library_rounds() {
        let mut done = 0;
        for value in EDGES {
            for precision in 0..12_u16 {
                let mut out = Vec::new();
                if fixed(value, precision, &mut out) {
                    let expected = format!("{value:.*}", usize::from(precision));
                    assert_eq!(String::from_utf8(out).unwrap(), expected);
                    done += 1;
                } else {
                    assert!(out.is_empty());
                }
            }
        }
        assert!(done > 100, "the short way was taken {done} times only");
    }

    #[test]
    fn the_shortest_digits_are_spelt_alike_whoever_finds_them() {
        for (value, expected) in [
            (1e15, "1000000000000000.0"),
            (1e16, "1e16"),
            (-1.7976931348623157e308, "-1.7976931348623157e308"),
            (4.35e-7, "4.35e-7"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(text(|out| shortest_f64(value, out)), expected);
            assert_eq!(text(|out| shortest_f64(value, out)), ryu::Buffer::new().format(value));
        }
        for value in [1e12_f32, 1e16, 3.4e38, -2.5e-9, 16_777_216.0, f32::NEG_INFINITY] {
            assert_eq!(text(|out| shortest_f32(value, out)), ryu::Buffer::new().format(value));
        }
    }
}
