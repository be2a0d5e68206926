//! Applying a template's `{:...}` to a value, as the standard library would have on the caller.
//!
//! A frame holds integers widened to 64 bits: the hexadecimal, octal and binary forms of a negative
//! [`ValueRef::I64`] are those of an `i64`. Narrower signed integers must be rendered by the caller
//! when a template asks for these forms.

use super::{escape, float, json_value, number, time};
use crate::codec::ValueRef;
use crate::meta::{Align, Kind, Spec};
use core::fmt::{Debug, Display, LowerExp, UpperExp};
use core::net::IpAddr;
use std::io::Write as _;

/// Appends `value` as `spec` asks, not yet escaped.
///
/// What the caller rendered is printed as it is, and so are lists, maps and redacted values.
pub(super) fn apply(value: ValueRef<'_>, spec: &Spec, out: &mut Vec<u8>) {
    let start = out.len();
    match value {
        ValueRef::I64(v) => integer(v < 0, v.unsigned_abs().into(), (v as u64).into(), spec, out),
        ValueRef::U64(v) => integer(false, v.into(), v.into(), spec, out),
        ValueRef::I128(v) => integer(v < 0, v.unsigned_abs(), v as u128, spec, out),
        ValueRef::U128(v) => integer(false, v, v, spec, out),
        ValueRef::F64(v) => {
            positive(spec.plus && v.is_sign_positive() && !v.is_nan(), out);
            let exponent = matches!(spec.kind, Kind::LowerExp | Kind::UpperExp);
            match spec.precision {
                Some(precision) if !exponent && float::fixed(v, precision, out) => {}
                _ => float(v, spec, out),
            }
            pad_number(start, 0, spec, out);
        }
        ValueRef::F32(v) => {
            positive(spec.plus && v.is_sign_positive() && !v.is_nan(), out);
            float(v, spec, out);
            pad_number(start, 0, spec, out);
        }
        ValueRef::Bool(v) => pad_text(if v { "true" } else { "false" }, spec, out),
        ValueRef::Char(v) if is_debug(spec.kind) => drop(write!(out, "{v:?}")),
        ValueRef::Char(v) => pad_text(v.encode_utf8(&mut [0; 4]), spec, out),
        ValueRef::Str(v) if is_debug(spec.kind) => debug_str(v, out),
        ValueRef::Str(v) => pad_text(v, spec, out),
        ValueRef::Text(v) | ValueRef::Debug(v) => out.extend_from_slice(v.as_bytes()),
        ValueRef::List(_) | ValueRef::Map(_) => json_value::value(value, out),
        ValueRef::Redacted => out.extend_from_slice(super::REDACTED),
        ValueRef::Null => {
            out.extend_from_slice(b"null");
            pad(start, Align::Left, spec, out);
        }
        ValueRef::Bytes(v) => {
            number::hex(v, out);
            pad(start, Align::Left, spec, out);
        }
        ValueRef::Duration(v) => {
            positive(spec.plus, out);
            match spec.precision {
                Some(precision) => drop(write!(out, "{v:.*?}", usize::from(precision))),
                None => number::duration(v, out),
            }
            pad(start, Align::Left, spec, out);
        }
        ValueRef::Time(v) => {
            time::moment(v, out);
            pad(start, Align::Left, spec, out);
        }
        ValueRef::Ip(v) => {
            ip(v, out);
            pad(start, Align::Left, spec, out);
        }
        ValueRef::Uuid(v) => {
            number::uuid(&v, out);
            pad(start, Align::Left, spec, out);
        }
    }
}

/// An address in its usual notation.
pub(super) fn ip(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(v4) => {
            for (i, octet) in v4.octets().into_iter().enumerate() {
                if i > 0 {
                    out.push(b'.');
                }
                number::unsigned(octet.into(), out);
            }
        }
        // Writing to a `Vec` cannot fail.
        IpAddr::V6(v6) => drop(write!(out, "{v6}")),
    }
}

