//! Numbers as people read them.

/// `value` with at most `digits` decimals.
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (value * unit).round() / unit
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1234567.0` as `1.23 M`: three significant digits and a unit.
pub(super) fn short(value: f64) -> String {
    let (value, unit) = match value {
        v if v >= 999.5e6 => (v / 1e9, " G"),
        v if v >= 999.5e3 => (v / 1e6, " M"),
        v if v >= 999.5 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = match value {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let number = format!("{value:.digits$}");
    let number = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => &number,
    };
    format!("{number}{unit}")
}

/// A factor: `0.87x`, `12.5x`, `130x`.
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        r if r >= 99.95 => format!("{r:.0}x"),
        r if r >= 9.995 => format!("{r:.1}x"),
        r => format!("{r:.2}x"),
    }
}

/// Nanoseconds for a table: tenths below a thousand, grouped whole ones above.
pub(super) fn nanoseconds(ns: f64) -> String {
    if ns < 999.95 { format!("{ns:.1}") } else { grouped(ns.round() as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(short(40_000.0), "40 k");
        assert_eq!(short(999_600.0), "1 M");
        assert_eq!(short(5_234_567.0), "5.23 M");
        assert_eq!(short(100.0), "100");
        assert_eq!(short(14_200.0), "14.2 k");
        assert_eq!(times(1.5), "1.50x");
        assert_eq!(times(130.4), "130x");
        assert_eq!(nanoseconds(17.25), "17.2");
        assert_eq!(nanoseconds(12_345.6), "12,346");
        assert!((rounded(1.23456, 2) - 1.23).abs() < 1e-12);
    }
}
