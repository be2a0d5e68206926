//! Numbers as text, without `core::fmt` on the common paths.

use core::time::Duration;
use std::io::Write as _;

/// An integer of 128 bits in decimal.
pub(super) fn wide(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Room for any integer of 64 bits, and for a float of [`short_float`].
pub(super) type Room = [u8; 32];

/// A signed integer in decimal.
#[inline]
pub(super) fn signed(value: i64, out: &mut Vec<u8>) {
    append(out, |room| signed_digits(value, room));
}

/// An unsigned integer in decimal.
#[inline]
pub(super) fn unsigned(value: u64, out: &mut Vec<u8>) {
    append(out, |room| digits(value, room));
}

fn append(out: &mut Vec<u8>, write: impl FnOnce(&mut Room) -> usize) {
    let mut room = [0; 32];
    let len = write(&mut room);
    let end = out.len() + len;
    out.extend_from_slice(&room);
    out.truncate(end);
}

/// A signed integer in decimal; returns its length.
#[inline(always)]
pub(super) fn signed_digits(value: i64, room: &mut Room) -> usize {
    if value < 0 {
        return negative(value, room);
    }
    digits(value as u64, room)
}

#[inline(never)]
fn negative(value: i64, room: &mut Room) -> usize {
    let len = digits(value.unsigned_abs(), room);
    room.copy_within(..len, 1);
    room[0] = b'-';
    len + 1
}

/// An unsigned integer in decimal; returns its length. Eight digits at a time in one word, without a branch on how many
/// there are.
#[inline(always)]
pub(super) fn digits(value: u64, room: &mut Room) -> usize {
    if value >= EIGHT {
        return many_digits(value, room);
    }
    let digits = eight_digits(value);
    // The last digit counts even if it is zero.
    let zeros = (digits | 1 << 56).trailing_zeros() / 8;
    room[..8].copy_from_slice(&((digits | ZEROS) >> (zeros * 8)).to_le_bytes());
    8 - zeros as usize
}

#[inline(never)]
fn many_digits(value: u64, room: &mut Room) -> usize {
    let (high, low) = (value / EIGHT, value % EIGHT);
    let len = digits(high, room);
    room[len..len + 8].copy_from_slice(&(eight_digits(low) | ZEROS).to_le_bytes());
    len + 8
}

/// Numbers below have at most eight digits.
const EIGHT: u64 = 100_000_000;
/// Eight times `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The decimal digits of a number below [`EIGHT`], one a byte, the first one lowest: split in halves, all pieces at once.
#[inline(always)]
const fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | (value % 10_000) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | (twos - tens * 10) << 8
}

/// The shortest digits that read back as the same float, with a point or an exponent: `1.0`,
/// `1e21`. Other than finite: `NaN`, `inf`, `-inf`.
#[inline]
pub(super) fn shortest_f64(value: f64, out: &mut Vec<u8>) {
    let mut room = [0; 32];
    match short_float(value, 2, &mut room) {
        Some(len) => out.extend_from_slice(&room[..len]),
        None => out.extend_from_slice(ryu::Buffer::new().format(value).as_bytes()),
    }
}

/// Like [`shortest_f64`].
pub(super) fn shortest_f32(value: f32, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu::Buffer::new().format(value).as_bytes());
}

/// What `{}` prints of a 64-bit float: never an exponent, no `.0`.
#[inline]
pub(super) fn display_f64(value: f64, out: &mut Vec<u8>) {
    let mut room = [0; 32];
    if let Some(len) = short_float(value, 0, &mut room) {
        return out.extend_from_slice(&room[..len]);
    }
    // Within these bounds ryu writes no exponent.
    if (1e-5..1e16).contains(&value.abs()) {
        let bits = value.to_bits();
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let places = 1075 - ((bits >> 52) & 0x7FF) as i32 - mantissa.trailing_zeros() as i32;
        if plain(ryu::Buffer::new().format_finite(value).as_bytes(), places, out) {
            return;
        }
    }
    // Writing to a `Vec` cannot fail.
    drop(write!(out, "{value}"));
}

/// What `{}` prints of a 32-bit float.
pub(super) fn display_f32(value: f32, out: &mut Vec<u8>) {
    if (1e-5..1e12).contains(&value.abs()) {
        let bits = value.to_bits();
        let mantissa = (bits & ((1 << 23) - 1)) | (1 << 23);
        let places = 150 - ((bits >> 23) & 0xFF) as i32 - mantissa.trailing_zeros() as i32;
        if plain(ryu::Buffer::new().format_finite(value).as_bytes(), places, out) {
            return;
        }
    }
    drop(write!(out, "{value}"));
}