fn is_debug(kind: Kind) -> bool {
    matches!(kind, Kind::Debug | Kind::DebugLowerHex | Kind::DebugUpperHex)
}

fn positive(sign: bool, out: &mut Vec<u8>) {
    if sign {
        out.push(b'+');
    }
}

/// `bits` is the two's complement of the value in its own width.
fn integer(negative: bool, magnitude: u128, bits: u128, spec: &Spec, out: &mut Vec<u8>) {
    let start = out.len();
    let decimal =
        matches!(spec.kind, Kind::Display | Kind::Debug | Kind::LowerExp | Kind::UpperExp);
    if decimal && negative {
        out.push(b'-');
    }
    positive(spec.plus && !(decimal && negative), out);
    let prefix = match spec.kind {
        Kind::LowerHex | Kind::DebugLowerHex | Kind::UpperHex | Kind::DebugUpperHex => "0x",
        Kind::Octal => "0o",
        Kind::Binary => "0b",
        _ => "",
    };
    let prefix = if spec.alternate { prefix } else { "" };
    out.extend_from_slice(prefix.as_bytes());
    let done = match (spec.kind, spec.precision.map(usize::from)) {
        (Kind::Display | Kind::Debug, _) => {
            match u64::try_from(magnitude) {
                Ok(small) => number::unsigned(small, out),
                Err(_) => number::wide(magnitude, out),
            }
            Ok(())
        }
        (Kind::LowerHex | Kind::DebugLowerHex, _) => write!(out, "{bits:x}"),
        (Kind::UpperHex | Kind::DebugUpperHex, _) => write!(out, "{bits:X}"),
        (Kind::Octal, _) => write!(out, "{bits:o}"),
        (Kind::Binary, _) => write!(out, "{bits:b}"),
        (Kind::LowerExp, None) => write!(out, "{magnitude:e}"),
        (Kind::LowerExp, Some(precision)) => write!(out, "{magnitude:.precision$e}"),
        (Kind::UpperExp, None) => write!(out, "{magnitude:E}"),
        (Kind::UpperExp, Some(precision)) => write!(out, "{magnitude:.precision$E}"),
    };
    debug_assert!(done.is_ok(), "writing to a Vec cannot fail");
    pad_number(start, prefix.len(), spec, out);
}

fn float<F: Display + Debug + LowerExp + UpperExp>(v: F, spec: &Spec, out: &mut Vec<u8>) {
    let done = match (spec.kind, spec.precision.map(usize::from)) {
        (Kind::LowerExp, None) => write!(out, "{v:e}"),
        (Kind::LowerExp, Some(precision)) => write!(out, "{v:.precision$e}"),
        (Kind::UpperExp, None) => write!(out, "{v:E}"),
        (Kind::UpperExp, Some(precision)) => write!(out, "{v:.precision$E}"),
        (kind, None) if is_debug(kind) => write!(out, "{v:?}"),
        (kind, Some(precision)) if is_debug(kind) => write!(out, "{v:.precision$?}"),
        (_, None) => write!(out, "{v}"),
        (_, Some(precision)) => write!(out, "{v:.precision$}"),
    };
    debug_assert!(done.is_ok(), "writing to a Vec cannot fail");
}

/// `{:?}` of a string, which knows no width.
fn debug_str(text: &str, out: &mut Vec<u8>) {
    if escape::is_simple::<escape::Quoted>(text.as_bytes()) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing to a `Vec` cannot fail.
        drop(write!(out, "{text:?}"));
    }
}

fn pad_text(text: &str, spec: &Spec, out: &mut Vec<u8>) {
    let start = out.len();
    let end = match spec.precision {
        Some(most) => text.char_indices().nth(usize::from(most)).map_or(text.len(), |(at, _)| at),
        None => text.len(),
    };
    out.extend_from_slice(&text.as_bytes()[..end]);
    pad(start, Align::Left, spec, out);
}

