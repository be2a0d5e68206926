//! Numbers as text, without `core::fmt` on the common paths.

use core::time::Duration;

/// An integer of 128 bits in decimal.
pub(super) fn wide(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Room for any integer of 64 bits, and for any float of [`super::float`].
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

/// A number with zeros in front up to so many digits.
pub(super) fn padded(value: u64, digits: usize, out: &mut Vec<u8>) {
    let start = out.len();
    unsigned(value, out);
    let missing = digits.saturating_sub(out.len() - start);
    out.resize(out.len() + missing, b'0');
    out[start..].rotate_right(missing);
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xF)]]);
    }
}

/// The usual alphabet, with padding.
pub(super) fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { digit } else { b'=' });
        }
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