/// Appends ryu's digits without `.0`; false, and nothing appended, where the standard library might
/// print others.
///
/// Both print the shortest digits, and of these the nearest. But where the float lies halfway
/// between two, ryu takes the even one and the standard library the larger. An exact float of so
/// many binary `places` has as many decimal places, of which the last is a 5, so it lies halfway
/// when all places but one are printed. More than 22 are never printed within the bounds of the
/// callers.
#[inline]
fn plain(digits: &[u8], places: i32, out: &mut Vec<u8>) -> bool {
    if (2..=23).contains(&places) {
        let printed = digits.iter().rev().position(|&byte| byte == b'.').unwrap_or(0);
        if printed + 1 == places as usize {
            return false;
        }
    }
    out.extend_from_slice(digits.strip_suffix(b".0").unwrap_or(digits));
    true
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
pub(super) fn short_float(value: f64, least: usize, room: &mut Room) -> Option<usize> {
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

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xF)]]);
    }
}

/// Eight, four, four, four and twelve digits.
pub(super) fn uuid(bytes: &[u8; 16], out: &mut Vec<u8>) {
    for (i, part) in [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]]
        .into_iter()
        .enumerate()
    {
        if i > 0 {
            out.push(b'-');
        }
        hex(part, out);
    }
}

/// What `{:?}` prints of a span of time: `1.5s`, `20ms`, `1.001µs`.
pub(super) fn duration(span: Duration, out: &mut Vec<u8>) {
    let (seconds, nanos) = (span.as_secs(), span.subsec_nanos());
    let unit = if seconds > 0 {
        unsigned(seconds, out);
        fraction(nanos, 1_000_000_000, out);
        "s"
    } else if nanos >= 1_000_000 {
        unsigned((nanos / 1_000_000).into(), out);
        fraction(nanos % 1_000_000, 1_000_000, out);
        "ms"
    } else if nanos >= 1000 {
        unsigned((nanos / 1000).into(), out);
        fraction(nanos % 1000, 1000, out);
        "µs"
    } else {
        unsigned(nanos.into(), out);
        "ns"
    };
    out.extend_from_slice(unit.as_bytes());
}

/// A span of time as milliseconds, exactly: `1500.0`, `0.000001`.
pub(super) fn milliseconds(span: Duration, out: &mut Vec<u8>) {
    wide(span.as_millis(), out);
    let nanos = span.subsec_nanos() % 1_000_000;
    if nanos == 0 {
        out.extend_from_slice(b".0");
    } else {
        fraction(nanos, 1_000_000, out);
    }
}

/// A point and the digits of `part / whole` without trailing zeros; nothing for zero. `whole` is a
/// power of ten.
fn fraction(part: u32, whole: u32, out: &mut Vec<u8>) {
    if part == 0 {
        return;
    }
    let point = out.len();
    unsigned((whole + part).into(), out);
    out[point] = b'.';
    while out.last() == Some(&b'0') {
        out.pop();
    }
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
    fn spans_print_as_the_standard_library_prints_them() {
        for nanos in [0, 1, 999, 1000, 1001, 1_500_000, 999_999_999, 1_000_000_000, 90_500_000_000]
        {
            let span = Duration::from_nanos(nanos);
            assert_eq!(text(|out| duration(span, out)), format!("{span:?}"));
        }
        assert_eq!(text(|out| duration(Duration::MAX, out)), format!("{:?}", Duration::MAX));
    }

    #[test]
    fn milliseconds_are_exact() {
        let ms = |nanos| text(|out| milliseconds(Duration::from_nanos(nanos), out));
        assert_eq!(ms(0), "0.0");
        assert_eq!(ms(1), "0.000001");
        assert_eq!(ms(1_500_000_000), "1500.0");
        assert_eq!(ms(12_340_000), "12.34");
        let most = text(|out| milliseconds(Duration::MAX, out));
        assert_eq!(most, "18446744073709551615999.999999");
    }

    #[test]
    fn identifiers() {
        let bytes: [u8; 16] = core::array::from_fn(|i| (i * 17) as u8);
        assert_eq!(text(|out| uuid(&bytes, out)), "00112233-4455-6677-8899-aabbccddeeff");
        assert_eq!(text(|out| hex(&[], out)), "");
    }
}