/// Pads the number at `start`, which has a prefix of this length behind its sign, if it has a sign.
fn pad_number(start: usize, prefix: usize, spec: &Spec, out: &mut Vec<u8>) {
    if !spec.zero {
        return pad(start, Align::Right, spec, out);
    }
    let missing = missing(start, spec, out);
    let sign = usize::from(matches!(out.get(start), Some(b'+' | b'-')));
    let digits = start + sign + prefix;
    out.resize(out.len() + missing, b'0');
    out[digits..].rotate_right(missing);
}

/// Pads what stands from `start` on.
fn pad(start: usize, default: Align, spec: &Spec, out: &mut Vec<u8>) {
    let missing = missing(start, spec, out);
    if missing == 0 {
        return;
    }
    let before = match spec.align.unwrap_or(default) {
        Align::Left => 0,
        Align::Center => missing / 2,
        Align::Right => missing,
    };
    let mut fill = [0; 4];
    let fill = spec.fill.encode_utf8(&mut fill).as_bytes();
    for _ in 0..missing {
        out.extend_from_slice(fill);
    }
    let text_and_before = out.len() - (missing - before) * fill.len();
    out[start..text_and_before].rotate_right(before * fill.len());
}

/// How many characters are missing to the width.
fn missing(start: usize, spec: &Spec, out: &[u8]) -> usize {
    let Some(width) = spec.width else { return 0 };
    usize::from(width).saturating_sub(super::chars(&out[start..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn text(value: ValueRef<'_>, spec: Spec) -> String {
        let mut out = b"before ".to_vec();
        apply(value, &spec, &mut out);
        String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
    }

    fn kind(kind: Kind) -> Spec {
        Spec { kind, ..Spec::NONE }
    }

    #[test]
    fn widened_integers_are_64_bits_wide() {
        assert_eq!(text(ValueRef::I64(-1), kind(Kind::LowerHex)), "ffffffffffffffff");
        assert_eq!(text(ValueRef::I128(-1), kind(Kind::LowerHex)), format!("{:x}", -1i128));
        assert_eq!(text(ValueRef::I64(i64::MIN), Spec::NONE), i64::MIN.to_string());
        assert_eq!(text(ValueRef::I128(i128::MIN), Spec::NONE), i128::MIN.to_string());
        assert_eq!(text(ValueRef::U128(u128::MAX), Spec::NONE), u128::MAX.to_string());
    }

    #[test]
    fn what_the_caller_rendered_is_left_alone() {
        let spec = Spec { width: Some(40), precision: Some(1), fill: '*', ..kind(Kind::Debug) };
        assert_eq!(text(ValueRef::Text("as it is"), spec), "as it is");
        assert_eq!(text(ValueRef::Debug("A { b: 1 }"), spec), "A { b: 1 }");
        assert_eq!(text(ValueRef::Redacted, spec), "[REDACTED]");
    }

    #[test]
    fn spans_and_addresses_pad_as_the_standard_library_pads() {
        let spec = Spec { width: Some(14), fill: '.', align: Some(Align::Center), ..Spec::NONE };
        let span = Duration::from_micros(1_550_010);
        assert_eq!(text(ValueRef::Duration(span), spec), format!("{span:.^14?}"));
        let short = Spec { precision: Some(1), plus: true, ..spec };
        assert_eq!(text(ValueRef::Duration(span), short), format!("{span:.^+14.1?}"));
        for address in ["127.0.0.1", "::1", "2001:db8::ff00:42:8329"] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(text(ValueRef::Ip(address), spec), format!("{address:.^14}"));
        }
    }

    #[test]
    fn values_without_a_standard_form() {
        let spec = Spec { width: Some(6), ..kind(Kind::Debug) };
        assert_eq!(text(ValueRef::Null, spec), "null  ");
        assert_eq!(text(ValueRef::Bytes(&[0xAB, 1]), spec), "ab01  ");
        let uuid = text(ValueRef::Uuid([0x11; 16]), Spec::NONE);
        assert_eq!(uuid, "11111111-1111-1111-1111-111111111111");
    }
}
